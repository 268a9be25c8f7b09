//! The docs as an audit reads them: out of an index.

use rayon::prelude::*;

use super::finding::Place;
use crate::answer::passage;
use crate::corpus::{Guide, OutlineEntry, Section, is_list_of_pages};
use crate::index::{ChunkRef, Index, IndexError, SectionId};

/// All sections of an index, and its guide.
pub(super) struct Docs<'a> {
    pub index: &'a Index,
    /// In the order of their ids, which is that of their paths.
    pub sections: Vec<DocsSection<'a>>,
    pub guide: Guide,
    /// Paths of the files that the guide was read from.
    pub guide_files: Vec<String>,
}

/// A section with its text.
pub(super) struct DocsSection<'a> {
    pub path: String,
    pub title: String,
    pub chunks: Vec<ChunkRef<'a>>,
    /// Parsed again from the text of its chunks, line by line as the section's text is.
    pub parsed: Section,
    pub outline: Vec<OutlineEntry>,
}

impl<'a> Docs<'a> {
    /// Reads all of `index`, in parallel. Holds the text of all sections.
    pub fn read(index: &'a Index) -> Result<Self, IndexError> {
        let ids: Vec<SectionId> = index.sections().collect();
        let read = ids.into_par_iter().map(|id| DocsSection::read(index, id));
        let guide_files = index
            .meta()
            .guide_files
            .iter()
            .map(|file| file.path.clone());
        Ok(Self {
            index,
            sections: read.collect::<Result<_, _>>()?,
            guide: index.guide()?,
            guide_files: guide_files.collect(),
        })
    }

    pub fn section(&self, id: SectionId) -> &DocsSection<'a> {
        &self.sections[id.position()]
    }

    /// The section at `path`.
    pub fn find(&self, path: &str) -> Option<SectionId> {
        let found = self
            .sections
            .binary_search_by(|section| section.path.as_str().cmp(path));
        found.ok().map(|at| SectionId(at as u32))
    }

    /// Makes a line of a section's text that of its file, where docent made the text of it; near it, since an index
    /// knows of whole chunks where they come from.
    pub fn turn_to_file(&self, place: &mut Place) {
        let Some(id) = self.find(&place.file) else {
            return;
        };
        let mut chunks = self.section(id).chunks.iter();
        let holding =
            chunks.find(|chunk| (chunk.line_start..=chunk.line_end).contains(&place.line));
        if let Some(chunk) = holding
            && let Some((first, last)) = chunk.other_file_lines()
        {
            // The file has lines that the text has not: those near the end are counted from there.
            let (before, after) = (place.line - chunk.line_start, chunk.line_end - place.line);
            place.line = match before < after {
                true => first.saturating_add(before).min(last),
                false => last.saturating_sub(after).max(first),
            };
        }
    }

    /// The file in which hints belong, if the docs have a guide: the guide file nearest to the root, one of
    /// questions alone last; a generator's list of pages is none.
    pub fn guide_file(&self) -> Option<&str> {
        let is_of_questions = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name.to_lowercase().starts_with("questions.")
        };
        let files = self.guide_files.iter().map(String::as_str);
        let files = files.filter(|path| !is_list_of_pages(path));
        files.min_by_key(|path| (is_of_questions(path), path.matches('/').count(), *path))
    }

    /// That file by its name, or what it would be.
    pub fn guide_in_words(&self) -> &str {
        self.guide_file()
            .unwrap_or("a guide, which these docs do not have yet")
    }

    /// Where readers begin: the guide, or the section nearest to the root.
    pub fn front(&self) -> &str {
        let sections = self.sections.iter().map(|section| section.path.as_str());
        let nearest = sections.min_by_key(|path| (path.matches('/').count(), *path));
        self.guide_file().or(nearest).unwrap_or_default()
    }
}

impl<'a> DocsSection<'a> {
    fn read(index: &'a Index, id: SectionId) -> Result<Self, IndexError> {
        let record = index.section(id)?;
        let chunks = index.chunks_of(&record)?;
        let first = chunks.first().map_or(1, |first| first.line_start);
        let blank = "\n".repeat(first.min(record.lines).saturating_sub(1) as usize);
        let text = blank + &passage::text(&chunks);
        let parsed = Section::written(record.path.clone(), text, record.syntax);
        Ok(Self {
            path: record.path,
            title: record.title,
            outline: parsed.outline(),
            parsed,
            chunks,
        })
    }

    pub fn text(&self) -> &str {
        self.parsed.text()
    }

    /// The line that gives it its title: a heading, or a line of its front matter; else the first.
    pub fn title_line(&self) -> u32 {
        let mut headings = self.outline.iter();
        if let Some(entry) = headings.find(|entry| entry.heading == self.title) {
            return entry.line;
        }
        let mut lines = (1..).zip(self.text().lines().take(40));
        let titled = lines.find(|(_, line)| {
            let value = line.trim_start().strip_prefix("title");
            value.is_some_and(|value| value.trim_start().starts_with([':', '=']))
        });
        titled.map_or(1, |(line, _)| line)
    }
}

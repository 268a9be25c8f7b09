//! Real vectors: the documentation that lies on a developer's machine, cut, embedded and written
//! as rows of little-endian `f32`.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use docent::encoder::{BuiltinEncoder, Encoder};

/// Tokens of a chunk.
const TOKENS: RangeInclusive<usize> = 60..=120;
/// Chunks that are embedded at a time.
const BATCH: usize = 2_048;

/// Embeds `count` distinct chunks of the texts under `folders`, evenly chosen and in the order
/// of their files, and writes their vectors to `out`.
pub fn write(out: &Path, count: usize, folders: &[PathBuf]) -> Result<()> {
    let encoder = BuiltinEncoder::bundled()?;
    let mut chunks = Chunks::default();
    for folder in folders {
        chunks.add_folder(folder, &encoder)?;
    }
    let all = chunks.distinct;
    eprintln!("{} distinct chunks", all.len());
    ensure!(all.len() >= count, "name more folders: {count} are wanted");
    let chosen: Vec<&str> = (0..count)
        .map(|i| all[i * all.len() / count].as_str())
        .collect();
    let mut file = BufWriter::new(File::create(out)?);
    let mut done = 0;
    for batch in chosen.chunks(BATCH) {
        for embedding in encoder.encode_passages(batch, false)? {
            for value in embedding.sentence {
                file.write_all(&value.to_le_bytes())?;
            }
        }
        done += batch.len();
        eprintln!("{done} of {count} embedded");
    }
    Ok(file.flush()?)
}

/// Distinct chunks in the order in which they were met.
#[derive(Default)]
struct Chunks {
    distinct: Vec<String>,
    seen: HashSet<String>,
}

impl Chunks {
    /// Adds what documentation `folder` holds, by sorted path, symbolic links left out.
    fn add_folder(&mut self, folder: &Path, encoder: &BuiltinEncoder) -> Result<()> {
        let entries: std::io::Result<Vec<_>> = fs::read_dir(folder)?.collect();
        let mut entries = entries?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                self.add_folder(&path, encoder)?;
            } else if entry.file_type()?.is_file() {
                let Some(read) = reader(&path) else { continue };
                let bytes = fs::read(&path)?;
                self.add_text(&read(&String::from_utf8_lossy(&bytes)), encoder);
            }
        }
        Ok(())
    }

    /// Cuts a text into chunks of [`TOKENS`], at the end of a paragraph if there is one in range.
    /// A shorter rest is dropped.
    fn add_text(&mut self, text: &str, encoder: &BuiltinEncoder) {
        let mut chunk = String::new();
        let mut tokens = 0;
        for paragraph in text.split("\n\n") {
            for word in paragraph.split_whitespace() {
                let more = encoder.count_tokens(word);
                if tokens + more > *TOKENS.end() {
                    self.add_chunk(&mut chunk, &mut tokens);
                }
                chunk.push_str(word);
                chunk.push(' ');
                tokens += more;
            }
            if TOKENS.contains(&tokens) {
                self.add_chunk(&mut chunk, &mut tokens);
            }
        }
    }

    fn add_chunk(&mut self, chunk: &mut String, tokens: &mut usize) {
        let chunk = std::mem::take(chunk);
        // A single "word" can be over the limit: data, not text.
        if TOKENS.contains(&std::mem::take(tokens)) && self.seen.insert(chunk.clone()) {
            self.distinct.push(chunk);
        }
    }
}

/// How the text is taken out of a file; `None` if it is no documentation.
fn reader(path: &Path) -> Option<fn(&str) -> String> {
    match path.extension()?.to_str()? {
        "md" | "rst" | "txt" => Some(str::to_owned),
        "rs" => Some(doc_comments),
        "html" => Some(html_paragraphs),
        _ => None,
    }
}

/// The doc comments of Rust source, each run of lines a paragraph.
fn doc_comments(source: &str) -> String {
    let mut text = String::new();
    for line in source.lines() {
        let line = line.trim_start();
        match line.strip_prefix("///").or(line.strip_prefix("//!")) {
            Some(comment) => text.push_str(comment.trim()),
            None if text.ends_with("\n\n") => continue,
            None => {}
        }
        text.push('\n');
    }
    text
}

/// The text of `<p>` elements without tags, each a paragraph.
fn html_paragraphs(page: &str) -> String {
    let mut text = String::new();
    for paragraph in page.split("<p>").skip(1) {
        let paragraph = paragraph.split("</p>").next().unwrap_or_default();
        for (i, piece) in paragraph.split('<').enumerate() {
            let after_tag = piece.split_once('>').map_or("", |(_, after)| after);
            text.push_str(if i == 0 { piece } else { after_tag });
        }
        text.push_str("\n\n");
    }
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    entities.iter().fold(text, |text, (entity, character)| {
        text.replace(entity, character)
    })
}

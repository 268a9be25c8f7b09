//! Sections by their paths, of which an index has its sections in ascending order.

use super::{Index, IndexError, SectionId};

impl Index {
    /// The section with this path, by binary search: sections are sorted by path.
    pub fn find_section(&self, path: &str) -> Result<Option<SectionId>, IndexError> {
        let first = self.first_section(path)?;
        let is_it =
            first < self.meta().counts.sections && self.section(SectionId(first))?.path == path;
        Ok(is_it.then_some(SectionId(first)))
    }

    /// The sections in a folder and in the folders in it. Decodes O(log(sections)) records.
    pub fn sections_in(
        &self,
        folder: &str,
    ) -> Result<impl Iterator<Item = SectionId> + use<>, IndexError> {
        // `0` is what follows `/`.
        let first = self.first_section(&format!("{folder}/"))?;
        let end = self.first_section(&format!("{folder}0"))?;
        Ok((first..end).map(SectionId))
    }

    /// The first section whose path is not less than `path`; the number of sections, if there is none.
    fn first_section(&self, path: &str) -> Result<u32, IndexError> {
        let (mut low, mut high) = (0, self.meta().counts.sections);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.section(SectionId(middle))?.path.as_str() < path {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Ok(low)
    }
}

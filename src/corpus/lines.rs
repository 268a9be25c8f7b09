//! Which line of a text a byte offset is on.

/// Where each line of a text begins. Lines end at `\n`, as editors count them.
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Self {
        let after_newline = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let starts = std::iter::once(0).chain(after_newline.map(|(at, _)| at + 1));
        Self {
            starts: starts.collect(),
        }
    }

    /// The 1-based line that holds the byte at `offset`.
    pub(crate) fn number(&self, offset: usize) -> u32 {
        let lines = self.starts.partition_point(|&start| start <= offset);
        u32::try_from(lines).unwrap_or(u32::MAX)
    }

    /// The offset of the first byte of the line that holds `offset`.
    pub(super) fn start(&self, offset: usize) -> usize {
        let lines = self.starts.partition_point(|&start| start <= offset);
        self.starts[lines - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lines_as_an_editor_does() {
        let lines = Lines::new("a\r\nbc\n\nd");
        let numbers: Vec<u32> = (0..8).map(|at| lines.number(at)).collect();
        assert_eq!(numbers, [1, 1, 1, 2, 2, 2, 3, 4]);
        assert_eq!(lines.start(4), 3);
        assert_eq!(Lines::new("").number(0), 1);
    }
}

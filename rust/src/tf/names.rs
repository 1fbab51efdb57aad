//! Short texts of one node, kept in one buffer that is used again for the next.

/// A list of texts, each cut at a length.
#[derive(Debug, Default, Clone)]
pub(super) struct Names {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Names {
    /// Bytes that are kept of a text.
    const LONGEST: usize = 300;
    /// Texts that are kept.
    const MOST: usize = 64;

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Adds a text, unless there are many.
    pub(super) fn push(&mut self, text: &[u8]) {
        if self.ends.len() < Self::MOST {
            self.bytes.extend_from_slice(text.get(..Self::LONGEST).unwrap_or(text));
            self.ends.push(self.bytes.len());
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        let start = if index == 0 { 0 } else { *self.ends.get(index - 1)? };
        self.bytes.get(start..*self.ends.get(index)?)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).filter_map(|index| self.get(index))
    }

    /// The bytes of all of them.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

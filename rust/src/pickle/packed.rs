//! Many kinds in little memory: a chunk of a stack or memo, packed with as many bits as it has different kinds.

use super::value::{Kind, Value};

/// How many values make one chunk.
pub(crate) const CHUNK: usize = 4096;

/// A full chunk. Plain data of all sorts packs to a single kind, so that honest data costs nothing.
#[derive(Debug, Clone)]
pub(crate) enum Chunk {
    /// All of one kind.
    Uniform(Kind),
    /// Indices of `bits` bits each into a palette.
    Palette { palette: Vec<Kind>, bits: usize, words: Vec<u64> },
}

impl Chunk {
    pub(crate) fn pack(values: &[Value]) -> Self {
        if values.iter().all(|value| value.kind.is_plain()) {
            return Self::Uniform(Kind::DATA);
        }
        let reduce = |value: &Value| if value.kind.is_plain() { Kind::DATA } else { value.kind };
        let mut palette: Vec<Kind> = values.iter().map(reduce).collect();
        palette.sort_unstable();
        palette.dedup();
        if let [kind] = palette.as_slice() {
            return Self::Uniform(*kind);
        }
        let bits = bits_for(palette.len());
        let per_word = 64 / bits;
        let mut words = Vec::with_capacity(values.len() / per_word + 1);
        for part in values.chunks(per_word) {
            let mut word = 0_u64;
            for (place, value) in part.iter().enumerate() {
                let index = palette.binary_search(&reduce(value)).unwrap_or(0) as u64;
                word |= index << (place * bits);
            }
            words.push(word);
        }
        palette.shrink_to_fit();
        Self::Palette { palette, bits, words }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Kind> {
        match self {
            Self::Uniform(kind) => Some(*kind),
            Self::Palette { palette, bits, words } => {
                let per_word = 64 / *bits;
                let word = words.get(index / per_word)?;
                let shift = (index % per_word) * bits;
                let place = (word >> shift) & ((1_u64 << bits) - 1);
                palette.get(usize::try_from(place).ok()?).copied()
            }
        }
    }

    /// The heap bytes it occupies.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Uniform(_) => 0,
            Self::Palette { palette, words, .. } => palette.len() * 4 + words.len() * 8,
        }
    }
}

/// The number of bits for indices into a palette: 1, 2, 4, 8 or 16, so that none crosses a word.
fn bits_for(kinds: usize) -> usize {
    match kinds {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        17..=256 => 8,
        _ => 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pickle::value::Tag;

    fn value(number: u32) -> Value {
        if number == 0 { Value::int(5) } else { Value::new(Tag::MADE, number, 0, 0) }
    }

    #[test]
    fn every_palette_size_gives_back_what_was_packed() {
        for kinds in [1_u32, 2, 3, 5, 17, 300, 4000] {
            let values: Vec<Value> = (0..4096_u32).map(|n| value(n * 7 % kinds)).collect();
            let chunk = Chunk::pack(&values);
            for (index, expected) in values.iter().enumerate() {
                let expected = if expected.kind.is_plain() { Kind::DATA } else { expected.kind };
                assert_eq!(chunk.get(index), Some(expected), "{kinds} kinds, index {index}");
            }
        }
    }

    #[test]
    fn plain_data_costs_nothing() {
        let values = [Value::int(1), Value::bare(Tag::LIST), Value::bare(Tag::NONE)];
        assert_eq!(Chunk::pack(&values).bytes(), 0);
    }
}

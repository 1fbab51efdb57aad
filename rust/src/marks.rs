//! What formats look at in bytes: the first of them, marks at a place or anywhere, ends of names, and words in text.
//!
//! Most texts and members hold nothing that any format acts on. What the registry of formats says of itself is looked for
//! here in one go, so that only the others get a closer look.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::encoded::may_carry;
use crate::jsontext;

/// What formats look at: content that may belong to one is left to it.
#[derive(Debug, Default)]
pub struct Marks {
    /// The first bytes of formats other than the pickle.
    pub first: Vec<u8>,
    /// Bytes that formats have at a place, or anywhere.
    pub bytes: Vec<(Option<usize>, Vec<u8>)>,
    /// The ends of names, in lower case, that promise a format.
    pub suffixes: Vec<String>,
    /// The ends of names, in lower case, that make content worth a look, but promise nothing.
    pub named: Vec<String>,
    /// Bytes of which formats that are text have one at least, in any case.
    pub words: Vec<Vec<u8>>,
    made: OnceLock<Made>,
}

/// What looks for marks and words, made once they are needed; none where it cannot be made.
#[derive(Debug)]
struct Made {
    anywhere: Option<AhoCorasick>,
    words: Option<AhoCorasick>,
}

impl Marks {
    /// What formats look at, as the fields say.
    #[must_use]
    pub fn new(
        first: Vec<u8>,
        bytes: Vec<(Option<usize>, Vec<u8>)>,
        suffixes: Vec<String>,
        named: Vec<String>,
        words: Vec<Vec<u8>>,
    ) -> Self {
        Self { first, bytes, suffixes, named, words, made: OnceLock::new() }
    }

    fn made(&self) -> &Made {
        self.made.get_or_init(|| {
            let anywhere = self.bytes.iter().filter(|(place, _)| place.is_none()).map(|(_, mark)| mark);
            // An automaton of all states is quicker on texts of a hundred bytes than what would be chosen for memory.
            let mut builder = AhoCorasick::builder();
            builder.kind(Some(AhoCorasickKind::DFA));
            Made {
                anywhere: builder.build(anywhere).ok(),
                words: builder.ascii_case_insensitive(true).build(&self.words).ok(),
            }
        })
    }

    /// Whether content has the first byte or a mark of some format.
    #[must_use]
    pub fn claim(&self, content: &[u8]) -> bool {
        let stands = |(place, mark): &(Option<usize>, Vec<u8>)| {
            place.is_some_and(|place| content.get(place..).is_some_and(|rest| rest.starts_with(mark)))
        };
        // Marks that cannot be looked for in one go might stand anywhere.
        content.first().is_some_and(|first| self.first.contains(first))
            || self.bytes.iter().any(stands)
            || self.made().anywhere.as_ref().is_none_or(|anywhere| anywhere.is_match(content))
    }

    /// Whether a text has a word that some format acts on, in any case, or what may be code in an encoding, or is no
    /// ordinary JSON where it begins like it.
    #[must_use]
    pub fn concern(&self, text: &[u8]) -> bool {
        let bracket = text.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"{[".contains(byte));
        self.says(text) || (bracket && !jsontext::is_ordinary(text))
    }

    /// Whether a text is ordinary JSON, and nothing in it concerns any format.
    #[must_use]
    pub fn settle_json(&self, text: &[u8]) -> bool {
        is_text(text) && !self.says(text) && jsontext::is_ordinary(text)
    }

    fn says(&self, text: &[u8]) -> bool {
        may_carry(text) || self.made().words.as_ref().is_none_or(|words| words.is_match(text))
    }

    /// Whether a name promises a format, or that the content is worth a look, if there is any.
    #[must_use]
    pub fn promise(&self, name: &str, content: &[u8]) -> bool {
        let lowered = name.to_lowercase();
        let ends = |suffixes: &[String]| suffixes.iter().any(|suffix| lowered.ends_with(suffix.as_str()));
        ends(&self.suffixes) || (!content.is_empty() && ends(&self.named))
    }
}

/// Whether bytes are text: UTF-8 without control characters other than white space.
#[must_use]
pub fn is_text(content: &[u8]) -> bool {
    let control = |byte: &u8| *byte < b' ' && !b"\t\n\x0b\x0c\r\x1b".contains(byte) || *byte == 0x7f;
    !content.iter().any(control) && std::str::from_utf8(content).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_format_acts_on_is_told_from_what_none_does() {
        let marks = Marks::new(
            b"B".to_vec(),
            vec![(Some(2), b"at2".to_vec()), (None, b"any".to_vec())],
            vec![".bin".to_owned()],
            vec![".py".to_owned()],
            vec![b"Word".to_vec(), b"$".to_vec()],
        );
        assert!(marks.claim(b"B") && marks.claim(b"..at2") && marks.claim(b"...any"));
        assert!(!marks.claim(b"") && !marks.claim(b".at2") && !marks.claim(b".Any"));
        assert!(marks.concern(b"some wORD") && marks.concern(b"$") && marks.concern(b"{1}") && !marks.concern(b"text"));
        assert!(marks.settle_json(b" {\"a\": [1, \"text\"]}\n"));
        for odd in [&b"{\"a\": \"word\"}"[..], b"{\"a\": 1, \"a\": 2}", b"{\"a\": 1", b"\xef\xbb\xbf{}", b"\xff", b""] {
            assert!(!marks.settle_json(odd), "{odd:?}");
        }
        assert!(marks.promise("a.BIN", b"") && !marks.promise("a.txt", b"x"));
        assert!(marks.promise("a.py", b"x") && !marks.promise("a.py", b""));
    }

    #[test]
    fn without_words_nothing_concerns() {
        assert!(!Marks::default().concern(b"text") && !Marks::default().claim(b"text"));
    }
}

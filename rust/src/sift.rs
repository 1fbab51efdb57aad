//! Which members need a closer look: most members of large archives are text, or small pickles that call nothing.

use std::sync::{Arc, Mutex, OnceLock};

use aho_corasick::AhoCorasick;
use memchr::memmem;

use crate::deadline::Deadline;
use crate::jsontext;
use crate::limits::Limits;
use crate::onnx;
use crate::pattern::Patterns;
use crate::pickle;
use crate::source::Source;
use crate::tar;
use crate::tf;

/// Members whose content is larger are not settled here.
pub(crate) const SMALL: u64 = 128 << 10;

/// What formats look at: a member that may belong to one is left to it.
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
    /// Bytes of which formats that are text have one at least.
    pub words: Vec<Vec<u8>>,
    /// What looks for all words in one go, once it was needed.
    pub finder: OnceLock<Option<Arc<AhoCorasick>>>,
}

/// What looks for the words that were asked for last: making it takes longer than sifting a small archive.
static FINDER: Mutex<Option<Finder>> = Mutex::new(None);

struct Finder {
    words: Vec<Vec<u8>>,
    automaton: Arc<AhoCorasick>,
}

fn finder(words: &[Vec<u8>]) -> Option<Arc<AhoCorasick>> {
    let mut last = FINDER.lock().ok()?;
    if let Some(known) = last.as_ref().filter(|known| known.words == words) {
        return Some(Arc::clone(&known.automaton));
    }
    let automaton = Arc::new(AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()?);
    *last = Some(Finder { words: words.to_vec(), automaton: Arc::clone(&automaton) });
    Some(automaton)
}

impl Marks {
    fn claim(&self, content: &[u8]) -> bool {
        let stands = |(place, mark): &(Option<usize>, Vec<u8>)| match place {
            Some(place) => content.get(*place..).is_some_and(|rest| rest.starts_with(mark)),
            None => memmem::find(content, mark).is_some(),
        };
        content.first().is_some_and(|first| self.first.contains(first)) || self.bytes.iter().any(stands)
    }

    /// Whether a text has a word that some format acts on, in any case, or is no ordinary JSON where it begins like it.
    fn concern(&self, text: &[u8]) -> bool {
        let finder = self.finder.get_or_init(|| finder(&self.words));
        let bracket = text.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"{[".contains(byte));
        // Words that cannot be looked for in one go might stand anywhere.
        finder.as_ref().is_none_or(|finder| finder.is_match(text)) || (bracket && !jsontext::is_ordinary(text))
    }

    /// Whether a name promises a format, or that the content is worth a look, if there is any.
    fn promises(&self, name: &str, content: &[u8]) -> bool {
        let lowered = name.to_lowercase();
        let ends = |suffixes: &[String]| suffixes.iter().any(|suffix| lowered.ends_with(suffix.as_str()));
        ends(&self.suffixes) || (!content.is_empty() && ends(&self.named))
    }
}

/// Members that make a second thread worth its start.
const SHARE: usize = 2_000;

/// A member of an archive.
pub(crate) trait Sifted: Sync {
    /// Its name, as formats see it.
    fn name(&self) -> &str;

    /// Its content, if there is no more than `SMALL` of it, and it is what the headers say.
    fn whole(&self) -> Option<Vec<u8>>;
}

/// The indices of the members that need a closer look, and how many do not: text, or pickles that call nothing, without
/// any of the patterns. The first pickle of this kind counts among those that do, so that its format is seen.
pub(crate) fn sift<M: Sifted>(
    members: &[M],
    marks: &Marks,
    patterns: Option<&Patterns>,
    deadline: &Deadline,
) -> (Vec<usize>, u64) {
    let (mut left, mut settled) = (Vec::new(), 0);
    let mut pickle_seen = false;
    for (index, kind) in all(members, marks, patterns, deadline).into_iter().enumerate() {
        match kind {
            Some(true) if !pickle_seen => {
                pickle_seen = true;
                left.push(index);
            }
            Some(_) => settled += 1,
            None => left.push(index),
        }
    }
    (left, settled)
}

/// `settled` for each member, on as many processors as there are.
fn all<M: Sifted>(members: &[M], marks: &Marks, patterns: Option<&Patterns>, deadline: &Deadline) -> Vec<Option<bool>> {
    let look = |members: &[M]| -> Vec<Option<bool>> {
        let look = |member| if deadline.expired() { None } else { settled(member, marks, patterns, deadline) };
        members.iter().map(look).collect()
    };
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = members.len().div_ceil(processors).max(SHARE);
    if members.len() <= share {
        return look(members);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = members.chunks(share).map(|part| (part, scope.spawn(|| look(part)))).collect();
        let join = |(part, thread): (&[M], std::thread::ScopedJoinHandle<'_, Vec<Option<bool>>>)| {
            // A part whose thread failed is settled by nobody: each member gets its own look.
            thread.join().unwrap_or_else(|_| vec![None; part.len()])
        };
        parts.into_iter().flat_map(join).collect()
    })
}

/// Whether a member is settled: read to its end, as its headers say, and without anything to report.
///
/// It is text that no format claims, or nothing (`Some(false)`), or a pickle that nothing was found in (`Some(true)`).
fn settled<M: Sifted>(member: &M, marks: &Marks, patterns: Option<&Patterns>, deadline: &Deadline) -> Option<bool> {
    // A header of tar without a magic number has no mark.
    let content = member.whole().filter(|content| !marks.claim(content) && !tar::sniff(content))?;
    let unwanted = |bytes: &[u8]| patterns.is_some_and(|patterns| !patterns.within(bytes).is_empty());
    if unwanted(member.name().as_bytes()) || unwanted(&content) {
        return None;
    }
    let text = is_text(&content);
    let promised = text && marks.promises(member.name(), &content);
    if text && marks.concern(&content) {
        return None;
    }
    if content.is_empty() {
        return (!promised).then_some(false);
    }
    let source = Source::from_bytes(content);
    // Graphs have no mark either. The tag of an op of TensorFlow is a control character.
    if onnx::sniff(&source, deadline).ok()? || (!text && tf::sniff(&source).ok()?) {
        return None;
    }
    if pickle::sniff(&source).ok()? {
        return is_plain_pickle(&source, deadline).then_some(true);
    }
    (text && !promised).then_some(false)
}

fn is_text(content: &[u8]) -> bool {
    let control = |byte: &u8| *byte < b' ' && !b"\t\n\x0b\x0c\r\x1b".contains(byte) || *byte == 0x7f;
    !content.iter().any(control) && std::str::from_utf8(content).is_ok()
}

fn is_plain_pickle(source: &Source, deadline: &Deadline) -> bool {
    pickle::scan(source, deadline, Limits::default()).is_ok_and(|scan| {
        scan.complete && scan.findings.is_empty() && scan.nested.is_empty() && scan.tensors.is_empty()
    })
}

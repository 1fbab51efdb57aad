//! Which members need a closer look: most members of large archives are text, or small pickles that call nothing.

use std::sync::{Arc, Mutex, OnceLock};

use aho_corasick::AhoCorasick;
use memchr::memmem;

use super::Member;
use crate::codec::Status;
use crate::deadline::Deadline;
use crate::encoded;
use crate::jsontext;
use crate::limits::Limits;
use crate::onnx;
use crate::pickle;
use crate::source::Source;
use crate::tar;
use crate::tf;

/// Members whose content is larger are not settled here.
const SMALL: u64 = 128 << 10;

/// What formats look at: a member that may belong to one is left to it.
#[derive(Debug, Default)]
pub struct Marks {
    /// The first bytes of formats other than the pickle.
    pub first: Vec<u8>,
    /// Bytes that formats have at a place, or anywhere.
    pub bytes: Vec<(Option<usize>, Vec<u8>)>,
    /// The ends of names, in lower case, that promise a format.
    pub suffixes: Vec<String>,
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
        let first = content.first().copied().unwrap_or(0);
        let stands = |(place, mark): &(Option<usize>, Vec<u8>)| match place {
            Some(place) => content.get(*place..).is_some_and(|rest| rest.starts_with(mark)),
            None => memmem::find(content, mark).is_some(),
        };
        self.first.contains(&first) || self.bytes.iter().any(stands)
    }

    /// Whether a text has a word that some format acts on, in any case, or is no ordinary JSON where it begins like it.
    fn concern(&self, text: &[u8]) -> bool {
        let finder = self.finder.get_or_init(|| finder(&self.words));
        let bracket = text.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"{[".contains(byte));
        // Words that cannot be looked for in one go might stand anywhere.
        finder.as_ref().is_none_or(|finder| finder.is_match(text))
            || (bracket && !jsontext::is_ordinary(text))
            || encoded::may_carry(text)
    }

    fn promises(&self, name: &str) -> bool {
        let lowered = name.to_lowercase();
        self.suffixes.iter().any(|suffix| lowered.ends_with(suffix.as_str()))
    }
}

/// Members that make a second thread worth its start.
const SHARE: usize = 2_000;

/// `settled` for each member, on as many processors as there are.
pub(super) fn all(members: &[Member], marks: &Marks, deadline: &Deadline) -> Vec<Option<bool>> {
    let look = |members: &[Member]| -> Vec<Option<bool>> {
        members.iter().map(|member| if deadline.expired() { None } else { settled(member, marks, deadline) }).collect()
    };
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = members.len().div_ceil(processors).max(SHARE);
    if members.len() <= share {
        return look(members);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = members.chunks(share).map(|part| (part, scope.spawn(|| look(part)))).collect();
        let join = |(part, thread): (&[Member], std::thread::ScopedJoinHandle<'_, Vec<Option<bool>>>)| {
            // A part whose thread failed is settled by nobody: each member gets its own look.
            thread.join().unwrap_or_else(|_| vec![None; part.len()])
        };
        parts.into_iter().flat_map(join).collect()
    })
}

/// Whether a member is settled: read to its end, as its headers say, and without anything to report.
///
/// It is text that no format claims (`Some(false)`), or a pickle that nothing was found in (`Some(true)`).
fn settled(member: &Member, marks: &Marks, deadline: &Deadline) -> Option<bool> {
    let odd = member.encrypted || member.variant || member.hidden || member.link;
    if odd || member.size > SMALL || member.packed > SMALL || (member.codec.is_none() && member.size != member.packed) {
        return None;
    }
    // A header of tar without a magic number has no mark.
    let content = whole(member).filter(|content| !marks.claim(content) && !tar::sniff(content))?;
    let text = is_text(&content);
    if text && marks.concern(&content) {
        return None;
    }
    let source = Source::from_bytes(content);
    // Graphs have no mark either. The tag of an op of TensorFlow is a control character.
    if onnx::sniff(&source, deadline).ok()? || (!text && tf::sniff(&source).ok()?) {
        return None;
    }
    if pickle::sniff(&source).ok()? {
        return is_plain_pickle(&source, deadline).then_some(true);
    }
    (text && !marks.promises(&member.name)).then_some(false)
}

/// The content, if it is what the headers say.
fn whole(member: &Member) -> Option<Vec<u8>> {
    let source = member.content();
    let content = source.read(0, usize::try_from(member.size).ok()?.checked_add(1)?).ok()?;
    let ends =
        member.codec.is_none() || source.end().is_some_and(|end| end.status == Status::Complete && end.trailing == 0);
    let mut crc = flate2::Crc::new();
    crc.update(&content);
    (ends && content.len() as u64 == member.size && crc.sum() == member.crc).then_some(content)
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

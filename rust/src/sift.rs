//! Which members need a closer look: most members of large archives are text, or small pickles that call nothing.

use crate::deadline::Deadline;
use crate::limits::Limits;
use crate::marks::{Marks, is_text};
use crate::onnx;
use crate::pattern::Patterns;
use crate::pickle;
use crate::source::Source;
use crate::tar;
use crate::tf;

/// Members whose content is larger are not settled here.
pub(crate) const SMALL: u64 = 128 << 10;

/// What a member is that needs no closer look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Text that no format claims, or nothing.
    Text,
    /// A pickle in which nothing was found.
    Pickle,
}

/// What is left of the members of an archive, and how many were settled.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sifted {
    /// The indices of those that need a closer look, in order.
    pub left: Vec<usize>,
    /// Texts in which no format would find anything, and members without content.
    pub texts: u64,
    /// Pickles that call nothing.
    pub pickles: u64,
}

/// Members that make a second thread worth its start.
const SHARE: usize = 2_000;

/// A member of an archive.
pub(crate) trait Candidate: Sync {
    /// Its name, as formats see it.
    fn name(&self) -> &str;

    /// Its content, if there is no more than `SMALL` of it, and it is what the headers say.
    fn whole(&self) -> Option<Vec<u8>>;
}

/// Which members need a closer look than text, or pickles that call nothing, without any of the patterns.
pub(crate) fn sift<M: Candidate>(
    members: &[M],
    marks: &Marks,
    patterns: Option<&Patterns>,
    deadline: &Deadline,
) -> Sifted {
    let mut sifted = Sifted::default();
    for (index, kind) in all(members, marks, patterns, deadline).into_iter().enumerate() {
        match kind {
            Some(Kind::Text) => sifted.texts += 1,
            Some(Kind::Pickle) => sifted.pickles += 1,
            None => sifted.left.push(index),
        }
    }
    sifted
}

/// `settled` for each member, on as many processors as there are.
fn all<M: Candidate>(
    members: &[M],
    marks: &Marks,
    patterns: Option<&Patterns>,
    deadline: &Deadline,
) -> Vec<Option<Kind>> {
    let look = |members: &[M]| -> Vec<Option<Kind>> {
        let look = |member| if deadline.expired() { None } else { settled(member, marks, patterns, deadline) };
        members.iter().map(look).collect()
    };
    // Asking for the number of processors takes longer than looking at a few members.
    if members.len() <= SHARE {
        return look(members);
    }
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = members.len().div_ceil(processors).max(SHARE);
    std::thread::scope(|scope| {
        let parts: Vec<_> = members.chunks(share).map(|part| (part, scope.spawn(|| look(part)))).collect();
        let join = |(part, thread): (&[M], std::thread::ScopedJoinHandle<'_, Vec<Option<Kind>>>)| {
            // A part whose thread failed is settled by nobody: each member gets its own look.
            thread.join().unwrap_or_else(|_| vec![None; part.len()])
        };
        parts.into_iter().flat_map(join).collect()
    })
}

/// What a member is that is settled: read to its end, as its headers say, and without anything to report.
fn settled<M: Candidate>(member: &M, marks: &Marks, patterns: Option<&Patterns>, deadline: &Deadline) -> Option<Kind> {
    // A header of tar without a magic number has no mark.
    let content = member.whole().filter(|content| !marks.claim(content) && !tar::sniff(content))?;
    let unwanted = |bytes: &[u8]| patterns.is_some_and(|patterns| !patterns.within(bytes).is_empty());
    if unwanted(member.name().as_bytes()) || unwanted(&content) {
        return None;
    }
    let text = is_text(&content);
    let promised = text && marks.promise(member.name(), &content);
    if text && marks.concern(&content) {
        return None;
    }
    if content.is_empty() {
        return (!promised).then_some(Kind::Text);
    }
    let source = Source::from_bytes(content);
    // Graphs have no mark either. The tag of an op of TensorFlow is a control character.
    if onnx::sniff(&source, deadline).ok()? || (!text && tf::sniff(&source).ok()?) {
        return None;
    }
    if pickle::sniff(&source).ok()? {
        return is_plain_pickle(&source, deadline).then_some(Kind::Pickle);
    }
    (text && !promised).then_some(Kind::Text)
}

fn is_plain_pickle(source: &Source, deadline: &Deadline) -> bool {
    pickle::scan(source, deadline, Limits::default()).is_ok_and(|scan| {
        scan.complete && scan.findings.is_empty() && scan.nested.is_empty() && scan.tensors.is_empty()
    })
}

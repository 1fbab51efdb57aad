//! Which members need a closer look: most members of large archives are text, or small pickles that call nothing.

use super::Member;
use crate::codec::Status;
use crate::deadline::Deadline;
use crate::limits::Limits;
use crate::marks::{Marks, is_text};
use crate::onnx;
use crate::pickle;
use crate::source::Source;
use crate::tar;
use crate::tf;

/// Members whose content is larger are not settled here.
const SMALL: u64 = 128 << 10;

/// What a member is that needs no closer look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text that no format claims.
    Text,
    /// A pickle in which nothing was found.
    Pickle,
}

/// Members that make a second thread worth its start.
const SHARE: usize = 2_000;

/// `settled` for each member, on as many processors as there are.
pub(super) fn all(members: &[Member], marks: &Marks, deadline: &Deadline) -> Vec<Option<Kind>> {
    let look = |members: &[Member]| -> Vec<Option<Kind>> {
        members.iter().map(|member| if deadline.expired() { None } else { settled(member, marks, deadline) }).collect()
    };
    // Asking for the number of processors takes longer than looking at a few members.
    if members.len() <= SHARE {
        return look(members);
    }
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = members.len().div_ceil(processors).max(SHARE);
    std::thread::scope(|scope| {
        let parts: Vec<_> = members.chunks(share).map(|part| (part, scope.spawn(|| look(part)))).collect();
        let join = |(part, thread): (&[Member], std::thread::ScopedJoinHandle<'_, Vec<Option<Kind>>>)| {
            // A part whose thread failed is settled by nobody: each member gets its own look.
            thread.join().unwrap_or_else(|_| vec![None; part.len()])
        };
        parts.into_iter().flat_map(join).collect()
    })
}

/// What a member is that is settled: read to its end, as its headers say, and without anything to report.
fn settled(member: &Member, marks: &Marks, deadline: &Deadline) -> Option<Kind> {
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
        return is_plain_pickle(&source, deadline).then_some(Kind::Pickle);
    }
    (text && !marks.promise(&member.name)).then_some(Kind::Text)
}

/// The content, if it is what the headers say.
fn whole(member: &Member) -> Option<Vec<u8>> {
    let source = member.content();
    let content = source.read(0, usize::try_from(member.size).ok()?.checked_add(1)?).ok()?;
    let ends =
        member.codec.is_none() || source.end().is_some_and(|end| end.status == Status::Complete && end.trailing == 0);
    let mut crc = crc32fast::Hasher::new();
    crc.update(&content);
    (ends && content.len() as u64 == member.size && crc.finalize() == member.crc).then_some(content)
}

fn is_plain_pickle(source: &Source, deadline: &Deadline) -> bool {
    pickle::scan(source, deadline, Limits::default()).is_ok_and(|scan| {
        scan.complete && scan.findings.is_empty() && scan.nested.is_empty() && scan.tensors.is_empty()
    })
}

//! Why a structure could not be read: what is wrong with it and where, or what ended the reading.

use crate::error::Error;

/// The reason why a structure was not read, or not to its end.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is not what the format says it is.
    Broken { at: u64, what: &'static str, reason: &'static str },
    /// It is of a version or uses a feature that is not understood.
    Unknown { at: u64, what: &'static str },
    /// There are more pieces of one dataset than are listed.
    Many { at: u64 },
    /// Structures that are read again and again, or that lie about their sizes, have used up what one file may cost.
    Spent { at: u64 },
    /// The deadline has come.
    Late { at: u64 },
    /// The operating system refuses.
    Io(Error),
}

impl Fault {
    pub(super) fn broken(at: u64, what: &'static str, reason: &'static str) -> Self {
        Self::Broken { at, what, reason }
    }

    /// Whether nothing more can be read of the file.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Spent { .. } | Self::Late { .. } | Self::Io(_))
    }
}

pub(super) type Read<T> = Result<T, Fault>;

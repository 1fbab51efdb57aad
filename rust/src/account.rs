//! What decoders may still do for one file: bytes that they may produce, all of them together, and until when.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::deadline::Deadline;

/// Bytes that decoders may produce from one file, however they are nested: many times what the largest model has. At
/// the speed of common codecs it takes minutes, so that the deadline usually comes first.
const WORK: u64 = 1 << 38;

/// The account of one file, shared by all that is decoded of it.
#[derive(Debug)]
pub(crate) struct Account {
    left: AtomicU64,
    deadline: OnceLock<Arc<Deadline>>,
}

impl Account {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { left: AtomicU64::new(WORK), deadline: OnceLock::new() })
    }

    /// Lets decoders produce at most so many bytes from now on.
    pub(crate) fn limit(&self, bytes: u64) {
        self.left.fetch_min(bytes, Ordering::Relaxed);
    }

    /// Ends all decoding at a deadline; the first one counts.
    pub(crate) fn end_at(&self, deadline: &Arc<Deadline>) {
        let _ = self.deadline.set(Arc::clone(deadline));
    }

    /// Pays for bytes that were produced; whether there was enough.
    pub(crate) fn pay(&self, bytes: u64) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }

    /// Whether the time is over.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.get().is_some_and(|deadline| deadline.expired())
    }

    #[cfg(test)]
    pub(crate) fn paid(&self) -> u64 {
        WORK - self.left.load(Ordering::Relaxed)
    }
}

//! The moment at which a scan has to end, shared by all its work; also how it is cancelled.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two calls of the poll function: often enough for Ctrl-C to feel immediate, seldom enough to cost nothing.
const POLL_EVERY: Duration = Duration::from_millis(50);

type Poll = Box<dyn Fn() -> bool + Send + Sync>;

/// A time limit and a cancel flag. Long loops ask `expired` once per buffer they read.
pub struct Deadline {
    until: Option<Instant>,
    cancelled: AtomicBool,
    poll: Option<(Poll, Mutex<Instant>)>,
}

impl Deadline {
    /// A deadline this far from now; `None` never expires by itself.
    pub fn after(limit: Option<Duration>) -> Self {
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        Self { until, cancelled: AtomicBool::new(false), poll: None }
    }

    /// Never expires unless cancelled.
    pub fn never() -> Self {
        Self::after(None)
    }

    /// Also asks `poll`, now and then, whether the user wants to stop (Ctrl-C); `true` cancels.
    #[must_use]
    pub fn with_poll(mut self, poll: Poll) -> Self {
        self.poll = Some((poll, Mutex::new(Instant::now())));
        self
    }

    /// Ends all work that shares this deadline at its next check.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the time is over or the work was cancelled.
    pub fn expired(&self) -> bool {
        if self.cancelled.load(Ordering::Relaxed) {
            return true;
        }
        if self.until.is_none() && self.poll.is_none() {
            return false;
        }
        let now = Instant::now();
        if self.until.is_some_and(|until| now >= until) {
            return true;
        }
        if self.polled(now) {
            self.cancel();
            return true;
        }
        false
    }

    /// The seconds that are left, below zero once the time is over; `None` where there is no limit.
    pub fn left(&self) -> Option<f64> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Some(f64::NEG_INFINITY);
        }
        let (until, now) = (self.until?, Instant::now());
        Some(match until.checked_duration_since(now) {
            Some(left) => left.as_secs_f64(),
            None => -now.duration_since(until).as_secs_f64(),
        })
    }

    fn polled(&self, now: Instant) -> bool {
        let Some((poll, last)) = &self.poll else { return false };
        // Another thread that holds the lock is polling already.
        let Ok(mut last) = last.try_lock() else { return false };
        if now.duration_since(*last) < POLL_EVERY {
            return false;
        }
        *last = now;
        poll()
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline")
            .field("until", &self.until)
            .field("cancelled", &self.cancelled)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_in_the_past_is_expired() {
        assert!(Deadline::after(Some(Duration::ZERO)).expired());
    }

    #[test]
    fn no_limit_never_expires_until_cancelled() {
        let deadline = Deadline::never();
        assert!(!deadline.expired() && deadline.left().is_none());
        deadline.cancel();
        assert!(deadline.expired() && deadline.left().is_some_and(|left| left < 0.0));
    }

    #[test]
    fn what_is_left_falls_below_zero() {
        let deadline = Deadline::after(Some(Duration::from_millis(20)));
        assert!(deadline.left().is_some_and(|left| left > 0.0));
        std::thread::sleep(Duration::from_millis(30));
        assert!(deadline.left().is_some_and(|left| left < 0.0 && left > -10.0));
    }

    #[test]
    fn a_poll_that_says_stop_cancels() {
        let deadline = Deadline::never().with_poll(Box::new(|| true));
        std::thread::sleep(POLL_EVERY * 2);
        assert!(deadline.expired());
    }
}

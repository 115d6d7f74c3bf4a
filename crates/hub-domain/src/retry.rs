//! How often and after which pauses something is tried again. Pure arithmetic on counts and times.

use crate::Timestamp;
use std::time::Duration;

/// A number of attempts with growing pauses in between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included. At least 1.
    pub attempts: u32,
    /// Pause after the first failed attempt.
    pub initial: Duration,
    /// Each later pause is the one before times this.
    pub factor: f64,
    /// No pause is longer than this.
    pub maximum: Duration,
}

impl RetryPolicy {
    /// Starting a service: 3 attempts, 2 s, doubled, at most 60 s (the design's numbers).
    pub const START: Self = Self {
        attempts: 3,
        initial: Duration::from_secs(2),
        factor: 2.0,
        maximum: Duration::from_secs(60),
    };

    /// A health probe: 2 attempts, 1 s apart (the design's numbers).
    pub const PROBE: Self = Self {
        attempts: 2,
        initial: Duration::from_secs(1),
        factor: 1.0,
        maximum: Duration::from_secs(1),
    };

    /// Looking whether a launched service answers: every 10 ms at first, then ever more rarely, at
    /// most every 250 ms. Its end is a deadline, not a count.
    pub const FIRST_PROOF: Self = Self {
        attempts: u32::MAX,
        initial: Duration::from_millis(10),
        factor: 1.3,
        maximum: Duration::from_millis(250),
    };

    /// The pause after `failed` failed attempts, or `None` when they are used up.
    pub fn pause_after(&self, failed: u32) -> Option<Duration> {
        if failed >= self.attempts {
            return None;
        }
        let exponent = i32::try_from(failed.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.initial.as_secs_f64() * self.factor.powi(exponent);
        Some(Duration::try_from_secs_f64(seconds).map_or(self.maximum, |d| d.min(self.maximum)))
    }
}

/// How often a service that was running may crash before the Hub gives up on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestartBudget {
    crashes: Vec<Timestamp>,
}

impl RestartBudget {
    /// Crashes are counted over this long.
    pub const WINDOW: Duration = Duration::from_secs(300);
    /// So many crashes within the window are answered by a restart; the next one is not.
    pub const RESTARTS: usize = 5;

    /// Counts a crash. Returns the pause before the restart (1, 2, 4, 8, 16 s), or `None` when the
    /// budget is spent.
    pub fn crashed(&mut self, now: Timestamp) -> Option<Duration> {
        self.crashes.retain(|at| now.since(*at) < Self::WINDOW);
        if self.crashes.len() >= Self::RESTARTS {
            return None;
        }
        let pause = Duration::from_secs(1 << self.crashes.len());
        self.crashes.push(now);
        Some(pause)
    }

    /// Restarts spent within the window that ends at the last crash.
    pub fn spent(&self) -> usize {
        self.crashes.len()
    }
}

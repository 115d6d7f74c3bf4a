//! What a launched service is asked, again and again: for a proof of its health, for what it uses, and
//! by another way when it falls silent. The same probes prove the first health and every later one.

use super::Report;
use crate::runtime::{Instance, Opinion};
use hub_domain::lifecycle::RunId;
use hub_domain::{RetryPolicy, Service};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// From one steady probe to the next. With one repetition after 1 s a hang is noticed within 10 s.
const STEADY: Duration = Duration::from_secs(5);
/// A runtime bounds its probes to 2 s; this catches one that does not.
const PROBE_BOUND: Duration = Duration::from_secs(3);
/// A runtime bounds its second opinions to 8 s; this catches one that does not.
const OPINION_BOUND: Duration = Duration::from_secs(9);
/// A service that is being started is usually up by then; longer silence may be the fault of the way.
const FIRST_OPINION: Duration = Duration::from_secs(10);
/// A service that is silent to so many second opinions in a row hangs. With the probes in between that
/// is half a minute, in which whatever keeps a service busy has had its time.
const SILENT_OPINIONS: u32 = 3;

pub(super) struct Asking {
    instance: Arc<dyn Instance>,
    service: Service,
    run: RunId,
    reporter: mpsc::Sender<Report>,
    proven: bool,
    /// Probes in a row that brought no proof.
    misses: u32,
    /// Second opinions in a row that found it silent.
    silent: u32,
    /// No second opinion before this.
    next_opinion: Instant,
}

impl Asking {
    pub(super) fn new(
        instance: Arc<dyn Instance>,
        service: Service,
        run: RunId,
        reporter: mpsc::Sender<Report>,
    ) -> Self {
        let next_opinion = Instant::now() + FIRST_OPINION;
        Self { instance, service, run, reporter, proven: false, misses: 0, silent: 0, next_opinion }
    }

    /// It has proven its health at least once.
    pub(super) fn is_proven(&self) -> bool {
        self.proven
    }

    /// Asks once, reports the answer, and returns the pause until the next time.
    pub(super) async fn round(&mut self) -> Duration {
        let probe = timeout(PROBE_BOUND, self.instance.probe(self.service)).await;
        match probe.unwrap_or_else(|_| Err("did not answer in time".to_owned())) {
            Ok(proof) => {
                let was_proven = std::mem::replace(&mut self.proven, true);
                (self.misses, self.silent) = (0, 0);
                self.report(Report::Proven(self.service, self.run, proof)).await;
                if was_proven {
                    let usage = self.instance.usage(self.service).await;
                    self.report(Report::Used(self.service, self.run, usage)).await;
                }
                STEADY
            }
            Err(why) => {
                self.misses += 1;
                self.report(Report::Missed(self.service, self.run, why.clone())).await;
                if self.wants_opinion() {
                    self.ask_by_another_way(&why).await;
                }
                self.pause_after_miss()
            }
        }
    }

    async fn report(&self, report: Report) {
        // A closed queue means that the actor is gone and nobody needs to know.
        drop(self.reporter.send(report).await);
    }

    /// A single miss may be chance, and a start takes its time.
    fn wants_opinion(&self) -> bool {
        let is_silent = !self.proven || self.misses >= RetryPolicy::PROBE.attempts;
        is_silent && Instant::now() >= self.next_opinion
    }

    async fn ask_by_another_way(&mut self, why: &str) {
        let asked = timeout(OPINION_BOUND, self.instance.second_opinion(self.service)).await;
        self.next_opinion = Instant::now() + STEADY;
        // Without an opinion nothing is known beyond what was reported.
        let Some(opinion) = asked.ok().flatten() else { return };
        let words = match &opinion {
            Opinion::Answers(words) | Opinion::Silent(words) => format!("{why}; {words}"),
        };
        self.silent = match opinion {
            Opinion::Answers(_) => 0,
            Opinion::Silent(_) => self.silent + 1,
        };
        // What is not proven yet has a deadline of its own.
        let report = match self.proven && self.silent >= SILENT_OPINIONS {
            true => Report::Hung(self.service, self.run, words),
            false => Report::Missed(self.service, self.run, words),
        };
        self.report(report).await;
    }

    fn pause_after_miss(&self) -> Duration {
        let policy = if self.proven { RetryPolicy::PROBE } else { RetryPolicy::FIRST_PROOF };
        policy.pause_after(self.misses).unwrap_or(STEADY)
    }
}

//! Going down: wave by wave, in the reverse of the start order, whatever state the services are in.

use super::machine::{Machine, Phase};
use super::{Down, Effect, Then};
use crate::{Timestamp, spec, stop_waves};

impl Machine {
    pub(super) fn stop(&mut self, next: Then, now: Timestamp, effects: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Stopped { problem } => *problem = None,
            Phase::Queued { .. } | Phase::Preparing { .. } => {
                self.phase = Phase::Stopped { problem: None };
                effects.push(Effect::Abandon);
                effects.push(Effect::Close);
            }
            Phase::Stopping { then, .. } => *then = next,
            Phase::Up { services, .. } => {
                let services = services.map(|_, up| match up.run() {
                    Some(run) => Down::Waiting { run },
                    None => Down::Ended,
                });
                self.phase = Phase::Stopping { since: now, then: next, services };
                self.advance_stop(now, effects);
            }
        }
    }

    /// Ends the services of the first wave that still has any; with none left, the stop is complete.
    pub(super) fn advance_stop(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let Phase::Stopping { services, then, .. } = &mut self.phase else { return };
        for wave in stop_waves() {
            let mut busy = false;
            for service in wave {
                if let Down::Waiting { run } = services[service] {
                    services[service] = Down::Ending { run };
                    effects.push(Effect::End { service, run, grace: spec(service).stop_grace });
                }
                busy |= services[service] != Down::Ended;
            }
            if busy {
                return;
            }
        }
        effects.push(Effect::Close);
        match std::mem::replace(then, Then::Stay) {
            Then::Stay => self.phase = Phase::Stopped { problem: None },
            Then::Fail(problem) => self.phase = Phase::Stopped { problem: Some(problem) },
            Then::Start => {
                self.memory = Default::default();
                self.phase = Phase::Queued { since: now };
                effects.push(Effect::Queue);
            }
        }
    }
}

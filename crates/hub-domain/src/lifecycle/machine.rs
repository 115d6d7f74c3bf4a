//! The state of one project and the door through which everything that happens to it comes in.

use super::{Down, Effect, Event, Memory, Preparation, RunId, Then, Timer, Up};
use crate::{Code, PerService, Problem, Service, Timestamp};

/// Where a project is between two starts.
#[expect(clippy::large_enum_variant, reason = "there is one per project, and it stays in place")]
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// No process; the last start may have failed.
    Stopped { problem: Option<Problem> },
    /// Other projects are starting; it waits.
    Queued { since: Timestamp },
    /// Everything the services need is being made ready.
    Preparing { since: Timestamp, preparation: Preparation },
    /// Services are coming up, or are up.
    Up { since: Timestamp, started: Option<Timestamp>, services: PerService<Up> },
    /// Services are being ended.
    Stopping { since: Timestamp, then: Then, services: PerService<Down> },
}

/// The life of one project. See the module's introduction.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    pub(super) phase: Phase,
    pub(super) memory: PerService<Memory>,
    next_run: u64,
}

impl Default for Machine {
    fn default() -> Self {
        Self { phase: Phase::Stopped { problem: None }, memory: PerService::default(), next_run: 1 }
    }
}

impl Machine {
    /// A project that does not run and whose last start failed with `problem`, if given.
    pub fn stopped(problem: Option<Problem>) -> Self {
        Self { phase: Phase::Stopped { problem }, ..Self::default() }
    }

    /// Takes an event and returns what is to be done.
    ///
    /// # Errors
    /// `PROJECT_NOT_RUNNING` for [`Event::RestartService`] of a project that is not up. All other
    /// events are always taken; those of launches that are no longer current change nothing.
    pub fn on_event(&mut self, event: Event, now: Timestamp) -> Result<Vec<Effect>, Problem> {
        let mut effects = Vec::new();
        match event {
            Event::Start => self.start(now, &mut effects),
            Event::Stop => self.stop(Then::Stay, now, &mut effects),
            Event::Restart => self.restart(now, &mut effects),
            Event::RestartService(service) => self.restart_service(service, now, &mut effects)?,
            Event::Admitted => self.admitted(now, &mut effects),
            Event::Progressed(new) => self.progressed(new),
            Event::Prepared => self.prepared(now, &mut effects),
            Event::PrepareFailed(problem) => self.prepare_failed(problem, &mut effects),
            Event::Launched { service, run } => self.launched(service, run, &mut effects),
            Event::LaunchFailed { service, run, problem }
            | Event::Exited { service, run, problem } => {
                self.gone(service, run, problem, now, &mut effects);
            }
            Event::Proven { service, run, proof } => {
                self.proven(service, run, proof, now, &mut effects);
            }
            Event::Missed { service, run, why } => self.missed(service, run, why),
            Event::Hung { service, run, why } => self.hung(service, run, why, now, &mut effects),
            Event::Fired(timer) => self.fired(timer, now, &mut effects),
        }
        Ok(effects)
    }

    /// True when a launch is the current one of its service and owns a process.
    pub fn is_current(&self, service: Service, run: RunId) -> bool {
        self.current(service) == Some(run)
    }

    /// The launch whose process a service owns.
    pub fn current(&self, service: Service) -> Option<RunId> {
        match &self.phase {
            Phase::Up { services, .. } => services[service].run(),
            Phase::Stopping { services, .. } => match &services[service] {
                Down::Waiting { run } | Down::Ending { run } => Some(*run),
                Down::Ended => None,
            },
            Phase::Stopped { .. } | Phase::Queued { .. } | Phase::Preparing { .. } => None,
        }
    }

    pub(super) fn next_run(&mut self) -> RunId {
        let run = RunId(self.next_run);
        self.next_run += 1;
        run
    }

    fn start(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Stopped { .. } => {
                self.memory = PerService::default();
                self.phase = Phase::Queued { since: now };
                effects.push(Effect::Queue);
            }
            Phase::Stopping { then, .. } => *then = Then::Start,
            // Asking twice is asking once.
            Phase::Queued { .. } | Phase::Preparing { .. } | Phase::Up { .. } => {}
        }
    }

    fn restart(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Up { .. } => self.stop(Then::Start, now, effects),
            _ => self.start(now, effects),
        }
    }

    fn admitted(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Queued { .. }) {
            let preparation =
                Preparation { step: "Checking folder and ports".into(), amount: None };
            self.phase = Phase::Preparing { since: now, preparation };
            effects.push(Effect::Prepare);
        }
    }

    fn progressed(&mut self, new: Preparation) {
        if let Phase::Preparing { preparation, .. } = &mut self.phase {
            *preparation = new;
        }
    }

    fn prepare_failed(&mut self, problem: Problem, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Preparing { .. }) {
            self.phase = Phase::Stopped { problem: Some(problem) };
            effects.push(Effect::Close);
        }
    }

    fn missed(&mut self, service: Service, run: RunId, why: String) {
        if let Phase::Up { services, .. } = &mut self.phase
            && services[service].run() == Some(run)
        {
            services[service].miss(why);
        }
    }

    fn fired(&mut self, timer: Timer, now: Timestamp, effects: &mut Vec<Effect>) {
        if !matches!(self.phase, Phase::Up { .. }) {
            return;
        }
        match timer.kind {
            super::TimerKind::StartDeadline => self.deadline(timer, now, effects),
            super::TimerKind::Pause => self.pause_over(timer, now, effects),
            super::TimerKind::Stale => self.stale(timer, now, effects),
        }
    }

    fn gone(
        &mut self,
        service: Service,
        run: RunId,
        problem: Problem,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if !self.is_current(service, run) {
            return;
        }
        match &mut self.phase {
            Phase::Up { .. } => self.lost(service, problem, now, effects),
            Phase::Stopping { services, .. } => {
                services[service] = Down::Ended;
                self.advance_stop(now, effects);
            }
            Phase::Stopped { .. } | Phase::Queued { .. } | Phase::Preparing { .. } => {}
        }
    }

    fn restart_service(
        &mut self,
        service: Service,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Problem> {
        if matches!(self.phase, Phase::Up { .. }) {
            self.replace(service, now, effects);
            return Ok(());
        }
        Err(Problem::new(
            Code::ProjectNotRunning,
            format!("The project is not running, so {service} cannot be restarted."),
            "Start the project first.",
        )
        .of(service))
    }
}

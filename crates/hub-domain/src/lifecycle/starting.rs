//! Coming up, staying up, coming back: launches, proofs, failures and restarts while a project is up.

use super::machine::{Machine, Phase};
use super::{Effect, Origin, Replacement, RunId, Then, Timer, TimerKind, Up};
use crate::{Code, Health, PerService, Problem, Proof, RetryPolicy, Service, Timestamp, spec};

impl Up {
    /// A probe failed: the first failure degrades, the repetition makes unhealthy.
    pub(super) fn miss(&mut self, why: String) {
        match self {
            Self::Starting { last_miss, early, .. } => {
                *last_miss = Some(why);
                *early = None;
            }
            Self::Running { health, missed, .. } => {
                *missed = missed.saturating_add(1);
                let last = health.last_proof().clone();
                *health = if *missed < RetryPolicy::PROBE.attempts {
                    Health::Degraded { last, why }
                } else {
                    Health::Unhealthy { last, why }
                };
            }
            Self::Waiting | Self::Replacing { .. } | Self::Pausing { .. } | Self::GaveUp { .. } => {
            }
        }
    }
}

impl Machine {
    pub(super) fn prepared(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if let Phase::Preparing { since, .. } = self.phase {
            let services = PerService::from_fn(|_| Up::Waiting);
            self.phase = Phase::Up { since, started: None, services };
            for service in Service::ALL {
                if spec(service).launch_ahead || self.has_turn(service) {
                    self.launch(service, Origin::Asked { attempt: 1 }, now, effects);
                }
            }
        }
    }

    /// Everything the service depends on is running.
    fn has_turn(&self, service: Service) -> bool {
        match &self.phase {
            Phase::Up { services, .. } => {
                spec(service).depends_on.iter().all(|d| services[*d].is_running())
            }
            _ => false,
        }
    }

    fn launch(
        &mut self,
        service: Service,
        origin: Origin,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let run = self.next_run();
        self.launch_as(service, run, origin, now, effects);
    }

    fn launch_as(
        &mut self,
        service: Service,
        run: RunId,
        origin: Origin,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if let Phase::Up { services, .. } = &mut self.phase {
            let (launched, early, last_miss) = (false, None, None);
            services[service] =
                Up::Starting { run, origin, since: now, launched, early, last_miss };
            self.memory[service].launched_at = Some(now);
            self.memory[service].ready_at = None;
            effects.push(Effect::Launch { service, run });
        }
    }

    /// From here on a service must prove its health in time, unless its turn is still to come.
    pub(super) fn launched(&mut self, service: Service, run: RunId, effects: &mut Vec<Effect>) {
        let has_turn = self.has_turn(service);
        if let Phase::Up { services, .. } = &mut self.phase
            && let Up::Starting { run: current, launched, .. } = &mut services[service]
            && *current == run
        {
            *launched = true;
            if has_turn {
                effects.push(arm_deadline(service, run));
            }
        }
    }

    pub(super) fn proven(
        &mut self,
        service: Service,
        run: RunId,
        proof: Proof,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let has_turn = self.has_turn(service);
        let Phase::Up { services, .. } = &mut self.phase else { return };
        if services[service].run() != Some(run) {
            return;
        }
        match &mut services[service] {
            Up::Starting { early, .. } if !has_turn => *early = Some(proof),
            Up::Starting { .. } => self.ready(service, run, proof, now, effects),
            Up::Running { health, missed, .. } => {
                *missed = 0;
                *health = Health::from_proof(proof);
                effects.push(arm_stale(service, run));
            }
            Up::Waiting | Up::Replacing { .. } | Up::Pausing { .. } | Up::GaveUp { .. } => {}
        }
    }

    /// A service counts as up: those that waited for it get their turn.
    fn ready(
        &mut self,
        service: Service,
        run: RunId,
        proof: Proof,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Phase::Up { services, .. } = &mut self.phase else { return };
        let what = proof.what.clone();
        let health = Health::from_proof(proof);
        services[service] = Up::Running { run, since: now, health, missed: 0 };
        self.memory[service].ready_at = Some(now);
        effects.push(arm_stale(service, run));
        effects.push(Effect::Note { service, text: format!("{service} is up: {what}") });
        for other in Service::ALL {
            if spec(other).depends_on.contains(&service) && self.has_turn(other) {
                self.take_turn(other, now, effects);
            }
        }
        if let Phase::Up { services, started, .. } = &mut self.phase
            && started.is_none()
            && services.iter().all(|(_, s)| s.is_running())
        {
            *started = Some(now);
            effects.push(Effect::Started);
        }
    }

    fn take_turn(&mut self, service: Service, now: Timestamp, effects: &mut Vec<Effect>) {
        let Phase::Up { services, .. } = &mut self.phase else { return };
        match &mut services[service] {
            Up::Waiting => self.launch(service, Origin::Asked { attempt: 1 }, now, effects),
            Up::Starting { run, launched, early, .. } => {
                let (run, launched) = (*run, *launched);
                match early.take() {
                    Some(proof) => self.ready(service, run, proof, now, effects),
                    None if launched => effects.push(arm_deadline(service, run)),
                    None => {}
                }
            }
            Up::Running { .. } | Up::Replacing { .. } | Up::Pausing { .. } | Up::GaveUp { .. } => {}
        }
    }

    /// The process of a service is gone while the project is up.
    pub(super) fn lost(
        &mut self,
        service: Service,
        problem: Problem,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let has_turn = self.has_turn(service);
        let Phase::Up { services, started, .. } = &mut self.phase else { return };
        let started = started.is_some();
        let state = std::mem::replace(&mut services[service], Up::Waiting);
        match state {
            // Launched ahead of its turn and could not wait: its turn is still to come.
            Up::Starting { .. } if !has_turn && !started => {}
            Up::Starting { origin, .. } => self.failed(service, origin, problem, now, effects),
            Up::Running { .. } => self.failed(service, Origin::Crashed, problem, now, effects),
            Up::Replacing { why: Replacement::Asked, .. } => {
                self.launch(service, Origin::Asked { attempt: 1 }, now, effects);
            }
            Up::Replacing { why: Replacement::NotReady { origin, problem }, .. } => {
                self.failed(service, origin, problem, now, effects);
            }
            // These own no process, so no launch of theirs can be current.
            state @ (Up::Waiting | Up::Pausing { .. } | Up::GaveUp { .. }) => {
                services[service] = state;
            }
        }
    }

    /// One launch of a service came to nothing: pause and try again, or give up.
    fn failed(
        &mut self,
        service: Service,
        origin: Origin,
        problem: Problem,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let next = self.next_run();
        let memory = &mut self.memory[service];
        memory.ready_at = None;
        memory.last_problem = Some(problem.clone());
        let again = match origin {
            Origin::Asked { attempt } if problem.retryable => RetryPolicy::START
                .pause_after(attempt)
                .map(|pause| (pause, Origin::Asked { attempt: attempt + 1 })),
            Origin::Asked { .. } => None,
            Origin::Crashed => memory.budget.crashed(now).map(|pause| (pause, Origin::Crashed)),
        };
        let Phase::Up { services, started, .. } = &mut self.phase else { return };
        if let Some((pause, origin)) = again {
            memory.restarts += 1;
            let text =
                format!("{} Trying again in {} s.", problem.message, pause.as_secs_f64().ceil());
            effects.push(Effect::Note { service, text });
            let until = now.after(pause);
            services[service] = Up::Pausing { next, origin, until, problem };
            let timer = Timer { kind: TimerKind::Pause, service, run: next };
            effects.push(Effect::Arm { timer, after: pause });
        } else if started.is_some() {
            let text = format!("{} Gave up.", problem.message);
            effects.push(Effect::Note { service, text });
            services[service] = Up::GaveUp { problem };
        } else {
            self.stop(Then::Fail(problem), now, effects);
        }
    }

    pub(super) fn pause_over(&mut self, timer: Timer, now: Timestamp, effects: &mut Vec<Effect>) {
        let Phase::Up { services, .. } = &self.phase else { return };
        if let Up::Pausing { next, origin, .. } = &services[timer.service]
            && *next == timer.run
        {
            self.launch_as(timer.service, *next, *origin, now, effects);
        }
    }

    pub(super) fn deadline(&mut self, timer: Timer, now: Timestamp, effects: &mut Vec<Effect>) {
        let Phase::Up { services, .. } = &mut self.phase else { return };
        let service = timer.service;
        if let Up::Starting { run, origin, last_miss, .. } = &services[service]
            && *run == timer.run
        {
            let seconds = spec(service).start_deadline.as_secs();
            let mut problem = Problem::new(
                Code::ServiceNotReady,
                format!("{service} did not prove its health within {seconds} s."),
                "Look at its log for the reason, then start again.",
            )
            .of(service)
            .retryable();
            problem.cause.clone_from(last_miss);
            let why = Replacement::NotReady { origin: *origin, problem };
            let run = *run;
            services[service] = Up::Replacing { run, since: now, why };
            effects.push(Effect::End { service, run, grace: spec(service).stop_grace });
        }
    }

    pub(super) fn stale(&mut self, timer: Timer, now: Timestamp, effects: &mut Vec<Effect>) {
        let Phase::Up { services, .. } = &mut self.phase else { return };
        if let Up::Running { run, health, .. } = &mut services[timer.service]
            && *run == timer.run
        {
            let last = health.last_proof().clone();
            let age = now.since(last.at);
            if age >= Health::STALE_AFTER {
                *health = Health::Unknown { last };
            } else {
                effects.push(Effect::Arm { timer, after: Health::STALE_AFTER - age });
            }
        }
    }

    /// A running service that hangs is ended and counts as crashed.
    pub(super) fn hung(
        &mut self,
        service: Service,
        run: RunId,
        why: String,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Phase::Up { services, .. } = &mut self.phase else { return };
        if !matches!(&services[service], Up::Running { run: current, .. } if *current == run) {
            return;
        }
        let problem = Problem::new(
            Code::ServiceNotReady,
            format!("{service} hung and was ended."),
            "Look at its log for what it was doing.",
        )
        .of(service)
        .retryable()
        .caused_by(why);
        let why = Replacement::NotReady { origin: Origin::Crashed, problem };
        services[service] = Up::Replacing { run, since: now, why };
        effects.push(Effect::End { service, run, grace: spec(service).stop_grace });
    }

    /// The user wants a service anew, with a fresh budget.
    pub(super) fn replace(&mut self, service: Service, now: Timestamp, effects: &mut Vec<Effect>) {
        let Phase::Up { services, .. } = &mut self.phase else { return };
        self.memory[service].budget = crate::RestartBudget::default();
        match &services[service] {
            Up::Starting { run, .. } | Up::Running { run, .. } => {
                let run = *run;
                let why = Replacement::Asked;
                services[service] = Up::Replacing { run, since: now, why };
                effects.push(Effect::End { service, run, grace: spec(service).stop_grace });
            }
            Up::Replacing { run, since, .. } => {
                let (run, since) = (*run, *since);
                services[service] = Up::Replacing { run, since, why: Replacement::Asked };
            }
            Up::Waiting | Up::Pausing { .. } | Up::GaveUp { .. } => {
                self.launch(service, Origin::Asked { attempt: 1 }, now, effects);
            }
        }
    }
}

fn arm_deadline(service: Service, run: RunId) -> Effect {
    let timer = Timer { kind: TimerKind::StartDeadline, service, run };
    Effect::Arm { timer, after: spec(service).start_deadline }
}

fn arm_stale(service: Service, run: RunId) -> Effect {
    let timer = Timer { kind: TimerKind::Stale, service, run };
    Effect::Arm { timer, after: Health::STALE_AFTER }
}

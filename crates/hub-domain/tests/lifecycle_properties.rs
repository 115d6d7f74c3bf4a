//! Whatever happens in whatever order, a project's life keeps its promises. A small world carries the
//! effects out: it owns the processes and the timers, and reports back what it is told to.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

use hub_domain::lifecycle::{
    Effect, Event, Machine, Preparation, ProjectState, RunId, ServiceState, Timer,
};
use hub_domain::{Code, PerService, Problem, Proof, RestartBudget, Service, Timestamp, spec};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the world can do next. Choices that make no sense at the moment do nothing.
#[derive(Clone, Debug)]
enum Step {
    Start,
    Stop,
    Restart,
    RestartService(Service),
    Admit,
    Progress,
    Prepare(bool),
    Launched(Service),
    Prove(Service, u64),
    Miss(Service),
    Hang(Service),
    Exit(Service, bool),
    FailLaunch(Service, bool),
    FireDue,
    Pass(u64),
    /// A report of a launch that is long gone.
    Ghost(Service),
}

#[derive(Default)]
struct World {
    machine: Machine,
    now: u64,
    queued: bool,
    preparing: bool,
    processes: PerService<Option<RunId>>,
    ending: PerService<bool>,
    past: PerService<Vec<RunId>>,
    timers: BTreeMap<Timer, u64>,
    crash_restarts: PerService<Vec<u64>>,
    started: u32,
}

fn problem(retryable: bool) -> Problem {
    let problem = Problem::new(Code::ServiceExited, "It ended.", "Look at its log.");
    if retryable { problem.retryable() } else { problem }
}

impl World {
    fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    fn send(&mut self, event: Event) {
        let before = self.machine.services();
        let was_up = before.map(|_, v| matches!(v.state, ServiceState::Running { .. }));
        let refused = matches!(event, Event::RestartService(_));
        let effects = match self.machine.on_event(event, self.at()) {
            Ok(effects) => effects,
            Err(problem) => {
                assert!(refused, "only the restart of a service is ever refused");
                assert_eq!(problem.code, Code::ProjectNotRunning);
                return;
            }
        };
        for effect in effects {
            self.carry_out(effect);
        }
        self.check(&was_up);
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Queue => {
                assert!(!self.queued && !self.preparing);
                self.queued = true;
                self.crash_restarts = PerService::default();
            }
            Effect::Prepare => {
                assert!(self.queued && !self.preparing);
                (self.queued, self.preparing) = (false, true);
            }
            Effect::Abandon => (self.queued, self.preparing) = (false, false),
            Effect::Launch { service, run } => {
                assert_eq!(self.processes[service], None, "{service} would run twice");
                self.processes[service] = Some(run);
                self.past[service].push(run);
            }
            Effect::End { service, run, grace } => {
                assert_eq!(self.processes[service], Some(run), "ended what does not run");
                assert!(grace > Duration::ZERO);
                self.ending[service] = true;
            }
            Effect::Arm { timer, after } => {
                let due = self.at().after(after).as_millis();
                self.timers.retain(|t, _| (t.kind, t.service) != (timer.kind, timer.service));
                self.timers.insert(timer, due);
            }
            Effect::Close => {
                for service in Service::ALL {
                    assert_eq!(self.processes[service], None, "closed over a living {service}");
                }
            }
            Effect::Started => self.started += 1,
            Effect::Note { text, .. } => assert!(!text.is_empty()),
        }
    }

    fn check(&self, was_up: &PerService<bool>) {
        let views = self.machine.services();
        for (service, view) in views.iter() {
            // A state that shows a process owns exactly the one the world knows, and no other does.
            assert_eq!(self.machine.current(service), self.processes[service], "{service}");
            let is_up = matches!(view.state, ServiceState::Running { .. });
            if is_up && !was_up[service] {
                for need in spec(service).depends_on {
                    let state = &views[*need].state;
                    assert!(
                        matches!(state, ServiceState::Running { .. }),
                        "{service} counts as up while {need} is {state:?}"
                    );
                }
            }
        }
        if matches!(self.machine.state(), ProjectState::Stopped | ProjectState::Failed(_)) {
            assert!(self.machine.is_stopped());
            assert!(self.processes.iter().all(|(_, p)| p.is_none()));
        }
    }

    fn gone(&mut self, service: Service, event: impl FnOnce(RunId) -> Event) {
        if let Some(run) = self.processes[service].take() {
            let crashed =
                matches!(self.machine.services()[service].state, ServiceState::Running { .. });
            self.ending[service] = false;
            self.send(event(run));
            let pausing =
                matches!(self.machine.services()[service].state, ServiceState::Pausing { .. });
            if crashed && pausing {
                self.note_crash_restart(service);
            }
        }
    }

    fn note_crash_restart(&mut self, service: Service) {
        let window = u64::try_from(RestartBudget::WINDOW.as_millis()).unwrap();
        let now = self.now;
        let restarts = &mut self.crash_restarts[service];
        restarts.retain(|at| now - at < window);
        restarts.push(now);
        assert!(restarts.len() <= RestartBudget::RESTARTS, "{service} restarted too often");
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Start => self.send(Event::Start),
            Step::Stop => self.send(Event::Stop),
            Step::Restart => self.send(Event::Restart),
            Step::RestartService(service) => {
                self.crash_restarts[service].clear();
                self.send(Event::RestartService(service));
            }
            Step::Admit if self.queued => self.send(Event::Admitted),
            Step::Progress => self.send(Event::Progressed(Preparation::default())),
            Step::Prepare(fine) if self.preparing => {
                self.preparing = false;
                self.send(if fine {
                    Event::Prepared
                } else {
                    Event::PrepareFailed(problem(false))
                });
            }
            Step::Launched(service) => {
                if let Some(run) = self.processes[service] {
                    self.send(Event::Launched { service, run });
                }
            }
            Step::Prove(service, took) => {
                if let Some(run) = self.processes[service] {
                    let took = Duration::from_millis(took);
                    let proof = Proof { what: "it answered".into(), at: self.at(), took };
                    self.send(Event::Proven { service, run, proof });
                }
            }
            Step::Miss(service) => {
                if let Some(run) = self.processes[service] {
                    self.send(Event::Missed { service, run, why: "silence".into() });
                }
            }
            Step::Hang(service) => {
                if let Some(run) = self.processes[service] {
                    self.send(Event::Hung { service, run, why: "silence everywhere".into() });
                }
            }
            Step::Exit(service, retryable) => self.gone(service, |run| Event::Exited {
                service,
                run,
                problem: problem(retryable),
            }),
            Step::FailLaunch(service, retryable) => self.gone(service, |run| Event::LaunchFailed {
                service,
                run,
                problem: problem(retryable),
            }),
            Step::FireDue => {
                let now = self.now;
                let due: Vec<_> =
                    self.timers.iter().filter(|(_, at)| **at <= now).map(|(t, _)| *t).collect();
                for timer in due {
                    if self.timers.remove(&timer).is_some() {
                        self.send(Event::Fired(timer));
                    }
                }
            }
            Step::Pass(millis) => self.now += millis,
            Step::Ghost(service) => {
                let living = self.processes[service];
                if let Some(run) =
                    self.past[service].first().copied().filter(|r| Some(*r) != living)
                {
                    let before = self.machine.clone();
                    self.send(Event::Launched { service, run });
                    self.send(Event::Exited { service, run, problem: problem(true) });
                    self.send(Event::Missed { service, run, why: "late".into() });
                    self.send(Event::Hung { service, run, why: "late".into() });
                    assert_eq!(self.machine, before, "a launch long gone changed something");
                }
            }
            Step::Admit | Step::Prepare(_) => {}
        }
    }

    /// Answers every request to end until nothing is left to answer.
    fn let_end(&mut self) {
        for _ in 0..16 {
            for service in Service::ALL {
                if self.ending[service] {
                    self.step(Step::Exit(service, true));
                }
            }
        }
    }
}

fn service() -> impl Strategy<Value = Service> {
    prop::sample::select(&Service::ALL[..])
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Start),
        1 => Just(Step::Stop),
        1 => Just(Step::Restart),
        2 => service().prop_map(Step::RestartService),
        4 => Just(Step::Admit),
        1 => Just(Step::Progress),
        4 => prop::bool::weighted(0.9).prop_map(Step::Prepare),
        8 => service().prop_map(Step::Launched),
        12 => (service(), 0..2000_u64).prop_map(|(s, t)| Step::Prove(s, t)),
        3 => service().prop_map(Step::Miss),
        2 => service().prop_map(Step::Hang),
        5 => (service(), prop::bool::weighted(0.8)).prop_map(|(s, r)| Step::Exit(s, r)),
        1 => (service(), any::<bool>()).prop_map(|(s, r)| Step::FailLaunch(s, r)),
        6 => Just(Step::FireDue),
        6 => (0..70_000_u64).prop_map(Step::Pass),
        1 => service().prop_map(Step::Ghost),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_life_keeps_the_promises(steps in prop::collection::vec(step(), 1..160)) {
        let mut world = World::default();
        for step in steps {
            world.step(step);
        }
        // However tangled it is: a stop whose ends are answered leads to "stopped", with nothing alive.
        world.step(Step::Stop);
        world.let_end();
        prop_assert_eq!(world.machine.state(), ProjectState::Stopped);
        prop_assert!(world.processes.iter().all(|(_, p)| p.is_none()));
    }

    #[test]
    fn a_start_with_good_services_always_succeeds(order in Just(Service::ALL.to_vec()).prop_shuffle()) {
        let mut world = World::default();
        world.step(Step::Start);
        world.step(Step::Admit);
        world.step(Step::Prepare(true));
        // Services answer in any order, each again and again, as real ones do.
        for _ in 0..4 {
            for service in &order {
                world.step(Step::Prove(*service, 5));
            }
        }
        prop_assert!(world.machine.is_started());
        prop_assert_eq!(world.started, 1);
    }
}

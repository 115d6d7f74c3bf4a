//! The transitions of a project's life, told as stories: what happens, and what is then the case.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

use hub_domain::lifecycle::{
    Effect, Event, HealthWord, Machine, ProjectState, RunId, ServiceState, Timer, TimerKind,
};
use hub_domain::{Code, Health, Problem, Proof, RetryPolicy, Service, Timestamp, spec};
use std::time::Duration;

struct Story {
    machine: Machine,
    now: Timestamp,
    effects: Vec<Effect>,
}

impl Story {
    fn new() -> Self {
        let now = Timestamp::from_millis(1_000_000);
        Self { machine: Machine::default(), now, effects: Vec::new() }
    }

    /// A project whose services have just been launched.
    fn launched() -> Self {
        let mut story = Self::new();
        story.on(Event::Start).on(Event::Admitted).on(Event::Prepared);
        story
    }

    /// The process of a service that is being launched exists.
    fn launch(&mut self, service: Service) -> &mut Self {
        let run = self.run(service);
        self.on(Event::Launched { service, run })
    }

    /// A project with all four services up.
    fn up() -> Self {
        let mut story = Self::launched();
        for service in Service::ALL {
            story.prove(service);
        }
        assert!(story.machine.is_started());
        story
    }

    fn on(&mut self, event: Event) -> &mut Self {
        self.effects = self.machine.on_event(event, self.now).expect("the event is taken");
        self
    }

    fn later(&mut self, by: Duration) -> &mut Self {
        self.now = self.now.after(by);
        self
    }

    fn run(&self, service: Service) -> RunId {
        self.machine.current(service).unwrap_or_else(|| panic!("{service} has no process"))
    }

    fn prove_in(&mut self, service: Service, millis: u64) -> &mut Self {
        let took = Duration::from_millis(millis);
        let proof = Proof { what: "it answered".into(), at: self.now, took };
        let run = self.run(service);
        self.on(Event::Proven { service, run, proof })
    }

    fn prove(&mut self, service: Service) -> &mut Self {
        self.prove_in(service, 3)
    }

    fn miss(&mut self, service: Service) -> &mut Self {
        let run = self.run(service);
        self.on(Event::Missed { service, run, why: "no answer".into() })
    }

    fn exit(&mut self, service: Service) -> &mut Self {
        let run = self.run(service);
        self.on(Event::Exited { service, run, problem: crash() })
    }

    fn state(&self, service: Service) -> ServiceState {
        self.machine.services()[service].state.clone()
    }

    fn ended(&self) -> Vec<Service> {
        let end = |e: &Effect| match e {
            Effect::End { service, .. } => Some(*service),
            _ => None,
        };
        self.effects.iter().filter_map(end).collect()
    }

    fn launches(&self) -> Vec<Service> {
        let launch = |e: &Effect| match e {
            Effect::Launch { service, .. } => Some(*service),
            _ => None,
        };
        self.effects.iter().filter_map(launch).collect()
    }

    fn armed(&self, kind: TimerKind) -> Option<(Timer, Duration)> {
        self.effects.iter().find_map(|e| match e {
            Effect::Arm { timer, after } if timer.kind == kind => Some((*timer, *after)),
            _ => None,
        })
    }

    /// Lets the pause pass that the last event led to.
    fn pause(&mut self) -> Duration {
        let (timer, after) = self.armed(TimerKind::Pause).expect("a pause was armed");
        self.later(after).on(Event::Fired(timer));
        after
    }
}

fn crash() -> Problem {
    Problem::new(Code::ServiceExited, "It exited with code 1.", "Look at its log.").retryable()
}

#[test]
fn a_start_launches_all_four_ahead_and_counts_them_in_order() {
    let mut story = Story::launched();
    assert_eq!(story.launches(), Service::ALL, "all may be launched ahead of their turn");
    // The page answers first of all, but nothing it needs is there yet.
    story.prove(Service::Frontend).prove(Service::Backend);
    for service in [Service::Frontend, Service::Backend] {
        assert!(matches!(story.state(service), ServiceState::Starting { .. }), "{service}");
    }
    story.prove(Service::Redis);
    assert!(matches!(story.state(Service::Redis), ServiceState::Running { .. }));
    assert!(matches!(story.machine.state(), ProjectState::Starting { .. }));
    // With the last of their needs the early ones count at once, in the same step.
    story.prove(Service::Postgres);
    assert!(story.effects.contains(&Effect::Started));
    let state = story.machine.state();
    assert!(
        matches!(state, ProjectState::Running { health: HealthWord::Healthy, .. }),
        "{state:?}"
    );
}

#[test]
fn an_early_answer_does_not_count_when_a_later_probe_failed() {
    let mut story = Story::launched();
    story.prove(Service::Backend).miss(Service::Backend);
    story.prove(Service::Postgres).prove(Service::Redis);
    assert!(matches!(story.state(Service::Backend), ServiceState::Starting { .. }));
}

#[test]
fn starting_twice_is_starting_once() {
    let mut story = Story::new();
    story.on(Event::Start).on(Event::Start);
    assert_eq!(story.effects, []);
    story.on(Event::Admitted).on(Event::Start);
    assert_eq!(story.effects, []);
    story.on(Event::Prepared).on(Event::Start);
    assert_eq!(story.effects, []);
    let mut story = Story::up();
    story.on(Event::Start);
    assert_eq!(story.effects, []);
}

#[test]
fn a_stop_ends_in_reverse_order_and_waits_for_each_wave() {
    let mut story = Story::up();
    story.on(Event::Stop);
    assert_eq!(story.ended(), [Service::Frontend]);
    story.exit(Service::Frontend);
    assert_eq!(story.ended(), [Service::Backend]);
    story.exit(Service::Backend);
    assert_eq!(story.ended(), [Service::Postgres, Service::Redis]);
    story.exit(Service::Redis);
    assert_eq!(story.effects, []);
    assert!(matches!(story.machine.state(), ProjectState::Stopping { .. }));
    story.exit(Service::Postgres);
    assert_eq!(story.effects, [Effect::Close]);
    assert_eq!(story.machine.state(), ProjectState::Stopped);
}

#[test]
fn a_stop_while_queued_or_preparing_calls_the_start_off() {
    for admitted in [false, true] {
        let mut story = Story::new();
        story.on(Event::Start);
        if admitted {
            story.on(Event::Admitted);
        }
        story.on(Event::Stop);
        assert_eq!(story.effects, [Effect::Abandon, Effect::Close]);
        assert_eq!(story.machine.state(), ProjectState::Stopped);
        // What the abandoned start still reports changes nothing.
        story.on(Event::Prepared);
        assert_eq!(story.effects, []);
        assert_eq!(story.machine.state(), ProjectState::Stopped);
    }
}

#[test]
fn a_start_during_a_stop_follows_it_and_a_stop_takes_that_back() {
    let mut story = Story::up();
    story.on(Event::Stop).on(Event::Start);
    for service in [Service::Frontend, Service::Backend, Service::Redis] {
        story.exit(service);
    }
    let mut taken_back = Story { machine: story.machine.clone(), ..Story::new() };
    story.exit(Service::Postgres);
    assert_eq!(story.effects, [Effect::Close, Effect::Queue]);
    assert!(matches!(story.machine.state(), ProjectState::Queued { .. }));
    taken_back.on(Event::Stop).exit(Service::Postgres);
    assert_eq!(taken_back.effects, [Effect::Close]);
    assert_eq!(taken_back.machine.state(), ProjectState::Stopped);
}

#[test]
fn a_failed_preparation_is_shown_until_the_next_start_or_stop() {
    let mut story = Story::new();
    let held = Problem::new(Code::PortHeld, "Port 5432 is held.", "Use 5433 instead.");
    story.on(Event::Start).on(Event::Admitted).on(Event::PrepareFailed(held.clone()));
    assert_eq!(story.effects, [Effect::Close]);
    assert_eq!(story.machine.state(), ProjectState::Failed(held));
    let mut stopped = Story { machine: story.machine.clone(), ..Story::new() };
    stopped.on(Event::Stop);
    assert_eq!(stopped.machine.state(), ProjectState::Stopped);
    story.on(Event::Start);
    assert_eq!(story.effects, [Effect::Queue]);
}

#[test]
fn a_service_that_fails_to_start_is_tried_three_times_and_then_everything_is_cleaned_up() {
    let mut story = Story::launched();
    story.prove(Service::Postgres);
    assert_eq!(story.exit(Service::Redis).pause(), Duration::from_secs(2));
    assert_eq!(story.launches(), [Service::Redis]);
    assert_eq!(story.exit(Service::Redis).pause(), Duration::from_secs(4));
    story.exit(Service::Redis);
    // Backend and frontend were launched ahead: they go first, as always.
    assert_eq!(story.ended(), [Service::Frontend]);
    story.exit(Service::Frontend).exit(Service::Backend).exit(Service::Postgres);
    assert_eq!(story.effects, [Effect::Close]);
    assert_eq!(story.machine.state(), ProjectState::Failed(crash()));
}

#[test]
fn what_trying_again_cannot_cure_is_not_tried_again() {
    let mut story = Story::launched();
    let (service, run) = (Service::Postgres, story.run(Service::Postgres));
    let problem = Problem { retryable: false, ..crash() };
    story.on(Event::LaunchFailed { service, run, problem });
    assert_eq!(story.ended(), [Service::Frontend]);
}

#[test]
fn a_service_launched_ahead_that_could_not_wait_gets_its_turn() {
    let mut story = Story::launched();
    story.exit(Service::Backend);
    assert_eq!(story.effects, [], "no attempt of its own is used up");
    assert!(matches!(story.state(Service::Backend), ServiceState::Waiting { .. }));
    story.prove(Service::Postgres).prove(Service::Redis);
    assert_eq!(story.launches(), [Service::Backend]);
}

#[test]
fn a_service_that_never_proves_itself_is_ended_and_tried_again() {
    let mut story = Story::new();
    story.on(Event::Start).on(Event::Admitted).on(Event::Prepared).launch(Service::Postgres);
    let (timer, after) = story.armed(TimerKind::StartDeadline).expect("its turn is at once");
    assert_eq!(timer.service, Service::Postgres);
    assert_eq!(after, spec(Service::Postgres).start_deadline);
    story.miss(Service::Postgres).later(after).on(Event::Fired(timer));
    assert_eq!(story.ended(), [Service::Postgres]);
    story.exit(Service::Postgres);
    let ServiceState::Pausing { problem, .. } = story.state(Service::Postgres) else {
        panic!("{:?}", story.state(Service::Postgres));
    };
    assert_eq!(problem.code, Code::ServiceNotReady);
    assert_eq!(problem.cause.as_deref(), Some("no answer"), "the last miss is the cause");
}

#[test]
fn the_start_deadline_begins_with_the_process_and_the_turn_whichever_is_later() {
    let deadlines = |story: &Story| -> Vec<Service> {
        let deadline = |e: &Effect| match e {
            Effect::Arm { timer, .. } if timer.kind == TimerKind::StartDeadline => {
                Some(timer.service)
            }
            _ => None,
        };
        story.effects.iter().filter_map(deadline).collect()
    };
    let mut story = Story::launched();
    assert_eq!(deadlines(&story), [], "nothing has a process yet");
    assert_eq!(deadlines(story.launch(Service::Redis)), [Service::Redis], "its turn is at once");
    assert_eq!(deadlines(story.launch(Service::Backend)), [], "its turn is still to come");
    story.prove(Service::Redis).prove(Service::Postgres);
    assert_eq!(deadlines(&story), [Service::Backend]);
    story.prove(Service::Backend);
    assert_eq!(deadlines(&story), [], "the page is still being launched");
    assert_eq!(deadlines(story.launch(Service::Frontend)), [Service::Frontend]);
}

#[test]
fn crashes_are_answered_with_growing_pauses_until_the_budget_is_spent() {
    let mut story = Story::up();
    for expected in [1, 2, 4, 8, 16] {
        let pause = story.exit(Service::Redis).pause();
        assert_eq!(pause, Duration::from_secs(expected));
        story.prove(Service::Redis);
    }
    story.exit(Service::Redis);
    assert_eq!(story.state(Service::Redis), ServiceState::GaveUp(crash()));
    assert_eq!(story.machine.state(), ProjectState::GaveUp(crash()));
    assert_eq!(story.ended(), [], "the others go on");
    // The user's restart gives it a new budget.
    story.on(Event::RestartService(Service::Redis));
    assert_eq!(story.launches(), [Service::Redis]);
    story.prove(Service::Redis);
    assert_eq!(story.exit(Service::Redis).pause(), Duration::from_secs(1));
}

#[test]
fn old_crashes_do_not_count() {
    let mut story = Story::up();
    for _ in 0..4 {
        story.exit(Service::Redis).pause();
        story.prove(Service::Redis);
    }
    story.later(Duration::from_secs(301));
    assert_eq!(story.exit(Service::Redis).pause(), Duration::from_secs(1));
}

#[test]
fn restarting_one_service_leaves_the_others_running() {
    let mut story = Story::up();
    let before: Vec<_> = Service::ALL.iter().map(|s| story.run(*s)).collect();
    story.on(Event::RestartService(Service::Postgres));
    assert_eq!(story.ended(), [Service::Postgres]);
    story.exit(Service::Postgres);
    assert_eq!(story.launches(), [Service::Postgres]);
    story.prove(Service::Postgres);
    let after: Vec<_> = Service::ALL.iter().map(|s| story.run(*s)).collect();
    assert_ne!(before[0], after[0]);
    assert_eq!(before[1..], after[1..]);
    assert!(story.machine.is_started());
}

#[test]
fn a_service_of_a_stopped_project_cannot_be_restarted() {
    let mut machine = Machine::default();
    let refused = machine
        .on_event(Event::RestartService(Service::Redis), Timestamp::from_millis(0))
        .expect_err("nothing runs");
    assert_eq!(refused.code, Code::ProjectNotRunning);
    assert_eq!(refused.service, Some(Service::Redis));
}

#[test]
fn a_miss_degrades_a_second_one_makes_unhealthy_and_an_answer_heals() {
    let mut story = Story::up();
    let health = |story: &Story| match story.machine.state() {
        ProjectState::Running { health, .. } => health,
        other => panic!("{other:?}"),
    };
    story.miss(Service::Backend);
    assert_eq!(health(&story), HealthWord::Degraded);
    story.miss(Service::Backend);
    assert_eq!(health(&story), HealthWord::Unhealthy);
    story.prove(Service::Backend);
    assert_eq!(health(&story), HealthWord::Healthy);
    story.prove_in(Service::Redis, 900);
    assert_eq!(health(&story), HealthWord::Degraded);
}

#[test]
fn a_service_that_hangs_is_ended_and_counts_as_crashed() {
    let mut story = Story::up();
    for expected in [1, 2, 4, 8, 16] {
        let run = story.run(Service::Redis);
        let hung = Event::Hung { service: Service::Redis, run, why: "silence".into() };
        story.on(hung.clone());
        assert_eq!(story.ended(), [Service::Redis], "the others go on");
        story.on(hung);
        assert_eq!(story.effects, [], "it is being ended already");
        assert_eq!(story.exit(Service::Redis).pause(), Duration::from_secs(expected));
        story.prove(Service::Redis);
    }
    let run = story.run(Service::Redis);
    story.on(Event::Hung { service: Service::Redis, run, why: "silence".into() });
    story.exit(Service::Redis);
    let ServiceState::GaveUp(problem) = story.state(Service::Redis) else {
        panic!("{:?}", story.state(Service::Redis));
    };
    assert_eq!((problem.code, problem.cause.as_deref()), (Code::ServiceNotReady, Some("silence")));
}

#[test]
fn a_service_that_is_still_starting_is_not_taken_to_hang() {
    let mut story = Story::launched();
    let run = story.run(Service::Redis);
    story.on(Event::Hung { service: Service::Redis, run, why: "silence".into() });
    assert_eq!(story.effects, [], "its deadline decides");
}

#[test]
fn a_proof_that_went_stale_is_unknown_and_not_green() {
    let mut story = Story::up();
    story.prove(Service::Redis);
    let (timer, after) = story.armed(TimerKind::Stale).expect("each proof arms its end");
    story.later(after / 2).prove(Service::Redis).later(after / 2).on(Event::Fired(timer));
    assert!(story.armed(TimerKind::Stale).is_some(), "a newer proof is there: look again later");
    assert!(matches!(
        story.state(Service::Redis),
        ServiceState::Running { health: Health::Healthy(_), .. }
    ));
    story.later(Health::STALE_AFTER).on(Event::Fired(timer));
    assert!(matches!(
        story.state(Service::Redis),
        ServiceState::Running { health: Health::Unknown { .. }, .. }
    ));
    assert!(matches!(
        story.machine.state(),
        ProjectState::Running { health: HealthWord::Unknown, .. }
    ));
}

#[test]
fn timers_of_an_earlier_launch_mean_nothing() {
    let mut story = Story::up();
    let old = story.run(Service::Redis);
    story.exit(Service::Redis).pause();
    for kind in [TimerKind::StartDeadline, TimerKind::Pause, TimerKind::Stale] {
        let before = story.machine.clone();
        story.on(Event::Fired(Timer { kind, service: Service::Redis, run: old }));
        assert_eq!(story.effects, []);
        assert_eq!(story.machine, before);
    }
}

#[test]
fn the_pauses_are_those_of_the_design() {
    let seconds = |p: &RetryPolicy, n| p.pause_after(n).map(|d| d.as_secs_f64());
    assert_eq!(seconds(&RetryPolicy::START, 1), Some(2.0));
    assert_eq!(seconds(&RetryPolicy::START, 2), Some(4.0));
    assert_eq!(seconds(&RetryPolicy::START, 3), None);
    assert_eq!(seconds(&RetryPolicy::PROBE, 1), Some(1.0));
    assert_eq!(seconds(&RetryPolicy::PROBE, 2), None);
    let long = RetryPolicy { attempts: 100, ..RetryPolicy::START };
    assert_eq!(seconds(&long, 50), Some(60.0), "no pause is longer than the maximum");
    assert_eq!(seconds(&RetryPolicy::FIRST_PROOF, 1), Some(0.01));
    assert_eq!(seconds(&RetryPolicy::FIRST_PROOF, u32::MAX - 1), Some(0.25));
}

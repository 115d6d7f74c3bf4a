//! The life of one project: which states there are, what can happen, and what is then to be done.
//!
//! [`Machine::on_event`] is a pure function of the state, an event and the time; it returns effects
//! for somebody else to carry out. The user's commands and the Hub's own policy come in by the same
//! door, so neither can overtake the other. A state carries exactly the data that makes sense in it:
//! a service owns a process if and only if its state names a [`RunId`].

mod machine;
mod starting;
mod stopping;
mod view;

pub use machine::Machine;
pub use view::{HealthWord, ProjectState, ServiceState, ServiceView};

use crate::{Health, Problem, Proof, RestartBudget, Service, Timestamp};
use std::time::Duration;

/// Identity of one launch of one service. What a launch reports counts only while its id is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub(crate) u64);

impl RunId {
    /// The number, for logs.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// How far the preparation of a start is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preparation {
    /// What is being done, in words.
    pub step: String,
    /// Done and whole, in the unit of the step, where known.
    pub amount: Option<(u64, u64)>,
}

/// Something that happened, or that the user wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The user wants the project to run.
    Start,
    /// The user wants it to stop.
    Stop,
    /// The user wants all of it anew.
    Restart,
    /// The user wants one service anew; the others go on.
    RestartService(Service),
    /// Its turn to start has come: not too many other projects are starting.
    Admitted,
    /// The preparation got further.
    Progressed(Preparation),
    /// Everything the services need is there.
    Prepared,
    /// It is not, and this is why.
    PrepareFailed(Problem),
    /// A service's process exists.
    Launched {
        /// Which service.
        service: Service,
        /// Which launch.
        run: RunId,
    },
    /// A service could not be launched.
    LaunchFailed {
        /// Which service.
        service: Service,
        /// Which launch.
        run: RunId,
        /// Why.
        problem: Problem,
    },
    /// A service answered a probe.
    Proven {
        /// Which service.
        service: Service,
        /// Which launch.
        run: RunId,
        /// The answer.
        proof: Proof,
    },
    /// A service did not answer a probe.
    Missed {
        /// Which service.
        service: Service,
        /// Which launch.
        run: RunId,
        /// Why not, in words.
        why: String,
    },
    /// A running service answers nobody, by whatever way it is asked.
    Hung {
        /// Which service.
        service: Service,
        /// Which launch.
        run: RunId,
        /// What was asked, in words.
        why: String,
    },
    /// A service's process is gone, for whatever reason.
    Exited {
        /// Which service.
        service: Service,
        /// Which launch.
        run: RunId,
        /// How, and what it said last.
        problem: Problem,
    },
    /// A timer that an effect had armed went off.
    Fired(Timer),
}

/// What a timer is for. Arming one replaces an earlier one for the same purpose and service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    /// The purpose.
    pub kind: TimerKind,
    /// For which service.
    pub service: Service,
    /// For which launch; a timer of an earlier launch means nothing.
    pub run: RunId,
}

/// The purposes of timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// The service should have proven its health by now.
    StartDeadline,
    /// The pause before the next launch is over.
    Pause,
    /// The last proof has become too old.
    Stale,
}

/// Something to be done. Carried out in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Queue for the start; answer with [`Event::Admitted`].
    Queue,
    /// Check folder and ports, build the configuration, let the runtime prepare; answer with
    /// [`Event::Prepared`] or [`Event::PrepareFailed`].
    Prepare,
    /// Leave the queue, or call the preparation off. No answer.
    Abandon,
    /// Launch a service and begin to probe it. Answer with [`Event::Launched`] or
    /// [`Event::LaunchFailed`], or with [`Event::Exited`] when it is to be ended meanwhile.
    Launch {
        /// Which service.
        service: Service,
        /// The identity of this launch.
        run: RunId,
    },
    /// End a service: politely, and by force after `grace`. Answer with [`Event::Exited`].
    End {
        /// Which service.
        service: Service,
        /// Which launch.
        run: RunId,
        /// How long it may take by itself.
        grace: Duration,
    },
    /// Arm a timer.
    Arm {
        /// Which.
        timer: Timer,
        /// To go off after this long.
        after: Duration,
    },
    /// All services have ended: give back the instance, the lease and the place in the queue.
    Close,
    /// All four services are up for the first time: give back the place in the queue.
    Started,
    /// Write a line of the Hub's own into a service's log.
    Note {
        /// Into whose log.
        service: Service,
        /// The line.
        text: String,
    },
}

/// Why a service is being launched; decides what a failure leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The project starts, or the user restarts the service: attempts are counted from 1.
    Asked {
        /// Number of this attempt.
        attempt: u32,
    },
    /// It had crashed: the restart budget counts.
    Crashed,
}

/// A service of a project that is up or coming up.
#[expect(clippy::enum_variant_names, reason = "GaveUp is the design's word for that state")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Up {
    /// Not launched: what it needs is not there yet.
    Waiting,
    /// Being launched or launched, not yet counted as healthy.
    Starting {
        run: RunId,
        origin: Origin,
        since: Timestamp,
        /// Its process exists. How long it may take until then is the launch's own affair; its start
        /// deadline begins afterwards.
        launched: bool,
        /// It answered already, but what it depends on is not healthy yet.
        early: Option<Proof>,
        /// Why the last probe failed.
        last_miss: Option<String>,
    },
    /// It answered, with everything it depends on healthy before it.
    Running { run: RunId, since: Timestamp, health: Health, missed: u32 },
    /// It is being ended in order to be launched again.
    Replacing { run: RunId, since: Timestamp, why: Replacement },
    /// It failed and will be launched again when the pause is over, as `next`.
    Pausing { next: RunId, origin: Origin, until: Timestamp, problem: Problem },
    /// It failed too often.
    GaveUp { problem: Problem },
}

/// Why a service is being ended and launched again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Replacement {
    /// The user asked for it.
    Asked,
    /// It did not prove its health in time, or hung later.
    NotReady { origin: Origin, problem: Problem },
}

impl Up {
    /// The launch whose process this service owns.
    pub(crate) fn run(&self) -> Option<RunId> {
        match self {
            Self::Starting { run, .. }
            | Self::Running { run, .. }
            | Self::Replacing { run, .. } => Some(*run),
            Self::Waiting | Self::Pausing { .. } | Self::GaveUp { .. } => None,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }
}

/// A service of a project that is going down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Down {
    /// Still runs; its turn to end has not come.
    Waiting { run: RunId },
    /// Is being ended.
    Ending { run: RunId },
    /// Owns no process.
    Ended,
}

/// What follows when everything has ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Then {
    /// Nothing: the user asked for the stop.
    Stay,
    /// The failure that made it stop is shown.
    Fail(Problem),
    /// A new start.
    Start,
}

/// What is remembered of a service beyond its state, from start to stop.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Memory {
    pub(crate) budget: RestartBudget,
    pub(crate) restarts: u32,
    pub(crate) launched_at: Option<Timestamp>,
    pub(crate) ready_at: Option<Timestamp>,
    pub(crate) last_problem: Option<Problem>,
}

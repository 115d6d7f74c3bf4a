//! The owner of one project. Everything that happens to the project, by the user's hand or the
//! machine's, arrives in its queue and is answered there by the lifecycle's pure function; this
//! module carries the answers out and publishes what the project then looks like.
//!
//! Limits: one actor never looks at another one. Its tasks end with it.

mod asking;
mod effects;
mod prepare;
mod service;

use crate::bus::Bus;
use crate::clock::Clock;
use crate::host::Host;
use crate::logs::{LogWriter, Logs};
use crate::runtime::{Exit, Facts, Runtime};
use crate::secrets::Secrets;
use crate::snapshot::{ProjectSnapshot, ServiceSnapshot};
use crate::store::Store;
use hub_domain::lifecycle::{Event, Machine, ProjectState, RunId, ServiceState, Timer, TimerKind};
use hub_domain::{
    Code, Desired, LastKnown, PerService, Problem, Project, Service, Usage, overall_healthy, spec,
};
use prepare::PreparedStack;
pub(crate) use prepare::{held, on_blocking_thread};
use service::EndRequest;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Messages that may wait in an actor's queues. Senders wait when it is full; nothing is dropped.
const QUEUE: usize = 256;

/// What every actor is given.
pub(crate) struct Context {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) secrets: Arc<dyn Secrets>,
    pub(crate) logs: Arc<dyn Logs>,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) runtimes: Vec<Arc<dyn Runtime>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bus: Bus,
    /// Places for projects that are starting at the same time.
    pub(crate) starts: Arc<Semaphore>,
}

type Reply = oneshot::Sender<Result<Arc<ProjectSnapshot>, Problem>>;

/// What the Hub asks of an actor.
pub(crate) enum Command {
    /// An event of the user's.
    Do(Event, Reply),
    /// Other columns than before; identity, slot and what is known of its lifecycle stay.
    Replace(Box<Project>, Reply),
    /// The project is stopped and is to be forgotten. Its data are deleted by the one who asks, if they are
    /// not to be kept.
    Remove { keep_data: bool, reply: Reply },
}

/// What an actor's own tasks report.
enum Report {
    Admitted(OwnedSemaphorePermit, u64),
    Progressed(hub_domain::lifecycle::Preparation, u64),
    Prepared(Result<PreparedStack, Problem>, u64),
    Launched(Service, RunId, Facts),
    LaunchFailed(Service, RunId, Problem),
    Proven(Service, RunId, hub_domain::Proof),
    Missed(Service, RunId, String),
    Hung(Service, RunId, String),
    Used(Service, RunId, Option<Usage>),
    FolderChanged,
    Exited { service: Service, run: RunId, exit: Exit, port_held: Option<Problem> },
}

/// A service that was launched and has not been reported as gone.
struct Live {
    run: RunId,
    end: mpsc::Sender<EndRequest>,
    facts: Option<Facts>,
    usage: Option<Usage>,
}

/// A start that queues or prepares: called off by its token, over when `done` resolves.
struct Waiting {
    cancel: CancellationToken,
    done: oneshot::Receiver<()>,
}

/// How others reach an actor.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) snapshot: watch::Receiver<Arc<ProjectSnapshot>>,
}

pub(crate) struct Actor {
    context: Arc<Context>,
    project: Project,
    machine: Machine,
    commands: mpsc::Receiver<Command>,
    reports: mpsc::Receiver<Report>,
    reporter: mpsc::Sender<Report>,
    publisher: watch::Sender<Arc<ProjectSnapshot>>,
    /// Counts starts, so that what an abandoned one still reports can be told apart.
    generation: u64,
    waiting: Option<Waiting>,
    permit: Option<OwnedSemaphorePermit>,
    stack: Option<PreparedStack>,
    live: PerService<Option<Live>>,
    writers: PerService<Option<Arc<dyn LogWriter>>>,
    timers: BTreeMap<(TimerKind, Service), (Timer, Instant)>,
    pending: VecDeque<Event>,
    tasks: JoinSet<()>,
}

impl Actor {
    /// An actor for a registered project and the way to reach it. It does nothing until it is run.
    pub(crate) fn new(context: Arc<Context>, project: Project) -> (Self, Handle) {
        let (command_tx, commands) = mpsc::channel(QUEUE);
        let (reporter, reports) = mpsc::channel(QUEUE);
        let machine = Machine::stopped(None);
        let first = Arc::new(ProjectSnapshot::stopped(project.clone(), context.clock.now()));
        let (publisher, snapshot) = watch::channel(Arc::clone(&first));
        context.bus.publish(first);
        let actor = Self {
            context,
            project,
            machine,
            commands,
            reports,
            reporter,
            publisher,
            generation: 0,
            waiting: None,
            permit: None,
            stack: None,
            live: PerService::default(),
            writers: PerService::default(),
            timers: BTreeMap::new(),
            pending: VecDeque::new(),
            tasks: JoinSet::new(),
        };
        (actor, Handle { commands: command_tx, snapshot })
    }

    /// Works until the project is removed or every handle is gone.
    pub(crate) async fn run(mut self) {
        loop {
            let due = self.timers.values().map(|(_, at)| *at).min();
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(command) => if self.obey(command).await { return },
                    None => return,
                },
                Some(report) = self.reports.recv() => self.hear(report).await,
                () = until(due) => self.fire().await,
                Some(ended) = self.tasks.join_next() => {
                    if let Err(fault) = ended && fault.is_panic() {
                        tracing::error!(project = %self.project.id, "a task of the project failed: {fault}");
                    }
                }
            }
        }
    }

    /// Returns true when the actor's work is over.
    async fn obey(&mut self, command: Command) -> bool {
        match command {
            Command::Do(event, reply) => {
                let desired = match event {
                    Event::Start | Event::Restart => Some(Desired::Running),
                    Event::Stop => Some(Desired::Stopped),
                    _ => None,
                };
                let taken = self.handle(event).await;
                if let Some(desired) = desired {
                    self.project.desired = desired;
                    self.remember().await;
                }
                self.publish();
                // The asker may have gone; the event was taken all the same.
                drop(reply.send(taken.map(|()| self.latest())));
                false
            }
            Command::Replace(mut project, reply) => {
                // What it does is known here alone; a start may have come since the asker looked.
                project.desired = self.project.desired;
                project.last_known = self.project.last_known.clone();
                let stored = self.context.store.update(&project).await;
                if stored.is_ok() {
                    self.project = *project;
                    self.publish();
                }
                drop(reply.send(stored.map(|()| self.latest())));
                false
            }
            Command::Remove { keep_data, reply } => {
                let removed = self.forget(keep_data).await;
                let over = removed.is_ok();
                drop(reply.send(removed.map(|()| self.latest())));
                over
            }
        }
    }

    async fn forget(&mut self, keep_data: bool) -> Result<(), Problem> {
        if !self.machine.is_stopped() {
            return Err(Problem::new(
                Code::ProjectRunning,
                format!("{} is still running.", self.project.name),
                "Stop it, then remove it.",
            ));
        }
        self.writers = PerService::default();
        self.context.store.remove(&self.project.id, keep_data).await?;
        self.context.bus.remove(&self.project.id);
        Ok(())
    }

    async fn hear(&mut self, report: Report) {
        let event = match report {
            Report::Admitted(permit, generation) if generation == self.generation => {
                self.permit = Some(permit);
                Event::Admitted
            }
            Report::Progressed(preparation, generation) if generation == self.generation => {
                Event::Progressed(preparation)
            }
            Report::Prepared(result, generation) if generation == self.generation => {
                self.waiting = None;
                match result {
                    Ok(stack) => {
                        self.follow_folder(stack.folder.clone());
                        self.stack = Some(stack);
                        Event::Prepared
                    }
                    Err(problem) => Event::PrepareFailed(problem),
                }
            }
            // Of a start that was abandoned meanwhile: only what it holds must be given back.
            Report::Prepared(Ok(stack), _) => return self.give_back(stack).await,
            Report::Admitted(..) | Report::Progressed(..) | Report::Prepared(..) => return,
            Report::Launched(service, run, facts) => {
                if let Some(live) = self.live_run(service, run) {
                    live.facts = Some(facts);
                }
                Event::Launched { service, run }
            }
            Report::Used(service, run, usage) => {
                if let Some(live) = self.live_run(service, run) {
                    live.usage = usage;
                }
                return self.publish();
            }
            Report::FolderChanged => return self.publish(),
            Report::Proven(service, run, proof) => Event::Proven { service, run, proof },
            Report::Missed(service, run, why) => Event::Missed { service, run, why },
            Report::Hung(service, run, why) => Event::Hung { service, run, why },
            Report::LaunchFailed(service, run, problem) => {
                self.live[service] = None;
                Event::LaunchFailed { service, run, problem }
            }
            Report::Exited { service, run, exit, port_held } => {
                let problem = self.exit_problem(service, exit, port_held);
                self.live[service] = None;
                Event::Exited { service, run, problem }
            }
        };
        self.take(event).await;
    }

    fn live_run(&mut self, service: Service, run: RunId) -> Option<&mut Live> {
        self.live[service].as_mut().filter(|live| live.run == run)
    }

    /// An exit in words, by what the service was doing.
    fn exit_problem(&self, service: Service, exit: Exit, port_held: Option<Problem>) -> Problem {
        if let Some(problem) = port_held {
            return problem.with_log_tail(exit.last_lines);
        }
        let was_up = matches!(self.machine.services()[service].state, ServiceState::Running { .. });
        let (code, when) = if was_up {
            (Code::ServiceCrashed, "while it was running")
        } else {
            (Code::ServiceExited, "before it was ready")
        };
        Problem::new(
            code,
            format!("{service} {} {when}.", exit.how),
            "Its last lines tell why; the whole log has more.",
        )
        .of(service)
        .retryable()
        .with_log_tail(exit.last_lines)
    }

    async fn fire(&mut self) {
        let now = Instant::now();
        let due: Vec<_> =
            self.timers.iter().filter(|(_, (_, at))| *at <= now).map(|(key, _)| *key).collect();
        for key in due {
            if let Some((timer, _)) = self.timers.remove(&key) {
                self.take(Event::Fired(timer)).await;
            }
        }
    }

    /// An event that no user asked for: the machine always takes these.
    async fn take(&mut self, event: Event) {
        if let Err(problem) = self.handle(event).await {
            tracing::error!(project = %self.project.id, "an event was refused: {problem}");
        }
        self.publish();
    }

    async fn handle(&mut self, event: Event) -> Result<(), Problem> {
        let before = self.machine.state();
        self.pending.push_back(event);
        while let Some(event) = self.pending.pop_front() {
            let effects = self.machine.on_event(event, self.context.clock.now())?;
            for effect in effects {
                self.carry_out(effect).await;
            }
        }
        if let Some(last_known) = self.milestone(&before) {
            self.project.last_known = last_known;
            self.remember().await;
        }
        Ok(())
    }

    /// What is worth writing down: that it is up, that it is down, that it failed.
    fn milestone(&self, before: &ProjectState) -> Option<LastKnown> {
        let now = self.context.clock.now();
        let after = self.machine.state();
        match (before, &after) {
            (ProjectState::Failed(_), ProjectState::Failed(_)) => None,
            (_, ProjectState::Failed(problem)) => Some(LastKnown::Failed(now, problem.code)),
            (ProjectState::Stopped, ProjectState::Stopped) => None,
            (_, ProjectState::Stopped) => Some(LastKnown::Stopped(now)),
            (ProjectState::Running { .. } | ProjectState::GaveUp(_), _) => None,
            (_, ProjectState::Running { .. }) => Some(LastKnown::Running(now)),
            _ => None,
        }
    }

    async fn remember(&mut self) {
        self.project.updated_at = self.context.clock.now();
        if let Err(problem) = self.context.store.update(&self.project).await {
            tracing::error!(project = %self.project.id, "its state could not be written down: {problem}");
        }
    }

    fn latest(&self) -> Arc<ProjectSnapshot> {
        Arc::clone(&self.publisher.borrow())
    }

    fn publish(&mut self) {
        let mut new = self.snapshot();
        let old = self.latest();
        new.at = old.at;
        if new == *old {
            return;
        }
        new.at = self.context.clock.now();
        let new = Arc::new(new);
        // The bus goes first: whoever waits on the watch then finds the bus up to date.
        self.context.bus.publish(Arc::clone(&new));
        self.publisher.send_replace(new);
    }

    fn snapshot(&self) -> ProjectSnapshot {
        let views = self.machine.services();
        let config = self.stack.as_ref().map(|s| &s.config);
        let services = views.map(|service, view| {
            let live = self.live[service].as_ref();
            let facts = live.and_then(|l| l.facts.as_ref());
            ServiceSnapshot {
                view: view.clone(),
                port: config.map_or(self.project.ports[service], |c| c.port(service)),
                limits: config.map_or_else(
                    || self.project.limits[service].unwrap_or(spec(service).limits),
                    |c| c.limits(service),
                ),
                pid: facts.and_then(|f| f.pid),
                user: facts.map(|f| f.user.clone()),
                non_root: facts.map(|f| f.non_root.clone()),
                program: facts.map(|f| f.program.clone()),
                enforcement: facts.map(|f| f.limits.clone()),
                read_only: facts.and_then(|f| f.read_only.clone()),
                usage: live.and_then(|l| l.usage),
            }
        });
        let health = views.map(|_, view| match &view.state {
            ServiceState::Running { health, .. } => Some(health.clone()),
            _ => None,
        });
        ProjectSnapshot {
            project: self.project.clone(),
            state: self.machine.state(),
            overall_healthy: overall_healthy(&health),
            services,
            runtime: self.stack.as_ref().map(|s| s.runtime.clone()),
            folder: self.stack.as_ref().and_then(|s| s.folder.borrow().clone()),
            at: self.context.clock.now(),
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

//! One launch of one service: from the request that starts its container to the report of its end.

use super::Inner;
use super::live::Live;
use crate::fault::Fault;
use crate::limits::{Applied, Tag, out_of_memory_words};
use crate::stack::workspace::Workspace;
use crate::stack::{self, MARK_EMPTY, WITH_DATA};
use crate::telemetry::{Ended, TraceId};
use async_trait::async_trait;
use dagger_sdk::{Service as EngineService, ServiceStopOpts};
use futures::FutureExt;
use futures::future::BoxFuture;
use hub_domain::{Code, Enforcement, Problem, Service, spec};
use hub_engine::runtime::{Control, Exit, Facts, Launched};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, watch};
use tokio::time::timeout;

/// From the request to the running process; images and packages are there already.
const START_BOUND: Duration = Duration::from_secs(60);
/// The engine waits for the end of the process without limit, so the Hub does not.
const STOP_BOUND: Duration = Duration::from_secs(60);
const KILL_BOUND: Duration = Duration::from_secs(20);
/// A kill that the session does not even acknowledge within this time is no kill; with the question that
/// follows it stays below the Hub's own bound for a kill.
const KILL_PATIENCE: Duration = Duration::from_secs(4);
/// A session that works says so within this time.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3);
/// A mount that is gone for this long will not come back.
const REMOUNT: Duration = Duration::from_secs(3);
/// From the start of a container to the sight of its process on the engine's side.
const LIMIT_BOUND: Duration = Duration::from_secs(5);
/// From the engine's word that a service is gone to the end of its log.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Launches a service.
///
/// # Errors
/// `SERVICE_LAUNCH_FAILED`, those of the engine.
pub(super) async fn launch(inner: &Arc<Inner>, service: Service) -> Result<Launched, Problem> {
    // What is left of one that was called off is killed first: two databases never share a volume.
    let turn = Arc::clone(&inner.launching[service]).lock_owned().await;
    let live = inner.live().await?;
    if WITH_DATA.contains(&service) {
        live.fill(&inner.context, service).await?;
    }
    let config = &inner.context.launch.config;
    let tag = Tag::new(config.project(), service, inner.next_run());
    let trace = TraceId::random();
    let log = Arc::clone(&inner.context.launch.logs[service]);
    // Watched before it is asked for, so that nothing it writes is missed.
    let watched = live.telemetry.watch(service, trace, log);
    let build = |deadline: Duration| {
        let query = live.session.query_in_trace(&trace.traceparent(), deadline);
        stack::service(&query, &live.parts, config, &live.workspace, service, &tag)
    };
    let handle = Handle { stopping: build(STOP_BOUND), killing: build(KILL_BOUND) };
    let (stopped, is_stopped) = watch::channel(false);
    let control = DaggerControl {
        inner: Arc::clone(inner),
        live: Arc::clone(&live),
        service,
        handle: Arc::new(handle),
        stopped: Arc::new(stopped),
    };
    // A launch that is called off leaves nothing running.
    let guard = Abandoned(Some((control.clone(), turn)));
    let starting = build(START_BOUND);
    let limits = config.limits(service);
    let (started, applied) =
        tokio::join!(starting.start(), live.limiter.apply(&tag, limits, LIMIT_BOUND),);
    started.map_err(|fault| not_started(fault.into(), service))?;
    let applied = tokio::select! {
        confirmed = live.limiter.confirm(&tag, limits, &applied, LIMIT_BOUND) => confirmed,
        // It is not waited for any longer; what was seen of it is all there is.
        _ = watched.ended() => applied,
    };
    guard.keep();
    inner.running()[service] = Some(Some(applied.clone()));
    let facts = Facts {
        pid: None,
        user: spec(service).container_user.to_string(),
        non_root: applied.non_root.clone(),
        limits: applied.enforcement.clone(),
        read_only: read_only(&live, service),
        program: live.parts.images[service].clone(),
    };
    let end = End { ending: control.clone(), applied, ended: watched.ended(), is_stopped, watched };
    Ok(Launched { facts, exited: end.wait().boxed(), control: Box::new(control) })
}

/// Also where the engine leaves no choice.
fn read_only(live: &Live, service: Service) -> Option<Enforcement> {
    (live.workspace.is_read_only() && service == Service::Backend)
        .then(|| Enforcement::Enforced { by: live.workspace.read_only_by().to_owned() })
}

fn not_started(fault: Fault, service: Service) -> Problem {
    match fault {
        Fault::Exec { exit_code, tail, .. } => Problem::new(
            Code::ServiceLaunchFailed,
            format!("{service} ended with code {exit_code} as soon as it was launched."),
            "Its last lines tell why; the whole log has more.",
        )
        .with_log_tail(tail)
        .retryable(),
        Fault::Build(words) => Problem::new(
            Code::ServiceLaunchFailed,
            format!("{service} could not be launched."),
            "See what the engine said in the cause.",
        )
        .caused_by(words)
        .retryable(),
        other => other.problem(&format!("Launching {service}")),
    }
    .of(service)
}

/// The same service, with the deadlines of what may be asked of it.
struct Handle {
    stopping: EngineService,
    killing: EngineService,
}

#[derive(Clone)]
struct DaggerControl {
    inner: Arc<Inner>,
    live: Arc<Live>,
    service: Service,
    handle: Arc<Handle>,
    stopped: Arc<watch::Sender<bool>>,
}

impl DaggerControl {
    fn stop(&self, kill: bool) {
        self.inner.errands.spawn(self.stopping(kill));
    }

    fn stopping(&self, kill: bool) -> impl Future<Output = ()> + Send + use<> {
        let (handle, stopped) = (Arc::clone(&self.handle), Arc::clone(&self.stopped));
        let (inner, live, service) =
            (Arc::clone(&self.inner), Arc::clone(&self.live), self.service);
        async move {
            if !kill {
                super::copies::before_stop(&inner, service).await;
            }
            if !live.session.is_open() {
                return;
            }
            let asked = match kill {
                true => kill_now(&live, &handle).await,
                false => handle.stopping.stop().await.map(drop).map_err(Fault::from),
            };
            match asked {
                Ok(()) => drop(stopped.send_replace(true)),
                Err(fault) => tracing::debug!("{service} was to be stopped: {fault}"),
            }
        }
    }
}

/// Kills the service. A session that neither does it nor answers anything else is given up: its engine
/// then ends all that is in it, and whoever stops a stack waits for no session that stands still.
async fn kill_now(live: &Live, handle: &Handle) -> Result<(), Fault> {
    let mut asked = pin!(handle.killing.stop_opts(ServiceStopOpts { kill: Some(true) }));
    if let Ok(answer) = timeout(KILL_PATIENCE, &mut asked).await {
        return answer.map(drop).map_err(Fault::from);
    }
    if let Err(fault) = live.session.engine_version(SIGN_OF_LIFE).await {
        tracing::warn!("a Dagger session that does not answer is given up: {fault}");
        live.session.abandon();
    }
    asked.await.map(drop).map_err(Fault::from)
}

#[async_trait]
impl Control for DaggerControl {
    async fn terminate(&self) {
        self.stop(false);
    }

    async fn kill(&self) {
        self.stop(true);
    }
}

/// Kills what was launched, unless it is kept. The next launch of the service has its turn afterwards.
struct Abandoned(Option<(DaggerControl, OwnedMutexGuard<()>)>);

impl Abandoned {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        if let Some((control, turn)) = self.0.take() {
            let killing = control.stopping(true);
            control.inner.errands.spawn(async move {
                killing.await;
                drop(turn);
            });
        }
    }
}

/// What is needed to say how a run ended.
struct End {
    ending: DaggerControl,
    applied: Applied,
    ended: BoxFuture<'static, Ended>,
    is_stopped: watch::Receiver<bool>,
    watched: crate::telemetry::Watched,
}

impl End {
    async fn wait(self) -> Exit {
        let Self { ending, applied, mut ended, mut is_stopped, watched } = self;
        let DaggerControl { inner, live, service, .. } = &ending;
        let service = *service;
        let asked = is_stopped.clone();
        let gone = async {
            // Without a sender nobody has asked for its end.
            if is_stopped.wait_for(|stopped| *stopped).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let seen = tokio::select! {
            ended = &mut ended => Some(ended),
            () = gone => timeout(LAST_WORDS, &mut ended).await.ok(),
            () = unmounted(&ending) => {
                let text = "its mount of the project folder is gone, and it is started anew";
                inner.context.launch.logs[service].note(text);
                ending.stop(true);
                timeout(KILL_BOUND, &mut ended).await.ok();
                inner.running()[service] = None;
                let how = "was ended, as its mount of the project folder was lost".to_owned();
                return Exit { how, last_lines: watched.last_lines() };
            }
        };
        inner.running()[service] = None;
        let Some(ended) = seen else {
            return Exit { how: "was stopped".to_owned(), last_lines: watched.last_lines() };
        };
        if ended.last_lines.iter().any(|line| line.contains(MARK_EMPTY)) {
            live.filled[service].store(false, Ordering::Release);
            inner.context.memory.doubt(&live.engine);
        }
        let (code, how) = (ended.code, ended.how());
        let mut exit = ended.into_exit();
        let was_asked = code == Some(0) || *asked.borrow();
        if !was_asked && live.limiter.had_too_little_memory(&applied).await == Some(true) {
            let limits = inner.context.launch.config.limits(service);
            exit.how = out_of_memory_words(&how, code, limits);
        }
        exit
    }
}

/// Resolves when a service that has the folder mounted has it no longer: such a mount never comes back,
/// and all that the service would ever see of the folder again are errors.
async fn unmounted(run: &DaggerControl) {
    match (run.service, &run.live.workspace) {
        (Service::Backend, Workspace::Live { .. }) => run.inner.gateway.unmounted(REMOUNT).await,
        _ => std::future::pending().await,
    }
}

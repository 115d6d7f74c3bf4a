//! One prepared stack: launches, probes and measures its four services in one session of an engine.
//! The listeners that users reach are the Hub's own and stay; session and containers behind them may go
//! and come back.

mod copies;
#[cfg(unix)]
mod folder;
mod launch;
mod live;
mod opinion;

pub(crate) use live::side;

use crate::data::{Memory, Vault};
use crate::folder::FolderShare;
use crate::gateway::{Forward, Gateway, GatewayOptions, Target};
use crate::limits::Applied;
use crate::runtime::Shared;
use crate::stack::parts::ProjectSecrets;
use async_trait::async_trait;
use futures::FutureExt;
use futures::future::{self, BoxFuture};
use hub_domain::{Code, PerService, Problem, Proof, Service, Usage, spec};
use hub_engine::clock::{Clock, SystemClock};
use hub_engine::runtime::{Instance, Launch, Launched, Opinion};
use hub_probes::Probes;
use live::Live;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// An engine that went away may come back within this time; below the Hub's bound for a launch.
const RETURN_BOUND: Duration = Duration::from_secs(90);
/// Links of the gateway outlast a session that stands still, until it is given up.
const LINK_PATIENCE: Duration = Duration::from_secs(120);
/// A probe waits this long for the gateway; together with its own bound it stays below the Hub's.
const ARRIVAL_BOUND: Duration = Duration::from_millis(500);

/// What all of an instance's work needs.
pub(super) struct Context {
    pub(super) shared: Arc<Shared>,
    pub(super) launch: Launch,
    pub(super) secrets: ProjectSecrets,
    pub(super) memory: Memory,
    pub(super) vault: Vault,
    /// Held by whoever keeps the project folder and a copy of it alike.
    pub(super) folder_turn: Arc<tokio::sync::Mutex<()>>,
}

impl Context {
    /// Tells the user something about the stack as a whole, in the backend's log.
    pub(super) fn note(&self, text: &str) {
        (self.notes())(text);
    }

    /// Tells how the stack has the project folder.
    pub(super) fn folder_is(&self, access: &str) {
        self.launch.folder.send_modify(|notice| {
            access.clone_into(&mut notice.get_or_insert_default().access);
        });
    }

    /// Does so wherever it is taken.
    pub(super) fn notes(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let log = Arc::clone(&self.launch.logs[Service::Backend]);
        let project = self.launch.config.project().clone();
        move |text| {
            log.note(text);
            tracing::info!(%project, "{text}");
        }
    }
}

/// A session that is being opened, for all who wait for it.
type Opening = future::Shared<BoxFuture<'static, Result<Arc<Live>, Problem>>>;

/// How the session of an instance is.
enum State {
    /// Open, unless it has ended meanwhile.
    Open(Arc<Live>),
    /// Being opened.
    Opening(Opening),
    /// The instance is closed.
    Closed,
}

fn has_failed(opening: &Opening) -> bool {
    opening.peek().is_some_and(|opened| match opened {
        Ok(live) => !live.session.is_open(),
        Err(_) => true,
    })
}

fn closed() -> Problem {
    let message = "The project is being stopped.";
    Problem::new(Code::StartCancelled, message, "Start it again when you need it.")
}

pub(crate) struct DaggerInstance {
    inner: Arc<Inner>,
    copying: copies::Schedule,
}

pub(super) struct Inner {
    pub(super) context: Context,
    pub(super) gateway: Arc<Gateway>,
    pub(super) probes: Probes,
    /// The session in use; another one is opened when it has ended.
    live: tokio::sync::Mutex<State>,
    /// Cancelled when the instance is closed.
    over: CancellationToken,
    /// The limits of what runs now, where a service runs.
    pub(super) running: Mutex<PerService<Option<Option<Applied>>>>,
    pub(super) runs: AtomicU64,
    /// Who copies the data of a service.
    pub(super) copies: PerService<copies::Turn>,
    /// Held by whoever launches a service, and until what a launch that was called off left is killed.
    pub(super) launching: PerService<Arc<tokio::sync::Mutex<()>>>,
    /// Stops that nobody waits for; bounded each.
    pub(super) errands: TaskTracker,
}

impl DaggerInstance {
    /// Opens listeners and session, and builds the containers.
    ///
    /// # Errors
    /// `PORT_HELD` and all that an engine can answer.
    pub(crate) async fn prepare(shared: Arc<Shared>, launch: Launch) -> Result<Self, Problem> {
        let config = Arc::clone(&launch.config);
        let progress = Arc::clone(&launch.progress);
        let secrets = ProjectSecrets::derive(launch.secrets.as_ref(), &config)?;
        let context = Context {
            memory: Memory::of(&shared.folder(), config.project()),
            vault: Vault::of(&shared.options.home, config.project()),
            folder_turn: Arc::default(),
            shared,
            launch,
            secrets,
        };
        let gateway = Arc::new(open_gateway(&context).await?);
        let live = match Live::open(&context, &gateway, &progress).boxed().await {
            Ok(live) => live,
            Err(problem) => {
                // As after a stop: the ports are free when the failure is known.
                gateway.close().await;
                return Err(problem);
            }
        };
        let probes = Probes::new(
            context.secrets.db_password.clone(),
            context.secrets.redis_password.clone(),
        );
        let inner = Arc::new(Inner {
            context,
            gateway,
            probes,
            live: tokio::sync::Mutex::new(State::Open(live)),
            over: CancellationToken::new(),
            running: Mutex::default(),
            // Beyond all runs of earlier instances, remains of which may still be there.
            runs: AtomicU64::new(SystemClock.now().as_millis()),
            copies: PerService::default(),
            launching: PerService::default(),
            errands: TaskTracker::new(),
        });
        let copying = copies::Schedule::begin(&inner);
        Ok(Self { inner, copying })
    }
}

impl Inner {
    /// The open session; a new one where the last has ended. Opening it goes on when the asker loses
    /// patience, and all askers wait for the same one.
    async fn live(self: &Arc<Self>) -> Result<Arc<Live>, Problem> {
        let opening = {
            let mut state = self.live.lock().await;
            let usable = match &*state {
                State::Open(live) if live.session.is_open() => return Ok(Arc::clone(live)),
                State::Closed => return Err(closed()),
                State::Opening(opening) if !has_failed(opening) => Some(opening.clone()),
                State::Open(_) | State::Opening(_) => None,
            };
            let opening = usable.unwrap_or_else(|| self.begin_opening());
            *state = State::Opening(opening.clone());
            opening
        };
        let live = opening.await?;
        let mut state = self.live.lock().await;
        if !matches!(*state, State::Closed) {
            *state = State::Open(Arc::clone(&live));
        }
        Ok(live)
    }

    /// The session, where it is open now.
    async fn open_now(&self) -> Option<Arc<Live>> {
        match &*self.live.lock().await {
            State::Open(live) => Some(Arc::clone(live)),
            State::Opening(_) | State::Closed => None,
        }
    }

    fn begin_opening(self: &Arc<Self>) -> Opening {
        let (inner, over) = (Arc::clone(self), self.over.clone());
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.errands.spawn(async move {
            let open = async {
                let context = &inner.context;
                let named = context.launch.config.engine();
                context.shared.engines.until_reached(named, RETURN_BOUND).await;
                Live::open(context, &inner.gateway, &crate::engine::silent()).boxed().await
            };
            let opened = over.run_until_cancelled(open).await.unwrap_or_else(|| Err(closed()));
            // Nobody may be left who wants to know.
            drop(answer.send(opened));
        });
        async move { answered.await.unwrap_or_else(|_| Err(closed())) }.boxed().shared()
    }

    pub(super) fn running(&self) -> std::sync::MutexGuard<'_, PerService<Option<Option<Applied>>>> {
        // Only whole values are ever written, so a panic elsewhere leaves it usable.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn next_run(&self) -> u64 {
        self.runs.fetch_add(1, Ordering::Relaxed)
    }
}

async fn open_gateway(context: &Context) -> Result<Gateway, Problem> {
    let config = &context.launch.config;
    let forwards = Service::ALL
        .into_iter()
        .map(|service| Forward {
            service,
            port: config.port(service),
            target: Target {
                host: service.as_str().to_owned(),
                port: spec(service).container_port,
            },
        })
        .collect();
    let options = GatewayOptions {
        forwards,
        inner: Some(crate::stack::folder::agent()),
        ipv6: false,
        folder: Some(FolderShare {
            root: config.workspace().to_path_buf(),
            read_only: config.read_only(),
        }),
        disk: context.shared.spill_folder()?,
        patience: LINK_PATIENCE,
    };
    Gateway::open(options).await.map_err(|fault| {
        Problem::new(
            Code::PortHeld,
            "A port of the project could not be opened.",
            "End the program that holds it, or give the service another port.",
        )
        .caused_by(fault)
    })
}

#[async_trait]
impl Instance for DaggerInstance {
    async fn launch(&self, service: Service) -> Result<Launched, Problem> {
        launch::launch(&self.inner, service).await
    }

    async fn probe(&self, service: Service) -> Result<Proof, String> {
        let inner = &self.inner;
        // Waiting for the gateway says nothing of the service's own speed.
        let arrived = inner.gateway.ready(ARRIVAL_BOUND).await;
        arrived.map_err(|_| "cannot be reached yet: its gateway is not connected".to_owned())?;
        inner.probes.ask(service, &inner.context.launch.config).await
    }

    async fn usage(&self, service: Service) -> Option<Usage> {
        let applied = self.inner.running()[service].clone()??;
        let live = self.inner.open_now().await?;
        let measured = live.limiter.usage(&[&applied]).await;
        measured.into_iter().next().flatten().map(|measured| measured.usage)
    }

    async fn second_opinion(&self, service: Service) -> Option<Opinion> {
        opinion::ask(&self.inner, service).await
    }

    fn holds_ports(&self) -> bool {
        true
    }

    async fn close(&self) {
        self.copying.end().await;
        self.inner.over.cancel();
        let state = std::mem::replace(&mut *self.inner.live.lock().await, State::Closed);
        if let State::Open(live) = state {
            live.finish_folder(&self.inner.context).await;
            live.session.close().await;
        }
        self.inner.errands.close();
        self.inner.errands.wait().await;
        // Whoever waits for the stop may start again at once, with the same ports.
        self.inner.gateway.close().await;
    }
}

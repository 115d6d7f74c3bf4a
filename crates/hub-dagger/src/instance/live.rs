//! One session with all that a stack has in it: what its containers are made from, the way back to the
//! Hub, its telemetry. When the session dies, the next launch opens another.

use super::Context;
use crate::data::{self, Vault};
use crate::engine::{Place, tell_while};
use crate::fault::Fault;
use crate::gateway::Gateway;
use crate::limits::{EngineSide, Limiter, Tag};
use crate::session::{Opening, Session};
use crate::stack::workspace::Workspace;
use crate::stack::{self, Parts, WITH_DATA, gateway as way};
use crate::telemetry::{Link, SessionAddress, Telemetry};
use futures::FutureExt;
use futures::future::BoxFuture;
use hub_domain::{Code, PerService, Problem, ProjectId, Service};
use hub_engine::clock::{Clock, SystemClock};
use hub_engine::runtime::ProgressSink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// Connecting to an engine, over a slow link too.
const OPEN_BOUND: Duration = Duration::from_secs(45);
/// An engine that works answers simple questions within this time.
const ANSWER_BOUND: Duration = Duration::from_secs(10);
/// From one look at a session whose streams have broken to the next.
const LOOK: Duration = Duration::from_secs(1);
/// A session that does not answer may be frozen and come back; after this long it is given up.
const FROZEN_BOUND: Duration = Duration::from_secs(90);
/// Downloading images and packages for the first time.
const BUILD_BOUND: Duration = Duration::from_secs(900);

pub(super) struct Live {
    pub(super) session: Arc<Session>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) parts: Parts,
    pub(super) workspace: Workspace,
    pub(super) way: way::WayBack,
    /// The gateway's client that was started last.
    pub(super) client: tokio::sync::Mutex<Tag>,
    /// Keeps the folder and its copy alike, where it is one.
    #[cfg(unix)]
    folder: Option<super::folder::FolderSync>,
    pub(super) limiter: Limiter,
    /// The engine's address.
    pub(super) engine: String,
    /// Which volumes are known to hold data.
    pub(super) filled: PerService<AtomicBool>,
    /// Tells the telemetry when the session is over; ends with this.
    _watch: JoinSet<()>,
}

impl Live {
    /// Opens a session and makes everything ready that the four services need.
    pub(super) async fn open(
        context: &Context,
        gateway: &Arc<Gateway>,
        progress: &ProgressSink,
    ) -> Result<Arc<Self>, Problem> {
        let named = context.launch.config.engine();
        let (place, cli) = context.shared.engines.ready(named, progress).await?;
        let opening = Opening {
            cli: cli.program.clone(),
            engine: place.address(),
            folder: context.shared.empty_folder()?,
            bound: OPEN_BOUND,
        };
        let step = "Connecting to the Dagger engine";
        let opened = tell_while(Session::open(&opening), step, progress).await;
        let session = Arc::new(opened.map_err(|fault| fault.problem(step))?);
        let doing = |doing: &'static str| move |fault: Fault| fault.problem(doing);
        let version =
            session.engine_version(ANSWER_BOUND).await.map_err(doing("Asking the engine"))?;
        if !crate::engine::cli::same_series(&version, &cli.version) {
            context.note(&format!(
                "the Dagger engine is {version}, the command line {}: they may not fit",
                cli.version
            ));
        }
        let (port, token) = session.address();
        let telemetry = Arc::new(Telemetry::open(&SessionAddress { port, token })?);
        let secrets = &context.secrets;
        let workbench = &context.shared.options.workbench;
        let config = &context.launch.config;
        let resolving = Parts::resolve(&session, &context.shared.pins, config, secrets, workbench);
        let resolving = tell_while(resolving.boxed(), "Preparing the containers", progress);
        let parts = while_it_answers(&session, resolving.boxed()).await?;
        let made = async {
            let way = way::WayBack::open(&session, gateway)
                .await
                .map_err(doing("Preparing the gateway"))?;
            let client = gateway_tag(config.project());
            let folder = Folder { session: &session, way: &way, gateway, context, progress };
            let (made, ()) = tokio::try_join!(folder.workspace(&parts), async {
                way.clients(&session, &parts, gateway)
                    .start(&client)
                    .await
                    .map_err(doing("Starting the gateway"))
            })?;
            Ok::<_, Problem>((made, way, client))
        };
        let built = async {
            let [one, two, three, four] =
                Service::ALL.map(|service| build(&session, &parts, service));
            tokio::try_join!(one, two, three, four).map(drop)
        };
        let recalled = async {
            let answer = data::recall(&session, &parts, config.project()).await;
            answer.map_err(doing("Asking the engine for its volumes"))
        };
        let (made, built, recalled) = (made.boxed(), built.boxed(), recalled.boxed());
        let all = async { tokio::try_join!(made, built, recalled) };
        let building = tell_while(all, "Building the containers", progress);
        let ((made, way, client), (), answer) =
            while_it_answers(&session, building.boxed()).await?;
        let engine = place.address();
        let knows = context.memory.knows(&engine, &answer);
        let live = Self {
            _watch: watch(&session, &telemetry),
            limiter: Limiter::new(side(&place)),
            filled: PerService::from_fn(|_| AtomicBool::new(knows)),
            session,
            telemetry,
            parts,
            workspace: made.workspace,
            #[cfg(unix)]
            folder: made.sync,
            way,
            client: tokio::sync::Mutex::new(client),
            engine,
        };
        context.memory.enters(&live.engine);
        let filling = live.fill_all(context);
        let filling = tell_while(filling, "Looking after the databases", progress);
        while_it_answers(&live.session, filling.boxed()).await?;
        context.memory.saw(&live.engine, &answer);
        Ok(Arc::new(live))
    }

    async fn fill_all(&self, context: &Context) -> Result<(), Problem> {
        for service in WITH_DATA {
            if self.filled[service].load(Ordering::Acquire) {
                self.tell(context, service, "present");
            }
        }
        tokio::try_join!(self.fill(context, Service::Postgres), self.fill(context, Service::Redis),)
            .map(drop)
    }

    /// Tells the user where the data of a service come from, where that is not a matter of course. `said`
    /// is what the look at its volume has brought.
    fn tell(&self, context: &Context, service: Service, said: &str) {
        let engine = self.engine.as_str();
        let before = context.memory.last_engine();
        let elsewhere = before.as_deref().filter(|before| *before != engine);
        let (first, lacking) = said.split_once('\n').unwrap_or((said, ""));
        let lost = context.memory.was_on(engine);
        let text = match (first.strip_prefix("restored "), elsewhere) {
            (Some(dump), _) if lost => format!(
                "the engine had lost the volume: its data were restored from {dump}, which the Hub \
                 had kept; what was written after that is lost"
            ),
            (Some(dump), Some(other)) => format!(
                "this engine had no data of the project: they were restored from {dump}, which the \
                 Hub had kept; what was written after that is still on the engine at {other}"
            ),
            (Some(dump), None) => {
                format!("its data were restored from {dump}, which the Hub had kept")
            }
            (None, _) if first == "created" && lost => "the engine had lost the volume before the \
                 Hub could make a first copy of its data: it begins empty"
                .to_owned(),
            (None, Some(other)) if first == "created" => format!(
                "this engine has no data of the project, and the Hub no copy: it begins empty; what \
                 was written before is still on the engine at {other}"
            ),
            (None, Some(other)) => {
                let copy = context.vault.newest_from(service, other).map_or_else(
                    || "the Hub has no copy of what".to_owned(),
                    |name| format!("{} holds what", context.vault.folder().join(name).display()),
                );
                format!(
                    "the project ran on the engine at {other} last, and this engine had its data \
                     from before: these are used; {copy} was written there"
                )
            }
            (None, None) => return,
        };
        let lacking = lacking.trim();
        let text = match lacking.is_empty() {
            true => text,
            false => format!("{text}; not restored: {lacking}"),
        };
        context.launch.logs[service].note(&text);
    }

    /// Brings what the containers wrote last to the project folder, where they work on a copy. Bounded.
    pub(super) async fn finish_folder(&self, context: &Context) {
        #[cfg(unix)]
        if let Some(folder) = &self.folder {
            folder.finish(context).await;
        }
    }

    /// Sees that a service's volume holds data: makes it, or restores the newest dump.
    pub(super) async fn fill(&self, context: &Context, service: Service) -> Result<(), Problem> {
        if self.filled[service].load(Ordering::Acquire) {
            return Ok(());
        }
        let doing = format!("Preparing the data of {service}");
        let problem = |fault: Fault| match fault {
            Fault::Exec { tail, .. } => Problem::new(
                Code::DatabaseInitFailed,
                format!("The data of {service} could not be prepared in its volume."),
                format!(
                    "See the last lines; dumps that cannot be restored lie in {}.",
                    context.vault.folder().display()
                ),
            )
            .caused_by(tail.last().cloned().unwrap_or_default())
            .with_log_tail(tail),
            other => other.problem(&doing),
        };
        let query = self.session.query(BUILD_BOUND);
        let dumps = match context.vault.dumps(service).is_empty() {
            true => None,
            false => {
                let path = context.vault.folder().display().to_string();
                let names = Vault::ENDINGS.map(|ending| format!("*.{ending}"));
                let options = dagger_sdk::HostDirectoryOpts {
                    exclude: None,
                    gitignore: None,
                    include: Some(names.iter().map(String::as_str).collect()),
                    no_cache: Some(true),
                };
                let folder = query.host().directory_opts(path, options).id().await;
                Some(folder.map_err(|fault| problem(fault.into()))?)
            }
        };
        let nonce = hex::encode(rand::random::<[u8; 8]>());
        let made = stack::restoring(&query, &self.parts, service, dumps, &nonce);
        let said = made.stdout().await.map_err(|fault| problem(fault.into()))?;
        self.tell(context, service, said.trim());
        self.filled[service].store(true, Ordering::Release);
        Ok(())
    }
}

/// The tag of a client of the gateway that is about to be started.
pub(super) fn gateway_tag(project: &ProjectId) -> Tag {
    Tag::gateway(project, SystemClock.now().as_millis())
}

/// Ends the services' reports when the session ends, or no longer leads to its engine: the child of an
/// engine that was killed goes on and answers nothing but errors.
fn watch(session: &Arc<Session>, telemetry: &Arc<Telemetry>) -> JoinSet<()> {
    let (session, telemetry) = (Arc::clone(session), Arc::clone(telemetry));
    let mut watch = JoinSet::new();
    watch.spawn(async move {
        let mut ended = session.ended();
        let why = tokio::select! {
            ended = ended.wait_for(Option::is_some) => {
                ended.ok().and_then(|why| why.clone()).unwrap_or_default()
            }
            why = cut_off(&session, &telemetry) => {
                session.abandon();
                why
            }
        };
        if !session.is_closed() {
            tracing::warn!("a Dagger session was lost: {why}");
        }
        for line in telemetry.diagnostics() {
            tracing::debug!("the engine said: {line}");
        }
        telemetry.lose(&why);
    });
    watch
}

/// Resolves when the session's streams have broken and its engine does not answer either.
async fn cut_off(session: &Session, telemetry: &Telemetry) -> String {
    loop {
        let broken = telemetry.broken_for(LOOK).await;
        let began = tokio::time::Instant::now();
        let mut looks = tokio::time::interval(LOOK);
        let mut refusals = 0;
        while matches!(telemetry.link(), Link::Broken { .. }) {
            looks.tick().await;
            match session.engine_version(ANSWER_BOUND).await {
                Ok(_) => refusals = 0,
                Err(Fault::Timeout(_)) if began.elapsed() < FROZEN_BOUND => {}
                Err(Fault::Timeout(_)) => return broken,
                // Once may be chance.
                Err(fault) if refusals > 0 => return fault.to_string(),
                Err(_) => refusals += 1,
            }
        }
    }
}

/// Does what may take as long as a build, unless the session stands still meanwhile. The work has a place
/// of its own: together, the questions it is made of would not fit on a thread's stack.
async fn while_it_answers<T>(
    session: &Session,
    work: BoxFuture<'_, Result<T, Problem>>,
) -> Result<T, Problem> {
    let silent = async {
        let mut looks = tokio::time::interval(LOOK);
        loop {
            looks.tick().await;
            // Whatever else is wrong, the work meets it by itself.
            if let Err(fault @ Fault::Timeout(_)) = session.engine_version(FROZEN_BOUND).await {
                return fault;
            }
        }
    };
    tokio::select! {
        done = work => done,
        fault = silent => Err(fault.problem("Asking the session for a sign of life")),
    }
}

async fn build(session: &Session, parts: &Parts, service: Service) -> Result<(), Problem> {
    let image = stack::image(&session.query(BUILD_BOUND), parts, service);
    let built = image.sync().await.map(drop);
    let doing = format!("Building the container of {service}");
    built.map_err(|fault| Fault::from(fault).problem(&doing).of(service))
}

/// How the project folder gets into the session.
struct Folder<'a> {
    session: &'a Arc<Session>,
    way: &'a way::WayBack,
    gateway: &'a Arc<Gateway>,
    context: &'a Context,
    progress: &'a ProgressSink,
}

/// The folder as it is in the session.
struct Made {
    workspace: Workspace,
    #[cfg(unix)]
    sync: Option<super::folder::FolderSync>,
}

impl From<Workspace> for Made {
    fn from(workspace: Workspace) -> Self {
        Self {
            workspace,
            #[cfg(unix)]
            sync: None,
        }
    }
}

const HANDING: &str = "Handing the project folder to the engine";

impl Folder<'_> {
    async fn workspace(&self, parts: &Parts) -> Result<Made, Problem> {
        let has = way::has_live_folders(self.session).await;
        if !has.map_err(|fault| fault.problem(HANDING))? {
            return self.copy(parts).await;
        }
        let volume = self.way.folder(self.session, self.gateway).await;
        let volume = volume.map_err(|fault| fault.problem(HANDING))?;
        let read_only = self.context.launch.config.read_only();
        Ok(Workspace::Live { volume, read_only }.into())
    }

    /// A copy that is kept alike with the folder.
    #[cfg(unix)]
    async fn copy(&self, parts: &Parts) -> Result<Made, Problem> {
        use super::folder::{Began, FolderSync};
        let Self { session, gateway, context, progress, .. } = self;
        match FolderSync::begin(context, session, parts, gateway, progress).await? {
            Began::Synced(copy, sync) => {
                let (words, access) = match copy.read_only {
                    true => (
                        "the backend sees a copy of it, which follows every change and cannot be \
                         written to",
                        "followed by a read-only copy on the engine",
                    ),
                    false => (
                        "the backend works on a copy of it, and changes are synced both ways",
                        "synced both ways with a copy on the engine",
                    ),
                };
                context.note(&format!("this engine cannot mount the project folder live: {words}"));
                context.folder_is(access);
                Ok(Made { workspace: Workspace::Synced(copy), sync: Some(sync) })
            }
            Began::TooMuch(why) => self.snapshot(&why).await,
        }
    }

    #[cfg(not(unix))]
    async fn copy(&self, _parts: &Parts) -> Result<Made, Problem> {
        self.snapshot("this system cannot keep a copy of it alike").await
    }

    /// The folder as it is now.
    async fn snapshot(&self, why: &str) -> Result<Made, Problem> {
        self.context.note(&format!(
            "this engine cannot mount the project folder live, and {why}: the backend sees it as it was \
             at this start and cannot write to it; engines from 0.21.9 on can"
        ));
        self.context.folder_is("a read-only snapshot of this start on the engine");
        let path = self.context.launch.config.workspace().display().to_string();
        let options = dagger_sdk::HostDirectoryOpts {
            exclude: None,
            gitignore: None,
            include: None,
            no_cache: Some(true),
        };
        let query = self.session.query(BUILD_BOUND);
        let asked = query.host().directory_opts(path, options).id().await;
        let directory = asked.map_err(|fault| Fault::from(fault).problem(HANDING))?;
        Ok(Workspace::Snapshot { directory }.into())
    }
}

/// From where the engine's control groups can be reached.
pub(crate) fn side(place: &Place) -> EngineSide {
    use hub_domain::EngineScheme;
    let closed = |because: &str| EngineSide::Closed { because: because.to_owned() };
    let or_closed = |side: Result<EngineSide, _>| side.unwrap_or_else(|why: String| closed(&why));
    match place {
        Place::Own(own) => or_closed(
            EngineSide::container(own.runtime.program.clone(), &own.name())
                .map_err(|f| f.to_string()),
        ),
        Place::Given(address) => match address.scheme() {
            EngineScheme::Unix | EngineScheme::Tcp => EngineSide::Local,
            EngineScheme::Ssh => {
                let place = address.place().split(['/', '?']).next().unwrap_or_default();
                let (destination, port) = match place.rsplit_once(':') {
                    Some((host, port)) if port.parse::<u16>().is_ok() => (host, port.parse().ok()),
                    _ => (place, None),
                };
                or_closed(EngineSide::ssh(destination, port).map_err(|f| f.to_string()))
            }
            EngineScheme::Container => {
                closed("the Hub has no way into an engine's container that it did not make")
            }
            EngineScheme::Tls | EngineScheme::KubePod => {
                closed("the machine of the engine cannot be reached but through its API")
            }
        },
    }
}

//! A machine that exists in memory, for what cannot be had otherwise: services that answer, crash and
//! hang at a word, ports that are held, a disk that fails, and time that is made to pass.

#![allow(dead_code, reason = "each test file uses a part of it")]

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use hub_domain::{
    Code, Enforcement, PerService, Problem, Project, ProjectId, Proof, RuntimeChoice, RuntimeKind,
    Service, StackConfig, Timestamp, Usage,
};
use hub_engine::clock::Clock;
use hub_engine::host::{Host, PortHolder, PortState};
use hub_engine::logs::{Followed, LogLine, LogQuery, LogStream, LogWriter, Logs};
use hub_engine::runtime::{
    Availability, Check, Control, Exit, Facts, Instance, Launch, Launched, Opinion, Runtime,
};
use hub_engine::secrets::{Purpose, Secrets};
use hub_engine::snapshot::ProjectSnapshot;
use hub_engine::store::Store;
use hub_engine::{AddProject, Hub, HubParts};
use secrecy::SecretString;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

/// How a service of this world behaves from its next launch or probe on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Answers probes.
    Good,
    /// Runs and never answers.
    Mute,
    /// Ends at once.
    Dies,
    /// Answers, but ends by force only.
    Stubborn,
}

struct Process {
    pid: u32,
    end: oneshot::Sender<Exit>,
}

#[derive(Default)]
pub struct State {
    pub projects: BTreeMap<ProjectId, Project>,
    pub settings: BTreeMap<String, String>,
    pub kept: BTreeMap<PathBuf, ProjectId>,
    pub held: BTreeMap<u16, PortHolder>,
    pub store_fails: bool,
    pub prepare_hangs: bool,
    pub prepare_fails: Option<Problem>,
    /// Services whose launch does not come back.
    pub launch_hangs: BTreeSet<Service>,
    /// Launches that are under way.
    pub launching: BTreeSet<Service>,
    pub manners: BTreeMap<Service, Manner>,
    /// What services say that are asked by another way than by probes.
    pub opinions: BTreeMap<Service, Opinion>,
    processes: BTreeMap<(ProjectId, Service), Process>,
    leases: BTreeSet<ProjectId>,
    pub journal: Vec<String>,
    pub deleted: Vec<ProjectId>,
    /// What keeps data from being deleted.
    pub delete_fails: Option<Problem>,
    pub notes: Vec<(Service, String)>,
    pub preparing: u32,
    pub most_preparing: u32,
}

/// The machine and everything on it.
#[derive(Clone)]
pub struct World {
    pub state: Arc<Mutex<State>>,
    began: Instant,
    pids: Arc<AtomicU32>,
    /// Changes whenever something happens, so that tests can wait for it.
    pulse: watch::Sender<u64>,
}

impl World {
    pub fn new() -> Self {
        Self {
            state: Arc::default(),
            began: Instant::now(),
            pids: Arc::new(AtomicU32::new(100)),
            pulse: watch::Sender::new(0),
        }
    }

    pub fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        let result = f(&mut self.state.lock().unwrap());
        self.pulse.send_modify(|n| *n += 1);
        result
    }

    fn log(&self, entry: String) {
        self.with(|s| s.journal.push(entry));
    }

    /// Waits as long as something is the case in this world.
    async fn while_it(&self, holds: impl Fn(&State) -> bool) {
        let mut pulse = self.pulse.subscribe();
        while holds(&self.state.lock().unwrap()) {
            pulse.changed().await.expect("the world lives");
        }
    }

    /// Waits until something is the case in this world; time passes as needed, an hour at most.
    pub async fn until(&self, wanted: impl Fn(&State) -> bool) {
        let watch = self.while_it(|state| !wanted(state));
        let hour = Duration::from_secs(3600);
        assert!(tokio::time::timeout(hour, watch).await.is_ok(), "never came to be");
    }

    pub fn journal(&self) -> Vec<String> {
        self.state.lock().unwrap().journal.clone()
    }

    pub fn alive(&self) -> usize {
        self.state.lock().unwrap().processes.len()
    }

    pub fn manner(&self, service: Service, manner: Manner) {
        self.with(|s| s.manners.insert(service, manner));
    }

    /// A process ends by itself.
    pub fn crash(&self, project: &ProjectId, service: Service) {
        let process = self.with(|s| s.processes.remove(&(project.clone(), service)));
        let exit =
            Exit { how: "was killed by signal 9".into(), last_lines: vec!["the last line".into()] };
        process.expect("it runs").end.send(exit).expect("somebody waits for its end");
    }

    pub async fn hub(&self) -> Hub {
        Hub::open(self.parts()).await.expect("the Hub opens")
    }

    pub fn parts(&self) -> HubParts {
        HubParts {
            home: PathBuf::from("/hub-home"),
            store: Arc::new(self.clone()),
            secrets: Arc::new(self.clone()),
            logs: Arc::new(self.clone()),
            host: Arc::new(self.clone()),
            runtimes: vec![Arc::new(self.clone())],
            clock: Arc::new(self.clone()),
        }
    }

    pub async fn add(&self, hub: &Hub, path: &str) -> ProjectId {
        hub.add(request(path)).await.expect("it is registered").project.id.clone()
    }
}

pub fn request(path: &str) -> AddProject {
    AddProject { path: path.into(), name: None, runtime: RuntimeChoice::Auto, read_only: false }
}

/// Waits until a project looks as wanted; time passes as needed, an hour at most.
pub async fn until(hub: &Hub, id: &ProjectId, wanted: impl Fn(&ProjectSnapshot) -> bool) {
    let (_, _, mut changes) = hub.subscribe();
    let watch = async {
        while !wanted(&hub.project(id).expect("it is registered")) {
            changes.recv().await.expect("the Hub lives");
        }
    };
    let hour = Duration::from_secs(3600);
    if tokio::time::timeout(hour, watch).await.is_err() {
        panic!("never came to be; it is {:?}", hub.project(id));
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000_000).after(self.began.elapsed())
    }
}

impl Secrets for World {
    fn derive(&self, project: &ProjectId, purpose: Purpose) -> Result<SecretString, Problem> {
        Ok(format!("{project}-{}", purpose.label()).into())
    }

    fn kept_in(&self) -> String {
        "this test".into()
    }
}

fn disk_full() -> Problem {
    Problem::new(Code::DiskFull, "The disk is full.", "Free some space, then try again.")
}

#[async_trait]
impl Store for World {
    async fn projects(&self) -> Result<Vec<Project>, Problem> {
        let mut all: Vec<_> = self.with(|s| s.projects.values().cloned().collect());
        all.sort_by_key(|p: &Project| p.slot);
        Ok(all)
    }

    async fn insert(&self, project: &Project) -> Result<(), Problem> {
        self.with(|s| s.kept.retain(|_, id| *id != project.id));
        self.update(project).await
    }

    async fn update(&self, project: &Project) -> Result<(), Problem> {
        self.with(|s| {
            if s.store_fails {
                return Err(disk_full());
            }
            s.projects.insert(project.id.clone(), project.clone());
            Ok(())
        })
    }

    async fn remove(&self, project: &ProjectId, keep_data: bool) -> Result<(), Problem> {
        self.with(|s| {
            if s.store_fails {
                return Err(disk_full());
            }
            let removed = s.projects.remove(project);
            if let Some(removed) = removed.filter(|_| keep_data) {
                s.kept.insert(removed.path, removed.id);
            }
            Ok(())
        })
    }

    async fn kept(&self, path: &Path) -> Result<Option<ProjectId>, Problem> {
        Ok(self.with(|s| s.kept.get(path).cloned()))
    }

    async fn setting(&self, key: &str) -> Result<Option<String>, Problem> {
        Ok(self.with(|s| s.settings.get(key).cloned()))
    }

    async fn set_setting(&self, key: &str, value: Option<&str>) -> Result<(), Problem> {
        self.with(|s| match value {
            Some(value) => s.settings.insert(key.into(), value.into()),
            None => s.settings.remove(key),
        });
        Ok(())
    }
}

struct Writer(World, Service);

impl LogWriter for Writer {
    fn write(&self, _: LogStream, _: &[u8]) {}

    fn note(&self, text: &str) {
        self.0.with(|s| s.notes.push((self.1, text.to_owned())));
    }

    fn end(&self) {}
}

impl Logs for World {
    fn writer(&self, _: &ProjectId, service: Service) -> Result<Arc<dyn LogWriter>, Problem> {
        Ok(Arc::new(Writer(self.clone(), service)))
    }

    fn read(&self, _: &ProjectId, _: &LogQuery) -> Result<Vec<LogLine>, Problem> {
        Ok(Vec::new())
    }

    fn follow(&self, _: &ProjectId, _: &LogQuery) -> Result<BoxStream<'static, Followed>, Problem> {
        Ok(futures::stream::empty().boxed())
    }

    fn remove(&self, _: &ProjectId) -> Result<(), Problem> {
        Ok(())
    }
}

struct Lease(World, ProjectId);

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.with(|s| s.leases.remove(&self.1));
    }
}

impl Host for World {
    fn port_state(&self, port: u16) -> PortState {
        self.with(|s| match s.held.get(&port) {
            Some(holder) => PortState::Held(Some(holder.clone())),
            None => PortState::Free,
        })
    }

    /// In this world `/link` leads to `/shop`.
    fn resolve_folder(&self, path: &Path) -> Result<PathBuf, Problem> {
        if path.is_relative() {
            let message = format!("{} is relative.", path.display());
            return Err(Problem::new(Code::PathRelative, message, "Give the whole path."));
        }
        Ok(if path == Path::new("/link") { "/shop".into() } else { path.to_path_buf() })
    }

    fn check_folder(&self, path: &Path) -> Result<(), Problem> {
        if path.starts_with("/gone") {
            let message = format!("{} is gone.", path.display());
            return Err(Problem::new(Code::PathMissing, message, "Choose another folder."));
        }
        Ok(())
    }

    fn lease(&self, project: &ProjectId) -> Result<Box<dyn Send + Sync>, Problem> {
        if self.with(|s| s.leases.insert(project.clone())) {
            return Ok(Box::new(Lease(self.clone(), project.clone())));
        }
        Err(Problem::new(Code::HubAlreadyRunning, "Another Hub runs it.", "End that Hub."))
    }
}

#[async_trait]
impl Runtime for World {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Native
    }

    async fn availability(&self, _config: &StackConfig) -> Availability {
        Availability { usable: true, ready: true, why: "It always works in this world.".into() }
    }

    async fn doctor(&self) -> Vec<Check> {
        Vec::new()
    }

    async fn prepare(&self, launch: Launch) -> Result<Arc<dyn Instance>, Problem> {
        self.with(|s| {
            s.preparing += 1;
            s.most_preparing = s.most_preparing.max(s.preparing);
        });
        let counted = Counted(self.clone());
        self.while_it(|state| state.prepare_hangs).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(counted);
        if let Some(problem) = self.with(|s| s.prepare_fails.clone()) {
            return Err(problem);
        }
        Ok(Arc::new(Stack { world: self.clone(), project: launch.config.project().clone() }))
    }

    async fn recover(&self) -> Result<(), Problem> {
        self.log("recover".into());
        Ok(())
    }

    async fn delete_data(&self, project: &ProjectId) -> Result<(), Problem> {
        self.with(|s| {
            s.deleted.push(project.clone());
            s.delete_fails.clone().map_or(Ok(()), Err)
        })
    }
}

/// Counts a preparation until it is over, also when it is called off.
struct Counted(World);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.with(|s| s.preparing -= 1);
    }
}

/// Tells that a launch is under way until it is over, also when it is called off.
struct Launching(World, Service);

impl Launching {
    fn begin(world: World, service: Service) -> Self {
        world.with(|s| s.launching.insert(service));
        Self(world, service)
    }
}

impl Drop for Launching {
    fn drop(&mut self) {
        self.0.with(|s| s.launching.remove(&self.1));
    }
}

struct Stack {
    world: World,
    project: ProjectId,
}

impl Stack {
    fn manner(&self, service: Service) -> Manner {
        self.world.with(|s| s.manners.get(&service).copied().unwrap_or(Manner::Good))
    }
}

#[async_trait]
impl Instance for Stack {
    async fn launch(&self, service: Service) -> Result<Launched, Problem> {
        self.world.log(format!("launch {service}"));
        let launching = Launching::begin(self.world.clone(), service);
        self.world.while_it(|state| state.launch_hangs.contains(&service)).await;
        drop(launching);
        let pid = self.world.pids.fetch_add(1, Ordering::Relaxed);
        let (end, exited) = oneshot::channel();
        let key = (self.project.clone(), service);
        if self.manner(service) == Manner::Dies {
            let how = "exited with code 1".into();
            let exit = Exit { how, last_lines: vec!["bad configuration".into()] };
            end.send(exit).expect("its end is waited for");
        } else {
            let twice = self.world.with(|s| s.processes.insert(key, Process { pid, end }));
            assert!(twice.is_none(), "{service} runs twice");
        }
        let control = Reins { world: self.world.clone(), project: self.project.clone(), service };
        Ok(Launched {
            facts: Facts {
                pid: Some(pid),
                user: "nobody".into(),
                non_root: Enforcement::Enforced { by: "this is a test".into() },
                limits: Enforcement::NotEnforced { because: "this is a test".into() },
                read_only: None,
                program: "a test".into(),
            },
            exited: exited.map(|exit| exit.expect("every process ends with words")).boxed(),
            control: Box::new(control),
        })
    }

    async fn probe(&self, service: Service) -> Result<Proof, String> {
        let runs = self.world.with(|s| s.processes.contains_key(&(self.project.clone(), service)));
        match (runs, self.manner(service)) {
            (true, Manner::Good | Manner::Stubborn) => Ok(Proof {
                what: format!("{service} answered"),
                at: self.world.now(),
                took: Duration::from_millis(2),
            }),
            _ => Err("does not answer".into()),
        }
    }

    async fn second_opinion(&self, service: Service) -> Option<Opinion> {
        self.world.log(format!("ask {service} by another way"));
        self.world.with(|s| s.opinions.get(&service).cloned())
    }

    async fn usage(&self, _: Service) -> Option<Usage> {
        None
    }

    async fn close(&self) {
        self.world.log("close".into());
    }
}

struct Reins {
    world: World,
    project: ProjectId,
    service: Service,
}

impl Reins {
    fn end(&self, how: &str) {
        let key = (self.project.clone(), self.service);
        if let Some(process) = self.world.with(|s| s.processes.remove(&key)) {
            let exit = Exit { how: how.into(), last_lines: Vec::new() };
            drop(process.end.send(exit));
        }
    }
}

#[async_trait]
impl Control for Reins {
    async fn terminate(&self) {
        self.world.log(format!("terminate {}", self.service));
        let manner = self.world.with(|s| s.manners.get(&self.service).copied());
        if manner != Some(Manner::Stubborn) {
            self.end("exited with code 0");
        }
    }

    async fn kill(&self) {
        self.world.log(format!("kill {}", self.service));
        self.end("was killed by signal 9");
    }
}

/// Process ids of a project's services.
pub fn pids(hub: &Hub, id: &ProjectId) -> PerService<Option<u32>> {
    hub.project(id).expect("it is registered").services.map(|_, s| s.pid)
}

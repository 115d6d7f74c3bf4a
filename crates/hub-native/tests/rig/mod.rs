//! A Hub home, a project folder, ports and secrets of a test's own, for real services.

#![allow(dead_code, reason = "each test file uses a part of it")]

#[path = "../../../../tests/fixtures/ports.rs"]
mod ports;

use hub_domain::{
    PerService, PortPlan, Problem, ProjectId, ProjectName, ResourceLimits, Service, StackConfig,
    StackInputs,
};
use hub_engine::logs::{LogStream, LogWriter};
use hub_engine::runtime::{Exit, Instance, Launch, Launched, Runtime};
use hub_engine::secrets::{Purpose, Secrets};
use hub_native::{NativeOptions, NativeRuntime};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// No wait in a test is longer; the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Secrets that are as long and as random as real ones.
pub struct TestSecrets(pub String);

impl Secrets for TestSecrets {
    fn derive(&self, project: &ProjectId, purpose: Purpose) -> Result<SecretString, Problem> {
        let text = format!("{}/{project}/{}", self.0, purpose.label());
        Ok(hex::encode(Sha256::digest(text)).into())
    }

    fn kept_in(&self) -> String {
        "this test".to_owned()
    }
}

/// Keeps everything in memory.
#[derive(Default)]
pub struct Memory(pub Mutex<Vec<u8>>);

impl LogWriter for Memory {
    fn write(&self, _: LogStream, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }

    fn note(&self, text: &str) {
        self.0.lock().unwrap().extend_from_slice(text.as_bytes());
    }

    fn end(&self) {}
}

/// Everything one project's stack needs.
pub struct Rig {
    pub folder: tempfile::TempDir,
    pub project: ProjectId,
    pub ports: PortPlan,
    pub logs: PerService<Arc<Memory>>,
    pub secrets: Arc<TestSecrets>,
    pub read_only: bool,
    pub limits: PerService<Option<ResourceLimits>>,
    pub steps: Arc<Mutex<Vec<String>>>,
}

impl Rig {
    pub fn new() -> Self {
        let folder = open_folder();
        let home = folder.path().join("home");
        std::fs::create_dir(&home).unwrap();
        for part in SHARED {
            if seed().join(part).exists() {
                copy(&seed().join(part), &home.join(part));
            }
        }
        Self::at(folder)
    }

    pub fn at(folder: tempfile::TempDir) -> Self {
        let workspace = folder.path().join("work space é");
        std::fs::create_dir_all(&workspace).unwrap();
        std::fs::write(workspace.join("README.md"), "# A project\n").unwrap();
        open_up(&workspace);
        Self {
            folder,
            project: ProjectId::from_random(rand_bytes()),
            ports: ports::free_ports(),
            logs: PerService::default(),
            secrets: Arc::new(TestSecrets("test".to_owned())),
            read_only: false,
            limits: PerService::default(),
            steps: Arc::default(),
        }
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn workspace(&self) -> PathBuf {
        self.folder.path().join("work space é")
    }

    pub fn runtime(&self) -> NativeRuntime {
        NativeRuntime::new(options(&self.home())).expect("the runtime can be made")
    }

    pub fn launch(&self) -> Launch {
        let config = StackConfig::build(StackInputs {
            project: self.project.clone(),
            name: ProjectName::parse("A \"test\" project").unwrap(),
            workspace: self.workspace(),
            ports: self.ports,
            limits: self.limits,
            engine: None,
            images: PerService::default(),
            read_only: self.read_only,
            environment: BTreeMap::new(),
        })
        .unwrap();
        let steps = Arc::clone(&self.steps);
        Launch {
            config: Arc::new(config),
            secrets: Arc::clone(&self.secrets) as Arc<dyn Secrets>,
            logs: self.logs.map(|_, log| Arc::clone(log) as Arc<dyn LogWriter>),
            progress: Arc::new(move |p| steps.lock().unwrap().push(p.step)),
            folder: tokio::sync::watch::Sender::new(None),
        }
    }

    pub async fn prepare(&self) -> Arc<dyn Instance> {
        let instance = self.runtime().prepare(self.launch()).await;
        let instance = instance.unwrap_or_else(|p| panic!("{p}"));
        self.keep_for_others();
        instance
    }

    /// Keeps what was fetched and built for the tests that follow, also those of later runs, which then
    /// need no connection. Everything in it is named by its content, so that nothing is ever stale.
    fn keep_for_others(&self) {
        if seed().exists() {
            return;
        }
        let staging = seed().with_extension(self.project.as_str());
        std::fs::create_dir_all(&staging).unwrap();
        for part in SHARED {
            copy(&self.home().join(part), &staging.join(part));
        }
        // Another test may have been faster; one of them is enough.
        if std::fs::rename(&staging, seed()).is_err() {
            std::fs::remove_dir_all(&staging).unwrap();
        }
    }

    pub fn log(&self, service: Service) -> String {
        String::from_utf8_lossy(&self.logs[service].0.lock().unwrap()).into_owned()
    }
}

/// What all homes have in common.
const SHARED: [&str; 2] = ["cache", "components"];

fn seed() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("hub-native-seed")
}

fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

pub fn options(home: &Path) -> NativeOptions {
    NativeOptions {
        home: home.to_path_buf(),
        workbench: workbench(),
        guard: PathBuf::from(env!("CARGO_BIN_EXE_cchub-guard")),
    }
}

pub fn workbench() -> PathBuf {
    std::env::var_os("CCHUB_WORKBENCH").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../commandcenter"),
        PathBuf::from,
    )
}

/// A temporary folder that another account may enter.
pub fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    open_up(folder.path());
    folder
}

pub fn open_up(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn rand_bytes() -> [u8; 10] {
    let hash = Sha256::digest(format!("{:?}{:?}", Instant::now(), std::thread::current().id()));
    hash[..10].try_into().unwrap()
}

/// Asks until the service proves its health.
pub async fn proven(instance: &Arc<dyn Instance>, service: Service) {
    let ask = async {
        let mut last = String::new();
        loop {
            match instance.probe(service).await {
                Ok(proof) => return proof,
                Err(why) if why != last => {
                    eprintln!("{service}: {why}");
                    last = why;
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    if tokio::time::timeout(PATIENCE, ask).await.is_err() {
        panic!("{service} never proved its health");
    }
}

/// A service that runs, with its exit being waited for in the background.
pub struct Running {
    pub pid: u32,
    pub control: Box<dyn hub_engine::runtime::Control>,
    pub exit: tokio::task::JoinHandle<Exit>,
    pub facts: hub_engine::runtime::Facts,
}

pub async fn launch(instance: &Arc<dyn Instance>, service: Service) -> Running {
    let Launched { facts, exited, control } =
        instance.launch(service).await.unwrap_or_else(|p| panic!("{p}"));
    let runtime = tokio::runtime::Handle::current();
    Running { pid: facts.pid.unwrap(), control, exit: runtime.spawn(exited), facts }
}

pub async fn launch_all(instance: &Arc<dyn Instance>) -> PerService<Running> {
    PerService {
        postgres: launch(instance, Service::Postgres).await,
        redis: launch(instance, Service::Redis).await,
        backend: launch(instance, Service::Backend).await,
        frontend: launch(instance, Service::Frontend).await,
    }
}

impl Running {
    pub async fn end(self) -> Exit {
        self.control.terminate().await;
        self.ended().await
    }

    pub async fn ended(self) -> Exit {
        tokio::time::timeout(PATIENCE, self.exit).await.expect("it ends").expect("it is reported")
    }
}

pub async fn end_all(all: PerService<Running>) {
    let PerService { postgres, redis, backend, frontend } = all;
    for one in [frontend, backend, redis, postgres] {
        one.end().await;
    }
}

/// Processes whose environment or folder belongs to the Hub home: everything that could be left.
pub fn survivors(home: &Path) -> Vec<String> {
    let home = home.to_string_lossy().into_owned();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let read = |name: &str| {
            String::from_utf8_lossy(&std::fs::read(entry.path().join(name)).unwrap_or_default())
                .replace('\0', " ")
        };
        let folder = std::fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        let command = read("cmdline");
        let is_ours = command.contains(&home)
            || read("environ").contains(&home)
            || folder.to_string_lossy().starts_with(&home);
        if is_ours && pid != std::process::id() && !command.is_empty() {
            found.push(format!("{pid} {command}"));
        }
    }
    found
}

/// Waits until something is the case; a value is looked at, no time is waited for.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "never came to be: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

//! Opens a Hub on a home, serves it on loopback, and closes it: the same for `cchub serve`, `cchub
//! run` and the desktop shell. One Hub per home: a lock decides.

use crate::places::{Shipped, shipped};
use hub_api::Api;
use hub_api::contract::HubInfo;
use hub_api::discovery::{Beacon, Token};
use hub_api::host;
#[cfg(unix)]
use hub_dagger::{DaggerOptions, DaggerRuntime};
use hub_domain::{Code, EngineAddress, Problem};
use hub_engine::clock::SystemClock;
use hub_engine::runtime::Runtime;
use hub_engine::{Hub, HubParts};
use hub_logs::LogDirectory;
use hub_native::{NativeHost, NativeOptions, NativeRuntime};
use hub_store::{KeyringChoice, MasterKeySecrets, SqliteStore};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// So often a held lock is tried again: longer than anybody looks, shorter than a user notices.
const LOOKS: u32 = 200;

/// A Hub that is open and served.
pub struct Hosting {
    /// The way to ask it.
    pub api: Api,
    /// What requests must show.
    pub token: Token,
    /// Port of its loopback server.
    pub port: u16,
    home: PathBuf,
    server: JoinSet<Result<(), Problem>>,
    serving: CancellationToken,
    /// Released by the system when the process ends, however it ends.
    _lock: File,
}

impl Hosting {
    /// Opens the home, which is created where needed, and serves it.
    ///
    /// # Errors
    /// `HUB_ALREADY_RUNNING`, `HUB_HOME_UNUSABLE`, `HUB_SERVER_FAILED`, those of store and secrets.
    pub async fn open(home: &Path, port: Option<u16>) -> Result<Self, Problem> {
        make_home(home)?;
        let lock = lock(home)?;
        // What a killed Hub left behind would lead everybody astray until this one is open.
        Beacon::put_out(home);
        crate::logging::to_file(home)?;
        let files = shipped();
        let token = Token::of_hub(home)?;
        let listener = host::bind(port).await?;
        let port = listener.local_addr().map_err(|fault| unusable(home, &fault))?.port();
        let (place, shipped) = (home.to_path_buf(), files.clone());
        // The keyring may ask the user, and the disk may be slow: neither may hold up the window.
        let parts = tokio::task::spawn_blocking(move || parts(&place, &shipped));
        let parts = parts.await.map_err(|fault| unusable(home, &io::Error::other(fault)))??;
        let hub = Hub::open(parts).await?;
        let info = HubInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            home: home.display().to_string(),
            port,
            runtime: "native".to_owned(),
            pid: std::process::id(),
        };
        let (end, serving) = (CancellationToken::new(), CancellationToken::new());
        let api = Api::new(hub, info, end);
        let mut server = JoinSet::new();
        let page = files.page.clone();
        server.spawn(host::serve(listener, api.clone(), token.clone(), page, serving.clone()));
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Beacon { pid: std::process::id(), port, version }.light(home)?;
        tracing::info!("the Hub is open on {}, port {port}", home.display());
        Ok(Self { api, token, port, home: home.to_path_buf(), server, serving, _lock: lock })
    }

    /// The address of its page, with the token in the part that browsers keep to themselves.
    pub fn page_url(&self) -> String {
        format!("http://127.0.0.1:{}/#token={}", self.port, self.token.reveal())
    }

    /// Waits until somebody asked it to end, or its server failed.
    pub async fn until_asked_to_end(&mut self) -> Result<(), Problem> {
        let end = self.api.end().clone();
        tokio::select! {
            () = end.cancelled() => Ok(()),
            Some(ended) = self.server.join_next() => match ended {
                Ok(result) => result,
                Err(fault) => Err(Problem::new(
                    Code::HubServerFailed,
                    "The Hub's server ended.",
                    "Start the Hub again.",
                )
                .caused_by(fault)),
            },
        }
    }

    /// Stops all projects, ends the server and takes the address back.
    pub async fn close(mut self) {
        self.api.hub().shutdown().await;
        self.serving.cancel();
        while self.server.join_next().await.is_some() {}
        Beacon::put_out(&self.home);
        tracing::info!("the Hub has ended");
    }
}

fn parts(home: &Path, files: &Shipped) -> Result<HubParts, Problem> {
    Ok(HubParts {
        home: home.to_path_buf(),
        store: Arc::new(SqliteStore::open(home)?),
        secrets: Arc::new(MasterKeySecrets::open(home, KeyringChoice::from_environment())?),
        logs: Arc::new(LogDirectory::open(&home.join("logs"), Arc::new(SystemClock))?),
        host: Arc::new(NativeHost::new(home)?),
        runtimes: runtimes(home, files)?,
        clock: Arc::new(SystemClock),
    })
}

/// What can carry stacks out here.
///
/// # Errors
/// `HUB_HOME_UNUSABLE`, `CONFIG_INVALID` for an engine's address in the environment.
pub fn runtimes(home: &Path, files: &Shipped) -> Result<Vec<Arc<dyn Runtime>>, Problem> {
    #[cfg_attr(not(unix), allow(unused_mut, reason = "the client library is for Unix alone"))]
    let mut runtimes: Vec<Arc<dyn Runtime>> =
        vec![Arc::new(NativeRuntime::new(native_options(home, files))?)];
    #[cfg(unix)]
    runtimes.push(Arc::new(DaggerRuntime::new(dagger_options(home, files)?)));
    Ok(runtimes)
}

/// What the runtime over a Dagger engine is given: `CCHUB_ENGINE` names the engine of projects that
/// name none, `CCHUB_DAGGER_CLI` the command line, `CCHUB_DAGGER_RELEASES` where to download it.
#[cfg(unix)]
fn dagger_options(home: &Path, files: &Shipped) -> Result<DaggerOptions, Problem> {
    let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let engine = variable("CCHUB_ENGINE").map(|text| EngineAddress::parse(&text)).transpose();
    let engine = engine.map_err(|fault| {
        let message = "CCHUB_ENGINE cannot be the address of a Dagger engine.";
        let action = "Correct it, or unset it to let the Hub choose.";
        Problem::new(Code::ConfigInvalid, message, action).caused_by(fault)
    })?;
    Ok(DaggerOptions {
        home: home.to_path_buf(),
        workbench: files.workbench.clone(),
        engine,
        cli: variable("CCHUB_DAGGER_CLI").map(PathBuf::from),
        releases: variable("CCHUB_DAGGER_RELEASES"),
    })
}

/// What the native runtime is given.
pub fn native_options(home: &Path, files: &Shipped) -> NativeOptions {
    NativeOptions {
        home: home.to_path_buf(),
        workbench: files.workbench.clone(),
        guard: files.guard.clone(),
    }
}

fn unusable(home: &Path, fault: &io::Error) -> Problem {
    let code = if fault.kind() == io::ErrorKind::StorageFull {
        Code::DiskFull
    } else {
        Code::HubHomeUnusable
    };
    Problem::new(
        code,
        format!("The Hub's data folder {} cannot be used.", home.display()),
        "Check its rights and its space, or name another one in CCHUB_HOME.",
    )
    .caused_by(fault)
}

/// Makes the home where it is not there yet. As root the services' account must be able to pass
/// through it; what is secret inside has its own rights. Else it is the user's alone.
///
/// # Errors
/// `HUB_HOME_UNUSABLE`, `DISK_FULL`.
pub fn make_home(home: &Path) -> Result<(), Problem> {
    if home.is_dir() {
        return Ok(());
    }
    let make = || {
        fs::create_dir_all(home)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = if rustix::process::geteuid().is_root() { 0o755 } else { 0o700 };
            fs::set_permissions(home, fs::Permissions::from_mode(mode))?;
        }
        Ok(())
    };
    make().map_err(|fault| unusable(home, &fault))
}

fn lock_file(home: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(home.join("hub.lock"))
}

fn lock(home: &Path) -> Result<File, Problem> {
    let file = lock_file(home).map_err(|fault| unusable(home, &fault))?;
    let mut taken = file.try_lock();
    for _ in 0..LOOKS {
        // Somebody who only looks whether a Hub runs holds the lock for some microseconds.
        if taken.is_ok() {
            break;
        }
        std::thread::yield_now();
        taken = file.try_lock();
    }
    match taken {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let who = Beacon::read(home).map_or_else(
                || "Another Hub is starting on this data folder".to_owned(),
                |b| {
                    format!(
                        "A Hub runs on this data folder already (pid {}, port {})",
                        b.pid, b.port
                    )
                },
            );
            Err(Problem::new(
                Code::HubAlreadyRunning,
                format!("{who}."),
                "Use it, end it with \"cchub shutdown\", or name another data folder in CCHUB_HOME.",
            ))
        }
        Err(TryLockError::Error(fault)) => Err(unusable(home, &fault)),
    }
}

/// The Hub that runs on a home, if one does: a file that a killed Hub left behind does not count.
pub fn running(home: &Path) -> Option<(Beacon, Token)> {
    // Read first: where nothing was left behind, nobody need touch the lock of a Hub that starts.
    let (beacon, token) = (Beacon::read(home)?, Token::read(home)?);
    let is_locked = lock_file(home)
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)));
    // The lock may be that of a Hub that has only just begun to open.
    (is_locked && is_alive(beacon.pid)).then_some((beacon, token))
}

fn is_alive(pid: u32) -> bool {
    #[cfg(unix)]
    {
        let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
        let Some(pid) = pid else { return false };
        // One of another user may not be signalled, but is there.
        rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
    }
    #[cfg(not(unix))]
    {
        let _ = pid;
        true
    }
}

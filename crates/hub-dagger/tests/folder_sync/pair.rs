//! A folder, its copy with the real agent beside it, and what keeps them alike.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hub_dagger::folder::sync::{Alike, AlikeOptions, Amount, Begin, Link, ScanBounds, Told};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::BOUND;

const KEY: &str = "the key of this test";

pub struct Pair {
    at_work: Option<(Alike, Link)>,
    agent: Option<(Child, u16)>,
    _small: Option<Mounted>,
    world: TempDir,
    pub bounds: ScanBounds,
    one_way: bool,
    told: Arc<Mutex<Vec<Told>>>,
}

/// What keeps a pair alike until it is told to finish.
pub struct Running {
    finish: CancellationToken,
    task: JoinSet<(Alike, Link)>,
}

impl Pair {
    pub fn new() -> Self {
        let world = tempfile::tempdir().unwrap();
        fs::create_dir(world.path().join("here")).unwrap();
        fs::create_dir(world.path().join("there")).unwrap();
        Self {
            world,
            bounds: ScanBounds { entries: 100_000, bytes: 1 << 30 },
            one_way: false,
            _small: None,
            told: Arc::default(),
            agent: None,
            at_work: None,
        }
    }

    pub fn one_way() -> Self {
        Self { one_way: true, ..Self::new() }
    }

    /// Its copy has room for 4 MB. Nothing where such a place cannot be made.
    pub fn with_small_copy() -> Option<Self> {
        let mut pair = Self::new();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(pair.there(""))
            .stderr(Stdio::null())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            return None;
        }
        pair._small = Some(Mounted(pair.there("")));
        Some(pair)
    }

    pub fn here(&self, path: &str) -> PathBuf {
        joined(&self.world.path().join("here"), path)
    }

    pub fn there(&self, path: &str) -> PathBuf {
        joined(&self.world.path().join("there"), path)
    }

    pub fn state(&self) -> PathBuf {
        self.world.path().join("state")
    }

    pub fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    /// The copy is gone, as after the death of an engine.
    pub fn lose_copy(&mut self) {
        self.forget();
        self.agent = None;
        fs::remove_dir_all(self.there("")).unwrap();
        fs::create_dir(self.there("")).unwrap();
    }

    /// The Hub is gone.
    pub fn forget(&mut self) {
        self.at_work = None;
    }

    async fn port(&mut self) -> u16 {
        if let Some((_, port)) = &self.agent {
            return *port;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("agent/serve.py");
        let mut agent = Command::new("python3")
            .args([script, self.there("")])
            .args(["127.0.0.1", "0"])
            .env("HUB_FOLDER_KEY", KEY)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(agent.stdout.take().unwrap());
        tokio::time::timeout(BOUND, said.read_line(&mut line)).await.unwrap().unwrap();
        let port = line.trim().strip_prefix("serving port ").unwrap().parse().unwrap();
        self.agent = Some((agent, port));
        port
    }

    pub async fn connect_with(&mut self, key: &str) -> io::Result<(Link, Vec<u8>)> {
        let stream = TcpStream::connect(("127.0.0.1", self.port().await)).await?;
        stream.set_nodelay(true)?;
        Link::open(Box::new(stream), key).await
    }

    pub async fn try_begin(&mut self) -> Result<(), Begin> {
        let mut alike = match self.at_work.take() {
            Some((alike, _)) => alike,
            None => Alike::new(self.options()),
        };
        let (mut link, token) = self.connect_with(KEY).await?;
        alike.begin(&mut link, &token).await?;
        self.at_work = Some((alike, link));
        Ok(())
    }

    pub async fn begin(&mut self) {
        self.try_begin().await.unwrap();
    }

    pub async fn try_round(&mut self) -> Result<(), Begin> {
        let (alike, link) = self.at_work.as_mut().unwrap();
        alike.round(link).await.map(drop)
    }

    pub async fn round(&mut self) {
        self.try_round().await.unwrap();
    }

    /// Keeps the two alike from now on.
    pub fn keep(&mut self) -> Running {
        let (mut alike, mut link) = self.at_work.take().unwrap();
        let finish = CancellationToken::new();
        let until = finish.clone();
        let mut task = JoinSet::new();
        task.spawn(async move {
            alike.keep(&mut link, &until).await.unwrap();
            (alike, link)
        });
        Running { finish, task }
    }

    /// Ends that with a last round.
    pub async fn end(&mut self, mut running: Running) {
        running.finish.cancel();
        let ended = tokio::time::timeout(BOUND, running.task.join_next()).await.unwrap();
        self.at_work = Some(ended.unwrap().unwrap());
    }

    fn options(&self) -> AlikeOptions {
        let told = Arc::clone(&self.told);
        AlikeOptions {
            root: self.here(""),
            state: self.state(),
            one_way: self.one_way,
            bounds: self.bounds.clone(),
            tell: Arc::new(move |what| told.lock().unwrap().push(what)),
            amount: Arc::new(Amount::default()),
        }
    }

    pub async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = tokio::time::Instant::now() + BOUND;
        while !holds(self) {
            assert!(tokio::time::Instant::now() < end, "not in {BOUND:?}: {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn until_alike(&self) {
        self.until("both sides are alike", |pair| state(&pair.here("")) == state(&pair.there("")))
            .await;
    }
}

/// A file system that ends with this.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(std::process::Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

fn joined(root: &Path, path: &str) -> PathBuf {
    if path.is_empty() { root.to_owned() } else { root.join(path) }
}

/// A file's text.
pub fn content(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// Everything in a folder: kinds, contents, targets, the right to execute.
pub fn state(root: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let place = path.strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec();
            let Ok(facts) = fs::symlink_metadata(&path) else { continue };
            let what = if facts.is_dir() {
                folders.push(path);
                b"folder".to_vec()
            } else if facts.is_symlink() {
                let target = fs::read_link(&path).unwrap_or_default();
                [b"link to ", target.as_os_str().as_bytes()].concat()
            } else if facts.is_file() {
                let bits = facts.permissions().mode() & 0o111 != 0;
                [vec![u8::from(bits)], fs::read(&path).unwrap_or_default()].concat()
            } else {
                b"something else".to_vec()
            };
            all.insert(place, what);
        }
    }
    all
}

/// Both sides hold the same.
pub fn same(pair: &Pair) {
    let (here, there) = (state(&pair.here("")), state(&pair.there("")));
    let names = |all: &BTreeMap<Vec<u8>, Vec<u8>>| {
        all.keys().map(|name| String::from_utf8_lossy(name).into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&here), names(&there));
    assert!(here == there, "contents differ");
}

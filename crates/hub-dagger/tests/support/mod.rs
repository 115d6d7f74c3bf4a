//! What the tests of the gateway and of the shared folder have in common: the machine's OpenSSH
//! client, and a gateway it is led to.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use hub_dagger::folder::FolderShare;
use hub_dagger::gateway::{ClientFiles, Forward, Gateway, GatewayOptions, Target};
use hub_domain::Service;
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// No wait of a test is longer.
pub const BOUND: Duration = Duration::from_secs(30);

/// Says in the test's output why it could not run.
pub fn skipped(why: &str) {
    println!("SKIPPED: {why}");
    eprintln!("SKIPPED: {why}");
}

/// The program is on this machine; else the test that asks reports itself as skipped.
pub fn has_program(name: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    if !found {
        skipped(&format!("there is no program \"{name}\" here"));
    }
    found
}

/// A gateway with the files its client needs.
pub struct Bench {
    pub gateway: Gateway,
    pub files: ClientFiles,
    folder: TempDir,
}

impl Bench {
    /// Forwards to these ports of this machine, for postgres, redis, backend and frontend in turn.
    pub async fn new(targets: &[u16], folder: Option<FolderShare>) -> Self {
        let forwards = Service::ALL.into_iter().zip(targets);
        let forwards = forwards.map(|(service, port)| Forward {
            service,
            port: 0,
            target: Target { host: "127.0.0.1".into(), port: *port },
        });
        let files = tempfile::tempdir().unwrap();
        let gateway = Gateway::open(GatewayOptions {
            forwards: forwards.collect(),
            inner: None,
            ipv6: false,
            folder,
            disk: files.path().to_owned(),
            patience: Duration::from_secs(15),
        })
        .await
        .unwrap();
        let known_hosts = gateway.known_hosts("127.0.0.1", gateway.ssh_port());
        let known_hosts = write(files.path(), "known_hosts", &known_hosts);
        let key = write(files.path(), "key", gateway.client_key().expose_secret());
        let port = gateway.ssh_port();
        let files_of_client = ClientFiles { host: "127.0.0.1".into(), port, key, known_hosts };
        Self { gateway, files: files_of_client, folder: files }
    }

    /// A gateway whose client is there.
    pub async fn connected(targets: &[u16]) -> (Self, Child) {
        let bench = Self::new(targets, None).await;
        let client = bench.client();
        bench.gateway.ready(BOUND).await.unwrap();
        (bench, client)
    }

    /// Starts the forwarding client as the session's container would.
    pub fn client(&self) -> Child {
        start(&self.gateway.client_command(&self.files))
    }

    /// Arguments by which another program of OpenSSH gets in, without the ones for forwards.
    pub fn ssh_options(&self) -> Vec<String> {
        [
            "-F".to_owned(),
            "none".to_owned(),
            "-i".to_owned(),
            self.files.key.clone(),
            "-o".to_owned(),
            format!("UserKnownHostsFile={}", self.files.known_hosts),
            "-o".to_owned(),
            "StrictHostKeyChecking=yes".to_owned(),
            "-o".to_owned(),
            "BatchMode=yes".to_owned(),
            "-o".to_owned(),
            "IdentitiesOnly=yes".to_owned(),
        ]
        .to_vec()
    }

    /// Folder of this bench alone.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn port(&self, service: Service) -> u16 {
        self.gateway.port(service).unwrap()
    }
}

/// Writes a file only its owner may read.
pub fn write(folder: &Path, name: &str, content: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Starts a program that ends with its handle.
pub fn start(words: &[String]) -> Child {
    Command::new(&words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Asks again and again until the answer is yes, with a bound.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = tokio::time::Instant::now() + BOUND;
    while !holds() {
        assert!(tokio::time::Instant::now() < end, "not in {BOUND:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

//! The child behind a session. Its standard input is held open by the Hub alone: when the Hub ends,
//! however that happens, the input ends, and with it child, session and services. (A parent-death
//! signal would be bound to the thread that started the child, not to the Hub, so none is set.)

use crate::fault::{Fault, last_lines};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// From the end of its input to the child's own end; the engine is given 10 s for its part.
const CLOSE_BOUND: Duration = Duration::from_secs(12);
/// What is kept of its standard error.
const STDERR_BYTES: usize = 64 * 1024;
/// Longest line in which a child can say where it serves.
const MAX_LINE: u64 = 64 * 1024;

/// What a session is opened with.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    /// The Dagger command line.
    pub(crate) cli: PathBuf,
    /// Address of the engine, as the command line takes it.
    pub(crate) engine: String,
    /// An empty folder: the command line looks for projects of its own where it is started.
    pub(crate) folder: PathBuf,
    /// From the start to the word that it serves.
    pub(crate) bound: Duration,
}

/// Where a child serves.
#[derive(Deserialize)]
pub(super) struct Served {
    pub(super) port: u16,
    pub(super) session_token: String,
}

pub(super) struct Child {
    stdin: Mutex<Option<ChildStdin>>,
    pid: Option<u32>,
    ended: watch::Receiver<Option<String>>,
    /// Reads what it writes and waits for its end. Dropping this kills it.
    _keepers: JoinSet<()>,
}

impl Child {
    pub(super) async fn start(opening: &Opening) -> Result<(Self, Served), Fault> {
        let lost = |words: String| Fault::Connection(words);
        let mut child = command(opening)
            .spawn()
            .map_err(|fault| lost(format!("{}: {fault}", opening.cli.display())))?;
        let stdin = child.stdin.take();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
            return Err(lost("the command line has no output".to_owned()));
        };
        let pid = child.id();
        let kept = Arc::new(Mutex::new(Vec::new()));
        let mut keepers = JoinSet::new();
        let (ends, ended) = watch::channel(None);
        let collected = collect(stderr, Arc::clone(&kept));
        keepers.spawn(async move {
            // Its words first: whoever learns of the end wants to know why.
            let (status, ()) = tokio::join!(child.wait(), collected);
            let how = status.map_or_else(|fault| fault.to_string(), |status| status.to_string());
            let said = last_lines(&text(&kept)).join("\n");
            ends.send_replace(Some(if said.is_empty() { how } else { format!("{how}: {said}") }));
        });
        let mut lines = BufReader::new(stdout);
        let served = tokio::time::timeout(opening.bound, serving(&mut lines)).await;
        let this = Self { stdin: Mutex::new(stdin), pid, ended, _keepers: keepers };
        match served {
            Ok(Some(served)) => {
                let mut this = this;
                this._keepers.spawn(drain(lines));
                Ok((this, served))
            }
            // It ended without a word on its output.
            Ok(None) => {
                let words = this.words().await;
                match Fault::from_words(&words) {
                    Fault::Build(words) => Err(lost(words)),
                    told_apart => Err(told_apart),
                }
            }
            Err(_) => {
                this.kill();
                Err(Fault::Timeout(opening.bound))
            }
        }
    }

    pub(super) fn ended(&self) -> watch::Receiver<Option<String>> {
        self.ended.clone()
    }

    async fn words(&self) -> String {
        let mut ended = self.ended.clone();
        let end = ended.wait_for(Option::is_some);
        let found = tokio::time::timeout(CLOSE_BOUND, end).await;
        found.ok().and_then(Result::ok).and_then(|words| words.clone()).unwrap_or_default()
    }

    pub(super) async fn close(&self) {
        drop(self.stdin.lock().unwrap_or_else(PoisonError::into_inner).take());
        let mut ended = self.ended.clone();
        let end = ended.wait_for(Option::is_some);
        if tokio::time::timeout(CLOSE_BOUND, end).await.is_err() {
            tracing::warn!("a Dagger session did not end in time and was killed");
            self.kill();
        }
    }

    /// True once it was asked to end.
    pub(super) fn is_closed(&self) -> bool {
        self.stdin.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Kills it and what it may have started.
    pub(super) fn kill(&self) {
        #[cfg(unix)]
        if let Some(pid) = self.pid
            && self.ended.borrow().is_none()
            && let Some(group) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw)
            && let Err(fault) =
                rustix::process::kill_process_group(group, rustix::process::Signal::KILL)
        {
            tracing::debug!("a Dagger session was gone before it could be killed: {fault}");
        }
        #[cfg(not(unix))]
        let _ = self.pid;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // An engine notices the end of the input and ends the session in order; nobody waits for it.
        drop(self.stdin.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

fn command(opening: &Opening) -> Command {
    let mut command = Command::new(&opening.cli);
    command
        .args(["session", "--label", "dagger.io/sdk.name:rust", "--label"])
        .arg(format!("dagger.io/sdk.version:{}", env!("CARGO_PKG_VERSION")))
        .current_dir(&opening.folder)
        .env("_EXPERIMENTAL_DAGGER_RUNNER_HOST", &opening.engine)
        .env("DAGGER_SILENT", "1")
        .env("DAGGER_NO_NAG", "1")
        .env("DAGGER_NO_UPDATE_CHECK", "1")
        .env("DO_NOT_TRACK", "1")
        .env("NO_COLOR", "1")
        // It carries some requests and streams; what its collector would let grow stays unused.
        .env("GOGC", "25")
        .env("GOMEMLIMIT", "24MiB")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // A Hub that was itself started inside a session, or under a tracer, has a session of its own.
    for inherited in ["DAGGER_SESSION_PORT", "DAGGER_SESSION_TOKEN", "TRACEPARENT", "TRACESTATE"] {
        command.env_remove(inherited);
    }
    // A group of its own: Ctrl+C in a terminal is for the Hub, which ends its sessions in order.
    #[cfg(unix)]
    command.process_group(0);
    command
}

/// The first line that says where the child serves; `None` when its output ends before.
async fn serving(output: &mut BufReader<ChildStdout>) -> Option<Served> {
    loop {
        let mut line = String::new();
        match output.take(MAX_LINE).read_line(&mut line).await {
            Ok(0) => return None,
            Ok(_) => {}
            Err(fault) => {
                tracing::debug!("the output of a Dagger session cannot be read: {fault}");
                return None;
            }
        }
        if let Ok(served) = serde_json::from_str(&line) {
            return Some(served);
        }
    }
}

async fn drain(mut output: BufReader<ChildStdout>) {
    let mut nowhere = tokio::io::sink();
    if let Err(fault) = tokio::io::copy(&mut output, &mut nowhere).await {
        tracing::debug!("the output of a Dagger session ended: {fault}");
    }
}

/// Keeps the last of what the child says.
async fn collect(mut from: impl AsyncRead + Unpin, kept: Arc<Mutex<Vec<u8>>>) {
    let mut chunk = vec![0; 4096];
    loop {
        let read = match from.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&chunk[..read]);
        let over = kept.len().saturating_sub(STDERR_BYTES);
        kept.drain(..over);
    }
}

fn text(kept: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&kept.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// A command line that runs this script.
    fn opening(folder: &Path, script: &str, bound: Duration) -> Opening {
        let cli = crate::beside::program(folder, "dagger", script);
        Opening { cli, engine: "unix:///x".into(), folder: folder.to_path_buf(), bound }
    }

    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn it_serves_until_its_input_ends_and_sees_the_engines_address() {
        let folder = tempfile::tempdir().unwrap();
        let script = "echo chatter\n\
             echo \"{\\\"port\\\": 1234, \\\"session_token\\\": \\\"$_EXPERIMENTAL_DAGGER_RUNNER_HOST\\\"}\"\n\
             cat >/dev/null\necho bye >&2\nexit 3";
        let (child, served) = Child::start(&opening(folder.path(), script, LONG)).await.unwrap();
        assert_eq!((served.port, served.session_token.as_str()), (1234, "unix:///x"));
        assert!(child.ended().borrow().is_none());
        child.close().await;
        let why = child.ended().borrow().clone().unwrap();
        assert!(why.contains('3') && why.contains("bye"), "{why}");
    }

    #[tokio::test]
    async fn why_it_does_not_serve_is_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let script = "echo 'start engine: connection refused' >&2; exit 1";
        let fault = Child::start(&opening(folder.path(), script, LONG)).await.err().unwrap();
        assert!(
            matches!(&fault, Fault::Connection(w) if w.contains("connection refused")),
            "{fault:?}"
        );
        let script = "echo 'incompatible engine version v0.11.0' >&2; exit 1";
        let fault = Child::start(&opening(folder.path(), script, LONG)).await.err().unwrap();
        assert!(matches!(fault, Fault::Version(_)), "{fault:?}");
    }

    #[tokio::test]
    async fn a_child_that_says_nothing_is_not_waited_for_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let bound = Duration::from_millis(200);
        let fault = Child::start(&opening(folder.path(), "cat", bound)).await.err().unwrap();
        assert_eq!(fault, Fault::Timeout(bound));
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut missing = opening(folder.path(), "", LONG);
        missing.cli = folder.path().join("nothing");
        let fault = Child::start(&missing).await.err().unwrap();
        assert!(matches!(&fault, Fault::Connection(w) if w.contains("nothing")), "{fault:?}");
    }
}

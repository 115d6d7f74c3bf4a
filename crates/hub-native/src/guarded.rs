//! The Hub's side of a guardian: starts it, hands it its order, pumps a service's output into the log
//! or collects a tool's, and learns how it ended.

use crate::guard::{KILL, Notice, Order, TERMINATE};
use crate::platform;
use crate::records::Record;
use async_trait::async_trait;
use futures::future::BoxFuture;
use hub_domain::{Code, Problem};
use hub_engine::logs::{LogStream, LogWriter};
use hub_engine::runtime::{Control, Exit};
use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

/// So many last lines tell why a service ended.
const LAST_LINES: usize = 20;

/// A service that runs under a guardian.
pub(crate) struct Guarded {
    /// Process id of the service.
    pub(crate) pid: u32,
    /// Resolves when it has ended and its output is in the log.
    pub(crate) exited: BoxFuture<'static, Exit>,
    /// Ends it.
    pub(crate) control: Reins,
}

/// A guardian that has started what it was ordered to.
struct Guardian {
    process: Child,
    notices: Lines<BufReader<OwnedReadHalf>>,
    called_off: CalledOff,
    /// Process id of what it guards.
    pid: u32,
}

impl Guardian {
    /// Starts a guardian and hands it its order; `noted` is told its process id before that. Dropping
    /// the future ends both first, and only then returns.
    async fn start(
        guard: &Path,
        order: &Order,
        noted: impl FnOnce(u32) -> std::io::Result<()>,
    ) -> Result<Self, Problem> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(not_started)?;
        ours.set_nonblocking(true).map_err(not_started)?;
        let mut process = Command::new(guard)
            .env_clear()
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(not_started)?;
        let (read, hub) = UnixStream::from_std(ours).map_err(not_started)?.into_split();
        let mut called_off = CalledOff { guardian: process.id(), hub: Some(hub) };
        if let Some(pid) = process.id() {
            noted(pid).map_err(not_started)?;
        }
        let mut line = serde_json::to_vec(order).map_err(not_started)?;
        line.push(b'\n');
        called_off.hand_over(&line).await.map_err(not_started)?;
        let mut notices = BufReader::new(read).lines();
        let why = match next_notice(&mut notices).await {
            Some(Notice::Started(pid)) => return Ok(Self { process, notices, called_off, pid }),
            Some(Notice::Failed(why)) => why,
            other => {
                let said = read_all(process.stderr.take()).await;
                format!("the guardian ended early ({other:?}) {said}")
            }
        };
        // It ends by itself, at once.
        drop(process.wait().await);
        drop(called_off.not_needed());
        Err(not_started(why))
    }
}

/// Starts a service under a new guardian.
///
/// # Errors
/// `SERVICE_LAUNCH_FAILED`; the guardian has ended then.
pub(crate) async fn start(
    guard: &Path,
    order: &Order,
    log: Arc<dyn LogWriter>,
    record: &Record,
) -> Result<Guarded, Problem> {
    let Guardian { process, notices, called_off, pid } =
        Guardian::start(guard, order, |pid| record.write(pid)).await?;
    let exited = Box::pin(until_exit(process, notices, log, record.clone()));
    let hub = Arc::new(tokio::sync::Mutex::new(called_off.not_needed()));
    Ok(Guarded { pid, exited, control: Reins { hub } })
}

/// What came of something that was run to its end.
pub(crate) struct Finished {
    /// How it ended, in words.
    pub(crate) how: String,
    /// It ended with exit code 0.
    pub(crate) is_success: bool,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Runs something under a guardian until it and all it started have ended. Dropping the future ends
/// them first, and only then returns.
///
/// # Errors
/// `SERVICE_LAUNCH_FAILED` when it could not be started.
pub(crate) async fn run_to_end(guard: &Path, order: &Order) -> Result<Finished, Problem> {
    let guardian = Guardian::start(guard, order, |_| Ok(())).await?;
    let Guardian { mut process, mut notices, called_off, .. } = guardian;
    let (out, err) = (process.stdout.take(), process.stderr.take());
    let (stdout, stderr, notice) =
        tokio::join!(all_of(out), all_of(err), next_notice(&mut notices));
    let ended = process.wait().await;
    drop(called_off.not_needed());
    let is_success = notice == Some(Notice::Exited(0));
    Ok(Finished { how: how_it_ended(notice, ended), is_success, stdout, stderr })
}

async fn all_of(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        // What was read before a fault is still worth having.
        drop(stream.read_to_end(&mut bytes).await);
    }
    bytes
}

/// Ends what a guardian guards when its caller has lost interest.
struct CalledOff {
    guardian: Option<u32>,
    /// The Hub's side of its socket; there until it is let go of.
    hub: Option<OwnedWriteHalf>,
}

impl CalledOff {
    /// A process that was killed is gone in milliseconds, one that waits for a disk in more.
    const PATIENCE: Duration = Duration::from_secs(2);

    async fn hand_over(&mut self, line: &[u8]) -> std::io::Result<()> {
        match &mut self.hub {
            Some(hub) => hub.write_all(line).await,
            None => Ok(()),
        }
    }

    /// From here on nothing is ended; gives back the Hub's side of the socket.
    fn not_needed(mut self) -> Option<OwnedWriteHalf> {
        self.guardian = None;
        self.hub.take()
    }
}

impl Drop for CalledOff {
    /// Waits, though it blocks: whoever called it off may start the same again at once, and must find
    /// nothing of it left.
    fn drop(&mut self) {
        let Some(guardian) = self.guardian else { return };
        if let Some(hub) = self.hub.take()
            && let Err(fault) = hub.try_write(&[KILL])
        {
            tracing::debug!("a guardian is gone already: {fault}");
        }
        // With its side of the socket gone, a guardian that has no whole order yet ends as well.
        if !platform::wait_gone(guardian, Self::PATIENCE) {
            tracing::error!("guardian {guardian} has not ended what was called off");
        }
    }
}

fn not_started(cause: impl std::fmt::Display) -> Problem {
    let cause = cause.to_string();
    if cause.contains("No space left on device") {
        return Problem::new(
            Code::DiskFull,
            "The disk is full.",
            "Free some space, then start again.",
        )
        .caused_by(cause);
    }
    Problem::new(
        Code::ServiceLaunchFailed,
        "The service's process could not be created.",
        "The cause says what was missing; the doctor checks the programs.",
    )
    .caused_by(cause)
}

async fn read_all(stream: Option<impl AsyncRead + Unpin>) -> String {
    let mut text = Vec::new();
    if let Some(stream) = stream {
        // What was read before a fault is still worth showing.
        drop(stream.take(4096).read_to_end(&mut text).await);
    }
    String::from_utf8_lossy(&text).trim().to_owned()
}

async fn next_notice(notices: &mut Lines<BufReader<OwnedReadHalf>>) -> Option<Notice> {
    let line = notices.next_line().await.ok().flatten()?;
    serde_json::from_str(&line).ok()
}

async fn until_exit(
    mut guardian: Child,
    mut notices: Lines<BufReader<OwnedReadHalf>>,
    log: Arc<dyn LogWriter>,
    record: Record,
) -> Exit {
    let last = Arc::new(Mutex::new(LastLines::default()));
    let mut pumps = JoinSet::new();
    if let Some(out) = guardian.stdout.take() {
        pumps.spawn(pump(out, LogStream::Stdout, Arc::clone(&log), Arc::clone(&last)));
    }
    if let Some(err) = guardian.stderr.take() {
        pumps.spawn(pump(err, LogStream::Stderr, Arc::clone(&log), Arc::clone(&last)));
    }
    let notice = next_notice(&mut notices).await;
    // The guardian ends after all the service started; only then are the streams at their end.
    while pumps.join_next().await.is_some() {}
    let guardian = guardian.wait().await;
    log.end();
    record.erase();
    let how = how_it_ended(notice, guardian);
    let last_lines = last.lock().unwrap_or_else(PoisonError::into_inner).take();
    Exit { how, last_lines }
}

fn how_it_ended(
    notice: Option<Notice>,
    guardian: std::io::Result<std::process::ExitStatus>,
) -> String {
    match notice {
        Some(Notice::Exited(code)) => format!("exited with code {code}"),
        Some(Notice::Signalled(signal)) => format!("was ended by signal {}", signal_name(signal)),
        Some(Notice::Started(_) | Notice::Failed(_)) | None => {
            format!("was lost with its guardian ({})", words(guardian))
        }
    }
}

fn words(status: std::io::Result<std::process::ExitStatus>) -> String {
    status.map_or_else(|fault| fault.to_string(), |status| status.to_string())
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        libc::SIGKILL => "SIGKILL",
        libc::SIGTERM => "SIGTERM",
        libc::SIGINT => "SIGINT",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGQUIT => "SIGQUIT",
        _ => return signal.to_string(),
    };
    format!("{signal} ({name})")
}

async fn pump(
    mut stream: impl AsyncRead + Unpin,
    kind: LogStream,
    log: Arc<dyn LogWriter>,
    last: Arc<Mutex<LastLines>>,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return,
            Ok(n) => {
                log.write(kind, &buffer[..n]);
                last.lock().unwrap_or_else(PoisonError::into_inner).take_in(&buffer[..n]);
            }
            Err(fault) => {
                log.note(&format!("the rest of its output could not be read: {fault}"));
                return;
            }
        }
    }
}

/// The last lines of both streams together, for the report of an exit.
#[derive(Default)]
struct LastLines {
    lines: VecDeque<String>,
    open: Vec<u8>,
}

impl LastLines {
    /// A line is cut here: what is longer is in the log.
    const MAX_LINE: usize = 2000;

    fn take_in(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            let room = Self::MAX_LINE.saturating_sub(self.open.len());
            self.open.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        let line = String::from_utf8_lossy(&self.open).trim_end().to_owned();
        self.open.clear();
        if !line.is_empty() {
            self.lines.push_back(line);
        }
        if self.lines.len() > LAST_LINES {
            self.lines.pop_front();
        }
    }

    fn take(&mut self) -> Vec<String> {
        self.close();
        std::mem::take(&mut self.lines).into()
    }
}

/// The way to end a guarded service.
#[derive(Clone)]
pub(crate) struct Reins {
    hub: Arc<tokio::sync::Mutex<Option<OwnedWriteHalf>>>,
}

impl Reins {
    async fn say(&self, byte: u8) {
        // A closed socket means that the guardian, and with it the service, has ended.
        if let Some(hub) = &mut *self.hub.lock().await
            && let Err(fault) = hub.write_all(&[byte]).await
        {
            tracing::debug!("a guardian is gone already: {fault}");
        }
    }
}

#[async_trait]
impl Control for Reins {
    async fn terminate(&self) {
        self.say(TERMINATE).await;
    }

    async fn kill(&self) {
        self.say(KILL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use tokio::time::{Instant, MissedTickBehavior, interval};

    const BOUND: Duration = Duration::from_secs(60);

    fn order(folder: &Path) -> Order {
        Order {
            program: "/bin/true".into(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            input: None,
            folder: folder.to_path_buf(),
            account: None,
            polite_signal: libc::SIGTERM,
            cgroups: Vec::new(),
            write_protected: Vec::new(),
        }
    }

    /// A guardian that tells its process id in a file and never says a word.
    fn mute(folder: &Path, then: &str) -> PathBuf {
        let told = folder.join("pid");
        let (told, then) = (told.display(), then);
        let script = format!("echo $$ > {told}.new\nmv {told}.new {told}\n{then}\n");
        crate::beside::program(folder, "guard", &script)
    }

    fn is_alive(pid: &str) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Calls a run off once its guardian is there; the guardian's process id.
    async fn called_off(guard: &Path, folder: &Path) -> String {
        let order = order(folder);
        let mut running = Box::pin(run_to_end(guard, &order));
        let began = Instant::now();
        let mut looks = interval(Duration::from_millis(2));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                finished = &mut running => panic!("{:?}", finished.map(|finished| finished.how)),
                _ = looks.tick() => {}
            }
            assert!(began.elapsed() < BOUND, "the guardian did not come up");
            if let Ok(pid) = std::fs::read_to_string(folder.join("pid")) {
                let pid = pid.trim().to_owned();
                assert!(is_alive(&pid));
                return pid;
            }
        }
    }

    #[tokio::test]
    async fn a_launch_that_is_called_off_before_the_guardians_first_word_is_over_when_it_returns() {
        // It has its order, and is launching; it has not read it yet.
        let launching =
            "read -r order || exit 1\n[ \"$(dd bs=1 count=1 2>/dev/null)\" = k ] || exec sleep 600";
        for then in [launching, "cat >/dev/null"] {
            let folder = tempfile::tempdir().unwrap();
            let pid = called_off(&mute(folder.path(), then), folder.path()).await;
            assert!(!is_alive(&pid), "the guardian is still there: {then}");
        }
    }

    #[tokio::test]
    async fn a_guardian_that_fails_is_told_with_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let guard = mute(folder.path(), "echo 'no such thing' >&2; exit 1");
        let Err(problem) = run_to_end(&guard, &order(folder.path())).await else {
            panic!("it cannot have run");
        };
        assert_eq!(problem.code, Code::ServiceLaunchFailed);
        assert!(problem.cause.unwrap().contains("no such thing"));
    }
}

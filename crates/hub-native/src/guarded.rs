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
    hub: OwnedWriteHalf,
    /// Process id of what it guards.
    pid: u32,
}

impl Guardian {
    /// Starts a guardian and hands it its order; `noted` is told its process id before that.
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
        let (read, mut hub) = UnixStream::from_std(ours).map_err(not_started)?.into_split();
        if let Some(pid) = process.id() {
            noted(pid).map_err(not_started)?;
        }
        let mut line = serde_json::to_vec(order).map_err(not_started)?;
        line.push(b'\n');
        hub.write_all(&line).await.map_err(not_started)?;
        let mut notices = BufReader::new(read).lines();
        match next_notice(&mut notices).await {
            Some(Notice::Started(pid)) => Ok(Self { process, notices, hub, pid }),
            Some(Notice::Failed(why)) => Err(not_started(why)),
            other => {
                let said = read_all(process.stderr.take()).await;
                Err(not_started(format!("the guardian ended early ({other:?}) {said}")))
            }
        }
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
    let Guardian { process, notices, hub, pid } =
        Guardian::start(guard, order, |pid| record.write(pid)).await?;
    let exited = Box::pin(until_exit(process, notices, log, record.clone()));
    Ok(Guarded { pid, exited, control: Reins { hub: Arc::new(tokio::sync::Mutex::new(hub)) } })
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
    let Guardian { mut process, mut notices, hub, .. } = guardian;
    let (out, err) = (process.stdout.take(), process.stderr.take());
    let called_off = CalledOff { guardian: process.id(), hub };
    let (stdout, stderr, notice) =
        tokio::join!(all_of(out), all_of(err), next_notice(&mut notices));
    let ended = process.wait().await;
    called_off.not_needed();
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
    hub: OwnedWriteHalf,
}

impl CalledOff {
    /// A process that was killed is gone in milliseconds, one that waits for a disk in more.
    const PATIENCE: Duration = Duration::from_secs(2);

    fn not_needed(mut self) {
        self.guardian = None;
    }
}

impl Drop for CalledOff {
    /// Waits, though it blocks: whoever called it off may start the same again at once, and must find
    /// nothing of it left.
    fn drop(&mut self) {
        let Some(guardian) = self.guardian else { return };
        if let Err(fault) = self.hub.try_write(&[KILL]) {
            tracing::debug!("a guardian is gone already: {fault}");
        }
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
    hub: Arc<tokio::sync::Mutex<OwnedWriteHalf>>,
}

impl Reins {
    async fn say(&self, byte: u8) {
        // A closed socket means that the guardian, and with it the service, has ended.
        if let Err(fault) = self.hub.lock().await.write_all(&[byte]).await {
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

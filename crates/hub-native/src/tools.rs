//! Runs a tool to its end: `initdb`, `uv`, `npm`, a program's `--version`. Bounded in time, ended when
//! the caller loses interest, its last lines kept for the error.

use crate::account::Account;
use hub_domain::{Code, Problem};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A tool to be run.
pub(crate) struct Tool {
    command: Command,
    name: String,
    input: Option<Vec<u8>>,
    bound: Duration,
}

/// What a tool wrote.
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Tool {
    /// A tool with a clean environment apart from what such tools need: `PATH`, `HOME`, language,
    /// proxies and the user's own package client settings.
    pub(crate) fn new(program: &Path, bound: Duration) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        let name = program.file_name().unwrap_or(program.as_os_str());
        Self { command, name: name.to_string_lossy().into_owned(), input: None, bound }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<T: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it under the account, in a clean environment.
    pub(crate) fn account(mut self, account: &Account) -> Self {
        self.command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C");
        #[cfg(unix)]
        if let Some(ids) = account.to_change() {
            self.command.uid(ids.uid).gid(ids.gid);
        }
        #[cfg(not(unix))]
        let _ = account;
        self
    }

    /// Gives it this on its standard input; the place for secrets.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.command.stdin(Stdio::piped());
        self.input = Some(input.into());
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// `code` with the last lines it wrote; `DISK_FULL` when they say so.
    pub(crate) async fn run(mut self, code: Code) -> Result<Output, Problem> {
        let name = self.name.clone();
        let fail = |cause: String| failed(code, &name, cause);
        let mut child = self.command.spawn().map_err(|fault| fail(fault.to_string()))?;
        if let (Some(input), Some(mut stdin)) = (self.input.take(), child.stdin.take()) {
            // A tool that ends without reading all says more by its output than by the broken pipe.
            drop(stdin.write_all(&input).await);
            drop(stdin.shutdown().await);
        }
        let output = tokio::time::timeout(self.bound, child.wait_with_output())
            .await
            .map_err(|_| fail(format!("it took longer than {} s", self.bound.as_secs())))?
            .map_err(|fault| fail(fault.to_string()))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let result = Output { stdout: text(&output.stdout), stderr: text(&output.stderr) };
        if output.status.success() {
            return Ok(result);
        }
        let tail = last_lines(&format!("{}\n{}", result.stdout, result.stderr), 20);
        let cause = format!("{}: {}", output.status, tail.join("\n"));
        Err(fail(cause).with_log_tail(tail))
    }
}

fn failed(code: Code, name: &str, cause: String) -> Problem {
    if is_disk_full(&cause) {
        return disk_full(cause);
    }
    Problem::new(
        code,
        format!("{name} did not succeed."),
        "The cause holds what it said; try again when that is mended.",
    )
    .caused_by(cause)
}

/// True when words of a tool or of the system mean a full disk.
pub(crate) fn is_disk_full(words: &str) -> bool {
    ["No space left on device", "ENOSPC", "Disk quota exceeded", "os error 28"]
        .iter()
        .any(|sign| words.contains(sign))
}

pub(crate) fn disk_full(cause: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::DiskFull,
        "The disk that holds the Hub's data is full.",
        "Free some space on it, then start again; nothing was lost.",
    )
    .caused_by(cause)
}

/// A fault of the file system, as the user should see it.
pub(crate) fn io_problem(code: Code, what: &str, fault: &std::io::Error) -> Problem {
    if fault.kind() == std::io::ErrorKind::StorageFull || is_disk_full(&fault.to_string()) {
        return disk_full(fault);
    }
    Problem::new(
        code,
        format!("{what} could not be done."),
        "See the cause; check rights and space.",
    )
    .caused_by(fault)
}

fn last_lines(text: &str, count: usize) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].iter().map(|l| (*l).to_owned()).collect()
}

//! Runs a tool to its end: `initdb`, `uv`, `npm`, a program's `--version`. Each under a guardian, so
//! that nothing of it outlives the Hub; bounded in time, ended as a whole when the caller loses
//! interest, its last lines kept for the error.

use crate::account::Account;
use crate::guard::Order;
use crate::guarded;
use hub_domain::{Code, Problem};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What all tools need.
#[derive(Clone, Debug)]
pub(crate) struct Toolbox {
    /// The guardian's program.
    pub(crate) guard: PathBuf,
    /// The account of the services.
    pub(crate) account: Account,
}

impl Toolbox {
    /// A tool that runs as the Hub itself, with the user's own settings for package clients and proxies.
    pub(crate) fn tool(&self, program: &Path, bound: Duration) -> Tool {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Tool::new(&self.guard, program, environment, bound)
    }

    /// A tool that runs under the services' account, in a clean environment.
    pub(crate) fn service_tool(&self, program: &Path, bound: Duration) -> Tool {
        let clean = [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("LC_ALL", "C")];
        let environment = clean.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        let mut tool = Tool::new(&self.guard, program, environment, bound);
        tool.order.account = self.account.to_change();
        tool
    }
}

/// A tool to be run.
pub(crate) struct Tool {
    guard: PathBuf,
    name: String,
    order: Order,
    bound: Duration,
}

/// What a tool wrote.
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Tool {
    fn new(
        guard: &Path,
        program: &Path,
        environment: BTreeMap<String, String>,
        bound: Duration,
    ) -> Self {
        let name = program.file_name().unwrap_or(program.as_os_str());
        let order = Order {
            program: program.to_path_buf(),
            arguments: Vec::new(),
            environment,
            input: None,
            folder: PathBuf::from("/"),
            account: None,
            polite_signal: TERMINATE,
            cgroups: Vec::new(),
            write_protected: Vec::new(),
        };
        Self { guard: guard.to_path_buf(), name: name.to_string_lossy().into_owned(), order, bound }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<Path>) -> Self {
        self.order.arguments.push(arg.as_ref().display().to_string());
        self
    }

    pub(crate) fn args<T: AsRef<str>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.order.arguments.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.order.environment.insert(name.to_owned(), value.as_ref().display().to_string());
        self
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.order.folder = folder.to_path_buf();
        self
    }

    /// Gives it this on its standard input; the place for secrets.
    pub(crate) fn input(mut self, input: impl Into<String>) -> Self {
        self.order.input = Some(input.into());
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// `code` with the last lines it wrote; `DISK_FULL` when they say so.
    pub(crate) async fn run(self, code: Code) -> Result<Output, Problem> {
        let fail = |cause: String, tail| failed(code, &self.name, cause, tail);
        let finished =
            tokio::time::timeout(self.bound, guarded::run_to_end(&self.guard, &self.order))
                .await
                .map_err(|_| {
                    fail(format!("it took longer than {} s", self.bound.as_secs()), Vec::new())
                })?
                .map_err(|problem| fail(problem.cause.unwrap_or(problem.message), Vec::new()))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let result = Output { stdout: text(&finished.stdout), stderr: text(&finished.stderr) };
        if finished.is_success {
            return Ok(result);
        }
        let tail = last_lines(&format!("{}\n{}", result.stdout, result.stderr), 20);
        Err(fail(format!("it {}", finished.how), tail))
    }
}

/// Asks a program to end, on every Unix.
const TERMINATE: i32 = 15;

fn failed(code: Code, name: &str, cause: String, tail: Vec<String>) -> Problem {
    let problem = if is_disk_full(&cause) || tail.iter().any(|line| is_disk_full(line)) {
        disk_full(cause)
    } else {
        Problem::new(
            code,
            format!("{name} did not succeed."),
            "The cause holds what it said; try again when that is mended.",
        )
        .caused_by(cause)
    };
    problem.with_log_tail(tail)
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

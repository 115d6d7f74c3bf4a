//! A shell on the engine's side that stays: it is started once, learns the Hub's few commands, and
//! answers them one after the other. Starting a program there for every look would cost more than
//! what is looked at.

use super::side::EngineSide;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// What the shell is taught.
pub(super) const SCRIPT: &str = include_str!("engine_side.sh");

/// Time in which the shell must be there; over ssh a connection is made first.
const START: Duration = Duration::from_secs(8);
/// Time in which a command must be answered.
const ANSWER: Duration = Duration::from_secs(3);
/// Time in which a shell that failed says why.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// What is read of them.
const WORDS: u64 = 2000;
/// Lines of one answer; more are none of ours.
const LINES: usize = 1000;

/// The way to the engine's side.
pub(super) struct Shell {
    side: EngineSide,
    script: String,
    running: Mutex<Option<Running>>,
}

struct Running {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    asked: u64,
}

impl Shell {
    pub(super) fn new(side: EngineSide, script: impl Into<String>) -> Self {
        Self { side, script: script.into(), running: Mutex::default() }
    }

    /// Gives one command and returns its answer, line by line.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub(super) async fn ask(&self, command: &str) -> Result<Vec<String>, String> {
        let mut place = self.running.lock().await;
        // Taken out while it is used: whoever calls this off leaves no half answer behind, but a shell
        // that is ended.
        let mut running = match place.take() {
            Some(running) => running,
            None => self.start().await?,
        };
        match timeout(ANSWER, running.ask(command)).await {
            Ok(Ok(answer)) => {
                *place = Some(running);
                Ok(answer)
            }
            Ok(Err(fault)) => Err(running.last_words(&fault).await),
            Err(_) => Err(format!("no answer within {} s", ANSWER.as_secs())),
        }
    }

    async fn start(&self) -> Result<Running, String> {
        let mut command = self.side.shell()?;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        let mut child = command.spawn().map_err(|fault| format!("{program}: {fault}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{program} has no pipes"));
        };
        let output = BufReader::new(output).lines();
        let mut running = Running { child, input, output, asked: 0 };
        let taught = async {
            running.input.write_all(self.script.as_bytes()).await?;
            running.ask("").await
        };
        match timeout(START, taught).await {
            Ok(Ok(_)) => Ok(running),
            Ok(Err(fault)) => Err(running.last_words(&fault).await),
            Err(_) => Err(format!("{program} does not answer within {} s", START.as_secs())),
        }
    }
}

impl Running {
    async fn ask(&mut self, command: &str) -> std::io::Result<Vec<String>> {
        self.asked += 1;
        let (begin, end) = (format!("begin {}", self.asked), format!("end {}", self.asked));
        let text = format!("echo {begin}\n{command}\necho {end}\n");
        self.input.write_all(text.as_bytes()).await?;
        self.input.flush().await?;
        let mut answer = None::<Vec<String>>;
        while let Some(line) = self.output.next_line().await? {
            match &mut answer {
                // What a login shell greets with is not for us.
                None if line == begin => answer = Some(Vec::new()),
                None => {}
                Some(lines) if line == end => return Ok(std::mem::take(lines)),
                Some(lines) if lines.len() < LINES => lines.push(line),
                Some(_) => return Err(std::io::Error::other("the answer does not end")),
            }
        }
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }

    /// What it said before it ended, else the fault.
    async fn last_words(mut self, fault: &std::io::Error) -> String {
        let mut words = Vec::new();
        if let Some(stderr) = self.child.stderr.take() {
            // What was read until then counts.
            let _ = timeout(LAST_WORDS, stderr.take(WORDS).read_to_end(&mut words)).await;
        }
        let words = String::from_utf8_lossy(&words);
        match words.lines().map(str::trim).rfind(|line| !line.is_empty()) {
            Some(line) => line.to_owned(),
            None => format!("the shell there ended ({fault})"),
        }
    }
}

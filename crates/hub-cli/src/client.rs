//! Asks the running Hub, or starts one in the background first. Blocking, without an async runtime:
//! a command is over in milliseconds.

use hub_api::contract::WireError;
use hub_api::discovery::{Beacon, Token};
use hub_cli::hosting;
use hub_domain::{Code, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use ureq::Body;
use ureq::http::Response;

/// A Hub is open in less than a second; on a machine that is busy, later.
const OPEN_BOUND: Duration = Duration::from_secs(30);
/// So often another Hub that is just opening is looked for before a start is tried again: it may have
/// failed, or have been one that was ending.
const LOOKS: u32 = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// The longest answer is that of a first start, which may fetch programs over a slow line.
const ANSWER_BOUND: Duration = Duration::from_secs(30 * 60);
/// What is answered from memory comes at once; a Hub that hangs must be told from one that works.
const GLANCE_BOUND: Duration = Duration::from_secs(10);
/// Connecting over loopback.
const CONNECT_BOUND: Duration = Duration::from_secs(5);

/// A connection to a Hub.
pub(crate) struct Client {
    agent: ureq::Agent,
    base: String,
    token: Token,
}

impl Client {
    /// To the Hub that runs on the home.
    pub(crate) fn running(home: &Path) -> Option<Self> {
        hosting::running(home).map(|(beacon, token)| Self::to(&beacon, token))
    }

    /// To a Hub whose address is known.
    pub(crate) fn to(beacon: &Beacon, token: Token) -> Self {
        let settings = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_BOUND))
            .proxy(None)
            .build();
        let base = format!("http://127.0.0.1:{}/api/v1", beacon.port);
        Self { agent: settings.new_agent(), base, token }
    }

    /// To the Hub that runs on the home; starts one where none does.
    ///
    /// # Errors
    /// What the new Hub failed with.
    pub(crate) fn connect(home: &Path) -> Result<Self, WireError> {
        if let Some(client) = Self::running(home) {
            return Ok(client);
        }
        let began = Instant::now();
        loop {
            match start_hub(home) {
                // Two commands may have started one at the same time: one of them is enough.
                Err(error) if error.code.0 == Code::HubAlreadyRunning.as_str() => {
                    if let Some(client) = Self::opened_by_another(home) {
                        return Ok(client);
                    }
                    if began.elapsed() > OPEN_BOUND {
                        return Err(error);
                    }
                }
                started => {
                    started?;
                    break;
                }
            }
        }
        Self::running(home).ok_or_else(|| {
            Problem::new(
                Code::HubNotRunning,
                "The Hub was started but cannot be found.",
                "See hub.log in the Hub home.",
            )
            .into()
        })
    }

    fn opened_by_another(home: &Path) -> Option<Self> {
        (0..LOOKS).find_map(|_| {
            let client = Self::running(home);
            if client.is_none() {
                std::thread::park_timeout(BETWEEN_LOOKS);
            }
            client
        })
    }

    fn header(&self) -> String {
        format!("Bearer {}", self.token.reveal())
    }

    /// Sends one of the contract's commands.
    ///
    /// # Errors
    /// Those of the command; `HUB_SERVER_FAILED` when the Hub cannot be reached.
    pub(crate) fn call<T: DeserializeOwned>(
        &self,
        command: &str,
        params: impl Serialize,
    ) -> Result<T, WireError> {
        let request = json!({ "cmd": command, "params": params }).to_string();
        let bound = if matches!(command, "list" | "get") { GLANCE_BOUND } else { ANSWER_BOUND };
        let answer = self
            .agent
            .post(format!("{}/rpc", self.base))
            .header("authorization", self.header())
            .header("content-type", "application/json")
            .config()
            .timeout_global(Some(bound))
            .build()
            .send(request)
            .map_err(unreachable)?;
        read(answer)
    }

    /// The address of the Hub's own page, good for one opening within a minute.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(crate) fn page_address(&self) -> Result<String, WireError> {
        #[derive(serde::Deserialize)]
        struct Handed {
            key: String,
        }
        let answer = self
            .agent
            .post(format!("{}/keys", self.base))
            .header("authorization", self.header())
            .config()
            .timeout_global(Some(GLANCE_BOUND))
            .build()
            .send_empty()
            .map_err(unreachable)?;
        let handed: Handed = read(answer)?;
        let page = self.base.trim_end_matches("api/v1");
        Ok(format!("{page}#key={}", handed.key))
    }

    /// Opens a stream of server-sent events.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(crate) fn stream(&self, address: &str) -> Result<impl BufRead + use<>, WireError> {
        let mut answer = self
            .agent
            .get(format!("{}/{address}", self.base))
            .header("authorization", self.header())
            .header("accept", "text/event-stream")
            .call()
            .map_err(unreachable)?;
        if answer.status().is_success() {
            return Ok(BufReader::new(answer.into_body().into_reader()));
        }
        let mut text = String::new();
        answer.body_mut().as_reader().read_to_string(&mut text).map_err(unreachable)?;
        Err(parse(&text)?)
    }
}

/// What the Hub answered, or the failure it told.
fn read<T: DeserializeOwned>(mut answer: Response<Body>) -> Result<T, WireError> {
    let mut text = String::new();
    answer.body_mut().as_reader().read_to_string(&mut text).map_err(unreachable)?;
    if answer.status().is_success() { parse(&text) } else { Err(parse(&text)?) }
}

/// An answer of the Hub.
///
/// # Errors
/// `HUB_SERVER_FAILED` for what is not of the contract.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, WireError> {
    serde_json::from_str(text).map_err(|fault| {
        Problem::new(
            Code::HubServerFailed,
            "The Hub's answer could not be understood.",
            "Check that cchub and the running Hub have the same version.",
        )
        .caused_by(fault)
        .into()
    })
}

/// A failure of the connection itself.
pub(crate) fn unreachable(fault: impl std::fmt::Display) -> WireError {
    Problem::new(
        Code::HubServerFailed,
        "The Hub could not be reached.",
        "It may be ending; try again in a moment.",
    )
    .caused_by(fault)
    .retryable()
    .into()
}

/// Starts a Hub in the background and waits until it is open.
fn start_hub(home: &Path) -> Result<(), WireError> {
    let failed = |cause: String| {
        WireError::from(
            Problem::new(
                Code::HubNotRunning,
                "The Hub could not be started.",
                "See the cause, or hub.log in the Hub home.",
            )
            .caused_by(cause),
        )
    };
    hosting::make_home(home)?;
    let program = std::env::current_exe().map_err(|fault| failed(fault.to_string()))?;
    let mut child = Command::new(program)
        .arg("--home")
        .arg(home)
        .args(["--json", "serve", "--detached"])
        // It outlives this command and must not hold on to the folder that was typed in.
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|fault| failed(fault.to_string()))?;
    let Some(stdout) = child.stdout.take() else { return Err(failed("no output".to_owned())) };
    let (send, receive) = mpsc::channel();
    // Ends with the line, or with the child.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line).map(|_| line);
        drop(send.send(read));
    });
    match receive.recv_timeout(OPEN_BOUND) {
        Ok(Ok(line)) => match serde_json::from_str::<Value>(&line) {
            Ok(said) if said["error"].is_object() => {
                let error: WireError = serde_json::from_value(said["error"].clone())
                    .map_err(|fault| failed(fault.to_string()))?;
                Err(error)
            }
            Ok(_) => Ok(()),
            Err(fault) => Err(failed(format!("it ended early ({fault}) {line}"))),
        },
        Ok(Err(fault)) => Err(failed(fault.to_string())),
        Err(_) => {
            // A Hub that nobody waits for would come as a surprise later.
            let ended = child.kill().and_then(|()| child.wait());
            let late = format!("it was not open after {} s", OPEN_BOUND.as_secs());
            Err(failed(match ended {
                Ok(_) => late,
                Err(fault) => format!("{late} and could not be ended: {fault}"),
            }))
        }
    }
}

//! Reads one of a session's streams for as long as the session lives: connects, goes on behind what
//! was read when the connection breaks, and notices when nobody answers any more.
//!
//! The engine sends nothing while there is nothing to send, and a session that was frozen keeps its
//! connections. So after some silence the stream is opened anew: whoever answers is alive, and nothing
//! is lost or repeated, as the numbers tell where to go on.

use super::cursor::Cursor;
use super::routing::{Kind, Routing, take_event};
use super::sse::Parser;
use super::{Link, SessionAddress};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use secrecy::ExposeSecret;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How long a session is trusted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Silence after which it is asked whether it is there.
    pub(crate) silence: Duration,
    /// Time in which it must answer.
    pub(crate) answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { silence: Duration::from_secs(10), answer: Duration::from_secs(3) }
    }
}

/// Pauses between attempts to connect: the first one, and what they grow to.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Reads one stream.
pub(crate) struct Reader {
    kind: Kind,
    url: String,
    authorization: HeaderValue,
    client: reqwest::Client,
    patience: Patience,
    routing: Arc<Mutex<Routing>>,
    link: watch::Sender<Link>,
    cursor: Cursor,
}

/// Why a connection is left.
enum Left {
    /// It was silent for long.
    Silent,
    /// It broke.
    Broken(String),
}

impl Reader {
    /// # Errors
    /// When the token cannot stand in a header.
    pub(crate) fn new(
        kind: Kind,
        address: &SessionAddress,
        client: reqwest::Client,
        patience: Patience,
        routing: Arc<Mutex<Routing>>,
        link: watch::Sender<Link>,
    ) -> Result<Self, String> {
        use base64::Engine as _;
        let credentials = format!("{}:", address.token.expose_secret());
        let encoded = base64::engine::general_purpose::STANDARD.encode(credentials);
        let mut authorization =
            HeaderValue::try_from(format!("Basic {encoded}")).map_err(|e| e.to_string())?;
        authorization.set_sensitive(true);
        let url = format!("http://127.0.0.1:{}{}", address.port, kind.path());
        let cursor = Cursor::default();
        Ok(Self { kind, url, authorization, client, patience, routing, link, cursor })
    }

    /// Reads until it is dropped.
    pub(crate) async fn run(mut self) {
        let mut pause = PAUSES.0;
        loop {
            let (left, was_live) = self.read_connection().await;
            if was_live {
                pause = PAUSES.0;
            }
            if let Left::Broken(because) = left {
                tracing::debug!(stream = self.kind.path(), "the session's stream broke: {because}");
                self.link.send_modify(|link| link.breaks(because));
                // The pause of a bounded backoff; the next attempt asks again.
                sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }

    /// Opens the stream and reads it until it breaks or falls silent; also tells whether it lived.
    async fn read_connection(&mut self) -> (Left, bool) {
        let mut response = match self.open().await {
            Ok(response) => response,
            Err(because) => return (Left::Broken(because), false),
        };
        let mut parser = Parser::default();
        let mut bound = self.patience.answer;
        let mut is_live = false;
        loop {
            let left = match timeout(bound, response.chunk()).await {
                Ok(Ok(Some(bytes))) => {
                    if !is_live {
                        is_live = true;
                        bound = self.patience.silence;
                        self.link.send_if_modified(Link::lives);
                    }
                    parser.push(&bytes, &mut |event| {
                        take_event(&self.routing, self.kind, event, &mut self.cursor);
                    });
                    continue;
                }
                Ok(Ok(None)) => Left::Broken("the session closed it".to_owned()),
                Ok(Err(fault)) => Left::Broken(chain(&fault)),
                Err(_) if is_live => Left::Silent,
                Err(_) => Left::Broken(self.no_answer()),
            };
            return (left, is_live);
        }
    }

    async fn open(&self) -> Result<reqwest::Response, String> {
        let mut request = self
            .client
            .get(&self.url)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "text/event-stream");
        if let Some(last) = self.cursor.last() {
            request = request.header("X-Last-Event-ID", last);
        }
        let response = timeout(self.patience.answer, request.send())
            .await
            .map_err(|_| self.no_answer())?
            .map_err(|fault| chain(&fault))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            status => Err(format!("the session answered {status}")),
        }
    }

    fn no_answer(&self) -> String {
        format!("the session does not answer within {} s", self.patience.answer.as_secs_f32())
    }
}

/// A fault with its causes. The address has no secret in it.
fn chain(fault: &dyn std::error::Error) -> String {
    let mut words = fault.to_string();
    let mut cause = fault.source();
    while let Some(fault) = cause {
        words = format!("{words}: {fault}");
        cause = fault.source();
    }
    words
}

impl Link {
    /// True when that is news.
    fn lives(&mut self) -> bool {
        let is_new = *self != Self::Live;
        *self = Self::Live;
        is_new
    }

    fn breaks(&mut self, because: String) {
        let since = match self {
            Self::Broken { since, .. } => *since,
            Self::Connecting | Self::Live => Instant::now(),
        };
        *self = Self::Broken { since, because };
    }
}

//! What a session tells about its services: their output and the end of their processes.
//!
//! Reads the two event streams a `dagger session` offers beside its API. They are undocumented, so
//! whatever is missing or unknown in them is passed over and counted. Each service has a trace of its
//! own, by which its output is told apart. Judges nothing: a run that ended is reported with what is
//! known, and whether that was a crash is the caller's to say.

mod chatter;
mod cursor;
mod otlp;
mod routing;
mod run;
mod sse;
mod stream;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use otlp::TraceId;
#[cfg(test)]
pub(crate) use routing::Losses;
#[cfg_attr(not(test), expect(unused_imports, reason = "the runtime takes it up next"))]
pub(crate) use run::Cause;
pub(crate) use run::Ended;

use futures::future::BoxFuture;
use hub_domain::{Code, Problem, Service};
use hub_engine::logs::LogWriter;
use routing::{Kind, Routing};
use run::Run;
use secrecy::SecretString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use stream::{Patience, Reader};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Time in which the kernel must take up a connection to this machine.
const CONNECT: Duration = Duration::from_secs(3);

/// Where a session answers.
#[derive(Clone)]
pub(crate) struct SessionAddress {
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    /// Its token.
    pub(crate) token: SecretString,
}

/// How the connection to a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// No connection was made yet.
    Connecting,
    /// It answers.
    Live,
    /// It does not, and is asked again.
    Broken {
        /// Since when.
        since: Instant,
        /// Why, in words.
        because: String,
    },
}

/// Reads the telemetry of one session until it is dropped.
pub(crate) struct Telemetry {
    routing: Arc<Mutex<Routing>>,
    logs: watch::Receiver<Link>,
    traces: watch::Receiver<Link>,
    _readers: JoinSet<()>,
}

impl Telemetry {
    /// Begins to read. Connects in the background, and again whenever the connection breaks.
    ///
    /// # Errors
    /// `INTERNAL`, when the token cannot be sent.
    pub(crate) fn open(address: &SessionAddress) -> Result<Self, Problem> {
        Self::open_with(address, Patience::default())
    }

    fn open_with(address: &SessionAddress, patience: Patience) -> Result<Self, Problem> {
        let fault = |cause: String| {
            let message = "The output of the services cannot be read.";
            Problem::new(Code::Internal, message, "Report this fault.").caused_by(cause)
        };
        let client = crate::http::client()
            .no_proxy()
            .connect_timeout(CONNECT)
            .tcp_keepalive(Duration::from_secs(15))
            // A connection that fell silent is never used again.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|e| fault(e.to_string()))?;
        let routing = Arc::<Mutex<Routing>>::default();
        let mut readers = JoinSet::new();
        let mut read = |kind| {
            let (sender, link) = watch::channel(Link::Connecting);
            let reader =
                Reader::new(kind, address, client.clone(), patience, Arc::clone(&routing), sender);
            readers.spawn(reader.map_err(fault)?.run());
            Ok(link)
        };
        let (logs, traces) = (read(Kind::Logs)?, read(Kind::Traces)?);
        Ok(Self { routing, logs, traces, _readers: readers })
    }

    fn lock(&self) -> MutexGuard<'_, Routing> {
        self.routing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up a run of a service, before the request that starts it is sent under this trace. What
    /// arrives under this or an earlier trace of the service belongs to this run from now on.
    pub(crate) fn watch(
        &self,
        service: Service,
        trace: TraceId,
        log: Arc<dyn LogWriter>,
    ) -> Watched {
        let run = Arc::new(Run::new(log));
        self.lock().add(service, trace, Arc::clone(&run));
        Watched { run }
    }

    /// How the connection is: broken when either stream is.
    pub(crate) fn link(&self) -> Link {
        match (self.logs.borrow().clone(), self.traces.borrow().clone()) {
            (broken @ Link::Broken { .. }, _) | (_, broken @ Link::Broken { .. }) => broken,
            (Link::Live, Link::Live) => Link::Live,
            _ => Link::Connecting,
        }
    }

    #[cfg(test)]
    /// Waits until both streams are live. False when that was not so in time.
    pub(crate) async fn is_live_within(&self, bound: Duration) -> bool {
        let (mut logs, mut traces) = (self.logs.clone(), self.traces.clone());
        let live = async {
            logs.wait_for(|l| *l == Link::Live).await.is_ok()
                && traces.wait_for(|l| *l == Link::Live).await.is_ok()
        };
        timeout(bound, live).await.unwrap_or(false)
    }

    /// Resolves when the connection has been broken for as long as this without a break.
    pub(crate) async fn broken_for(&self, bound: Duration) -> String {
        let mut logs = self.logs.clone();
        loop {
            let is_broken = |l: &Link| matches!(l, Link::Broken { .. });
            let because = match logs.wait_for(is_broken).await.as_deref() {
                Ok(Link::Broken { because, .. }) => because.clone(),
                _ => return "its telemetry is no longer read".to_owned(),
            };
            if timeout(bound, logs.wait_for(|l| *l == Link::Live)).await.is_err() {
                return because;
            }
        }
    }

    /// What the engine last said about its own work, at most 200 lines, oldest first.
    pub(crate) fn diagnostics(&self) -> Vec<String> {
        self.lock().chatter().lines()
    }

    #[cfg(test)]
    /// What could not be had.
    pub(crate) fn losses(&self) -> Losses {
        self.lock().losses()
    }

    /// Ends every run that has not ended: the session, and with it all services, are gone.
    pub(crate) fn lose(&self, because: &str) {
        for run in self.lock().runs() {
            run.lose(because);
        }
    }
}

impl Drop for Telemetry {
    /// Nobody must wait for the end of a run that nobody watches.
    fn drop(&mut self) {
        self.lose("it was closed");
    }
}

/// One run of one service.
#[derive(Clone)]
pub(crate) struct Watched {
    run: Arc<Run>,
}

impl Watched {
    #[cfg(test)]
    /// Resolves when the engine is about to run the service's process, or the run has ended.
    pub(crate) fn started(&self) -> BoxFuture<'static, ()> {
        let run = Arc::clone(&self.run);
        Box::pin(async move { run.started().await })
    }

    /// Resolves when the run has ended and everything it wrote is in its log.
    pub(crate) fn ended(&self) -> BoxFuture<'static, Ended> {
        let run = Arc::clone(&self.run);
        Box::pin(async move { run.ended().await })
    }

    /// The last lines so far, at most 20, oldest first.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        self.run.last_lines()
    }
}

//! Brings the services of a Dagger session to loopback ports of this machine.
//!
//! A small container in the session runs an OpenSSH client that dials the SSH server in here and
//! asks for remote forwards. The *sockets* are not the SSH server's: the gateway owns them, on
//! loopback, for its whole life. Each connection a user makes becomes one channel to the client,
//! which connects to the service by its name in the session. So a service may be restarted, and the
//! client may come and go, without a port ever closing.
//!
//! A gateway is made for one start of one project. It lets in one user with one key made for it,
//! and grants forwards for the expected places and, if a folder is shared, file transfer into it.
//!
//! Limits: TCP only. Knows no Dagger: whoever opens it makes the session's container dial it.

mod backlog;
mod command;
mod keys;
mod listener;
mod pump;
mod routes;
mod server;

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hub_domain::Service;
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use command::ClientFiles;

use crate::folder::FolderShare;
use keys::Keys;
use pump::Meters;
use routes::Routes;

/// The one account of a gateway.
const USER: &str = "gateway";
/// The address under which the client asks for its forwards.
const LABEL_HOST: &str = "127.0.0.1";
/// The label of the place that has no port: one that no project's service is ever given.
const INNER_LABEL: u16 = 1;
/// Links at a time: the forwarding client, a mount or two, and some that are on their way out.
const LINKS: usize = 32;
/// Connections of users at a time; whoever is one too many is turned away.
const CONNECTIONS: usize = 1024;
/// Ending everything takes no longer than this.
const CLOSE: Duration = Duration::from_secs(2);

/// A service as the client reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name in the session, or an address.
    pub host: String,
    /// Its port there.
    pub port: u16,
}

/// One service that is brought to a loopback port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Which one.
    pub service: Service,
    /// The port on this machine's loopback; 0 takes any that is free.
    pub port: u16,
    /// Where connections go.
    pub target: Target,
}

/// What a gateway is to do.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// The services, each on a port of its own.
    pub forwards: Vec<Forward>,
    /// A place in the session that the Hub itself reaches, and nobody else: no port leads there.
    pub inner: Option<Target>,
    /// Listen on `::1` too, where the machine has it.
    pub ipv6: bool,
    /// The folder that is given to mounts.
    pub folder: Option<FolderShare>,
    /// Existing folder for what slow readers leave unread. The files in it have no name.
    pub disk: PathBuf,
    /// How long a link that says nothing is kept. A mount cannot come back once its link is cut.
    pub patience: Duration,
}

/// Why a gateway cannot be had, or does not lead anywhere.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// A user's port cannot be opened.
    #[error("port {port} for {service} cannot be opened")]
    Port {
        /// The service it is for.
        service: Service,
        /// The port asked for.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The SSH server's own port cannot be opened.
    #[error("no loopback port for the gateway")]
    Listen(#[source] io::Error),
    /// The keys could not be made.
    #[error("the gateway's keys could not be made: {0}")]
    Keys(String),
    /// The client did not ask for these forwards in time.
    #[error("the gateway's client did not bring {} in time", names(.0))]
    NotReady(Vec<Service>),
}

fn names(services: &[Service]) -> String {
    services.iter().map(|service| service.as_str()).collect::<Vec<_>>().join(", ")
}

/// What went through a gateway so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections of users that are open now.
    pub open: u64,
    /// Connections accepted since it was opened.
    pub accepted: u64,
    /// Of those: closed because no client was there or the service refused.
    pub refused: u64,
    /// Bytes from users to services.
    pub to_service: u64,
    /// Bytes from services to users.
    pub to_user: u64,
    /// Bytes that slow readers have waiting on disk now.
    pub parked: u64,
}

/// What the tasks of one gateway share.
struct Shared {
    keys: Keys,
    ssh: Arc<russh::server::Config>,
    labels: Vec<u16>,
    folder: Option<FolderShare>,
    disk: PathBuf,
    routes: Routes,
    /// Mounts of the folder that are served now.
    mounts: watch::Sender<usize>,
    meters: Meters,
    places: Arc<Semaphore>,
    accepted: AtomicU64,
    refused: AtomicU64,
    closing: CancellationToken,
    tasks: TaskTracker,
}

/// An open gateway. Dropping it ends it too, without waiting.
pub struct Gateway {
    shared: Arc<Shared>,
    forwards: Vec<Forward>,
    inner: Option<Target>,
    ssh_port: u16,
}

impl Gateway {
    /// Opens all ports, or none.
    pub async fn open(options: GatewayOptions) -> Result<Self, GatewayError> {
        let keys = Keys::generate()?;
        let ssh =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(GatewayError::Listen)?;
        let ssh_port = ssh.local_addr().map_err(GatewayError::Listen)?.port();
        let mut forwards = options.forwards;
        let mut sockets = Vec::new();
        for (index, forward) in forwards.iter_mut().enumerate() {
            let bound = listener::bind(forward, options.ipv6).await?;
            if let Some(address) = bound.first().and_then(|first| first.local_addr().ok()) {
                forward.port = address.port();
            }
            sockets.extend(bound.into_iter().map(|socket| (index, socket)));
        }
        let inner = options.inner;
        let labels = forwards.iter().map(|forward| forward.port);
        let labels: Vec<u16> = labels.chain(inner.as_ref().map(|_| INNER_LABEL)).collect();
        let shared = Arc::new(Shared {
            ssh: Arc::new(server::config(&keys, options.patience)),
            keys,
            folder: options.folder,
            disk: options.disk,
            routes: Routes::new(labels.len()),
            labels,
            mounts: watch::Sender::new(0),
            meters: Meters::default(),
            places: Arc::new(Semaphore::new(CONNECTIONS)),
            accepted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        shared.tasks.spawn(accept_links(Arc::clone(&shared), ssh));
        for (index, socket) in sockets {
            shared.tasks.spawn(listener::accept(Arc::clone(&shared), index, socket));
        }
        Ok(Self { shared, forwards, inner, ssh_port })
    }

    /// The port on 127.0.0.1 at which the client must arrive.
    pub fn ssh_port(&self) -> u16 {
        self.ssh_port
    }

    /// The user name that is let in.
    pub fn user(&self) -> &'static str {
        USER
    }

    /// The private key that is let in, as OpenSSH stores it.
    pub fn client_key(&self) -> &SecretString {
        &self.shared.keys.client_pem
    }

    /// The line by which a client that reaches the gateway at this address knows it.
    pub fn known_hosts(&self, host: &str, port: u16) -> String {
        self.shared.keys.known_hosts(host, port)
    }

    /// The command line of the forwarding client, its name first.
    pub fn client_command(&self, client: &ClientFiles) -> Vec<String> {
        command::client_command(USER, &self.ways(), client)
    }

    /// The command line of a container that keeps a forwarding client running.
    pub fn client_service(&self, client: &ClientFiles) -> Vec<String> {
        command::client_service(USER, &self.ways(), client)
    }

    fn ways(&self) -> Vec<command::Way<'_>> {
        let forwards =
            self.forwards.iter().map(|one| command::Way { label: one.port, target: &one.target });
        let inner = self.inner.iter();
        forwards.chain(inner.map(|target| command::Way { label: INNER_LABEL, target })).collect()
    }

    /// A connection to the place that only the Hub reaches. Nothing if it does not answer, or no client
    /// leads there within two seconds.
    pub async fn connect_inner(
        &self,
    ) -> Option<impl AsyncRead + AsyncWrite + Send + Unpin + use<>> {
        self.inner.as_ref()?;
        let from = (Ipv4Addr::LOCALHOST, 0).into();
        let channel = listener::open(&self.shared, self.forwards.len(), from).await?;
        Some(channel.into_stream())
    }

    /// The loopback port of a service.
    pub fn port(&self, service: Service) -> Option<u16> {
        self.forwards.iter().find(|forward| forward.service == service).map(|one| one.port)
    }

    /// Waits until the client has asked for every forward.
    pub async fn ready(&self, bound: Duration) -> Result<(), GatewayError> {
        self.shared.routes.complete(bound).await.map_err(|missing| {
            let service = |index: &usize| self.forwards.get(*index).map(|one| one.service);
            GatewayError::NotReady(missing.iter().filter_map(service).collect())
        })
    }

    /// Whether every forward has a client now.
    pub fn is_connected(&self) -> bool {
        self.shared.routes.is_complete()
    }

    /// Resolves when a forward has lost its client, at once if one has none.
    pub async fn disconnected(&self) {
        self.shared.routes.incomplete().await;
    }

    /// Whether a connection to a service can be made right now, by making one. It says nothing and is
    /// closed at once.
    pub async fn leads_to(&self, service: Service, bound: Duration) -> bool {
        let Some(forward) = self.forwards.iter().position(|one| one.service == service) else {
            return false;
        };
        let shared = Arc::clone(&self.shared);
        let (tell, told) = tokio::sync::oneshot::channel();
        // A connection that comes about too late is closed all the same.
        self.shared.tasks.spawn(async move {
            let from = (Ipv4Addr::LOCALHOST, 0).into();
            let look = async {
                if let Some(channel) = listener::open(&shared, forward, from).await {
                    // Nobody may be left who wants to know.
                    let _late = tell.send(channel.close().await.is_ok());
                }
            };
            shared.closing.run_until_cancelled(look).await;
        });
        matches!(tokio::time::timeout(bound, told).await, Ok(Ok(true)))
    }

    /// Resolves when the folder has been mounted nowhere for as long as this without a break.
    pub async fn unmounted(&self, bound: Duration) {
        let mut mounts = self.shared.mounts.subscribe();
        loop {
            // The sender lives as long as this gateway; there is no error to meet.
            let _ = mounts.wait_for(|mounts| *mounts == 0).await;
            let again = mounts.wait_for(|mounts| *mounts > 0);
            if tokio::time::timeout(bound, again).await.is_err() {
                return;
            }
        }
    }

    /// What went through so far.
    pub fn counters(&self) -> Counters {
        let shared = &self.shared;
        let read = |of: &AtomicU64| of.load(Ordering::Relaxed);
        Counters {
            open: (CONNECTIONS - shared.places.available_permits()) as u64,
            accepted: read(&shared.accepted),
            refused: read(&shared.refused),
            to_service: read(&shared.meters.to_service),
            to_user: read(&shared.meters.to_user),
            parked: read(&shared.meters.parked),
        }
    }

    /// Closes every port, connection and link. Takes two seconds at most.
    pub async fn close(&self) {
        self.shared.closing.cancel();
        self.shared.tasks.close();
        if tokio::time::timeout(CLOSE, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!("connections of the gateway did not end in time");
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shared.closing.cancel();
        self.shared.tasks.close();
    }
}

async fn accept_links(shared: Arc<Shared>, socket: TcpListener) {
    let places = Arc::new(Semaphore::new(LINKS));
    let mut next = 0;
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = shared.closing.cancelled() => return,
        };
        let stream = match accepted {
            Ok((stream, _from)) => stream,
            Err(fault) => {
                tracing::warn!(%fault, "the gateway cannot accept a link");
                tokio::time::sleep(listener::RECOVER).await;
                continue;
            }
        };
        // Too many at a time: whoever is one too many finds the door closed.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        next += 1;
        let link = server::serve(Arc::clone(&shared), next, stream);
        shared.tasks.spawn(async move {
            link.await;
            drop(place);
        });
    }
}

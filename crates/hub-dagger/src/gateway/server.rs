//! The SSH side: lets the gateway's own client in and nobody else, and grants it remote forwards for
//! the expected places and the file transfer subsystem. Everything else is refused.

use std::collections::HashMap;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use russh::keys::PublicKey;
use russh::server::{
    Auth, ChannelOpenHandle, Config, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
    run_stream,
};
use russh::{
    Channel, ChannelId, Disconnect, MethodKind, MethodSet, Preferred, Pty, Sig, SshId, cipher,
    compression, kex,
};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::keys::Keys;
use super::routes::Route;
use super::{LABEL_HOST, Shared, USER};

/// A link must prove who it is within this time.
const LOGIN: Duration = Duration::from_secs(10);
/// A link that is told to end is cut after this time.
const FAREWELL: Duration = Duration::from_millis(500);
/// A silent client is asked for a sign of life this often.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// A link on which neither side could say anything for so long beyond its patience is dead.
const STUCK: Duration = Duration::from_secs(30);
/// Session channels of one link: file transfer needs one.
const SESSION_CHANNELS: usize = 4;

/// What every link speaks. Ciphers: those both `ring` and OpenSSH do in hardware or nearly so.
pub(super) fn config(keys: &Keys, patience: Duration) -> Config {
    let missing_signs = patience.as_secs() / KEEPALIVE.as_secs();
    Config {
        server_id: SshId::Standard("SSH-2.0-CommandCenterHub".into()),
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: Duration::from_millis(200),
        // The client's first question is which methods there are; that is no attack.
        auth_rejection_time_initial: Some(Duration::ZERO),
        max_auth_attempts: 3,
        keys: vec![keys.host.clone()],
        // A window holds what is on its way at 1 GB/s and 2 ms.
        window_size: 2 * 1024 * 1024,
        maximum_packet_size: 32 * 1024,
        channel_buffer_size: 16,
        event_buffer_size: 32,
        inactivity_timeout: Some(patience + STUCK),
        keepalive_interval: Some(KEEPALIVE),
        keepalive_max: usize::try_from(missing_signs).unwrap_or(usize::MAX),
        preferred: Preferred {
            kex: vec![
                kex::CURVE25519,
                kex::CURVE25519_PRE_RFC_8731,
                kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
            ]
            .into(),
            key: vec![russh::keys::Algorithm::Ed25519].into(),
            cipher: vec![cipher::AES_128_GCM, cipher::CHACHA20_POLY1305].into(),
            compression: vec![compression::NONE].into(),
            ..Preferred::default()
        },
        ..Config::default()
    }
}

/// Serves one link until it ends, is told to, or does not prove who it is.
pub(super) async fn serve(shared: Arc<Shared>, link: u64, stream: TcpStream) {
    let Ok((stream, cut)) = prepare(stream) else { return };
    let admitted = watch::Sender::new(false);
    let mut is_admitted = admitted.subscribe();
    let client = Client::new(Arc::clone(&shared), link, admitted);
    let config = Arc::clone(&shared.ssh);
    let mut running = match timeout(LOGIN, run_stream(config, stream, client)).await {
        Ok(Ok(running)) => running,
        Ok(Err(fault)) => return tracing::debug!(%fault, "a link to the gateway did not come up"),
        Err(_late) => return tracing::debug!("a link to the gateway said nothing"),
    };
    let handle = running.handle();
    let unproven = async {
        let in_time = timeout(LOGIN, is_admitted.wait_for(|admitted| *admitted)).await.is_ok();
        if in_time {
            std::future::pending::<()>().await;
        }
    };
    let ended = tokio::select! {
        ended = &mut running => Some(ended),
        () = unproven => None,
        () = shared.closing.cancelled() => None,
    };
    match ended {
        Some(Ok(())) => tracing::debug!(link, "a link to the gateway ended"),
        Some(Err(fault)) => tracing::debug!(link, %fault, "a link to the gateway broke"),
        None => {
            let farewell =
                handle.disconnect(Disconnect::ByApplication, String::new(), String::new());
            let _told = timeout(FAREWELL, farewell).await;
            if timeout(FAREWELL, &mut running).await.is_err() {
                // The library's own task ends with its socket.
                let _closed = cut.shutdown(Shutdown::Both);
                let _ended = timeout(FAREWELL, &mut running).await;
            }
        }
    }
}

/// The stream for the library, and a second handle on it to cut it with.
fn prepare(stream: TcpStream) -> std::io::Result<(TcpStream, std::net::TcpStream)> {
    // Every message is written whole; Nagle's algorithm would only hold the last one back for the
    // other side's delayed acknowledgement, some 40 ms.
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let cut = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, cut))
}

/// The other end of one link.
struct Client {
    shared: Arc<Shared>,
    link: u64,
    admitted: watch::Sender<bool>,
    channels: HashMap<ChannelId, Channel<Msg>>,
}

/// A mount that is being served.
struct Mount(Arc<Shared>);

impl Mount {
    fn begin(shared: &Arc<Shared>) -> Self {
        shared.mounts.send_modify(|mounts| *mounts += 1);
        Self(Arc::clone(shared))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        self.0.mounts.send_modify(|mounts| *mounts -= 1);
    }
}

impl Client {
    fn new(shared: Arc<Shared>, link: u64, admitted: watch::Sender<bool>) -> Self {
        Self { shared, link, admitted, channels: HashMap::new() }
    }

    fn knows(&self, user: &str, key: &PublicKey) -> bool {
        user == USER && key.key_data() == self.shared.keys.client.key_data()
    }

    /// Turns a request down and ends the channel it came on, if nothing runs there.
    fn refuse(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        session.channel_failure(channel)?;
        match self.channels.remove(&channel) {
            Some(_unused) => session.close(channel),
            None => Ok(()),
        }
    }

    fn forward(&self, address: &str, port: u32) -> Option<usize> {
        if address != LABEL_HOST {
            return None;
        }
        self.shared.labels.iter().position(|label| u32::from(*label) == port)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.shared.routes.forget(self.link, None);
    }
}

impl Handler for Client {
    type Error = russh::Error;

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(if self.knows(user, offer.public_key) { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(if self.knows(user, key.public_key) { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_succeeded(&mut self, _session: &mut Session) -> Result<(), Self::Error> {
        self.admitted.send_replace(true);
        Ok(())
    }

    async fn tcpip_forward(
        &mut self,
        address: &str,
        port: &mut u32,
        session: &mut Session,
    ) -> Result<bool, Self::Error> {
        let Some(forward) = self.forward(address, *port) else {
            tracing::warn!(
                address,
                port,
                "the gateway's client asked for a forward it may not have"
            );
            return Ok(false);
        };
        self.shared.routes.set(forward, Route { link: self.link, handle: session.handle() });
        Ok(true)
    }

    async fn cancel_tcpip_forward(
        &mut self,
        address: &str,
        port: u32,
        _session: &mut Session,
    ) -> Result<bool, Self::Error> {
        let forward = self.forward(address, port);
        if let Some(forward) = forward {
            self.shared.routes.forget(self.link, Some(forward));
        }
        Ok(forward.is_some())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        // A handle that is dropped refuses the channel.
        if self.shared.folder.is_some() && self.channels.len() < SESSION_CHANNELS {
            self.channels.insert(channel.id(), channel);
            reply.accept().await;
        }
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.channels.remove(&channel);
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let share = self.shared.folder.clone().filter(|_| name == "sftp");
        match share.zip(self.channels.remove(&channel)) {
            Some((share, stream)) => {
                session.channel_success(channel)?;
                let closing = self.shared.closing.clone();
                let stream = stream.into_stream();
                let mount = Mount::begin(&self.shared);
                self.shared.tasks.spawn(async move {
                    let _mount = mount;
                    tokio::select! {
                        () = share.serve(stream) => {}
                        () = closing.cancelled() => {}
                    }
                });
                Ok(())
            }
            None => self.refuse(channel, session),
        }
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        _data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        // Data for a channel on which nothing runs has no reader.
        if self.channels.contains_key(&channel) { self.refuse(channel, session) } else { Ok(()) }
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _single: bool,
        _protocol: &str,
        _cookie: &str,
        _screen: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn signal(
        &mut self,
        channel: ChannelId,
        _signal: Sig,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn window_change_request(
        &mut self,
        channel: ChannelId,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    /// Clients offer their language settings before they say what they want; that is ignored.
    async fn env_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        _value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some(waiting) = self.channels.get_mut(&channel) {
            while let Some(Some(_ignored)) = waiting.wait().now_or_never() {}
        }
        session.channel_failure(channel)
    }
}

//! The containers' side of the gateway: a small container that dials the Hub's SSH server and offers it
//! the services by the session's names. It is up before the services are, and goes on when they restart.

use super::{Parts, account, running, shell};
use crate::fault::Fault;
use crate::gateway::{ClientFiles, Gateway};
use crate::limits::Tag;
use crate::session::Session;
use dagger_sdk::{
    Container, ContainerWithExposedPortOpts, ContainerWithMountedSecretOpts, HostServiceOpts, Id,
    NetworkProtocol, PortForward, Query, QuerySshfsVolumeOpts, Service as EngineService,
    ServiceStopOpts,
};
use hub_domain::{Service, spec};
use secrecy::SecretString;
use std::time::Duration;

/// The Hub, as its containers know it.
const HUB: &str = "hub";
const KEY: &str = "/hub/gateway-key";
const KNOWN_HOSTS: &str = "/hub/known_hosts";
/// It needs no rights at all.
const USER: u32 = 1000;
const BOUND: Duration = Duration::from_secs(100);
const KILL_BOUND: Duration = Duration::from_secs(20);

/// The way back to the Hub in one session.
#[derive(Clone, Debug)]
pub(crate) struct WayBack {
    service: Id,
    key: Id,
    port: u16,
}

impl WayBack {
    /// Makes the Hub's SSH server known to the session.
    ///
    /// # Errors
    /// [`Fault`].
    pub(crate) async fn open(session: &Session, gateway: &Gateway) -> Result<Self, Fault> {
        let port = gateway.ssh_port();
        let forward = PortForward {
            backend: port_number(port),
            frontend: port_number(port),
            protocol: NetworkProtocol::Tcp,
        };
        let options = HostServiceOpts { host: Some("127.0.0.1") };
        let host = session.query(BOUND).host().service_opts(vec![forward], options);
        let key = session.secret("gateway_key", gateway.client_key());
        let (service, key) = tokio::join!(host.id(), key);
        Ok(Self { service: service?, key: key?, port })
    }

    /// The image of the gateway's container: one that a stack has anyway, with an SSH client.
    fn image(query: &Query, parts: &Parts) -> Container {
        let install = "command -v ssh >/dev/null || apk add --no-cache openssh-client || \
                       { apt-get update && apt-get install -y --no-install-recommends openssh-client; }";
        query
            .container()
            .from(parts.images[Service::Frontend].as_str())
            .with_user("0")
            .with_exec(account(USER))
            .with_exec(shell(install))
    }

    /// The containers of one session that dial the Hub. Whether one has arrived, the gateway tells.
    pub(crate) fn clients<'a>(
        &'a self,
        session: &'a Session,
        parts: &'a Parts,
        gateway: &'a Gateway,
    ) -> Clients<'a> {
        Clients { way: self, session, parts, gateway }
    }

    /// A volume that is the project folder itself, where the engine has such volumes.
    ///
    /// # Errors
    /// [`Fault`].
    pub(crate) async fn folder(&self, session: &Session, gateway: &Gateway) -> Result<Id, Fault> {
        let known = SecretString::from(gateway.known_hosts(HUB, self.port));
        let known_hosts = session.secret("gateway_known_hosts", &known).await?;
        let endpoint = format!("sshfs://{}@{HUB}:{}/", gateway.user(), self.port);
        let options = QuerySshfsVolumeOpts {
            cache_key: None,
            experimental_service_host: Some(self.service.clone()),
            insecure_skip_host_key_check: None,
            known_hosts: Some(known_hosts),
        };
        let volume = session.query(BOUND).sshfs_volume_opts(endpoint, self.key.clone(), options);
        Ok(volume.id().await?)
    }
}

/// Starts and ends clients of the gateway in one session.
pub(crate) struct Clients<'a> {
    way: &'a WayBack,
    session: &'a Session,
    parts: &'a Parts,
    gateway: &'a Gateway,
}

impl Clients<'_> {
    /// Starts the client with this tag. Returns when its container runs.
    ///
    /// # Errors
    /// [`Fault`].
    pub(crate) async fn start(&self, tag: &Tag) -> Result<(), Fault> {
        self.client(BOUND, tag).start().await?;
        Ok(())
    }

    /// Ends it at once.
    ///
    /// # Errors
    /// [`Fault`].
    pub(crate) async fn kill(&self, tag: &Tag) -> Result<(), Fault> {
        self.client(KILL_BOUND, tag).stop_opts(ServiceStopOpts { kill: Some(true) }).await?;
        Ok(())
    }

    /// A container that dials the Hub, again and again; another one for each tag.
    fn client(&self, bound: Duration, tag: &Tag) -> EngineService {
        let way = self.way;
        let files = ClientFiles {
            host: HUB.to_owned(),
            port: way.port,
            key: KEY.to_owned(),
            known_hosts: KNOWN_HOSTS.to_owned(),
        };
        let dial = self.gateway.client_command(&files);
        // A link that breaks is made anew; the Hub keeps its listeners meanwhile.
        let again = "while :; do \"$@\"; sleep 0.3; done";
        let mut command = shell(again);
        command.push("gateway".to_owned());
        command.extend(dial);
        let owner = format!("{USER}:{USER}");
        let key =
            ContainerWithMountedSecretOpts { expand: None, mode: Some(0o400), owner: Some(&owner) };
        let port = ContainerWithExposedPortOpts {
            description: None,
            experimental_skip_healthcheck: Some(true),
            protocol: Some(NetworkProtocol::Tcp),
        };
        WayBack::image(&self.session.query(bound), self.parts)
            .with_new_file(KNOWN_HOSTS, self.gateway.known_hosts(HUB, way.port))
            .with_mounted_secret_opts(KEY, way.key.clone(), key)
            .with_service_binding(HUB, way.service.clone())
            .with_exposed_port_opts(port_number(spec(Service::Frontend).container_port), port)
            .with_user(USER.to_string())
            .with_env_variable("HOME", "/tmp")
            .with_env_variable(Tag::VARIABLE, tag.value())
            .as_service_opts(running(&command))
    }
}

/// A port as the engine's API takes it.
pub(super) fn port_number(port: u16) -> isize {
    // Every port fits; the fallback is never met.
    isize::try_from(port).unwrap_or_default()
}

/// True where the engine has volumes that are folders of other machines.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn has_live_folders(session: &Session) -> Result<bool, Fault> {
    const QUERY: &str = "{ __schema { queryType { fields { name } } } }";
    let answer = session.raw(QUERY, serde_json::json!({})).await?;
    let fields = answer["__schema"]["queryType"]["fields"].as_array();
    Ok(fields.into_iter().flatten().any(|field| field["name"] == "sshfsVolume"))
}

//! The copy of the project folder in a session, where the engine has no live mounts: a volume that the
//! backend has at `/workspace`, and beside it a small container with the same volume, in which an agent
//! serves the Hub (`folder::sync`). Nobody else in the session has the agent's key.

use super::gateway::port_number;
use super::{Parts, WORKSPACE, account, running, shell};
use crate::fault::Fault;
use crate::gateway::Target;
use crate::session::Session;
use dagger_sdk::{
    Container, ContainerWithExposedPortOpts, ContainerWithMountedCacheOpts, Id, NetworkProtocol,
    Query,
};
use hub_domain::{ProjectId, Service, spec};
use secrecy::SecretString;
use std::time::Duration;

const HOST: &str = "folder";
const PORT: u16 = 7022;
const BOUND: Duration = Duration::from_secs(100);
/// Whose the files of a copy are that the backend may not write to: nobody else's in the session.
const KEEPER: u32 = 1001;
/// The agent: files of a folder, the first of which is run.
const AGENT: [(&str, &str); 3] = [
    ("/hub/agent/serve.py", include_str!("../../agent/serve.py")),
    ("/hub/agent/contents.py", include_str!("../../agent/contents.py")),
    ("/hub/agent/wire.py", include_str!("../../agent/wire.py")),
];

/// Where the Hub reaches the agent.
pub(crate) fn agent() -> Target {
    Target { host: HOST.to_owned(), port: PORT }
}

/// A volume with a copy of the project folder.
#[derive(Clone, Debug)]
pub(crate) struct FolderCopy {
    volume: Id,
    /// The backend may not write to it.
    pub(crate) read_only: bool,
}

/// The key of the volume. A copy that the backend may write to is never one that it may not.
fn volume_key(project: &ProjectId, read_only: bool) -> String {
    let kind = if read_only { "view" } else { "folder" };
    format!("cchub-{project}-{kind}")
}

impl FolderCopy {
    /// Names the volume.
    ///
    /// # Errors
    /// [`Fault`].
    pub(crate) async fn named(
        session: &Session,
        project: &ProjectId,
        read_only: bool,
    ) -> Result<Self, Fault> {
        let volume = session.query(BOUND).cache_volume(volume_key(project, read_only)).id().await?;
        Ok(Self { volume, read_only })
    }

    fn owner(&self) -> u32 {
        if self.read_only { KEEPER } else { spec(Service::Backend).container_user }
    }

    /// Mounts it where the project folder belongs.
    pub(super) fn mount(&self, container: Container) -> Container {
        let owner = format!("{0}:{0}", self.owner());
        let options = ContainerWithMountedCacheOpts {
            expand: None,
            owner: Some(&owner),
            sharing: None,
            source: None,
        };
        container.with_mounted_cache_opts(WORKSPACE, self.volume.clone(), options)
    }

    /// Starts the agent, which takes whoever shows it this key for the Hub. Returns when its container
    /// runs.
    ///
    /// # Errors
    /// [`Fault`].
    pub(crate) async fn start_agent(
        &self,
        session: &Session,
        parts: &Parts,
        key: &SecretString,
    ) -> Result<(), Fault> {
        let key = session.secret("folder_key", key).await?;
        let query = session.query(BOUND);
        let base = query.container().from(parts.images[Service::Backend].as_str());
        let base = base.with_user("0").with_exec(account(self.owner()));
        let with_agent = AGENT
            .iter()
            .fold(base, |container, (path, content)| container.with_new_file(*path, *content));
        // One that ends is there again for the Hub's next call.
        let mut command = shell("while :; do \"$@\"; sleep 0.3; done");
        let (program, port) = (AGENT[0].0, PORT.to_string());
        let agent = ["agent", "python3", program, WORKSPACE, "0.0.0.0", &port];
        command.extend(agent.map(str::to_owned));
        let exposed = ContainerWithExposedPortOpts {
            description: None,
            experimental_skip_healthcheck: Some(true),
            protocol: Some(NetworkProtocol::Tcp),
        };
        self.mount(with_agent)
            .with_exposed_port_opts(port_number(PORT), exposed)
            .with_user(self.owner().to_string())
            .with_env_variable("HOME", "/tmp")
            .with_env_variable("LANG", "C.UTF-8")
            .with_env_variable("PYTHONDONTWRITEBYTECODE", "1")
            .with_secret_variable("HUB_FOLDER_KEY", key)
            .as_service_opts(running(&command))
            .with_hostname(HOST)
            .start()
            .await?;
        Ok(())
    }

    /// The container that empties the volume.
    pub(crate) fn clearing(&self, query: &Query, image: &str) -> Container {
        let nonce = hex::encode(rand::random::<[u8; 8]>());
        self.mount(query.container().from(image).with_user("0"))
            .with_env_variable("CCHUB_LOOK", nonce)
            .with_exec(shell(&format!("find {WORKSPACE} -mindepth 1 -delete")))
    }
}

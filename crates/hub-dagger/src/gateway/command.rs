//! The command line of the OpenSSH client that dials the gateway from inside the session.

use std::fmt;

use super::Target;

/// What the client needs at hand, as seen from where it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFiles {
    /// Name or address under which the gateway is reached.
    pub host: String,
    /// The port there.
    pub port: u16,
    /// File with the client key; only its owner may read it, or `ssh` refuses it.
    pub key: String,
    /// File with the gateway's line of known hosts.
    pub known_hosts: String,
}

/// Options that hold for every forwarding client. No file of the machine it runs on has a say.
const OPTIONS: &[&str] = &[
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    "PreferredAuthentications=publickey",
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    "HostKeyAlgorithms=ssh-ed25519",
    "KexAlgorithms=curve25519-sha256",
    // Both are done in hardware or nearly so; whatever else a distribution prefers is slower.
    "Ciphers=aes128-gcm@openssh.com,chacha20-poly1305@openssh.com",
    "Compression=no",
    // Sessions speak IPv4; asking for other addresses doubles what each connection waits for.
    "AddressFamily=inet",
    // Forwards are all there is to it: without them it may as well end and be started again.
    "ExitOnForwardFailure=yes",
    "ConnectTimeout=10",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=6",
    "TCPKeepAlive=yes",
    // Small packets must not wait in a queue meant for bulk.
    "IPQoS=lowdelay",
    "ControlMaster=no",
    "ControlPath=none",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "LogLevel=ERROR",
];

/// The arguments of `ssh`, the program's name first, that take `forwards` to the gateway.
pub(super) fn client_command(user: &str, forwards: &[Way], client: &ClientFiles) -> Vec<String> {
    let mut words: Vec<String> =
        ["ssh", "-N", "-T", "-n", "-F", "none", "-l", user].map(str::to_owned).to_vec();
    words.extend(["-p".to_owned(), client.port.to_string()]);
    words.extend(["-i".to_owned(), client.key.clone()]);
    let known_hosts = format!("UserKnownHostsFile={}", client.known_hosts);
    for option in OPTIONS.iter().copied().chain([known_hosts.as_str()]) {
        words.extend(["-o".to_owned(), option.to_owned()]);
    }
    for forward in forwards {
        words.extend(["-R".to_owned(), forward.to_string()]);
    }
    words.push(client.host.clone());
    words
}

/// Keeps a client running: `ssh` ends when its link breaks, and is started again.
const KEEP_RUNNING: &str = r#"while :; do "$@"; sleep 0.2; done"#;

/// What the session's container runs: the client, again and again.
pub(super) fn client_service(user: &str, forwards: &[Way], client: &ClientFiles) -> Vec<String> {
    let mut words = ["sh", "-c", KEEP_RUNNING, "gateway"].map(str::to_owned).to_vec();
    words.extend(client_command(user, forwards, client));
    words
}

/// One way from the client to a place in the session, under the label by which it is asked for.
pub(super) struct Way<'a> {
    pub(super) label: u16,
    pub(super) target: &'a Target,
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Target { host, port } = self.target;
        write!(f, "{}:{}:{host}:{port}", super::LABEL_HOST, self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Vec<String> {
        let target = |host: &str, port| Target { host: host.into(), port };
        let (postgres, redis) = (target("postgres", 5432), target("redis", 6379));
        client_command(
            "gateway",
            &[Way { label: 5433, target: &postgres }, Way { label: 6380, target: &redis }],
            &ClientFiles {
                host: "hub".into(),
                port: 40022,
                key: "/run/gateway/key".into(),
                known_hosts: "/run/gateway/known_hosts".into(),
            },
        )
    }

    #[test]
    fn the_client_forwards_every_service_and_opens_no_shell() {
        let words = command();
        assert_eq!(words[0], "ssh");
        assert_eq!(words.last().map(String::as_str), Some("hub"));
        assert!(words.contains(&"-N".to_owned()));
        let after = |flag: &str| {
            let values = words.windows(2).filter(|pair| pair[0] == flag);
            values.map(|pair| pair[1].as_str()).collect::<Vec<_>>()
        };
        assert_eq!(after("-R"), ["127.0.0.1:5433:postgres:5432", "127.0.0.1:6380:redis:6379"]);
        assert_eq!(after("-p"), ["40022"]);
        assert_eq!(after("-l"), ["gateway"]);
        assert_eq!(after("-i"), ["/run/gateway/key"]);
        assert_eq!(after("-F"), ["none"]);
    }

    #[test]
    fn the_client_trusts_one_host_key_and_asks_nobody() {
        let words = command();
        for option in [
            "StrictHostKeyChecking=yes",
            "UserKnownHostsFile=/run/gateway/known_hosts",
            "BatchMode=yes",
            "ExitOnForwardFailure=yes",
            "Compression=no",
        ] {
            assert!(words.contains(&option.to_owned()), "{option}");
        }
    }
}

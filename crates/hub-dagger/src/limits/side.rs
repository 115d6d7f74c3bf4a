//! Ways to a shell on the engine's side.

use std::path::PathBuf;
use tokio::process::Command;

/// Where the engine's processes can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EngineSide {
    /// On this machine: the engine shares its processes and control groups with the Hub.
    Local,
    /// In a container of this machine's container runtime.
    Container {
        /// The runtime's program: `docker`, `podman`, …
        program: PathBuf,
        /// Name of the engine's container.
        name: String,
    },
    /// On a machine that `ssh` reaches without asking anything.
    Ssh {
        /// `host` or `user@host`.
        destination: String,
        /// Its port, where it is not the usual one.
        port: Option<u16>,
    },
    /// Nowhere the Hub can look.
    Closed {
        /// Why, in words.
        because: String,
    },
}

/// A name that cannot stand in a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no name of a container or a host")]
pub(crate) struct UnusableName(String);

impl EngineSide {
    /// The engine runs in a container.
    ///
    /// # Errors
    /// [`UnusableName`].
    pub(crate) fn container(program: PathBuf, name: &str) -> Result<Self, UnusableName> {
        Ok(Self::Container { program, name: checked(name, "_.-")? })
    }

    /// The engine runs on another machine.
    ///
    /// # Errors
    /// [`UnusableName`].
    pub(crate) fn ssh(destination: &str, port: Option<u16>) -> Result<Self, UnusableName> {
        Ok(Self::Ssh { destination: checked(destination, "_.-@:%[]")?, port })
    }

    /// The command that starts a shell there which reads from its standard input.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn shell(&self) -> Result<Command, String> {
        let command = match self {
            Self::Local => Command::new("sh"),
            Self::Container { program, name } => {
                let mut command = Command::new(program);
                command.args(["exec", "-i", name, "sh"]);
                command
            }
            Self::Ssh { destination, port } => {
                let mut command = Command::new("ssh");
                command.args(ssh_arguments(destination, *port, "sh"));
                command
            }
            Self::Closed { because } => return Err(because.clone()),
        };
        Ok(command)
    }
}

/// The arguments by which `ssh` runs a program on another machine. Nobody is there to be asked.
pub(crate) fn ssh_arguments(destination: &str, port: Option<u16>, program: &str) -> Vec<String> {
    let mut words = vec!["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"];
    let port = port.map(|port| port.to_string());
    words.extend(port.iter().flat_map(|port| ["-p", port]));
    words.extend(["--", destination, program]);
    words.into_iter().map(str::to_owned).collect()
}

/// Letters, digits and `more`, beginning with a letter or digit: never an option, never a quote.
fn checked(name: &str, more: &str) -> Result<String, UnusableName> {
    let fits = name.len() <= 255
        && name
            .starts_with(|c: char| c.is_ascii_alphanumeric() || (c == '[' && more.contains('[')))
        && name.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    if fits { Ok(name.to_owned()) } else { Err(UnusableName(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(side: &EngineSide) -> Vec<String> {
        let command = side.shell().unwrap();
        let command = command.as_std();
        let mut words = vec![command.get_program().to_str().unwrap().to_owned()];
        words.extend(command.get_args().map(|a| a.to_str().unwrap().to_owned()));
        words
    }

    #[test]
    fn each_side_has_its_command() {
        let container = EngineSide::container("docker".into(), "cchub-engine-0.21.8").unwrap();
        assert_eq!(arguments(&container), ["docker", "exec", "-i", "cchub-engine-0.21.8", "sh"]);
        let host = EngineSide::ssh("ada@big.example", Some(2222)).unwrap();
        assert_eq!(
            arguments(&host).join(" "),
            "ssh -T -o BatchMode=yes -o ConnectTimeout=5 -p 2222 -- ada@big.example sh"
        );
        assert_eq!(arguments(&EngineSide::Local), ["sh"]);
    }

    #[test]
    fn names_that_would_be_options_or_commands_are_refused() {
        for name in ["", "-oProxyCommand=x", "a b", "a;b", "$(x)", "a\nb", "'", "ä"] {
            assert!(EngineSide::ssh(name, None).is_err(), "{name}");
            assert!(EngineSide::container("docker".into(), name).is_err(), "{name}");
        }
    }
}

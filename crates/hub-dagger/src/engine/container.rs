//! The Hub's own engine: a container with a name and a volume of its own in a container runtime that is
//! there. Its name does not begin with `dagger-engine-`, because other Dagger command lines remove what
//! is named so; its volume carries the engine's version, because an engine wipes the state of another.
//!
//! It goes on when the Hub ends: it holds the databases' volumes, and an engine that is not ended with
//! patience wipes them.

use super::tool;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A runtime that does not answer within this time is none.
pub(crate) const ANSWER_BOUND: Duration = Duration::from_secs(2);
/// An engine's image has some 200 MB.
const PULL_BOUND: Duration = Duration::from_secs(900);
const COMMAND_BOUND: Duration = Duration::from_secs(30);
/// An engine writes its state down when it ends; killed before, it wipes every volume.
const STOP_SECONDS: &str = "120";

/// Container runtimes, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuntimeName {
    Docker,
    Podman,
    Nerdctl,
    Finch,
    Apple,
}

impl RuntimeName {
    pub(crate) const ALL: [Self; 5] =
        [Self::Docker, Self::Podman, Self::Nerdctl, Self::Finch, Self::Apple];

    /// Name of its program.
    pub(crate) const fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Nerdctl => "nerdctl",
            Self::Finch => "finch",
            Self::Apple => "container",
        }
    }

    /// Arguments whose success means that it works.
    const fn question(self) -> &'static [&'static str] {
        match self {
            // Only the server's version: the client alone always knows its own.
            Self::Docker | Self::Nerdctl | Self::Finch => {
                &["version", "--format", "{{.Server.Version}}"]
            }
            Self::Podman => &["version", "--format", "{{.Version}}"],
            Self::Apple => &["system", "status"],
        }
    }

    /// How the Dagger command line names a container in it.
    pub(crate) fn address(self, container: &str) -> String {
        let driver = match self {
            Self::Apple => "apple",
            other => other.program(),
        };
        format!("container+{driver}://{container}")
    }
}

/// A container runtime that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContainerRuntime {
    pub(crate) name: RuntimeName,
    pub(crate) program: PathBuf,
    /// What it said of its version.
    pub(crate) version: String,
}

/// The first container runtime that answers.
///
/// # Errors
/// What each that is there said instead; empty when none is there.
pub(crate) async fn find() -> Result<ContainerRuntime, Vec<String>> {
    let asked = RuntimeName::ALL.map(|name| async move {
        let program = tool::on_path(name.program())?;
        let answer = tool::output(&program, name.question(), ANSWER_BOUND).await;
        Some(answer.map(|said| {
            let version = said.lines().next().unwrap_or_default().to_owned();
            ContainerRuntime { name, program, version }
        }))
    });
    let mut refusals = Vec::new();
    for answer in futures::future::join_all(asked).await.into_iter().flatten() {
        match answer {
            Ok(found) => return Ok(found),
            Err(why) => refusals.push(why),
        }
    }
    Err(refusals)
}

/// The Hub's own engine, as it is to be.
#[derive(Clone, Debug)]
pub(crate) struct OwnEngine {
    pub(crate) runtime: ContainerRuntime,
    /// Version of the engine, without a "v".
    pub(crate) version: String,
    /// Its settings, on this machine.
    pub(crate) settings: PathBuf,
}

/// How the engine's container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContainerState {
    Missing,
    Stopped,
    Running,
}

impl OwnEngine {
    /// Name of its container and of its volume.
    pub(crate) fn name(&self) -> String {
        format!("cchub-engine-v{}", self.version)
    }

    /// Its address for the Dagger command line.
    pub(crate) fn address(&self) -> String {
        self.runtime.name.address(&self.name())
    }

    fn image(&self) -> String {
        format!("registry.dagger.io/engine:v{}", self.version)
    }

    /// How its container is.
    ///
    /// # Errors
    /// What the runtime said.
    pub(crate) async fn state(&self) -> Result<ContainerState, String> {
        let said = self.run(&self.inspection(), ANSWER_BOUND).await;
        Ok(match said {
            Ok(said) => read_state(&said),
            Err(why) if says_missing(&why) => ContainerState::Missing,
            Err(why) => return Err(why),
        })
    }

    /// Sees that it runs. Takes as long as the download of its image, the first time.
    ///
    /// # Errors
    /// What the runtime said.
    pub(crate) async fn ensure(&self) -> Result<(), String> {
        match self.state().await? {
            ContainerState::Running => Ok(()),
            ContainerState::Stopped => {
                self.run(&["start".to_owned(), self.name()], COMMAND_BOUND).await.map(drop)
            }
            ContainerState::Missing => {
                self.run(&self.pull(), PULL_BOUND).await?;
                let made = self.run(&self.creation(), COMMAND_BOUND).await;
                match made {
                    // Another Hub was faster; the container is the same.
                    Err(why) if says_there(&why) => Ok(()),
                    other => other.map(drop),
                }
            }
        }
    }

    async fn run(&self, arguments: &[String], bound: Duration) -> Result<String, String> {
        tool::output(&self.runtime.program, arguments, bound).await
    }

    fn inspection(&self) -> Vec<String> {
        let words: &[&str] = match self.runtime.name {
            RuntimeName::Apple => &["inspect"],
            _ => &["container", "inspect", "--format", "{{.State.Status}}"],
        };
        words.iter().map(|word| (*word).to_owned()).chain([self.name()]).collect()
    }

    fn pull(&self) -> Vec<String> {
        let words: &[&str] = match self.runtime.name {
            RuntimeName::Apple => &["image", "pull"],
            _ => &["pull"],
        };
        words.iter().map(|word| (*word).to_owned()).chain([self.image()]).collect()
    }

    /// The arguments that make and start its container.
    pub(crate) fn creation(&self) -> Vec<String> {
        let name = self.name();
        let state = format!("{name}:/var/lib/dagger");
        let mut words = vec!["run", "--detach", "--name", &name, "--volume", &state];
        let settings = mounted(&self.settings);
        match self.runtime.name {
            RuntimeName::Apple => {
                // It has neither a privileged mode nor mounted files, and its defaults are too small.
                words.extend(["--cap-add", "ALL", "--cpus", "4", "--memory", "8G"]);
            }
            other => {
                words.extend([
                    "--volume",
                    &settings,
                    "--privileged",
                    "--restart",
                    "unless-stopped",
                ]);
                words.extend(["--label", "dev.commandcenter.hub=engine"]);
                if matches!(other, RuntimeName::Docker | RuntimeName::Podman) {
                    words.extend(["--stop-timeout", STOP_SECONDS]);
                }
            }
        }
        let image = self.image();
        words.push(&image);
        words.into_iter().map(str::to_owned).collect()
    }
}

fn mounted(settings: &Path) -> String {
    format!("{}:/etc/dagger/engine.json:ro", settings.display())
}

fn read_state(said: &str) -> ContainerState {
    let said = said.trim();
    // Apple's runtime answers with a list of objects, empty where there is no such container.
    if said == "[]" {
        return ContainerState::Missing;
    }
    let running = said == "running" || said.contains("\"status\":\"running\"");
    if running { ContainerState::Running } else { ContainerState::Stopped }
}

fn says_missing(why: &str) -> bool {
    let why = why.to_lowercase();
    ["no such container", "no such object", "not found", "no container with name"]
        .iter()
        .any(|sign| why.contains(sign))
}

fn says_there(why: &str) -> bool {
    let why = why.to_lowercase();
    ["already in use", "already exists", "is already used"].iter().any(|sign| why.contains(sign))
}

/// The settings of the Hub's engine. Its own rules would clear volumes unused for two days as soon as
/// all its data exceed 512 MB; these leave volumes alone. (Within a filter a comma means "or".)
pub(crate) const SETTINGS: &str = r#"{
  "gc": {
    "policies": [
      { "filters": ["type==source.local,type==source.git.checkout"], "keepDuration": "48h",
        "maxUsedSpace": "512MB" },
      { "filters": ["type==regular,type==internal,type==frontend"], "keepDuration": "1440h",
        "reservedSpace": "10GB", "maxUsedSpace": "60%", "minFreeSpace": "20%" },
      { "filters": ["type==regular,type==internal,type==frontend"],
        "reservedSpace": "10GB", "maxUsedSpace": "75%", "minFreeSpace": "20%" }
    ]
  }
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(name: RuntimeName) -> OwnEngine {
        let runtime =
            ContainerRuntime { name, program: name.program().into(), version: "1".to_owned() };
        OwnEngine { runtime, version: "0.21.11".to_owned(), settings: "/data/engine.json".into() }
    }

    #[test]
    fn its_container_is_not_one_that_other_command_lines_remove() {
        for name in RuntimeName::ALL {
            let engine = engine(name);
            assert!(!engine.name().starts_with("dagger-engine-"));
            assert!(engine.name().contains("0.21.11"), "one volume for each version");
            assert!(engine.address().ends_with(&format!("://{}", engine.name())));
        }
    }

    #[test]
    fn its_container_is_made_with_volume_settings_and_patience() {
        let words = engine(RuntimeName::Docker).creation().join(" ");
        assert_eq!(
            words,
            "run --detach --name cchub-engine-v0.21.11 \
             --volume cchub-engine-v0.21.11:/var/lib/dagger \
             --volume /data/engine.json:/etc/dagger/engine.json:ro --privileged \
             --restart unless-stopped --label dev.commandcenter.hub=engine --stop-timeout 120 \
             registry.dagger.io/engine:v0.21.11"
        );
        let apple = engine(RuntimeName::Apple).creation().join(" ");
        assert!(apple.contains("--cap-add ALL") && !apple.contains("--privileged"), "{apple}");
    }

    #[test]
    fn states_are_read_from_what_runtimes_say() {
        assert_eq!(read_state("running\n"), ContainerState::Running);
        assert_eq!(read_state("exited"), ContainerState::Stopped);
        assert_eq!(read_state("[]"), ContainerState::Missing);
        assert_eq!(read_state("[{\"status\":\"running\",\"x\":1}]"), ContainerState::Running);
        assert!(says_missing("docker ended with exit status: 1: Error: No such container: x"));
        assert!(says_missing("Error: no container with name or ID \"x\" found: no such container"));
        assert!(says_there("Conflict. The container name \"/x\" is already in use by container"));
        assert!(!says_there("permission denied"));
    }

    #[test]
    fn its_settings_are_well_formed_and_spare_volumes() {
        let read: serde_json::Value = serde_json::from_str(SETTINGS).unwrap();
        for policy in read["gc"]["policies"].as_array().unwrap() {
            let filters = policy["filters"].to_string();
            assert!(filters != "null" && !filters.contains("cachemount"), "{filters}");
        }
    }
}

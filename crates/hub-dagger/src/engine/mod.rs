//! Where a project's engine is and with which command line it is spoken to: at the address that the
//! project or the Hub's environment names, else the Hub's own in a container runtime that answers.

pub(crate) mod cli;
mod container;
mod download;
mod reach;
mod tool;

pub(crate) use container::ContainerState;
pub(crate) use download::RELEASES;

use cli::{Cli, Sources, Wanted};
use container::OwnEngine;
use hub_domain::{Code, EngineAddress, Problem};
use hub_engine::runtime::{Progress, ProgressSink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// From one look for an engine that went away to the next.
const LOOK: Duration = Duration::from_secs(1);
/// Progress of a step without a measure is repeated this often.
const TICK: Duration = Duration::from_millis(400);

/// How the Hub finds engines.
#[derive(Clone, Debug)]
pub(crate) struct Engines {
    folder: PathBuf,
    /// Engine of projects that name none.
    usual: Option<EngineAddress>,
    sources: Sources,
}

/// An engine to be used, before anything was asked of it.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// At an address that was given.
    Given(EngineAddress),
    /// The Hub's own.
    Own(OwnEngine),
}

impl Place {
    /// Its address, as the command line takes it.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Given(address) => address.as_str().to_owned(),
            Self::Own(own) => own.address(),
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        match self {
            Self::Given(_) => Wanted::AnyRecent,
            Self::Own(own) => Wanted::Exactly(&own.version),
        }
    }
}

/// What is known of an engine without starting anything.
#[derive(Clone, Debug)]
pub(crate) struct Outlook {
    /// It can be used, if need be after its start or its download.
    pub(crate) usable: bool,
    /// It answers now.
    pub(crate) answers: bool,
    /// Why, in one sentence.
    pub(crate) why: String,
}

impl Engines {
    /// `folder` is the runtime's own in the Hub home.
    pub(crate) fn new(
        folder: &Path,
        usual: Option<EngineAddress>,
        cli: Option<PathBuf>,
        releases: String,
    ) -> Self {
        let sources = Sources {
            named: cli,
            folder: folder.join("cli"),
            releases,
            pinned: dagger_sdk::core::DAGGER_ENGINE_VERSION.to_owned(),
        };
        Self { folder: folder.to_path_buf(), usual, sources }
    }

    /// Where the engine of a project is.
    ///
    /// # Errors
    /// What the container runtimes said; empty when none is there.
    pub(crate) async fn place(&self, named: Option<&EngineAddress>) -> Result<Place, Vec<String>> {
        if let Some(address) = named.or(self.usual.as_ref()) {
            return Ok(Place::Given(address.clone()));
        }
        self.own().await.map(Place::Own)
    }

    async fn own(&self) -> Result<OwnEngine, Vec<String>> {
        Ok(OwnEngine {
            runtime: container::find().await?,
            version: self.sources.pinned.clone(),
            settings: self.folder.join("engine.json"),
        })
    }

    /// The engine at an address that [`Place::address`] gave, if it answers now: command line and place.
    ///
    /// # Errors
    /// `ENGINE_UNAVAILABLE`, those of the command line.
    pub(crate) async fn answering(&self, address: &str) -> Result<(Place, Cli), Problem> {
        let place = match EngineAddress::parse(address) {
            Ok(address) => Place::Given(address),
            Err(_) => Place::Own(self.own().await.map_err(|refusals| no_runtime(&refusals))?),
        };
        let why = match &place {
            Place::Given(given) => reach::check(given).await.err(),
            Place::Own(own) if own.address() != address => {
                Some(format!("the Hub's own is now the one at {}", own.address()))
            }
            Place::Own(own) => match own.state().await {
                Ok(ContainerState::Running) => None,
                Ok(ContainerState::Stopped) => Some("it is stopped".to_owned()),
                Ok(ContainerState::Missing) => Some("its container is gone".to_owned()),
                Err(why) => Some(why),
            },
        };
        if let Some(why) = why {
            return Err(not_reached(address, &why));
        }
        let cli = self.sources.get(&place.wanted(), &silent()).await?;
        Ok((place, cli))
    }

    /// What is known of a project's engine. Bounded to 2 s for each question.
    pub(crate) async fn outlook(&self, named: Option<&EngineAddress>) -> Outlook {
        let no = |why: String| Outlook { usable: false, answers: false, why };
        match self.place(named).await {
            Err(refusals) if refusals.is_empty() => {
                no("No container runtime was found.".to_owned())
            }
            Err(refusals) => no(format!("No container runtime answers ({}).", refusals.join("; "))),
            Ok(Place::Given(address)) => {
                if let Err(why) = reach::check(&address).await {
                    return no(format!("The Dagger engine at {address} cannot be reached: {why}."));
                }
                let asked = reach::ask(&address).await;
                let answers = asked.is_ok();
                let why = match asked {
                    Ok(()) => format!("A Dagger engine is at {address}."),
                    Err(why) => format!("The Dagger engine at {address} does not answer: {why}."),
                };
                Outlook { usable: true, answers, why }
            }
            Ok(Place::Own(own)) => {
                let runtime = own.runtime.name.program();
                match own.state().await {
                    Ok(state) => {
                        let why = match state {
                            ContainerState::Running => {
                                format!("The Hub's Dagger engine runs in {runtime}.")
                            }
                            ContainerState::Stopped => {
                                format!("The Hub's Dagger engine in {runtime} is stopped.")
                            }
                            ContainerState::Missing => {
                                format!("{runtime} answers, but holds no Dagger engine yet.")
                            }
                        };
                        let answers = state == ContainerState::Running;
                        Outlook { usable: true, answers, why }
                    }
                    Err(why) => no(format!("{runtime} does not answer: {why}.")),
                }
            }
        }
    }

    /// The command line for an engine, if it is here already.
    ///
    /// # Errors
    /// Why it is not.
    pub(crate) async fn peek_cli(&self, place: Option<&Place>) -> Result<Cli, String> {
        self.sources.peek(&place.map_or(Wanted::AnyRecent, Place::wanted)).await
    }

    /// Sees that engine and command line are there.
    ///
    /// # Errors
    /// `ENGINE_UNAVAILABLE`, the `COMPONENT_…` codes, `DISK_FULL`.
    pub(crate) async fn ready(
        &self,
        named: Option<&EngineAddress>,
        progress: &ProgressSink,
    ) -> Result<(Place, Cli), Problem> {
        let place = self.place(named).await.map_err(|refusals| no_runtime(&refusals))?;
        if let Place::Given(address) = &place {
            // Its command line would try again and again, without a word.
            reach::check(address).await.map_err(|why| not_reached(address.as_str(), &why))?;
        }
        let cli = self.sources.get(&place.wanted(), progress).await?;
        if let Place::Own(own) = &place {
            self.write_settings(own)?;
            tell_while(own.ensure(), "Starting the Dagger engine", progress)
                .await
                .map_err(|why| not_started(own, &why))?;
        }
        Ok((place, cli))
    }

    /// Waits until an engine at a given address answers: one that was killed is often started anew.
    /// Says nothing when it does not; whoever asks it next is told.
    pub(crate) async fn until_reached(&self, named: Option<&EngineAddress>, bound: Duration) {
        let Some(address) = named.or(self.usual.as_ref()) else { return };
        let reached = async {
            let mut looks = tokio::time::interval(LOOK);
            loop {
                looks.tick().await;
                if reach::check(address).await.is_ok() {
                    return;
                }
            }
        };
        if tokio::time::timeout(bound, reached).await.is_err() {
            tracing::debug!("the engine at {address} did not come back within {bound:?}");
        }
    }

    fn write_settings(&self, own: &OwnEngine) -> Result<(), Problem> {
        std::fs::create_dir_all(&self.folder)
            .and_then(|()| std::fs::write(&own.settings, container::SETTINGS))
            .map_err(|fault| crate::data::home_problem("Writing the engine's settings", &fault))
    }
}

/// Repeats a step's name while it goes on.
pub(crate) async fn tell_while<T>(
    work: impl Future<Output = T>,
    step: &str,
    progress: &ProgressSink,
) -> T {
    let mut work = std::pin::pin!(work);
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = ticks.tick() => progress(Progress { step: step.to_owned(), amount: None }),
        }
    }
}

fn no_runtime(refusals: &[String]) -> Problem {
    Problem::new(
        Code::EngineUnavailable,
        "There is no Dagger engine and no container runtime that could run one.",
        "Start Docker, Podman, nerdctl, Finch or Apple's container, or name an engine's address in \
         the project's settings.",
    )
    .caused_by(if refusals.is_empty() {
        "none was found".to_owned()
    } else {
        refusals.join("; ")
    })
}

fn not_reached(address: &str, why: &str) -> Problem {
    Problem::new(
        Code::EngineUnavailable,
        format!("The Dagger engine at {address} cannot be reached."),
        "See whether it runs, or name another one in the project's settings.",
    )
    .caused_by(why)
    .retryable()
}

fn not_started(own: &OwnEngine, why: &str) -> Problem {
    Problem::new(
        Code::EngineUnavailable,
        format!("The Dagger engine could not be started in {}.", own.runtime.name.program()),
        "See the cause; the container runtime must be allowed to run privileged containers.",
    )
    .caused_by(why)
    .retryable()
}

/// A sink for callers that need no progress.
pub(crate) fn silent() -> ProgressSink {
    Arc::new(|_| {})
}

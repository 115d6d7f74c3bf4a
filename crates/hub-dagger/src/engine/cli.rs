//! The Dagger command line that opens sessions: the one that is named, the user's own where its version
//! fits, else the engine's version, downloaded once and checked against its published checksum.

use super::download;
use super::tool;
use hub_domain::{Code, Problem};
use hub_engine::runtime::ProgressSink;
use std::path::{Path, PathBuf};
use std::time::Duration;

const VERSION_BOUND: Duration = Duration::from_secs(5);
/// The oldest command line whose sessions serve what the Hub needs.
const OLDEST: (u32, u32) = (0, 21);

/// A command line that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cli {
    pub(crate) program: PathBuf,
    /// As it says itself, without a "v".
    pub(crate) version: String,
    /// Why this one, in words for the doctor.
    pub(crate) why: String,
}

/// Which command lines fit.
#[derive(Clone, Debug)]
pub(crate) enum Wanted<'a> {
    /// This version exactly: the Hub's own engine has it.
    Exactly(&'a str),
    /// Any that is not too old: the engine is somebody else's, and only it knows its version.
    AnyRecent,
}

impl Wanted<'_> {
    fn takes(&self, version: &str) -> bool {
        match self {
            Self::Exactly(wanted) => *wanted == version,
            Self::AnyRecent => numbers(version).is_some_and(|found| found >= OLDEST),
        }
    }
}

/// Where command lines are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// Named by the user; used whatever its version.
    pub(crate) named: Option<PathBuf>,
    /// Folder of downloads.
    pub(crate) folder: PathBuf,
    /// Address of the releases.
    pub(crate) releases: String,
    /// Version to download.
    pub(crate) pinned: String,
}

impl Sources {
    /// The command line to use, if it is on this machine.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn peek(&self, wanted: &Wanted<'_>) -> Result<Cli, String> {
        if let Some(program) = &self.named {
            let version = version_of(program).await?;
            let why = "CCHUB_DAGGER_CLI names it".to_owned();
            return Ok(Cli { program: program.clone(), version, why });
        }
        let mut passed_over = String::new();
        if let Some(program) = tool::on_path("dagger") {
            match version_of(&program).await {
                Ok(version) if wanted.takes(&version) => {
                    let why = "it is on the search path".to_owned();
                    return Ok(Cli { program, version, why });
                }
                Ok(version) => passed_over = format!("; {} is {version}", program.display()),
                Err(why) => passed_over = format!("; {why}"),
            }
        }
        let program = download::place(&self.folder, &self.pinned);
        if program.is_file() {
            let version = self.pinned.clone();
            let why = "the Hub downloaded it".to_owned();
            return Ok(Cli { program, version, why });
        }
        Err(format!("version {} is not downloaded yet{passed_over}", self.pinned))
    }

    /// The command line to use; downloaded where it must be.
    ///
    /// # Errors
    /// `COMPONENT_MISSING`, `COMPONENT_DOWNLOAD_FAILED`, `COMPONENT_TAMPERED`, `DISK_FULL`.
    pub(crate) async fn get(
        &self,
        wanted: &Wanted<'_>,
        progress: &ProgressSink,
    ) -> Result<Cli, Problem> {
        match self.peek(wanted).await {
            Ok(found) => return Ok(found),
            Err(why) if self.named.is_some() => return Err(unusable(&why)),
            Err(_) => {}
        }
        let program = download::fetch(&self.releases, &self.pinned, &self.folder, progress).await?;
        // What was downloaded must also run here.
        let version = version_of(&program).await.map_err(|why| unusable(&why))?;
        Ok(Cli { program, version, why: "the Hub downloaded it".to_owned() })
    }
}

fn unusable(why: &str) -> Problem {
    Problem::new(
        Code::ComponentMissing,
        "The Dagger command line cannot be used.",
        "Name a working one in CCHUB_DAGGER_CLI, or unset that to let the Hub download one.",
    )
    .caused_by(why)
}

async fn version_of(program: &Path) -> Result<String, String> {
    let said = tool::output(program, &["version"], VERSION_BOUND).await?;
    read_version(&said).ok_or_else(|| {
        let first: String = said.lines().next().unwrap_or_default().chars().take(80).collect();
        format!("{} says \"{first}\" instead of a version of Dagger", program.display())
    })
}

/// Reads `dagger v0.21.8 (image://registry.dagger.io/engine:v0.21.8) linux/amd64`, and `version: v1.0.0`
/// as newer ones say it.
fn read_version(said: &str) -> Option<String> {
    let first = said.lines().next()?;
    let named = first.strip_prefix("dagger ").or_else(|| first.strip_prefix("version:"))?;
    let word = named.split_whitespace().next()?;
    let version = word.strip_prefix('v').unwrap_or(word);
    let is_version = version.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+.".contains(&b));
    (is_version && !version.is_empty()).then(|| version.to_owned())
}

/// Major and minor number.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(['.', '-', '+']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// True where two versions are of the same series, so that what is not documented is alike too.
pub(crate) fn same_series(one: &str, other: &str) -> bool {
    let series = |version: &str| numbers(version.strip_prefix('v').unwrap_or(version));
    series(one).is_some() && series(one) == series(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_command_lines_say() {
        let said = "dagger v0.21.8 (image://registry.dagger.io/engine:v0.21.8) linux/amd64";
        assert_eq!(read_version(said).as_deref(), Some("0.21.8"));
        let said = "version:     v1.0.0-beta.8\nplatform:    linux/amd64";
        assert_eq!(read_version(said).as_deref(), Some("1.0.0-beta.8"));
        assert_eq!(read_version("GNU bash, version 5"), None);
        assert_eq!(read_version("dagger "), None);
    }

    #[test]
    fn which_versions_fit() {
        assert!(Wanted::Exactly("0.21.11").takes("0.21.11"));
        assert!(!Wanted::Exactly("0.21.11").takes("0.21.8"));
        for (version, fits) in
            [("0.21.8", true), ("1.0.0-beta.10", true), ("0.19.9", false), ("x", false)]
        {
            assert_eq!(Wanted::AnyRecent.takes(version), fits, "{version}");
        }
        assert!(same_series("v0.21.8", "0.21.11"));
        assert!(!same_series("0.21.8", "1.0.0"));
        assert!(!same_series("x", "x"));
    }
}

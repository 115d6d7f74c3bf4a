//! Whether an engine still is the one that was left. A step whose result is random is remembered by an
//! engine that keeps its state, and runs anew in one that lost it; asking for it costs milliseconds,
//! looking into a volume more than a second.

use super::write_whole;
use crate::fault::Fault;
use crate::session::Session;
use crate::stack::{Parts, shell};
use dagger_sdk::Query;
use hub_domain::{ProjectId, Service};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

const BOUND: Duration = Duration::from_secs(100);

/// What is noted of a project's volumes.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Note {
    /// Engine on which the project ran last.
    engine: String,
    /// What each engine answered when the volumes were last seen in it.
    seen: BTreeMap<String, String>,
}

/// The note of one project, in a file of its own.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    file: PathBuf,
}

impl Memory {
    /// `folder` is the runtime's own in the Hub home.
    pub(crate) fn of(folder: &Path, project: &ProjectId) -> Self {
        Self { file: folder.join("volumes").join(format!("{project}.json")) }
    }

    fn read(&self) -> Note {
        let text = std::fs::read(&self.file).unwrap_or_default();
        // What cannot be read is not known, and the volumes are looked at.
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn write(&self, note: &Note) {
        let text = serde_json::to_vec_pretty(note).unwrap_or_default();
        if let Err(fault) = write_whole(&self.file, &text) {
            tracing::warn!("{}: {fault}", self.file.display());
        }
    }

    /// The engine on which the project ran last, if it ever did.
    pub(crate) fn last_engine(&self) -> Option<String> {
        Some(self.read().engine).filter(|engine| !engine.is_empty())
    }

    /// True where the volumes were seen in the engine that gives this answer.
    pub(crate) fn knows(&self, engine: &str, answer: &str) -> bool {
        self.read().seen.get(engine).is_some_and(|seen| seen == answer)
    }

    /// Notes that the volumes are in this engine.
    pub(crate) fn saw(&self, engine: &str, answer: &str) {
        let mut note = self.read();
        engine.clone_into(&mut note.engine);
        note.seen.insert(engine.to_owned(), answer.to_owned());
        self.write(&note);
    }

    /// Takes the note back: a volume was not there.
    pub(crate) fn doubt(&self, engine: &str) {
        let mut note = self.read();
        note.seen.remove(engine);
        self.write(&note);
    }

    /// Removes the note.
    pub(crate) fn forget(&self) {
        if let Err(fault) = std::fs::remove_file(&self.file)
            && fault.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!("{}: {fault}", self.file.display());
        }
    }
}

fn question(query: &Query, parts: &Parts, project: &ProjectId) -> dagger_sdk::Container {
    query
        .container()
        .from(parts.images[Service::Postgres].as_str())
        .with_env_variable("CCHUB_PROJECT", project.as_str())
        .with_exec(shell("cat /proc/sys/kernel/random/uuid"))
}

/// What the engine answers: the same as long as it keeps its state.
///
/// # Errors
/// [`Fault`].
pub(crate) async fn recall(
    session: &Session,
    parts: &Parts,
    project: &ProjectId,
) -> Result<String, Fault> {
    let answer = question(&session.query(BOUND), parts, project).stdout().await?;
    Ok(answer.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_known_only_in_the_engine_that_answers_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let project = ProjectId::parse("abcdefgh").unwrap();
        let memory = Memory::of(folder.path(), &project);
        assert!(!memory.knows("unix:///a", "1"));
        assert_eq!(memory.last_engine(), None);
        memory.saw("unix:///a", "1");
        memory.saw("unix:///b", "2");
        assert!(memory.knows("unix:///a", "1"));
        assert!(!memory.knows("unix:///a", "2"), "its state was lost");
        assert_eq!(memory.last_engine().as_deref(), Some("unix:///b"));
        memory.doubt("unix:///a");
        assert!(!memory.knows("unix:///a", "1"));
        memory.forget();
        memory.forget();
        assert_eq!(memory.last_engine(), None);
    }

    #[test]
    fn a_note_that_is_damaged_is_no_note() {
        let folder = tempfile::tempdir().unwrap();
        let project = ProjectId::parse("abcdefgh").unwrap();
        let memory = Memory::of(folder.path(), &project);
        write_whole(&memory.file, b"{\"engine\": 3").unwrap();
        assert!(!memory.knows("x", "y"));
        memory.saw("x", "y");
        assert!(memory.knows("x", "y"));
    }
}

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
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

const BOUND: Duration = Duration::from_secs(100);

/// What is noted of a project's volumes.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Note {
    /// Engine on which the project ran last.
    engine: String,
    /// What each engine answered when the volumes were last seen in it; nothing where they are in doubt.
    seen: BTreeMap<String, String>,
    /// Every engine in which volumes may be.
    #[serde(default)]
    entered: BTreeSet<String>,
    /// The project was removed with its data.
    #[serde(default)]
    condemned: bool,
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

    /// Removed projects of which engines still hold volumes.
    pub(crate) fn condemned(folder: &Path) -> Vec<ProjectId> {
        let files = std::fs::read_dir(folder.join("volumes")).into_iter().flatten().flatten();
        let projects = files.filter_map(|entry| {
            let path = entry.path();
            let project = ProjectId::parse(path.file_stem()?.to_str()?).ok()?;
            Self { file: path }.read().condemned.then_some(project)
        });
        projects.collect()
    }

    /// Notes that the project was removed with its data, where any engine has some.
    pub(crate) fn condemn(&self) {
        let note = self.read();
        if !note.entered.is_empty() {
            self.write(&Note { condemned: true, ..note });
        }
    }

    fn read(&self) -> Note {
        let text = std::fs::read(&self.file).unwrap_or_default();
        // What cannot be read is not known, and the volumes are looked at.
        let mut note: Note = serde_json::from_slice(&text).unwrap_or_default();
        // Of a Hub that noted an engine only when it had seen the volumes there.
        let seen = note.seen.keys().chain([&note.engine]).filter(|engine| !engine.is_empty());
        note.entered.extend(seen.cloned());
        note
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

    /// Every engine in which the project's volumes may be.
    pub(crate) fn engines(&self) -> BTreeSet<String> {
        self.read().entered
    }

    /// True where the project's volumes were seen in this engine at some time.
    pub(crate) fn was_on(&self, engine: &str) -> bool {
        self.read().seen.contains_key(engine)
    }

    /// Notes that volumes are about to be made in this engine.
    pub(crate) fn enters(&self, engine: &str) {
        let mut note = self.read();
        if note.entered.insert(engine.to_owned()) {
            self.write(&note);
        }
    }

    /// Notes that this engine holds nothing of the project any more; the last one takes the whole note
    /// with it.
    pub(crate) fn leaves(&self, engine: &str) {
        let mut note = self.read();
        note.entered.remove(engine);
        note.seen.remove(engine);
        if note.engine == engine {
            note.engine.clear();
        }
        match note.entered.is_empty() {
            true => self.forget(),
            false => self.write(&note),
        }
    }

    /// True where the volumes were seen in the engine that gives this answer.
    pub(crate) fn knows(&self, engine: &str, answer: &str) -> bool {
        let note = self.read();
        note.seen.get(engine).is_some_and(|seen| seen == answer && !seen.is_empty())
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
        note.seen.insert(engine.to_owned(), String::new());
        self.write(&note);
    }

    /// Removes the note.
    fn forget(&self) {
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
        assert!(!memory.knows("unix:///a", "1") && !memory.knows("unix:///a", ""));
        assert!(memory.was_on("unix:///a"), "it was there before it was in doubt");
    }

    #[test]
    fn every_engine_with_volumes_is_noted_until_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let project = ProjectId::parse("abcdefgh").unwrap();
        let memory = Memory::of(folder.path(), &project);
        // As a Hub wrote it that did not note what it had begun.
        write_whole(&memory.file, br#"{"engine": "unix:///a", "seen": {"unix:///a": "1"}}"#)
            .unwrap();
        memory.enters("unix:///b");
        assert!(!memory.was_on("unix:///b"), "nothing was seen there yet");
        memory.saw("unix:///c", "3");
        let engines: Vec<String> = memory.engines().into_iter().collect();
        assert_eq!(engines, ["unix:///a", "unix:///b", "unix:///c"]);
        assert!(Memory::condemned(folder.path()).is_empty());
        memory.condemn();
        for engine in engines {
            assert_eq!(Memory::condemned(folder.path()), std::slice::from_ref(&project));
            memory.leaves(&engine);
        }
        assert!(!memory.file.exists());
        assert_eq!(memory.last_engine(), None);
        memory.leaves("unix:///a");
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

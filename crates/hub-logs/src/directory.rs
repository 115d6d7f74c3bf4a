//! All projects' logs: one folder each, opened when first needed.

use crate::filter::Filter;
use crate::follow;
use crate::project::{Bounds, ProjectLog};
use crate::read::read;
use crate::segment;
use crate::writer::SegmentWriter;
use futures::stream::BoxStream;
use hub_domain::{Code, Problem, ProjectId, Service};
use hub_engine::clock::Clock;
use hub_engine::logs::{Followed, LogLine, LogQuery, LogStream, LogWriter, Logs};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

struct Opened {
    log: Arc<ProjectLog>,
    thread: JoinHandle<()>,
}

impl Opened {
    /// Brings everything to the disk and ends the thread.
    fn close(self) {
        self.log.close();
        if self.thread.join().is_err() {
            tracing::error!("the thread that writes a log ended in a panic");
        }
    }
}

/// The log store in a folder. Dropping it writes what is left and ends all followers.
pub struct LogDirectory {
    root: PathBuf,
    clock: Arc<dyn Clock>,
    bounds: Bounds,
    projects: Mutex<HashMap<ProjectId, Opened>>,
}

impl LogDirectory {
    /// Opens the store in a folder, with the usual bounds.
    ///
    /// # Errors
    /// `LOG_FAILED`, `DISK_FULL`.
    pub fn open(root: &Path, clock: Arc<dyn Clock>) -> Result<Self, Problem> {
        Self::bounded(root, clock, Bounds::default())
    }

    /// Opens the store in a folder, with bounds of the caller's.
    ///
    /// # Errors
    /// As [`LogDirectory::open`].
    pub fn bounded(root: &Path, clock: Arc<dyn Clock>, bounds: Bounds) -> Result<Self, Problem> {
        segment::make_private_folder(root).map_err(|e| failed(root, &e))?;
        Ok(Self { root: root.to_path_buf(), clock, bounds, projects: Mutex::default() })
    }

    /// A panic elsewhere leaves the map whole: entries are only put in or taken out.
    fn lock(&self) -> MutexGuard<'_, HashMap<ProjectId, Opened>> {
        self.projects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self, project: &ProjectId) -> PathBuf {
        self.root.join(project.as_str())
    }

    fn project(&self, project: &ProjectId) -> Result<Arc<ProjectLog>, Problem> {
        match self.lock().entry(project.clone()) {
            Entry::Occupied(entry) => Ok(Arc::clone(&entry.get().log)),
            Entry::Vacant(entry) => {
                let folder = self.folder(project);
                let opened = self.open_project(&folder).map_err(|e| failed(&folder, &e))?;
                Ok(Arc::clone(&entry.insert(opened).log))
            }
        }
    }

    fn open_project(&self, folder: &Path) -> io::Result<Opened> {
        let (segments, next) = segment::open_folder(folder)?;
        let log = ProjectLog::new(segments, next, self.bounds, Arc::clone(&self.clock));
        let log = Arc::new(log);
        let writer = SegmentWriter::new(Arc::clone(&log), folder.to_path_buf());
        let thread =
            thread::Builder::new().name("hub-log".to_owned()).spawn(move || writer.run())?;
        Ok(Opened { log, thread })
    }
}

impl Drop for LogDirectory {
    fn drop(&mut self) {
        let projects: Vec<Opened> = self.lock().drain().map(|(_, opened)| opened).collect();
        // All begin to end before the first one is waited for.
        for opened in &projects {
            opened.log.close();
        }
        projects.into_iter().for_each(Opened::close);
    }
}

impl Logs for LogDirectory {
    fn writer(&self, project: &ProjectId, service: Service) -> Result<Arc<dyn LogWriter>, Problem> {
        Ok(Arc::new(ServiceWriter { log: self.project(project)?, service }))
    }

    fn read(&self, project: &ProjectId, query: &LogQuery) -> Result<Vec<LogLine>, Problem> {
        let filter = Filter::new(query)?;
        let folder = self.folder(project);
        if !self.lock().contains_key(project) && !folder.exists() {
            return Ok(Vec::new());
        }
        let view = self.project(project)?.view();
        read(&view, &filter, query.tail).map_err(|e| failed(&folder, &e))
    }

    fn follow(
        &self,
        project: &ProjectId,
        query: &LogQuery,
    ) -> Result<BoxStream<'static, Followed>, Problem> {
        let filter = Filter::new(query)?;
        let (view, follower) = self.project(project)?.view_and_follow(filter.clone());
        let before =
            read(&view, &filter, query.tail).map_err(|e| failed(&self.folder(project), &e))?;
        Ok(follow::stream(before, follower))
    }

    fn remove(&self, project: &ProjectId) -> Result<(), Problem> {
        // Under the lock, so that nobody opens the folder while it goes.
        let mut projects = self.lock();
        if let Some(opened) = projects.remove(project) {
            opened.close();
        }
        let folder = self.folder(project);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&folder, &error)),
            _ => Ok(()),
        }
    }
}

struct ServiceWriter {
    log: Arc<ProjectLog>,
    service: Service,
}

impl LogWriter for ServiceWriter {
    fn write(&self, stream: LogStream, bytes: &[u8]) {
        self.log.write(self.service, stream, bytes);
    }

    fn note(&self, text: &str) {
        self.log.note(self.service, text);
    }

    fn end(&self) {
        self.log.end(self.service);
    }
}

fn failed(place: &Path, error: &io::Error) -> Problem {
    let problem = if error.kind() == io::ErrorKind::StorageFull {
        Problem::new(
            Code::DiskFull,
            format!("The disk that holds the log {} is full.", place.display()),
            "Free some space and try again.",
        )
        .retryable()
    } else {
        Problem::new(
            Code::LogFailed,
            format!("The log {} could not be read or written.", place.display()),
            "Make sure that the folder is yours and writable.",
        )
    };
    problem.caused_by(error)
}

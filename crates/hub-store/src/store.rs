//! The [`Store`] over SQLite: one thread owns the connection and does one job after the other.
//!
//! Limits: a job waits at most the busy time of the connection (5 s) for another process; callers
//! wait for their turn in a bounded queue.

use crate::{connection, failure, table};
use async_trait::async_trait;
use hub_domain::{Code, Problem, Project, ProjectId};
use hub_engine::store::Store;
use rusqlite::{Connection, ErrorCode};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait before callers do.
const QUEUE: usize = 64;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The Hub's memory in `hub.db`. Dropping it finishes what was asked and closes the database.
pub struct SqliteStore {
    file: PathBuf,
    /// `None` only while it is being dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens the database in the Hub home, or makes it.
    ///
    /// # Errors
    /// `HUB_HOME_UNUSABLE`, `STORE_TOO_NEW`, `STORE_CORRUPT`, `DISK_FULL`, `STORE_FAILED`. The file
    /// is left as it was.
    pub fn open(home: &Path) -> Result<Self, Problem> {
        let (mut connection, file) = connection::open(home)?;
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
        let thread = thread::Builder::new()
            .name("hub-store".to_owned())
            .spawn(move || {
                while let Some(job) = queue.blocking_recv() {
                    job(&mut connection);
                }
            })
            .map_err(|e| failure::from_io(&e, &file))?;
        Ok(Self { file, jobs: Some(jobs), thread: Some(thread) })
    }

    async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Whoever no longer waits needs no answer.
            drop(reply.send(job(connection)));
        });
        let Some(jobs) = &self.jobs else { return Err(thread_ended()) };
        jobs.send(job).await.map_err(|_| thread_ended())?;
        answer
            .await
            .map_err(|_| thread_ended())?
            .map_err(|error| failure::from_sqlite(&error, &self.file))
    }

    async fn change(
        &self,
        project: &Project,
        write: fn(&Connection, &Project) -> rusqlite::Result<bool>,
    ) -> Result<bool, Problem> {
        let copy = project.clone();
        let outcome = self
            .ask(move |connection| {
                let transaction = connection::write(connection)?;
                match write(&transaction, &copy) {
                    Ok(found) => transaction.commit().map(|()| Ok(found)),
                    Err(error) if is_conflict(&error) => Ok(Err(error)),
                    Err(error) => Err(error),
                }
            })
            .await?;
        outcome.map_err(|error| conflict(&error, project))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the Hub's database ended in a panic");
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn projects(&self) -> Result<Vec<Project>, Problem> {
        // In one transaction, so that a project and its ports are of one moment.
        self.ask(|connection| {
            let transaction = connection.transaction()?;
            table::projects::all(&transaction)
        })
        .await
    }

    async fn insert(&self, project: &Project) -> Result<(), Problem> {
        self.change(project, |c, p| table::projects::insert(c, p).map(|()| true)).await.map(drop)
    }

    async fn update(&self, project: &Project) -> Result<(), Problem> {
        if self.change(project, table::projects::update).await? {
            return Ok(());
        }
        Err(Problem::new(
            Code::ProjectNotFound,
            format!("There is no project {}.", project.id),
            "Look at the list of projects; it may have been removed.",
        ))
    }

    async fn remove(&self, project: &ProjectId, keep_data: bool) -> Result<(), Problem> {
        let project = project.clone();
        self.ask(move |connection| {
            let transaction = connection::write(connection)?;
            if keep_data {
                table::kept::remember(&transaction, &project)?;
            }
            table::projects::remove(&transaction, &project)?;
            transaction.commit()
        })
        .await
    }

    async fn kept(&self, path: &Path) -> Result<Option<ProjectId>, Problem> {
        let path = path.to_path_buf();
        self.ask(move |connection| table::kept::read(connection, &path)).await
    }

    async fn setting(&self, key: &str) -> Result<Option<String>, Problem> {
        let key = key.to_owned();
        self.ask(move |connection| table::settings::read(connection, &key)).await
    }

    async fn set_setting(&self, key: &str, value: Option<&str>) -> Result<(), Problem> {
        let (key, value) = (key.to_owned(), value.map(str::to_owned));
        self.ask(move |connection| table::settings::write(connection, &key, value.as_deref())).await
    }
}

fn is_conflict(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(cause, Some(words))
        if cause.code == ErrorCode::ConstraintViolation && words.starts_with("UNIQUE"))
}

/// Which uniqueness a project would break; SQLite names the column.
fn conflict(error: &rusqlite::Error, project: &Project) -> Problem {
    let words = error.to_string();
    let problem = if words.contains("projects.path") {
        Problem::new(
            Code::PathAlreadyRegistered,
            format!("{} is registered already.", project.path.display()),
            "Use that project, or remove it first.",
        )
    } else if words.contains("ports.port") {
        Problem::new(
            Code::PortLeased,
            format!("One of the ports of \"{}\" belongs to another service.", project.name),
            "Choose another port.",
        )
    } else {
        Problem::new(
            Code::StoreFailed,
            format!("The id or number of \"{}\" is taken already.", project.name),
            "Try again.",
        )
        .retryable()
    };
    problem.caused_by(error)
}

fn thread_ended() -> Problem {
    Problem::new(
        Code::StoreFailed,
        "The thread that owns the Hub's database has ended.",
        "Restart the Hub.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SQLite's own bound on pages stands in for the disk's end: it is refused at the same place.
    #[tokio::test]
    async fn a_full_disk_is_named_and_loses_nothing() {
        let home = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(home.path()).unwrap();
        store.set_setting("before", Some("kept")).await.unwrap();
        let bound = |pages: u32| {
            move |c: &mut Connection| {
                c.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
            }
        };
        store.ask(bound(1)).await.unwrap();
        let large = "x".repeat(100_000);
        let problem = store.set_setting("large", Some(&large)).await.unwrap_err();
        assert_eq!(problem.code, Code::DiskFull);
        assert!(problem.retryable);
        store.ask(bound(100_000)).await.unwrap();
        assert_eq!(store.setting("before").await.unwrap().as_deref(), Some("kept"));
        assert_eq!(store.setting("large").await.unwrap(), None);
        store.set_setting("large", Some(&large)).await.unwrap();
        assert_eq!(store.setting("large").await.unwrap(), Some(large));
    }
}

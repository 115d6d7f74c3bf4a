//! The native runtime: everything a start needs, from programs to the database, and what an earlier
//! Hub may have left.

use crate::account::service_account;
use crate::components::{Component, Components};
use crate::environments;
use crate::host::first_blocked;
use crate::instance::{NativeInstance, Parts};
use crate::limits;
use crate::platform;
use crate::postgres;
use crate::records;
use crate::services::{Folders, Programs, ProjectSecrets};
use crate::tools::{Toolbox, io_problem};
use async_trait::async_trait;
use hub_domain::{Code, Enforcement, PerService, Problem, ProjectId, RuntimeKind, StackConfig};
use hub_engine::runtime::{
    Availability, Check, Instance, Launch, Progress, ProgressSink, Runtime, Verdict,
};
use hub_engine::secrets::Purpose;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the runtime finds what it needs.
#[derive(Clone, Debug)]
pub struct NativeOptions {
    /// The Hub's data folder.
    pub home: PathBuf,
    /// The workbench: a folder with `backend/`, `frontend/dist/` and `frontend/serve/`.
    pub workbench: PathBuf,
    /// The guardian's program.
    pub guard: PathBuf,
}

/// Runs stacks as processes of this machine.
pub struct NativeRuntime {
    options: NativeOptions,
    toolbox: Toolbox,
    components: Components,
}

impl NativeRuntime {
    /// Makes the runtime's folders in the Hub home, which exists.
    ///
    /// # Errors
    /// `ACCOUNT_UNUSABLE`, `HUB_HOME_UNUSABLE`.
    pub fn new(options: NativeOptions) -> Result<Self, Problem> {
        let toolbox = Toolbox { guard: options.guard.clone(), account: service_account()? };
        for folder in ["components", "cache", "projects", "guardians"] {
            fs::create_dir_all(options.home.join(folder)).map_err(|fault| {
                io_problem(Code::HubHomeUnusable, "Creating the Hub's folders", &fault)
            })?;
        }
        let components = Components::new(&options.home, toolbox.clone())?;
        Ok(Self { options, toolbox, components })
    }

    fn project_folder(&self, project: &ProjectId) -> PathBuf {
        self.options.home.join("projects").join(project.as_str())
    }

    /// The project's folders, each the account's own.
    fn make_folders(&self, project: &ProjectId) -> Result<Folders, Problem> {
        let folder = self.project_folder(project);
        let folders = Folders::of(&folder);
        let make = || {
            fs::create_dir_all(&folder)?;
            // The database's folder appears as a whole, so it is made inside this one.
            self.toolbox.account.own(&folder)?;
            for own in [&folders.redis, &folders.run] {
                fs::create_dir_all(own)?;
                postgres::private(own, 0o700)?;
                self.toolbox.account.own(own)?;
            }
            Ok(())
        };
        make().map_err(|fault: std::io::Error| {
            io_problem(Code::HubHomeUnusable, "Creating the project's folders", &fault)
        })?;
        Ok(folders)
    }

    async fn component_check(&self, component: Component) -> Check {
        let id = component.key().to_owned();
        let title = match component {
            Component::Postgres => "PostgreSQL 15 or newer",
            Component::Redis => "Redis 6.2 or newer, or Valkey",
            Component::Node => "Node.js 20 or newer",
            Component::Python => "Python 3.11 or newer",
            Component::Uv => "uv",
        }
        .to_owned();
        match self.components.peek(component).await {
            Ok(found) => Check {
                id,
                title,
                verdict: Verdict::Ok,
                found: format!("{} at {}: {}", found.version, found.program.display(), found.why),
                action: String::new(),
            },
            Err(problem) => {
                let cause = problem.cause.unwrap_or(problem.message);
                let can_fetch = cause.contains("not downloaded yet");
                Check {
                    id,
                    title,
                    verdict: if can_fetch { Verdict::Warning } else { Verdict::Failed },
                    found: cause,
                    action: if can_fetch {
                        "Nothing: the first start downloads it.".to_owned()
                    } else {
                        problem.action
                    },
                }
            }
        }
    }

    fn machine_checks(&self) -> Vec<Check> {
        let check = |id: &str, title: &str, verdict, found: String, action: &str| Check {
            id: id.to_owned(),
            title: title.to_owned(),
            verdict,
            found,
            action: action.to_owned(),
        };
        let account = &self.toolbox.account;
        let reach = first_blocked(account, &self.options.home);
        let (limit_verdict, limit_words) = match limits::available() {
            Enforcement::Enforced { by } => (Verdict::Ok, format!("enforced by {by}")),
            Enforcement::NotEnforced { because } => {
                (Verdict::Warning, format!("not enforced here, because {because}"))
            }
        };
        let (lock_verdict, lock_words) = match platform::confinement() {
            Ok(by) => (Verdict::Ok, format!("enforced by {by}")),
            Err(why) => (Verdict::Warning, format!("cannot be enforced here, because {why}")),
        };
        let workbench = &self.options.workbench;
        let missing: Vec<&str> = [
            "backend/requirements.lock",
            "frontend/dist/index.html",
            "frontend/serve/package.json",
        ]
        .into_iter()
        .filter(|file| !workbench.join(file).is_file())
        .collect();
        vec![
            match &reach {
                None => check(
                    "account",
                    "Account of the services",
                    Verdict::Ok,
                    format!("{} (user id {})", account.name, account.ids.uid),
                    "",
                ),
                Some(blocked) => check(
                    "account",
                    "Account of the services",
                    Verdict::Failed,
                    format!("{} may not enter {}", account.name, blocked.display()),
                    "Put the Hub's data folder elsewhere, or name another account in CCHUB_RUN_AS.",
                ),
            },
            check("limits", "Limits of memory and processor", limit_verdict, limit_words, ""),
            check("read-only", "Read-only project folders", lock_verdict, lock_words, ""),
            if missing.is_empty() {
                check(
                    "workbench",
                    "Files of the workbench",
                    Verdict::Ok,
                    workbench.display().to_string(),
                    "",
                )
            } else {
                let found = format!("{} lacks {}", workbench.display(), missing.join(", "));
                check(
                    "workbench",
                    "Files of the workbench",
                    Verdict::Failed,
                    found,
                    "Build the workbench, or install the Hub anew.",
                )
            },
            if self.options.guard.is_file() {
                check(
                    "guard",
                    "Guardian",
                    Verdict::Ok,
                    self.options.guard.display().to_string(),
                    "",
                )
            } else {
                let found = format!("{} is not there", self.options.guard.display());
                check("guard", "Guardian", Verdict::Failed, found, "Install the Hub anew.")
            },
        ]
    }

    fn secrets(launch: &Launch) -> Result<ProjectSecrets, Problem> {
        let derive = |purpose| launch.secrets.derive(launch.config.project(), purpose);
        Ok(ProjectSecrets {
            db_password: derive(Purpose::DbPassword)?,
            redis_password: derive(Purpose::RedisPassword)?,
            secret_key: derive(Purpose::SecretKey)?,
            session_token: derive(Purpose::SessionToken)?,
        })
    }
}

fn tell(progress: &ProgressSink, step: &str) {
    progress(Progress { step: step.to_owned(), amount: None });
}

#[async_trait]
impl Runtime for NativeRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Native
    }

    async fn availability(&self, _config: &StackConfig) -> Availability {
        if cfg!(unix) {
            let why = "Services run as processes of this machine.".to_owned();
            return Availability { usable: true, ready: true, why };
        }
        let why = "Processes have no guardian on this system yet.".to_owned();
        Availability { usable: false, ready: false, why }
    }

    async fn doctor(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for component in Component::ALL {
            checks.push(self.component_check(component).await);
        }
        checks.extend(self.machine_checks());
        checks
    }

    async fn prepare(&self, launch: Launch) -> Result<Arc<dyn Instance>, Problem> {
        let progress = &launch.progress;
        tell(progress, "Looking for programs");
        let secrets = Self::secrets(&launch)?;
        let folders = self.make_folders(launch.config.project())?;
        let postgres = self.components.get(Component::Postgres, progress).await?;
        let redis = self.components.get(Component::Redis, progress).await?;
        let node = self.components.get(Component::Node, progress).await?;
        let python = self.components.get(Component::Python, progress).await?;
        let environments = async {
            let NativeOptions { home, workbench, .. } = &self.options;
            environments::ensure(home, workbench, &self.toolbox, &self.components, progress).await
        };
        let database = postgres::ensure(
            &folders.postgres,
            &postgres,
            &self.toolbox,
            &secrets.db_password,
            progress,
        );
        let (environments, ()) = tokio::try_join!(environments, database)?;
        let versions = PerService {
            postgres: format!("PostgreSQL {}", postgres.version),
            redis: format!("Redis {}", redis.version),
            backend: format!("Python {}", python.version),
            frontend: format!("Node.js {}", node.version),
        };
        Ok(Arc::new(NativeInstance::new(Parts {
            home: self.options.home.clone(),
            guard: self.options.guard.clone(),
            secrets,
            programs: Programs {
                postgres: postgres.program,
                redis: redis.program,
                node: node.program,
            },
            versions,
            folders,
            environments,
            account: self.toolbox.account.clone(),
            launch,
        })))
    }

    async fn recover(&self) -> Result<(), Problem> {
        let home = self.options.home.clone();
        let ended = tokio::task::spawn_blocking(move || records::end_leftovers(&home)).await;
        let problem = |cause: String| {
            Problem::new(
                Code::ServiceNotEnding,
                "Services of an earlier Hub could not be ended.",
                "End the processes named in the cause, then start the Hub again.",
            )
            .caused_by(cause)
        };
        match ended {
            Ok(Ok(0)) => Ok(()),
            Ok(Ok(count)) => {
                tracing::warn!("{count} services of an earlier Hub were still running; they ended");
                Ok(())
            }
            Ok(Err(fault)) => Err(problem(fault.to_string())),
            Err(fault) => Err(problem(fault.to_string())),
        }
    }

    async fn delete_data(&self, project: &ProjectId) -> Result<(), Problem> {
        let folder = self.project_folder(project);
        let deleted = tokio::task::spawn_blocking(move || match fs::remove_dir_all(&folder) {
            Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => Err(fault),
            _ => Ok(()),
        })
        .await;
        let failed = |fault: &std::io::Error| {
            io_problem(Code::HubHomeUnusable, "Deleting the project's data", fault)
        };
        match deleted {
            Ok(result) => result.map_err(|fault| failed(&fault)),
            Err(fault) => Err(failed(&std::io::Error::other(fault.to_string()))),
        }
    }
}

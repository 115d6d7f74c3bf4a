//! Registering folders, changing what is registered, and forgetting it: everything that must look at
//! all projects at once, one request at a time.

use crate::actor::{Command, held, on_blocking_thread};
use crate::host::PortState;
use crate::hub::{Hub, Inner};
use crate::snapshot::ProjectSnapshot;
use hub_domain::{
    Code, ConfigError, Desired, EngineAddress, ImageName, LastKnown, NameError, PerService,
    PortError, Problem, Project, ProjectId, ProjectName, ResourceLimits, RuntimeChoice, Service,
    StackConfig, StackInputs, next_free, settle,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder to be registered.
#[derive(Clone, Debug)]
pub struct AddProject {
    /// The folder, absolute.
    pub path: PathBuf,
    /// Its name; the folder's own name where absent.
    pub name: Option<String>,
    /// Which runtime the user wants.
    pub runtime: RuntimeChoice,
    /// The workbench may not write into the folder.
    pub read_only: bool,
}

/// What is to change about a project; absent means unchanged. All of it changes, or nothing does.
/// A running project takes over ports, limits, runtime, environment and read-only at its next start.
#[derive(Clone, Debug, Default)]
pub struct ProjectChange {
    /// Name.
    pub name: Option<String>,
    /// Which runtime the user wants.
    pub runtime: Option<RuntimeChoice>,
    /// The workbench may not write into the folder.
    pub read_only: Option<bool>,
    /// It has a tray icon of its own.
    pub pinned: Option<bool>,
    /// It starts with the Hub.
    pub autostart: Option<bool>,
    /// Ports.
    pub ports: Vec<(Service, u16)>,
    /// Limits; `None` returns to the stack's own.
    pub limits: Vec<(Service, Option<ResourceLimits>)>,
    /// The Dagger engine; `Some(None)` returns to the Hub's own choice.
    pub engine: Option<Option<EngineAddress>>,
    /// Container images; `None` returns to the stack's own.
    pub images: Vec<(Service, Option<ImageName>)>,
    /// Environment variables; `None` removes one.
    pub environment: Vec<(Service, String, Option<String>)>,
}

impl Hub {
    /// Registers a folder. Nothing is written into it. Databases and logs that were kept when it was
    /// removed are its own again.
    ///
    /// # Errors
    /// The `PATH_…` codes, `CONFIG_INVALID` for the name, `PORT_NONE_LEFT`, those of the store.
    /// Nothing is registered then.
    pub async fn add(&self, request: AddProject) -> Result<Arc<ProjectSnapshot>, Problem> {
        let _one_at_a_time = self.inner.registering.lock().await;
        self.refuse_when_ending()?;
        let projects = self.projects();
        let (host, home) = (Arc::clone(&self.inner.context.host), self.inner.home.clone());
        let wanted = request.path.clone();
        let path = on_blocking_thread(move || {
            let path = host.resolve_folder(&wanted)?;
            refuse_hub_home(&path, &home)?;
            host.check_folder(&path)?;
            Ok(path)
        })
        .await?;
        if let Some(there) = projects.iter().find(|p| p.project.path == path) {
            return Err(already(&there.project));
        }
        let name = match &request.name {
            Some(name) => ProjectName::parse(name).map_err(bad_name)?,
            None => free_name(&path, &projects)?,
        };
        let taken: BTreeSet<u32> = projects.iter().map(|p| p.project.slot).collect();
        let slot = (0..).find(|n| !taken.contains(n)).unwrap_or_default();
        let leased = leased(&projects, None);
        let host = Arc::clone(&self.inner.context.host);
        let ports = on_blocking_thread(move || {
            settle(slot, &leased, |port| host.port_state(port) == PortState::Free)
                .map_err(none_left)
        })
        .await?;
        let now = self.inner.context.clock.now();
        // Databases that were kept when the folder's project was removed are found by its id.
        let kept = self.inner.context.store.kept(&path).await?;
        let project = Project {
            id: kept.unwrap_or_else(|| ProjectId::from_random(rand::random())),
            name,
            path,
            slot,
            ports,
            runtime: request.runtime,
            limits: PerService::default(),
            engine: None,
            images: PerService::default(),
            read_only: request.read_only,
            pinned: false,
            autostart: false,
            environment: BTreeMap::new(),
            desired: Desired::Stopped,
            last_known: LastKnown::New,
            created_at: now,
            updated_at: now,
        };
        self.inner.context.store.insert(&project).await?;
        Ok(Arc::clone(&self.adopt(project).snapshot.borrow()))
    }

    /// Stops a project and forgets it; with its databases and logs, unless they are to be kept. The
    /// folder stays as it is. Returns what could not be deleted and why.
    ///
    /// # Errors
    /// `PROJECT_NOT_FOUND`, those of the store; the project then stays registered.
    pub async fn remove(&self, id: &ProjectId, keep_data: bool) -> Result<Vec<Problem>, Problem> {
        // Before its turn: a stop may take as long as a service ignores it, and nobody waits for that.
        self.stop(id).await?;
        self.until_stopped(id).await?;
        {
            let _one_at_a_time = self.inner.registering.lock().await;
            self.command(id, |reply| Command::Remove { keep_data, reply }).await?;
            self.forget(id);
        }
        if keep_data {
            return Ok(Vec::new());
        }
        // After the registration, so that no half-deleted project is left; after the others' turn, as an
        // engine may be slow to answer; and to its end, also when the asker goes away.
        let deleting = self.inner.actors.spawn(delete_data(Arc::clone(&self.inner), id.clone()));
        Ok(deleting.await.unwrap_or_else(|fault| {
            vec![
                Problem::new(
                    Code::HubHomeUnusable,
                    "Not all of the project's data could be deleted.",
                    "See the cause; what is left lies in the Hub's data folder.",
                )
                .caused_by(fault),
            ]
        }))
    }

    /// Changes what is registered about a project.
    ///
    /// # Errors
    /// `CONFIG_INVALID`, `PORT_HELD` (with a free port), `PORT_LEASED`, those of the store.
    pub async fn set(
        &self,
        id: &ProjectId,
        change: ProjectChange,
    ) -> Result<Arc<ProjectSnapshot>, Problem> {
        let _one_at_a_time = self.inner.registering.lock().await;
        let current = self.project(id)?;
        let mut project = current.project.clone();
        apply(&mut project, &change)?;
        let others = leased(&self.projects(), Some(id));
        for (service, port) in &change.ports {
            if others.contains(port) {
                return Err(self.port_leased(*service, *port, &others).await?);
            }
            self.check_new_port(&current, *service, *port, &others).await?;
        }
        StackConfig::build(StackInputs::from(&project)).map_err(bad_config)?;
        project.updated_at = self.inner.context.clock.now();
        self.command(id, |reply| Command::Replace(Box::new(project), reply)).await
    }

    /// The next free port for a service of a project.
    ///
    /// # Errors
    /// `PORT_NONE_LEFT`, `PROJECT_NOT_FOUND`.
    pub async fn offer_port(&self, id: &ProjectId, service: Service) -> Result<u16, Problem> {
        let wanted = self.project(id)?.project.ports[service];
        self.free_port(service, wanted, leased(&self.projects(), None)).await
    }

    async fn free_port(
        &self,
        service: Service,
        wanted: u16,
        leased: BTreeSet<u16>,
    ) -> Result<u16, Problem> {
        let host = Arc::clone(&self.inner.context.host);
        on_blocking_thread(move || {
            next_free(service, wanted, &leased, |p| host.port_state(p) == PortState::Free)
                .map_err(none_left)
        })
        .await
    }

    async fn port_leased(
        &self,
        service: Service,
        port: u16,
        others: &BTreeSet<u16>,
    ) -> Result<Problem, Problem> {
        let free = self.free_port(service, port, others.clone()).await?;
        let problem = Problem::new(
            Code::PortLeased,
            format!("Port {port} belongs to another project."),
            format!("Use {free} for {service} instead."),
        );
        Ok(problem.of(service).with_offer(hub_domain::PortOffer { service, held: port, free }))
    }

    /// A port that the project itself listens on right now is its own.
    async fn check_new_port(
        &self,
        current: &ProjectSnapshot,
        service: Service,
        port: u16,
        others: &BTreeSet<u16>,
    ) -> Result<(), Problem> {
        if current.services.iter().any(|(_, s)| s.port == port) {
            return Ok(());
        }
        let (host, others) = (Arc::clone(&self.inner.context.host), others.clone());
        on_blocking_thread(move || match held(host.as_ref(), service, port, &others) {
            Some(problem) => Err(problem),
            None => Ok(()),
        })
        .await
    }
}

fn apply(project: &mut Project, change: &ProjectChange) -> Result<(), Problem> {
    if let Some(name) = &change.name {
        project.name = ProjectName::parse(name).map_err(bad_name)?;
    }
    project.runtime = change.runtime.unwrap_or(project.runtime);
    project.read_only = change.read_only.unwrap_or(project.read_only);
    project.pinned = change.pinned.unwrap_or(project.pinned);
    project.autostart = change.autostart.unwrap_or(project.autostart);
    for (service, port) in &change.ports {
        project.ports[*service] = *port;
    }
    for (service, limits) in &change.limits {
        project.limits[*service] = *limits;
    }
    if let Some(engine) = &change.engine {
        project.engine.clone_from(engine);
    }
    for (service, image) in &change.images {
        project.images[*service].clone_from(image);
    }
    for (service, name, value) in &change.environment {
        let key = (*service, name.clone());
        match value {
            Some(value) => project.environment.insert(key, value.clone()),
            None => project.environment.remove(&key),
        };
    }
    Ok(())
}

/// Ports of all projects but `except`.
fn leased(projects: &[Arc<ProjectSnapshot>], except: Option<&ProjectId>) -> BTreeSet<u16> {
    projects
        .iter()
        .filter(|p| Some(&p.project.id) != except)
        .flat_map(|p| p.project.ports.iter().map(|(_, port)| *port).collect::<Vec<_>>())
        .collect()
}

fn refuse_hub_home(path: &Path, home: &Path) -> Result<(), Problem> {
    // The home itself may be reached by another spelling.
    let home = home.canonicalize().unwrap_or_else(|_| home.to_path_buf());
    if path.starts_with(&home) || home.starts_with(path) {
        return Err(Problem::new(
            Code::PathInsideHubHome,
            format!("{} is the Hub's own data folder, lies in it, or contains it.", path.display()),
            "Choose a folder elsewhere.",
        ));
    }
    Ok(())
}

/// The folder's name, with a number behind it where another project has that name already.
fn free_name(path: &Path, projects: &[Arc<ProjectSnapshot>]) -> Result<ProjectName, Problem> {
    let folder = path.file_name().map_or_else(|| "root".into(), |n| n.to_string_lossy());
    let name = ProjectName::from_folder(&folder);
    let is_taken = |n: &ProjectName| projects.iter().any(|p| p.project.name == *n);
    if !is_taken(&name) {
        return Ok(name);
    }
    let stem: String = name.as_str().chars().take(ProjectName::MAX_CHARS - 8).collect();
    (2..=u32::MAX)
        .map(|n| ProjectName::from_folder(&format!("{stem}-{n}")))
        .find(|n| !is_taken(n))
        .ok_or_else(|| bad_name(NameError::TooLong))
}

fn already(there: &Project) -> Problem {
    Problem::new(
        Code::PathAlreadyRegistered,
        format!("{} is registered already, as \"{}\".", there.path.display(), there.name),
        "Use that project, or remove it first.",
    )
}

fn bad_name(fault: NameError) -> Problem {
    Problem::new(
        Code::ConfigInvalid,
        "That cannot be a project's name.",
        "Choose a name of 1 to 100 visible characters.",
    )
    .caused_by(fault)
}

fn bad_config(fault: ConfigError) -> Problem {
    Problem::new(
        Code::ConfigInvalid,
        "These settings do not fit together; nothing was changed.",
        "Correct the setting named in the cause.",
    )
    .caused_by(fault)
}

fn none_left(fault: PortError) -> Problem {
    Problem::new(
        Code::PortNoneLeft,
        "No free port could be found for the project.",
        "Remove projects you no longer need, or end programs that listen on many ports.",
    )
    .caused_by(fault)
}

/// Deletes what runtimes and logs hold of a project that is no longer registered. Returns what stayed.
async fn delete_data(inner: Arc<Inner>, id: ProjectId) -> Vec<Problem> {
    let mut left = Vec::new();
    for runtime in &inner.context.runtimes {
        left.extend(runtime.delete_data(&id).await.err());
    }
    left.extend(inner.context.logs.remove(&id).err());
    for problem in &left {
        tracing::error!(project = %id, "some of its data stayed behind: {problem}");
    }
    left
}

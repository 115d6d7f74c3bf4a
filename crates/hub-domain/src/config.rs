//! The configuration one start of a stack runs with: complete, checked, and unchangeable.

use crate::{
    EngineAddress, ImageName, PerService, PortPlan, Project, ProjectId, ProjectName,
    ResourceLimits, Service, spec,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a configuration is built from.
#[derive(Clone, Debug)]
pub struct StackInputs {
    /// Identity of the project.
    pub project: ProjectId,
    /// Name as shown.
    pub name: ProjectName,
    /// The project folder, absolute.
    pub workspace: PathBuf,
    /// Loopback ports.
    pub ports: PortPlan,
    /// Limits where they differ from the stack's.
    pub limits: PerService<Option<ResourceLimits>>,
    /// The Dagger engine, where the user named one.
    pub engine: Option<EngineAddress>,
    /// Container images where they differ from the stack's.
    pub images: PerService<Option<ImageName>>,
    /// The folder may not be written to.
    pub read_only: bool,
    /// Additional environment of single services.
    pub environment: BTreeMap<(Service, String), String>,
}

impl From<&Project> for StackInputs {
    fn from(project: &Project) -> Self {
        Self {
            project: project.id.clone(),
            name: project.name.clone(),
            workspace: project.path.clone(),
            ports: project.ports,
            limits: project.limits,
            engine: project.engine.clone(),
            images: project.images.clone(),
            read_only: project.read_only,
            environment: project.environment.clone(),
        }
    }
}

/// Why a configuration cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The folder's path is not absolute.
    #[error("the project folder {0:?} is not an absolute path")]
    RelativeWorkspace(PathBuf),
    /// Port 0 to 1023.
    #[error("port {port} for {service} is not between 1024 and 65535")]
    PortOutOfRange {
        /// Whose port.
        service: Service,
        /// The port.
        port: u16,
    },
    /// One port for two services.
    #[error("port {0} is given to two services")]
    PortTwice(u16),
    /// Not a name of an environment variable.
    #[error("{0:?} cannot be the name of an environment variable")]
    EnvironmentName(String),
    /// The Hub sets this one itself.
    #[error("the environment variable {0} is set by the Hub and cannot be replaced")]
    EnvironmentReserved(String),
    /// A NUL byte in a value.
    #[error("the value of the environment variable {0} contains a NUL byte")]
    EnvironmentValue(String),
}

/// One start's configuration. Built by [`StackConfig::build`] only; carries no secret.
#[derive(Clone, Debug)]
pub struct StackConfig {
    inputs: StackInputs,
    limits: PerService<ResourceLimits>,
}

impl StackConfig {
    /// Checks the inputs and fixes them.
    ///
    /// # Errors
    /// The first [`ConfigError`] found.
    pub fn build(inputs: StackInputs) -> Result<Self, ConfigError> {
        if !inputs.workspace.is_absolute() {
            return Err(ConfigError::RelativeWorkspace(inputs.workspace));
        }
        let mut seen = BTreeSet::new();
        for (service, port) in inputs.ports.iter() {
            if *port < 1024 {
                return Err(ConfigError::PortOutOfRange { service, port: *port });
            }
            if !seen.insert(*port) {
                return Err(ConfigError::PortTwice(*port));
            }
        }
        for ((service, name), value) in &inputs.environment {
            check_variable(*service, name, value)?;
        }
        let limits = inputs.limits.map(|s, own| own.unwrap_or(spec(s).limits));
        Ok(Self { inputs, limits })
    }

    /// Identity of the project.
    pub fn project(&self) -> &ProjectId {
        &self.inputs.project
    }

    /// Name of the project.
    pub fn name(&self) -> &ProjectName {
        &self.inputs.name
    }

    /// The project folder.
    pub fn workspace(&self) -> &Path {
        &self.inputs.workspace
    }

    /// The loopback port of a service.
    pub fn port(&self, service: Service) -> u16 {
        self.inputs.ports[service]
    }

    /// All four ports.
    pub fn ports(&self) -> &PortPlan {
        &self.inputs.ports
    }

    /// The limits of a service.
    pub fn limits(&self, service: Service) -> ResourceLimits {
        self.limits[service]
    }

    /// The Dagger engine the user named for the project.
    pub fn engine(&self) -> Option<&EngineAddress> {
        self.inputs.engine.as_ref()
    }

    /// The container image of a service: the project's own, else the stack's.
    pub fn image(&self, service: Service) -> &str {
        self.inputs.images[service].as_ref().map_or(spec(service).image, ImageName::as_str)
    }

    /// True when the folder may not be written to.
    pub fn read_only(&self) -> bool {
        self.inputs.read_only
    }

    /// The user's own environment variables of a service.
    pub fn environment(&self, service: Service) -> impl Iterator<Item = (&str, &str)> {
        self.inputs
            .environment
            .iter()
            .filter(move |((s, _), _)| *s == service)
            .map(|((_, name), value)| (name.as_str(), value.as_str()))
    }

    /// Address of the backend as the user's browser reaches it.
    pub fn api_base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port(Service::Backend))
    }

    /// Address of the page as the user's browser reaches it.
    pub fn frontend_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port(Service::Frontend))
    }

    /// Every origin the page may have, separated by commas.
    pub fn frontend_origins(&self) -> String {
        let port = self.port(Service::Frontend);
        format!("http://127.0.0.1:{port},http://localhost:{port}")
    }
}

fn check_variable(service: Service, name: &str, value: &str) -> Result<(), ConfigError> {
    let well_formed = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !well_formed {
        return Err(ConfigError::EnvironmentName(name.to_owned()));
    }
    // The loader's variables would let a setting replace the code that runs.
    let loader = name.starts_with("LD_") || name.starts_with("DYLD_");
    if loader || spec(service).environment.iter().any(|(own, _)| *own == name) {
        return Err(ConfigError::EnvironmentReserved(name.to_owned()));
    }
    if value.contains('\0') {
        return Err(ConfigError::EnvironmentValue(name.to_owned()));
    }
    Ok(())
}

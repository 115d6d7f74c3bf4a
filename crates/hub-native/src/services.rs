//! How each service of the stack's definition becomes a process: program, arguments, environment,
//! folder. Secrets go into the environment or the standard input, never into an argument or a file.

use crate::account::Account;
use crate::environments::Environments;
use crate::guard::Order;
use hub_domain::{DATABASE as NAME, EnvValue, Service, StackConfig, spec};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The secrets of one project.
pub(crate) struct ProjectSecrets {
    pub(crate) db_password: SecretString,
    pub(crate) redis_password: SecretString,
    pub(crate) secret_key: SecretString,
    pub(crate) session_token: SecretString,
}

/// The programs of the four services.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) postgres: PathBuf,
    pub(crate) redis: PathBuf,
    pub(crate) node: PathBuf,
}

/// Folders of one project in the Hub home.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    pub(crate) postgres: PathBuf,
    pub(crate) redis: PathBuf,
    pub(crate) run: PathBuf,
}

impl Folders {
    pub(crate) fn of(project: &Path) -> Self {
        Self {
            postgres: project.join("postgres"),
            redis: project.join("redis"),
            run: project.join("run"),
        }
    }
}

/// Everything an order is made from.
pub(crate) struct Plan<'a> {
    pub(crate) config: &'a StackConfig,
    pub(crate) secrets: &'a ProjectSecrets,
    pub(crate) programs: &'a Programs,
    pub(crate) folders: &'a Folders,
    pub(crate) environments: &'a Environments,
    pub(crate) account: &'a Account,
}

impl Plan<'_> {
    /// The order for a guardian, without control groups.
    pub(crate) fn order(&self, service: Service) -> Order {
        let (program, arguments, folder) = match service {
            Service::Postgres => self.postgres(),
            Service::Redis => self.redis(),
            Service::Backend => self.backend(),
            Service::Frontend => self.frontend(),
        };
        let touches_folder = service == Service::Backend || service == Service::Frontend;
        let write_protected = if self.config.read_only() && touches_folder {
            vec![self.config.workspace().to_path_buf()]
        } else {
            Vec::new()
        };
        let input = (service == Service::Redis).then(|| self.redis_settings());
        Order {
            program,
            arguments,
            input,
            environment: self.environment(service),
            folder,
            account: self.account.to_change(),
            polite_signal: polite_signal(service),
            cgroups: Vec::new(),
            write_protected,
        }
    }

    fn postgres(&self) -> (PathBuf, Vec<String>, PathBuf) {
        let data = &self.folders.postgres;
        let mut arguments = vec!["-D".to_owned(), data.display().to_string()];
        for setting in [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", self.config.port(Service::Postgres)),
            // Paths of sockets have a length limit that a Hub home may exceed.
            "unix_socket_directories=".to_owned(),
            "shared_buffers=64MB".to_owned(),
            "max_connections=100".to_owned(),
            "password_encryption=scram-sha-256".to_owned(),
            "logging_collector=off".to_owned(),
        ] {
            arguments.extend(["-c".to_owned(), setting]);
        }
        (self.programs.postgres.clone(), arguments, data.clone())
    }

    fn redis(&self) -> (PathBuf, Vec<String>, PathBuf) {
        // "-" makes it read its settings from the standard input: the password is never on the disk.
        (self.programs.redis.clone(), vec!["-".to_owned()], self.folders.redis.clone())
    }

    fn redis_settings(&self) -> String {
        format!(
            "bind 127.0.0.1\nport {}\nprotected-mode yes\ndaemonize no\nlogfile \"\"\n\
             dir {}\nrequirepass {}\nappendonly yes\nappendfsync everysec\n",
            self.config.port(Service::Redis),
            quoted(&self.folders.redis),
            self.secrets.redis_password.expose_secret(),
        )
    }

    fn backend(&self) -> (PathBuf, Vec<String>, PathBuf) {
        let port = self.config.port(Service::Backend).to_string();
        let arguments = ["-m", "uvicorn", "workbench.app:app", "--host", "127.0.0.1", "--port"]
            .into_iter()
            .map(str::to_owned)
            .chain([port, "--no-access-log".to_owned()])
            .collect();
        (self.environments.python.clone(), arguments, self.folders.run.clone())
    }

    fn frontend(&self) -> (PathBuf, Vec<String>, PathBuf) {
        let port = self.config.port(Service::Frontend).to_string();
        let arguments = ["node_modules/vite/bin/vite.js", "preview", "--config", "vite.config.mjs"]
            .into_iter()
            .chain(["--configLoader", "native", "--host", "127.0.0.1", "--strictPort", "--port"])
            .map(str::to_owned)
            .chain([port])
            .collect();
        (self.programs.node.clone(), arguments, self.environments.serve.clone())
    }

    fn environment(&self, service: Service) -> BTreeMap<String, String> {
        let mut environment = BTreeMap::new();
        let mut set = |name: &str, value: String| environment.insert(name.to_owned(), value);
        set("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned());
        set("LANG", "C.UTF-8".to_owned());
        set("HOME", self.folders.run.display().to_string());
        set("TMPDIR", self.folders.run.display().to_string());
        for (name, value) in spec(service).environment {
            set(name, self.value(*value));
        }
        match service {
            Service::Backend => {
                set("PYTHONPATH", self.environments.backend.display().to_string());
            }
            Service::Frontend => {
                set("WORKBENCH_DIST", self.environments.page.display().to_string());
                set("NODE_ENV", "production".to_owned());
                let compiled = self.folders.run.join("node-compile-cache");
                set("NODE_COMPILE_CACHE", compiled.display().to_string());
            }
            Service::Postgres | Service::Redis => {}
        }
        for (name, value) in self.config.environment(service) {
            set(name, value.to_owned());
        }
        environment
    }

    fn value(&self, value: EnvValue) -> String {
        let (config, secrets) = (self.config, self.secrets);
        match value {
            EnvValue::DatabaseUrl => format!(
                "postgresql://{NAME}:{}@127.0.0.1:{}/{NAME}",
                secrets.db_password.expose_secret(),
                config.port(Service::Postgres)
            ),
            EnvValue::RedisUrl => format!(
                "redis://:{}@127.0.0.1:{}/0",
                secrets.redis_password.expose_secret(),
                config.port(Service::Redis)
            ),
            EnvValue::SecretKey => secrets.secret_key.expose_secret().to_owned(),
            EnvValue::SessionToken => secrets.session_token.expose_secret().to_owned(),
            EnvValue::WorkspaceDir => config.workspace().display().to_string(),
            EnvValue::WorkspaceReadOnly => u8::from(config.read_only()).to_string(),
            EnvValue::ProjectName => config.name().to_string(),
            EnvValue::ProjectId => config.project().to_string(),
            EnvValue::ApiBaseUrl => config.api_base_url(),
            EnvValue::FrontendOrigins => config.frontend_origins(),
            EnvValue::Literal(text) => text.to_owned(),
        }
    }
}

/// SIGINT makes PostgreSQL end its sessions and write everything down; SIGTERM would wait for them.
const fn polite_signal(service: Service) -> i32 {
    #[cfg(unix)]
    return match service {
        Service::Postgres => libc::SIGINT,
        Service::Redis | Service::Backend | Service::Frontend => libc::SIGTERM,
    };
    #[cfg(not(unix))]
    return match service {
        Service::Postgres => 2,
        Service::Redis | Service::Backend | Service::Frontend => 15,
    };
}

/// A path as Redis reads it in its configuration.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

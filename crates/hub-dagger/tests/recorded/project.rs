//! A project that runs on an engine in name only, and what the user is told of it.

#[path = "../../../../tests/fixtures/ports.rs"]
mod ports;

use hub_dagger::DaggerOptions;
use hub_domain::{
    EngineAddress, PerService, Problem, ProjectId, ProjectName, Service, StackConfig, StackInputs,
};
use hub_engine::logs::{LogStream, LogWriter};
use hub_engine::runtime::Launch;
use hub_engine::secrets::{Purpose, Secrets};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What the Hub notes in the logs of a project.
#[derive(Default)]
pub struct Log(Mutex<Vec<String>>);

impl Log {
    /// The notes since the last time.
    pub fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl LogWriter for Log {
    fn write(&self, _stream: LogStream, _bytes: &[u8]) {}
    fn note(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
    fn end(&self) {}
}

struct Known;

impl Secrets for Known {
    fn derive(
        &self,
        _project: &ProjectId,
        purpose: Purpose,
    ) -> Result<secrecy::SecretString, Problem> {
        Ok(format!("veryhidden{}", purpose.label()).into())
    }

    fn kept_in(&self) -> String {
        "a test".to_owned()
    }
}

/// A start of the project whose folder this is.
pub fn launch(folder: &Path, engine: &str, read_only: bool, log: &Arc<Log>) -> Launch {
    let inputs = StackInputs {
        project: ProjectId::parse("abcdefgh").unwrap(),
        name: ProjectName::parse("a \"name\" with $signs").unwrap(),
        workspace: folder.to_path_buf(),
        ports: ports::free_ports(),
        limits: PerService::default(),
        engine: Some(EngineAddress::parse(engine).unwrap()),
        images: PerService::default(),
        read_only,
        environment: BTreeMap::from([(
            (Service::Backend, "MULTI".to_owned()),
            "two\nlines \\ \"quoted\"".to_owned(),
        )]),
    };
    Launch {
        config: Arc::new(StackConfig::build(inputs).unwrap()),
        secrets: Arc::new(Known),
        logs: PerService::from_fn(|_| Arc::clone(log) as Arc<dyn LogWriter>),
        progress: Arc::new(|_| {}),
        folder: tokio::sync::watch::Sender::new(None),
    }
}

/// A runtime with its home in this folder.
pub fn options(folder: &Path, cli: &Path) -> DaggerOptions {
    DaggerOptions {
        home: folder.join("home"),
        workbench: folder.join("workbench"),
        engine: None,
        cli: Some(cli.to_path_buf()),
        releases: None,
    }
}

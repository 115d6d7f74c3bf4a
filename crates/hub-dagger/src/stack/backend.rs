//! The backend's container: its packages in an environment of their own, then its code, compiled.

use super::{Parts, shell};
use dagger_sdk::Container;
use hub_domain::{Service, spec};

/// Where its code is.
pub(super) const PACKAGES: &str = "/opt/workbench";
const LOCK: &str = "/opt/requirements.lock";
const PYTHON: &str = "/opt/venv/bin/python";
const PIP_CACHE: &str = "/var/cache/pip";

pub(super) fn image(base: Container, parts: &Parts) -> Container {
    let mut container = base
        .with_file(LOCK, parts.workbench.requirements.clone())
        .with_mounted_cache(PIP_CACHE, parts.volumes.pip.clone());
    for (name, secret) in &parts.package_settings {
        container = container.with_secret_variable(name.as_str(), secret.clone());
    }
    // Checked by the hashes of the lock file; nothing outside it is installed.
    let install = format!(
        "python3 -m venv /opt/venv && {PYTHON} -m pip install --disable-pip-version-check --no-input \
         --quiet --require-hashes --requirement {LOCK}"
    );
    container = container.with_env_variable("PIP_CACHE_DIR", PIP_CACHE).with_exec(shell(&install));
    for (name, _) in &parts.package_settings {
        container = container.without_secret_variable(name.as_str());
    }
    container
        .without_env_variable("PIP_CACHE_DIR")
        .without_mount(PIP_CACHE)
        .with_directory(PACKAGES, parts.workbench.backend.clone())
        // The service may not write there, so what is not compiled now is compiled at each start.
        .with_exec(shell(&format!("{PYTHON} -m compileall -q {PACKAGES}")))
}

pub(super) fn command() -> Vec<String> {
    let port = spec(Service::Backend).container_port.to_string();
    // All addresses of the container: only its session can reach them.
    [
        PYTHON,
        "-m",
        "uvicorn",
        "workbench.app:app",
        "--host",
        "0.0.0.0",
        "--port",
        &port,
        "--no-access-log",
    ]
    .map(str::to_owned)
    .to_vec()
}

//! The frontend's container: the page's server with its modules, then the built page.

use super::{Parts, shell};
use dagger_sdk::Container;
use hub_domain::{Service, spec};

const SERVE: &str = "/opt/serve";
const PAGE: &str = "/opt/page/dist";
const COMPILED: &str = "/opt/node-compile-cache";
const NPM_CACHE: &str = "/var/cache/npm";

pub(super) fn image(base: Container, parts: &Parts) -> Container {
    let mut container = base
        .with_directory(SERVE, parts.workbench.serve_lock.clone())
        .with_mounted_cache(NPM_CACHE, parts.volumes.npm.clone())
        .with_workdir(SERVE);
    for (name, secret) in &parts.package_settings {
        container = container.with_secret_variable(name.as_str(), secret.clone());
    }
    let install = format!(
        "npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel error \
         --cache {NPM_CACHE}"
    );
    container = container.with_exec(shell(&install));
    for (name, _) in &parts.package_settings {
        container = container.without_secret_variable(name.as_str());
    }
    // Its modules are compiled once for all, instead of at each start.
    let warm = format!(
        "NODE_COMPILE_CACHE={COMPILED} node --input-type=module \
         -e 'await import(\"vite\"); process.exit(0)'; chmod -R a+rX {COMPILED}"
    );
    container
        .without_mount(NPM_CACHE)
        .with_exec(shell(&warm))
        .with_directory(SERVE, parts.workbench.serve.clone())
        .with_directory(PAGE, parts.workbench.page.clone())
}

pub(super) fn with_environment(container: Container) -> Container {
    container
        .with_env_variable("WORKBENCH_DIST", PAGE)
        .with_env_variable("NODE_ENV", "production")
        .with_env_variable("NODE_COMPILE_CACHE", COMPILED)
}

pub(super) fn command() -> Vec<String> {
    let port = spec(Service::Frontend).container_port.to_string();
    let words = ["node", "node_modules/vite/bin/vite.js", "preview", "--config", "vite.config.mjs"];
    let more = ["--configLoader", "native", "--host", "0.0.0.0", "--strictPort", "--port", &port];
    words.into_iter().chain(more).map(str::to_owned).collect()
}

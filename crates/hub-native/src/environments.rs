//! What all projects share: the Python environment, the node modules that serve the page, and a copy
//! of the workbench's own files. Each lies in the Hub home under a name made of its content's hash, is
//! built once under a lock, and appears in one step. Built by the Hub, readable by the services.

use crate::components::{Component, Components};
use crate::host::first_blocked;
use crate::tools::{Toolbox, io_problem};
use hub_domain::{Code, Problem};
use hub_engine::runtime::{Progress, ProgressSink};
use sha2::{Digest, Sha256};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Building an environment over a slow line takes minutes.
const BUILD_BOUND: Duration = Duration::from_secs(900);
/// While another process builds the same, it is looked at this often.
const LOCK_TICK: Duration = Duration::from_millis(200);

/// Where the shared parts are.
#[derive(Clone, Debug)]
pub(crate) struct Environments {
    /// The interpreter of the Python environment.
    pub(crate) python: PathBuf,
    /// The folder that holds the backend's packages.
    pub(crate) backend: PathBuf,
    /// The built page.
    pub(crate) page: PathBuf,
    /// The folder that holds the page's server, its configuration and its modules.
    pub(crate) serve: PathBuf,
}

/// Makes sure that all shared parts are there.
///
/// # Errors
/// `ENVIRONMENT_BUILD_FAILED` with the tool's last lines, `DISK_FULL`, the `COMPONENT_…` codes.
pub(crate) async fn ensure(
    home: &Path,
    workbench: &Path,
    toolbox: &Toolbox,
    components: &Components,
    progress: &ProgressSink,
) -> Result<Environments, Problem> {
    let cache = home.join("cache");
    let source = workbench.to_path_buf();
    let hashes = blocking("Reading the workbench", move || Hashes::of(&source)).await?;
    let python = components.get(Component::Python, progress).await?;
    let node = components.get(Component::Node, progress).await?;

    let files = cache.join(format!("workbench-{}", hashes.files));
    once(&files, "Copying the workbench", progress, |staging, lock| async move {
        let source = workbench.to_path_buf();
        blocking("Copying the workbench", move || {
            let copied = PARTS.iter().try_for_each(|part| copy_part(&source, part, &staging));
            drop(lock);
            copied
        })
        .await
    })
    .await?;

    let key = digest(&[
        hashes.requirements.as_bytes(),
        python.program.as_os_str().as_encoded_bytes(),
        python.version.as_bytes(),
    ]);
    let environment = cache.join(format!("python-{key}"));
    let lock = files.join("backend/requirements.lock");
    once(&environment, "Installing the backend's packages", progress, |staging, _| async {
        let uv = components.get(Component::Uv, progress).await?.program;
        build_python(toolbox, &uv, &python.program, &lock, staging, &cache).await
    })
    .await?;

    let key = digest(&[hashes.serve.as_bytes(), node.version.as_bytes()]);
    let modules = cache.join(format!("serve-{key}"));
    let serve = files.join("frontend/serve");
    once(&modules, "Installing the page's server", progress, |staging, lock| {
        build_modules(toolbox, serve, staging, cache.clone(), lock)
    })
    .await?;

    let all = Environments {
        python: environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" }),
        backend: files.join("backend"),
        page: files.join("frontend/dist"),
        serve: modules,
    };
    let account = &toolbox.account;
    if let Some(blocked) = first_blocked(account, &all.backend) {
        return Err(crate::account::unusable(
            format!(
                "The account \"{}\", under which services run, cannot reach the Hub's data at {}.",
                account.name,
                blocked.display()
            ),
            "Put the Hub's data folder where that account can enter, or name another in CCHUB_RUN_AS.",
        ));
    }
    Ok(all)
}

/// Builds something once: returns at once where it is there, waits where another process builds it.
///
/// What is built in a thread goes on when the start that asked for it is called off. It keeps the lock
/// for as long, so that the next start does not build in the same folder.
async fn once<F: Future<Output = Result<(), Problem>>>(
    place: &Path,
    step: &str,
    progress: &ProgressSink,
    build: impl FnOnce(PathBuf, Arc<File>) -> F,
) -> Result<(), Problem> {
    if place.exists() {
        return Ok(());
    }
    let io = |fault: io::Error| io_problem(Code::EnvironmentBuildFailed, step, &fault);
    let tell = |step: &str| progress(Progress { step: step.to_owned(), amount: None });
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).map_err(io)?;
    }
    let lock = Arc::new(File::create(place.with_extension("lock")).map_err(io)?);
    let mut ticks = tokio::time::interval(LOCK_TICK);
    let waiting = format!("{step} (waiting for another Hub or project that does it)");
    loop {
        match lock.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {
                tell(&waiting);
                ticks.tick().await;
            }
            Err(TryLockError::Error(fault)) => return Err(io(fault)),
        }
    }
    if place.exists() {
        return Ok(());
    }
    let staging = place.with_extension("partial");
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(io)?;
    }
    let mut work = std::pin::pin!(build(staging.clone(), Arc::clone(&lock)));
    loop {
        tokio::select! {
            result = &mut work => {
                result?;
                break;
            }
            _ = ticks.tick() => tell(step),
        }
    }
    fs::rename(&staging, place).map_err(io)
}

async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => {
            result.map_err(|fault| io_problem(Code::EnvironmentBuildFailed, what, &fault))
        }
        Err(fault) => Err(Problem::new(
            Code::Internal,
            format!("{what} was interrupted."),
            "Try again; the Hub's log has the cause.",
        )
        .caused_by(fault)),
    }
}

/// What of the workbench decides which build is needed.
struct Hashes {
    files: String,
    requirements: String,
    serve: String,
}

/// The parts of the workbench that a running stack needs.
const PARTS: [&str; 3] = ["backend", "frontend/dist", "frontend/serve"];

/// Folders of the workbench that are only there for its development.
const PASSED_OVER: [&str; 7] = [
    "node_modules",
    "__pycache__",
    "tests",
    ".venv",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
];

impl Hashes {
    fn of(workbench: &Path) -> io::Result<Self> {
        let mut hash = Sha256::new();
        for part in PARTS {
            for file in files_below(&workbench.join(part))? {
                let name = file.strip_prefix(workbench).unwrap_or(&file);
                hash.update(name.as_os_str().as_encoded_bytes());
                hash.update([0]);
                hash.update(Sha256::digest(fs::read(&file)?));
            }
        }
        let one = |name: &str| {
            fs::read(workbench.join(name)).map(|bytes| hex::encode(Sha256::digest(bytes)))
        };
        Ok(Self {
            files: short(&hash.finalize()),
            requirements: one("backend/requirements.lock")?,
            serve: one("frontend/serve/package-lock.json")?,
        })
    }
}

fn short(hash: &[u8]) -> String {
    hex::encode(&hash[..8])
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part);
    }
    short(&hash.finalize())
}

/// All files below a folder that belong to a running workbench, in a fixed order.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let context = |f: io::Error| io::Error::new(f.kind(), format!("{}: {f}", folder.display()));
    let mut files = Vec::new();
    let mut entries = fs::read_dir(folder).map_err(context)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if PASSED_OVER.iter().any(|p| name == *p) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// Copies a part of a folder, `""` for all of it, to the same place in another folder.
fn copy_part(from: &Path, part: &str, to: &Path) -> io::Result<()> {
    for file in files_below(&from.join(part))? {
        let target = to.join(file.strip_prefix(from).unwrap_or(&file));
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(&file, &target)?;
        readable(&target)?;
    }
    Ok(())
}

/// Others may read it, whatever rights its original has.
fn readable(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(0o644))?;
    }
    let _ = file;
    Ok(())
}

async fn build_python(
    toolbox: &Toolbox,
    uv: &Path,
    python: &Path,
    lock: &Path,
    staging: PathBuf,
    cache: &Path,
) -> Result<(), Problem> {
    let uv_cache = cache.join("uv");
    let tool = || {
        toolbox
            .tool(uv, BUILD_BOUND)
            .env("UV_CACHE_DIR", &uv_cache)
            .env("UV_NO_PROGRESS", "1")
            // Only what is on the system: uv would fetch an interpreter from elsewhere.
            .env("UV_PYTHON_DOWNLOADS", "never")
            .folder(cache)
    };
    tool()
        .args(["venv", "--no-project", "--relocatable", "--python"])
        .arg(python)
        .arg(&staging)
        .run(Code::EnvironmentBuildFailed)
        .await?;
    tool()
        .args(["pip", "sync", "--require-hashes", "--compile-bytecode", "--link-mode", "copy"])
        .arg("--python")
        .arg(staging.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" }))
        .arg(lock)
        .run(Code::EnvironmentBuildFailed)
        .await?;
    Ok(())
}

async fn build_modules(
    toolbox: &Toolbox,
    serve: PathBuf,
    staging: PathBuf,
    cache: PathBuf,
    lock: Arc<File>,
) -> Result<(), Problem> {
    let place = staging.clone();
    blocking("Copying the page's server", move || {
        let copied = copy_part(&serve, "", &place);
        drop(lock);
        copied
    })
    .await?;
    toolbox
        .tool(Path::new("npm"), BUILD_BOUND)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"])
        .args(["--loglevel", "error"])
        .env("npm_config_cache", cache.join("npm"))
        .folder(&staging)
        .run(Code::EnvironmentBuildFailed)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, mpsc};

    #[tokio::test]
    async fn a_copy_whose_start_was_called_off_is_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("shared-1");
        let (began, has_begun) = tokio::sync::oneshot::channel();
        let (go, may_go) = mpsc::channel::<()>();
        let silent: ProgressSink = Arc::new(|_| {});
        let late = once(&place, "Copying", &silent, |staging, lock| {
            blocking("Copying", move || {
                let _ = began.send(());
                let _ = may_go.recv();
                fs::create_dir_all(staging.join("late"))?;
                drop(lock);
                Ok(())
            })
        });
        tokio::select! {
            done = late => panic!("it cannot have ended: {done:?}"),
            begun = has_begun => begun.unwrap(),
        }
        let go = Mutex::new(go);
        let waiting: ProgressSink = Arc::new(move |told| {
            if told.step.contains("waiting") {
                let _ = go.lock().unwrap().send(());
            }
        });
        let again = once(&place, "Copying", &waiting, |staging, _| async move {
            fs::create_dir_all(staging.join("whole")).unwrap();
            Ok(())
        });
        again.await.unwrap();
        let made: Vec<_> = fs::read_dir(&place).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(made, ["whole"]);
    }
}

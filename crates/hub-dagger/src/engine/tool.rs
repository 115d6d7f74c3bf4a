//! Runs a program of the user's (a container runtime, the Dagger command line) to its end: an argument
//! list, never a shell; bounded; ended when the caller loses interest.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// What a program that ended well wrote on its output, without the space around it.
///
/// # Errors
/// Why it did not: that it is not there, its last words, or that it took too long.
pub(crate) async fn output(
    program: &Path,
    arguments: &[impl AsRef<OsStr>],
    bound: Duration,
) -> Result<String, String> {
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command.env("DO_NOT_TRACK", "1").env("DAGGER_NO_UPDATE_CHECK", "1");
    let run = tokio::time::timeout(bound, command.output()).await;
    let ended = run
        .map_err(|_| format!("{name} did not answer within {} s", bound.as_secs_f32()))?
        .map_err(|fault| format!("{name}: {fault}"))?;
    if ended.status.success() {
        return Ok(String::from_utf8_lossy(&ended.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(format!("{name} ended with {}: {}", ended.status, last.trim()))
}

/// A program on the search path.
pub(crate) fn on_path(name: &str) -> Option<std::path::PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&file))
        .find(|candidate| is_program(candidate))
}

fn is_program(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        path.metadata()
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
}

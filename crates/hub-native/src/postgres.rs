//! A project's own database cluster: created once, in one step; recovered from what a killed machine
//! or a changed master key leaves behind. Passwords are always checked (SCRAM); the only account is
//! the workbench's.

use crate::account::Account;
use crate::components::Found;
use crate::tools::{Toolbox, io_problem};
use hub_domain::DATABASE as NAME;
use hub_domain::{Code, Problem};
use hub_engine::runtime::{Progress, ProgressSink};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// `initdb` takes half a second; on a machine that is busy, more.
const BOUND: Duration = Duration::from_secs(120);

/// Makes sure that a cluster is at `data` that takes the password.
///
/// # Errors
/// `DATABASE_INIT_FAILED`, `DISK_FULL`.
pub(crate) async fn ensure(
    data: &Path,
    postgres: &Found,
    toolbox: &Toolbox,
    password: &SecretString,
    progress: &ProgressSink,
) -> Result<(), Problem> {
    if data.join("PG_VERSION").exists() {
        check_version(data, postgres)?;
        remove_stale_pid(data)
            .map_err(|f| io_problem(Code::DatabaseInitFailed, "A check of the database", &f))?;
        return keep_password(data, postgres, toolbox, password).await;
    }
    progress(Progress { step: "Creating the database".into(), amount: None });
    create(data, postgres, toolbox, password).await
}

fn folder_problem(fault: io::Error) -> Problem {
    io_problem(Code::DatabaseInitFailed, "Creating the database's folder", &fault)
}

async fn create(
    data: &Path,
    postgres: &Found,
    toolbox: &Toolbox,
    password: &SecretString,
) -> Result<(), Problem> {
    let account = &toolbox.account;
    let staging = data.with_extension("partial");
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(folder_problem)?;
    }
    fs::create_dir_all(&staging).map_err(folder_problem)?;
    private(&staging, 0o700).and_then(|()| account.own(&staging)).map_err(folder_problem)?;
    let cluster = staging.join("cluster");
    toolbox
        .service_tool(&postgres.beside("initdb"), BOUND)
        .folder(&staging)
        .arg("-D")
        .arg(&cluster)
        // Nobody is let in until the password is set; initdb itself would take it from a file only.
        .args(["--encoding=UTF8", "--locale=C.UTF-8", "--auth=reject"])
        .arg(format!("--username={NAME}"))
        .run(Code::DatabaseInitFailed)
        .await?;
    let sql = format!("{};\n\nCREATE DATABASE {NAME};\n\n", new_password(password));
    single_user(&cluster, "postgres", postgres, toolbox, sql).await?;
    fs::write(cluster.join("pg_hba.conf"), LET_IN).map_err(folder_problem)?;
    note_password(&cluster, account, password).map_err(folder_problem)?;
    fs::rename(&cluster, data).map_err(folder_problem)?;
    fs::remove_dir_all(&staging).map_err(folder_problem)
}

/// Who is let in: the one account, from this machine, with its password.
const LET_IN: &str = "# Written by CommandCenter Hub.\n\
    host all all 127.0.0.1/32 scram-sha-256\n\
    host all all ::1/128 scram-sha-256\n";

/// The statement that sets the password. It has hexadecimal digits only, so nothing in it can end the
/// text.
fn new_password(password: &SecretString) -> String {
    format!("ALTER ROLE {NAME} PASSWORD '{}'", password.expose_secret())
}

/// Runs SQL without a server, with every right and no listener.
async fn single_user(
    data: &Path,
    database: &str,
    postgres: &Found,
    toolbox: &Toolbox,
    sql: String,
) -> Result<(), Problem> {
    let output = toolbox
        .service_tool(&postgres.program, BOUND)
        .args(["--single", "-j", "-D"])
        .arg(data)
        // A statement that fails may hold the password, and what is said of it reaches the user.
        .args(["-c", "log_min_error_statement=panic"])
        .arg(database)
        .input(sql)
        .run(Code::DatabaseInitFailed)
        .await?;
    // Single-user mode reports a failed statement but ends well all the same.
    let said = format!("{}{}", output.stdout, output.stderr);
    if said.contains("ERROR:") || said.contains("FATAL:") {
        return Err(Problem::new(
            Code::DatabaseInitFailed,
            "The database could not be set up.",
            "See what PostgreSQL said.",
        )
        .caused_by(said.trim()));
    }
    Ok(())
}

fn check_version(data: &Path, postgres: &Found) -> Result<(), Problem> {
    let made_with = fs::read_to_string(data.join("PG_VERSION")).map_err(folder_problem)?;
    let made_with = made_with.trim();
    let now = postgres.version.split('.').next().unwrap_or_default();
    if made_with == now {
        return Ok(());
    }
    Err(Problem::new(
        Code::DatabaseInitFailed,
        format!(
            "The project's database was made by PostgreSQL {made_with}, but only {now} was found."
        ),
        format!("Install PostgreSQL {made_with} and name it in CCHUB_COMPONENT_POSTGRES."),
    ))
}

/// A file left by a killed machine would make the next start refuse, when its process id is by then
/// that of another program. The caller holds the project's lease, so no server of ours runs here.
fn remove_stale_pid(data: &Path) -> io::Result<()> {
    let file = data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&file) else { return Ok(()) };
    let pid: Option<u32> = text.lines().next().and_then(|l| l.trim().parse().ok());
    let is_ours = pid.is_some_and(|pid| {
        fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder == data)
    });
    if is_ours { Ok(()) } else { fs::remove_file(file) }
}

/// Gives the database the password of today, where the master key has changed since it was made.
async fn keep_password(
    data: &Path,
    postgres: &Found,
    toolbox: &Toolbox,
    password: &SecretString,
) -> Result<(), Problem> {
    let noted = fs::read_to_string(data.join(NOTE)).unwrap_or_default();
    if noted == fingerprint(password) {
        return Ok(());
    }
    let sql = format!("{};\n", new_password(password));
    single_user(data, "postgres", postgres, toolbox, sql).await?;
    note_password(data, &toolbox.account, password).map_err(folder_problem)
}

/// Which password the cluster has: a one-way hash of 256 random bits.
const NOTE: &str = "cchub-password.sha256";

fn fingerprint(password: &SecretString) -> String {
    hex::encode(Sha256::digest(format!("cchub:{}", password.expose_secret())))
}

fn note_password(data: &Path, account: &Account, password: &SecretString) -> io::Result<()> {
    write_secret(&data.join(NOTE), &fingerprint(password), account)
}

/// Writes a file that only the services' account can read.
pub(crate) fn write_secret(path: &Path, text: &str, account: &Account) -> io::Result<()> {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    private(path, 0o600)?;
    account.own(path)?;
    file.write_all(text.as_bytes())
}

/// Sets who may use a file or folder.
pub(crate) fn private(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

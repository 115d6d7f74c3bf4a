//! The Hub's own log: a file in the Hub home that only its user can read, of bounded size.

use hub_domain::{Code, Problem};
use std::fs::{self, OpenOptions};
use std::path::Path;
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;

/// A log that has grown beyond this is set aside when the Hub starts; one earlier log is kept.
const MAX_BYTES: u64 = 5 * 1024 * 1024;

/// Writes what the Hub says of itself to `hub.log`; `CCHUB_LOG` chooses what, e.g. `debug`.
///
/// # Errors
/// `HUB_HOME_UNUSABLE`.
pub fn to_file(home: &Path) -> Result<(), Problem> {
    let path = home.join("hub.log");
    let open = || {
        if fs::metadata(&path).is_ok_and(|found| found.len() > MAX_BYTES) {
            fs::rename(&path, home.join("hub.log.1"))?;
        }
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        options.open(&path)
    };
    let file = open().map_err(|fault| {
        Problem::new(
            Code::HubHomeUnusable,
            format!("{} cannot be written.", path.display()),
            "Check the rights and the space of the Hub home.",
        )
        .caused_by(fault)
    })?;
    let filter = EnvFilter::try_from_env("CCHUB_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .finish();
    // A second Hub in one process (tests) keeps the first one's log.
    drop(tracing::subscriber::set_global_default(subscriber));
    Ok(())
}

//! The Hub's own log: a file in the Hub home that only its user can read, of bounded size.

use hub_domain::{Code, Problem};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;

/// A log that has grown beyond this is set aside; one earlier log is kept, so that both together
/// take twice this at most, and one line more.
const MAX_BYTES: u64 = 5 * 1024 * 1024;

/// The file, and how much is in it.
struct Bounded {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Bounded {
    fn open(path: PathBuf) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path, file, bytes })
    }
}

impl Write for Bounded {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.bytes > MAX_BYTES {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
            *self = Self::open(std::mem::take(&mut self.path))?;
        }
        let written = self.file.write(line)?;
        self.bytes += u64::try_from(written).unwrap_or(0);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes what the Hub says of itself to `hub.log`; `CCHUB_LOG` chooses what, e.g. `debug`.
///
/// # Errors
/// `HUB_HOME_UNUSABLE`.
pub fn to_file(home: &Path) -> Result<(), Problem> {
    let path = home.join("hub.log");
    let file = Bounded::open(path.clone()).map_err(|fault| {
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

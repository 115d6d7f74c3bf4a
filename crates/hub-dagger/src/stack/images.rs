//! Which content an image's name stands for. A name with a tag is looked up once, and what it was then
//! is written down in the Hub home, so that a stack is the same tomorrow, and starts without its registry.

use crate::fault::Fault;
use crate::session::Session;
use hub_domain::{ImageName, Problem};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Mutex;

/// A registry over a slow line answers within this time: four small questions.
const BOUND: Duration = Duration::from_secs(40);

/// The contents that names were found to stand for.
pub(crate) struct Pins {
    file: PathBuf,
    known: Mutex<Option<BTreeMap<String, String>>>,
}

/// The engine asks its registry again and again; when that takes too long, the registry is at fault.
fn unanswered(fault: Fault, name: &str) -> Fault {
    match fault {
        Fault::Timeout(bound) => Fault::Image(format!(
            "the registry of {name} did not answer within {} s",
            bound.as_secs()
        )),
        other => other,
    }
}

impl Pins {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { file: folder.join("images.json"), known: Mutex::default() }
    }

    /// The name with its digest.
    ///
    /// # Errors
    /// `IMAGE_UNAVAILABLE` and what else an engine can answer.
    pub(crate) async fn pinned(&self, session: &Session, name: &str) -> Result<String, Problem> {
        if ImageName::parse(name).is_ok_and(|name| name.is_pinned()) {
            return Ok(name.to_owned());
        }
        if let Some(known) = self.known(name).await {
            return Ok(known);
        }
        let doing = format!("Looking up the image {name}");
        let asked = session.query(BOUND).container().from(name).image_ref().await;
        let found = asked.map_err(|fault| unanswered(fault.into(), name).problem(&doing))?;
        if found.contains("@sha256:") {
            self.remember(name, &found).await;
            return Ok(found);
        }
        Ok(name.to_owned())
    }

    async fn known(&self, name: &str) -> Option<String> {
        let mut known = self.known.lock().await;
        if known.is_none() {
            *known = Some(self.read());
        }
        known.as_ref().and_then(|known| known.get(name).cloned())
    }

    fn read(&self) -> BTreeMap<String, String> {
        match std::fs::read(&self.file) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|fault| {
                tracing::warn!("{} is not readable and begun anew: {fault}", self.file.display());
                BTreeMap::new()
            }),
            Err(fault) => {
                if fault.kind() != io::ErrorKind::NotFound {
                    tracing::warn!("{}: {fault}", self.file.display());
                }
                BTreeMap::new()
            }
        }
    }

    async fn remember(&self, name: &str, found: &str) {
        let mut known = self.known.lock().await;
        let all = known.get_or_insert_default();
        all.insert(name.to_owned(), found.to_owned());
        let text = serde_json::to_vec_pretty(all).unwrap_or_default();
        // Without the note the next start only looks the name up again.
        if let Err(fault) = crate::data::write_whole(&self.file, &text) {
            tracing::warn!("{} cannot be written: {fault}", self.file.display());
        }
    }
}

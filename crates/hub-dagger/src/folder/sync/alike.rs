//! Keeps the two sides alike, round after round: looks at both, has the difference decided, carries it
//! out, and writes down what they now have in common.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::carry::{Amount, Carried, Carry, blocking};
use super::link::{Link, NoScan};
use super::notices::Notices;
use super::scan::{Scan, ScanBounds, ScanError, Scanner};
use super::state::Common;
use super::{Conflict, Merge, Outcome, Tree, TreePath, merge};
use crate::folder::unix::Copy;

/// From one look to the next where changes are not told, and when nothing has changed for a while.
const LOOK: Duration = Duration::from_secs(1);
const IDLE_LOOK: Duration = Duration::from_secs(5);
/// Where changes are told, so often all the same: what is told may be too little.
const SAFETY_LOOK: Duration = Duration::from_secs(60);
/// From the first word of a change to the look at it: changes come in swarms.
const SWARM: Duration = Duration::from_millis(40);
/// A pause is this many times as long as the looks that went before it took.
const REST: u32 = 2;
const SHORTEST_REST: Duration = Duration::from_millis(60);
const LONGEST_REST: Duration = Duration::from_secs(10);
/// Something that was not as seen so many rounds in a row is told of.
const PATIENCE: u32 = 5;
/// So many troubles are named in one round.
const NAMED: usize = 5;

/// What the user has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Both sides changed something; the container's version has a name of its own now.
    Conflict(Conflict),
    /// Something is not kept alike, and why.
    Trouble(String),
    /// Everything is kept alike again.
    Solved,
    /// The versions kept beside others that lie in the folder now.
    Conflicts(Vec<TreePath>),
    /// One side was empty and has been filled from the other.
    Refilled(&'static str),
}

/// What is kept alike, and how.
#[derive(Clone)]
pub struct AlikeOptions {
    /// The project folder.
    pub root: PathBuf,
    /// File in the Hub home for the last common state.
    pub state: PathBuf,
    /// The copy only follows the folder, which is never changed.
    pub one_way: bool,
    /// What it may hold.
    pub bounds: ScanBounds,
    /// Takes what the user has to know.
    pub tell: Arc<dyn Fn(Told) + Send + Sync>,
    /// Tells how far a round is.
    pub amount: Arc<Amount>,
}

/// Why there is no round, or no first one. What is not done yet is done by the next one.
#[derive(Debug, thiserror::Error)]
pub enum Begin {
    /// The connection to the agent broke.
    #[error("the connection to the folder's copy broke ({0})")]
    Link(#[from] io::Error),
    /// One of the sides cannot be looked at.
    #[error("{0}")]
    Unreadable(String),
    /// One of the sides holds more than it may.
    #[error("{0}")]
    TooMuch(String),
}

/// A project folder and its copy in a session.
pub struct Alike {
    options: AlikeOptions,
    copy: Option<Arc<Copy>>,
    scanner: Arc<Mutex<Scanner>>,
    notices: Arc<Notices>,
    common: Common,
    /// What is not kept alike now, and why.
    troubles: BTreeMap<TreePath, String>,
    restless: BTreeMap<TreePath, u32>,
    paused: Option<String>,
    /// Versions kept beside others, as they were told last.
    conflicts: Vec<TreePath>,
    /// How long looking at both sides took last.
    looks_take: Duration,
    /// The last round found nothing to do, and saw everything.
    settled: bool,
}

impl Alike {
    /// Reads what the two had in common.
    pub fn new(options: AlikeOptions) -> Self {
        let common = if options.one_way { None } else { Common::read(&options.state) };
        let scanner = Scanner::new(options.root.clone(), options.bounds.clone());
        Self {
            copy: None,
            scanner: Arc::new(Mutex::new(scanner)),
            notices: Arc::new(Notices::open()),
            common: common.unwrap_or_default(),
            troubles: BTreeMap::new(),
            restless: BTreeMap::new(),
            paused: None,
            conflicts: Vec::new(),
            looks_take: Duration::ZERO,
            settled: false,
            options,
        }
    }

    /// Makes the two alike for the first time over this connection. `token` is the word that was found on
    /// the copy.
    ///
    /// # Errors
    /// When the connection breaks, or one of the sides cannot be looked at.
    pub async fn begin(&mut self, link: &mut Link, token: &[u8]) -> Result<(), Begin> {
        if token.is_empty() || token != self.common.token {
            // It is not the copy that was left, so nothing missing in it was deleted there. Until it has
            // a word of its own, what is written down belongs to no copy.
            self.common = Common::default();
        }
        self.round(link).await?;
        // A new word each time: a copy that was set back to an earlier state is another copy.
        self.common.token = rand::random::<[u8; 16]>().to_vec();
        self.write_down().await;
        if let Outcome::Failed(why) = link.set_token(&self.common.token.clone()).await? {
            tracing::warn!("the copy of the folder takes no mark and will be compared anew: {why}");
        }
        Ok(())
    }

    /// Keeps the two alike until told to finish; then once more for the last time.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn keep(&mut self, link: &mut Link, finish: &CancellationToken) -> io::Result<()> {
        let mut idle = LOOK;
        let mut rest = Duration::ZERO;
        loop {
            let finishing = finish.is_cancelled()
                || tokio::select! {
                    () = finish.cancelled() => true,
                    waited = self.wait(link, idle, rest) => { waited?; false }
                };
            if finishing && self.is_known_alike(link).await? {
                return Ok(());
            }
            let changed = match self.round(link).await {
                Ok(changed) => {
                    self.resume();
                    changed
                }
                Err(Begin::Link(fault)) => return Err(fault),
                Err(Begin::Unreadable(why) | Begin::TooMuch(why)) => {
                    self.pause(why);
                    false
                }
            };
            if finishing {
                return Ok(());
            }
            rest = (self.looks_take * REST).clamp(SHORTEST_REST, LONGEST_REST);
            let told = self.notices.are_complete() && link.tells_changes() && self.paused.is_none();
            let (shortest, longest) =
                if told { (SAFETY_LOOK, SAFETY_LOOK) } else { (LOOK, IDLE_LOOK) };
            idle = if changed { shortest } else { (idle * 3 / 2).clamp(shortest, longest) };
        }
    }

    /// Both sides tell every change, and have told none since a look at which nothing was to be done.
    async fn is_known_alike(&self, link: &mut Link) -> io::Result<bool> {
        let told = self.notices.are_complete() && link.tells_changes();
        let quiet = self.settled && told && self.notices.changed().now_or_never().is_none();
        Ok(quiet && !link.has_changed().await?)
    }

    /// Waits for a change, but no longer than `idle`, and for as long as it is to rest in any case.
    async fn wait(&self, link: &mut Link, idle: Duration, rest: Duration) -> io::Result<()> {
        let rested = Instant::now() + rest;
        let end = Instant::now() + idle.max(rest);
        let there = async {
            while !link.changed(end.saturating_duration_since(Instant::now())).await? {
                if Instant::now() >= end {
                    break;
                }
            }
            Ok(())
        };
        let seen = tokio::select! {
            seen = there => seen,
            () = self.notices.changed() => Ok(()),
            () = sleep_until(end) => Ok(()),
        };
        sleep_until(rested.max(Instant::now() + SWARM).min(end.max(rested))).await;
        seen
    }

    /// One round. True if something was changed on either side.
    ///
    /// # Errors
    /// When the connection breaks, or one of the sides cannot be looked at; then nothing was changed.
    pub async fn round(&mut self, link: &mut Link) -> Result<bool, Begin> {
        self.settled = false;
        let copy = self.opened().await?;
        let seen = self.look_at_both(link).await?;
        for leftover in seen.leftovers {
            let copy = Arc::clone(&copy);
            // Whatever it is, it is no part of the folder.
            drop(blocking(move || copy.clear(&leftover)).await?);
        }
        let troubles: BTreeMap<TreePath, String> =
            seen.unseen.into_iter().chain(link.unseen().clone()).collect();
        let mut sides = Sides {
            base: if self.options.one_way { link.tree() } else { self.common.tree.clone() },
            here: seen.tree,
            there: link.tree(),
            held: Tree::new(),
        };
        sides.hold_back(&troubles);
        let refilled = if self.options.one_way { None } else { sides.disbelieve_emptiness() };
        let merged = sides.merged();
        let Sides { base, here, there, held } = sides;
        let acts = !merged.here.is_empty() || !merged.there.is_empty();
        let carried = if acts {
            let carry = Carry { copy: &copy, link: &mut *link, amount: &self.options.amount };
            carry.out(&merged, here, there).await?
        } else {
            Carried { here, there, undone: Vec::new() }
        };
        self.settled = !acts && troubles.is_empty();
        self.tell_troubles(troubles, &carried.undone);
        if let Some(side) = refilled {
            (self.options.tell)(Told::Refilled(side));
        }
        self.tell_conflicts(merged.conflicts, &carried);
        if !self.options.one_way {
            self.agree(base, held, &carried, acts.then_some(copy)).await?;
        }
        Ok(acts)
    }

    /// Looks at both sides at the same time; what the copy holds, the link knows then.
    async fn look_at_both(&mut self, link: &mut Link) -> Result<Scan, Begin> {
        let began = Instant::now();
        let (here, there) = tokio::join!(self.look(), link.scan(&self.options.bounds));
        self.looks_take = began.elapsed();
        let here = here?;
        there?.map_err(|why| match why {
            NoScan::Unreadable(_) => Begin::Unreadable(why.to_string()),
            NoScan::TooMuch { .. } => Begin::TooMuch(why.to_string()),
        })?;
        Ok(here)
    }

    /// Writes down what both sides now have in common, where that has changed.
    async fn agree(
        &mut self,
        base: Tree,
        held: Tree,
        carried: &Carried,
        written_to: Option<Arc<Copy>>,
    ) -> Result<(), Begin> {
        let is_as_before = held.is_empty()
            && carried.undone.is_empty()
            && carried.here == self.common.tree
            && carried.here == carried.there;
        if is_as_before {
            return Ok(());
        }
        let mut common = in_common(base, carried);
        common.extend(held);
        if common == self.common.tree {
            return Ok(());
        }
        self.common.tree = common;
        if let Some(copy) = written_to
            && let Err(fault) = blocking(move || copy.settle()).await?
        {
            // What is written down as there must be there after a power cut too.
            tracing::warn!(
                "what was written to the project folder may not be on its disk: {fault}"
            );
            return Ok(());
        }
        self.write_down().await;
        Ok(())
    }

    /// The folder, as long as it is the one it was.
    async fn opened(&mut self) -> Result<Arc<Copy>, Begin> {
        let root = self.options.root.clone();
        let unreadable = |fault: io::Error| {
            let root = self.options.root.display();
            Begin::Unreadable(format!("the project folder {root} cannot be read ({fault})"))
        };
        if let Some(copy) = self.copy.clone() {
            let looked = Arc::clone(&copy);
            let same = blocking(move || looked.is_still_there(&root)).await?.map_err(unreadable)?;
            if same {
                return Ok(copy);
            }
            let root = self.options.root.display();
            return Err(Begin::Unreadable(format!(
                "{root} is on another disk than at the start: it is not taken for the project folder"
            )));
        }
        let copy = blocking(move || Copy::open(&root)).await?.map_err(unreadable)?;
        let copy = Arc::new(copy);
        self.copy = Some(Arc::clone(&copy));
        Ok(copy)
    }

    async fn look(&self) -> Result<Scan, Begin> {
        let (scanner, notices) = (Arc::clone(&self.scanner), Arc::clone(&self.notices));
        let look = move || {
            // A look that was broken off has left what it knew as it was.
            let mut scanner = scanner.lock().unwrap_or_else(PoisonError::into_inner);
            notices.begin();
            scanner.scan(&mut |folder| notices.enter(folder))
        };
        let seen = blocking(look).await?;
        seen.map_err(|fault| match &fault {
            ScanError::Unreadable { path, source } => {
                let path = path.display();
                Begin::Unreadable(format!("the project folder {path} cannot be read ({source})"))
            }
            ScanError::TooMuch { .. } => Begin::TooMuch(fault.to_string()),
        })
    }

    async fn write_down(&self) {
        if self.options.one_way {
            return;
        }
        let (common, file) = (self.common.clone(), self.options.state.clone());
        let written = blocking(move || common.write(&file)).await.and_then(|written| written);
        if let Err(fault) = written {
            // The next start then compares with an older state: more conflicts, and nothing lost.
            tracing::warn!("{} cannot be written: {fault}", self.options.state.display());
        }
    }

    fn pause(&mut self, why: String) {
        if self.paused.as_ref() != Some(&why) {
            let text =
                format!("{why}: nothing is synced until that is cured, and nothing is deleted");
            (self.options.tell)(Told::Trouble(text));
            self.paused = Some(why);
        }
    }

    fn resume(&mut self) {
        if self.paused.take().is_some() && self.troubles.is_empty() {
            (self.options.tell)(Told::Solved);
        }
    }

    /// Tells what is new of what is not kept alike.
    fn tell_troubles(
        &mut self,
        unseen: BTreeMap<TreePath, String>,
        undone: &[(TreePath, Option<String>)],
    ) {
        let mut troubles = unseen;
        let mut restless = BTreeMap::new();
        for (path, why) in undone {
            match why {
                Some(why) => drop(troubles.insert(path.clone(), why.clone())),
                None => {
                    let times = self.restless.get(path).copied().unwrap_or(0) + 1;
                    restless.insert(path.clone(), times);
                    if times >= PATIENCE {
                        let why = "it is always another one than was seen".to_owned();
                        troubles.insert(path.clone(), why);
                    }
                }
            }
        }
        self.restless = restless;
        let new: Vec<_> =
            troubles.iter().filter(|(path, why)| self.troubles.get(*path) != Some(*why)).collect();
        for (path, why) in new.iter().take(NAMED) {
            let text = format!("{:?} is not synced: {why}", path.display());
            (self.options.tell)(Told::Trouble(text));
        }
        if let Some(more) = new.len().checked_sub(NAMED).filter(|more| *more > 0) {
            (self.options.tell)(Told::Trouble(format!("{more} more are not synced")));
        }
        if troubles.is_empty() && !self.troubles.is_empty() {
            (self.options.tell)(Told::Solved);
        }
        self.troubles = troubles;
    }

    fn tell_conflicts(&mut self, conflicts: Vec<Conflict>, carried: &Carried) {
        let kept = |conflict: &Conflict| {
            let kept = &conflict.kept_as;
            carried.here.contains_key(kept) || carried.there.contains_key(kept)
        };
        // One that could not be set aside now is decided anew in the next round.
        for conflict in conflicts.into_iter().filter(kept) {
            (self.options.tell)(Told::Conflict(conflict));
        }
        let open: Vec<_> = carried.here.keys().filter(|path| path.is_conflict()).cloned().collect();
        if open != self.conflicts {
            (self.options.tell)(Told::Conflicts(open.clone()));
            self.conflicts = open;
        }
    }
}

/// Both sides as they were seen, and what they had in common.
struct Sides {
    base: Tree,
    here: Tree,
    there: Tree,
    /// The part of what they had in common that one side cannot see now.
    held: Tree,
}

impl Sides {
    /// What one side cannot see is left alone on both.
    fn hold_back(&mut self, unseen: &BTreeMap<TreePath, String>) {
        if unseen.is_empty() {
            return;
        }
        self.held = self.base.extract_if(.., |path, _| covers(unseen, path)).collect();
        self.here.retain(|path, _| !covers(unseen, path));
        self.there.retain(|path, _| !covers(unseen, path));
    }

    /// A side that is empty all of a sudden has not deleted everything. Tells which one it is.
    fn disbelieve_emptiness(&mut self) -> Option<&'static str> {
        let empty = match (self.here.is_empty(), self.there.is_empty()) {
            (true, false) => "the project folder",
            (false, true) => "the copy in the session",
            _ => return None,
        };
        let was_filled = !std::mem::take(&mut self.base).is_empty();
        was_filled.then_some(empty)
    }

    fn merged(&self) -> Merge {
        if self.here == self.there {
            return Merge::default();
        }
        merge(&self.base, &self.here, &self.there, &stamp())
    }
}

/// What both sides have after the steps; where they still differ, what they had before.
fn in_common(base: Tree, carried: &Carried) -> Tree {
    let Carried { here, there, .. } = carried;
    let both = here.iter().filter(|(path, entry)| there.get(*path) == Some(*entry));
    let mut common: Tree = both.map(|(path, entry)| (path.clone(), entry.clone())).collect();
    let differs = |path: &TreePath| here.get(path) != there.get(path);
    common.extend(base.into_iter().filter(|(path, _)| differs(path)));
    common
}

/// It, or a folder it lies in, is among them.
fn covers(held: &BTreeMap<TreePath, String>, path: &TreePath) -> bool {
    std::iter::successors(Some(path.clone()), TreePath::parent).any(|up| held.contains_key(&up))
}

/// For names of files: the minute, in world time.
fn stamp() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d %H.%M UTC").to_string()
}

//! Keeps the project folder and its copy in a session alike for as long as the session lives, and tells
//! the user in the backend's log what they have to know of it.

use super::Context;
use crate::fault::Fault;
use crate::folder::sync::{
    Alike, AlikeOptions, Amount, Begin, Link, ScanBounds, Side, Told, TreePath,
};
use crate::gateway::Gateway;
use crate::session::Session;
use crate::stack::Parts;
use crate::stack::folder::FolderCopy;
use hub_domain::{Code, Problem, RetryPolicy};
use hub_engine::runtime::{FolderNotice, Progress, ProgressSink};
use secrecy::{ExposeSecret, SecretString};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// What a folder may hold to be copied.
pub(super) const BOUNDS: ScanBounds = ScanBounds { entries: 200_000, bytes: 20 << 30 };
/// The agent of a container that runs answers within this time.
const ANSWER: Duration = Duration::from_secs(40);
/// Copying a large folder over a slow link; the user sees how far it is and can call it off.
const FILL: Duration = Duration::from_secs(1800);
/// The last round, when the stack is being stopped.
const LAST_ROUND: Duration = Duration::from_secs(10);
/// From one try to reach the agent to the next.
const AGAIN: Duration = Duration::from_millis(200);
/// Making the two alike again after a break: its end is that of the session, not a count.
const REUNION: RetryPolicy = RetryPolicy {
    attempts: u32::MAX,
    initial: Duration::from_millis(200),
    factor: 2.0,
    maximum: Duration::from_secs(5),
};
/// An agent that is out of reach for so long is told of.
const OUT_OF_REACH: Duration = Duration::from_secs(10);
/// From one word on how far it is to the next.
const TICK: Duration = Duration::from_millis(300);

/// The task that keeps the two alike. It ends with this.
pub(super) struct FolderSync {
    finish: CancellationToken,
    task: tokio::sync::Mutex<JoinSet<()>>,
}

/// How keeping a folder and a copy alike began.
pub(super) enum Began {
    Synced(FolderCopy, FolderSync),
    /// There is more in the folder than is copied.
    TooMuch(String),
}

/// What the task works with.
struct Work {
    gateway: Arc<Gateway>,
    session: Arc<Session>,
    key: SecretString,
    alike: Alike,
    finish: CancellationToken,
    tell: Arc<dyn Fn(Told) + Send + Sync>,
}

impl FolderSync {
    /// Makes the copy and fills it.
    ///
    /// # Errors
    /// Those of the engine.
    pub(super) async fn begin(
        context: &Context,
        session: &Arc<Session>,
        parts: &Parts,
        gateway: &Arc<Gateway>,
        progress: &ProgressSink,
    ) -> Result<Began, Problem> {
        let doing = "Copying the project folder to the engine";
        let failed = |fault: Fault| fault.problem(doing);
        let config = &context.launch.config;
        let read_only = config.read_only();
        let copy = FolderCopy::named(session, config.project(), read_only).await.map_err(failed)?;
        let key = SecretString::from(hex::encode(rand::random::<[u8; 32]>()));
        copy.start_agent(session, parts, &key).await.map_err(failed)?;
        // The task of an earlier session may still be in its last round.
        let turn = Arc::clone(&context.folder_turn).lock_owned().await;
        let amount = Arc::new(Amount::default());
        let tell = teller(context);
        let options = AlikeOptions {
            root: config.workspace().to_path_buf(),
            state: context.shared.folder_state(config.project()),
            one_way: read_only,
            bounds: BOUNDS,
            tell: Arc::clone(&tell),
            amount: Arc::clone(&amount),
        };
        let finish = CancellationToken::new();
        let mut work = Work {
            gateway: Arc::clone(gateway),
            session: Arc::clone(session),
            key,
            alike: Alike::new(options),
            finish: finish.clone(),
            tell,
        };
        let filling = telling(&amount, doing, progress, async {
            let (mut link, token) = work.reach(ANSWER).await.map_err(Begin::Link)?;
            work.alike.begin(&mut link, &token).await.map(|()| link)
        });
        let filled = timeout(FILL, filling).await;
        let link = match filled.map_err(|_| Fault::Timeout(FILL).problem(doing))? {
            Ok(link) => link,
            Err(Begin::TooMuch(why)) => return Ok(Began::TooMuch(why)),
            Err(fault) => return Err(not_filled(&fault)),
        };
        let mut task = JoinSet::new();
        task.spawn(async move {
            work.keep(link).await;
            drop(turn);
        });
        Ok(Began::Synced(copy, Self { finish, task: tokio::sync::Mutex::new(task) }))
    }

    /// A last round, so that what the containers wrote arrives. Bounded.
    pub(super) async fn finish(&self, context: &Context) {
        self.finish.cancel();
        let mut task = self.task.lock().await;
        if timeout(LAST_ROUND, task.join_next()).await.is_err() {
            task.shutdown().await;
            context.note(
                "the last changes in the container did not all arrive in the project folder; they are \
                 kept, and arrive at the next start",
            );
        }
    }
}

fn not_filled(fault: &Begin) -> Problem {
    Problem::new(
        Code::EngineFailed,
        "The project folder could not be copied to the engine.",
        "See the cause, and start the project again; nothing of the folder was lost.",
    )
    .caused_by(fault)
    .retryable()
}

impl Work {
    /// A connection to the agent, as soon as it answers.
    async fn reach(&self, bound: Duration) -> io::Result<(Link, Vec<u8>)> {
        let end = Instant::now() + bound;
        let mut tries = interval(AGAIN);
        loop {
            tries.tick().await;
            let why = match self.gateway.connect_inner().await {
                Some(stream) => {
                    match Link::open(Box::new(stream), self.key.expose_secret()).await {
                        Ok(reached) => return Ok(reached),
                        Err(fault) => fault,
                    }
                }
                None => io::Error::new(
                    io::ErrorKind::HostUnreachable,
                    "the agent beside the folder's copy does not answer",
                ),
            };
            if Instant::now() >= end || !self.session.is_open() {
                return Err(why);
            }
        }
    }

    /// Round after round, over one connection after the other, as long as the session lives.
    async fn keep(mut self, mut link: Link) {
        loop {
            let Err(fault) = self.alike.keep(&mut link, &self.finish).await else { return };
            tracing::debug!("the connection to the folder's copy broke: {fault}");
            drop(link);
            let (finish, tell) = (self.finish.clone(), Arc::clone(&self.tell));
            match until_begun(&mut self, &finish, tell.as_ref()).await {
                Some(begun) => link = begun,
                None => return,
            }
        }
    }
}

/// Something that can be begun again after a break.
trait Again {
    type Begun;

    /// It still makes sense.
    fn makes_sense(&self) -> bool;

    fn begin(&mut self) -> impl Future<Output = Result<Self::Begun, Begin>> + Send;
}

impl Again for Work {
    type Begun = Link;

    fn makes_sense(&self) -> bool {
        self.session.is_open()
    }

    async fn begin(&mut self) -> Result<Link, Begin> {
        let (mut link, token) = self.reach(OUT_OF_REACH).await?;
        self.alike.begin(&mut link, &token).await.map(|()| link)
    }
}

/// What came of beginning again and again; none when it makes no more sense, or is to finish. The agent may
/// answer at once and a side be one that cannot be looked at, so there are pauses. The user is told of the
/// first failure, and when it is over.
async fn until_begun<T: Again>(
    what: &mut T,
    finish: &CancellationToken,
    tell: &(dyn Fn(Told) + Send + Sync),
) -> Option<T::Begun> {
    let mut failed = 0;
    while !finish.is_cancelled() && what.makes_sense() {
        let fault = match what.begin().await {
            Ok(begun) => {
                if failed > 0 {
                    tell(Told::Solved);
                }
                return Some(begun);
            }
            Err(fault) => fault,
        };
        if failed > 0 {
            tracing::debug!("the folder's copy is out of reach: {fault}");
        } else if what.makes_sense() {
            tell(Told::Trouble(format!("nothing is synced now: {fault}")));
        } else {
            return None;
        }
        failed += 1;
        let pause = REUNION.pause_after(failed).unwrap_or(REUNION.maximum);
        finish.run_until_cancelled(sleep(pause)).await?;
    }
    None
}

/// Tells how far it is.
async fn telling<T>(
    amount: &Amount,
    step: &str,
    progress: &ProgressSink,
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(work);
    let mut ticks = interval(TICK);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = ticks.tick() => {
                let amount = Some(amount.read()).filter(|(_, whole)| *whole > 0);
                progress(Progress { step: step.to_owned(), amount });
            }
        }
    }
}

/// Puts what has to be known into the backend's log.
fn teller(context: &Context) -> Arc<dyn Fn(Told) + Send + Sync> {
    let notes = context.notes();
    let folder = context.launch.folder.clone();
    let notice = move |change: &dyn Fn(&mut FolderNotice)| {
        folder.send_modify(|notice| change(notice.get_or_insert_default()));
    };
    Arc::new(move |told| {
        let text = match told {
            Told::Conflicts(now) => {
                let now: Vec<String> = now.iter().map(TreePath::display).collect();
                return notice(&|notice| notice.conflicts.clone_from(&now));
            }
            Told::Conflict(conflict) => {
                let (path, kept_as) = (conflict.path.display(), conflict.kept_as.display());
                let whose = match conflict.from {
                    Side::Here => "this machine's",
                    Side::There => "the container's",
                };
                format!(
                    "{path:?} was changed on both sides: {whose} version is kept as {kept_as:?}; \
                     compare the two and remove one"
                )
            }
            Told::Trouble(text) => {
                notice(&|notice| notice.trouble = Some(text.clone()));
                text
            }
            Told::Solved => {
                notice(&|notice| notice.trouble = None);
                "the project folder is synced again".to_owned()
            }
            Told::Refilled(side) => format!(
                "{side} was empty: that is not taken for a deletion of everything, and it is filled \
                 from the other side"
            ),
        };
        notes(&text);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Cannot be looked at until `back`.
    struct Side {
        back: Instant,
        tries: u32,
        open: bool,
    }

    impl Side {
        fn away_for(time: Duration) -> Self {
            Self { back: Instant::now() + time, tries: 0, open: true }
        }
    }

    impl Again for Side {
        type Begun = &'static str;

        fn makes_sense(&self) -> bool {
            self.open
        }

        async fn begin(&mut self) -> Result<&'static str, Begin> {
            self.tries += 1;
            // Without pauses time would never pass.
            sleep(Duration::from_millis(1)).await;
            if Instant::now() >= self.back {
                return Ok("alike");
            }
            Err(Begin::Unreadable("the project folder is gone".to_owned()))
        }
    }

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Heard {
        fn take(&self, told: Told) {
            self.0.lock().unwrap().push(match told {
                Told::Trouble(text) => text,
                Told::Solved => "solved".to_owned(),
                other => panic!("{other:?}"),
            });
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_side_that_cannot_be_looked_at_is_tried_again_with_pauses_and_told_of_once() {
        let (heard, finish) = (Heard::default(), CancellationToken::new());
        let mut side = Side::away_for(MINUTE);
        let begun = until_begun(&mut side, &finish, &|told| heard.take(told)).await;
        assert_eq!(begun, Some("alike"));
        assert!((10..30).contains(&side.tries), "{} tries in a minute", side.tries);
        let late = side.back.elapsed();
        assert!(late < Duration::from_secs(10), "it was back {late:?} before");
        let trouble = "nothing is synced now: the project folder is gone";
        assert_eq!(*heard.0.lock().unwrap(), [trouble, "solved"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_waits_for_no_pause() {
        let (heard, finish) = (Heard::default(), CancellationToken::new());
        let mut side = Side::away_for(MINUTE * 60);
        let began = Instant::now();
        let tell = |told| heard.take(told);
        let stop = async {
            sleep(MINUTE).await;
            finish.cancel();
        };
        let (begun, ()) = tokio::join!(until_begun(&mut side, &finish, &tell), stop);
        assert_eq!(begun, None);
        assert!(began.elapsed() < MINUTE + Duration::from_millis(10), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_is_over_is_not_tried() {
        let (heard, finish) = (Heard::default(), CancellationToken::new());
        let mut side = Side { open: false, ..Side::away_for(MINUTE) };
        let begun = until_begun(&mut side, &finish, &|told| heard.take(told)).await;
        assert_eq!((begun, side.tries), (None, 0));
        assert_eq!(*heard.0.lock().unwrap(), [""; 0]);
    }
}

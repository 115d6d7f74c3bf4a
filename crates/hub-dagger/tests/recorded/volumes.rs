//! What the user is told of a project's volumes, and what becomes of them when the project is removed:
//! on engines in name only, whose containers say how a volume was found.

use crate::TURN;
use crate::engine::Engine;
use crate::project::{Log, launch, options};
use hub_dagger::DaggerRuntime;
use hub_domain::{Code, ProjectId};
use hub_engine::runtime::Runtime;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// Stands in the query for a look at the volume of either database.
const POSTGRES: &str = "postgres-*.dump";
const REDIS: &str = "redis-*.rdb";
/// Stands in the question whether an engine still is the one it was.
const STATE: &str = "/proc/sys/kernel/random/uuid";

/// A project and an engine in name only, at as many addresses as a test wants.
struct Bench {
    folder: TempDir,
    engine: Engine,
    runtime: DaggerRuntime,
    log: Arc<Log>,
    project: ProjectId,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::start(folder.path()).await;
        let runtime = DaggerRuntime::new(options(folder.path(), &engine.cli));
        let project = ProjectId::parse("abcdefgh").unwrap();
        Self { folder, engine, runtime, log: Arc::default(), project }
    }

    /// Starts on the engine at an address where both volumes are found like this; returns what the user
    /// was told. The engine's state is another one for each text.
    async fn start(&self, at: &Address, state: &str, found: &str) -> Vec<String> {
        self.engine.writes(STATE, state);
        self.engine.writes(POSTGRES, found);
        self.engine.writes(REDIS, found);
        let launch = launch(self.folder.path(), &at.text, false, &self.log);
        let instance = self.runtime.prepare(launch).await.unwrap();
        instance.close().await;
        self.log.taken()
    }

    fn dumps(&self) -> std::path::PathBuf {
        self.folder.path().join("home/projects/abcdefgh/dumps")
    }

    /// How often either volume was emptied.
    fn emptied(&self) -> usize {
        let is_emptying =
            |query: &str| query.contains("-mindepth 1 -delete") && query.contains("sync");
        self.engine.asked().iter().filter(|one| is_emptying(&one.query)).count()
    }
}

/// Where something listens as an engine would; only its command line is ever spoken to.
struct Address {
    text: String,
    _listens: TcpListener,
}

impl Address {
    async fn new() -> Self {
        let listens = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { text: format!("tls://{}", listens.local_addr().unwrap()), _listens: listens }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_tells_nothing_and_a_volume_lost_before_its_first_copy_is_told() {
    let _turn = TURN.lock().await;
    let bench = Bench::new().await;
    let engine = Address::new().await;
    assert_eq!(bench.start(&engine, "one", "created").await, [""; 0]);
    let told = bench.start(&engine, "two", "created").await;
    assert_eq!(told.len(), 2, "one for either database: {told:?}");
    for note in told {
        assert!(note.contains("lost the volume before") && note.contains("begins empty"), "{note}");
    }
    let told = bench.start(&engine, "three", "restored x-1.dump\nits roles' rights").await;
    for note in told {
        assert!(
            note.contains("lost the volume") && note.contains("restored from x-1.dump"),
            "{note}"
        );
        assert!(note.ends_with("not restored: its roles' rights"), "{note}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_changes_its_engine_is_told_whose_data_it_has() {
    let _turn = TURN.lock().await;
    let bench = Bench::new().await;
    let (one, other) = (Address::new().await, Address::new().await);
    assert_eq!(bench.start(&one, "state", "created").await, [""; 0]);

    let told = bench.start(&other, "state", "created").await;
    assert_eq!(told.len(), 2, "{told:?}");
    for note in told {
        assert!(note.contains("begins empty") && note.contains(&one.text), "{note}");
    }
    assert_eq!(bench.start(&other, "state", "present").await, [""; 0], "nothing has changed");

    // Back, where the engine remembers that it has the volumes.
    let told = bench.start(&one, "state", "present").await;
    assert_eq!(told.len(), 2, "{told:?}");
    for note in told {
        assert!(note.contains("from before") && note.contains(&other.text), "{note}");
        assert!(note.contains("no copy"), "{note}");
    }
    let third = Address::new().await;
    let told = bench.start(&third, "state", "restored y-2.dump").await;
    for note in told {
        assert!(note.contains("restored from y-2.dump") && note.contains(&one.text), "{note}");
        assert!(!note.contains("lost the volume"), "nothing was lost: {note}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_a_project_clears_every_engine_it_ran_on() {
    let _turn = TURN.lock().await;
    let bench = Bench::new().await;
    for _ in 0..2 {
        let engine = Address::new().await;
        bench.start(&engine, "state", "created").await;
        let before = bench.emptied();
        bench.runtime.delete_data(&bench.project).await.unwrap();
        assert_eq!(bench.emptied() - before, 4, "two databases, and the folder's copies");
    }
    let (one, other) = (Address::new().await, Address::new().await);
    bench.start(&one, "state", "created").await;
    bench.start(&other, "state", "created").await;
    let before = bench.emptied();
    bench.runtime.delete_data(&bench.project).await.unwrap();
    assert_eq!(bench.emptied() - before, 8, "on both");
    bench.runtime.delete_data(&bench.project).await.unwrap();
    assert_eq!(bench.emptied() - before, 8, "nothing is left to be emptied");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_away_when_a_project_is_removed_is_cleared_when_it_is_back() {
    let _turn = TURN.lock().await;
    let bench = Bench::new().await;
    let engine = Address::new().await;
    bench.start(&engine, "state", "created").await;
    let text = engine.text.clone();
    drop(engine);
    let left = bench.runtime.delete_data(&bench.project).await.unwrap_err();
    assert_eq!(left.code, Code::EngineUnavailable);
    assert!(left.to_string().contains(&text), "{left}");

    // Still away at the Hub's next start.
    let next = DaggerRuntime::new(options(bench.folder.path(), &bench.engine.cli));
    next.recover().await.unwrap();
    drop(next);
    assert_eq!(bench.emptied(), 0);

    let place = text.strip_prefix("tls://").unwrap();
    let _back = TcpListener::bind(place).await.unwrap();
    let next = DaggerRuntime::new(options(bench.folder.path(), &bench.engine.cli));
    next.recover().await.unwrap();
    let bound = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    let note = bench.folder.path().join("home/dagger/volumes/abcdefgh.json");
    while Path::exists(&note) {
        assert!(tokio::time::Instant::now() < bound, "it was not cleared");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(bench.emptied(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_are_kept_stay_through_the_hubs_next_starts() {
    let _turn = TURN.lock().await;
    let bench = Bench::new().await;
    let engine = Address::new().await;
    bench.start(&engine, "state", "created").await;
    let next = DaggerRuntime::new(options(bench.folder.path(), &bench.engine.cli));
    next.recover().await.unwrap();
    assert_eq!(bench.start(&engine, "state", "created").await, [""; 0], "it is known still");
    assert_eq!(bench.emptied(), 0);
    assert!(!bench.dumps().exists());
}

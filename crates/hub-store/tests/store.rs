//! What the Hub remembers: every project as it was, through kills, damage and other processes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

use hub_domain::{
    Code, Desired, LastKnown, PerService, Project, ProjectId, ProjectName, ResourceLimits,
    RuntimeChoice, RuntimeKind, Service, Timestamp,
};
use hub_engine::store::Store;
use hub_store::SqliteStore;
use proptest::prelude::*;
use rusqlite::Connection;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn project(slot: u16) -> Project {
    Project {
        id: ProjectId::parse(&format!("project{slot:05}")).unwrap(),
        name: ProjectName::parse(&format!("number {slot}")).unwrap(),
        path: PathBuf::from(format!("/projects/{slot}")),
        slot: u32::from(slot),
        ports: PerService {
            postgres: 10_000 + slot,
            redis: 20_000 + slot,
            backend: 30_000 + slot,
            frontend: 40_000 + slot,
        },
        runtime: RuntimeChoice::Auto,
        limits: PerService::default(),
        engine: None,
        images: PerService::default(),
        read_only: false,
        pinned: false,
        autostart: false,
        environment: std::collections::BTreeMap::new(),
        desired: Desired::Stopped,
        last_known: LastKnown::New,
        created_at: Timestamp::from_millis(1),
        updated_at: Timestamp::from_millis(2),
    }
}

#[cfg(unix)]
fn any_path() -> impl Strategy<Value = PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let byte = prop_oneof![any::<u8>(), Just(b'\n'), Just(0xff), Just(b'\'')];
    prop::collection::vec(byte, 1..60)
        .prop_map(|bytes| PathBuf::from(std::ffi::OsString::from_vec([b"/", &*bytes].concat())))
}

#[cfg(not(unix))]
fn any_path() -> impl Strategy<Value = PathBuf> {
    ".{1,60}".prop_map(PathBuf::from)
}

prop_compose! {
    fn any_project()(
        folder in "\\PC{1,60}",
        path in any_path(),
        flags in any::<[bool; 4]>(),
        runtime in prop::sample::select(vec![RuntimeChoice::Auto,
            RuntimeChoice::Always(RuntimeKind::Native), RuntimeChoice::Always(RuntimeKind::Dagger)]),
        limits in prop::option::of((50_u32..=64_000, 64_u32..=1_048_576)),
        environment in prop::collection::btree_map(
            (prop::sample::select(Service::ALL.to_vec()), "[A-Z_]{1,12}"), any::<String>(), 0..5),
        last in 0_u8..4,
        code in prop::sample::select(Code::ALL.to_vec()),
        times in any::<[u32; 3]>(),
    ) -> Project {
        let at = |n: usize| Timestamp::from_millis(u64::from(times[n]) << 20);
        let last_known = match last {
            0 => LastKnown::New,
            1 => LastKnown::Stopped(at(0)),
            2 => LastKnown::Running(at(0)),
            _ => LastKnown::Failed(at(0), code),
        };
        Project {
            name: ProjectName::from_folder(&folder),
            path,
            runtime,
            limits: PerService { redis: limits.map(|(c, m)| ResourceLimits::new(c, m).unwrap()),
                ..PerService::default() },
            engine: None,
            images: PerService::default(),
            read_only: flags[0], pinned: flags[1], autostart: flags[2],
            desired: if flags[3] { Desired::Running } else { Desired::Stopped },
            environment, last_known, created_at: at(1), updated_at: at(2),
            ..project(7)
        }
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn open(home: &Path) -> SqliteStore {
    SqliteStore::open(home).unwrap()
}

fn refused(home: &Path) -> hub_domain::Problem {
    match SqliteStore::open(home) {
        Err(problem) => problem,
        Ok(_) => panic!("it was opened"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_project_comes_back_as_it_was(inserted in any_project(), updated in any_project()) {
        let home = tempfile::tempdir().unwrap();
        block_on(async {
            let store = open(home.path());
            store.insert(&inserted).await.unwrap();
            prop_assert_eq!(store.projects().await.unwrap(), vec![inserted]);
            store.update(&updated).await.unwrap();
            drop(store);
            prop_assert_eq!(open(home.path()).projects().await.unwrap(), vec![updated]);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn what_must_be_unique_is_refused_and_nothing_of_it_stays() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    store.insert(&project(1)).await.unwrap();
    store.insert(&project(2)).await.unwrap();
    let same_path = Project { path: project(1).path, ..project(3) };
    assert_eq!(store.insert(&same_path).await.unwrap_err().code, Code::PathAlreadyRegistered);
    let mut same_port = project(3);
    same_port.ports.backend = project(1).ports.postgres;
    assert_eq!(store.insert(&same_port).await.unwrap_err().code, Code::PortLeased);
    let same_port = Project { ports: project(1).ports, ..project(2) };
    assert_eq!(store.update(&same_port).await.unwrap_err().code, Code::PortLeased);
    let same_slot = Project { slot: 1, ..project(3) };
    assert_eq!(store.insert(&same_slot).await.unwrap_err().code, Code::StoreFailed);
    assert_eq!(store.update(&project(9)).await.unwrap_err().code, Code::ProjectNotFound);
    assert_eq!(store.projects().await.unwrap(), [project(1), project(2)]);
    store.remove(&project(1).id, false).await.unwrap();
    store.remove(&project(1).id, false).await.unwrap();
    store.insert(&same_slot).await.unwrap();
    assert_eq!(store.projects().await.unwrap(), [same_slot, project(2)]);
}

#[tokio::test]
async fn the_id_of_kept_data_is_found_by_its_folder_until_that_is_registered_again() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    let (one, two) = (project(1), project(2));
    for project in [&one, &two] {
        store.insert(project).await.unwrap();
        assert_eq!(store.kept(&project.path).await.unwrap(), None);
    }
    store.remove(&one.id, true).await.unwrap();
    store.remove(&two.id, false).await.unwrap();
    let store = open(home.path());
    assert_eq!(store.kept(&one.path).await.unwrap(), Some(one.id.clone()));
    assert_eq!(store.kept(&two.path).await.unwrap(), None);
    // Another project of the same folder takes the place over when it too is removed.
    let other = Project { path: one.path.clone(), ..two };
    store.insert(&other).await.unwrap();
    store.remove(&other.id, true).await.unwrap();
    assert_eq!(store.kept(&one.path).await.unwrap(), Some(other.id.clone()));
    store.insert(&other).await.unwrap();
    assert_eq!(store.kept(&one.path).await.unwrap(), None);
}

#[tokio::test]
async fn settings_are_written_replaced_and_removed() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    assert_eq!(store.setting("theme").await.unwrap(), None);
    for value in [Some("dark"), Some("light"), None] {
        store.set_setting("theme", value).await.unwrap();
        assert_eq!(store.setting("theme").await.unwrap().as_deref(), value);
    }
}

#[test]
fn the_schema_is_the_one_that_was_agreed() {
    let home = tempfile::tempdir().unwrap();
    drop(open(home.path()));
    let database = Connection::open(home.path().join("hub.db")).unwrap();
    let mut statement = database
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        .unwrap();
    let tables: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    insta::assert_snapshot!(tables.join("\n\n"));
}

#[test]
fn a_database_of_a_newer_hub_is_refused_and_not_touched() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("hub.db");
    drop(open(home.path()));
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&file).unwrap();
    let problem = refused(home.path());
    assert_eq!(problem.code, Code::StoreTooNew);
    assert!(problem.message.contains("version 99") && problem.message.contains("up to 7"));
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_damaged_database_is_refused_and_not_touched() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("hub.db");
    drop(open(home.path()));
    let whole = fs::read(&file).unwrap();
    let mut headless = whole.clone();
    headless[..100].fill(0x5a);
    for damaged in [b"this is no database at all".repeat(100), headless] {
        fs::write(&file, &damaged).unwrap();
        let problem = refused(home.path());
        assert_eq!(problem.code, Code::StoreCorrupt);
        assert!(problem.message.contains("hub.db"));
        assert_eq!(fs::read(&file).unwrap(), damaged);
    }
}

#[test]
fn a_home_that_cannot_be_one_is_refused_with_its_name() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(refused(&file).code, Code::HubHomeUnusable);
    fs::create_dir(home.path().join("hub.db")).unwrap();
    let problem = refused(home.path());
    assert_eq!(problem.code, Code::HubHomeUnusable);
    assert!(problem.message.contains("hub.db"));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    store.insert(&project(1)).await.unwrap();
    let mut names = Vec::new();
    for entry in fs::read_dir(home.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        names.push(entry.file_name());
    }
    assert!(names.contains(&"hub.db".into()) && names.contains(&"hub.db-wal".into()));
}

#[test]
fn several_stores_on_one_home_see_each_others_projects() {
    let home = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for part in 0..4_u16 {
            let home = home.path();
            scope.spawn(move || {
                let store = open(home);
                block_on(async {
                    for n in 0..10 {
                        store.insert(&project(part * 10 + n)).await.unwrap();
                    }
                });
            });
        }
    });
    let expected: Vec<Project> = (0..40).map(project).collect();
    assert_eq!(block_on(open(home.path()).projects()).unwrap(), expected);
}

/// This test is also the program it kills: with the variable set it writes until it is killed.
#[test]
fn a_killed_hub_loses_nothing_it_had_confirmed() {
    const HOME: &str = "HUB_STORE_TEST_WRITES_TO";
    if let Some(home) = std::env::var_os(HOME) {
        let store = open(Path::new(&home));
        for slot in 0..5000 {
            block_on(store.insert(&project(slot))).unwrap();
            println!("\nwritten {slot}");
        }
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_killed_hub_loses_nothing_it_had_confirmed", "--nocapture"])
        .env(HOME, home.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut confirmed = 0;
    for line in output.lines().map_while(Result::ok) {
        if let Some(slot) = line.strip_prefix("written ") {
            confirmed = slot.parse::<usize>().unwrap() + 1;
        }
        if confirmed == 25 {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    assert!(confirmed >= 25);
    let projects = block_on(open(home.path()).projects()).unwrap();
    assert!(projects.len() >= confirmed);
    assert_eq!(projects, (0..projects.len() as u16).map(project).collect::<Vec<_>>());
    let database = Connection::open(home.path().join("hub.db")).unwrap();
    let verdict: String =
        database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}

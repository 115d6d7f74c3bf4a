//! Every query that the Hub sends fits the API as an engine described it, and none holds a secret. The
//! whole runtime runs against an engine in name only, so that this needs none.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../../tests/fixtures/beside.rs"]
mod beside;
#[path = "recorded/ends.rs"]
mod ends;
#[path = "recorded/engine.rs"]
mod engine;
#[path = "recorded/graphql.rs"]
mod graphql;
#[path = "recorded/project.rs"]
mod project;
#[path = "recorded/volumes.rs"]
mod volumes;

use engine::Engine;
use graphql::Schema;
use hub_dagger::DaggerRuntime;
use hub_domain::Service;
use hub_engine::runtime::Runtime;
use project::{Log, launch, options};
use std::sync::Arc;

/// Ports that are only looked for are another's in the next moment: one test at a time has some.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_a_stacks_life_fits_the_recorded_api_and_none_holds_a_secret() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::start(folder.path()).await;
    // Something listens where the engine would; only its command line is ever spoken to.
    let listens = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tls://{}", listens.local_addr().unwrap());
    let home = folder.path().join("home");
    let runtime = DaggerRuntime::new(options(folder.path(), &engine.cli));
    let launch = launch(folder.path(), &address, true, &Arc::new(Log::default()));
    let project = launch.config.project().clone();
    let instance = runtime.prepare(launch).await.unwrap();
    for service in Service::ALL {
        let launched = instance.launch(service).await.unwrap();
        launched.control.terminate().await;
        launched.exited.await;
        let launched = instance.launch(service).await.unwrap();
        launched.control.kill().await;
        launched.exited.await;
    }
    for service in Service::ALL {
        // Nothing of what this engine answers is an answer of the service.
        assert_eq!(instance.second_opinion(service).await, None);
    }
    instance.close().await;
    runtime.delete_data(&project).await.unwrap();

    let asked = engine.asked();
    for one in &asked {
        assert_eq!(one.refused, None, "{}", one.query);
        assert!(!one.query.contains("veryhidden"), "a secret stands in a query: {}", one.query);
    }
    let count = |part: &str| asked.iter().filter(|one| one.query.contains(part)).count();
    assert_eq!(count("start}"), 9, "eight launches and the gateway");
    assert_eq!(count("kill:true"), 4);
    assert_eq!(count("sshfsVolume"), 1);
    assert_eq!((count("pg_isready"), count("redis-cli -h redis")), (1, 1));
    assert!(asked.iter().filter(|one| one.query.contains("asService")).any(|one| one.trace));
    let secrets: Vec<_> = asked.iter().filter(|one| one.query.contains("setSecret")).collect();
    assert!(secrets.iter().any(|one| one.variables.to_string().contains("veryhidden")));
    let pinned = std::fs::read_to_string(home.join("dagger/images.json")).unwrap();
    assert!(pinned.contains("\"postgres:15-alpine\"") && pinned.contains("@sha256:"), "{pinned}");
}

/// Without live mounts a copy and its agent are asked for. (Nothing runs, so the agent never answers.)
#[tokio::test(flavor = "multi_thread")]
async fn every_query_for_a_folders_copy_fits_too() {
    let _turn = TURN.lock().await;
    for read_only in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::without_live_folders(folder.path()).await;
        let listens = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("tls://{}", listens.local_addr().unwrap());
        let runtime = DaggerRuntime::new(options(folder.path(), &engine.cli));
        let launch = launch(folder.path(), &address, read_only, &Arc::new(Log::default()));
        let is_agent =
            |query: &str| query.contains("/hub/agent/serve.py") && query.contains("start}");
        tokio::select! {
            prepared = runtime.prepare(launch) => {
                panic!("there is no agent, and yet: {:?}", prepared.err());
            }
            () = engine.until_asked(1, is_agent) => {}
        }
        let asked = engine.asked();
        for one in &asked {
            assert_eq!(one.refused, None, "{}", one.query);
        }
        let key = asked.iter().find(|one| one.variables["name"] == "folder_key").unwrap();
        let key = key.variables["value"].as_str().unwrap();
        assert!(key.len() >= 32 && asked.iter().all(|one| !one.query.contains(key)));
        let agent = asked.iter().find(|one| is_agent(&one.query)).unwrap();
        let owner = if read_only { "1001:1001" } else { "1000:1000" };
        assert!(agent.query.contains(owner), "{}", agent.query);
        assert!(!asked.iter().any(|one| one.query.contains("sshfsVolume(")));
    }
}

#[test]
fn a_query_that_does_not_fit_is_refused() {
    let schema = Schema::read(include_str!("recorded/schema.txt"));
    let none = serde_json::json!({});
    let fits = |query: &str| schema.answer(query, &none);
    assert!(fits("query{container{from(address:\"x\"){sync}}}").is_ok());
    for wrong in [
        "query{container{from(address:\"x\"){start}}}",
        "query{container{from(name:\"x\"){sync}}}",
        "query{container{from{sync}}}",
        "query{container{from(address:3){sync}}}",
        "query{container{from(address:\"x\")}}",
        "query{container{withExposedPort(port:1, protocol:SCTP){sync}}}",
        "query($x: String!){container{from(address:$x){sync}}}",
        "query{container{from(address:\"a\nb\"){sync}}}",
    ] {
        assert!(fits(wrong).is_err(), "{wrong}");
    }
}

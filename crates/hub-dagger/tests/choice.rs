//! Which runtime carries a project out when its engine is on another machine: the real runtime over
//! Dagger beside one that always works, in a Hub whose other parts are a test's.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "../../hub-engine/tests/world/mod.rs"]
mod world;

use hub_dagger::{DaggerOptions, DaggerRuntime};
use hub_domain::{EngineAddress, RuntimeKind};
use hub_engine::{Hub, HubParts};
use std::sync::Arc;
use world::World;

/// Why a project runs natively that leaves the choice to the Hub, with its engine at `address`.
async fn why_native(address: &str) -> String {
    let world = World::new();
    let home = tempfile::tempdir().unwrap();
    let dagger = DaggerRuntime::new(DaggerOptions {
        home: home.path().to_owned(),
        workbench: home.path().join("workbench"),
        engine: Some(EngineAddress::parse(address).unwrap()),
        cli: None,
        // None is needed: nothing must be downloaded for an engine that is passed over.
        releases: Some("http://127.0.0.1:1".to_owned()),
    });
    let runtimes = vec![Arc::new(dagger) as _, Arc::new(world.clone()) as _];
    let hub = Hub::open(HubParts { runtimes, ..world.parts() }).await.unwrap();
    let id = world.add(&hub, "/shop").await;
    hub.start(&id).await.unwrap();
    let runtime = hub.until_started(&id).await.unwrap().runtime.clone().unwrap();
    hub.shutdown().await;
    assert_eq!(runtime.kind, RuntimeKind::Native);
    runtime.why
}

/// What the program that leads to the engine said, or that there is none.
fn says_why(words: &str, program: &str) -> bool {
    let said = ["ended with", "did not answer within"].map(|how| format!("{program} {how}"));
    let missing = format!("the program {program} is not on this machine");
    said.iter().chain([&missing]).any(|reason| words.contains(reason))
}

#[tokio::test]
async fn an_engine_on_a_machine_that_does_not_answer_is_passed_over_and_the_reason_is_told() {
    let why = why_native("ssh://nobody@127.0.0.1:1").await;
    assert!(why.contains("ssh://nobody@127.0.0.1:1"), "{why}");
    assert!(says_why(&why, "ssh"), "{why}");
    assert!(why.ends_with("It always works in this world."), "{why}");
}

#[tokio::test]
async fn an_engine_in_a_pod_that_does_not_answer_is_passed_over_and_the_reason_is_told() {
    // No cluster has a context of this name.
    let address = "kube-pod://engine?context=cchub-no-such-cluster&namespace=dagger";
    let why = why_native(address).await;
    assert!(why.contains(address), "{why}");
    assert!(says_why(&why, "kubectl"), "{why}");
}

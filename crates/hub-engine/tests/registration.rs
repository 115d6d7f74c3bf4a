//! Registering, changing and removing projects, through the Hub's own handle.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod world;

use hub_domain::{
    Code, Desired, LastKnown, Problem, ResourceLimits, RuntimeChoice, RuntimeKind, Service,
};
use hub_engine::host::PortHolder;
use hub_engine::{AddProject, ProjectChange};
use std::path::Path;
use world::{Manner, World, request};

#[tokio::test(start_paused = true)]
async fn a_folder_becomes_a_project_with_ports_of_its_own() {
    let world = World::new();
    let hub = world.hub().await;
    let shop = hub.add(request("/shop")).await.unwrap();
    let blog = hub.add(request("/blog")).await.unwrap();
    assert_eq!(shop.project.name.as_str(), "shop");
    assert_eq!(shop.project.last_known, LastKnown::New);
    assert_eq!((shop.project.ports.backend, blog.project.ports.backend), (8000, 8010));
    assert_eq!((shop.project.ports.frontend, blog.project.ports.frontend), (3000, 3010));
    assert_eq!((shop.project.ports.postgres, blog.project.ports.postgres), (5432, 5433));
    assert_eq!((shop.project.ports.redis, blog.project.ports.redis), (6379, 6380));
    assert_eq!(hub.projects().len(), 2);
    assert_eq!(world.with(|s| s.projects.len()), 2);
}

#[tokio::test(start_paused = true)]
async fn a_port_held_at_registration_is_passed_over() {
    let world = World::new();
    world.with(|s| s.held.insert(5432, PortHolder { pid: 1, program: "postgres".into() }));
    let hub = world.hub().await;
    let shop = hub.add(request("/shop")).await.unwrap();
    assert_eq!(shop.project.ports.postgres, 5433);
    // The next project plans 5433, which is taken now.
    let blog = hub.add(request("/blog")).await.unwrap();
    assert_eq!(blog.project.ports.postgres, 5434);
}

#[tokio::test(start_paused = true)]
async fn bad_folders_are_refused_and_leave_nothing() {
    let world = World::new();
    let hub = world.hub().await;
    hub.add(request("/shop")).await.unwrap();
    for (path, code) in [
        ("relative/path", Code::PathRelative),
        ("/gone/for/good", Code::PathMissing),
        ("/hub-home", Code::PathInsideHubHome),
        ("/hub-home/projects", Code::PathInsideHubHome),
        ("/", Code::PathInsideHubHome),
        ("/shop", Code::PathAlreadyRegistered),
        ("/link", Code::PathAlreadyRegistered),
    ] {
        let problem = hub.add(request(path)).await.unwrap_err();
        assert_eq!(problem.code, code, "{path}");
        assert!(!problem.message.is_empty() && !problem.action.is_empty());
    }
    let blank = AddProject { name: Some("\n".into()), ..request("/blog") };
    assert_eq!(hub.add(blank).await.unwrap_err().code, Code::ConfigInvalid);
    world.with(|s| s.store_fails = true);
    assert_eq!(hub.add(request("/blog")).await.unwrap_err().code, Code::DiskFull);
    assert_eq!(hub.projects().len(), 1);
    assert_eq!(world.with(|s| s.projects.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn two_requests_for_one_folder_register_it_once() {
    let world = World::new();
    let hub = world.hub().await;
    let (one, other) = tokio::join!(hub.add(request("/shop")), hub.add(request("/link")));
    assert!(one.is_ok());
    assert_eq!(other.unwrap_err().code, Code::PathAlreadyRegistered);
}

#[tokio::test(start_paused = true)]
async fn folders_of_the_same_name_can_be_told_apart() {
    let world = World::new();
    let hub = world.hub().await;
    let names: Vec<_> = [
        hub.add(request("/a/app")).await.unwrap(),
        hub.add(request("/b/app")).await.unwrap(),
        hub.add(request("/c/app")).await.unwrap(),
    ]
    .iter()
    .map(|p| p.project.name.as_str().to_owned())
    .collect();
    assert_eq!(names, ["app", "app-2", "app-3"]);
}

#[tokio::test(start_paused = true)]
async fn a_project_is_found_by_id_name_and_path() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    for text in [id.as_str(), "shop", "/shop", "/link"] {
        assert_eq!(hub.find(text).await.unwrap(), id, "{text}");
    }
    assert_eq!(hub.find("nothing").await.unwrap_err().code, Code::ProjectNotFound);
    let twin = AddProject { name: Some("shop".into()), ..request("/blog") };
    hub.add(twin).await.unwrap();
    let problem = hub.find("shop").await.unwrap_err();
    assert_eq!(problem.code, Code::ProjectAmbiguous);
    assert!(problem.action.contains(id.as_str()), "{}", problem.action);
}

#[tokio::test(start_paused = true)]
async fn settings_change_together_or_not_at_all() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    let limits = ResourceLimits::new(250, 256).unwrap();
    let change = ProjectChange {
        name: Some("Shop & Co".into()),
        runtime: Some(RuntimeChoice::Always(RuntimeKind::Native)),
        read_only: Some(true),
        ports: vec![(Service::Backend, 9100)],
        limits: vec![(Service::Redis, Some(limits))],
        environment: vec![(Service::Backend, "FEATURE".into(), Some("on".into()))],
        ..ProjectChange::default()
    };
    let set = hub.set(&id, change).await.unwrap();
    assert_eq!(set.project.name.as_str(), "Shop & Co");
    assert_eq!(set.services.backend.port, 9100);
    assert_eq!(set.services.redis.limits, limits);
    assert_eq!(world.with(|s| s.projects[&id].clone()), set.project);

    let bad = ProjectChange {
        name: Some("Other".into()),
        environment: vec![(Service::Backend, "SECRET_KEY".into(), Some("x".into()))],
        ..ProjectChange::default()
    };
    assert_eq!(hub.set(&id, bad).await.unwrap_err().code, Code::ConfigInvalid);
    assert_eq!(hub.project(&id).unwrap().project.name.as_str(), "Shop & Co");
}

#[tokio::test(start_paused = true)]
async fn a_new_port_must_be_free_and_nobody_elses() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.add(&hub, "/blog").await;
    let to = |port| ProjectChange { ports: vec![(Service::Postgres, port)], ..Default::default() };
    let leased = hub.set(&id, to(5433)).await.unwrap_err();
    assert_eq!((leased.code, leased.offer.unwrap().free), (Code::PortLeased, 5434));
    world.with(|s| s.held.insert(5434, PortHolder { pid: 7, program: "other".into() }));
    let held = hub.set(&id, to(5434)).await.unwrap_err();
    assert_eq!((held.code, held.offer.unwrap().free), (Code::PortHeld, 5435));
    assert_eq!(hub.set(&id, to(80)).await.unwrap_err().code, Code::ConfigInvalid);
    assert_eq!(hub.set(&id, to(6379)).await.unwrap_err().code, Code::ConfigInvalid);
    assert_eq!(hub.project(&id).unwrap().project.ports.postgres, 5432);
    assert_eq!(hub.offer_port(&id, Service::Postgres).await.unwrap(), 5435);
    hub.set(&id, to(5435)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_running_project_shows_the_ports_it_runs_with() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    let change = ProjectChange { ports: vec![(Service::Backend, 9100)], ..Default::default() };
    let set = hub.set(&id, change).await.unwrap();
    assert_eq!((set.project.ports.backend, set.services.backend.port), (9100, 8000));
    hub.restart(&id).await.unwrap();
    assert_eq!(hub.until_started(&id).await.unwrap().services.backend.port, 9100);
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_changes_during_a_start_does_not_undo_what_is_known_of_it() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    let change = ProjectChange { ports: vec![(Service::Backend, 9100)], ..Default::default() };
    let (set, started) = tokio::join!(hub.set(&id, change), hub.start(&id));
    assert_eq!(set.unwrap().project.ports.backend, 9100);
    started.unwrap();
    hub.until_started(&id).await.unwrap();
    assert_eq!(world.with(|s| s.projects[&id].desired), Desired::Running);
}

#[tokio::test(start_paused = true)]
async fn removing_stops_first_and_forgets_everything_or_keeps_the_data() {
    let world = World::new();
    let hub = world.hub().await;
    for keep_data in [false, true] {
        let id = world.add(&hub, "/shop").await;
        hub.start(&id).await.unwrap();
        hub.until_started(&id).await.unwrap();
        assert_eq!(hub.remove(&id, keep_data).await.unwrap(), []);
        assert_eq!(world.alive(), 0);
        assert!(hub.projects().is_empty());
        assert!(world.with(|s| s.projects.is_empty()));
        assert_eq!(world.with(|s| s.deleted.contains(&id)), !keep_data);
        assert_eq!(hub.start(&id).await.unwrap_err().code, Code::ProjectNotFound);
    }
}

#[tokio::test(start_paused = true)]
async fn data_that_cannot_be_deleted_do_not_keep_a_project_and_are_told_of() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    let away = Problem::new(Code::EngineUnavailable, "It is away.", "Wait.");
    world.with(|s| s.delete_fails = Some(away.clone()));
    let left = hub.remove(&id, false).await.unwrap();
    assert!(!left.is_empty() && left.iter().all(|problem| *problem == away), "{left:?}");
    assert!(hub.projects().is_empty());
    assert!(world.with(|s| s.projects.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_folder_whose_data_was_kept_gets_it_back() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    hub.remove(&id, true).await.unwrap();
    assert_ne!(world.add(&hub, "/blog").await, id, "another folder has nothing of it");
    assert_eq!(world.add(&hub, "/shop").await, id);
    hub.remove(&id, false).await.unwrap();
    assert_ne!(world.add(&hub, "/shop").await, id, "what was deleted does not come back");
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_waits_for_a_stubborn_service_keeps_nobody_from_adding() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.manner(Service::Redis, Manner::Stubborn);
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    let add = async {
        hub.add(request("/blog")).await.unwrap();
        world.alive()
    };
    let (removed, alive) = tokio::join!(hub.remove(&id, false), add);
    removed.unwrap();
    assert!(alive > 0, "it was added before the other was down");
    assert_eq!(hub.projects().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_fails_leaves_the_project_registered() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.with(|s| s.store_fails = true);
    assert_eq!(hub.remove(&id, false).await.unwrap_err().code, Code::DiskFull);
    assert!(hub.project(&id).is_ok());
    world.with(|s| s.store_fails = false);
    hub.remove(&id, false).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_freed_number_is_used_again() {
    let world = World::new();
    let hub = world.hub().await;
    let first = world.add(&hub, "/a").await;
    world.add(&hub, "/b").await;
    hub.remove(&first, false).await.unwrap();
    let again = hub.add(request("/c")).await.unwrap();
    assert_eq!((again.project.slot, again.project.ports.backend), (0, 8000));
    assert_ne!(again.project.id, first, "an id is never used again");
}

#[tokio::test(start_paused = true)]
async fn a_wanted_runtime_that_is_not_there_is_an_error_that_says_why() {
    let world = World::new();
    let hub = world.hub().await;
    let dagger = RuntimeChoice::Always(RuntimeKind::Dagger);
    let project = hub.add(AddProject { runtime: dagger, ..request("/shop") }).await.unwrap();
    let id = &project.project.id;
    hub.start(id).await.unwrap();
    let problem = hub.until_started(id).await.unwrap_err();
    assert_eq!(problem.code, Code::RuntimeUnavailable);
    assert_eq!(problem.cause.as_deref(), Some("This Hub has no dagger runtime."));
}

#[tokio::test(start_paused = true)]
async fn projects_that_start_with_the_hub_do() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    let other = world.add(&hub, "/blog").await;
    let change = ProjectChange { autostart: Some(true), ..Default::default() };
    hub.set(&id, change).await.unwrap();
    hub.shutdown().await;
    let again = world.hub().await;
    assert!(again.until_started(&id).await.unwrap().overall_healthy);
    assert!(again.until_stopped(&other).await.unwrap().runtime.is_none());
    assert_eq!(again.home(), Path::new("/hub-home"));
}

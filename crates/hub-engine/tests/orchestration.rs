//! Starting, stopping, restarting and losing services, through the Hub's own handle. Time is made to
//! pass by the runtime when nothing else is to be done, so no test waits by the clock.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod world;

use hub_domain::lifecycle::{HealthWord, ProjectState, ServiceState};
use hub_domain::{Code, Desired, Health, LastKnown, Service};
use hub_engine::host::PortHolder;
use hub_engine::runtime::Opinion;
use hub_engine::snapshot::ProjectSnapshot;
use std::time::Duration;
use world::{Manner, World, pids, until};

fn is_healthy(snapshot: &ProjectSnapshot) -> bool {
    matches!(snapshot.state, ProjectState::Running { health: HealthWord::Healthy, .. })
}

#[tokio::test(start_paused = true)]
async fn a_project_starts_and_stops_in_order_and_leaves_nothing() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    hub.start(&id).await.unwrap();
    let up = hub.until_started(&id).await.unwrap();
    assert!(up.overall_healthy);
    assert_eq!(world.alive(), 4);
    assert_eq!(up.project.desired, Desired::Running);
    assert!(up.runtime.as_ref().unwrap().why.contains("It always works"));
    for (service, one) in up.services.iter() {
        assert!(one.pid.is_some(), "{service}");
        assert!(one.view.ready_at >= one.view.launched_at);
    }
    hub.stop(&id).await.unwrap();
    let down = hub.until_stopped(&id).await.unwrap();
    assert_eq!(world.alive(), 0);
    assert_eq!(down.project.desired, Desired::Stopped);
    assert!(matches!(down.project.last_known, LastKnown::Stopped(_)));
    assert!(down.services.iter().all(|(_, s)| s.pid.is_none()));
    let journal = world.journal();
    let place =
        |what: &str| journal.iter().position(|e| e == what).unwrap_or_else(|| panic!("{what}"));
    assert!(place("terminate frontend") < place("terminate backend"));
    assert!(place("terminate backend") < place("terminate redis"));
    assert!(place("terminate redis") < place("close"));
    assert!(!journal.iter().any(|e| e.starts_with("kill")));
}

#[tokio::test(start_paused = true)]
async fn what_is_written_down_outlives_the_hub() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    let stored = world.with(|s| s.projects[&id].clone());
    assert!(matches!(stored.last_known, LastKnown::Running(_)), "a killed Hub leaves this behind");
    hub.shutdown().await;
    assert_eq!(world.alive(), 0);
    let again = world.hub().await;
    let known = again.project(&id).unwrap();
    assert_eq!(known.state, ProjectState::Stopped);
    assert!(matches!(known.project.last_known, LastKnown::Stopped(_)));
    assert_eq!(world.journal().iter().filter(|e| *e == "recover").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn starting_twice_launches_once_and_both_wait_for_the_same() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    let (first, second) = tokio::join!(
        async {
            hub.start(&id).await?;
            hub.until_started(&id).await
        },
        async {
            hub.start(&id).await?;
            hub.until_started(&id).await
        },
    );
    assert!(first.unwrap().overall_healthy && second.unwrap().overall_healthy);
    assert_eq!(world.journal().iter().filter(|e| e.starts_with("launch")).count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_the_preparation_calls_it_off_and_the_next_start_works() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.with(|s| s.prepare_hangs = true);
    hub.start(&id).await.unwrap();
    world.until(|state| state.preparing == 1).await;
    let waiting = hub.until_started(&id);
    let stop = async {
        hub.stop(&id).await.unwrap();
        hub.until_stopped(&id).await.unwrap();
    };
    let (cancelled, ()) = tokio::join!(waiting, stop);
    assert_eq!(cancelled.unwrap_err().code, Code::StartCancelled);
    assert_eq!(world.state.lock().unwrap().preparing, 0, "the preparation was dropped");
    world.with(|s| s.prepare_hangs = false);
    hub.start(&id).await.unwrap();
    assert!(hub.until_started(&id).await.unwrap().overall_healthy);
}

#[tokio::test(start_paused = true)]
async fn a_stop_right_behind_a_start_never_trips_the_next_start() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    for _ in 0..20 {
        hub.start(&id).await.unwrap();
        hub.stop(&id).await.unwrap();
    }
    hub.start(&id).await.unwrap();
    assert!(hub.until_started(&id).await.unwrap().overall_healthy);
    assert_eq!(world.alive(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_a_launch_that_hangs_calls_it_off_at_once_and_the_next_start_works() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.with(|s| s.launch_hangs.insert(Service::Backend));
    hub.start(&id).await.unwrap();
    until(&hub, &id, |s| matches!(s.services.redis.view.state, ServiceState::Running { .. })).await;
    world.until(|s| s.launching.contains(&Service::Backend)).await;
    let asked = tokio::time::Instant::now();
    hub.stop(&id).await.unwrap();
    hub.until_stopped(&id).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(world.with(|s| s.launching.is_empty()), "the launch was dropped");
    assert_eq!(world.alive(), 0);
    world.with(|s| s.launch_hangs.clear());
    hub.start(&id).await.unwrap();
    assert!(hub.until_started(&id).await.unwrap().overall_healthy);
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_launch_hangs_is_launched_anew_when_the_user_asks() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.with(|s| s.launch_hangs.insert(Service::Redis));
    hub.start(&id).await.unwrap();
    world.until(|s| s.launching.contains(&Service::Redis)).await;
    let asked = tokio::time::Instant::now();
    hub.restart_service(&id, Service::Redis).await.unwrap();
    let launches = |journal: &[String]| journal.iter().filter(|e| *e == "launch redis").count();
    world.until(|s| launches(&s.journal) == 2).await;
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    world.with(|s| s.launch_hangs.clear());
    assert!(hub.until_started(&id).await.unwrap().overall_healthy);
}

#[tokio::test(start_paused = true)]
async fn the_time_a_launch_takes_is_not_taken_from_the_services_start() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.with(|s| s.launch_hangs.insert(Service::Redis));
    world.manner(Service::Redis, Manner::Mute);
    hub.start(&id).await.unwrap();
    world.until(|s| s.launching.contains(&Service::Redis)).await;
    // An engine that went away may come back so late.
    let deadline = hub_domain::spec(Service::Redis).start_deadline;
    tokio::time::advance(deadline * 3).await;
    world.with(|s| s.launch_hangs.clear());
    until(&hub, &id, |s| s.services.redis.pid.is_some()).await;
    tokio::time::advance(deadline - Duration::from_secs(1)).await;
    world.manner(Service::Redis, Manner::Good);
    assert!(hub.until_started(&id).await.unwrap().overall_healthy);
    assert_eq!(hub.project(&id).unwrap().services.redis.view.restarts, 0);
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_never_comes_back_is_tried_again_and_fails_the_start() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.with(|s| s.launch_hangs.insert(Service::Postgres));
    hub.start(&id).await.unwrap();
    let problem = hub.until_started(&id).await.unwrap_err();
    assert_eq!(problem.code, Code::ServiceLaunchFailed);
    assert_eq!(problem.service, Some(Service::Postgres));
    assert_eq!(world.alive(), 0);
    let launches = world.journal().iter().filter(|e| *e == "launch postgres").count();
    assert_eq!(launches, 3, "the design's three attempts");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ends_at_once_fails_the_start_with_its_last_lines() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.manner(Service::Redis, Manner::Dies);
    hub.start(&id).await.unwrap();
    let problem = hub.until_started(&id).await.unwrap_err();
    assert_eq!(problem.code, Code::ServiceExited);
    assert_eq!(problem.service, Some(Service::Redis));
    assert_eq!(problem.log_tail, ["bad configuration"]);
    assert_eq!(world.alive(), 0, "what had been started is cleaned up");
    let launches = world.journal().iter().filter(|e| *e == "launch redis").count();
    assert_eq!(launches, 3, "the design's three attempts");
    let known = world.with(|s| s.projects[&id].last_known.clone());
    assert!(matches!(known, LastKnown::Failed(_, Code::ServiceExited)));
    world.manner(Service::Redis, Manner::Good);
    hub.start(&id).await.unwrap();
    assert!(hub.until_started(&id).await.unwrap().overall_healthy);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_answers_fails_the_start_and_is_ended() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.manner(Service::Backend, Manner::Mute);
    hub.start(&id).await.unwrap();
    let problem = hub.until_started(&id).await.unwrap_err();
    assert_eq!((problem.code, problem.service), (Code::ServiceNotReady, Some(Service::Backend)));
    assert_eq!(problem.cause.as_deref(), Some("does not answer"));
    assert_eq!(world.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_held_port_is_named_with_its_holder_and_a_free_one() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    let other = world.add(&hub, "/other").await;
    world.with(|s| s.held.insert(5432, PortHolder { pid: 812, program: "postgres".into() }));
    hub.start(&id).await.unwrap();
    let problem = hub.until_started(&id).await.unwrap_err();
    assert_eq!(problem.code, Code::PortHeld);
    assert_eq!(problem.message, "Port 5432 of postgres is held by postgres (pid 812).");
    let offer = problem.offer.unwrap();
    // 5433 belongs to the other project.
    assert_eq!((offer.held, offer.free), (5432, 5434));
    assert_eq!(hub.project(&other).unwrap().project.ports.postgres, 5433);
    assert!(!world.journal().iter().any(|e| e.starts_with("launch")), "nothing was launched");
}

#[tokio::test(start_paused = true)]
async fn a_port_lost_between_check_and_launch_is_named_too() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.manner(Service::Postgres, Manner::Mute);
    hub.start(&id).await.unwrap();
    until(&hub, &id, |s| s.services.postgres.pid.is_some()).await;
    world.with(|s| s.held.insert(5432, PortHolder { pid: 9, program: "thief".into() }));
    world.crash(&id, Service::Postgres);
    let problem = hub.until_started(&id).await.unwrap_err();
    assert_eq!(problem.code, Code::PortHeld);
    assert!(problem.message.contains("thief (pid 9)"), "{}", problem.message);
    assert_eq!(problem.log_tail, ["the last line"]);
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_answered_and_the_others_go_on() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    let before = pids(&hub, &id);
    world.crash(&id, Service::Redis);
    until(&hub, &id, |s| matches!(s.services.redis.view.state, ServiceState::Pausing { .. })).await;
    let seen = hub.project(&id).unwrap();
    assert!(matches!(seen.state, ProjectState::Running { health: HealthWord::Unhealthy, .. }));
    let ServiceState::Pausing { problem, .. } = &seen.services.redis.view.state else {
        panic!("{:?}", seen.services.redis.view.state)
    };
    assert_eq!(problem.code, Code::ServiceCrashed);
    assert_eq!(problem.log_tail, ["the last line"]);
    until(&hub, &id, is_healthy).await;
    let after = pids(&hub, &id);
    assert_ne!(before.redis, after.redis);
    assert_eq!(
        (before.postgres, before.backend, before.frontend),
        (after.postgres, after.backend, after.frontend)
    );
    assert_eq!(hub.project(&id).unwrap().services.redis.view.restarts, 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_crashes_again_and_again_is_given_up() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    world.manner(Service::Redis, Manner::Dies);
    world.crash(&id, Service::Redis);
    until(&hub, &id, |s| matches!(s.state, ProjectState::GaveUp(_))).await;
    assert_eq!(world.alive(), 3, "the others go on");
    assert_eq!(hub.project(&id).unwrap().services.redis.view.restarts, 5);
    world.manner(Service::Redis, Manner::Good);
    hub.restart_service(&id, Service::Redis).await.unwrap();
    hub.until_service_up(&id, Service::Redis).await.unwrap();
    assert!(is_healthy(&hub.project(&id).unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_falls_silent_is_unhealthy_and_heals() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    let worst = |wanted: HealthWord| move |s: &ProjectSnapshot| matches!(s.state, ProjectState::Running { health, .. } if health == wanted);
    world.manner(Service::Backend, Manner::Mute);
    until(&hub, &id, worst(HealthWord::Degraded)).await;
    until(&hub, &id, worst(HealthWord::Unhealthy)).await;
    assert!(!hub.project(&id).unwrap().overall_healthy);
    world.manner(Service::Backend, Manner::Good);
    until(&hub, &id, worst(HealthWord::Healthy)).await;
    assert_eq!(hub.project(&id).unwrap().services.backend.view.restarts, 0);
}

fn asked_otherwise(journal: &[String], service: Service) -> usize {
    let asked = format!("ask {service} by another way");
    journal.iter().filter(|entry| **entry == asked).count()
}

#[tokio::test(start_paused = true)]
async fn a_service_that_answers_by_another_way_is_not_restarted_and_the_reason_is_told() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    let before = pids(&hub, &id);
    let words = "asked inside its session it answers".to_owned();
    world.with(|s| s.opinions.insert(Service::Redis, Opinion::Answers(words.clone())));
    world.manner(Service::Redis, Manner::Mute);
    until(&hub, &id, |s| match &s.services.redis.view.state {
        ServiceState::Running { health: Health::Unhealthy { why, .. }, .. } => {
            *why == format!("does not answer; {words}")
        }
        _ => false,
    })
    .await;
    world.until(|s| asked_otherwise(&s.journal, Service::Redis) > 20).await;
    assert_eq!(pids(&hub, &id), before, "however long it lasts");
    world.manner(Service::Redis, Manner::Good);
    until(&hub, &id, is_healthy).await;
    assert_eq!(hub.project(&id).unwrap().services.redis.view.restarts, 0);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_silent_by_every_way_for_half_a_minute_is_restarted() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    let before = pids(&hub, &id);
    world.with(|s| s.opinions.insert(Service::Redis, Opinion::Silent("silent there too".into())));
    world.manner(Service::Redis, Manner::Mute);
    let fell_silent = tokio::time::Instant::now();
    until(&hub, &id, |s| matches!(s.services.redis.view.state, ServiceState::Pausing { .. })).await;
    let took = fell_silent.elapsed();
    assert!(took > Duration::from_secs(10) && took < Duration::from_secs(60), "{took:?}");
    assert_eq!(asked_otherwise(&world.journal(), Service::Redis), 3);
    let seen = hub.project(&id).unwrap();
    let ServiceState::Pausing { problem, .. } = &seen.services.redis.view.state else {
        panic!("{:?}", seen.services.redis.view.state)
    };
    assert_eq!(problem.code, Code::ServiceNotReady);
    assert_eq!(problem.cause.as_deref(), Some("does not answer; silent there too"));
    world.manner(Service::Redis, Manner::Good);
    until(&hub, &id, is_healthy).await;
    let after = pids(&hub, &id);
    assert_ne!(before.redis, after.redis);
    assert_eq!((before.postgres, before.backend), (after.postgres, after.backend));
    assert_eq!(hub.project(&id).unwrap().services.redis.view.restarts, 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_of_which_there_is_no_second_opinion_is_left_alone() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    let before = pids(&hub, &id);
    world.manner(Service::Postgres, Manner::Mute);
    world.until(|s| asked_otherwise(&s.journal, Service::Postgres) > 20).await;
    assert_eq!(pids(&hub, &id), before);
    hub.stop(&id).await.unwrap();
    hub.until_stopped(&id).await.unwrap();
    assert_eq!(world.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_lasts_long_is_asked_about_by_another_way_and_has_its_deadline_all_the_same() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.manner(Service::Redis, Manner::Mute);
    world.with(|s| s.opinions.insert(Service::Redis, Opinion::Answers("answers there".into())));
    hub.start(&id).await.unwrap();
    let problem = hub.until_started(&id).await.unwrap_err();
    assert_eq!((problem.code, problem.service), (Code::ServiceNotReady, Some(Service::Redis)));
    assert!(asked_otherwise(&world.journal(), Service::Redis) > 3);
}

#[tokio::test(start_paused = true)]
async fn restarting_one_service_keeps_the_processes_of_the_others() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    let refused = hub.restart_service(&id, Service::Redis).await.unwrap_err();
    assert_eq!(refused.code, Code::ProjectNotRunning);
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    let before = pids(&hub, &id);
    hub.restart_service(&id, Service::Postgres).await.unwrap();
    hub.until_service_up(&id, Service::Postgres).await.unwrap();
    let after = pids(&hub, &id);
    assert_ne!(before.postgres, after.postgres);
    assert_eq!((before.redis, before.backend), (after.redis, after.backend));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ignores_the_request_to_end_is_killed() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    world.manner(Service::Backend, Manner::Stubborn);
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    hub.stop(&id).await.unwrap();
    hub.until_stopped(&id).await.unwrap();
    assert_eq!(world.alive(), 0);
    let kills: Vec<_> = world.journal().into_iter().filter(|e| e.starts_with("kill")).collect();
    assert_eq!(kills, ["kill backend"]);
}

#[tokio::test(start_paused = true)]
async fn only_so_many_projects_start_at_once_and_all_come_up() {
    let world = World::new();
    let hub = world.hub().await;
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(world.add(&hub, &format!("/project-{n}")).await);
    }
    for id in &ids {
        hub.start(id).await.unwrap();
    }
    let queued =
        hub.projects().iter().filter(|p| matches!(p.state, ProjectState::Queued { .. })).count();
    for id in &ids {
        assert!(hub.until_started(id).await.unwrap().overall_healthy);
    }
    let places = std::thread::available_parallelism().map_or(2, usize::from).max(2);
    let most = world.state.lock().unwrap().most_preparing;
    assert!(most as usize <= places, "{most} prepared at once");
    assert!(queued >= 12 - places.min(12), "{queued} queued");
    assert_eq!(world.alive(), 48);
    hub.shutdown().await;
    assert_eq!(world.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_ends_takes_no_new_requests() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    hub.start(&id).await.unwrap();
    hub.shutdown().await;
    hub.shutdown().await;
    assert_eq!(hub.add(world::request("/late")).await.unwrap_err().code, Code::HubShuttingDown);
    assert_eq!(hub.start(&id).await.unwrap_err().code, Code::HubShuttingDown);
    assert_eq!(world.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn changes_arrive_in_order_and_end_with_the_latest_state() {
    let world = World::new();
    let hub = world.hub().await;
    let id = world.add(&hub, "/shop").await;
    let (first, seq, mut changes) = hub.subscribe();
    assert_eq!(first.len(), 1);
    hub.start(&id).await.unwrap();
    hub.until_started(&id).await.unwrap();
    let (mut last_seq, mut last) = (seq, None);
    while let Ok(event) = changes.try_recv() {
        assert_eq!(event.seq, last_seq + 1, "no change is missing");
        last_seq = event.seq;
        if let hub_engine::snapshot::Change::Project(project) = event.change {
            last = Some(project);
        }
    }
    assert!(last.unwrap().overall_healthy);
}

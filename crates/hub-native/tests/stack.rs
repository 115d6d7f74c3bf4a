//! Four real services, through the traits the orchestrator uses.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]
#![allow(clippy::disallowed_methods, reason = "a test waits for exits beside its other work")]

mod rig;

use hub_domain::Service;
use rig::{Rig, end_all, launch_all, proven, survivors};
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn four_services_come_up_prove_themselves_and_leave_nothing() {
    let rig = Rig::new();
    let began = Instant::now();
    let instance = rig.prepare().await;
    eprintln!("prepared in {:?}: {:?}", began.elapsed(), rig.steps.lock().unwrap());
    for round in ["first", "second", "third"] {
        let began = Instant::now();
        let instance = if round == "first" { instance.clone() } else { rig.prepare().await };
        eprintln!("{round}: prepared {:?}", began.elapsed());
        let all = launch_all(&instance).await;
        eprintln!("{round}: launched {:?}", began.elapsed());
        for service in Service::ALL {
            proven(&instance, service).await;
            eprintln!("{round}: {service} {:?}", began.elapsed());
        }
        let began = Instant::now();
        end_all(all).await;
        eprintln!("{round}: ended {:?}", began.elapsed());
        instance.close().await;
        assert_eq!(survivors(&rig.home()), Vec::<String>::new());
    }
}

//! Four real services, through the traits the orchestrator uses.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]
#![allow(clippy::disallowed_methods, reason = "a test waits for exits beside its other work")]

mod rig;

use hub_domain::{Enforcement, ResourceLimits, Service};
use hub_engine::runtime::Runtime;
use rig::{Rig, end_all, launch, launch_all, proven, survivors};
use std::fs;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn four_services_come_up_prove_themselves_and_leave_nothing() {
    let rig = Rig::new();
    for round in 1..=2 {
        let instance = rig.prepare().await;
        let all = launch_all(&instance).await;
        for service in Service::ALL {
            proven(&instance, service).await;
        }
        for (service, one) in all.iter() {
            let status = fs::read_to_string(format!("/proc/{}/status", one.pid)).unwrap();
            let uid = status.lines().find(|l| l.starts_with("Uid:")).unwrap();
            assert!(!uid.contains("\t0\t"), "{service} runs as root: {uid}");
            assert!(instance.usage(service).await.unwrap().memory_bytes > 0, "{service}");
        }
        end_all(all).await;
        instance.close().await;
        assert_eq!(survivors(&rig.home()), Vec::<String>::new(), "round {round}");
    }
    assert!(rig.log(Service::Postgres).contains("ready to accept connections"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_service_and_a_killed_guardian_are_told_apart_and_leave_nothing() {
    let rig = Rig::new();
    let instance = rig.prepare().await;
    let redis = launch(&instance, Service::Redis).await;
    proven(&instance, Service::Redis).await;
    kill(redis.pid);
    let exit = redis.ended().await;
    assert_eq!(exit.how, "was ended by signal 9 (SIGKILL)");
    assert!(exit.last_lines.iter().any(|l| l.contains("Ready to accept")), "{exit:?}");

    let postgres = launch(&instance, Service::Postgres).await;
    proven(&instance, Service::Postgres).await;
    kill(parent_of(postgres.pid));
    let exit = postgres.ended().await;
    assert!(exit.how.contains("lost with its guardian"), "{}", exit.how);
    rig::until("nothing is left", || survivors(&rig.home()).is_empty()).await;
    // What such an end leaves in the cluster does not stand in the way of the next start.
    let instance = rig.prepare().await;
    let postgres = launch(&instance, Service::Postgres).await;
    proven(&instance, Service::Postgres).await;
    postgres.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_machine_leaves_behind_does_not_stand_in_the_way() {
    let rig = Rig::new();
    let folder = rig.home().join("projects").join(rig.project.as_str());
    // A creation that was cut off.
    fs::create_dir_all(folder.join("postgres.partial/cluster")).unwrap();
    fs::write(folder.join("postgres.partial/cluster/PG_VERSION"), "15\n").unwrap();
    rig.prepare().await;
    assert!(folder.join("postgres/PG_VERSION").exists());
    assert!(!folder.join("postgres.partial").exists());
    // A process id that by now belongs to somebody else.
    let stale = format!("{}\n/elsewhere\n1\n5432\n\n\n", std::process::id());
    fs::write(folder.join("postgres/postmaster.pid"), stale).unwrap();
    let instance = rig.prepare().await;
    let postgres = launch(&instance, Service::Postgres).await;
    proven(&instance, Service::Postgres).await;
    postgres.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_master_key_changes_the_databases_password() {
    let mut rig = Rig::new();
    let instance = rig.prepare().await;
    let postgres = launch(&instance, Service::Postgres).await;
    proven(&instance, Service::Postgres).await;
    rig.secrets = Arc::new(rig::TestSecrets("another key".to_owned()));
    let other = rig.runtime();
    // The old server still runs with the old password: the new one is refused.
    let refused = hub_login(&rig, "another key").await;
    assert!(refused.is_err(), "a wrong password is refused");
    postgres.end().await;
    let instance = other.prepare(rig.launch()).await.unwrap_or_else(|p| panic!("{p}"));
    let postgres = launch(&instance, Service::Postgres).await;
    proven(&instance, Service::Postgres).await;
    assert!(hub_login(&rig, "another key").await.is_ok());
    assert!(hub_login(&rig, "test").await.is_err());
    postgres.end().await;
}

/// Logs in with the password that a key gives.
async fn hub_login(rig: &Rig, key: &str) -> Result<(), tokio_postgres::Error> {
    use hub_engine::secrets::{Purpose, Secrets};
    use secrecy::ExposeSecret;
    let secret =
        rig::TestSecrets(key.to_owned()).derive(&rig.project, Purpose::DbPassword).unwrap();
    let mut settings = tokio_postgres::Config::new();
    settings.host("127.0.0.1").port(rig.ports.postgres).user("commandcenter");
    settings.dbname("commandcenter").password(secret.expose_secret());
    settings.connect(tokio_postgres::NoTls).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_called_enforced_kills_what_goes_beyond_it() {
    let mut rig = Rig::new();
    rig.limits.redis = Some(ResourceLimits::new(250, 64).unwrap());
    let instance = rig.prepare().await;
    let redis = launch(&instance, Service::Redis).await;
    proven(&instance, Service::Redis).await;
    let Enforcement::Enforced { .. } = redis.facts.limits else {
        // Not enforced here is an honest answer; then there is nothing more to hold it to.
        eprintln!("limits are not enforced on this machine: {:?}", redis.facts.limits);
        redis.end().await;
        return;
    };
    let groups = fs::read_to_string(format!("/proc/{}/cgroup", redis.pid)).unwrap();
    assert!(groups.contains(rig.project.as_str()), "{groups}");
    fill_redis(&rig).await;
    let exit = redis.ended().await;
    assert_eq!(exit.how, "was ended by signal 9 (SIGKILL)", "the kernel ended it");
}

/// Puts twice the limit into Redis; the connection breaks on the way.
async fn fill_redis(rig: &Rig) {
    use hub_engine::secrets::{Purpose, Secrets};
    use secrecy::ExposeSecret;
    let password = rig.secrets.derive(&rig.project, Purpose::RedisPassword).unwrap();
    let address = format!("redis://:{}@127.0.0.1:{}/0", password.expose_secret(), rig.ports.redis);
    let client = redis::Client::open(address).unwrap();
    // A server near its limit answers slowly; only its end may end this.
    let patient = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    let mut line = client.get_multiplexed_async_connection_with_config(&patient).await.unwrap();
    for n in 0..128 {
        // Bytes that differ, so that no page is shared.
        let value: Vec<u8> =
            (0..1024 * 1024).map(|i: u32| (i.wrapping_mul(31 + n) >> 3) as u8).collect();
        let set = redis::cmd("SET").arg(n).arg(value).query_async::<()>(&mut line).await;
        if set.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_project_runs_and_says_by_what_means_it_is_read_only() {
    let mut rig = Rig::new();
    rig.read_only = true;
    let instance = rig.prepare().await;
    let all = launch_all(&instance).await;
    for service in Service::ALL {
        proven(&instance, service).await;
    }
    assert!(matches!(all.backend.facts.read_only, Some(Enforcement::Enforced { .. })));
    assert_eq!(all.postgres.facts.read_only, None, "it does not touch the folder");
    end_all(all).await;
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

fn parent_of(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("PPid:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

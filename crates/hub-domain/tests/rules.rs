//! Ports, configuration, names, ids and the stack's definition.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

use hub_domain::{
    Code, ConfigError, EnvValue, HealthCheck, LimitsError, NameError, PerService, PortError,
    ProjectId, ProjectName, ResourceLimits, RuntimeChoice, Service, StackConfig, StackInputs,
    next_free, plan, settle, spec, start_waves, stop_waves,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

fn inputs() -> StackInputs {
    StackInputs {
        project: ProjectId::from_random([7; 10]),
        name: ProjectName::parse("shop").unwrap(),
        workspace: PathBuf::from(if cfg!(windows) { "C:\\shop" } else { "/home/ann/shop" }),
        ports: plan(0).unwrap(),
        limits: PerService::default(),
        engine: None,
        images: PerService::default(),
        read_only: false,
        environment: BTreeMap::new(),
    }
}

fn variable(name: &str, value: &str) -> StackInputs {
    let mut inputs = inputs();
    inputs.environment.insert((Service::Backend, name.into()), value.into());
    inputs
}

#[test]
fn the_stack_is_the_one_of_the_design() {
    use Service::{Backend, Frontend, Postgres, Redis};
    assert_eq!(start_waves(), [vec![Postgres, Redis], vec![Backend], vec![Frontend]]);
    assert_eq!(stop_waves(), [vec![Frontend], vec![Backend], vec![Postgres, Redis]]);
    let rows: Vec<_> = Service::ALL
        .map(spec)
        .iter()
        .map(|s| (s.image, s.container_user, s.limits.cpu_millis(), s.limits.memory_mb()))
        .collect();
    assert_eq!(
        rows,
        [
            ("postgres:15-alpine", 70, 1000, 2048),
            ("redis:7-alpine", 999, 500, 512),
            ("python:3.11-slim", 1000, 1000, 1024),
            ("node:22-alpine", 1000, 500, 512),
        ]
    );
    assert_eq!(spec(Postgres).health, HealthCheck::PostgresQuery);
    assert_eq!(spec(Backend).health, HealthCheck::HttpStatusOk("/health"));
    let backend: Vec<_> = spec(Backend).environment.iter().map(|(name, _)| *name).collect();
    for name in ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "WORKSPACE_DIR"] {
        assert!(backend.contains(&name), "{name}");
    }
    assert!(spec(Frontend).environment.contains(&("VITE_API_BASE_URL", EnvValue::ApiBaseUrl)));
}

#[test]
fn project_n_asks_for_the_ports_of_the_design() {
    for n in [0, 1, 7, 99] {
        let ports = plan(n).unwrap();
        let n = u16::try_from(n).unwrap();
        assert_eq!(ports.backend, 8000 + 10 * n);
        assert_eq!(ports.frontend, 3000 + 10 * n);
        assert_eq!(ports.postgres, 5432 + n);
        assert_eq!(ports.redis, 6379 + n);
    }
    assert_eq!(plan(6000), Err(PortError::SlotTooHigh(6000)));
    assert_eq!(plan(u32::MAX), Err(PortError::SlotTooHigh(u32::MAX)));
}

#[test]
fn a_port_is_never_privileged_and_never_beyond_the_last() {
    assert_eq!(next_free(Service::Redis, 1, &BTreeSet::new(), |_| true), Ok(1024));
    assert_eq!(next_free(Service::Redis, u16::MAX, &BTreeSet::new(), |_| true), Ok(u16::MAX));
    let taken = BTreeSet::from([u16::MAX]);
    assert_eq!(
        next_free(Service::Redis, u16::MAX, &taken, |_| true),
        Err(PortError::NoneLeft(Service::Redis))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn projects_never_share_a_port(
        slots in prop::collection::vec(0_u32..1200, 1..40),
        foreign in prop::collection::btree_set(1024_u16..9000, 0..200),
    ) {
        let mut leased = BTreeSet::new();
        for slot in slots {
            let ports = settle(slot, &leased, |p| !foreign.contains(&p)).unwrap();
            for (service, port) in ports.iter() {
                prop_assert!(leased.insert(*port), "{service} got a port of somebody else");
                prop_assert!(!foreign.contains(port));
                prop_assert!(*port >= plan(slot).unwrap()[service]);
            }
        }
    }

    #[test]
    fn a_free_plan_is_what_a_project_gets(slot in 0_u32..300) {
        prop_assert_eq!(settle(slot, &BTreeSet::new(), |_| true).unwrap(), plan(slot).unwrap());
    }

    #[test]
    fn ids_are_read_as_they_are_written(bytes in any::<[u8; 10]>()) {
        let id = ProjectId::from_random(bytes);
        prop_assert_eq!(ProjectId::parse(id.as_str()), Ok(id));
    }

    #[test]
    fn any_folder_name_makes_a_valid_project_name(name in any::<String>()) {
        let made = ProjectName::from_folder(&name);
        prop_assert_eq!(ProjectName::parse(made.as_str()), Ok(made));
    }

    #[test]
    fn codes_are_read_as_they_are_written(i in 0..Code::ALL.len()) {
        let code = Code::ALL[i];
        prop_assert_eq!(Code::parse(code.as_str()), Some(code));
    }
}

#[test]
fn ids_that_could_leave_their_folder_are_refused() {
    for text in ["", "short", "../../etc", "UPPERCASE1", "1startsdigit", "with space1", "ümlautid"]
    {
        assert!(ProjectId::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn names_are_checked() {
    assert_eq!(ProjectName::parse("  shop  ").unwrap().as_str(), "shop");
    assert_eq!(ProjectName::parse("   "), Err(NameError::Blank));
    assert_eq!(ProjectName::parse("a\nb"), Err(NameError::Control));
    assert_eq!(ProjectName::parse(&"é".repeat(101)), Err(NameError::TooLong));
    assert!(ProjectName::parse(&"é".repeat(100)).is_ok());
    assert_eq!(ProjectName::from_folder("a\nb\u{7}").as_str(), "a b");
    assert_eq!(ProjectName::from_folder("\n").as_str(), "project");
}

#[test]
fn a_configuration_is_checked_before_it_is() {
    assert!(StackConfig::build(inputs()).is_ok());

    let relative = StackInputs { workspace: "shop".into(), ..inputs() };
    let fault = StackConfig::build(relative).unwrap_err();
    assert_eq!(fault, ConfigError::RelativeWorkspace("shop".into()));

    let mut low = inputs();
    low.ports.redis = 80;
    let fault = StackConfig::build(low).unwrap_err();
    assert_eq!(fault, ConfigError::PortOutOfRange { service: Service::Redis, port: 80 });

    let mut twice = inputs();
    twice.ports.redis = twice.ports.postgres;
    assert_eq!(StackConfig::build(twice).unwrap_err(), ConfigError::PortTwice(5432));
}

#[test]
fn the_users_environment_cannot_replace_the_hubs() {
    for name in ["DATABASE_URL", "SECRET_KEY", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES"] {
        let fault = StackConfig::build(variable(name, "x")).unwrap_err();
        assert_eq!(fault, ConfigError::EnvironmentReserved(name.into()));
    }
    for name in ["", "1A", "A B", "A=B", "É"] {
        let fault = StackConfig::build(variable(name, "x")).unwrap_err();
        assert_eq!(fault, ConfigError::EnvironmentName(name.into()));
    }
    let fault = StackConfig::build(variable("A", "\0")).unwrap_err();
    assert_eq!(fault, ConfigError::EnvironmentValue("A".into()));
    let config = StackConfig::build(variable("FEATURE_X", "on")).unwrap();
    assert_eq!(config.environment(Service::Backend).collect::<Vec<_>>(), [("FEATURE_X", "on")]);
    assert_eq!(config.environment(Service::Frontend).count(), 0);
}

#[test]
fn limits_have_bounds_and_defaults() {
    assert!(ResourceLimits::new(50, 64).is_ok());
    assert_eq!(ResourceLimits::new(49, 64), Err(LimitsError::Cpu("0.049".into())));
    assert_eq!(ResourceLimits::new(50, 63), Err(LimitsError::Memory(63)));
    let own = ResourceLimits::new(250, 128).unwrap();
    let mut changed = inputs();
    changed.limits.redis = Some(own);
    let config = StackConfig::build(changed).unwrap();
    assert_eq!(config.limits(Service::Redis), own);
    assert_eq!(config.limits(Service::Postgres), spec(Service::Postgres).limits);
}

#[test]
fn addresses_are_loopback() {
    let config = StackConfig::build(inputs()).unwrap();
    assert_eq!(config.api_base_url(), "http://127.0.0.1:8000");
    assert_eq!(config.frontend_url(), "http://127.0.0.1:3000");
    assert_eq!(config.frontend_origins(), "http://127.0.0.1:3000,http://localhost:3000");
}

#[test]
fn runtime_choices_are_read_as_they_are_written() {
    for text in ["auto", "native", "dagger"] {
        assert_eq!(RuntimeChoice::parse(text).unwrap().as_str(), text);
    }
    assert_eq!(RuntimeChoice::parse("docker"), None);
}

#[test]
fn services_are_read_as_they_are_written() {
    for service in Service::ALL {
        assert_eq!(service.as_str().parse(), Ok(service));
    }
    let fault = "mysql".parse::<Service>().unwrap_err();
    assert!(fault.to_string().contains("postgres, redis, backend and frontend"));
}

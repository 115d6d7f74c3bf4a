//! The contract as callers see it: names and shapes of JSON, the TypeScript made from it, and which
//! failure becomes which HTTP status.

use hub_api::contract::{ErrorCode, Request, WireError};
use hub_api::host::status_of;
use hub_domain::{Code, PortOffer, Problem, Service};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn the_committed_typescript_is_what_the_contract_says() {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/api/generated/index.ts");
    let committed = std::fs::read_to_string(place).unwrap();
    assert!(
        committed == hub_api::typescript::contract(),
        "write it anew: cargo run -p hub-api --example export_types > ui/src/api/generated/index.ts"
    );
}

#[test]
fn every_command_has_parameters_and_a_reply_in_typescript() {
    let table = Request::table(&ts_rs::Config::new().with_large_int("number"));
    let lines: Vec<String> = table.iter().map(|(c, p, r)| format!("{c}({p}) -> {r}")).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn typescript_knows_every_code_there_is() {
    let text = hub_api::typescript::contract();
    let line = text.lines().find(|l| l.starts_with("export type ErrorCode")).unwrap();
    for code in Code::ALL {
        assert!(line.contains(&format!("\"{code}\"")), "{code} is missing");
    }
}

#[test]
fn a_failure_goes_over_the_wire_with_everything_that_is_known_of_it() {
    let offer = PortOffer { service: Service::Postgres, held: 5432, free: 5433 };
    let problem = Problem::new(Code::PortHeld, "Port 5432 is held.", "Use 5433.")
        .caused_by("address in use")
        .of(Service::Postgres)
        .with_log_tail(vec!["one".into(), "two".into()])
        .with_offer(offer)
        .retryable();
    insta::assert_json_snapshot!(WireError::from(problem));
}

#[test]
fn requests_are_refused_when_anything_in_them_is_unknown() {
    let read = |value: Value| serde_json::from_value::<Request>(value);
    assert!(read(json!({ "cmd": "start", "params": { "project": "a", "wait": true } })).is_ok());
    assert!(read(json!({ "cmd": "list", "params": {} })).is_ok());
    for wrong in [
        json!({ "cmd": "start", "params": { "project": "a", "wiat": true } }),
        json!({ "cmd": "start", "params": {} }),
        json!({ "cmd": "begin", "params": {} }),
        json!({ "cmd": "offer_port", "params": { "project": "a", "service": "mysql" } }),
        json!({ "params": {} }),
        json!([]),
    ] {
        assert!(read(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn every_code_has_a_status_that_says_failure() {
    let rows: Vec<String> =
        Code::ALL.iter().map(|code| format!("{code} {}", status_of(*code).as_u16())).collect();
    assert!(Code::ALL.iter().all(|code| status_of(*code).as_u16() >= 400));
    insta::assert_snapshot!(rows.join("\n"));
}

#[test]
fn codes_are_read_as_they_are_written_and_differ_from_each_other() {
    let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(texts.len(), Code::ALL.len());
    for code in Code::ALL {
        let wire = WireError::from(Problem::new(*code, "It happened.", "Do this."));
        assert_eq!(wire.code, ErrorCode(code.as_str().to_owned()));
        assert_eq!(Code::parse(&wire.code.0), Some(*code));
    }
}

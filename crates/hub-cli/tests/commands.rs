//! The command line as a user has it: the real program, a real Hub on a home of the test's own, real
//! exit codes. No project is started here; that is the business of the tests of whole stacks.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A home, a folder to register, and whatever Hub runs there; all end with the test.
struct Place {
    root: TempDir,
    served: Option<Child>,
}

struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("JSON")
    }

    fn fails(&self, exit: i32, code: &str) {
        assert_eq!(self.code, Some(exit), "{} {}", self.stdout, self.stderr);
        assert_eq!(self.json()["error"]["code"], code);
    }
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::create_dir(root.path().join("shop")).unwrap();
        Self { root, served: None }
    }

    fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cchub"));
        command.args(words).current_dir(self.root.path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CCHUB_") {
                command.env_remove(name);
            }
        }
        command.env("CCHUB_HOME", self.home()).env("CCHUB_KEYRING", "off").env("CCHUB_PORT", "0");
        command
    }

    fn say(&self, words: &[&str]) -> Said {
        let output = self.command(words).stdin(Stdio::null()).output().unwrap();
        Said {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A Hub in the foreground; returns what it said when it was open.
    fn serve(&mut self) -> Value {
        let mut command = self.command(&["--json", "serve"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.served = Some(child);
        serde_json::from_str(&line).expect("it says where it is")
    }

    fn kill(&mut self) {
        let mut child = self.served.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(self.command(&["shutdown"]).output());
        if let Some(mut child) = self.served.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn asking_needs_no_hub_and_leaves_nothing_behind() {
    let place = Place::new();
    for words in [["--json", "list"], ["--json", "status"], ["--json", "ports"]] {
        let said = place.say(&words);
        assert_eq!((said.code, said.json()), (Some(0), Value::Array(Vec::new())));
    }
    assert!(!place.home().exists());
    place.say(&["--json", "status", "shop"]).fails(3, "PROJECT_NOT_FOUND");
}

#[test]
fn a_folder_is_added_by_a_relative_path_found_by_id_name_and_path_and_removed() {
    let mut place = Place::new();
    place.serve();
    let added = place.say(&["--json", "add", "shop", "--read-only"]);
    assert_eq!(added.code, Some(0), "{}{}", added.stdout, added.stderr);
    let view = added.json();
    let id = view["id"].as_str().unwrap();
    let folder = place.root.path().join("shop").canonicalize().unwrap();
    assert_eq!(view["path"], folder.to_str().unwrap());
    assert_eq!(view["read_only"], true);
    for name in [id, "shop", "./shop", folder.to_str().unwrap()] {
        let said = place.say(&["--json", "status", name]);
        assert_eq!(said.json()["id"], id, "{name}: {}", said.stdout);
        assert_eq!(said.code, Some(4), "a stopped project is not healthy");
    }
    assert!(place.say(&["list"]).stdout.contains("○ Stopped"));
    place.say(&["--json", "add", "./shop/../shop"]).fails(1, "PATH_ALREADY_REGISTERED");
    assert_eq!(place.say(&["--json", "remove", "shop"]).code, Some(0));
    place.say(&["--json", "remove", "shop"]).fails(3, "PROJECT_NOT_FOUND");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "nothing was written into it");
}

#[test]
fn a_name_that_two_projects_have_is_told_with_a_hub_and_without() {
    let mut place = Place::new();
    place.serve();
    std::fs::create_dir(place.root.path().join("blog")).unwrap();
    place.say(&["add", "shop"]);
    place.say(&["add", "blog", "--name", "shop"]);
    place.say(&["--json", "status", "shop"]).fails(2, "PROJECT_AMBIGUOUS");
    place.say(&["shutdown"]);
    place.say(&["--json", "status", "shop"]).fails(2, "PROJECT_AMBIGUOUS");
    assert_eq!(place.say(&["--json", "status", "./shop"]).code, Some(4), "a path is not a name");
}

#[test]
fn one_long_path_does_not_push_the_columns_of_the_others_away() {
    let mut place = Place::new();
    place.serve();
    let long = "long".repeat(50);
    std::fs::create_dir(place.root.path().join(&long)).unwrap();
    place.say(&["add", "shop"]);
    place.say(&["add", &long, "--name", "blog"]);
    let said = place.say(&["list"]).stdout;
    let shop = said.lines().find(|line| line.contains("shop")).expect("it is listed");
    assert!(!shop.contains("      "), "{shop:?}");
}

#[test]
fn bad_paths_are_refused_each_with_its_code() {
    let mut place = Place::new();
    place.serve();
    std::fs::write(place.root.path().join("file"), "").unwrap();
    place.say(&["--json", "add", "nowhere"]).fails(3, "PATH_MISSING");
    place.say(&["--json", "add", "file"]).fails(1, "PATH_NOT_FOLDER");
    place.say(&["--json", "add", "home"]).fails(1, "PATH_INSIDE_HUB_HOME");
    assert_eq!(place.say(&["--json", "list"]).json(), Value::Array(Vec::new()));
}

#[test]
fn settings_are_typed_checked_and_kept_when_no_hub_runs() {
    let mut place = Place::new();
    place.serve();
    place.say(&["add", "shop"]);
    assert_eq!(place.say(&["set", "shop", "name", "Corner shop"]).code, Some(0));
    let said = place.say(&["set", "Corner shop", "ports.redis", "23456"]);
    assert_eq!(said.stdout, "ports.redis is now 23456 (Corner shop).\n");
    for (key, value) in [
        ("limits.redis.memory", "256"),
        ("limits.redis.cpu", "0.25"),
        ("env.backend.COLOUR", "blue"),
        ("pinned", "on"),
    ] {
        let said = place.say(&["--json", "set", "Corner shop", key, value]);
        assert_eq!(said.code, Some(0), "{key}: {}", said.stdout);
    }
    for (key, value) in [
        ("colour", "red"),
        ("pinned", "maybe"),
        ("ports.redis", "99999"),
        ("ports.mysql", "4000"),
        ("limits.redis.cpu", "0"),
        ("runtime", "magic"),
        ("name", " "),
    ] {
        assert_eq!(place.say(&["set", "Corner shop", key, value]).code, Some(2), "{key} {value}");
    }
    assert_eq!(place.say(&["shutdown"]).code, Some(0));
    let view = &place.say(&["--json", "list"]).json()[0];
    assert_eq!(view["name"], "Corner shop");
    assert_eq!(view["pinned"], true);
    assert_eq!(view["environment"][0]["value"], "blue");
    let limits = &view["services"][1]["limits"];
    assert_eq!((limits["cpu"].as_f64(), limits["memory_mb"].as_u64()), (Some(0.25), Some(256)));
}

#[test]
fn one_hub_per_home_and_what_it_keeps_private() {
    let mut place = Place::new();
    let open = place.serve();
    let second = place.say(&["--json", "serve"]);
    second.fails(1, "HUB_ALREADY_RUNNING");
    let pid = open["pid"].to_string();
    assert!(second.json()["error"]["message"].as_str().unwrap().contains(&pid));
    for private in ["token", "hub.json", "hub.log"] {
        assert_eq!(mode(&place.home().join(private)), 0o600, "{private}");
    }
    let token = std::fs::read_to_string(place.home().join("token")).unwrap();
    assert!(open["url"].as_str().unwrap().ends_with(&format!("#token={token}")));
    assert_eq!(place.say(&["shutdown"]).code, Some(0));
    assert!(!place.home().join("hub.json").exists());
    let log = std::fs::read_to_string(place.home().join("hub.log")).unwrap();
    assert!(!log.contains(&token), "the token is in the log");
}

#[test]
fn after_a_hub_was_killed_the_next_command_starts_another() {
    let mut place = Place::new();
    let first = place.serve();
    place.say(&["add", "shop"]);
    place.kill();
    assert!(place.home().join("hub.json").exists(), "it could not clean up");
    assert_eq!(place.say(&["--json", "list"]).json()[0]["name"], "shop");
    let said = place.say(&["--json", "set", "shop", "pinned", "on"]);
    assert_eq!(said.code, Some(0), "{}", said.stdout);
    let text = std::fs::read_to_string(place.home().join("hub.json")).unwrap();
    let beacon: Value = serde_json::from_str(&text).unwrap();
    assert_ne!(beacon["pid"], first["pid"]);
    assert_eq!(place.say(&["--json", "shutdown"]).json()["ended"], true);
    assert_eq!(place.say(&["--json", "shutdown"]).json()["ended"], false);
}

#[test]
fn commands_that_start_a_hub_at_the_same_time_share_it() {
    for _ in 0..3 {
        let mut place = Place::new();
        // The address of a Hub that was killed must lead none of them astray.
        place.serve();
        place.kill();
        let began: Vec<Child> = (0..6)
            .map(|n| {
                let name = format!("shop {n}");
                std::fs::create_dir(place.root.path().join(&name)).unwrap();
                let mut command = place.command(&["--json", "add", &name]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for child in began {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert_eq!(output.status.code(), Some(0), "{said}");
        }
        assert_eq!(place.say(&["--json", "list"]).json().as_array().unwrap().len(), 6);
    }
}

#[test]
fn a_hub_that_hangs_is_told_of_while_the_user_still_watches() {
    let mut place = Place::new();
    let pid = place.serve()["pid"].to_string();
    let stopped = Command::new("kill").args(["-STOP", &pid]).status().unwrap();
    let mut list = place.command(&["--json", "list"]).stdout(Stdio::piped()).spawn().unwrap();
    let bound = Instant::now() + Duration::from_secs(60);
    while list.try_wait().unwrap().is_none() && Instant::now() < bound {
        std::thread::park_timeout(Duration::from_millis(50));
    }
    drop(list.kill());
    // Before anything can fail: at the end of the test it would be asked, and answer nothing.
    place.kill();
    let output = list.wait_with_output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).expect("it has not waited for ever");
    assert!(stopped.success());
    assert_eq!(
        (output.status.code(), &said["error"]["code"]),
        (Some(1), &"HUB_SERVER_FAILED".into())
    );
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let place = Place::new();
    for words in [
        &["fly"][..],
        &["add"],
        &["logs", "shop", "--tail", "0"],
        &["logs", "shop", "--tail", "10001"],
        &["logs", "shop", "mysql"],
        &["logs", "shop", "--since", "yesterday"],
    ] {
        assert_eq!(place.say(words).code, Some(2), "{words:?}");
        let said = place.say(&[words, &["--json"]].concat());
        said.fails(2, said.json()["error"]["code"].as_str().expect("a code"));
        assert_eq!(said.stderr, "", "{words:?}");
    }
    place.say(&["fly", "--json"]).fails(2, "REQUEST_INVALID");
    assert_eq!(place.say(&["--help"]).code, Some(0));
    assert!(place.say(&["completions", "bash"]).stdout.contains("cchub"));
    assert!(!place.home().exists(), "wrong usage starts nothing");
}

#[test]
fn the_doctor_looks_at_every_runtime_with_and_without_a_hub() {
    let mut place = Place::new();
    let ids = |place: &Place| -> Vec<String> {
        let checks = place.say(&["--json", "doctor"]).json();
        let all = checks.as_array().unwrap().iter();
        all.map(|check| check["id"].as_str().unwrap().to_owned()).collect()
    };
    let alone = ids(&place);
    place.serve();
    let served = ids(&place);
    for id in ["postgres", "dagger-engine", "dagger-cli"] {
        assert!(alone.iter().any(|a| a == id), "{id} in {alone:?}");
        assert!(served.iter().any(|a| a == id), "{id} in {served:?}");
    }
}

#[test]
fn the_hub_s_page_is_opened_with_a_key_that_is_not_the_token() {
    let place = Place::new();
    let said = place.say(&["open", "--print"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let (page, key) = said.stdout.trim().split_once("/#key=").expect("an address with a key");
    let token = std::fs::read_to_string(place.home().join("token")).unwrap();
    assert_ne!(key, token.trim());
    let exchange = || {
        let body = serde_json::json!({ "key": key }).to_string();
        let asked = ureq::post(format!("{page}/api/v1/keys/exchange")).send(body);
        asked.ok()?.body_mut().read_to_string().ok()
    };
    let answer: Value = serde_json::from_str(&exchange().expect("an answer")).unwrap();
    assert_eq!(answer["token"], token.trim());
    assert_eq!(exchange(), None, "it is good only once");
}

#[test]
fn a_folder_whose_data_was_kept_is_the_same_project_again() {
    let mut place = Place::new();
    place.serve();
    let add = |place: &Place| place.say(&["--json", "add", "shop"]).json()["id"].clone();
    let id = add(&place);
    place.say(&["remove", "shop", "--keep-data"]);
    assert_eq!(add(&place), id);
    place.say(&["remove", "shop"]);
    assert_ne!(add(&place), id);
}

#[test]
fn a_name_cannot_steer_the_terminal() {
    let mut place = Place::new();
    let folder = place.root.path().join("a\u{1b}[2Jb");
    std::fs::create_dir(&folder).unwrap();
    place.serve();
    assert_eq!(place.say(&["add", folder.to_str().unwrap()]).code, Some(0));
    for words in [&["list"][..], &["status"], &["ports"]] {
        assert!(!place.say(words).stdout.contains('\u{1b}'), "{words:?}");
    }
}

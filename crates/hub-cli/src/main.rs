//! `cchub`: everything the window can do, from a terminal. Talks to the running Hub of a Hub home, or
//! starts one.

mod arguments;
mod client;
mod commands;
mod events;
mod render;
mod when;

use arguments::{Arguments, Command};
use clap::Parser;
use hub_api::contract::WireError;
use hub_domain::{Code, Problem};
use std::io::Write;
use std::process::ExitCode;

/// What a command came to, apart from a failure.
pub(crate) enum Outcome {
    /// Done.
    Done,
    /// Done, and what was asked about is not healthy.
    Unhealthy,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(said) => {
            // Help and version are answers, not failures.
            if !said.use_stderr() {
                drop(said.print());
                return ExitCode::SUCCESS;
            }
            if std::env::args_os().any(|word| word == "--json") {
                complain(true, &misunderstood(&said));
            } else {
                drop(said.print());
            }
            return ExitCode::from(2);
        }
    };
    match commands::run(&arguments) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Unhealthy) => ExitCode::from(4),
        Err(error) => {
            complain(arguments.json, &error);
            ExitCode::from(exit_code(&error))
        }
    }
}

fn complain(json: bool, error: &WireError) {
    // Nobody is left to tell when even this cannot be written.
    if json {
        let text = serde_json::json!({ "error": error });
        drop(writeln!(std::io::stdout().lock(), "{text}"));
    } else {
        drop(std::io::stderr().lock().write_all(render::error(error).as_bytes()));
    }
}

/// What was typed wrongly, for a program that reads the answer.
fn misunderstood(said: &clap::Error) -> WireError {
    let words = said.to_string();
    let words = words.trim_start_matches("error: ").trim_end();
    let (message, cause) = words.split_once('\n').unwrap_or((words, ""));
    let problem = Problem::new(
        Code::RequestInvalid,
        message.trim(),
        "See \"cchub --help\", or \"--help\" of the command.",
    );
    match cause.trim() {
        "" => problem.into(),
        cause => problem.caused_by(cause).into(),
    }
}

/// 2 for what was asked wrongly, 3 for what is not there, 1 for what failed.
fn exit_code(error: &WireError) -> u8 {
    match error.code.0.as_str() {
        "PROJECT_NOT_FOUND" | "NOT_FOUND" | "PATH_MISSING" => 3,
        "REQUEST_INVALID" | "SERVICE_UNKNOWN" | "CONFIG_INVALID" | "PROJECT_AMBIGUOUS" => 2,
        _ => 1,
    }
}

/// Commands that keep a terminal to themselves until they are ended.
pub(crate) const fn is_long(command: &Command) -> bool {
    matches!(command, Command::Serve { .. } | Command::Run { .. })
}

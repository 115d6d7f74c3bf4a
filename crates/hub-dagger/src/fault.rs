//! What can go wrong between the Hub and an engine, told apart by what a user can do about it, with the
//! engine's own words and without the traces it puts behind them.

use dagger_sdk::core::gql_client::GraphQlExtension;
use dagger_sdk::core::graphql_client::GraphQLError;
use dagger_sdk::errors::DaggerError;
use hub_domain::{Code, Problem};
use std::fmt;
use std::time::Duration;

/// Most characters of an engine's words that are kept: its errors repeat whole pipelines.
const MAX_WORDS: usize = 4000;
/// Most lines of a command's output that are kept.
const TAIL: usize = 20;

/// A failure of an engine or on the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A command in a container ended with another code than 0.
    Exec {
        /// The program and its arguments.
        command: Vec<String>,
        /// Its exit code.
        exit_code: i32,
        /// The last lines it wrote.
        tail: Vec<String>,
    },
    /// The engine refused something or could not do it.
    Build(String),
    /// An image does not exist, or its registry does not answer.
    Image(String),
    /// The session or the engine cannot be reached, or went away.
    Connection(String),
    /// Engine and command line do not understand each other.
    Version(String),
    /// The disk of the engine is full.
    DiskFull(String),
    /// No answer in time.
    Timeout(Duration),
}

impl Fault {
    /// Tells a failure by what the engine said of it.
    pub(crate) fn from_words(words: &str) -> Self {
        let words = clean(words);
        let says = |signs: &[&str]| signs.iter().any(|sign| words.contains(sign));
        if says(&["no space left on device", "No space left on device", "disk quota exceeded"]) {
            Self::DiskFull(words)
        } else if says(&["incompatible engine version", "incompatible client version"]) {
            Self::Version(words)
        } else if says(&[
            "failed to resolve image",
            "failed to resolve source metadata",
            "pull image",
            "failed to pull",
            "pull access denied",
            "failed to copy: httpReadSeeker",
        ]) {
            Self::Image(words)
        } else if says(&[
            "session is closing",
            "client has closed",
            "session not found",
            "http do: ",
            "waiting for client session attachables",
        ]) {
            Self::Connection(words)
        } else {
            Self::Build(words)
        }
    }

    /// The failure as a user meets it, while `doing` was going on ("Building the backend's image").
    pub(crate) fn problem(self, doing: &str) -> Problem {
        match self {
            Self::Exec { command, exit_code, tail } => {
                let name = command.first().cloned().unwrap_or_default();
                let last = tail.last().cloned().unwrap_or_default();
                let all = tail.join("\n");
                if Self::from_words(&all) == Self::DiskFull(clean(&all)) {
                    return Self::DiskFull(last).problem(doing);
                }
                Problem::new(
                    Code::EnvironmentBuildFailed,
                    format!("{doing} did not succeed: {name} ended with code {exit_code}."),
                    "Its last lines tell why; try again when that is mended.",
                )
                .caused_by(if last.is_empty() { command.join(" ") } else { last })
                .with_log_tail(tail)
            }
            Self::Build(words) => Problem::new(
                Code::EngineFailed,
                format!("{doing} did not succeed."),
                "See what the engine said in the cause.",
            )
            .caused_by(words)
            .retryable(),
            Self::Image(words) => Problem::new(
                Code::ImageUnavailable,
                format!("{doing} did not succeed: a container image could not be had."),
                "Check the image's name and the connection of the engine to its registry.",
            )
            .caused_by(words),
            Self::Connection(words) => Problem::new(
                Code::EngineUnavailable,
                format!("{doing} did not succeed: the Dagger engine cannot be reached."),
                "See what the doctor says of the engine, then start again.",
            )
            .caused_by(words)
            .retryable(),
            Self::Version(words) => Problem::new(
                Code::EngineVersion,
                "The Dagger engine and the Dagger command line do not fit together.",
                "Name a command line of the engine's version in CCHUB_DAGGER_CLI.",
            )
            .caused_by(words),
            Self::DiskFull(words) => Problem::new(
                Code::DiskFull,
                "The disk of the Dagger engine is full.",
                "Free some space there, for example with \"dagger core engine local-cache prune\", \
                 then start again.",
            )
            .caused_by(words),
            Self::Timeout(after) => Problem::new(
                Code::EngineFailed,
                format!("{doing} was not done within {} s.", after.as_secs()),
                "See whether the engine's machine is overloaded, then start again.",
            )
            .retryable(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exec { command, exit_code, tail } => {
                let name = command.first().map_or("a command", String::as_str);
                let last = tail.last().map_or("", String::as_str);
                write!(f, "{name} ended with code {exit_code}: {last}")
            }
            Self::Build(words)
            | Self::Image(words)
            | Self::Connection(words)
            | Self::Version(words)
            | Self::DiskFull(words) => f.write_str(words),
            Self::Timeout(after) => write!(f, "no answer within {} s", after.as_secs()),
        }
    }
}

impl std::error::Error for Fault {}

/// What our transport puts before its own failures, so that they are known again on the other side
/// of the client library, which carries text only.
pub(crate) const LOST: &str = "cchub-connection: ";
/// As [`LOST`], for an answer that did not come in time; followed by milliseconds.
pub(crate) const LATE: &str = "cchub-late: ";

impl From<DaggerError> for Fault {
    fn from(fault: DaggerError) -> Self {
        match fault {
            DaggerError::Query(GraphQLError::DomainError { message, fields }) => {
                let exec = fields.into_iter().find_map(|field| match field.extensions {
                    Some(GraphQlExtension::ExecError { cmd, exit_code, stderr, stdout }) => {
                        Some(Self::Exec {
                            command: cmd,
                            exit_code,
                            tail: last_lines(&format!("{stdout}\n{stderr}")),
                        })
                    }
                    _ => None,
                });
                exec.unwrap_or_else(|| Self::from_words(&message))
            }
            DaggerError::Query(GraphQLError::HttpError(words)) => {
                if let Some(millis) = words.strip_prefix(LATE) {
                    return Self::Timeout(Duration::from_millis(millis.parse().unwrap_or(0)));
                }
                match words.strip_prefix(LOST) {
                    Some(words) => Self::Connection(clean(words)),
                    None => Self::from_words(&words),
                }
            }
            other => Self::Build(clean(&chain(&other))),
        }
    }
}

/// An error with all that lies under it.
pub(crate) fn chain(fault: &dyn std::error::Error) -> String {
    let mut words = fault.to_string();
    let mut cause = fault.source();
    while let Some(under) = cause {
        words = format!("{words}: {under}");
        cause = under.source();
    }
    words
}

/// Without trace suffixes, without colours, of bounded length.
fn clean(words: &str) -> String {
    let mut rest = words;
    let mut kept = String::with_capacity(words.len());
    while let Some((before, after)) = rest.split_once("[traceparent:") {
        kept.push_str(before.trim_end());
        rest = after.split_once(']').map_or("", |(_, behind)| behind);
    }
    kept.push_str(rest);
    let kept = without_colours(kept.trim());
    match kept.char_indices().nth(MAX_WORDS) {
        Some((cut, _)) => format!("{}…", &kept[..cut]),
        None => kept,
    }
}

fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            plain.push(c);
            continue;
        }
        // A sequence ends with its first letter.
        chars.by_ref().find(char::is_ascii_alphabetic);
    }
    plain
}

pub(crate) fn last_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(TAIL);
    lines[from..].iter().map(|line| without_colours(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_words_are_told_apart() {
        let cases = [
            (
                "failed to resolve image \"docker.io/library/x:y\" (platform: \"linux/amd64\"): not found",
                Code::ImageUnavailable,
            ),
            ("incompatible engine version v0.11.0", Code::EngineVersion),
            ("session is closing", Code::EngineUnavailable),
            ("write /x: no space left on device", Code::DiskFull),
            ("something else", Code::EngineFailed),
        ];
        for (words, code) in cases {
            assert_eq!(Fault::from_words(words).problem("Starting").code, code, "{words}");
        }
    }

    #[test]
    fn traces_and_colours_are_left_out() {
        let said = "exit code: 3 [traceparent:00-ab-cd-01]\u{1b}[31m!\u{1b}[0m";
        assert_eq!(Fault::from_words(said), Fault::Build("exit code: 3!".to_owned()));
        assert_eq!(clean("[traceparent:unfinished"), "");
    }

    #[test]
    fn a_full_disk_is_known_from_the_output_of_a_command_too() {
        let tail = vec!["OSError: [Errno 28] No space left on device".to_owned()];
        let fault = Fault::Exec { command: vec!["pip".into()], exit_code: 1, tail };
        assert_eq!(fault.problem("Installing").code, Code::DiskFull);
    }

    #[test]
    fn words_without_end_are_cut() {
        let Fault::Build(words) = Fault::from_words(&"ä".repeat(10_000)) else { panic!() };
        assert_eq!(words.chars().count(), MAX_WORDS + 1);
    }
}

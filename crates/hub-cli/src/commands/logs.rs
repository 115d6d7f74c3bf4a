//! What services wrote: the last lines, and, if asked, all that come.

use super::{Out, name};
use crate::arguments::LogArguments;
use crate::client::Client;
use crate::{Outcome, events, render, when};
use hub_api::contract::{LogBatch, LogLine, LogParams, WireError};
use std::io::Write;
use std::path::Path;

pub(super) fn run(home: &Path, arguments: &LogArguments, out: &Out) -> Result<Outcome, WireError> {
    let services = match &arguments.service {
        Some(service) => Some(vec![hub_api::api::service_named(service)?.into()]),
        None => None,
    };
    let since = arguments.since.as_deref().map(|text| when::read(text, when::now())).transpose()?;
    let params = LogParams {
        project: name(&arguments.project),
        services,
        tail: Some(arguments.tail),
        after: None,
        since,
        grep: arguments.grep.clone(),
    };
    let client = Client::connect(home)?;
    if arguments.follow {
        return follow(&client, &params, out);
    }
    let lines: Vec<LogLine> = client.call("logs", params)?;
    out.say(&lines, || lines.iter().map(|line| render::line(line) + "\n").collect())
}

fn follow(client: &Client, params: &LogParams, out: &Out) -> Result<Outcome, WireError> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("tail", &params.tail.unwrap_or(100).to_string());
    for service in params.services.iter().flatten() {
        query.append_pair("service", render::service_name(*service));
    }
    if let Some(since) = params.since {
        query.append_pair("since", &since.to_string());
    }
    if let Some(grep) = &params.grep {
        query.append_pair("grep", grep);
    }
    let project: String = url::form_urlencoded::byte_serialize(params.project.as_bytes())
        .collect::<String>()
        .replace('+', "%20");
    let mut stream =
        client.stream(&format!("projects/{project}/logs/stream?{}", query.finish()))?;
    let mut stdout = std::io::stdout().lock();
    // The end of the stream is the end of the Hub.
    while let Some(event) = events::next(&mut stream).map_err(crate::client::unreachable)? {
        let batch: LogBatch = crate::client::parse(&event.data)?;
        let mut text = String::new();
        if batch.missed > 0 && out.json {
            text.push_str(&format!("{}\n", serde_json::json!({ "missed": batch.missed })));
        } else if batch.missed > 0 {
            text.push_str(&format!("… {} lines passed over\n", batch.missed));
        }
        for line in &batch.lines {
            if out.json {
                text.push_str(&serde_json::json!(line).to_string());
            } else {
                text.push_str(&render::line(line));
            }
            text.push('\n');
        }
        // A reader that has gone ends the command.
        if stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
            break;
        }
    }
    Ok(Outcome::Done)
}

//! The description of the REST interface that the host publishes. A test asks every address in it.

use serde_json::{Map, Value, json};

/// Method, address, what it does, whether it takes a body, and names of its queries.
type Row = (&'static str, &'static str, &'static str, bool, &'static [&'static str]);

const LOG_QUERIES: &[&str] = &["tail", "after", "since", "grep", "service"];

const ROWS: &[Row] = &[
    ("post", "/api/v1/rpc", "Any command of the contract: {\"cmd\": …, \"params\": …}", true, &[]),
    ("get", "/api/v1/openapi.json", "This description", false, &[]),
    ("get", "/api/v1/hub", "The Hub itself", false, &[]),
    (
        "post",
        "/api/v1/keys",
        "Hands out a key for the page's address, good once and a minute",
        false,
        &[],
    ),
    ("post", "/api/v1/keys/exchange", "Takes such a key, {\"key\": …}, for the token", true, &[]),
    ("get", "/api/v1/projects", "All projects", false, &[]),
    ("post", "/api/v1/projects", "Registers a folder", true, &[]),
    ("get", "/api/v1/projects/{project}", "One project", false, &[]),
    ("patch", "/api/v1/projects/{project}", "Changes what is registered", true, &[]),
    (
        "delete",
        "/api/v1/projects/{project}",
        "Removes a project; its folder stays",
        false,
        &["keep_data"],
    ),
    ("post", "/api/v1/projects/{project}/start", "Starts a project", false, &["wait"]),
    ("post", "/api/v1/projects/{project}/stop", "Stops a project", false, &["wait"]),
    ("post", "/api/v1/projects/{project}/restart", "Restarts a project", false, &["wait"]),
    (
        "post",
        "/api/v1/projects/{project}/services/{service}/restart",
        "Restarts one service; the others go on",
        false,
        &["wait"],
    ),
    (
        "get",
        "/api/v1/projects/{project}/health",
        "Health of a project and its services",
        false,
        &[],
    ),
    ("get", "/api/v1/projects/{project}/metrics", "Use of the machine", false, &[]),
    (
        "get",
        "/api/v1/projects/{project}/logs",
        "The last lines of all services",
        false,
        LOG_QUERIES,
    ),
    (
        "get",
        "/api/v1/projects/{project}/logs/stream",
        "The same, and then all that come (server-sent events)",
        false,
        LOG_QUERIES,
    ),
    (
        "get",
        "/api/v1/projects/{project}/logs/{service}",
        "The last lines of one service",
        false,
        LOG_QUERIES,
    ),
    (
        "get",
        "/api/v1/projects/{project}/logs/{service}/stream",
        "The same, and then all that come (server-sent events)",
        false,
        LOG_QUERIES,
    ),
    ("get", "/api/v1/events", "Everything, and then every change (server-sent events)", false, &[]),
    ("get", "/api/v1/doctor", "Looks at everything a start depends on", false, &[]),
    ("get", "/metrics", "For monitors, in the Prometheus format", false, &[]),
];

/// The document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for (method, path, summary, takes_body, queries) in ROWS {
        let mut operation = json!({
            "summary": summary,
            "parameters": parameters(path, queries),
            "responses": {
                "2XX": { "description": "Done, or taken" },
                "default": { "description": "A failure", "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Error" } } } },
            },
        });
        if *takes_body {
            operation["requestBody"] =
                json!({ "content": { "application/json": { "schema": { "type": "object" } } } });
        }
        let entry = paths.entry((*path).to_owned()).or_insert_with(|| json!({}));
        entry[*method] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "CommandCenter Hub", "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Error": error() },
        },
    })
}

fn parameters(path: &str, queries: &[&str]) -> Vec<Value> {
    let named = path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}'));
    let in_path = named.map(|name| {
        let schema = if name == "service" {
            json!({ "enum": ["postgres", "redis", "backend", "frontend"] })
        } else {
            json!({ "type": "string" })
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    });
    let in_query = queries.iter().map(|name| {
        let schema = match *name {
            "tail" => json!({ "type": "integer", "minimum": 1, "maximum": 10000, "default": 100 }),
            "after" | "since" => json!({ "type": "integer", "minimum": 0 }),
            "wait" | "keep_data" => json!({ "type": "boolean", "default": false }),
            _ => json!({ "type": "string" }),
        };
        json!({ "name": name, "in": "query", "schema": schema })
    });
    in_path.chain(in_query).collect()
}

fn error() -> Value {
    let codes: Vec<_> = hub_domain::Code::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "required": ["code", "message", "action"],
        "properties": {
            "code": { "enum": codes },
            "message": { "type": "string", "description": "What happened" },
            "action": { "type": "string", "description": "What to do" },
            "cause": { "type": ["string", "null"] },
            "project": { "type": ["string", "null"] },
            "service": { "type": ["string", "null"] },
            "log_tail": { "type": "array", "items": { "type": "string" } },
            "retryable": { "type": "boolean" },
        },
    })
}

//! The addresses. Each is a way to say one of the contract's requests.

use super::received::Received;
use super::{Shared, keys, openapi, streams};
use crate::api::invalid;
use crate::contract::{
    AddParams, LogParams, Nothing, ProjectParams, RemoveParams, Request, RestartParams, RunParams,
    Service, SetParams, WireError,
};
use axum::extract::{Path, Query, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, Uri, header};
use hub_domain::{Code, Problem};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

type Hub = State<Arc<Shared>>;
type Answer = Result<Json<Value>, WireError>;

pub(super) fn router() -> Router<Arc<Shared>> {
    let project = "/api/v1/projects/{project}";
    Router::new()
        .route("/api/v1/rpc", post(rpc))
        .route("/api/v1/openapi.json", get(|| async { Json(openapi::document()) }))
        .route("/api/v1/hub", get(hub))
        .route("/api/v1/keys", post(keys::hand_out))
        .route(super::EXCHANGE, post(keys::exchange))
        .route("/api/v1/projects", get(list).post(add))
        .route(project, get(one).patch(set).delete(remove))
        .route(&format!("{project}/start"), post(start))
        .route(&format!("{project}/stop"), post(stop))
        .route(&format!("{project}/restart"), post(restart))
        .route(&format!("{project}/services/{{service}}/restart"), post(restart_service))
        .route(&format!("{project}/health"), get(health))
        .route(&format!("{project}/metrics"), get(metrics))
        .route(&format!("{project}/logs"), get(logs))
        .route(&format!("{project}/logs/stream"), get(follow))
        .route(&format!("{project}/logs/{{service}}"), get(service_logs))
        .route(&format!("{project}/logs/{{service}}/stream"), get(follow_service))
        .route("/api/v1/events", get(|State(shared): Hub| async move { streams::events(&shared) }))
        .route("/api/v1/doctor", get(doctor))
        .route("/metrics", get(prometheus))
        .route("/api/{*rest}", get(nothing_here))
        .method_not_allowed_fallback(wrong_method)
}

pub(super) async fn nothing_here(uri: Uri) -> WireError {
    let message = format!("There is nothing at {}.", uri.path());
    let action = "See /api/v1/openapi.json for what there is.";
    Problem::new(Code::NotFound, message, action).into()
}

async fn wrong_method(uri: Uri) -> Response {
    let problem = invalid(&format!("{} does not take this method.", uri.path()));
    (StatusCode::METHOD_NOT_ALLOWED, Json(WireError::from(problem))).into_response()
}

async fn rpc(State(shared): Hub, body: Received) -> Answer {
    Ok(Json(shared.api.call_json(body.json()?).await?))
}

async fn call(shared: &Shared, request: Request) -> Answer {
    Ok(Json(shared.api.call(request).await?))
}

async fn hub(State(shared): Hub) -> Answer {
    call(&shared, Request::Hub(Nothing {})).await
}

async fn list(State(shared): Hub) -> Answer {
    call(&shared, Request::List(Nothing {})).await
}

async fn add(State(shared): Hub, body: Received) -> Result<Response, WireError> {
    let params: AddParams = body.json()?;
    let added = call(&shared, Request::Add(params)).await?;
    Ok((StatusCode::CREATED, added).into_response())
}

async fn one(State(shared): Hub, Path(project): Path<String>) -> Answer {
    call(&shared, Request::Get(ProjectParams { project })).await
}

async fn set(State(shared): Hub, Path(project): Path<String>, body: Received) -> Answer {
    let mut params: serde_json::Map<String, Value> = body.json()?;
    params.insert("project".to_owned(), json!(project));
    let params: SetParams = serde_json::from_value(Value::Object(params))
        .map_err(|fault| invalid("The settings could not be understood.").caused_by(fault))?;
    call(&shared, Request::Set(params)).await
}

#[derive(Deserialize)]
struct RemoveQuery {
    #[serde(default)]
    keep_data: bool,
}

async fn remove(
    State(shared): Hub,
    Path(project): Path<String>,
    query: Result<Query<RemoveQuery>, axum::extract::rejection::QueryRejection>,
) -> Answer {
    let Query(query) = query.map_err(|f| invalid("The query is malformed.").caused_by(f))?;
    let params = RemoveParams { project, keep_data: Some(query.keep_data) };
    call(&shared, Request::Remove(params)).await
}

#[derive(Default, Deserialize)]
struct WaitQuery {
    #[serde(default)]
    wait: bool,
}

type Wait = Result<Query<WaitQuery>, axum::extract::rejection::QueryRejection>;

fn wait(query: Wait) -> Result<Option<bool>, WireError> {
    let Query(query) = query.map_err(|f| invalid("The query is malformed.").caused_by(f))?;
    Ok(Some(query.wait))
}

async fn start(State(shared): Hub, Path(project): Path<String>, query: Wait) -> Answer {
    call(&shared, Request::Start(RunParams { project, wait: wait(query)? })).await
}

async fn stop(State(shared): Hub, Path(project): Path<String>, query: Wait) -> Answer {
    call(&shared, Request::Stop(RunParams { project, wait: wait(query)? })).await
}

async fn restart(State(shared): Hub, Path(project): Path<String>, query: Wait) -> Answer {
    let params = RestartParams { project, service: None, wait: wait(query)? };
    call(&shared, Request::Restart(params)).await
}

async fn restart_service(
    State(shared): Hub,
    Path((project, service)): Path<(String, String)>,
    query: Wait,
) -> Answer {
    let params = RestartParams { project, service: Some(service), wait: wait(query)? };
    call(&shared, Request::Restart(params)).await
}

async fn view(shared: &Shared, project: String) -> Result<crate::contract::ProjectView, WireError> {
    let id = shared.api.hub().find(&project).await?;
    Ok(crate::contract::to_wire(&*shared.api.hub().project(&id)?))
}

/// Health alone: for scripts and monitors.
async fn health(State(shared): Hub, Path(project): Path<String>) -> Answer {
    let view = view(&shared, project).await?;
    let services: serde_json::Map<String, Value> = view
        .services
        .iter()
        .map(|s| (json!(s.service).as_str().unwrap_or_default().to_owned(), json!(s.state)))
        .collect();
    Ok(Json(json!({
        "overall_healthy": view.overall_healthy,
        "state": view.state,
        "services": services,
        "at": view.at,
    })))
}

/// Use of the machine alone.
async fn metrics(State(shared): Hub, Path(project): Path<String>) -> Answer {
    let view = view(&shared, project).await?;
    let services: serde_json::Map<String, Value> = view
        .services
        .iter()
        .map(|s| {
            let name = json!(s.service).as_str().unwrap_or_default().to_owned();
            (name, json!({ "usage": s.usage, "limits": s.limits, "enforcement": s.enforcement }))
        })
        .collect();
    Ok(Json(json!({ "services": services, "at": view.at })))
}

async fn doctor(State(shared): Hub) -> Answer {
    call(&shared, Request::Doctor(Nothing {})).await
}

/// Reads the query of a log request; the same for reading and following.
fn log_params(
    project: String,
    service: Option<&str>,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<LogParams, WireError> {
    let mut params = LogParams { project, ..LogParams::default() };
    let mut services = Vec::new();
    let named = |name: &str| crate::api::service_named(name).map(Service::from);
    if let Some(service) = service {
        services.push(named(service)?);
    }
    let number = |name: &str, value: &str| {
        value.parse::<u64>().map_err(|fault| {
            WireError::from(invalid(&format!("\"{name}\" is not a number.")).caused_by(fault))
        })
    };
    for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match name.as_ref() {
            "tail" => {
                let tail = number("tail", &value)?;
                params.tail = Some(u32::try_from(tail).unwrap_or(u32::MAX));
            }
            "service" => services.push(named(&value)?),
            "after" => params.after = Some(number("after", &value)?),
            "since" => params.since = Some(number("since", &value)?),
            "grep" => params.grep = Some(value.into_owned()),
            other => return Err(invalid(&format!("There is no query \"{other}\".")).into()),
        }
    }
    if let Some(last) = headers.get("last-event-id").and_then(|v| v.to_str().ok()) {
        params.after = Some(number("last-event-id", last)?);
        params.tail = Some(*crate::api::TAIL.end());
    }
    params.services = Some(services);
    Ok(params)
}

async fn logs(
    State(shared): Hub,
    Path(project): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let params = log_params(project, None, query.as_deref(), &headers)?;
    call(&shared, Request::Logs(params)).await
}

async fn service_logs(
    State(shared): Hub,
    Path((project, service)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let params = log_params(project, Some(&service), query.as_deref(), &headers)?;
    call(&shared, Request::Logs(params)).await
}

async fn follow(
    State(shared): Hub,
    Path(project): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, WireError> {
    let params = log_params(project, None, query.as_deref(), &headers)?;
    Ok(streams::logs(&shared, params).await)
}

async fn follow_service(
    State(shared): Hub,
    Path((project, service)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, WireError> {
    let params = log_params(project, Some(&service), query.as_deref(), &headers)?;
    Ok(streams::logs(&shared, params).await)
}

/// A label's value, as the exposition format writes it.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// What monitors read.
async fn prometheus(State(shared): Hub) -> Response {
    use std::fmt::Write;
    let mut text = String::new();
    let mut rows = |name: &str, help: &str, values: Vec<(String, f64)>| {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in values {
            let _ = writeln!(text, "{name}{{{labels}}} {value}");
        }
    };
    let projects = shared.api.list();
    let one = |p: &crate::contract::ProjectView| {
        format!("id=\"{}\",project=\"{}\"", p.id, label(&p.name))
    };
    let healthy = projects.iter().map(|p| (one(p), f64::from(u8::from(p.overall_healthy))));
    rows("cchub_project_healthy", "All four services are proven healthy.", healthy.collect());
    let mut cpu = Vec::new();
    let mut memory = Vec::new();
    let mut restarts = Vec::new();
    for p in &projects {
        for s in &p.services {
            let name = json!(s.service);
            let labels = format!("{},service={name}", one(p));
            restarts.push((labels.clone(), f64::from(s.restarts)));
            if let Some(usage) = s.usage {
                cpu.push((labels.clone(), f64::from(usage.cpu_percent) / 100.0));
                memory.push((labels, f64::from(usage.memory_mb) * 1024.0 * 1024.0));
            }
        }
    }
    rows("cchub_service_cpu_cores", "Processor use, in cores.", cpu);
    rows("cchub_service_memory_bytes", "Resident memory.", memory);
    rows("cchub_service_restarts", "Restarts by the Hub since the project's start.", restarts);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

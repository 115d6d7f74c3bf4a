//! Who may come in: requests to a loopback name, from our own page or from no page at all, with the
//! Hub's token. What else comes is refused before any handler sees it.

use super::{EXCHANGE, Peer, Shared, peer};
use crate::contract::WireError;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use hub_domain::{Code, Problem};
use std::sync::Arc;
use tower_http::set_header::SetResponseHeader;

/// Only what comes from this host may run, load or connect; nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn guarded(router: Router, shared: Arc<Shared>) -> Router {
    router.layer(from_fn_with_state(shared, guard))
}

/// Serves the page's files with the headers that confine it.
pub(crate) fn with_page_headers<S>(files: S) -> SetResponseHeader<S, HeaderValue> {
    let name = HeaderName::from_static("content-security-policy");
    SetResponseHeader::overriding(files, name, HeaderValue::from_static(POLICY))
}

async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if let Err(problem) = admit(&shared, &request) {
        return WireError::from(problem).into_response();
    }
    let is_api = request.uri().path().starts_with("/api/") || request.uri().path() == "/metrics";
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if is_api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn admit(shared: &Shared, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let host = text(headers, header::HOST).unwrap_or_default();
    if !is_ours(host, shared.port) {
        return Err(forbidden(format!("The Hub does not answer to the name \"{host}\".")));
    }
    let origin = text(headers, header::ORIGIN);
    if let Some(origin) = origin
        && !origin.strip_prefix("http://").is_some_and(|name| is_ours(name, shared.port))
    {
        return Err(forbidden(format!("Pages of {origin} may not ask the Hub.")));
    }
    let path = request.uri().path();
    let needs_token = (path.starts_with("/api/") && path != EXCHANGE) || path == "/metrics";
    if !needs_token || shows_token(shared, headers) {
        return Ok(());
    }
    // Not for pages: those name themselves in one of these headers.
    let from_page = origin.is_some() || headers.contains_key("sec-fetch-site");
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    if request.method() == Method::GET
        && !from_page
        && peer.is_some_and(|peer| peer::is_same_user(peer, shared.port))
    {
        return Ok(());
    }
    Err(Problem::new(
        Code::Unauthorized,
        "The request does not carry the Hub's token.",
        "Send \"Authorization: Bearer TOKEN\" with the token from the file \"token\" in the Hub home.",
    ))
}

fn shows_token(shared: &Shared, headers: &HeaderMap) -> bool {
    text(headers, header::AUTHORIZATION)
        .and_then(|value| value.strip_prefix("Bearer "))
        .is_some_and(|shown| shared.token.matches(shown.trim()))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A name and port by which this host may be asked: anything else is a page that had its own name
/// point to this machine.
fn is_ours(host: &str, port: u16) -> bool {
    ["127.0.0.1", "localhost"].iter().any(|name| host == format!("{name}:{port}"))
}

fn forbidden(message: String) -> Problem {
    let action = "Use the address that the Hub prints, on 127.0.0.1.";
    Problem::new(Code::Forbidden, message, action)
}

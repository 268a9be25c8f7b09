//! The access log and the figures: one line, one count for each request.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::problem::Rejected;
use super::shared::Shared;
use crate::query_log;

/// Most characters of a path in the log.
const SHOWN_PATH: usize = 200;

/// Logs and counts. What was asked, behind the `?`, is not in the log.
pub async fn record(
    State(shared): State<Arc<Shared>>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(SHOWN_PATH).collect();
    let response = next.run(request).await;
    let took = start.elapsed();
    let status = response.status().as_u16();
    let rejected = response.extensions().get::<Rejected>();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let reason = rejected.map(|rejected| rejected.0);
    shared.metrics.request(route, status, took, reason);
    let milliseconds = took.as_secs_f64() * 1e3;
    let time = query_log::now();
    shared.log(&format!(
        "{time} {method} {path} {status} {milliseconds:.1} ms"
    ));
    response
}

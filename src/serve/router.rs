//! Which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use super::guard::guard;
use super::limits::{MAX_BODY, deadline};
use super::problem::Problem;
use super::record::record;
use super::shared::Shared;
use super::{api, assets, mcp, pages};

/// Where agents ask: another protocol, which `openapi.json` does not describe.
const AGENTS: &str = "/mcp";

/// All other routes. `openapi.json` describes each, which a test checks.
fn routes() -> Vec<(&'static str, MethodRouter<Arc<Shared>>)> {
    vec![
        ("/", get(assets::page)),
        ("/page.css", get(assets::css)),
        ("/page.js", get(assets::js)),
        ("/openapi.json", get(assets::openapi)),
        ("/s/{*path}", get(pages::section)),
        ("/api/search", get(api::search)),
        ("/api/sections/{*path}", get(api::section)),
        ("/api/docs", get(api::docs)),
        ("/healthz", get(api::health)),
        ("/metrics", get(api::metrics)),
        ("/api/missed", post(api::missed)),
    ]
}

/// The routes, behind what every request passes through: from the outermost, the record, the headers
/// of security, the guard, and the deadline.
pub fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new().route_service(AGENTS, mcp::service(shared.agents.clone()));
    for (path, route) in routes() {
        router = router.route(path, route);
    }
    router
        .fallback(async || {
            Problem::not_found("nothing is here", "/openapi.json says what there is")
        })
        .method_not_allowed_fallback(async || Problem::method())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(Arc::clone(&shared), deadline))
        .layer(from_fn_with_state(Arc::clone(&shared), guard))
        .layer(axum::middleware::map_response(assets::secured))
        .layer(from_fn_with_state(Arc::clone(&shared), record))
        .with_state(shared)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_openapi_document_has_every_route_and_no_other() {
        let document: serde_json::Value = serde_json::from_str(assets::OPENAPI).unwrap();
        let described = document["paths"].as_object().unwrap();
        let described: BTreeSet<String> = described.keys().cloned().collect();
        let routes = routes().into_iter();
        let routes: BTreeSet<String> = routes.map(|(path, _)| path.replace("{*", "{")).collect();
        assert_eq!(described, routes);
    }
}

//! `POST /mcp`: the docs as tools of an agent, over HTTP.
//!
//! Answers are JSON, and there are no sessions: nothing is held for a client between two requests, so
//! nothing leaks. Host, Origin and token are checked where those of all requests are.

use std::sync::Arc;

use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

use super::limits::MAX_BODY;
use crate::mcp::Server;

/// What answers at `/mcp`.
pub type Service = StreamableHttpService<Server, NeverSessionManager>;

/// The service of `server`, which every request gets a clone of.
pub fn service(server: Server) -> Service {
    let config = StreamableHttpServerConfig::default()
        .with_json_response(true)
        .with_legacy_session_mode(false)
        .with_max_request_body_bytes(MAX_BODY)
        .disable_allowed_hosts();
    let each = move || Ok(server.clone());
    StreamableHttpService::new(each, Arc::new(NeverSessionManager::default()), config)
}

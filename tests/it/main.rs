//! Integration tests: one binary, a module per theme.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod acceptance;
mod agents;
mod agents_properties;
mod audit;
mod audit_links;
mod audit_report;
mod audit_rules;
mod cli_errors;
mod cli_query;
mod conditions;
mod context;
mod corpus;
mod diff;
mod encoder_contract;
mod encoder_parity;
mod eval;
#[cfg(feature = "fastembed")]
mod fastembed;
mod format;
mod formats;
mod fuzz;
mod guide_search;
mod large;
mod manners;
mod mcp;
mod model_pack;
mod navigation;
mod questions;
mod reader;
mod search;
mod search_library;
mod serve;
mod serve_limits;
mod server;
mod stale;
mod structure;
mod support;
mod toy;
mod walk;

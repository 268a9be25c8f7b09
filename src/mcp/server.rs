//! The protocol, by the official SDK: both its eras, with `initialize` and without.

use std::sync::Arc;

use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData,
    Implementation, JsonObject, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, MetaObject, PaginatedRequestParams, ServerCapabilities,
    ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::arguments::{ReadArguments, SearchArguments};
use super::docs::{self, Docs, DocsError};
use crate::terminal::printable_error;

/// The tool that answers.
const SEARCH: &str = "search_docs";

/// Speaks the protocol for some docs. Cheap to clone: every connection has one.
#[derive(Clone)]
pub struct Server {
    docs: Arc<Docs>,
    /// Searches that may run at once; those that come meanwhile wait.
    permits: Arc<Semaphore>,
}

impl Server {
    /// A server that runs at most `searches` at a time.
    pub fn new(docs: Arc<Docs>, searches: usize) -> Self {
        Self {
            docs,
            permits: Arc::new(Semaphore::new(searches.max(1))),
        }
    }

    /// The tools, in an order that never changes; their texts are those of the indexes that are there now.
    fn tools(&self) -> Result<Vec<Tool>, ErrorData> {
        let texts = self.docs.texts().map_err(|error| internal(&error))?;
        let query = json!({
            "type": "string",
            "description": "A question in a whole sentence; several, one a line"
        });
        let within = json!({
            "type": "string",
            "description": "A file, folder or glob to search; empty: everything"
        });
        let conditions = json!({
            "type": "string",
            "description": "What the front matter of sections must say, a condition a line: tags=howto, version>=2, !draft"
        });
        let location = json!({
            "type": "string",
            "description": "PATH:A-B, PATH or PATH#heading; several, one a line"
        });
        let mut loaded = MetaObject::new();
        loaded.insert("anthropic/alwaysLoad".to_owned(), Value::Bool(true));
        let mut search = Tool::new(
            SEARCH,
            texts.search_description(),
            schema(
                json!({"query": query, "in": within, "where": conditions}),
                &["query"],
            ),
        )
        .with_annotations(read_only("Search the docs"));
        search.meta = Some(loaded);
        let read = Tool::new(
            docs::READ,
            texts.read_description(),
            schema(json!({"location": location}), &["location"]),
        )
        .with_annotations(read_only("Read the docs"));
        Ok(vec![search, read])
    }

    /// Runs a tool on a thread for work that blocks.
    async fn run(&self, tool: String, arguments: JsonObject) -> Result<CallToolResult, ErrorData> {
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|error| internal(&error))?;
        let docs = Arc::clone(&self.docs);
        let run = move || {
            docs.reload();
            match tool.as_str() {
                SEARCH => docs.search(&SearchArguments::read(&arguments)),
                _ => docs.read(&ReadArguments::read(&arguments)),
            }
        };
        let result = tokio::task::spawn_blocking(run).await;
        Ok(match result.map_err(|error| internal(&error))? {
            Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
            // An error that the model can mend is a result.
            Err(error) => CallToolResult::error(vec![ContentBlock::text(told(&error))]),
        })
    }
}

fn told(error: &DocsError) -> String {
    format!("error: {}", printable_error(error))
}

fn internal(error: &dyn std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

fn schema(properties: Value, required: &[&str]) -> JsonObject {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), properties);
    schema.insert("required".to_owned(), json!(required));
    schema
}

fn read_only(title: &str) -> ToolAnnotations {
    ToolAnnotations::with_title(title)
        .read_only(true)
        .idempotent(true)
        .open_world(false)
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        let info = ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("docent", env!("CARGO_PKG_VERSION")));
        match self.docs.texts() {
            Ok(texts) => info.with_instructions(texts.instructions()),
            Err(_) => info,
        }
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools()?))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if request.name != SEARCH && request.name != docs::READ {
            let message = format!(
                "no tool {}; there are {SEARCH} and {}",
                request.name,
                docs::READ
            );
            return Err(ErrorData::invalid_params(message, None));
        }
        let arguments = request.arguments.unwrap_or_default();
        let result = self.run(request.name.into_owned(), arguments).await?;
        Ok(result.into())
    }

    // Some clients ask for these whatever is advertised, and give up on an error.

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(Vec::new()))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(Vec::new()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(Vec::new()))
    }
}

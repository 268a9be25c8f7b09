//! Descriptions of HTTP interfaces: OpenAPI 3.0 and 3.1, and Swagger 2.0, as JSON or YAML.
//!
//! One section for each operation. References are followed within the file only, at most [`schema::MAX_HOPS`] in a
//! row; schemas are shown [`schema::MAX_LEVELS`] levels deep, [`schema::MAX_ROWS`] rows at most. The whole text ends
//! with the operation in which it passes [`MAX_BYTES`]. Callbacks, examples and extensions (`x-`) are left out.

mod operation;
mod schema;

#[cfg(test)]
mod tests;

use super::markup::{self, Line};
use crate::corpus::parse::rendition::{NoContent, Rendition};
use crate::corpus::tree::{self, Tree};
use schema::Schemas;

const MAX_BYTES: usize = 8 << 20;

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

pub(in crate::corpus) fn render(source: &str) -> Result<Rendition, NoContent> {
    let is_json = source
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with(['{', '[']);
    let read = if is_json {
        tree::of_json(source)
    } else {
        tree::of_yaml(source)
    };
    let root = read.map_err(NoContent::Malformed)?;
    let has_version = |key: &str, major: &str| {
        root.text_of(key)
            .is_some_and(|version| version.starts_with(major))
    };
    if !has_version("openapi", "3.") && !has_version("swagger", "2") {
        return Err(NoContent::Malformed(
            "no `openapi: 3` or `swagger: 2`".to_owned(),
        ));
    }
    let schemas = Schemas::of(&root);
    let mut groups: Vec<&Tree> = ["paths", "webhooks"]
        .iter()
        .filter_map(|key| root.at(&[key]))
        .collect();
    groups.sort_by_key(|group| group.line);
    let mut out = Rendition::default();
    // What comes first in the text stands before the operations, wherever the file has it.
    push_overview(
        &mut out,
        &root,
        groups.first().map_or(u32::MAX, |first| first.line),
    );
    for (path, item) in groups.iter().flat_map(|group| group.entries()) {
        let (item, _) = schemas.resolve(item);
        for (method, operation) in item.entries() {
            if METHODS.contains(&&**method) && out.text.len() < MAX_BYTES {
                operation::push(
                    &mut out,
                    &schemas,
                    &operation::Place { method, path, item },
                    operation,
                );
            }
        }
    }
    if out.text.trim().is_empty() {
        return Err(NoContent::Empty);
    }
    out.title = root
        .at(&["info", "title"])
        .and_then(Tree::text)
        .map(str::to_owned);
    out.description = root.get("info").and_then(|info| {
        let text = info
            .text_of("summary")
            .or_else(|| info.text_of("description"))?;
        text.lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .map(str::to_owned)
    });
    Ok(out)
}

/// Title, version, description, servers and security schemes, on lines up to `last`.
fn push_overview(out: &mut Rendition, root: &Tree, last: u32) {
    if let Some(info) = root.get("info") {
        let at = info.line.min(last);
        if let Some(title) = info.text_of("title") {
            out.push_line(&format!("# {}", markup::heading(title)), at);
            out.end_block();
        }
        if let Some(version) = info.text_of("version") {
            out.push_line(&format!("Version {}", markup::escape(version)), at);
        }
        push_description(out, info, 1, last);
    }
    push_items(out, "Servers", &servers(root), last);
    let schemes = root
        .at(&["components", "securitySchemes"])
        .or_else(|| root.at(&["securityDefinitions"]));
    let schemes = schemes.map_or(&[][..], Tree::entries).iter();
    let schemes: Vec<Line> = schemes
        .map(|(name, scheme)| (security_scheme(name, scheme), scheme.line))
        .collect();
    push_items(out, "Security schemes", &schemes, last);
}

fn servers(root: &Tree) -> Vec<Line> {
    if let Some(servers) = root.get("servers") {
        let line = |server: &Tree| {
            let url = markup::code(server.text_of("url")?);
            Some((with_description(url, server), server.line))
        };
        return servers
            .items()
            .iter()
            .filter_map(|server| line(server))
            .collect();
    }
    let Some(host) = root.get("host") else {
        return Vec::new();
    };
    let scheme = root
        .at(&["schemes"])
        .and_then(|schemes| schemes.items().first()?.text());
    let base = root.text_of("basePath").unwrap_or_default();
    let url = format!(
        "{}://{}{base}",
        scheme.unwrap_or("https"),
        host.text().unwrap_or_default()
    );
    vec![(markup::code(&url), host.line)]
}

fn security_scheme(name: &str, scheme: &Tree) -> String {
    let details = ["type", "scheme", "in", "name", "openIdConnectUrl"];
    let details = details
        .iter()
        .filter_map(|key| scheme.text_of(key))
        .map(markup::escape);
    let details = details.collect::<Vec<_>>().join(", ");
    with_description(format!("{}: {details}", markup::code(name)), scheme)
}

/// `text`, and behind it what its node says of itself, on one line.
fn with_description(text: String, node: &Tree) -> String {
    match node.text_of("description") {
        Some(description) => format!("{text} — {}", markup::one_line(description)),
        None => text,
    }
}

fn push_items(out: &mut Rendition, heading: &str, items: &[Line], last: u32) {
    let Some((_, first)) = items.first() else {
        return;
    };
    out.end_block();
    out.push_line(&format!("## {heading}"), (*first).min(last));
    out.end_block();
    for (item, at) in items {
        out.push_line(&format!("- {item}"), (*at).min(last));
    }
    out.end_block();
}

/// The description of a node, which is Markdown, on lines up to `last`.
fn push_description(out: &mut Rendition, node: &Tree, deeper: usize, last: u32) {
    let Some(description) = node.get("description") else {
        return;
    };
    let at = description.line.min(last);
    let lines = description.text().unwrap_or_default().lines();
    let lines: Vec<Line> = lines.map(|line| (line.to_owned(), at)).collect();
    markup::push_markdown(out, &lines, deeper);
}

//! One operation as a section.

use super::push_description;
use super::schema::{MAX_CELL, MAX_VALUES, Row, Schemas, short, word};
use crate::corpus::parse::rendered::markup;
use crate::corpus::parse::rendition::Rendition;
use crate::corpus::tree::Tree;

/// Where an operation is found.
pub(super) struct Place<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// What holds for all operations of the path.
    pub(super) item: &'a Tree,
}

/// The most rows of a table.
const MAX_TABLE: usize = 200;

pub(super) fn push(out: &mut Rendition, schemas: &Schemas, place: &Place, operation: &Tree) {
    let at = operation.line;
    out.end_block();
    out.push_line(&heading(place, operation), at);
    out.end_block();
    if operation.text_of("deprecated") == Some("true") {
        out.push_line("Deprecated.", at);
    }
    push_description(out, operation, 2, u32::MAX);
    push_names(
        out,
        "Tags",
        operation
            .get("tags")
            .map_or(&[][..], |tags| tags.items())
            .iter()
            .filter_map(|tag| tag.text()),
        at,
    );
    let security = operation
        .get("security")
        .map_or(&[][..], |security| security.items());
    let security = security
        .iter()
        .flat_map(|one| one.entries())
        .map(|(name, _)| name.as_str());
    push_names(out, "Security", security, at);
    push_parameters(out, schemas, place, operation);
    push_request_body(out, schemas, operation);
    push_responses(out, schemas, operation);
}

fn heading(place: &Place, operation: &Tree) -> String {
    let mut text = format!("{} {}", place.method.to_uppercase(), place.path);
    if let Some(summary) = operation
        .text_of("summary")
        .filter(|summary| !summary.trim().is_empty())
    {
        text += &format!(" — {}", markup::one_line(summary));
    }
    let text = markup::heading(&text);
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':');
    let id = operation
        .text_of("operationId")
        .filter(|id| !id.is_empty() && id.chars().all(is_plain));
    match id {
        Some(id) => format!("## {text} {{#{id}}}"),
        None => format!("## {text}"),
    }
}

fn push_names<'a>(out: &mut Rendition, label: &str, names: impl Iterator<Item = &'a str>, at: u32) {
    let names = names
        .take(MAX_VALUES)
        .map(word)
        .collect::<Vec<_>>()
        .join(", ");
    if !names.is_empty() {
        out.end_block();
        out.push_line(&format!("{label}: {names}"), at);
    }
}

fn push_table(out: &mut Rendition, label: &str, header: &[&str], rows: Vec<(Vec<String>, u32)>) {
    let Some((_, first)) = rows.first() else {
        return;
    };
    out.end_block();
    out.push_line(label, *first);
    out.end_block();
    out.push_line(&format!("| {} |", header.join(" | ")), *first);
    out.push_line(&format!("|{}", " --- |".repeat(header.len())), *first);
    for (cells, at) in rows.iter().take(MAX_TABLE) {
        let cells: Vec<String> = cells.iter().map(|cell| markup::cell(cell)).collect();
        out.push_line(&format!("| {} |", cells.join(" | ")), *at);
    }
    out.end_block();
}

fn yes_or_no(node: &Tree, key: &str) -> String {
    let is_set = node.text_of(key) == Some("true");
    if is_set { "yes" } else { "no" }.to_owned()
}

/// The parameters of the operation, then those of its path, which stand elsewhere in the file.
fn push_parameters(out: &mut Rendition, schemas: &Schemas, place: &Place, operation: &Tree) {
    let own = operation
        .get("parameters")
        .map_or(&[][..], |parameters| parameters.items());
    let of_path = place
        .item
        .get("parameters")
        .map_or(&[][..], |parameters| parameters.items());
    let own = own.iter().map(|parameter| (parameter, parameter.line));
    let of_path = of_path.iter().map(|parameter| (parameter, operation.line));
    let mut rows = Vec::new();
    for (parameter, at) in of_path.chain(own).take(MAX_TABLE) {
        let (parameter, _) = schemas.resolve(parameter);
        let place = parameter.text_of("in").unwrap_or_default();
        // Version 2 has the body among the parameters.
        if place == "body" {
            continue;
        }
        let schema = parameter.get("schema").map_or(parameter, |schema| schema);
        let cells = vec![
            markup::code(short(
                parameter.text_of("name").unwrap_or_default(),
                MAX_CELL,
            )),
            word(place),
            schemas.type_of(schema),
            yes_or_no(parameter, "required"),
            description(parameter),
        ];
        rows.push((cells, at));
    }
    let header = ["Name", "In", "Type", "Required", "Description"];
    push_table(out, "Parameters:", &header, rows);
}

fn description(node: &Tree) -> String {
    short(node.text_of("description").unwrap_or_default(), MAX_CELL).to_owned()
}

/// The first kind of content and its schema.
fn content(node: &Tree) -> Option<(&str, &Tree)> {
    if let Some(schema) = node.get("schema") {
        return Some(("", schema));
    }
    let (kind, content) = node.get("content")?.entries().first()?;
    Some((kind, content.get("schema")?))
}

fn push_request_body(out: &mut Rendition, schemas: &Schemas, operation: &Tree) {
    let parameters = operation
        .get("parameters")
        .map_or(&[][..], |parameters| parameters.items());
    let in_parameters = parameters
        .iter()
        .find(|parameter| schemas.resolve(parameter).0.text_of("in") == Some("body"));
    let Some(written) = operation.get("requestBody").or(in_parameters) else {
        return;
    };
    let (body, _) = schemas.resolve(written);
    let at = written.line;
    let Some((kind, schema)) = content(body) else {
        return;
    };
    let kind = if kind.is_empty() {
        String::new()
    } else {
        format!(" ({})", markup::escape(kind))
    };
    let required = if yes_or_no(body, "required") == "yes" {
        ", required"
    } else {
        ""
    };
    out.end_block();
    out.push_line(
        &format!("Request body{kind}{required}: {}", schemas.type_of(schema)),
        at,
    );
    push_description(out, body, 2, at);
    push_properties(
        out,
        "Properties of the request body:",
        schemas.rows(schema, at),
    );
}

fn push_properties(out: &mut Rendition, label: &str, rows: Vec<Row>) {
    let rows = rows.into_iter().map(|row| {
        let required = if row.is_required { "yes" } else { "no" };
        (
            vec![
                markup::code(&row.name),
                row.kind,
                required.to_owned(),
                row.description,
            ],
            row.line,
        )
    });
    push_table(
        out,
        label,
        &["Property", "Type", "Required", "Description"],
        rows.collect(),
    );
}

fn push_responses(out: &mut Rendition, schemas: &Schemas, operation: &Tree) {
    let responses = operation
        .get("responses")
        .map_or(&[][..], |responses| responses.entries());
    let mut rows = Vec::new();
    let mut shown = None;
    for (status, written) in responses
        .iter()
        .filter(|(status, _)| !status.starts_with("x-"))
        .take(MAX_TABLE)
    {
        let (response, _) = schemas.resolve(written);
        let content = content(response);
        let kind = content
            .map(|(_, schema)| schemas.type_of(schema))
            .unwrap_or_default();
        if let (None, Some((_, schema)), true) = (&shown, content, status.starts_with('2')) {
            shown = Some((status, schema, written.line));
        }
        rows.push((
            vec![word(status), kind, description(response)],
            written.line,
        ));
    }
    push_table(out, "Responses:", &["Status", "Type", "Description"], rows);
    if let Some((status, schema, at)) = shown {
        let label = format!("Properties of the response {}:", markup::escape(status));
        push_properties(out, &label, schemas.rows(schema, at));
    }
}

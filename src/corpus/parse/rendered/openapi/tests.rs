use proptest::prelude::*;

use super::*;

const PETS: &str = "openapi: 3.1.0
info:
  title: Pets
  version: '1'
  description: |
    # All *pets*
servers:
- url: https://pets.example
paths:
  /pets/{id}:
    parameters:
    - {name: id, in: path, required: true, schema: {type: integer}}
    post:
      operationId: changePet
      summary: Change a|b
      tags: [pets]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/Pet'
      responses:
        '200':
          description: The pet.
    get:
      responses: {}
components:
  schemas:
    Pet:
      required: [name]
      properties:
        name: {type: string, description: Its name.}
        parent: {$ref: '#/components/schemas/Pet'}
        tags: {type: array, items: {type: string, enum: [a, b]}}
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
";

#[test]
fn operations_of_version_3() {
    let page = render(PETS).unwrap();
    let expected = [
        ("# Pets", 3),
        ("", 3),
        ("Version 1", 3),
        ("", 3),
        ("## All *pets*", 6),
        ("", 6),
        ("## Servers", 8),
        ("", 8),
        ("- `https://pets.example`", 8),
        ("", 8),
        ("## Security schemes", 10),
        ("", 10),
        ("- `key`: apiKey, header, X-Key", 10),
        ("", 10),
        ("## POST /pets/{id} — Change a|b {#changePet}", 14),
        ("", 14),
        ("Tags: pets", 14),
        ("", 14),
        ("Parameters:", 14),
        ("", 14),
        ("| Name | In | Type | Required | Description |", 14),
        ("| --- | --- | --- | --- | --- |", 14),
        ("| `id` | path | integer | yes |  |", 14),
        ("", 14),
        ("Request body (application/json), required: Pet", 18),
        ("", 18),
        ("Properties of the request body:", 18),
        ("", 18),
        ("| Property | Type | Required | Description |", 18),
        ("| --- | --- | --- | --- |", 18),
        ("| `name` | string | yes | Its name. |", 18),
        ("| `parent` | Pet | no |  |", 18),
        ("| `parent.name` | string | yes | Its name. |", 18),
        ("| `parent.parent` | Pet | no |  |", 18),
        ("| `parent.parent.name` | string | yes | Its name. |", 18),
        ("| `parent.parent.parent` | Pet | no |  |", 18),
        (
            "| `parent.parent.tags` | array of string: `a`, `b` | no |  |",
            18,
        ),
        ("| `parent.tags` | array of string: `a`, `b` | no |  |", 18),
        ("| `tags` | array of string: `a`, `b` | no |  |", 18),
        ("", 18),
        ("Responses:", 25),
        ("", 25),
        ("| Status | Type | Description |", 25),
        ("| --- | --- | --- |", 25),
        ("| 200 |  | The pet. |", 25),
        ("", 25),
        ("## GET /pets/{id&#125;", 27),
        ("", 27),
        ("Parameters:", 27),
        ("", 27),
        ("| Name | In | Type | Required | Description |", 27),
        ("| --- | --- | --- | --- | --- |", 27),
        ("| `id` | path | integer | yes |  |", 27),
        ("", 27),
    ];
    assert_eq!(page.numbered_lines(), expected);
    assert_eq!(page.title.as_deref(), Some("Pets"));
}

#[test]
fn version_2_in_json() {
    let source = r##"{"swagger": "2.0", "host": "a.example", "basePath": "/v1", "schemes": ["http"],
 "paths": {"/a": {"put": {"deprecated": true, "parameters": [
  {"in": "query", "name": "q", "type": "string"},
  {"in": "body", "name": "b", "required": true, "schema": {"$ref": "#/definitions/B"}}],
  "responses": {"default": {"description": "x\ny"}}}}},
 "definitions": {"B": {"allOf": [{"properties": {"c": {"type": "string", "default": "d"}}}]}}}"##;
    let expected = "## Servers\n\n- `http://a.example/v1`\n\n## PUT /a\n\nDeprecated.\n\nParameters:\n\n\
        | Name | In | Type | Required | Description |\n| --- | --- | --- | --- | --- |\n\
        | `q` | query | string | no |  |\n\nRequest body, required: B\n\nProperties of the request body:\n\n\
        | Property | Type | Required | Description |\n| --- | --- | --- | --- |\n\
        | `c` | string, default `d` | no |  |\n\nResponses:\n\n| Status | Type | Description |\n| --- | --- | --- |\n\
        | default |  | x y |\n\n";
    assert_eq!(render(source).unwrap().text, expected);
}

#[test]
fn what_is_no_description() {
    let is_malformed = |source: &str| matches!(render(source), Err(NoContent::Malformed(_)));
    let deep = "[".repeat(4 << 20);
    assert!(
        [
            "",
            "{}",
            "a: b",
            "openapi: 4.0",
            "- a",
            "{\"openapi\": 3",
            &deep
        ]
        .into_iter()
        .all(is_malformed)
    );
}

#[test]
fn what_is_shared_is_bounded() {
    let text = "x".repeat(1 << 20);
    let shared = "*p,".repeat(1 << 18);
    let source = format!(
        "openapi: 3.0.0\nx: &p {{name: n, in: query, description: {text}}}\npaths:\n  /a:\n    get: &g\n      \
         summary: &s {text}\n      tags: [{}]\n      parameters: [{shared}]\n{}",
        "*s,".repeat(1 << 18),
        (0..5000)
            .map(|at| format!("  /a{at}: {{get: *g}}\n"))
            .collect::<String>()
    );
    assert!(render(&source).unwrap().text.len() < MAX_BYTES + (4 << 20));
}

#[test]
fn references_to_themselves_end() {
    let source = "openapi: 3.0.0\npaths:\n  /a:\n    get:\n      parameters: [{$ref: '#/components/parameters/P'}]\n      \
        responses: {'200': {content: {a: {schema: {$ref: '#/components/schemas/S'}}}}}\ncomponents:\n  parameters:\n    \
        P: {$ref: '#/components/parameters/P'}\n  schemas:\n    S: {allOf: [{$ref: '#/components/schemas/S'}, \
        {$ref: '#/components/schemas/S'}], items: {$ref: '#/components/schemas/S'}}\n";
    assert!(render(source).unwrap().text.contains("| 200 | S |"));
}

proptest! {
    #[test]
    fn lines_never_descend(cut in 0..PETS.len(), noise in "[\\[\\]{}&*:a\n -]{0,5}") {
        let garbled = format!("{}{noise}{}", &PETS[..cut], &PETS[cut..]);
        if let Ok(page) = render(&garbled) {
            prop_assert_eq!(page.text.lines().count(), page.file_lines.len());
            prop_assert!(page.file_lines.is_sorted());
        }
    }
}

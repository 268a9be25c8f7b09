//! The page's three files and the OpenAPI document, compiled in; the headers of every answer.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("page/index.html");
const CSS: &str = include_str!("page/page.css");
const JS: &str = include_str!("page/page.js");
/// What programs can ask, as OpenAPI 3.1 has it.
pub const OPENAPI: &str = include_str!("openapi.json");

/// What the search page may do: run its own script, ask its own server.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";
/// What every other answer may do, pages with text of documents among them: no script at all.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A file that is compiled in.
struct Asset {
    text: &'static str,
    content_type: &'static str,
    etag: HeaderValue,
}

impl Asset {
    fn new(text: &'static str, content_type: &'static str) -> Self {
        let digest = hex::encode(&Sha256::digest(text)[..8]);
        // Hex digits in quotes are a header's value.
        let etag = HeaderValue::from_str(&format!("\"{digest}\""));
        Self {
            text,
            content_type,
            etag: etag.unwrap_or_else(|_| HeaderValue::from_static("\"\"")),
        }
    }

    fn answer(&self, request: &HeaderMap) -> Response {
        let known = request.get_all(header::IF_NONE_MATCH).iter();
        let mut known = known.filter_map(|value| value.to_str().ok());
        let is_known = known.any(|tags| {
            let mut tags = tags.split(',').map(|tag| tag.trim());
            tags.any(|tag| tag.trim_start_matches("W/").as_bytes() == self.etag.as_bytes())
        });
        let headers = [
            (header::ETAG, self.etag.clone()),
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static(self.content_type),
            ),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        if is_known {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, self.text).into_response()
    }
}

/// The search page.
pub async fn page(request: HeaderMap) -> Response {
    static ASSET: LazyLock<Asset> = LazyLock::new(|| Asset::new(PAGE, "text/html; charset=utf-8"));
    let mut response = ASSET.answer(&request);
    let policy = HeaderValue::from_static(PAGE_POLICY);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Its looks, which are those of sections, too.
pub async fn css(request: HeaderMap) -> Response {
    static ASSET: LazyLock<Asset> = LazyLock::new(|| Asset::new(CSS, "text/css; charset=utf-8"));
    ASSET.answer(&request)
}

/// Its script.
pub async fn js(request: HeaderMap) -> Response {
    static ASSET: LazyLock<Asset> =
        LazyLock::new(|| Asset::new(JS, "text/javascript; charset=utf-8"));
    ASSET.answer(&request)
}

/// What programs can ask.
pub async fn openapi(request: HeaderMap) -> Response {
    static ASSET: LazyLock<Asset> = LazyLock::new(|| Asset::new(OPENAPI, "application/json"));
    ASSET.answer(&request)
}

/// Adds the headers that every answer has, unless it has its own.
pub async fn secured(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 5] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

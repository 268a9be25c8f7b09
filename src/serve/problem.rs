//! What went wrong with a request: `{"error": ..., "hint": ...}`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::terminal::printable_line;

/// A request that is not answered.
#[derive(Debug)]
pub struct Problem {
    pub status: StatusCode,
    pub error: String,
    pub hint: String,
    /// Why it was turned away, for the metrics.
    reason: &'static str,
}

/// In the extensions of a response: why the request was turned away.
#[derive(Debug, Clone, Copy)]
pub struct Rejected(pub &'static str);

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    hint: &'a str,
}

impl Problem {
    fn new(
        (status, reason): (StatusCode, &'static str),
        error: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            status,
            error: error.into(),
            hint: hint.into(),
            reason,
        }
    }

    /// The request makes no sense.
    pub fn bad_request(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new((StatusCode::BAD_REQUEST, "request"), error, hint)
    }

    /// There is nothing of this name.
    pub fn not_found(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new((StatusCode::NOT_FOUND, "not found"), error, hint)
    }

    /// The route takes no such request.
    pub fn method() -> Self {
        Self::new(
            (StatusCode::METHOD_NOT_ALLOWED, "method"),
            "nothing here takes this method",
            "ask with GET; /openapi.json says what there is",
        )
    }

    /// The request is meant for another host: a browser was tricked into sending it.
    pub fn host() -> Self {
        Self::new(
            (StatusCode::FORBIDDEN, "host"),
            "the request is not for this server's name",
            "ask at 127.0.0.1 or localhost; another name needs --host and --token",
        )
    }

    /// The request comes from another site's page.
    pub fn origin() -> Self {
        Self::new(
            (StatusCode::FORBIDDEN, "origin"),
            "pages of other origins may not ask",
            "ask from the server's own page, or from a program",
        )
    }

    /// The token is missing or wrong.
    pub fn token() -> Self {
        Self::new(
            (StatusCode::UNAUTHORIZED, "token"),
            "this server wants its token",
            "send `Authorization: Bearer TOKEN`, or open the page at /#token=TOKEN",
        )
    }

    /// All places are taken.
    pub fn busy() -> Self {
        Self::new(
            (StatusCode::SERVICE_UNAVAILABLE, "full"),
            "the server has too much to do",
            "ask again in a second",
        )
    }

    /// The answer did not come in time.
    pub fn too_slow() -> Self {
        Self::new(
            (StatusCode::SERVICE_UNAVAILABLE, "time"),
            "the answer took too long",
            "ask again in a second",
        )
    }

    /// The server's fault, which its log tells.
    pub fn internal() -> Self {
        Self::new(
            (StatusCode::INTERNAL_SERVER_ERROR, "error"),
            "the server cannot read its index",
            "its log says why; build the index again",
        )
    }

    /// What the library says of what was asked, with its remedy.
    pub fn of_asked(error: &dyn std::error::Error) -> Self {
        let text = error.to_string();
        let (error, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
        Self::bad_request(printable_line(error), printable_line(hint))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            error: &self.error,
            hint: &self.hint,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            StatusCode::UNAUTHORIZED => {
                let scheme = HeaderValue::from_static("Bearer");
                headers.insert(header::WWW_AUTHENTICATE, scheme);
            }
            _ => {}
        }
        response.extensions_mut().insert(Rejected(self.reason));
        response
    }
}

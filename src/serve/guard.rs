//! Who may ask: Host and Origin against DNS rebinding and other sites' pages, the token against
//! everybody else.
//!
//! A page of any site can make its reader's browser send requests to `127.0.0.1`. It can read no answer
//! unless it has the origin of the server, which it gets by having its own name resolve to
//! `127.0.0.1`; but then the request's `Host` is that name. So a server on loopback answers to names of
//! loopback alone. Where others can connect, the token, which such a page does not have, is what
//! guards, and any name will do.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::shared::Shared;

/// What anybody may have: it holds nothing of the docs.
const OPEN: [&str; 5] = ["/", "/page.css", "/page.js", "/healthz", "/openapi.json"];
/// The cookie that stands for a token that was shown, so that links to sections work in a browser.
const COOKIE: &str = "docent";

/// Who may ask.
pub struct Guard {
    is_loopback: bool,
    token: Option<Token>,
}

/// Digests of a token: compared, they tell nothing of it by the time that takes.
struct Token {
    bearer: [u8; 32],
    cookie: String,
}

impl Guard {
    /// For a server that listens at `address`.
    pub fn new(address: IpAddr, token: Option<&str>) -> Self {
        let token = token.map(|token| Token {
            bearer: Sha256::digest(token).into(),
            cookie: hex::encode(Sha256::digest(format!("docent cookie {token}"))),
        });
        Self {
            is_loopback: address.is_loopback(),
            token,
        }
    }

    /// The cookie to set, if the token was shown.
    fn check(&self, request: &Request) -> Result<Option<HeaderValue>, Problem> {
        let host = self.host(request)?;
        check_origin(request.headers(), &host)?;
        let Some(token) = &self.token else {
            return Ok(None);
        };
        if token.is_shown(request.headers()) {
            let cookie = format!(
                "{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict",
                token.cookie
            );
            return Ok(HeaderValue::from_str(&cookie).ok());
        }
        let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_open = OPEN.contains(&request.uri().path());
        if is_safe && (is_open || token.is_in_cookie(request.headers())) {
            return Ok(None);
        }
        Err(Problem::token())
    }

    /// The name that the request is for: that of its target, if it has one, and of its Host.
    fn host(&self, request: &Request) -> Result<Authority, Problem> {
        let mut named = request.headers().get_all(header::HOST).iter();
        let (host, another) = (named.next(), named.next());
        let host = host.filter(|_| another.is_none()).ok_or(Problem::host())?;
        let host = Authority::try_from(host.as_bytes()).map_err(|_| Problem::host())?;
        let target = request.uri().authority();
        if target.is_some_and(|target| *target != host) {
            return Err(Problem::host());
        }
        if self.is_loopback && !is_loopback_name(host.host()) {
            return Err(Problem::host());
        }
        Ok(host)
    }
}

fn is_loopback_name(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let address = address.parse::<IpAddr>();
    address.is_ok_and(|address| address.is_loopback()) || name.eq_ignore_ascii_case("localhost")
}

/// An Origin, which browsers send with what is not a plain visit, must be the server's own.
fn check_origin(headers: &HeaderMap, host: &Authority) -> Result<(), Problem> {
    for origin in headers.get_all(header::ORIGIN) {
        let origin = origin.to_str().map_err(|_| Problem::origin())?;
        let name = ["http://", "https://"]
            .iter()
            .find_map(|scheme| origin.strip_prefix(scheme));
        if !name.is_some_and(|name| name.eq_ignore_ascii_case(host.as_str())) {
            return Err(Problem::origin());
        }
    }
    Ok(())
}

impl Token {
    fn is_shown(&self, headers: &HeaderMap) -> bool {
        let value = headers.get(header::AUTHORIZATION);
        let value = value.and_then(|value| value.to_str().ok());
        let scheme = value.and_then(|value| value.split_once(' '));
        let shown = scheme.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        shown
            .is_some_and(|(_, token)| <[u8; 32]>::from(Sha256::digest(token.trim())) == self.bearer)
    }

    fn is_in_cookie(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(header::COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';'));
        pairs.any(|pair| {
            let value = pair.trim().split_once('=');
            let value = value.filter(|(name, _)| *name == COOKIE);
            // As above: digests are compared, not what was sent.
            value.is_some_and(|(_, value)| {
                Sha256::digest(value.as_bytes()) == Sha256::digest(self.cookie.as_bytes())
            })
        })
    }
}

/// Turns away who may not ask.
pub async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match shared.guard.check(&request) {
        Ok(cookie) => {
            let mut response = next.run(request).await;
            if let Some(cookie) = cookie {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(problem) => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn verdict(address: &str, token: Option<&str>, path: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let guard = Guard::new(address.parse().unwrap(), token);
        match guard.check(&request.body(Body::empty()).unwrap()) {
            Ok(_) => 200,
            Err(problem) => problem.status.as_u16(),
        }
    }

    #[test]
    fn a_server_on_loopback_answers_to_loopback_names() {
        let of = |host| verdict("127.0.0.1", None, "/", &[("host", host)]);
        for good in [
            "127.0.0.1:7400",
            "localhost",
            "LOCALHOST:1",
            "[::1]:7400",
            "127.8.8.8",
        ] {
            assert_eq!(of(good), 200, "{good}");
        }
        for bad in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:7400",
            "192.168.0.1",
            "a b",
            "",
        ] {
            assert_eq!(of(bad), 403, "{bad}");
        }
        assert_eq!(verdict("127.0.0.1", None, "/", &[]), 403);
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(verdict("127.0.0.1", None, "/", &twice), 403);
        let target = |host| verdict("127.0.0.1", None, "http://localhost/", &[("host", host)]);
        assert_eq!((target("localhost"), target("127.0.0.1")), (200, 403));
    }

    #[test]
    fn an_origin_is_the_host() {
        let of = |origin| {
            let headers = [("host", "localhost:7400"), ("origin", origin)];
            verdict("127.0.0.1", None, "/", &headers)
        };
        assert_eq!(of("http://localhost:7400"), 200);
        assert_eq!(of("https://LOCALHOST:7400"), 200);
        for bad in [
            "http://localhost:7401",
            "http://evil.example",
            "null",
            "",
            "localhost:7400",
        ] {
            assert_eq!(of(bad), 403, "{bad}");
        }
    }

    #[test]
    fn a_token_opens_what_holds_docs() {
        let token = "0123456789abcdef";
        let of = |path, name, value: &str| {
            let headers = [("host", "any.example"), (name, value)];
            verdict("0.0.0.0", Some(token), path, &headers)
        };
        assert_eq!(of("/", "x", ""), 200);
        assert_eq!(of("/api/search", "x", ""), 401);
        assert_eq!(of("/s/a.md", "x", ""), 401);
        assert_eq!(of("/metrics", "x", ""), 401);
        let bearer = format!("Bearer {token}");
        assert_eq!(of("/api/search", "authorization", &bearer), 200);
        assert_eq!(of("/api/search", "authorization", &bearer[..22]), 401);
        assert_eq!(of("/api/search", "authorization", token), 401);
        let guard = Guard::new("0.0.0.0".parse().unwrap(), Some(token));
        let cookie = format!("a=b; docent={}", guard.token.unwrap().cookie);
        assert_eq!(of("/s/a.md", "cookie", &cookie), 200);
        assert_eq!(of("/s/a.md", "cookie", "docent="), 401);
        assert_eq!(of("/s/a.md", "cookie", &format!("docent={token}")), 401);
    }
}

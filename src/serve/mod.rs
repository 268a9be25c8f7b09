//! Answers over HTTP, for people in a browser and for programs: what `docent serve` runs.
//!
//! ```text
//! connections ──► router ──► record ─► guard ─► deadline ──► api, pages, assets
//! (bounded, slow   (paths)   (log and   (Host,   (each            │
//!  ones are cut)              metrics)   Origin,  request)        ▼
//!                                        token)            pool ──► Shared: one IndexReader
//! ```
//!
//! One index is held and followed as builds replace it. Everything that a client may make the server do
//! is bounded ([`Limits`]). What comes from documents goes out as JSON strings, or as HTML through a
//! sanitizer; sections are looked up in the index, and no path of a request ever reaches the disk.

mod api;
mod assets;
mod connections;
mod guard;
mod limits;
mod links;
mod mcp;
mod metrics;
mod pages;
mod problem;
mod record;
mod router;
mod section;
mod shared;

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::encoder::Encoder;
use crate::query_log::QueryLogWriter;

pub use limits::Limits;
use shared::Shared;

/// The port where nobody names one.
pub const PORT: u16 = 7400;
/// Fewest bytes of a token.
const MIN_TOKEN: usize = 16;

/// Where a line of the access log, or something to tell the server's owner, goes. Called for each
/// request, so it must not wait for long.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// What is served, and to whom.
#[non_exhaustive]
pub struct ServeOptions {
    /// The index.
    pub index: PathBuf,
    /// The encoder that made it.
    pub encoder: Arc<dyn Encoder>,
    /// Where to listen; port 0 is any that is free.
    pub address: SocketAddr,
    /// What clients must show; needed where others than this machine can connect.
    pub token: Option<String>,
    /// What clients may use.
    pub limits: Limits,
    /// The access log, and notes.
    pub log: Log,
    /// Where questions are kept, if anywhere.
    pub queries: Option<Arc<QueryLogWriter>>,
}

impl ServeOptions {
    /// Serves `index` to this machine alone, at [`PORT`], with the usual limits and no log.
    pub fn new(index: PathBuf, encoder: Arc<dyn Encoder>) -> Self {
        Self {
            index,
            encoder,
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT),
            token: None,
            limits: Limits::default(),
            log: Arc::new(|_| {}),
            queries: None,
        }
    }
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Others could read the docs.
    #[error(
        "others than this machine can connect to {address}, and there is no token\n\
         hint: give one with --token or DOCENT_TOKEN, or leave --host out"
    )]
    NoToken {
        /// Where to listen.
        address: IpAddr,
    },
    /// The token can be guessed, or cannot be sent.
    #[error(
        "the token must be {MIN_TOKEN} or more letters, digits and punctuation marks\n\
         hint: `openssl rand -hex 16` makes one"
    )]
    BadToken,
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}\nhint: {}", remedy(source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The index cannot be served.
    #[error(transparent)]
    Docent(#[from] crate::Error),
}

fn remedy(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "another program has the port: choose one with --port",
        std::io::ErrorKind::PermissionDenied => "choose a port above 1023 with --port",
        _ => "choose an address of this machine with --host",
    }
}

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Opens the index and listens. Connections wait until [`Server::run`].
    ///
    /// # Errors
    ///
    /// Any [`ServeError`]; the token is checked first, the index last.
    pub async fn bind(options: ServeOptions) -> Result<Self, ServeError> {
        let ip = options.address.ip();
        match &options.token {
            None if !ip.is_loopback() => return Err(ServeError::NoToken { address: ip }),
            Some(token) if !is_token(token) => return Err(ServeError::BadToken),
            _ => {}
        }
        let address = options.address;
        let listen = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let shared = Arc::new(Shared::open(options)?);
        Ok(Self {
            listener,
            address,
            shared,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is ready; then takes no more connections, and gives requests that run a few
    /// seconds to end.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) {
        let stopping = CancellationToken::new();
        let stopped = stopping.clone();
        tokio::spawn(async move {
            stop.await;
            stopped.cancel();
        });
        let limits = self.shared.limits;
        let router = router::router(self.shared);
        connections::serve(self.listener, router, limits, stopping).await;
    }
}

/// Whether `token` is long enough and can stand in a header.
fn is_token(token: &str) -> bool {
    token.len() >= MIN_TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic())
}

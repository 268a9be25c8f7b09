//! `docent serve`: answers over HTTP, and a page to search on.

use std::future::Future;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use docent::encoder;
use docent::query_log::QueryLogWriter;
use docent::serve::{PORT, ServeOptions, Server};

use super::exit::Exit;
use super::index_file::IndexFile;
use super::message;

/// What `docent serve --help` ends with.
const HELP: &str = "\
Routes:
  GET /                    the search page
  GET /s/PATH              a section as a page; #L12 is its line 12
  GET /api/search?q=       the object of --format json, with an excerpt of each chunk and the
                           answer's notes; k, in (repeat for more), explain=1, min_confidence;
                           with budget=TOKENS the text of --format context
  POST /api/missed         {\"question\": ...}: a reader missed the answer; it goes to the --log
  POST /mcp                Model Context Protocol, for agents: JSON answers, no sessions
  GET /api/sections/PATH   the text of a section
  GET /api/docs            what the index holds
  GET /healthz, /metrics   for who looks after the server
  GET /openapi.json        all of it, for programs

  Errors are {\"error\": ..., \"hint\": ...}. A server with too much to do answers 503 with Retry-After.

Who can ask:
  This machine only: requests for another name than localhost, and from pages of other sites, are
  refused. With --host others can connect; they need the token, which programs send as
  `Authorization: Bearer TOKEN`. In a browser open http://HOST:PORT/#token=TOKEN once: what is behind
  # is not sent, and the page gets a cookie for it. There is no encryption: put a proxy with TLS
  before it where others can listen.

The line on stdout is the address. The access log is on stderr: time, method, path without what was
asked, status, milliseconds. A new build of the index is served as soon as it is there. SIGINT and
SIGTERM end the server once it has answered what it was asked.

Examples:
  docent serve
  docent serve --index docs.idx --port 0
  DOCENT_TOKEN=$(openssl rand -hex 16) docent serve --host 0.0.0.0
  curl -s '127.0.0.1:7400/api/search?q=daemon+mode&k=1'";

/// Answer over HTTP, with a page to search on.
///
/// The index stays open and the model ready, so that an answer takes some milliseconds.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct ServeArgs {
    #[command(flatten)]
    index: IndexFile,
    /// Another model than the bundled one, as given to build-index: a folder or a name.
    #[arg(long)]
    model: Option<String>,
    /// The address to listen on; one that others can reach needs a token.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on; 0 is any that is free.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// What clients must show to see the docs: 16 characters or more.
    #[arg(long, env = "DOCENT_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Add every question with its verdict to this file, a line of JSON each: `docent audit --log` reads it.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Serves until a signal ends it.
pub fn run(args: &ServeArgs) -> Result<Exit> {
    let mut options =
        ServeOptions::new(args.index.locate()?, encoder::open(args.model.as_deref())?);
    options.address = SocketAddr::new(args.host, args.port);
    options.token = args.token.clone().filter(|token| !token.is_empty());
    options.log = Arc::new(|line| message(line));
    let queries = args.log.as_deref().map(QueryLogWriter::open).transpose()?;
    options.queries = queries.map(Arc::new);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start threads")?;
    runtime.block_on(serve(options))
}

async fn serve(options: ServeOptions) -> Result<Exit> {
    let server = Server::bind(options).await?;
    // Before the address is told, so that a signal after it always ends the server well.
    let stop = stop()?;
    let mut out = io::stdout().lock();
    writeln!(out, "http://{}/", server.address())?;
    out.flush()?;
    drop(out);
    server.run(stop).await;
    Ok(Exit::Found)
}

/// Ready when the server is to end.
#[cfg(unix)]
fn stop() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = || {
        Ok((
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        ))
    };
    let signals: io::Result<_> = signals();
    let (mut interrupt, mut terminate) = signals.context("cannot wait for signals")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ready when the server is to end.
#[cfg(not(unix))]
fn stop() -> Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

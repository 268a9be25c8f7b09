//! The server on standard input and output: a message a line, until the input ends.

use std::io;

use rmcp::ServiceExt;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::io::stdio_pipes;

use super::server::Server;

/// Longest message, in bytes.
const MAX_LINE: usize = 1 << 20;

/// Serves until standard input ends. Nothing but messages goes to standard output.
///
/// # Errors
///
/// What keeps the runtime from starting, or the input from being read.
pub fn serve(server: Server) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (input, output) = stdio_pipes();
        let transport = AsyncRwTransport::new_server(input, output).with_max_line_length(MAX_LINE);
        let running = match server.serve(transport).await {
            Ok(running) => running,
            // The client went before it said anything.
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(io::Error::other(error)),
        };
        running.waiting().await.map_err(io::Error::other)?;
        Ok(())
    })
}

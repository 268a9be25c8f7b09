//! Connections: how many, for how long, and how they end.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::limits::{Limits, MAX_HEAD};

/// How long requests may still run when the server, or their connection's time, has ended.
const GRACE: Duration = Duration::from_secs(5);
/// The pause after a connection could not be accepted, for example for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves what `listener` accepts until `stopping`, and waits for what runs then.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stopping: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let tasks = TaskTracker::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        match stopping.run_until_cancelled(next).await {
            None => break,
            Some((Ok(place), Ok((stream, _)))) => {
                let (router, stopping) = (router.clone(), stopping.clone());
                tasks.spawn(async move {
                    connection(stream, router, limits, stopping).await;
                    drop(place);
                });
            }
            Some(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    drop(listener);
    tasks.close();
    let _ = timeout(2 * GRACE, tasks.wait()).await;
}

/// Serves one connection. A client that sends its head slowly, or nothing, is cut by hyper; one that
/// does not read its answers, by the time that a connection has.
async fn connection(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    stopping: CancellationToken,
) {
    // Answers are small and whole: waiting to fill a packet delays them.
    let _ = stream.set_nodelay(true);
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(MAX_HEAD)
        .max_header_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut serving = pin!(serving);
    let served = timeout(limits.connection_time, serving.as_mut());
    if !matches!(stopping.run_until_cancelled(served).await, Some(Ok(_))) {
        serving.as_mut().graceful_shutdown();
        let _ = timeout(GRACE, serving).await;
    }
}

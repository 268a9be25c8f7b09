//! What clients may use: connections, time, and places in the queue for searches.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::problem::Problem;
use super::shared::Shared;

/// Longest question, in bytes.
pub const MAX_QUESTION: usize = 4 << 10;
/// Longest head of a request, in bytes.
pub const MAX_HEAD: usize = 32 << 10;
/// Longest body of a request, in bytes.
pub const MAX_BODY: usize = 64 << 10;

/// What clients may use.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// How long a client may take to send the head of a request, and how long a connection may be
    /// idle.
    pub head_time: Duration,
    /// How long a request may take.
    pub request_time: Duration,
    /// How long a connection may last; its client opens another one.
    pub connection_time: Duration,
    /// Searches at once.
    pub searches: usize,
    /// Searches that wait; more are answered with 503.
    pub waiting: usize,
}

impl Default for Limits {
    /// 512 connections of up to five minutes; 10 s for a head and for a request; as many searches as
    /// there are cores, and 32 for each core that wait.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            connections: 512,
            head_time: Duration::from_secs(10),
            request_time: Duration::from_secs(10),
            connection_time: Duration::from_secs(300),
            searches: cores,
            waiting: 32 * cores,
        }
    }
}

/// Threads for what takes time, and a short queue before them.
pub struct Pool {
    /// A place for each that runs or waits.
    places: Arc<Semaphore>,
    /// A turn for each that runs.
    turns: Arc<Semaphore>,
}

impl Pool {
    pub fn new(limits: Limits) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.searches + limits.waiting)),
            turns: Arc::new(Semaphore::new(limits.searches)),
        }
    }

    /// Does `work` when its turn comes; refuses at once where the queue is full.
    ///
    /// Whoever gives up waiting leaves the queue. What runs goes on to its end and keeps its turn, since
    /// no thread can be stopped.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Problem::busy())?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| Problem::busy())?;
        let work = move || {
            let done = work();
            drop((turn, place));
            done
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| Problem::internal())
    }
}

/// Ends a request that takes too long.
pub async fn deadline(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let answered = timeout(shared.limits.request_time, next.run(request)).await;
    answered.unwrap_or_else(|_| Problem::too_slow().into_response())
}

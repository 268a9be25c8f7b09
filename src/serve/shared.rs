//! What all requests share: the index, and what counts and guards them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::guard::Guard;
use super::limits::{Limits, Pool};
use super::metrics::Metrics;
use super::problem::Problem;
use super::{Log, ServeOptions};
use crate::Error;
use crate::answer::{Answer, context};
use crate::index::{FileState, Index};
use crate::mcp::{self, Docs, DocsOptions, NamedIndex};
use crate::query_log::{QueryLogError, QueryLogWriter};
use crate::search::{FollowedIndex, Searcher};
use crate::stale::{Effort, Freshness};
use crate::terminal::printable_error;

/// For how long it is taken as known whether the docs are newer than the index.
const FRESH_FOR: Duration = Duration::from_secs(2);

/// What all requests share.
pub struct Shared {
    index: Arc<FollowedIndex>,
    /// The file that is served, as far as the log tells.
    served: Mutex<FileState>,
    freshness: Mutex<Option<Known>>,
    pub pool: Pool,
    pub guard: Guard,
    pub metrics: Metrics,
    pub limits: Limits,
    log: Log,
    /// Where questions are kept, if anywhere.
    queries: Option<Arc<QueryLogWriter>>,
    /// What answers agents.
    pub agents: mcp::Server,
}

struct Known {
    /// [`Index::content_id`].
    index: u64,
    at: Instant,
    freshness: Freshness,
}

impl Shared {
    pub fn open(options: ServeOptions) -> Result<Self, Error> {
        let ip = options.address.ip();
        let tell = Arc::clone(&options.log);
        let index = FollowedIndex::open(&options.index, options.encoder, tell)?;
        let index = Arc::new(index);
        let agents = Docs::new(DocsOptions {
            indexes: vec![NamedIndex {
                name: String::new(),
                index: Arc::clone(&index),
            }],
            budget: context::DEFAULT_BUDGET,
            log: options.queries.clone(),
            tell: Arc::clone(&options.log),
        });
        Ok(Self {
            served: Mutex::new(index.searcher().index().file_state()),
            index,
            freshness: Mutex::default(),
            pool: Pool::new(options.limits),
            guard: Guard::new(ip, options.token.as_deref()),
            metrics: Metrics::new(),
            limits: options.limits,
            log: options.log,
            queries: options.queries,
            agents: mcp::Server::new(Arc::new(agents), options.limits.searches),
        })
    }

    pub fn log(&self, line: &str) {
        (self.log)(line);
    }

    /// Keeps a question with its answer, where that was asked for.
    pub fn keep(&self, answer: &Answer) {
        self.kept(|queries| queries.add(answer));
    }

    /// Whether questions are kept.
    pub fn keeps_questions(&self) -> bool {
        self.queries.is_some()
    }

    /// Keeps that a reader missed the answer to a question.
    pub fn keep_missed(&self, question: &str) {
        self.kept(|queries| queries.add_missed(question));
    }

    fn kept(&self, add: impl FnOnce(&QueryLogWriter) -> Result<(), QueryLogError>) {
        if let Some(Err(error)) = self.queries.as_deref().map(add) {
            self.log(&format!("note: {}", printable_error(&error)));
        }
    }

    /// The searcher of the newest sound index at the path; a replacement is logged once.
    pub fn searcher(&self) -> Searcher {
        self.index.reload();
        let searcher = self.index.searcher();
        let state = searcher.index().file_state();
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *served, state) != state {
            let sections = searcher.index().num_sections();
            self.log(&format!(
                "note: the index was replaced: {sections} sections now"
            ));
        }
        searcher
    }

    /// Whether the docs are newer than `index`, as of some seconds ago.
    pub fn freshness(&self, index: &Index) -> Result<Freshness, Error> {
        let mut known = self
            .freshness
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let id = index.content_id();
        if let Some(known) = known.as_ref()
            && known.index == id
            && known.at.elapsed() < FRESH_FOR
        {
            return Ok(known.freshness.clone());
        }
        let freshness = Freshness::check(index, Effort::BRIEF)?;
        *known = Some(Known {
            index: id,
            at: Instant::now(),
            freshness: freshness.clone(),
        });
        Ok(freshness)
    }

    /// The problem to answer with after `error`. What is the server's fault is told in its log alone,
    /// since it may name files.
    pub fn problem(&self, error: Error) -> Problem {
        match error {
            Error::Scope(error) => Problem::of_asked(&error),
            error => {
                self.log(&format!("error: {}", printable_error(&error)));
                Problem::internal()
            }
        }
    }
}

//! Figures for Prometheus.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::problem::Problem;

/// What the text of [`Metrics::text`] is.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the histogram's buckets, in seconds: an answer takes some milliseconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 10.0];

/// What is counted. Labels come from the program, never from a request, so they are few.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    durations: Family<Route, Histogram>,
    searches: Family<Search, Counter>,
    rejected: Family<Reason, Counter>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Search {
    verdict: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

impl Metrics {
    pub fn new() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(BUCKETS);
        let mut metrics = Self {
            registry: Registry::with_prefix("docent"),
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            searches: Family::default(),
            rejected: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register(
            "http_requests",
            "Requests by route and status",
            metrics.requests.clone(),
        );
        registry.register(
            "http_request_duration_seconds",
            "Time until the answer began, by route",
            metrics.durations.clone(),
        );
        registry.register(
            "searches",
            "Answered questions by verdict",
            metrics.searches.clone(),
        );
        registry.register(
            "http_rejected",
            "Requests that were not answered, by reason",
            metrics.rejected.clone(),
        );
        metrics
    }

    /// Counts a request that was answered, or turned away for a reason.
    pub fn request(
        &self,
        route: &str,
        status: u16,
        took: Duration,
        rejected: Option<&'static str>,
    ) {
        let route = route.to_owned();
        let labels = Route {
            route: route.clone(),
        };
        let durations = self.durations.get_or_create(&labels);
        durations.observe(took.as_secs_f64());
        drop(durations);
        self.requests
            .get_or_create(&Request { route, status })
            .inc();
        if let Some(reason) = rejected {
            self.rejected.get_or_create(&Reason { reason }).inc();
        }
    }

    /// Counts an answered question.
    pub fn search(&self, verdict: &str) {
        let verdict = verdict.to_owned();
        self.searches.get_or_create(&Search { verdict }).inc();
    }

    /// All figures in Prometheus' text format.
    pub fn text(&self) -> Result<String, Problem> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry).map_err(|_| Problem::internal())?;
        Ok(out)
    }
}

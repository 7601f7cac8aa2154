//! Counters and gauges in the text format of Prometheus (0.0.4).
//!
//! Written by hand: the platform hands over finished numbers, and a metrics library wants to count
//! them itself.

use std::fmt::{Display, Write as _};

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use faas_core::access::Permission::Read;
use faas_core::platform::{Histogram, LiveCounters};
use utoipa_axum::routes;

use crate::Api;
use crate::routing::{Needs, Routes};

pub(crate) fn routes() -> Routes {
    Routes::default().add(Needs::Key(Read), routes!(metrics))
}

#[utoipa::path(get, path = "/metrics", tag = "Server", operation_id = "getPrometheusMetrics",
    summary = "Counters and gauges for Prometheus.",
    responses(
        (status = 200, description = "In the text format of Prometheus.", body = String, content_type = "text/plain")
    )
)]
async fn metrics(State(api): State<Api>) -> Response {
    let text = render(&api.platform.counters(), api.bodies.in_use());
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(CONTENT_TYPE, kind)], text).into_response()
}

fn render(counters: &LiveCounters, body_bytes: usize) -> String {
    let mut page = Page(String::with_capacity(4096));
    let runtime = &counters.runtime;
    page.gauge(
        "queue_depth",
        "Executions that wait for an instance.",
        counters.queued,
    );
    page.gauge(
        "running",
        "Executions that hold an instance.",
        counters.running,
    );
    page.gauge(
        "waiting",
        "Executions that have begun and hold no instance, because their code waits.",
        counters.waiting,
    );
    page.gauge("instances", "Instances there are.", counters.instances);
    page.gauge(
        "waiting_retries",
        "Executions that wait for their retry to fall due.",
        counters.waiting_retries,
    );
    page.gauge(
        "warm_isolates",
        "Isolates kept warm.",
        runtime.warm_isolates,
    );
    page.gauge(
        "warm_isolate_bytes",
        "Heap of the warm isolates.",
        runtime.warm_bytes,
    );
    page.gauge(
        "blank_isolates",
        "Isolates that wait for a cold start.",
        runtime.blank_isolates,
    );
    page.gauge(
        "request_body_bytes",
        "Memory of the request bodies that are being received.",
        body_bytes,
    );
    page.head(
        "executions_total",
        "Executions that ended, by outcome.",
        "counter",
    );
    for (outcome, count) in &counters.outcomes {
        page.sample(&format!("executions_total{{outcome=\"{outcome}\"}}"), count);
    }
    page.counter(
        "cold_starts_total",
        "Attempts whose isolate had to be made.",
        counters.cold_starts,
    );
    page.counter(
        "rejected_total",
        "Executions refused because the queue was full.",
        counters.rejected,
    );
    page.counter("retries_total", "Retries scheduled.", counters.retries);
    page.counter(
        "abandoned_threads_total",
        "Threads given up because their call did not stop.",
        counters.abandoned,
    );
    page.counter(
        "fetch_requests_total",
        "HTTP requests of functions that ended, redirects included.",
        counters.requests,
    );
    page.counter(
        "fetch_refused_total",
        "HTTP requests of functions that a rule refused.",
        counters.refused_requests,
    );
    page.counter(
        "dead_letters_total",
        "Asynchronous executions that failed for good.",
        counters.dead_letters,
    );
    page.counter(
        "deliveries_succeeded_total",
        "Attempts to deliver a result that succeeded.",
        counters.delivered,
    );
    page.counter(
        "deliveries_failed_total",
        "Attempts to deliver a result that failed.",
        counters.undelivered,
    );
    page.histogram(
        "execution_duration_seconds",
        "Run time of attempts.",
        &counters.duration,
    );
    page.histogram(
        "queue_time_seconds",
        "Time from acceptance to the first attempt.",
        &counters.queue_time,
    );
    page.histogram(
        "store_commit_seconds",
        "Time that a group of writes took to commit.",
        &counters.store_commit,
    );
    page.0
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.line(format_args!("# HELP faas_{name} {help}"));
        self.line(format_args!("# TYPE faas_{name} {kind}"));
    }

    fn sample(&mut self, name: &str, value: &dyn Display) {
        self.line(format_args!("faas_{name} {value}"));
    }

    fn gauge(&mut self, name: &str, help: &str, value: usize) {
        self.head(name, help, "gauge");
        self.sample(name, &value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.sample(name, &value);
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head(name, help, "histogram");
        for (bound, count) in &histogram.buckets {
            self.sample(&format!("{name}_bucket{{le=\"{bound}\"}}"), count);
        }
        self.sample(&format!("{name}_bucket{{le=\"+Inf\"}}"), &histogram.count);
        self.sample(&format!("{name}_sum"), &histogram.sum);
        self.sample(&format!("{name}_count"), &histogram.count);
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_cumulative_and_ends_with_all_values() {
        let mut counters = LiveCounters::default();
        counters.outcomes = vec![("completed", 3), ("timeout", 1)];
        counters.duration = Histogram {
            buckets: vec![(0.001, 2), (0.1, 3)],
            count: 4,
            sum: 2.5,
        };
        let text = render(&counters, 0);
        for line in [
            "# TYPE faas_execution_duration_seconds histogram",
            "faas_execution_duration_seconds_bucket{le=\"0.001\"} 2",
            "faas_execution_duration_seconds_bucket{le=\"0.1\"} 3",
            "faas_execution_duration_seconds_bucket{le=\"+Inf\"} 4",
            "faas_execution_duration_seconds_sum 2.5",
            "faas_execution_duration_seconds_count 4",
            "faas_executions_total{outcome=\"timeout\"} 1",
            "faas_queue_depth 0",
        ] {
            assert!(
                text.lines().any(|l| l == line),
                "{line} is missing from\n{text}"
            );
        }
    }

    #[test]
    fn every_sample_belongs_to_a_metric_that_was_announced_once() {
        let text = render(&LiveCounters::default(), 0);
        let mut announced = std::collections::HashSet::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let name = rest.split(' ').next().unwrap();
                assert!(announced.insert(name.to_owned()), "{name} twice");
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().unwrap();
                let family = ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|suffix| name.strip_suffix(suffix))
                    .unwrap_or(name);
                assert!(announced.contains(family), "{line}");
            }
        }
    }
}

//! End to end: warm invocations over HTTP, next to a bare axum JSON echo in the same run.
//!
//! Each server is a process of its own, started from this same binary; the load comes from this one.
//! The servers take turns, round after round, so that a noisy machine is noisy for all of them;
//! figures are medians over the rounds, ratios are medians of each round's ratio.

#![expect(clippy::print_stdout, reason = "a program that reports")]

mod isolation;
mod load;
mod neighbours;
mod run;
mod servers;
mod waiting;

use std::time::Duration;

use faas_core::runtime::worker;
use servers::{KINDS, Server};

/// The allocator of `make dist`, for all servers that are compared.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const BODY: &str = r#"{"name":"Ada","numbers":[1,2,3,4,5,6,7,8]}"#;

fn main() -> Result<()> {
    worker::run_if_asked();
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("serve") => servers::serve(&arguments.next().unwrap_or_default()),
        Some("isolation") => isolation::measure(),
        Some("neighbours") => neighbours::measure(),
        Some("run") => run::measure(),
        Some("waiting") => waiting::measure(),
        Some("--quick") => measure(2, Duration::from_millis(500)),
        None => measure(7, Duration::from_secs(3)),
        Some(other) => Err(format!(
            "unknown argument {other:?}: expected nothing, --quick, isolation, neighbours, run or \
             waiting"
        )
        .into()),
    }
}

/// What one round found of one server.
struct Round {
    per_second: f64,
    cpu_micros: f64,
    p50: Duration,
    p99: Duration,
}

#[tokio::main]
async fn measure(rounds: usize, time: Duration) -> Result<()> {
    let mut servers = Vec::new();
    for kind in KINDS {
        servers.push(Server::start(kind).await?);
    }
    println!(
        "{rounds} rounds of {} s each; {} bytes in and out; release build",
        time.as_secs_f64(),
        BODY.len()
    );
    for connections in [1, 64] {
        let mut found: Vec<Vec<Round>> = servers.iter().map(|_| Vec::new()).collect();
        for server in &servers {
            load::run(server.address, &server.path, BODY, connections, time / 4).await?;
        }
        for _ in 0..rounds {
            for (server, rounds) in servers.iter().zip(&mut found) {
                let before = server.cpu()?;
                let load = load::run(server.address, &server.path, BODY, connections, time).await?;
                let used = server.cpu()? - before;
                let at = |percent: usize| {
                    let rank = (load.latencies.len() * percent / 100)
                        .min(load.latencies.len().saturating_sub(1));
                    load.latencies.get(rank).copied().unwrap_or_default()
                };
                #[expect(clippy::cast_precision_loss, reason = "a mean")]
                let requests = load.latencies.len().max(1) as f64;
                rounds.push(Round {
                    per_second: load.per_second,
                    cpu_micros: used.as_secs_f64() * 1e6 / requests,
                    p50: at(50),
                    p99: at(99),
                });
            }
        }
        report(connections, &found);
    }
    Ok(())
}

fn report(connections: usize, found: &[Vec<Round>]) {
    println!(
        "\n{connections} connections        requests/s   of echo   server CPU   p50       p99"
    );
    let Some(echo) = found.first() else { return };
    for (kind, rounds) in KINDS.iter().zip(found) {
        let per_second = median(rounds.iter().map(|round| round.per_second));
        let ratio = median(
            rounds
                .iter()
                .zip(echo)
                .map(|(round, echo)| round.per_second / echo.per_second),
        );
        let cpu = median(rounds.iter().map(|round| round.cpu_micros));
        let p50 = median(rounds.iter().map(|round| round.p50.as_secs_f64() * 1e3));
        let p99 = median(rounds.iter().map(|round| round.p99.as_secs_f64() * 1e3));
        println!(
            "{kind:<20} {per_second:>10.0}   {ratio:>7.2}   {cpu:>7.1} us   {p50:>6.3} ms {p99:>6.3} ms"
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

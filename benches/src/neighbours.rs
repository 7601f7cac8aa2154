//! What a steady caller of one function sees beside greedy calls of another, over HTTP, with default
//! settings.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Result;
use crate::servers::Server;

/// Calls of the neighbour, one each `INTERVAL`, for `TIME`.
const INTERVAL: Duration = Duration::from_millis(50);
const TIME: Duration = Duration::from_secs(30);

/// Greedy callers of one function. Each calls again as soon as it is answered.
struct Greedy {
    name: &'static str,
    callers: usize,
    /// Functions that share the callers.
    functions: usize,
    code: &'static str,
    timeout_ms: u32,
}

/// What holds all instances of a fresh server when somebody calls for the first time.
const FIRST: [Greedy; 2] = [
    Greedy {
        name: "1 call that burns 8 s",
        callers: 1,
        functions: 1,
        code: "for (;;); return input",
        timeout_ms: 8_000,
    },
    Greedy {
        name: "9 calls that sleep 6 s, of 9 functions",
        callers: 9,
        functions: 9,
        code: "await new Promise(done => setTimeout(done, 6000)); return 1",
        timeout_ms: 8_000,
    },
];

const GREEDY: [Greedy; 4] = [
    Greedy {
        name: "nothing",
        callers: 0,
        functions: 0,
        code: "",
        timeout_ms: 0,
    },
    Greedy {
        name: "12 calls that burn",
        callers: 12,
        functions: 1,
        code: "for (;;); return input",
        timeout_ms: 8_000,
    },
    Greedy {
        name: "20 calls that sleep 1 s",
        callers: 20,
        functions: 1,
        code: "await new Promise(done => setTimeout(done, 1000)); return 1",
        timeout_ms: 8_000,
    },
    Greedy {
        name: "12 calls that burn 2 s, of 3 functions",
        callers: 12,
        functions: 3,
        code: "for (;;); return input",
        timeout_ms: 2_000,
    },
];

/// Prints the figures.
#[tokio::main]
pub(crate) async fn measure() -> Result<()> {
    println!(
        "a call each {INTERVAL:?} for {} s, from a fresh server on, while others call all the time",
        TIME.as_secs()
    );
    for kind in ["sqlite, thread", "sqlite, process"] {
        println!("\n{kind:<42} p50        p90        p99        max    over 100 ms");
        for greedy in &GREEDY {
            let server = Server::start(kind).await?;
            let mut latencies = beside(&server, greedy).await?;
            latencies.sort_unstable();
            let over = latencies
                .iter()
                .filter(|latency| **latency > Duration::from_millis(100));
            println!(
                "{:<38} {:>9.1?}  {:>9.1?}  {:>9.1?}  {:>9.1?}   {} of {}",
                greedy.name,
                at(&latencies, 50),
                at(&latencies, 90),
                at(&latencies, 99),
                at(&latencies, 100),
                over.count(),
                latencies.len()
            );
        }
        for greedy in &FIRST {
            let server = Server::start(kind).await?;
            let _others = start(&server, greedy).await?;
            tokio::time::sleep_until((now() + INTERVAL).into()).await;
            let mut stream = connect(server.address).await?;
            let sent = now();
            let (status, _) = send(&mut stream, &server.path, "{}").await?;
            let took = sent.elapsed();
            println!(
                "the first call behind {}: {took:.1?}, status {status}",
                greedy.name
            );
        }
    }
    Ok(())
}

/// Starts the greedy callers.
async fn start(server: &Server, greedy: &Greedy) -> Result<JoinSet<Result<()>>> {
    let address = server.address;
    let mut others = JoinSet::new();
    for number in 0..greedy.functions {
        let upload = json!({
            "name": format!("greedy {number}"),
            "description": "takes what it gets",
            "code": greedy.code,
            "config": { "timeout": greedy.timeout_ms },
        });
        let mut stream = connect(address).await?;
        let (status, body) = send(&mut stream, "/api/functions", &upload.to_string()).await?;
        let function: Value = serde_json::from_slice(&body)?;
        let id = function.get("_id").and_then(Value::as_str);
        let id = id.ok_or_else(|| format!("not uploaded: {status} {function}"))?;
        let path = format!("/api/functions/{id}/invoke");
        for _ in 0..greedy.callers / greedy.functions {
            let path = path.clone();
            others.spawn(async move {
                let mut stream = connect(address).await?;
                loop {
                    let (status, body) = send(&mut stream, &path, "{}").await?;
                    if status != 200 && status != 504 {
                        let body = String::from_utf8_lossy(&body).into_owned();
                        return Err(format!("{status}: {body}").into());
                    }
                }
            });
        }
    }
    Ok(others)
}

/// The latencies of the neighbour beside `greedy`.
async fn beside(server: &Server, greedy: &Greedy) -> Result<Vec<Duration>> {
    let address = server.address;
    let mut others = start(server, greedy).await?;
    let idle = Arc::new(Mutex::new(Vec::new()));
    let mut calls = JoinSet::new();
    let start = now();
    let mut due = start;
    while due < start + TIME {
        tokio::time::sleep_until(due.into()).await;
        let (idle, path) = (idle.clone(), server.path.clone());
        calls.spawn(async move {
            let free = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut stream = match free {
                Some(stream) => stream,
                None => connect(address).await?,
            };
            let sent = now();
            let (status, body) = send(&mut stream, &path, "{\"a\":1}").await?;
            let took = sent.elapsed();
            if status != 200 {
                let body = String::from_utf8_lossy(&body).into_owned();
                return Result::<Duration>::Err(format!("{status}: {body}").into());
            }
            idle.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(stream);
            Ok(took)
        });
        due += INTERVAL;
    }
    let mut latencies = Vec::new();
    while let Some(call) = calls.join_next().await {
        latencies.push(call??);
    }
    if let Some(ended) = others.try_join_next() {
        ended??;
    }
    Ok(latencies)
}

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends a POST request and returns status and body of the answer.
async fn send(stream: &mut TcpStream, path: &str, body: &str) -> Result<(u16, Vec<u8>)> {
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(1_024);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(answer.get(..head).unwrap_or_default())?;
        let status = text.split(' ').nth(1).ok_or("no status")?.parse()?;
        let length = text.lines().filter_map(|line| line.split_once(": "));
        let mut length = length
            .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map(|(_, value)| value);
        let length: usize = length.next_back().ok_or("no content-length")?.parse()?;
        if answer.len() >= head + 4 + length {
            return Ok((status, answer.split_off(head + 4)));
        }
    }
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(rank).copied().unwrap_or_default()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the real time"
)]
fn now() -> Instant {
    Instant::now()
}

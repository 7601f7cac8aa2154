//! A load generator: connections that each send one request after the other, and nothing else.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What a run of load found.
pub(crate) struct Found {
    /// Answers with status 200, per second.
    pub(crate) per_second: f64,
    /// Latencies, sorted.
    pub(crate) latencies: Vec<Duration>,
}

/// Sends `body` to `path` over `connections` for `time`. Every answer must have status 200.
pub(crate) async fn run(
    server: SocketAddr,
    path: &str,
    body: &str,
    connections: usize,
    time: Duration,
) -> Result<Found> {
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {server}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let start = now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..connections {
        clients.spawn(client(server, request.clone(), start + time));
    }
    let mut latencies = Vec::new();
    while let Some(client) = clients.join_next().await {
        latencies.extend(client??);
    }
    let seconds = start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let per_second = latencies.len() as f64 / seconds;
    Ok(Found {
        per_second,
        latencies,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the real time"
)]
fn now() -> Instant {
    Instant::now()
}

async fn client(server: SocketAddr, request: String, until: Instant) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let mut latencies = Vec::with_capacity(16_384);
    let mut answer = Vec::with_capacity(4_096);
    loop {
        let sent = now();
        if sent >= until {
            return Ok(latencies);
        }
        stream.write_all(request.as_bytes()).await?;
        answer.clear();
        while !is_complete(&answer)? {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        latencies.push(sent.elapsed());
    }
}

/// Whether `answer` is a whole response.
fn is_complete(answer: &[u8]) -> Result<bool> {
    let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(false);
    };
    let text = std::str::from_utf8(answer.get(..head).unwrap_or_default())?;
    if !text.starts_with("HTTP/1.1 200") {
        return Err(format!("not a 200: {}", String::from_utf8_lossy(answer)).into());
    }
    let length = text.lines().filter_map(|line| line.split_once(": "));
    let mut length = length
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value);
    let length: usize = length.next_back().ok_or("no content-length")?.parse()?;
    Ok(answer.len() >= head + 4 + length)
}

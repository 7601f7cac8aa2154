//! The servers that are compared, each in a process of its own.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use axum::routing::post;
use axum::{Json, Router};
use faas_core::Platform;
use faas_core::platform::NewFunction;
use faas_core::runtime::{Processes, ProcessesOptions};
use faas_store_sqlite::{Durability, SqliteOptions, SqliteStore};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::Result;

/// Bare axum first: the others are compared to it.
pub(crate) const KINDS: [&str; 6] = [
    "axum echo",
    "memory, thread",
    "memory, process",
    "sqlite, thread",
    "sqlite, process",
    "sqlite full, thread",
];

/// A server that runs. It is killed when this is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
}

impl Server {
    pub(crate) async fn start(kind: &str) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", kind])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().ok_or("no output")?;
        let line = BufReader::new(output)
            .lines()
            .next_line()
            .await?
            .ok_or("the server did not start")?;
        let (address, path) = line.split_once(' ').ok_or("no address")?;
        Ok(Self {
            process,
            address: address.parse()?,
            path: path.to_owned(),
        })
    }

    /// The processor time that it has used, user and system, without that of its children.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        /// Linux counts it in hundredths of a second for user space.
        const TICK: Duration = Duration::from_millis(10);
        let id = self.process.id().ok_or("the server has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // Fields 14 and 15 of proc(5), counted after the name in parentheses.
        let (_, fields) = stat.rsplit_once(')').ok_or("no stat")?;
        let ticks: u32 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u32>().ok())
            .sum();
        Ok(TICK * ticks)
    }
}

/// Runs the server `kind` until it is killed; prints where it listens.
#[tokio::main]
pub(crate) async fn serve(kind: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("faas.db");
    let (store, isolation) = kind.split_once(", ").unwrap_or((kind, ""));
    let builder = Platform::builder();
    let builder = match isolation {
        "process" => builder.runtime(Processes::new(ProcessesOptions::default())?),
        _ => builder,
    };
    let (router, path) = match store {
        "axum echo" => (Router::new().route("/echo", post(echo)), "/echo".to_owned()),
        "memory" => platform(builder).await?,
        "sqlite" => platform(builder.store(SqliteStore::open(&file).await?)).await?,
        "sqlite full" => {
            let store = SqliteOptions::default()
                .durability(Durability::Full)
                .open(&file)
                .await?;
            platform(builder.store(store)).await?
        }
        other => return Err(format!("unknown server {other:?}").into()),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{} {path}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn echo(body: Json<serde_json::Value>) -> Json<serde_json::Value> {
    body
}

async fn platform(builder: faas_core::platform::PlatformBuilder) -> Result<(Router, String)> {
    let platform = builder.build().await?;
    let function = platform
        .functions()
        .create(NewFunction::new("echo", "echo", "return input"))
        .await?;
    Ok((
        faas_http::router(platform),
        format!("/api/functions/{}/invoke", function.id),
    ))
}

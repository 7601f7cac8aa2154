//! A real server on a loopback port, and a real client for it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::routing::get;
use faas_core::Platform;
use faas_core::access::{Access, AccessOptions};
use faas_core::model::FunctionId;
use faas_core::platform::NewFunction;
use faas_ws::{LiveEvents, WsOptions};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::scripted::Scripted;

/// Only a hang takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `condition` holds. `what` names it in the failure.
pub(crate) async fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let holds = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    let done = timeout(PATIENCE, holds).await;
    done.unwrap_or_else(|_| panic!("never happened: {what}"));
}

pub(crate) struct Server {
    pub(crate) platform: Platform,
    pub(crate) live: LiveEvents,
    pub(crate) access: Option<Access>,
    pub(crate) address: SocketAddr,
}

pub(crate) async fn start() -> Server {
    start_with(|_| {}).await
}

pub(crate) async fn start_with(change: impl FnOnce(&mut WsOptions)) -> Server {
    let platform = platform().await;
    let mut options = WsOptions::default();
    change(&mut options);
    serve(platform, options).await
}

/// A server that controls access.
pub(crate) async fn start_guarded(change: impl FnOnce(&mut AccessOptions)) -> Server {
    let platform = platform().await;
    let mut access = AccessOptions::default();
    change(&mut access);
    let mut options = WsOptions::default();
    options.access = Some(Access::start(&platform, access).await.unwrap());
    serve(platform, options).await
}

async fn platform() -> Platform {
    Platform::builder()
        .runtime(Scripted)
        .options(|options| options.retry_base = Duration::from_millis(1))
        .build()
        .await
        .unwrap()
}

async fn serve(platform: Platform, options: WsOptions) -> Server {
    let access = options.access.clone();
    let live = LiveEvents::new(platform.clone(), options);
    let app = live.router_over(get(async || "the page"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    Server {
        platform,
        live,
        access,
        address,
    }
}

impl Server {
    pub(crate) async fn upload(&self, script: &str) -> FunctionId {
        let new = NewFunction::new(script, "a script", script);
        self.platform.functions().create(new).await.unwrap().id
    }

    pub(crate) async fn connect(&self) -> Client {
        self.connect_to("/ws", None).await.unwrap()
    }

    pub(crate) async fn connect_to(
        &self,
        path: &str,
        origin: Option<&str>,
    ) -> Result<Client, Error> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request()?;
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", origin.parse().unwrap());
        }
        let (socket, _) = connect_async(request).await?;
        let mut client = Client::new(socket);
        // Once a ping is answered, the connection is subscribed.
        client.settle().await;
        assert!(self.live.connections() > 0);
        Ok(client)
    }
}

pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Whether the latest fragment was not the last of its message.
    is_in_message: bool,
}

impl Client {
    pub(crate) fn new(socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Self {
        Self {
            socket,
            is_in_message: false,
        }
    }

    pub(crate) async fn send(&mut self, text: impl Into<String>) {
        let message = Message::text(text.into());
        self.socket.send(message).await.unwrap();
    }

    /// Sends a fragment that is not the last of its message.
    pub(crate) async fn send_fragment(&mut self, text: String) {
        let opcode = if self.is_in_message {
            Data::Continue
        } else {
            Data::Text
        };
        self.is_in_message = true;
        let frame = Frame::message(text, OpCode::Data(opcode), false);
        self.socket.send(Message::Frame(frame)).await.unwrap();
    }

    /// Sends a message and waits until it was understood.
    pub(crate) async fn say(&mut self, message: Value) {
        self.send(message.to_string()).await;
        self.settle().await;
    }

    /// Waits until the server has read all that was sent.
    pub(crate) async fn settle(&mut self) {
        self.socket
            .send(Message::Ping("settle".into()))
            .await
            .unwrap();
        loop {
            if let Message::Pong(_) = self.next().await {
                return;
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Message {
        let next = timeout(PATIENCE, self.socket.next()).await;
        next.expect("nothing came")
            .expect("the stream has ended")
            .unwrap()
    }

    /// The next message that is not the metrics of every second.
    pub(crate) async fn event(&mut self) -> Value {
        loop {
            let Message::Text(text) = self.next().await else {
                continue;
            };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["type"] != "metrics" {
                return message;
            }
        }
    }

    /// The next such messages up to the first of this type.
    pub(crate) async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut messages = Vec::new();
        loop {
            messages.push(self.event().await);
            if messages.last().unwrap()["type"] == kind {
                return messages;
            }
        }
    }
}

pub(crate) fn types(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message["type"].as_str().unwrap())
        .collect()
}

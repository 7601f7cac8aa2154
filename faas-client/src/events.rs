//! Live events, over a WebSocket that is opened again after a break.

use std::pin::pin;
use std::time::Duration;

use faas_api::event::Message;
use faas_api::{Since, Subscribe};
use futures_util::future::{Either, select};
use futures_util::{SinkExt, StreamExt};
use hyper::Uri;
use hyper::header::AUTHORIZATION;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::client::{Answer, Client};
use crate::connect::Io;
use crate::error::Error;

/// How many events wait for [`Events::next`]. When they are full, the client stops reading, and the
/// server sends a `gap` for what it drops.
const WAITING: usize = 256;
/// How long the server may be silent before the client pings it, and then before it counts as gone.
const SILENCE: Duration = Duration::from_secs(15);
/// The pauses before the next attempts to connect; the last one repeats.
const PAUSES: [u64; 5] = [100, 250, 500, 1_000, 2_000];

/// What [`Events::next`] returns.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The connection is open, for the first time or again: all events from now on arrive, and after a
    /// break those that the server still has. A `gap` stands for the others.
    Connected,
    /// An event.
    Message(Box<Message<'static>>),
    /// The connection broke, or could not be made. The client tries again.
    Disconnected(Error),
    /// The server refuses the client. No further events arrive.
    Refused(Error),
}

/// Live events: see [`Client::events`]. Dropping it closes the connection.
#[derive(Debug)]
pub struct Events {
    received: mpsc::Receiver<Event>,
    task: AbortHandle,
}

impl Events {
    /// The next event; `None` after [`Event::Refused`]. You can drop the future without losing an
    /// event.
    pub async fn next(&mut self) -> Option<Event> {
        self.received.recv().await
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Client {
    /// Live events that `subscribe` selects. The connection is made, and kept, by a task of the tokio
    /// runtime in which you call this.
    pub fn events(&self, subscribe: Subscribe) -> Events {
        let (sender, received) = mpsc::channel(WAITING);
        let connection = Connection {
            client: self.clone(),
            subscribe,
            sender,
        };
        let task = tokio::spawn(connection.run()).abort_handle();
        Events { received, task }
    }
}

struct Connection {
    client: Client,
    /// With the position after the last event.
    subscribe: Subscribe,
    sender: mpsc::Sender<Event>,
}

/// Nobody receives events any more.
struct Unwanted;

type Socket = WebSocketStream<Box<dyn Io>>;

impl Connection {
    async fn run(mut self) {
        let mut failures = 0_usize;
        loop {
            let ended = match self.open().await {
                Ok(socket) => {
                    failures = 0;
                    self.receive(socket).await
                }
                Err(error) => Ok(error),
            };
            let Ok(error) = ended else { return };
            let is_final = error.api().is_some_and(|error| error.status < 500)
                || matches!(error, Error::Invalid(_));
            if is_final {
                // If nobody receives it, nobody needs it.
                let _ = self.tell(Event::Refused(error)).await;
                return;
            }
            if self.tell(Event::Disconnected(error)).await.is_err() {
                return;
            }
            let pause = PAUSES.get(failures).or(PAUSES.last());
            failures += 1;
            let pause = Duration::from_millis(*pause.unwrap_or(&0));
            // Ends early only if the receiver is dropped.
            let _ = timeout(pause, self.sender.closed()).await;
        }
    }

    async fn tell(&self, event: Event) -> Result<(), Unwanted> {
        self.sender.send(event).await.map_err(|_| Unwanted)
    }

    async fn open(&self) -> Result<Socket, Error> {
        let base = self.client.base();
        let uri: Result<Uri, _> = base.as_str().parse();
        let uri = uri.map_err(|error| Error::Invalid(error.to_string()))?;
        let stream = self.client.connector().connect(uri).await;
        let stream = stream.map_err(|error| Error::Connect {
            server: self.client.server().to_owned(),
            source: error.into(),
        })?;
        let address = format!("{}/ws", self.client.server()).replacen("http", "ws", 1);
        let mut request = address
            .into_client_request()
            .map_err(|error| Error::Invalid(error.to_string()))?;
        if let Some(key) = self.client.authorization() {
            request.headers_mut().insert(AUTHORIZATION, key.clone());
        }
        let handshake = timeout(SILENCE, client_async(request, stream.into_inner())).await;
        let (mut socket, _) = match handshake {
            Ok(Ok(open)) => open,
            Ok(Err(error)) => return Err(self.not_open(error)),
            Err(_) => return Err(self.broken("it does not answer".into())),
        };
        let subscribe = serde_json::to_string(&self.subscribe);
        let subscribe = subscribe.map_err(|error| Error::Invalid(error.to_string()))?;
        // The server answers the ping once the subscription is in force.
        for frame in [Frame::text(subscribe), Frame::Ping("".into())] {
            let sent = socket.send(frame).await;
            sent.map_err(|error| self.broken(error.into()))?;
        }
        Ok(socket)
    }

    /// Receives until the connection ends, and says why it did.
    async fn receive(&mut self, mut socket: Socket) -> Result<Error, Unwanted> {
        let mut is_subscribed = false;
        let mut is_pinged = false;
        loop {
            let frame = {
                let wanted = pin!(self.sender.closed());
                match select(pin!(timeout(SILENCE, socket.next())), wanted).await {
                    Either::Left((frame, _)) => frame,
                    Either::Right(_) => return Err(Unwanted),
                }
            };
            let frame = match frame {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return Ok(self.broken(error.into())),
                Ok(None) => return Ok(self.broken("the server closed the connection".into())),
                Err(_) if is_pinged => return Ok(self.broken("the server is silent".into())),
                Err(_) => {
                    is_pinged = true;
                    if let Err(error) = socket.send(Frame::Ping("".into())).await {
                        return Ok(self.broken(error.into()));
                    }
                    continue;
                }
            };
            is_pinged = false;
            match frame {
                Frame::Text(text) => {
                    let Ok(message) = serde_json::from_str::<Message<'static>>(&text) else {
                        return Ok(self.broken("the server sent what is no event".into()));
                    };
                    if let Some(seq) = message.seq {
                        let epoch = message.epoch;
                        self.subscribe.since = Some(Since { epoch, seq });
                    }
                    self.tell(Event::Message(Box::new(message))).await?;
                }
                Frame::Pong(_) if !is_subscribed => {
                    is_subscribed = true;
                    self.tell(Event::Connected).await?;
                }
                Frame::Close(Some(close)) if u16::from(close.code) == 1008 => {
                    let reason = format!("the server ended the connection: {}", close.reason);
                    return Ok(Error::Invalid(reason));
                }
                _ => {}
            }
        }
    }

    /// The server's answer to the handshake, if it is one.
    fn not_open(&self, error: tungstenite::Error) -> Error {
        let tungstenite::Error::Http(response) = error else {
            return self.broken(error.into());
        };
        let (parts, body) = response.into_parts();
        self.client.refused(&Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.unwrap_or_default().into(),
        })
    }

    fn broken(&self, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
        let server = self.client.server().to_owned();
        Error::Broken { server, source }
    }
}

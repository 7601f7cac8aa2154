//! Bytes in pieces, from or to user code.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::mpsc;

use crate::runtime::HostError;

/// Bytes that come in pieces: a `ReadableStream` in user code. After an error nothing follows.
///
/// Nothing is read ahead: user code that reads slowly slows down what produces the pieces, and a
/// host function that reads slowly slows down the user code.
///
/// ```
/// use faas_core::bindings::{Binding, ByteStream, HostCall};
/// use faas_core::runtime::HostError;
///
/// let model = Binding::new("model")
///     // `for await (const piece of await context.model.answer("…"))`
///     .stream_function("answer", |_: HostCall, question: String| async move {
///         let (mut words, stream) = ByteStream::channel();
///         tokio::spawn(async move {
///             for word in question.split(' ') {
///                 // The code may have stopped reading.
///                 if words.send(word.to_owned()).await.is_err() {
///                     return;
///                 }
///             }
///         });
///         Ok(stream)
///     })
///     // `await context.model.train(request.body)`
///     .upload_function("train", |_: HostCall, mut body: ByteStream| async move {
///         let mut bytes = 0;
///         while let Some(piece) = body.next().await {
///             bytes += piece?.len();
///         }
///         Ok(bytes)
///     });
/// ```
pub struct ByteStream(Pin<Box<dyn Stream<Item = Result<Bytes, HostError>> + Send>>);

impl ByteStream {
    /// Wraps a stream.
    pub fn new(stream: impl Stream<Item = Result<Bytes, HostError>> + Send + 'static) -> Self {
        Self(Box::pin(stream))
    }

    /// Creates a stream whose pieces another task sends. It ends when the sender is dropped.
    pub fn channel() -> (ByteSender, Self) {
        let (sender, receiver) = mpsc::channel(1);
        let pieces = stream::unfold(receiver, |mut receiver| async move {
            let piece = receiver.recv().await?;
            Some((piece, receiver))
        });
        (ByteSender(sender), Self::new(pieces))
    }

    /// Returns the next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, HostError>> {
        self.0.next().await
    }
}

/// A stream of one piece.
impl From<Bytes> for ByteStream {
    fn from(bytes: Bytes) -> Self {
        Self::new(stream::once(std::future::ready(Ok(bytes))))
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, HostError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").finish_non_exhaustive()
    }
}

/// Sends the pieces of [`ByteStream::channel`].
#[derive(Debug, Clone)]
pub struct ByteSender(mpsc::Sender<Result<Bytes, HostError>>);

/// Nobody reads the stream any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody reads the stream any more")]
pub struct StreamClosed;

impl ByteSender {
    /// Sends a piece, when the one before it was taken.
    ///
    /// # Errors
    /// [`StreamClosed`] if nobody reads the stream any more.
    pub async fn send(&mut self, piece: impl Into<Bytes>) -> Result<(), StreamClosed> {
        self.give(Ok(piece.into())).await
    }

    /// Ends the stream with an error.
    ///
    /// # Errors
    /// [`StreamClosed`] if nobody reads the stream any more.
    pub async fn fail(self, error: HostError) -> Result<(), StreamClosed> {
        self.give(Err(error)).await
    }

    async fn give(&self, piece: Result<Bytes, HostError>) -> Result<(), StreamClosed> {
        self.0.send(piece).await.map_err(|_| StreamClosed)
    }
}

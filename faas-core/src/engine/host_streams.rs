//! The streams of an attempt's host calls: arguments and results in pieces.
//!
//! Code asks for each piece of a result and waits until each piece of an argument is taken, so
//! neither side gets ahead of the other by more than a piece. All streams end with their attempt.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::Engine;
use super::host_calls::{HostCalls, Kept, check_argument, guarded};
use crate::bindings::{ByteSender, ByteStream};
use crate::model::Json;
use crate::options::PlatformOptions;
use crate::runtime::{HostAnswer, HostError, Payload, StreamAction};

/// The most bytes that code gets at a time. Longer pieces are split.
const MAX_PIECE: usize = 256 << 10;

/// The open streams of an attempt. Of each kind there are at most as many as host calls may run at a
/// time.
#[derive(Default)]
pub(super) struct Streams {
    /// By the numbers that the code has chosen.
    arguments: HashMap<u64, Argument>,
    /// `None` while a piece is read.
    results: HashMap<u64, Option<Reading>>,
    /// The number of the last result.
    last: u64,
}

/// A stream that code writes. Its first pieces may come before its call, which may have to wait.
struct Argument {
    /// `None` once the code has written everything.
    sender: Option<ByteSender>,
    /// For the call; `None` once it has taken the stream.
    stream: Option<ByteStream>,
    bytes: Arc<AtomicU64>,
    /// Whether it is the response to an HTTP request.
    is_response: bool,
}

/// A stream that code reads.
struct Reading {
    stream: ByteStream,
    /// What is left of the last piece.
    rest: Bytes,
    kept: Kept,
}

impl Streams {
    /// Takes an argument for its call. Also returns the number of its bytes, which grows.
    ///
    /// # Errors
    /// When there are too many, or another call has taken it.
    pub(super) fn take_argument(
        &mut self,
        options: &PlatformOptions,
        number: u64,
        is_response: bool,
    ) -> Result<(ByteStream, Arc<AtomicU64>), HostError> {
        let argument = self.argument(options, number)?;
        let taken = argument.stream.take().ok_or_else(|| {
            HostError::new(
                "ERR_INVALID_ARGUMENT",
                "the stream is the argument of another call",
            )
        })?;
        argument.is_response = is_response;
        let bytes = argument.bytes.clone();
        self.forget_if_done(number);
        Ok((taken, bytes))
    }

    /// Returns the argument with this number, which is opened with its first use.
    fn argument(
        &mut self,
        options: &PlatformOptions,
        number: u64,
    ) -> Result<&mut Argument, HostError> {
        let open = self.arguments.len();
        match self.arguments.entry(number) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => {
                check_count(options, open)?;
                let (sender, stream) = ByteStream::channel();
                Ok(free.insert(Argument {
                    sender: Some(sender),
                    stream: Some(stream),
                    bytes: Arc::default(),
                    is_response: false,
                }))
            }
        }
    }

    /// Whether an argument is the response to an HTTP request.
    fn is_response(&self, number: u64) -> bool {
        let argument = self.arguments.get(&number);
        argument.is_some_and(|argument| argument.is_response)
    }

    /// Ends an argument. Returns its sender.
    fn end_argument(
        &mut self,
        options: &PlatformOptions,
        number: u64,
    ) -> Result<Option<ByteSender>, HostError> {
        let sender = self.argument(options, number)?.sender.take();
        self.forget_if_done(number);
        Ok(sender)
    }

    fn forget_if_done(&mut self, number: u64) {
        let argument = self.arguments.get(&number);
        if argument.is_some_and(|one| one.sender.is_none() && one.stream.is_none()) {
            self.arguments.remove(&number);
        }
    }

    /// Opens a result. Returns its number.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn open_result(
        &mut self,
        options: &PlatformOptions,
        stream: ByteStream,
        kept: Kept,
    ) -> Result<u64, HostError> {
        if let Err(error) = check_count(options, self.results.len()) {
            kept.end(Some(&error));
            return Err(error);
        }
        self.last += 1;
        let reading = Reading {
            stream,
            rest: Bytes::new(),
            kept,
        };
        self.results.insert(self.last, Some(reading));
        Ok(self.last)
    }
}

fn check_count(options: &PlatformOptions, open: usize) -> Result<(), HostError> {
    let most = options.max_concurrent_host_calls.max(1);
    if open >= most {
        return Err(HostError::new(
            "ERR_TOO_MANY_STREAMS",
            format!("an attempt may have at most {most} open streams"),
        ));
    }
    Ok(())
}

/// Does what code asks for with a stream.
pub(super) async fn act(
    engine: &Engine,
    calls: &HostCalls,
    number: u64,
    action: StreamAction,
) -> HostAnswer {
    let options = &engine.0.options;
    match action {
        StreamAction::Read => return read(engine, calls, number).await,
        StreamAction::Cancel => {
            let reading = calls.streams.lock().results.remove(&number);
            if let Some(Some(reading)) = reading {
                reading.kept.end(None);
            }
        }
        StreamAction::Write(piece) => write(engine, calls, number, piece).await?,
        StreamAction::End => {
            let sender = calls.streams.lock().end_argument(options, number)?;
            drop(sender);
        }
        StreamAction::Abort => {
            let error = HostError::new("ERR_ABORTED", "the code has aborted the stream");
            fail(engine, calls, number, error).await?;
        }
    }
    Ok(null())
}

/// Reads the next piece of a result.
async fn read(engine: &Engine, calls: &HostCalls, number: u64) -> HostAnswer {
    let mut reading = match calls.streams.lock().results.get_mut(&number) {
        None => return Err(closed()),
        Some(reading) => reading.take().ok_or_else(|| {
            HostError::new("ERR_STREAM_BUSY", "a piece of this stream is read already")
        })?,
    };
    // If this future is dropped, the attempt has ended, and the call is kept as dropped.
    let piece = guarded(async {
        let Some(piece) = reading.next().await? else {
            return Ok(None);
        };
        if !reading.kept.record.is_exchange() {
            calls.move_bytes(&engine.0.options, piece.len())?;
        }
        Ok(Some(piece))
    });
    let piece = piece.await;
    let mut streams = calls.streams.lock();
    match piece {
        Ok(Some(piece)) => {
            reading.kept.record.bytes_out += piece.len() as u64;
            // The code may have cancelled the stream meanwhile.
            if let Some(place) = streams.results.get_mut(&number) {
                *place = Some(reading);
            } else {
                reading.kept.end(None);
            }
            Ok(Payload::Bytes(piece))
        }
        Ok(None) => {
            streams.results.remove(&number);
            reading.kept.end(None);
            Ok(null())
        }
        Err(error) => {
            streams.results.remove(&number);
            reading.kept.end(Some(&error));
            Err(error)
        }
    }
}

impl Reading {
    /// Returns the next piece, which is not empty; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, HostError> {
        while self.rest.is_empty() {
            match self.stream.next().await {
                Some(piece) => self.rest = piece?,
                None => return Ok(None),
            }
        }
        let length = self.rest.len().min(MAX_PIECE);
        Ok(Some(self.rest.split_to(length)))
    }
}

/// Ends an argument with an error, which its host function reads.
async fn fail(
    engine: &Engine,
    calls: &HostCalls,
    number: u64,
    error: HostError,
) -> Result<(), HostError> {
    let options = &engine.0.options;
    let sender = calls.streams.lock().end_argument(options, number)?;
    if let Some(sender) = sender {
        // A host function that reads no more does not need to know.
        let _ = sender.fail(error).await;
    }
    Ok(())
}

/// Adds a piece to an argument. A piece that is refused ends it.
async fn write(
    engine: &Engine,
    calls: &HostCalls,
    number: u64,
    piece: Bytes,
) -> Result<(), HostError> {
    let options = &engine.0.options;
    let is_response = calls.streams.lock().is_response(number);
    let admitted = check_argument(options, piece.len()).and_then(|()| {
        if is_response {
            // Its own limit holds for it.
            return Ok(());
        }
        calls.move_bytes(options, piece.len())
    });
    if let Err(error) = admitted {
        fail(engine, calls, number, error.clone()).await?;
        return Err(error);
    }
    let mut sender = {
        let mut streams = calls.streams.lock();
        let argument = streams.argument(options, number)?;
        let bytes = piece.len() as u64;
        argument.bytes.fetch_add(bytes, Ordering::Relaxed);
        argument.sender.clone().ok_or_else(closed)?
    };
    if sender.send(piece).await.is_err() {
        calls.streams.lock().arguments.remove(&number);
        return Err(closed());
    }
    Ok(())
}

fn closed() -> HostError {
    HostError::new("ERR_STREAM_CLOSED", "the stream is closed")
}

fn null() -> Payload {
    Payload::Json(Json::trusted("null"))
}

//! A line to the server that can be cut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::uri::Uri;

const THROUGH: u8 = 0;
const CUT: u8 = 1;
const LOSE_ANSWER: u8 = 2;
const LOSE_UPDATE: u8 = 3;
const GONE: u8 = 4;

/// The most that a wire message may have, in bytes.
const MAX_MESSAGE: u64 = 48_000_000;

/// Passes messages on between clients and a server. Whoever connects to [`uri`](Self::uri) talks to
/// the server through it. It is cut for good when dropped.
#[derive(Debug)]
pub struct FaultProxy {
    /// The database at the near end of the proxy.
    pub uri: String,
    near_end: SocketAddr,
    line: Arc<Line>,
}

#[derive(Debug)]
struct Line {
    far_end: String,
    state: AtomicU8,
    /// Both ends of all connections.
    open: Mutex<Vec<TcpStream>>,
    /// How long each request takes, in microseconds.
    delay: AtomicU64,
    /// The requests that have passed, where they are recorded.
    recorded: Mutex<Option<Vec<Vec<u8>>>>,
}

impl FaultProxy {
    /// A line to the first host of `uri`.
    ///
    /// # Panics
    /// When `uri` is none, or no port is free.
    #[expect(clippy::expect_used, reason = "the test that asks for it is to fail")]
    pub fn to(uri: &str) -> Self {
        let uri = Uri::parse(uri).expect("a URI of a MongoDB server");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let near_end = listener.local_addr().expect("the address listened on");
        let line = Arc::new(Line {
            far_end: uri.first_host(),
            state: AtomicU8::new(THROUGH),
            open: Mutex::default(),
            delay: AtomicU64::new(0),
            recorded: Mutex::default(),
        });
        let shared = Arc::clone(&line);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.is(GONE) {
                    return;
                }
                let line = Arc::clone(&shared);
                thread::spawn(move || line.serve(client));
            }
        });
        Self {
            uri: uri.at(&near_end.to_string()).to_string(),
            near_end,
            line,
        }
    }

    /// Nothing passes any more: connections break, also those that wait for an answer, and new ones
    /// are closed as soon as they are made.
    pub fn cut(&self) {
        self.line.break_off(CUT);
    }

    /// The next update reaches the server, and its answer is lost.
    pub fn lose_answer(&self) {
        self.line.state.store(LOSE_ANSWER, Ordering::SeqCst);
    }

    /// From now on each request takes so long to pass, as over a longer line.
    pub fn delay(&self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.line.delay.store(micros, Ordering::SeqCst);
    }

    /// Records requests from now on, as wire messages. Returns those since the last call.
    pub fn record(&self) -> Vec<Vec<u8>> {
        let mut recorded = self.line.recorded();
        recorded.replace(Vec::new()).unwrap_or_default()
    }

    /// The next update does not reach the server, and its connection stays open in silence.
    pub fn lose_update(&self) {
        self.line.state.store(LOSE_UPDATE, Ordering::SeqCst);
    }

    /// Whether everything passes: what was to be lost has been lost, and nothing is cut.
    pub fn is_whole(&self) -> bool {
        self.line.is(THROUGH)
    }

    /// Everything passes again, over new connections.
    pub fn mend(&self) {
        self.line.state.store(THROUGH, Ordering::SeqCst);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.line.break_off(GONE);
        // Wakes whoever waits for connections. Where this fails, nobody does.
        let _ = TcpStream::connect(self.near_end);
    }
}

impl Line {
    fn is(&self, state: u8) -> bool {
        self.state.load(Ordering::SeqCst) == state
    }

    fn take_time(&self) {
        let delay = self.delay.load(Ordering::SeqCst);
        if delay > 0 {
            #[expect(clippy::disallowed_methods, reason = "a line takes real time")]
            thread::sleep(Duration::from_micros(delay));
        }
    }

    fn recorded(&self) -> MutexGuard<'_, Option<Vec<Vec<u8>>>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_broken(&self) -> bool {
        self.is(CUT) || self.is(GONE)
    }

    fn break_off(&self, state: u8) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        self.state.store(state, Ordering::SeqCst);
        for end in open.drain(..) {
            // One that is closed already cannot be closed.
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Keeps both ends so that they can be closed; `None` when the line is broken.
    fn keep(&self, ends: [&TcpStream; 2]) -> Option<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_broken() {
            return None;
        }
        for end in ends {
            open.push(end.try_clone().ok()?);
        }
        Some(())
    }

    /// Connects a client. Requests and answers pass apart from each other, since a server may send
    /// one answer after another to the same request.
    fn serve(&self, mut client: TcpStream) -> Option<()> {
        let mut server = TcpStream::connect(&self.far_end).ok()?;
        self.keep([&client, &server])?;
        let lose = AtomicBool::new(false);
        let (mut to_client, mut from_server) = (client.try_clone().ok()?, server.try_clone().ok()?);
        thread::scope(|scope| {
            scope.spawn(|| {
                self.answers(&mut from_server, &mut to_client, &lose);
                close(&from_server, &to_client);
            });
            self.requests(&mut client, &mut server, &lose);
            close(&client, &server);
        });
        Some(())
    }

    fn requests(&self, client: &mut TcpStream, server: &mut TcpStream, lose: &AtomicBool) {
        while let Some(request) = message(client) {
            if self.is_broken() {
                return;
            }
            let is_update = request.windows(8).any(|bytes| bytes == b"\x02update\0");
            if is_update && self.takes(LOSE_UPDATE) {
                continue;
            }
            if is_update && self.takes(LOSE_ANSWER) {
                lose.store(true, Ordering::SeqCst);
            }
            self.take_time();
            if let Some(recorded) = &mut *self.recorded() {
                recorded.push(request.clone());
            }
            if server.write_all(&request).is_err() {
                return;
            }
        }
    }

    fn answers(&self, server: &mut TcpStream, client: &mut TcpStream, lose: &AtomicBool) {
        while let Some(answer) = message(server) {
            if self.is_broken() || lose.load(Ordering::SeqCst) || client.write_all(&answer).is_err()
            {
                return;
            }
        }
    }

    /// Whether this is the update that this `loss` is meant for.
    fn takes(&self, loss: u8) -> bool {
        let order = Ordering::SeqCst;
        let changed = self.state.compare_exchange(loss, THROUGH, order, order);
        changed.is_ok()
    }
}

fn close(one: &TcpStream, other: &TcpStream) {
    // One that is closed already cannot be closed.
    let _ = one.shutdown(Shutdown::Both);
    let _ = other.shutdown(Shutdown::Both);
}

/// One message. Its length is in its first four bytes.
fn message(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = [0; 4];
    from.read_exact(&mut head).ok()?;
    let length = u64::from(u32::from_le_bytes(head));
    let rest = length.checked_sub(4).filter(|rest| *rest < MAX_MESSAGE)?;
    let mut whole = head.to_vec();
    let read = from.take(rest).read_to_end(&mut whole).ok()?;
    (read as u64 == rest).then_some(whole)
}

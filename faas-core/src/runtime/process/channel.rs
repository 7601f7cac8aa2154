//! The two pipes between a host and a child: one for requests, one for answers.
//!
//! Pipes need half the time of a socket: a message needs no buffer of its own, and each side is
//! woken only for what it waits for. They also offer less kernel code to attack.
//!
//! The child's ends block: it has nothing to do but to wait for its host. The host's ends do not, so
//! that a call occupies no thread. Greetings and compilations use [`Until`], which blocks.

use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;
use rustix::pipe::fcntl_setpipe_size;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Handle, Id};

use super::wire::{Filled, Frames};
use crate::clock::Clock;

/// The child's ends of the pipes.
#[derive(Debug)]
pub(super) struct ChildEnds {
    pub(super) requests: PipeReader,
    pub(super) answers: PipeWriter,
}

/// The host's ends of the pipes.
#[derive(Debug)]
pub(super) struct HostEnds {
    requests: Arc<File>,
    answers: Arc<File>,
    /// `None` until the first call.
    registered: Option<Registered>,
    /// The read end of the request pipe. While a reader exists, a write to a child that has ended
    /// raises no SIGPIPE, which would end a host that does not ignore it.
    unread: PipeReader,
}

/// The ends, registered with a tokio runtime.
#[derive(Debug)]
struct Registered {
    runtime: Id,
    answers: AsyncFd<Arc<File>>,
    /// `None` until a request was larger than the free capacity of its pipe.
    requests: Option<AsyncFd<Arc<File>>>,
}

/// The capacity of a pipe, in bytes. Linux limits all pipes of a user to 64 MiB and gives further
/// pipes very little. With the default of 64 KiB per pipe, 512 children would reach that limit.
const CAPACITY: usize = 16 << 10;

/// The number of descriptors in [`HostEnds`].
pub(super) const HOST_ENDS: usize = 3;

/// Opens both pipes.
///
/// # Errors
/// When the system lacks resources.
pub(super) fn open() -> io::Result<(HostEnds, ChildEnds)> {
    let (from_host, requests) = pipe()?;
    let (answers, from_child) = pipe()?;
    for end in [requests.as_fd(), answers.as_fd()] {
        fcntl_setfl(end, OFlags::NONBLOCK)?;
        // On failure the pipe works with another capacity.
        let _ = fcntl_setpipe_size(end, CAPACITY);
    }
    let host = HostEnds {
        requests: Arc::new(OwnedFd::from(requests).into()),
        answers: Arc::new(OwnedFd::from(answers).into()),
        registered: None,
        unread: from_host.try_clone()?,
    };
    let child = ChildEnds {
        requests: from_host,
        answers: from_child,
    };
    Ok((host, child))
}

impl HostEnds {
    /// Returns the descriptors, to be sent to the host.
    pub(super) fn descriptors(&self) -> [BorrowedFd<'_>; HOST_ENDS] {
        [
            self.requests.as_fd(),
            self.answers.as_fd(),
            self.unread.as_fd(),
        ]
    }

    /// Restores the ends from received [`Self::descriptors`].
    pub(super) fn received([requests, answers, unread]: [OwnedFd; HOST_ENDS]) -> Self {
        Self {
            requests: Arc::new(requests.into()),
            answers: Arc::new(answers.into()),
            registered: None,
            unread: unread.into(),
        }
    }

    /// Returns whether the child is alive and has sent nothing.
    pub(super) fn is_silent(&self) -> bool {
        is_silent(&self.answers)
    }

    /// Returns whether the child has ended, or closed its end of the answers.
    pub(super) fn is_closed(&self) -> bool {
        let mut closed = [PollFd::new(&self.answers, PollFlags::empty())];
        poll(&mut closed, Some(&Timespec::default())) != Ok(0)
    }

    /// Sends a request.
    ///
    /// # Errors
    /// [`ErrorKind::BrokenPipe`] when the child has closed its end, and [`ErrorKind::InvalidData`]
    /// when it answers before it has read the request.
    pub(super) async fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let sent = match (&*self.requests).write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.send_when_ready(bytes).await?
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => 0,
                sent => sent?,
            };
            bytes = bytes.get(sent..).unwrap_or_default();
        }
        Ok(())
    }

    async fn send_when_ready(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let requests = self.requests.clone();
        let ends = self.register()?;
        let answers = &ends.answers;
        let requests = match &mut ends.requests {
            Some(requests) => requests,
            none => none.insert(registered(requests, Interest::WRITABLE)?),
        };
        loop {
            tokio::select! {
                ready = requests.writable() => {
                    let mut ready = ready?;
                    match (&**ready.get_inner()).write(bytes) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => ready.clear_ready(),
                        sent => return sent,
                    }
                }
                ready = answers.readable() => {
                    let mut ready = ready?;
                    if !is_silent(answers.get_ref()) {
                        break;
                    }
                    ready.clear_ready();
                }
            }
        }
        Err(if self.is_closed() {
            ErrorKind::BrokenPipe.into()
        } else {
            io::Error::new(ErrorKind::InvalidData, "answer before the whole request")
        })
    }

    /// Waits until there is a frame of at most `max` bytes; `None` at the end of the answers.
    ///
    /// # Errors
    /// The errors of [`Frames::next`].
    pub(super) async fn receive<'f>(
        &mut self,
        frames: &'f mut Frames,
        max: usize,
    ) -> io::Result<Option<&'f [u8]>> {
        // A short call is often answered as soon as its child gets this processor: to let it have the
        // processor costs less than to wait for the answer.
        let mut may_yield = true;
        let frame = loop {
            if let Some(frame) = frames.take(max)? {
                break frame;
            }
            if std::mem::take(&mut may_yield) {
                std::thread::yield_now();
                match frames.fill(&mut &*self.answers, max) {
                    Ok(Filled::End) => return Ok(None),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                    Ok(_) => continue,
                }
            }
            let mut ready = self.register()?.answers.readable().await?;
            match frames.fill(&mut &**ready.get_inner(), max) {
                Ok(Filled::End) => return Ok(None),
                // All was read, so the next data wakes this task again.
                Ok(Filled::Partly) => ready.clear_ready(),
                Ok(Filled::Full) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => ready.clear_ready(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        Ok(Some(frames.frame(frame)))
    }

    /// Waits until the child has ended or sent something.
    ///
    /// # Errors
    /// When the pipe cannot be registered with the runtime.
    pub(super) async fn wait_for_sign(&mut self) -> io::Result<()> {
        let answers = &self.register()?.answers;
        loop {
            let mut ready = answers.readable().await?;
            if !is_silent(answers.get_ref()) {
                return Ok(());
            }
            ready.clear_ready();
        }
    }

    /// Registers the ends with the current tokio runtime. A child can serve several runtimes.
    fn register(&mut self) -> io::Result<&mut Registered> {
        let runtime = Handle::current().id();
        let ends = match self.registered.take() {
            Some(ends) if ends.runtime == runtime => ends,
            _ => Registered {
                runtime,
                answers: registered(self.answers.clone(), Interest::READABLE)?,
                requests: None,
            },
        };
        Ok(self.registered.insert(ends))
    }

    /// Returns a stream over the pipes with a deadline on the monotonic clock.
    pub(super) fn until<'a>(&'a self, end: Duration, clock: &'a dyn Clock) -> Until<'a> {
        Until {
            ends: self,
            clock,
            end,
        }
    }
}

/// Registers a descriptor with the current tokio runtime.
///
/// # Errors
/// When the system lacks resources.
#[expect(
    unsafe_code,
    reason = "tokio cannot check that a descriptor stays open"
)]
pub(super) fn registered(file: Arc<File>, interest: Interest) -> io::Result<AsyncFd<Arc<File>>> {
    // SAFETY: a file has the same, open descriptor until it is dropped, and it is dropped after the
    // registration.
    Ok(unsafe { AsyncFd::register_with_interest(file, interest) }?)
}

fn is_silent(answers: &File) -> bool {
    let mut answered = [PollFd::new(answers, PollFlags::IN)];
    poll(&mut answered, Some(&Timespec::default())) == Ok(0)
}

/// The host's ends with a deadline, after which operations fail with [`ErrorKind::TimedOut`].
pub(super) struct Until<'a> {
    ends: &'a HostEnds,
    clock: &'a dyn Clock,
    end: Duration,
}

impl Until<'_> {
    /// Waits until one of the descriptors is ready.
    fn wait_for(&self, ready: &mut [PollFd<'_>]) -> io::Result<()> {
        loop {
            let left = self.end.saturating_sub(self.clock.monotonic());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            match poll(ready, Some(&left)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Read for Until<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let answers = &*self.ends.answers;
        loop {
            self.wait_for(&mut [PollFd::new(answers, PollFlags::IN)])?;
            match (&*answers).read(into) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}

impl Write for Until<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (requests, answers) = (&*self.ends.requests, &*self.ends.answers);
        loop {
            match (&*requests).write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // Poll always reports the end of the answers; nothing else about them matters
                    // here.
                    let mut ready = [
                        PollFd::new(requests, PollFlags::OUT),
                        PollFd::new(answers, PollFlags::empty()),
                    ];
                    self.wait_for(&mut ready)?;
                    let [_, ended] = ready;
                    if !ended.revents().is_empty() {
                        return Err(ErrorKind::BrokenPipe.into());
                    }
                }
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    const SOON: Duration = Duration::from_millis(30);
    const MEGABYTE: usize = 1 << 20;

    #[test]
    fn large_messages_pass_in_both_directions() {
        let (host, mut child) = open().unwrap();
        let clock = SystemClock::new();
        let echo = std::thread::spawn(move || {
            let mut all = vec![0; MEGABYTE];
            child.requests.read_exact(&mut all).unwrap();
            child.answers.write_all(&all).unwrap();
        });
        let sent: Vec<u8> = (0..MEGABYTE).map(|n| (n % 251) as u8).collect();
        let mut ends = host.until(clock.monotonic() + Duration::from_secs(20), &clock);
        ends.write_all(&sent).unwrap();
        let mut answer = vec![0; MEGABYTE];
        ends.read_exact(&mut answer).unwrap();
        assert!(answer == sent);
        echo.join().unwrap();
    }

    #[test]
    fn reads_and_writes_to_an_unresponsive_child_end_at_the_deadline() {
        let (host, _child) = open().unwrap();
        let clock = SystemClock::new();
        let until = || host.until(clock.monotonic() + SOON, &clock);
        assert_eq!(
            until().read(&mut [0]).unwrap_err().kind(),
            ErrorKind::TimedOut
        );
        let error = until().write_all(&[0; MEGABYTE]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(host.is_silent());
    }

    #[test]
    fn writing_to_a_child_that_has_ended_is_an_error_and_raises_no_signal() {
        let (host, child) = open().unwrap();
        drop(child);
        let clock = SystemClock::new();
        let mut ends = host.until(clock.monotonic() + Duration::from_secs(20), &clock);
        assert!(!host.is_silent());
        assert_eq!(ends.read(&mut [0]).unwrap(), 0);
        ends.write_all(b"small").unwrap();
        let error = ends.write_all(&[0; MEGABYTE]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert!(clock.monotonic() < Duration::from_secs(20));
    }
}

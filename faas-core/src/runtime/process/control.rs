//! Messages between a host and its worker: one request, one reply, each a datagram. Both start with
//! the request's number, because a reply may arrive after the host has stopped waiting for it.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::{Deserialize, Serialize};

use super::channel::HOST_ENDS;

/// The longest message, in bytes.
const MAX_MESSAGE: usize = 1024;

/// The maximum number of descriptors in a message: a child's pipes, its pidfd and its console
/// memory.
pub(super) const MAX_DESCRIPTORS: usize = HOST_ENDS + 2;

/// A request of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Order {
    /// Enter the sandbox. Sent once, as the first order.
    Lock {
        /// Whether to continue if no sandbox is available.
        optional: bool,
        /// Whether code may make code from text.
        eval: bool,
        /// Whether the modules of the host are attached, as a file in memory.
        modules: bool,
    },
    /// Fork a child.
    Fork,
    /// Report how this child ended, or reap it later if it has not ended.
    Reap(i32),
}

/// A reply of the worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Report {
    /// The worker is ready. `missing` lists the restrictions that the system lacks, for people.
    Ready { missing: Vec<String> },
    /// The worker cannot sandbox its children, for this reason.
    Refused(String),
    /// A child with this process id was forked. Its pipes, pidfd and console memory are attached.
    Forked(i32),
    /// The child's wait status.
    Reaped(i32),
    /// The order failed with this error number.
    Failed(i32),
}

/// Sends a message with descriptors.
///
/// # Errors
/// When the other side is gone, or the system lacks resources.
pub(super) fn send(
    socket: impl AsFd,
    message: &impl Serialize,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let bytes = postcard::to_stdvec(message).map_err(|error| invalid(&error.to_string()))?;
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(invalid("too many descriptors"));
    }
    sendmsg(
        socket,
        &[IoSlice::new(&bytes)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}

/// Receives a message with its descriptors; `None` when the other side is gone.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for a malformed message; otherwise the system's error.
pub(super) fn receive<T: for<'a> Deserialize<'a>>(
    socket: impl AsFd,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut bytes = [0; MAX_MESSAGE];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = loop {
        let mut into = [IoSliceMut::new(&mut bytes)];
        match recvmsg(&socket, &mut into, &mut control, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => {}
            received => break received?.bytes,
        }
    };
    let descriptors = control
        .drain()
        .flat_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => descriptors.collect(),
            _ => Vec::new(),
        })
        .collect();
    if received == 0 {
        return Ok(None);
    }
    let message = bytes.get(..received).unwrap_or_default();
    let message = postcard::from_bytes(message).map_err(|error| invalid(&error.to_string()))?;
    Ok(Some((message, descriptors)))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

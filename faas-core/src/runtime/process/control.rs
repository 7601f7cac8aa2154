//! What a host and its worker say to each other: one request, one reply, each a datagram. Both begin
//! with the request's number: a host that has stopped waiting for a reply gets it all the same.

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

/// The most descriptors that come along: those of a child, which are its pipes, its pidfd and its
/// console.
pub(super) const MAX_DESCRIPTORS: usize = HOST_ENDS + 2;

/// What a host asks of its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Order {
    /// Lock yourself in: the first order, and given once.
    Lock {
        /// Whether to go on when that is not possible.
        or_go_on: bool,
    },
    /// Fork a child.
    Fork,
    /// Say how this child ended, if it has; else reap it when it does.
    Reap(i32),
}

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Report {
    /// It is ready. The locks that the system does not offer, for people.
    Ready { missing: Vec<String> },
    /// It cannot lock its children in, for this reason.
    Refused(String),
    /// The child with this id was forked; the host's ends of its pipes, its pidfd and its console's
    /// memory come along.
    Forked(i32),
    /// The child's wait status.
    Reaped(i32),
    /// What was asked for cannot be done: the number of an error.
    Failed(i32),
}

/// Sends a message with descriptors.
///
/// # Errors
/// The other side is gone, or the system has no room.
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

/// Receives a message and the descriptors that came along; `None` when the other side is gone.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for what is no message; else the system's.
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

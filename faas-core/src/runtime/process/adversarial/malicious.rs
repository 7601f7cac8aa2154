//! A worker and children that break the protocol on request.
//!
//! The code of a function names the fault that its child commits; any other code is a function that
//! returns its input. A file names the fault that the worker commits. The worker removes the file
//! first, so that its replacement behaves correctly.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::event::{PollFd, Timespec, poll};
use rustix::net::{SendFlags, send};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, getppid, kill_process, pidfd_open,
    set_parent_process_death_signal, waitpid,
};

use crate::model::{Failure, FailureKind, LogLevel, Source};
use crate::runtime::process::channel::{self, ChildEnds};
use crate::runtime::process::control::{self, Order, Report};
use crate::runtime::process::flight_recorder;
use crate::runtime::process::wire::{self, CallHead, DoneHead, Frames, Line, Reply, Request};
use crate::runtime::process::worker;

mod waiting;

/// The argument that makes this binary a malicious worker; its working folder follows.
pub(super) const ARGUMENT: &str = "faas-adversarial";

/// The file in that folder that names the worker's next fault.
pub(super) const FAULT: &str = "fault";

/// The limits of the calls in these tests.
pub(super) const LOG_LINES: usize = 10;
pub(super) const LOG_BYTES: usize = 1000;
pub(super) const OUTPUT: usize = 7 << 20;
pub(super) const HOST_CALLS: usize = 3;
pub(super) const HOST_BYTES: usize = 8 << 20;

/// Tests have no `main` of their own. Functions in this section run before the test harness's.
#[used]
#[expect(
    unsafe_code,
    reason = "registers a function that libc calls at startup"
)]
// SAFETY: libc calls the function once, with one thread, after its own initialization.
#[unsafe(link_section = ".init_array")]
static RUN_WORKER: extern "C" fn() = run_worker_if_asked;

extern "C" fn run_worker_if_asked() {
    worker::run_if_asked();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let [_, first, folder] = arguments.as_slice()
        && first == ARGUMENT
    {
        let served = serve(folder.as_ref());
        std::process::exit(i32::from(served.is_err()));
    }
}

fn serve(folder: &Path) -> io::Result<()> {
    let control = io::stdin().as_fd().try_clone_to_owned()?;
    // Nothing else must keep the socket open.
    rustix::stdio::dup2_stdin(fs::File::open("/dev/null")?)?;
    while let Some(((number, order), _)) = control::receive::<(u64, Order)>(&control)? {
        let reply = |report: &Report| control::send(&control, &(number, report), &[]);
        let named = match order {
            Order::Lock { .. } => "lock: ",
            Order::Fork => "fork: ",
            Order::Reap(_) => "reap: ",
        };
        let file = folder.join(FAULT);
        let text = fs::read_to_string(&file).unwrap_or_default();
        let fault = text.strip_prefix(named);
        if fault.is_some() {
            fs::remove_file(&file)?;
        }
        match fault {
            Some("closes its socket and keeps running") => {
                drop(control);
                for_ever();
            }
            Some("exits") => std::process::exit(0),
            Some("sends nothing") => for_ever(),
            Some("reports an error") => {
                reply(&Report::Failed(libc::EAGAIN))?;
                continue;
            }
            Some("sends an unexpected reply") => {
                reply(&Report::Refused("no".into()))?;
                continue;
            }
            Some("sends garbage") => {
                send(&control, &[0xff; 900], SendFlags::empty()).map_err(io::Error::from)?;
                continue;
            }
            Some("sends an oversized datagram") => {
                send(&control, &[1; 9000], SendFlags::empty()).map_err(io::Error::from)?;
                continue;
            }
            _ => {}
        }
        match order {
            Order::Lock { .. } => {
                let missing = Vec::new();
                reply(&Report::Ready { missing })?;
            }
            Order::Fork => forked(&control, number, fault)?,
            Order::Reap(pid) => {
                let child = Pid::from_raw(pid).ok_or(io::ErrorKind::NotFound)?;
                let report = match waitpid(Some(child), WaitOptions::empty()) {
                    Ok(Some((_, status))) => Report::Reaped(status.as_raw()),
                    Ok(None) => Report::Failed(0),
                    Err(error) => Report::Failed(error.raw_os_error()),
                };
                reply(&report)?;
            }
        }
    }
    Ok(())
}

/// Forks a child and reports it to the host, correctly or not.
#[expect(unsafe_code, reason = "forks")]
fn forked(control: &OwnedFd, number: u64, fault: Option<&str>) -> io::Result<()> {
    let (host, theirs) = channel::open()?;
    let console = flight_recorder::memory()?;
    // SAFETY: this process has one thread.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // Otherwise pipes that the worker closes would stay open.
        rustix::stdio::dup2_stdin(&theirs.requests)?;
        rustix::stdio::dup2_stdout(&theirs.answers)?;
        close_all_but_two();
        if fault == Some("forks a child that exits before it is ready") {
            std::process::exit(1);
        }
        let requests = io::stdin().as_fd().try_clone_to_owned()?;
        let answers = io::stdout().as_fd().try_clone_to_owned()?;
        rustix::stdio::dup2_stdin(nothing()?)?;
        rustix::stdio::dup2_stdout(nothing()?)?;
        let conversed = converse(ChildEnds {
            requests: requests.into(),
            answers: answers.into(),
        });
        std::process::exit(i32::from(conversed.is_err()));
    }
    drop(theirs);
    let open = |pid| pidfd_open(pid, PidfdFlags::empty());
    let child = Pid::from_raw(pid).ok_or(io::ErrorKind::NotFound)?;
    let parent = getppid().ok_or(io::ErrorKind::NotFound)?;
    let (pidfd, of_host) = (open(child)?, open(parent)?);
    let report = |pid: i32, descriptors: &[BorrowedFd<'_>]| {
        control::send(control, &(number, Report::Forked(pid)), descriptors)
    };
    let [requests, answers, unread] = host.descriptors();
    let with = |pidfd| [requests, answers, unread, pidfd, console.as_fd()];
    let all = with(pidfd.as_fd());
    match fault {
        None | Some("forks a child that exits before it is ready") => report(pid, &all),
        Some("attaches no descriptors") => report(pid, &[]),
        Some("attaches one descriptor") => report(pid, &[requests]),
        Some("swaps the descriptors") => {
            let [requests, answers, unread, pidfd, console] = all;
            report(pid, &[pidfd, console, answers, requests, unread])
        }
        Some("reports the host's pid and pidfd") => {
            report(parent.as_raw_pid(), &with(of_host.as_fd()))
        }
        Some("attaches the host's pidfd") => report(pid, &with(of_host.as_fd())),
        Some("reports pid 0") => report(0, &all),
        Some("reports a negative pid") => report(-pid, &all),
        Some("exits after the fork") => std::process::exit(0),
        Some(fault) => Err(io::Error::other(fault.to_owned())),
    }
}

#[expect(unsafe_code, reason = "a call into libc")]
fn close_all_but_two() {
    // SAFETY: the call takes numbers only, and no closed descriptor is used again.
    unsafe { libc::syscall(libc::SYS_close_range, 2, u32::MAX, 0) };
}

/// Opens `/dev/null` for reading and writing.
fn nothing() -> io::Result<OwnedFd> {
    Ok(fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/null")?
        .into())
}

/// Serves requests until the host closes the pipe.
fn converse(mut ends: ChildEnds) -> io::Result<()> {
    let mut frames = Frames::default();
    let mut code = String::new();
    ends.answers.write_all(&frame(&Reply::Ready, b""))?;
    while let Some(frame) = frames.next(&mut &ends.requests, 64 << 20)? {
        let (request, tail) = wire::parse::<Request<'_>>(frame)?;
        match request {
            Request::Load { .. } => {
                code = String::from_utf8_lossy(tail).into_owned();
                if code == "never reads" {
                    for_ever();
                }
            }
            Request::Compile | Request::CompileModules => {
                let source: Source =
                    postcard::from_bytes(tail).map_err(|_| wire::FrameError::Malformed)?;
                compile(&source.code, &mut ends)?;
            }
            Request::Call(head) => {
                let tail = tail.to_owned();
                answer(&code, &head, &tail, &mut ends)?;
            }
            // What comes after a wait.
            Request::Answer { .. } => {}
            Request::Go { serial, .. } => waiting::go(&code, serial, &mut ends)?,
            Request::Expire { .. } => for_ever(),
        }
    }
    Ok(())
}

fn compile(text: &str, ends: &mut ChildEnds) -> io::Result<()> {
    let compiled = Reply::Compiled {
        handler: "body".into(),
    };
    let refused = |message: String| Reply::Refused {
        message,
        line: Some(u32::MAX),
        column: Some(0),
        temporary: false,
    };
    let frame = match text.strip_prefix("compiler: ") {
        None => frame(&compiled, text.as_bytes()),
        Some("sends the end of a call") => frame(&done(1), b"1"),
        Some("sends an oversized frame") => u32::MAX.to_le_bytes().to_vec(),
        Some("sends an oversized message") => frame(&refused("x".repeat(100_000)), b""),
        Some("sends garbage") => framed(&[0xff; 99]),
        Some("sends an empty frame") => framed(&[]),
        Some("sends nothing") => for_ever(),
        Some("exits") => std::process::exit(0),
        Some("crashes") => std::process::abort(),
        Some("closes its pipes and keeps running") => {
            close(ends)?;
            for_ever();
        }
        Some(fault) => frame(&refused(fault.to_owned()), b""),
    };
    ends.answers.write_all(&frame)
}

fn close(ends: &mut ChildEnds) -> io::Result<()> {
    ends.requests = nothing()?.into();
    ends.answers = nothing()?.into();
    Ok(())
}

/// Answers a call as its function's code demands.
fn answer(code: &str, head: &CallHead<'_>, input: &[u8], ends: &mut ChildEnds) -> io::Result<()> {
    let honest = frame(&done(head.serial), input);
    let half = honest.get(..honest.len() / 2).unwrap_or_default();
    let frame = match code {
        "sends an oversized frame" => u32::MAX.to_le_bytes().to_vec(),
        "sends an empty frame" => framed(&[]),
        "sends garbage" => framed(&[0xff; 99]),
        "sends half an answer" => half.to_vec(),
        "sends half an answer and exits" => {
            ends.answers.write_all(half)?;
            std::process::exit(0);
        }
        "sends half an answer, closes its pipes and keeps running" => {
            ends.answers.write_all(half)?;
            close(ends)?;
            for_ever();
        }
        "closes its pipes and keeps running" => {
            close(ends)?;
            for_ever();
        }
        "closes its answer pipe and keeps running" => {
            ends.answers = nothing()?.into();
            for_ever();
        }
        "answers the previous call" => frame(&done(head.serial - 1), input),
        "answers the next call" => frame(&done(head.serial + 1), input),
        "answers twice" => [honest.as_slice(), honest.as_slice()].concat(),
        "answers this call and the next one" => {
            let next = frame(&done(head.serial + 1), b"\"not asked\"");
            ends.answers.write_all(&honest)?;
            pause(20);
            next
        }
        "answers and exits" => {
            ends.answers.write_all(&honest)?;
            std::process::exit(0);
        }
        "answers a compile request" => {
            let handler = "body".into();
            frame(&Reply::Compiled { handler }, input)
        }
        "refuses a compile request" => {
            let reply = Reply::Refused {
                message: "no".to_owned(),
                line: None,
                column: None,
                temporary: true,
            };
            frame(&reply, b"")
        }
        "answers with invalid JSON" => frame(&done(head.serial), b"{\"a\":"),
        "answers with invalid UTF-8" => frame(&done(head.serial), b"\"\xff\""),
        "exceeds the output limit" => frame(&done(head.serial), &vec![b'1'; OUTPUT + 1]),
        "exceeds the line limit" => frame(&logged(head, &["x"; LOG_LINES + 2]), input),
        "exceeds the log size limit" => {
            frame(&logged(head, &[&*"x".repeat(LOG_BYTES + 1000)]), input)
        }
        "logs 100,000 empty lines" => frame(&logged(head, &vec![""; 100_000]), input),
        "logs with wrong times" => {
            let mut reply = logged(head, &["late", "early"]);
            if let Reply::Done(done) = &mut reply {
                done.logs[0].at = i64::MAX;
                done.logs[1].at = i64::MIN;
            }
            frame(&reply, input)
        }
        "claims a platform failure" => failed(head, FailureKind::Platform, "mine"),
        "claims a cancellation" => failed(head, FailureKind::Cancelled, "mine"),
        "fails with an oversized message" => {
            failed(head, FailureKind::UserError, &"x".repeat(1 << 20))
        }
        "floods with garbage" => loop {
            ends.answers.write_all(&[0xff; 4096])?;
        },
        "floods with answers" => loop {
            ends.answers.write_all(&honest)?;
        },
        "sends one byte at a time" => {
            for byte in frame(&done(head.serial), &[b'1'; 5000]) {
                ends.answers.write_all(&[byte])?;
                pause(1);
            }
            for_ever();
        }
        "stops itself" => {
            kill_process(getpid(), Signal::STOP)?;
            for_ever();
        }
        "exits" => std::process::exit(0),
        "kills itself" => {
            kill_process(getpid(), Signal::KILL)?;
            for_ever();
        }
        "crashes" => {
            kill_process(getpid(), Signal::SEGV)?;
            for_ever();
        }
        "hangs" => for_ever(),
        code => match waiting::start(code, head.serial, ends)? {
            Some(frames) => frames,
            None => honest,
        },
    };
    ends.answers.write_all(&frame)
}

fn done(serial: u64) -> Reply<'static> {
    Reply::Done(DoneHead {
        retry: crate::model::RetryAdvice::Policy,
        serial,
        failure: None,
        logs: Vec::new(),
        reusable: true,
    })
}

fn logged<'a>(head: &CallHead<'_>, messages: &[&'a str]) -> Reply<'a> {
    let lines = messages.iter().map(|message| Line {
        level: LogLevel::Log,
        at: 0,
        message,
    });
    Reply::Done(DoneHead {
        retry: crate::model::RetryAdvice::Policy,
        serial: head.serial,
        failure: None,
        logs: lines.collect(),
        reusable: true,
    })
}

fn failed(head: &CallHead<'_>, kind: FailureKind, message: &str) -> Vec<u8> {
    let reply = Reply::Done(DoneHead {
        retry: crate::model::RetryAdvice::Policy,
        serial: head.serial,
        failure: Some(Failure::new(kind, message)),
        logs: Vec::new(),
        reusable: true,
    });
    frame(&reply, b"")
}

fn frame(reply: &Reply<'_>, tail: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    wire::append(&mut frame, reply, tail).unwrap();
    frame
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    [&length.to_le_bytes(), bytes].concat()
}

pub(super) fn pause(milliseconds: i64) {
    let time = Timespec {
        tv_sec: milliseconds / 1000,
        tv_nsec: milliseconds % 1000 * 1_000_000,
    };
    let _ = poll(&mut [] as &mut [PollFd<'_>], Some(&time));
}

/// Waits longer than the host does, but not so long that a failed test blocks others.
fn for_ever() -> ! {
    pause(30_000);
    std::process::exit(0)
}

//! A worker, and children, that do what they are told: to lie.
//!
//! A child's lie is the code of the function that it runs: what is no lie's name, it serves as a
//! function that returns its input. A worker's lie lies in a file, which the worker that tells it
//! removes, so that the next worker is an honest one.

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

use crate::model::{Failure, FailureKind, LogLevel};
use crate::runtime::process::channel::{self, ChildEnds};
use crate::runtime::process::control::{self, Order, Report};
use crate::runtime::process::flight_recorder;
use crate::runtime::process::wire::{self, CallHead, DoneHead, Frames, Line, Reply, Request};
use crate::runtime::process::worker;
use crate::runtime::quickjs::Form;

/// Makes this binary act as an adversarial worker; its working folder follows.
pub(super) const ARGUMENT: &str = "faas-adversarial";

/// The file in that folder that names the next lie of a worker's.
pub(super) const LIE: &str = "lie";

/// What a child may write to its console, in the calls that are made here.
pub(super) const LOG_LINES: usize = 10;
pub(super) const LOG_BYTES: usize = 1000;
pub(super) const OUTPUT: usize = 7 << 20;

/// Tests have no `main` of their own: what is in this section runs before theirs.
#[used]
#[expect(
    unsafe_code,
    reason = "puts a function where libc looks for some to call"
)]
// SAFETY: libc calls what is there once, with one thread, after itself is ready.
#[unsafe(link_section = ".init_array")]
static BE_A_WORKER: extern "C" fn() = be_a_worker_if_asked;

extern "C" fn be_a_worker_if_asked() {
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
    // The other one is for nobody to keep open.
    rustix::stdio::dup2_stdin(fs::File::open("/dev/null")?)?;
    while let Some(((number, order), _)) = control::receive::<(u64, Order)>(&control)? {
        let reply = |report: &Report| control::send(&control, &(number, report), &[]);
        let named = match order {
            Order::Lock { .. } => "lock: ",
            Order::Fork => "fork: ",
            Order::Reap(_) => "reap: ",
        };
        let file = folder.join(LIE);
        let told = fs::read_to_string(&file).unwrap_or_default();
        let lie = told.strip_prefix(named);
        if lie.is_some() {
            fs::remove_file(&file)?;
        }
        match lie {
            Some("it closes its socket and lives on") => {
                drop(control);
                for_ever();
            }
            Some("it ends") => std::process::exit(0),
            Some("it says nothing") => for_ever(),
            Some("it says an error") => {
                reply(&Report::Failed(libc::EAGAIN))?;
                continue;
            }
            Some("it says something else") => {
                reply(&Report::Refused("no".into()))?;
                continue;
            }
            Some("it says garbage") => {
                send(&control, &[0xff; 900], SendFlags::empty()).map_err(io::Error::from)?;
                continue;
            }
            Some("it says more than fits") => {
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
            Order::Fork => forked(&control, number, lie)?,
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

/// Forks a child and tells the host of it, truly or not.
#[expect(unsafe_code, reason = "forks")]
fn forked(control: &OwnedFd, number: u64, lie: Option<&str>) -> io::Result<()> {
    let (host, theirs) = channel::open()?;
    let console = flight_recorder::memory()?;
    // SAFETY: this process has one thread.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // Else pipes that its worker closes would stay open.
        rustix::stdio::dup2_stdin(&theirs.requests)?;
        rustix::stdio::dup2_stdout(&theirs.answers)?;
        close_all_but_two();
        if lie == Some("its child ends before it is ready") {
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
    match lie {
        None | Some("its child ends before it is ready") => report(pid, &all),
        Some("it brings no descriptors") => report(pid, &[]),
        Some("it brings one descriptor") => report(pid, &[requests]),
        Some("it swaps them") => {
            let [requests, answers, unread, pidfd, console] = all;
            report(pid, &[pidfd, console, answers, requests, unread])
        }
        Some("it names the host") => report(parent.as_raw_pid(), &with(of_host.as_fd())),
        Some("it brings the host") => report(pid, &with(of_host.as_fd())),
        Some("it names nobody") => report(0, &all),
        Some("it names a group") => report(-pid, &all),
        Some("it ends after it") => std::process::exit(0),
        Some(lie) => Err(io::Error::other(lie.to_owned())),
    }
}

#[expect(unsafe_code, reason = "a call into libc")]
fn close_all_but_two() {
    // SAFETY: it takes numbers only, and nothing of what is closed is used again.
    unsafe { libc::syscall(libc::SYS_close_range, 2, u32::MAX, 0) };
}

/// What reads as nothing, and takes anything.
fn nothing() -> io::Result<OwnedFd> {
    Ok(fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/null")?
        .into())
}

/// What a child does until the host has no more to ask.
fn converse(mut ends: ChildEnds) -> io::Result<()> {
    let mut frames = Frames::default();
    let mut code = String::new();
    ends.answers.write_all(&frame(&Reply::Ready, b""))?;
    while let Some(frame) = frames.next(&mut &ends.requests, 64 << 20)? {
        let (request, tail) = wire::parse::<Request<'_>>(frame)?;
        match request {
            Request::Load { .. } => {
                code = String::from_utf8_lossy(tail).into_owned();
                if code == "it never reads" {
                    for_ever();
                }
            }
            Request::Compile => {
                let text = String::from_utf8_lossy(tail).into_owned();
                compile(&text, &mut ends)?;
            }
            Request::Call(head) => {
                let tail = tail.to_owned();
                answer(&code, &head, &tail, &mut ends)?;
            }
        }
    }
    Ok(())
}

fn compile(text: &str, ends: &mut ChildEnds) -> io::Result<()> {
    let compiled = Reply::Compiled {
        form: Form::Body,
        reads_context: false,
    };
    let refused = |message: String| Reply::Refused {
        message,
        line: Some(u32::MAX),
        column: Some(0),
        temporary: false,
    };
    let frame = match text.strip_prefix("compiler: ") {
        None => frame(&compiled, text.as_bytes()),
        Some("it says a call has ended") => frame(&done(1), b"1"),
        Some("it makes too much of it") => u32::MAX.to_le_bytes().to_vec(),
        Some("it says too much against it") => frame(&refused("x".repeat(100_000)), b""),
        Some("it says garbage") => framed(&[0xff; 99]),
        Some("it says a frame of no bytes") => framed(&[]),
        Some("it says nothing") => for_ever(),
        Some("it ends") => std::process::exit(0),
        Some("it crashes") => std::process::abort(),
        Some("it closes its pipes and lives on") => {
            close(ends)?;
            for_ever();
        }
        Some(lie) => frame(&refused(lie.to_owned()), b""),
    };
    ends.answers.write_all(&frame)
}

fn close(ends: &mut ChildEnds) -> io::Result<()> {
    ends.requests = nothing()?.into();
    ends.answers = nothing()?.into();
    Ok(())
}

/// Answers a call as the code wants it.
fn answer(code: &str, head: &CallHead<'_>, input: &[u8], ends: &mut ChildEnds) -> io::Result<()> {
    let honest = frame(&done(head.serial), input);
    let half = honest.get(..honest.len() / 2).unwrap_or_default();
    let frame = match code {
        "it says a frame that is too long" => u32::MAX.to_le_bytes().to_vec(),
        "it says a frame of no bytes" => framed(&[]),
        "it says garbage" => framed(&[0xff; 99]),
        "it says half of it" => half.to_vec(),
        "it says half of it and ends" => {
            ends.answers.write_all(half)?;
            std::process::exit(0);
        }
        "it says half of it, closes its pipes and lives on" => {
            ends.answers.write_all(half)?;
            close(ends)?;
            for_ever();
        }
        "it closes its pipes and lives on" => {
            close(ends)?;
            for_ever();
        }
        "it closes its answers and lives on" => {
            ends.answers = nothing()?.into();
            for_ever();
        }
        "it answers the call before" => frame(&done(head.serial - 1), input),
        "it answers the call after" => frame(&done(head.serial + 1), input),
        "it answers twice" => [honest.as_slice(), honest.as_slice()].concat(),
        "it answers, and the next call too" => {
            let next = frame(&done(head.serial + 1), b"\"not asked\"");
            ends.answers.write_all(&honest)?;
            pause(20);
            next
        }
        "it answers and ends" => {
            ends.answers.write_all(&honest)?;
            std::process::exit(0);
        }
        "it answers an upload" => {
            let reply = Reply::Compiled {
                form: Form::Body,
                reads_context: false,
            };
            frame(&reply, input)
        }
        "it refuses an upload" => {
            let reply = Reply::Refused {
                message: "no".to_owned(),
                line: None,
                column: None,
                temporary: true,
            };
            frame(&reply, b"")
        }
        "it answers what is not JSON" => frame(&done(head.serial), b"{\"a\":"),
        "it answers what is not text" => frame(&done(head.serial), b"\"\xff\""),
        "it answers more than it may" => frame(&done(head.serial), &vec![b'1'; OUTPUT + 1]),
        "it logs too many lines" => frame(&logged(head, &["x"; LOG_LINES + 2]), input),
        "it logs too many bytes" => frame(&logged(head, &[&*"x".repeat(LOG_BYTES + 1000)]), input),
        "it logs nothing, a hundred thousand times" => {
            frame(&logged(head, &vec![""; 100_000]), input)
        }
        "it logs from the future" => {
            let mut reply = logged(head, &["late", "early"]);
            if let Reply::Done(done) = &mut reply {
                done.logs[0].at = i64::MAX;
                done.logs[1].at = i64::MIN;
            }
            frame(&reply, input)
        }
        "it claims that the platform failed" => failed(head, FailureKind::Platform, "mine"),
        "it claims that somebody cancelled" => failed(head, FailureKind::Cancelled, "mine"),
        "it fails at length" => failed(head, FailureKind::UserError, &"x".repeat(1 << 20)),
        "it floods with garbage" => loop {
            ends.answers.write_all(&[0xff; 4096])?;
        },
        "it floods with answers" => loop {
            ends.answers.write_all(&honest)?;
        },
        "it says one byte at a time" => {
            for byte in frame(&done(head.serial), &[b'1'; 5000]) {
                ends.answers.write_all(&[byte])?;
                pause(1);
            }
            for_ever();
        }
        "it stops itself" => {
            kill_process(getpid(), Signal::STOP)?;
            for_ever();
        }
        "it ends" => std::process::exit(0),
        "it kills itself" => {
            kill_process(getpid(), Signal::KILL)?;
            for_ever();
        }
        "it crashes" => {
            kill_process(getpid(), Signal::SEGV)?;
            for_ever();
        }
        "it hangs" => for_ever(),
        _ => honest,
    };
    ends.answers.write_all(&frame)
}

fn done(serial: u64) -> Reply<'static> {
    Reply::Done(DoneHead {
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
        serial: head.serial,
        failure: None,
        logs: lines.collect(),
        reusable: true,
    })
}

fn failed(head: &CallHead<'_>, kind: FailureKind, message: &str) -> Vec<u8> {
    let reply = Reply::Done(DoneHead {
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

/// Longer than anybody waits, and no longer than a test that failed may be in others' way.
fn for_ever() -> ! {
    pause(30_000);
    std::process::exit(0)
}

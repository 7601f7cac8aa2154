//! Children that break the protocol where they wait or call their host.

use std::io::{self, Write};

use super::{HOST_BYTES, HOST_CALLS, close, done, for_ever, frame, pause};
use crate::runtime::process::channel::ChildEnds;
use crate::runtime::process::wire::{
    ArgumentHead, AskedHead, HostCallHead, Reply, StreamActionHead,
};

fn asked(binding: u32, function: u32) -> AskedHead {
    AskedHead::Call {
        binding,
        function,
        argument: ArgumentHead::Json,
    }
}

/// Waits or calls its host as its function's code demands.
pub(super) fn start(code: &str, serial: u64, ends: &mut ChildEnds) -> io::Result<Option<Vec<u8>>> {
    let wait = |serial, after| frame(&Reply::Wait { serial, after }, b"");
    let short = wait(serial, Some(1));
    let long = wait(serial, Some(u64::MAX));
    let echo = HostCallHead {
        serial,
        id: 1,
        asked: asked(0, 0),
    };
    let call = |head: HostCallHead| frame(&Reply::HostCall(head), b"1");
    let never = |id| HostCallHead {
        id,
        asked: asked(0, 1),
        ..echo
    };
    let read = |id| HostCallHead {
        id,
        asked: AskedHead::Stream {
            stream: 1,
            action: StreamActionHead::Read,
        },
        ..echo
    };
    Ok(Some(match code {
        "waits correctly" | "goes on with another call" | "floods after a wait" => short,
        "calls its host correctly" => [call(echo), wait(serial, None)].concat(),
        "waits for ever" => long,
        "waits for nothing" => wait(serial, None),
        "waits in the previous call" => wait(serial - 1, Some(1)),
        "waits twice" => [short.as_slice(), &short].concat(),
        "waits and answers" => [short, frame(&done(serial), b"1")].concat(),
        "waits and then sends something" => {
            ends.answers.write_all(&long)?;
            pause(20);
            short
        }
        "waits and exits" => {
            ends.answers.write_all(&long)?;
            pause(20);
            std::process::exit(0);
        }
        "waits and closes its pipes" => {
            ends.answers.write_all(&long)?;
            pause(20);
            close(ends)?;
            for_ever();
        }
        "waits and burns" => {
            ends.answers.write_all(&long)?;
            burn();
        }
        "calls a host function that it was not given" => call(HostCallHead {
            asked: asked(0, 2),
            ..echo
        }),
        "calls a binding that it was not given" => call(HostCallHead {
            asked: asked(1, 0),
            ..echo
        }),
        "reads too many streams" => (0..=2 * HOST_CALLS as u64)
            .flat_map(|id| call(read(id)))
            .collect(),
        "writes too much to a stream" => {
            let asked = AskedHead::Stream {
                stream: 1,
                action: StreamActionHead::Write,
            };
            let head = HostCallHead { asked, ..echo };
            frame(&Reply::HostCall(head), &vec![b'1'; HOST_BYTES + 1])
        }
        "calls its host in the previous call" => call(HostCallHead {
            serial: serial - 1,
            ..echo
        }),
        "calls its host twice with one number" => [call(never(1)), call(never(1))].concat(),
        "calls its host too often" => (0..=HOST_CALLS as u64)
            .flat_map(|id| call(never(id)))
            .collect(),
        "calls its host with invalid JSON" => frame(&Reply::HostCall(echo), b"{"),
        "calls its host with too much" => {
            frame(&Reply::HostCall(echo), &vec![b'1'; HOST_BYTES + 1])
        }
        "calls its host and answers" => [call(echo), frame(&done(serial), b"1")].concat(),
        "floods with host calls" => loop {
            ends.answers.write_all(&call(echo))?;
        },
        _ => return Ok(None),
    }))
}

/// Goes on after a wait.
pub(super) fn go(code: &str, serial: u64, ends: &mut ChildEnds) -> io::Result<()> {
    let frame = match code {
        "goes on with another call" => frame(&done(serial + 1), b"1"),
        "floods after a wait" => loop {
            let wait = Reply::Wait {
                serial,
                after: Some(0),
            };
            ends.answers.write_all(&frame(&wait, b""))?;
        },
        _ => frame(&done(serial), b"\"waited\""),
    };
    ends.answers.write_all(&frame)
}

/// Uses the processor until the host kills this process.
fn burn() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

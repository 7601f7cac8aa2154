//! What isolation costs: functions in threads beside functions in processes, through the library.

use std::fs;
use std::time::{Duration, Instant};

use faas_core::Platform;
use faas_core::model::{FailureKind, FunctionConfig, FunctionId, Json};
use faas_core::platform::{NewFunction, PlatformBuilder};
use faas_core::runtime::{Processes, ProcessesOptions, QuickJs, QuickJsOptions};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Result;

/// Functions that are called once each, and then warm.
const FUNCTIONS: usize = 1000;
/// Calls that are stopped.
const STOPPED: usize = 50;
const TIMEOUT: Duration = Duration::from_millis(100);

/// About 1 KB of ordinary code.
pub(crate) const SOURCE: &str = include_str!("../../faas-core/benches/one_kilobyte.js");
pub(crate) const INPUT: &str = r#"{"a":1,"b":2,"items":[{"price":3,"count":2}]}"#;

/// Where functions run, and how many blank isolates are made ahead.
#[derive(Clone, Copy)]
pub(crate) enum Isolation {
    Thread(usize),
    Process(usize),
}

/// Prints the figures.
#[tokio::main]
pub(crate) async fn measure() -> Result<()> {
    raise_descriptor_limit()?;
    println!("{FUNCTIONS} functions of 1 KB, called once each, one after the other");
    println!(
        "                                     p50        p99   warm   in host  in child (PSS, each)"
    );
    for (name, isolation) in [
        ("thread, a blank isolate ready", Isolation::Thread(16)),
        ("process, a blank child ready", Isolation::Process(8)),
        ("thread, isolate made", Isolation::Thread(0)),
        ("process, child forked", Isolation::Process(0)),
    ] {
        let platform = isolation.platform().await?;
        let functions = upload(&platform, FUNCTIONS).await?;
        let before = Memory::now()?;
        let mut cold = Vec::new();
        for function in &functions {
            cold.push(invoke(&platform, *function).await?);
            // Not a rush: that there are blanks again is what is promised.
            let blanks = isolation.blanks();
            while platform.counters().runtime.blank_isolates < blanks / 2 {
                tokio::task::yield_now().await;
            }
        }
        let warm = platform.counters().runtime.warm_isolates.max(1);
        let (host, children) = Memory::now()?.since(&before);
        let (p50, p99) = (at(&mut cold, 50), at(&mut cold, 99));
        let (host, child) = (host / warm, children / warm);
        println!("{name:<32} {p50:>9.1?} {p99:>9.1?}   {warm:>4}   {host:>5} KiB {child:>5} KiB");
        platform.shutdown().await;
    }
    println!(
        "\n{STOPPED} calls that do not end, stopped after {TIMEOUT:?}, each followed by one that does"
    );
    println!("                         late p50   late p99  next p50   next p99");
    for (name, isolation) in [
        ("thread", Isolation::Thread(16)),
        ("process", Isolation::Process(8)),
    ] {
        stopped(name, "for (;;);", isolation).await?;
        if let Isolation::Process(_) = isolation {
            // A native loop: only a signal ends it.
            stopped("process, by signal", "Array(2 ** 31).join()", isolation).await?;
        }
    }
    Ok(())
}

/// Warm processes take five descriptors each. The server raises its limit too.
pub(crate) fn raise_descriptor_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )?;
    Ok(())
}

async fn stopped(name: &str, forever: &str, isolation: Isolation) -> Result<()> {
    let platform = isolation.platform().await?;
    let code = format!("if (input.hang) {{ {forever} }} return 1");
    let mut new = NewFunction::new("hang", "hangs when told to", &*code);
    new.config = FunctionConfig {
        timeout: TIMEOUT,
        ..FunctionConfig::default()
    };
    let function = platform.functions().create(new).await?.id;
    let (mut late, mut next) = (Vec::new(), Vec::new());
    for _ in 0..STOPPED {
        let start = now();
        let hung = Json::trusted(r#"{"hang":true}"#);
        let ended = platform.invoke(function, hung).await?;
        let kind = ended.failure.as_ref().map(|failure| failure.kind);
        if kind != Some(FailureKind::Timeout) {
            return Err(format!("not stopped: {kind:?}").into());
        }
        late.push(start.elapsed().saturating_sub(TIMEOUT));
        next.push(invoke(&platform, function).await?);
    }
    let figures = [
        at(&mut late, 50),
        at(&mut late, 99),
        at(&mut next, 50),
        at(&mut next, 99),
    ];
    let [late50, late99, next50, next99] = figures;
    println!("{name:<22} {late50:>10.1?} {late99:>10.1?} {next50:>10.1?} {next99:>10.1?}");
    platform.shutdown().await;
    Ok(())
}

impl Isolation {
    pub(crate) const fn blanks(self) -> usize {
        match self {
            Self::Thread(blanks) | Self::Process(blanks) => blanks,
        }
    }

    pub(crate) fn runtime(self, builder: PlatformBuilder) -> Result<PlatformBuilder> {
        Ok(match self {
            Self::Thread(blank_isolates) => builder.runtime(QuickJs::new(QuickJsOptions {
                blank_isolates,
                ..QuickJsOptions::default()
            })?),
            Self::Process(blank_children) => {
                let mut options = ProcessesOptions::default();
                options.blank_children = blank_children;
                builder.runtime(Processes::new(options)?)
            }
        })
    }

    pub(crate) async fn platform(self) -> Result<Platform> {
        Ok(self.runtime(Platform::builder())?.build().await?)
    }
}

async fn upload(platform: &Platform, count: usize) -> Result<Vec<FunctionId>> {
    let mut ids = Vec::new();
    for number in 0..count {
        let new = NewFunction::new(format!("f{number}"), "adds up", SOURCE);
        ids.push(platform.functions().create(new).await?.id);
    }
    Ok(ids)
}

pub(crate) async fn invoke(platform: &Platform, function: FunctionId) -> Result<Duration> {
    let start = now();
    let ended = platform.invoke(function, Json::trusted(INPUT)).await?;
    let took = start.elapsed();
    match &ended.failure {
        None => Ok(took),
        Some(failure) => Err(format!("it failed: {failure:?}").into()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the real time"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

pub(crate) fn at(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let rank = times.len() * percent / 100;
    times.get(rank).copied().unwrap_or_default()
}

/// Memory in KiB as `smaps_rollup` of proc(5) has it: what is shared counts for each by its part.
struct Memory {
    own: usize,
    children: usize,
}

impl Memory {
    fn now() -> Result<Self> {
        let mut children = 0;
        for child in descendants(std::process::id())? {
            // One may have ended meanwhile.
            children += proportional(child).unwrap_or(0);
        }
        Ok(Self {
            own: proportional(std::process::id())?,
            children,
        })
    }

    /// By how much host and children have grown.
    fn since(&self, before: &Self) -> (usize, usize) {
        (
            self.own.saturating_sub(before.own),
            self.children.saturating_sub(before.children),
        )
    }
}

pub(crate) fn proportional(process: u32) -> Result<usize> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no Pss")?.parse()?)
}

fn descendants(process: u32) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let Ok(children) = fs::read_to_string(thread?.path().join("children")) else {
            continue;
        };
        for child in children.split_whitespace().filter_map(|id| id.parse().ok()) {
            found.push(child);
            found.extend(descendants(child).unwrap_or_default());
        }
    }
    Ok(found)
}

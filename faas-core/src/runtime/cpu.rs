//! Processor time, as the kernel counts it.

use std::time::Duration;

/// Returns the processor time of the calling thread.
#[cfg(unix)]
pub(super) fn of_this_thread() -> Duration {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Processor time of threads is not counted on this system.
#[cfg(not(unix))]
pub(super) fn of_this_thread() -> Duration {
    Duration::ZERO
}

/// Returns the processor time of a process that was not reaped yet; zero if it cannot be read.
#[cfg(target_os = "linux")]
pub(super) fn of_process(pid: i32) -> Duration {
    // What `clock_getcpuclockid` computes: the id of the clock of all threads of the process.
    const ALL_THREADS: libc::clockid_t = 2;
    read((!pid << 3) | ALL_THREADS)
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "a call into libc")]
fn read(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is valid for the call.
    let read = unsafe { libc::clock_gettime(clock, &raw mut time) };
    match (
        read,
        u64::try_from(time.tv_sec),
        u32::try_from(time.tv_nsec),
    ) {
        (0, Ok(seconds), Ok(nanoseconds)) => Duration::new(seconds, nanoseconds),
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burn() {
        let before = of_this_thread();
        while of_this_thread() < before + Duration::from_millis(5) {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn the_time_of_a_thread_is_its_own() {
        let before = of_this_thread();
        std::thread::spawn(burn).join().unwrap();
        assert!(of_this_thread() < before + Duration::from_millis(5));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_time_of_a_process_is_read_by_its_id() {
        let this = i32::try_from(std::process::id()).unwrap();
        let before = of_process(this);
        burn();
        assert!(of_process(this) >= before + Duration::from_millis(5));
        // Process ids end at 2^22.
        assert_eq!(of_process((1 << 22) + 1), Duration::ZERO);
    }
}

//! The threads that run steps.
//!
//! A call needs a thread only while its code runs; a call that waits needs none. Threads are started
//! when they are needed, up to a bound; beyond it, steps wait for a thread in the order in which
//! they came. A thread that has nothing to do for [`IDLE`] ends.
//!
//! Waking a thread costs more than a short step. So at most one thread is on its way to work at a
//! time; one that finds more than it can take wakes the next before it runs its own, so that a long
//! step holds up nothing. One that finds nothing yields once before it sleeps. The thread that slept
//! last is woken first: its caches are warm.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::isolate::STACK_SIZE;
use crate::runtime::priority;

/// How long a thread waits for work before it ends.
const IDLE: Duration = Duration::from_secs(10);

/// How long to wait before another attempt to start a thread, if there is none.
const RETRY: Duration = Duration::from_millis(100);

type Work = Box<dyn FnOnce() + Send>;

thread_local! {
    /// The set that the calling thread belongs to.
    static SET: Cell<*const Shared> = const { Cell::new(ptr::null()) };
}

/// A future that these threads poll.
struct Task {
    /// `None` when it has ended. Locked only by whoever polls.
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    /// One of the constants below. While a thread polls, which can take as long as a step, a wake-up
    /// only leaves a mark, so that it occupies no other thread.
    stage: AtomicU8,
    /// The tokio runtime for its timers.
    handle: Handle,
    threads: Arc<Shared>,
}

const IDLING: u8 = 0;
const QUEUED: u8 = 1;
const POLLED: u8 = 2;
const POLLED_AND_WOKEN: u8 = 3;

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let woken = |stage| match stage {
            IDLING => Some(QUEUED),
            POLLED => Some(POLLED_AND_WOKEN),
            _ => None,
        };
        let (order, failed) = (Ordering::AcqRel, Ordering::Acquire);
        if self.stage.fetch_update(order, failed, woken) == Ok(IDLING) {
            self.queue();
        }
    }
}

impl Task {
    fn queue(self: Arc<Self>) {
        let threads = self.threads.clone();
        threads.submit(Box::new(move || self.poll()));
    }

    fn poll(self: Arc<Self>) {
        self.stage.swap(POLLED, Ordering::AcqRel);
        let _entered = self.handle.enter();
        let mut slot = self.future.lock();
        let Some(future) = slot.as_mut() else { return };
        let waker = Waker::from(self.clone());
        let polled = catch_unwind(AssertUnwindSafe(|| {
            future.as_mut().poll(&mut Context::from_waker(&waker))
        }));
        if !matches!(polled, Ok(Poll::Pending)) {
            if polled.is_err() {
                tracing::error!("a call panicked outside its code");
            }
            *slot = None;
            return;
        }
        drop(slot);
        let (order, failed) = (Ordering::AcqRel, Ordering::Acquire);
        let exchanged = self.stage.compare_exchange(POLLED, IDLING, order, failed);
        if exchanged.is_err() {
            self.stage.store(QUEUED, Ordering::Release);
            self.queue();
        }
    }
}

/// A bounded set of threads. Those that have nothing to do end when this is dropped.
#[derive(Debug)]
pub(super) struct Threads(Arc<Shared>);

struct Shared {
    bound: usize,
    state: Mutex<State>,
    /// To the thread that starts the others: a thread inherits the priority of the one that starts
    /// it, which may have been lowered.
    starter: mpsc::Sender<Arc<Shared>>,
}

#[derive(Default)]
struct State {
    /// Threads that sleep; the one that ran last is the last.
    idle: Vec<Arc<Seat>>,
    /// Work that no thread has taken. There is at most one piece of work for each call, and the
    /// engine bounds the calls.
    queue: VecDeque<Work>,
    /// The number of threads.
    running: usize,
    /// Whether a thread was woken or started and has not looked for work yet.
    is_waking: bool,
    closed: bool,
}

/// Where a thread sleeps.
#[derive(Default)]
struct Seat {
    is_woken: Mutex<bool>,
    woken: Condvar,
}

impl Seat {
    fn wake(&self) {
        *self.is_woken.lock() = true;
        self.woken.notify_one();
    }

    /// Sleeps until woken, at most for [`IDLE`]. Returns whether it was woken.
    fn sleep(&self) -> bool {
        let mut is_woken = self.is_woken.lock();
        if !*is_woken {
            self.woken.wait_for(&mut is_woken, IDLE);
        }
        std::mem::take(&mut *is_woken)
    }
}

impl Threads {
    /// Creates a set of at most `bound` threads, and at least one. Starts only the thread that
    /// starts them.
    ///
    /// # Errors
    /// When that thread cannot be started.
    pub(super) fn new(bound: usize) -> io::Result<Self> {
        let (starter, wanted) = mpsc::channel::<Arc<Shared>>();
        std::thread::Builder::new()
            .name("faas-starter".into())
            .spawn(move || wanted.into_iter().for_each(|shared| shared.start_one()))?;
        Ok(Self(Arc::new(Shared {
            bound: bound.max(1),
            state: Mutex::default(),
            starter,
        })))
    }

    /// Runs `work` on one of the threads. If the future is dropped, `work` still runs, and its
    /// result is dropped on that thread.
    ///
    /// # Errors
    /// When `work` panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        if self.is_this_thread() {
            // This future is polled by such a thread already: see [`Self::spawn`].
            let result = catch_unwind(AssertUnwindSafe(work));
            if priority::is_this_thread_lowered() || self.0.is_crowded() {
                pass_on().await;
            }
            return result.map_err(|_| panicked());
        }
        let (sender, receiver) = oneshot::channel();
        self.0.submit(Box::new(move || {
            // The receiver may have been dropped.
            let _ = sender.send(work());
        }));
        receiver.await.map_err(|_| panicked())
    }

    /// Polls `future` on these threads until it ends. It may block them, in [`Self::run`] for
    /// example; it has the timers of the tokio runtime `handle`.
    pub(super) fn spawn(&self, handle: Handle, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        let task = Task {
            future: Mutex::new(Some(future)),
            stage: AtomicU8::new(IDLING),
            handle,
            threads: self.0.clone(),
        };
        Arc::new(task).wake();
    }

    /// Returns whether the calling thread is one of these.
    fn is_this_thread(&self) -> bool {
        SET.get() == Arc::as_ptr(&self.0)
    }

    /// Returns the number of threads.
    #[cfg(test)]
    fn count(&self) -> usize {
        self.0.state.lock().running
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.closed = true;
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        for seat in idle {
            seat.wake();
        }
    }
}

/// Has the calling task polled again later, on a thread that may be another.
async fn pass_on() {
    let mut has_passed = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_passed, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn panicked() -> io::Error {
    io::Error::other("a thread of the runtime panicked")
}

impl Shared {
    fn submit(self: &Arc<Self>, work: Work) {
        let mut state = self.state.lock();
        state.queue.push_back(work);
        self.wake_one(state);
    }

    /// Wakes or starts a thread if there is work, unless one is on its way. If none can be started,
    /// the work waits for a running one, or for the next attempt to start one.
    fn wake_one(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        if state.is_waking || state.queue.is_empty() {
            return;
        }
        if let Some(seat) = state.idle.pop() {
            state.is_waking = true;
            drop(state);
            seat.wake();
            return;
        }
        if state.running >= self.bound {
            return;
        }
        state.running += 1;
        state.is_waking = true;
        drop(state);
        // It fails only when the starter is gone, which lives as long as this.
        let _ = self.starter.send(self.clone());
    }

    /// Starts the thread that [`Self::wake_one`] has counted. If that fails, wakes an idle one, or
    /// tries again while there is none.
    fn start_one(self: Arc<Self>) {
        loop {
            let shared = self.clone();
            let started = std::thread::Builder::new()
                .name("faas-isolate".into())
                .stack_size(STACK_SIZE)
                .spawn(move || shared.work());
            let Err(error) = started else { return };
            tracing::error!(%error, "cannot start a thread for calls");
            let mut state = self.state.lock();
            if let Some(seat) = state.idle.pop() {
                state.running -= 1;
                drop(state);
                return seat.wake();
            }
            if state.running > 1 || state.closed {
                // A busy one takes the work when it has finished its own.
                state.running -= 1;
                state.is_waking = false;
                return;
            }
            drop(state);
            std::thread::park_timeout(RETRY);
        }
    }

    /// Returns whether work waits for a thread and there may be no further one.
    fn is_crowded(&self) -> bool {
        let state = self.state.lock();
        !state.queue.is_empty() && state.idle.is_empty() && state.running >= self.bound
    }

    /// What a thread does. It was just woken.
    fn work(self: &Arc<Self>) {
        priority::this_thread_runs_steps();
        SET.set(Arc::as_ptr(self));
        let seat = Arc::new(Seat::default());
        let mut was_woken = true;
        let mut has_yielded = false;
        loop {
            let mut state = self.state.lock();
            if std::mem::take(&mut was_woken) {
                state.is_waking = false;
            }
            if let Some(work) = state.queue.pop_front() {
                self.wake_one(state);
                run(work);
                if priority::is_this_thread_lowered() {
                    return self.replace();
                }
                has_yielded = false;
                continue;
            }
            if state.closed {
                state.running -= 1;
                return;
            }
            if !has_yielded {
                drop(state);
                std::thread::yield_now();
                has_yielded = true;
                continue;
            }
            state.idle.push(seat.clone());
            drop(state);
            while !seat.sleep() {
                if self.leave(&seat) {
                    return;
                }
                // It is being woken just now.
            }
            (was_woken, has_yielded) = (true, false);
        }
    }

    /// The calling thread ends; another takes the work that waits.
    fn replace(self: &Arc<Self>) {
        let mut state = self.state.lock();
        state.running -= 1;
        self.wake_one(state);
    }

    /// Takes a thread out that has slept for long. Returns false if it was woken just now.
    fn leave(&self, seat: &Arc<Seat>) -> bool {
        let mut state = self.state.lock();
        let at = state.idle.iter().position(|idle| Arc::ptr_eq(idle, seat));
        let Some(at) = at else { return false };
        state.idle.remove(at);
        state.running -= 1;
        true
    }
}

/// Runs work. A panic is a fault of ours, and must cost its call only.
fn run(work: Work) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        tracing::error!("a step of a call panicked");
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads")
            .field("bound", &self.bound)
            .field("running", &self.state.lock().running)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread::ThreadId;

    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    fn this_thread() -> ThreadId {
        std::thread::current().id()
    }

    #[test]
    fn work_runs_on_the_thread_that_ran_last() {
        let threads = Threads::new(8).unwrap();
        let first = block_on(threads.run(this_thread)).unwrap();
        for _ in 0..100 {
            while threads.0.state.lock().idle.is_empty() {
                std::thread::yield_now();
            }
            assert_eq!(block_on(threads.run(this_thread)).unwrap(), first);
        }
        assert_eq!(threads.count(), 1);
    }

    #[test]
    fn there_are_never_more_threads_than_the_bound_and_queued_work_runs() {
        let threads = Threads::new(2).unwrap();
        let (sender, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let blocked: Vec<_> = (0..5)
            .map(|_| {
                let (result, done) = oneshot::channel();
                let receiver = receiver.clone();
                let work = move || {
                    let value = receiver.lock().recv().unwrap();
                    let _ = result.send(value);
                };
                threads.0.submit(Box::new(work));
                done
            })
            .collect();
        while threads.count() < 2 {
            std::thread::yield_now();
        }
        (0..5).for_each(|n| sender.send(n).unwrap());
        let mut values: Vec<i32> = block_on(async {
            let mut values = Vec::new();
            for done in blocked {
                values.push(done.await.unwrap());
            }
            values
        });
        values.sort_unstable();
        assert_eq!(values, [0, 1, 2, 3, 4]);
        assert_eq!(threads.count(), 2);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_that_has_run_long_ends_and_another_takes_its_place() {
        let threads = Threads::new(1).unwrap();
        let lowered = block_on(threads.run(|| {
            priority::lower_this_thread();
            this_thread()
        }));
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let next = block_on(threads.run(move || (this_thread(), nice())));
        let (next, nice) = next.unwrap();
        assert!(next != lowered.unwrap());
        assert!(nice < priority::LOW, "it inherited the priority");
    }

    #[test]
    fn a_spawned_future_blocks_its_thread_and_waits_without_one() {
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let threads = Arc::new(Threads::new(2).unwrap());
        let (wake, woken) = oneshot::channel();
        let (result, done) = oneshot::channel();
        let inner = threads.clone();
        threads.spawn(
            tokio.handle().clone(),
            Box::pin(async move {
                let thread = this_thread();
                let same = inner.run(this_thread).await.unwrap() == thread;
                let value: u8 = woken.await.unwrap();
                let _ = result.send((same, value));
            }),
        );
        // Another one can run meanwhile, on the only thread that there is.
        tokio.block_on(threads.run(|| ())).unwrap();
        wake.send(5).unwrap();
        assert_eq!(tokio.block_on(done).unwrap(), (true, 5));
    }

    #[test]
    fn a_panic_costs_only_its_own_work() {
        let threads = Threads::new(1).unwrap();
        assert!(block_on(threads.run(|| panic!("on purpose"))).is_err());
        assert_eq!(block_on(threads.run(|| 5)).unwrap(), 5);
    }

    #[test]
    fn idle_threads_end_with_the_set() {
        let threads = Threads::new(4).unwrap();
        block_on(threads.run(|| ())).unwrap();
        let shared = Arc::downgrade(&threads.0);
        drop(threads);
        while shared.upgrade().is_some() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_result_that_nobody_takes_is_dropped() {
        let threads = Threads::new(1).unwrap();
        let shared = Arc::new(());
        let kept = shared.clone();
        let work = threads.run(move || kept);
        drop(work);
        block_on(threads.run(|| ())).unwrap();
        assert_eq!(Arc::strong_count(&shared), 1);
    }
}

//! The jobs of one function that wait for their turn.
//!
//! The most urgent job goes first, and among those of equal priority the one that came first. Of the
//! jobs with one key, no more than its limit go at a time: the others are held back, and do not hold
//! up jobs with other keys. A job that was taken counts against its key until it is released.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A job's place in the order of its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) priority: Reverse<i8>,
    /// In the order in which jobs came.
    pub(super) serial: u64,
}

/// The key of a job.
pub(super) type Key = Arc<str>;

/// What the line needs to know of a job.
pub(super) trait Ranked {
    fn rank(&self) -> Rank;
    /// Its key, and how many jobs with this key may go at a time.
    fn key(&self) -> Option<(&Key, usize)>;
}

#[derive(Debug)]
pub(super) struct Line<J> {
    /// Those whose keys let them go.
    ready: BTreeMap<Rank, J>,
    /// The keys of jobs that wait or were taken.
    keys: HashMap<Key, SameKey<J>>,
    held: usize,
}

/// The jobs with one key.
#[derive(Debug)]
struct SameKey<J> {
    /// How many were taken and not released.
    taken: usize,
    ready: BTreeSet<Rank>,
    /// Those that wait for others of this key to be released.
    held: BTreeMap<Rank, J>,
}

impl<J> Line<J> {
    pub(super) fn new() -> Self {
        Self {
            ready: BTreeMap::new(),
            keys: HashMap::new(),
            held: 0,
        }
    }

    /// How many jobs wait.
    pub(super) fn len(&self) -> usize {
        self.ready.len() + self.held
    }

    /// How many of them their keys let go.
    pub(super) fn ready(&self) -> usize {
        self.ready.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The job that goes next.
    pub(super) fn first(&self) -> Option<&J> {
        self.ready.values().next()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &J> {
        let held = self.keys.values().flat_map(|key| key.held.values());
        self.ready.values().chain(held)
    }
}

impl<J: Ranked> Line<J> {
    pub(super) fn push(&mut self, job: J) {
        let rank = job.rank();
        let Some((key, _)) = job.key() else {
            self.ready.insert(rank, job);
            return;
        };
        let key = key.clone();
        let same = self.keys.entry(key.clone()).or_insert_with(|| SameKey {
            taken: 0,
            ready: BTreeSet::new(),
            held: BTreeMap::new(),
        });
        same.held.insert(rank, job);
        self.held += 1;
        self.let_go(&key);
    }

    /// Takes the job that goes next.
    pub(super) fn pop(&mut self) -> Option<J> {
        let (rank, job) = self.ready.pop_first()?;
        if let Some((key, _)) = job.key()
            && let Some(same) = self.keys.get_mut(key)
        {
            same.ready.remove(&rank);
            same.taken += 1;
        }
        Some(job)
    }

    /// A job that was taken has ended, or will not run.
    pub(super) fn release(&mut self, key: Option<&Key>) {
        if let Some(key) = key
            && let Some(same) = self.keys.get_mut(key)
        {
            same.taken = same.taken.saturating_sub(1);
            self.let_go(key);
        }
    }

    /// Takes the first job that is `wanted` out.
    pub(super) fn remove(&mut self, wanted: impl Fn(&J) -> bool) -> Option<J> {
        let job = self.iter().find(|job| wanted(job))?;
        let rank = job.rank();
        let Some((key, _)) = job.key() else {
            return self.ready.remove(&rank);
        };
        let key = key.clone();
        let same = self.keys.get_mut(&key)?;
        let job = if same.ready.remove(&rank) {
            self.ready.remove(&rank)
        } else {
            self.held -= 1;
            same.held.remove(&rank)
        };
        self.let_go(&key);
        job
    }

    /// Takes all jobs out.
    pub(super) fn drain(&mut self) -> Vec<J> {
        let mut jobs: Vec<J> = std::mem::take(&mut self.ready).into_values().collect();
        for same in self.keys.values_mut() {
            same.ready.clear();
            jobs.extend(std::mem::take(&mut same.held).into_values());
        }
        self.held = 0;
        self.keys.retain(|_, same| same.taken > 0);
        jobs
    }

    /// Lets as many jobs with `key` go as may, the first ones. Forgets the key when it has none.
    fn let_go(&mut self, key: &Key) {
        let Some(same) = self.keys.get_mut(key) else {
            return;
        };
        while let Some(first) = same.held.first_entry() {
            let rank = *first.key();
            let limit = first.get().key().map_or(usize::MAX, |(_, limit)| limit);
            if same.taken + same.ready.len() >= limit {
                // A job that came later is held back instead, if it has not been taken.
                let Some(last) = same.ready.last().copied().filter(|last| *last > rank) else {
                    break;
                };
                same.ready.remove(&last);
                let later = self.ready.remove(&last);
                let job = first.remove();
                same.held.extend(later.map(|later| (last, later)));
                same.ready.insert(rank);
                self.ready.insert(rank, job);
                continue;
            }
            let job = first.remove();
            self.held -= 1;
            same.ready.insert(rank);
            self.ready.insert(rank, job);
        }
        if same.taken == 0 && same.ready.is_empty() && same.held.is_empty() {
            self.keys.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Fake {
        rank: Rank,
        key: Option<(Key, usize)>,
    }

    impl Ranked for Fake {
        fn rank(&self) -> Rank {
            self.rank
        }
        fn key(&self) -> Option<(&Key, usize)> {
            self.key.as_ref().map(|(key, limit)| (key, *limit))
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push(i8, Option<u8>),
        Pop,
        Release(usize),
        Remove(usize),
        Drain,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            20 => (-2_i8..3, proptest::option::of(0_u8..3)).prop_map(|(p, key)| Step::Push(p, key)),
            20 => Just(Step::Pop),
            10 => any::<usize>().prop_map(Step::Release),
            5 => any::<usize>().prop_map(Step::Remove),
            1 => Just(Step::Drain),
        ]
    }

    proptest! {
        /// The line does what a list does of which each time the first job is taken whose key has
        /// fewer jobs under way than its limit.
        #[test]
        fn the_first_job_whose_key_is_below_its_limit_goes_next(
            steps in proptest::collection::vec(step(), 1..200),
            limit in 1_usize..4,
        ) {
            let mut line = Line::new();
            let mut waiting = Vec::<Fake>::new();
            let mut taken = Vec::<Fake>::new();
            for (serial, step) in (0..).zip(steps) {
                match step {
                    Step::Push(priority, key) => {
                        let rank = Rank { priority: Reverse(priority), serial };
                        let key = key.map(|key| (key.to_string().into(), limit));
                        let job = Fake { rank, key };
                        waiting.push(job.clone());
                        waiting.sort_by_key(|job| job.rank);
                        line.push(job);
                    }
                    Step::Pop => {
                        let may = |job: &Fake| {
                            let same = taken.iter().filter(|other| other.key == job.key);
                            job.key.is_none() || same.count() < limit
                        };
                        let expected = waiting.iter().position(may).map(|at| waiting.remove(at));
                        prop_assert_eq!(line.first(), expected.as_ref());
                        prop_assert_eq!(line.pop(), expected.clone());
                        taken.extend(expected);
                    }
                    Step::Release(which) => if !taken.is_empty() {
                        let job = taken.remove(which % taken.len());
                        line.release(job.key().map(|(key, _)| key));
                    },
                    Step::Remove(which) => if !waiting.is_empty() {
                        let job = waiting.remove(which % waiting.len());
                        prop_assert_eq!(line.remove(|other| other.rank == job.rank), Some(job));
                    },
                    Step::Drain => {
                        let mut drained = line.drain();
                        drained.sort_by_key(|job| job.rank);
                        prop_assert_eq!(drained, std::mem::take(&mut waiting));
                    }
                }
                prop_assert_eq!(line.len(), waiting.len());
                let keys = waiting.iter().chain(&taken).filter_map(|job| job.key.clone());
                let keys: BTreeSet<_> = keys.map(|(key, _)| key).collect();
                prop_assert_eq!(line.keys.len(), keys.len());
            }
        }
    }
}

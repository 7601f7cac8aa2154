//! Updates of failed groups that may have been applied.

use std::collections::HashMap;

use faas_core::model::ExecutionId;
use faas_core::store::Stage;
use mongodb::bson::oid::ObjectId;
use parking_lot::Mutex;

use super::waves::Update;

/// The maximum number of updates in doubt. Beyond it, those of groups that failed earlier are
/// forgotten, and count as stale when they are retried.
const DOUBTS: usize = 1 << 16;

/// Updates of groups that failed.
#[derive(Debug, Default)]
pub(crate) struct InDoubt(HashMap<Step, Doubt>);

/// Identifies an update when it is retried. No execution takes the same step twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Claim(ExecutionId, u32),
    Settle(ExecutionId, Stage),
    FollowUp(ExecutionId, u32),
}

impl From<&Update<'_>> for Step {
    fn from(update: &Update<'_>) -> Self {
        match update {
            Update::Claim { id, attempt, .. } => Self::Claim(*id, *attempt),
            Update::Settle { execution, from } => Self::Settle(execution.id, *from),
            Update::FollowUp { id, follow_up, .. } => Self::FollowUp(*id, follow_up.revision),
        }
    }
}

#[derive(Debug, Default)]
struct Doubt {
    /// The update was applied before another write of its group failed.
    is_made: bool,
    /// The update left one of these tokens, if it was applied.
    tokens: Vec<ObjectId>,
}

/// The known outcomes of the updates of one group.
#[derive(Debug, Default)]
pub(super) struct Sent(Vec<(Step, Known)>);

#[derive(Debug, Clone, Copy)]
enum Known {
    Made,
    Refused,
    /// The update leaves this token, if it is applied.
    Maybe(ObjectId),
}

impl Sent {
    /// Records updates that are about to be sent.
    pub(super) fn maybe(&mut self, updates: &[(usize, Update<'_>)], token: ObjectId) {
        let maybe = |(_, update): &(usize, Update<'_>)| (Step::from(update), Known::Maybe(token));
        self.0.extend(updates.iter().map(maybe));
    }

    /// Records that the outcomes of the updates sent last are known.
    pub(super) fn know(&mut self, are_made: impl DoubleEndedIterator<Item = bool>) {
        for ((_, known), is_made) in self.0.iter_mut().rev().zip(are_made.rev()) {
            *known = if is_made { Known::Made } else { Known::Refused };
        }
    }
}

/// Remembers the updates that a group has sent until it is done, even if its caller stops waiting.
pub(super) struct Sending<'a> {
    pub(super) sent: Sent,
    in_doubt: &'a Mutex<InDoubt>,
    is_done: bool,
}

impl<'a> Sending<'a> {
    pub(super) fn new(in_doubt: &'a Mutex<InDoubt>) -> Self {
        Self {
            sent: Sent::default(),
            in_doubt,
            is_done: false,
        }
    }

    pub(super) fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        let mut in_doubt = self.in_doubt.lock();
        if self.is_done {
            in_doubt.forget(&self.sent);
        } else {
            in_doubt.keep(&self.sent);
        }
    }
}

impl InDoubt {
    /// Whether an earlier try has applied this update. `token` is that of the last update of the
    /// execution.
    pub(super) fn made(&self, update: &Update<'_>, token: Option<&ObjectId>) -> bool {
        self.0.get(&Step::from(update)).is_some_and(|doubt| {
            doubt.is_made || token.is_some_and(|token| doubt.tokens.contains(token))
        })
    }

    /// The group is done.
    fn forget(&mut self, sent: &Sent) {
        if self.0.is_empty() {
            return;
        }
        for (step, _) in &sent.0 {
            self.0.remove(step);
        }
    }

    /// The group failed.
    fn keep(&mut self, sent: &Sent) {
        if self.0.len() + sent.0.len() > DOUBTS {
            self.0.clear();
        }
        for (step, known) in &sent.0 {
            match known {
                Known::Made => self.0.entry(*step).or_default().is_made = true,
                Known::Refused => {}
                Known::Maybe(token) => self.0.entry(*step).or_default().tokens.push(*token),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use faas_core::store::conformance::fixtures::{Fixtures, START};
    use faas_core::store::{Lease, Owner};

    use super::*;

    #[test]
    fn what_was_made_before_its_group_failed_counts_as_done_until_the_group_is() {
        let mut fixtures = Fixtures::new();
        let function = fixtures.id();
        let lease = Lease {
            owner: Owner::new("ours"),
            until: START,
        };
        let claims: Vec<_> = (0..4)
            .map(|place| {
                let id = fixtures.pending(function).id;
                let (attempt, lease) = (1, &lease);
                (place, Update::Claim { id, attempt, lease })
            })
            .collect();
        let (first, last) = (ObjectId::new(), ObjectId::new());
        let mut sent = Sent::default();
        sent.maybe(&claims[..2], first);
        sent.know([true, false].into_iter());
        sent.maybe(&claims[2..], last);
        let mut in_doubt = InDoubt::default();
        in_doubt.keep(&sent);
        let made = |in_doubt: &InDoubt, token| -> Vec<bool> {
            let claims = claims.iter();
            let made = claims.map(|(_, claim)| in_doubt.made(claim, token));
            made.collect()
        };
        // Another server may have written to the first one since.
        assert_eq!(made(&in_doubt, None), [true, false, false, false]);
        assert_eq!(made(&in_doubt, Some(&first)), [true, false, false, false]);
        assert_eq!(made(&in_doubt, Some(&last)), [true, false, true, true]);
        in_doubt.forget(&sent);
        assert_eq!(made(&in_doubt, Some(&last)), [false; 4]);
    }
}

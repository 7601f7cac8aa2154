//! The parts of executions that may be long, for lists that are bounded in bytes.
//!
//! A document says how long its parts are, so that only those that fit are read. Documents of earlier
//! releases do not say so: their parts are read few at a time, and no more once one did not fit.

use std::collections::HashMap;
use std::sync::Arc;

use faas_core::model::{ExecutionId, LeftOut, ListedExecution};
use faas_core::store::{PageBudget, PartLengths};
use futures_util::TryStreamExt;
use mongodb::bson::{Bson, doc};

use crate::documents::execution::{self, Head};
use crate::error::Error;
use crate::ids::Id;
use crate::store::Inner;

/// Everything is left out.
const ALL: LeftOut = LeftOut {
    input: true,
    output: true,
    logs: true,
    attempts: true,
};

/// How many executions are asked for at once whose parts have a known length.
const KNOWN: usize = 256;
/// How many at first whose parts may have any length, and how many at most.
const UNKNOWN: (usize, usize) = (4, 128);
/// More are asked for at once as long as all together have no more bytes than that.
const FEW_BYTES: usize = 256 << 10;

impl Inner {
    /// Reads the parts that fit into a page of so many bytes.
    pub(crate) async fn with_parts(
        &self,
        mut heads: Vec<Head>,
        max_bytes: usize,
    ) -> Result<Vec<ListedExecution>, Error> {
        let mut budget = PageBudget::new(max_bytes);
        let lengths = |head: &Head| head.lengths.map(|lengths| budget.leave_out(lengths));
        let mut left_out: Vec<Option<LeftOut>> = heads.iter().map(lengths).collect();
        self.read_known(&mut heads, &mut left_out).await?;
        self.read_unknown(&mut heads, &mut left_out, &mut budget)
            .await?;
        let listed = heads.into_iter().zip(left_out);
        let listed = listed.map(|(head, left_out)| {
            let mut execution = Arc::new(head.finish());
            budget.bound_deliveries(&mut execution);
            ListedExecution {
                execution,
                left_out: left_out.unwrap_or(ALL),
            }
        });
        Ok(listed.collect())
    }

    /// Reads the parts that are not left out, of executions with the same parts together.
    async fn read_known(
        &self,
        heads: &mut [Head],
        left_out: &mut [Option<LeftOut>],
    ) -> Result<(), Error> {
        let mut alike = Vec::<(LeftOut, Vec<usize>)>::new();
        for (place, left_out) in left_out.iter().enumerate() {
            let Some(left_out) = left_out.filter(|left_out| *left_out != ALL) else {
                continue;
            };
            match alike.iter_mut().find(|(known, _)| *known == left_out) {
                Some((_, places)) => places.push(place),
                None => alike.push((left_out, vec![place])),
            }
        }
        for (parts, places) in alike {
            for some in places.chunks(KNOWN) {
                let mut missing = self.read_parts(heads, some, parts).await?;
                // What has expired meanwhile has no parts any more.
                for (_, place) in missing.drain() {
                    if let Some(left_out) = left_out.get_mut(place) {
                        *left_out = Some(ALL);
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads all parts of the executions at these places. Returns those that were not found.
    async fn read_parts(
        &self,
        heads: &mut [Head],
        places: &[usize],
        left_out: LeftOut,
    ) -> Result<HashMap<ExecutionId, usize>, Error> {
        let head = |place: &usize| Some((heads.get(*place)?.execution.id, *place));
        let mut missing: HashMap<_, _> = places.iter().filter_map(head).collect();
        let ids: Vec<Bson> = missing.keys().map(|id| id.bson()).collect();
        let find = self
            .collections
            .executions
            .find(doc! { "_id": { "$in": ids } });
        let mut found = find.projection(execution::part_fields(left_out)).await?;
        while let Some(document) = found.try_next().await? {
            let id = document.get("_id").and_then(ExecutionId::of_bson);
            let place = id.and_then(|id| missing.remove(&id));
            if let Some(head) = place.and_then(|place| heads.get_mut(place)) {
                head.read_parts(&document, left_out);
            }
        }
        Ok(missing)
    }

    /// Reads the parts of documents that do not say how long they are, in order, until one does not
    /// fit.
    async fn read_unknown(
        &self,
        heads: &mut [Head],
        left_out: &mut [Option<LeftOut>],
        budget: &mut PageBudget,
    ) -> Result<(), Error> {
        let places = left_out.iter().enumerate();
        let places = places.filter(|(_, left_out)| left_out.is_none());
        let places: Vec<_> = places.map(|(place, _)| place).collect();
        let (mut at_once, most) = UNKNOWN;
        let mut rest = places.as_slice();
        while !rest.is_empty() {
            let (some, later) = rest.split_at(at_once.min(rest.len()));
            rest = later;
            let missing = self.read_parts(heads, some, LeftOut::default()).await?;
            let (mut bytes, mut is_full) = (0, false);
            for place in some {
                let (Some(head), Some(left_out)) =
                    (heads.get_mut(*place), left_out.get_mut(*place))
                else {
                    continue;
                };
                if missing.contains_key(&head.execution.id) {
                    continue;
                }
                let lengths = PartLengths::of(&head.execution);
                bytes += lengths.input + lengths.output + lengths.logs + lengths.attempts;
                let does_not_fit = budget.leave_out(lengths);
                head.drop_parts(does_not_fit);
                is_full |= !does_not_fit.is_nothing();
                *left_out = Some(does_not_fit);
            }
            if is_full {
                return Ok(());
            }
            at_once = if bytes <= FEW_BYTES {
                (4 * at_once).min(most)
            } else {
                UNKNOWN.0
            };
        }
        Ok(())
    }
}

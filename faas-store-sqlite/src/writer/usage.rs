//! The sums of one transaction, written once for each span and function.

use std::collections::BTreeMap;

use faas_core::model::UsageSums;
use faas_core::model::{Execution, Timestamp};
use faas_core::store::rollup::Grain;
use rusqlite::Connection;

use crate::error::Error;
use crate::rows::usage;

#[derive(Debug, Default)]
pub(super) struct Sums {
    minutes: BTreeMap<(Timestamp, i64), UsageSums>,
}

impl Sums {
    pub(super) fn add(&mut self, execution: &Execution, function_no: i64) {
        let key = (Grain::Minute.floor(execution.created_at), function_no);
        let sums = UsageSums::of(execution);
        self.minutes.entry(key).or_default().add(&sums);
    }

    /// Adds the sums to the stored ones, for every grain.
    pub(super) fn enter(&self, connection: &Connection) -> Result<(), Error> {
        for grain in Grain::ALL {
            let mut spans = BTreeMap::<_, UsageSums>::new();
            for ((minute, function_no), sums) in &self.minutes {
                let key = (grain.floor(*minute), *function_no);
                spans.entry(key).or_default().add(sums);
            }
            for ((start, function_no), sums) in &spans {
                usage::add(connection, (grain, *start, *function_no), sums)?;
            }
        }
        Ok(())
    }
}

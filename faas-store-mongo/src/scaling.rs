//! Scaling events.

use faas_core::model::{ScalingEvent, Timestamp};
use faas_core::store::Period;
use futures_util::TryStreamExt;
use mongodb::bson::doc;

use crate::documents::damage::readable;
use crate::documents::scaling;
use crate::error::Error;
use crate::period;
use crate::store::Inner;

impl Inner {
    pub(crate) async fn scaling_events(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<ScalingEvent>, Error> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let since = Period {
            from: since,
            ..Period::ALL
        };
        let filter = period::all(period::exactly("timestamp", since));
        let find = self.collections.scaling_events.find(filter);
        let mut found = find
            .sort(doc! { "timestamp": -1, "exact.timestamp": -1, "_id": -1 })
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .await?;
        let mut events = Vec::new();
        while let Some(document) = found.try_next().await? {
            events.extend(readable(&document, scaling::read(&document))?);
        }
        Ok(events)
    }

    pub(crate) async fn scaling_event_count(&self, period: Period) -> Result<u64, Error> {
        if period.from >= period.to {
            return Ok(0);
        }
        let filter = period::all(period::exactly("timestamp", period));
        Ok(self
            .collections
            .scaling_events
            .count_documents(filter)
            .await?)
    }
}

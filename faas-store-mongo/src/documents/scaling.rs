//! Documents of `scalingevents`.

use faas_core::model::{ScalingAction, ScalingEvent};
use mongodb::bson::{Document, doc};

use super::{Fields, date};
use crate::collections::SCALING_EVENTS;
use crate::error::Error;
use crate::ids::Id;

pub(crate) fn write(event: &ScalingEvent) -> Document {
    doc! {
        "_id": event.id.bson(),
        "functionId": event.function_id.map(Id::bson),
        "action": event.action.as_str(),
        "instanceCount": i64::from(event.instance_count),
        "timestamp": date(event.at),
        "reason": event.reason.as_str(),
        "exact": { "timestamp": event.at.as_micros() },
    }
}

pub(crate) fn read(document: &Document) -> Result<ScalingEvent, Error> {
    let fields = Fields::new(document, SCALING_EVENTS);
    let action = match fields.text("action")? {
        "scale_up" => ScalingAction::Up,
        "scale_down" => ScalingAction::Down,
        _ => return Err(fields.unreadable("action")),
    };
    Ok(ScalingEvent {
        id: fields.id("_id")?,
        function_id: fields.optional_id("functionId")?,
        action,
        instance_count: fields.optional_u32("instanceCount")?.unwrap_or(0),
        at: fields.moment("timestamp")?,
        reason: fields.optional_text("reason")?.unwrap_or("").to_owned(),
    })
}

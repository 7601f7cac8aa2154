//! Scaling events.

use super::{FunctionId, ScalingEventId, Timestamp};

/// One change of the number of instances.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ScalingEvent {
    /// The id.
    pub id: ScalingEventId,
    /// The function that caused the change, if any.
    pub function_id: Option<FunctionId>,
    /// The direction.
    pub action: ScalingAction,
    /// The number of instances after the change.
    pub instance_count: u32,
    /// When the change happened.
    pub at: Timestamp,
    /// The reason, for people: "queue length 14 > 10".
    pub reason: String,
}

/// The direction of a capacity change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ScalingAction {
    /// More instances.
    Up,
    /// Fewer instances.
    Down,
}

impl ScalingAction {
    /// Returns `scale_up` or `scale_down`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "scale_up",
            Self::Down => "scale_down",
        }
    }
}

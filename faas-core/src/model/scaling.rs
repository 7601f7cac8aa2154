//! A change of capacity, as it is told and stored.

use super::{FunctionId, ScalingEventId, Timestamp};

/// One change of the number of instances.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ScalingEvent {
    /// Its id.
    pub id: ScalingEventId,
    /// The function that caused it, where it was one.
    pub function_id: Option<FunctionId>,
    /// Which way.
    pub action: ScalingAction,
    /// How many instances there are after it.
    pub instance_count: u32,
    /// When.
    pub at: Timestamp,
    /// Why, in words: "queue length 14 > 10".
    pub reason: String,
}

/// Which way capacity went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ScalingAction {
    /// More instances.
    Up,
    /// Fewer.
    Down,
}

impl ScalingAction {
    /// `scale_up` or `scale_down`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "scale_up",
            Self::Down => "scale_down",
        }
    }
}

//! Ids: a UUIDv7 newtype per kind. Ids sort by time, and kinds cannot be confused.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use super::{Timestamp, object_id};

/// The text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id: expected a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct ParseIdError;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Creates the id from its 128 bits.
            pub const fn from_u128(bits: u128) -> Self {
                Self(Uuid::from_u128(bits))
            }

            /// Returns the 128 bits; they sort by time.
            pub const fn as_u128(self) -> u128 {
                self.0.as_u128()
            }

            /// Returns when the id was made, to the millisecond: the first 48 bits of a UUIDv7 (RFC
            /// 9562).
            pub fn created_at(self) -> Timestamp {
                Timestamp::from_millis(i64::try_from(self.0.as_u128() >> 80).unwrap_or(i64::MAX))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            /// Reads the hyphenated form that `Display` writes, and the 24 hexadecimal digits of an id
            /// of an earlier system, which stand for a UUID: see [`object_id`].
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                if let Some(id) = object_id::parse(text) {
                    return Ok(Self::from_u128(object_id::to_uuid(id)));
                }
                if text.len() != 36 {
                    return Err(ParseIdError);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| ParseIdError)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id! {
    /// Identifies a function, in all versions.
    FunctionId
}
id! {
    /// Identifies an execution, in all attempts.
    ExecutionId
}
id! {
    /// Identifies a scaling event.
    ScalingEventId
}

id! {
    /// Identifies a session of code that runs.
    SessionId
}
id! {
    /// Identifies a load test.
    LoadTestId
}
id! {
    /// Identifies a schedule.
    ScheduleId
}
id! {
    /// Identifies an API key. It is not secret.
    KeyId
}
id! {
    /// Identifies an entry of the audit log.
    AuditId
}

impl FunctionId {
    /// The function of the executions of [`Platform::run`](crate::Platform::run), whose code is not
    /// stored. No function has this id.
    pub const RUN: Self = Self::from_u128(0x8000_8000_0000_0000_0001);
}

/// Identifies an instance: a slot that runs one execution at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(Arc<str>);

impl InstanceId {
    /// Creates the id of the instance with this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes UUIDv7 ids whose first 64 bits are strictly increasing: 48 bits of Unix milliseconds, the
/// version, and a 12-bit counter within the millisecond (RFC 9562 §6.2, method 1). When the counter
/// overflows or the clock is set back, the ids run ahead of the clock.
///
/// So a store may use the first 64 bits as its clustered key. The other 62 bits are random, so ids
/// of several servers on one store differ.
#[derive(Debug, Default)]
pub struct IdGenerator {
    /// Milliseconds << 12 | counter, of the last id.
    last: AtomicU64,
}

impl IdGenerator {
    /// Creates a generator whose first id sorts after `last`, the newest id in the store.
    pub fn after(last: Option<ExecutionId>) -> Self {
        let last = last.map_or(0, |id| {
            let high = u64::try_from(id.as_u128() >> 64).unwrap_or(u64::MAX);
            (high >> 16 << 12) | (high & 0xfff)
        });
        Self {
            last: AtomicU64::new(last),
        }
    }

    fn next(&self, now: Timestamp) -> u128 {
        let floor = u64::try_from(now.as_millis()).unwrap_or(0) << 12;
        let step = |last: u64| Some(floor.max(last + 1));
        let last = match self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step)
        {
            Ok(last) | Err(last) => last,
        };
        let stamp = floor.max(last + 1);
        let high = (stamp >> 12 << 16) | 0x7000 | (stamp & 0xfff);
        let low = (fastrand::u64(..) >> 2) | (1 << 63);
        (u128::from(high) << 64) | u128::from(low)
    }

    /// Makes a function id.
    pub fn function(&self, now: Timestamp) -> FunctionId {
        FunctionId::from_u128(self.next(now))
    }

    /// Makes an execution id.
    pub fn execution(&self, now: Timestamp) -> ExecutionId {
        ExecutionId::from_u128(self.next(now))
    }

    /// Makes a scaling event id.
    pub fn scaling_event(&self, now: Timestamp) -> ScalingEventId {
        ScalingEventId::from_u128(self.next(now))
    }

    /// Makes a load test id.
    pub fn load_test(&self, now: Timestamp) -> LoadTestId {
        LoadTestId::from_u128(self.next(now))
    }

    /// Makes a schedule id.
    pub fn schedule(&self, now: Timestamp) -> ScheduleId {
        ScheduleId::from_u128(self.next(now))
    }

    /// Makes a session id.
    pub fn session(&self, now: Timestamp) -> SessionId {
        SessionId::from_u128(self.next(now))
    }

    /// Makes an API key id.
    pub fn key(&self, now: Timestamp) -> KeyId {
        KeyId::from_u128(self.next(now))
    }

    /// Makes an audit entry id.
    pub fn audit(&self, now: Timestamp) -> AuditId {
        AuditId::from_u128(self.next(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_64_bits_increase_even_when_the_clock_stands_still_or_goes_back() {
        let ids = IdGenerator::default();
        let mut last = 0;
        for n in 0..20_000_i64 {
            let now = Timestamp::from_millis(if n < 10_000 { 5_000 } else { 4_000 });
            let high = ids.execution(now).as_u128() >> 64;
            assert!(high > last);
            last = high;
        }
    }

    #[test]
    fn a_generator_continues_after_the_newest_stored_id() {
        let newest = IdGenerator::default().execution(Timestamp::from_millis(9_000_000));
        let next = IdGenerator::after(Some(newest)).execution(Timestamp::from_millis(1));
        assert!(next.as_u128() >> 64 > newest.as_u128() >> 64);
    }

    #[test]
    fn an_id_is_a_uuid_v7_with_its_creation_time_and_parses_back() {
        let now = Timestamp::from_millis(1_764_000_000_123);
        let id = IdGenerator::default().function(now);
        assert_eq!(id.created_at(), now);
        let text = id.to_string();
        assert_eq!(&text[14..15], "7");
        assert_eq!(text.parse(), Ok(id));
        // That of an earlier system is the same id in another form.
        let old: FunctionId = "65A1b2c3d4e5f60718293a4b".parse().unwrap();
        assert_eq!(&old.to_string()[14..15], "8");
        assert_eq!(old.to_string().parse(), Ok(old));
        for bad in [
            "",
            "x",
            "65a1b2c3d4e5f60718293a4",
            "+5a1b2c3d4e5f60718293a4b",
            "65a1b2c3d4e5f60718293a4g",
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
        ] {
            assert_eq!(bad.parse::<FunctionId>(), Err(ParseIdError));
        }
    }
}

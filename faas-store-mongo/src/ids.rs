//! Ids as they are stored: our own as strings, those of an earlier system as ObjectIds.
//!
//! The platform knows UUIDs only, so an ObjectId is read as a UUID of version 8 (RFC 9562 §5.8)
//! that holds its twelve bytes, the time first: it is found by that UUID, is written back as the
//! ObjectId that it was, and sorts among UUIDv7 by its time.
//!
//! ```text
//! ObjectId  seconds (32)                 rest (64)
//! UUIDv8    milliseconds (48)  8 (4)  rest's first 12  2 (2)  rest's other 52  0 (10)
//! ```

use faas_core::model::{AuditId, ExecutionId, FunctionId, KeyId, LoadTestId, ScalingEventId};
use mongodb::bson::Bson;
use mongodb::bson::oid::ObjectId;

/// How many bits of an ObjectId's second half lie behind the UUID's variant.
const TAIL: u32 = 52;
/// Bits of such a UUID that are always zero, at its end.
const SPARE: u32 = 10;

/// A 128-bit id that is stored as a string or an ObjectId.
pub(crate) trait Id: Copy {
    fn bits(self) -> u128;
    fn of_bits(bits: u128) -> Self;
    fn text(self) -> String;

    /// As it is stored.
    fn bson(self) -> Bson {
        match to_object_id(self.bits()) {
            Some(id) => Bson::ObjectId(id),
            None => Bson::String(self.text()),
        }
    }

    /// As it was stored; `None` when that is no id.
    fn of_bson(value: &Bson) -> Option<Self>;
}

macro_rules! id {
    ($name:ident) => {
        impl Id for $name {
            fn bits(self) -> u128 {
                self.as_u128()
            }

            fn of_bits(bits: u128) -> Self {
                Self::from_u128(bits)
            }

            fn text(self) -> String {
                self.to_string()
            }

            fn of_bson(value: &Bson) -> Option<Self> {
                match value {
                    Bson::String(text) => text.parse().ok(),
                    Bson::ObjectId(id) => Some(Self::of_bits(of_object_id(*id))),
                    _ => None,
                }
            }
        }
    };
}

id!(ExecutionId);
id!(FunctionId);
id!(ScalingEventId);
id!(LoadTestId);
id!(KeyId);
id!(AuditId);

/// The UUID that stands for an ObjectId.
pub(crate) fn of_object_id(id: ObjectId) -> u128 {
    let bytes = id.bytes().into_iter();
    place(bytes.fold(0, |bits, byte| (bits << 8) | u128::from(byte)))
}

/// Places the 96 bits of an ObjectId in a UUID. Keeps their order.
const fn place(id: u128) -> u128 {
    let millis = (id >> 64) * 1000;
    let rest = id & u64::MAX as u128;
    let head = rest >> TAIL;
    let tail = rest & ((1 << TAIL) - 1);
    millis << 80 | 8 << 76 | head << 64 | 2 << 62 | tail << SPARE
}

/// The ObjectId that this UUID stands for; `None` when it is one of our own.
fn to_object_id(uuid: u128) -> Option<ObjectId> {
    let seconds = (uuid >> 80) / 1000;
    let head = uuid >> 64 & 0xfff;
    let tail = uuid >> SPARE & ((1 << TAIL) - 1);
    let id = seconds << 64 | head << TAIL | tail;
    (seconds <= u128::from(u32::MAX) && place(id) == uuid).then(|| object_id(id))
}

/// The ObjectId with these 96 bits.
fn object_id(bits: u128) -> ObjectId {
    let [_, _, _, _, bytes @ ..] = bits.to_be_bytes();
    ObjectId::from_bytes(bytes)
}

/// The first ObjectId whose UUID is not before `uuid`; `None` when all are before it.
pub(crate) fn first_object_id(uuid: u128) -> Option<ObjectId> {
    const ALL: u128 = 1 << 96;
    let (mut low, mut high) = (0, ALL);
    while low < high {
        let middle = low + (high - low) / 2;
        if place(middle) >= uuid {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    (low < ALL).then(|| object_id(low))
}

#[cfg(test)]
mod tests {
    use faas_core::model::{IdGenerator, Timestamp};

    use super::*;

    fn sample() -> ObjectId {
        ObjectId::parse_str("65a1b2c3d4e5f60718293a4b").unwrap()
    }

    #[test]
    fn an_object_id_is_a_uuid_of_version_8_that_tells_its_time_and_reads_back() {
        for id in [
            sample(),
            ObjectId::from_bytes([0; 12]),
            ObjectId::from_bytes([0xff; 12]),
        ] {
            let uuid = ExecutionId::of_bson(&Bson::ObjectId(id)).unwrap();
            assert_eq!(&uuid.to_string()[14..15], "8");
            let again: ExecutionId = uuid.to_string().parse().unwrap();
            assert_eq!(again.bson(), Bson::ObjectId(id));
            let made = uuid.created_at().as_millis();
            assert_eq!(made, id.timestamp().timestamp_millis());
        }
    }

    #[test]
    fn an_id_of_our_own_is_a_string_that_reads_back() {
        let ids = IdGenerator::default();
        // Also at a whole second, where an ObjectId's time could be.
        for millis in [0, 1_000, 1_764_000_000_000, 1_764_000_000_123] {
            let id = ids.execution(Timestamp::from_millis(millis));
            assert_eq!(id.bson(), Bson::String(id.to_string()));
            assert_eq!(ExecutionId::of_bson(&id.bson()), Some(id));
        }
        assert_eq!(ExecutionId::of_bson(&Bson::Int32(1)), None);
        assert_eq!(ExecutionId::of_bson(&Bson::String("x".into())), None);
    }

    #[test]
    fn object_ids_and_ours_sort_by_time() {
        let made = sample().timestamp().timestamp_millis();
        let ids = IdGenerator::default();
        let old = ExecutionId::of_bson(&Bson::ObjectId(sample())).unwrap();
        assert!(ids.execution(Timestamp::from_millis(made - 1)) < old);
        assert!(old < ids.execution(Timestamp::from_millis(made + 1)));
        let mut bytes = sample().bytes();
        for index in (0..12).rev() {
            bytes[index] += 1;
            let later = ObjectId::from_bytes(bytes);
            assert!(of_object_id(sample()) < of_object_id(later));
        }
    }

    #[test]
    fn the_first_object_id_at_or_after_a_uuid_is_found() {
        let uuid = of_object_id(sample());
        assert_eq!(first_object_id(uuid), Some(sample()));
        let mut next = sample().bytes();
        next[11] += 1;
        let next = ObjectId::from_bytes(next);
        assert_eq!(first_object_id(uuid + 1), Some(next));
        assert_eq!(first_object_id(0), Some(ObjectId::from_bytes([0; 12])));
        assert_eq!(first_object_id(u128::MAX), None);
    }
}

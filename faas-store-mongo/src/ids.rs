//! Ids as they are stored: our own as strings, those of an earlier system as ObjectIds.
//!
//! An ObjectId is read as the UUID that it stands for, and is found and written back by it as the
//! ObjectId that it was: see [`object_id`].

use faas_core::model::object_id;
use faas_core::model::{
    AuditId, ExecutionId, FunctionId, KeyId, LoadTestId, ScalingEventId, ScheduleId,
};
use mongodb::bson::Bson;
use mongodb::bson::oid::ObjectId;

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
                    // Ours have 36 characters; others are not written by this store.
                    Bson::String(text) if text.len() == 36 => text.parse().ok(),
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
id!(ScheduleId);
id!(KeyId);
id!(AuditId);

/// The UUID that stands for an ObjectId.
pub(crate) fn of_object_id(id: ObjectId) -> u128 {
    let bytes = id.bytes().into_iter();
    object_id::to_uuid(bytes.fold(0, |bits, byte| (bits << 8) | u128::from(byte)))
}

/// The ObjectId that this UUID stands for; `None` when it is one of our own.
fn to_object_id(uuid: u128) -> Option<ObjectId> {
    object_id::of_uuid(uuid).map(of_bits)
}

/// The ObjectId with these 96 bits.
fn of_bits(bits: u128) -> ObjectId {
    let [_, _, _, _, bytes @ ..] = bits.to_be_bytes();
    ObjectId::from_bytes(bytes)
}

/// The first ObjectId whose UUID is not before `uuid`; `None` when all are before it.
pub(crate) fn first_object_id(uuid: u128) -> Option<ObjectId> {
    object_id::first_at(uuid).map(of_bits)
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

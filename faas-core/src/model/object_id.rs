//! The ids of an earlier system: MongoDB's ObjectIds, of 24 hexadecimal digits.
//!
//! The platform has 128-bit ids only, so an ObjectId stands for the UUID of version 8 (RFC 9562 §5.8)
//! that holds its twelve bytes, the time first. The UUID sorts among UUIDv7 by its time, and is the
//! only one that the ObjectId stands for.
//!
//! ```text
//! ObjectId  seconds (32)                 rest (64)
//! UUIDv8    milliseconds (48)  8 (4)  rest's first 12  2 (2)  rest's other 52  0 (10)
//! ```

/// How many bits of an ObjectId's second half lie behind the UUID's variant.
const TAIL: u32 = 52;
/// Bits of such a UUID that are always zero, at its end.
const SPARE: u32 = 10;
/// The largest ObjectId.
const MOST: u128 = (1 << 96) - 1;

/// The bits of the UUID that stands for an ObjectId with these 96 bits. Keeps their order.
pub const fn to_uuid(object_id: u128) -> u128 {
    let millis = (object_id >> 64) * 1000;
    let rest = object_id & u64::MAX as u128;
    let head = rest >> TAIL;
    let tail = rest & ((1 << TAIL) - 1);
    millis << 80 | 8 << 76 | head << 64 | 2 << 62 | tail << SPARE
}

/// The 96 bits of the ObjectId that a UUID stands for; `None` when it stands for none.
pub const fn of_uuid(uuid: u128) -> Option<u128> {
    let seconds = (uuid >> 80) / 1000;
    if seconds > u32::MAX as u128 {
        return None;
    }
    let head = uuid >> 64 & 0xfff;
    let tail = uuid >> SPARE & ((1 << TAIL) - 1);
    let object_id = seconds << 64 | head << TAIL | tail;
    if to_uuid(object_id) == uuid {
        Some(object_id)
    } else {
        None
    }
}

/// The first ObjectId whose UUID is not before `uuid`; `None` when all are before it.
pub const fn first_at(uuid: u128) -> Option<u128> {
    let (mut low, mut high) = (0, MOST + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if to_uuid(middle) >= uuid {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    if low <= MOST { Some(low) } else { None }
}

/// Reads 24 hexadecimal digits.
pub(super) fn parse(text: &str) -> Option<u128> {
    let is_hex = text.len() == 24 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    u128::from_str_radix(text, 16).ok().filter(|_| is_hex)
}

//! Special-purpose addresses, and the ways to write them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Addresses in each special-purpose block of IPv4, metadata services among them.
pub(super) const V4: [[u8; 4]; 30] = [
    [127, 0, 0, 1],
    [127, 255, 255, 254],
    [0, 0, 0, 0],
    [0, 1, 2, 3],
    [10, 0, 0, 1],
    [10, 255, 255, 255],
    [172, 16, 0, 1],
    [172, 31, 255, 254],
    [192, 168, 0, 1],
    [192, 168, 255, 254],
    [169, 254, 169, 254],
    [169, 254, 170, 2],
    [169, 254, 169, 253],
    [100, 64, 0, 1],
    [100, 100, 100, 200],
    [192, 0, 0, 192],
    [192, 0, 0, 8],
    [192, 0, 2, 1],
    [192, 31, 196, 1],
    [192, 52, 193, 1],
    [192, 88, 99, 1],
    [192, 175, 48, 1],
    [198, 18, 0, 1],
    [198, 19, 255, 254],
    [198, 51, 100, 1],
    [203, 0, 113, 1],
    [224, 0, 0, 1],
    [240, 0, 0, 1],
    [255, 255, 255, 255],
    [168, 63, 129, 16],
];

/// Addresses in each special-purpose block of IPv6.
pub(super) const V6: [&str; 30] = [
    "::1",
    "::",
    "::2",
    "::ffff:0:7f00:1",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1:ffff::1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:1::1",
    "2001:1::3",
    "2001:2::1",
    "2001:3::1",
    "2001:4:112::1",
    "2001:10::1",
    "2001:20::1",
    "2001:30::1",
    "2001:db8::1",
    "2002:a00:1::1",
    "2620:4f:8000::1",
    "3ffe::1",
    "3fff::1",
    "3fff:fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
];

/// The spellings of an IPv4 address as the host of a URL, those inside IPv6 addresses among them.
pub(super) fn spellings(address: [u8; 4]) -> Vec<String> {
    let [a, b, c, d] = address;
    let number = u32::from_be_bytes(address);
    let low = u32::from_be_bytes([0, b, c, d]);
    let last = u16::from_be_bytes([c, d]);
    let (high, short) = (u16::from_be_bytes([a, b]), last);
    let dotted = format!("{a}.{b}.{c}.{d}");
    let other_digits = |zero: char| -> String {
        let digits = dotted.chars().map(|one| match one.to_digit(10) {
            Some(digit) => char::from_u32(zero as u32 + digit).unwrap(),
            None => one,
        });
        digits.collect()
    };
    let mapped = Ipv4Addr::from(address).to_ipv6_mapped().segments();
    let exploded: Vec<_> = mapped.iter().map(|part| format!("{part:04X}")).collect();
    vec![
        dotted.clone(),
        format!("{dotted}."),
        format!("{number}"),
        format!("0x{number:x}"),
        format!("0X{number:08X}"),
        format!("0{number:o}"),
        format!("0x{number:020x}"),
        format!("{a}.{low}"),
        format!("{a}.{b}.{last}"),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a}.0x{b:x}.0{last:o}"),
        format!("000{a:o}.{b}.{c}.{d}"),
        other_digits('０'),
        other_digits('𝟎'),
        dotted.replace('.', "。"),
        dotted.replace('.', "．"),
        dotted.replace('.', "%2E"),
        format!("%{:02x}{}", dotted.as_bytes()[0], &dotted[1..]),
        dotted.replace('.', ".\u{ad}"),
        format!("[::ffff:{dotted}]"),
        format!("[::ffff:{high:x}:{short:x}]"),
        format!("[{}]", exploded.join(":")),
        format!("[::{dotted}]"),
        format!("[64:ff9b::{dotted}]"),
        format!("[64:FF9B::{high:X}:{short:X}]"),
        format!("[64:ff9b:1::{dotted}]"),
        format!("[2002:{high:x}:{short:x}::1]"),
        format!("[2001:0:{high:x}:{short:x}::1]"),
        format!("[::ffff:0:{dotted}]"),
    ]
}

fn spellings6(address: &str) -> Vec<String> {
    let segments = address.parse::<Ipv6Addr>().unwrap().segments();
    let exploded: Vec<_> = segments.iter().map(|part| format!("{part:04X}")).collect();
    vec![format!("[{address}]"), format!("[{}]", exploded.join(":"))]
}

pub(super) fn hosts() -> Vec<String> {
    let v4 = V4.into_iter().flat_map(spellings);
    v4.chain(V6.into_iter().flat_map(spellings6)).collect()
}

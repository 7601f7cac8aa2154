//! The addresses that are not on the public internet.
//!
//! Source: the IANA IPv4 Special-Purpose Address Registry and the IANA IPv6 Special-Purpose Address
//! Registry (RFC 6890 and the RFCs named below), the IPv4 and IPv6 multicast and reserved space, and
//! the IPv6 address space registry, of which only `2000::/3` is assigned as global unicast. Entries
//! that the registries call globally reachable (AS112, AMT, DRIP and others) are refused as well: no
//! web server has such an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses with a common prefix, what they are, and where that is said.
struct Special<A> {
    network: A,
    prefix: u32,
    what: &'static str,
}

const fn v4(network: [u8; 4], prefix: u32, what: &'static str) -> Special<u32> {
    Special {
        network: u32::from_be_bytes(network),
        prefix,
        what,
    }
}

const fn v6(high: [u16; 4], prefix: u32, what: &'static str) -> Special<u128> {
    let [a, b, c, d] = high;
    Special {
        network: Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_bits(),
        prefix,
        what,
    }
}

const V4: [Special<u32>; 21] = [
    v4([0, 0, 0, 0], 8, "an address of this network (RFC 791)"),
    v4([10, 0, 0, 0], 8, "a private address (RFC 1918)"),
    v4(
        [100, 64, 0, 0],
        10,
        "a shared address of carriers (RFC 6598)",
    ),
    v4([127, 0, 0, 0], 8, "a loopback address (RFC 1122)"),
    v4([169, 254, 0, 0], 16, "a link-local address (RFC 3927)"),
    v4([172, 16, 0, 0], 12, "a private address (RFC 1918)"),
    v4([192, 0, 0, 0], 24, "a protocol assignment (RFC 6890)"),
    v4(
        [192, 0, 2, 0],
        24,
        "an address for documentation (RFC 5737)",
    ),
    v4([192, 31, 196, 0], 24, "an AS112 address (RFC 7535)"),
    v4([192, 52, 193, 0], 24, "an AMT address (RFC 7450)"),
    v4([192, 88, 99, 0], 24, "a 6to4 relay address (RFC 7526)"),
    v4([192, 168, 0, 0], 16, "a private address (RFC 1918)"),
    v4([192, 175, 48, 0], 24, "an AS112 address (RFC 7534)"),
    v4(
        [198, 18, 0, 0],
        15,
        "an address for benchmarking (RFC 2544)",
    ),
    v4(
        [198, 51, 100, 0],
        24,
        "an address for documentation (RFC 5737)",
    ),
    v4(
        [203, 0, 113, 0],
        24,
        "an address for documentation (RFC 5737)",
    ),
    v4([224, 0, 0, 0], 4, "a multicast address (RFC 5771)"),
    v4([255, 255, 255, 255], 32, "the broadcast address (RFC 8190)"),
    v4([240, 0, 0, 0], 4, "a reserved address (RFC 1112)"),
    // In no registry: virtual machines on Azure reach the platform of their host there.
    v4([168, 63, 129, 16], 32, "the platform address of Azure"),
    // Covered by 100.64.0.0/10; named for its message.
    v4(
        [100, 100, 100, 200],
        32,
        "the metadata service of Alibaba Cloud",
    ),
];

const V6: [Special<u128>; 24] = [
    v6(
        [0, 0, 0, 0],
        96,
        "an unspecified, loopback or IPv4-compatible address (RFC 4291)",
    ),
    v6(
        [0x64, 0xff9b, 1, 0],
        48,
        "a local translation address (RFC 8215)",
    ),
    v6([0x100, 0, 0, 0], 64, "a discard-only address (RFC 6666)"),
    v6([0x100, 0, 0, 1], 64, "a dummy address (RFC 9780)"),
    v6([0x2001, 0, 0, 0], 32, "a Teredo address (RFC 4380)"),
    v6(
        [0x2001, 1, 0, 0],
        32,
        "an anycast address of a protocol (RFC 7723, RFC 8155, RFC 9665)",
    ),
    v6(
        [0x2001, 2, 0, 0],
        48,
        "an address for benchmarking (RFC 5180)",
    ),
    v6([0x2001, 3, 0, 0], 32, "an AMT address (RFC 7450)"),
    v6([0x2001, 4, 0x112, 0], 48, "an AS112 address (RFC 7535)"),
    v6([0x2001, 0x10, 0, 0], 28, "an ORCHID (RFC 4843)"),
    v6([0x2001, 0x20, 0, 0], 28, "an ORCHIDv2 (RFC 7343)"),
    v6([0x2001, 0x30, 0, 0], 28, "a DRIP entity tag (RFC 9374)"),
    v6([0x2001, 0, 0, 0], 23, "a protocol assignment (RFC 2928)"),
    v6(
        [0x2001, 0xdb8, 0, 0],
        32,
        "an address for documentation (RFC 3849)",
    ),
    v6([0x2002, 0, 0, 0], 16, "a 6to4 address (RFC 3056)"),
    v6([0x2620, 0x4f, 0x8000, 0], 48, "an AS112 address (RFC 7534)"),
    v6(
        [0x3fff, 0, 0, 0],
        20,
        "an address for documentation (RFC 9637)",
    ),
    v6(
        [0x3ffe, 0, 0, 0],
        16,
        "an address of the former 6bone (RFC 3701)",
    ),
    v6(
        [0x5f00, 0, 0, 0],
        16,
        "a segment routing identifier (RFC 9602)",
    ),
    v6([0xfc00, 0, 0, 0], 7, "a unique local address (RFC 4193)"),
    v6([0xfe80, 0, 0, 0], 10, "a link-local address (RFC 4291)"),
    v6([0xfec0, 0, 0, 0], 10, "a site-local address (RFC 3879)"),
    v6([0xff00, 0, 0, 0], 8, "a multicast address (RFC 4291)"),
    // Followed by an IPv4 address, like ::ffff:0:0/96 below.
    v6(
        [0, 0, 0, 0],
        64,
        "an IPv4-mapped or translated address (RFC 4291, RFC 2765)",
    ),
];

/// NAT64 (RFC 6052): the last four bytes are the IPv4 address that is reached.
const NAT64: Special<u128> = v6([0x64, 0xff9b, 0, 0], 96, "a translation address (RFC 6052)");
/// What is assigned as global unicast.
const GLOBAL: Special<u128> = v6([0x2000, 0, 0, 0], 3, "a global unicast address");

impl Special<u32> {
    fn contains(&self, address: Ipv4Addr) -> bool {
        let differing = self.network ^ address.to_bits();
        differing.leading_zeros() >= self.prefix
    }
}

impl Special<u128> {
    fn contains(&self, address: Ipv6Addr) -> bool {
        let differing = self.network ^ address.to_bits();
        differing.leading_zeros() >= self.prefix
    }
}

/// What a special-purpose address is; `None` for a public one.
pub(super) fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => {
            let found = V4.iter().filter(|special| special.contains(address));
            found
                .max_by_key(|special| special.prefix)
                .map(|one| one.what)
        }
        IpAddr::V6(address) if NAT64.contains(address) => special(IpAddr::V4(last_four(address))),
        IpAddr::V6(address) => {
            let found = V6.iter().filter(|special| special.contains(address));
            let found = found.max_by_key(|special| special.prefix);
            let reserved =
                || (!GLOBAL.contains(address)).then_some("a reserved address (RFC 4291)");
            found.map(|one| one.what).or_else(reserved)
        }
    }
}

/// The IPv4 addresses that an IPv6 address can lead to: mapped, compatible, translated, 6to4 and
/// Teredo.
pub(super) fn embedded(address: IpAddr) -> Vec<IpAddr> {
    let IpAddr::V6(address) = address else {
        return Vec::new();
    };
    let [a, b, c, d, ..] = address.segments();
    let pair = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    let last = last_four(address);
    let found = match [a, b, c, d] {
        [0, 0, 0, 0] | [0x64, 0xff9b, ..] => vec![last],
        [0x2002, high, low, _] => vec![pair(high, low)],
        // The server, and the client with its bits inverted.
        [0x2001, 0, high, low] => vec![pair(high, low), Ipv4Addr::from_bits(!last.to_bits())],
        _ => Vec::new(),
    };
    found.into_iter().map(IpAddr::V4).collect()
}

fn last_four(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests;

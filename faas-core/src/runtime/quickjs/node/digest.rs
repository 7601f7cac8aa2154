//! Hashes by name, and what is built on them: HMAC and PBKDF2.

use digest::DynDigest;

/// Creates a hash and returns it with the size of its blocks in bytes; `None` if there is none of
/// this name.
pub(super) fn of_name(name: &str) -> Option<(Box<dyn DynDigest>, usize)> {
    Some(match name {
        "md5" => (Box::<md5::Md5>::default(), 64),
        "ripemd160" => (Box::<ripemd::Ripemd160>::default(), 64),
        "sha1" => (Box::<sha1::Sha1>::default(), 64),
        "sha224" => (Box::<sha2::Sha224>::default(), 64),
        "sha256" => (Box::<sha2::Sha256>::default(), 64),
        "sha384" => (Box::<sha2::Sha384>::default(), 128),
        "sha512" => (Box::<sha2::Sha512>::default(), 128),
        "sha512-256" => (Box::<sha2::Sha512_256>::default(), 128),
        "sha3-256" => (Box::<sha3::Sha3_256>::default(), 136),
        "sha3-384" => (Box::<sha3::Sha3_384>::default(), 104),
        "sha3-512" => (Box::<sha3::Sha3_512>::default(), 72),
        _ => return None,
    })
}

/// A hash, or with an outer one an HMAC.
pub(super) struct State {
    inner: Box<dyn DynDigest>,
    outer: Option<Box<dyn DynDigest>>,
}

impl State {
    pub(super) fn hash(name: &str) -> Option<Self> {
        let (inner, _) = of_name(name)?;
        Some(Self { inner, outer: None })
    }

    pub(super) fn hmac(name: &str, key: &[u8]) -> Option<Self> {
        let (mut inner, block) = of_name(name)?;
        let mut outer = inner.box_clone();
        let mut padded = if key.len() > block {
            let mut hash = inner.box_clone();
            hash.update(key);
            hash.finalize().into_vec()
        } else {
            key.to_vec()
        };
        padded.resize(block, 0);
        let with = |mask: u8| padded.iter().map(|byte| byte ^ mask).collect::<Vec<_>>();
        inner.update(&with(0x36));
        outer.update(&with(0x5c));
        Some(Self {
            inner,
            outer: Some(outer),
        })
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.inner.update(bytes);
    }

    pub(super) fn finish(self) -> Box<[u8]> {
        let inner = self.inner.finalize();
        match self.outer {
            None => inner,
            Some(mut outer) => {
                outer.update(&inner);
                outer.finalize()
            }
        }
    }
}

impl Clone for State {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.box_clone(),
            outer: self.outer.as_ref().map(|outer| outer.box_clone()),
        }
    }
}

/// Derives a key of `length` bytes with PBKDF2. Asks `is_stopped` now and then; returns `None` if it
/// says so.
pub(super) fn pbkdf2(
    keyed: &State,
    salt: &[u8],
    iterations: u32,
    length: usize,
    is_stopped: impl Fn() -> bool,
) -> Option<Vec<u8>> {
    let mut key = Vec::with_capacity(length);
    let mut number = 0_u32;
    while key.len() < length {
        number += 1;
        let mut first = keyed.clone();
        first.update(salt);
        first.update(&number.to_be_bytes());
        let mut last = first.finish();
        let mut block = last.clone();
        for iteration in 1..iterations {
            if iteration % 1024 == 0 && is_stopped() {
                return None;
            }
            let mut next = keyed.clone();
            next.update(&last);
            last = next.finish();
            for (sum, byte) in block.iter_mut().zip(&last) {
                *sum ^= byte;
            }
        }
        if is_stopped() {
            return None;
        }
        key.extend_from_slice(&block);
    }
    key.truncate(length);
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn an_hmac_is_that_of_its_specification() {
        // RFC 4231, test cases 2 and 6.
        let mut short = State::hmac("sha256", b"Jefe").unwrap();
        short.update(b"what do ya want for nothing?");
        assert_eq!(
            hex(&short.finish()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let mut long = State::hmac("sha256", &[0xaa; 131]).unwrap();
        long.update(b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(
            hex(&long.finish()),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn a_derived_key_is_that_of_its_specification() {
        // RFC 6070, test case 5.
        let keyed = State::hmac("sha1", b"passwordPASSWORDpassword").unwrap();
        let salt = b"saltSALTsaltSALTsaltSALTsaltSALTsalt";
        let key = pbkdf2(&keyed, salt, 4096, 25, || false).unwrap();
        assert_eq!(
            hex(&key),
            "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"
        );
        assert_eq!(pbkdf2(&keyed, salt, 4096, 25, || true), None);
    }
}

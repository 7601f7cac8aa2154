//! AES in the modes CBC, CTR, GCM and KW.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{
    BlockCipherEncrypt, BlockModeDecrypt as _, BlockModeEncrypt as _, BlockSizeUser, KeyInit,
    KeyIvInit, StreamCipher as _, consts::U16,
};
use aes::{Aes128, Aes192, Aes256};
use aes_kw::AesKw;
use ghash::GHash;
use ghash::universal_hash::UniversalHash as _;
use rquickjs::{Object, Value};
use subtle::ConstantTimeEq as _;

use super::Bytes;
use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::add;

/// Evaluates an expression with the cipher for a key of the given length.
macro_rules! with_cipher {
    ($key:expr, $type:ident => $work:expr) => {
        match $key.len() {
            16 => {
                type $type = Aes128;
                $work
            }
            24 => {
                type $type = Aes192;
                $work
            }
            32 => {
                type $type = Aes256;
                $work
            }
            _ => None,
        }
    };
}

pub(super) fn add_to(native: &Object<'_>) -> rquickjs::Result<()> {
    add(
        native,
        "aesCbc",
        |encrypt: bool, key: Value<'_>, iv: Value<'_>, data: Value<'_>| {
            let (key, iv, data) = (raw::bytes(&key)?, raw::bytes(&iv)?, raw::bytes(&data)?);
            cbc(encrypt, &key, &iv, &data).map(Bytes)
        },
    )?;
    add(
        native,
        "aesCtr",
        |key: Value<'_>, counter: Value<'_>, bits: u32, data: Value<'_>| {
            let (key, counter) = (raw::bytes(&key)?, raw::bytes(&counter)?);
            let counter = u128::from_be_bytes(counter.try_into().ok()?);
            ctr(&key, counter, bits, raw::bytes(&data)?).map(Bytes)
        },
    )?;
    add(
        native,
        "aesGcm",
        |encrypt: bool,
         key: Value<'_>,
         iv: Value<'_>,
         additional: Value<'_>,
         tag_bytes: usize,
         data: Value<'_>| {
            let (key, iv, data) = (raw::bytes(&key)?, raw::bytes(&iv)?, raw::bytes(&data)?);
            let additional = raw::bytes(&additional)?;
            with_cipher!(key, C => {
                let gcm = Gcm::<C>::new(&key, &iv)?;
                if encrypt {
                    gcm.seal(&additional, data, tag_bytes).map(Bytes)
                } else {
                    gcm.open(&additional, data, tag_bytes).map(Bytes)
                }
            })
        },
    )?;
    add(
        native,
        "aesKw",
        |wrap: bool, key: Value<'_>, data: Value<'_>| {
            let (key, data) = (raw::bytes(&key)?, raw::bytes(&data)?);
            key_wrap(wrap, &key, &data).map(Bytes)
        },
    )
}

fn cbc(encrypt: bool, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    with_cipher!(key, C => {
        if encrypt {
            let cipher = cbc::Encryptor::<C>::new_from_slices(key, iv).ok()?;
            Some(cipher.encrypt_padded_vec::<Pkcs7>(data))
        } else {
            let cipher = cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?;
            cipher.decrypt_padded_vec::<Pkcs7>(data).ok()
        }
    })
}

/// Encrypts or decrypts. The last `bits` bits of the counter wrap around; the data must not be
/// longer than they can count.
fn ctr(key: &[u8], counter: u128, bits: u32, mut data: Vec<u8>) -> Option<Vec<u8>> {
    let mask = match bits {
        1..128 => (1 << bits) - 1,
        128 => u128::MAX,
        _ => return None,
    };
    let blocks = data.len().div_ceil(16) as u128;
    if bits < 128 && blocks > mask + 1 {
        return None;
    }
    // The number of blocks before the counter wraps around.
    let before = (mask - (counter & mask)).saturating_add(1);
    let middle = usize::try_from(before.saturating_mul(16)).unwrap_or(usize::MAX);
    let middle = middle.min(data.len());
    let (first, second) = data.split_at_mut(middle);
    with_cipher!(key, C => {
        for (counter, part) in [(counter, first), (counter & !mask, second)] {
            if !part.is_empty() {
                let mut cipher =
                    ctr::Ctr128BE::<C>::new_from_slices(key, &counter.to_be_bytes()).ok()?;
                cipher.apply_keystream(part);
            }
        }
        Some(data)
    })
}

fn key_wrap(wrap: bool, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    // RFC 3394 wraps two halves of a block at least.
    if !data.len().is_multiple_of(8) || data.len() < if wrap { 16 } else { 24 } {
        return None;
    }
    let mut output = vec![0; data.len() + 8];
    with_cipher!(key, C => {
        let cipher = AesKw::<C>::new_from_slice(key).ok()?;
        let result = if wrap {
            cipher.wrap_key(data, &mut output).ok()?
        } else {
            cipher.unwrap_key(data, &mut output).ok()?
        };
        Some(result.to_vec())
    })
}

/// Galois/Counter Mode (NIST SP 800-38D) for initialization vectors of any length.
struct Gcm<C> {
    cipher: C,
    hash: GHash,
    /// The first counter block.
    start: [u8; 16],
}

impl<C> Gcm<C>
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + KeyInit,
{
    fn new(key: &[u8], iv: &[u8]) -> Option<Self> {
        let cipher = C::new_from_slice(key).ok()?;
        let mut hash_key = [0; 16].into();
        cipher.encrypt_block(&mut hash_key);
        let hash = GHash::new(&hash_key);
        let mut start = [0; 16];
        if let Ok(iv) = <[u8; 12]>::try_from(iv) {
            let (head, tail) = start.split_at_mut(12);
            head.copy_from_slice(&iv);
            tail.copy_from_slice(&[0, 0, 0, 1]);
        } else {
            let mut hash = hash.clone();
            hash.update_padded(iv);
            hash.update(&[lengths(0, iv.len()).into()]);
            start = hash.finalize().into();
        }
        Some(Self {
            cipher,
            hash,
            start,
        })
    }

    /// Encrypts or decrypts.
    fn apply(&self, data: &mut [u8]) {
        let [prefix @ .., a, b, c, d] = self.start;
        let mut counter = u32::from_be_bytes([a, b, c, d]);
        for chunk in data.chunks_mut(16) {
            counter = counter.wrapping_add(1);
            let mut block = [0; 16];
            let (head, tail) = block.split_at_mut(12);
            head.copy_from_slice(&prefix);
            tail.copy_from_slice(&counter.to_be_bytes());
            let mut block = block.into();
            self.cipher.encrypt_block(&mut block);
            for (byte, key) in chunk.iter_mut().zip(block) {
                *byte ^= key;
            }
        }
    }

    fn tag(&self, additional: &[u8], data: &[u8]) -> [u8; 16] {
        let mut hash = self.hash.clone();
        hash.update_padded(additional);
        hash.update_padded(data);
        hash.update(&[lengths(additional.len(), data.len()).into()]);
        let mut tag: [u8; 16] = hash.finalize().into();
        let mut mask = self.start.into();
        self.cipher.encrypt_block(&mut mask);
        for (byte, mask) in tag.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        tag
    }

    fn seal(&self, additional: &[u8], mut data: Vec<u8>, tag_bytes: usize) -> Option<Vec<u8>> {
        self.apply(&mut data);
        let tag = self.tag(additional, &data);
        data.extend_from_slice(tag.get(..tag_bytes)?);
        Some(data)
    }

    fn open(&self, additional: &[u8], mut data: Vec<u8>, tag_bytes: usize) -> Option<Vec<u8>> {
        let found = data.split_off(data.len().checked_sub(tag_bytes)?);
        let tag = self.tag(additional, &data);
        if !bool::from(tag.get(..tag_bytes)?.ct_eq(&found)) {
            return None;
        }
        self.apply(&mut data);
        Some(data)
    }
}

/// The block with two lengths in bits.
fn lengths(first: usize, second: usize) -> [u8; 16] {
    let bits = |bytes: usize| (bytes as u128) << 3;
    ((bits(first) << 64) | bits(second)).to_be_bytes()
}

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

fn text() -> Vec<u8> {
    let lines = (0..20_000).map(|number| format!("line {number} of the text\n"));
    lines.collect::<String>().into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// Brotli without compression: a header with a window of 64 KiB, stored blocks, and the end.
fn brotli(bytes: &[u8]) -> Vec<u8> {
    let (mut bits, mut count, mut all) = (0_u64, 0, Vec::new());
    let mut put = |value: u64, length: u32, all: &mut Vec<u8>| {
        bits |= value << count;
        count += length;
        while count >= 8 {
            all.push(bits as u8);
            bits >>= 8;
            count -= 8;
        }
        // Stored bytes begin at a byte.
        if length == 0 && count > 0 {
            all.push(bits as u8);
            (bits, count) = (0, 0);
        }
    };
    put(0, 1, &mut all);
    for block in bytes.chunks(1 << 16) {
        put(0, 1, &mut all);
        put(0, 2, &mut all);
        put(block.len() as u64 - 1, 16, &mut all);
        put(1, 1, &mut all);
        put(0, 0, &mut all);
        all.extend_from_slice(block);
    }
    put(3, 2, &mut all);
    put(0, 0, &mut all);
    all
}

fn decode(codings: &[Coding], input: &[u8], piece: usize) -> Result<Vec<u8>, Damaged> {
    let mut decoder = Decoder::new(codings, Vec::new());
    let mut all = Vec::new();
    for part in input.chunks(piece) {
        decoder.push(Bytes::copy_from_slice(part));
        while let Some(output) = decoder.pull()? {
            assert!(!output.is_empty() && output.len() <= PIECE);
            all.extend_from_slice(&output);
        }
    }
    decoder.finish()?;
    Ok(all)
}

fn samples() -> Vec<(Coding, Vec<u8>)> {
    vec![
        (Coding::Gzip, gzip(&text())),
        (Coding::Deflate, zlib(&text())),
        (Coding::Deflate, deflate(&text())),
        (Coding::Brotli, brotli(&text())),
        (Coding::Zstd, zstd(&text())),
    ]
}

#[test]
fn every_encoding_is_decoded_in_pieces_of_every_size() {
    for (coding, encoded) in samples() {
        for piece in [1, 7, 1_000, usize::MAX] {
            let decoded = decode(&[coding], &encoded, piece.min(encoded.len()));
            assert!(
                decoded.unwrap() == text(),
                "{coding:?} in pieces of {piece}"
            );
        }
    }
}

#[test]
fn a_body_that_ends_early_is_an_error_and_an_empty_one_is_not() {
    for (coding, encoded) in samples() {
        for end in [1, 4, encoded.len() / 2, encoded.len() - 1] {
            let decoded = decode(&[coding], &encoded[..end], 100);
            assert!(
                matches!(decoded, Err(Damaged::Truncated(_))),
                "{coding:?} {end}"
            );
        }
        assert_eq!(decode(&[coding], &[], 1), Ok(Vec::new()));
    }
}

#[test]
fn a_damaged_body_is_an_error_and_never_a_panic() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for (coding, encoded) in samples() {
        assert!(decode(&[coding], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9).is_err());
        for _ in 0..200 {
            let mut damaged = encoded[..encoded.len().min(4_000)].to_vec();
            for _ in 0..3 {
                let at = (next() % damaged.len() as u64) as usize;
                damaged[at] = next() as u8;
            }
            let _ = decode(&[coding], &damaged, 1 + (next() % 500) as usize);
        }
    }
    let mut wrong = gzip(b"text");
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    assert_eq!(
        decode(&[Coding::Gzip], &wrong, 100),
        Err(Damaged::Invalid("gzip"))
    );
}

#[test]
fn several_encodings_are_undone_in_reverse_and_several_members_are_one_body() {
    let twice = gzip(&zlib(&text()));
    assert!(decode(&[Coding::Deflate, Coding::Gzip], &twice, 1_000).unwrap() == text());
    let members = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(decode(&[Coding::Gzip], &members, 3).unwrap(), b"one two");
    let frames = [
        zstd(b"one "),
        b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(),
        zstd(b"two"),
    ]
    .concat();
    assert_eq!(decode(&[Coding::Zstd], &frames, 3).unwrap(), b"one two");
    let mut named = b"\x1f\x8b\x08\x1c\0\0\0\0\0\0\x02\0xxname\0comment\0".to_vec();
    named.extend_from_slice(&gzip(b"text")[10..]);
    assert_eq!(decode(&[Coding::Gzip], &named, 2).unwrap(), b"text");
    let trailing = [gzip(b"text"), b"rest".to_vec()].concat();
    assert_eq!(decode(&[Coding::Gzip], &trailing, 5).unwrap(), b"text");
}

#[test]
fn what_decodes_to_much_comes_in_pieces() {
    let zeros = vec![0; 64 << 20];
    let encoded = gzip(&gzip(&zeros));
    let mut decoder = Decoder::new(&[Coding::Gzip, Coding::Gzip], Vec::new());
    decoder.push(encoded.into());
    let mut bytes = 0;
    while let Some(piece) = decoder.pull().unwrap() {
        assert!(piece.len() <= PIECE);
        bytes += piece.len();
    }
    assert_eq!(bytes, zeros.len());
}

#[test]
fn windows_beyond_what_every_decoder_supports_are_refused() {
    let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
    assert_eq!(
        decode(&[Coding::Zstd], &zstd, 9),
        Err(Damaged::Invalid("zstd"))
    );
    assert!(decode(&[Coding::Brotli], &[0x11, 0x1e, 0x00], 3).is_err());
}

#[test]
fn unknown_encodings_leave_the_body_as_it_is() {
    let listed = |text: &str| Coding::listed([text.as_bytes()].into_iter());
    assert_eq!(listed("gzip, BR"), Some(vec![Coding::Gzip, Coding::Brotli]));
    assert_eq!(listed("identity,, x-gzip"), Some(vec![Coding::Gzip]));
    assert_eq!(listed("compress"), None);
    assert_eq!(listed("gzip,gzip,gzip,gzip,gzip"), None);
}

#[test]
fn what_a_server_has_flushed_is_decoded_at_once() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"data: one\n\n").unwrap();
    encoder.flush().unwrap();
    let first = encoder.get_ref().clone();
    let whole = brotli(b"data: one\n\n");
    // Without the end of the stream.
    let started = whole[..whole.len() - 1].to_vec();
    for (coding, first) in [(Coding::Gzip, first), (Coding::Brotli, started)] {
        let mut decoder = Decoder::new(&[coding], Vec::new());
        decoder.push(first.into());
        let mut all = Vec::new();
        while let Some(piece) = decoder.pull().unwrap() {
            all.extend_from_slice(&piece);
        }
        assert_eq!(all, b"data: one\n\n", "{coding:?}");
        assert!(decoder.finish().is_err());
    }
}

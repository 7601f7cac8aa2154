//! `Content-Encoding` of request bodies: gzip, deflate, br and zstd, one at a time.
//!
//! A body is decoded once it is complete, off the threads that serve requests, and no further than
//! its limit. At most [`DECODERS`] bodies are decoded at the same time; others wait.

use std::io::{self, Read};

use axum::body::Bytes;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, HeaderValue};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use ruzstd::decoding::StreamingDecoder;
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// What 415 answers in `Accept-Encoding`.
pub(crate) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, deflate, br, zstd");

/// A decoder holds a window of up to 16 MiB (br) or 8 MiB (zstd) beside its output.
static DECODERS: Semaphore = Semaphore::const_new(4);
/// The largest window of zstd that is decoded: what RFC 8878 §3.1.1.1.2 asks every decoder to
/// support.
const ZSTD_WINDOW: u64 = 8 << 20;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// The encoding that the headers name; `None` for none.
    ///
    /// # Errors
    /// 415 for an unknown encoding, and for several.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let mut found = None;
        for value in headers.get_all(CONTENT_ENCODING) {
            let names = value.to_str().map_err(|_| unsupported("it is not text"))?;
            for name in names.split(',').map(str::trim) {
                let coding = match name.to_ascii_lowercase().as_str() {
                    "" | "identity" => continue,
                    "gzip" | "x-gzip" => Self::Gzip,
                    "deflate" => Self::Deflate,
                    "br" => Self::Brotli,
                    "zstd" => Self::Zstd,
                    other => return Err(unsupported(crate::extract::shorten(other).as_str())),
                };
                if found.replace(coding).is_some() {
                    return Err(unsupported("several in a row"));
                }
            }
        }
        Ok(found)
    }
}

fn unsupported(found: &str) -> ApiError {
    ApiError::unsupported_encoding(format!(
        "unsupported Content-Encoding ({found}): expected one of gzip, deflate, br, zstd"
    ))
}

/// Decodes `body`, to at most `limit` bytes.
pub(super) async fn decode(coding: Coding, body: Bytes, limit: usize) -> Result<Bytes, ApiError> {
    if body.is_empty() {
        return Ok(body);
    }
    // It is never closed.
    let permit = DECODERS.acquire().await.ok();
    let decoded = tokio::task::spawn_blocking(move || decode_now(coding, &body, limit)).await;
    drop(permit);
    match decoded {
        Ok(Ok(Some(bytes))) => Ok(Bytes::from(bytes)),
        Ok(Ok(None)) => Err(ApiError::too_large(limit)),
        Ok(Err(error)) => Err(ApiError::invalid(format!(
            "the body is not valid {}: {error}",
            match coding {
                Coding::Gzip => "gzip",
                Coding::Deflate => "deflate",
                Coding::Brotli => "br",
                Coding::Zstd => "zstd",
            }
        ))),
        Err(panic) => Err(ApiError::internal(format!("decoding a body: {panic}"))),
    }
}

/// `None` when there is more than `limit` bytes.
fn decode_now(coding: Coding, body: &[u8], limit: usize) -> io::Result<Option<Vec<u8>>> {
    match coding {
        Coding::Gzip => bounded(MultiGzDecoder::new(body), limit),
        Coding::Deflate if is_zlib(body) => bounded(ZlibDecoder::new(body), limit),
        // Some clients leave the zlib wrapper out.
        Coding::Deflate => bounded(DeflateDecoder::new(body), limit),
        Coding::Brotli if has_large_window(body) => {
            Err(io::Error::other("its window is larger than 16 MiB"))
        }
        Coding::Brotli => {
            const BUFFER: usize = 4 << 10;
            let decoder = brotli_decompressor::Decompressor::new(body, BUFFER);
            bounded(decoder, limit)
        }
        Coding::Zstd => zstd(body, limit),
    }
}

/// All frames of a zstd body.
fn zstd(mut body: &[u8], limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut all = Vec::new();
    while !body.is_empty() {
        let decoder = StreamingDecoder::new_with_max_window_size(&mut body, ZSTD_WINDOW);
        let decoder = decoder.map_err(io::Error::other)?;
        match bounded(decoder, limit - all.len())? {
            Some(frame) => all.extend_from_slice(&frame),
            None => return Ok(None),
        }
    }
    Ok(Some(all))
}

fn bounded(decoder: impl Read, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut decoded = Vec::new();
    let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(one_more).read_to_end(&mut decoded)?;
    Ok((decoded.len() <= limit).then_some(decoded))
}

/// Whether a deflate body begins with a zlib header (RFC 1950 §2.2).
fn is_zlib(body: &[u8]) -> bool {
    match body {
        [method, flags, ..] => {
            method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31)
        }
        _ => false,
    }
}

/// Whether a brotli body announces a window beyond RFC 7932, of up to 1 GiB.
fn has_large_window(body: &[u8]) -> bool {
    body.first().is_some_and(|first| first & 0x7f == 0x11)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Result<Option<Coding>, u16> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_ENCODING, HeaderValue::from_str(value).unwrap());
        }
        Coding::of(&headers).map_err(|error| {
            use axum::response::IntoResponse;
            let response = error.into_response();
            assert_eq!(response.headers()["accept-encoding"], ACCEPTED);
            response.status().as_u16()
        })
    }

    #[test]
    fn one_known_encoding_is_taken_and_anything_else_is_415() {
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["identity"]), Ok(None));
        assert_eq!(of(&["GZip"]), Ok(Some(Coding::Gzip)));
        assert_eq!(of(&["identity, br"]), Ok(Some(Coding::Brotli)));
        assert_eq!(of(&["compress"]), Err(415));
        assert_eq!(of(&["gzip, br"]), Err(415));
        assert_eq!(of(&["gzip", "gzip"]), Err(415));
    }

    #[test]
    fn a_window_that_would_take_too_much_memory_is_refused() {
        // A zstd frame header with a window of 2 GiB, and a brotli stream with one of 1 GiB.
        let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
        assert!(decode_now(Coding::Zstd, &zstd, 1_000).is_err());
        let brotli = [0x11, 0x1e, 0x00];
        assert!(decode_now(Coding::Brotli, &brotli, 1_000).is_err());
    }

    #[test]
    fn nothing_that_is_sent_makes_a_decoder_panic() {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        for length in 0..2_000_usize {
            let bytes: Vec<u8> = (0..length % 64)
                .map(|_| {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    random as u8
                })
                .collect();
            for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd] {
                let _ = decode_now(coding, &bytes, 1_000);
                let mut framed = vec![0x28, 0xb5, 0x2f, 0xfd];
                framed.extend_from_slice(&bytes);
                let _ = decode_now(coding, &framed, 1_000);
            }
        }
    }
}

//! What `node:zlib` needs of the host.

use std::io::Read;

use flate2::Compression;
use flate2::read::{
    DeflateDecoder, DeflateEncoder, GzEncoder, MultiGzDecoder, ZlibDecoder, ZlibEncoder,
};
use rquickjs::{Ctx, Object, Value};

use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::{Host, add};

/// The maximum size of a result in bytes. It is not part of the isolate's heap until it is returned.
const MAX_OUTPUT: usize = 128 << 20;

/// The data does not begin as its format says.
const BAD_HEADER: &str = "Z_DATA_ERROR|-3|incorrect header check";

/// The data ends too early.
const TRUNCATED: &str = "Z_BUF_ERROR|-5|unexpected end of file";

pub(super) fn native<'js>(ctx: &Ctx<'js>, host: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    add(
        &native,
        "compress",
        |ctx: Ctx<'js>, format: u8, data: Value<'js>, level: i32| {
            let data = raw::bytes(&data).ok_or(rquickjs::Error::Unknown)?;
            let level = match u32::try_from(level) {
                Ok(level) => Compression::new(level.min(9)),
                Err(_) => Compression::default(),
            };
            let mut output = Vec::new();
            let read = match format {
                0 => GzEncoder::new(&*data, level).read_to_end(&mut output),
                1 => ZlibEncoder::new(&*data, level).read_to_end(&mut output),
                _ => DeflateEncoder::new(&*data, level).read_to_end(&mut output),
            };
            read.map_err(|_| rquickjs::Error::Unknown)?;
            new_bytes(&ctx, &output)
        },
    )?;
    let heap = host.heap.clone();
    add(
        &native,
        "decompress",
        move |ctx: Ctx<'js>, format: u8, data: Value<'js>, limit: f64| {
            let data = raw::bytes(&data).ok_or(rquickjs::Error::Unknown)?;
            // What the isolate could not hold is not made at all.
            let room = heap.limit().saturating_sub(heap.used());
            match decompress(format, &data, limit, room.min(MAX_OUTPUT)) {
                Ok(output) => new_bytes(&ctx, &output),
                Err(problem) => Ok(rquickjs::String::from_str(ctx, &problem)?.into_value()),
            }
        },
    )?;
    add(&native, "crc32", |data: Value<'js>, start: f64| {
        let data = raw::bytes(&data).ok_or(rquickjs::Error::Unknown)?;
        rquickjs::Result::Ok(f64::from(crc32(&data, start)))
    })?;
    Ok(native)
}

fn new_bytes<'js>(ctx: &Ctx<'js>, bytes: &[u8]) -> rquickjs::Result<Value<'js>> {
    raw::new_bytes(ctx, bytes).map_err(|_| rquickjs::Error::Exception)
}

/// Returns the data, or `code|number|message` of Node's error.
fn decompress(format: u8, data: &[u8], limit: f64, room: usize) -> Result<Vec<u8>, String> {
    // Two bytes tell gzip, a multiple of 31 tells zlib: as Node's `unzip` does.
    let format = match (format, data) {
        (3, [0x1f, 0x8b, ..]) => 0,
        (3, _) => 1,
        (format, _) => format,
    };
    if format == 0 && !matches!(data, [] | [0x1f] | [0x1f, 0x8b, ..]) {
        return Err(BAD_HEADER.to_owned());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float saturates"
    )]
    let bound = room.min(limit.max(0.0) as usize);
    let mut decoder: Box<dyn Read> = match format {
        0 => Box::new(MultiGzDecoder::new(data)),
        1 => Box::new(ZlibDecoder::new(data)),
        _ => Box::new(DeflateDecoder::new(data)),
    };
    let mut output = Vec::new();
    let read = decoder
        .by_ref()
        .take(bound as u64 + 1)
        .read_to_end(&mut output);
    match read {
        Ok(_) if output.len() > bound => Err(format!(
            "ERR_BUFFER_TOO_LARGE|0|Cannot create a Buffer larger than {bound} bytes"
        )),
        Ok(_) if data.is_empty() => Err(TRUNCATED.to_owned()),
        Ok(_) => Ok(output),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(TRUNCATED.to_owned())
        }
        Err(_) => Err(match format {
            2 => "Z_DATA_ERROR|-3|invalid stored block lengths",
            _ => BAD_HEADER,
        }
        .to_owned()),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates"
)]
fn crc32(data: &[u8], start: f64) -> u32 {
    let mut sum = !(start as u32);
    for byte in data {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            let low = sum & 1;
            sum = (sum >> 1) ^ (0xedb8_8320 * low);
        }
    }
    !sum
}

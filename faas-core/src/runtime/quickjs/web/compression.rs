//! `CompressionStream` and `DecompressionStream`.
//!
//! A native function takes a piece of its input at a time and makes a chunk of output at a time, so
//! that a call takes little time and memory whatever the data expand to.

use std::sync::Arc;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use rquickjs::{Array, Ctx, Function, IntoJs as _, Object, Value};

use self::inflate::Inflate;
use super::{Host, add};
use crate::runtime::quickjs::heap::Heap;
use crate::runtime::quickjs::raw;

mod inflate;

/// The maximum size of a chunk of output in bytes.
const CHUNK: usize = 64 << 10;

/// The memory that the state of a compressor takes, and that of a decompressor, in bytes.
const COMPRESSOR: usize = 320 << 10;
const DECOMPRESSOR: usize = 48 << 10;

/// What is around the compressed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Gzip,
    Zlib,
    Raw,
}

impl Format {
    fn named(name: &Value<'_>) -> Option<Self> {
        match raw::text(name)?.as_str() {
            "gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Zlib),
            "deflate-raw" => Some(Self::Raw),
            _ => None,
        }
    }
}

pub(super) fn native<'js>(ctx: &Ctx<'js>, host: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    let nothing = raw::new_bytes(ctx, &[]).map_err(|_| rquickjs::Error::Exception)?;
    native.set("nothing", nothing)?;
    let heap = host.heap.clone();
    add(
        &native,
        "compressor",
        move |ctx: Ctx<'js>, format: Value<'js>| match Format::named(&format) {
            Some(format) => stepper(ctx, &heap, COMPRESSOR, || Deflate::new(format)),
            None => Ok(None),
        },
    )?;
    let heap = host.heap.clone();
    add(
        &native,
        "decompressor",
        move |ctx: Ctx<'js>, format: Value<'js>| match Format::named(&format) {
            Some(format) => stepper(ctx, &heap, DECOMPRESSOR, || Inflate::new(format)),
            None => Ok(None),
        },
    )?;
    Ok(native)
}

/// Turns input into output.
trait Codec: Send + 'static {
    /// Reads from `input` and appends to `output`, up to [`CHUNK`] bytes. Returns how much it has
    /// read. It stops only when the output is full or there is nothing to do: with no input left
    /// and, if it `is_last`, all output made.
    fn step(
        &mut self,
        input: &[u8],
        is_last: bool,
        output: &mut Vec<u8>,
    ) -> Result<usize, &'static str>;
}

/// Returns a function of some bytes, an offset in them, and whether they are the last. It returns a
/// chunk and the offset of what is unread, or undefined when it has nothing more to do, or what is
/// wrong with the input.
fn stepper<'js, C: Codec>(
    ctx: Ctx<'js>,
    heap: &Arc<Heap>,
    size: usize,
    make: impl FnOnce() -> C,
) -> rquickjs::Result<Option<Function<'js>>> {
    let codec = heap.keep(size, make).ok_or(rquickjs::Error::Allocation)?;
    let step = move |ctx: Ctx<'js>, bytes: Value<'js>, offset: usize, is_last: bool| {
        let mut output = Vec::new();
        let stepped = raw::with_bytes(&bytes, |bytes| {
            let input = bytes.get(offset..).unwrap_or_default();
            codec.with(|codec| codec.step(input, is_last, &mut output))
        });
        let result = match stepped.flatten() {
            Some(Ok(_)) if output.is_empty() => Ok(None),
            Some(Ok(read)) => Ok(Some(read)),
            Some(Err(message)) => Err(message),
            None => Err("the stream has ended"),
        };
        match result {
            Ok(None) => {
                if is_last {
                    codec.end();
                }
                Ok(Value::new_undefined(ctx))
            }
            Ok(Some(read)) => {
                let chunk =
                    raw::new_bytes(&ctx, &output).map_err(|_| rquickjs::Error::Exception)?;
                let made = Array::new(ctx)?;
                made.set(0, chunk)?;
                made.set(1, offset.saturating_add(read))?;
                Ok(made.into_value())
            }
            Err(message) => {
                codec.end();
                message.into_js(&ctx)
            }
        }
    };
    Function::new(ctx, step).map(Some)
}

/// Compresses.
struct Deflate {
    format: Format,
    compress: Compress,
    crc: Crc,
    has_header: bool,
    is_over: bool,
}

impl Deflate {
    fn new(format: Format) -> Self {
        Self {
            format,
            compress: Compress::new(Compression::default(), format == Format::Zlib),
            crc: Crc::new(),
            has_header: false,
            is_over: false,
        }
    }
}

/// The header of a gzip file that tells neither its name nor its time.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

impl Codec for Deflate {
    fn step(
        &mut self,
        input: &[u8],
        is_last: bool,
        output: &mut Vec<u8>,
    ) -> Result<usize, &'static str> {
        if self.is_over {
            return Ok(0);
        }
        output.reserve_exact(CHUNK);
        if self.format == Format::Gzip && !self.has_header {
            output.extend_from_slice(&GZIP_HEADER);
            self.has_header = true;
        }
        let flush = if is_last {
            FlushCompress::Finish
        } else {
            FlushCompress::None
        };
        let mut read = 0;
        // The end of a gzip file needs 8 bytes.
        while output.len() + 8 < CHUNK {
            let rest = input.get(read..).unwrap_or_default();
            if rest.is_empty() && !is_last {
                break;
            }
            let before = self.compress.total_in();
            let made = output.len();
            let status = self
                .compress
                .compress_vec(rest, output, flush)
                .map_err(|_| "the data cannot be compressed")?;
            let taken = usize::try_from(self.compress.total_in() - before).unwrap_or(0);
            self.crc.update(rest.get(..taken).unwrap_or_default());
            read += taken;
            if status == Status::StreamEnd {
                if self.format == Format::Gzip {
                    output.extend_from_slice(&self.crc.sum().to_le_bytes());
                    output.extend_from_slice(&self.crc.amount().to_le_bytes());
                }
                self.is_over = true;
                break;
            }
            if taken == 0 && output.len() == made {
                break;
            }
        }
        Ok(read)
    }
}

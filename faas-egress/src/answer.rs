//! The response of the last hop.

use std::sync::Arc;

use bytes::Bytes;
use faas_core::bindings::ByteStream;
use faas_core::egress::{FetchResponse, code};
use faas_core::runtime::HostError;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use hyper::{Method, Response, StatusCode};

use crate::body::decode::{Coding, Decoder};
use crate::body::incoming::{Body, Held};
use crate::broker::{Fetch, Inner, too_many};
use crate::failure::Failure;
use crate::record::Recorder;

impl Inner {
    /// Makes the response of the last hop.
    pub(crate) fn answer(
        &self,
        fetch: Fetch<'_>,
        recorder: Recorder,
        response: Response<Incoming>,
        held: Held,
    ) -> Result<FetchResponse, HostError> {
        let (head, incoming) = response.into_parts();
        let status_text = if held.lease.is_http2() {
            String::new()
        } else {
            match head.extensions.get::<hyper::ext::ReasonPhrase>() {
                Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
                None => head
                    .status
                    .canonical_reason()
                    .unwrap_or_default()
                    .to_owned(),
            }
        };
        let headers = head.headers.iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), Bytes::copy_from_slice(value.as_bytes())));
        let headers = headers.collect();
        let body = if fetch.hop.method == Method::HEAD || has_no_body(head.status) {
            if incoming.is_end_stream() {
                held.release(&recorder);
            }
            recorder.succeed();
            None
        } else {
            let decoder = if fetch.decompress {
                match self.decoder(&fetch.caller.partition, &head.headers) {
                    Ok(decoder) => decoder,
                    Err(failure) => {
                        recorder.fail(&failure);
                        return Err(failure.error);
                    }
                }
            } else {
                None
            };
            let budget = fetch.caller.budget.clone();
            let (deadline, permit) = (fetch.deadline, fetch.permit);
            let body = Body::new(incoming, held, recorder, decoder, budget, deadline, permit);
            Some(ByteStream::new(body))
        };
        Ok(FetchResponse {
            url: fetch.hop.url.into(),
            redirected: fetch.hop.redirects > 0,
            status: head.status.as_u16(),
            status_text,
            headers,
            body,
        })
    }

    /// The decoder for a body with these headers, if it is encoded.
    fn decoder(
        &self,
        partition: &Arc<str>,
        headers: &HeaderMap,
    ) -> Result<Option<Decoder>, Failure> {
        let values = headers.get_all(CONTENT_ENCODING).iter();
        let codings = Coding::listed(values.map(HeaderValue::as_bytes)).unwrap_or_default();
        if codings.is_empty() {
            return Ok(None);
        }
        let large = codings.iter().filter(|coding| coding.is_large());
        let permits = large.map(|_| self.large_decoders.take(partition)).collect();
        let permits: Result<Vec<_>, _> = permits;
        let permits = permits.map_err(|whose| {
            Failure::new(code::LIMIT, too_many("responses in br or zstd", whose))
        })?;
        Ok(Some(Decoder::new(&codings, permits)))
    }
}

fn has_no_body(status: StatusCode) -> bool {
    matches!(status.as_u16(), 204 | 205 | 304)
}

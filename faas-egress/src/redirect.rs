//! Where a redirect leads, as the Fetch standard has it. It decides nothing: the next request is
//! judged like the first.

use faas_core::egress::code;
use hyper::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, COOKIE,
    HeaderName,
};
use hyper::{Method, StatusCode};

use crate::failure::Failure;
use crate::request::{Hop, HopBody, parse_url};

/// The most redirects of a request.
pub(crate) const MAX_REDIRECTS: u32 = 20;

/// Whether a status is one of a redirect.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

impl Hop {
    /// Makes this the request that a redirect asks for.
    ///
    /// # Errors
    /// [`code::REDIRECTS`] if there were too many, or it cannot be followed.
    pub(crate) fn redirect(&mut self, status: StatusCode, location: &[u8]) -> Result<(), Failure> {
        let wrong = |what: &str| Err(Failure::new(code::REDIRECTS, what));
        if self.redirects >= MAX_REDIRECTS {
            return wrong(&format!("there were more than {MAX_REDIRECTS} redirects"));
        }
        // Browsers read it as UTF-8, and its other bytes as Latin-1; such locations are not valid.
        let Ok(location) = std::str::from_utf8(location) else {
            return wrong("the location of a redirect is not valid UTF-8");
        };
        let url = match self.url.join(location) {
            Ok(url) => parse_url(url.as_str())?,
            Err(_) => return wrong("the location of a redirect is not a valid URL"),
        };
        if status != StatusCode::SEE_OTHER && matches!(self.body, HopBody::Stream) {
            return wrong(&format!(
                "the body is a stream, which cannot be sent again for a redirect ({})",
                status.as_u16()
            ));
        }
        let becomes_get = match status.as_u16() {
            301 | 302 => self.method == Method::POST,
            303 => self.method != Method::GET && self.method != Method::HEAD,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = HopBody::None;
            for name in [
                CONTENT_ENCODING,
                CONTENT_LANGUAGE,
                CONTENT_LOCATION,
                CONTENT_TYPE,
            ] {
                self.headers.remove(name);
            }
        }
        if url.origin() != self.url.origin() {
            const COOKIE2: HeaderName = HeaderName::from_static("cookie2");
            for name in [AUTHORIZATION, COOKIE, COOKIE2] {
                self.headers.remove(name);
            }
        }
        self.url = url;
        self.redirects += 1;
        Ok(())
    }
}

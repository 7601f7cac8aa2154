//! Requests by host name: `NAME.example.com` is the function `NAME`.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::middleware::{self, Next};
use axum::response::Response;
use faas_core::Platform;
use std::sync::Arc;

use super::Gateway;
use crate::HttpOptions;

#[derive(Clone)]
struct ByHost {
    gateway: Gateway,
    /// With a dot at its beginning, in lower case.
    suffix: Arc<str>,
}

/// Answers requests for `NAME.domain` with the function `NAME`, and leaves the others to `router`.
/// Host names have no upper case, so only functions whose names are in lower case can be reached.
pub fn functions_by_host(
    router: Router,
    platform: Platform,
    options: HttpOptions,
    domain: &str,
) -> Router {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let by_host = ByHost {
        gateway: Gateway::new(platform, options),
        suffix: format!(".{domain}").into(),
    };
    router.layer(middleware::from_fn_with_state(by_host, answer))
}

async fn answer(State(by_host): State<ByHost>, request: Request, next: Next) -> Response {
    match name(&request, &by_host.suffix) {
        Some(name) => by_host.gateway.answer(&name, "", request).await,
        None => next.run(request).await,
    }
}

/// The name of the function that the host of a request has.
fn name(request: &Request, suffix: &str) -> Option<String> {
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let header = || request.headers().get(HOST)?.to_str().ok();
    let host = authority.or_else(header)?;
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let name = host.strip_suffix(suffix)?;
    (!name.is_empty() && !name.contains('.')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_one_label_before_the_domain() {
        for (host, expected) in [
            ("orders.example.com", Some("orders")),
            ("Orders.Example.COM.:8080", Some("orders")),
            ("example.com", None),
            (".example.com", None),
            ("a.b.example.com", None),
            ("ordersexample.com", None),
            ("other.com", None),
        ] {
            let request = axum::http::Request::builder().header(HOST, host);
            let request = request.body(axum::body::Body::empty()).unwrap();
            assert_eq!(
                name(&request, ".example.com").as_deref(),
                expected,
                "{host}"
            );
        }
    }
}

//! What the layers around every request cost, in process: the same route bare and in the router.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use criterion::{Criterion, criterion_group, criterion_main};
use faas_core::Platform;
use faas_core::access::{Access, AccessOptions, NewKey};
use faas_core::error::{CompileError, RuntimeError};
use faas_core::model::{Actor, FunctionId, Role, Source};
use faas_core::runtime::{Instance, Program, Runtime, RuntimeStats};
use faas_http::HttpOptions;
use tokio::runtime::Runtime as Tokio;
use tower::ServiceExt;

/// Nothing is run here.
struct Idle;

#[async_trait::async_trait]
impl Runtime for Idle {
    fn describe(&self) -> String {
        "idle".to_owned()
    }

    fn compile(&self, _: &Source) -> Result<Program, CompileError> {
        Ok(Program::new(()))
    }

    async fn acquire(&self, _: (FunctionId, u32)) -> Result<Box<dyn Instance>, RuntimeError> {
        Err(RuntimeError("nothing is run here".into()))
    }

    fn forget(&self, _: FunctionId) {}

    fn stats(&self) -> RuntimeStats {
        RuntimeStats::default()
    }
}

fn layers(criterion: &mut Criterion) {
    let Ok(tokio) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return;
    };
    let built = tokio.block_on(Platform::builder().runtime(Idle).build());
    let Ok(platform) = built else {
        return;
    };
    let mut plain = HttpOptions::default();
    plain.compression = false;
    let routers = [
        (
            "bare",
            Router::new().route("/healthz", get(async || "{\"status\":\"ok\"}")),
        ),
        (
            "router, no compression",
            faas_http::router_with(platform.clone(), plain),
        ),
        ("router", faas_http::router(platform.clone())),
    ];
    for (name, router) in routers {
        // As a server does it: one service for a connection, called for each of its requests.
        let service = router.into_service::<Body>();
        for (kind, accepts) in [("", "identity"), (", takes gzip", "gzip")] {
            criterion.bench_function(&format!("{name}{kind}"), |bencher| {
                bencher.iter(|| {
                    let request = Request::get("/healthz").header("accept-encoding", accepts);
                    request
                        .body(Body::empty())
                        .map(|request| tokio.block_on(service.clone().oneshot(request)))
                });
            });
        }
    }
    guarded(criterion, &tokio, &platform);
    tokio.block_on(platform.shutdown());
}

/// The same route for everybody, and for whoever has a key.
fn guarded(criterion: &mut Criterion, tokio: &Tokio, platform: &Platform) {
    let prepared = tokio.block_on(async {
        let access = Access::start(platform, AccessOptions::default()).await?;
        let new = NewKey::new("bench", Role::Admin);
        let (_, key) = access.keys().create(new, &Actor::Local).await?;
        access.refresh().await?;
        Ok::<_, faas_core::Error>((access, format!("Bearer {}", key.expose())))
    });
    let Ok((access, key)) = prepared else {
        return;
    };
    let mut options = HttpOptions::default();
    options.access = Some(access);
    let routers = [
        ("a route for everybody", faas_http::router(platform.clone())),
        (
            "a route for a key",
            faas_http::router_with(platform.clone(), options),
        ),
    ];
    for (name, router) in routers {
        let service = router.into_service::<Body>();
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let request = Request::get("/api/costs/pricing")
                    .header("host", "localhost:5000")
                    .header("authorization", &key);
                request
                    .body(Body::empty())
                    .map(|request| tokio.block_on(service.clone().oneshot(request)))
            });
        });
    }
}

criterion_group!(benches, layers);
criterion_main!(benches);

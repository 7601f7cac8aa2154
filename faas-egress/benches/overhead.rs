//! What the broker adds to a request over hyper's client alone, on loopback with kept connections:
//! one request at a time, and 64 at a time.
#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot run should say so"
)]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use faas_core::clock::{Clock as _, SystemClock};
use faas_core::egress::{Budget, Caller, EgressLimits, FetchRequest, Network as _};
use faas_egress::{Broker, Policy};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

const AT_ONCE: u64 = 64;

/// Answers every request with 100 bytes.
fn serve(runtime: &Runtime) -> SocketAddr {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("a port on loopback");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // As the broker does; otherwise small answers wait.
            let _ = stream.set_nodelay(true);
            let service = service_fn(|_| async {
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(&[b'a'; 100]))))
            });
            let serving = hyper::server::conn::http1::Builder::new();
            tokio::spawn(serving.serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

async fn connect(address: SocketAddr) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket option");
    let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = shaken.expect("a handshake");
    tokio::spawn(connection);
    sender
}

async fn through_hyper(sender: &mut SendRequest<Empty<Bytes>>) {
    sender.ready().await.expect("an open connection");
    let request = Request::get("/").header("host", "a").body(Empty::new());
    let response = sender.send_request(request.expect("a request")).await;
    let body = response.expect("a response").into_body();
    assert_eq!(body.collect().await.expect("a body").to_bytes().len(), 100);
}

async fn through_broker(broker: &Broker, caller: &Caller, url: &str) {
    let response = broker.fetch(caller, FetchRequest::get(url)).await;
    let mut body = response.expect("a response").body.expect("a body");
    let mut bytes = 0;
    while let Some(piece) = body.next().await {
        bytes += piece.expect("a piece").len();
    }
    assert_eq!(bytes, 100);
}

fn caller() -> Caller {
    let mut caller = Caller::new("function");
    caller.time_left = Some(Duration::from_secs(600));
    caller.budget = Arc::new(Budget::new(EgressLimits {
        max_requests: u32::MAX,
        max_bytes_in: u64::MAX,
        ..EgressLimits::default()
    }));
    caller
}

fn overhead(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let address = serve(&runtime);
    let url: Arc<str> = format!("http://{address}/").into();
    let broker = Broker::builder(Policy::all()).build().expect("a broker");
    let clock = SystemClock::new();
    let mut group = criterion.benchmark_group("one at a time");
    group.bench_function("hyper", |bencher| {
        let mut sender = runtime.block_on(connect(address));
        bencher.iter(|| runtime.block_on(through_hyper(&mut sender)));
    });
    group.bench_function("broker", |bencher| {
        let caller = caller();
        bencher.iter(|| runtime.block_on(through_broker(&broker, &caller, &url)));
    });
    group.finish();

    let mut group = criterion.benchmark_group("64 at a time");
    group.throughput(Throughput::Elements(1));
    group.bench_function("hyper", |bencher| {
        bencher.iter_custom(|count| {
            runtime.block_on(async {
                let began = clock.monotonic();
                let tasks = (0..AT_ONCE).map(|task| {
                    tokio::spawn(async move {
                        let mut sender = connect(address).await;
                        for _ in (task..count).step_by(AT_ONCE as usize) {
                            through_hyper(&mut sender).await;
                        }
                    })
                });
                futures_util::future::join_all(tasks).await;
                clock.monotonic() - began
            })
        });
    });
    group.bench_function("broker", |bencher| {
        bencher.iter_custom(|count| {
            let caller = caller();
            runtime.block_on(async {
                let began = clock.monotonic();
                let tasks = (0..AT_ONCE).map(|task| {
                    let (broker, caller, url) = (broker.clone(), caller.clone(), url.clone());
                    tokio::spawn(async move {
                        for _ in (task..count).step_by(AT_ONCE as usize) {
                            through_broker(&broker, &caller, &url).await;
                        }
                    })
                });
                futures_util::future::join_all(tasks).await;
                clock.monotonic() - began
            })
        });
    });
    group.finish();
}

criterion_group!(benches, overhead);
criterion_main!(benches);

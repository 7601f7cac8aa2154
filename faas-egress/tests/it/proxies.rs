//! Proxies of the environment.

use faas_core::egress::Caller;
use faas_egress::{Broker, Policy};
use hyper::Response;

use crate::support::server::{Server, full};
use crate::support::{get, soon, text};

/// Where the child process of the test finds its server.
const SERVER: &str = "EGRESS_TEST_SERVER";

#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    if let Ok(url) = std::env::var(SERVER) {
        // This is the child.
        let broker = Broker::builder(Policy::all()).build().unwrap();
        let response = get(&broker, &Caller::new("a"), &url).await.unwrap();
        assert_eq!(text(response).await, "direct");
        return;
    }
    let server = Server::http(|_| async { Response::new(full("direct")) }).await;
    let proxy = Server::http(|_| async { Response::new(full("proxy")) }).await;
    let url = format!("http://{}", proxy.address);
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "proxies::proxies_of_the_environment_are_not_used",
    ]);
    child.env(SERVER, format!("http://{}/", server.address));
    for name in [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ] {
        child.env(name, &url);
    }
    let output = soon(tokio::task::spawn_blocking(move || child.output())).await;
    let output = output.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!((server.connections(), proxy.connections()), (1, 0));
}

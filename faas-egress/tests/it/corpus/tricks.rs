//! URLs that other parsers read differently.

use faas_core::egress::Caller;
use faas_egress::Policy;

use super::{World, to};
use crate::support::{get, read};

#[tokio::test]
async fn tricks_in_urls_reach_nothing_but_their_host() {
    let world = World::new(Policy::public()).await;
    for url in [
        "http://public.test@127.0.0.1/",
        "http://public.test:80@127.0.0.1/",
        "http://127.0.0.1@public.test/",
        "http://user:pass@public.test/",
        "http://:@127.0.0.1/",
        "http://public.test%40127.0.0.1/",
        "http://public.test%2f@127.0.0.1/",
        "http://public.test#@127.0.0.1/",
        "http://public.test?@127.0.0.1/",
        "http://public.test\\@127.0.0.1/",
        "http://127.0.0.1\\@public.test/",
        "http://127.0.0.1#@public.test/",
        "http://127.0.0.1?@public.test/",
        "http://127.0.0.1/@public.test/",
        "http://127.0.0.1%00.public.test/",
        "http://127.0.0.1%0d%0a.public.test/",
        "http://127.0.0.1\t.public.test/",
        "http://127.0.0.1 .public.test/",
        "http://127.0.0.1%20public.test/",
        "http://127.0.0.1:80:80/",
        "http://127.0.0.1:99999/",
        "http://[::1%25lo]/",
        "http://[::1%lo]/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[::1",
        "http://[127.0.0.1]/",
        "http://[::ffff:127.1]/",
        "http://::1/",
        "http://256.256.256.256/",
        "http://4294967296/",
        "http://127.0.0.0x/",
        "http://127.0.0.1..",
        "http://0x7f.0.0.0.1/",
        "http:///127.0.0.1/",
        "http:127.0.0.1/",
        "http:/127.0.0.1/",
        "\u{1}http://127.0.0.1/",
        " http://127.0.0.1/ ",
        "ht\ntp://127.0.0.1/",
        "HTTP://127.0.0.1/",
        "//127.0.0.1/",
        "///127.1/",
        "/",
        "",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_INFO",
        "ws://127.0.0.1/",
        "unix:/var/run/docker.sock",
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
        "data:text/plain,a",
        "javascript:alert(1)",
        "blob:http://127.0.0.1/1",
        "view-source:http://127.0.0.1/",
        "jar:http://127.0.0.1/!/",
        "http://localhost/",
        "http://localhost./",
        "http://LOCALHOST/",
        "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
        "http://loca\u{ad}lhost/",
        "http://a.localhost/",
        "http://metadata.google.internal/",
        "http://instance-data/",
        "http://kubernetes.default.svc/",
    ] {
        for name in [
            "localhost",
            "localhost.",
            "a.localhost",
            "metadata.google.internal",
            "instance-data",
            "kubernetes.default.svc",
        ] {
            world
                .names
                .set(name, &[&["127.0.0.1", "::1", "169.254.169.254"]]);
        }
        for url in [url.to_owned(), to(302, url)] {
            let caller = Caller::new("tricks");
            if let Ok(response) = get(&world.broker, &caller, &url).await {
                // It reached the public host, whose name it has.
                assert!(
                    response.url.starts_with("http://public.test/"),
                    "{url}: {}",
                    response.url
                );
                assert_eq!(read(response).await.unwrap(), "public", "{url}");
            }
        }
    }
    world.nothing_reached().await;
}

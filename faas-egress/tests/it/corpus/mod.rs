//! Ways to reach what must not be reached.
//!
//! Every way is tried under two policies. Under the public policy none may lead to the trap. Under a
//! policy that allows all addresses, each must: otherwise the test would prove nothing.

#[cfg(target_os = "linux")]
mod namespace;
mod spellings;
mod tricks;

use std::net::Ipv4Addr;

use faas_core::egress::{Caller, FetchRequest, Network as _, Redirect, code};
use faas_egress::{Broker, Policy, Ports};
use hyper::header::HeaderValue;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use self::spellings::{V4, V6, hosts, spellings};
use crate::support::server::{Server, full};
use crate::support::{Names, PUBLIC, Router, get, read, soon, with_hosts};

/// A URL of `public.test` that redirects to `url`, exactly as it is written.
fn to(status: u16, url: &str) -> String {
    let hex: String = url.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("http://public.test/to/{status}?{hex}")
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text
        .chars()
        .map(|one| one.to_digit(16).unwrap_or(0) as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[pair.len() - 1])
        .collect()
}

/// A server that must not be reached.
async fn trap() -> Server {
    Server::canned("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrap").await
}

struct World {
    broker: Broker,
    names: Names,
    router: Router,
    trap: Server,
}

impl World {
    /// `public.test` redirects as [`to`] says; everything else is the trap.
    async fn new(policy: Policy) -> Self {
        let trap = trap().await;
        let public = Server::http(|request| async move {
            let to = request.uri().path().strip_prefix("/to/");
            let status = to.and_then(|status| status.parse::<u16>().ok());
            let location = unhex(request.uri().query().unwrap_or_default());
            let mut response = hyper::Response::new(full("public"));
            if let (Some(status), Ok(location)) = (status, HeaderValue::from_bytes(&location)) {
                *response.status_mut() = status.try_into().unwrap();
                response.headers_mut().insert("location", location);
            }
            response
        })
        .await;
        let (builder, names, mut router) = with_hosts(policy, public.address, public.address);
        router.others = Some(trap.address);
        let broker = builder.dialer(router.clone()).build().unwrap();
        Self {
            broker,
            names,
            router,
            trap,
        }
    }

    /// Makes requests, and returns those that reached the trap.
    async fn reaching(&self, ways: &[FetchWay]) -> Vec<String> {
        let mut reaching = Vec::new();
        for way in ways {
            // A connection of one way must not serve another one.
            let caller = Caller::new(way.name.as_str());
            let mut request = FetchRequest::get(way.url.as_str());
            request.method = way.method.to_owned();
            let done = soon(self.broker.fetch(&caller, request)).await;
            if let Ok(response) = done
                && &*read(response).await.unwrap_or_default() == b"trap"
            {
                reaching.push(way.name.clone());
            }
            self.broker.close(&caller.partition);
        }
        reaching
    }

    /// Checks that no connection to the trap was made.
    async fn nothing_reached(&self) {
        assert_eq!(*self.router.astray.lock(), []);
        // A connection of the test comes after all others.
        let mut last = TcpStream::connect(self.trap.address).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut last, b"\r\n\r\n")
            .await
            .unwrap();
        let mut answer = Vec::new();
        soon(last.read_to_end(&mut answer)).await.unwrap();
        assert_eq!(self.trap.connections(), 1);
    }
}

struct FetchWay {
    name: String,
    url: String,
    method: &'static str,
}

impl FetchWay {
    fn new(name: String, url: String) -> Self {
        Self {
            name,
            url,
            method: "GET",
        }
    }
}

async fn no_way_reaches(make: impl Fn(&Names) -> Vec<FetchWay>) -> usize {
    let world = World::new(Policy::public()).await;
    let ways = make(&world.names);
    assert_eq!(world.reaching(&ways).await, Vec::<String>::new());
    world.nothing_reached().await;

    let open = World::new(Policy::all()).await;
    let ways = make(&open.names);
    let reaching = open.reaching(&ways).await;
    let names = ways.iter().map(|way| &way.name);
    let missing: Vec<_> = names.filter(|name| !reaching.contains(name)).collect();
    assert_eq!(
        missing,
        Vec::<&String>::new(),
        "each way must work where it is allowed"
    );
    ways.len()
}

#[tokio::test]
async fn no_spelling_of_an_address_reaches_it() {
    let count = no_way_reaches(|_| {
        let hosts = hosts().into_iter();
        hosts
            .map(|host| FetchWay::new(host.clone(), format!("http://{host}/")))
            .collect()
    });
    assert_eq!(count.await, 960);
}

#[tokio::test]
async fn no_redirect_reaches_an_address() {
    let count = no_way_reaches(|_| {
        let hosts = hosts().into_iter().enumerate();
        let ways = hosts.map(|(index, host)| {
            let status = [301, 302, 303, 307, 308][index % 5];
            let url = to(status, &format!("http://{host}/"));
            let mut way = FetchWay::new(format!("{status} to {host}"), url);
            way.method = ["GET", "POST", "DELETE"][index % 3];
            way
        });
        // A location can name another host without a scheme.
        let relative = ["//127.0.0.1/", "\\\\127.0.0.1\\", "http:\\\\0x7f.1"];
        let relative = relative.map(|url| FetchWay::new(format!("relative {url}"), to(302, url)));
        let chains = (1..5).map(|length| {
            let target = "http://[::1]/".to_owned();
            let url = (0..=length).fold(target, |url, _| to(307, &url));
            FetchWay::new(format!("after {length} redirects"), url)
        });
        ways.chain(relative).chain(chains).collect()
    });
    assert_eq!(count.await, 967);
}

#[tokio::test]
async fn no_name_reaches_an_address() {
    let count = no_way_reaches(|names| {
        let v4 = V4.iter().map(|address| Ipv4Addr::from(*address));
        let mapped = v4
            .clone()
            .map(|address| address.to_ipv6_mapped().to_string());
        let addresses = v4.map(|address| address.to_string()).chain(mapped);
        let addresses = addresses.chain(V6.iter().map(|address| (*address).to_owned()));
        let mut ways = Vec::new();
        for (index, address) in addresses.enumerate() {
            for (kind, answer) in [
                ("only", vec![address.as_str()]),
                ("twice", vec![address.as_str(), address.as_str()]),
                ("with others", vec![address.as_str(), "10.9.9.9", "::1"]),
            ] {
                let name = format!("n{index}.{}.test", kind.replace(' ', "-"));
                names.set(&name, &[&answer]);
                ways.push(FetchWay::new(
                    format!("{address} {kind}"),
                    format!("http://{name}/"),
                ));
                let url = to(302, &format!("http://{name}/"));
                ways.push(FetchWay::new(format!("{address} {kind}, redirected"), url));
            }
        }
        ways
    });
    assert_eq!(count.await, 540);
}

#[tokio::test]
async fn of_several_addresses_only_allowed_ones_are_connected_to() {
    let world = World::new(Policy::public()).await;
    let bad = V4
        .iter()
        .map(|address| Ipv4Addr::from(*address).to_string());
    let bad = bad.chain(V6.iter().map(|address| (*address).to_owned()));
    for (index, bad) in bad.enumerate() {
        let name = format!("mixed{index}.test");
        for answer in [
            vec![&*bad, PUBLIC],
            vec![PUBLIC, &*bad],
            vec![&*bad, "::1", PUBLIC],
        ] {
            world.names.set(&name, &[&answer]);
            let caller = Caller::new(format!("{index}"));
            let response = get(&world.broker, &caller, &format!("http://{name}/"))
                .await
                .unwrap();
            assert_eq!(read(response).await.unwrap(), "public");
            world.broker.close(&caller.partition);
        }
    }
    world.nothing_reached().await;
}

#[tokio::test]
async fn an_answer_that_changes_is_never_used() {
    let world = World::new(Policy::public()).await;
    for (index, bad) in V4
        .iter()
        .map(|address| Ipv4Addr::from(*address).to_string())
        .enumerate()
    {
        let name = format!("rebound{index}.test");
        world.names.set(&name, &[&[PUBLIC], &[&bad]]);
        let caller = Caller::new(format!("{index}"));
        let url = format!("http://{name}/");
        let response = get(&world.broker, &caller, &url).await.unwrap();
        assert_eq!(read(response).await.unwrap(), "public");
        assert_eq!(
            world.names.lookups(&name),
            1,
            "one look-up for one connection"
        );
        // The connection is used again without a look-up. A new one is refused.
        let response = get(&world.broker, &caller, &url).await.unwrap();
        assert_eq!(read(response).await.unwrap(), "public");
        assert_eq!(world.names.lookups(&name), 1);
        world.broker.close(&caller.partition);
        let refused = get(&world.broker, &caller, &url).await.unwrap_err();
        assert_eq!(refused.code, code::REFUSED);
        assert!(!refused.message.contains(&bad), "{}", refused.message);
        assert_eq!(world.names.lookups(&name), 2);
    }
    world.nothing_reached().await;
}

#[tokio::test]
async fn no_port_but_those_of_the_web_is_reached() {
    let count = no_way_reaches(|_| {
        let ports = (1..=150).chain([445, 2375, 3306, 5432, 6379, 8080, 8443, 9200, 27017, 65535]);
        let ports = ports.filter(|port| *port != 80);
        ports
            .flat_map(|port| {
                let url = format!("http://public.test:{port}/");
                let redirected = FetchWay::new(format!("to {port}"), to(302, &url));
                [FetchWay::new(url.clone(), url), redirected]
            })
            .collect()
    });
    assert_eq!(count.await, 318);
    let world = World::new(Policy::public()).await;
    let refused = get(&world.broker, &Caller::new("a"), "http://public.test:0/").await;
    assert_eq!(refused.unwrap_err().code, code::REFUSED);
}

/// The same with the system's own sockets and resolver, and no dialer between.
#[tokio::test]
async fn no_spelling_of_loopback_reaches_a_listener_of_this_machine() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrap";
    let serve = move |mut stream: TcpStream| async move {
        if crate::support::server::read_head(&mut stream)
            .await
            .is_some()
        {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer.as_bytes()).await;
        }
    };
    let v4 = Server::raw_at("0.0.0.0:0", serve).await;
    let port = v4.address.port();
    let mut hosts: Vec<_> = [[127, 0, 0, 1], [127, 9, 9, 9], [0, 0, 0, 0]]
        .into_iter()
        .flat_map(spellings)
        // Only a network with translation leads from these to the listener.
        .filter(|host| {
            !host.contains("[64:") && !host.contains("[200") && !host.contains("[::ffff:0:")
        })
        .filter(|host| !host.starts_with("[::") || host.contains("ffff:"))
        .collect();
    hosts.push("localhost".to_owned());
    let try_all = async |policy: Policy| {
        let policy = Policy {
            ports: Ports::Any,
            ..policy
        };
        let broker = Broker::builder(policy).build().unwrap();
        let mut reaching = Vec::new();
        for host in &hosts {
            let caller = Caller::new(host.as_str());
            let mut request = FetchRequest::get(format!("http://{host}:{port}/"));
            request.redirect = Redirect::Manual;
            if soon(broker.fetch(&caller, request)).await.is_ok() {
                reaching.push(host.clone());
            }
        }
        reaching
    };
    assert_eq!(try_all(Policy::public()).await, Vec::<String>::new());
    assert_eq!(v4.connections(), 0);
    assert_eq!(try_all(Policy::all()).await, hosts);
    assert_eq!(v4.connections(), hosts.len());
}

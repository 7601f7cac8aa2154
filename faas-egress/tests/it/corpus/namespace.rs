//! The same with real sockets, in a network in which every address is that of this machine.
//!
//! A network namespace routes all addresses to its own loopback interface, so that whatever the broker
//! connects to, the trap answers. Names go to a resolver in the test.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use faas_core::egress::{Caller, FetchRequest, Network as _};
use faas_egress::{Broker, Policy};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::spellings::hosts;
use super::{to, unhex};
use crate::support::server::{Server, read_head};
use crate::support::{Names, PUBLIC, read, soon};

/// Makes every address that of this machine, then runs a program.
const EVERYTHING_IS_LOCAL: &str = "ip link set lo up && ip route add local 0.0.0.0/0 dev lo \
     && ip -6 route add local ::/0 dev lo && exec \"$0\" \"$@\"";

fn in_a_namespace(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    let shell = ["--user", "--map-root-user", "--net", "sh", "-c"];
    command.args(shell).arg(EVERYTHING_IS_LOCAL);
    command.arg(program).args(arguments);
    command
}

#[test]
fn nothing_is_reached_in_a_network_where_every_address_is_this_machine() {
    let can = in_a_namespace("true", &[]).output();
    match can {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr);
            println!(
                "skipped: no network namespace can be made here: {}",
                why.trim()
            );
            return;
        }
        Err(error) => {
            println!("skipped: unshare cannot be run: {error}");
            return;
        }
    }
    let this = std::env::current_exe().unwrap();
    let arguments = [
        "--exact",
        "corpus::namespace::within",
        "--ignored",
        "--nocapture",
    ];
    let output = in_a_namespace(this.to_str().unwrap(), &arguments)
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && out.contains("1 passed"),
        "{out}\n{err}"
    );
}

/// Answers `/to/STATUS?HEX` with a redirect, and everything else as the trap.
async fn serve(mut stream: TcpStream, trapped: Arc<AtomicUsize>) {
    let Some(head) = read_head(&mut stream).await else {
        return;
    };
    let path = head.split(' ').nth(1).unwrap_or_default();
    let answer = match path.strip_prefix("/to/").and_then(|to| to.split_once('?')) {
        Some((status, location)) => {
            let location = String::from_utf8_lossy(&unhex(location)).into_owned();
            format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\n")
        }
        None => {
            trapped.fetch_add(1, Ordering::SeqCst);
            "HTTP/1.1 200 OK\r\n".to_owned()
        }
    };
    let answer = format!("{answer}content-length: 0\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(answer.as_bytes()).await;
}

#[tokio::test]
#[ignore = "it needs a network namespace: the other test runs it in one"]
async fn within() {
    let trapped = Arc::new(AtomicUsize::new(0));
    let counted = trapped.clone();
    let server = Server::raw_at("[::]:80", move |stream| serve(stream, counted.clone())).await;
    let mut urls = Vec::new();
    for host in hosts() {
        urls.push(format!("http://{host}/"));
        urls.push(to(302, &format!("http://{host}/")));
    }
    let names = Names::default();
    names.set("public.test", &[&[PUBLIC]]);
    let fetch_all = async |policy: Policy| {
        let broker = Broker::builder(policy)
            .resolver(names.clone())
            .build()
            .unwrap();
        for url in &urls {
            let caller = Caller::new(url.as_str());
            if let Ok(response) = soon(broker.fetch(&caller, FetchRequest::get(url.as_str()))).await
            {
                let _ = read(response).await;
            }
            broker.close(&caller.partition);
        }
    };
    fetch_all(Policy::public()).await;
    assert_eq!(trapped.load(Ordering::SeqCst), 0);
    // The redirects themselves came from a public address.
    assert_eq!(server.connections(), urls.len() / 2);

    // Where all addresses are allowed, nearly all ways lead to the trap: not those to multicast and
    // broadcast addresses, to which the system does not connect.
    fetch_all(Policy::all()).await;
    let reached = trapped.load(Ordering::SeqCst);
    println!(
        "{reached} of {} ways reach the trap where they may",
        urls.len()
    );
    assert!(reached * 10 > urls.len() * 7, "{reached} of {}", urls.len());
}

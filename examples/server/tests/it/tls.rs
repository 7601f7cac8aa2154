//! The server over TLS.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::running::Server;
use crate::settings::{error, faas};
use crate::waiting::wait_until;

/// Writes a new certificate for `localhost` and its key into `folder`, and returns the certificate.
fn write_certificate(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = |label: &str, der: &[u8]| {
        let text = BASE64_STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let key = made.signing_key.serialize_der();
    fs::write(folder.join("key.pem"), pem("PRIVATE KEY", &key)).unwrap();
    fs::write(folder.join("cert.pem"), pem("CERTIFICATE", made.cert.der())).unwrap();
    made.cert.der().clone()
}

/// Sends a request over a new connection to a server with this certificate.
fn send(
    server: &Server,
    certificate: &CertificateDer<'static>,
    request: &str,
    body: &str,
) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let tcp = tokio::net::TcpStream::connect(server.address()).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config))
            .connect(name, tcp)
            .await?;
        let length = body.len();
        let head = format!("{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        let framing = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        let request = format!("{head}{framing}\r\n{body}");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    })
}

fn start(folder: &Path) -> Server {
    let args = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    Server::start(folder, &args)
}

#[test]
fn a_server_with_a_certificate_answers_over_tls_only() {
    let folder = TempDir::new().unwrap();
    let certificate = write_certificate(folder.path());
    let server = start(folder.path());
    let answer = send(&server, &certificate, "GET /api/functions", "").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");

    let function = json!({
        "name": "where", "description": "tells its URL",
        "code": "export default { fetch: (request) => new Response(request.url) }",
        "config": { "http": { "enabled": true, "auth": "public" } },
    })
    .to_string();
    let answer = send(&server, &certificate, "POST /api/functions", &function).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let answer = send(&server, &certificate, "GET /f/where/a?b=c", "").unwrap();
    assert!(answer.ends_with("https://localhost/a?b=c"), "{answer}");

    let mut plain = TcpStream::connect(server.address()).unwrap();
    std::io::Write::write_all(&mut plain, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // The connection may be reset.
    let _ = std::io::Read::read_to_end(&mut plain, &mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn a_certificate_that_is_replaced_is_used_for_new_connections() {
    let folder = TempDir::new().unwrap();
    let first = write_certificate(folder.path());
    let server = start(folder.path());
    assert!(send(&server, &first, "GET /healthz", "").is_ok());

    fs::write(folder.path().join("cert.pem"), "damaged").unwrap();
    let second = write_certificate(folder.path());
    wait_until("the second certificate is used", || {
        send(&server, &second, "GET /healthz", "").is_ok()
    });
    assert!(send(&server, &first, "GET /healthz", "").is_err());
}

#[test]
fn a_certificate_that_cannot_be_used_prevents_the_start() {
    let folder = TempDir::new().unwrap();
    write_certificate(folder.path());
    for (args, says) in [
        (
            ["--tls-cert", "cert.pem"].as_slice(),
            "--tls-cert needs --tls-key",
        ),
        (
            &["--tls-cert", "none.pem", "--tls-key", "key.pem"],
            "cannot read none.pem",
        ),
        (
            &["--tls-cert", "key.pem", "--tls-key", "key.pem"],
            "no valid certificate",
        ),
        (
            &["--tls-cert", "cert.pem", "--tls-key", "cert.pem"],
            "no valid private key",
        ),
    ] {
        let all = [&["--listen", "127.0.0.1:0", "--store", "memory:"], args].concat();
        // With --check too, which does not start the server.
        for all in [all.clone(), [&all[..], &["--check"]].concat()] {
            let refused = error(&faas(folder.path(), &all, &[]));
            assert!(refused.contains(says), "{all:?}: {refused}");
        }
    }
}

//! Bodies that are code, an archive or a form instead of JSON.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::server::{Server, answer, start, text};

type Files<'a> = &'a [(&'a str, &'a str)];

const PRICES: Files<'_> = &[
    (
        "shop/index.ts",
        "export { total as default } from './lib/price'",
    ),
    (
        "shop/lib/price.ts",
        "export const total = (n: number) => n * 2",
    ),
    ("__MACOSX/shop/._index.ts", "\u{0}"),
    ("shop/.DS_Store", "\u{0}"),
];

async fn send(
    server: &Server,
    method: Method,
    path: &str,
    kind: &str,
    body: Vec<u8>,
) -> (StatusCode, Value) {
    let request = server.request(method, path).header("content-type", kind);
    answer(request.body(body)).await
}

async fn post(server: &Server, path: &str, kind: &str, body: Vec<u8>) -> (StatusCode, Value) {
    send(server, Method::POST, path, kind, body).await
}

fn zipped(files: Files<'_>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_directory("shop", SimpleFileOptions::default())
        .unwrap();
    for (path, text) in files {
        zip.start_file(*path, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tarred(files: Files<'_>) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[tokio::test]
async fn code_is_uploaded_as_it_is_and_replaces_all_files() {
    let server = start().await;
    let (status, function) = post(
        &server,
        "/api/functions?name=hello&description=greets",
        "text/typescript; charset=utf-8",
        b"echo".to_vec(),
    )
    .await;
    assert_eq!(status, StatusCode::CREATED, "{function}");
    assert_eq!(function["name"], "hello");
    assert_eq!(function["description"], "greets");
    assert_eq!(function["language"], "typescript");
    let path = format!("/api/functions/{}", text(&function["_id"]));
    let files = json!({"modules": {"index.js": "a", "b.js": "b"}});
    assert_eq!(
        server.send(Method::PUT, &path, files).await.0,
        StatusCode::OK
    );

    let code = b"\xef\xbb\xbfchanged".to_vec();
    let (status, changed) = send(&server, Method::PUT, &path, "text/javascript", code).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(changed["code"], "changed");
    assert_eq!(changed["modules"], Value::Null);
    assert_eq!(changed["language"], Value::Null);
    assert_eq!(changed["name"], "hello");
}

#[tokio::test]
async fn an_archive_has_the_files_of_a_function() {
    let server = start().await;
    for (name, kind, body) in [
        ("zip", "application/zip", zipped(PRICES)),
        ("tar", "application/x-tar", tarred(PRICES)),
        ("tgz", "application/gzip", gzipped(&tarred(PRICES))),
    ] {
        let (status, function) =
            post(&server, &format!("/api/functions?name={name}"), kind, body).await;
        assert_eq!(status, StatusCode::CREATED, "{name}: {function}");
        assert_eq!(function["main"], "index.ts");
        assert_eq!(
            function["modules"],
            json!({"index.ts": PRICES[0].1, "lib/price.ts": PRICES[1].1})
        );
    }
}

#[tokio::test]
async fn the_main_file_is_the_one_of_the_query_or_of_package_json() {
    let server = start().await;
    let files: Files<'_> = &[
        ("package.json", r#"{"main": "./dist/app.js"}"#),
        ("dist/app.js", "one"),
        ("other.js", "two"),
    ];
    for (path, main) in [
        ("/api/functions?name=a", "dist/app.js"),
        ("/api/functions?name=b&main=other.js", "other.js"),
    ] {
        let (status, function) = post(&server, path, "application/zip", zipped(files)).await;
        assert_eq!(status, StatusCode::CREATED, "{function}");
        assert_eq!(function["main"], main);
    }
}

#[tokio::test]
async fn a_form_has_members_and_files() {
    let server = start().await;
    let part = |head: &str, text: &str| {
        format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n")
    };
    let kind = "multipart/form-data; boundary=x";
    let one_file = [
        part("name=\"name\"", "one"),
        part("name=\"config\"", r#"{"timeout": 1234}"#),
        part("name=\"file\"; filename=\"hello.ts\"", "echo"),
        "--x--\r\n".to_owned(),
    ];
    let (status, function) = post(&server, "/api/functions", kind, one_file.concat().into()).await;
    assert_eq!(status, StatusCode::CREATED, "{function}");
    assert_eq!(function["code"], "echo");
    assert_eq!(function["language"], "typescript");
    assert_eq!(function["config"]["timeout"], 1234);

    let two_files = [
        part("name=\"main\"", "b.js"),
        part("name=\"f\"; filename=\"a.js\"", "a"),
        part("name=\"f\"; filename=\"b.js\"", "b"),
        "--x--\r\n".to_owned(),
    ];
    let path = format!("/api/functions/{}", text(&function["_id"]));
    let (status, changed) =
        send(&server, Method::PUT, &path, kind, two_files.concat().into()).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(changed["modules"], json!({"a.js": "a", "b.js": "b"}));
    assert_eq!(changed["main"], "b.js");

    let unknown = [part("name=\"nmae\"", "one"), "--x--\r\n".to_owned()].concat();
    let (status, refused) = post(&server, "/api/functions", kind, unknown.into()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text(&refused["error"]).contains("unknown field nmae: known are name, "));
}

#[tokio::test]
async fn an_upload_that_cannot_be_read_says_what_is_wrong() {
    let server = start().await;
    let named = "/api/functions?name=f";
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    tar.append_link(&mut header, "a.js", "/etc/passwd").unwrap();
    let link = tar.into_inner().unwrap();
    let bomb = gzipped(&tarred(&[("a.js", &"x".repeat(40 << 20))]));
    let kilobytes = bomb.len() >> 10;
    assert!(kilobytes < 100, "{kilobytes} KiB");
    for (path, kind, body, expected) in [
        (
            "/api/functions",
            "text/javascript",
            b"echo".to_vec(),
            "has no name",
        ),
        (
            named,
            "text/javascript",
            b"\xff".to_vec(),
            "the code is not UTF-8 text",
        ),
        (
            named,
            "application/zip",
            b"no".to_vec(),
            "the archive cannot be read",
        ),
        (
            named,
            "application/zip",
            zipped(&[]),
            "the archive has no files",
        ),
        (
            "/api/functions?name=f&main=a.js",
            "application/zip",
            zipped(&[("a.js", "a"), ("../b.js", "b")]),
            "must have no empty part",
        ),
        (
            named,
            "application/zip",
            zipped(&[("a.js", "a"), ("b.js", "b")]),
            "`main` is missing",
        ),
        (
            named,
            "application/x-tar",
            link,
            "the archive has a link, a.js",
        ),
        (
            named,
            "application/gzip",
            b"no".to_vec(),
            "the archive cannot be read",
        ),
        (
            named,
            "multipart/form-data; boundary=x",
            b"--x\r\nno".to_vec(),
            "the form cannot be read",
        ),
    ] {
        let (status, refused) = post(&server, path, kind, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{expected}: {refused}");
        let error = text(&refused["error"]);
        assert!(error.contains(expected), "{error}");
    }
    let (status, _) = post(&server, named, "application/gzip", bomb).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

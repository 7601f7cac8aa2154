//! The Rust client against a real server.

use bytes::Bytes;
use faas_api::event::EventData;
use faas_api::{NewFunction, Subscribe};
use faas_client::{CallOptions, Client, Error, Event, Target, Upload, UploadKind};
use futures_util::stream;
use serde_json::json;
use tempfile::TempDir;

use super::running::Server;

fn start() -> (Server, TempDir, Client) {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--store", "memory:"]);
    let client = Client::new(format!("http://{}", server.address())).unwrap();
    (server, folder, client)
}

#[tokio::test]
async fn an_upload_is_sent_in_pieces_and_a_stream_that_fails_creates_nothing() {
    let (_server, _folder, client) = start();
    let pieces = ["export default (", "input: number) => ", "input * 2"];
    let pieces = pieces.map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
    let upload = Upload::stream(UploadKind::TypeScript, stream::iter(pieces));
    let created = client.create_from("double", upload).await.unwrap();
    assert_eq!(created.version, 1);
    let done = client.invoke("double", &21).await.unwrap();
    assert_eq!(done.output.get(), "42");
    let broken = [
        Ok(Bytes::from("return 1")),
        Err(std::io::Error::other("gone")),
    ];
    let upload = Upload::stream(UploadKind::JavaScript, stream::iter(broken));
    let failed = client.create_from("broken", upload).await.unwrap_err();
    assert!(matches!(failed, Error::Broken { .. }), "{failed:?}");
    assert!(
        client
            .function("broken")
            .await
            .unwrap_err()
            .has_code("function_not_found")
    );
    let upload = Upload::new(
        UploadKind::JavaScript,
        "export default (input) => input * 3",
    );
    let changed = client.update_from(created.id, upload).await.unwrap();
    assert_eq!(changed.version, 2);
}

#[tokio::test]
async fn an_error_has_the_code_the_place_and_the_id_of_the_request() {
    let (_server, _folder, client) = start();
    let new = NewFunction::new("bad", "d", "return (");
    let error = client.create(&new).await.unwrap_err();
    let error = error.api().unwrap();
    assert_eq!((error.status, error.code.as_str()), (400, "compile_error"));
    assert_eq!(error.details.as_ref().unwrap().line, Some(1));
    assert!(error.request_id.is_some());
}

#[tokio::test]
async fn the_same_idempotency_key_executes_a_function_once() {
    let (_server, _folder, client) = start();
    let new = NewFunction::new("f", "d", "return input");
    let id = client.create(&new).await.unwrap().id;
    let mut options = CallOptions::default();
    options.idempotency_key = Some("one".to_owned());
    let first = client.execute("f", &json!(1), &options).await.unwrap();
    let second = client.execute(id, &json!(1), &options).await.unwrap();
    assert_eq!(first.execution_id, second.execution_id);
    assert_eq!(Target::of(&id.to_string()), Target::from(id));
}

#[tokio::test]
async fn events_arrive_and_those_of_a_break_follow_when_the_client_is_connected_again() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let address = server.address().to_owned();
    let client = Client::new(format!("http://{address}")).unwrap();
    client
        .create(&NewFunction::new("f", "d", "return input"))
        .await
        .unwrap();
    let mut subscribe = Subscribe::default();
    subscribe.types = Some(vec!["execution_completed".to_owned()]);
    let mut events = client.events(subscribe);
    assert!(matches!(events.next().await, Some(Event::Connected)));
    client.invoke("f", &1).await.unwrap();
    let Some(Event::Message(first)) = events.next().await else {
        panic!("no event");
    };
    assert!(matches!(first.data, EventData::Completed(_)));
    server.kill();
    let second = Server::start_anywhere(folder.path(), &["--listen", &address]);
    // The first client may still have a connection to the server that is gone.
    let client = Client::new(format!("http://{address}")).unwrap();
    client.invoke("f", &2).await.unwrap();
    let mut was_broken = false;
    loop {
        match events.next().await.unwrap() {
            Event::Disconnected(_) => was_broken = true,
            Event::Connected => {
                client.invoke("f", &3).await.unwrap();
            }
            // The new server has no events of the old one: a gap, or those since its start.
            Event::Message(message) if was_broken => {
                if matches!(message.data, EventData::Completed(_)) {
                    break;
                }
            }
            Event::Message(_) => {}
            other => panic!("{other:?}"),
        }
    }
    drop(second);
}

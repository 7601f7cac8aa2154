//! What a client over HTTP/2 may cost.

use super::*;

/// The bytes of a frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GO_AWAY: u8 = 7;
/// No body, and all headers.
const WHOLE: u8 = 5;
/// `GET http://a/` in HPACK: three entries of the static table and a literal `:authority`.
const GET_A: [u8; 6] = [0x82, 0x86, 0x84, 0x41, 0x01, b'a'];

fn beginning() -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    bytes
}

/// Reads frames until one of `kind`, and returns its payload; `None` at the end of the connection.
async fn read_until(raw: &mut Raw, kind: u8) -> Option<Vec<u8>> {
    use tokio::io::AsyncReadExt as _;
    let reading = async {
        loop {
            let mut head = [0; 9];
            raw.0.read_exact(&mut head).await.ok()?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            raw.0.read_exact(&mut payload).await.ok()?;
            if head[3] == kind {
                return Some(payload);
            }
        }
    };
    timeout(PATIENCE, reading).await.expect("no such frame")
}

#[tokio::test]
async fn a_rapid_reset_attack_ends_its_connection_and_does_not_multiply_the_work() {
    let running = Running::default();
    let counted = running.clone();
    let work = move || async move {
        struct Ends(Running);
        impl Drop for Ends {
            fn drop(&mut self) {
                self.0.end();
            }
        }
        let _ends = Ends(counted.begin());
        std::future::pending::<()>().await;
    };
    let server = serve(plain().route("/wait", get(work)), |_| {}).await;
    let mut attack = beginning();
    for number in 0..20_000 {
        let stream = 2 * number + 1;
        let path = [&[0x82, 0x86, 0x44, 5][..], b"/wait", &[0x41, 1, b'a']].concat();
        attack.extend(frame(HEADERS, WHOLE, stream, &path));
        attack.extend(frame(RESET, 0, stream, &8_u32.to_be_bytes()));
    }
    let mut attacker = server.raw().await;
    // The server may close the connection while this is written.
    let writing = tokio::io::AsyncWriteExt::write_all(&mut attacker.0, &attack);
    let _ = timeout(PATIENCE, writing)
        .await
        .expect("the server does not read");
    let goodbye = read_until(&mut attacker, GO_AWAY).await;
    const ENHANCE_YOUR_CALM: u8 = 11;
    if let Some(payload) = goodbye {
        assert_eq!(payload[7], ENHANCE_YOUR_CALM);
    }
    assert!(running.most() <= 256, "{} at once", running.most());
    assert_eq!(server.client().await.get("/").await.status, 200);
}

#[tokio::test]
async fn a_stream_that_is_not_read_is_reset_and_its_neighbours_go_on() {
    let long = || async { vec![b'x'; 1 << 20] };
    let app = plain().route("/long", get(long));
    let server = serve(app, |options| {
        options.stall_timeout = Duration::from_millis(50);
    });
    let server = server.await;
    let mut client = server.client().await;
    let (_, unread) = client.send(request("/long"), true);
    let mut unread = unread.await.unwrap();
    let ended = async {
        // What is not released does not open the window again.
        while let Some(piece) = unread.body_mut().data().await {
            if let Err(error) = piece {
                return error;
            }
        }
        panic!("the response is whole");
    };
    let error = timeout(PATIENCE, ended)
        .await
        .expect("the stream stays open");
    assert_eq!(error.reason(), Some(h2::Reason::CANCEL));
    assert_eq!(client.get("/").await.status, 200);
}

#[tokio::test]
async fn a_short_response_that_the_window_has_no_room_for_is_reset_too() {
    let server = serve(plain(), |options| {
        options.stall_timeout = Duration::from_millis(50);
    });
    let server = server.await;
    for window in [0_u32, 1] {
        let mut raw = server.raw().await;
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        let size = [&[0, 4][..], &window.to_be_bytes()].concat();
        bytes.extend(frame(SETTINGS, 0, 0, &size));
        bytes.extend(frame(HEADERS, WHOLE, 1, &GET_A));
        raw.write(bytes).await;
        let reset = read_until(&mut raw, RESET).await.expect("no reset");
        assert_eq!(reset, 8_u32.to_be_bytes());
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_an_orderly_way() {
    let server = serve(plain(), |options| {
        options.head_timeout = Duration::from_millis(50);
    });
    let server = server.await;
    let mut raw = server.raw().await;
    let mut bytes = beginning();
    bytes.extend(frame(HEADERS, WHOLE, 1, &GET_A));
    raw.write(bytes).await;
    let goodbye = read_until(&mut raw, GO_AWAY).await.expect("no GOAWAY");
    // The last stream that was served, and no error.
    assert_eq!(goodbye, [0, 0, 0, 1, 0, 0, 0, 0]);
    raw.ended().await;
    // Neither does a client that begins with the preface and stops.
    let mut half = server.raw().await;
    half.write("PRI * HTTP/2.0\r\n\r\n").await;
    half.ended().await;
}

#[tokio::test]
async fn a_client_that_does_not_answer_a_ping_is_disconnected() {
    let wait = || async { std::future::pending::<()>().await };
    let server = serve(Router::new().route("/", get(wait)), |options| {
        options.head_timeout = Duration::from_millis(50);
    });
    let server = server.await;
    let mut raw = server.raw().await;
    let mut bytes = beginning();
    bytes.extend(frame(HEADERS, WHOLE, 1, &GET_A));
    raw.write(bytes).await;
    raw.ended().await;
}

#[tokio::test]
async fn an_idle_connection_makes_room_for_others_and_a_busy_one_does_not() {
    let wait = || async { std::future::pending::<()>().await };
    let app = plain().route("/wait", get(wait));
    let server = serve(app, |options| options.max_connections = 2).await;
    let mut busy = server.client().await;
    let mut idle = server.client().await;
    assert_eq!(idle.get("/").await.status, 200);
    assert_eq!(busy.get("/").await.status, 200);
    let (_stream, _response) = busy.send(request("/wait"), true);
    assert_eq!(busy.get("/none").await.status, 404);
    let mut newcomer = server.client().await;
    assert_eq!(newcomer.get("/").await.status, 200);
    let _ = idle.ended().await;
    assert_eq!(busy.get("/none").await.status, 404);
}

#[tokio::test]
async fn requests_beyond_the_limit_of_all_connections_are_refused_and_can_be_sent_again() {
    let wait = || async { std::future::pending::<()>().await };
    let app = plain().route("/wait", get(wait));
    let server = serve(app, |options| options.max_connections = 3).await;
    let mut first = server.client().await;
    let waiting: Vec<_> = (0..3).map(|_| first.send(request("/wait"), true)).collect();
    let mut second = server.client().await;
    let refused = crate::waiting::wait_for("a refused request", async || {
        let (_, response) = second.send(request("/"), true);
        response.await.err()
    });
    assert_eq!(refused.await.reason(), Some(h2::Reason::REFUSED_STREAM));
    drop(waiting);
    crate::waiting::wait_for("a free place", async || {
        let (_, response) = second.send(request("/"), true);
        response.await.ok()
    })
    .await;
}

#[tokio::test]
async fn headers_that_are_too_large_are_refused() {
    let server = serve(plain(), |_| {}).await;
    let mut client = server.client().await;
    assert_eq!(
        client
            .answer(request("/").header("x", "y".repeat(16 << 10)))
            .await
            .status,
        200
    );
    let large = client
        .answer(request("/").header("x", "y".repeat(40 << 10)))
        .await;
    assert_eq!(large.status, 431);
}

#[tokio::test]
async fn websockets_over_http_2_are_not_offered() {
    let server = serve(plain(), |_| {}).await;
    let mut client = server.client().await;
    assert_eq!(client.get("/").await.status, 200);
    assert!(!client.offers_extended_connect());
}

//! A line to the server that can be cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const THROUGH: u8 = 0;
const CUT: u8 = 1;
const LOSE_ANSWER: u8 = 2;

/// Passes messages on between a client and the server.
pub(crate) struct Cable {
    pub(crate) uri: String,
    state: Arc<AtomicU8>,
}

impl Cable {
    /// A line to the first server of `uri`.
    pub(crate) async fn to(uri: &str) -> Self {
        let options = mongodb::options::ClientOptions::parse(uri).await.unwrap();
        let server = options.hosts.first().unwrap().to_string();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap().to_string();
        let joint = if uri.contains('?') { '&' } else { '?' };
        let uri = format!(
            "{}{joint}directConnection=true",
            uri.replace(&server, &here)
        );
        let state = Arc::new(AtomicU8::new(THROUGH));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, state) = (server.clone(), Arc::clone(&shared));
                tokio::spawn(async move { serve(client, &server, &state).await });
            }
        });
        Self { uri, state }
    }

    /// Nothing passes any more.
    pub(crate) fn cut(&self) {
        self.state.store(CUT, Ordering::SeqCst);
    }

    /// The next update reaches the server, and its answer is lost.
    pub(crate) fn lose_answer(&self) {
        self.state.store(LOSE_ANSWER, Ordering::SeqCst);
    }

    pub(crate) fn mend(&self) {
        self.state.store(THROUGH, Ordering::SeqCst);
    }
}

async fn serve(mut client: TcpStream, server: &str, state: &AtomicU8) -> Option<()> {
    let mut server = TcpStream::connect(server).await.ok()?;
    loop {
        let request = message(&mut client).await?;
        if state.load(Ordering::SeqCst) == CUT {
            return None;
        }
        server.write_all(&request).await.ok()?;
        let answer = message(&mut server).await?;
        let is_update = request.windows(8).any(|bytes| bytes == b"\x02update\0");
        let (lose, through) = (LOSE_ANSWER, THROUGH);
        let order = Ordering::SeqCst;
        if is_update && state.compare_exchange(lose, through, order, order).is_ok() {
            return None;
        }
        client.write_all(&answer).await.ok()?;
    }
}

/// One message. Its length is in its first four bytes.
async fn message(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = [0; 4];
    from.read_exact(&mut head).await.ok()?;
    let rest = u64::from(u32::from_le_bytes(head)).checked_sub(4)?;
    let mut whole = head.to_vec();
    let read = from.take(rest).read_to_end(&mut whole).await.ok()?;
    if read as u64 != rest {
        return None;
    }
    Some(whole)
}

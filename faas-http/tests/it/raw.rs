//! A client whose bytes the test writes and reads itself.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::server::Server;
use crate::waiting::PATIENCE;

/// A connection to a server.
pub(crate) struct Raw(pub(crate) TcpStream);

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Raw {
    pub(crate) async fn connect(server: &Server) -> Self {
        Self(TcpStream::connect(server.address).await.unwrap())
    }

    /// Writes all bytes, like a client that reads only afterwards.
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let written = timeout(PATIENCE, self.0.write_all(bytes.as_ref())).await;
        written.expect("the server does not read").unwrap();
    }

    /// Reads one response, which has a length.
    pub(crate) async fn answer(&mut self) -> Answer {
        timeout(PATIENCE, self.try_answer())
            .await
            .expect("the server does not answer")
            .expect("the connection ended before the answer did")
    }

    async fn try_answer(&mut self) -> std::io::Result<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await?);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).await?;
        Ok(Answer {
            status: head[9..12].parse().unwrap(),
            head,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// Reads everything until the server has closed the connection.
    pub(crate) async fn rest(&mut self) -> String {
        let mut all = Vec::new();
        // The connection may be reset once everything is sent.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut all))
            .await
            .expect("the connection stays open");
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Waits until the server has closed the connection.
    pub(crate) async fn ended(&mut self) {
        let mut rest = [0; 1024];
        let end = async { while let Ok(1..) = self.0.read(&mut rest).await {} };
        timeout(PATIENCE, end)
            .await
            .expect("the connection stays open");
    }
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value)
    }
}

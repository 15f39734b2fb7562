//! A way to the sandbox on which some questions come back empty, as VTiger answers an error of its database
//! (facts/VTIGER.md, trap 11).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Whether a decoded `query` is swallowed.
pub(crate) type Swallows = Arc<Mutex<Box<dyn FnMut(&str) -> bool + Send>>>;

/// Listens, and passes requests on to `upstream` one a connection.
pub(crate) async fn swallowing(
    upstream: SocketAddr,
    swallows: impl FnMut(&str) -> bool + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let swallows: Swallows = Arc::new(Mutex::new(Box::new(swallows)));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, upstream, Arc::clone(&swallows)));
        }
    });
    format!("http://{address}/")
}

async fn pass(mut client: TcpStream, upstream: SocketAddr, swallows: Swallows) {
    let mut request = Vec::new();
    let (head, length) = loop {
        if client.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some(end) = text.find("\r\n\r\n") else { continue };
        let length = text
            .to_ascii_lowercase()
            .split("content-length:")
            .nth(1)
            .map_or(0, |rest| rest.split("\r\n").next().unwrap().trim().parse::<usize>().unwrap());
        break (end + 4, length);
    };
    while request.len() < head + length {
        client.read_buf(&mut request).await.unwrap();
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    let target = text.split(' ').nth(1).unwrap();
    let url = reqwest::Url::parse(&format!("http://localhost{target}")).unwrap();
    let query = url.query_pairs().find(|(name, _)| name == "query").map(|(_, query)| query.into_owned());
    if query.is_some_and(|query| (*swallows.lock().unwrap())(&query)) {
        let body = r#"{"success":true,"result":[]}"#;
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
        let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        client.write_all(answer.as_bytes()).await.unwrap();
        return;
    }
    let mut server = TcpStream::connect(upstream).await.unwrap();
    let rest = request.split_off(text.find("\r\n").unwrap() + 2);
    server.write_all(&request).await.unwrap();
    server.write_all(b"Connection: close\r\n").await.unwrap();
    server.write_all(&rest).await.unwrap();
    tokio::io::copy(&mut server, &mut client).await.unwrap();
}

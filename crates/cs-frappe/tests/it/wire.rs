//! What goes over the wire, and answers that the sandbox does not give: a server that records what it is sent and says
//! what it is told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use cs_frappe::{FrappeClient, FrappeConfig};
use cs_ports::{ErrorKind, Reader};

/// Answers each request by the first pair whose key its path holds (status line and body), and tells the requests'
/// heads. It ends when all have been used as often as there are pairs.
fn serve(answers: Vec<(&'static str, &'static str, &'static str)>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heads, told) = channel();
    std::thread::spawn(move || {
        for _ in 0..answers.len() {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(reader.read_line(&mut head).unwrap() > 0, "the request breaks off");
            }
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            reader.read_exact(&mut vec![0; length]).unwrap();
            let path = head.lines().next().unwrap_or_default();
            let (_, status, body) = answers.iter().find(|(key, ..)| path.contains(key)).unwrap();
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nSet-Cookie: sid=Guest; Path=/\r\nLocation: https://example.invalid/\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            heads.send(head).unwrap();
        }
    });
    (url, told)
}

fn client(url: String) -> FrappeClient {
    FrappeClient::new(FrappeConfig {
        site: Some("erp.example.test".into()),
        read_attempts: 1,
        ..FrappeConfig::new(url, "KEY", "SECRET".to_owned())
    })
    .unwrap()
}

const META: &str = r#"{"data":{"name":"Contact","fields":[{"fieldname":"first_name","fieldtype":"Data"}]}}"#;

#[tokio::test]
async fn a_request_bears_token_site_and_accept_and_no_cookie() {
    let (url, told) = serve(vec![
        ("/meta", "200 OK", META),
        ("perm_type=create", "200 OK", r#"{"message":{"has_permission":false}}"#),
        ("perm_type=write", "200 OK", r#"{"message":{"has_permission":true}}"#),
    ]);
    let schema = client(url).schema(&"Contact".into()).await.unwrap();
    assert_eq!((schema.creatable, schema.updatable), (false, true));
    for head in &told {
        let head = head.to_lowercase();
        assert!(head.contains("authorization: token key:secret\r\n"), "{head}");
        assert!(head.contains("host: erp.example.test\r\n"), "{head}");
        assert!(head.contains("accept: application/json\r\n"), "{head}");
        assert!(!head.contains("cookie"), "{head}");
    }
}

#[tokio::test]
async fn the_desk_is_told_by_a_method_of_the_site_s() {
    let (url, told) = serve(vec![
        ("/api/method/agency.desk.progress", "200 OK", "{}"),
        ("/api/method/agency.desk.gone", "404 Not Found", r#"{"exc_type":"DoesNotExistError"}"#),
    ]);
    let (client, progress) = (client(url), serde_json::json!({ "percent": 40 }));
    client.tell_desk("agency.desk.progress", &progress).await.unwrap();
    assert!(told.recv().unwrap().starts_with("POST /api/method/agency.desk.progress "));
    assert!(client.tell_desk("agency.desk.gone", &progress).await.is_err());
}

#[tokio::test]
async fn answers_that_point_elsewhere_or_come_from_an_older_frappe_are_told() {
    let cases = [
        ("301 Moved Permanently", "{}", "frappe.redirected", ErrorKind::Unreachable),
        ("404 Not Found", r#"{"exc_type":"DoesNotExistError"}"#, "frappe.too_old", ErrorKind::Unsupported),
        ("502 Bad Gateway", "<html>", "frappe.garbled", ErrorKind::Garbled),
        ("404 Not Found", "<html>nginx</html>", "frappe.not_frappe", ErrorKind::Unsupported),
        ("200 OK", "", "frappe.garbled", ErrorKind::Garbled),
        ("200 OK", r#"{"data":[1]}"#, "frappe.garbled", ErrorKind::Garbled),
    ];
    for (status, body, code, kind) in cases {
        let (url, _told) = serve(vec![("/meta", status, body)]);
        let error = client(url).schema(&"Contact".into()).await.unwrap_err();
        assert_eq!((&*error.code, error.kind), (code, kind), "{status} {body}");
        assert!(!error.failure().remedy.is_empty());
    }
}

//! The first field of an upload, read before the rest: our forms put their token there, so that what a page of another site
//! sends is refused before its file is taken in.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use futures_util::{StreamExt as _, stream};

/// What the first field may weigh, with what stands before it.
const FIRST: usize = 4 * 1024;

/// What stands between the fields, where a content type is that of an upload.
pub(crate) fn boundary(kind: &str) -> Option<String> {
    let mut parts = kind.split(';').map(str::trim);
    parts.next().filter(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))?;
    let said =
        parts.find_map(|part| part.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("boundary")));
    said.map(|(_, boundary)| boundary.trim_matches('"').to_owned()).filter(|boundary| !boundary.is_empty())
}

/// The value of the first field, where it is the one of this name. The request is whole afterwards, as far as it came.
pub(crate) async fn first_field(request: &mut Request, boundary: &str, name: &str) -> Option<Vec<u8>> {
    let mut rest = std::mem::take(request.body_mut()).into_data_stream();
    let mut head: Vec<u8> = Vec::new();
    let found = loop {
        match read(&head, boundary, name) {
            First::Unfinished if head.len() < FIRST => {}
            First::Unfinished | First::Other => break None,
            First::Value(value) => break Some(value),
        }
        match rest.next().await {
            Some(Ok(chunk)) => head.extend_from_slice(&chunk),
            Some(Err(_)) | None => break None,
        }
    };
    let head = stream::once(async move { Ok(Bytes::from(head)) });
    *request.body_mut() = Body::from_stream(head.chain(rest));
    found
}

/// What is known of the first field.
#[derive(Debug, PartialEq, Eq)]
enum First {
    /// More has to be read.
    Unfinished,
    /// It is another one, or no field at all.
    Other,
    /// What it holds.
    Value(Vec<u8>),
}

fn read(head: &[u8], boundary: &str, name: &str) -> First {
    let begin = format!("--{boundary}\r\n");
    let Some(part) = head.strip_prefix(begin.as_bytes()) else {
        let is_begun = begin.as_bytes().starts_with(head);
        return if is_begun { First::Unfinished } else { First::Other };
    };
    let Some((headers, value)) = cut(part, b"\r\n\r\n") else { return First::Unfinished };
    let headers = String::from_utf8_lossy(headers);
    let disposition = headers.split("\r\n").find_map(|line| {
        let (header, said) = line.split_once(':')?;
        header.trim().eq_ignore_ascii_case("content-disposition").then(|| said.to_owned())
    });
    let is_named =
        disposition.is_some_and(|said| said.split(';').any(|part| part.trim() == format!("name=\"{name}\"")));
    if !is_named {
        return First::Other;
    }
    match cut(value, format!("\r\n--{boundary}").as_bytes()) {
        Some((value, _)) => First::Value(value.to_vec()),
        None => First::Unfinished,
    }
}

/// What stands before something, and what behind it.
fn cut<'t>(text: &'t [u8], by: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    let place = text.windows(by.len()).position(|part| part == by)?;
    Some((text.get(..place)?, text.get(place + by.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_names_what_stands_between_its_fields() {
        assert_eq!(boundary("multipart/form-data; boundary=x1").as_deref(), Some("x1"));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"x 1\"").as_deref(), Some("x 1"));
        assert_eq!(boundary("multipart/form-data"), None);
        assert_eq!(boundary("application/json; boundary=x"), None);
    }

    #[test]
    fn only_the_first_field_counts() {
        let whole = b"--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\ntoken\r\n--x\r\nmore";
        assert_eq!(read(whole, "x", "_csrf"), First::Value(b"token".to_vec()));
        // However it is cut into chunks, nothing is concluded too early.
        for end in 0..whole.len() - 6 {
            assert_eq!(read(&whole[..end], "x", "_csrf"), First::Unfinished, "{end}");
        }
        let other =
            b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"_csrf\"\r\n\r\ntoken\r\n--x";
        assert_eq!(read(other, "x", "_csrf"), First::Other);
        assert_eq!(read(b"token", "x", "_csrf"), First::Other);
    }

    #[tokio::test]
    async fn the_request_is_whole_afterwards() {
        let whole = "--x\r\ncontent-disposition: form-data; name=\"_csrf\"\r\n\r\ntoken\r\n--x--\r\n";
        let chunks: Vec<Result<Bytes, std::io::Error>> =
            whole.as_bytes().chunks(7).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let mut request = Request::new(Body::from_stream(stream::iter(chunks)));
        assert_eq!(first_field(&mut request, "x", "_csrf").await, Some(b"token".to_vec()));
        let body = axum::body::to_bytes(request.into_body(), 1000).await.unwrap();
        assert_eq!(body, whole.as_bytes());

        let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'-'; 100])));
        let mut request = Request::new(Body::from_stream(endless));
        assert_eq!(first_field(&mut request, "x", "_csrf").await, None);
    }
}

//! The requests of a multipart batch (Protocol 4.01 section 11.7.7.1).
//!
//! Owns: from bytes to the parts that the JSON format has too, a change set being an atomicity group. Refuses: URLs and
//! bodies; a body that is no JSON is a problem of its own request, which is answered in its place. What makes it doubtful
//! which requests there are (a cut body, two with one Content-ID, a part that is neither request nor change set) refuses
//! the batch, before anything of it is carried out.

use super::head::{headers, media_type, request_line};
use super::split::{Unsplit, split};
use crate::batch::headers::header;
use crate::batch::part::{BatchPart, MAX_BATCH_PARTS, invalid, too_many};
use crate::{Code, WireError};
use serde_json::value::RawValue;
use std::collections::HashSet;

/// Reads the multipart batch of a request with this `Content-Type`.
///
/// # Errors
/// 400 for a batch of which it is not certain what it asks for; 413 for more than [`MAX_BATCH_PARTS`] requests.
pub fn read_multipart_request(content_type: &str, body: &[u8]) -> Result<Vec<BatchPart>, WireError> {
    let (_, boundary) = media_type(content_type);
    let boundary = boundary.ok_or_else(|| invalid(format_args!("The Content-Type of the batch has no boundary")))?;
    let mut parts: Vec<BatchPart> = Vec::new();
    for (index, bytes) in split_whole(body, boundary, MAX_BATCH_PARTS)?.into_iter().enumerate() {
        let number = index + 1;
        let Enclosed { media, boundary, content_id, content } = enclosed(bytes, number)?;
        match (media.as_str(), boundary) {
            ("application/http", _) => parts.push(request(content_id, content, None)),
            ("multipart/mixed", Some(boundary)) => {
                let group = format!("change set {number}");
                let requests = split_whole(content, &boundary, MAX_BATCH_PARTS - parts.len())?;
                if requests.is_empty() {
                    return Err(invalid(format_args!("Part {number} of the batch is a change set without a request")));
                }
                for bytes in requests {
                    let Enclosed { media, content_id, content, .. } = enclosed(bytes, number)?;
                    if media != "application/http" {
                        return Err(invalid(format_args!(
                            "Part {number} of the batch holds {media:?} in a change set"
                        )));
                    }
                    parts.push(request(content_id, content, Some(group.clone())));
                }
            }
            _ => {
                let kinds = "application/http for a request, or multipart/mixed with a boundary for a change set";
                return Err(invalid(format_args!("Part {number} of the batch is {media:?}; it must be {kinds}")));
            }
        }
        if parts.len() > MAX_BATCH_PARTS {
            return Err(too_many());
        }
    }
    // No request is called as a change set is here.
    let mut ids: HashSet<&str> = parts.iter().filter_map(|part| part.group.as_deref()).collect();
    match parts.iter().find(|part| !part.id.is_empty() && !ids.insert(part.id.as_str())) {
        Some(twice) => Err(invalid(format_args!("Two requests of the batch have the Content-ID {:?}", twice.id))),
        None => Ok(parts),
    }
}

fn split_whole<'b>(body: &'b [u8], boundary: &str, most: usize) -> Result<Vec<&'b [u8]>, WireError> {
    split(body, boundary, most).map_err(|unsplit| match unsplit {
        Unsplit::Cut => invalid(format_args!(
            "The batch ends before its last boundary, as if it had been cut on its way. Nothing of it was carried out"
        )),
        Unsplit::TooMany => too_many(),
    })
}

/// What a part encloses.
struct Enclosed<'b> {
    media: String,
    boundary: Option<String>,
    content_id: Option<String>,
    content: &'b [u8],
}

fn enclosed(bytes: &[u8], number: usize) -> Result<Enclosed<'_>, WireError> {
    let unreadable = |problem| invalid(format_args!("Part {number} of the batch {problem}"));
    // What follows the headers may be in any encoding; they end at the first empty line.
    let end = end_of_head(bytes);
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| unreadable("has headers that are no text"))?;
    let (headers, _) = headers(head).map_err(unreadable)?;
    let (media, boundary) = media_type(header(&headers, "content-type").unwrap_or_default());
    Ok(Enclosed {
        media,
        boundary: boundary.map(str::to_owned),
        content_id: header(&headers, "content-id").map(str::to_owned),
        content: &bytes[end..],
    })
}

/// Returns where the first empty line ends.
fn end_of_head(bytes: &[u8]) -> usize {
    let mut start = 0;
    while let Some(length) = bytes[start..].iter().position(|&byte| byte == b'\n') {
        let end = start + length + 1;
        if bytes[start..end].trim_ascii().is_empty() {
            return end;
        }
        start = end;
    }
    bytes.len()
}

/// Reads one request; what is wrong with it alone is told in its own answer.
fn request(content_id: Option<String>, content: &[u8], group: Option<String>) -> BatchPart {
    let mut part = BatchPart { id: content_id.unwrap_or_default(), group, ..BatchPart::default() };
    if let Err(problem) = fill(&mut part, content) {
        part.problem = Some(WireError::new(400, Code::InvalidBatch, format!("This request of the batch {problem}")));
    }
    part
}

fn fill(part: &mut BatchPart, content: &[u8]) -> Result<(), &'static str> {
    let content = std::str::from_utf8(content).map_err(|_| "is not UTF-8")?;
    let (method, url, behind) = request_line(content).ok_or("does not begin with a method and a URL")?;
    (part.method, part.url) = (method.to_owned(), url.to_owned());
    let (headers, body) = headers(behind)?;
    // Clients also write it here.
    if let (true, Some(id)) = (part.id.is_empty(), header(&headers, "content-id")) {
        part.id = id.to_owned();
    }
    let is_chunked = header(&headers, "transfer-encoding").is_some_and(|coding| coding != "identity");
    part.headers = headers;
    if is_chunked {
        return Err("is sent in chunks; within a batch a body stands as it is");
    }
    let body = body.trim_ascii();
    if !body.is_empty() {
        part.body = Some(RawValue::from_string(body.to_owned()).map_err(|_| "has a body that is not JSON")?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/mixed; boundary=b";

    fn read(body: &str) -> Result<Vec<BatchPart>, WireError> {
        read_multipart_request(TYPE, body.as_bytes())
    }

    /// The example of Protocol section 11.7.7.1, with line breaks as given.
    fn example(line_break: &str) -> String {
        "--b
Content-Type: application/http

GET /service/Customers('ALFKI')
Host: host


--b
Content-Type: multipart/mixed; boundary=changeset_77162fcd-b8da-41ac-a9f8-9357efbbd

--changeset_77162fcd-b8da-41ac-a9f8-9357efbbd
Content-Type: application/http
Content-ID: 1

POST /service/Customers HTTP/1.1
Host: host
Content-Type: application/json
Content-Length: 9

{\"a\":\"b\"}
--changeset_77162fcd-b8da-41ac-a9f8-9357efbbd
Content-Type: application/http
Content-ID: 2

PATCH /service/Customers('ALFKI') HTTP/1.1
Host: host
Content-Type: application/json
If-Match: xxxxx
Prefer: return=minimal

{}
--changeset_77162fcd-b8da-41ac-a9f8-9357efbbd--
--b
Content-Type: application/http

GET /service/Products HTTP/1.1
Host: host


--b--
"
        .replace('\n', line_break)
    }

    #[test]
    fn the_example_of_the_specification_is_read() {
        for line_break in ["\n", "\r\n"] {
            let parts = read(&example(line_break)).unwrap();
            let shown = parts.iter().map(|part| {
                let body = part.body.as_ref().map_or("", |body| body.get());
                (part.id.as_str(), part.method.as_str(), part.url.as_str(), part.group.as_deref(), body)
            });
            let expected = [
                ("", "GET", "/service/Customers('ALFKI')", None, ""),
                ("1", "POST", "/service/Customers", Some("change set 2"), "{\"a\":\"b\"}"),
                ("2", "PATCH", "/service/Customers('ALFKI')", Some("change set 2"), "{}"),
                ("", "GET", "/service/Products", None, ""),
            ];
            assert_eq!(shown.collect::<Vec<_>>(), expected);
            assert_eq!(
                (parts[2].header("if-match"), parts[2].header("prefer")),
                (Some("xxxxx"), Some("return=minimal"))
            );
            assert!(parts.iter().all(|part| part.problem.is_none()));
        }
    }

    #[test]
    fn what_clients_write_otherwise_is_read() {
        let body = "\r\n--b\r\ncontent-type: application/http; msgtype=request\r\nContent-Transfer-Encoding: binary\r\n\r\n\
            POST https://host/odata/A HTTP/1.1\r\nContent-ID: 7\r\nContent-Length: 99\r\n\r\n\r\n{\"Ü\":1}\r\n--b--";
        let part = read(body).unwrap().remove(0);
        assert_eq!((part.id.as_str(), part.url.as_str()), ("7", "https://host/odata/A"));
        assert_eq!(part.body.unwrap().get(), "{\"Ü\":1}");
    }

    #[test]
    fn what_is_wrong_with_one_request_is_its_own() {
        let part = |content: &str| format!("--b\nContent-Type: application/http\n\n{content}\n--b--");
        for (content, problem) in [
            ("nothing", "does not begin with a method and a URL"),
            ("POST A HTTP/1.1\n\n{", "has a body that is not JSON"),
            ("POST A HTTP/1.1\nnone\n\n{}", "has a line among its headers that is none"),
            ("POST A HTTP/1.1\nTransfer-Encoding: chunked\n\n2\n{}\n0\n\n", "is sent in chunks"),
        ] {
            let read = read(&part(content)).unwrap().remove(0).problem.unwrap();
            assert!(read.status == 400 && read.message.contains(problem), "{}", read.message);
        }
        let latin: Vec<u8> =
            part("POST A HTTP/1.1\n\n{\"a\":\"~\"}").bytes().map(|b| if b == b'~' { 0xe4 } else { b }).collect();
        assert!(read_multipart_request(TYPE, &latin).unwrap()[0].problem.is_some());
    }

    #[test]
    fn where_it_is_not_certain_what_is_asked_nothing_is() {
        let refused = |content_type: &str, body: &str| {
            let error = read_multipart_request(content_type, body.as_bytes()).unwrap_err();
            (error.status, error.message)
        };
        let whole = example("\r\n");
        for end in (0..whole.len() - 7).step_by(13) {
            let (status, message) = refused(TYPE, &whole[..end]);
            assert!(status == 400 && message.contains("before its last boundary"), "{message}");
        }
        assert!(refused("multipart/mixed", "--b--").1.contains("has no boundary"));
        let get = "Content-Type: application/http\n\nGET A HTTP/1.1\n\n";
        let with_id = get.replacen('\n', "\nContent-ID: 1\n", 1);
        for (body, expected) in [
            (format!("--b\n{with_id}\n--b\n{with_id}\n--b--"), "Two requests of the batch have the Content-ID \"1\""),
            ("--b\nContent-Type: multipart/mixed; boundary=c\n\n--c--\n--b--".into(), "a change set without a request"),
            (
                "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: multipart/mixed; boundary=d\n\n--d--\n--c--\n--b--".into(),
                "holds \"multipart/mixed\" in a change set",
            ),
            ("--b\n\nGET A HTTP/1.1\n\n--b--".into(), "Part 1 of the batch is \"\""),
            ("--b\nContent-Type multipart\n\n--b--".into(), "Part 1 of the batch has a line among its headers"),
            (format!("--b\n{get}\n--b\nContent-Type: text/plain\n\nx\n--b--"), "Part 2 of the batch is \"text/plain\""),
        ] {
            let (status, message) = refused(TYPE, &body);
            assert!(status == 400 && message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_thousand_requests_are_read_and_no_more() {
        let get = |boundary: &str, most: usize| {
            let one = format!("--{boundary}\nContent-Type: application/http\n\nGET A\n\n");
            one.repeat(most)
        };
        let set = |most: usize| format!("--b\nContent-Type: multipart/mixed; boundary=c\n\n{}--c--\n", get("c", most));
        for (body, status) in [
            (get("b", 1000), None),
            (get("b", 1001), Some(413)),
            (set(1000), None),
            (set(1001), Some(413)),
            (get("b", 500) + &set(500), None),
            (get("b", 500) + &set(501), Some(413)),
            (set(500) + &get("b", 501), Some(413)),
        ] {
            assert_eq!(read(&format!("{body}--b--")).err().map(|error| error.status), status);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bodies_never_panic(body in r"(--b(--)?\r?\n|Content-Type: (application/http|multipart/mixed; boundary=c)\r?\n|--c(--)?\n|\n|GET A HTTP/1.1\n|[ -~]{0,5}|\{\})*") {
            let _ = read(&body);
        }
    }
}

//! The answers of a multipart batch (Protocol 4.01 section 11.7.7.6).
//!
//! Owns: their bytes, in the form that clients read: a part's type exactly `application/http`, the boundary unquoted and
//! last, `Content-Type` and `Content-ID` spelled so, the id among the part's headers and among the answer's, since clients
//! look for it in either place. Refuses: choosing the boundaries; whoever has fresh ids gives one that no body holds.

use std::io::Write as _;

/// `424 Failed Dependency`.
const FAILED_DEPENDENCY: u16 = 424;

/// One answer of a multipart batch.
#[derive(Clone, Debug, Default)]
pub struct MultipartAnswer {
    /// The request's `Content-ID`; empty where it had none.
    pub id: String,
    /// The change set of the request.
    pub group: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The words behind the status.
    pub reason: &'static str,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Writes the answers of a batch; returns its `Content-Type`, and the body. Of a change set that failed there is one answer
/// for all of it: the one that says why, and not a 424, which says that another failed. `id` is in the boundaries, and in
/// no body.
pub fn write_multipart_answers(answers: &[MultipartAnswer], id: &str) -> (String, Vec<u8>) {
    let boundary = &format!("batch_{id}");
    let mut out = Vec::new();
    let in_groups = answers.chunk_by(|one, next| one.group.is_some() && one.group == next.group);
    for (number, answers) in in_groups.enumerate() {
        let failed = |answer: &&MultipartAnswer| answer.status >= 400;
        let cause = answers.iter().filter(failed).find(|answer| answer.status != FAILED_DEPENDENCY);
        delimiter(&mut out, boundary);
        match (answers, cause.or_else(|| answers.iter().find(failed))) {
            ([one], None) if one.group.is_none() => part(&mut out, one),
            (_, Some(cause)) => part(&mut out, cause),
            (answers, None) => {
                // There are readers that take all that begins with the outer boundary for it.
                let inner = format!("changeset_{id}_{number}");
                line(&mut out, format_args!("Content-Type: {}", content_type(&inner)));
                line(&mut out, format_args!(""));
                for answer in answers {
                    delimiter(&mut out, &inner);
                    part(&mut out, answer);
                }
                line(&mut out, format_args!("--{inner}--"));
            }
        }
    }
    line(&mut out, format_args!("--{boundary}--"));
    (content_type(boundary), out)
}

fn content_type(boundary: &str) -> String {
    format!("multipart/mixed; boundary={boundary}")
}

fn part(out: &mut Vec<u8>, answer: &MultipartAnswer) {
    line(out, format_args!("Content-Type: application/http"));
    line(out, format_args!("Content-Transfer-Encoding: binary"));
    let id = answer.id.as_str();
    if !id.is_empty() {
        line(out, format_args!("Content-ID: {id}"));
    }
    line(out, format_args!(""));
    line(out, format_args!("HTTP/1.1 {} {}", answer.status, answer.reason));
    if !id.is_empty() {
        line(out, format_args!("Content-ID: {id}"));
    }
    for (name, value) in &answer.headers {
        line(out, format_args!("{}: {value}", spelled(name)));
    }
    if !answer.body.is_empty() {
        line(out, format_args!("Content-Length: {}", answer.body.len()));
    }
    line(out, format_args!(""));
    out.extend_from_slice(&answer.body);
    line(out, format_args!(""));
}

fn delimiter(out: &mut Vec<u8>, boundary: &str) {
    line(out, format_args!("--{boundary}"));
}

fn line(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to memory cannot fail.
    let _ = write!(out, "{text}\r\n");
}

/// Spells a header's name as specifications do: some clients look for it by its letters.
fn spelled(name: &str) -> String {
    match name {
        "etag" => return "ETag".to_owned(),
        "www-authenticate" => return "WWW-Authenticate".to_owned(),
        _ => {}
    }
    let words = name.split('-').map(|word| match word {
        "odata" => "OData".to_owned(),
        "entityid" => "EntityId".to_owned(),
        "maxversion" => "MaxVersion".to_owned(),
        "id" => "ID".to_owned(),
        word => {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    });
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(id: &str, group: Option<&str>, status: u16, body: &str) -> MultipartAnswer {
        MultipartAnswer {
            id: id.into(),
            group: group.map(str::to_owned),
            status,
            reason: "Reason",
            headers: vec![("content-type".into(), "application/json".into()), ("etag".into(), "W/\"1\"".into())],
            body: body.as_bytes().to_vec(),
        }
    }

    fn written(answers: &[MultipartAnswer]) -> String {
        let (content_type, bytes) = write_multipart_answers(answers, "1");
        assert_eq!(content_type, "multipart/mixed; boundary=batch_1");
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
    }

    #[test]
    fn answers_have_the_shape_of_their_requests() {
        let answers = [
            answer("", None, 200, "{}"),
            answer("1", Some("g"), 201, "{\"a\":1}"),
            answer("2", Some("g"), 204, ""),
            answer("3", Some("h"), 424, "{}"),
            answer("4", Some("h"), 404, "{\"error\":4}"),
            answer("5", None, 404, "{\"error\":5}"),
        ];
        insta::assert_snapshot!(written(&answers), @r#"
        --batch_1
        Content-Type: application/http
        Content-Transfer-Encoding: binary

        HTTP/1.1 200 Reason
        Content-Type: application/json
        ETag: W/"1"
        Content-Length: 2

        {}
        --batch_1
        Content-Type: multipart/mixed; boundary=changeset_1_1

        --changeset_1_1
        Content-Type: application/http
        Content-Transfer-Encoding: binary
        Content-ID: 1

        HTTP/1.1 201 Reason
        Content-ID: 1
        Content-Type: application/json
        ETag: W/"1"
        Content-Length: 7

        {"a":1}
        --changeset_1_1
        Content-Type: application/http
        Content-Transfer-Encoding: binary
        Content-ID: 2

        HTTP/1.1 204 Reason
        Content-ID: 2
        Content-Type: application/json
        ETag: W/"1"


        --changeset_1_1--
        --batch_1
        Content-Type: application/http
        Content-Transfer-Encoding: binary
        Content-ID: 4

        HTTP/1.1 404 Reason
        Content-ID: 4
        Content-Type: application/json
        ETag: W/"1"
        Content-Length: 11

        {"error":4}
        --batch_1
        Content-Type: application/http
        Content-Transfer-Encoding: binary
        Content-ID: 5

        HTTP/1.1 404 Reason
        Content-ID: 5
        Content-Type: application/json
        ETag: W/"1"
        Content-Length: 11

        {"error":5}
        --batch_1--
        "#);
    }

    #[test]
    fn names_are_spelled_as_the_specifications_do() {
        let names =
            ["content-type", "content-id", "odata-entityid", "odata-version", "etag", "location", "retry-after"];
        let spelled: Vec<_> = names.into_iter().map(spelled).collect();
        let expected =
            ["Content-Type", "Content-ID", "OData-EntityId", "OData-Version", "ETag", "Location", "Retry-After"];
        assert_eq!(spelled, expected);
    }
}

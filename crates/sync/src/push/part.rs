//! One change as one part of a `$batch`, and what the server's answer to it says.
//!
//! Owns: the table of `docs/sync.md`, "Push": method, condition and body of a part; status and code of its answer.
//! Refuses: making anything absent but on the server's own word (DESIGN section 4, rule (a)): what cannot be read, a
//! 404 of the set or of the service decide nothing.

use serde_json::Value;
use tidemark_model::{EntityModel, Planted, is_planted};
use tidemark_odata::{BatchAnswer, BatchPart, Code, UPDATED_AT_HEADER, WireError, entity_url, http_date, read_entity};
use tidemark_store::{Answer, Outgoing, OutgoingChange};

pub(crate) const TOO_LARGE: &str =
    "the record is larger than the server accepts; shorten its text, then it is sent again";
const UNREADABLE: &str =
    "the server has another version of this record, which this device cannot read; it may need a newer Tidemark";
const NO_SUCH_SET: &str = "the server does not have this entity set just now; the change waits until it has it again";

/// An answer, and whether it makes this device's entity model doubtful.
#[derive(Debug, PartialEq)]
pub(crate) struct ReadAnswer {
    pub(crate) answer: Answer,
    /// Whether the model is to be fetched, and the same change sent once more under it.
    pub(crate) doubts_model: bool,
}

/// Writes one change as a part: conditional on what this device last saw, and repeatable (OASIS Repeatable Requests).
pub(crate) fn write_part(index: usize, outgoing: &Outgoing) -> BatchPart {
    let entity = || entity_url(&outgoing.set, outgoing.id);
    let (method, url, condition) = match &outgoing.change {
        OutgoingChange::Add { .. } => ("POST", outgoing.set.clone(), ("if-none-match", "*")),
        OutgoingChange::Update { if_match, .. } => ("PATCH", entity(), ("if-match", if_match.as_str())),
        OutgoingChange::Restore { if_match, .. } => ("PUT", entity(), ("if-match", if_match.as_str())),
        OutgoingChange::Delete { if_match } => ("DELETE", entity(), ("if-match", if_match.as_str())),
    };
    let mut headers = vec![
        (condition.0.to_owned(), condition.1.to_owned()),
        ("repeatability-request-id".to_owned(), outgoing.request_id.to_string()),
        ("repeatability-first-sent".to_owned(), http_date(outgoing.first_sent_ms)),
        ("prefer".to_owned(), "return=minimal".to_owned()),
    ];
    if is_planted(Planted::H5RetryHasNoName) {
        headers.retain(|(name, _)| !name.starts_with("repeatability"));
    }
    if is_planted(Planted::X24Unconditional) && matches!(method, "PATCH" | "DELETE") {
        headers[0].1 = "*".to_owned();
    }
    if outgoing.text.is_some() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    BatchPart {
        id: index.to_string(),
        method: method.to_owned(),
        url,
        headers,
        body: outgoing.text.as_ref().map(|text| text.0.clone()),
        ..BatchPart::default()
    }
}

/// Reads the answer to a change.
pub(crate) fn read_answer(model: &EntityModel, outgoing: &Outgoing, answer: &BatchAnswer) -> ReadAnswer {
    let body = answer.body.as_ref().map_or(&b""[..], |raw| raw.get().as_bytes());
    let clear = |answer| ReadAnswer { answer, doubts_model: false };
    let undecided = |reason: String, counts| Answer::Undecided { reason, counts };
    if answer.status >= 400 && is_planted(Planted::H10PartOfABatchFailsUnseen) {
        return clear(Answer::Done { etag: outgoing.change.if_match().to_owned(), stamp: None });
    }
    if (200..300).contains(&answer.status) {
        let Some(etag) = etag_of(answer, body) else {
            // Nothing later could be conditional; the repeat asks for the version again.
            return clear(undecided("the server took the change without saying as which version".into(), true));
        };
        let stamp = answer.header(UPDATED_AT_HEADER).and_then(|text| text.parse().ok());
        return clear(Answer::Done { etag, stamp });
    }
    let error = WireError::from_json(answer.status, body);
    match answer.status {
        404 | 410 | 412 if error.is(Code::RecordNotFound) => clear(Answer::Absent),
        404 | 410 if is_planted(Planted::A5SetMissingIsRecordMissing) => clear(Answer::Absent),
        412 => match current_of(model, outgoing, &error) {
            Some(current) => clear(Answer::Stale { current }),
            None if is_planted(Planted::A4UnreadableIsAbsent) => clear(Answer::Absent),
            None => ReadAnswer { answer: undecided(UNREADABLE.into(), true), doubts_model: true },
        },
        // The set, the service or whatever stands before it is not there: that says nothing of the record.
        404 | 410 => ReadAnswer { answer: undecided(NO_SUCH_SET.into(), false), doubts_model: true },
        429 | 503 | 507 => clear(undecided(error.message, false)),
        408 | 424 | 425 | 500..=599 => clear(undecided(error.message, true)),
        413 => clear(Answer::Refused { reason: TOO_LARGE.into() }),
        _ if is_planted(Planted::F10RefusedForEver) => clear(undecided(error.message, false)),
        _ => clear(Answer::Refused { reason: error.message }),
    }
}

fn etag_of(answer: &BatchAnswer, body: &[u8]) -> Option<String> {
    answer.header("etag").map(str::to_owned).or_else(|| {
        let entity: Value = serde_json::from_slice(body).ok()?;
        entity.get("@etag").or_else(|| entity.get("@odata.etag"))?.as_str().map(str::to_owned)
    })
}

/// Reads the server's current record out of a 412; `None` where that cannot be read, which is no statement about it.
fn current_of(model: &EntityModel, outgoing: &Outgoing, error: &WireError) -> Option<tidemark_model::Versioned> {
    let current = error.inner("current")?.as_object()?;
    read_entity(current, model.set(&outgoing.set)?).ok().filter(|current| current.record.id == outgoing.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;
    use serde_json::{Map, json};
    use tidemark_model::RecordId;

    fn read(status: u16, etag: Option<&str>, body: Option<Value>) -> ReadAnswer {
        let model = EntityModel::parse(EntityModel::default_document()).unwrap();
        let id = RecordId(uuid::Uuid::from_u128(7));
        let change = OutgoingChange::Update { body: Map::new(), if_match: "e1".into() };
        let outgoing = Outgoing::new("TodoItems", id, id, 0, change).unwrap();
        let answer = BatchAnswer {
            status,
            headers: etag.map(|etag| ("etag".to_owned(), etag.to_owned())).into_iter().collect(),
            body: body.map(|body| RawValue::from_string(body.to_string()).unwrap()),
            ..BatchAnswer::default()
        };
        read_answer(&model, &outgoing, &answer)
    }

    fn error(code: Code, current: Value) -> Option<Value> {
        Some(json!({ "error": { "code": code.as_str(), "message": "No.", "innererror": { "current": current } } }))
    }

    fn current(title: Value) -> Value {
        let id = RecordId(uuid::Uuid::from_u128(7)).to_string();
        json!({ "@etag": "e2", "Id": id, "Title": title, "_UpdatedAt": 5, "_IsTombstoned": false })
    }

    #[test]
    fn a_record_is_absent_on_the_servers_own_word_alone() {
        for status in [404, 410, 412] {
            assert_eq!(read(status, None, error(Code::RecordNotFound, Value::Null)).answer, Answer::Absent);
        }
        let mut others = vec![None, Some(json!("<html>")), Some(json!({ "error": {} }))];
        let wrong_id = json!({ "@etag": "e2", "Id": RecordId(uuid::Uuid::from_u128(8)).to_string(), "Title": "t" });
        for content in [Value::Null, json!([]), json!({}), current(json!(5)), current(json!(true)), wrong_id] {
            others.extend(
                [Code::NotFound, Code::UnknownEntitySet, Code::PreconditionFailed]
                    .map(|code| error(code, content.clone())),
            );
        }
        for body in others {
            for status in [404, 410, 412] {
                let read = read(status, None, body.clone());
                assert!(matches!(read.answer, Answer::Undecided { .. }) && read.doubts_model, "{status} {body:?}");
            }
        }
    }

    #[test]
    fn what_is_clear_is_read() {
        let stale = read(412, None, error(Code::PreconditionFailed, current(json!("theirs")))).answer;
        assert!(matches!(stale, Answer::Stale { current } if current.etag == "e2"));
        // It was written before the model became stricter.
        let longer = read(412, None, error(Code::PreconditionFailed, current(json!("x".repeat(201))))).answer;
        assert!(matches!(longer, Answer::Stale { current } if current.etag == "e2"));
        assert_eq!(read(204, Some("e3"), None).answer, Answer::Done { etag: "e3".into(), stamp: None });
        assert!(matches!(read(204, None, None).answer, Answer::Undecided { counts: true, .. }));
        assert!(matches!(read(500, None, None).answer, Answer::Undecided { counts: true, .. }));
        for status in [429, 503, 507] {
            assert!(matches!(read(status, None, None).answer, Answer::Undecided { counts: false, .. }));
        }
        assert_eq!(
            read(422, None, error(Code::InvalidRecord, Value::Null)).answer,
            Answer::Refused { reason: "No.".into() }
        );
    }
}

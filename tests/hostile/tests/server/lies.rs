//! What a hostile server says: answers made up for the request, and true answers altered.
//!
//! Owns: the lies. Refuses: when one is told (`fiend`), and what a client should make of it (`verdicts`).

use crate::alter;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tidemark_test_dice::Dice;

/// Every status that HTTP has a word for, and some that it has not.
const STATUSES: [u16; 49] = [
    100, 101, 103, 199, 200, 201, 202, 203, 204, 205, 206, 207, 226, 299, 300, 301, 302, 303, 304, 307, 308, 400, 401,
    402, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 418, 422, 424, 425, 426, 429, 431, 451, 500, 501,
    503, 511, 599,
];
/// The words of the protocol, spelled here once more: a judge shares nothing with what it judges.
const CODES: [&str; 16] = [
    "RecordNotFound",
    "PreconditionFailed",
    "UnknownEntitySet",
    "NotFound",
    "HistoryLost",
    "ModelChanged",
    "DeltaExpired",
    "Moved",
    "TooLarge",
    "TooSlow",
    "SignInFirst",
    "InvalidRecord",
    "RepeatabilityConflict",
    "MalformedAnswer",
    "",
    "x",
];
pub(crate) const STAMPS: [i64; 12] = [
    0,
    1,
    -1,
    i64::MIN,
    i64::MAX,
    i64::MAX - 1,
    1_700_000_000_000,
    1_800_000_000_000,
    4_102_444_800_000,
    253_402_300_800_000,
    -62_135_596_800_000,
    8_640_000_000_000_001,
];

/// What a liar knows.
#[derive(Default)]
pub(crate) struct Known {
    /// Records of the sets, pending ones among them.
    pub(crate) ids: Vec<String>,
    /// The set of each.
    pub(crate) sets: BTreeMap<String, &'static str>,
    /// Links and ETags that true answers had.
    pub(crate) links: Vec<String>,
    pub(crate) etags: Vec<String>,
    /// The server's name of itself.
    pub(crate) server_id: String,
}

/// An answer before it is one.
pub(crate) struct Lie {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// Returns some status; most often one that is read further.
pub(crate) fn status(dice: &mut Dice) -> u16 {
    if dice.hits(60) { 200 } else { dice.of(&STATUSES) }
}

/// Returns headers that may be those of a Tidemark server.
pub(crate) fn headers(dice: &mut Dice, known: &Known) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    match dice.below(20) {
        0 => {}
        1 => headers.push(("tidemark-server", "another".to_owned())),
        _ => headers.push(("tidemark-server", known.server_id.clone())),
    }
    if dice.hits(30) {
        headers.push(("date", date(dice)));
    }
    if dice.hits(20) {
        headers.push(("retry-after", wait(dice)));
    }
    if dice.hits(20) {
        headers.push(("link", format!("<{}>; rel=\"next\"", link(dice, known))));
    }
    if dice.hits(20) {
        headers.push(("tidemark-model", dice.of(&["", "x", "0", "-"]).to_owned() + &dice.below(5).to_string()));
    }
    if dice.hits(20) {
        headers.push(("etag", etag(dice, known)));
    }
    if dice.hits(20) {
        headers.push(("tidemark-updated-at", dice.of(&STAMPS).to_string()));
    }
    headers.push((
        "content-type",
        dice.of(&["application/json", "text/html", "", "multipart/mixed; boundary=x"]).to_owned(),
    ));
    headers
}

fn date(dice: &mut Dice) -> String {
    let dates = [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Mon, 01 Jan 0000 00:00:00 GMT",
        "Sat, 01 Jan +262142 00:00:00 GMT",
        "Sun Nov  6 08:49:37 1994",
        "yesterday",
        "",
    ];
    dice.of(&dates).to_owned()
}

fn wait(dice: &mut Dice) -> String {
    dice.of(&[
        "0",
        "1",
        "-1",
        "1e308",
        "inf",
        "NaN",
        "99999999999999999999",
        "5.5",
        "soon",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ])
    .to_owned()
}

pub(crate) fn etag(dice: &mut Dice, known: &Known) -> String {
    match dice.pick(&known.etags) {
        Some(etag) if dice.hits(60) => etag.clone(),
        _ => dice
            .of(&["", "x", "W/\"\"", "W/\"1.00000000\"", "\"", "*", "W/\"ff.ffffffff\"", "W/\"a\", W/\"b\""])
            .to_owned(),
    }
}

fn id(dice: &mut Dice, known: &Known) -> String {
    match dice.pick(&known.ids) {
        Some(id) if dice.hits(75) => id.clone(),
        _ if dice.hits(80) => format!("00000000-0000-4000-8000-{:012x}", dice.below(40)),
        _ => dice.of(&["", "x", "7", "00000000-0000-0000-0000-000000000000"]).to_owned(),
    }
}

/// Returns a link that leads onwards, in a circle, astray or nowhere.
pub(crate) fn link(dice: &mut Dice, known: &Known) -> String {
    match dice.pick(&known.links) {
        Some(link) if dice.hits(40) => return link.clone(),
        _ => {}
    }
    let set = dice.of(&["TodoItems", "Contacts", "CachedEntities"]);
    match dice.below(12) {
        0 => "http://evil.example/odata/TodoItems?$deltatoken=a".to_owned(),
        1 => "//evil.example/odata/TodoItems".to_owned(),
        2 => "http://localhost@evil.example/odata/".to_owned(),
        3 => "../session".to_owned(),
        4 => "http://localhost:81/odata/TodoItems".to_owned(),
        5 => dice.of(&["", " ", "?", "#", "\u{0}", "\\\\evil", "javascript:x", "$batch", "$metadata"]).to_owned(),
        6 => format!("{set}?$skiptoken={}", "a".repeat(dice.below(100_000))),
        7 => format!("http://localhost/odata/{set}?$skiptoken={}", dice.below(9)),
        8 | 9 => format!("{set}?$skiptoken={}", dice.below(4)),
        _ => format!("{set}?$deltatoken={}", dice.below(4)),
    }
}

/// Returns the text of some value for a property: most often one that fits.
fn value(dice: &mut Dice, property: &str) -> Value {
    if dice.hits(12) {
        return alter::any_value(dice);
    }
    match property {
        "IsDone" | "IsOffline" => json!(dice.hits(50)),
        "EntitySet" => json!(dice.of(&["TodoItems", "Contacts", "Nothing"])),
        "Policy" => json!(dice.of(&["ask", "ask", "server", "mine", "newest", "x"])),
        "Priority" => json!(dice.of(&[0, 1, -1, i32::MAX, i32::MIN])),
        "DueAt" => json!(dice.of(&["2026-03-31T08:00:00Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"])),
        _ => json!(format!("said{}", dice.below(1000))),
    }
}

/// Makes a record up.
pub(crate) fn record(dice: &mut Dice, known: &Known, set: &str, id: &str) -> Value {
    let properties: &[&str] = match set {
        "Contacts" => &["Name", "Phone", "Email"],
        "CachedEntities" => &["EntitySet", "IsOffline", "Policy", "UserName"],
        _ => &["Title", "Notes", "IsDone", "Priority", "DueAt", "Assignee"],
    };
    let mut record = Map::new();
    if !dice.hits(4) {
        record.insert("@etag".into(), etag(dice, known).into());
    }
    record.insert("Id".into(), id.into());
    for property in properties {
        if dice.hits(85) {
            record.insert((*property).into(), value(dice, property));
        }
    }
    if dice.hits(70) {
        record.insert("_UpdatedAt".into(), dice.of(&STAMPS).into());
    }
    if dice.hits(30) {
        record.insert("_IsTombstoned".into(), dice.hits(50).into());
    }
    if dice.hits(50) {
        record.insert("_UpdatedBy".into(), dice.of(&["ben", "", "\u{202e}neb"]).into());
    }
    if dice.hits(10) {
        record.insert(
            dice.of(&["Colour", "_State", "reason", "id", "a b", "Title ", "@x"]).into(),
            alter::any_value(dice),
        );
    }
    Value::Object(record)
}

/// Makes a page up.
pub(crate) fn page(dice: &mut Dice, known: &Known, set: &str, asked: &str) -> Value {
    let items = if dice.hits(2) { 3_000 } else { dice.below(7) };
    let items: Vec<Value> = (0..items)
        .map(|_| {
            let id = id(dice, known);
            match dice.below(10) {
                0 | 1 => {
                    let reason = dice.of(&["deleted", "deleted", "changed", "", "x"]);
                    json!({ "@removed": { "reason": reason }, "@id": format!("{set}({id})"), "Id": id, "@etag": etag(dice, known), "_UpdatedAt": dice.of(&STAMPS) })
                }
                2 => json!({ "@odata.context": format!("#{set}/$deletedEntity"), "id": format!("{set}({id})"), "reason": "deleted" }),
                _ => record(dice, known, set, &id),
            }
        })
        .collect();
    let mut page = Map::new();
    if dice.hits(30) {
        let counts = [json!(0), json!(-1), json!(u64::MAX), json!(1e300), json!("5"), json!(7)];
        page.insert("@count".into(), dice.pick(&counts).cloned().unwrap_or_default());
    }
    page.insert("value".into(), items.into());
    match dice.below(10) {
        0 => {}
        1 => {
            page.insert("@nextLink".into(), asked.into());
        }
        2..=4 => {
            page.insert("@nextLink".into(), link(dice, known).into());
        }
        5 => {
            page.insert("@deltaLink".into(), alter::any_value(dice));
        }
        6 => {
            page.insert("@nextLink".into(), link(dice, known).into());
            page.insert("@deltaLink".into(), link(dice, known).into());
        }
        _ => {
            page.insert("@deltaLink".into(), link(dice, known).into());
        }
    }
    Value::Object(page)
}

/// Makes an error up; a stale one brings what the record is said to be.
pub(crate) fn error(dice: &mut Dice, known: &Known, set: &str, of: &str) -> Value {
    let current = match dice.below(4) {
        0 => Value::Null,
        1 => alter::any_value(dice),
        _ => {
            let about = if dice.hits(80) { of.to_owned() } else { id(dice, known) };
            record(dice, known, set, &about)
        }
    };
    json!({ "error": { "code": dice.of(&CODES), "message": dice.of(&["No.", "", "<b>x</b>"]), "innererror": { "current": current } } })
}

/// Makes the answer to one part of a batch up.
pub(crate) fn part(dice: &mut Dice, known: &Known, part: &Value) -> Value {
    let url = part["url"].as_str().unwrap_or_default();
    let set = url.split(['(', '?']).next().unwrap_or_default();
    let body_id = part["body"]["Id"].as_str();
    let of = url.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(id, _)| id).or(body_id);
    let status = dice.of(&[
        200, 201, 204, 204, 204, 304, 400, 401, 403, 404, 404, 409, 410, 412, 412, 412, 413, 422, 424, 429, 500, 503,
        0, 999,
    ]);
    let mut headers = Map::new();
    if dice.hits(70) {
        headers.insert("etag".into(), etag(dice, known).into());
    }
    if dice.hits(20) {
        headers.insert("tidemark-updated-at".into(), dice.of(&STAMPS).to_string().into());
    }
    let body = match status {
        200..=299 if part["method"] == "GET" => page(dice, known, set, url),
        200..=299 if dice.hits(50) => record(dice, known, set, of.unwrap_or_default()),
        400.. => error(dice, known, set, of.unwrap_or_default()),
        _ => Value::Null,
    };
    let id = if dice.hits(8) {
        dice.of(&["0", "1", "7", "-1", "x", "", "18446744073709551616"]).into()
    } else {
        part["id"].clone()
    };
    json!({ "id": id, "status": status, "headers": headers, "body": body })
}

/// Makes an answer up for a request, out of nothing but its URL and body.
pub(crate) fn made_up(dice: &mut Dice, known: &Known, path: &str, request: &[u8]) -> Lie {
    let (status, headers) = (status(dice), headers(dice, known));
    if dice.hits(15) {
        return Lie { status, headers, body: alter::junk(dice) };
    }
    let below = path.strip_prefix("/odata/").unwrap_or_default();
    let set = below.split(['?', '(', '/']).next().unwrap_or_default().to_owned();
    let answer = if below.starts_with("$batch") {
        let request: Value = serde_json::from_slice(request).unwrap_or_default();
        let parts = request["requests"].as_array().cloned().unwrap_or_default();
        let mut parts: Vec<Value> = parts.iter().map(|of| part(dice, known, of)).collect();
        alter::list(dice, &mut parts);
        json!({ "responses": parts })
    } else if status >= 400 {
        error(dice, known, &set, "")
    } else if path.starts_with("/session") {
        json!({ "token": "forged", "user": dice.of(&["mallory", "", "ana"]), "workspace": "w", "server_id": known.server_id })
    } else if path.starts_with("/audit") {
        let bucket = |dice: &mut Dice| {
            json!([dice.below(3), dice.of(&["0", "ffffffffffffffff", "x", "-1", "10000000000000000"]), "0"])
        };
        let count = if dice.hits(70) { 256 } else { dice.below(600) };
        match path.contains("buckets=") {
            true => {
                json!({ "records": (0..dice.below(9)).map(|_| json!([id(dice, known), "1", "2"])).collect::<Vec<_>>() })
            }
            false => json!({ "buckets": (0..count).map(|_| bucket(dice)).collect::<Vec<_>>() }),
        }
    } else if path.starts_with("/history") {
        let line = |dice: &mut Dice| {
            let kind = dice.of(&["created", "edited", "deleted", "restored", "x", ""]);
            json!({ "etag": etag(dice, known), "at": dice.of(&STAMPS), "user": null, "device": "d", "kind": kind,
                "changes": { "Title": dice.of(&["a", "b"]), "Notes": { "from": alter::any_value(dice), "to": 1 } } })
        };
        json!({ "value": (0..dice.below(9)).map(|_| line(dice)).collect::<Vec<_>>() })
    } else if below.contains('(') {
        let of = below.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(id, _)| id);
        record(dice, known, &set, of)
    } else if below.starts_with("$metadata") {
        alter::any_value(dice)
    } else {
        page(dice, known, &set, below)
    };
    let mut body = answer.to_string().into_bytes();
    if dice.hits(15) {
        body = alter::text(dice, body);
    }
    Lie { status, headers, body }
}

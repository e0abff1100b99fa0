//! The records that are measured with: about 480 bytes of JSON each, always the same ones.

use serde_json::{Value, json};
use tidemark_tests::Server;

const WORDS: [&str; 16] = [
    "valve", "pump", "seal", "pressure", "quay", "north", "inspect", "replace", "gauge", "bolt", "leak", "report",
    "photo", "cabinet", "cable", "measure",
];

/// Returns the id of the record with this number: spread over the key space, as random GUIDs are.
pub(crate) fn id(number: usize) -> String {
    let spread = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    uuid::Builder::from_random_bytes(spread.to_be_bytes()).into_uuid().to_string()
}

/// Returns the record with this number.
pub(crate) fn record(number: usize) -> Value {
    let mut notes = String::new();
    let mut state = number as u64 ^ 0x2545_f491_4f6c_dd1d;
    while notes.len() < 200 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        notes.push_str(WORDS[(state >> 60) as usize]);
        notes.push(' ');
    }
    json!({
        "Id": id(number),
        "Title": format!("{} {} no. {number}", WORDS[number % 16], WORDS[number / 16 % 16]),
        "Notes": notes.trim_end(),
        "IsDone": number.is_multiple_of(3),
        "Priority": number % 4,
        "DueAt": format!("2026-{:02}-{:02}T08:00:00Z", number % 12 + 1, number % 28 + 1),
        "Assignee": "ana"
    })
}

/// Puts records on the server, 200 a request.
pub(crate) fn fill(server: &Server, numbers: std::ops::Range<usize>) {
    let client = reqwest::blocking::Client::new();
    let numbers: Vec<usize> = numbers.collect();
    for chunk in numbers.chunks(200) {
        let requests: Vec<Value> = chunk
            .iter()
            .map(|n| {
                json!({ "id": n.to_string(), "method": "POST", "url": "TodoItems", "body": record(*n),
                    "headers": { "content-type": "application/json", "prefer": "return=minimal" } })
            })
            .collect();
        send(&client, server, &requests);
    }
}

/// Changes records on the server, in one request.
pub(crate) fn touch(server: &Server, numbers: std::ops::Range<usize>, round: usize) {
    let requests: Vec<Value> = numbers
        .map(|n| {
            json!({ "id": n.to_string(), "method": "PATCH", "url": format!("TodoItems({})", id(n)),
                "headers": { "content-type": "application/json", "prefer": "return=minimal" },
                "body": { "Title": format!("changed in round {round}") } })
        })
        .collect();
    send(&reqwest::blocking::Client::new(), server, &requests);
}

fn send(client: &reqwest::blocking::Client, server: &Server, requests: &[Value]) {
    let request = client.post(format!("{}/odata/$batch", server.url)).basic_auth("ben", Some("ben-secret"));
    let answer: Value = request.json(&json!({ "requests": requests })).send().expect("sent").json().expect("JSON");
    let refused = answer["responses"].as_array().expect("responses").iter().find(|r| r["status"].as_u64() >= Some(300));
    assert!(refused.is_none(), "{refused:?}");
}

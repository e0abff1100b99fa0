//! A value is kept as it was written, or refused by name: DESIGN section 4, rule (f).

use crate::running::{Running, id, send};
use serde_json::{Value, json};

/// A server whose tasks have a property of every kind that can lose something.
async fn start() -> Running {
    let mut server = Running::stopped();
    let model = server.model_file(|model| {
        let task = model["Tidemark"]["TodoItem"].as_object_mut().unwrap();
        for (name, mut property) in [
            ("Large", json!({ "$Type": "Edm.Int64" })),
            ("Price", json!({ "$Type": "Edm.Decimal", "$Precision": 18, "$Scale": 4 })),
            ("Real", json!({ "$Type": "Edm.Double" })),
            ("At", json!({ "$Type": "Edm.DateTimeOffset", "$Precision": 3 })),
            ("Day", json!({ "$Type": "Edm.Date" })),
            ("Other", json!({ "$Type": "Edm.Guid" })),
        ] {
            property["$Nullable"] = true.into();
            task.insert(name.to_owned(), property);
        }
    });
    server.add_user("ann", "one");
    server.token = server.new_token("ann");
    server.serve(&["--model", &model]);
    server
}

async fn put(server: &Running, number: u32, member: &str) -> crate::running::Got {
    let body = format!("{{\"Title\":\"t\",{member}}}");
    let request = server.request("PUT", &format!("/odata/TodoItems({})", id(number)));
    send(request.header("Content-Type", "application/json").header("Prefer", "return=representation").body(body)).await
}

#[tokio::test]
async fn a_value_is_read_back_as_it_was_written() {
    let server = start().await;
    for (number, (member, again)) in [
        (r#""Large":9007199254740993"#, r#""Large":9007199254740993"#),
        (r#""Large":"-9223372036854775808""#, r#""Large":-9223372036854775808"#),
        (r#""Large":9007199254740993.0"#, r#""Large":9007199254740993"#),
        (r#""Price":12345678901234.5678"#, r#""Price":"12345678901234.5678""#),
        (r#""Price":"-99999999999999.9999""#, r#""Price":"-99999999999999.9999""#),
        (r#""Price":1.50"#, r#""Price":1.5"#),
        (r#""Real":0.10000000000000001"#, r#""Real":0.1"#),
        (r#""Real":0.30000000000000004"#, r#""Real":0.30000000000000004"#),
        (r#""Real":2.2250738585072011e-308"#, r#""Real":2.225073858507201e-308"#),
        (r#""At":"2026-03-31T10:00:00.123456+02:00""#, r#""At":"2026-03-31T08:00:00.123456Z""#),
        (r#""At":"0000-01-01T00:00:00Z""#, r#""At":"0000-01-01T00:00:00Z""#),
        (r#""Day":"9999-12-31""#, r#""Day":"9999-12-31""#),
        (r#""Other":"8F0E6A52-6D5F-4A55-9D5E-2F7B4C1D9E01""#, r#""Other":"8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01""#),
        (r#""Notes":"\ud83d\ude00 a\r\nb""#, "\"Notes\":\"😀 a\\r\\nb\""),
    ]
    .into_iter()
    .enumerate()
    {
        let number = u32::try_from(number).unwrap() + 1;
        let got = put(&server, number, member).await;
        if member.contains("2011e-308") {
            // The last digit of a number below the normal range is no double's.
            got.refused(400, "InvalidRecord");
            continue;
        }
        assert!(got.status.is_success(), "{member}: {}", got.text);
        let read = server.get(&format!("/odata/TodoItems({})", id(number))).await.is(200);
        let list = server.get(&format!("/odata/TodoItems?$filter=Id eq {}", id(number))).await.is(200);
        for text in [got.text, read.text, list.text] {
            assert!(text.contains(again), "{member}: {text}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_by_name_and_nothing_is_written() {
    let server = start().await;
    for (member, target) in [
        (r#""Large":9223372036854775808"#, "Large"),
        (r#""Large":2.99999999999999999999"#, "Large"),
        (r#""Priority":2.99999999999999999999"#, "Priority"),
        (r#""Price":12345678901234.56789"#, "Price"),
        (r#""Price":0.00001"#, "Price"),
        (r#""Real":9007199254740993"#, "Real"),
        (r#""Real":"0.1234567890123456789""#, "Real"),
        (r#""Real":1e400"#, "Real"),
        (r#""At":"2026-03-31T08:00:00.1234567Z""#, "At"),
        (r#""At":"2016-12-31T23:59:60Z""#, "At"),
        (r#""At":"9999-12-31T23:59:59-02:00""#, "At"),
        (r#""At":"2026-03-31T24:00:00Z""#, "At"),
        (r#""Day":"2026- 3-31""#, "Day"),
        (r#""Other":"{8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01}""#, "Other"),
        (r#""Notes":"\ud83d""#, "Notes"),
        (r#""Notes":"a\u0000""#, "Notes"),
        (r#""Notes":"a","Notes":"b""#, "Notes"),
        (r#""Notes":"a","\u004eotes":"b""#, "Notes"),
        (r#""Notes":"a","Title":"again""#, "Title"),
    ] {
        let error = put(&server, 1, member).await.refused(400, "InvalidRecord");
        assert_eq!(error["target"], target, "{member}: {error}");
        // In a batch a part is read as it stands.
        let part = format!(
            "{{\"requests\":[{{\"id\":\"1\",\"method\":\"PUT\",\"url\":\"TodoItems({})\",\"body\":{{\"Title\":\"t\",{member}}}}}]}}",
            id(1)
        );
        let request = server.request("POST", "/odata/$batch").header("Content-Type", "application/json").body(part);
        let answers: Value = send(request).await.is(200).json();
        assert_eq!(answers["responses"][0]["body"]["error"]["target"], target, "{member}: {answers}");
    }
    server.get(&format!("/odata/TodoItems({})", id(1))).await.is(404);
}

#[tokio::test]
async fn a_filter_compares_with_what_was_written() {
    let server = start().await;
    put(&server, 1, r#""Large":9007199254740993,"Price":12345678901234.5678"#).await;
    for (filter, found) in [
        ("Large eq 9007199254740993", 1),
        ("Large eq 9007199254740992", 0),
        ("Large lt 9007199254740993.5", 1),
        ("Price eq 12345678901234.5678", 1),
        ("Price eq 12345678901234.5679", 0),
        ("Price lt 12345678901234.56781", 1),
    ] {
        let page = server.get(&format!("/odata/TodoItems?$filter={filter}")).await.is(200).json();
        assert_eq!(page["value"].as_array().unwrap().len(), found, "{filter}");
    }
    server.get("/odata/TodoItems?$filter=At lt 2026-03-31T08:00:00.1234567Z").await.is(400);
}

#[tokio::test]
async fn a_model_that_promises_finer_instants_is_refused_at_start() {
    let server = Running::stopped();
    let model = server.model_file(|model| {
        model["Tidemark"]["TodoItem"]["DueAt"]["$Precision"] = 7.into();
    });
    let output = server.try_serve(&["--model", &model]).unwrap_err();
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert!(sentence.contains("DueAt") && sentence.contains("at most 6"), "{sentence}");
}

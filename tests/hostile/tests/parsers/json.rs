//! JSON as text, by grammar: with everything that a tree of values cannot hold.

use proptest::prelude::*;

const NAMES: [&str; 30] = [
    "Id",
    "Title",
    "Notes",
    "IsDone",
    "Priority",
    "DueAt",
    "Latitude",
    "Name",
    "Phone",
    "Email",
    "_UpdatedAt",
    "_IsTombstoned",
    "_UpdatedBy",
    "_State",
    "@etag",
    "@odata.etag",
    "@removed",
    "@id",
    "reason",
    "value",
    "@nextLink",
    "@deltaLink",
    "@count",
    "responses",
    "requests",
    "id",
    "status",
    "error",
    "$Kind",
    "Title@x",
];

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("a number", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
        prop::sample::select(vec![
            "1e999",
            "-0",
            "-0.0",
            "0.1e-400",
            "1E+2",
            "18446744073709551616",
            "-9223372036854775809"
        ])
        .prop_map(str::to_owned),
        (1_usize..400).prop_map(|digits| "9".repeat(digits)),
        (1_usize..400).prop_map(|digits| format!("0.{}1", "0".repeat(digits))),
    ]
}

/// A string with its quotes.
pub(crate) fn string() -> impl Strategy<Value = String> {
    let odd = vec![
        "\\ud800",
        "\\udc00\\ud800",
        "\\u0000",
        "\u{202e}",
        "\u{feff}",
        "e\u{301}",
        "\u{ffff}",
        "\\\"",
        "\\\\",
        "\\n",
        "'",
        "%00",
        "\u{1f469}\u{200d}\u{1f680}",
        "\\x",
        "\t",
        "<&>",
    ];
    prop_oneof![
        3 => "[a-zA-Z0-9 ()=]{0,12}".prop_map(|text| format!("\"{text}\"")),
        1 => prop::collection::vec(prop::sample::select(odd), 0..5).prop_map(|parts| format!("\"{}\"", parts.concat())),
        1 => Just("\"8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01\"".to_owned()),
        1 => Just("\"2026-02-30T24:00:00.1234567Z\"".to_owned()),
        1 => any::<String>().prop_map(|text| serde_json::Value::String(text).to_string()),
    ]
}

/// A JSON text, most often one that is JSON.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let leaf =
        prop_oneof![Just("null".to_owned()), Just("true".to_owned()), Just("false".to_owned()), number(), string(),];
    let tree = leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(|items| format!("[{}]", items.join(","))),
            // A name may come twice.
            prop::collection::vec((prop::sample::select(NAMES.to_vec()), inner.clone()), 0..10).prop_map(|members| {
                let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
            (inner, 1_usize..200).prop_map(|(inner, depth)| format!(
                "{}{inner}{}",
                "[".repeat(depth),
                "]".repeat(depth)
            )),
        ]
    });
    (tree, 0_usize..12, any::<prop::sample::Index>()).prop_map(|(text, how, at)| {
        let mut at = at.index(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        match how {
            0 => text[..at].to_owned(),
            1 => format!("{text}{}", &text[..at]),
            2 => format!("\u{feff}{text}"),
            3 => format!("{}\u{0}{}", &text[..at], &text[at..]),
            _ => text,
        }
    })
}

//! Inputs that are drawn: what is kept, altered; and what grammars make.

use crate::{alone, corpus, json, read, target, warm};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tidemark_test_hostile::targets;

/// Pieces that mean something to one reader or another.
const PIECES: [&str; 48] = [
    "\0",
    "'",
    "''",
    "\"",
    "\\",
    "\\ud800",
    "(",
    ")",
    "((((",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\n",
    "\r",
    "\r\n",
    "%00",
    "%",
    "&",
    "?",
    "#",
    "$filter=",
    "$orderby=",
    "$skiptoken=",
    "$deltatoken=",
    " eq ",
    " in (",
    " and ",
    " not ",
    "null",
    "-INF",
    "NaN",
    "1e999",
    "99999999999999999999999999",
    "-9223372036854775808",
    "\u{202e}",
    "e\u{301}",
    "\u{ffff}",
    "\"Id\":",
    "\"$Type\":\"Edm.Guid\"",
    "\"@removed\":",
    "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01",
    "W/\"1\"",
    "9999-12-31T23:59:59Z",
    "true",
    "=1+1",
];

#[derive(Clone, Debug)]
enum Alteration {
    Cut(prop::sample::Index),
    Put(prop::sample::Index, &'static str),
    Drop(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize, usize),
    Flip(prop::sample::Index, u8),
    /// The end of another input stands behind.
    Splice(prop::sample::Index, prop::sample::Index),
}

fn alteration() -> impl Strategy<Value = Alteration> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        1 => at().prop_map(Alteration::Cut),
        4 => (at(), prop::sample::select(PIECES.to_vec())).prop_map(|(at, piece)| Alteration::Put(at, piece)),
        2 => (at(), 1_usize..20).prop_map(|(at, length)| Alteration::Drop(at, length)),
        2 => (at(), 1_usize..20, 1_usize..60).prop_map(|(at, length, times)| Alteration::Repeat(at, length, times)),
        2 => (at(), any::<u8>()).prop_map(|(at, bits)| Alteration::Flip(at, bits)),
        1 => (at(), at()).prop_map(|(at, other)| Alteration::Splice(at, other)),
    ]
}

fn alter(mut bytes: Vec<u8>, alterations: &[Alteration], kept: &[(String, Vec<u8>)]) -> Vec<u8> {
    for alteration in alterations {
        let end = bytes.len() + 1;
        match alteration {
            Alteration::Cut(at) => bytes.truncate(at.index(end)),
            Alteration::Put(at, piece) => {
                let at = at.index(end);
                bytes.splice(at..at, piece.bytes());
            }
            Alteration::Drop(at, length) => {
                let at = at.index(end);
                bytes.drain(at..(at + length).min(end - 1));
            }
            Alteration::Repeat(at, length, times) => {
                let at = at.index(end);
                let piece = bytes[at..(at + length).min(end - 1)].repeat(*times);
                bytes.splice(at..at, piece);
            }
            Alteration::Flip(at, bits) => {
                if let Some(byte) = bytes.get_mut(at.index(end)) {
                    *byte ^= bits;
                }
            }
            Alteration::Splice(at, other) => {
                bytes.truncate(at.index(end));
                let other = &kept[other.index(kept.len())].1;
                bytes.extend_from_slice(&other[other.len() / 2..]);
            }
        }
    }
    bytes
}

/// Runs a test of drawn inputs: the same ones every time, others with another number in `TIDEMARK_DRAWN`.
fn drawn(name: &str, cases: u32, inputs: impl Strategy<Value = Vec<u8>>) {
    let target = target(name);
    warm(target);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let number: u64 = std::env::var("TIDEMARK_DRAWN").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let done = runner.run(&inputs, |input| read(target, &input).map_err(TestCaseError::fail));
    if let Err(failed) = done {
        panic!("{name}: {failed}; keep the input in corpus/{name}/failed-…");
    }
}

/// Inputs that want a server, an app or a database of their own each are fewer.
fn cases(name: &str) -> u32 {
    match name {
        "request" => 400,
        "reply" => 250,
        "import" => 120,
        "outbox_log" | "client_database" | "server_database" => 40,
        "csdl" => 150,
        _ => 600,
    }
}

#[test]
fn what_is_kept_is_read_however_it_is_altered() {
    let _alone = alone();
    for target in targets() {
        let kept = corpus::of(target.name);
        let inputs = (any::<prop::sample::Index>(), prop::collection::vec(alteration(), 1..5))
            .prop_map(|(of, alterations)| alter(kept[of.index(kept.len())].1.clone(), &alterations, &kept));
        drawn(target.name, cases(target.name), inputs);
    }
}

#[test]
fn json_is_read_whatever_it_says() {
    let _alone = alone();
    for name in ["batch", "page", "record", "error", "csdl"] {
        drawn(name, 400, json::text().prop_map(String::into_bytes));
    }
    drawn("page", 400, json::text().prop_map(|item| {
        format!("{{\"value\":[{{\"@etag\":\"e\",\"Id\":\"8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01\",\"x\":{item},\"Title\":{item}}}]}}").into_bytes()
    }));
    drawn(
        "error",
        200,
        json::text().prop_map(|current| {
            format!("{{\"error\":{{\"code\":\"PreconditionFailed\",\"innererror\":{{\"current\":{current}}}}}}}")
                .into_bytes()
        }),
    );
    drawn("reply", 150, (any::<u8>(), json::text()).prop_map(|(status, body)| [&[status], body.as_bytes()].concat()));
    drawn(
        "request",
        150,
        json::text()
            .prop_map(|body| format!("POST /odata/TodoItems\ncontent-type: application/json\n\n{body}").into_bytes()),
    );
    drawn(
        "import",
        60,
        prop::collection::vec(json::text(), 1..4).prop_map(|lines| [b"\x01", lines.join("\n").as_bytes()].concat()),
    );
    drawn(
        "outbox_log",
        25,
        prop::collection::vec(json::text(), 1..6)
            .prop_map(|lines| [b"\x05", lines.join("\n").as_bytes(), b"\n"].concat()),
    );
}

/// An expression of `$filter` by grammar, nested as deeply as it comes.
fn filter() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "Title",
            "Priority",
            "IsDone",
            "DueAt",
            "Latitude",
            "Id",
            "_UpdatedAt",
            "Nothing",
            "$it",
            "null",
            "true"
        ])
        .prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        "[^']{0,6}".prop_map(|text| format!("'{text}'")),
        Just("8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01".to_owned()),
        Just("2026-03-31T08:00:00.123456789+14:00".to_owned()),
    ];
    leaf.prop_recursive(12, 120, 4, |inner| {
        let word = prop::sample::select(vec!["eq", "ne", "gt", "le", "and", "or", "has", "add", "EQ", "in"]);
        let function =
            prop::sample::select(vec!["contains", "startswith", "tolower", "length", "trim", "indexof", "concat", "year", "any"]);
        prop_oneof![
            3 => (inner.clone(), word, inner.clone()).prop_map(|(left, word, right)| format!("{left} {word} {right}")),
            1 => inner.clone().prop_map(|inner| format!("not {inner}")),
            2 => (inner.clone(), 1_usize..90).prop_map(|(inner, depth)| format!("{}{inner}{}", "(".repeat(depth), ")".repeat(depth))),
            2 => (function, prop::collection::vec(inner.clone(), 0..4)).prop_map(|(name, arguments)| format!("{name}({})", arguments.join(","))),
            1 => (inner.clone(), prop::collection::vec(inner, 0..30)).prop_map(|(left, list)| format!("{left} in ({})", list.join(","))),
        ]
    })
}

#[test]
fn a_filter_is_read_and_carried_out_whatever_it_says() {
    let _alone = alone();
    drawn("filter", 1_000, filter().prop_map(String::into_bytes));
    drawn(
        "request",
        250,
        filter().prop_map(|filter| {
            let filter = tidemark_odata::encode_query(&filter);
            format!("GET /odata/TodoItems?$filter={filter}&$orderby={filter}\n\n").into_bytes()
        }),
    );
}

#[test]
fn a_sheet_is_read_whatever_its_cells_are() {
    let _alone = alone();
    let cell = prop_oneof![
        "[a-z =+\\-@']{0,8}",
        any::<String>(),
        any::<String>().prop_map(|text| format!("\"{}\"", text.replace('"', "\"\""))),
        Just("\"".to_owned()),
    ];
    let row = (prop::collection::vec(cell, 1..4), prop::sample::select(vec![",", ";", "\t"]))
        .prop_map(|(cells, between)| cells.join(between));
    let sheet = (
        prop::sample::select(vec!["Name", "Name,Phone", "Id,Name,_UpdatedAt", "\u{feff}Name;Phone", "sep=;\nName"]),
        prop::collection::vec((row, prop::sample::select(vec!["\n", "\r", "\r\n"])), 0..6),
    );
    let sheet = sheet.prop_map(|(header, rows)| {
        let rows: String = rows.into_iter().map(|(row, end)| row + end).collect();
        [b"\x00", format!("{header}\n{rows}").as_bytes()].concat()
    });
    drawn("import", 150, sheet);
}

//! Large inputs of one pattern: work that grows with the square of its input would not come to an end here.
//!
//! Owns: that each reader is given far more than anybody writes. Refuses: measuring time; whatever never ends, the test
//! runner ends.

use crate::{alone, read, target, warm};

const MEBIBYTE: usize = 1 << 20;

/// Repeats a pattern up to so many bytes between two ends.
fn long(begin: &str, pattern: &str, end: &str, bytes: usize) -> Vec<u8> {
    [begin, &pattern.repeat(bytes / pattern.len()), end].concat().into_bytes()
}

#[test]
fn large_inputs_are_read_or_refused_within_their_memory() {
    let _alone = alone();
    let id = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";
    let inputs = [
        ("filter", long("", "(", "", MEBIBYTE)),
        ("filter", long("a", " or a", "", MEBIBYTE)),
        ("filter", long("a", " eq a", "", MEBIBYTE)),
        ("filter", long("", "not ", "a", MEBIBYTE)),
        ("filter", long("a in (1", ",1", ")", MEBIBYTE)),
        ("filter", long("'", "''", "'", MEBIBYTE)),
        ("filter", long("", "a desc,", "a", MEBIBYTE)),
        ("filter", long("", "9", "", MEBIBYTE)),
        ("filter", long("", "concat(", "", MEBIBYTE)),
        ("url", long("", "/", "", MEBIBYTE)),
        ("url", long("", "%41", "", MEBIBYTE)),
        ("url", long("$select=a", ",a", "", MEBIBYTE / 8)),
        ("url", long("", "a=1&", "", MEBIBYTE)),
        ("url", long("$search=", "a%20", "a", MEBIBYTE)),
        ("headers", long("", "W/\"a\",", "", MEBIBYTE)),
        ("headers", long("", "return=minimal;a,", "", MEBIBYTE)),
        ("headers", long("", "a/b;q=0.1,", "", MEBIBYTE)),
        ("batch", long("{\"requests\":[", "{\"id\":\"1\",\"method\":\"GET\",\"url\":\"A\"},", "{}]}", MEBIBYTE)),
        (
            "batch",
            long("{\"responses\":[", "{\"id\":\"0\",\"status\":204},", "{\"id\":\"0\",\"status\":204}]}", MEBIBYTE),
        ),
        ("batch", long("--b\n", "\n", "--b--", MEBIBYTE)),
        ("batch", long("", "--b\n", "--b--", MEBIBYTE)),
        ("batch", long("--b\n", "Content-Type: multipart/mixed; boundary=b\n\n--b\n", "--b--", MEBIBYTE)),
        ("batch", long("--b\nContent-Type: application/http\n\nGET A\n", "a:b\n", "\n--b--", MEBIBYTE)),
        ("batch", long("--b\nContent-Type: application/http\n\nGET A\na:", "\n b", "\n--b--", MEBIBYTE)),
        ("page", long("", "[", "", MEBIBYTE)),
        ("page", long("{\"value\":[{\"x\":", "[", "1", MEBIBYTE)),
        ("page", long("{\"x\":", "{\"x\":", "1", MEBIBYTE)),
        ("page", long(&format!("{{\"value\":[{{\"@etag\":\"e\",\"Id\":\"{id}\""), ",\"a\":1", "}]}", MEBIBYTE / 4)),
        ("record", long("{\"Title\":\"", "a", "\"}", MEBIBYTE)),
        ("record", long("{", "\"Title\":1,", "\"a\":1}", MEBIBYTE)),
        ("record", long("{\"x\":", "[", "", MEBIBYTE)),
        ("error", long("{\"error\":{\"innererror\":", "[", "", MEBIBYTE)),
        ("csdl", long("", "{\"a\":", "", MEBIBYTE)),
        ("csdl", long("{\"$Version\":\"4.01\",\"a\":[", "{},", "{}]}", MEBIBYTE / 4)),
        ("csdl", long("{\"$Version\":\"", "a", "\"}", MEBIBYTE / 4)),
        ("csdl", many_properties(3_000)),
        ("csdl", many_sets(400)),
        ("reply", long("\u{0}", "[", "", MEBIBYTE)),
        ("reply", long("\u{0}{\"value\":[", "{},", "{}]}", MEBIBYTE / 4)),
        ("request", long("GET /odata/TodoItems?$filter=a", "%20or%20a", "\n\n", 50_000)),
        ("request", long("POST /odata/TodoItems\ncontent-type: application/json\n\n", "[", "", MEBIBYTE)),
        (
            "request",
            long("POST /odata/$batch\ncontent-type: application/json\n\n{\"requests\":[", "{},", "{}]}", MEBIBYTE),
        ),
        ("import", long("\u{0}Name\n", "\"", "", MEBIBYTE)),
        ("import", long("\u{0}Name\n", "\r", "", MEBIBYTE)),
        ("import", long("\u{0}", ",", "\n", MEBIBYTE / 64)),
        ("import", long("\u{1}", "[", "", MEBIBYTE)),
        ("outbox_log", long("\u{1}", "\n", "", MEBIBYTE / 4)),
        ("outbox_log", long("\u{1}{\"settled\":", "[", "\n", MEBIBYTE / 4)),
    ];
    for (name, input) in inputs {
        let target = target(name);
        warm(target);
        println!("{name} {}", String::from_utf8_lossy(&input[..input.len().min(60)]).escape_debug());
        assert_eq!(read(target, &input), Ok(()), "{name}");
    }
}

fn many_properties(count: usize) -> Vec<u8> {
    let properties: String = (0..count).map(|n| format!(",\"P{n}\":{{\"$Nullable\":true}}")).collect();
    model(
        &format!("\"A\":{{\"$Kind\":\"EntityType\",\"$Key\":[\"Id\"],\"Id\":{{\"$Type\":\"Edm.Guid\"}}{properties}}}"),
        &["A".to_owned()],
    )
}

fn many_sets(count: usize) -> Vec<u8> {
    let names: Vec<String> = (0..count).map(|n| format!("A{n}")).collect();
    let types: Vec<String> = names
        .iter()
        .map(|name| {
            format!(
                "\"{name}\":{{\"$Kind\":\"EntityType\",\"$Key\":[\"Id\"],\"Id\":{{\"$Type\":\"Edm.Guid\"}},\"N\":{{}}}}"
            )
        })
        .collect();
    model(&types.join(","), &names)
}

fn model(types: &str, names: &[String]) -> Vec<u8> {
    let sets: String =
        names.iter().map(|name| format!(",\"{name}s\":{{\"$Collection\":true,\"$Type\":\"T.{name}\"}}")).collect();
    format!("{{\"$Version\":\"4.01\",\"$EntityContainer\":\"T.C\",\"T\":{{{types},\"C\":{{\"$Kind\":\"EntityContainer\"{sets}}}}}}}").into_bytes()
}

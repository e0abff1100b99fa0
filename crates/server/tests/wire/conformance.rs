//! Protocol 4.01 section 12, line by line, over real HTTP; `docs/conformance.md` is made of it.
//!
//! Owns: what it means that a line is kept, and by which test it is shown at length; the lines are in `v40` and `v401`. A line that is kept is tried here on the
//! database that the run is on; one that is not must fail as it says. `TIDEMARK_WRITE_DOCS=1` writes the document anew; else it
//! must be what would be written. Refuses: showing a line at length, which the tests that it names do.

mod v40;
mod v401;

use crate::running::{Running, id, send, task_url};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;

/// How a line is kept.
#[derive(Clone, Copy)]
enum Kept {
    /// It is, and this is asked to see it: method, path, what must be in the answer.
    By(&'static [Ask]),
    /// It is, by the test that is named alone.
    Shown,
    /// It says nothing to this service, for this reason.
    Idle(&'static str),
    /// It is not, for this reason; SHOULD and MAY alone.
    Not(&'static str),
}

/// A request and its answer.
#[derive(Clone, Copy)]
struct Ask {
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    status: u16,
    holds: &'static str,
}

const fn get(path: &'static str, status: u16, holds: &'static str) -> Ask {
    Ask { method: "GET", path, headers: &[], body: "", status, holds }
}

const fn with(headers: &'static [(&'static str, &'static str)], ask: Ask) -> Ask {
    Ask { headers, ..ask }
}

const fn write(method: &'static str, path: &'static str, body: &'static str, status: u16) -> Ask {
    Ask { method, path, headers: &[("Content-Type", "application/json")], body, status, holds: "" }
}

struct Line {
    number: &'static str,
    says: &'static str,
    kept: Kept,
    /// The tests that show it at length.
    tests: &'static str,
}

const fn line(number: &'static str, says: &'static str, kept: Kept, tests: &'static str) -> Line {
    Line { number, says, kept, tests }
}

struct Level {
    name: &'static str,
    lines: &'static [Line],
}

const LEVELS: [Level; 6] =
    [v40::MINIMAL, v40::INTERMEDIATE, v40::ADVANCED, v401::MINIMAL, v401::INTERMEDIATE, v401::ADVANCED];

async fn fill(server: &Running) {
    server.write("POST", "/odata/TodoLists", &json!({"Id": id(101), "Name": "Pumps"})).await.is(201);
    for number in 1..=5 {
        let title = if number == 1 { "Check pump".to_owned() } else { format!("t{number}") };
        let body = json!({"Title": title, "Priority": number, "TodoListId": id(101), "DueAt": "2026-03-31T08:00:00Z"});
        server.write("PUT", &task_url(&id(number)), &body).await.is(201);
    }
}

async fn holds(server: &Running, ask: &Ask) -> Result<(), String> {
    let encoded = ask.path.replace(' ', "%20").replace('"', "%22");
    let mut request = server.request(ask.method, &format!("/odata/{encoded}"));
    for (name, value) in ask.headers {
        request = request.header(*name, *value);
    }
    let got = send(request.body(ask.body)).await;
    let is_right = got.status.as_u16() == ask.status && got.text.contains(ask.holds);
    if is_right { Ok(()) } else { Err(format!("{} {}: {} {}", ask.method, ask.path, got.status, got.text)) }
}

#[tokio::test]
async fn every_line_of_section_12_is_kept_as_it_is_written_down() {
    let mut broken: Vec<String> = Vec::new();
    for level in &LEVELS {
        let server = Running::start().await;
        fill(&server).await;
        for line in level.lines {
            if let Kept::By(asks) = line.kept {
                for ask in asks {
                    if let Err(problem) = holds(&server, ask).await {
                        broken.push(format!("{} {}: {problem}", level.name, line.number));
                    }
                }
            }
            let is_must = !line.says.starts_with("SHOULD") && !line.says.starts_with("MAY");
            assert!(!(is_must && matches!(line.kept, Kept::Not(_))), "{} {} is a MUST", level.name, line.number);
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The document, as it is made of the table.
fn document() -> String {
    let mut text = "# Conformance\n\nOData Protocol 4.01 section 12, line by line, with what shows it. Made by \
        `crates/server/tests/wire/conformance.rs`, which asks what each line\nwants on SQLite and, run once more, on PostgreSQL, and fails \
        where this document says otherwise; `TIDEMARK_WRITE_DOCS=1` writes it anew. Lines\nwithout SHOULD or MAY are MUSTs. Files are those of \
        `crates/server/tests/wire` unless a crate is named.\n".to_owned();
    for level in &LEVELS {
        // Writing to memory cannot fail, here and below.
        let _ = write!(
            text,
            "\n## {}\n\n| line | what | SQLite | PostgreSQL | shown by |\n| --- | --- | --- | --- | --- |\n",
            level.name
        );
        for Line { number, says, kept, tests } in level.lines {
            let (result, more) = match kept {
                Kept::By(asks) => ("yes", format!("{} of its own here", asks.len())),
                Kept::Shown => ("yes", String::new()),
                Kept::Idle(reason) => ("–", (*reason).to_owned()),
                Kept::Not(reason) => ("no", (*reason).to_owned()),
            };
            let shown: Vec<&str> = [*tests, more.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
            let _ = writeln!(text, "| {number} | {says} | {result} | {result} | {} |", shown.join("; "));
        }
    }
    text
}

#[test]
fn the_document_says_what_is_tried() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
    if std::env::var("TIDEMARK_WRITE_DOCS").is_ok() {
        std::fs::write(&path, document()).unwrap();
    }
    let (written, tried) = (std::fs::read_to_string(&path).unwrap(), document());
    let differing = written.lines().zip(tried.lines()).find(|(written, tried)| written != tried);
    assert!(written == tried, "TIDEMARK_WRITE_DOCS=1 writes it anew: {differing:?}");
}

/// A name is a file of these tests, of a crate's, or `clients`; behind it may stand one test.
#[test]
fn every_test_that_is_named_is_there() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let places = ["crates/server/tests/wire", "crates/odata/src"].map(|place| top.join(place));
    let clients = std::fs::read_to_string(top.join("tests/clients/main.rs")).unwrap();
    let mut found = 0;
    for line in LEVELS.iter().flat_map(|level| level.lines) {
        for name in line.tests.split('`').skip(1).step_by(2) {
            let (file, test) = name.split_once("::").map_or((name, None), |(file, test)| (file, Some(test)));
            let text = match file {
                "clients" => clients.clone(),
                file if file.ends_with(".rs") => {
                    let path = places.iter().map(|place| place.join(file)).find(|path| path.exists());
                    std::fs::read_to_string(path.unwrap_or_else(|| panic!("there is no {name}"))).unwrap()
                }
                // A crate, or a word of OData.
                _ => continue,
            };
            assert!(test.is_none_or(|test| text.contains(&format!("fn {test}("))), "there is no {name}");
            found += 1;
        }
    }
    assert!(found > LEVELS.len());
}

//! The office's guide (`docs/office.md`): each of its examples is run as it stands there, against a real server.
//!
//! Owns: finding the examples. Those in Power Query's language need Excel; what Excel asks for with them is asked here.

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tidemark_tests::Server;

const GUIDE: &str = include_str!("../../docs/office.md");

/// Returns the guide's examples in a language.
fn examples(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    GUIDE.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

/// A server with a list and three tasks, and a token.
fn server() -> (Server, String) {
    let server = Server::start();
    let token = server.admin(&["token", "create", "ana"], "").trim().to_owned();
    let list = r#"{"Name": "Pumps", "TodoItems": [{"Title": "Check pump 3", "Priority": 4, "DueAt": "2026-03-31T08:00:00Z"},
        {"Title": "Straße räumen"}, {"Title": "Done already", "IsDone": true}]}"#;
    let client = reqwest::blocking::Client::new();
    let request = client.post(format!("{}/odata/TodoLists", server.url)).bearer_auth(&token);
    let made = request.header("Content-Type", "application/json").body(list).send().expect("an answer");
    assert_eq!(made.status().as_u16(), 201);
    (server, token)
}

/// Runs a program as the guide's reader would; returns what it printed.
fn run(server: &Server, token: &str, folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("ROOT", format!("{}/odata/", server.url))
        .env("TOKEN", token)
        .output()
        .unwrap_or_else(|error| panic!("{program} starts: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn the_examples_for_curl_do_what_they_say() {
    let (server, token) = server();
    let folder = tempfile::tempdir().expect("a folder");
    let [read, count, write] = examples("bash")[..] else { panic!("the guide has other examples") };
    let ask = |script: &str| run(&server, &token, folder.path(), "bash", &["-euo", "pipefail", "-c", script]);
    let open: Value = serde_json::from_str(&ask(read)).expect("JSON");
    let titles: Vec<_> = open["value"].as_array().expect("a list").iter().map(|task| task["Title"].clone()).collect();
    assert_eq!(titles, ["Straße räumen", "Check pump 3"]);
    assert_eq!(open["value"][1]["TodoList"]["Name"], "Pumps");
    let counted: Value = serde_json::from_str(&ask(count)).expect("JSON");
    assert_eq!((&counted["value"][0]["Tasks"], &counted["value"][0]["Highest"]), (&3.into(), &4.into()));
    ask(write);
    let made: Value = serde_json::from_str(&ask(&read.replace("IsDone eq false", "IsDone eq true"))).expect("JSON");
    assert!(made.to_string().contains("Order filters"), "{made}");
}

#[test]
fn the_scripts_do_what_they_say() {
    let (server, token) = server();
    let folder = tempfile::tempdir().expect("a folder");
    let [table, changes] = examples("python")[..] else { panic!("the guide has other examples") };
    assert_eq!(run(&server, &token, folder.path(), "python3", &["-c", table]).trim(), "written");
    let written = std::fs::read_to_string(folder.path().join("tasks.csv")).expect("a table");
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines.len(), 4, "{written}");
    assert!(lines.contains(&"Check pump 3,Pumps,2026-03-31T08:00:00Z,False"), "{written}");
    assert_eq!(run(&server, &token, folder.path(), "python3", &["-c", changes]).trim(), "2 open, 0 changed since");
    let [batch] = examples("javascript")[..] else { panic!("the guide has other examples") };
    let said = run(&server, &token, folder.path(), "node", &["--input-type=module", "-e", batch]);
    assert_eq!(said.lines().collect::<Vec<_>>(), ["201 201", "Salt the ramp"]);
}

/// What Power Query's OData.Feed sends: 4.0, Basic, the service document, `$metadata`, then pages with what was folded.
#[test]
fn what_excel_asks_for_is_answered() {
    let (server, _) = server();
    let client = reqwest::blocking::Client::new();
    let ask = |path: &str, accept: &str| {
        let request = client.get(format!("{}/odata/{path}", server.url)).basic_auth("ana", Some("ana-secret"));
        let request = request.header("OData-Version", "4.0").header("OData-MaxVersion", "4.0");
        let request = request.header("MaxDataServiceVersion", "3.0").header("Accept", accept);
        request.send().expect("an answer")
    };
    let unasked = client.get(format!("{}/odata/", server.url)).send().expect("an answer");
    assert_eq!(unasked.status().as_u16(), 401);
    assert!(unasked.headers()["www-authenticate"].to_str().expect("text").starts_with("Basic"));
    let json = "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7";
    let document: Value = ask("", json).json().expect("JSON");
    assert!(document["value"].as_array().expect("sets").iter().any(|set| set["name"] == "TodoItems"));
    let metadata = ask("$metadata", "application/xml").text().expect("XML");
    assert!(metadata.starts_with("<?xml") && metadata.contains("Version=\"4.0\""));
    let folded = "TodoItems?$filter=IsDone%20eq%20false%20and%20Priority%20ge%202&$orderby=DueAt%20desc&$select=Title%2CDueAt&$top=1000";
    let page: Value = ask(folded, json).json().expect("JSON");
    assert_eq!(page["value"].as_array().map(Vec::len), Some(1));
    let m = examples("m")[0];
    let query = m.split("/odata/").nth(1).and_then(|rest| rest.split('"').next()).expect("a query");
    assert_eq!(ask(query, json).json::<Value>().expect("JSON")["value"].as_array().map(Vec::len), Some(2));
    let pivot = "TodoItems?$apply=groupby((TodoList/Name),aggregate($count as Tasks))";
    assert_eq!(ask(pivot, json).json::<Value>().expect("JSON")["value"][0]["Tasks"], 3);
}

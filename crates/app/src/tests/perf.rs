use super::*;
use crate::*;
use std::time::Instant;
#[tokio::test(flavor = "multi_thread")]
#[ignore]
async fn perf() {
    let (app, dir) = app(&["TodoItems", "TodoLists"]).await;
    for name in ["a.csv", "b.csv"] {
    let path = dir.path().join(name);
    let lines: Vec<String> = (0..20_000u64).map(|n| format!("00000000-0000-4000-8000-{n:012},Title {n},{}", "Some notes that are long enough to be like the real thing. ".repeat(5))).collect();
    std::fs::write(&path, format!("Id,Title,Notes\n{}", lines.join("\n"))).unwrap();
    let t = Instant::now(); app.import_file("TodoItems", &path).await.unwrap(); println!("import {name} {:?}", t.elapsed());
    let t = Instant::now(); let n = crate::transfer::count_rows(&app.entity_set("TodoItems").unwrap(), &path); println!("parse {name} {n} {:?}", t.elapsed());
    let path = dir.path().join("x.jsonl");
    let lines: Vec<String> = (0..20_000u64).map(|n| format!("{{\"Id\":\"00000000-0000-4000-8000-{n:012}\",\"Title\":\"Tutle {n}\",\"Notes\":\"{}\"}}", "Some notes that are long enough to be like the real thing. ".repeat(5))).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    let t = Instant::now(); app.import_file("TodoItems", &path).await.unwrap(); println!("import jsonl edits {:?}", t.elapsed());
    }
}

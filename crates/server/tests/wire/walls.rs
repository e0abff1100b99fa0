//! The second wall: who may see what on PostgreSQL, with the first wall, the scope in every statement, taken away.
//!
//! A wire between the real server and PostgreSQL forgets the scope of whatever is said. Everything that HTTP can ask is then
//! asked by somebody from another workspace, and by a colleague for what is one user's alone (DESIGN section 3, promise 10).

use crate::running::{Running, follow, id, send, task_url};
use reqwest::RequestBuilder;
use serde_json::json;
use tidemark_test_postgres::{Cluster, SUPERUSER, between};

/// Stands in all that ann has.
const MARK: &str = "only-for-ann";

/// Forgets whose records a statement means.
fn without_scope(sql: &str) -> String {
    let mut words: Vec<String> = sql.split(' ').map(str::to_owned).collect();
    for at in 0..words.len().saturating_sub(2) {
        let column = words[at].trim_start_matches('(').trim_start_matches("t.");
        let is_scope = matches!(column, "\"$workspace\"" | "\"$owner\"" | "workspace");
        if is_scope && words[at + 1] == "=" && words[at + 2].starts_with('$') {
            let end = words[at + 2].len() - words[at + 2].trim_end_matches(')').len();
            let (value, close) = words[at + 2].split_at(words[at + 2].len() - end);
            let open = "(".repeat(words[at].len() - words[at].trim_start_matches('(').len());
            let (open, rest) = (format!("{open}{value}::bigint"), format!("NULL{close}"));
            words[at] = open;
            words[at + 1] = "IS NOT".to_owned();
            words[at + 2] = rest;
        }
    }
    words.join(" ")
}

struct Asked<'r> {
    server: &'r Running,
    token: &'r str,
    leaks: Vec<String>,
}

impl Asked<'_> {
    async fn ask(&mut self, method: &str, path: &str, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> u16 {
        let got = send(change(self.server.request_as(self.token, method, path))).await;
        if got.text.contains(MARK) {
            self.leaks.push(format!("{method} {path}: {}", got.text));
        }
        got.status.as_u16()
    }

    /// Asks in every way for records of a set, and for one of them.
    async fn read(&mut self, set: &str, record: &str, property: &str) {
        let lists = [
            String::new(),
            "?$count=true".to_owned(),
            "?$top=1&$skip=0".to_owned(),
            format!("?$orderby={property} desc"),
            format!("?$select={property}"),
            format!("?$filter=contains({property},'only')"),
            format!("?$search={MARK}"),
            "?$filter=_IsTombstoned eq true or _IsTombstoned eq false".to_owned(),
            format!("?$filter=Id eq {record}"),
        ];
        for list in lists {
            self.ask("GET", &format!("/odata/{set}{list}"), |request| request).await;
            self.ask("GET", &format!("/odata/{set}{list}"), |request| request.header("Prefer", "odata.track-changes"))
                .await;
        }
        let counted = self.ask_text("GET", &format!("/odata/{set}/$count")).await;
        if counted.trim() != "0" {
            self.leaks.push(format!("{set}/$count says {counted}"));
        }
        let (record, absent) = (record.to_owned(), id(9_999));
        for path in ["/odata/SET(ID)", "/history/SET/ID"] {
            let of = |id: &str| path.replace("SET", set).replace("ID", id);
            let (hidden, nothing) =
                (self.ask("GET", &of(&record), |r| r).await, self.ask("GET", &of(&absent), |r| r).await);
            if hidden != nothing {
                self.leaks.push(format!(
                    "GET {path}: {hidden} where there is nothing to see, {nothing} where there is nothing"
                ));
            }
        }
        self.ask("GET", &format!("/audit/{set}"), |request| request).await;
        let batch = json!({ "requests": [
            { "id": "1", "method": "GET", "url": set },
            { "id": "2", "method": "GET", "url": format!("{set}({record})") },
        ] });
        self.ask("POST", "/odata/$batch", |request| request.json(&batch)).await;
    }

    async fn ask_text(&mut self, method: &str, path: &str) -> String {
        send(self.server.request_as(self.token, method, path)).await.text
    }

    /// Tries in every way to change a record, in which it never sees what stands there.
    async fn write(&mut self, set: &str, record: &str, body: &serde_json::Value) {
        let url = format!("/odata/{set}({record})");
        for method in ["PATCH", "PUT"] {
            let status = self.ask(method, &url, |request| request.header("If-Match", "*").json(body)).await;
            if status != 412 {
                self.leaks.push(format!("{method} {url} on any version: {status}"));
            }
        }
        let status = self.ask("DELETE", &url, |request| request).await;
        if status != 404 {
            self.leaks.push(format!("DELETE {url}: {status}"));
        }
        let part = json!({ "requests": [
            { "id": "1", "method": "PATCH", "url": format!("{set}({record})"), "headers": { "If-Match": "*" }, "body": body },
            { "id": "2", "method": "DELETE", "url": format!("{set}({record})") },
        ] });
        self.ask("POST", "/odata/$batch", |request| request.header("Prefer", "continue-on-error").json(&part)).await;
        // The key is free where nobody has it: what is made there is the caller's own.
        let mut own = body.clone();
        own["Id"] = json!(record);
        let made =
            self.ask("POST", &format!("/odata/{set}"), |request| request.header("If-None-Match", "*").json(&own)).await;
        if made != 201 {
            self.leaks.push(format!("POST {set} with an id that is free: {made}"));
        }
    }
}

#[tokio::test]
async fn nobody_sees_or_changes_anothers_records_where_the_scope_is_forgotten() {
    let cluster = Cluster::shared();
    let database = cluster.database();
    let port = between(cluster.address().1, without_scope);
    let url = format!("postgres://{SUPERUSER}:{SUPERUSER}@127.0.0.1:{port}/{}", database.name());
    let mut server = Running::stopped_at(url);
    for (user, workspace) in [("ann", "one"), ("bob", "one"), ("eve", "two"), ("zed", "three")] {
        server.add_user(user, workspace);
    }
    server.token = server.new_token("ann");
    let (bob, eve, zed) = (server.new_token("bob"), server.new_token("eve"), server.new_token("zed"));
    server.serve(&[]);

    let (task, deleted, own) = (id(1), id(2), id(3));
    for (number, record) in [(1, &task), (2, &deleted)] {
        server.task(number, MARK).await;
        server.write("PATCH", &task_url(record), &json!({ "Title": format!("{MARK} {number}") })).await.is(204);
    }
    server.delete(&task_url(&deleted)).await.is(204);
    let cached = json!({ "Id": own, "EntitySet": MARK, "Policy": "ask" });
    server.write("POST", "/odata/CachedEntities", &cached).await.is(201);
    let (before, page) = follow(&server, "/odata/TodoItems", "odata.track-changes").await;
    let anns_link = page["@odata.deltaLink"].as_str().unwrap();

    let mut as_eve = Asked { server: &server, token: &eve, leaks: Vec::new() };
    as_eve.read("TodoItems", &task, "Title").await;
    as_eve.read("TodoItems", &deleted, "Title").await;
    as_eve.read("CachedEntities", &own, "EntitySet").await;
    as_eve.write("TodoItems", &task, &json!({ "Title": "eve's" })).await;
    as_eve.write("CachedEntities", &own, &json!({ "EntitySet": "Lists", "Policy": "ask" })).await;
    as_eve.ask("GET", anns_link, |request| request).await;
    let eves = as_eve.leaks;
    let mut as_bob = Asked { server: &server, token: &bob, leaks: Vec::new() };
    as_bob.read("CachedEntities", &own, "EntitySet").await;
    as_bob.write("CachedEntities", &own, &json!({ "EntitySet": "Lists", "Policy": "ask" })).await;
    let bobs = as_bob.leaks;
    assert_eq!((eves, bobs), (Vec::<String>::new(), Vec::new()));
    assert_eq!(server.get(&task_url(&task)).await.json()["Title"], format!("{MARK} 1"));
    let (after, _) = follow(&server, "/odata/TodoItems", "").await;
    assert_eq!(after, before);

    // The same questions where there is no second wall either: then they do see.
    for table in ["r_TodoItems", "r_CachedEntities", "journal"] {
        database.psql(&format!("ALTER TABLE \"{table}\" DISABLE ROW LEVEL SECURITY"));
    }
    let mut as_zed = Asked { server: &server, token: &zed, leaks: Vec::new() };
    as_zed.read("TodoItems", &task, "Title").await;
    as_zed.read("CachedEntities", &own, "EntitySet").await;
    assert!(as_zed.leaks.len() > 30, "{:#?}", as_zed.leaks);
}

//! The commands beside `serve`, most of them while it runs, and what each refuses.

use crate::running::{Running, follow, id, path_text, send, task_url};
use serde_json::{Value, json};

async fn delta_link(server: &Running) -> String {
    let (_, last) = follow(server, "/odata/TodoItems", "odata.track-changes").await;
    last["@odata.deltaLink"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_purge_drops_content_keeps_ids_and_moves_the_floor() {
    let server = Running::start().await;
    let task = server.task(1, "secret title").await;
    server.write("PATCH", &task_url(&task), &json!({"Notes": "secret notes"})).await.is(204);
    server.task(2, "stays").await;
    let before = delta_link(&server).await;
    let gone = server.delete(&task_url(&task)).await.is(204);
    let after = delta_link(&server).await;
    assert_eq!(server.succeeds(&["purge"], ""), "purged 0\n");
    server.get(&before).await.is(200);
    assert_eq!(server.succeeds(&["purge", "--older-than", "0"], ""), "purged 1\n");
    assert_eq!(server.succeeds(&["purge", "--older-than", "0"], ""), "purged 0\n");
    server.get(&before).await.refused(410, "DeltaExpired");
    server.get(&after).await.is(200);
    let stub = server.get("/odata/TodoItems?$filter=_IsTombstoned eq true").await.json()["value"][0].clone();
    assert_eq!((&stub["Id"], &stub["Title"], &stub["Notes"]), (&json!(task), &Value::Null, &Value::Null));
    assert_eq!(stub["@odata.etag"], gone.header("etag"));
    // An old edit of it is still asked about, never taken for a new record.
    let body = json!({"Id": task, "Title": "old", "_UpdatedAt": 5});
    let add = server.request("POST", "/odata/TodoItems").header("If-None-Match", "*").json(&body);
    let error = send(add).await.refused(412, "PreconditionFailed");
    assert_eq!(error["innererror"]["current"]["_IsTombstoned"], true);
    server.write("PUT", &task_url(&task), &json!({"Title": "old", "_UpdatedAt": 5})).await.is(404);
    server.write("PUT", &task_url(&task), &json!({"Title": "new"})).await.is(204);
    assert_eq!(server.get(&task_url(&task)).await.json()["Title"], "new");
}

#[tokio::test]
async fn a_backup_restored_under_the_running_server_is_another_history() {
    let server = Running::start_on_a_file().await;
    server.task(1, "kept").await;
    let old = delta_link(&server).await;
    let backup = server.file("backup.db");
    server.succeeds(&["backup", path_text(&backup)], "");
    server.task(2, "lost").await;
    let link = delta_link(&server).await;
    let again = server.fails(&["backup", path_text(&backup)], "", 1);
    assert!(again.contains("exists already") && again.lines().count() == 1, "{again}");
    server.succeeds(&["restore", path_text(&backup)], "");
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "1");
    server.get(&link).await.refused(410, "HistoryLost");
    server.get(&old).await.refused(410, "HistoryLost");
    // The same number is given again, with another mark: an ETag of the lost history matches nothing.
    let made = server.write("PUT", &task_url(&id(3)), &json!({"Title": "after"})).await.is(201);
    assert!(made.header("etag").starts_with("W/\"2."));
    server.get(&link).await.refused(410, "HistoryLost");
    let fresh = delta_link(&server).await;
    server.get(&fresh).await.is(200);
    assert!(!server.file("server.db.restoring").exists());
    let missing = server.fails(&["restore", path_text(&server.file("nothing.db"))], "", 1);
    assert!(missing.contains("There is no backup"), "{missing}");
    std::fs::write(server.file("broken.db"), "this is no database").unwrap();
    server.fails(&["restore", path_text(&server.file("broken.db"))], "", 1);
    assert_eq!(server.get("/odata/TodoItems/$count").await.text, "2");
}

#[tokio::test]
async fn a_model_grows_without_losing_anything_and_old_links_say_so() {
    let mut server = Running::start().await;
    server.task(1, "a").await;
    let link = delta_link(&server).await;
    assert_eq!(server.stop(), Some(0));
    let grown = server.model_file(|model| {
        model["Tidemark"]["TodoItem"]["Cost"] =
            json!({"$Type": "Edm.Decimal", "$Precision": 9, "$Scale": 2, "$DefaultValue": 1.5});
        model["Tidemark"]["TodoItem"].as_object_mut().unwrap().remove("Notes");
        model["Tidemark"]["Tool"] = json!({
            "$Kind": "EntityType", "$Key": ["Id"], "Id": {"$Type": "Edm.Guid"}, "Name": {"$MaxLength": 20}
        });
        model["Tidemark"]["Container"]["Tools"] = json!({"$Collection": true, "$Type": "Tidemark.Tool"});
    });
    server.serve(&["--model", &grown]);
    let task = server.get(&task_url(&id(1))).await.is(200).json();
    assert_eq!((&task["Cost"], task.get("Notes")), (&json!(1.5), None));
    server.write("POST", "/odata/Tools", &json!({"Name": "hammer"})).await.is(201);
    server.get(&link.replace(link.split("/odata").next().unwrap(), &server.root)).await.refused(410, "ModelChanged");
    server.stop();
    let retyped = server.model_file(|model| model["Tidemark"]["TodoItem"]["Priority"] = json!({"$Type": "Edm.Double"}));
    let refused = server.try_serve(&["--model", &retyped]).unwrap_err();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("TodoItems/Priority") && said.lines().count() == 1, "{said}");
    let required = server.model_file(|model| model["Tidemark"]["TodoItem"]["Code"] = json!({"$MaxLength": 5}));
    let refused = server.try_serve(&["--model", &required]).unwrap_err();
    assert!(String::from_utf8(refused.stderr).unwrap().contains("TodoItems/Code is required"));
}

#[tokio::test]
async fn wrong_usage_and_wrong_files_get_one_plain_sentence() {
    let mut server = Running::start_on_a_file().await;
    server.stop();
    let one_line = |text: &str| assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    let again = server.fails(&["user", "add", "ann", "--workspace", "one"], "pw\n", 1);
    assert!(again.contains("already a user ann"));
    one_line(&again);
    one_line(&server.fails(&["user", "add", "eve", "--workspace", "one"], "", 1));
    one_line(&server.fails(&["user", "add", "e:ve", "--workspace", "one"], "pw\n", 2));
    one_line(&server.fails(&["token", "create", "nobody"], "", 1));
    one_line(&server.fails(&["token", "revoke", "nothing"], "", 1));
    server.fails(&["token", "make"], "", 2);
    server.fails(&["purge", "--older-than", "soon"], "", 2);
    let model = server.model_file(|model| model["Tidemark"]["Site"]["Name"] = json!({"$Type": "Edm.Colour"}));
    let refused = server.try_serve(&["--model", &model]).unwrap_err();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("line ") && said.contains("Tidemark/Site/Name"), "{said}");
    one_line(&said);
    one_line(&String::from_utf8(server.try_serve(&["--model", "/nowhere.json"]).unwrap_err().stderr).unwrap());
    let elsewhere = |url: &str, status: i32| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tidemark-server"))
            .args(["serve", "--listen", "127.0.0.1:0", "--database", url])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        one_line(&said);
        assert!(output.stdout.is_empty());
        said
    };
    let said = elsewhere("postgres://someone:hunter2@127.0.0.1:1/records?sslmode=disable", 1);
    assert!(said.contains("postgres://127.0.0.1:1/records cannot be opened: nothing answers there"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    elsewhere("postgres://127.0.0.1:notaport/x", 1);
    elsewhere("mysql:x", 2);
    assert!(elsewhere("sqlite:/no/such/folder/x.db", 1).contains("no folder"));
    std::fs::write(server.file("text.db"), "just some words, and more of them, and more and more".repeat(30)).unwrap();
    elsewhere(&format!("sqlite:{}", server.file("text.db").display()), 1);
    // A later version's file, and a damaged one, are refused as they are.
    let database = rusqlite::Connection::open(server.file("server.db")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let newer = elsewhere(&server.database(), 1);
    assert!(newer.contains("newer version"), "{newer}");
    let mut bytes = std::fs::read(server.file("server.db")).unwrap();
    bytes[60..64].copy_from_slice(&1_u32.to_be_bytes());
    let half = bytes.len() / 2;
    bytes[8192..half].fill(0x5a);
    std::fs::write(server.file("server.db"), bytes).unwrap();
    let damaged = elsewhere(&server.database(), 1);
    assert!(damaged.contains("damaged"), "{damaged}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_tidemark-server"))
        .args(["serve", "--listen", &taken.local_addr().unwrap().to_string()])
        .env("TIDEMARK_DATABASE", format!("sqlite:{}", server.file("fresh.db").display()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("Cannot listen"));
}

#[tokio::test]
async fn the_demo_has_records_around_now_and_is_filled_once() {
    let mut server = Running::stopped();
    server.serve(&["--demo"]);
    let ask = |server: &Running, path: &str| send(server.bare("GET", path).basic_auth("demo", Some("demo")));
    let tasks = ask(&server, "/odata/TodoItems/$count").await.is(200).text;
    assert_eq!(tasks, "360");
    let mine = ask(&server, "/odata/TodoItems/$count?$filter=Assignee eq 'demo' and IsDone eq false").await.text;
    assert!(mine.parse::<u32>().unwrap() > 20, "{mine}");
    assert_eq!(server.stop(), Some(0));
    server.serve(&["--demo"]);
    assert_eq!(ask(&server, "/odata/TodoItems/$count").await.text, tasks);
}

//! Names of a model: every word of the grammar, every path and every table of the server, in any case, as set, as
//! type and as property (issue "no edit lost", kind 22). Refused at start by name, or the whole loop works.

#[path = "../../../model/tests/walk/names.rs"]
mod walk;

use crate::running::{Running, follow, id};
use rusqlite::Connection;
use serde_json::{Value, json};
use tidemark_odata::{encode_query, filter_words, option_names, path_words};
use walk::{FLAGS, TEXTS};

/// What the server's own database calls things.
fn names_of_the_database(server: &Running) -> Vec<String> {
    let database = Connection::open(server.file("server.db")).unwrap();
    let sql = "SELECT name FROM pragma_table_list UNION SELECT name FROM sqlite_schema
               UNION SELECT substr(name, 3) FROM sqlite_schema WHERE name LIKE 'r!_%' ESCAPE '!'
               UNION SELECT c.name FROM sqlite_schema t, pragma_table_info(t.name) c";
    let mut names = database.prepare(sql).unwrap();
    names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn words(tables: &[String]) -> Vec<Vec<String>> {
    let segments = tidemark_server::PATHS.iter().flat_map(|path| path.split(['/', '{', '}', '*']));
    let mut words: Vec<&str> = filter_words().chain(path_words()).chain(option_names()).chain(segments).collect();
    words.extend(tables.iter().map(String::as_str));
    walk::spellings(words.into_iter().filter(|word| !word.is_empty()))
}

#[tokio::test]
async fn a_word_in_any_case_is_refused_by_name_or_goes_round_the_whole_loop() {
    let mut server = Running::start_on_a_file().await;
    let words = words(&names_of_the_database(&server));
    server.stop();
    for words in words {
        let accepted = walk::accepted(&words);
        assert!(accepted.sets.len() > 10 && accepted.properties.len() > 10, "hardly any word is left");
        let mut server = Running::stopped();
        server.add_user("ann", "one");
        server.token = server.new_token("ann");
        let file = server.file("model.json");
        let model = accepted.model();
        std::fs::write(&file, model_file(&model)).unwrap();
        server.serve(&["--model", crate::running::path_text(&file)]);
        for set in &accepted.sets {
            goes_round(&server, set, accepted.property_of(set)).await;
        }
        every_property(&server, &accepted).await;
        // What is laid out stays readable.
        server.stop();
        server.serve(&["--model", crate::running::path_text(&file)]);
        server.get(&format!("/odata/{TEXTS}({})", id(1))).await.is(200);
    }
}

/// Returns the document without the set that the server adds.
fn model_file(model: &tidemark_model::EntityModel) -> String {
    let mut document = model.document().clone();
    let schema = document[model.namespace()].as_object_mut().unwrap();
    schema.remove("CachedEntity");
    schema[model.container()].as_object_mut().unwrap().remove(tidemark_model::CACHED_ENTITIES);
    serde_json::to_string_pretty(&document).unwrap()
}

async fn goes_round(server: &Running, set: &str, property: &str) {
    let url = format!("/odata/{set}({})", id(1));
    let prefer = "odata.track-changes";
    let (_, first) = follow(server, &format!("/odata/{set}"), prefer).await;
    let delta = first["@odata.deltaLink"].as_str().unwrap_or_else(|| panic!("{set}: {first}"));
    server.write("POST", &format!("/odata/{set}"), &json!({ "Id": id(1), property: "it's" })).await.is(201);
    assert_eq!(server.get(&url).await.is(200).json()[property], "it's", "{set}");
    server.write("PATCH", &url, &json!({ property: "other" })).await.is(204);
    let (changed, _) = follow(server, delta, prefer).await;
    assert_eq!(changed.len(), 1, "{set}");
    assert_eq!(changed[0][property], "other", "{set}");
    let query = format!("$filter={property} eq 'other'&$orderby={property} desc&$select=Id,{property}&$count=true");
    let page = server.get(&format!("/odata/{set}?{query}")).await.is(200).json();
    assert_eq!((&page["@odata.count"], &page["value"][0][property]), (&json!(1), &json!("other")), "{set}");
    assert_eq!(server.get(&format!("/odata/{set}/$count")).await.is(200).text.trim_start_matches('\u{feff}'), "1");
    assert_eq!(server.get(&format!("/odata/{set}/{}", id(1))).await.is(200).json()["Id"], id(1));
    let part = json!([{ "id": "1", "method": "get", "url": format!("{set}({})", id(1)) }]);
    assert_eq!(server.batch(part).await[0]["body"][property], "other", "{set}");
    let history = server.get(&format!("/history/{set}/{}", id(1))).await.is(200).json();
    assert_eq!(history["value"].as_array().unwrap().len(), 2, "{set}");
    server.delete(&url).await.is(204);
    server.get(&url).await.is(404);
}

async fn every_property(server: &Running, accepted: &walk::Accepted) {
    for (set, value) in [(TEXTS, json!("it's")), (FLAGS, json!(true))] {
        let record: Value = accepted.properties.iter().map(|p| (p.clone(), value.clone())).collect();
        let url = format!("/odata/{set}({})", id(1));
        server.write("PUT", &url, &record).await.is(201);
        let read = server.get(&url).await.is(200).json();
        for property in &accepted.properties {
            assert_eq!(read[property], value, "{property}");
        }
    }
    let mut asked = Vec::new();
    for property in &accepted.properties {
        let ask = |set: &str, option: &str, value: &str, expected: bool| {
            (format!("{set}?{option}={}&$count=true&$top=0", encode_query(value)), u8::from(expected))
        };
        asked.extend(walk::filters_of_text(property).map(|(filter, has)| ask(TEXTS, "$filter", &filter, has)));
        asked.extend(walk::filters_of_flag(property).map(|(filter, has)| ask(FLAGS, "filter", &filter, has)));
        asked.push(ask(TEXTS, "$orderby", &walk::order(property), true));
        asked.push(ask(TEXTS, "$select", property, true));
    }
    for some in asked.chunks(200) {
        let part = |(number, (url, _)): (usize, &(String, u8))| json!({ "id": number.to_string(), "method": "get", "url": url });
        let answers = server.batch(some.iter().enumerate().map(part).collect()).await;
        for ((url, expected), answer) in some.iter().zip(answers) {
            assert_eq!(answer["body"]["@odata.count"], *expected, "{url}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_name_that_changes_its_case_is_no_new_name() {
    let mut server = Running::stopped();
    server.add_user("ann", "one");
    server.token = server.new_token("ann");
    let file = server.model_file(|_| ());
    server.serve(&["--model", &file]);
    server.task(1, "a").await;
    server.stop();
    let renamed = |server: &Running, from: &str, to: &str| {
        let text = include_str!("../../../model/entities.csdl.json").replace(from, to);
        std::fs::write(server.file("renamed.json"), text).unwrap();
        let refused = server.try_serve(&["--model", crate::running::path_text(&server.file("renamed.json"))]);
        String::from_utf8(refused.expect_err("it does not start").stderr).unwrap()
    };
    let sentence = renamed(&server, "\"TodoItems\":", "\"todoItems\":");
    assert!(sentence.contains("todoItems in the model differs only in case from TodoItems"), "{sentence}");
    let sentence = renamed(&server, "\"Assignee\":", "\"assignee\":");
    assert!(sentence.contains("TodoItems/assignee in the model differs only in case"), "{sentence}");
    server.serve(&["--model", &file]);
    server.get(&format!("/odata/TodoItems({})", id(1))).await.is(200);
}

#[tokio::test]
async fn an_index_of_an_earlier_version_makes_room_for_a_set_of_its_name() {
    let mut server = Running::start_on_a_file().await;
    server.task(1, "a").await;
    server.stop();
    let database = Connection::open(server.file("server.db")).unwrap();
    let earlier = "DROP INDEX \"r_TodoItems$by_sequence\";
        CREATE INDEX \"r_TodoItems_by_sequence\" ON \"r_TodoItems\" (\"$workspace\", \"$owner\", \"$sequence\");
        ALTER TABLE workspace DROP COLUMN purged;
        ALTER TABLE workspace DROP COLUMN trimmed;
        DROP TABLE model;
        PRAGMA user_version = 1;";
    database.execute_batch(earlier).unwrap();
    drop(database);
    let file = server.model_file(|model| {
        model["Tidemark"]["Other"] = model["Tidemark"]["Site"].clone();
        // Nothing refers to it.
        model["Tidemark"]["Other"].as_object_mut().unwrap().retain(|_, member| member["$Collection"] != true);
        model["Tidemark"]["Container"]["todoitems_by_sequence"] =
            json!({ "$Collection": true, "$Type": "Tidemark.Other" });
    });
    server.serve(&["--model", &file]);
    let (changed, _) = follow(&server, "/odata/TodoItems", "odata.track-changes").await;
    assert_eq!(changed.len(), 1);
    server.write("PUT", &format!("/odata/todoitems_by_sequence({})", id(1)), &json!({ "Name": "x" })).await.is(201);
    let database = Connection::open(server.file("server.db")).unwrap();
    let sql = "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'r_TodoItems'
               AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '%$of!_%' ESCAPE '!'";
    let indexes: String = database.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(indexes, "r_TodoItems$by_sequence");
}

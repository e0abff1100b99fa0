//! The table: every command is reached by name and JSON, and what does not fit is refused by name before anything is done.

use super::{app, object};
use crate::{AppError, COMMANDS, ExportedView, HOST_COMMANDS, HostCommands, ImportedView, dispatch, dispatch_host};
use serde_json::{Value, json};
use std::sync::Mutex;

#[tokio::test]
async fn arguments_and_answers_are_json() {
    let (app, _dir) = app(&["Sites"]).await;
    let added = dispatch(&app, "add", json!({ "set": "Sites", "record": { "Name": "North" } })).await.unwrap();
    let id = added["Id"].as_str().unwrap();
    assert_eq!((&added["Name"], &added["_State"]), (&json!("North"), &json!("add")));

    let edit = json!({ "set": "Sites", "id": id, "changes": { "Name": "South" }, "shown": added });
    assert_eq!(dispatch(&app, "edit", edit).await.unwrap()["Name"], "South");
    // What may be missing may be null or not there.
    let remove = json!({ "set": "Sites", "id": id });
    assert_eq!(dispatch(&app, "remove", remove).await.unwrap(), Value::Null);
    assert_eq!(dispatch(&app, "parked", Value::Null).await.unwrap(), json!([]));
    // Names travel as JavaScript spells them.
    let counts = dispatch(&app, "todo_counts", json!({ "dayStart": 0, "dayEnd": 1 })).await;
    assert!(counts.is_ok() || counts.is_err_and(|error| error.code() == "offline"));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_by_name() {
    let (app, _dir) = app(&["Sites"]).await;
    let refused = async |command: &str, arguments: Value| {
        let view = dispatch(&app, command, arguments).await.unwrap_err().view();
        (view.code, view.property, view.message)
    };
    for (command, arguments, at_fault, says) in [
        ("add", json!({ "set": "Sites" }), Some("record"), "add needs the argument record"),
        ("add", json!({ "set": 7, "record": {} }), Some("set"), "the argument set of add does not fit"),
        ("add", json!({ "set": "Sites", "record": [] }), Some("record"), "the argument record of add does not fit"),
        (
            "todo_counts",
            json!({ "day_start": 0, "dayEnd": 1 }),
            Some("day_start"),
            "todo_counts has no argument day_start",
        ),
        ("activity", json!({ "limit": -1 }), Some("limit"), "the argument limit of activity does not fit"),
        ("status", json!({ "path": "/etc/passwd" }), Some("path"), "status has no argument path"),
        ("status", json!([]), None, "status takes its arguments as a JSON object"),
    ] {
        let (code, property, message) = refused(command, arguments).await;
        assert_eq!((code.as_str(), property.as_deref()), ("invalid", at_fault), "{message}");
        assert!(message.starts_with(says), "{message}");
    }
    for unknown in ["query", "edit_shown", "notices", "close_window", "Status", ""] {
        assert_eq!(refused(unknown, json!({})).await.0, "unknown_command", "{unknown}");
    }
    assert!(
        dispatch(&app, "list", json!({ "request": { "set": "Sites" } })).await.is_err_and(|e| e.code() == "invalid")
    );
    let all = json!({ "set": "Sites", "filter": null, "search": null, "order_by": null, "offset": 0, "limit": 10 });
    let listed = dispatch(&app, "list", json!({ "request": all })).await.unwrap();
    assert_eq!(object(listed)["total"], 0, "nothing was added by what was refused");
}

#[tokio::test]
async fn every_name_is_answered_by_one_of_the_two() {
    struct Window(Mutex<Vec<String>>);
    impl HostCommands for Window {
        async fn import_file(&self, set: &str) -> Result<Option<ImportedView>, AppError> {
            self.0.lock().unwrap().push(set.to_owned());
            Ok(Some(ImportedView { imported: 3 }))
        }
        async fn export_file(&self, _set: &str) -> Result<Option<ExportedView>, AppError> {
            Ok(None)
        }
        async fn close_window(&self) -> Result<(), AppError> {
            Ok(())
        }
    }
    let (app, _dir) = app(&[]).await;
    let window = Window(Mutex::default());
    let is_known = |answer: Result<Value, AppError>| !answer.is_err_and(|error| error.code() == "unknown_command");
    let nonsense = || json!({ "nonsense": true });
    for name in COMMANDS {
        assert!(is_known(dispatch(&app, name, nonsense()).await), "{name}");
        assert!(!is_known(dispatch_host(&window, name, nonsense()).await), "{name}");
    }
    for name in HOST_COMMANDS {
        assert!(!is_known(dispatch(&app, name, nonsense()).await), "{name}");
        assert!(is_known(dispatch_host(&window, name, nonsense()).await), "{name}");
    }
    let imported = dispatch_host(&window, "import_file", json!({ "set": "Sites" })).await.unwrap();
    assert_eq!((imported, window.0.lock().unwrap().as_slice()), (json!({ "imported": 3 }), &["Sites".to_owned()][..]));
    assert_eq!(dispatch_host(&window, "export_file", json!({ "set": "Sites" })).await.unwrap(), Value::Null);
}

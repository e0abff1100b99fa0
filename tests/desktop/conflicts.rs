//! Conflicts are asked in plain words: every dialog and every answer, in the real window (issue 3).
//!
//! The window's own changes are made beside it, through `tidemark` on the same data dir, while its network is cut; a
//! colleague changes the same record meanwhile.

use crate::{Desk, SOON, tidemark, wanted};
use serde_json::{Value, json};
use tidemark_tests::{Device, Office, Weather, eventually};

/// What the window's device and the colleague do to the same record.
#[derive(Clone, Copy)]
enum Clash {
    BothEdited,
    DeletedOnServer,
    EditedOnServer,
}

struct Table {
    desk: Desk,
    colleague: Device,
}

impl Table {
    fn laid() -> Self {
        let desk = Desk::new();
        let colleague = Device::signed_in(&desk.server.url, "ben", &["TodoItems"]);
        Self { desk, colleague }
    }

    fn here(&self, arguments: &[&str]) -> Value {
        tidemark(self.desk.data_dir.path(), arguments)
    }

    /// Brings about a conflict over a new record, and returns its id once the window shows the question.
    fn clash(&self, title: &str, clash: Clash) -> String {
        let Desk { window, network, .. } = &self.desk;
        let id =
            self.colleague.add("TodoItems", &json!({ "Title": title, "Notes": "Check the seal.\nWrite it down." }));
        self.colleague.sync();
        eventually("the record is here", SOON, || self.here(&["get", "TodoItems", &id])["Title"] == title);
        network.set(Weather::Cut);
        match clash {
            Clash::BothEdited | Clash::DeletedOnServer => {
                let mine = json!({ "Title": format!("{title}, mine"), "Notes": "Check the old seal.\nWrite it down.", "Priority": 2 });
                self.here(&["edit", "TodoItems", &id, &mine.to_string()]);
            }
            Clash::EditedOnServer => {
                self.here(&["delete", "TodoItems", &id]);
            }
        }
        match clash {
            Clash::BothEdited | Clash::EditedOnServer => {
                let theirs =
                    json!({ "Title": format!("{title}, Ben's"), "Notes": "Check the new seal.\nWrite it down." });
                self.colleague.edit("TodoItems", &id, &theirs);
            }
            Clash::DeletedOnServer => {
                self.colleague.run(&["delete", "TodoItems", &id]).ok();
            }
        }
        self.colleague.sync();
        network.set(Weather::Fair);
        window.click("sync-now");
        window.click("nav-conflicts");
        window.read("conflict-row", title);
        id
    }

    /// Opens the one question, looks at it with axe and keeps a picture.
    fn open(&self, picture: &str) {
        let Desk { window, .. } = &self.desk;
        window.click("conflict-open");
        window.see("conflict-dialog");
        for theme in ["light", "dark"] {
            window.script(&format!("document.documentElement.dataset.theme = '{theme}'"));
            self.axe(picture);
            window.picture(&format!("{picture}-{theme}"));
        }
        window.script("document.documentElement.dataset.theme = 'light'");
    }

    /// Fails on anything that axe-core calls serious or critical.
    fn axe(&self, where_: &str) {
        let Desk { window, .. } = &self.desk;
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(path).expect("npm has installed axe-core");
        window.script(&format!("if (!window.axe) {{ {axe} }}"));
        let found = window.promise(
            "window.axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations
                .filter((v) => ['serious', 'critical'].includes(v.impact))
                .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`))",
        );
        assert_eq!(found, json!([]), "axe-core in {where_}");
    }

    /// Waits until the answer is on the server and on both devices, and the question is gone.
    fn settled(&self, id: &str, expected: Option<&Value>) {
        let Desk { window, server, .. } = &self.desk;
        window.see_no("conflict-dialog");
        eventually("the question is answered", SOON, || self.here(&["conflicts"]) == json!([]));
        let office = Office::new(&server.url, "ben");
        eventually("the answer is on the server", SOON, || {
            let found = office.get(&format!("TodoItems({id})"));
            match expected {
                None => found.status().as_u16() == 404,
                Some(expected) => {
                    let record: Value = found.json().unwrap_or(Value::Null);
                    expected.as_object().expect("an object").iter().all(|(name, value)| record[name] == *value)
                }
            }
        });
        self.colleague.sync();
        let there = self.colleague.run(&["get", "TodoItems", id]);
        let here = self.here(&["get", "TodoItems", id]);
        assert_eq!(there.code == 0, expected.is_some(), "{there:?}");
        if expected.is_some() {
            assert_eq!((&there.json["Title"], &there.json["Notes"]), (&here["Title"], &here["Notes"]));
        }
    }
}

#[test]
fn both_edited_is_answered_for_mine_for_theirs_and_property_by_property() {
    let Some(_alone) = wanted() else { return };
    let table = Table::laid();
    let window = &table.desk.window;

    let id = table.clash("Pump 1", Clash::BothEdited);
    table.open("conflict-both-edited");
    window.read("conflict-kind", "");
    window.see("conflict-property-Title");
    window.see_no("conflict-property-Priority");
    window.click("conflict-keep-all-mine");
    window.click("conflict-save");
    let mine = json!({ "Title": "Pump 1, mine", "Notes": "Check the old seal.\nWrite it down.", "Priority": 2 });
    table.settled(&id, Some(&mine));

    let id = table.clash("Pump 2", Clash::BothEdited);
    window.click("conflict-open");
    window.click("conflict-take-all-server");
    window.click("conflict-save");
    // What does not clash is merged whatever the answer.
    let theirs = json!({ "Title": "Pump 2, Ben's", "Notes": "Check the new seal.\nWrite it down.", "Priority": 2 });
    table.settled(&id, Some(&theirs));

    let id = table.clash("Pump 3", Clash::BothEdited);
    window.click("conflict-open");
    window.click("conflict-mine-Title");
    window.click("conflict-server-Notes");
    window.read("conflict-preview", "Check the new seal.");
    window.picture("conflict-chosen");
    window.click("conflict-save");
    let both = json!({ "Title": "Pump 3, mine", "Notes": "Check the new seal.\nWrite it down.", "Priority": 2 });
    table.settled(&id, Some(&both));
}

#[test]
fn an_edit_of_a_deleted_record_asks_to_restore() {
    let Some(_alone) = wanted() else { return };
    let table = Table::laid();
    let window = &table.desk.window;

    let id = table.clash("Valve 1", Clash::DeletedOnServer);
    table.open("conflict-deleted-on-server");
    // Deciding later is always possible, and changes nothing.
    window.click("conflict-later");
    window.see_no("conflict-dialog");
    window.click("conflict-open");
    window.click("conflict-restore");
    table.settled(&id, Some(&json!({ "Title": "Valve 1, mine", "Priority": 2 })));

    let id = table.clash("Valve 2", Clash::DeletedOnServer);
    window.click("conflict-open");
    window.click("conflict-leave-deleted");
    table.settled(&id, None);
}

#[test]
fn a_delete_of_an_edited_record_asks_whether_to_delete_it_all_the_same() {
    let Some(_alone) = wanted() else { return };
    let table = Table::laid();
    let window = &table.desk.window;

    let id = table.clash("Gauge 1", Clash::EditedOnServer);
    table.open("conflict-edited-on-server");
    window.click("conflict-delete");
    table.settled(&id, None);

    let id = table.clash("Gauge 2", Clash::EditedOnServer);
    window.click("conflict-open");
    window.click("conflict-keep-theirs");
    table.settled(&id, Some(&json!({ "Title": "Gauge 2, Ben's" })));
}

//! Files that people bring and put back: imports and exports.
//!
//! Owns: rows in are edits in the ledger. Refuses: the formats. The files are real ones, of this machine: they belong to no
//! promise but that they are read whole.

use super::{Exported, Known, Run, SETS};
use crate::oracle::{Judged, broken};
use crate::plan::deed::{At, Form};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use tidemark_model::ports::Ids as _;

impl Run {
    fn file(&self, at: At, ending: &str) -> PathBuf {
        let memory = PathBuf::from("/dev/shm");
        let folder = if memory.is_dir() { memory } else { PathBuf::from("/tmp") };
        let name = super::told::file_name(&self.shore.disk.root().display().to_string());
        folder.join(format!("{name}-{}.{ending}", at.laptop))
    }

    /// New records from a file.
    pub(super) async fn import(&mut self, at: At, set: usize, rows: usize, form: Form) -> Judged {
        let Some(app) = self.app(at) else { return Ok(()) };
        let (name, properties) = SETS[set];
        let mut made: Vec<(String, String)> = Vec::new();
        for row in 0..rows + usize::from(form == Form::Twice) {
            let first = made.first().filter(|_| row == rows).map(|(id, _)| id.clone());
            let id = first.unwrap_or_else(|| self.laptops[at.laptop].chance().fresh().to_string());
            made.push((id, self.ledger.fresh(at.laptop)));
        }
        let (path, text) = match form {
            Form::Lines | Form::Twice => {
                let line = |(id, mark): &(String, String)| json!({ "Id": id, properties[0]: mark }).to_string();
                (self.file(at, "jsonl"), made.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
            Form::Csv | Form::CsvCr => {
                let end = if form == Form::Csv { "\r\n" } else { "\r" };
                let lines = made.iter().map(|(id, mark)| format!("{id},{mark}"));
                let lines: Vec<_> = std::iter::once(format!("Id,{}", properties[0])).chain(lines).collect();
                (self.file(at, "csv"), lines.join(end))
            }
        };
        if std::fs::write(&path, &text).is_err() {
            return Ok(());
        }
        let imported = app.import_file(name, &path).await;
        if form == Form::CsvCr && imported.is_err() && !self.is_troubled(at.laptop) {
            // How its lines end is no reason to refuse a file.
            let is_written = std::fs::write(&path, text.replace('\r', "\r\n")).is_ok();
            if is_written && app.import_file(name, &path).await.is_ok() {
                let _ = std::fs::remove_file(&path);
                return broken("I1", format!("rows of {name} are refused for how their lines end"));
            }
        }
        let _ = std::fs::remove_file(&path);
        if self.checked("import", imported)?.is_some() {
            let first = self.records.keys().next_back().map_or(5_000, |last| last.max(&5_000) + 1);
            for (nth, (id, mark)) in made.into_iter().enumerate() {
                self.note(self.saved(self.at(at.laptop), set, &id, properties[0], &mark), None);
                self.records.insert(first + nth, Known { set, id });
            }
        }
        Ok(())
    }

    /// A set goes into a file; the file that went out before is edited and put back.
    pub(super) async fn put_back(&mut self, at: At, set: usize) -> Judged {
        let Some(app) = self.app(at) else { return Ok(()) };
        let (name, properties) = SETS[set];
        let before = self.exported.remove(&at.laptop).filter(|exported| exported.set == set);
        let path = self.file(at, "jsonl");
        let Some(Exported { text, edits: then, .. }) = before else {
            if self.checked("export", app.export_file(name, &path).await)?.is_some() {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                for row in text.lines().filter_map(|line| serde_json::from_str::<Map<String, Value>>(line).ok()) {
                    let id = row.get("Id").and_then(Value::as_str).unwrap_or_default().to_owned();
                    self.ledger.see(at.laptop, &id, &row);
                }
                let edits = self.ledger.saved.len();
                self.exported.insert(at.laptop, Exported { set, text, edits });
            }
            let _ = std::fs::remove_file(&path);
            return Ok(());
        };
        let (mut lines, mut edits) = (Vec::new(), Vec::new());
        for mut row in text.lines().filter_map(|line| serde_json::from_str::<Map<String, Value>>(line).ok()).take(3) {
            let id = row.get("Id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let over = row.get(properties[0]).and_then(Value::as_str).map(str::to_owned);
            let mark = self.ledger.fresh(at.laptop);
            row.insert(properties[0].to_owned(), json!(mark));
            lines.push(Value::Object(row).to_string());
            edits.push((id, mark, over));
        }
        if edits.is_empty() || std::fs::write(&path, lines.join("\n")).is_err() {
            return Ok(());
        }
        let imported = app.import_file(name, &path).await;
        let _ = std::fs::remove_file(&path);
        if self.checked("put back", imported)?.is_some() {
            for (id, mark, over) in edits {
                self.note(self.saved(self.at(at.laptop), set, &id, properties[0], &mark), over.as_deref());
                // A question about an earlier file may still be open.
                let earlier = self.ledger.filed.entry(id).or_insert(then);
                *earlier = then.min(*earlier);
            }
        }
        Ok(())
    }
}

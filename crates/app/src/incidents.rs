//! What happened to this device's own disk, in sentences for people.
//!
//! Owns: the wording, once for the window's Activity and for the command line. Refuses: noticing and mending
//! (`tidemark-store`).

use tidemark_store::Incident;

/// Says what happened, what is safe, and what to do, where there is something. `label` says what people call a set.
pub(crate) fn sentence(incident: &Incident, label: impl Fn(&str) -> String) -> String {
    match incident {
        Incident::WorkRestored { records: 1 } => {
            "A saved change was missing from the offline database and was put back; nothing is lost".to_owned()
        }
        Incident::WorkRestored { records } => {
            format!("{records} saved changes were missing from the offline database and were put back; nothing is lost")
        }
        Incident::WorkKept { records, file } => {
            let changes = if *records == 1 { "A change".to_owned() } else { format!("{records} changes") };
            let kept = if *records == 1 { "it is kept" } else { "they are kept" };
            format!(
                "{changes} of another account or of unknown records came to light; {kept} in the file {file} of the data folder"
            )
        }
        Incident::Salvaged { kept, pending, unreadable, is_certain } => {
            let waiting = match (pending, is_certain) {
                (0, false) => {
                    "No change that waits to be sent was found, but some may be in the damaged file".to_owned()
                }
                (1, false) => "One change that waits to be sent is safe; others may be in the damaged file".to_owned(),
                (n, false) => format!("{n} changes that wait to be sent are safe; others may be in the damaged file"),
                (0, true) => "No change was waiting to be sent".to_owned(),
                (1, true) => "The one change that waits to be sent is safe".to_owned(),
                (n, true) => format!("All {n} changes that wait to be sent are safe"),
            };
            let rest = match unreadable {
                0 => "",
                _ => " Some of what the server has as well could not be read.",
            };
            let file = if kept.is_empty() { String::new() } else { format!(" The damaged file is kept as {kept}.") };
            format!(
                "The offline database was damaged and was made anew. {waiting}.{rest} The next sync fetches all records \
                 again.{file}"
            )
        }
        Incident::Healed { set, records: 1 } => {
            format!("A record here ({}) was not as the server has it, and was fetched again", label(set))
        }
        Incident::Healed { set, records } => {
            format!("{records} records here ({}) were not as the server has them, and were fetched again", label(set))
        }
        _ => "Something about the offline database was mended".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_says_what_is_safe() {
        let label = |set: &str| if set == "TodoItems" { "Tasks".to_owned() } else { set.to_owned() };
        let kept = "tidemark.db.damaged-1".to_owned();
        let said = sentence(&Incident::Salvaged { kept, pending: 2, unreadable: 1, is_certain: true }, label);
        assert!(
            said.contains("All 2 changes that wait to be sent are safe") && said.contains("tidemark.db.damaged-1"),
            "{said}"
        );
        assert!(sentence(&Incident::WorkRestored { records: 1 }, label).contains("nothing is lost"));
        let healed = Incident::Healed { set: "TodoItems".to_owned(), records: 3 };
        assert!(sentence(&healed, label).starts_with("3 records here (Tasks) were not"));
        let unsure = Incident::Salvaged { kept: "f".to_owned(), pending: 1, unreadable: 0, is_certain: false };
        assert!(sentence(&unsure, label).contains("One change that waits to be sent is safe; others may be"));
    }
}

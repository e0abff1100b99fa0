//! What happened to this device's own disk, in sentences for people.
//!
//! Owns: the wording, once for the window's Activity and for the command line. Refuses: noticing and mending
//! (`tidemark-store`).

use tidemark_store::Incident;

/// Says what happened, what is safe, and what to do, where there is something.
pub(crate) fn sentence(incident: &Incident) -> String {
    match incident {
        Incident::WorkRestored { records: 1 } => {
            "A saved change was missing from the offline database and was put back; nothing is lost".to_owned()
        }
        Incident::WorkRestored { records } => {
            format!("{records} saved changes were missing from the offline database and were put back; nothing is lost")
        }
        Incident::WorkKept { records, file } => format!(
            "Changes of another account ({records}) were found on this device; they are kept in {file} in the data folder"
        ),
        Incident::Salvaged { kept, pending, unreadable, is_certain } => {
            let waiting = match (pending, is_certain) {
                (n, false) => format!("{n} changes that wait were found, and others may be in the damaged file"),
                (0, true) => "no change was waiting".to_owned(),
                (1, true) => "the change that waits is safe".to_owned(),
                (n, true) => format!("all {n} changes that wait are safe"),
            };
            let rest = match unreadable {
                0 => "everything else could be read",
                _ => "some of the rest could not be read",
            };
            let file = if kept.is_empty() { String::new() } else { format!("; the damaged file is kept as {kept}") };
            format!(
                "The offline database was damaged and was made anew: {waiting}, {rest}, and all records are read again \
                 from the server with the next sync{file}"
            )
        }
        Incident::Healed { set, records: 1 } => {
            format!("A record of {set} was not as the server has it, although nothing waited; it was fetched again")
        }
        Incident::Healed { set, records } => format!(
            "{records} records of {set} were not as the server has them, although nothing waited; they were fetched again"
        ),
        _ => "Something about the offline database was mended".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_says_what_is_safe() {
        let kept = "tidemark.db.damaged-1".to_owned();
        let said = sentence(&Incident::Salvaged { kept, pending: 2, unreadable: 1, is_certain: true });
        assert!(said.contains("all 2 changes that wait are safe") && said.contains("tidemark.db.damaged-1"), "{said}");
        assert!(sentence(&Incident::WorkRestored { records: 1 }).contains("nothing is lost"));
        assert!(sentence(&Incident::Healed { set: "Sites".to_owned(), records: 3 }).starts_with("3 records of Sites"));
    }
}

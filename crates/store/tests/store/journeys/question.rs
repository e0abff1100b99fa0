//! What may be asked, written down from DESIGN section 4 once more and without the code that decides it.

use super::{PROPERTIES, World};
use std::collections::BTreeSet;
use tidemark_model::{ConflictKind, Record, Versioned};
use tidemark_store::OpenConflict;

/// Names a version with what was shown of it: of a tombstone often only the mark is known at first.
pub(super) fn as_shown(server: &Versioned) -> String {
    format!("{} {:?}", server.etag, PROPERTIES.map(|name| server.record.get(name)))
}

impl World {
    /// DESIGN section 4, the table, written down once more: what may be asked.
    pub(super) fn assert_is_a_question(&self, who: usize, open: &OpenConflict) {
        let person = &self.people[who];
        let case = || format!("{} was asked {open:?}", person.name);
        // The three sides are versions that there are.
        if let Some(base) = open.base.as_ref().filter(|base| !base.etag.is_empty()) {
            let there = &self.server.by_etag[&base.etag];
            let same = PROPERTIES.iter().all(|name| there.get(name) == base.record.get(name));
            assert!(there.is_tombstoned || same, "the base is no version of the server: {}", case());
        }
        if let Some(server) = &open.server {
            let there = &self.server.by_etag[&server.etag];
            let same = PROPERTIES.iter().all(|name| there.get(name) == server.record.get(name));
            assert!(there.is_tombstoned || same, "the other side is no version of the server: {}", case());
            assert_ne!(there.updated_by.as_deref(), Some(person.name), "a device conflicts with itself: {}", case());
            let pair = (open.record_id, as_shown(server));
            assert!(!person.answered.contains(&pair), "asked a second time about one version: {}", case());
        }
        let base = open.base.as_ref().map(|base| &base.record).filter(|base| !base.is_tombstoned);
        let server = open.server.as_ref().map(|server| &server.record).filter(|server| !server.is_tombstoned);
        let differs = |a: &Record, b: &Record, name: &str| a.get(name) != b.get(name);
        match open.kind {
            ConflictKind::BothEdited => {
                let server = server.unwrap_or_else(|| panic!("both edited, and one is deleted: {}", case()));
                // Changed on both sides to different values; where there is no base, whatever differs.
                let clashes = |name: &&&str| {
                    let edited = |side| base.is_none_or(|base| differs(base, side, name));
                    edited(&open.mine) && edited(server) && differs(&open.mine, server, name)
                };
                let clashing: BTreeSet<&str> = PROPERTIES.iter().filter(clashes).copied().collect();
                let asked: BTreeSet<&str> = open.properties.iter().map(String::as_str).collect();
                assert!(!clashing.is_empty() && asked == clashing, "no clash, or another one: {}", case());
            }
            ConflictKind::DeletedOnServer => {
                let edited = base.is_none_or(|base| PROPERTIES.iter().any(|name| differs(base, &open.mine, name)));
                assert!(server.is_none() && edited && !open.mine.is_tombstoned, "nothing to restore: {}", case());
            }
            ConflictKind::EditedOnServer => {
                let before = base.unwrap_or(&open.mine);
                let edited = server.is_some_and(|server| PROPERTIES.iter().any(|name| differs(before, server, name)));
                assert!(edited && open.mine.is_tombstoned, "nothing would be deleted unseen: {}", case());
            }
        }
    }
}

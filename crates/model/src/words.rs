//! The words in which what happened is kept and told: in the offline database, in the server's journal, in commands.
//!
//! Owns: each list of words, once, and that a word of a newer or an older version is kept as it was read and fails
//! nothing. Refuses: where they are kept (`store`, `server`) and what a person reads (hosts).

use serde::{Deserialize, Serialize};
use std::fmt;

/// A closed list of words.
pub trait Vocabulary: Copy + PartialEq + Sized + 'static {
    /// Every word of it.
    const ALL: &'static [Self];

    /// Returns the word as it is written.
    fn word(self) -> &'static str;

    /// Reads a word; `None` where the list does not have it.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.word() == word)
    }
}

/// A word as it was read: one of the list, or one that another version of Tidemark wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String", bound = "V: Vocabulary")]
pub enum Word<V> {
    /// One of the list.
    Known(V),
    /// One that this version does not know; it is passed on as it is.
    Other(String),
}

impl<V: Vocabulary> Word<V> {
    /// Returns the word as it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(known) => known.word(),
            Self::Other(other) => other,
        }
    }
}

impl<V: Vocabulary> From<V> for Word<V> {
    fn from(known: V) -> Self {
        Self::Known(known)
    }
}

impl<V: Vocabulary> From<String> for Word<V> {
    fn from(word: String) -> Self {
        V::from_word(&word).map_or(Self::Other(word), Self::Known)
    }
}

impl<V: Vocabulary> From<Word<V>> for String {
    fn from(word: Word<V>) -> Self {
        match word {
            Word::Known(known) => known.word().to_owned(),
            Word::Other(other) => other,
        }
    }
}

impl<V: Vocabulary> PartialEq<V> for Word<V> {
    fn eq(&self, other: &V) -> bool {
        matches!(self, Self::Known(known) if known == other)
    }
}

impl<V: Vocabulary> fmt::Display for Word<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Declares a list: the variant, the word, its meaning, each once.
macro_rules! vocabulary {
    ($(#[$of_all:meta])* $name:ident { $($(#[$of_one:meta])* $one:ident = $word:literal,)+ }) => {
        $(#[$of_all])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$of_one])* $one,)+
        }

        impl $name {
            /// Returns the word as it is kept and told.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$one => $word,)+
                }
            }
        }

        impl Vocabulary for $name {
            const ALL: &'static [Self] = &[$(Self::$one,)+];

            fn word(self) -> &'static str {
                self.as_str()
            }
        }
    };
}

vocabulary! {
    /// What happened to a record, in its history on a device.
    HistoryEvent {
        /// The record was made.
        Created = "created",
        /// Properties were changed.
        Edited = "edited",
        /// The record was deleted.
        Deleted = "deleted",
        /// A deletion was undone.
        Restored = "restored",
        /// Edits of both sides came together.
        Merged = "merged",
        /// This device's values stand where they clashed.
        KeptMine = "kept_mine",
        /// The server's values stand where they clashed.
        TookServer = "took_server",
        /// A side was chosen property by property.
        ChoseSides = "chose_sides",
        /// The record stays deleted.
        AcceptedDelete = "accepted_delete",
        /// The record was deleted, though the server had a newer version.
        DeletedAnyway = "deleted_anyway",
        /// The server's record stands, though it was deleted here.
        KeptServer = "kept_server",
        /// A change was given up.
        Discarded = "discarded",
        /// What was typed gave way to what was typed after it, when that came back from the log after a stop.
        GaveWay = "gave_way",
        /// What did not stand before is a change again.
        BroughtBack = "brought_back",
        /// The model left no place for a text.
        ModelChanged = "model_changed",
    }
}

impl HistoryEvent {
    /// Tells whether what did not stand was a deletion: no side of a record is left of that.
    pub fn lost_a_deletion(self) -> bool {
        matches!(self, Self::Restored | Self::KeptServer)
    }

    /// Tells whether what did not stand is a record as a whole, whatever of it the entry names.
    pub fn lost_a_record(self) -> bool {
        matches!(self, Self::Deleted | Self::AcceptedDelete | Self::DeletedAnyway)
    }
}

vocabulary! {
    /// What came of sending a change.
    AttemptOutcome {
        /// The server has it.
        Accepted = "accepted",
        /// The record was changed since.
        ChangedMeanwhile = "changed_meanwhile",
        /// The server has no such record.
        Gone = "gone",
        /// The server will not have it.
        Refused = "refused",
        /// The answer was no decision.
        NotDecided = "not_decided",
        /// It is on its way.
        Unanswered = "unanswered",
    }
}

vocabulary! {
    /// What a cycle came to, as it is kept and told.
    CycleOutcome {
        /// Push and pull went through; conflicts and parked records may be open.
        Synced = "synced",
        /// No network, or no Tidemark server at the other end.
        Offline = "offline",
        /// The server wants the password again.
        SignedOut = "signed_out",
        /// Anything else.
        Failed = "failed",
    }
}

vocabulary! {
    /// What a change did to the record, in the server's change journal.
    JournalKind {
        /// Made it.
        Create = "create",
        /// Changed it.
        Update = "update",
        /// Tombstoned it.
        Delete = "delete",
        /// Took its tombstone away.
        Restore = "restore",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn each_reads_back<V: Vocabulary + fmt::Debug>(words: &[&str]) {
        assert_eq!(V::ALL.iter().map(|one| one.word()).collect::<Vec<_>>(), words);
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len(), "one word each");
        for one in V::ALL {
            let text = serde_json::to_string(&Word::from(*one)).unwrap();
            assert_eq!(text, format!("{:?}", one.word()));
            let read = serde_json::from_str::<Word<V>>(&text).unwrap();
            assert_eq!((read.to_string().as_str(), &read), (one.word(), &Word::from(*one)));
            assert!(V::ALL.iter().all(|other| (read == *other) == (other.word() == one.word())), "{text}");
        }
        let unknown: Word<V> = serde_json::from_str("\"of_next_year\"").unwrap();
        assert_eq!((&unknown, unknown.as_str()), (&Word::Other("of_next_year".into()), "of_next_year"));
        assert_eq!(serde_json::to_string(&unknown).unwrap(), "\"of_next_year\"", "it is passed on as it is");
    }

    #[test]
    fn what_did_not_stand_was_a_record_or_a_deletion_of_it_or_values() {
        let words = |is: fn(HistoryEvent) -> bool| {
            HistoryEvent::ALL.iter().filter(|event| is(**event)).map(|event| event.word()).collect::<Vec<_>>()
        };
        assert_eq!(words(HistoryEvent::lost_a_record), ["deleted", "accepted_delete", "deleted_anyway"]);
        assert_eq!(words(HistoryEvent::lost_a_deletion), ["restored", "kept_server"]);
    }

    #[test]
    fn what_is_kept_on_disks_and_told_on_the_wire_reads_back() {
        each_reads_back::<HistoryEvent>(&[
            "created",
            "edited",
            "deleted",
            "restored",
            "merged",
            "kept_mine",
            "took_server",
            "chose_sides",
            "accepted_delete",
            "deleted_anyway",
            "kept_server",
            "discarded",
            "gave_way",
            "brought_back",
            "model_changed",
        ]);
        each_reads_back::<AttemptOutcome>(&[
            "accepted",
            "changed_meanwhile",
            "gone",
            "refused",
            "not_decided",
            "unanswered",
        ]);
        each_reads_back::<CycleOutcome>(&["synced", "offline", "signed_out", "failed"]);
        each_reads_back::<JournalKind>(&["create", "update", "delete", "restore"]);
    }
}

//! What `$search` looks for (OData URL Conventions 4.01 section 5.1.7).
//!
//! Owns: the typed tree. Refuses: what "found" means (`crate::text`).

/// A search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// A word or a phrase is found.
    Word(String),
    /// It is not so.
    Not(Box<Search>),
    /// All of these hold.
    All(Vec<Search>),
    /// One of these holds at least.
    Any(Vec<Search>),
}

impl Search {
    /// Returns how many words there are in it.
    pub fn words(&self) -> usize {
        match self {
            Self::Word(_) => 1,
            Self::Not(inner) => inner.words(),
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::words).sum(),
        }
    }
}

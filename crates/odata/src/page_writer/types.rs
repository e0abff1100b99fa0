//! What is said of a value's type beside it (OData JSON Format 4.01 section 4.6.3).
//!
//! Owns: the word, and where it is not needed. Refuses: values.

use crate::Version;

/// Returns the name that a type has in `@odata.type` (section 4.6.3): 4.0 wants a hash in front.
pub(super) fn type_name(edm: &str, version: Version) -> String {
    let bare = edm.strip_prefix("Edm.").unwrap_or(edm);
    if version == Version::V401 { bare.to_owned() } else { format!("#{bare}") }
}

/// Tells whether the form of a value in JSON says its type.
pub(super) fn says_itself(edm: &str) -> bool {
    matches!(edm, "Edm.String" | "Edm.Boolean" | "Edm.Double")
}

//! Values that a query makes (`$apply`, `$compute`), as members of an item (OData JSON Format 4.01 section 4.6.3, Data
//! Aggregation 4.0 section 3).
//!
//! Owns: their form in JSON, their types, and what stands within what: `Site/Name` is `Name` within `Site`. Refuses: making
//! them.

use super::record::write_text;
use super::types::{says_itself, type_name};
use crate::{Format, Version};
use std::borrow::Cow;
use std::io::Write as _;
use tidemark_model::Cell;

/// A value as it is known before any row of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made<'n> {
    /// Its name or path.
    pub name: Cow<'n, str>,
    /// The name of its type, such as `Edm.Decimal`.
    pub edm: &'static str,
    /// Whether the type of the entity set says so already.
    pub is_declared: bool,
}

/// Writes the values of each row.
#[derive(Clone, Debug)]
pub struct MadeWriter {
    version: Version,
    format: Format,
    members: Vec<Member>,
}

#[derive(Clone, Debug)]
enum Member {
    /// The value at a place among the cells.
    Value { at: usize, name: String, edm: &'static str, is_declared: bool },
    /// What has a name in front of a slash.
    Within { name: String, members: Vec<Member> },
}

impl MadeWriter {
    /// Prepares a writer of these values, in the order in which their cells are given.
    pub fn new<'n>(values: impl IntoIterator<Item = Made<'n>>, version: Version, format: Format) -> Self {
        let mut members = Vec::new();
        for (at, value) in values.into_iter().enumerate() {
            put(&mut members, &value.name, at, &value);
        }
        Self { version, format, members }
    }

    /// Returns the names as a context URL has them, such as `Site(Name)`.
    pub fn names(&self) -> Vec<String> {
        names(&self.members)
    }

    /// Writes the values of one row, each with a comma in front; texts as a payload has them.
    pub fn append(&self, out: &mut Vec<u8>, cells: &[Cell<'_>]) {
        self.write(&self.members, out, cells);
    }

    fn write(&self, members: &[Member], out: &mut Vec<u8>, cells: &[Cell<'_>]) {
        let prefix = self.version.prefix();
        for member in members {
            match member {
                Member::Within { name, members } => {
                    // Writing to memory cannot fail, here and below.
                    let _ = write!(out, ",\"{name}\":");
                    let start = out.len();
                    self.write(members, out, cells);
                    out[start] = b'{';
                    out.push(b'}');
                }
                Member::Value { at, name, edm, is_declared } => {
                    let text = if let Some(Cell::Text(text)) = cells.get(*at) { Some(text.as_ref()) } else { None };
                    let is_told = (*is_declared && !self.format.is_full()) || says_itself(edm);
                    if text.is_some() && !is_told && !self.format.is_none() {
                        let _ = write!(out, ",\"{name}{prefix}type\":\"{}\"", type_name(edm, self.version));
                    }
                    let _ = write!(out, ",\"{name}\":");
                    match text {
                        None => out.extend_from_slice(b"null"),
                        Some(text) if self.is_bare(edm, text) => out.extend_from_slice(text.as_bytes()),
                        Some(text) => write_text(text, out),
                    }
                }
            }
        }
    }

    /// Tells whether a value stands without quotes: INF and NaN do not (section 7.1).
    fn is_bare(&self, edm: &str, text: &str) -> bool {
        match edm {
            "Edm.Boolean" => true,
            "Edm.Int64" | "Edm.Decimal" => !self.format.numbers_as_strings && is_number(text),
            "Edm.Int32" | "Edm.Double" => is_number(text),
            _ => false,
        }
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
}

fn put(members: &mut Vec<Member>, path: &str, at: usize, value: &Made<'_>) {
    let Some((first, rest)) = path.split_once('/') else {
        let (edm, is_declared) = (value.edm, value.is_declared);
        return members.push(Member::Value { at, name: path.to_owned(), edm, is_declared });
    };
    let known = members.iter_mut().find_map(|member| match member {
        Member::Within { name, members } if name == first => Some(members),
        _ => None,
    });
    if let Some(members) = known {
        return put(members, rest, at, value);
    }
    let mut inner = Vec::new();
    put(&mut inner, rest, at, value);
    members.push(Member::Within { name: first.to_owned(), members: inner });
}

fn names(members: &[Member]) -> Vec<String> {
    let name = |member: &Member| match member {
        Member::Value { name, .. } => name.clone(),
        Member::Within { name, members } => format!("{name}({})", names(members).join(",")),
    };
    members.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metadata;

    const VALUES: [(&str, &str, bool); 6] = [
        ("Site/Name", "Edm.String", true),
        ("N", "Edm.Int64", false),
        ("Site/Owner/Id", "Edm.Guid", true),
        ("Mean", "Edm.Decimal", false),
        ("Far", "Edm.Double", false),
        ("IsHot", "Edm.Boolean", false),
    ];

    fn written(version: Version, format: Format, cells: [Option<&'static str>; 6]) -> String {
        let made = |(name, edm, is_declared): (&'static str, _, _)| Made { name: name.into(), edm, is_declared };
        let writer = MadeWriter::new(VALUES.map(made), version, format);
        assert_eq!(writer.names().join(","), "Site(Name,Owner(Id)),N,Mean,Far,IsHot");
        let cells = cells.map(|text| text.map_or(Cell::Null, |text| Cell::Text(text.into())));
        let mut out = Vec::new();
        writer.append(&mut out, &cells);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_stand_in_the_form_of_their_type() {
        let cells = [Some("a\"b"), Some("3"), Some("8f0e6a52"), Some("2.50"), Some("INF"), Some("true")];
        insta::assert_snapshot!(
            written(Version::V40, Format::default(), cells),
            @r##","Site":{"Name":"a\"b","Owner":{"Id":"8f0e6a52"}},"N@odata.type":"#Int64","N":3,"Mean@odata.type":"#Decimal","Mean":2.50,"Far":"INF","IsHot":true"##
        );
        let none = Format { metadata: Metadata::None, numbers_as_strings: true };
        insta::assert_snapshot!(
            written(Version::V401, none, [None, Some("3"), None, Some("NaN"), Some("-1.5e-7"), None]),
            @r#","Site":{"Name":null,"Owner":{"Id":null}},"N":"3","Mean":"NaN","Far":-1.5e-7,"IsHot":null"#
        );
        let full = Format { metadata: Metadata::Full, ..Format::default() };
        insta::assert_snapshot!(
            written(Version::V401, full, cells),
            @r#","Site":{"Name":"a\"b","Owner":{"Id@type":"Guid","Id":"8f0e6a52"}},"N@type":"Int64","N":3,"Mean@type":"Decimal","Mean":2.50,"Far":"INF","IsHot":true"#
        );
    }
}

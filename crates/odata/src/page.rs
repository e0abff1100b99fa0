//! Pages and deltas, read: the hot path of the product (OData JSON Format 4.01 sections 13 and 15).
//!
//! Owns: the way from the bytes of an answer to [`Incoming`] items, without a JSON tree. Refuses: storing them, and
//! guessing: a value that does not fit its property gives the whole page up with a sentence that names the record and
//! the property, because a page is taken whole or not at all (its delta link commits with it).

mod record;
mod removed;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use record::DEEPEST_UNKNOWN;
use record::RecordReader;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use std::borrow::Cow;
use std::fmt;
use tidemark_model::{EntitySet, RowSink};

/// What a page says besides its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageEnd {
    /// Where the next page is.
    pub next_link: Option<String>,
    /// Where later changes are.
    pub delta_link: Option<String>,
    /// How many records there are in all.
    pub count: Option<u64>,
    /// How many items this page had.
    pub items: u64,
}

/// Why a page was given up.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError<E> {
    /// It is no page of this entity set; the sentence names the record and the property.
    #[error("{0}")]
    Malformed(String),
    /// The sink refused an item.
    #[error("{0}")]
    Sink(E),
}

/// Reads a page or delta straight into a sink.
///
/// # Errors
/// [`PageError::Malformed`] or the sink's own error; items already taken are the sink's to roll back.
pub fn read_page<S: RowSink>(bytes: &[u8], set: &EntitySet, sink: &mut S) -> Result<PageEnd, PageError<S::Error>> {
    // Checked once for the whole page, so that no string in it is checked again.
    let text = std::str::from_utf8(bytes).map_err(|_| malformed(set, "the answer is not UTF-8"))?;
    let mut page = Page { record: RecordReader::new(set), sink, refused: None, end: PageEnd::default() };
    let mut json = serde_json::Deserializer::from_str(text);
    match json.deserialize_map(&mut page).and_then(|()| json.end()) {
        Ok(()) => Ok(page.end),
        Err(error) => Err(match page.refused {
            Some(refused) => PageError::Sink(refused),
            None => malformed(set, &page.problem(&error)),
        }),
    }
}

fn malformed<E>(set: &EntitySet, problem: &str) -> PageError<E> {
    let set = &set.name;
    PageError::Malformed(format!(
        "{set} could not be read from the server: {problem}. What is on this device stays as it is."
    ))
}

/// The state of reading one page.
struct Page<'de, 'm, S: RowSink> {
    record: RecordReader<'de, 'm>,
    sink: &'m mut S,
    refused: Option<S::Error>,
    end: PageEnd,
}

impl<S: RowSink> Page<'_, '_, S> {
    fn problem(&self, error: &serde_json::Error) -> String {
        let full = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let what = match error.classify() {
            Category::Data => full.strip_suffix(&place).unwrap_or(&full).to_owned(),
            Category::Eof => "the answer ends too early".to_owned(),
            Category::Syntax | Category::Io => format!("the answer is not the JSON of a page ({full})"),
        };
        self.record.place(self.end.items + 1).map_or(what.clone(), |place| format!("{place}: {what}"))
    }
}

impl<'de, S: RowSink> Visitor<'de> for &mut Page<'de, '_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the array value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut has_items = false;
        while let Some(key) = map.next_key_seed(Text)? {
            match key.strip_prefix("@odata.").or_else(|| key.strip_prefix('@')).unwrap_or(&key) {
                "value" if key == "value" => {
                    if has_items {
                        return Err(A::Error::custom("the answer has value twice"));
                    }
                    has_items = true;
                    map.next_value_seed(Items(&mut *self))?;
                }
                "nextLink" => self.end.next_link = Some(map.next_value_seed(Text)?.into_owned()),
                "deltaLink" => self.end.delta_link = Some(map.next_value_seed(Text)?.into_owned()),
                "count" if key != "count" => self.end.count = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if has_items { Ok(()) } else { Err(A::Error::custom("the answer has no value")) }
    }
}

/// The array of items.
struct Items<'r, 'de, 'm, S: RowSink>(&'r mut Page<'de, 'm, S>);

impl<'de, S: RowSink> DeserializeSeed<'de> for Items<'_, 'de, '_, S> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, S: RowSink> Visitor<'de> for Items<'_, 'de, '_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let page = self.0;
        while seq.next_element_seed(&mut page.record)?.is_some() {
            let item = page.record.incoming().map_err(A::Error::custom)?;
            if let Err(refused) = page.sink.take(item) {
                page.refused = Some(refused);
                return Err(A::Error::custom("refused by the sink"));
            }
            page.record.clear();
            page.end.items += 1;
        }
        Ok(())
    }
}

/// A string, borrowed where it has no escapes.
pub(crate) struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

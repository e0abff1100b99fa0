//! Every word that could be taken for something else, in every case, as set, as type and as property of a model.
//!
//! Shared by the tests of the server and of the store (`#[path]`): each brings the words that mean something to it,
//! taken from its own lists and its own database, and goes round its part of the loop with what a model may use.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use tidemark_model::{CACHED_ENTITIES, EntityModel, ID, IS_TOMBSTONED, Role, STATE, UPDATED_AT, UPDATED_BY};

const CONTAINER: &str = "TheOnlyContainer";
/// The set whose records have every word as a property of text.
pub(crate) const TEXTS: &str = "EveryText";
/// The same with Boolean.
pub(crate) const FLAGS: &str = "EveryFlag";
const PLAIN: &str = "JustText";

/// What a model may use of the words, in one case.
pub(crate) struct Accepted {
    /// As entity sets.
    pub(crate) sets: Vec<String>,
    /// As entity types.
    pub(crate) types: Vec<String>,
    /// As properties.
    pub(crate) properties: Vec<String>,
}

/// Returns the words as they are, in upper and in mixed case, and in lower case where that is a spelling of its own;
/// no two of one list differ only in case.
pub(crate) fn spellings<'w>(words: impl Iterator<Item = &'w str>) -> Vec<Vec<String>> {
    let mut words: Vec<String> = words.map(str::to_owned).collect();
    words.extend([ID, IS_TOMBSTONED, UPDATED_AT, UPDATED_BY, STATE, CACHED_ENTITIES].map(str::to_owned));
    words.extend([
        format!("{TEXTS}_by_sequence"),
        "a".repeat(60),
        "b".repeat(61),
        "c".repeat(128),
        String::new(),
        "größe".into(),
        "a b".into(),
    ]);
    let mixed = |word: &String| {
        let swapped = word.char_indices().map(|(at, c)| if at % 2 == 0 { c.to_ascii_uppercase() } else { c });
        swapped.collect::<String>()
    };
    let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let lower = lower.into_iter().filter(|word| !words.contains(word)).collect();
    let upper = words.iter().map(|word| word.to_ascii_uppercase()).collect();
    let mixed = words.iter().map(mixed).collect();
    let once = |words: Vec<String>| {
        let mut seen = BTreeSet::new();
        words.into_iter().filter(|word| seen.insert(word.to_ascii_lowercase())).collect()
    };
    [words, lower, upper, mixed].map(once).to_vec()
}

/// Asks a model about each word in each place. What it refuses it must name, with line and element.
pub(crate) fn accepted(words: &[String]) -> Accepted {
    let pick = |document: &dyn Fn(&str) -> Value, is_there: &dyn Fn(&EntityModel, &str) -> bool| {
        words.iter().filter(|word| is_accepted(word, &document(word), is_there)).cloned().collect()
    };
    Accepted {
        sets: pick(&|word| one(word, "Thing", PLAIN), &|model, word| model.set(word).is_some()),
        types: pick(&|word| one("Things", word, PLAIN), &|model, word| {
            model.set("Things").is_some_and(|set| set.entity_type.name == word)
        }),
        properties: pick(&|word| one("Things", "Thing", word), &|model, word| {
            let property = model.set("Things").and_then(|set| set.entity_type.property(word));
            property.is_some_and(|property| property.role == Role::Declared)
        }),
    }
}

fn is_accepted(word: &str, document: &Value, is_there: &dyn Fn(&EntityModel, &str) -> bool) -> bool {
    let text = serde_json::to_string_pretty(document).unwrap();
    match EntityModel::to_serve(&text) {
        // The sync properties may stand in a model.
        Ok(model) => {
            is_there(&model, word) || {
                assert_eq!(word, UPDATED_BY, "neither there nor refused");
                false
            }
        }
        Err(error) => {
            assert!(error.element.ends_with(&format!("/{word}")), "{word}: {error}");
            let member = format!("{}:", Value::from(word));
            let lines = text.lines().enumerate().filter(|(_, line)| line.contains(&member));
            assert!(lines.map(|(at, _)| at + 1).any(|line| line == error.line), "{word}: {error}\n{text}");
            false
        }
    }
}

fn entity_type(properties: &[String], of: &Value) -> Value {
    let mut members = json!({ "$Kind": "EntityType", "$Key": ["Id"], "Id": { "$Type": "Edm.Guid" } });
    for property in properties {
        members[property] = of.clone();
    }
    members
}

fn text() -> Value {
    json!({ "$Nullable": true, "$MaxLength": 500 })
}

fn document(sets: Vec<(String, String, Value)>) -> Value {
    let mut document = json!({ "$Version": "4.01", "$EntityContainer": format!("T.{CONTAINER}"), "T": {} });
    let mut container = json!({ "$Kind": "EntityContainer" });
    for (set, name, entity_type) in sets {
        container[set] = json!({ "$Collection": true, "$Type": format!("T.{name}") });
        document["T"][name] = entity_type;
    }
    document["T"][CONTAINER] = container;
    document
}

fn one(set: &str, name: &str, property: &str) -> Value {
    document(vec![(set.into(), name.into(), entity_type(&[property.into()], &text()))])
}

impl Accepted {
    /// Returns a model with all of it: a set per word, its type of the same name where it may be.
    pub(crate) fn model(&self) -> EntityModel {
        let mut sets = Vec::new();
        for (number, set) in self.sets.iter().enumerate() {
            let name = if self.types.contains(set) { set.clone() } else { format!("TypeNumber{number}") };
            sets.push((set.clone(), name, entity_type(&[self.property_of(set).to_owned()], &text())));
        }
        sets.push((TEXTS.into(), "OfText".into(), entity_type(&self.properties, &text())));
        let flag = json!({ "$Type": "Edm.Boolean", "$Nullable": true });
        sets.push((FLAGS.into(), "OfFlag".into(), entity_type(&self.properties, &flag)));
        EntityModel::to_serve(&serde_json::to_string_pretty(&document(sets)).unwrap()).unwrap()
    }

    /// Returns the one property of a word's set: the word itself where it may be.
    pub(crate) fn property_of<'a>(&'a self, set: &'a str) -> &'a str {
        if self.properties.iter().any(|property| property == set) { set } else { PLAIN }
    }
}

/// Returns a filter that a record must pass whose property of text holds `it's`, and one that it must not.
pub(crate) fn filters_of_text(p: &str) -> [(String, bool); 2] {
    let has = format!(
        "{p} eq 'it''s' and 'it''s' eq {p} and {p} ne null and not ({p} ne 'it''s') and {p} in ('it''s') \
         and contains({p},'t''') and startswith({p},'it') and tolower({p}) eq {p} and length({p}) eq 4 \
         and not endswith({p},'x') and ({p}) le {p} and concat({p},{p}) eq 'it''sit''s' and indexof({p},'s') eq 3"
    );
    let not = format!("{p} ne 'it''s' or {p} eq null or not({p} eq 'it''s') or {p} lt {p} or {p} gt {p}");
    [(has, true), (not, false)]
}

/// The same for a Boolean property that holds true.
pub(crate) fn filters_of_flag(p: &str) -> [(String, bool); 2] {
    let has = format!("{p} and ({p} or {p}) and {p} eq true and not not {p}");
    [(has, true), (format!("not {p} or not ({p}) and {p} or {p} eq false"), false)]
}

/// Returns an order by a property, in both directions.
pub(crate) fn order(p: &str) -> String {
    format!("{p},{p} desc,{p} asc,Id")
}

//! How two edits of one property come together (annotation `@Tidemark.Merge`, and multi-line text).
//!
//! Owns: the rules. Refuses: choosing where no rule applies; that is a clash, and a person's.

use crate::cell::CellSeed;
use crate::entity::{MergeRule, Property};
use crate::text::{lines_ended_alike, normal, same};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// Returns what both edits of a property come to, or `None` where they clash.
///
/// `before` is the value that both started from; `None` where both made the record.
pub(crate) fn join(
    property: &Property,
    before: Option<&Value>,
    ours: &Value,
    theirs: &Value,
    ours_is_later: bool,
) -> Option<Value> {
    let joined = match property.merge {
        MergeRule::Ask if property.multi_line => join_lines(before?, ours, theirs),
        MergeRule::Ask => None,
        MergeRule::Later => Some(if ours_is_later { ours } else { theirs }.clone()),
        MergeRule::Server => Some(theirs.clone()),
        MergeRule::Union => Some(join_words(before.unwrap_or(&Value::Null), ours, theirs)),
    };
    // What came together may have grown too long; then a person shortens it.
    joined.filter(|value| CellSeed::written(property).read(value).is_ok())
}

/// Merges text by line; edits of the same or of neighbouring lines clash. How lines end and the normal form of a line
/// are no edit: each line is one that a side has, the server's where it has it too, and lines end as the server's do.
fn join_lines(before: &Value, ours: &Value, theirs: &Value) -> Option<Value> {
    let (before, ours, theirs) = (before.as_str()?, ours.as_str()?, theirs.as_str()?);
    let end = ["\r\n", "\r"].into_iter().find(|end| theirs.contains(end)).unwrap_or("\n");
    let [before, ours, theirs] = [before, ours, theirs].map(lines_ended_alike);
    let written: HashMap<Cow<'_, str>, &str> = [&before, &ours, &theirs]
        .into_iter()
        .flat_map(|text| text.split('\n'))
        .map(|line| (normal(line), line))
        .collect();
    let merged = join_plain_lines(&normal(&before), &normal(&ours), &normal(&theirs))?;
    let lines: Vec<&str> = merged.split('\n').map(|line| written.get(line).copied().unwrap_or(line)).collect();
    Some(Value::String(lines.join(end)))
}

fn join_plain_lines(before: &str, ours: &str, theirs: &str) -> Option<String> {
    // A last line without its end would make an appended line an edit of it: every line gets one for the merge.
    let ended = |text: &str| if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") };
    let merged = diffy::merge(&ended(before), &ended(ours), &ended(theirs)).ok()?;
    let is_ended = [ours, theirs].into_iter().find(|text| text.ends_with('\n') != before.ends_with('\n'));
    let keeps_end = is_ended.unwrap_or(before).ends_with('\n');
    let merged = if keeps_end { merged.as_str() } else { merged.strip_suffix('\n').unwrap_or(&merged) };
    Some(merged.to_owned())
}

/// Merges comma-separated words as a set: what either side added is there, what either side removed is not.
fn join_words(before: &Value, ours: &Value, theirs: &Value) -> Value {
    let words = |value: &Value| -> Vec<String> {
        let text = value.as_str().unwrap_or_default();
        text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
    };
    let (before, ours, theirs) = (words(before), words(ours), words(theirs));
    let mut joined: Vec<&String> = Vec::new();
    for word in theirs.iter().chain(&before).chain(&ours) {
        let is_in = |words: &[String]| words.iter().any(|other| same(other, word));
        let stays = if is_in(&before) { is_in(&ours) && is_in(&theirs) } else { true };
        if stays && !joined.iter().any(|other| same(other, word)) {
            joined.push(word);
        }
    }
    // The order must not depend on which side is asked.
    joined.sort();
    if joined.is_empty() {
        return Value::Null;
    }
    Value::String(joined.into_iter().cloned().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn edits_of_different_lines_merge_and_of_the_same_clash() {
        let before = json!("one\ntwo\nthree\nfour");
        let lines = |ours: &str, theirs: &str| join_lines(&before, &json!(ours), &json!(theirs));
        let both = lines("ONE\ntwo\nthree\nfour", "one\ntwo\nthree\nFOUR");
        assert_eq!(both, Some(json!("ONE\ntwo\nthree\nFOUR")));
        let appended = lines("one\ntwo\nthree\nfour\nfive", "zero\none\ntwo\nthree\nfour");
        assert_eq!(appended, Some(json!("zero\none\ntwo\nthree\nfour\nfive")));
        assert_eq!(lines("ONE\ntwo\nthree\nfour", "Uno\ntwo\nthree\nfour"), None);
        assert_eq!(join_lines(&Value::Null, &json!("a"), &json!("b")), None);
    }

    #[test]
    fn the_end_of_the_last_line_is_as_whoever_changed_it_left_it() {
        let lines = |before: &str, ours: &str, theirs: &str| join_lines(&json!(before), &json!(ours), &json!(theirs));
        assert_eq!(lines("1\n2\n3", "1\n2\n3\n", "0\n2\n3"), Some(json!("0\n2\n3\n")));
        assert_eq!(lines("1\n2\n3\n", "1\n2\n3\n", "0\n2\n3"), Some(json!("0\n2\n3")));
        assert_eq!(lines("1\n2\n3\n", "1\n2\nthree\n", "0\n2\n3\n"), Some(json!("0\n2\nthree\n")));
    }

    #[test]
    fn text_of_one_line_is_not_merged_by_line() {
        let model = crate::EntityModel::parse(crate::EntityModel::default_document()).unwrap();
        let items = &model.set("TodoItems").unwrap().entity_type;
        let joined = |name: &str| {
            let [before, ours, theirs] = ["1\n2\n3", "one\n2\n3", "1\n2\nthree"].map(|text| json!(text));
            join(items.property(name).unwrap(), Some(&before), &ours, &theirs, true)
        };
        assert_eq!((joined("Notes"), joined("Title")), (Some(json!("one\n2\nthree")), None));
    }

    #[test]
    fn words_merge_as_a_set_from_either_side() {
        let (before, ours, theirs) = (json!("red, wet"), json!("wet, tall"), json!("red, new"));
        let joined = join_words(&before, &ours, &theirs);
        assert_eq!(joined, json!("new, tall"));
        assert_eq!(join_words(&before, &theirs, &ours), joined);
        assert_eq!(join_words(&before, &Value::Null, &Value::Null), Value::Null);
    }
}

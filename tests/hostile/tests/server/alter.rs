//! Altering JSON: as a tree, as a list, and as text, where a tree has no words for what may come.
//!
//! Owns: single alterations. Refuses: knowing what the JSON means.

use serde_json::{Value, json};
use tidemark_test_dice::Dice;

/// Returns a value that hardly anything expects.
pub(crate) fn any_value(dice: &mut Dice) -> Value {
    match dice.below(18) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(i64::MAX),
        4 => json!(i64::MIN),
        5 => json!(u64::MAX),
        6 => json!(1e300),
        7 => json!(-0.0),
        8 => json!(""),
        9 => json!("\u{0}"),
        10 => json!("\u{202e}\u{feff}e\u{301}\u{ffff}"),
        11 => json!("x".repeat(dice.below(300_000))),
        12 => json!([]),
        13 => json!({}),
        14 => json!([[{ "a": [null] }]]),
        15 => (0..dice.below(120)).fold(json!(1), |inner, _| json!([inner])),
        16 => (0..dice.below(120)).fold(json!(1), |inner, _| json!({ "a": inner })),
        _ => json!("2026-02-30T25:61:61+99:99"),
    }
}

/// Returns bytes that are no answer.
pub(crate) fn junk(dice: &mut Dice) -> Vec<u8> {
    match dice.below(14) {
        0 => Vec::new(),
        1 => b"<html><body>Sign in to the hotel</body></html>".to_vec(),
        2 => b"[".repeat(200_000),
        3 => [b"{\"value\":".repeat(50_000), b"1".to_vec()].concat(),
        4 => [b"{\"value\":[{\"Id\":".to_vec(), b"[".repeat(100_000), b"]".repeat(100_000), b"}]}".to_vec()].concat(),
        5 => b"\xff\xfe{\x00}".to_vec(),
        6 => b"{\"value\":[],\"value\":[]}".to_vec(),
        7 => b"{\"value\":[{\"Title\":\"\\ud800\"}]}".to_vec(),
        8 => b"{\"value\":[{\"Priority\":1e99999}]}".to_vec(),
        9 => {
            [b"{\"responses\":[".to_vec(), b"{\"id\":\"0\",\"status\":204},".repeat(20_000), b"{}]}".to_vec()].concat()
        }
        10 => [b"{\"value\":[],\"x\":\"".to_vec(), b"a".repeat(4 << 20), b"\"}".to_vec()].concat(),
        11 => b"null".to_vec(),
        12 => b"{\"error\":[]}".to_vec(),
        _ => (0..dice.below(200)).map(|_| dice.roll() as u8).collect(),
    }
}

/// Drops, doubles, moves or alters items of a list.
pub(crate) fn list(dice: &mut Dice, items: &mut Vec<Value>) {
    match dice.below(8) {
        0 => dice.shuffle(items),
        1 if !items.is_empty() => {
            items.remove(dice.below(items.len()));
        }
        2 if !items.is_empty() => {
            let twice = items[dice.below(items.len())].clone();
            items.insert(dice.below(items.len() + 1), twice);
        }
        3 => items.truncate(dice.below(items.len() + 1)),
        4 if items.len() > 1 => {
            // Two answers change places, but for their ids.
            let (a, b) = (dice.below(items.len()), dice.below(items.len()));
            let (a_id, b_id) = (items[a]["id"].clone(), items[b]["id"].clone());
            if items[a].is_object() && items[b].is_object() {
                items[a]["id"] = b_id;
                items[b]["id"] = a_id;
            }
        }
        _ => {}
    }
}

/// Alters one place of a tree.
pub(crate) fn tree(dice: &mut Dice, value: &mut Value) {
    match value {
        Value::Array(items) if !items.is_empty() && dice.hits(90) => {
            if dice.hits(25) {
                return list(dice, items);
            }
            let at = dice.below(items.len());
            tree(dice, &mut items[at]);
        }
        Value::Object(members) if !members.is_empty() && dice.hits(90) => {
            let names: Vec<String> = members.keys().cloned().collect();
            let name = &names[dice.below(names.len())];
            match dice.below(10) {
                0 => {
                    members.shift_remove(name);
                }
                1 => {
                    let moved = members.shift_remove(name).unwrap_or_default();
                    members.insert(format!("{name}x"), moved);
                }
                2 => {
                    let other = names[dice.below(names.len())].clone();
                    let copied = members[&other].clone();
                    members.insert(name.clone(), copied);
                }
                _ => tree(dice, &mut members[name]),
            }
        }
        other => *other = any_value(dice),
    }
}

/// Alters text.
pub(crate) fn text(dice: &mut Dice, mut text: Vec<u8>) -> Vec<u8> {
    let at = dice.below(text.len() + 1);
    match dice.below(8) {
        0 => text.truncate(at),
        1 => text.insert(at, 0),
        2 => text.insert(at, 0xff),
        3 => {
            text.splice(at..at, b"\\ud800".iter().copied());
        }
        4 => {
            if let Some(place) = text.iter().position(u8::is_ascii_digit) {
                text.splice(place..place, b"9".repeat(400));
            }
        }
        5 => {
            // Whatever stands first in the object stands there twice.
            if let Some(end) = text.iter().position(|byte| *byte == b',').filter(|_| text.starts_with(b"{")) {
                let first = text[1..=end].to_vec();
                text.splice(1..1, first);
            }
        }
        6 => text.extend_from_slice(b"{}"),
        _ => {
            if let Some(byte) = text.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
    }
    text
}

//! `_UpdatedAt` of a row: which version of the record the file was written from.
//!
//! Owns: reading it, also as spreadsheets leave it. A number of 13 digits is shown, and saved as CSV, as `1.76723E+12`:
//! that is a span of versions and no single one. Refuses: finding the version (the store does, ADR 0011).

use serde_json::Value;
use std::ops::RangeInclusive;
use tidemark_model::UPDATED_AT;
use tidemark_store::RowProblem;

/// The stamps that a text may stand for; `None` where the row says nothing of a version.
pub(super) type Version = Option<RangeInclusive<i64>>;

/// Reads the member of a JSON line.
pub(super) fn of_json(value: &Value) -> Result<Version, RowProblem> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => of_text(text),
        other => of_text(&other.to_string()),
    }
}

/// Reads the field of a CSV row.
pub(super) fn of_text(field: &str) -> Result<Version, RowProblem> {
    let text = field.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let found = text.parse().ok().map(|stamp: i64| stamp..=stamp).or_else(|| rounded(text));
    let wrong = || RowProblem {
        problem: format!("{UPDATED_AT} must be the number that the export wrote, or empty"),
        property: Some(UPDATED_AT.to_owned()),
    };
    found.map(Some).ok_or_else(wrong)
}

/// Reads `1.76723E+12` to everything that is written so.
fn rounded(text: &str) -> Option<RangeInclusive<i64>> {
    let text = text.replace(',', ".");
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let places = exponent.parse::<u32>().ok()?.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    let unit = 10_i64.checked_pow(places)?;
    let middle = format!("{whole}{fraction}").parse::<i64>().ok()?.checked_mul(unit)?;
    Some(middle.checked_sub(unit / 2)?..=middle.checked_add(unit / 2)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_version_is_a_number_also_as_spreadsheets_round_it() {
        for (text, wanted) in [
            ("1767225600000", Some(1_767_225_600_000..=1_767_225_600_000)),
            ("1.76723E+12", Some(1_767_225_000_000..=1_767_235_000_000)),
            ("1,76723E+12", Some(1_767_225_000_000..=1_767_235_000_000)),
            (" 7 ", Some(7..=7)),
            ("", None),
        ] {
            assert_eq!(of_text(text), Ok(wanted), "{text}");
        }
        assert_eq!(of_json(&json!(7)), Ok(Some(7..=7)));
        assert_eq!(of_json(&json!("7")), Ok(Some(7..=7)));
        assert_eq!(of_json(&Value::Null), Ok(None));
        for text in ["yesterday", "1.5", "1e99", "1E-3", "99999999999999999999", "e", "E+12"] {
            assert_eq!(of_text(text).unwrap_err().property.as_deref(), Some("_UpdatedAt"), "{text}");
        }
        assert!(of_json(&json!(1.5)).is_err() && of_json(&json!(true)).is_err() && of_json(&json!([])).is_err());
    }
}

//! What fits a kind, and what a value is written as.

use super::*;
use crate::entity::{MergeRule, Role};
use proptest::prelude::*;
use serde_json::json;

fn property(kind: Kind) -> Property {
    Property {
        name: "P".into(),
        kind,
        nullable: true,
        default: None,
        label: "P".into(),
        multi_line: false,
        indexed: false,
        merge: MergeRule::Ask,
        role: Role::Declared,
    }
}

#[test]
fn equal_values_have_one_canonical_form() {
    let same = [
        (Kind::Decimal { precision: 10, scale: 2 }, json!(12.5), json!("12.50")),
        (Kind::Decimal { precision: 10, scale: 2 }, json!(1e3), json!("1000")),
        (Kind::Int64, json!(7), json!("7")),
        (Kind::Double, json!(3), json!(3.0)),
        (Kind::DateTimeOffset, json!("2026-03-31T10:00:00+02:00"), json!("2026-03-31T08:00Z")),
        (Kind::Guid, json!("8F0E6A52-6D5F-4A55-9D5E-2F7B4C1D9E01"), json!("8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01")),
    ];
    for (kind, a, b) in same {
        let p = property(kind);
        let canonical = |v: &Value| CellSeed::written(&p).read(v).unwrap().to_json(&p);
        assert_eq!(canonical(&a), canonical(&b), "{a} and {b}");
    }
}

#[test]
fn what_does_not_fit_is_refused_and_names_the_property() {
    let wrong = [
        (Kind::String { max_length: Some(2) }, json!("abc")),
        (Kind::String { max_length: None }, json!("a\u{0}b")),
        (Kind::String { max_length: None }, json!(1)),
        (Kind::Boolean, json!("true")),
        (Kind::Int32, json!(2_147_483_648_i64)),
        (Kind::Int32, json!(1.5)),
        (Kind::Int64, json!("9223372036854775808")),
        (Kind::Double, json!("NaN")),
        (Kind::Decimal { precision: 4, scale: 2 }, json!("123.4")),
        (Kind::Decimal { precision: 4, scale: 2 }, json!(0.001)),
        (Kind::Decimal { precision: 4, scale: 2 }, json!("1e999999999")),
        (Kind::Date, json!("2026-02-30")),
        (Kind::DateTimeOffset, json!("yesterday")),
        (Kind::Guid, json!("8f0e6a526d5f4a559d5e2f7b4c1d9e01")),
    ];
    for (kind, value) in wrong {
        let p = property(kind);
        let error = CellSeed::written(&p).read(&value).expect_err(&value.to_string());
        assert!(error.to_string().starts_with("P must"), "{error}");
    }
}

#[test]
fn at_the_edges_of_a_kind_one_side_fits_and_the_other_does_not() {
    let text = |longest| Kind::String { max_length: Some(longest) };
    let edges = [
        (text(2), json!("ab"), json!("abc")),
        // Characters are counted, not bytes.
        (text(2), json!("ää"), json!("äää")),
        (Kind::Date, json!("2028-02-29"), json!("2026-02-29")),
        (Kind::Date, json!("2026-02-01"), json!("2026-2-001")),
        (Kind::Date, json!("2026-12-31"), json!("2026/12/31")),
        (Kind::Date, json!("2026-12-31"), json!("2026-12- 1")),
        (Kind::Date, json!("2026-12-31"), json!("12026-12-31")),
        (Kind::Int32, json!(2_147_483_647), json!(2_147_483_648_i64)),
        (Kind::Int32, json!(3.0), json!(3.5)),
        (Kind::Int64, json!(8_999_999_999_999_999.0), json!(9.0e15)),
        (Kind::Int64, json!(-8_999_999_999_999_999.0), json!(-9.0e15)),
    ];
    for (kind, fits, other) in edges {
        let p = property(kind);
        assert!(CellSeed::written(&p).read(&fits).is_ok(), "{fits}");
        assert!(CellSeed::written(&p).read(&other).is_err(), "{other}");
    }
    let p = property(Kind::Double);
    let read =
        |n: f64| CellSeed::written(&p).deserialize(serde::de::value::F64Deserializer::<serde_json::Error>::new(n));
    assert!(read(f64::INFINITY).is_err() && read(f64::NAN).is_err());
    // One zero: equal values are equal JSON.
    let zero = |cell| matches!(cell, Ok(Cell::Real(n)) if n.to_bits() == 0.0_f64.to_bits());
    assert!(zero(read(-0.0)) && zero(read(0.0)) && matches!(read(1.5), Ok(Cell::Real(n)) if n == 1.5));
}

#[test]
fn a_value_is_written_as_the_json_that_it_is() {
    let values = [
        (Kind::Boolean, json!(true)),
        (Kind::Boolean, json!(false)),
        (Kind::Int32, json!(0)),
        (Kind::Int64, json!(-7)),
        (Kind::Double, json!(1.5)),
        (Kind::String { max_length: None }, json!("a \"b\"\n")),
        (Kind::Date, json!("2026-12-31")),
        (Kind::Guid, json!("8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01")),
        (Kind::Guid, json!(null)),
    ];
    for (kind, value) in values {
        let p = property(kind);
        let cell = CellSeed::written(&p).read(&value).unwrap();
        let mut text = Vec::new();
        cell.write_json(&p, &mut text);
        let written: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!((&cell.to_json(&p), &written), (&value, &value));
    }
}

#[test]
fn what_is_held_already_keeps_to_no_limit_that_came_later() {
    let longer = [
        (Kind::String { max_length: Some(2) }, json!("abc"), Cell::Text("abc".into())),
        (Kind::Decimal { precision: 4, scale: 2 }, json!("123.4"), Cell::Integer(12_340)),
        (Kind::Decimal { precision: 4, scale: 2 }, json!(1234), Cell::Integer(123_400)),
        (Kind::Boolean, json!(null), Cell::Null),
    ];
    for (kind, value, held) in longer {
        let p = Property { nullable: false, ..property(kind) };
        assert!(CellSeed::written(&p).read(&value).is_err(), "{value}");
        assert_eq!(CellSeed::held(&p).read(&value), Ok(held), "{value}");
    }
    let p = property(Kind::Decimal { precision: 4, scale: 2 });
    assert!(CellSeed::held(&p).read(&json!(0.001)).is_err(), "nothing is rounded");
}

proptest! {
    #[test]
    fn a_decimal_survives_the_way_through_json(unscaled in -999_999_999_999_999_999_i64..=999_999_999_999_999_999, scale in 0u8..=18) {
        let p = property(Kind::Decimal { precision: 18, scale });
        let json = Cell::Integer(unscaled).to_json(&p);
        prop_assert_eq!(CellSeed::written(&p).read(&json).unwrap(), Cell::Integer(unscaled));
        let mut text = Vec::new();
        Cell::Integer(unscaled).write_json(&p, &mut text);
        let again: Value = serde_json::from_slice(&text).unwrap();
        prop_assert_eq!(CellSeed::written(&p).read(&again).unwrap(), Cell::Integer(unscaled));
    }

    #[test]
    fn an_instant_survives_the_way_through_json(micros in -62_167_219_200_000_000_i64..253_402_300_800_000_000) {
        let p = property(Kind::DateTimeOffset);
        let json = Cell::Integer(micros).to_json(&p);
        prop_assert_eq!(CellSeed::written(&p).read(&json).unwrap(), Cell::Integer(micros));
    }
}

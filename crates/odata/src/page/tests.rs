use super::*;
use proptest::prelude::*;
use tidemark_model::{Cell, EntityModel, Incoming};

const A: &str = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";
const B: &str = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e02";

/// Keeps items as sentences; refuses from the item with the given number on.
#[derive(Default)]
struct Heard {
    items: Vec<String>,
    refuses_at: Option<usize>,
}

impl RowSink for Heard {
    type Error = &'static str;
    fn take(&mut self, item: Incoming<'_>) -> Result<(), &'static str> {
        if self.refuses_at == Some(self.items.len()) {
            return Err("the disk is full");
        }
        self.items.push(match item {
            Incoming::Row(row) => {
                let cells: Vec<String> = row.cells.iter().map(cell).collect();
                let (stamp, dead, by) = (row.updated_at, row.is_tombstoned, row.updated_by.unwrap_or("-"));
                let (etag, extra) = (row.etag, row.extra.unwrap_or("-"));
                format!("{} {etag} [{}] {stamp} {dead} {by} {extra}", row.id, cells.join(" "))
            }
            Incoming::Removed { id, reason, etag, updated_at, updated_by } => {
                format!("removed {id} {reason:?} {etag:?} {updated_at:?} {updated_by:?}")
            }
        });
        Ok(())
    }
}

fn cell(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => "-".into(),
        Cell::Integer(n) => n.to_string(),
        Cell::Real(n) => n.to_string(),
        Cell::Text(text) => format!("{text:?}"),
        Cell::Guid(id) => id.to_string(),
    }
}

fn model() -> EntityModel {
    EntityModel::parse(
        r#"{
      "$Version": "4.01", "$EntityContainer": "N.C",
      "N": {
        "A": {
          "$Kind": "EntityType", "$Key": ["Id"], "Id": { "$Type": "Edm.Guid" },
          "Title": { "$MaxLength": 10 }, "IsDone": { "$Type": "Edm.Boolean", "$DefaultValue": "false" },
          "Size": { "$Type": "Edm.Double", "$Nullable": true }, "reason": { "$Nullable": true }
        },
        "C": { "$Kind": "EntityContainer", "As": { "$Collection": true, "$Type": "N.A" } }
      }
    }"#,
    )
    .unwrap()
}

fn read(json: &str) -> Result<(PageEnd, Vec<String>), String> {
    let model = model();
    let mut heard = Heard::default();
    let end = read_page(json.as_bytes(), model.set("As").unwrap(), &mut heard).map_err(|e| e.to_string())?;
    Ok((end, heard.items))
}

fn problem(json: &str) -> String {
    let problem = read(json).expect_err(json);
    let inner = problem.strip_prefix("As could not be read from the server: ").unwrap_or(&problem);
    inner.strip_suffix(". What is on this device stays as it is.").unwrap_or(inner).to_owned()
}

#[test]
fn numbers_are_read_digit_for_digit() {
    let source =
        model().document().to_string().replace(r#""Edm.Double""#, r#""Edm.Decimal","$Precision":18,"$Scale":4"#);
    let decimals = EntityModel::parse(&source).unwrap();
    let read = |size: &str| {
        let page = format!(r#"{{"value":[{{"@etag":"1","Id":"{A}","Title":"t","Size":{size}}}],"@deltaLink":"d"}}"#);
        let mut heard = Heard::default();
        read_page(page.as_bytes(), decimals.set("As").unwrap(), &mut heard).map(|_| heard.items.remove(0))
    };
    for (size, unscaled) in [
        ("12345678901234.5678", "123456789012345678"),
        (r#""12345678901234.5678""#, "123456789012345678"),
        (r#""\u0031.50""#, "15000"),
        ("-1e3", "-10000000"),
        ("null", "-"),
    ] {
        let item = read(size).unwrap();
        assert!(item.contains(&format!(r#"["t" - {unscaled} -]"#)), "{size}: {item}");
    }
    for size in ["123456789012345.67891", "true", "{}", r#""x""#] {
        assert!(read(size).unwrap_err().to_string().contains("Size must"), "{size}");
    }
    // A double is the one nearest to what was written, to the last bit.
    for size in ["0.30000000000000004", "2.2250738585072014e-308", "9007199254740993.0", "1.7976931348623157e308"] {
        let (_, items) = self::read(&format!(
            r#"{{"value":[{{"@etag":"1","Id":"{A}","Title":"t","Size":{size}}}],"@deltaLink":"d"}}"#
        ))
        .unwrap();
        let number: f64 = size.parse().unwrap();
        assert!(items[0].contains(&format!(r#"["t" - {number} -]"#)), "{size}: {}", items[0]);
    }
}

#[test]
fn a_page_of_4_01_is_read() {
    let (end, items) = read(&format!(
        r#"{{"@context":"$metadata#As","@count":7,"value":[
            {{"@etag":"W/\"1.a\"","Id":"{A}","Title":"Pump","IsDone":true,"Size":1.5,"reason":"r","_UpdatedAt":5,"_IsTombstoned":false,"_UpdatedBy":"ana"}},
            {{"@etag":"W/\"2.b\"","Id":"{B}","Title":"a\"b\u00e9","IsDone":false,"Size":null,"reason":null,"_UpdatedAt":"6","_IsTombstoned":null,"_UpdatedBy":null}}
        ],"@nextLink":"As?$skiptoken=x"}}"#
    ))
    .unwrap();
    assert_eq!(end, PageEnd { next_link: Some("As?$skiptoken=x".into()), delta_link: None, count: Some(7), items: 2 });
    assert_eq!(
        items,
        [
            format!(r#"{A} W/"1.a" ["Pump" 1 1.5 "r"] 5 false ana -"#),
            format!(r#"{B} W/"2.b" ["a\"bé" 0 - -] 6 false - -"#),
        ]
    );
}

#[test]
fn prefixes_orders_annotations_and_unknown_properties_do_not_matter() {
    let (end, items) = read(&format!(
        r##"{{"@odata.deltaLink":"As?$deltatoken=\u0079","x":[1],"value":[
            {{"@odata.etag":"\"1\"","@odata.type":"#N.A","Id":"{A}","Title@odata.type":"#String","Title":"a","Size":2.5,"Colour":{{"r": 1}},"_State":"add"}},
            {{"_IsTombstoned":true,"Title":null,"Nïckname\n":[1, "]"],"Colour@x.y":1,"Id":"{B}","Ti\u0074le":"b","@etag":"\"2\"","id":7,"Weight":2.50}},
            {{"@odata.etag":"\"3\"","Id":"{A}","Title":"c"}}
        ],"@odata.context":"c"}}"##
    ))
    .unwrap();
    assert_eq!(end.delta_link.as_deref(), Some("As?$deltatoken=y"));
    assert_eq!(
        items,
        [
            format!(r#"{A} "1" ["a" - 2.5 -] 0 false - {{"Colour":{{"r": 1}}}}"#),
            format!(r#"{B} "2" ["b" - - -] 0 true - {{"Nïckname\n":[1, "]"],"id":7,"Weight":2.50}}"#),
            format!(r#"{A} "3" ["c" - - -] 0 false - -"#),
        ]
    );
}

#[test]
fn removed_items_of_both_versions_are_read() {
    let (_, items) = read(&format!(
        r##"{{"value":[
            {{"@removed":{{"reason":"deleted"}},"@id":"As({A})","Id":"{A}","@etag":"\"4\"","_UpdatedAt":9,"_UpdatedBy":"bo"}},
            {{"@odata.removed":{{"x":[],"reason":"changed"}},"@odata.id":"http://host/odata/As/{B}"}},
            {{"@removed":{{}},"Id":"{A}"}},
            {{"@odata.context":"#As/$deletedEntity","id":"As(Id={A})","reason":"deleted"}},
            {{"id":"As({B})","reason":"changed"}},
            {{"@etag":"\"5\"","Id":"{B}","Title":"t","reason":"kept"}}
        ],"@deltaLink":"d"}}"##
    ))
    .unwrap();
    assert_eq!(
        items,
        [
            format!(r#"removed {A} Deleted Some("\"4\"") Some(9) Some("bo")"#),
            format!("removed {B} Changed None None None"),
            format!("removed {A} Changed None None None"),
            format!("removed {A} Deleted None None None"),
            format!("removed {B} Changed None None None"),
            format!(r#"{B} "5" ["t" - - "kept"] 0 false - -"#),
        ]
    );
}

#[test]
fn what_a_server_holds_beyond_the_limits_of_its_model_is_read() {
    let longer = format!(r#"{{"value":[{{"@etag":"\"1\"","Id":"{A}","Title":"12345678901","IsDone":null}}]}}"#);
    let (_, items) = read(&longer).unwrap();
    assert!(items[0].contains("12345678901"), "{items:?}");
}

#[test]
fn what_does_not_fit_names_record_and_property() {
    let record = |members: &str| {
        format!(r#"{{"value":[{{"@etag":"\"1\"","Id":"{B}","Title":"a"}},{{"@etag":"\"1\"","Id":"{A}",{members}}}]}}"#)
    };
    let first = format!("record {A} (item 2 of the page)");
    for (json, expected) in [
        (record(r#""Title":5"#), format!("{first}, Title: Title must be text")),
        (record(r#""IsDone":{"a":1}"#), format!("{first}, IsDone: IsDone must be true or false")),
        (
            record(r#""_UpdatedAt":1.5"#),
            format!("{first}, _UpdatedAt: _UpdatedAt must be a whole number of at most 64 bits"),
        ),
        (
            record(&format!(r#""New":{}1{}"#, "[".repeat(101), "]".repeat(101))),
            format!("{first}, New: New nests more than 100 levels deep"),
        ),
        (record(r#""New":"\ud800""#), format!("{first}, New: New cannot be read (unexpected end of hex escape)")),
        (record(r#""New":[1e999]"#), format!("{first}, New: New cannot be read (number out of range)")),
        (r#"{"value":[{"Title":5}]}"#.into(), "item 1 of the page, Title: Title must be text".into()),
        (r#"{"value":[{"Id":null}]}"#.into(), "item 1 of the page: it has no Id".into()),
        (r#"{"value":[{}]}"#.into(), "item 1 of the page: it has no Id".into()),
        (format!(r#"{{"value":[{{"Id":"{A}"}}]}}"#), format!("record {A} (item 1 of the page): it has no ETag")),
        (
            r#"{"value":[{"@removed":{"reason":"deleted"}}]}"#.into(),
            "item 1 of the page: it is removed, but has neither Id nor @id".into(),
        ),
        (r#"{"value":[5]}"#.into(), "invalid type: integer `5`, expected a record".into()),
        (r#"{"value":{}}"#.into(), "invalid type: map, expected an array of records".into()),
        ("{}".into(), "the answer has no value".into()),
        (r#"{"value":[],"value":[]}"#.into(), "the answer has value twice".into()),
        ("[]".into(), "invalid type: sequence, expected an object with the array value".into()),
        (r#"{"value":["#.into(), "the answer ends too early".into()),
        ("<html>".into(), "the answer is not the JSON of a page (expected value at line 1 column 1)".into()),
    ] {
        assert_eq!(problem(&json), expected, "{json}");
    }
    let error = problem(&record(r#""Size":1e999"#));
    assert!(
        error.starts_with(&format!("{first}, Size: the answer is not the JSON of a page (number out of range")),
        "{error}"
    );
    assert_eq!(
        problem(&format!(r#"{{"value":[]}}{}"#, "]")),
        "the answer is not the JSON of a page (trailing characters at line 1 column 13)"
    );
}

#[test]
fn the_error_of_the_sink_comes_out_as_it_is() {
    let model = model();
    let mut heard = Heard { refuses_at: Some(1), ..Heard::default() };
    let json = format!(r#"{{"value":[{{"@etag":"1","Id":"{A}"}},{{"@etag":"1","Id":"{B}"}}]}}"#);
    let error = read_page(json.as_bytes(), model.set("As").unwrap(), &mut heard).unwrap_err();
    assert_eq!((error, heard.items.len()), (PageError::Sink("the disk is full"), 1));
}

#[test]
fn bombs_are_refused() {
    for bomb in [
        "[".repeat(1_000_000),
        format!(r#"{{"x":{}"#, "[".repeat(1_000_000)),
        format!(r#"{{"value":[{{"New":{}{}}}]}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000)),
        format!(r#"{{"value":[{{"Title":{}"#, "[".repeat(1_000_000)),
        format!(r#"{{"value":[{{"@removed":{{"reason":{}"#, "[".repeat(1_000_000)),
    ] {
        assert!(read(&bomb).is_err());
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let model = model();
        let _ = read_page(&bytes, model.set("As").unwrap(), &mut Heard::default());
    }

    #[test]
    fn a_page_cut_off_anywhere_is_refused(at in 0_usize..200) {
        let whole = format!(r#"{{"value":[{{"@etag":"\"1\"","Id":"{A}","Title":"é","New":[1,"x"]}}],"@deltaLink":"d"}}"#);
        if at < whole.len() {
            let model = model();
            prop_assert!(read_page(&whole.as_bytes()[..at], model.set("As").unwrap(), &mut Heard::default()).is_err());
        }
    }
}

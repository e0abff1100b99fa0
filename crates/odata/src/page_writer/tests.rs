use super::*;
use crate::{Format, Metadata, read_page};
use proptest::prelude::*;
use tidemark_model::{EntityModel, Incoming, Role, RowSink};
use uuid::Uuid;

const ID_TEXT: &str = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";

fn model() -> EntityModel {
    EntityModel::parse(
        r#"{
      "$Version": "4.01", "$EntityContainer": "N.C",
      "N": {
        "A": {
          "$Kind": "EntityType", "$Key": ["Id"], "Id": { "$Type": "Edm.Guid" },
          "Title": {}, "IsDone": { "$Type": "Edm.Boolean", "$DefaultValue": "false" },
          "Price": { "$Type": "Edm.Decimal", "$Precision": 9, "$Scale": 2, "$Nullable": true }
        },
        "C": { "$Kind": "EntityContainer", "As": { "$Collection": true, "$Type": "N.A" } }
      }
    }"#,
    )
    .unwrap()
}

fn row() -> [Cell<'static>; 7] {
    let id = Uuid::parse_str(ID_TEXT).unwrap();
    let text = |text: &'static str| Cell::Text(text.into());
    [
        Cell::Guid(id),
        text("Pump \"3\""),
        Cell::Integer(1),
        Cell::Integer(1250),
        Cell::Integer(5),
        Cell::Integer(0),
        text("ana"),
    ]
}

fn page(version: Version, format: Format, select: &[&str]) -> String {
    let model = model();
    let select: Vec<String> = select.iter().map(|name| (*name).to_owned()).collect();
    let records = RecordWriter::new(model.set("As").unwrap(), &select, version, format).unwrap();
    let kept: Vec<usize> = (0..7)
        .filter(|at| {
            let name = &model.set("As").unwrap().entity_type.properties[*at].name;
            select.is_empty() || select.contains(name)
        })
        .collect();
    let mut page = PageWriter::new(records, &context_url("", "As", &select, "/$delta"), Some(2));
    let row = row();
    page.record("W/\"1.a\"", kept.iter().map(|at| &row[*at]));
    page.removed(RecordId(Uuid::nil()), Removal::Deleted, "W/\"2.b\"", 9, Some("bo"));
    assert_eq!(page.items(), 2);
    String::from_utf8(page.finish(Link::Delta("As?$deltatoken=x"))).unwrap()
}

#[test]
fn pages_in_the_version_of_the_client() {
    insta::assert_snapshot!(page(Version::V401, Format::default(), &[]), @r#"{"@context":"$metadata#As/$delta","@count":2,"value":[{"@etag":"W/\"1.a\"","Id":"8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01","Title":"Pump \"3\"","IsDone":true,"Price":12.5,"_UpdatedAt":5,"_IsTombstoned":false,"_UpdatedBy":"ana"},{"@removed":{"reason":"deleted"},"@id":"As(00000000-0000-0000-0000-000000000000)","Id":"00000000-0000-0000-0000-000000000000","@etag":"W/\"2.b\"","_UpdatedAt":9,"_UpdatedBy":"bo"}],"@deltaLink":"As?$deltatoken=x"}"#);
    insta::assert_snapshot!(page(Version::V40, Format::default(), &["IsDone", "Title"]), @r##"{"@odata.context":"$metadata#As(IsDone,Title)/$delta","@odata.count":2,"value":[{"@odata.etag":"W/\"1.a\"","Title":"Pump \"3\"","IsDone":true},{"@odata.context":"#As/$deletedEntity","id":"As(00000000-0000-0000-0000-000000000000)","reason":"deleted"}],"@odata.deltaLink":"As?$deltatoken=x"}"##);
    insta::assert_snapshot!(page(Version::Unstated, Format::default(), &["Title"]), @r#"{"@odata.context":"$metadata#As(Title)/$delta","@odata.count":2,"value":[{"@odata.etag":"W/\"1.a\"","Title":"Pump \"3\""},{"@removed":{"reason":"deleted"},"@odata.id":"As(00000000-0000-0000-0000-000000000000)","Id":"00000000-0000-0000-0000-000000000000","@odata.etag":"W/\"2.b\"","_UpdatedAt":9,"_UpdatedBy":"bo"}],"@odata.deltaLink":"As?$deltatoken=x"}"#);
}

#[test]
fn metadata_none_and_numbers_as_strings() {
    let format = Format { metadata: Metadata::None, numbers_as_strings: true };
    insta::assert_snapshot!(page(Version::V401, format, &[]), @r#"{"@count":2,"value":[{"Id":"8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01","Title":"Pump \"3\"","IsDone":true,"Price":"12.5","_UpdatedAt":"5","_IsTombstoned":false,"_UpdatedBy":"ana"},{"@removed":{"reason":"deleted"},"@id":"As(00000000-0000-0000-0000-000000000000)","Id":"00000000-0000-0000-0000-000000000000","@etag":"W/\"2.b\"","_UpdatedAt":"9","_UpdatedBy":"bo"}],"@deltaLink":"As?$deltatoken=x"}"#);
}

#[test]
fn one_record_is_an_answer_of_its_own() {
    let model = model();
    let set = model.set("As").unwrap();
    let writer = RecordWriter::new(set, &[], Version::V401, Format::default()).unwrap();
    let context = context_url("http://host/odata/", "As", &[], "/$entity");
    insta::assert_snapshot!(String::from_utf8(writer.entity(&context, "W/\"1.a\"", row())).unwrap(), @r#"{"@context":"http://host/odata/$metadata#As/$entity","@etag":"W/\"1.a\"","Id":"8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01","Title":"Pump \"3\"","IsDone":true,"Price":12.5,"_UpdatedAt":5,"_IsTombstoned":false,"_UpdatedBy":"ana"}"#);
    let nothing = RecordWriter::new(
        set,
        &["Title".into()],
        Version::V401,
        Format { metadata: Metadata::None, ..Format::default() },
    );
    assert_eq!(nothing.unwrap().entity("", "", Vec::<Cell<'_>>::new()), b"{}");
    let error = RecordWriter::new(set, &["Colour".into()], Version::V401, Format::default()).unwrap_err();
    assert_eq!((error.status, error.message.as_str()), (400, "$select names Colour, but As has no such property"));
}

/// Keeps what a page says, to compare it with what was written.
#[derive(Default)]
struct Rows(Vec<Row>);

type Row = (RecordId, String, Vec<Cell<'static>>, i64, bool, Option<String>);

impl RowSink for Rows {
    type Error = std::convert::Infallible;
    fn take(&mut self, item: Incoming<'_>) -> Result<(), Self::Error> {
        if let Incoming::Row(row) = item {
            let cells = row.cells.iter().map(|cell| cell.clone().into_owned()).collect();
            let by = row.updated_by.map(str::to_owned);
            self.0.push((row.id, row.etag.to_owned(), cells, row.updated_at, row.is_tombstoned, by));
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn what_the_server_writes_the_client_reads(
        rows in prop::collection::vec(
            (any::<u128>(), "[^\0]{0,20}", any::<bool>(), any::<Option<i32>>(), any::<i64>(), any::<bool>(), any::<Option<u8>>()),
            0..6,
        ),
        version in prop::sample::select(vec![Version::V40, Version::V401, Version::Unstated]),
        numbers_as_strings in any::<bool>(),
    ) {
        let model = model();
        let set = model.set("As").unwrap();
        let format = Format { metadata: Metadata::Minimal, numbers_as_strings };
        let writer = RecordWriter::new(set, &[], version, format).unwrap();
        let mut page = PageWriter::new(writer, "c", None);
        let mut expected = Vec::new();
        for (id, title, done, price, stamp, dead, by) in &rows {
            let by = by.map(|n| format!("user\n{n}"));
            let price = price.map_or(Cell::Null, |n| Cell::Integer(i64::from(n) % 1_000_000_000));
            let cells = vec![Cell::Text(title.clone().into()), Cell::Integer((*done).into()), price];
            let mut row = vec![Cell::Guid(Uuid::from_u128(*id))];
            row.extend(cells.iter().cloned());
            row.extend([Cell::Integer(*stamp), Cell::Integer((*dead).into())]);
            row.push(by.clone().map_or(Cell::Null, |by| Cell::Text(by.into())));
            assert_eq!(row.len(), page.properties().len());
            assert_eq!(page.properties().iter().filter(|p| p.role == Role::Declared).count(), 3);
            page.record("W/\"1.a\"", &row);
            expected.push((RecordId(Uuid::from_u128(*id)), "W/\"1.a\"".to_owned(), cells, *stamp, *dead, by));
        }
        let bytes = page.finish(Link::Next("n"));
        let mut read = Rows::default();
        let end = read_page(&bytes, set, &mut read).unwrap();
        prop_assert_eq!(read.0, expected);
        prop_assert_eq!((end.items, end.next_link.as_deref()), (rows.len() as u64, Some("n")));
    }
}

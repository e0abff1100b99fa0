//! Names at the edge of what a database keeps, in real databases.

use crate::databases::columns;
use tidemark_model::query::{Compare, Expr, Literal, OrderBy, Query, Search};
use tidemark_model::{Cell, EntityModel};
use tidemark_sql::postgres::SET_UP;
use tidemark_sql::{
    Dialect, Layout, Select, add_column, column_of, create_index, create_table, fill_default, name, quoted, select,
};
use tidemark_test_postgres::Cluster;

#[test]
fn names_that_postgres_would_cut_stay_apart() {
    let set_name = format!("S{}", "x".repeat(59));
    let [one, two] = ["1", "2"].map(|end| format!("{}{end}", "p".repeat(59)));
    let document = serde_json::json!({
        "$Version": "4.01",
        "$EntityContainer": "T.Container",
        "T": {
            "Thing": {
                "$Kind": "EntityType",
                "$Key": ["Id"],
                "Id": { "$Type": "Edm.Guid" },
                (one.clone()): { "$Nullable": true },
                (two.clone()): { "$DefaultValue": "É" }
            },
            "Container": { "$Kind": "EntityContainer", (set_name.clone()): { "$Collection": true, "$Type": "T.Thing" } }
        }
    });
    let model = EntityModel::parse(&document.to_string()).unwrap();
    let set = model.set(&set_name).unwrap();
    let table = format!("records of {set_name}");
    let indexes = [format!("{table} by {one}"), format!("{table} by {two}")];
    assert_ne!(name(Dialect::Postgres, &indexes[0]), name(Dialect::Postgres, &indexes[1]));

    let database = Cluster::shared().database();
    let mut client = database.connect();
    client.batch_execute(SET_UP).unwrap();
    let dialect = Dialect::Postgres;
    let all = columns(dialect, set);
    let (added, made): (Vec<_>, Vec<_>) = all.into_iter().partition(|column| column.name.starts_with(&two));
    assert_eq!(added.len(), 2);
    client.batch_execute(&create_table(dialect, &table, &made, &["Id"], Layout::Rowid)).unwrap();
    let insert = format!("INSERT INTO {} (\"Id\", \"_UpdatedAt\", \"_IsTombstoned\") ", quoted(dialect, &table));
    client.batch_execute(&format!("{insert} VALUES ('{}', 1, 0)", uuid::Uuid::nil())).unwrap();
    for column in &added {
        client.batch_execute(&add_column(dialect, &table, column)).unwrap();
    }
    for (index, property) in indexes.iter().zip([&one, &two]) {
        let column = column_of(set.entity_type.property(property).unwrap());
        client.batch_execute(&create_index(dialect, index, &table, &[column])).unwrap();
    }
    // The default comes with its folded form: a search finds it.
    let fill = fill_default(dialect, &table, set.entity_type.property(&two).unwrap()).unwrap();
    let texts: Vec<&str> =
        fill.values.iter().map(|cell| if let Cell::Text(text) = cell { &**text } else { "" }).collect();
    assert_eq!(texts, ["É", "e"]);
    assert_eq!(client.execute(&fill.sql, &[&texts[0], &texts[1]]).unwrap(), 1);

    let filter = Expr::Compare {
        op: Compare::Eq,
        left: Expr::Property(one.clone()).into(),
        right: Expr::Literal(Literal::Null).into(),
    };
    let order_by = vec![OrderBy { expr: Expr::Property(two.clone()), descending: false }];
    let query = Query { filter: Some(filter), search: vec![Search::Word("E".into())], order_by, ..Query::default() };
    let statement = select(&Select::new(dialect, set, &table, &[&one, &two], &query)).unwrap();
    let rows = client.query(&statement.sql, &[&"e"]).unwrap();
    assert_eq!((rows.len(), rows[0].get::<_, Option<&str>>(0), rows[0].get::<_, &str>(1)), (1, None, "É"));
}

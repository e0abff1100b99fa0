//! Random expansions: of the records that refer to each of some others, both databases must give each its own share, as the
//! naive evaluator does, and count as many.

use crate::agreement::{SET, id_of, is_found, searches, walk};
use crate::drawn::{condition, order_by, rows};
use crate::naive::{self, Here};
use crate::ordering;
use crate::support::{Row, TABLE, World};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tidemark_model::Cell;
use tidemark_model::query::Query;
use tidemark_sql::{Related, Select, related, related_counts};
use uuid::Uuid;

/// Those that rows refer to, and one that none does.
const OF: [u128; 4] = [0, 1, 5, u128::MAX];

#[test]
fn each_record_gets_its_own_share_of_what_refers_to_it() {
    let shares = (0u64..3, prop_oneof![2 => Just(None), 3 => (0u64..4).prop_map(Some)]);
    let asked = (prop::option::of(condition()), prop::collection::vec(searches(), 0..2), order_by(), shares);
    walk((rows(), asked), |databases, dialect, (rows, (filter, search, order_by, (skip, top)))| {
        let world = World::new(rows);
        let holds = |row: &Row| {
            let filter = filter.as_ref();
            filter.is_none_or(|filter| naive::condition(&Here::new(&world, row), filter).unwrap() == Some(true))
                && search.iter().all(|part| is_found(row, part))
        };
        let mut sorted: Vec<&Row> = rows.iter().filter(|row| holds(row)).collect();
        sorted.sort_by(|a, b| ordering::order_rows(&world, order_by, a, b).unwrap());
        let (mut expected, mut counted) = (BTreeMap::new(), BTreeMap::new());
        for of in OF.map(Uuid::from_u128) {
            let all: Vec<Uuid> =
                sorted.iter().filter(|row| row["Other"] == Cell::Guid(of)).map(|row| id_of(row)).collect();
            if !all.is_empty() {
                counted.insert(of, all.len() as i64);
            }
            let share = all.into_iter().skip(*skip as usize).take(top.map_or(usize::MAX, |top| top as usize));
            expected.insert(of, share.collect::<Vec<_>>());
        }
        databases.fill(dialect, rows);
        let (skip, top) = (*skip, *top);
        let (filter, search, order_by) = (filter.clone(), search.clone(), order_by.clone());
        let query = Query { filter, search, order_by, skip, top, ..Query::default() };
        let of = OF.map(Uuid::from_u128);
        let read = Related { select: Select::new(dialect, &SET, TABLE, &["Id"], &query), by: "Other", of: &of };
        let (statement, _) = related(&read).unwrap();
        let mut found: BTreeMap<Uuid, Vec<Uuid>> = of.iter().map(|of| (*of, Vec::new())).collect();
        for row in databases.run(dialect, &statement) {
            match row.as_slice() {
                [Cell::Guid(of), Cell::Guid(id)] => found.get_mut(of).expect("one that was asked for").push(*id),
                other => panic!("{other:?}"),
            }
        }
        prop_assert_eq!(found, expected, "{}", statement.sql);
        let statement = related_counts(&read).unwrap();
        let mut counts = BTreeMap::new();
        for row in databases.run(dialect, &statement) {
            match row.as_slice() {
                [Cell::Guid(of), Cell::Integer(n)] => counts.insert(*of, *n),
                other => panic!("{other:?}"),
            };
        }
        prop_assert_eq!(counts, counted, "{}", statement.sql);
        Ok(())
    });
}

//! Random `$apply` and `$compute` over random rows: both databases must make the rows that the naive evaluator makes.

use crate::agreement::{SET, id_of, walk};
use crate::calculated::{duration, exact, moved, written};
use crate::casting::cast;
use crate::drawn::{condition, operator, property, rows};
use crate::naive::{self, Failed, Here, Result, Value};
use crate::ordering::{self, compare};
use crate::support::{Row, TABLE, World};
use proptest::prelude::*;
use proptest::sample::{select as one_of, subsequence};
use std::collections::BTreeMap;
use tidemark_model::query::{
    Aggregate, Arithmetic, Compare, Computed, Expr, Literal, Method, OrderBy, Path, Query, Transformation,
};
use tidemark_model::{Cell, text};
use tidemark_sql::{QueryError, Select, count, select_with_values};

/// A row as a text for each value; `None` is null.
type Written = Vec<Option<String>>;

/// What a step has made so far.
#[derive(Clone)]
struct Item<'w> {
    row: &'w Row,
    /// Whether the row is still there beside what was made.
    is_record: bool,
    made: BTreeMap<String, Value>,
}

fn name(name: &str) -> Expr {
    Expr::Property(name.to_owned())
}

fn aggregates() -> impl Strategy<Value = Vec<Aggregate>> {
    let of = |method, expr: Expr| Aggregate { method, expr, name: String::new() };
    let numbers = property(&["Rank", "Cost", "Fine", "Big", "Ratio"]).boxed();
    let number = prop_oneof![3 => numbers, 1 => exact()];
    let all = &["Title", "Rank", "Big", "Cost", "Ratio", "Mass", "Day", "At", "Other", "IsDone", "Id"];
    let one = prop_oneof![
        1 => Just(of(Method::Count, Expr::Literal(Literal::Null))),
        3 => (one_of(&[Method::Sum, Method::Average][..]), number).prop_map(move |(method, expr)| of(method, expr)),
        1 => (one_of(&[Method::Sum, Method::Average][..]), duration()).prop_map(move |(method, expr)| of(method, expr)),
        3 => (one_of(&[Method::Min, Method::Max, Method::CountDistinct][..]), property(all))
            .prop_map(move |(method, expr)| of(method, expr)),
        1 => Just(of(Method::CountDistinct, name("Group"))),
        1 => Just(of(Method::Max, Expr::Path(Path { from: None, names: vec!["Group".into(), "Name".into()] }))),
    ];
    prop::collection::vec(one, 1..4).prop_map(|mut all| {
        for (place, one) in all.iter_mut().enumerate() {
            one.name = format!("A{place}");
        }
        all
    })
}

fn computed() -> impl Strategy<Value = Vec<Computed>> {
    let value = prop_oneof![exact(), duration(), moved(&["At"]), moved(&["Day"]), written(), condition()];
    let value = value.prop_filter("null has no type", |expr| !matches!(expr, Expr::Literal(Literal::Null)));
    (value, any::<bool>()).prop_map(|(expr, again)| {
        let mut all = vec![Computed { expr, name: "C0".to_owned() }];
        if again {
            let same = Expr::Compare { op: Compare::Eq, left: name("C0").into(), right: name("C0").into() };
            all.push(Computed { expr: same, name: "C1".to_owned() });
        }
        all
    })
}

fn steps() -> impl Strategy<Value = Vec<Transformation>> {
    let groups = vec!["Title", "IsDone", "Rank", "Cost", "Day", "Other", "Group/Name", "Group/Parent/Size"];
    let split = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<String>>();
    let by = subsequence(groups, 1..3).prop_map(move |paths| paths.into_iter().map(split).collect::<Vec<_>>());
    let filter = || prop::option::of(condition().prop_map(Transformation::Filter));
    let summary = prop_oneof![
        4 => (by, prop_oneof![1 => Just(Vec::new()), 3 => aggregates()])
            .prop_map(|(by, aggregates)| Transformation::GroupBy { by, aggregates }),
        1 => aggregates().prop_map(Transformation::Aggregate),
        1 => (0u64..5, property(&["Rank", "Id"]), any::<bool>())
            .prop_map(|(count, expr, descending)| Transformation::Most { count, by: OrderBy { expr, descending } }),
    ];
    let first = prop::option::of(computed().prop_map(Transformation::Compute));
    let ordered = prop::option::of((0u64..6, any::<bool>(), any::<bool>()).prop_map(|(n, descending, skip)| {
        let order = Transformation::OrderBy(vec![OrderBy { expr: Expr::Property("Rank".into()), descending }]);
        (order, if skip { Transformation::Skip(n) } else { Transformation::Top(n) })
    }));
    (filter(), first, ordered, prop::option::of(summary)).prop_map(|(filter, computed, ordered, summary)| {
        let mut steps: Vec<Transformation> = filter.into_iter().chain(computed).collect();
        if let Some((order, cut)) = ordered {
            steps.extend([order, cut]);
        }
        steps.extend(summary);
        steps
    })
}

/// A condition on what is made at the end.
fn asked() -> impl Strategy<Value = Option<(Compare, i64)>> {
    prop::option::of((operator(), -1i64..4))
}

fn here<'w>(world: &'w World, item: &Item<'w>) -> Here<'w> {
    Here::new(world, item.row).with(item.made.clone())
}

fn sum(values: &[Value]) -> Result<Value> {
    values.iter().try_fold(Value::Null, |sum, value| match sum {
        Value::Null => Ok(value.clone()),
        sum => naive::arithmetic(Arithmetic::Add, sum, value.clone()),
    })
}

fn made(world: &World, items: &[Item<'_>], one: &Aggregate) -> Result<Value> {
    let whole = |n: usize| Value::Exact((n as i64).into(), 0, true);
    if one.method == Method::Count {
        return Ok(whole(items.len()));
    }
    let values: Vec<Value> =
        items.iter().map(|item| naive::value(&here(world, item), &one.expr)).collect::<Result<_>>()?;
    let values: Vec<Value> = values.into_iter().filter(|value| *value != Value::Null).collect();
    let extreme = |op| {
        values.iter().fold(Value::Null, |best, value| match best {
            Value::Null => value.clone(),
            best => {
                if compare(op, value, &best) {
                    value.clone()
                } else {
                    best
                }
            }
        })
    };
    Ok(match one.method {
        Method::Sum => sum(&values)?,
        Method::Average if values.is_empty() => Value::Null,
        Method::Average => {
            let op = if matches!(values[0], Value::Duration(_)) { Arithmetic::Div } else { Arithmetic::DivBy };
            naive::arithmetic(op, sum(&values)?, whole(values.len()))?
        }
        Method::Min => extreme(Compare::Lt),
        Method::Max => extreme(Compare::Gt),
        _ => {
            let mut distinct: Vec<&Value> = Vec::new();
            for value in &values {
                if !distinct.iter().any(|known| compare(Compare::Eq, known, value)) {
                    distinct.push(value);
                }
            }
            whole(distinct.len())
        }
    })
}

/// Puts the value of a record in the order of its keys, then of `Id`.
fn ordered<'w>(world: &'w World, mut items: Vec<Item<'w>>, keys: &[OrderBy]) -> Result<Vec<Item<'w>>> {
    let mut failed = false;
    items.sort_by(|a, b| {
        ordering::order_rows(world, keys, a.row, b.row).unwrap_or_else(|_| {
            failed = true;
            std::cmp::Ordering::Equal
        })
    });
    if failed { Err(Failed) } else { Ok(items) }
}

fn step<'w>(
    world: &'w World,
    items: Vec<Item<'w>>,
    order: &mut Vec<OrderBy>,
    step: &Transformation,
) -> Result<Vec<Item<'w>>> {
    let wanted = |count: u64| usize::try_from(count).unwrap();
    Ok(match step {
        Transformation::Filter(filter) => {
            let mut left = Vec::new();
            for item in items {
                if naive::condition(&here(world, &item), filter)? == Some(true) {
                    left.push(item);
                }
            }
            left
        }
        Transformation::Compute(computed) => {
            let add = |mut item: Item<'w>| {
                for one in computed {
                    let value = naive::value(&here(world, &item), &one.expr)?;
                    item.made.insert(one.name.clone(), value);
                }
                Ok(item)
            };
            items.into_iter().map(add).collect::<Result<_>>()?
        }
        Transformation::OrderBy(keys) => {
            order.clone_from(keys);
            items
        }
        Transformation::Top(count) => ordered(world, items, order)?.into_iter().take(wanted(*count)).collect(),
        Transformation::Skip(count) => ordered(world, items, order)?.into_iter().skip(wanted(*count)).collect(),
        Transformation::Most { count, by } => {
            ordered(world, items, std::slice::from_ref(by))?.into_iter().take(wanted(*count)).collect()
        }
        Transformation::Aggregate(aggregates) => {
            let mut all = BTreeMap::new();
            for one in aggregates {
                all.insert(one.name.clone(), made(world, &items, one)?);
            }
            vec![Item { row: &world.things[0], is_record: false, made: all }]
        }
        Transformation::GroupBy { by, aggregates } => {
            let mut groups: BTreeMap<Written, (BTreeMap<String, Value>, Vec<Item<'w>>)> = BTreeMap::new();
            for item in items {
                let path = |names: &Vec<String>| match &names[..] {
                    [one] => name(one),
                    _ => Expr::Path(Path { from: None, names: names.clone() }),
                };
                let mut values = BTreeMap::new();
                for names in by {
                    let value = match naive::value(&here(world, &item), &path(names))? {
                        Value::Text(of) => Value::Text(text::normal(&of).into_owned()),
                        other => other,
                    };
                    values.insert(names.join("/"), value);
                }
                let key = values.values().map(written_as).collect();
                groups.entry(key).or_insert_with(|| (values, Vec::new())).1.push(item);
            }
            let mut left = Vec::new();
            for (mut values, items) in groups.into_values() {
                for one in aggregates {
                    values.insert(one.name.clone(), made(world, &items, one)?);
                }
                left.push(Item { row: &world.things[0], is_record: false, made: values });
            }
            left
        }
        Transformation::Identity | Transformation::Search(_) => items,
    })
}

fn written_as(value: &Value) -> Option<String> {
    match cast(value.clone(), "Edm.String") {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// Sorts texts that only the order of people tells apart or not: which of several equal ones is the least is not said.
fn sorted(mut rows: Vec<Written>) -> Vec<Written> {
    let normal = |value: &mut Option<String>| {
        if let Some(of) = value {
            *of = text::normal(of).into_owned();
        }
    };
    rows.iter_mut().flatten().for_each(normal);
    rows.sort();
    rows
}

#[test]
fn what_is_made_of_records_is_what_odata_says() {
    walk(
        (rows(), steps(), asked(), prop::option::of(computed())),
        |databases, dialect, (rows, steps, asked, computed)| {
            let world = World::new(rows);
            let summary = steps.iter().any(Transformation::is_summary);
            let all = steps.iter().flat_map(|step| match step {
                Transformation::Aggregate(aggregates) | Transformation::GroupBy { aggregates, .. } => {
                    aggregates.clone()
                }
                _ => Vec::new(),
            });
            // What a condition at the end can be about: a count, or a property.
            let counted = all.into_iter().find(|one| matches!(one.method, Method::Count | Method::CountDistinct));
            let about = if summary { counted.map(|one| one.name) } else { Some("Rank".to_owned()) };
            let filter = asked.zip(about).map(|((op, n), about)| Expr::Compare {
                op,
                left: name(&about).into(),
                right: Expr::Literal(Literal::Number(n.to_string())).into(),
            });
            let has_computed = steps.iter().any(|step| matches!(step, Transformation::Compute(_)));
            let compute = if summary || has_computed { Vec::new() } else { computed.clone().unwrap_or_default() };
            let mut order = Vec::new();
            let mut expected =
                Ok(rows.iter().map(|row| Item { row, is_record: true, made: BTreeMap::new() }).collect());
            let last = filter.clone().map(Transformation::Filter);
            for one in steps.iter().chain(&last).chain([&Transformation::Compute(compute.clone())]) {
                expected = expected.and_then(|items| step(&world, items, &mut order, one));
            }
            let query = Query { apply: steps.clone(), filter, compute, ..Query::default() };
            let columns: &[&str] = if summary { &[] } else { &["Id"] };
            let around = Some(&databases.around as &dyn tidemark_sql::Neighbours);
            let read = Select { neighbours: around, ..Select::new(dialect, &SET, TABLE, columns, &query) };
            databases.fill(dialect, rows);
            let (statement, values) = match select_with_values(&read) {
                Ok(written) => written,
                Err(QueryError::TooComplex) => return Ok(()),
                Err(error) if error.to_string().contains("null") => return Ok(()),
                Err(error) => panic!("{error}: {query:?}"),
            };
            let found = match databases.try_run(dialect, &statement) {
                Ok(found) => found,
                Err(reason) => {
                    prop_assert!(expected.is_err() || may_fail(&world, &query), "{}: {}", reason, statement.sql);
                    return Ok(());
                }
            };
            let Ok(expected) = expected else { return Ok(()) };
            let row = |item: &Item<'_>| {
                let id = item.is_record.then(|| Some(id_of(item.row).to_string()));
                id.into_iter()
                    .chain(values.iter().map(|value| written_as(&item.made[&value.name])))
                    .collect::<Written>()
            };
            let expected = sorted(expected.iter().map(row).collect());
            let cell = |cell: &Cell<'static>| match cell {
                Cell::Null => None,
                Cell::Text(text) => Some(text.to_string()),
                Cell::Guid(id) => Some(id.to_string()),
                other => panic!("{other:?} is no text"),
            };
            let found = sorted(found.iter().map(|row| row.iter().map(cell).collect()).collect());
            prop_assert_eq!(&found, &expected, "{:?}\n{:?}\n{}", dialect, query, statement.sql);
            let counted = databases.try_run(dialect, &count(&read).unwrap());
            if let Ok(counted) = counted {
                prop_assert_eq!(counted, vec![vec![Cell::Integer(expected.len() as i64)]]);
            }
            Ok(())
        },
    );
}

/// Tells whether something that is made has no result for some row: one that a later step leaves out may be calculated too,
/// and a constant is calculated for none.
fn may_fail(world: &World, query: &Query) -> bool {
    let mut exprs: Vec<&Expr> = Vec::new();
    for step in &query.apply {
        match step {
            Transformation::Compute(computed) => exprs.extend(computed.iter().take(1).map(|one| &one.expr)),
            Transformation::Aggregate(aggregates) | Transformation::GroupBy { aggregates, .. } => {
                exprs.extend(aggregates.iter().map(|one| &one.expr));
            }
            _ => {}
        }
    }
    exprs.extend(query.compute.iter().take(1).map(|one| &one.expr));
    let fails = |expr: &&Expr| world.things.iter().any(|row| naive::value(&Here::new(world, row), expr).is_err());
    exprs.iter().any(fails)
}

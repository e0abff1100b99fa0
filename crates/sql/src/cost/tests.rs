use super::*;
use tidemark_model::EntityModel;
use tidemark_model::query::{Computed, Query};

const ALL: u64 = 100_000;
const LISTS: u64 = 200;

struct Around<'m>(&'m EntityModel);

impl Neighbours for Around<'_> {
    fn neighbour(&self, set: &str) -> Option<crate::Neighbour<'_>> {
        let set = self.0.set(set)?;
        Some(crate::Neighbour { set, table: &set.name, scope: Vec::new(), apart_from: Vec::new() })
    }
}

/// The milliseconds of a list, by the clock of each database.
fn of(query: &Query) -> [u64; 2] {
    let model = EntityModel::parse(EntityModel::default_document()).unwrap();
    let (around, set) = (Around(&model), model.set("TodoItems").unwrap());
    let rows = |set: &str| if set == "TodoItems" { ALL } else { LISTS };
    [Dialect::Sqlite, Dialect::Postgres].map(|dialect| {
        let select = Select { neighbours: Some(&around), ..Select::new(dialect, set, "t", &["Id"], query) };
        cost(&select, Looked::AsAsked { page: 50 }, &rows) / 1_000_000
    })
}

fn filtered(filter: Expr) -> [u64; 2] {
    of(&Query { filter: Some(filter), ..Query::default() })
}

fn property(name: &str) -> Expr {
    Expr::Property(name.to_owned())
}

fn text(of: &str) -> Expr {
    Expr::Literal(Literal::String(of.to_owned()))
}

fn contains(name: &str) -> Expr {
    let lower = Expr::Call { function: Function::ToLower, arguments: vec![property(name)] };
    Expr::Call { function: Function::Contains, arguments: vec![lower, text("z")] }
}

fn either(terms: usize) -> Expr {
    let or = |left: Expr, right: Expr| Expr::Logic { op: Logic::Or, left: left.into(), right: right.into() };
    (1..terms).fold(contains("Notes"), |all, _| or(all, contains("Notes")))
}

#[test]
fn what_is_asked_for_more_records_or_more_of_each_costs_more() {
    let first_page = of(&Query::default());
    assert_eq!(first_page, [0, 0], "only the first are looked at");
    let (one, twenty) = (filtered(contains("Notes")), filtered(either(20)));
    for dialect in [0, 1] {
        assert!((10..250).contains(&one[dialect]) && twenty[dialect] > 5 * one[dialect], "{one:?} {twenty:?}");
    }
    let id = |name: &str| Expr::Compare {
        op: Compare::Eq,
        left: property(name).into(),
        right: Expr::Literal(Literal::Guid(uuid::Uuid::nil())).into(),
    };
    let and = |left: Expr| Expr::Logic { op: Logic::And, left: left.into(), right: either(20).into() };
    assert_eq!(filtered(and(id(ID))), [0, 0], "one record");
    assert!(filtered(and(id("TodoListId")))[0] < twenty[0] / 100, "those of one list");
}

#[test]
fn what_each_of_many_asks_of_many_costs_what_they_are_together() {
    let over = Path { from: None, names: vec!["TodoList".into(), "TodoItems".into()] };
    let of_other = Expr::Path(Path { from: Some("o".into()), names: vec!["Title".into()] });
    let any = |right: Expr| Expr::Lambda {
        quantifier: tidemark_model::query::Quantifier::Any,
        over: over.clone(),
        variable: "o".into(),
        condition: Some(Box::new(Expr::Compare {
            op: Compare::Eq,
            left: of_other.clone().into(),
            right: right.into(),
        })),
    };
    let (once, for_each) = (filtered(any(text("a"))), filtered(any(property("Title"))));
    // As if a tenth of them were in one list, where there are 200.
    assert!(once[0] < 250 && for_each[0] > 1_000_000, "{once:?} {for_each:?}");
}

#[test]
fn what_is_made_counts_where_it_is_asked_about() {
    let made = |filter: Option<Expr>| {
        let compute = vec![Computed { expr: contains("Notes"), name: "Made".into() }];
        of(&Query { compute, filter, ..Query::default() })
    };
    assert_eq!(made(None), [0, 0], "a page of it");
    assert!(made(Some(property("Made")))[0] >= filtered(contains("Notes"))[0]);
}

/// A name leads to what was made before it, and to nothing that is made of itself.
#[test]
fn what_is_made_of_itself_or_doubles_is_reckoned_once() {
    let twice = |of: &str| Expr::Arithmetic {
        op: tidemark_model::query::Arithmetic::Add,
        left: property(of).into(),
        right: property(of).into(),
    };
    let mut compute = vec![Computed { expr: twice("M0"), name: "M0".into() }];
    compute.extend((1..100).map(|n| Computed { expr: twice(&format!("M{}", n - 1)), name: format!("M{n}") }));
    let query = Query { compute, filter: Some(property("M99")), ..Query::default() };
    assert!(of(&query)[0] > 1_000_000_000, "and stays too much");
}

#[test]
fn a_chain_of_thousands_is_one_level() {
    assert!(filtered(either(5_000))[0] > 20 * filtered(either(100))[0]);
}

#[test]
fn a_count_of_what_many_have_and_an_order_of_what_few_have_are_no_presents() {
    let model = EntityModel::parse(EntityModel::default_document()).unwrap();
    let (around, set) = (Around(&model), model.set("TodoItems").unwrap());
    let reckoned = |query: &Query, looked| {
        let select = Select { neighbours: Some(&around), ..Select::new(Dialect::Sqlite, set, "t", &["Id"], query) };
        cost(&select, looked, &|_| ALL) / 1_000_000
    };
    let common = |page| Looked::Common { page, least: 4_000 };
    let searched = Query { search: vec![Search::Word("pump".into())], ..Query::default() };
    assert!(reckoned(&searched, common(0)) > 10 * reckoned(&searched, common(50)), "all are counted");
    let filtered = Query { filter: Some(either(20)), ..searched };
    assert!(reckoned(&filtered, common(50)) > 200, "nobody knows which the filter leaves");
    let expr = either(2_000);
    let ordered = Query { order_by: vec![OrderBy { expr, descending: false }], ..Query::default() };
    assert!(reckoned(&ordered, Looked::At(4_000)) > 1_000);
    let one = Expr::Compare {
        op: Compare::Eq,
        left: property(ID).into(),
        right: Expr::Literal(Literal::Guid(uuid::Uuid::nil())).into(),
    };
    let most = Transformation::Most { count: 1, by: OrderBy { expr: either(20), descending: false } };
    let behind = Query { apply: vec![most], filter: Some(one), ..Query::default() };
    assert!(reckoned(&behind, Looked::AsAsked { page: 50 }) > 200, "the step comes first");
}

#[test]
fn what_the_window_asks_of_a_million_is_answered() {
    let model = EntityModel::parse(EntityModel::default_document()).unwrap();
    let (around, set) = (Around(&model), model.set("TodoItems").unwrap());
    let searched = |words: &[&str]| Query {
        search: words.iter().map(|word| Search::Word((*word).to_owned())).collect(),
        ..Query::default()
    };
    for (query, looked) in [
        (searched(&["pump"]), Looked::AsAsked { page: 50 }),
        (searched(&["pump", "weir"]), Looked::AsAsked { page: 50 }),
        (searched(&["pump", "weir"]), Looked::Common { page: 50, least: 4_000 }),
        (Query { filter: Some(contains("Title")), ..Query::default() }, Looked::AsAsked { page: 0 }),
    ] {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let select = Select { neighbours: Some(&around), ..Select::new(dialect, set, "t", &["Id"], &query) };
            let each = cost(&select, looked, &|_| 1_000_000) / 1_000_000;
            assert!(each <= 1_750, "{dialect:?} {each} {query:?}");
        }
    }
}

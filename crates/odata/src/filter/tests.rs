use super::*;
use tidemark_model::query::{Compare, Literal, Path, Quantifier};

fn parsed(text: &str) -> Expr {
    parse_filter(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Writes the tree with every parenthesis, so that a test shows what binds tighter.
fn tree(expr: &Expr) -> String {
    match expr {
        Expr::Not(inner) => format!("(not {})", tree(inner)),
        Expr::Logic { op, left, right } => format!("({} {op:?} {})", tree(left), tree(right)),
        Expr::Compare { op, left, right } => format!("({} {op:?} {})", tree(left), tree(right)),
        Expr::Arithmetic { op, left, right } => format!("({} {op:?} {})", tree(left), tree(right)),
        Expr::Negate(inner) => format!("(- {})", tree(inner)),
        Expr::In { left, list } => format!("({} in {})", tree(left), list.len()),
        Expr::Call { function, arguments } => {
            format!("{function:?}[{}]", arguments.iter().map(tree).collect::<Vec<_>>().join(", "))
        }
        leaf => write_filter(leaf),
    }
}

fn problem(text: &str) -> (u16, String) {
    let error = parse_filter(text).expect_err(text);
    (error.status, error.message)
}

#[test]
fn operators_bind_as_odata_says() {
    for (text, expected) in [
        ("A eq 1 or B eq 2 and C eq 3", "((A Eq 1) Or ((B Eq 2) And (C Eq 3)))"),
        ("(A eq 1 or B eq 2) and C eq 3", "(((A Eq 1) Or (B Eq 2)) And (C Eq 3))"),
        ("not eq eq 1", "((not eq) Eq 1)"),
        ("not contains(A,'x') and B gt 2", "((not Contains[A, 'x']) And (B Gt 2))"),
        ("not (A eq 1)", "(not (A Eq 1))"),
        ("not(A eq 1)", "(not (A Eq 1))"),
        ("not not IsDone", "(not (not IsDone))"),
        ("not IsDone eq true", "((not IsDone) Eq true)"),
        ("A gt 1 eq true", "((A Gt 1) Eq true)"),
        ("A in (1,2) eq false", "((A in 2) Eq false)"),
        ("A eq 1 or B eq 2 or C eq 3", "(((A Eq 1) Or (B Eq 2)) Or (C Eq 3))"),
        ("indexof(tolower(Title),'p') ge -1", "(IndexOf[ToLower[Title], 'p'] Ge -1)"),
        ("A add B mul C gt 1", "((A Add (B Mul C)) Gt 1)"),
        ("A sub B sub C eq 1", "(((A Sub B) Sub C) Eq 1)"),
        ("A div 2 divby B mod 3 eq 1", "((((A Div 2) DivBy B) Mod 3) Eq 1)"),
        ("-A add -5 eq - (B)", "(((- A) Add -5) Eq (- B))"),
        ("-A mul B eq 1", "(((- A) Mul B) Eq 1)"),
        ("A sub -B eq 1", "((A Sub (- B)) Eq 1)"),
        ("not A add 1", "((not A) Add 1)"),
        ("(4 add 5) mod (4 sub 1) eq 0", "(((4 Add 5) Mod (4 Sub 1)) Eq 0)"),
    ] {
        assert_eq!(tree(&parsed(text)), expected, "{text}");
    }
}

#[test]
fn words_are_read_in_any_case_and_names_as_they_are() {
    assert_eq!(
        parsed("NOT Contains(Title,'a') AND _UpdatedAt GE 5"),
        parsed("not contains(Title,'a') and _UpdatedAt ge 5")
    );
    assert_eq!(parsed("A EQ NULL"), parsed("A eq null"));
    assert_eq!(parsed("A In(True,FALSE)"), parsed("A in (true,false)"));
    // Names that are words elsewhere: what stands in an operand's place is an operand.
    for name in ["eq", "and", "in", "contains", "nothing", "_IsTombstoned", "asc", "Größe", "e5", "true1"] {
        let expected = Expr::Compare {
            op: Compare::Eq,
            left: Box::new(Expr::Property(name.into())),
            right: Box::new(Expr::Literal(Literal::Number("1".into()))),
        };
        assert_eq!(parsed(&format!("{name} eq 1")), expected);
        assert_eq!(parsed(&format!("({name}) eq 1")), expected);
    }
}

#[test]
fn every_kind_of_literal() {
    let literal = |text: &str| match parsed(text) {
        Expr::Literal(literal) => literal,
        other => panic!("{other:?}"),
    };
    assert_eq!(literal("null"), Literal::Null);
    assert_eq!(literal("'it''s '''"), Literal::String("it's '".into()));
    assert_eq!(literal("''"), Literal::String(String::new()));
    for number in ["0", "-5", "3.14", "-1e3", "2.5E-2", "12345678901234567890"] {
        assert_eq!(literal(number), Literal::Number(number.into()));
    }
    // GUIDs that begin like a number, an exponent, a date and a name.
    for id in [
        "12345678-6d5f-4a55-9d5e-2f7b4c1d9e01",
        "1e345678-6d5f-4a55-9d5e-2f7b4c1d9e01",
        "20260331-0101-4a55-9d5e-2f7b4c1d9e01",
        "AF0E6A52-6D5F-4A55-9D5E-2F7B4C1D9E01",
    ] {
        assert_eq!(literal(id), Literal::Guid(id.parse().unwrap()));
    }
    assert_eq!(literal("2026-03-31"), Literal::Date("2026-03-31".into()));
    let at = |micros, offset| Literal::DateTimeOffset { micros, offset };
    assert_eq!(literal("2026-03-31T10:00:00.25+02:00"), at(1_774_944_000_250_000, 120));
    assert_eq!(literal("2026-03-31T04:30:00-03:30"), at(1_774_944_000_000_000, -210));
    assert_eq!(literal("2026-03-31T08:00Z"), at(1_774_944_000_000_000, 0));
    for (text, micros) in [("08:00", 28_800_000_000), ("23:59:59.9999990", 86_399_999_999), ("00:00:00.5", 500_000)] {
        assert_eq!(literal(text), Literal::TimeOfDay(micros), "{text}");
    }
    assert_eq!(literal("duration'-P1DT1S'"), Literal::Duration(-86_401_000_000));
    assert_eq!(literal("Duration'PT0.000001S'"), Literal::Duration(1));
    for number in ["INF", "-INF", "NaN"] {
        assert_eq!(literal(number), Literal::Number(number.into()));
    }
    assert_eq!(literal("binary'T0RhdGE='"), Literal::Foreign("Edm.Binary"));
    assert_eq!(literal("geography'SRID=0;Point(142.1 64.1)'"), Literal::Foreign("Edm.Geography"));
}

fn path(from: Option<&str>, names: &[&str]) -> Path {
    Path { from: from.map(str::to_owned), names: names.iter().map(|name| (*name).to_owned()).collect() }
}

#[test]
fn paths_lead_from_the_record_or_from_one_of_a_lambda() {
    assert_eq!(parsed("$it/Title"), Expr::Property("Title".into()));
    assert_eq!(parsed("$this/Title"), Expr::Property("Title".into()));
    assert_eq!(parsed("$it"), Expr::Path(path(None, &[])));
    assert_eq!(parsed("TodoList/Site/Name"), Expr::Path(path(None, &["TodoList", "Site", "Name"])));
    assert_eq!(parsed("TodoItems/$count"), Expr::Count(path(None, &["TodoItems"])));
    let lambda = |quantifier, over, variable: &str, condition: Option<Expr>| Expr::Lambda {
        quantifier,
        over,
        variable: variable.to_owned(),
        condition: condition.map(Box::new),
    };
    assert_eq!(parsed("Items/any()"), lambda(Quantifier::Any, path(None, &["Items"]), "", None));
    // What has neither the variable nor `$it` in front belongs to the record outside.
    assert_eq!(
        parsed("Items/ALL( d : d/Done and $it/Open and Late )"),
        lambda(
            Quantifier::All,
            path(None, &["Items"]),
            "d",
            Some(parsed("x/any(d:d/Done and Open and Late)").parts()[0].clone())
        )
    );
    assert_eq!(
        parsed("Lists/any(l:l/Items/any(i:i/List/Name eq l/Name))"),
        lambda(
            Quantifier::Any,
            path(None, &["Lists"]),
            "l",
            Some(lambda(
                Quantifier::Any,
                path(Some("l"), &["Items"]),
                "i",
                Some(Expr::Compare {
                    op: Compare::Eq,
                    left: Box::new(Expr::Path(path(Some("i"), &["List", "Name"]))),
                    right: Box::new(Expr::Path(path(Some("l"), &["Name"]))),
                })
            ))
        )
    );
    // A variable hides a property of its name, and is forgotten behind its lambda.
    assert_eq!(parsed("Items/any(Title:Title/A) and Title eq 'x'").parts()[1], &parsed("Title eq 'x'"));
    // A property may have a lambda's name.
    assert_eq!(parsed("Items/any"), Expr::Path(path(None, &["Items", "any"])));
}

#[test]
fn types_and_cases_are_read() {
    let value = |text: &str| Box::new(parsed(text));
    let it = || Box::new(Expr::Path(path(None, &[])));
    assert_eq!(parsed("cast(A add 1, Edm.String)"), Expr::Cast { value: value("A add 1"), to: "Edm.String".into() });
    assert_eq!(parsed("IsOf(A,Edm.Guid)"), Expr::IsOf { value: value("A"), of: "Edm.Guid".into() });
    assert_eq!(parsed("isof( Tidemark.Site )"), Expr::IsOf { value: it(), of: "Tidemark.Site".into() });
    assert_eq!(parsed("isof($it,Tidemark.Site)"), Expr::IsOf { value: it(), of: "Tidemark.Site".into() });
    let case = Expr::Case(vec![
        (parsed("A gt 0"), parsed("1")),
        (parsed("A lt 0"), parsed("-1")),
        (parsed("true"), parsed("0")),
    ]);
    assert_eq!(parsed("case(A gt 0:1,A lt 0:-1,true:0)"), case);
    assert_eq!(parsed("case(A gt 0 : 1, (A lt 0) : -1, true : 0)"), case);
}

#[test]
fn an_alias_stands_for_its_value() {
    let with = |text: &str, values: &[(&str, &str)]| {
        let mut aliases = Aliases::default();
        values.iter().for_each(|(name, value)| aliases.insert(name, value).unwrap());
        filter(text, &aliases, false)
    };
    let values = [
        ("@t", "'a''b'"),
        ("@n", "1 add 2"),
        ("@l", "[\"x\",null,5]"),
        ("@p", "(1,2)"),
        ("@self", "@self"),
        ("@b", "1 eq"),
    ];
    for (text, same) in [
        ("Title eq @t", "Title eq 'a''b'"),
        ("A mul @n eq 1", "A mul (1 add 2) eq 1"),
        ("A in @l", "A in ('x',null,5)"),
        ("A in [\"x\",null,5]", "A in ('x',null,5)"),
        ("A in @p", "A in (1,2)"),
        ("A in (1,@t)", "A in (1,'a''b')"),
        // One without a value is null (section 5.3).
        ("A eq @unknown", "A eq null"),
        ("A in (@unknown)", "A in (null)"),
    ] {
        assert_eq!(with(text, &values).unwrap_or_else(|e| panic!("{text}: {e}")), parsed(same), "{text}");
    }
    for (text, problem) in [
        ("A eq @self", "@self cannot be read at character 1: it nests more than 64 levels deep"),
        ("A eq @b", "@b cannot be read at character 5: expected a property, a function or a literal, found the end"),
        (
            "A in @t",
            "@t cannot be read at character 1: expected a list of literals in parentheses after in, found \"'a''b'\"",
        ),
        ("A in @unknown", "$filter cannot be read at character 14: this parameter alias has no list"),
        (
            "A eq @",
            "$filter cannot be read at character 7: expected the name of a parameter alias behind @, found the end",
        ),
        (
            "A in [[1]]",
            "$filter cannot be read at character 6: expected a JSON array of texts, numbers, true, false and null, found \"[[1]]\"",
        ),
    ] {
        let error = with(text, &values).expect_err(text);
        assert_eq!((error.status, error.message.as_str()), (400, problem), "{text}");
    }
    // Each doubles the one before it: the limits count what is read, not what is written.
    let mut aliases = Aliases::default();
    for n in 1..30 {
        aliases.insert(&format!("@a{n}"), &format!("@a{} or @a{}", n - 1, n - 1)).unwrap();
    }
    aliases.insert("@a0", "A").unwrap();
    assert_eq!(
        filter("@a29", &aliases, false).unwrap_err().message,
        "@a3 cannot be read at character 1: there are more than 20000 operands"
    );
    assert_eq!(aliases.insert("@a0", "B").unwrap_err().status, 400);
}

#[test]
fn mistakes_name_their_place() {
    for (text, expected) in [
        ("", "$filter cannot be read at character 1: expected a property, a function or a literal, found the end"),
        (
            "Title eq",
            "$filter cannot be read at character 9: expected a property, a function or a literal, found the end",
        ),
        (
            "Title == 'a'",
            "$filter cannot be read at character 7: expected and, or, a comparison or the end, found \"==\"",
        ),
        (
            "é eq 'a",
            "$filter cannot be read at character 6: this text does not end; a quote inside of it is written twice",
        ),
        ("(A eq 1", "$filter cannot be read at character 8: expected ) or an operator, found the end"),
        ("A eq 1)", "$filter cannot be read at character 7: expected and, or, a comparison or the end, found \")\""),
        ("A in ()", "$filter cannot be read at character 7: expected a literal in the list of in, found \")\""),
        ("A in (B)", "$filter cannot be read at character 7: expected a literal in the list of in, found \"B\""),
        (
            "A in B",
            "$filter cannot be read at character 6: expected a list of literals in parentheses after in, found \"B\"",
        ),
        ("contains(A)", "$filter cannot be read at character 11: contains takes 2 argument(s), not 1"),
        ("length()", "$filter cannot be read at character 8: length takes 1 argument(s), not 0"),
        ("substring(A)", "$filter cannot be read at character 12: substring takes 2 or 3 argument(s), not 1"),
        ("A add", "$filter cannot be read at character 6: expected a property, a function or a literal, found the end"),
        ("Site/", "$filter cannot be read at character 6: expected the name of a property behind /, found the end"),
        ("Items/any(d)", "$filter cannot be read at character 12: expected a colon, found \")\""),
        (
            "Items/all()",
            "$filter cannot be read at character 11: expected a name for the record and a colon, as in any(i:i/IsDone), found \")\"",
        ),
        (
            "Items/any(d:d/Sub/any(d:true))",
            "$filter cannot be read at character 23: d is the name of another record around it",
        ),
        ("case(A)", "$filter cannot be read at character 7: expected a colon, found \")\""),
        (
            "cast(A)",
            "$filter cannot be read at character 7: expected a comma and a type such as Edm.String, found \")\"",
        ),
        (
            "isof(A,String)",
            "$filter cannot be read at character 8: expected a type such as Edm.String, found \"String\"",
        ),
        (
            "A eq duration'P1Y'",
            "$filter cannot be read at character 6: a duration is written as in duration'P1DT2H30M' or duration'PT0.5S'",
        ),
        (
            "A eq 25:00",
            "$filter cannot be read at character 6: expected a time of day such as 08:00:00, found \"25:00\"",
        ),
        (
            "A has Ns.Colour'Red'",
            "$filter cannot be read at character 6: has needs an enumeration, and there is no property of such a type here",
        ),
        (
            "A eq Ns.Colour'Red'",
            "$filter cannot be read at character 6: there is no literal such as Ns.Colour'…' here, nor a type of such values",
        ),
        (
            "A eq Ns.Colour",
            "$filter cannot be read at character 15: Ns.Colour is no property: no type here is derived from another",
        ),
        ("A eq [1]", "$filter cannot be read at character 6: a JSON array stands only behind in, and objects nowhere"),
        ("A eq 5L", "$filter cannot be read at character 6: expected a number, a date or a GUID, found \"5L\""),
        (
            "A eq 2026-02-30",
            "$filter cannot be read at character 6: expected a date such as 2026-03-31 or a date and time such as 2026-03-31T08:00:00Z, found \"2026-02-30\"",
        ),
    ] {
        assert_eq!(problem(text), (400, expected.to_owned()), "{text}");
    }
}

#[test]
fn what_is_not_supported_is_named() {
    for (text, expected) in [
        ("hassubset(Tags,[1])", "The function hassubset"),
        ("geo.distance(A,B) lt 5", "The function geo.distance"),
        ("hassubset(A,B)", "The function hassubset"),
        ("$root/Sites eq null", "A path from $root"),
    ] {
        assert_eq!(problem(text), (501, format!("{expected} is not supported here")), "{text}");
    }
}

#[test]
fn order_by_takes_expressions_and_directions() {
    let keys = parse_order_by("Title desc, tolower(Notes) ASC ,Priority,desc desc").unwrap();
    let text: Vec<_> = keys.iter().map(|k| (tree(&k.expr), k.descending)).collect();
    let expected = [("Title", true), ("ToLower[Notes]", false), ("Priority", false), ("desc", true)];
    assert_eq!(text, expected.map(|(e, d)| (e.to_owned(), d)));
    assert_eq!(parse_order_by(&order_by_text(&keys)).unwrap(), keys);
    let error = parse_order_by("Title down").unwrap_err();
    assert_eq!(
        error.message,
        "$orderby cannot be read at character 7: expected asc, desc, a comma or the end, found \"down\""
    );
    assert_eq!(parse_order_by("Title,").unwrap_err().status, 400);
}

#[test]
fn bombs_are_refused_and_long_chains_stay_flat() {
    for bomb in [
        format!("{}A{}", "(".repeat(100_000), ")".repeat(100_000)),
        "not ".repeat(100_000),
        "tolower(".repeat(100_000),
        "-".repeat(100_000),
        "A/any(".repeat(100_000),
        "case(".repeat(100_000),
        "cast(".repeat(100_000),
        format!("A{}", "/A".repeat(100_000)),
        format!("A{} eq 1", " add A".repeat(100)),
        format!("A{}", " eq A".repeat(100_000)),
        format!("A{}", " lt A".repeat(100)),
        format!("A in (1{})", ",1".repeat(100_000)),
    ] {
        assert_eq!(problem(&bomb).0, 400);
    }
    fn depth(expr: &Expr) -> usize {
        match expr {
            Expr::Logic { left, right, .. } => 1 + depth(left).max(depth(right)),
            _ => 0,
        }
    }
    let chain = parsed(&format!("A eq 0{}", " or A eq 1".repeat(4_000)));
    assert_eq!(depth(&chain), 12);
    let nested = format!("{}A eq 1{}", "(".repeat(60), ")".repeat(60));
    assert_eq!(tree(&parsed(&nested)), "(A Eq 1)");
}

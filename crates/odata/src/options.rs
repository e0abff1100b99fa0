//! System query options (OData URL Conventions 4.01 section 5), as a server reads them.
//!
//! Owns: the options as a whole: names in any case, with or without `$`, each at most once. Refuses: `$filter` and
//! `$orderby`, `$compute` and `$apply` themselves (`filter`) and knowing the model. An option of OData's that is not served answers 501, an
//! unknown one with `$` 400; any other name is a custom option and ignored, as section 5.2 wants.

mod expand;
mod search;

pub(crate) use search::parse as search;
#[cfg(test)]
pub(crate) use search::write as search_text;

use crate::filter::{Aliases, apply, compute, filter, order_by};
use crate::percent::{decode, decode_query};
use crate::{Code, WireError};
use tidemark_model::query::Query;

/// Options of OData's that nothing here serves.
const UNSUPPORTED: [&str; 2] = ["index", "schemaversion"];
/// Options that stand only within another one.
const WITHIN: [&str; 1] = ["levels"];
const SUPPORTED: [&str; 14] = [
    "apply",
    "compute",
    "filter",
    "orderby",
    "select",
    "top",
    "skip",
    "count",
    "search",
    "expand",
    "deltatoken",
    "skiptoken",
    "format",
    "id",
];

/// Returns the name of every system query option, without `$`.
pub fn option_names() -> impl Iterator<Item = &'static str> {
    SUPPORTED.into_iter().chain(UNSUPPORTED).chain(WITHIN)
}

/// The query options of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// `$apply`, `$compute`, `$filter`, `$orderby`, `$select`, `$top`, `$skip`, `$count`, `$search`, `$expand`.
    pub query: Query,
    /// Whether `$count` was given at all.
    pub count_given: bool,
    /// `$deltatoken`.
    pub delta_token: Option<String>,
    /// `$skiptoken`.
    pub skip_token: Option<String>,
    /// `$format`.
    pub format: Option<String>,
    /// `$id`.
    pub id: Option<String>,
}

/// Reads the raw query of a URL, without its question mark.
///
/// # Errors
/// 400 for malformed or repeated options, 501 for options that are not served here.
pub fn parse_options(raw_query: &str) -> Result<Options, WireError> {
    let mut given: Vec<(&str, String)> = Vec::new();
    let mut aliases = Aliases::default();
    for pair in raw_query.split('&').filter(|pair| !pair.is_empty()) {
        let (raw_name, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(raw_name)?;
        if name.starts_with('@') {
            aliases.insert(&name, decode_query(raw_value)?.trim())?;
            continue;
        }
        let name = name.to_ascii_lowercase();
        let bare = name.strip_prefix('$').unwrap_or(&name);
        if let Some(unsupported) = UNSUPPORTED.iter().find(|known| **known == bare) {
            let name = format!("${unsupported}");
            return Err(WireError::not_supported(format_args!("The query option {name}")).about(name));
        }
        let Some(known) = SUPPORTED.iter().find(|known| **known == bare) else {
            if name.starts_with('$') {
                return Err(wrong(&name, "is no query option of OData"));
            }
            continue;
        };
        if given.iter().any(|(name, _)| name == known) {
            return Err(wrong(&format!("${known}"), "is given twice"));
        }
        given.push((known, decode_query(raw_value)?.trim().to_owned()));
    }
    // An alias may stand behind the option that names it.
    let mut options = Options::default();
    for (name, value) in given {
        options.set(name, &value, &aliases, false)?;
    }
    Ok(options)
}

impl Options {
    fn set(&mut self, option: &str, value: &str, aliases: &Aliases, is_within: bool) -> Result<(), WireError> {
        let query = &mut self.query;
        match option {
            "apply" => query.apply = apply(value, aliases)?,
            "compute" => query.compute = compute(value, aliases, is_within)?,
            "filter" => query.filter = Some(filter(value, aliases, is_within)?),
            "orderby" => query.order_by = order_by(value, aliases, is_within)?,
            "select" => query.select = parse_select(value)?,
            "search" => query.search = search::parse(value)?,
            "expand" => query.expand = expand::parse(value, aliases, 0)?,
            "top" => query.top = Some(whole_number("$top", value)?),
            "skip" => query.skip = whole_number("$skip", value)?,
            "count" => {
                self.count_given = true;
                query.count = match value.to_ascii_lowercase().as_str() {
                    "true" => true,
                    "false" => false,
                    _ => return Err(wrong("$count", "must be true or false")),
                };
            }
            "deltatoken" => self.delta_token = Some(value.to_owned()),
            "skiptoken" => self.skip_token = Some(value.to_owned()),
            "id" => self.id = Some(value.to_owned()),
            _ => self.format = Some(value.to_owned()),
        }
        Ok(())
    }
}

/// Reads `$select`; `*` means every property, and so does the empty list it returns then.
fn parse_select(value: &str) -> Result<Vec<String>, WireError> {
    let mut names: Vec<String> = Vec::new();
    let mut every = false;
    for name in value.split(',').map(str::trim) {
        if name == "*" {
            every = true;
        } else if !name.split('/').all(is_name) {
            return Err(wrong("$select", "must be a list of property names, separated by commas"));
        } else if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(if every { Vec::new() } else { names })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn whole_number(option: &str, value: &str) -> Result<u64, WireError> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let number = if digits { value.parse().ok() } else { None };
    number.ok_or_else(|| wrong(option, "must be a whole number, 0 or above"))
}

fn wrong(option: &str, problem: &str) -> WireError {
    WireError::new(400, Code::InvalidQuery, format!("{option} {problem}")).about(option)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{order_by_text, parse_filter, write_filter};
    use crate::percent::encode_query;
    use proptest::prelude::*;
    use tidemark_model::query::{Expr, OrderBy};

    /// Writes a query as a URL's raw query, without question mark; empty for an empty query.
    fn write_query(query: &Query) -> String {
        let mut options: Vec<String> = Vec::new();
        let mut add = |name: &str, value: &str| options.push(format!("${name}={}", encode_query(value)));
        if let Some(filter) = &query.filter {
            add("filter", &write_filter(filter));
        }
        if !query.search.is_empty() {
            add("search", &search::write(&query.search));
        }
        if !query.order_by.is_empty() {
            add("orderby", &order_by_text(&query.order_by));
        }
        if !query.select.is_empty() {
            add("select", &query.select.join(","));
        }
        if let Some(top) = query.top {
            add("top", &top.to_string());
        }
        if query.skip > 0 {
            add("skip", &query.skip.to_string());
        }
        if query.count {
            add("count", "true");
        }
        options.join("&")
    }

    fn refused(query: &str) -> (u16, Option<String>) {
        let error = parse_options(query).expect_err(query);
        (error.status, error.target)
    }

    #[test]
    fn names_are_read_in_any_case_with_or_without_dollar() {
        for query in [
            "$filter=Title%20eq%20'a%26b'&$TOP=5&$Count=true&custom=1&$skip=0",
            "FILTER=Title+eq+%27a%26b%27&top=5&%24count=TRUE&&",
        ] {
            let options = parse_options(query).unwrap();
            assert_eq!(options.query.filter, Some(parse_filter("Title eq 'a&b'").unwrap()), "{query}");
            assert_eq!((options.query.top, options.query.count, options.count_given), (Some(5), true, true));
        }
        let options =
            parse_options("$deltatoken=abc_-1&$skiptoken=x&$format=json&$select=Title,%20IsDone,Title").unwrap();
        assert_eq!(options.delta_token.as_deref(), Some("abc_-1"));
        assert_eq!(options.skip_token.as_deref(), Some("x"));
        assert_eq!(options.format.as_deref(), Some("json"));
        assert_eq!(options.query.select, ["Title", "IsDone"]);
        assert!(parse_options("$select=Title,*").unwrap().query.select.is_empty());
    }

    #[test]
    fn what_cannot_be_served_is_refused_by_name() {
        for (query, status, target) in [
            ("$top=1&top=2", 400, "$top"),
            ("$top=-1", 400, "$top"),
            ("$skip=99999999999999999999", 400, "$skip"),
            ("$count=1", 400, "$count"),
            ("$nothing=1", 400, "$nothing"),
            ("$filter=", 400, "$filter"),
            ("$orderby=", 400, "$orderby"),
            ("$select=", 400, "$select"),
            ("$select=a b", 400, "$select"),
            ("$select=Site/", 400, "$select"),
            ("$select=Site($select=Name)", 400, "$select"),
            ("$expand=Site(", 400, "$expand"),
            ("$levels=1", 400, "$levels"),
            ("Apply=x", 400, "$apply"),
            ("$index=1", 501, "$index"),
            ("compute=1", 400, "$compute"),
            ("$search=a%20OR", 400, "$search"),
        ] {
            assert_eq!(refused(query), (status, Some(target.to_owned())), "{query}");
        }
        assert_eq!(refused("$filter=%zz").0, 400);
    }

    #[test]
    fn a_request_line_of_16_kib_is_read() {
        let query = format!("$filter=Title eq '{}'", "x".repeat(16_000));
        assert!(parse_options(&query).is_ok());
    }

    proptest! {
        #[test]
        fn a_written_query_reads_back_the_same(
            text in "[^\0]*",
            search in prop::collection::vec("[^\0]{0,6}[^\0\\s][^\0]{0,6}", 0..3),
            top in any::<Option<u64>>(),
            skip in any::<u64>(),
            count in any::<bool>(),
            descending in any::<bool>(),
        ) {
            let query = Query {
                filter: Some(parse_filter(&format!("Title eq '{}' or A in (1,2)", text.replace('\'', "''"))).unwrap()),
                order_by: vec![OrderBy { expr: Expr::Property("Title".into()), descending }],
                select: vec!["Title".into(), "IsDone".into()],
                top, skip, count,
                search: search.into_iter().map(tidemark_model::query::Search::Word).collect(),
                ..Query::default()
            };
            prop_assert_eq!(parse_options(&write_query(&query)).unwrap().query, query);
        }

        #[test]
        fn arbitrary_queries_never_panic(query in any::<String>(), value in any::<String>()) {
            let _ = parse_options(&query);
            let _ = parse_options(&format!("$search={value}"));
            let _ = parse_options(&format!("$select={value}"));
        }
    }
}

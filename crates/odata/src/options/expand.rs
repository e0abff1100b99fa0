//! `$expand` (OData URL Conventions 4.01 section 5.1.3): its items, and the options within them.
//!
//! Owns: taking the text apart, with its limits. Refuses: the options themselves, which are read as those of a URL are.

use super::{Options, wrong};
use crate::WireError;
use crate::filter::Aliases;
use tidemark_model::query::{Expand, Want};

const EXPAND: &str = "$expand";
/// How deep items may stand within items.
const DEEPEST: u32 = 6;
/// How many items there may be side by side.
const MOST: usize = 20;

/// The options of an item.
const WITHIN: [&str; 10] =
    ["compute", "filter", "orderby", "select", "top", "skip", "count", "search", "expand", "levels"];

/// Reads the items; `depth` says within how many others they stand.
pub(super) fn parse(text: &str, aliases: &Aliases, depth: u32) -> Result<Vec<Expand>, WireError> {
    if depth >= DEEPEST {
        return Err(wrong(EXPAND, "nests more than 6 levels deep"));
    }
    let mut items: Vec<Expand> = Vec::new();
    let texts = split(text, ',')?;
    if texts.len() > MOST {
        return Err(wrong(EXPAND, "has more than 20 items side by side"));
    }
    for item in texts {
        let item = parse_item(item.trim(), aliases, depth)?;
        if items.iter().any(|known| known.name == item.name) {
            return Err(wrong(EXPAND, &format!("names {} twice", item.name)));
        }
        items.push(item);
    }
    Ok(items)
}

fn parse_item(item: &str, aliases: &Aliases, depth: u32) -> Result<Expand, WireError> {
    let (path, options) = match item.split_once('(') {
        None => (item, ""),
        Some((path, options)) => {
            let options =
                options.strip_suffix(')').ok_or_else(|| wrong(EXPAND, "has an item that ends behind its )"))?;
            (path.trim_end(), options)
        }
    };
    let (name, want) = match path.split_once('/') {
        None => (path, Want::Records),
        Some((name, "$ref")) => (name, Want::References),
        Some((name, "$count")) => (name, Want::Count),
        Some(_) => {
            return Err(wrong(EXPAND, &format!("has the path {path}: a path leads over one navigation property")));
        }
    };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_name && name != "*" {
        return Err(wrong(EXPAND, "must be a list of navigation properties, separated by commas"));
    }
    let mut found = Options::default();
    let mut levels = 1;
    let mut given: Vec<(String, String)> = Vec::new();
    for option in split(options, ';')? {
        if option.trim().is_empty() && options.trim().is_empty() {
            continue;
        }
        let (written, value) = option.split_once('=').ok_or_else(|| {
            wrong(EXPAND, &format!("has {:?} within {name}, which is no option: write name=value", option.trim()))
        })?;
        let lower = written.trim().to_ascii_lowercase();
        let bare = lower.strip_prefix('$').unwrap_or(&lower);
        let Some(known) = WITHIN.iter().find(|known| **known == bare) else {
            return Err(wrong(
                EXPAND,
                &format!("has the option {} within {name}, where it has no meaning", written.trim()),
            ));
        };
        if given.iter().any(|(name, _)| name == known) {
            return Err(wrong(EXPAND, &format!("gives ${known} twice within {name}")));
        }
        let value = value.trim();
        given.push(((*known).to_owned(), value.to_owned()));
        match *known {
            "expand" => found.query.expand = parse(value, aliases, depth + 1)?,
            "levels" if value == "max" => levels = u32::MAX,
            "levels" => {
                let number = value.parse().ok().filter(|number| *number > 0);
                levels = number.ok_or_else(|| wrong("$levels", "must be a whole number above 0, or max"))?;
            }
            known => found.set(known, value, aliases, true)?,
        }
    }
    Ok(Expand { name: name.to_owned(), want, levels, query: found.query, options: given })
}

/// Splits text where a character stands outside of quotes and parentheses.
fn split(text: &str, at: char) -> Result<Vec<&str>, WireError> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0u32, None);
    for (place, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => {
                depth = depth.checked_sub(1).ok_or_else(|| wrong(EXPAND, "has a ) that nothing begins"))?;
            }
            (None, character) if character == at && depth == 0 => {
                parts.push(&text[from..place]);
                from = place + character.len_utf8();
            }
            _ => {}
        }
    }
    if depth > 0 || quote.is_some() {
        return Err(wrong(EXPAND, "has a parenthesis or a quote that does not end"));
    }
    parts.push(&text[from..]);
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::super::parse_options;
    use super::*;
    use crate::filter::{parse_filter, parse_order_by};
    use proptest::prelude::*;

    fn parsed(text: &str) -> Vec<Expand> {
        parse(text, &Aliases::default(), 0).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn items_have_options_of_their_own() {
        let items = parsed(
            "TodoList, Site ( $select = Name ) ,TodoItems($filter=Title eq 'a;b)' or Priority in (1,2);orderby=Title desc;\
             $top=2;$skip=1;$count=true;$search=\"x;y\" OR z;$expand=Site($expand=Contacts/$count)),*/$ref",
        );
        assert_eq!(
            items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(),
            ["TodoList", "Site", "TodoItems", "*"]
        );
        assert_eq!(items[0].query, tidemark_model::query::Query::default());
        assert_eq!(items[1].query.select, ["Name"]);
        let query = &items[2].query;
        assert_eq!(query.filter, Some(parse_filter("Title eq 'a;b)' or Priority in (1,2)").unwrap()));
        assert_eq!(query.order_by, parse_order_by("Title desc").unwrap());
        assert_eq!((query.top, query.skip, query.count, query.search.len()), (Some(2), 1, true, 1));
        assert_eq!(query.expand[0].query.expand[0].want, Want::Count);
        assert_eq!(items[2].options[1], ("orderby".to_owned(), "Title desc".to_owned()));
        assert_eq!(items[3].want, Want::References);
        assert_eq!(parsed("Parent($levels=max)")[0].levels, u32::MAX);
        assert_eq!(parsed("Parent(levels=3)")[0].levels, 3);
        assert_eq!(parsed("A($compute=1 add 1 as Two,Two mul 2 as Four)")[0].query.compute[1].name, "Four");
        let options = parse_options("$expand=TodoItems($filter=Title eq @t)&@t='x'").unwrap();
        assert_eq!(options.query.expand[0].query.filter, Some(parse_filter("Title eq 'x'").unwrap()));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let deep = format!("{}A{}", "A($expand=".repeat(10), ")".repeat(10));
        let bomb = "(".repeat(100_000);
        let wide = (0..21).map(|n| format!("A{n}")).collect::<Vec<_>>().join(",");
        for text in [
            "",
            ",A",
            "A,",
            "A,A",
            "A(",
            "A)",
            "A()B",
            "A B",
            "A/B",
            "A/$value",
            "Ns.A",
            "A($top)",
            "A($top=1;$top=2)",
            "A($top=-1)",
            "A($levels=0)",
            "A($nothing=1)",
            "A($deltatoken=1)",
            "A($filter=Title eq 'x)",
            "A($expand=)",
            &deep,
            &bomb,
            &wide,
        ] {
            let error = parse(text, &Aliases::default(), 0).expect_err(text);
            assert_eq!(error.status, 400, "{}", &text[..text.len().min(30)]);
        }
    }

    proptest! {
        #[test]
        fn text_made_of_the_right_pieces_never_panics(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "A", ",", "(", ")", "$top=1", ";", "'", "\"", "$expand=", "/$ref", "*", "$filter=", "A eq 'é'", " ", "[",
                ]),
                0..30,
            )
        ) {
            let _ = parse(&pieces.concat(), &Aliases::default(), 0);
        }
    }
}

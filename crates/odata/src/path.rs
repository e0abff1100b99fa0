//! Resource paths below the service root (OData URL Conventions 4.01 section 4).
//!
//! Owns: which resource a path names, key forms included. Refuses: query options (`options`), and whether a set or
//! record exists (the server knows). What OData has and nothing here serves answers 501, never a wrong resource.

use crate::percent::decode;
use crate::{Code, WireError};
use tidemark_model::{BATCH_PATH, ID, RecordId};

const METADATA: &str = "$metadata";
const BATCH: &str = "$batch";
const COUNT: &str = "$count";
/// Behind a record or a property, beside [`COUNT`].
const BELOW: [&str; 2] = ["$value", "$ref"];
/// What OData has at the root and nothing here serves.
const UNSERVED: [&str; 3] = ["$entity", "$all", "$crossjoin"];

/// Returns every word that means something in a resource path.
pub fn path_words() -> impl Iterator<Item = &'static str> {
    [METADATA, BATCH, BATCH_PATH, COUNT].into_iter().chain(BELOW).chain(UNSERVED)
}

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The service document.
    Service,
    /// `$metadata`.
    Metadata,
    /// `$batch`.
    Batch,
    /// An entity set; whether it exists is the server's to say.
    Set(String),
    /// `Set/$count`.
    Count(String),
    /// One record.
    Entity {
        /// The entity set.
        set: String,
        /// The key.
        id: RecordId,
    },
}

/// Reads a path below the service root, still percent-encoded, with or without a leading slash.
///
/// # Errors
/// 400 for a malformed key or encoding, 404 for what cannot exist, 501 for what OData has and we do not serve.
pub fn parse_path(path: &str) -> Result<Resource, WireError> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(Resource::Service);
    }
    let mut segments = path.split('/');
    let first = decode(segments.next().unwrap_or_default())?;
    // One set, a key, `$count` or a property path: nothing served is longer than three segments.
    let rest = segments.take(4).map(decode).collect::<Result<Vec<_>, _>>()?;
    let rest: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
    match (&*first, &*rest) {
        (METADATA, []) => Ok(Resource::Metadata),
        // No set is called so (`csdl::names`).
        (BATCH | BATCH_PATH, []) => Ok(Resource::Batch),
        (METADATA | BATCH, _) => Err(nothing_there()),
        (system, _) if system.starts_with('$') => Err(system_resource(system)),
        (set, rest) => below_set(set, rest),
    }
}

fn below_set(first: &str, rest: &[&str]) -> Result<Resource, WireError> {
    let (set, id) = match first.split_once('(') {
        None => (first, None),
        Some((set, key)) => {
            let key = key.strip_suffix(')').ok_or_else(|| invalid("a key must end with )"))?;
            (set, if key.trim().is_empty() { None } else { Some(parse_key(key)?) })
        }
    };
    if !is_identifier(set) {
        return Err(nothing_there());
    }
    let set = set.to_owned();
    match (id, rest) {
        (None, []) => Ok(Resource::Set(set)),
        (None, [COUNT]) => Ok(Resource::Count(set)),
        (Some(id), []) => Ok(Resource::Entity { set, id }),
        // The key as a segment of its own (section 4.3.5).
        (None, [key, below @ ..]) if key.parse::<RecordId>().is_ok() => match below {
            [] => Ok(Resource::Entity { set, id: parse_key(key)? }),
            below => Err(below_record(below)),
        },
        (None, [other, ..]) if other.starts_with('$') => Err(WireError::not_supported(format_args!("{set}/{other}"))),
        (None, _) => Err(nothing_there()),
        (Some(_), below) => Err(below_record(below)),
    }
}

fn parse_key(text: &str) -> Result<RecordId, WireError> {
    let value = match text.split_once('=') {
        Some((name, value)) if name.trim() == ID => value,
        Some((name, _)) => return Err(invalid(format_args!("the key is {ID}, not {:?}", name.trim()))),
        None => text,
    };
    value.trim().parse().map_err(invalid)
}

fn below_record(segments: &[&str]) -> WireError {
    let known = segments.iter().all(|s| is_identifier(s) || *s == COUNT || BELOW.contains(s));
    if known { WireError::not_supported("A path to a single property or a related record") } else { nothing_there() }
}

fn system_resource(name: &str) -> WireError {
    if UNSERVED.iter().any(|unserved| name.starts_with(unserved)) {
        WireError::not_supported(name)
    } else {
        nothing_there()
    }
}

fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && characters.all(|c| c.is_alphanumeric() || c == '_')
}

fn nothing_there() -> WireError {
    WireError::not_found("There is nothing at this address")
}

fn invalid(problem: impl std::fmt::Display) -> WireError {
    WireError::new(400, Code::InvalidUrl, format!("The address cannot be read: {problem}"))
}

/// Returns the path and the raw query of a URL as a batch part gives it: absolute, from the host's root, or
/// relative to the service root. `root` is the service root's path, such as `/odata`.
///
/// # Errors
/// 400 where the URL points outside the service.
pub fn split_target<'u>(url: &'u str, root: &str) -> Result<(&'u str, &'u str), WireError> {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let from_host = match url.split_once("://") {
        // Only a scheme may stand before it: `://` is also text in a filter.
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
            Some(rest.find(['/', '?']).map_or("", |at| &rest[at..]))
        }
        _ => url.starts_with('/').then_some(url),
    };
    let below = match from_host {
        None => url,
        Some(path) => path
            .strip_prefix(root.trim_end_matches('/'))
            .filter(|below| below.is_empty() || below.starts_with(['/', '?']))
            .ok_or_else(|| invalid("it is outside of this service"))?,
    };
    Ok(below.split_once('?').unwrap_or((below, "")))
}

/// Returns the URL of a record, relative to the service root.
pub fn entity_url(set: &str, id: RecordId) -> String {
    format!("{set}({id})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID_TEXT: &str = "8f0e6a52-6d5f-4a55-9d5e-2f7b4c1d9e01";

    fn status(path: &str) -> u16 {
        parse_path(path).map_or_else(|e| e.status, |_| 200)
    }

    #[test]
    fn every_form_of_a_key_names_the_same_record() {
        let expected = Resource::Entity { set: "TodoItems".into(), id: ID_TEXT.parse().unwrap() };
        for path in [
            format!("/TodoItems({ID_TEXT})"),
            format!("TodoItems(Id={ID_TEXT})"),
            format!("TodoItems%28Id%3D{ID_TEXT}%29"),
            format!("TodoItems/{ID_TEXT}"),
            format!("TodoItems({})", ID_TEXT.to_uppercase()),
            format!("TodoItems( {ID_TEXT} )/"),
        ] {
            assert_eq!(parse_path(&path).unwrap(), expected, "{path}");
        }
        assert_eq!(entity_url("TodoItems", ID_TEXT.parse().unwrap()), format!("TodoItems({ID_TEXT})"));
    }

    #[test]
    fn resources_of_the_service() {
        assert_eq!(parse_path("").unwrap(), Resource::Service);
        assert_eq!(parse_path("/").unwrap(), Resource::Service);
        assert_eq!(parse_path("/$metadata").unwrap(), Resource::Metadata);
        assert_eq!(parse_path("/%24batch").unwrap(), Resource::Batch);
        assert_eq!(parse_path("batch").unwrap(), Resource::Batch);
        assert_eq!(parse_path("TodoItems").unwrap(), Resource::Set("TodoItems".into()));
        assert_eq!(parse_path("TodoItems()").unwrap(), Resource::Set("TodoItems".into()));
        assert_eq!(parse_path("TodoItems/$count").unwrap(), Resource::Count("TodoItems".into()));
    }

    #[test]
    fn what_is_not_served_says_so() {
        assert_eq!(status("TodoItems(5)"), 400);
        assert_eq!(status("TodoItems(Name='a')"), 400);
        assert_eq!(status(&format!("TodoItems({ID_TEXT}")), 400);
        assert_eq!(status("TodoItems/nothing"), 404);
        assert_eq!(status("TodoItems//x"), 404);
        assert_eq!(status("a b"), 404);
        assert_eq!(status("$metadata/x"), 404);
        assert_eq!(status("$nothing"), 404);
        assert_eq!(status("Tidemark.Act()"), 404);
        assert_eq!(status(&format!("TodoItems({ID_TEXT})/Title")), 501);
        assert_eq!(status(&format!("TodoItems/{ID_TEXT}/TodoList/Name/$value")), 501);
        assert_eq!(status("TodoItems/$ref"), 501);
        assert_eq!(status("$entity"), 501);
        assert_eq!(status("$1"), 404);
    }

    #[test]
    fn a_batch_part_may_give_any_kind_of_url() {
        for url in ["TodoItems?$top=1", "/odata/TodoItems?$top=1", "HTTP://host:1/odata/TodoItems?$top=1#x"] {
            let (path, query) = split_target(url, "/odata/").unwrap();
            assert_eq!((parse_path(path).unwrap(), query), (Resource::Set("TodoItems".into()), "$top=1"), "{url}");
        }
        assert_eq!(split_target("http://host/odata", "/odata").unwrap(), ("", ""));
        assert_eq!(split_target("A?$filter=B eq 'x://y'", "/odata").unwrap(), ("A", "$filter=B eq 'x://y'"));
        for outside in ["/session", "/odatax/TodoItems", "http://host", "http://host?x=/odata"] {
            assert_eq!(split_target(outside, "/odata").unwrap_err().status, 400, "{outside}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_paths_never_panic(path in any::<String>()) {
            let _ = parse_path(&path);
            let _ = split_target(&path, "/odata");
        }

        #[test]
        fn paths_made_of_the_right_pieces_never_panic(path in r"[A-Za-z_$/()=,'%0-9.\-]{0,60}") {
            let _ = parse_path(&path);
        }
    }
}

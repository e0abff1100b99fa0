//! Resource paths below the service root (OData URL Conventions 4.01 section 4).
//!
//! Owns: which resource a path names, key forms included. Refuses: query options (`options`), and whether a set, a
//! record or a property exists (the server knows). What OData has and nothing here serves answers 501, never a wrong
//! resource.

use crate::percent::decode;
use crate::{Code, WireError};
use tidemark_model::{BATCH_PATH, ID, RecordId};

const METADATA: &str = "$metadata";
const BATCH: &str = "$batch";
const ENTITY: &str = "$entity";
const OPENAPI: &str = "openapi.json";
const COUNT: &str = "$count";
const VALUE: &str = "$value";
const REFERENCE: &str = "$ref";
const QUERY: &str = "$query";
/// What OData has at the root, or behind a set, and nothing here serves.
const UNSERVED: [&str; 4] = ["$all", "$crossjoin", "$each", "$filter"];
/// A path over more records than this leads nowhere that anybody means.
const MOST_SEGMENTS: usize = 12;

/// Returns every word that means something in a resource path.
pub fn path_words() -> impl Iterator<Item = &'static str> {
    [METADATA, BATCH, BATCH_PATH, ENTITY, COUNT, VALUE, REFERENCE, QUERY].into_iter().chain(UNSERVED)
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
    /// `Set/$ref`: the addresses of its records.
    References(String),
    /// `$entity`: the record whose address `$id` is.
    EntityById,
    /// One record.
    Entity {
        /// The entity set.
        set: String,
        /// The key.
        id: RecordId,
    },
    /// What is reached from a record.
    Below {
        /// The entity set.
        set: String,
        /// The key.
        id: RecordId,
        /// The way from there; none where only the record's own address is asked for.
        steps: Vec<Step>,
        /// What is asked of what the way leads to.
        end: End,
    },
    /// `openapi.json`.
    OpenApi,
    /// `…/$query`: a read whose query stands in the body (section 4.17).
    Query(Box<Resource>),
}

/// A step of a path behind a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To a property, or over a navigation property.
    Name(String),
    /// To one of several related records.
    Key(RecordId),
}

/// What is asked of the end of a path behind a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The property, the record or the records themselves.
    Itself,
    /// `/$count`.
    Count,
    /// `/$value`: a property's bare value.
    Value,
    /// `/$ref`: addresses of records.
    Reference,
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
    let segments = path.split('/').take(MOST_SEGMENTS + 1).map(decode).collect::<Result<Vec<_>, _>>()?;
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    let (first, rest) = match &*segments {
        [first, rest @ .., QUERY] if !first.starts_with('$') => {
            return resource(first, rest).map(|inner| Resource::Query(Box::new(inner)));
        }
        [first, rest @ ..] if rest.len() < MOST_SEGMENTS => (*first, rest),
        _ => return Err(nothing_there()),
    };
    resource(first, rest)
}

fn resource(first: &str, rest: &[&str]) -> Result<Resource, WireError> {
    match (first, rest) {
        (METADATA, []) => Ok(Resource::Metadata),
        (ENTITY, []) => Ok(Resource::EntityById),
        // A dot is in no set's name.
        (OPENAPI, []) => Ok(Resource::OpenApi),
        // No set is called so (`csdl::names`).
        (BATCH | BATCH_PATH, []) => Ok(Resource::Batch),
        (METADATA | BATCH | ENTITY, _) => Err(nothing_there()),
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
        (None, [REFERENCE]) => Ok(Resource::References(set)),
        (Some(id), []) => Ok(Resource::Entity { set, id }),
        // The key as a segment of its own (section 4.3.5).
        (None, [key, below @ ..]) if key.parse::<RecordId>().is_ok() => match below {
            [] => Ok(Resource::Entity { set, id: parse_key(key)? }),
            below => below_record(set, parse_key(key)?, below),
        },
        (None, [other, ..]) if other.starts_with('$') => Err(system_resource(other)),
        (None, _) => Err(nothing_there()),
        (Some(id), below) => below_record(set, id, below),
    }
}

fn parse_key(text: &str) -> Result<RecordId, WireError> {
    let value = match text.split_once('=') {
        Some((name, value)) if name.trim() == ID => value,
        Some((name, _)) => return Err(invalid(format_args!("the key is {ID}, not {:?}", name.trim()))),
        None => text,
    };
    // Some clients write every key as a text (@odata/client).
    let value = value.trim();
    let bare = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''));
    bare.unwrap_or(value).parse().map_err(invalid)
}

/// Reads the way from a record.
fn below_record(set: String, id: RecordId, segments: &[&str]) -> Result<Resource, WireError> {
    let (way, end) = match segments {
        [way @ .., COUNT] => (way, End::Count),
        [way @ .., VALUE] => (way, End::Value),
        [way @ .., REFERENCE] => (way, End::Reference),
        way => (way, End::Itself),
    };
    let mut steps = Vec::with_capacity(way.len());
    for segment in way {
        if let Ok(key) = segment.parse() {
            steps.push(Step::Key(key));
            continue;
        }
        let (name, key) = match segment.split_once('(') {
            Some((name, key)) => {
                (name, Some(parse_key(key.strip_suffix(')').ok_or_else(|| invalid("a key must end with )"))?)?))
            }
            None => (*segment, None),
        };
        if !is_identifier(name) {
            return Err(if name.starts_with('$') { system_resource(name) } else { nothing_there() });
        }
        steps.push(Step::Name(name.to_owned()));
        steps.extend(key.map(Step::Key));
    }
    let leads_somewhere = matches!(steps.first(), Some(Step::Name(_))) || (steps.is_empty() && end == End::Reference);
    if leads_somewhere { Ok(Resource::Below { set, id, steps, end }) } else { Err(nothing_there()) }
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

/// Where the service is, for telling its addresses from others.
#[derive(Clone, Copy, Debug)]
pub struct ServiceRoot<'r> {
    /// Its URL as the client sees it, such as `https://data.example.org/tidemark/odata/`.
    pub url: &'r str,
    /// Its path in the process, such as `/odata`: a proxy may have taken what stands before that away.
    pub path: &'r str,
}

/// Returns the path and the raw query of a URL as a batch part gives it: absolute, from the host's root, or
/// relative to the service root.
///
/// # Errors
/// 400 where the URL points outside the service, or to another server.
pub fn split_target<'u>(url: &'u str, root: ServiceRoot<'_>) -> Result<(&'u str, &'u str), WireError> {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let own = absolute(root.url);
    let from_host = match absolute(url) {
        Some((host, path)) => {
            if own.is_some_and(|(own, _)| !own.eq_ignore_ascii_case(host)) {
                return Err(invalid("it is of another server"));
            }
            Some(path)
        }
        None => url.starts_with('/').then_some(url),
    };
    let Some(path) = from_host else { return Ok(url.split_once('?').unwrap_or((url, ""))) };
    let roots = [own.map_or("", |(_, path)| path), root.path];
    let below = roots.into_iter().filter(|root| !root.is_empty()).find_map(|root| {
        let below = path.strip_prefix(root.trim_end_matches('/'))?;
        (below.is_empty() || below.starts_with(['/', '?'])).then_some(below)
    });
    let below = below.ok_or_else(|| invalid("it is outside of this service"))?;
    Ok(below.split_once('?').unwrap_or((below, "")))
}

/// Takes an absolute URL apart: its host, without the port that its scheme has anyway, and what stands behind.
fn absolute(url: &str) -> Option<(&str, &str)> {
    // Only a scheme may stand before it: `://` is also text in a filter.
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme {
        _ if scheme.eq_ignore_ascii_case("http") => ":80",
        _ if scheme.eq_ignore_ascii_case("https") => ":443",
        _ => return None,
    };
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    Some((host.strip_suffix(port).unwrap_or(host), path))
}

/// Returns the URL of a record, relative to the service root.
pub fn entity_url(set: &str, id: RecordId) -> String {
    format!("{set}({id})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOT: ServiceRoot<'static> = ServiceRoot { url: "http://host:1/odata/", path: "/odata" };
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
            format!("TodoItems('{ID_TEXT}')"),
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
        assert_eq!(status("TodoItems/$filter(@f)"), 501);
        assert_eq!(status("TodoItems/$each"), 501);
        assert_eq!(status("$all"), 501);
        assert_eq!(status("TodoItems/$nothing"), 404);
        for below in ["$count", "$value", "$nothing", "a b", "A/$value/B", "A//B", "$ref/A"] {
            assert_eq!(status(&format!("TodoItems({ID_TEXT})/{below}")), 404, "{below}");
        }
        assert_eq!(status(&format!("TodoItems({ID_TEXT})/TodoList(5)")), 400);
        let long = format!("TodoItems({ID_TEXT}){}", "/A".repeat(MOST_SEGMENTS - 1));
        assert_eq!((status(&long), status(&format!("{long}/A"))), (200, 404));
        assert_eq!(status(&format!("{long}{}", "/A".repeat(100_000))), 404);
        assert_eq!(status("$1"), 404);
    }

    #[test]
    fn what_is_reached_from_a_record_is_a_way_and_an_end() {
        let (set, id) = ("TodoLists".to_owned(), ID_TEXT.parse().unwrap());
        let name = |name: &str| Step::Name(name.to_owned());
        for (path, steps, end) in [
            ("Name", vec![name("Name")], End::Itself),
            ("Name/$value", vec![name("Name")], End::Value),
            ("TodoItems/$count", vec![name("TodoItems")], End::Count),
            ("TodoItems/$ref", vec![name("TodoItems")], End::Reference),
            ("$ref", vec![], End::Reference),
            (
                &format!("TodoItems({ID_TEXT})/Site/Name"),
                vec![name("TodoItems"), Step::Key(id), name("Site"), name("Name")],
                End::Itself,
            ),
            (&format!("TodoItems/{ID_TEXT}"), vec![name("TodoItems"), Step::Key(id)], End::Itself),
        ] {
            let below = Resource::Below { set: set.clone(), id, steps, end };
            for key in [format!("TodoLists({ID_TEXT})"), format!("TodoLists/{ID_TEXT}")] {
                assert_eq!(parse_path(&format!("{key}/{path}")).unwrap(), below, "{path}");
                let query = Resource::Query(Box::new(below.clone()));
                assert_eq!(parse_path(&format!("{key}/{path}/$query")).unwrap(), query, "{path}");
            }
        }
        assert_eq!(parse_path("TodoLists/$ref").unwrap(), Resource::References(set.clone()));
        assert_eq!(parse_path("$entity").unwrap(), Resource::EntityById);
        assert_eq!(parse_path("TodoLists/$query").unwrap(), Resource::Query(Box::new(Resource::Set(set))));
        assert_eq!((status("$metadata/$query"), status("$query"), status("$batch/$query")), (404, 404, 404));
    }

    #[test]
    fn a_batch_part_may_give_any_kind_of_url() {
        for url in ["TodoItems?$top=1", "/odata/TodoItems?$top=1", "HTTP://host:1/odata/TodoItems?$top=1#x"] {
            let (path, query) = split_target(url, ROOT).unwrap();
            assert_eq!((parse_path(path).unwrap(), query), (Resource::Set("TodoItems".into()), "$top=1"), "{url}");
        }
        assert_eq!(split_target("http://host:1/odata", ROOT).unwrap(), ("", ""));
        assert_eq!(split_target("A?$filter=B eq 'x://y'", ROOT).unwrap(), ("A", "$filter=B eq 'x://y'"));
        for outside in [
            "/session",
            "/odatax/TodoItems",
            "http://host:1",
            "http://host:1?x=/odata",
            "http://other/odata/A",
            "https://host/odata/A",
            "http://host:1@other/odata/A",
        ] {
            assert_eq!(split_target(outside, ROOT).unwrap_err().status, 400, "{outside}");
        }
        // Behind a proxy that adds TLS and a path.
        let public = ServiceRoot { url: "https://data.example.org/tidemark/odata/", path: "/odata" };
        for url in [
            "https://DATA.example.org:443/tidemark/odata/A",
            "http://data.example.org/odata/A",
            "/tidemark/odata/A",
            "/odata/A",
            "A",
        ] {
            assert_eq!(split_target(url, public).unwrap().0.trim_start_matches('/'), "A", "{url}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_paths_never_panic(path in any::<String>()) {
            let _ = parse_path(&path);
            let _ = split_target(&path, ROOT);
        }

        #[test]
        fn paths_made_of_the_right_pieces_never_panic(path in r"[A-Za-z_$/()=,'%0-9.\-]{0,60}") {
            let _ = parse_path(&path);
        }
    }
}

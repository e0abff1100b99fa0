//! What a request of a batch says of those before it: `$id` in URLs, ETags and bindings, `dependsOn`, `if` (Protocol 4.01 section
//! 11.7.4, 11.7.5; OData JSON 4.01 section 19.1).
//!
//! Owns: what became of the requests so far, as far as others may refer to it. Refuses: values of answered bodies.

use super::condition;
use crate::answer::Answer;
use crate::write::references;
use http::header;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use tidemark_odata::{BatchPart, Code, WireError, path_words};

/// The headers that may name a request whose ETag is meant.
const ETAG_HEADERS: [&str; 2] = ["if-match", "if-none-match"];

/// What became of the requests so far. The empty id is nobody's.
#[derive(Default)]
pub(super) struct Known {
    /// Where the records are that requests write.
    targets: HashMap<String, String>,
    /// The ETags that requests were answered with.
    etags: HashMap<String, String>,
    /// Ids and groups, and whether they succeeded.
    outcomes: HashMap<String, bool>,
    /// Ids and groups of requests that are read and wait for the database.
    waiting: HashSet<String>,
}

impl Known {
    /// A request is about the record at this URL.
    pub(super) fn names_record(&mut self, part: &BatchPart, url: String) {
        self.targets.insert(part.id.clone(), url);
    }

    /// A request is read, and will write the record at this URL.
    pub(super) fn writes(&mut self, part: &BatchPart, url: String) {
        self.names_record(part, url);
        self.waiting.insert(part.id.clone());
        self.waiting.extend(part.group.clone());
    }

    /// None waits any more.
    pub(super) fn flushed(&mut self) {
        self.waiting.clear();
    }

    /// A request has its answer.
    pub(super) fn answered(&mut self, part: &BatchPart, answer: &Answer) {
        let succeeded = answer.status.is_success() || answer.status.is_redirection();
        self.outcomes.insert(part.id.clone(), succeeded);
        if let Some(group) = &part.group {
            let so_far = self.outcomes.entry(group.clone()).or_insert(true);
            *so_far &= succeeded;
        }
        if let Some(etag) = answer.headers.get(header::ETAG).and_then(|etag| etag.to_str().ok()) {
            self.etags.insert(part.id.clone(), etag.to_owned());
        }
    }

    /// Tells whether a group, of which there are answers, failed.
    pub(super) fn has_failed(&self, id: &str) -> bool {
        self.outcomes.get(id) == Some(&false)
    }

    /// Tells whether a request names one that waits.
    pub(super) fn must_wait(&self, part: &BatchPart) -> bool {
        !self.waiting.is_empty() && names(part).any(|id| self.waiting.contains(&*id))
    }

    /// Checks what a request depends on.
    ///
    /// # Errors
    /// 424 where it is not to be carried out.
    pub(super) fn check(&self, part: &BatchPart) -> Result<(), WireError> {
        let refuse = |sentence: &str| Err(WireError::new(424, Code::FailedDependency, sentence));
        let refers = referred(&part.url).map(Cow::from).into_iter().chain(bindings(part));
        if refers.into_iter().any(|id| self.has_failed(&id)) {
            return refuse("A request that this one refers to failed");
        }
        match &part.condition {
            // It says what must have succeeded, instead of `dependsOn`.
            Some(condition) => match condition::holds(condition, &|id| self.outcomes.get(id).copied()) {
                Some(true) => Ok(()),
                Some(false) => refuse("The condition of this request (if) is not fulfilled"),
                None => {
                    refuse("The condition of this request (if) cannot be told here, so that it was not carried out")
                }
            },
            None if part.depends_on.iter().any(|id| self.has_failed(id)) => {
                refuse("A request that this one depends on failed")
            }
            None => Ok(()),
        }
    }

    /// Returns the URL of a request with what it refers to put in.
    pub(super) fn url(&self, url: &str) -> String {
        match referred(url).and_then(|id| Some((id, self.targets.get(id)?))) {
            Some((id, target)) => format!("{target}{}", &url[1 + id.len()..]),
            None => url.to_owned(),
        }
    }

    /// Returns the addresses of the records that a request's body names by ids, with those.
    pub(super) fn bound(&self, part: &BatchPart) -> Vec<(String, String)> {
        // A body may name one a million times.
        let ids: BTreeSet<Cow<'_, str>> = bindings(part).collect();
        ids.into_iter().filter_map(|id| Some((id.to_string(), self.targets.get(&*id)?.clone()))).collect()
    }

    /// Puts the ETags in that headers refer to.
    ///
    /// # Errors
    /// 400 where there is none.
    pub(super) fn put_etags(&self, part: &mut BatchPart) -> Result<(), WireError> {
        for (name, value) in &mut part.headers {
            let Some(id) = etag_referred(name, value) else { continue };
            let Some(etag) = self.etags.get(id) else {
                let sentence =
                    format!("{name} refers to ${id}, and no request before this one with that id has an ETag");
                return Err(WireError::new(400, Code::InvalidHeader, sentence).about(name.as_str()));
            };
            *value = etag.clone();
        }
        Ok(())
    }
}

/// Returns the ids of requests and groups that a request names.
pub(super) fn names(part: &BatchPart) -> impl Iterator<Item = Cow<'_, str>> {
    let depends = part.depends_on.iter().map(String::as_str);
    let condition = part.condition.as_deref().into_iter().flat_map(condition::named);
    let etags = part.headers.iter().filter_map(|(name, value)| etag_referred(name, value));
    depends.chain(condition).chain(etags).chain(referred(&part.url)).map(Cow::from).chain(bindings(part))
}

fn bindings(part: &BatchPart) -> impl Iterator<Item = Cow<'_, str>> {
    part.body.iter().flat_map(|body| references(body.get())).map(Cow::from)
}

fn etag_referred<'v>(name: &str, value: &'v str) -> Option<&'v str> {
    if ETAG_HEADERS.contains(&name) { value.strip_prefix('$').filter(|id| !id.is_empty()) } else { None }
}

/// Returns the id of the request that a URL begins with (`$1`, `$1/...`), if it does. A resource of the service that is
/// called so comes first.
fn referred(url: &str) -> Option<&str> {
    let first = url.strip_prefix('$')?.split(['/', '?']).next()?;
    let is_resource = || path_words().any(|word| word.strip_prefix('$') == Some(first));
    (!first.is_empty() && !is_resource()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_may_begin_with_an_id() {
        for (url, id) in [
            ("$1", Some("1")),
            ("$1/Title?x", Some("1")),
            ("$new?$select=Id", Some("new")),
            ("$metadata", None),
            ("$batch?x", None),
            ("$", None),
            ("$/x", None),
            ("TodoItems?$filter=a", None),
        ] {
            assert_eq!(referred(url), id, "{url}");
        }
        let mut known = Known::default();
        let part = BatchPart { id: "1".into(), ..BatchPart::default() };
        known.writes(&part, "TodoItems(7)".into());
        assert_eq!((known.url("$1/Title").as_str(), known.url("$2").as_str()), ("TodoItems(7)/Title", "$2"));
    }
}

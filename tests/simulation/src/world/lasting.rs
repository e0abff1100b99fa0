//! What is wrong for good with a laptop's way to its server: it must hold up nothing but what it is wrong with (FAULTS N6,
//! N7, N9, N10; DESIGN section 4, rule (d)).
//!
//! Owns: what becomes of a request that meets it. Refuses: what passes by itself (`network`), and the law (`run::lasting`).

use super::bodies::{Kept, answer_kept, edit_parts, keep_back, longest_page, page, part_answer, parts, writes};
use crate::plan::fate::Lasting;
use bytes::Bytes;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tidemark_sync::{Request, Response, TransportError};

/// What is wrong, and what of the server it is wrong with: the id of a record, or the name of a set.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    pub(crate) what: Lasting,
    pub(crate) with: String,
}

/// What is wrong with one laptop's way.
#[derive(Default)]
pub(crate) struct Wrongs {
    all: Mutex<Vec<Wrong>>,
    /// The links that are refused, once they are known.
    refused: Mutex<BTreeSet<String>>,
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the token of a link, where it has one.
fn token(url: &str) -> Option<&str> {
    let (_, after) = url.split_once("deltatoken=").or_else(|| url.split_once("skiptoken="))?;
    after.split('&').next()
}

fn url(part: &Value) -> &str {
    part["url"].as_str().unwrap_or_default()
}

/// Returns the set that a URL reads.
fn set_of(url: &str) -> &str {
    let below = url.rsplit_once("/odata/").map_or(url, |(_, below)| below);
    below.split(['?', '(', '/']).next().unwrap_or_default()
}

impl Wrongs {
    pub(crate) fn add(&self, wrong: Wrong) {
        let mut all = held(&self.all);
        all.retain(|other| std::mem::discriminant(&other.what) != std::mem::discriminant(&wrong.what));
        all.push(wrong);
    }

    pub(crate) fn all(&self) -> Vec<Wrong> {
        held(&self.all).clone()
    }

    pub(crate) fn clear(&self) {
        held(&self.all).clear();
        held(&self.refused).clear();
    }

    /// What becomes of a request on its way there; nothing where it goes on, without what is kept back.
    pub(crate) fn on_the_way(&self, request: &mut Request, kept: &mut Kept) -> Option<Response> {
        self.all().iter().find_map(|wrong| self.meets(wrong, request, kept))
    }

    fn meets(&self, wrong: &Wrong, request: &mut Request, kept: &mut Kept) -> Option<Response> {
        let asked = parts(request);
        let is_about = |part: &Value| writes(part) && url(part).contains(&wrong.with);
        match wrong.what {
            Lasting::OneChange if asked.iter().filter(|part| writes(part)).count() > 1 => {
                Some(page(413, "text/html", "<h1>Request entity too large</h1>"))
            }
            Lasting::Poisoned { .. } if asked.iter().any(is_about) => {
                Some(page(500, "text/html", "<h1>Internal error</h1>"))
            }
            Lasting::Part { .. } if asked.iter().any(is_about) => {
                kept.extend(keep_back(request, is_about));
                None
            }
            Lasting::Links => {
                let mut refused = held(&self.refused);
                // The links that the laptop has now, one of each set.
                if refused.is_empty() {
                    let urls = asked.iter().map(url).chain([request.url.as_str()]);
                    refused.extend(urls.filter_map(token).map(str::to_owned));
                }
                None
            }
            _ => None,
        }
    }

    /// What becomes of an answer on its way back.
    pub(crate) fn on_the_way_back(
        &self,
        phase: &str,
        asked: &Request,
        kept: &Kept,
        mut answer: Response,
    ) -> Result<Response, TransportError> {
        for wrong in self.all() {
            match wrong.what {
                Lasting::OneRecord if matches!(phase, "look" | "pull") && longest_page(&answer) > 1 => {
                    return Err(TransportError::BrokeWithin("the connection broke".into()));
                }
                Lasting::Part { status, .. } => {
                    let refusal = |part: &Value| part_answer(part, status, "x", "A rule of the office refuses it");
                    answer_kept(&mut answer, kept, refusal);
                }
                // The rest of the answer is the server's: without its name in the head it would be somebody else's.
                Lasting::Set { .. } => {
                    if phase == "pull" && set_of(&asked.url) == wrong.with {
                        answer.body = Bytes::from_static(b"{\"value\":[{\"Id\":7}]}");
                    }
                    spoil(asked, &mut answer, |part| set_of(url(part)) == wrong.with, 500);
                }
                Lasting::Links => {
                    let refused = held(&self.refused).clone();
                    let is_it = |url: &str| token(url).is_some_and(|token| refused.contains(token));
                    if is_it(&asked.url) {
                        answer.status = 400;
                        answer.body = Bytes::from_static(b"{\"error\":{\"code\":\"x\",\"message\":\"What is that?\"}}");
                    }
                    spoil(asked, &mut answer, |part| is_it(url(part)), 400);
                }
                _ => {}
            }
        }
        Ok(answer)
    }
}

/// Puts an error in the place of the answer to each part that reads what this is about.
fn spoil(asked: &Request, answer: &mut Response, is_it: impl Fn(&Value) -> bool, status: u16) {
    let about: Vec<Value> = parts(asked).into_iter().filter(|part| !writes(part) && is_it(part)).collect();
    if about.is_empty() {
        return;
    }
    edit_parts(&mut answer.body, |parts| {
        for part in parts.iter_mut().filter(|part| about.iter().any(|asked| asked["id"] == part["id"])) {
            *part = part_answer(part, status, "x", "Something is wrong here");
        }
    });
}

/// Has a server give pages of at most so many records, as it may (OData Protocol 4.01, clause 8.2.8.5).
pub(crate) fn with_small_pages(request: &mut Request, most: u32) {
    let smaller = |wanted: &str| {
        let (before, size) = wanted.split_once("maxpagesize=")?;
        let digits = size.len() - size.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let asked: u32 = size[..digits].parse().ok()?;
        Some(format!("{before}maxpagesize={}{}", asked.min(most), &size[digits..]))
    };
    for (name, value) in &mut request.headers {
        if name.eq_ignore_ascii_case("prefer")
            && let Some(less) = smaller(value)
        {
            *value = less;
        }
    }
    if !request.body.windows(11).any(|at| at == b"maxpagesize") {
        return;
    }
    let mut body: Bytes = std::mem::take(&mut request.body);
    edit_parts(&mut body, |parts| {
        for part in parts {
            let Some(headers) = part["headers"].as_object_mut() else { continue };
            for value in headers.values_mut() {
                if let Some(less) = value.as_str().and_then(smaller) {
                    *value = Value::String(less);
                }
            }
        }
    });
    request.body = body;
}

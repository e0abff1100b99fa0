//! Related records within the answer of a record (OData JSON Format 4.01 section 8.3).
//!
//! Owns: how they are written, the address of those that are left, and reading one record with them. Refuses: finding them.

use super::expansion::Branch;
use super::{next, shape};
use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::change::{Place, etag};
use crate::server::Server;
use crate::storage::expand::{Found, Relative};
use crate::storage::{Page, Read, ReadOutcome, RowView, Selection, Snapshot, StorageError};
use crate::token::Token;
use crate::write::no_such_record;
use http::StatusCode;
use std::io::Write as _;
use std::sync::Arc;
use tidemark_model::query::{Compare, Expand, Expr, Literal, Query, Want};
use tidemark_model::{Cell, EntitySet, ID, Property, RecordId};
use tidemark_odata::{Format, Options, RecordWriter, Version, WireError, encode_loose, encode_query, entity_url};

/// Returns `select` of a context URL with what is expanded (OData Protocol 4.01 section 10.10).
pub(crate) fn selected(select: &[String], branches: &[Branch<'_>]) -> Vec<String> {
    let names = branches
        .iter()
        .map(|branch| format!("{}({})", branch.name, selected(&branch.item.query.select, &branch.below).join(",")));
    // What a path leads to stands in what is expanded.
    select.iter().filter(|name| !name.contains('/')).cloned().chain(names).collect()
}

/// Returns the cells that a writer wants of a record that was read whole.
pub(crate) fn cells_of<'c>(
    set: &'c EntitySet,
    writer: &'c RecordWriter<'_>,
    cells: &'c [Cell<'static>],
) -> impl Iterator<Item = &'c Cell<'static>> {
    const NULL: &Cell<'static> = &Cell::Null;
    let place = |wanted: &&Property| set.entity_type.properties.iter().position(|p| p.name == wanted.name);
    writer.properties().iter().map(move |wanted| place(wanted).and_then(|at| cells.get(at)).unwrap_or(NULL))
}

/// What is common to all members that are written.
pub(crate) struct Members<'c> {
    /// Whose model.
    pub(crate) server: &'c Server,
    /// The version of the answer.
    pub(crate) version: Version,
    /// What addresses begin with.
    pub(crate) base: &'c str,
    /// The parameter aliases of the request, as a query has them, which addresses name too.
    pub(crate) aliases: &'c str,
    /// What `now()` is in the answer, in microseconds since 1970.
    pub(crate) now: i64,
}

/// Returns the parameter aliases of a raw query, as it has them.
pub(crate) fn aliases_of(query: &str) -> String {
    query.split('&').filter(|part| part.starts_with('@') || part.starts_with("%40")).collect::<Vec<_>>().join("&")
}

impl Members<'_> {
    /// Writes what was found beside a record, each member with a comma in front.
    pub(crate) fn write(
        &self,
        out: &mut Vec<u8>,
        branches: &[Branch<'_>],
        found: &[Found],
        (set, id): (&str, RecordId),
    ) {
        let prefix = self.version.prefix();
        for (branch, found) in branches.iter().zip(found) {
            let name = &branch.name;
            // Writing to memory cannot fail, here and below.
            match found {
                Found::Count(count) => {
                    let _ = write!(out, ",\"{name}{prefix}count\":{count}");
                }
                Found::One(record) => {
                    let _ = write!(out, ",\"{name}\":");
                    match record {
                        Some(record) => self.record(out, branch, record),
                        None => out.extend_from_slice(b"null"),
                    }
                }
                Found::Many { records, count } => {
                    if let Some(count) = count {
                        let _ = write!(out, ",\"{name}{prefix}count\":{count}");
                    }
                    let _ = write!(out, ",\"{name}\":[");
                    let given = usize::try_from(branch.limit).unwrap_or(usize::MAX);
                    for (place, record) in records.iter().take(given).enumerate() {
                        if place > 0 {
                            out.push(b',');
                        }
                        self.record(out, branch, record);
                    }
                    out.push(b']');
                    if records.len() > given {
                        let _ = write!(out, ",\"{name}{prefix}nextLink\":");
                        let last = given.checked_sub(1).and_then(|last| records.get(last));
                        let rest = self.rest_of(branch, (set, id), last.map(Arc::as_ref));
                        let _ = serde_json::to_writer(&mut *out, &rest);
                    }
                }
            }
        }
    }

    /// Returns the address of the related records that are left behind the last one that was given.
    fn rest_of(&self, branch: &Branch<'_>, (set, id): (&str, RecordId), last: Option<&Relative>) -> String {
        let reference = if branch.item.want == Want::References { "/$ref" } else { "" };
        let path = format!("{}/{}{reference}", entity_url(set, id), branch.name);
        let asked = asked(&branch.item, self.aliases);
        let after = last.and_then(|last| next::portable(last.keys.clone()));
        let token = Token::List { given: branch.limit, now: self.now, after };
        let list = next::List { path: &path, place: &branch.expansion.place, asked: &asked };
        list.link(self.server, self.base, &token)
    }

    fn record(&self, out: &mut Vec<u8>, branch: &Branch<'_>, record: &Relative) {
        let set = &branch.expansion.place.set;
        let id = RecordId(record.id());
        if branch.item.want == Want::References {
            let _ = write!(out, "{{\"{}id\":\"{}\"}}", self.version.prefix(), entity_url(set, id));
            return;
        }
        let Some(of) = self.server.model.set(set) else { return };
        let mut tag = String::with_capacity(24);
        etag(record.version, &mut tag);
        let cells = cells_of(of, &branch.writer, &record.cells);
        let made = || shape::made_writer(&record.values, self.version, branch.format);
        branch.writer.append(out, &tag, cells, |out| {
            branch.made.get_or_init(made).append(out, &record.made);
            self.write(out, &branch.below, &record.below, (set, id));
        });
    }
}

/// Returns the query that asks at their own address for the related records of an item.
fn asked(item: &Expand, aliases: &str) -> String {
    let given = |known: &str| item.options.iter().find(|(name, _)| name == known).map(|(_, value)| value.as_str());
    let others = item.options.iter().filter(|(name, _)| !matches!(name.as_str(), "expand" | "levels"));
    let mut options: Vec<String> = others.map(|(name, value)| format!("${name}={}", encode_query(value))).collect();
    let mut expand: Vec<String> = given("expand").map(str::to_owned).into_iter().collect();
    // `$levels` means something within `$expand` alone: there the rest of them stand.
    if let Some(levels) = super::expansion::levels_left(item) {
        expand.push(super::expansion::followed(item, levels));
    }
    if !expand.is_empty() {
        options.push(format!("$expand={}", encode_query(&expand.join(","))));
    }
    if item.want == Want::References && item.query.select.is_empty() {
        options.push(format!("$select={ID}"));
    }
    options.extend((!aliases.is_empty()).then(|| aliases.to_owned()));
    // It has to come back as it was given, also from a browser.
    encode_loose(&options.join("&"))
}

/// Returns the properties of a set in model order: what a read with related records wants.
pub(crate) fn every_property(set: &EntitySet) -> Vec<String> {
    set.entity_type.properties.iter().map(|property| property.name.clone()).collect()
}

/// Returns the first cells of a row, and an error of one of them.
pub(crate) fn first_cells(row: RowView<'_>, width: usize) -> crate::storage::Result<Vec<Cell<'static>>> {
    (0..width).map(|index| Ok(row.cell(index)?.into_owned())).collect()
}

/// Answers one record with related ones.
///
/// # Errors
/// 404 where there is none, 400 for what cannot be expanded.
pub(crate) async fn one(
    server: &Arc<Server>,
    call: &Call,
    (set, place): (&EntitySet, &Place),
    id: RecordId,
    options: Options,
    format: Format,
    now: i64,
) -> Reply {
    let branches = super::expansion::branches(server, call, format, set, &options.query.expand)?;
    let made_names = shape::made_names(&options.query);
    RecordWriter::beside(set, &options.query.select, &made_names, call.version, format)?;
    let expand = branches.iter().map(|branch| branch.expansion.clone()).collect();
    drop(branches);
    let (key, value) = (Box::new(Expr::Property(ID.to_owned())), Box::new(Expr::Literal(Literal::Guid(id.0))));
    let filter = Some(Expr::Compare { op: Compare::Eq, left: key, right: value });
    let (compute, select) = (options.query.compute.clone(), options.query.select.clone());
    let query = Box::new(Query { filter, compute, select, ..Query::default() });
    let selection = Selection::Matching { query, after: None };
    let read =
        Read { place: place.clone(), properties: every_property(set), selection, count: false, from: None, expand };
    let (within, at) = (Arc::clone(server), call.clone());
    let name = set.name.clone();
    let render = Box::new(move |snapshot: &Snapshot, rows: &mut dyn crate::storage::Rows| {
        let none = Page { body: Vec::new(), next_link: None, delta_token: None };
        let Some(row) = rows.next()? else { return Ok(none) };
        let failed = |error: WireError| StorageError::Failed(error.message);
        let missing = || StorageError::Failed(format!("the model lost {name}"));
        let set = within.model.set(&name).ok_or_else(missing)?;
        let branches = super::expansion::branches(&within, &at, format, set, &options.query.expand).map_err(failed)?;
        let select = &options.query.select;
        let writer = RecordWriter::beside(set, select, &made_names, at.version, format).map_err(failed)?;
        let width = set.entity_type.properties.len();
        let cells = first_cells(row, width + snapshot.made.len())?;
        let made = shape::made_writer(&snapshot.made, at.version, format);
        let mut tag = String::with_capacity(24);
        etag(row.version()?, &mut tag);
        let select = selected(select, &branches);
        let context = tidemark_odata::context_url(at.base(), &set.name, &select, "/$entity");
        let aliases = aliases_of(&at.query);
        let members = Members { server: &within, version: at.version, base: at.base(), aliases: &aliases, now };
        let body = writer.entity_with(&context, &tag, cells_of(set, &writer, &cells), |out| {
            made.append(out, &cells[width..]);
            members.write(out, &branches, row.found(), (&set.name, id));
        });
        Ok(Page { body, next_link: Some(tag), delta_token: None })
    });
    match server.storage.read(read, render).await.map_err(|error| error.to_wire())? {
        // What was read stands beside its ETag.
        ReadOutcome::Page(Page { body, next_link: Some(tag), .. }) => {
            Ok(Answer::new(StatusCode::OK, format.content_type(), body).with(http::header::ETAG, &tag))
        }
        _ => Err(no_such_record(&set.name, id)),
    }
}

//! `GET /odata/Set(key)/Records`: those records of a set that are related to one record.
//!
//! Owns: the condition that ties them to it. Refuses: finding that record (`routes::below`), and listing (`list`).

use super::{list, refuse_feed};
use crate::answer::Reply;
use crate::call::Call;
use crate::change::Place;
use crate::server::Server;
use std::sync::Arc;
use tidemark_model::query::{Compare, Expr, Literal, Logic, Query, Transformation};
use tidemark_model::{EntitySet, RecordId};

/// Records that are related to another one.
pub(crate) struct Related<'s> {
    /// Their address, relative to the service root.
    pub(crate) path: String,
    /// Their entity set.
    pub(crate) set: &'s EntitySet,
    /// Where they are.
    pub(crate) place: Place,
    /// Their property that holds the other one's `Id`.
    pub(crate) property: String,
    /// That `Id`.
    pub(crate) id: RecordId,
}

impl Related<'_> {
    /// Makes a query ask about these alone, before whatever else it asks.
    pub(crate) fn narrow(&self, query: &mut Query) {
        let property = Box::new(Expr::Property(self.property.clone()));
        let id = Box::new(Expr::Literal(Literal::Guid(self.id.0)));
        let these = Expr::Compare { op: Compare::Eq, left: property, right: id };
        if !query.apply.is_empty() {
            return query.apply.insert(0, Transformation::Filter(these));
        }
        query.filter = Some(match query.filter.take() {
            Some(filter) => Expr::Logic { op: Logic::And, left: Box::new(these), right: Box::new(filter) },
            None => these,
        });
    }
}

/// Reads those records of a set that are related to another record; `path` is relative to the service root. They have no
/// feed of their own.
///
/// # Errors
/// 400, 406, 410 and 501, naming what does not fit.
pub(crate) async fn read(server: &Arc<Server>, call: &Call, related: &Related<'_>) -> Reply {
    let mut options = call.options()?;
    refuse_feed(&options)?;
    related.narrow(&mut options.query);
    let format = call.format(&options)?;
    let place = (related.path.as_str(), &related.place);
    list::read(server, call, related.set, place, options, format, &call.prefer()).await
}

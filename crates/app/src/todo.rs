//! The TodoItems screens: which records each view shows, in which order.
//!
//! Owns: the only names of entity sets and properties in the client's Rust code (DESIGN section 2): what a view means,
//! as OData text, so that it reads the same here and live. Refuses: reading; it asks the records' own commands.

use crate::app::App;
use crate::commands::{Place, read_id};
use crate::error::AppError;
use crate::views::{ListRequest, ListView, TodoCounts, TodoListView, TodoRequest, TodoSort, TodoView};
use chrono::{DateTime, SecondsFormat};
use std::collections::BTreeMap;
use tidemark_model::query::Query;
use tidemark_store::{Only, Store};
use tidemark_sync::parse_filter;

const ITEMS: &str = "TodoItems";
const LISTS: &str = "TodoLists";
const OPEN: &str = "IsDone eq false";
/// More lists than any sidebar shows.
const MOST_LISTS: u64 = 1_000;

const VIEWS: [TodoView; 8] = [
    TodoView::Today,
    TodoView::Upcoming,
    TodoView::Overdue,
    TodoView::Mine,
    TodoView::All,
    TodoView::Done,
    TodoView::NotSent,
    TodoView::Conflicts,
];

/// What a view's meaning depends on, beside the view.
struct Moment<'m> {
    user: &'m str,
    now_ms: i64,
    day_end: i64,
}

pub(crate) async fn list(app: &App, request: TodoRequest) -> Result<ListView, AppError> {
    let user = user(app).await?;
    let moment = Moment { user: &user, now_ms: app.inner.clock.now_ms(), day_end: request.day_end };
    let in_list = request.list_id.as_deref().filter(|id| !id.is_empty()).map(read_id).transpose()?;
    let conditions = [filter(request.view, &moment), in_list.map(|id| format!("TodoListId eq {id}"))];
    let conditions: Vec<String> = conditions.into_iter().flatten().collect();
    let list = ListRequest {
        set: ITEMS.to_owned(),
        filter: (!conditions.is_empty()).then(|| conditions.join(" and ")),
        search: request.search,
        order_by: Some(order(request.sort).to_owned()),
        offset: request.offset,
        limit: request.limit,
    };
    app.list_of(list, only(request.view)).await
}

pub(crate) async fn counts(app: &App, _day_start: i64, day_end: i64) -> Result<TodoCounts, AppError> {
    let user = user(app).await?;
    let now_ms = app.inner.clock.now_ms();
    let is_here = matches!(app.place(ITEMS).await, Ok(Place::Here));
    app.entity_set(ITEMS)?;
    let lists = lists(app).await;
    let moment = Moment { user: &user, now_ms, day_end };
    // Each question, in the order in which the numbers come back.
    let of_view = |view: &TodoView| (filter(*view, &moment), only(*view));
    let of_list = |(id, _): &(String, String)| (Some(format!("{OPEN} and TodoListId eq {id}")), Only::All);
    let questions: Vec<(Option<String>, Only)> = VIEWS.iter().map(of_view).chain(lists.iter().map(of_list)).collect();
    let mut numbers =
        if is_here { count_here(app, questions).await? } else { count_live(app, questions).await? }.into_iter();
    let views = VIEWS.iter().zip(numbers.by_ref()).filter_map(|(view, n)| Some((word(*view), n?)));
    let views: BTreeMap<String, u64> = views.collect();
    let counted = lists.into_iter().zip(numbers);
    let lists = counted.map(|((id, name), n)| TodoListView { id, name, open: n.unwrap_or_default() }).collect();
    Ok(TodoCounts { views, lists })
}

async fn count_here(app: &App, questions: Vec<(Option<String>, Only)>) -> Result<Vec<Option<u64>>, AppError> {
    let count = |store: &Store, (filter, only)| count(store, filter, only).map(Some);
    app.with_store(move |store| questions.into_iter().map(|question| count(store, question)).collect()).await
}

/// Counts on the server; a number that cannot be had is left out, and the first such one ends the asking.
async fn count_live(app: &App, questions: Vec<(Option<String>, Only)>) -> Result<Vec<Option<u64>>, AppError> {
    let mut numbers = Vec::with_capacity(questions.len());
    let mut is_reached = true;
    for (filter, only) in questions {
        let is_asked = is_reached || only != Only::All;
        let request = ListRequest { set: ITEMS.to_owned(), filter, ..ListRequest::default() };
        let number = if is_asked { app.list_of(request, only).await.ok().map(|list| list.total) } else { None };
        is_reached &= number.is_some();
        numbers.push(number);
    }
    Ok(numbers)
}

/// Returns the lists' ids and names; none where they are neither here nor within reach, which is no reason to show
/// no items either.
async fn lists(app: &App) -> Vec<(String, String)> {
    let request = ListRequest { set: LISTS.to_owned(), limit: MOST_LISTS, ..ListRequest::default() };
    let records = app.list(request).await.map(|list| list.records).unwrap_or_default();
    let text = |record: &crate::views::RecordView, name: &str| {
        record.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    records.iter().map(|record| (text(record, "Id"), text(record, "Name"))).collect()
}

async fn user(app: &App) -> Result<String, AppError> {
    let account = app.with_store(|store| Ok(store.account()?)).await?;
    account.map(|account| account.user).ok_or(AppError::NotSignedIn)
}

fn count(store: &Store, filter: Option<String>, only: Only) -> Result<u64, AppError> {
    let parse = |text: String| parse_filter(&text).map_err(|problem| AppError::invalid(problem, Some("$filter")));
    let query = Query { filter: filter.map(parse).transpose()?, ..Query::default() };
    Ok(store.count(ITEMS, &query, only)?)
}

/// Returns which records a view looks at beyond its filter.
fn only(view: TodoView) -> Only {
    match view {
        TodoView::NotSent => Only::Pending,
        TodoView::Conflicts => Only::Conflicting,
        _ => Only::All,
    }
}

/// Returns a view's `$filter`.
fn filter(view: TodoView, moment: &Moment<'_>) -> Option<String> {
    let (day_end, now) = (instant(moment.day_end), instant(moment.now_ms));
    Some(match view {
        TodoView::Today => format!("{OPEN} and DueAt lt {day_end}"),
        TodoView::Upcoming => format!("{OPEN} and DueAt ge {day_end}"),
        TodoView::Overdue => format!("{OPEN} and DueAt lt {now}"),
        TodoView::Mine => format!("{OPEN} and Assignee eq '{}'", moment.user.replace('\'', "''")),
        TodoView::All => OPEN.to_owned(),
        TodoView::Done => "IsDone eq true".to_owned(),
        TodoView::NotSent | TodoView::Conflicts => return None,
    })
}

/// Returns a sort's `$orderby`. Nulls come first in ascending order, so "no due date" is a key of its own.
fn order(sort: TodoSort) -> &'static str {
    match sort {
        TodoSort::Due => "DueAt eq null,DueAt,Priority desc,Title",
        TodoSort::Priority => "Priority desc,DueAt eq null,DueAt,Title",
        TodoSort::Title => "Title",
        TodoSort::Changed => "_UpdatedAt desc",
    }
}

/// Writes Unix milliseconds as an OData literal.
fn instant(ms: i64) -> String {
    let instant = DateTime::from_timestamp_millis(ms).unwrap_or(if ms < 0 {
        DateTime::UNIX_EPOCH
    } else {
        DateTime::<chrono::Utc>::MAX_UTC
    });
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Returns a view's word in JSON.
fn word(view: TodoView) -> String {
    match view {
        TodoView::Today => "today",
        TodoView::Upcoming => "upcoming",
        TodoView::Overdue => "overdue",
        TodoView::Mine => "mine",
        TodoView::All => "all",
        TodoView::Done => "done",
        TodoView::NotSent => "not_sent",
        TodoView::Conflicts => "conflicts",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidemark_sync::parse_order_by;

    const MOMENT: Moment<'static> = Moment { user: "o'brien", now_ms: 1_000, day_end: 86_400_000 };

    #[test]
    fn every_view_and_order_is_odata_and_has_its_word() {
        for view in VIEWS {
            if let Some(text) = filter(view, &MOMENT) {
                parse_filter(&text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            }
            assert_eq!(serde_json::to_value(view).unwrap(), word(view));
        }
        for sort in [TodoSort::Due, TodoSort::Priority, TodoSort::Title, TodoSort::Changed] {
            parse_order_by(order(sort)).unwrap_or_else(|problem| panic!("{sort:?}: {problem}"));
        }
    }

    #[test]
    fn values_are_written_so_that_they_stay_values() {
        assert_eq!(filter(TodoView::Mine, &MOMENT).unwrap(), "IsDone eq false and Assignee eq 'o''brien'");
        assert_eq!(filter(TodoView::Today, &MOMENT).unwrap(), "IsDone eq false and DueAt lt 1970-01-02T00:00:00.000Z");
        assert_eq!(instant(i64::MIN), "1970-01-01T00:00:00.000Z");
    }
}

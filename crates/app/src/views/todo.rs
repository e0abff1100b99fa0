//! The TodoItems screens' own command.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A view of the TodoItems screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TodoView {
    /// Open and due today or before.
    Today,
    /// Open and due after today.
    Upcoming,
    /// Open and due before now.
    Overdue,
    /// Open and assigned to the account.
    Mine,
    /// Open ones.
    All,
    /// Done ones.
    Done,
    /// With a change that waits.
    NotSent,
    /// With an open conflict.
    Conflicts,
}

/// How the TodoItems screen sorts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TodoSort {
    /// By due date, those without one last; then by priority.
    #[default]
    Due,
    /// Highest first.
    Priority,
    /// By title.
    Title,
    /// Last changed first.
    Changed,
}

/// What the TodoItems screen asks for.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct TodoRequest {
    /// The view.
    pub view: TodoView,
    /// Only items of this list.
    pub list_id: Option<String>,
    /// Words to search for.
    pub search: Option<String>,
    /// The order.
    pub sort: TodoSort,
    /// The user's midnight before now.
    #[ts(type = "number")]
    pub day_start: i64,
    /// The user's midnight after now.
    #[ts(type = "number")]
    pub day_end: i64,
    /// Records to leave out at the start.
    #[ts(type = "number")]
    pub offset: u64,
    /// Records to return at the most.
    #[ts(type = "number")]
    pub limit: u64,
}

/// How many items each entry of the sidebar has.
#[derive(Clone, Debug, Serialize, TS)]
pub struct TodoCounts {
    /// A number per view.
    #[ts(type = "Record<TodoView, number>")]
    pub views: std::collections::BTreeMap<String, u64>,
    /// The lists with their open items.
    pub lists: Vec<TodoListView>,
}

/// One list of the sidebar.
#[derive(Clone, Debug, Serialize, TS)]
pub struct TodoListView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Open items in it.
    #[ts(type = "number")]
    pub open: u64,
}

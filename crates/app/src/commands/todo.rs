//! The TodoItems screens: their lists and the numbers of their sidebar.
//!
//! Owns: the two commands. Refuses: names of entity sets and properties; those are in `crate::todo`.

use crate::app::App;
use crate::error::AppError;
use crate::todo;
use crate::views::{ListView, TodoCounts, TodoRequest};

impl App {
    /// Returns a window of a view of the TodoItems screen.
    ///
    /// # Errors
    /// As [`App::list`].
    pub async fn todo_list(&self, request: TodoRequest) -> Result<ListView, AppError> {
        todo::list(self, request).await
    }

    /// Returns how many items each entry of the sidebar has; `day_start` and `day_end` are the user's midnights around
    /// now, Unix milliseconds UTC. Where items are read live, a number that cannot be had is left out.
    ///
    /// # Errors
    /// The offline database cannot be read.
    pub async fn todo_counts(&self, day_start: i64, day_end: i64) -> Result<TodoCounts, AppError> {
        todo::counts(self, day_start, day_end).await
    }
}

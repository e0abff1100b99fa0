//! The TodoItems screen.

use super::Answer;
use tauri::{State, command};
use tidemark_app::{App, ListView, TodoCounts, TodoRequest};

#[command]
pub(crate) async fn todo_list(app: State<'_, App>, request: TodoRequest) -> Answer<ListView> {
    Ok(app.todo_list(request).await?)
}

#[command]
pub(crate) async fn todo_counts(app: State<'_, App>, day_start: i64, day_end: i64) -> Answer<TodoCounts> {
    Ok(app.todo_counts(day_start, day_end).await?)
}

//! The one table of what a host may be asked for, and of what it tells.
//!
//! Owns: the name of every command, the function of [`App`](crate::App) behind it, its arguments with their types, its
//! answer; the events with their payloads. From it come `dispatch`, `AppEvent`, the names and permissions of the desktop
//! host, and the UI's client. Refuses: what a command does (`commands/`), and any path, SQL or shell among the arguments
//! (FAULTS A8).
//!
//! A line reads `name by function(argument: type, …) -> answer;`, and without `by` where both have one name. A headline
//! and the sentences above a line go into the UI's client. Types are those of `views`. Nothing but macros stands here:
//! `src-tauri/build.rs` reads this file too, where no type is known.

/// Calls the macro `$then` with every command that [`App`](crate::App) answers, under headlines.
macro_rules! every_command {
    ($then:ident) => {
        $then! {
            "Session" {
                session() -> SessionView;
                sign_in(server: &str, name: &str, password: &str) -> SessionView;
                sign_out(discard: bool) -> SessionView;
            }
            "Records of any entity set" {
                model() -> ModelView;
                list(request: ListRequest) -> ListView;
                get(set: &str, id: &str) -> RecordView;
                add(set: &str, record: RecordView) -> RecordView;
                /// `shown` is the record as it stood on the screen, or its version with the values of what is changed.
                edit by edit_shown(set: &str, id: &str, changes: RecordView, shown: Option<RecordView>) -> RecordView;
                remove by remove_shown(set: &str, id: &str, shown: Option<RecordView>) -> ();
                undo_remove(set: &str, id: &str) -> RecordView;
                history(set: &str, id: &str) -> Vec<HistoryView>;
                /// Makes the side that did not stand in an entry of a record's history a new change. Null: that side was
                /// a deletion.
                bring_back(set: &str, id: &str, entry: &str) -> Option<RecordView>;
                explain(set: &str, id: &str) -> ExplainView;
            }
            "The TodoItems screens" {
                todo_list(request: TodoRequest) -> ListView;
                todo_counts(day_start: i64, day_end: i64) -> TodoCounts;
            }
            "Offline Sync Settings" {
                entities() -> Vec<EntityView>;
                refresh_server_counts() -> ();
                entity_on(set: &str) -> ();
                entity_off(set: &str, unsent: UnsentChoice) -> ();
                pause(set: &str) -> ();
                resume(set: &str) -> ();
                set_policy(set: &str, policy: &str) -> ();
            }
            "Sync" {
                status() -> StatusView;
                sync_now() -> SyncView;
                activity(limit: u32) -> Vec<ActivityView>;
                decisions(limit: u32) -> Vec<DecisionView>;
            }
            "What a person has to decide" {
                conflicts() -> Vec<ConflictView>;
                resolve(conflict: &str, resolution: ResolutionChoice, sides: Option<Sides>) -> ResolvedView;
                preview_resolve(conflict: &str, resolution: ResolutionChoice, sides: Option<Sides>) -> PreviewView;
                resolve_similar(conflict: &str, resolution: ResolutionChoice) -> SimilarView;
                undo_resolve(undo: &str) -> UndoneView;
            }
            "Changes that the server refuses" {
                parked() -> Vec<ParkedView>;
                retry_parked(set: &str, id: &str) -> ();
                send_rest_of_parked(set: &str, id: &str) -> Vec<UnfitView>;
                discard_parked(set: &str, id: &str) -> ();
            }
        }
    };
}

/// Calls the macro `$then` with every command that only a host with a screen can answer.
macro_rules! every_host_command {
    ($then:ident) => {
        $then! {
            "What only a window can do" {
                /// Imports a file that the person picks in a dialog of the host, so that the web view names no path.
                /// Null: they picked none.
                import_file(set: &str) -> Option<ImportedView>;
                /// Exports to a file that the person picks. Null: they picked none.
                export_file(set: &str) -> Option<ExportedView>;
                /// Closes the window, after the person has read what exists only here.
                close_window() -> ();
            }
        }
    };
}

/// Calls the macro `$then` with every event; those without a name after `=` stay inside the process.
macro_rules! every_event {
    ($then:ident) => {
        $then! {
            /// Something that a host shows has changed.
            AppEvent {
                /// Records of a set changed, by an edit, by a pull, or by another process.
                RecordsChanged(changed: RecordsChanged) = "records-changed";
                /// The status line says something else.
                StatusChanged(status: StatusView) = "status-changed";
                /// The choice of cached entities or their figures changed.
                EntitiesChanged = "entities-changed";
                /// Somebody signed in or out, must sign in again, or works with another entity model from here on.
                SessionChanged = "session-changed";
                /// The background worker has ended a cycle. What it did is in the records and in the status line, so no
                /// web view hears of it; Activity is read when it is looked at.
                CycleEnded(cycle: SyncView);
            }
            /// Something that a host with a window tells its own web view.
            HostEvent {
                /// The person wants to close the window while changes exist only here; `close_window` closes it.
                CloseRequested(status: StatusView) = "close-requested";
            }
        }
    };
}

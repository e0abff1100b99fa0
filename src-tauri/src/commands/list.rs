//! The one list of what the web view may ask for, each command under the noun whose file holds it.
//!
//! The handler, the permissions (`build.rs`) and a snapshot test are derived from it; the web view gets a command
//! only when `capabilities/main.json` allows it too. Few typed commands: no SQL, no path, no shell (FAULTS A8).

/// Calls the macro `$then` with every command, grouped by noun.
macro_rules! every_command {
    ($then:ident) => {
        $then! {
            session { session sign_in sign_out }
            record { model list get add edit remove undo_remove history bring_back explain }
            todo { todo_list todo_counts }
            entity { entities refresh_server_counts entity_on entity_off pause resume set_policy }
            sync { status sync_now activity decisions }
            conflict { conflicts resolve preview_resolve resolve_similar undo_resolve }
            parked { parked retry_parked send_rest_of_parked discard_parked }
            file { import_file export_file }
            window { close_window }
        }
    };
}

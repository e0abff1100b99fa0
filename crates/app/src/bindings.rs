//! The UI's view of the types in `views`: `ui/src/ipc/bindings.ts` is written from them, and a stale one is a
//! failing test.
//!
//! Owns: the order and the head of that one file. Refuses: writing it unless told (`TIDEMARK_WRITE_BINDINGS=1`), so
//! that CI compares.

use crate::views::*;
use std::path::Path;
use ts_rs::{Config, TS};

const HEAD: &str = "// Generated from crates/app/src/views; do not edit. To write it anew:\n\
    // TIDEMARK_WRITE_BINDINGS=1 cargo test -p tidemark-app bindings\n";

fn declare<T: TS>(out: &mut String) {
    let config = Config::default();
    out.push('\n');
    out.push_str(&T::docs().unwrap_or_default());
    out.push_str("export ");
    out.push_str(&T::decl(&config));
    out.push('\n');
}

fn bindings() -> String {
    let mut out = HEAD.to_owned();
    declare::<SessionView>(&mut out);
    declare::<ModelView>(&mut out);
    declare::<SetView>(&mut out);
    declare::<PropertyView>(&mut out);
    declare::<ListRequest>(&mut out);
    declare::<ListView>(&mut out);
    declare::<TodoView>(&mut out);
    declare::<TodoSort>(&mut out);
    declare::<TodoRequest>(&mut out);
    declare::<TodoCounts>(&mut out);
    declare::<TodoListView>(&mut out);
    declare::<StatusView>(&mut out);
    declare::<StatusKind>(&mut out);
    declare::<AwaitedView>(&mut out);
    declare::<ProgressView>(&mut out);
    declare::<EntityView>(&mut out);
    declare::<UnsentChoice>(&mut out);
    declare::<ConflictView>(&mut out);
    declare::<ResolvedView>(&mut out);
    declare::<PreviewView>(&mut out);
    declare::<SimilarView>(&mut out);
    declare::<UndoneView>(&mut out);
    declare::<DecisionView>(&mut out);
    declare::<ExplainView>(&mut out);
    declare::<AttemptView>(&mut out);
    declare::<ParkedView>(&mut out);
    declare::<UnfitView>(&mut out);
    declare::<SyncView>(&mut out);
    declare::<ActivityView>(&mut out);
    declare::<HistoryView>(&mut out);
    declare::<ChangeView>(&mut out);
    declare::<RecordsChanged>(&mut out);
    declare::<ErrorView>(&mut out);
    out
}

#[test]
fn bindings_are_what_the_views_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/ipc/bindings.ts");
    let wanted = bindings();
    if std::env::var_os("TIDEMARK_WRITE_BINDINGS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let stale = "ui/src/ipc/bindings.ts is stale: TIDEMARK_WRITE_BINDINGS=1 cargo test -p tidemark-app bindings";
    assert!(found == wanted, "{stale}");
}

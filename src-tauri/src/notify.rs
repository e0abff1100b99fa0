//! Tells a person who looks elsewhere that a change of theirs needs them: a new conflict, a change refused.
//!
//! Refuses: interrupting (nothing while the window has the focus, nothing twice) and failing (a desktop without
//! notifications gets none; status bar and inbox say the same).

use crate::status_words::{changes, conflicts};
use std::sync::{Mutex, PoisonError};
use tauri::{AppHandle, Manager};
use tauri_plugin_notification::NotificationExt;
use tidemark_app::StatusView;

/// How many waited for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiting {
    conflicts: u64,
    parked: u64,
}

/// Remembers what was there before, so that only news is told; the first status after the start is none.
#[derive(Default)]
pub(crate) struct Notifier {
    before: Mutex<Option<Waiting>>,
}

impl Notifier {
    /// Takes a status in and returns the sentence of what is new in it.
    fn news(&self, status: &StatusView) -> Option<String> {
        let now = Waiting { conflicts: status.conflicts, parked: status.parked };
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner).replace(now)?;
        let new_conflicts = now.conflicts.saturating_sub(before.conflicts);
        let new_parked = now.parked.saturating_sub(before.parked);
        let conflicts = (new_conflicts > 0).then(|| format!("{} for you to decide.", conflicts(new_conflicts)));
        let parked = (new_parked > 0).then(|| format!("{} could not be sent.", changes(new_parked)));
        match (conflicts, parked) {
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => Some(one),
            (Some(one), Some(other)) => Some(format!("{one} {other}")),
        }
    }
}

/// Shows a notification when the status holds news and nobody looks at the window.
pub(crate) fn update(handle: &AppHandle, status: &StatusView) {
    let Some(news) = handle.state::<Notifier>().news(status) else { return };
    if handle.webview_windows().values().any(|window| window.is_focused().unwrap_or(false)) {
        return;
    }
    if let Err(error) = handle.notification().builder().title("Tidemark").body(news).show() {
        tracing::warn!("no notification: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status_words::tests::status;
    use tidemark_app::StatusKind;

    #[test]
    fn only_news_is_told() {
        let notifier = Notifier::default();
        let tell = |conflicts, parked| notifier.news(&status(StatusKind::Conflicts, 0, conflicts, parked));
        assert_eq!(tell(2, 1), None, "what was there at the start is no news");
        assert_eq!(tell(2, 1), None);
        assert_eq!(tell(3, 1).as_deref(), Some("1 conflict for you to decide."));
        assert_eq!(tell(0, 1), None, "fewer is no news");
        assert_eq!(tell(0, 3).as_deref(), Some("2 changes could not be sent."));
        assert_eq!(tell(2, 4).as_deref(), Some("2 conflicts for you to decide. 1 change could not be sent."));
    }
}

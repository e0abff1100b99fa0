//! The status line in words, for the places outside the web view: tray and notifications (UX.md, "Status bar").

use tidemark_app::{AwaitedView, StatusKind, StatusView};

/// Says the status in a few words. That a set is not here yet is left out only where something is said about it.
pub(crate) fn of(status: &StatusView) -> String {
    use StatusKind::{NotFetched, NotSetUp, SignIn, Syncing};
    let words = words(status);
    if status.awaited.is_empty() || matches!(status.kind, NotSetUp | SignIn | Syncing | NotFetched) {
        return words;
    }
    format!("{words}, {}", not_fetched(&status.awaited))
}

fn words(status: &StatusView) -> String {
    match status.kind {
        StatusKind::NotSetUp => "Not signed in".into(),
        StatusKind::SignIn => "Sign in to sync".into(),
        StatusKind::Syncing => match &status.progress {
            Some(progress) => {
                let fetched = status.awaited.iter().find(|awaited| progress.set.as_ref() == Some(&awaited.set));
                let what = fetched.map_or_else(|| "Syncing".into(), |awaited| format!("Fetching {}:", awaited.label));
                match progress.total {
                    Some(total) => format!("{what} {} of {total}", progress.done),
                    None => format!("{what} {}", progress.done),
                }
            }
            None => "Syncing".into(),
        },
        StatusKind::Offline if status.pending > 0 => format!("Offline, {} saved here", changes(status.pending)),
        StatusKind::Offline => "Offline".into(),
        StatusKind::Failed => "The last sync failed".into(),
        StatusKind::Conflicts => conflicts(status.conflicts),
        StatusKind::Parked => format!("{} could not be sent", changes(status.parked)),
        StatusKind::Waiting => format!("{} waiting", changes(status.pending)),
        StatusKind::NotFetched => not_fetched(&status.awaited),
        StatusKind::Stale => "Not synced for days".into(),
        StatusKind::UpToDate => "Up to date".into(),
    }
}

/// Says which sets are not here yet.
fn not_fetched(awaited: &[AwaitedView]) -> String {
    match awaited {
        [] => String::new(),
        [AwaitedView { label, paused: true, .. }] => format!("{label} paused"),
        [only] => format!("{} not fetched yet", only.label),
        [first, more @ ..] => format!("{} and {} more not fetched yet", first.label, more.len()),
    }
}

/// Returns whether asking for a cycle makes sense.
pub(crate) fn can_sync(status: &StatusView) -> bool {
    !matches!(status.kind, StatusKind::NotSetUp | StatusKind::SignIn | StatusKind::Syncing)
}

/// Says how many changes.
pub(crate) fn changes(count: u64) -> String {
    if count == 1 { "1 change".into() } else { format!("{count} changes") }
}

/// Says how many conflicts.
pub(crate) fn conflicts(count: u64) -> String {
    if count == 1 { "1 conflict".into() } else { format!("{count} conflicts") }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use tidemark_app::ProgressView;

    pub(crate) fn status(kind: StatusKind, pending: u64, conflicts: u64, parked: u64) -> StatusView {
        let progress = None;
        StatusView {
            kind,
            server: None,
            user: None,
            online: true,
            pending,
            conflicts,
            parked,
            last_sync: None,
            progress,
            error: None,
            awaited: Vec::new(),
        }
    }

    #[test]
    fn each_state_has_its_words() {
        for (status, words) in [
            (status(StatusKind::NotSetUp, 0, 0, 0), "Not signed in"),
            (status(StatusKind::SignIn, 2, 0, 0), "Sign in to sync"),
            (status(StatusKind::Offline, 0, 0, 0), "Offline"),
            (status(StatusKind::Offline, 1, 0, 0), "Offline, 1 change saved here"),
            (status(StatusKind::Offline, 3, 1, 0), "Offline, 3 changes saved here"),
            (status(StatusKind::Conflicts, 3, 2, 0), "2 conflicts"),
            (status(StatusKind::Parked, 0, 0, 1), "1 change could not be sent"),
            (status(StatusKind::Waiting, 3, 0, 0), "3 changes waiting"),
            (status(StatusKind::UpToDate, 0, 0, 0), "Up to date"),
        ] {
            assert_eq!(of(&status), words);
        }
        let mut syncing = status(StatusKind::Syncing, 80, 0, 0);
        let phase = "push".to_owned();
        syncing.progress = Some(ProgressView { phase, set: None, done: 40, total: Some(120) });
        assert_eq!(of(&syncing), "Syncing 40 of 120");
        let awaited = |label: &str, paused| {
            let (set, label) = ("TodoItems".to_owned(), label.to_owned());
            AwaitedView { set, label, done: 40, total: Some(120), paused }
        };
        syncing.awaited = vec![awaited("Tasks", false)];
        syncing.progress.as_mut().unwrap().set = Some("TodoItems".to_owned());
        assert_eq!(of(&syncing), "Fetching Tasks: 40 of 120");
        for (kind, awaited, words) in [
            (StatusKind::NotFetched, vec![awaited("Tasks", false)], "Tasks not fetched yet"),
            (StatusKind::NotFetched, vec![awaited("Tasks", true)], "Tasks paused"),
            (
                StatusKind::NotFetched,
                vec![awaited("Sites", false), awaited("Tasks", true)],
                "Sites and 1 more not fetched yet",
            ),
            (StatusKind::Offline, vec![awaited("Tasks", false)], "Offline, Tasks not fetched yet"),
        ] {
            assert_eq!(of(&StatusView { awaited, ..status(kind, 0, 0, 0) }), words);
        }
        assert!(!can_sync(&syncing) && can_sync(&status(StatusKind::Offline, 0, 0, 0)));
    }
}

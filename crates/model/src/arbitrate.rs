//! Arbitration: whether a change that arrives at the server is applied, and with which stamp.
//!
//! Owns: the seed's rules for POST, PUT, PATCH and DELETE (seed step 9) and conditional requests (OData Protocol
//! 4.01 section 11.4.1.1), as one pure function called inside the server's write transaction. Refuses: the content
//! of the change, the journal, HTTP. DESIGN section 4, Server.

use crate::planted::{Planted, is_planted};

/// What the request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// POST to the entity set.
    Create,
    /// PUT: every property, defaults where left out.
    Replace,
    /// PATCH: the named properties.
    Update,
    /// DELETE.
    Delete,
}

/// The request's conditional header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// None: the newer stamp wins.
    #[default]
    None,
    /// `If-Match` with these ETags.
    Match(Vec<String>),
    /// `If-Match: *`.
    MatchAny,
    /// `If-None-Match: *`.
    NoneMatchAny,
}

/// What arbitration looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arbitration<'r> {
    /// What the request does.
    pub method: Method,
    /// Its conditional header.
    pub condition: &'r Condition,
    /// The stored record's stamp, tombstone mark and ETag.
    pub stored: Option<(i64, bool, &'r str)>,
    /// The request's `_UpdatedAt`.
    pub stamp: Option<i64>,
    /// The server's clock, Unix milliseconds UTC.
    pub now_ms: i64,
}

/// What happens to the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The record is made, with this stamp.
    Create {
        /// Unix milliseconds UTC.
        stamp: i64,
    },
    /// The record is changed (and restored, where it was tombstoned), with this stamp.
    Apply {
        /// Unix milliseconds UTC.
        stamp: i64,
        /// Whether the record was tombstoned.
        restores: bool,
    },
    /// The record is tombstoned, with this stamp.
    Tombstone {
        /// Unix milliseconds UTC.
        stamp: i64,
    },
    /// The stored record is newer: it is answered with success, unchanged.
    StoredWins,
    /// There is no such record: never, or not any more.
    NotFound,
    /// The condition does not hold: 412 with the stored record.
    ConditionFailed,
}

/// Rules on one change against the stored record.
pub fn arbitrate(case: &Arbitration<'_>) -> Ruling {
    let conditional = match (case.condition, case.stored) {
        (Condition::None, _) => false,
        (Condition::Match(etags), Some((_, _, etag))) if etags.iter().any(|e| e == etag) => true,
        (Condition::Match(_), Some((_, true, _))) if is_planted(Planted::H4CheckedBeforeDeleted) => true,
        (Condition::MatchAny, Some((_, false, _))) => true,
        (Condition::NoneMatchAny, None) => true,
        (_, Some((_, false, _))) if is_planted(Planted::H8StoredWinsUnsaid) => return Ruling::StoredWins,
        _ => return Ruling::ConditionFailed,
    };
    let clamped = |stamp: i64| if is_planted(Planted::H1ClientClockTrusted) { stamp } else { stamp.min(case.now_ms) };
    let Some((stored_stamp, is_tombstoned, _)) = case.stored else {
        return match case.method {
            Method::Delete => Ruling::NotFound,
            _ => Ruling::Create { stamp: case.stamp.map_or(case.now_ms, clamped) },
        };
    };
    // What is applied is always stamped later than what it replaces, so that a stamp names one version.
    let later = stored_stamp.saturating_add(if is_planted(Planted::H9EqualStampsAreOneVersion) { 0 } else { 1 });
    if case.method == Method::Delete {
        return match is_tombstoned {
            true => Ruling::NotFound,
            false => Ruling::Tombstone { stamp: case.now_ms.max(later) },
        };
    }
    let wins = conditional || case.stamp.is_none_or(|stamp| stamp > stored_stamp);
    let stamp = case.stamp.map_or(case.now_ms, clamped).max(later);
    match (wins, is_tombstoned) {
        (true, restores) => Ruling::Apply { stamp, restores },
        (false, false) => Ruling::StoredWins,
        (false, true) => Ruling::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000;

    fn rule(method: Method, condition: Condition, stored: Option<(i64, bool, &str)>, stamp: Option<i64>) -> Ruling {
        arbitrate(&Arbitration { method, condition: &condition, stored, stamp, now_ms: NOW })
    }

    #[test]
    fn without_a_condition_the_newer_stamp_wins_and_a_tie_goes_to_the_stored() {
        let live = Some((500, false, "e"));
        for method in [Method::Create, Method::Replace, Method::Update] {
            assert_eq!(rule(method, Condition::None, live, Some(501)), Ruling::Apply { stamp: 501, restores: false });
            assert_eq!(rule(method, Condition::None, live, Some(500)), Ruling::StoredWins);
            assert_eq!(rule(method, Condition::None, live, Some(499)), Ruling::StoredWins);
            assert_eq!(rule(method, Condition::None, live, None), Ruling::Apply { stamp: NOW, restores: false });
        }
    }

    #[test]
    fn what_must_be_there_is_there_alive_and_what_is_not_there_cannot_be_deleted() {
        let (live, dead) = (Some((500, false, "e")), Some((500, true, "e")));
        for stamp in [None, Some(1)] {
            let ruling = rule(Method::Update, Condition::MatchAny, live, stamp);
            assert!(matches!(ruling, Ruling::Apply { restores: false, .. }), "{ruling:?}");
            assert_eq!(rule(Method::Update, Condition::MatchAny, dead, stamp), Ruling::ConditionFailed);
            assert_eq!(rule(Method::Update, Condition::MatchAny, None, stamp), Ruling::ConditionFailed);
        }
        assert_eq!(rule(Method::Delete, Condition::None, None, None), Ruling::NotFound);
        assert_eq!(rule(Method::Delete, Condition::None, dead, None), Ruling::NotFound);
        // Another version than the one that was named is none of it, deleted or not.
        let named = || Condition::Match(vec!["d".to_owned()]);
        for stored in [live, dead] {
            assert_eq!(rule(Method::Update, named(), stored, Some(900)), Ruling::ConditionFailed);
        }
    }

    #[test]
    fn over_a_tombstone_the_newer_restores_and_the_older_finds_nothing() {
        let dead = Some((500, true, "e"));
        assert_eq!(
            rule(Method::Update, Condition::None, dead, Some(501)),
            Ruling::Apply { stamp: 501, restores: true }
        );
        assert_eq!(rule(Method::Replace, Condition::None, dead, Some(500)), Ruling::NotFound);
        assert_eq!(rule(Method::Delete, Condition::None, dead, None), Ruling::NotFound);
    }

    #[test]
    fn a_stamp_in_the_future_is_clamped_and_still_wins() {
        assert_eq!(rule(Method::Update, Condition::None, None, Some(9_999)), Ruling::Create { stamp: NOW });
        assert_eq!(
            rule(Method::Update, Condition::None, Some((NOW, false, "e")), Some(9_999)),
            Ruling::Apply { stamp: NOW + 1, restores: false }
        );
    }

    #[test]
    fn a_condition_decides_instead_of_the_stamp() {
        let live = Some((500, false, "e"));
        let matches = || Condition::Match(vec!["x".into(), "e".into()]);
        assert_eq!(rule(Method::Update, matches(), live, Some(1)), Ruling::Apply { stamp: 501, restores: false });
        assert_eq!(rule(Method::Update, Condition::Match(vec!["x".into()]), live, Some(900)), Ruling::ConditionFailed);
        assert_eq!(rule(Method::Delete, Condition::Match(vec!["x".into()]), live, None), Ruling::ConditionFailed);
        assert_eq!(rule(Method::Delete, matches(), live, None), Ruling::Tombstone { stamp: NOW });
        assert_eq!(rule(Method::Create, Condition::NoneMatchAny, live, Some(900)), Ruling::ConditionFailed);
        assert_eq!(
            rule(Method::Replace, Condition::NoneMatchAny, Some((1, true, "e")), Some(900)),
            Ruling::ConditionFailed
        );
        assert_eq!(rule(Method::Replace, Condition::NoneMatchAny, None, Some(900)), Ruling::Create { stamp: 900 });
        assert_eq!(rule(Method::Update, Condition::MatchAny, None, Some(900)), Ruling::ConditionFailed);
        assert_eq!(rule(Method::Update, Condition::MatchAny, Some((1, true, "e")), Some(900)), Ruling::ConditionFailed);
        // The restore a person chose: the tombstone's own ETag.
        assert_eq!(
            rule(Method::Replace, Condition::Match(vec!["e".into()]), Some((500, true, "e")), Some(1)),
            Ruling::Apply { stamp: 501, restores: true }
        );
    }
}

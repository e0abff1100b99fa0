//! Carrying out `reconcile`: the one place where the server's record meets a pending change.
//!
//! Owns: what each verdict does to the record, its change, its question and its history. Refuses: the verdict
//! itself, and the answer of a policy (`tidemark-model`).

use crate::decide::confirmed;
use crate::decide::decision;
use crate::decide::question;
use crate::decide::tally::Tally;
use crate::error::Result;
use crate::tables::choice;
use crate::tables::conflict;
use crate::tables::history::{self, Entry, Origin};
use crate::tables::local;
use crate::tables::pending::{self, Change, Hold};
use crate::tables::position;
use crate::tables::row::{self, Row};
use crate::tables::sent;
use crate::tables::table::Table;
use crate::tx::transaction::Tx;
use tidemark_model::{
    Conflict, ConflictKind, HistoryEvent, Planted, Record, RecordId, Resolution, Resolved, ServerSide, State, Verdict,
    Versioned, is_planted, know_better, reconcile, resolve,
};

/// Lets the server's current record (`None`: there is no trace of it) meet what is pending here.
pub(crate) fn judge(tx: &Tx<'_>, table: &Table, id: RecordId, server: Option<&Versioned>) -> Result<Tally> {
    let Some(row) = row::get(tx.conn, table, id)? else { return Ok(Tally::default()) };
    let Some(change) = pending::get(tx.conn, &table.set.name, id)? else { return Ok(Tally::default()) };
    judge_change(tx, table, row, change, server)
}

/// As [`judge`], where the caller has read both already.
pub(crate) fn judge_change(
    tx: &Tx<'_>,
    table: &Table,
    row: Row,
    mut change: Change,
    server: Option<&Versioned>,
) -> Result<Tally> {
    let id = row.record.id;
    if change.in_flight.is_some() {
        // The server may have the change already, under a version this device has not seen: its answer comes first.
        if !change.set_aside && !is_planted(Planted::X14PulledWhileOutForgotten) {
            change.set_aside = true;
            pending::put(tx, &table.set.name, id, &change)?;
        }
        return Ok(Tally::default());
    }
    // Whatever had been set aside, here is what the server has.
    change.set_aside = false;
    let was_in_doubt = !change.doubts.is_empty();
    confirmed::resolve_doubts(tx, table, &mut change, server)?;
    let seen = server.map(|server| confirmed::seen_as(table, change.base.as_ref(), server));
    let server = seen.as_ref();
    if server.is_none() && is_known_deleted(tx, table, id, &change)? {
        return Ok(Tally::default());
    }
    if let (Some(base), Some(server)) = (&change.base, server)
        && base.etag != server.etag
    {
        history::observe(tx, table, &base.record, server)?;
    }
    let side = match server {
        None => ServerSide::Absent,
        Some(current) if current.record.is_tombstoned => ServerSide::Tombstoned(current),
        Some(current) => ServerSide::Live(current),
    };
    match reconcile(&table.set, change.pending(&row.record), side) {
        Verdict::Keep => keep(tx, table, row.record, change, server, was_in_doubt),
        Verdict::Settled => settled(tx, table, &row.record, &change, server).map(|()| Tally::default()),
        Verdict::Rebase { state, local, merged } => {
            if merged {
                write_merge(tx, table, &change, &row.record, server, &local)?;
            }
            conflict::close(tx, table, id)?;
            if change.hold == Hold::Conflict {
                change.hold = Hold::Free;
            }
            change.state = state;
            change.base = server.cloned();
            // What came together is another content: a stamp, as a file carries it, names one (ADR 0011).
            let updated_at = local.updated_at.saturating_add(merged.into());
            local::put_pending(tx, table, Record { updated_by: None, updated_at, ..local }, &change)?;
            Ok(Tally { merged: merged.into(), ..Tally::default() })
        }
        Verdict::Conflict { kind, properties } => {
            let base = change.base.clone();
            ask(tx, table, change, &Conflict { kind, properties, base, mine: row.record, server: server.cloned() })
        }
    }
}

/// Puts a question to the set's policy, and to a person where that leaves it open.
pub(crate) fn ask(tx: &Tx<'_>, table: &Table, mut change: Change, conflict: &Conflict) -> Result<Tally> {
    let policy = choice::policy(tx.conn, &tx.catalog, &table.set.name)?;
    if let Some(answer) = policy.answer(conflict) {
        carry_out(tx, table, &change, conflict, &answer, true)?;
        return Ok(Tally::default());
    }
    let is_new = question::open(tx, table, conflict.mine.id, &mut change, conflict)?;
    Ok(Tally { conflicts: is_new.into(), ..Tally::default() })
}

/// Carries out an answer on the version that it was given for; the side that does not stand goes to the history.
pub(crate) fn carry_out(
    tx: &Tx<'_>,
    table: &Table,
    change: &Change,
    conflict: &Conflict,
    answer: &Resolution,
    by_policy: bool,
) -> Result<()> {
    let resolved = resolve(&table.set, conflict, answer)?;
    let id = conflict.mine.id;
    let server = conflict.server.as_ref();
    let theirs = server.map(|server| &server.record);
    if !is_planted(Planted::X26LosingSideNotKept) {
        decision::write(tx, table, conflict, answer, by_policy)?;
    }
    if change.set_aside {
        position::fetch_later(tx, table, id)?;
    }
    if !is_planted(Planted::X4QuestionLeftOpen) {
        conflict::close(tx, table, id)?;
    }
    match (resolved, server) {
        (Resolved::TakeServer, Some(server)) => local::put_clean(tx, table, server, true),
        (Resolved::TakeServer, None) => local::remove(tx, table, id),
        (Resolved::Pending { state, mut local }, server) => {
            let (mine, before) = (conflict.mine.updated_at, theirs.map_or(0, |record| record.updated_at));
            // A person answers now. What a policy answers was typed when it was typed, and loses to what was typed later (I7).
            local.updated_at = match by_policy {
                true => mine.max(before.saturating_add(1)),
                false => tx.stamp(mine.max(before))?,
            };
            local.updated_by = None;
            local.is_tombstoned = false;
            local::put_pending(tx, table, local, &Change::new(state, server.cloned()))
        }
    }
}

/// A question that says "deleted on the server" already is not asked anew because the tombstone is gone too.
fn is_known_deleted(tx: &Tx<'_>, table: &Table, id: RecordId, change: &Change) -> Result<bool> {
    if change.hold != Hold::Conflict {
        return Ok(false);
    }
    let open = conflict::of_record(tx.conn, table, id)?;
    Ok(open.is_some_and(|open| open.kind == ConflictKind::DeletedOnServer))
}

/// The change stands on the version that the server has. A question that was open is answered by that; and the
/// version may say more than this device knew of it: a clamped stamp, a property that the model got meanwhile, or what a
/// record held that was known by the mark of its deletion alone. What this device deleted itself it has seen.
fn keep(
    tx: &Tx<'_>,
    table: &Table,
    mut local: Record,
    mut change: Change,
    server: Option<&Versioned>,
    was_in_doubt: bool,
) -> Result<Tally> {
    let known = change.base.clone().zip(server).filter(|(base, server)| base.etag == server.etag);
    if change.hold != Hold::Conflict
        && !was_in_doubt
        && let Some((base, server)) = &known
        && base.record.same_content(&server.record)
    {
        // The echo of what is known: only the stamp, and who made it, may be new. Nothing to announce.
        change.base = Some((*server).clone());
        return pending::put(tx, &table.set.name, local.id, &change).map(|()| Tally::default());
    }
    conflict::close(tx, table, local.id)?;
    if change.hold == Hold::Conflict {
        change.hold = Hold::Free;
    }
    if local::amounts_to_nothing(&change, &local) {
        // The server has spoken, and nobody here wants anything of it: what may still be in doubt is nobody's any more.
        change.doubts.clear();
    }
    if let Some((base, server)) = known {
        change.base = Some(server.clone());
        let is_own =
            server.record.is_tombstoned && sent::is_confirmed(tx.conn, &table.set.name, local.id, &server.etag)?;
        let told =
            if is_own { with_what_was_hidden(table, &base.record, &server.record) } else { server.record.clone() };
        let better = know_better(&table.set, &base.record, &local, &told);
        if let Some(better) = better.filter(|_| change.state == State::Update) {
            local = better.local;
            if !better.unseen.is_empty() {
                return ask_again(tx, table, change, (&base, local, server), better.unseen);
            }
        }
    }
    local::put_pending(tx, table, local, &change).map(|()| Tally::default())
}

/// Of what this device deleted itself only properties are news that its model lacked then.
fn with_what_was_hidden(table: &Table, known: &Record, tombstone: &Record) -> Record {
    let mut told = known.clone();
    for property in table.declared().filter(|property| !known.properties.contains_key(&property.name)) {
        told.properties.insert(property.name.clone(), tombstone.get(&property.name).clone());
    }
    told
}

/// A change was made by somebody who could not see all that the version holds which it was made on: the mark of a deletion
/// tells nothing of the record, a model nothing of a property that it lacks. With that it is another question (I14).
fn ask_again(
    tx: &Tx<'_>,
    table: &Table,
    mut change: Change,
    (known, mine, server): (&Versioned, Record, &Versioned),
    properties: Vec<String>,
) -> Result<Tally> {
    // What the question is about is what differs from that; it is no version of the server's.
    let (kind, record) = match server.record.is_tombstoned {
        true => (ConflictKind::DeletedOnServer, Record { is_tombstoned: false, ..server.record.clone() }),
        false => (ConflictKind::BothEdited, known.record.clone()),
    };
    change.base = Some(Versioned { record, etag: String::new() });
    change.hold = Hold::Conflict;
    local::put_pending(tx, table, mine.clone(), &change)?;
    let base = change.base.clone();
    ask(tx, table, change, &Conflict { kind, properties, base, mine, server: Some(server.clone()) })
}

fn settled(tx: &Tx<'_>, table: &Table, local: &Record, change: &Change, server: Option<&Versioned>) -> Result<()> {
    let live = server.filter(|server| !server.record.is_tombstoned);
    let stands = live.is_some_and(|server| server.record.same_content(local));
    let edited = change.base.as_ref().is_none_or(|base| !base.record.same_content(local));
    if change.state != State::Delete && edited && !stands {
        // No person and no policy of a person's: the model says that the server's value stands, or is the later one.
        let event = if live.is_some() { HistoryEvent::TookServer } else { HistoryEvent::AcceptedDelete };
        let stands = live.or(change.base.as_ref()).map(|version| &version.record);
        let changes = stands.map_or_else(Vec::new, |stands| history::changes(Some(local), stands));
        let entry = Entry { by_policy: true, decision: true, changes, ..Entry::here(event, Some(local)) };
        history::write(tx, table, local.id, &entry)?;
    }
    if change.state == State::Delete && edited && live.is_none() {
        // Somebody else deleted it, too: what was typed into it here goes with this device's own deletion.
        let known = change.base.as_ref().map(|base| &base.record);
        history::write(tx, table, local.id, &Entry::deleted(local, known))?;
    }
    match live {
        Some(server) => local::put_clean(tx, table, server, true),
        None => local::remove(tx, table, local.id),
    }
}

/// Writes down what a merge by property came to, and what of it came from where.
fn write_merge(
    tx: &Tx<'_>,
    table: &Table,
    change: &Change,
    mine: &Record,
    server: Option<&Versioned>,
    merged: &Record,
) -> Result<()> {
    let base = change.base.as_ref().map(|base| &base.record).filter(|base| !base.is_tombstoned);
    let theirs = server.map(|server| &server.record);
    let mut changes = history::changes(base, merged);
    for change in &mut changes {
        let is = |record: Option<&Record>| record.is_some_and(|record| record.get(&change.property) == &change.to);
        change.side = Some(match (is(Some(mine)), is(theirs)) {
            (true, false) => Origin::Mine,
            (false, true) => Origin::Server,
            _ => Origin::Both,
        });
    }
    history::write(tx, table, merged.id, &Entry { changes, ..Entry::here(HistoryEvent::Merged, Some(mine)) })
}

//! No question without a cause, and none twice (I12, I4).
//!
//! Owns: looking at each question once, when it first stands on the screen. Refuses: whether one is missing; an overwriting
//! that was not asked about is found in the journal (`at_rest`).

use super::always::KEPT_MS;
use super::{Judged, broken, remembered};
use crate::plan::deed::At;
use crate::run::{Run, SETS};
use serde_json::{Map, Value};
use tidemark_app::ConflictView;

pub(crate) async fn judge(run: &mut Run, at: At) -> Judged {
    for conflict in run.questions(at).await? {
        if run.ledger.asked.insert(format!("{} {}", at.laptop, conflict.id)) {
            run.told.hit("question", &conflict.kind);
            let ConflictView { kind, record_id, properties, .. } = &conflict;
            let asked = format!("laptop {} is asked {kind} about {record_id} {properties:?}", at.laptop);
            run.told.remember(|| remembered::numbered(run, &asked));
            run.told.tell(|| format!("  asked: {} of {} {:?}", conflict.kind, conflict.record_id, conflict.properties));
            has_cause(run, at.laptop, &conflict)?;
        }
        if conflict.base.is_some() {
            run.ledger.based.insert(conflict.id.clone());
        } else if run.ledger.based.contains(&conflict.id) {
            let words = format!("the question about {} lost what both sides began with", conflict.record_id);
            return broken("I4", words);
        }
    }
    Ok(())
}

fn has_cause(run: &Run, at: usize, conflict: &ConflictView) -> Judged {
    let (ledger, id) = (&run.ledger, &conflict.record_id);
    // Whoever works on a copy of a disk, or on one that forgot something, meets its own work as another's.
    if ledger.copied.contains(&at) || ledger.damaged.contains(&at) {
        return Ok(());
    }
    // Nor does it learn that the server had its edit, where something in between gave the answer.
    if ledger.interfered.contains(&(at, id.clone())) || run.laptops[at].network.writes.is_disowned(id) {
        return Ok(());
    }
    let told = || {
        let (kind, properties) = (&conflict.kind, &conflict.properties);
        let side = |record: Option<&Map<String, Value>>| {
            let values = properties.iter().map(|name| record.and_then(|record| record.get(name)).cloned());
            values.map(Option::unwrap_or_default).map(|value| value.to_string()).collect::<Vec<_>>().join(" ")
        };
        let (base, mine, server) = (conflict.base.as_ref(), Some(&conflict.mine), conflict.server.as_ref());
        let sides = [base, mine, server].map(side).join(" / ");
        format!("laptop {at} is asked {kind} about {id} {properties:?} (base / mine / server: {sides})")
    };
    if conflict.kind == "deleted_on_server" {
        let others = ledger.deleters(id).iter().any(|writer| *writer != at);
        // A file shows an earlier state: that one was deleted since is news to whoever puts it back.
        let by_file = ledger.filed.contains_key(id) && !ledger.deleters(id).is_empty();
        let set = SETS.iter().position(|(name, _)| *name == conflict.entity_set).unwrap_or_default();
        let forgot = ledger.unticked.contains(&(at, set)) && !ledger.deleters(id).is_empty();
        // Of what it did longer ago than that a device knows nothing any more.
        let edits = ledger.deleted_after(id).unwrap_or_default();
        let deleted_ms = edits.checked_sub(1).and_then(|last| ledger.saved.get(last)).map(|saved| saved.at_ms);
        let is_long_ago = deleted_ms.is_some_and(|at| run.time.now_ms() - at > KEPT_MS);
        if !others
            && !is_long_ago
            && !by_file
            && !forgot
            && !ledger.is_restored
            && !ledger.rolled_back.contains_key(&at)
        {
            return broken("I12", format!("{}, which nobody else deleted", told()));
        }
        return Ok(());
    }
    let own = |value: &str| {
        let Some(saved) = ledger.writer_of(value) else { return false };
        // What the lost disk wrote after the image was taken is news to this one.
        // What was confirmed longer ago than a device keeps it is not known as its own on a restored server.
        if ledger.is_restored && run.time.now_ms() - saved.at_ms > KEPT_MS {
            return false;
        }
        // Nor what had not been sent then: the lost disk sent it.
        let then = [ledger.rolled_back.get(&at), ledger.filed.get(id)];
        let is_known = then.into_iter().flatten().all(|then| ledger.number_of(value) < Some(*then));
        let is_known = is_known && !ledger.unsent_then.contains(value);
        // What went straight to the server is kept nowhere here.
        saved.writer == at && is_known && !(saved.is_live && ledger.is_restored)
    };
    let (server, base) = (conflict.server.clone().unwrap_or_default(), conflict.base.clone().unwrap_or_default());
    // Other line ends are no other text.
    let says = |value: Option<&Value>| value.and_then(Value::as_str).map(|text| text.replace("\r\n", "\n"));
    let moved = |name: &String| {
        let (there, then) = (server.get(name), base.get(name));
        there != then && (says(there).is_none() || says(there) != says(then))
    };
    let changed: Vec<&String> = conflict.properties.iter().filter(|name| moved(name)).collect();
    let is_own = |name: &&String| server.get(*name).and_then(Value::as_str).is_some_and(own);
    // What others wrote and a restored server forgot is asked on the side of whoever still has it.
    let mine_of_others = |name: &String| conflict.mine.get(name).and_then(Value::as_str).is_some_and(|mine| !own(mine));
    // So is what was typed over that meanwhile.
    let had_seen_others = |name: &String| {
        let there = server.get(name).and_then(Value::as_str).and_then(|value| ledger.number_of(value));
        ledger.saved.iter().enumerate().any(|(number, saved)| {
            let is_later =
                saved.writer != at && saved.id == *id && saved.property == name.as_str() && Some(number) > there;
            is_later && ledger.has_seen(at, id, &saved.mark)
        })
    };
    let names = &conflict.properties;
    let holds_others = ledger.is_restored && names.iter().any(|name| mine_of_others(name) || had_seen_others(name));
    // Deleted and brought back by both: what stands there was chosen anew.
    // Somebody brought an earlier value back: it is this device's own, and another's choice.
    if ledger.brought_back.contains_key(id) {
        return Ok(());
    }
    // A property that the served model has not: there is no value of the server's to tell from another.
    if conflict.properties.iter().any(|name| !server.contains_key(name)) {
        return Ok(());
    }
    // What stands there of a property that came with the model was on nobody's screen here when it was typed over.
    if ledger.has_models && names.iter().any(|name| base.get(name).is_none_or(Value::is_null)) {
        return Ok(());
    }
    let was_restored = !ledger.deleters(id).is_empty() && (changed.is_empty() || ledger.revived.contains(id));
    if changed.iter().all(is_own) && !holds_others && !was_restored {
        return broken("I12", format!("{}, where nobody else changed anything", told()));
    }
    let text = |side: &Map<String, Value>, name: &String| side.get(name)?.as_str().map(str::to_owned);
    // What a lost disk sent merged into what another had written, or with a stamp that was brought back to the server's time,
    // has another request name than what waits on its image.
    let was_sent_otherwise = ledger.has_wrong_clocks
        || server.iter().any(|(name, there)| {
            let is_typed = there.as_str().and_then(|value| ledger.number_of(value)).is_some();
            is_typed && !names.contains(name) && base.get(name) != Some(there)
        });
    // Whoever wrote what stands there had read what this device has: there is nothing to choose between.
    let had_read = |name: &String| {
        let writer = text(&server, name).and_then(|value| ledger.writer_of(&value).map(|saved| saved.writer));
        let Some((writer, mine)) = writer.zip(text(&conflict.mine, name)) else { return false };
        let is_news = was_sent_otherwise && ledger.rolled_back.contains_key(&at) && ledger.unsent_then.contains(&mine);
        writer != at && !is_news && ledger.writer_of(&mine).is_some() && ledger.has_seen(writer, id, &mine)
    };
    let is_whole = ledger.deleters(id).is_empty() && !ledger.is_restored;
    if conflict.kind == "both_edited" && is_whole && conflict.properties.iter().all(had_read) {
        return broken("I12", format!("{}, where the other side was written by who had read this one", told()));
    }
    let same = |name: &&String| server.get(*name) == conflict.mine.get(*name);
    if conflict.kind == "both_edited" && conflict.properties.iter().any(|name| same(&name)) {
        return broken("I12", format!("{}, where both sides say the same", told()));
    }
    Ok(())
}

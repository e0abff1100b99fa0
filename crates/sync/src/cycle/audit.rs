//! The self-audit's conversation with the server (`docs/sync.md`, "Beside OData"; FAULTS I27), and the look at the disk.
//!
//! Owns: those requests: none unless a set is due, one for a set that is well, and more for what
//! differs or holds what is pending. Refuses: what is
//! due, what differs and what becomes of it (`tidemark-store`). It takes no turn: what it queues is fetched by the next
//! cycle, and a set that has moved on meanwhile is left for another time.

use crate::blocking::blocking;
use crate::engine::Engine;
use crate::error::SyncError;
use crate::remote::connection::{Connection, refused};
use http::Method;
use serde::Deserialize;
use tidemark_model::{Bucket, RecordId, RowDigest};
use tidemark_store::{AuditRow, Lease, LocalAudit};

/// Buckets that are looked into; where more differ the set is read again from its start.
const MOST_BUCKETS: usize = 32;

#[derive(Deserialize)]
struct Buckets {
    buckets: Vec<(u64, String, String)>,
}

#[derive(Deserialize)]
struct Records {
    records: Vec<(RecordId, String, String)>,
}

impl Engine {
    /// Checks the offline database where that is due, and repairs it where it must.
    pub fn look_after(&self) {
        if let Err(error) = blocking(|| self.store.look_after()) {
            tracing::warn!(%error, "the offline database could not be looked after");
        }
    }

    /// Compares the sets that are due with the server; tells whether something is to be fetched by another cycle.
    pub async fn audit(&self) -> bool {
        if self.store.is_read_only() || self.hold_off().is_some() {
            return false;
        }
        match self.audit_due().await {
            Ok(differs) => differs,
            Err(error) => {
                // It is asked again after another cycle.
                tracing::debug!(%error, "the audit was put off");
                if let SyncError::Wait(delay) = error {
                    self.keep_request_to_wait(delay);
                }
                false
            }
        }
    }

    async fn audit_due(&self) -> Result<bool, SyncError> {
        let due = blocking(|| self.store.audits_due())?;
        if due.is_empty() {
            return Ok(false);
        }
        // What is digested, asked and written is one account's (DESIGN section 4, rule (b)).
        let lease = blocking(|| self.store.lease())?;
        if lease.account().signed_out {
            return Ok(false);
        }
        let connection = self.remote.for_account(lease.account());
        let mut differs = false;
        for set in due {
            if let Some(local) = blocking(|| lease.audit(&set))? {
                // What is wrong with one set is no reason to leave the others unlooked at.
                differs |= match compare(&connection, &lease, &local).await {
                    Err(error) if !error.ends_cycle() => {
                        tracing::debug!(set, %error, "the audit of a set was put off");
                        false
                    }
                    compared => compared?,
                };
            }
        }
        Ok(differs)
    }
}

async fn compare(connection: &Connection, lease: &Lease, local: &LocalAudit) -> Result<bool, SyncError> {
    let Some((_, token)) = local.link.split_once("$deltatoken=") else { return Ok(false) };
    let path = format!("/audit/{}?at={token}", local.set);
    let response = connection.send(connection.request(Method::GET, &path)).await?;
    match response.status {
        200 => {}
        // The set moved on, or its link has expired: the next cycle follows it, and the audit comes after.
        409 | 410 => return Ok(false),
        // A server that has no audits.
        404 => {
            blocking(|| lease.audit_passed(&local.set))?;
            return Ok(false);
        }
        _ => return Err(refused(&response)),
    }
    let answer: Buckets = read(&response.body)?;
    let server: Option<Vec<Bucket>> = answer
        .buckets
        .iter()
        .map(|(count, identity, content)| {
            Some(Bucket { count: *count, identity: digest(identity)?, content: digest(content)? })
        })
        .collect();
    let server = server.filter(|server| server.len() == local.buckets.len());
    let server = server.ok_or_else(|| SyncError::Malformed("an audit without its digests".to_owned()))?;
    let differs = |bucket: &usize| {
        let (here, there) = (local.buckets[*bucket], server[*bucket]);
        here.count != there.count || here.identity != there.identity || here.content != there.content
    };
    let other: Vec<usize> = (0..server.len()).filter(differs).collect();
    if other.is_empty() {
        blocking(|| lease.audit_passed(&local.set))?;
        return Ok(false);
    }
    // Where something is pending the sum of what the records hold tells nothing: there each is looked at.
    let surely = |bucket: &&usize| {
        let (here, there) = (local.buckets[**bucket], server[**bucket]);
        !local.partly[**bucket] || here.count != there.count || here.identity != there.identity
    };
    if other.iter().filter(surely).count() > MOST_BUCKETS {
        return Ok(blocking(|| lease.heal_whole(&local.set, &local.link))? > 0);
    }
    let mut rows: Vec<AuditRow> = Vec::new();
    for some in other.chunks(MOST_BUCKETS) {
        let Some(more) = look_into(connection, &path, some).await? else { return Ok(false) };
        rows.extend(more);
    }
    Ok(blocking(|| lease.heal(&local.set, &local.link, &other, &rows))? > 0)
}

/// Asks for the records of some buckets; `None` where the set has moved on since.
async fn look_into(connection: &Connection, path: &str, some: &[usize]) -> Result<Option<Vec<AuditRow>>, SyncError> {
    let names: Vec<String> = some.iter().map(|bucket| format!("{bucket:02x}")).collect();
    let path = format!("{path}&buckets={}", names.join(","));
    let response = connection.send(connection.request(Method::GET, &path)).await?;
    match response.status {
        200 => {}
        409 | 410 => return Ok(None),
        _ => return Err(refused(&response)),
    }
    let answer: Records = read(&response.body)?;
    let rows: Option<Vec<AuditRow>> = answer
        .records
        .iter()
        .map(|(id, identity, content)| {
            Some((*id, RowDigest { identity: digest(identity)?, content: digest(content)? }))
        })
        .collect();
    rows.map(Some).ok_or_else(|| SyncError::Malformed("an audit without its digests".to_owned()))
}

fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, SyncError> {
    serde_json::from_slice(body).map_err(|error| SyncError::Malformed(error.to_string()))
}

fn digest(hex: &str) -> Option<u64> {
    u64::from_str_radix(hex, 16).ok()
}

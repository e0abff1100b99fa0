//! Records that are read again singly: a pull brought them while their own answer was still out.
//!
//! Owns: reading the whole list that was asked for, page after page (the server ends a page at 8 MiB), before a record
//! that is not in it counts as gone; that nobody on the way answers it as it was answered before. Refuses: what becomes of such a record (the store).

use super::page::{fetch, malformed, read_into};
use crate::blocking::blocking;
use crate::error::SyncError;
use crate::run::Run;
use tidemark_model::{Planted, RecordId, is_planted};
use tidemark_odata::encode_query;
use tidemark_store::{AskedFrom, Others, StoreError};

/// How many records one request asks for.
const AT_ONCE: usize = 50;

impl Run<'_> {
    /// Reads again what was set aside.
    pub(super) async fn refetch(&mut self) -> Result<(), SyncError> {
        let waiting = blocking(|| self.store.refetch())?;
        if waiting.is_empty() {
            return Ok(());
        }
        let positions = blocking(|| self.store.positions())?;
        for (set, ids) in waiting {
            let Some(from) = positions.iter().find(|from| from.set() == set) else { continue };
            for ids in ids.chunks(AT_ONCE) {
                match self.refetch_some(from, ids).await {
                    Ok(()) => {}
                    // Switched off or started anew: nothing of it is waited for any more.
                    Err(SyncError::Store(StoreError::Moved { .. })) => break,
                    Err(error) => {
                        self.failed(from, error)?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads one list to its end. What a page brings is taken at once; where more is to come, the rest is asked for in a
    /// list of its own. What the last page did not bring is gone.
    async fn refetch_some(&mut self, from: &AskedFrom, ids: &[RecordId]) -> Result<(), SyncError> {
        let mut left = ids.to_vec();
        loop {
            let link = self.list_of(from.set(), &left);
            let asked = self.page_size()?.records(0).min(left.len() as u32);
            let started_ms = self.connection.monotonic_ms();
            let page = match fetch(&self.connection, from.set(), &link, asked, false).await {
                Ok(page) => page,
                Err(error) if self.page_broke(&error, asked, started_ms)? => continue,
                Err(error) => return Err(error),
            };
            self.page_came(asked, page.took, false)?;
            let ((still_left, is_whole), tally) = blocking(|| {
                self.store.pull(|tx| {
                    let mut onto = tx.onto(from)?;
                    let end = read_into(&mut onto, from.entity_set(), &page.body)?;
                    let is_whole = end.next_link.is_none() || is_planted(Planted::A1ListReadInPart);
                    let others = if is_whole { Others::Absent } else { Others::ToCome };
                    Ok::<_, SyncError>((onto.refetched(&left, others)?, is_whole))
                })
            })?;
            self.tally += tally;
            if is_whole {
                return Ok(());
            }
            if still_left.len() == left.len() {
                return Err(malformed(from, "its pages bring nothing of what was asked for"));
            }
            left = still_left;
        }
    }

    /// Names a list of records in a link that was never asked for before (a custom query option: OData URL Conventions
    /// 4.01 section 5.2). It does not say as of when it asks, as a position does: a cache in between that keeps what must not
    /// be stored could answer it as it once was answered (FAULTS N16), and what it brings counts as what the server has now.
    fn list_of(&self, set: &str, ids: &[RecordId]) -> String {
        let list: Vec<String> = ids.iter().map(ToString::to_string).collect();
        // Naming the mark shows tombstones too (DESIGN section 5, Tombstones).
        let filter = format!("Id in ({}) and (_IsTombstoned eq true or _IsTombstoned eq false)", list.join(","));
        let ports = self.engine.ports();
        let (now_ms, chance) = (ports.clock.now_ms(), ports.entropy.fraction().to_bits());
        format!("{set}?$filter={}&asked={now_ms}-{chance:x}", encode_query(&filter))
    }
}

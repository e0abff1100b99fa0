//! What a host hears of: one broadcast channel for everything that changed under its feet.
//!
//! Owns: the channel; the events themselves stand in the table. Refuses: finding out that something changed; the store says so for this
//! process, `background` for the others and for the status line.

use crate::views::{RecordsChanged, StatusView, SyncView};
use serde_json::Value;
use std::sync::Arc;
use tidemark_model::CACHED_ENTITIES;
use tidemark_store::{Changed, Store};
use tokio::sync::{Notify, broadcast};

/// How many events a slow host may fall behind before it loses the oldest.
const BACKLOG: usize = 1024;

/// Writes down what the table says of the events.
macro_rules! declare {
    ($(
        $(#[doc = $doc:literal])*
        $event:ident { $(
            $(#[doc = $variant_doc:literal])* $variant:ident $(($payload:ident: $type:ty))? $(= $name:literal)?;
        )* }
    )*) => { $(
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub enum $event {
            $($(#[doc = $variant_doc])* $variant $(($type))?,)*
        }

        impl $event {
            /// Returns the name and the payload that a web view hears it under, or nothing where it hears nothing.
            pub fn told(&self) -> Option<(&'static str, Value)> {
                match self {
                    $(Self::$variant $(($payload))? => told!($($name)?; $($payload)?),)*
                }
            }
        }
    )* };
}

macro_rules! told {
    ($name:literal; $payload:ident) => {
        match serde_json::to_value($payload) {
            Ok(payload) => Some(($name, payload)),
            Err(error) => {
                tracing::error!(%error, "{} could not be written", $name);
                None
            }
        }
    };
    ($name:literal;) => { Some(($name, Value::Null)) };
    (; $payload:ident) => {{
        let _ = $payload;
        None
    }};
}

every_event!(declare);

/// The channel.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    sender: broadcast::Sender<AppEvent>,
    wake: Arc<Notify>,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::Sender::new(BACKLOG), wake: Arc::default() }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<AppEvent> {
        self.sender.subscribe()
    }

    /// Sends an event to whoever listens; nobody listening is fine.
    pub(crate) fn send(&self, event: AppEvent) {
        let _ = self.sender.send(event);
    }

    /// Returns what wakes the watch over the status line.
    pub(crate) fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// Tells the watch that something may have changed that no event names.
    pub(crate) fn stir(&self) {
        self.wake.notify_one();
    }

    /// Passes on what this process commits.
    pub(crate) fn follow(&self, store: &Store) {
        let events = self.clone();
        store.on_change(Box::new(move |changes: &[Changed]| {
            for change in changes {
                if change.set == CACHED_ENTITIES {
                    events.send(AppEvent::EntitiesChanged);
                }
                events.send(AppEvent::RecordsChanged(RecordsChanged {
                    set: change.set.clone(),
                    ids: change.ids.as_ref().map(|ids| ids.iter().map(ToString::to_string).collect()),
                }));
            }
            events.stir();
        }));
    }
}

/// Returns the event payloads for "anything may have changed".
pub(crate) fn all_sets(store: &Store) -> Vec<RecordsChanged> {
    let model = store.model();
    let sets = model.iter().flat_map(|model| model.sets());
    sets.map(|set| RecordsChanged { set: set.name.clone(), ids: None }).collect()
}

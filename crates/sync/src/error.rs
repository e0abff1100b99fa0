//! Why a call to the server came to nothing, in words for people and with one place that says what follows.
//!
//! Owns: the classes of failure. Refuses: failures of single records; those are answers (`tidemark_store::Answer`).

use crate::ports::transport::TransportError;
use crate::report::Outcome;
use std::time::Duration;
use tidemark_model::Versioned;
use tidemark_odata::Code;
use tidemark_store::StoreError;

/// A failed exchange with the server.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// No network, or nothing at the other end.
    #[error("{0}")]
    Transport(#[from] TransportError),
    /// Something answers that is no Tidemark server, such as a hotel's sign-in page.
    #[error(
        "the network answers, but not with your Tidemark server; if this network has a sign-in page, open it first"
    )]
    NotTidemark,
    /// What was given as a server's address is none. It is not repeated: somebody may have typed a secret there.
    #[error("this is no server address; it looks like https://tidemark.example.org")]
    NoAddress,
    /// A name or a password stands in the address.
    #[error("leave the name and the password out of the server address; they are asked for by themselves")]
    NameInAddress,
    /// Whoever stands at the address has no time just now; whether it is a Tidemark server is not known.
    #[error("the server at this address is busy or just starting; nothing was sent. Try again in a moment")]
    NotNow,
    /// Somebody answers at the address, but no Tidemark server.
    #[error("there is no Tidemark server at this address; {}", hint(.unencrypted.as_deref()))]
    NoServer {
        /// A Tidemark server that answers there without encryption, nearby.
        unencrypted: Option<String>,
    },
    /// A proxy, or whatever else is on the way, answers with an error of its own (FAULTS N7 to N9).
    #[error("something on the way to the server answers in its place (error {status}); it is tried again")]
    OnTheWay {
        /// The HTTP status.
        status: u16,
    },
    /// A link does not stay below the service: it would carry the token elsewhere (FAULTS A10).
    #[error("the server gave a link that leads away from it; it was not followed")]
    StrayLink,
    /// Another server answers at the same address.
    #[error(
        "another Tidemark server answers at this address; nothing was sent. If yours has moved, sign in at its new address"
    )]
    AnotherServer,
    /// The server does not know the token, or not any more.
    #[error("sign in again to sync; your changes are safe on this device")]
    SignedOut,
    /// Nobody has signed in on this data dir.
    #[error("nobody is signed in here; sign in first")]
    NotSignedIn,
    /// Name or password is wrong.
    #[error("the name or the password is wrong")]
    WrongPassword,
    /// The server asks to wait.
    #[error("the server is busy and asks to try again in {}", in_words(*.0))]
    Wait(Duration),
    /// The server answered with an error.
    #[error("the server answered with an error ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The OData error code.
        code: String,
        /// The server's sentence.
        message: String,
        /// The property at fault.
        target: Option<String>,
    },
    /// A change went out and its answer never came, however often it was sent: the server may have made it.
    #[error("the server's answer did not arrive: {0}")]
    Unanswered(String),
    /// A live change met another version than the one that was shown; `None` where there is no such record.
    #[error("the record was changed meanwhile; nothing was overwritten")]
    Stale(Option<Box<Versioned>>),
    /// The answer could not be read.
    #[error("the server's answer could not be understood: {0}")]
    Malformed(String),
    /// The offline database failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A cycle of another process is running, and the caller did not want to wait for its end.
    #[error("another program on this computer is syncing this data folder just now; try again shortly")]
    OtherCycle,
    /// Some entity sets could not be brought up to date; the others were.
    #[error("{}", sets_sentence(.0))]
    Sets(Vec<(String, SyncError)>),
    /// The guard of the data dir could not be taken.
    #[error("the sync lock of this data dir cannot be taken: {0}")]
    Guard(String),
    /// The server asked another process of this data dir to wait, while this one waited for its turn.
    #[error("the server asked to wait a moment; your changes are safe on this device")]
    HeldOff,
}

fn hint(unencrypted: Option<&str>) -> String {
    match unencrypted {
        Some(url) => format!("there is one without encryption at {url}: give that address if you mean it"),
        None => "check it, and where this network has a sign-in page, open that first".to_owned(),
    }
}

impl SyncError {
    /// Returns the argument at fault, where there is one.
    pub fn argument(&self) -> Option<&'static str> {
        match self {
            Self::NoAddress | Self::NameInAddress | Self::NoServer { .. } => Some("server"),
            _ => None,
        }
    }

    /// Returns what a cycle that ends with this error came to.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Transport(_)
            | Self::NotTidemark
            | Self::NoServer { .. }
            | Self::NotNow
            | Self::Unanswered(_)
            | Self::OnTheWay { .. } => Outcome::Offline,
            Self::SignedOut | Self::WrongPassword => Outcome::SignedOut,
            Self::HeldOff | Self::Store(StoreError::AccountChanged | StoreError::Overtaken) => Outcome::Void,
            _ => Outcome::Failed,
        }
    }

    /// Tells whether a failed request may have failed for what it carried, so that another could go through.
    pub(crate) fn may_be_the_request(&self) -> bool {
        match self {
            Self::Transport(TransportError::Untrusted(_)) => false,
            Self::Transport(_) | Self::NotTidemark | Self::OnTheWay { .. } | Self::Malformed(_) => true,
            Self::Refused { status, .. } => *status != 403,
            _ => false,
        }
    }

    /// Tells whether the server takes no change at all just now, whosever it is: its disk is full (FAULTS D2).
    pub(crate) fn is_of_the_server(&self) -> bool {
        matches!(self, Self::Refused { status: 507, .. } | Self::OnTheWay { status: 507 })
    }

    /// Tells whether something of an answer arrived, which was too much at once: less of it may come through.
    pub(crate) fn was_too_much(&self) -> bool {
        matches!(self, Self::Transport(error) if error.was_too_much())
    }

    /// Tells whether the server may have done what it was asked, although its answer is not here.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Transport(error) => !matches!(error, TransportError::Unreachable(_) | TransportError::Untrusted(_)),
            // A gateway that got no answer may have been heard all the same.
            Self::OnTheWay { status } => *status >= 500,
            _ => false,
        }
    }

    /// Tells whether a stored link that ends with this error is of no use any more: its set is read anew from the start.
    pub(crate) fn ends_link(&self) -> bool {
        match self {
            Self::StrayLink => true,
            Self::Refused { status: 404, code, .. } => code != Code::UnknownEntitySet.as_str(),
            Self::Refused { status: 501, .. } => true,
            Self::Refused { status, .. } => {
                (400..500).contains(status) && !matches!(status, 401 | 403 | 408 | 410 | 429)
            }
            _ => false,
        }
    }

    /// Returns a stable word for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::Transport(TransportError::Untrusted(_)) => "untrusted",
            Self::Transport(_) => "offline",
            Self::NotTidemark => "not_tidemark",
            Self::NoAddress | Self::NameInAddress => "invalid",
            Self::NoServer { .. } => "no_server",
            Self::NotNow => "busy",
            Self::OnTheWay { .. } => "offline",
            Self::StrayLink => "stray_link",
            Self::AnotherServer => "another_server",
            Self::SignedOut => "signed_out",
            Self::NotSignedIn => "not_signed_in",
            Self::WrongPassword => "wrong_password",
            Self::Wait(_) | Self::HeldOff => "busy",
            Self::Refused { code, .. } => code,
            Self::Unanswered(_) => "unanswered",
            Self::Stale(_) => "changed_meanwhile",
            Self::Malformed(_) => "malformed",
            Self::Store(error) => error.code(),
            Self::Sets(failed) => failed.first().map_or("failed", |(_, error)| error.code()),
            Self::OtherCycle | Self::Guard(_) => "locked",
        }
    }

    /// Tells whether a cycle has nothing left to try after this: there is no network, nobody is signed in, the server
    /// asks to wait, or this device's database fails. What is wrong with one set, batch or page is none of these.
    pub(crate) fn ends_cycle(&self) -> bool {
        match self {
            // Of one set's answer, or of one page's: less of it may come through, and what the others say does.
            Self::Transport(TransportError::TooLarge | TransportError::BrokeWithin(_))
            | Self::Refused { .. }
            | Self::Malformed(_)
            | Self::StrayLink
            | Self::Sets(_) => false,
            Self::Store(error) => {
                use StoreError::{Internal, Moved, UnknownSet};
                !matches!(error, Moved { .. } | Internal(_) | UnknownSet(_))
            }
            _ => true,
        }
    }
}

/// Says how long that is; minutes, where seconds would have to be worked out.
fn in_words(delay: Duration) -> String {
    match delay.as_secs().max(1) {
        1 => "a second".to_owned(),
        seconds @ ..120 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// Says which sets stay behind, and why, in one sentence.
fn sets_sentence(failed: &[(String, SyncError)]) -> String {
    let why = |error: &SyncError| error.to_string().trim_end_matches('.').to_owned();
    let each: Vec<String> =
        failed.iter().map(|(set, error)| format!("{set} could not be brought up to date: {}", why(error))).collect();
    format!("{}; everything else is, and nothing on this device is lost", each.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_in_seconds_or_minutes() {
        for (seconds, words) in [(0, "a second"), (30, "30 seconds"), (119, "119 seconds"), (540, "9 minutes")] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn sets_that_stay_behind_are_one_sentence() {
        let said = SyncError::Sets(vec![("Sites".to_owned(), SyncError::Malformed("no JSON.".to_owned()))]).to_string();
        assert!(said.contains("no JSON; everything else is"), "{said}");
    }
}

//! The command line of DESIGN section 6.
//!
//! Owns: names, options and their shapes. Refuses: meaning.

use clap::error::ErrorKind;
use clap::{ArgGroup, Args as ClapArgs, CommandFactory as _, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Works with Tidemark's records on this device, online or offline.
#[derive(Debug, Parser)]
#[command(name = "tidemark", version, propagate_version = true)]
pub(crate) struct Args {
    /// The folder of the offline database; the window's own unless given.
    #[arg(long, global = true, value_name = "DIR", env = "TIDEMARK_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print one JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign in once, while the server can be reached; from then on everything works offline.
    SignIn(SignIn),
    /// Sign out and remove the account's records from this device.
    SignOut {
        /// Give up changes that have not been sent.
        #[arg(long)]
        discard: bool,
    },
    /// Send what waits here and fetch what changed there.
    Sync {
        /// Go on in the background until interrupted.
        #[arg(long)]
        watch: bool,
    },
    /// Say what waits, what clashes, and whether the server can be reached.
    Status,
    /// List the entity sets, or choose which are kept offline.
    Entities {
        #[command(subcommand)]
        choice: Option<Choice>,
    },
    /// Choose who decides when two people changed the same thing.
    Policy {
        /// The entity set.
        set: String,
        /// Who decides.
        policy: Policy,
    },
    /// List records.
    List(List),
    /// Show one record.
    Get {
        /// The entity set.
        set: String,
        /// The record's Id.
        id: String,
    },
    /// Show what happened to a record: who changed what, when, on which device.
    History {
        /// The entity set.
        set: String,
        /// The record's Id.
        id: String,
    },
    /// Make what did not stand in a record's history a new change.
    BringBack {
        /// The entity set.
        set: String,
        /// The record's Id.
        id: String,
        /// The entry of its history.
        entry: String,
    },
    /// Explain a record: its versions, why it waits, what the server answered.
    Explain {
        /// The entity set.
        set: String,
        /// The record's Id.
        id: String,
    },
    /// Add a record.
    Add {
        /// The entity set.
        set: String,
        /// The record as a JSON object, or - to read it from standard input.
        // Not named `json`: the global option of that name would be shadowed here.
        #[arg(value_name = "JSON")]
        record: String,
    },
    /// Change properties of a record.
    Edit {
        /// The entity set.
        set: String,
        /// The record's Id.
        id: String,
        /// The changed properties as a JSON object, or - to read it from standard input.
        #[arg(value_name = "JSON")]
        changes: String,
        #[command(flatten)]
        shown: Shown,
    },
    /// Delete a record.
    Delete {
        /// The entity set.
        set: String,
        /// The record's Id.
        id: String,
        #[command(flatten)]
        shown: Shown,
    },
    /// Import a file, all or nothing.
    Import {
        /// The entity set.
        set: String,
        /// A .csv or .jsonl file.
        file: PathBuf,
    },
    /// Export a set's records.
    Export {
        /// The entity set.
        set: String,
        /// A .csv or .jsonl file.
        file: PathBuf,
    },
    /// List what only a person can decide.
    Conflicts,
    /// List the changes that the server refuses, or go on from one of them.
    Parked {
        #[command(subcommand)]
        act: Option<Parked>,
    },
    /// Decide a conflict.
    Resolve(Resolve),
    /// Take a decision back.
    Undo {
        /// What resolve returned as undo.
        decision: String,
    },
    /// List what policies and people decided on this device.
    Decisions {
        /// How many at the most.
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
    },
}

/// `TIDEMARK_SERVER` and `TIDEMARK_TOKEN` serve in place of the address and `--token` (DESIGN section 6, "Settled").
#[derive(Debug, ClapArgs)]
#[command(group(ArgGroup::new("credentials")))]
pub(crate) struct SignIn {
    #[arg(help = "The server's address, such as https://tidemark.example.org", env = "TIDEMARK_SERVER")]
    pub(crate) url: String,
    /// Your name there; the password is read from standard input.
    #[arg(long, value_name = "NAME", group = "credentials")]
    pub(crate) user: Option<String>,
    /// A token that whoever runs the server has made for you; TIDEMARK_TOKEN unless --user or --token is given.
    // Servers made tokens that begin with a hyphen once, and those stay good.
    #[arg(long, value_name = "T", group = "credentials", allow_hyphen_values = true)]
    pub(crate) token: Option<String>,
}

impl SignIn {
    /// Takes the token of the environment where neither a name nor a token was given.
    ///
    /// # Errors
    /// Wrong usage: there is none either.
    pub(crate) fn with_token_from(mut self, environment: Option<String>) -> Result<Self, clap::Error> {
        if self.user.is_none() && self.token.is_none() {
            self.token = environment.filter(|token| !token.is_empty());
        }
        if self.user.is_some() || self.token.is_some() {
            return Ok(self);
        }
        let sentence = "name yourself with --user NAME, or give --token T (or TIDEMARK_TOKEN)";
        Err(Args::command().error(ErrorKind::MissingRequiredArgument, sentence))
    }
}

/// The version that the change was decided on; what is there when the command runs, unless given.
#[derive(Debug, ClapArgs)]
pub(crate) struct Shown {
    /// The record's @odata.etag when you looked at it: what changed since is not overwritten.
    #[arg(long, value_name = "ETAG")]
    pub(crate) etag: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Choice {
    /// Keep a set offline.
    On {
        /// The entity set.
        set: String,
    },
    /// Keep a set offline no more.
    Off {
        /// The entity set.
        set: String,
        /// Give up changes that have not been sent.
        #[arg(long)]
        discard: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Policy {
    /// A person does.
    Ask,
    /// The newer change stands.
    Newest,
    /// The server's side stands.
    Server,
    /// This device's side stands.
    Mine,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct List {
    /// The entity set.
    pub(crate) set: String,
    /// An OData $filter, such as "IsDone eq false".
    #[arg(long, value_name = "ODATA", allow_hyphen_values = true)]
    pub(crate) filter: Option<String>,
    /// An OData $orderby; by title unless given.
    #[arg(long, value_name = "ODATA")]
    pub(crate) order_by: Option<String>,
    /// Words that must all occur.
    #[arg(long, value_name = "WORDS")]
    pub(crate) search: Option<String>,
    /// How many records at the most.
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<u64>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Resolve {
    /// The conflict's id, or a beginning that no other has.
    pub(crate) conflict: String,
    /// The decision.
    pub(crate) answer: Answer,
    /// For merge: the side of each clashing property.
    #[arg(long = "set", value_name = "PROP=mine|server", num_args = 1.., value_parser = side)]
    pub(crate) sides: Vec<(String, String)>,
    /// Give the same answer to every open conflict of the same entity set and kind.
    #[arg(long, conflicts_with_all = ["sides", "preview"])]
    pub(crate) similar: bool,
    /// Only say what the record would be.
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Answer {
    /// Both edited: this device's values stand where they clash.
    KeepMine,
    /// Both edited: the server's values stand where they clash.
    TakeServer,
    /// Deleted on the server: bring it back with this device's changes.
    Restore,
    /// Deleted on the server: leave it deleted.
    AcceptDelete,
    /// Deleted here, edited on the server: delete it all the same.
    DeleteAnyway,
    /// Deleted here, edited on the server: keep the server's record.
    KeepServer,
    /// Both edited: choose for each property with --set.
    Merge,
}

/// Returns the word that a choice was given as.
pub(crate) fn word_of(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|possible| possible.get_name().to_owned()).unwrap_or_default()
}

fn side(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((property, side @ ("mine" | "server"))) if !property.is_empty() => {
            Ok((property.to_owned(), side.to_owned()))
        }
        _ => Err("write PROPERTY=mine or PROPERTY=server".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn words_are_those_of_the_contract() {
        let words: Vec<String> = Answer::value_variants().iter().map(|answer| word_of(*answer)).collect();
        let contract = "keep-mine take-server restore accept-delete delete-anyway keep-server merge";
        assert_eq!(words.join(" "), contract);
        let words: Vec<String> = Policy::value_variants().iter().map(|policy| word_of(*policy)).collect();
        assert_eq!(words.join(" "), "ask newest server mine");
    }

    #[test]
    fn credentials_are_typed_or_come_from_the_environment() {
        let sign_in = |line: &str, environment: Option<&str>| {
            let args = Args::try_parse_from(line.split(' ')).map_err(|error| error.kind())?;
            let Command::SignIn(sign_in) = args.command else { panic!("{line}") };
            let sign_in = sign_in.with_token_from(environment.map(str::to_owned)).map_err(|error| error.kind())?;
            Ok::<_, ErrorKind>((sign_in.user, sign_in.token))
        };
        let some = |text: &str| Some(text.to_owned());
        for (line, environment, credentials) in [
            ("tidemark sign-in http://s --token -x-9", None, Ok((None, some("-x-9")))),
            ("tidemark sign-in http://s --token --x", None, Ok((None, some("--x")))),
            ("tidemark sign-in --token=-x http://s", None, Ok((None, some("-x")))),
            ("tidemark sign-in http://s", Some("-x"), Ok((None, some("-x")))),
            ("tidemark sign-in http://s --token typed", Some("t"), Ok((None, some("typed")))),
            ("tidemark sign-in http://s --user ana", Some("t"), Ok((some("ana"), None))),
            ("tidemark sign-in http://s", None, Err(ErrorKind::MissingRequiredArgument)),
            ("tidemark sign-in http://s", Some(""), Err(ErrorKind::MissingRequiredArgument)),
            ("tidemark sign-in http://s --user ana --token t", None, Err(ErrorKind::ArgumentConflict)),
        ] {
            assert_eq!(sign_in(line, environment), credentials, "{line} with {environment:?}");
        }
    }

    #[test]
    fn sides_may_follow_one_set_or_several() {
        for line in [
            "tidemark resolve 01 merge --set A=mine B=server --json",
            "tidemark --json resolve 01 merge --set A=mine --set B=server",
        ] {
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            assert!(args.json);
            let Command::Resolve(resolve) = args.command else { panic!("{line}") };
            assert_eq!(resolve.sides, [("A".into(), "mine".into()), ("B".into(), "server".into())]);
        }
    }
}

/// What becomes of a change that the server refuses.
#[derive(Debug, Subcommand)]
pub(crate) enum Parked {
    /// Send it again as it is.
    Retry {
        /// The entity set.
        set: String,
        /// The record's Id.
        id: String,
    },
    /// Send it without the values that the server has no place for any more; they stay in the record's history.
    SendRest {
        /// The entity set.
        set: String,
        /// The record's Id.
        id: String,
    },
    /// Give it up; it stays readable in the record's history.
    Discard {
        /// The entity set.
        set: String,
        /// The record's Id.
        id: String,
    },
}

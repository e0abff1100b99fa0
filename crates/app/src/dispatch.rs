//! From a command's name and its arguments as JSON to its answer as JSON.
//!
//! Owns: reading arguments by the types of the table, and refusing by name what does not fit: a command that nobody has,
//! an argument that is missing, of another kind, or too much. Refuses: what a command does (`commands/`), and who may ask
//! (the hosts).

use crate::app::App;
use crate::error::AppError;
use crate::views::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::future::Future;

/// Names the function behind a command: its own name, unless the table says another.
macro_rules! call {
    ($owner:expr, $name:ident($($argument:ident),*)) => { $owner.$name($($argument),*) };
    ($owner:expr, $name:ident $function:ident($($argument:ident),*)) => { $owner.$function($($argument),*) };
}

/// Answers the command `$wanted` out of some of the table's lines.
macro_rules! answer {
    ($owner:expr, $wanted:expr, $arguments:expr, { $(
        $headline:literal { $(
            $(#[doc = $doc:literal])*
            $name:ident $(by $function:ident)? ($($argument:ident: $type:ty),*) -> $answer:ty;
        )* }
    )* }) => {
        match $wanted {
            $($(stringify!($name) => {
                let given = Arguments::read(stringify!($name), &$arguments)?;
                given.refuse_more_than(&[$(stringify!($argument)),*])?;
                $(let $argument: $type = given.take(stringify!($argument))?;)*
                let answer: $answer = call!($owner, $name $($function)? ($($argument),*)).await?;
                written(&answer)
            })*)*
            unknown => Err(AppError::UnknownCommand(unknown.to_owned())),
        }
    };
}

macro_rules! dispatch {
    ($($lines:tt)*) => {
        /// Answers a command of the table: `name` as the web view asks for it, `arguments` as one JSON object whose members
        /// are spelled as in JavaScript (`dayStart`).
        ///
        /// # Errors
        /// Those of the command; no command has this name, or an argument does not fit, and nothing was done.
        pub async fn dispatch(app: &App, name: &str, arguments: Value) -> Result<Value, AppError> {
            answer!(app, name, arguments, { $($lines)* })
        }
    };
}
every_command!(dispatch);

macro_rules! dispatch_host {
    ($headline:literal { $(
        $(#[doc = $doc:literal])* $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;
    )* }) => {
        /// What only a host with a screen can do, beside what it asks [`App`] for.
        pub trait HostCommands: Sync {
            $(
                $(#[doc = $doc])*
                fn $name(&self, $($argument: $type),*) -> impl Future<Output = Result<$answer, AppError>> + Send;
            )*
        }

        /// Answers a command of [`HOST_COMMANDS`]; otherwise as [`dispatch`].
        ///
        /// # Errors
        /// As [`dispatch`].
        pub async fn dispatch_host(host: &impl HostCommands, name: &str, arguments: Value) -> Result<Value, AppError> {
            answer!(host, name, arguments, { $headline { $($name($($argument: $type),*) -> $answer;)* } })
        }
    };
}
every_host_command!(dispatch_host);

macro_rules! names {
    ($($headline:literal { $(
        $(#[doc = $doc:literal])* $name:ident $(by $function:ident)? ($($arguments:tt)*) -> $answer:ty;
    )* })*) => { &[$($(stringify!($name)),*),*] };
}

/// The names of the commands that [`dispatch`] answers.
pub const COMMANDS: &[&str] = every_command!(names);

/// The names of the commands that a host with a screen answers itself.
pub const HOST_COMMANDS: &[&str] = every_host_command!(names);

/// The arguments of one call.
struct Arguments<'a> {
    command: &'static str,
    given: Option<&'a Map<String, Value>>,
}

impl<'a> Arguments<'a> {
    /// Takes what was given; null is an empty object.
    fn read(command: &'static str, given: &'a Value) -> Result<Self, AppError> {
        match given {
            Value::Null => Ok(Self { command, given: None }),
            Value::Object(given) => Ok(Self { command, given: Some(given) }),
            _ => Err(AppError::invalid(format!("{command} takes its arguments as a JSON object"), None)),
        }
    }

    /// Refuses an argument that the command does not have: whoever gives one means something by it.
    fn refuse_more_than(&self, wanted: &[&str]) -> Result<(), AppError> {
        let is_wanted = |name: &str| wanted.iter().any(|argument| camel(argument) == name);
        match self.given.into_iter().flatten().find(|(name, _)| !is_wanted(name)) {
            Some((name, _)) => Err(AppError::invalid(format!("{} has no argument {name}", self.command), Some(name))),
            None => Ok(()),
        }
    }

    /// Reads one argument; one that is not there is null.
    fn take<T: Deserialize<'a>>(&self, argument: &str) -> Result<T, AppError> {
        let name = camel(argument);
        let given = self.given.and_then(|given| given.get(&name));
        T::deserialize(given.unwrap_or(&Value::Null)).map_err(|error| {
            let message = match given {
                None => format!("{} needs the argument {name}", self.command),
                Some(_) => format!("the argument {name} of {} does not fit: {error}", self.command),
            };
            AppError::invalid(message, Some(&name))
        })
    }
}

fn written(answer: &impl Serialize) -> Result<Value, AppError> {
    serde_json::to_value(answer).map_err(|error| AppError::Broken(error.to_string()))
}

/// Spells a name of the table as JavaScript does.
pub(crate) fn camel(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len());
    for (number, word) in name.split('_').enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if number > 0 => spelled.extend(first.to_uppercase().chain(letters)),
            Some(first) => spelled.extend(std::iter::once(first).chain(letters)),
            None => {}
        }
    }
    spelled
}

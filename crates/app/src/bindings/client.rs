//! One typed function per command.

use super::name;
use crate::dispatch::camel;
use crate::views::*;
use std::collections::BTreeSet;

/// A line of the table.
struct Line {
    docs: String,
    name: &'static str,
    arguments: Vec<(String, String)>,
    answer: String,
}

macro_rules! lines {
    ($($headline:literal { $(
        $(#[doc = $doc:literal])*
        $name:ident $(by $function:ident)? ($($argument:ident: $type:ty),*) -> $answer:ty;
    )* })*) => { vec![$(($headline, vec![$(Line {
        docs: concat!($($doc),*).to_owned(),
        name: stringify!($name),
        arguments: vec![$((camel(stringify!($argument)), name::<$type>())),*],
        answer: name::<$answer>(),
    }),*])),*] };
}

pub(super) fn text() -> String {
    let mut sections: Vec<(&str, Vec<Line>)> = every_command!(lines);
    sections.extend(every_host_command!(lines));
    let (mut functions, mut shapes, mut used) = (String::new(), String::new(), BTreeSet::new());
    for (headline, lines) in &sections {
        functions.push_str(&format!("\n// {headline}\n"));
        for line in lines {
            used.extend(
                line.arguments.iter().map(|(_, kind)| kind).chain([&line.answer]).flat_map(|kind| types_in(kind)),
            );
            functions.push_str(&function(line));
            shapes.push_str(&shape(line));
        }
    }
    used.remove("RecordView");
    let used: Vec<_> = used.into_iter().collect();
    format!(
        "// One typed function per command of the host. Each rejects with a `HostError`.\n\
         import {{ ask }} from './ask';\n\
         import type {{\n  {},\n}} from './bindings';\n\
         import type {{ RecordView }} from './record';\n{functions}\n\
         /** What goes over the boundary, by the name of the command: for what stands in for a host. */\n\
         export interface Commands {{\n{shapes}}}\n",
        used.join(",\n  ")
    )
}

impl Line {
    /// Returns the arguments with their types, in order.
    fn typed(&self) -> String {
        let typed: Vec<_> = self.arguments.iter().map(|(name, kind)| format!("{name}: {kind}")).collect();
        typed.join(", ")
    }

    fn answer(&self) -> &str {
        if self.answer == "null" { "void" } else { &self.answer }
    }
}

fn shape(line: &Line) -> String {
    format!("  {}: {{ asks: {{ {} }}; answers: {} }};\n", line.name, line.typed(), line.answer())
        .replace("{  }", "object")
}

fn function(line: &Line) -> String {
    let names: Vec<_> = line.arguments.iter().map(|(name, _)| name.as_str()).collect();
    let given = if names.is_empty() { String::new() } else { format!(", {{ {} }}", names.join(", ")) };
    let docs = if line.docs.is_empty() { String::new() } else { format!("/** {} */\n", line.docs.trim()) };
    let (function, typed, name, answer) = (camel(line.name), line.typed(), line.name, line.answer());
    format!("{docs}export const {function} = ({typed}) =>\n  ask<{answer}>('{name}'{given});\n")
}

/// Returns the names of our types in the name of a type.
fn types_in(kind: &str) -> impl Iterator<Item = String> {
    let words = kind.split(|letter: char| !letter.is_alphanumeric()).filter(|word| *word != "Array");
    words.filter(|word| word.starts_with(char::is_uppercase)).map(str::to_owned)
}

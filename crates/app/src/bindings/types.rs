//! The types that stand in the table and those inside them, each once, and the events.

use super::name;
use crate::views::*;
use std::any::TypeId;
use std::collections::HashSet;
use ts_rs::{Config, TS, TypeVisitor};

/// A walk over types; each that is ours is declared when it is met first.
struct Walk {
    config: Config,
    seen: HashSet<TypeId>,
    text: String,
}

impl TypeVisitor for Walk {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // What stands inside a JSON value is nobody's business.
        let path = T::output_path();
        if path.as_deref().is_some_and(|path| path.starts_with("serde_json")) || !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        if path.is_some() {
            self.text.push('\n');
            self.text.push_str(&T::docs().unwrap_or_default());
            self.text.push_str("export ");
            self.text.push_str(&T::decl(&self.config));
            self.text.push('\n');
        }
        T::visit_generics(self);
        T::visit_dependencies(self);
    }
}

macro_rules! visit {
    ($walk:ident, { $($headline:literal { $(
        $(#[doc = $doc:literal])*
        $name:ident $(by $function:ident)? ($($argument:ident: $type:ty),*) -> $answer:ty;
    )* })* }) => { $($(
        $($walk.visit::<$type>();)*
        $walk.visit::<$answer>();
    )*)* };
}

macro_rules! visit_all {
    ($($lines:tt)*) => { fn commands(walk: &mut Walk) { visit!(walk, { $($lines)* }); } };
}
every_command!(visit_all);

macro_rules! visit_host {
    ($($lines:tt)*) => { fn host_commands(walk: &mut Walk) { visit!(walk, { $($lines)* }); } };
}
every_host_command!(visit_host);

macro_rules! visit_events {
    ($(
        $(#[doc = $doc:literal])*
        $event:ident { $(
            $(#[doc = $variant_doc:literal])* $variant:ident $(($payload:ident: $type:ty))? $(= $name:literal)?;
        )* }
    )*) => {
        fn events(walk: &mut Walk) { $($($(walk.visit::<$type>();)?)*)* }

        /// Returns the sentences above each event, its name and the name of its payload's type.
        fn told() -> Vec<(String, &'static str, String)> {
            let mut told = Vec::new();
            $($({
                let payload: Vec<String> = vec![$(name::<$type>())?];
                let heard: &[&'static str] = &[$($name)?];
                if let [event] = heard {
                    let payload = payload.into_iter().next().unwrap_or_else(|| "null".to_owned());
                    told.push((concat!($($variant_doc),*).to_owned(), *event, payload));
                }
            })*)*
            told
        }
    };
}
every_event!(visit_events);

pub(super) fn text() -> String {
    let mut walk = Walk { config: Config::default(), seen: HashSet::new(), text: String::new() };
    commands(&mut walk);
    host_commands(&mut walk);
    events(&mut walk);
    walk.visit::<ErrorView>();
    let mut text = walk.text;
    text.push_str("\n/** What the host tells, by name. */\nexport interface HostEvents {\n");
    for (docs, event, payload) in told() {
        text.push_str(&format!("  /** {} */\n  '{event}': {payload};\n", docs.trim()));
    }
    text.push_str("}\n");
    text
}

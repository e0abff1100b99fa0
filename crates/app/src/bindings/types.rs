//! The types that stand in the table and those inside them, each once, and the events.

use super::name;
use crate::views::*;
use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use ts_rs::{Config, TS, TypeVisitor};

/// A walk over types; each that is ours is declared once. They stand by name: the order in which a type names those inside
/// it is another with every build of the macro.
struct Walk {
    config: Config,
    seen: HashSet<TypeId>,
    declared: BTreeMap<String, String>,
}

impl TypeVisitor for Walk {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // What stands inside a JSON value is nobody's business.
        let path = T::output_path();
        if path.as_deref().is_some_and(|path| path.starts_with("serde_json")) || !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        if path.is_some() {
            let text = format!("\n{}export {}\n", T::docs().unwrap_or_default(), T::decl(&self.config));
            self.declared.insert(T::name(&self.config), text);
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
    let mut walk = Walk { config: Config::default(), seen: HashSet::new(), declared: BTreeMap::new() };
    commands(&mut walk);
    host_commands(&mut walk);
    events(&mut walk);
    walk.visit::<ErrorView>();
    let mut text: String = walk.declared.into_values().collect();
    text.push_str("\n/** What the host tells, by name. */\nexport interface HostEvents {\n");
    for (docs, event, payload) in told() {
        text.push_str(&format!("  /** {} */\n  '{event}': {payload};\n", docs.trim()));
    }
    text.push_str("}\n");
    text
}

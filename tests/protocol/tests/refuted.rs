//! Each thing done wrong is refuted: else the properties have a hole.

use stateright::{Checker as _, HasDiscoveries, Model as _};
use tidemark_test_protocol::checked::Checked;
use tidemark_test_protocol::scope::Scope;
use tidemark_test_protocol::worlds::WRONGS;

#[test]
fn whatever_is_done_wrong_is_refuted() {
    let mut holes = Vec::new();
    for (variant, scope, property) in WRONGS {
        let scope = Scope { variant: Some(variant), ..scope };
        let model = Checked(scope);
        let broken = model.properties().into_iter().map(|it| it.name).find(|name| name.starts_with(property)).unwrap();
        let finish = HasDiscoveries::AnyOf([broken].into());
        let checker = model.checker().threads(1).finish_when(finish).spawn_bfs().join();
        match checker.discovery(broken) {
            Some(path) => {
                let (steps, states) = (path.into_actions().len(), checker.unique_state_count());
                println!("| `{variant:?}` | {broken} | {steps} | {states} |");
            }
            None => holes.push((variant, broken)),
        }
    }
    assert!(holes.is_empty(), "not refuted by what should: {holes:?}");
}

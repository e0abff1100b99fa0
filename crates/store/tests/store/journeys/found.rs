//! The shortest of the histories that failed once, by what was wrong.

use super::{Step, live_through};

#[test]
fn what_is_taken_back_after_the_set_was_read_anew_is_not_kept_where_others_deleted_it() {
    let begun = [(1, Step::Add), (1, Step::Push { lost: 0 }), (0, Step::Pull)];
    let gone = [(0, Step::Delete { record: 0 }), (0, Step::Push { lost: 0 }), (1, Step::PullAnew)];
    let deleted = [&begun[..], &[(1, Step::Delete { record: 0 })], &gone, &[(1, Step::Undo { record: 0 })]].concat();
    live_through(2, &deleted);
}

#[test]
fn what_was_typed_after_an_answer_is_asked_about_once_that_is_taken_back() {
    let asked = [
        Step::Add,
        Step::Push { lost: 0 },
        Step::Office { record: 0, property: 0 },
        Step::Edit { record: 0, property: 1 },
        Step::Office { record: 0, property: 1 },
        Step::Push { lost: 0 },
    ];
    let answered = [Step::Resolve { pick: 0, answer: 0 }, Step::Edit { record: 0, property: 0 }, Step::TakeBack];
    let again = [Step::Resolve { pick: 0, answer: 103 }];
    let steps: Vec<_> = asked.into_iter().chain(answered).chain(again).map(|step| (0, step)).collect();
    live_through(1, &steps);
}

#[test]
fn what_is_brought_back_of_an_earlier_version_is_not_asked_about_because_of_a_later_one() {
    let steps = [
        Step::Add,
        Step::Push { lost: 0 },
        Step::Edit { record: 0, property: 1 },
        Step::Office { record: 0, property: 0 },
        Step::Push { lost: 0 },
        Step::Delete { record: 0 },
        Step::Push { lost: 0 },
        Step::BringBack { record: 0, entry: 1 },
    ];
    live_through(1, &steps.map(|step| (0, step)));
}

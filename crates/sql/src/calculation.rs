//! The names under which a database knows the functions that calculate.
//!
//! SQLite gets them from `tidemark-sqlite`; PostgreSQL has those of [`SET_UP`](crate::postgres::SET_UP), and operators for
//! the others. A wide number is `tidemark_model::Wide`.

/// An integer of 64 bits or a wide number, and a power of ten that it is multiplied by, in; a wide number out.
pub const WIDE: &str = "tidemark_wide";
/// A wide number and its scale in; the nearest double out.
pub const DOUBLE: &str = "tidemark_double";
/// A wide number and two bounds in; an integer of 64 bits out, null where it is beyond them.
pub const NARROW: &str = "tidemark_narrow";
/// Two wide numbers in, their sum out.
pub const ADD: &str = "tidemark_add";
/// Two wide numbers in, their difference out.
pub const SUB: &str = "tidemark_sub";
/// Two wide numbers in, their product out.
pub const MUL: &str = "tidemark_mul";
/// Two wide numbers in, the quotient without its fraction out.
pub const DIV: &str = "tidemark_div";
/// The same; by zero it is an infinity or no number.
pub const DIVBY: &str = "tidemark_divby";
/// Two wide numbers in, what division leaves out.
pub const MOD: &str = "tidemark_mod";
/// A wide number and how many digits at its end go; what `floor` says out.
pub const FLOOR: &str = "tidemark_floor";
/// The same with `ceiling`.
pub const CEILING: &str = "tidemark_ceiling";
/// The same with `round`.
pub const ROUND: &str = "tidemark_round";
/// Two doubles in, their sum out.
pub const REAL_ADD: &str = "tidemark_real_add";
/// Two doubles in, their difference out.
pub const REAL_SUB: &str = "tidemark_real_sub";
/// Two doubles in, their product out.
pub const REAL_MUL: &str = "tidemark_real_mul";
/// Two doubles in, their quotient out.
pub const REAL_DIV: &str = "tidemark_real_div";
/// Two doubles in, what division leaves out.
pub const REAL_MOD: &str = "tidemark_real_mod";
/// A double in, the whole number below it out.
pub const REAL_FLOOR: &str = "tidemark_real_floor";
/// A double in, the whole number above it out.
pub const REAL_CEILING: &str = "tidemark_real_ceiling";
/// A double in, the nearest whole number out.
pub const REAL_ROUND: &str = "tidemark_real_round";
/// Days since 1970-01-01 in, a date out, null beyond the years 0000 to 9999.
pub const DATE: &str = "tidemark_date";
/// A date in, days since 1970-01-01 out.
pub const DAYS: &str = "tidemark_days";
/// An instant in microseconds in, days since 1970-01-01 out.
pub const DAY_OF: &str = "tidemark_day_of";
/// An instant in microseconds in, microseconds since midnight out.
pub const TIME_OF: &str = "tidemark_time_of";
/// Wide numbers in, their sum out; null where there is none.
pub const SUM: &str = "tidemark_sum";
/// Doubles in, their sum out; null where there is none.
pub const REAL_SUM: &str = "tidemark_real_sum";
/// A text, where to begin (negative: from its end) and how many characters; the part out.
pub const SUBSTRING: &str = "tidemark_substring";
/// A text and a pattern in; whether it matches out.
pub const MATCHES: &str = "tidemark_matches";
/// A wide number and its scale in, its text out.
pub const WIDE_TEXT: &str = "tidemark_wide_text";
/// A double in, its text out.
pub const REAL_TEXT: &str = "tidemark_real_text";
/// An instant in, its text out.
pub const INSTANT_TEXT: &str = "tidemark_instant_text";
/// A time of day in, its text out.
pub const TIME_TEXT: &str = "tidemark_time_text";
/// A duration in, its text out.
pub const DURATION_TEXT: &str = "tidemark_duration_text";
/// A GUID in, its text out.
pub const GUID_TEXT: &str = "tidemark_guid_text";
/// A text and a scale in; a wide number out, null where the text is none.
pub const TEXT_WIDE: &str = "tidemark_text_wide";
/// A double and a scale in; a wide number out, null where it is too large.
pub const REAL_WIDE: &str = "tidemark_real_wide";
/// A text in; a double out, or null.
pub const TEXT_REAL: &str = "tidemark_text_real";
/// A text in; a date out, or null.
pub const TEXT_DATE: &str = "tidemark_text_date";
/// A text in; an instant out, or null.
pub const TEXT_INSTANT: &str = "tidemark_text_instant";
/// A text in; a time of day out, or null.
pub const TEXT_TIME: &str = "tidemark_text_time";
/// A text in; a duration out, or null.
pub const TEXT_DURATION: &str = "tidemark_text_duration";
/// A text in; a GUID out, or null.
pub const TEXT_GUID: &str = "tidemark_text_guid";

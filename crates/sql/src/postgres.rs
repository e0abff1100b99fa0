//! What a PostgreSQL database needs before the statements of this crate run in it.
//!
//! Owns: the collation and the functions that `tidemark-sqlite` gives to SQLite from Rust (ADR 0012): those of texts here,
//! those that [calculate](crate::calculation) in `postgres/calculation.sql`, each named as there. Refuses:
//! `tidemark_found`: a search looks in [folded](crate::folded_column) columns.

/// Creates the collation and the functions in the current schema; once more does nothing. The database is in UTF-8, its
/// server 14 or newer and built with ICU, as all packaged ones are. Processes that do this at the same moment must take
/// turns.
///
/// `ks-identic`: equal are texts that differ in normal form alone; `kk`: in whichever order accents stand.
/// `tidemark_exact` is for comparing a double with whole numbers of 64 bits: the cast to numeric keeps 15 digits, and
/// the other way round loses digits too. It gives the double where it is whole, else the middle between its neighbours,
/// and one beyond the ends of 64 bits. All are plain expressions, which the planner puts in place of the call.
pub const SET_UP: &str = concat!(
    r#"
CREATE COLLATION IF NOT EXISTS tidemark_text (provider = icu, locale = 'und-u-kk-true-ks-identic', deterministic = false);
CREATE OR REPLACE FUNCTION tidemark_normal(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN normalize($1, NFC);
CREATE OR REPLACE FUNCTION tidemark_lower(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN normalize(lower(normalize($1, NFC) COLLATE pg_catalog."und-x-icu"), NFC);
CREATE OR REPLACE FUNCTION tidemark_upper(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN normalize(upper(normalize($1, NFC) COLLATE pg_catalog."und-x-icu"), NFC);
CREATE OR REPLACE FUNCTION tidemark_exact(double precision) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN $1 >= 9223372036854775808::double precision THEN 9223372036854775808::numeric
        WHEN $1 < -9223372036854775808::double precision THEN -9223372036854775809::numeric
        ELSE trunc($1)::bigint::numeric
            + CASE WHEN $1 > trunc($1) THEN 0.5 WHEN $1 < trunc($1) THEN -0.5 ELSE 0 END
    END;
"#,
    include_str!("postgres/calculation.sql"),
);

/// A double among whole numbers, as a numeric.
pub(crate) const EXACT: &str = "tidemark_exact";

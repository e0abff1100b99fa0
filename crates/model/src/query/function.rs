//! The canonical functions (OData URL Conventions 4.01 section 5.1.1.5 and on).
//!
//! Owns: their names. Refuses: how many arguments they take (the parser) and of which types (`tidemark-sql`).

/// A canonical function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `concat(a,b)`.
    Concat,
    /// `contains(a,b)`.
    Contains,
    /// `endswith(a,b)`.
    EndsWith,
    /// `indexof(a,b)`.
    IndexOf,
    /// `length(a)`.
    Length,
    /// `startswith(a,b)`.
    StartsWith,
    /// `substring(a,from)`, `substring(a,from,length)`.
    Substring,
    /// `matchespattern(a,pattern)`, `matchespattern(a,pattern,flags)`.
    MatchesPattern,
    /// `tolower(a)`.
    ToLower,
    /// `toupper(a)`.
    ToUpper,
    /// `trim(a)`.
    Trim,
    /// `date(instant)`.
    Date,
    /// `day(a)`.
    Day,
    /// `fractionalseconds(a)`.
    FractionalSeconds,
    /// `hour(a)`.
    Hour,
    /// `maxdatetime()`.
    MaxDateTime,
    /// `mindatetime()`.
    MinDateTime,
    /// `minute(a)`.
    Minute,
    /// `month(a)`.
    Month,
    /// `now()`.
    Now,
    /// `second(a)`.
    Second,
    /// `time(instant)`.
    Time,
    /// `totaloffsetminutes(instant)`.
    TotalOffsetMinutes,
    /// `totalseconds(duration)`.
    TotalSeconds,
    /// `year(a)`.
    Year,
    /// `ceiling(a)`.
    Ceiling,
    /// `floor(a)`.
    Floor,
    /// `round(a)`.
    Round,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::Concat,
        Self::Contains,
        Self::EndsWith,
        Self::IndexOf,
        Self::Length,
        Self::StartsWith,
        Self::Substring,
        Self::MatchesPattern,
        Self::ToLower,
        Self::ToUpper,
        Self::Trim,
        Self::Date,
        Self::Day,
        Self::FractionalSeconds,
        Self::Hour,
        Self::MaxDateTime,
        Self::MinDateTime,
        Self::Minute,
        Self::Month,
        Self::Now,
        Self::Second,
        Self::Time,
        Self::TotalOffsetMinutes,
        Self::TotalSeconds,
        Self::Year,
        Self::Ceiling,
        Self::Floor,
        Self::Round,
    ];

    /// Returns the name that OData gives it, which is read in any case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Concat => "concat",
            Self::Contains => "contains",
            Self::EndsWith => "endswith",
            Self::IndexOf => "indexof",
            Self::Length => "length",
            Self::StartsWith => "startswith",
            Self::Substring => "substring",
            Self::MatchesPattern => "matchespattern",
            Self::ToLower => "tolower",
            Self::ToUpper => "toupper",
            Self::Trim => "trim",
            Self::Date => "date",
            Self::Day => "day",
            Self::FractionalSeconds => "fractionalseconds",
            Self::Hour => "hour",
            Self::MaxDateTime => "maxdatetime",
            Self::MinDateTime => "mindatetime",
            Self::Minute => "minute",
            Self::Month => "month",
            Self::Now => "now",
            Self::Second => "second",
            Self::Time => "time",
            Self::TotalOffsetMinutes => "totaloffsetminutes",
            Self::TotalSeconds => "totalseconds",
            Self::Year => "year",
            Self::Ceiling => "ceiling",
            Self::Floor => "floor",
            Self::Round => "round",
        }
    }
}

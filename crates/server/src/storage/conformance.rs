//! One suite for every database: what [`super::Storage`] promises, asked of each driver.
//!
//! Owns: the promises as tests, and the beds they lie on: a SQLite file, and a database of a PostgreSQL that the test
//! starts itself. Refuses: HTTP (`tests/wire` asks that of both too).

mod bed;
mod costs;
mod feed;
mod overview;
mod people;
mod postgres;
mod remodel;
mod replica;
mod writes;

macro_rules! on_every_database {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::storage::conformance::bed::Bed::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::storage::conformance::bed::Bed::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_every_database;

//! The routes: a folder for each noun, a file for each verb.

pub(crate) mod audit;
pub(crate) mod batch;
pub(crate) mod below;
pub(crate) mod entity;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod metadata;
pub(crate) mod one;
pub(crate) mod openapi;
pub(crate) mod query;
pub(crate) mod reference;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod set;
pub(crate) mod welcome;

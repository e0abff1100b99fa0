//! `/session`: signing in with a name and a password, once per device, for a token.

pub(crate) mod create;
pub(crate) mod read;
pub(crate) mod revoke;

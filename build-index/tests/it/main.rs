//! `build-index`, run as its users run it.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod bad_input;
mod build;
mod corpora;
mod layouts;
mod manners;
mod pack_model;
mod pdf;
mod robust;
mod selection;
mod support;
mod update;
mod watch;

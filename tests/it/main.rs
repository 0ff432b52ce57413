//! The integration tests, one binary. Each file of this folder is a module here; `tidy` fails on a forgotten one.

// A test that has to skip something says so.
#![allow(clippy::print_stderr)]

mod bad_input;
mod captures;
mod closed_form;
mod deferral;
mod deferred_large;
mod determinism;
mod do_not_disturb;
mod extreme_models;
mod faults;
mod flow_pictures;
mod flows;
mod late_servers;
mod layering;
mod measures;
mod messaging;
mod msrp_relay;
mod octets;
mod pulls;
mod push_mode;
mod pushes;
mod random_worlds;
mod recordings;
mod requirements;
mod sipp;
mod source;
mod sessions;
mod tidy;
mod torture;
mod user_guide;

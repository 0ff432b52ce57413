//! The integration tests, one binary. Each file of this folder is a module here; `tidy` fails on a forgotten one.

mod bad_input;
mod closed_form;
mod deferral;
mod determinism;
mod flows;
mod layering;
mod measures;
mod pulls;
mod random_worlds;
mod recordings;
mod requirements;
mod source;
mod tidy;
mod torture;
mod user_guide;

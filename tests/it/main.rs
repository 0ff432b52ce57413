//! The integration tests, one binary. Each file of this folder is a module here; `tidy` fails on a forgotten one.

mod layering;
mod requirements;
mod source;
mod tidy;

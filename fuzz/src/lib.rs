//! The two lowest layers of pushsim, compiled on their own: instrumenting the whole crate and its dependencies takes
//! minutes, and nothing else of it reads octets.
#![allow(dead_code)]

#[path = "../../src/kernel/mod.rs"]
pub mod kernel;
#[path = "../../src/wire/mod.rs"]
pub mod wire;

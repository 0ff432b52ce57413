//! The network functions: logic plus their own state, composed from protocol machines.

pub mod policies;

//! Protocol state machines, one per file, sans-IO: they are told what happened and say what to do. They know nothing of
//! the network.

pub mod msrp;
pub mod sip;
pub mod smtp;

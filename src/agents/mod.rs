//! The network functions: logic plus their own state, composed from protocol machines.
//!
//! **Contract.** An agent receives one [`Input`] with the current virtual time and appends what it wants done to an
//! [`Outbox`]: send, set or cancel a timer, observe. It never sees a queue, a link, a file or another agent's state, so
//! the same agents run under the world's virtual clock, under an explorer of event orders, or on sockets. Randomness is
//! a draw from a named stream. State can be cloned.

mod branches;
pub mod census;
pub mod cx;
pub mod deferral_policies;
pub mod hlr;
pub mod hss;
pub mod http_server;
pub mod i_cscf;
pub mod ip_sm_gw;
pub mod isf;
pub mod mem_server;
pub mod message_store;
pub mod messaging;
pub mod mms_server;
pub mod msc;
pub mod msrp_relay;
pub mod observation;
pub mod outbox;
pub mod p_cscf;
pub mod pf;
pub mod plain;
pub mod policies;
pub mod procedure;
pub mod proxy;
pub mod push_sender;
pub mod reg_event;
pub mod s_cscf;
pub mod session;
pub mod settings;
pub mod shared;
pub mod smsc;
pub mod subscriptions;
pub mod terminal;
pub mod timer;
pub mod transactions;
pub mod xcap;
pub mod xdms;

pub use census::Census;
pub use observation::{Fact, Observation};
pub use outbox::{Context, Input, Outbox, Outgoing};
pub use procedure::{Meta, Procedure, ReferencePoint};
pub use shared::{Directory, Role, Shared};
pub use timer::TimerReason;

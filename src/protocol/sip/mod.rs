//! SIP: transactions (RFC 3261 section 17, RFC 6026, RFC 4320), timers, dialogs.

pub mod caller_preferences;
pub mod client_transaction;
pub mod dialog;
pub mod offer_answer;
pub mod server_transaction;
pub mod session_timer;
pub mod success_response;
pub mod timers;

pub use client_transaction::{ClientAction, ClientInput, ClientState, ClientTransaction};
pub use dialog::{Dialog, DialogId};
pub use offer_answer::Negotiation;
pub use server_transaction::{ServerAction, ServerInput, ServerState, ServerTransaction};
pub use session_timer::{SessionDue, SessionTimer};
pub use success_response::{AckWait, SuccessResponse};
pub use timers::{Timer, TimerValues};

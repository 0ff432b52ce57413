//! MSRP (RFC 4975): what one end sends of a file or message, and what the other takes.
//!
//! The offerer connects and its first SEND binds the connection to the session (section 5.4). Nothing of this file
//! follows until that SEND is answered; from then on chunks go out ahead of their answers, up to a window.

pub mod reception;
pub mod transfer;

pub use reception::{Reception, Verdict};
pub use transfer::{CloseOn, Piece, Reports, Transfer, TransferInput, TransferState};

//! The messages as types and their real octets. A message is a small value with ids in place of strings; [`Names`]
//! turns the ids into text when octets are written or counted. Nothing here knows time or state.

mod address;
pub mod append;
pub mod carriage;
pub mod content;
pub mod datagram;
pub mod diameter;
mod diameter_avp;
mod diameter_profile;
mod diameter_write;
pub mod http;
pub mod id;
pub mod imap;
pub mod mail;
pub mod mailbox;
pub mod map;
pub mod message;
pub mod mms;
pub mod msrp;
mod msrp_auth;
pub mod names;
pub mod notice;
pub mod parse;
mod semi_octets;
pub mod sink;
pub mod sip;
pub mod smpp;
pub mod sms;
pub mod smtp;
pub mod wap_push;

pub use address::ip_address;
pub use carriage::{Carriage, Envelope, Transport};
pub use content::{ContentType, ContentTypes};
pub use id::{NetworkId, Token, UserId};
pub use message::{Message, MessageKind, Protocol};
pub use names::Names;
pub use sink::Sink;

#[cfg(test)]
mod tests;

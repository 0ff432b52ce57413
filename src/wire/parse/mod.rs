//! Reading: from octets back to messages. Nothing of it is on the path of a run; it shows that what is written can be
//! read, and it reads the answers of real peers.
//!
//! Two layers. The first reads any message of a protocol as text and judges its syntax: [`SipText`], [`SdpText`],
//! [`MimeText`]. The second, [`Reader`], reads what this crate writes back into the types that it was written from.
//! Octets of any kind are either read or refused with a [`Fault`]; they never end the program.

mod cursor;
mod fault;
mod fields;
mod http;
mod mime;
mod mms;
mod msrp;
mod own;
mod sdp;
mod sip;
mod smtp;
mod uri;
mod values;
mod verdict;

pub use fault::Fault;
pub use fields::Field;
pub use http::{HttpStartText, HttpText};
pub use mime::MimeText;
pub use mms::{MmsPart, MmsText, MmsValue};
pub use msrp::{ByteRange, MsrpStartText, MsrpText};
pub use own::Reader;
pub use sdp::{MediaText, OriginText, SdpText};
pub use sip::{SipText, StartText};
pub use smtp::{SmtpCommandText, SmtpReplyText, mail_text};
pub use uri::{SipUri, UriText, unescape};
pub use values::{Address, Authentication, CSeqText, Contacts, Parameters, Valued, ViaText, WarningText};
pub use verdict::{Abilities, Verdict, verdict};

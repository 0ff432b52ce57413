//! Reading what this crate writes, into the types that it was written from.
//!
//! The reading is exact. What was read is written again and has to be the same octets, so nothing is skipped, no matter
//! how little a single function here looks at.

mod address;
mod body;
mod headers;
mod mail;
mod message;
mod mms;
mod msrp;
mod push;
mod sdp;

use super::fault::Fault;
use super::sip::SipText;
use crate::kernel::EntityId;
use crate::wire::id::NetworkId;
use crate::wire::names::Names;
use crate::wire::sip::SipMessage;
use std::collections::BTreeMap;

/// Reads messages of a run whose names are known.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    names: &'a Names,
    hosts: BTreeMap<&'a str, EntityId>,
    domains: BTreeMap<&'a str, NetworkId>,
}

impl<'a> Reader<'a> {
    /// A reader of the messages that are written with these names.
    pub fn new(names: &'a Names) -> Reader<'a> {
        Reader { names, hosts: names.hosts().collect(), domains: names.domains().collect() }
    }

    /// Reads a SIP message.
    ///
    /// # Errors
    /// When it is no SIP message, or not one that this crate writes with these names.
    pub fn sip(&self, octets: &[u8]) -> Result<SipMessage, Fault> {
        let text = SipText::datagram(octets)?;
        text.check()?;
        let message = self.sip_message(&text, Depth::Outer)?;
        let mut again = Vec::with_capacity(octets.len());
        message.write(self.names, &mut again);
        same(octets, &again)?;
        Ok(message)
    }
}

/// Whether a message stands for itself or in the body of another, where it has none of this kind in its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Depth {
    Outer,
    Embedded,
}

fn same(read: &[u8], written: &[u8]) -> Result<(), Fault> {
    if read == written { Ok(()) } else { Err(foreign("message")) }
}

/// The fault of a part that has no place in our types.
const fn foreign(part: &'static str) -> Fault {
    Fault::new(part, "not as this simulator writes it")
}

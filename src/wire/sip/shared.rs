//! SIP messages as they are handed around: by reference, copied only to be changed.

use super::SipMessage;
use super::header_text;
use super::headers::Via;
use crate::wire::names::Names;
use crate::wire::sink::{Counter, Sink};
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A SIP message that its holders share. Changing it while somebody else holds it copies it first, so every holder owns
/// its message as if it were a value, and keeping one for retransmission costs a reference count.
///
/// A response crosses every hop unchanged but for its topmost Via, which goes: that is only noted beside the shared
/// message, so the response is never copied. What asks for the Via stack of a response has to ask here.
#[derive(Clone, Debug)]
pub struct Sip {
    message: Arc<SipMessage>,
    /// Topmost Via entries that are gone.
    popped: u8,
    /// Octets on the wire; zero when not worked out.
    octets: u32,
}

impl Sip {
    /// The Via stack, the last element is the topmost header.
    #[inline]
    pub fn vias(&self) -> &[Via] {
        let all = &self.message.via;
        &all[..all.len() - usize::from(self.popped)]
    }

    /// The topmost Via.
    #[inline]
    pub fn top_via(&self) -> Option<Via> {
        self.vias().last().copied()
    }

    /// Takes off the topmost Via.
    pub fn pop_via(&mut self, names: &Names) {
        let Some(top) = self.top_via() else { return };
        if self.octets > 0 {
            let mut gone = Counter::default();
            header_text::via(&mut gone, names, top);
            self.octets -= gone.0 as u32;
        }
        self.popped += 1;
    }

    /// Its octets on the wire, worked out once.
    pub fn measure(&mut self, names: &Names) -> u64 {
        if self.octets == 0 {
            self.octets = u32::try_from(self.wire_len(names)).unwrap_or(0);
        }
        if self.octets == 0 { self.wire_len(names) } else { u64::from(self.octets) }
    }

    /// Its octets on the wire.
    pub fn wire_len(&self, names: &Names) -> u64 {
        self.message.wire_len_under(self.vias(), names)
    }

    /// Writes the message as it stands on the wire.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        self.message.write_under(self.vias(), names, sink);
    }
}

impl From<SipMessage> for Sip {
    fn from(message: SipMessage) -> Sip {
        Sip { message: Arc::new(message), popped: 0, octets: 0 }
    }
}

impl PartialEq for Sip {
    fn eq(&self, other: &Sip) -> bool {
        self.popped == other.popped && self.message == other.message
    }
}

impl Eq for Sip {}

impl Hash for Sip {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.popped.hash(state);
        self.message.hash(state);
    }
}

impl Deref for Sip {
    type Target = SipMessage;

    #[inline]
    fn deref(&self) -> &SipMessage {
        &self.message
    }
}

impl DerefMut for Sip {
    #[inline]
    fn deref_mut(&mut self) -> &mut SipMessage {
        self.octets = 0;
        let popped = usize::from(std::mem::take(&mut self.popped));
        let message = Arc::make_mut(&mut self.message);
        message.via.truncate(message.via.len() - popped);
        message
    }
}

//! SIP messages as they are handed around: by reference, copied only to be changed.

use super::SipMessage;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A SIP message that its holders share. Changing it while somebody else holds it copies it first, so every holder owns
/// its message as if it were a value, and keeping one for retransmission costs a reference count.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Sip(Arc<SipMessage>);

impl From<SipMessage> for Sip {
    fn from(message: SipMessage) -> Sip {
        Sip(Arc::new(message))
    }
}

impl Deref for Sip {
    type Target = SipMessage;

    #[inline]
    fn deref(&self) -> &SipMessage {
        &self.0
    }
}

impl DerefMut for Sip {
    #[inline]
    fn deref_mut(&mut self) -> &mut SipMessage {
        Arc::make_mut(&mut self.0)
    }
}

//! Short messages: what they carry, how it is cut into segments, and the layers that carry a segment: TPDU (3GPP
//! TS 23.040), RP (TS 24.011, also in SIP by TS 24.341), CP on the radio interface (TS 24.011).

mod radio;
mod rp;
mod tpdu;

pub use radio::{Radio, RadioLine};
pub use rp::Rp;

use super::id::Token;
use super::mailbox::MailboxNotice;
use super::names::Names;
use super::notice::DeferredNotice;
use super::sink::{Counter, Sink};
use super::wap_push::{self, WapPush};
use crate::kernel::{EntityId, Time};

/// One segment of a short message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ShortMessage {
    /// Names the whole message.
    pub id: Token,
    /// The node that submitted it.
    pub from: EntityId,
    /// The terminal that it is for.
    pub to: EntityId,
    /// When the service centre took it.
    pub at: Time,
    /// What all segments carry together.
    pub content: ShortContent,
    /// Number of this segment, the first is 1.
    pub segment: u8,
    /// Number of segments.
    pub segments: u8,
}

/// What a short message carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ShortContent {
    /// Text of this many characters.
    Text(u32),
    /// The PF tells a user that messages are deferred (CPM-PF-5, CPM-PF-7), as data for the CPM client.
    Deferred(DeferredNotice),
    /// A mailbox event, as data for the MEM client.
    Mailbox(MailboxNotice),
    /// A WAP push.
    Push(WapPush),
}

/// How the user data of a short message is coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Coding {
    /// Characters of seven bits.
    Text,
    /// Octets for a port.
    Data { to: u16, from: u16 },
}

/// Port of the CPM client; any in the range of applications (TS 23.040 section 9.2.3.24.4).
const CPM_PORT: u16 = 16_100;
/// Port of the MEM client.
const MEM_PORT: u16 = 16_200;

/// Characters of one message, and of a segment of a concatenated one.
const TEXT: (u64, u64) = (160, 153);
/// Most characters of a text, in as many segments as can be numbered.
pub const TEXT_MAX: u32 = u8::MAX as u32 * TEXT.1 as u32;
/// Octets of data for a port in one message, and in a segment of a concatenated one.
const DATA: (u64, u64) = (133, 128);

impl ShortContent {
    fn coding(&self) -> Coding {
        match self {
            ShortContent::Text(_) => Coding::Text,
            ShortContent::Deferred(_) => Coding::Data { to: CPM_PORT, from: CPM_PORT },
            ShortContent::Mailbox(_) => Coding::Data { to: MEM_PORT, from: MEM_PORT },
            ShortContent::Push(_) => Coding::Data { to: wap_push::PORT, from: wap_push::SOURCE_PORT },
        }
    }

    /// Characters of text, octets of data.
    fn len(&self, names: &Names) -> u64 {
        match self {
            ShortContent::Text(characters) => u64::from(*characters),
            ShortContent::Deferred(_) | ShortContent::Mailbox(_) | ShortContent::Push(_) => {
                let mut counter = Counter::default();
                self.write(names, &mut counter);
                counter.0
            }
        }
    }

    /// Writes text as characters, data as octets.
    fn write(&self, names: &Names, sink: &mut impl Sink) {
        match self {
            ShortContent::Text(characters) => sink.filler(*characters),
            ShortContent::Deferred(notice) => notice.write(sink),
            ShortContent::Mailbox(notice) => notice.write(sink),
            ShortContent::Push(push) => push.write(names, sink),
        }
    }

    /// Segments that it needs: 133 octets of data or 160 characters fit one message; in a concatenated one a segment
    /// has 128 octets or 153 characters (TS 23.040 section 9.2.3.24).
    pub fn segments(&self, names: &Names) -> u8 {
        let (one, each) = match self.coding() {
            Coding::Text => TEXT,
            Coding::Data { .. } => DATA,
        };
        let len = self.len(names);
        if len <= one { 1 } else { u8::try_from(len.div_ceil(each)).unwrap_or(u8::MAX) }
    }
}

impl ShortMessage {
    /// Characters or octets of content in this segment, and how many stand in segments before it.
    fn share(&self, names: &Names) -> (u64, u64) {
        let len = self.content.len(names);
        if self.segments == 1 {
            return (len, 0);
        }
        let each = match self.content.coding() {
            Coding::Text => TEXT.1,
            Coding::Data { .. } => DATA.1,
        };
        let before = (u64::from(self.segment - 1) * each).min(len);
        ((len - before).min(each), before)
    }
}

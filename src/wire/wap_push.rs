//! WAP push: a WSP Push PDU (WAP-230 section 8.2.4.1) that carries an MMS notification or an e-mail notification, for
//! the port of the WAP push client.

use super::mailbox::MailboxNotice;
use super::mms::NotificationInd;
use super::names::Names;
use super::sink::Sink;

/// UDP port of connectionless WAP push.
pub const PORT: u16 = 2948;
/// UDP port that it comes from: connectionless WSP.
pub const SOURCE_PORT: u16 = 9200;

/// What is pushed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WapPush {
    /// `application/vnd.wap.mms-message`: an MM waits.
    Mms(NotificationInd),
    /// `application/vnd.wap.emn+wbxml`: something happened to a mailbox (OMA EMN; its codes are unverified). The
    /// record of the event follows as opaque data.
    Email(MailboxNotice),
}

impl WapPush {
    /// Writes the PDU.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        match self {
            WapPush::Mms(notification) => {
                sink.bytes(&[transaction(notification.transaction.raw()), PUSH, 3, 0xbe]);
                sink.bytes(&[APPLICATION_ID, MMS_UA]);
                notification.write(names, sink);
            }
            WapPush::Email(notice) => {
                // Content type 0x030a as an integer of two octets.
                sink.bytes(&[transaction(notice.id.raw()), PUSH, 6, 0x03, 0x02, 0x03, 0x0a]);
                sink.bytes(&[APPLICATION_ID, EMN_UA]);
                // WBXML 1.3, public identifier of EMN, UTF-8, no string table; element emn with opaque content.
                sink.bytes(&[0x03, 0x0d, 0x6a, 0x00, 0x45, 0xc3]);
                sink.bytes(&[0x80 | (notice.octets >> 7) as u8 & 0x7f, (notice.octets & 0x7f) as u8]);
                notice.write(sink);
                sink.bytes(&[0x01]);
            }
        }
    }
}

/// PDU type Push.
const PUSH: u8 = 0x06;
/// Header X-Wap-Application-Id.
const APPLICATION_ID: u8 = 0xaf;
/// `mms.ua`.
const MMS_UA: u8 = 0x84;
/// `emn.ua`.
const EMN_UA: u8 = 0x89;

/// Transaction id of a connectionless PDU.
fn transaction(number: u64) -> u8 {
    number as u8
}

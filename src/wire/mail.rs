//! Mail between a MEM server or a PF and an MMS server (RFC 5322): the notification that one sends and the delivery
//! status notification (RFC 3464) that the other sends back.

use super::address;
use super::id::Token;
use super::names::Names;
use super::notice::Notice;
use super::sink::{Counter, Sink, civil_date};
use crate::kernel::{EntityId, Time};

/// The application that a message is for (`Applic-ID` of mail, `X-Mms-Applic-ID` of MMS).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ApplicId {
    /// `MEM`: the MEM client (MEM-8).
    Mem,
    /// `CPM`: the CPM client. The documents name none, so the value is ours.
    Cpm,
    /// An application that no client on the device knows.
    Unknown,
}

impl ApplicId {
    /// All.
    pub const ALL: [ApplicId; 3] = [ApplicId::Mem, ApplicId::Cpm, ApplicId::Unknown];

    /// The value of the header.
    // req: MEM-8
    pub const fn text(self) -> &'static str {
        match self {
            ApplicId::Mem => "MEM",
            ApplicId::Cpm => "CPM",
            ApplicId::Unknown => "org.example.unknown",
        }
    }
}

/// A mail.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mail {
    /// Message-ID.
    pub id: Token,
    /// The server that wrote it.
    pub from: EntityId,
    /// The server that takes it.
    pub to: EntityId,
    /// The terminal that it is for, or that it is about.
    pub terminal: EntityId,
    /// Date.
    pub date: Time,
    /// What it says.
    pub content: MailContent,
}

/// The content of a mail.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MailContent {
    /// A notification for the application named (MEM-5, MEM-7).
    Notice {
        /// The record.
        notice: Notice,
        /// Applic-ID; `None` where the header is missing.
        applic_id: Option<ApplicId>,
        /// Whether the envelope asks for a delivery status notification (RFC 3461).
        report: bool,
    },
    /// A delivery status notification.
    Status {
        /// Message-ID of the mail that it is about.
        about: Token,
        /// What became of it.
        action: StatusAction,
    },
}

/// Action field of a delivery status (RFC 3464 section 2.3.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StatusAction {
    /// `delivered`
    Delivered,
    /// `failed`: it expired.
    Failed,
}

/// Octets of a date: `Thu, 01 Jan 2026 00:00:00 +0000`.
fn date(sink: &mut impl Sink, time: Time) {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        [" Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec "];
    let seconds = time.as_secs();
    let days = seconds / 86_400;
    let (year, month, day) = civil_date(days);
    sink.text(DAYS[(days % 7) as usize]);
    sink.text(", ");
    sink.digits(day, 2);
    sink.text(MONTHS[month as usize - 1]);
    sink.digits(year, 4);
    for (separator, number) in [(" ", seconds / 3600 % 24), (":", seconds / 60 % 60), (":", seconds % 60)] {
        sink.text(separator);
        sink.digits(number, 2);
    }
    sink.text(" +0000");
}

/// The address of a terminal at an MMS server (3GPP TS 23.140: a number in the local part says that it is one).
pub(super) fn terminal_address(sink: &mut impl Sink, names: &Names, terminal: EntityId, server: EntityId) {
    address::msisdn(sink, terminal);
    sink.text("/TYPE=PLMN@");
    sink.text(names.host(server));
}

/// The address of a server's own mailbox.
pub(super) fn server_address(sink: &mut impl Sink, names: &Names, server: EntityId) {
    sink.text("notifier@");
    sink.text(names.host(server));
}

impl Mail {
    /// Writes the mail: header, blank line, body.
    pub fn write(&self, names: &Names, sink: &mut impl Sink) {
        sink.text("From: <");
        server_address(sink, names, self.from);
        sink.text(">\r\nTo: <");
        match self.content {
            MailContent::Notice { .. } => terminal_address(sink, names, self.terminal, self.to),
            MailContent::Status { .. } => server_address(sink, names, self.to),
        }
        sink.text(">\r\nDate: ");
        date(sink, self.date);
        sink.text("\r\nMessage-ID: <");
        sink.hex16(self.id.raw());
        sink.text("@");
        sink.text(names.host(self.from));
        sink.text(">\r\nMIME-Version: 1.0\r\n");
        match self.content {
            MailContent::Notice { notice, applic_id, .. } => {
                sink.text("Subject: ");
                sink.text(notice.subject());
                sink.text("\r\n");
                // req: MEM-7
                if let Some(applic_id) = applic_id {
                    sink.text("Applic-ID: ");
                    sink.text(applic_id.text());
                    sink.text("\r\n");
                }
                sink.text("Content-Type: text/plain; charset=us-ascii\r\n\r\n");
                // req: MEM-5
                notice.write(sink);
                sink.text("\r\n");
            }
            MailContent::Status { about, action } => self.write_status(names, sink, about, action),
        }
    }

    fn write_status(&self, names: &Names, sink: &mut impl Sink, about: Token, action: StatusAction) {
        sink.text("Subject: Delivery status\r\nAuto-Submitted: auto-replied\r\nContent-Type: multipart/report; ");
        sink.text("report-type=delivery-status; boundary=\"status\"\r\n\r\n--status\r\n");
        sink.text("Content-Type: text/plain; charset=us-ascii\r\n\r\nThis reports what became of a message.\r\n");
        sink.text("--status\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; ");
        sink.text(names.host(self.from));
        sink.text("\r\nOriginal-Envelope-Id: ");
        sink.hex16(about.raw());
        sink.text("\r\n\r\nFinal-Recipient: rfc822; ");
        terminal_address(sink, names, self.terminal, self.from);
        sink.text(match action {
            StatusAction::Delivered => "\r\nAction: delivered\r\nStatus: 2.0.0\r\n",
            StatusAction::Failed => "\r\nAction: failed\r\nStatus: 4.4.7\r\n",
        });
        sink.text("--status--\r\n");
    }

    /// Its octets.
    pub fn len(&self, names: &Names) -> u64 {
        let mut counter = Counter::default();
        self.write(names, &mut counter);
        counter.0
    }
}

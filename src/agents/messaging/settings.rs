//! What a model says about mailbox notifications (`[mem]`), multimedia messages (`[mms]`) and short messages (`[sms]`).

use crate::kernel::{Distribution, Span};
use crate::wire::mail::ApplicId;
use crate::wire::mailbox::MailboxEvent;

/// What carries a notification to a terminal that is not connected to its mailbox (MEM-14).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Bearer {
    /// A multimedia message over ME-3 and MM1 (`mms`).
    #[default]
    Mms,
    /// A short message with the record as data (`sms`).
    Sms,
    /// A WAP push in short messages (`wap_push`).
    WapPush,
    /// A SIP MESSAGE through the S-CSCF (`sip_push`).
    SipPush,
}

/// What a terminal does with a notification of an MM.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Retrieval {
    /// It fetches the MM at once (`immediate`).
    #[default]
    Immediate,
    /// It says that it will fetch later, and does so after this time, seconds (`deferred`).
    Deferred(Distribution),
}

/// When the MMS server stops to notify again (RACE-21).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum StopNotifying {
    /// When the terminal has fetched the MM (`fetched`).
    #[default]
    Fetched,
    /// When the terminal has acknowledged it (`acknowledged`).
    Acknowledged,
}

/// Mailbox notifications (`[mem]`).
#[derive(Clone, Debug, PartialEq)]
pub struct MemSettings {
    /// Bearer out of band. Default `mms`.
    pub bearer: Bearer,
    /// Events that users want to be told of. Default `MessageNew`.
    pub events: Vec<MailboxEvent>,
    /// Whether a terminal that is connected to its mailbox is told there. Default true.
    pub in_band: bool,
    /// Octets of the record that a notification carries; the profile defines none. Default 300.
    pub payload: u32,
    /// Applic-ID of the mail; `None` leaves the header out (`"none"`). Default `MEM`.
    pub applic_id: Option<ApplicId>,
    /// Whether the mail asks for a delivery status notification. Default false.
    pub report: bool,
    /// Octets of a message in a mailbox. Default 2 kB.
    pub message: u32,
    /// How long a terminal stays connected after it has synchronised. Default 0.
    pub connection: Span,
    /// A mail that was deferred or got no answer is sent again after this, then after twice as long. Default 5 min.
    pub retry: Span,
    /// Attempts after the first. Default 5.
    pub retries: u32,
}

/// The MMS server and the MMS client (`[mms]`).
#[derive(Clone, Debug, PartialEq)]
pub struct MmsSettings {
    /// The server looks at its queue this often; 0 works at once. Default 60 s.
    pub tick: Span,
    /// The n-th notification without an answer is followed by another after n times this. Default 300 s.
    pub back_off: Span,
    /// Most notifications of one MM. Default 100.
    pub attempts: u32,
    /// An MM lives this long. Default 7 days.
    pub expiry: Span,
    /// When the server stops to notify again. Default `fetched`.
    pub stop: StopNotifying,
    /// Most MMs at the server; above it a mail gets 452. Default unlimited.
    pub queue: Option<u32>,
    /// Whether Applic-ID is mapped to X-Mms-Applic-ID. Default true.
    pub map_applic_id: bool,
    /// Least octets of an MM's URL: longer ones need more short messages. Default 0, as short as can be.
    pub url: u16,
    /// What the terminal does with a notification. Default `immediate`.
    pub retrieval: Retrieval,
    /// Share of the terminal's answers to the server that are never sent. Default 0.
    pub answer_loss: f64,
    /// Whether the MMS client knows MMs that it has had. Default true.
    pub client_dedupe: bool,
}

/// Short messages (`[sms]`).
#[derive(Clone, Debug, PartialEq)]
pub struct SmsSettings {
    /// The MSC gives up a terminal that does not answer within this. Default 10 s.
    pub paging_timeout: Span,
    /// Share of attempts that fail at a terminal that is there. Default 0.
    pub radio_failure: f64,
    /// Waits before the second, third, … attempt; the last repeats. Default 1, 5, 15, 60 min.
    pub retry: Vec<Span>,
    /// A short message lives this long. Default 1 day.
    pub validity: Span,
    /// Whether the service centre is told when a terminal is back. Default true.
    pub alert: bool,
    /// Whether short messages go over the IP-SM-GW to terminals that it can reach. Default false.
    pub over_ip: bool,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct MessagingSettings {
    /// `[mem]`
    pub mem: MemSettings,
    /// `[mms]`
    pub mms: MmsSettings,
    /// `[sms]`
    pub sms: SmsSettings,
}

impl Default for MemSettings {
    fn default() -> Self {
        MemSettings {
            bearer: Bearer::Mms,
            events: vec![MailboxEvent::MessageNew],
            in_band: true,
            payload: 300,
            applic_id: Some(ApplicId::Mem),
            report: false,
            message: 2000,
            connection: Span::ZERO,
            retry: Span::from_secs(300),
            retries: 5,
        }
    }
}

impl Default for MmsSettings {
    fn default() -> Self {
        MmsSettings {
            tick: Span::from_secs(60),
            back_off: Span::from_secs(300),
            attempts: 100,
            expiry: Span::from_secs(7 * 86_400),
            stop: StopNotifying::Fetched,
            queue: None,
            map_applic_id: true,
            url: 0,
            retrieval: Retrieval::Immediate,
            answer_loss: 0.0,
            client_dedupe: true,
        }
    }
}

impl Default for SmsSettings {
    fn default() -> Self {
        SmsSettings {
            paging_timeout: Span::from_secs(10),
            radio_failure: 0.0,
            retry: [60, 300, 900, 3600].map(Span::from_secs).to_vec(),
            validity: Span::from_secs(86_400),
            alert: true,
            over_ip: false,
        }
    }
}

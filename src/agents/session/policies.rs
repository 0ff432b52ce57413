//! Choices about sessions and their user plane, and what a device takes.

use crate::kernel::{Distribution, Span};
use crate::protocol::msrp::{CloseOn, Reports};
use crate::wire::msrp::FailureReport;
use crate::wire::sip::headers::Refresher;
use crate::wire::{ContentType, ContentTypes};

/// When the m-line of a file that is delivered is set to zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Rezero {
    /// At once, by a re-INVITE for each file (`immediate`, PUSH-S-18).
    Immediate,
    /// All that are delivered together, when the linger timer expires (`batched`, PUSH-S-24, PUSH-S-25).
    #[default]
    Batched,
    /// Never: BYE ends them (`none`).
    None,
}

/// In which order the files of a session are sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum FileOrder {
    /// One after the other, over one connection (`sequential`).
    #[default]
    Sequential,
    /// All at once, each over a connection of its own (`parallel`).
    Parallel,
}

/// How a file is cut into chunks (RFC 4975 section 7.1.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ChunkPolicy {
    /// One SEND that may be interrupted (`uninterrupted`).
    #[default]
    Uninterrupted,
    /// SENDs of 2048 octets (`chunks_2048`).
    Chunks2048,
}

impl ChunkPolicy {
    /// Octets of a chunk, none where the file is one.
    pub const fn octets(self) -> Option<u32> {
        match self {
            ChunkPolicy::Uninterrupted => None,
            ChunkPolicy::Chunks2048 => Some(2048),
        }
    }
}

/// The policies of sessions; each field is the key of the same name in `[policies]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionPolicies {
    /// Session-Expires that an INVITE asks for, `None` for no session timer. Default 1800 s.
    pub session_expires: Option<Span>,
    /// Who refreshes. Default `uac`.
    pub refresher: Refresher,
    /// How long a sender waits for further files to the same destination once one is delivered (PUSH-S-20). Default
    /// 30 s.
    pub linger_timer: Span,
    /// Whether BYE waits for the linger timer when all files are delivered. Default true.
    pub bye_after_linger: bool,
    /// Default `batched`.
    pub rezero_policy: Rezero,
    /// Default `sequential`.
    pub file_order: FileOrder,
    /// Most files that a new session begins with; the others get sessions of their own. Default unlimited.
    pub files_per_session: Option<u32>,
    /// Default `uninterrupted`.
    pub chunk_policy: ChunkPolicy,
    /// SENDs of a file that may be unanswered. Default 16.
    pub msrp_window: u32,
    /// Success-Report. Default false.
    pub success_report: bool,
    /// Failure-Report. Default `yes`.
    pub failure_report: FailureReport,
    /// What ends a file (PUSH-U-6). Default `response`.
    pub msrp_close_on: CloseOn,
    /// Wait for the answer to a SEND after its last octet left (RFC 4975 section 7.1). Default 30 s.
    pub msrp_timeout: Span,
    /// Slowest rate at which a sender supposes that its octets leave, octets per second. Default 64 kbit/s.
    pub msrp_min_rate: f64,
    /// For how long an MSRP relay gives a path to a terminal (RFC 4976 section 5.1), whole seconds. Default 1800 s.
    pub relay_lifetime: Span,
}

impl Default for SessionPolicies {
    fn default() -> Self {
        SessionPolicies {
            session_expires: Some(Span::from_secs(1800)),
            refresher: Refresher::Uac,
            linger_timer: Span::from_secs(30),
            bye_after_linger: true,
            rezero_policy: Rezero::default(),
            file_order: FileOrder::default(),
            files_per_session: None,
            chunk_policy: ChunkPolicy::default(),
            msrp_window: 16,
            success_report: false,
            failure_report: FailureReport::default(),
            msrp_close_on: CloseOn::default(),
            msrp_timeout: Span::from_secs(30),
            msrp_min_rate: 8000.0,
            relay_lifetime: Span::from_secs(1800),
        }
    }
}

impl SessionPolicies {
    /// What a sender asks to be told of a file. The 200 of a relay says nothing about the other end, so the REPORT of
    /// that end tells whether a file that goes over one is delivered.
    pub fn reports(&self, over_relay: bool) -> Reports {
        let (success, close_on) =
            if over_relay { (true, CloseOn::Report) } else { (self.success_report, self.msrp_close_on) };
        Reports { success, failure: self.failure_report, close_on }
    }

    /// How long the answer to a SEND of so many octets may take.
    pub fn answer_wait(&self, octets: u32) -> Span {
        self.msrp_timeout.saturating_add(Span::from_secs_f64(f64::from(octets) / self.msrp_min_rate))
    }
}

/// What a device takes by sessions, and how its user behaves; each field is the key of the same name in
/// `[devices.NAME]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionProfile {
    /// Content types that it takes (PUSH-R-1). Default every type.
    pub accept_types: ContentTypes,
    /// Largest content that it takes and announces (PUSH-R-9), octets. Default unlimited.
    pub max_size: Option<u32>,
    /// Time from the INVITE to its final response, seconds. Default 0.
    pub acceptance_delay: Distribution,
    /// Whether 180 goes out first where that takes time. Default true.
    pub alerting: bool,
    /// Probability of each status that refuses a whole session: 480, 486, 603, 606 (PUSH-R-2). Default none.
    pub refusal: [f64; 4],
    /// Probability that a file is refused by its selector (PUSH-R-4). Default 0.
    pub file_refusal: f64,
    /// Whether a file with the hash of one that it has is refused. Default false.
    pub refuse_known: bool,
    /// Sessions that it holds at a time; another gets 486. Default unlimited.
    pub max_sessions: Option<u32>,
    /// Time from its 200 until it is ready for SEND, which gets 481 before, seconds. Default 0.
    pub ready_delay: Distribution,
    /// Time from the arrival of content that is an attachment until its user opens it (PUSH-U-4), seconds. Default 0.
    pub render_delay: Distribution,
}

impl SessionProfile {
    /// The statuses of [`SessionProfile::refusal`].
    pub const REFUSALS: [u16; 4] = [480, 486, 603, 606];

    /// Takes everything at once: what a server is, and a device unless its keys say otherwise.
    pub(crate) const WILLING: SessionProfile = SessionProfile {
        accept_types: ContentTypes::of(ContentType::Cpim).union(ContentTypes::ANY),
        max_size: None,
        acceptance_delay: Distribution::Constant(0.0),
        alerting: true,
        refusal: [0.0; 4],
        file_refusal: 0.0,
        refuse_known: false,
        max_sessions: None,
        ready_delay: Distribution::Constant(0.0),
        render_delay: Distribution::Constant(0.0),
    };
}

impl Default for SessionProfile {
    fn default() -> Self {
        SessionProfile::WILLING
    }
}

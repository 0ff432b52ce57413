//! The policies of push senders and of the terminals that take pushes (keys `push_…` of `[policies]`).

use crate::kernel::Span;

/// How a push sender learns which terminals a user has and what they can do.
// req: MT-13
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PushKnowledge {
    /// Not at all: it knows the public GRUUs of all terminals from provisioning, and no capability (`none`).
    #[default]
    None,
    /// By an OPTIONS to each provisioned GRUU (`options_gruu`).
    OptionsGruu,
    /// By one OPTIONS to the address of record, of which one answer comes back (`options_aor`).
    OptionsAor,
    /// By a subscription to the user's registrations at the S-CSCF (`reg_event`).
    RegEvent,
}

/// Which GRUU of a known terminal a push goes to.
// req: MT-11, MT-12
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PushGruu {
    /// The public one, which outlives registrations (`public`).
    #[default]
    Public,
    /// The temporary one of the registration that the sender learned of (`temporary`).
    Temporary,
}

/// What a push sender takes for evidence that content was delivered.
// req: PUSH-G-7
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PushEvidence {
    /// The 2xx to the MESSAGE or NOTIFY (`response`).
    #[default]
    Response,
    /// A disposition notification of the terminal, which it asks for (`imdn`).
    Imdn,
}

/// What a push sender does when a terminal refuses content with 413, 415 or 488.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PushFallback {
    /// Gives up (`give_up`).
    #[default]
    GiveUp,
    /// Sends a MESSAGE that says where the content is (`indirection`).
    Indirection,
    /// Invites once more and offers the content as `application/octet-stream` (`other_sdp`). Of a session only.
    OtherSdp,
}

/// The policies about pushes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PushPolicies {
    /// What the sender knows of terminals (`push_knowledge`). Default `none`.
    pub knowledge: PushKnowledge,
    /// What OPTIONS told is good for so long (`push_cache_lifetime`). Default 24 h, as deployed clients have it.
    pub cache_lifetime: Span,
    /// Which GRUU is addressed (`push_gruu`). Default `public`.
    pub gruu: PushGruu,
    /// What counts as delivered (`push_evidence`). Default `response`.
    pub evidence: PushEvidence,
    /// A disposition notification that was asked for is given up after this (`push_evidence_timeout`). Default 128 s.
    pub evidence_timeout: Span,
    /// What follows a refusal (`push_fallback`). Default `give_up`.
    pub fallback: PushFallback,
    /// Expires of a subscription to content (`push_subscription_expires`). Default 3600 s.
    pub subscription_expires: Span,
    /// A fetch of content without an answer has failed after this (`push_fetch_timeout`). Default 32 s.
    pub fetch_timeout: Span,
}

impl Default for PushPolicies {
    fn default() -> Self {
        PushPolicies {
            knowledge: PushKnowledge::default(),
            cache_lifetime: Span::from_secs(24 * 3600),
            gruu: PushGruu::default(),
            evidence: PushEvidence::default(),
            evidence_timeout: Span::from_secs(128),
            fallback: PushFallback::default(),
            subscription_expires: Span::from_secs(3600),
            fetch_timeout: Span::from_secs(32),
        }
    }
}

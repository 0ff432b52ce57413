//! The SIP timers by their names in the specifications (RFC 3261 table 4, RFC 6026, 3GPP TS 24.229 table 7.7.1).

use crate::kernel::Span;

/// The base values from which all timers of a hop derive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TimerValues {
    /// Round-trip estimate.
    pub t1: Span,
    /// Longest interval between retransmissions of a non-INVITE request or an INVITE response.
    pub t2: Span,
    /// Longest time that a message stays in the network.
    pub t4: Span,
}

impl TimerValues {
    /// RFC 3261: 0.5 s, 4 s, 5 s.
    pub const RFC3261: TimerValues =
        TimerValues { t1: Span::from_millis(500), t2: Span::from_secs(4), t4: Span::from_secs(5) };
    /// Between UE and P-CSCF: 2 s, 16 s, 17 s (TS 24.229 table 7.7.1).
    pub const ACCESS: TimerValues =
        TimerValues { t1: Span::from_secs(2), t2: Span::from_secs(16), t4: Span::from_secs(17) };
}

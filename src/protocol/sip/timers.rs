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

    /// How often a request is sent at most, within 64·T1 over UDP: an INVITE at intervals that double, another request
    /// at intervals that double up to T2 (RFC 3261 section 17.1).
    pub fn most_sends(self, invite: bool) -> u16 {
        let (mut at, mut interval, mut sends) = (Span::ZERO, self.t1, 0);
        while at < self.transaction_timeout() && sends < u16::MAX {
            sends += 1;
            at = at.saturating_add(interval);
            interval = if invite { interval * 2 } else { self.doubled_to_t2(interval) };
        }
        sends.max(1)
    }

    /// 64·T1: Timers B, F, H, J, L and M.
    pub fn transaction_timeout(self) -> Span {
        self.t1 * 64
    }

    /// Timer D over UDP: at least 32 s, 64·T1 (128 s) with the access values.
    pub fn timer_d(self) -> Span {
        self.transaction_timeout().max(Span::from_secs(32))
    }

    /// The time after which a client's Timer E has grown to T2: an unanswered non-INVITE server transaction sends 100
    /// then, and not before (RFC 4320 section 4.1).
    pub fn non_invite_trying(self) -> Span {
        let (mut interval, mut elapsed) = (self.t1, Span::ZERO);
        while interval < self.t2 {
            elapsed += interval;
            interval = interval * 2;
        }
        elapsed
    }

    /// The interval after `interval` of a doubling timer that T2 caps (Timers E and G).
    pub fn doubled_to_t2(self, interval: Span) -> Span {
        (interval * 2).min(self.t2)
    }
}

/// A timer of a SIP transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// When to send an INVITE again over UDP.
    A,
    /// When an INVITE without any response has failed.
    B,
    /// When a proxied INVITE that was only answered provisionally is given up.
    C,
    /// When to stop acknowledging copies of a final response other than 2xx.
    D,
    /// When to send a non-INVITE request again over UDP.
    E,
    /// When a non-INVITE request without final response has failed.
    F,
    /// When to send a final response other than 2xx to an INVITE again over UDP.
    G,
    /// When to stop waiting for the ACK of such a response.
    H,
    /// When to stop absorbing copies of that ACK.
    I,
    /// When to stop answering copies of a non-INVITE request.
    J,
    /// When to stop absorbing copies of a final response to a non-INVITE request.
    K,
    /// When to stop absorbing copies of an INVITE that was answered with 2xx (RFC 6026).
    L,
    /// When to stop passing on further 2xx to an INVITE (RFC 6026).
    M,
    /// When an unanswered non-INVITE request gets a 100 (RFC 4320 section 4.1).
    Trying,
}

impl Timer {
    /// Whether the timer makes a machine send again, in contrast to ending a state.
    pub const fn retransmits(self) -> bool {
        match self {
            Timer::A | Timer::E | Timer::G | Timer::Trying => true,
            Timer::B
            | Timer::C
            | Timer::D
            | Timer::F
            | Timer::H
            | Timer::I
            | Timer::J
            | Timer::K
            | Timer::L
            | Timer::M => false,
        }
    }

    /// Whether the timer ends a transaction that only absorbs copies by then: nothing happens when it fires.
    pub const fn only_ends(self) -> bool {
        match self {
            Timer::D | Timer::I | Timer::J | Timer::K | Timer::L | Timer::M => true,
            Timer::A | Timer::B | Timer::C | Timer::E | Timer::F | Timer::G | Timer::H | Timer::Trying => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_sent_seven_and_eleven_times_by_default() {
        for values in [TimerValues::RFC3261, TimerValues::ACCESS] {
            assert_eq!((values.most_sends(true), values.most_sends(false)), (7, 11));
        }
    }

    #[test]
    fn a_non_invite_request_gets_100_when_timer_e_reaches_t2() {
        assert_eq!(TimerValues::RFC3261.non_invite_trying(), Span::from_millis(3500));
        assert_eq!(TimerValues::ACCESS.non_invite_trying(), Span::from_secs(14));
    }
}

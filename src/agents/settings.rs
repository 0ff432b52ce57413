//! SIP transport and timers as agents need them.

use crate::kernel::Span;
use crate::protocol::sip::timers::TimerValues;

/// Transport of a SIP hop.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Transport {
    /// Datagrams: lost ones are retransmitted by the SIP timers.
    #[default]
    Udp,
    /// A standing connection: a lost segment is late, never missing.
    Tcp,
}

/// SIP transport and timers (`[sip]`).
#[derive(Clone, Debug, PartialEq)]
pub struct SipSettings {
    /// Transport between nodes. Default UDP.
    pub core_transport: Transport,
    /// Transport between terminals and P-CSCFs. Default UDP.
    pub access_transport: Transport,
    /// Timers between nodes. Default T1 0.5 s, T2 4 s, T4 5 s.
    pub core_timers: TimerValues,
    /// Timers between terminals and P-CSCFs, both ways. Default T1 2 s, T2 16 s, T4 17 s.
    pub access_timers: TimerValues,
    /// Timer C of proxies. Default 180 s.
    pub timer_c: Span,
    /// First retransmission time-out of a lost TCP segment, doubled each time. Default 200 ms.
    pub tcp_rto: Span,
}

impl Default for SipSettings {
    fn default() -> Self {
        SipSettings {
            core_transport: Transport::Udp,
            access_transport: Transport::Udp,
            core_timers: TimerValues::RFC3261,
            access_timers: TimerValues::ACCESS,
            timer_c: Span::from_secs(180),
            tcp_rto: Span::from_millis(200),
        }
    }
}

//! The session timer (RFC 4028): one end refreshes the session at half of its interval, the other ends it shortly
//! before the interval is over, so that neither keeps a session whose other end is gone.

use crate::kernel::Span;
use crate::wire::sip::headers::{Refresher, SessionExpires};

/// Least interval of a session (section 4).
pub const LEAST_INTERVAL: Span = Span::from_secs(90);

/// The session timer at one end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SessionTimer {
    interval: Span,
    refreshes: bool,
}

/// What an end does when its wait is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionDue {
    /// It refreshes the session.
    Refresh,
    /// It ends the session with BYE: no refresh came.
    Expire,
}

impl SessionTimer {
    /// The timer that the 2xx to an INVITE or re-INVITE agrees on, at the end that sent that request or at the other.
    // req: PUSH-S-16
    pub fn agreed(header: SessionExpires, sent_request: bool) -> SessionTimer {
        let refreshes = (header.refresher == Refresher::Uac) == sent_request;
        SessionTimer { interval: Span::from_secs(u64::from(header.interval)), refreshes }
    }

    /// What to do next, and how long from now: refresh at half of the interval, or end the session when the interval is
    /// over but for 32 s or a third of it, whichever is less (section 10).
    pub fn next(&self) -> (SessionDue, Span) {
        if self.refreshes {
            (SessionDue::Refresh, self.part(2))
        } else {
            (SessionDue::Expire, self.interval - Span::from_secs(32).min(self.part(3)))
        }
    }

    /// The interval in whole seconds.
    pub fn seconds(&self) -> u16 {
        u16::try_from(self.interval.as_secs()).unwrap_or(u16::MAX)
    }

    fn part(&self, of: u64) -> Span {
        Span::from_nanos(self.interval.as_nanos() / of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(interval: u16, refresher: Refresher, sent_request: bool) -> (SessionDue, f64) {
        let (due, wait) = SessionTimer::agreed(SessionExpires { interval, refresher }, sent_request).next();
        (due, wait.as_secs_f64())
    }

    // req-test: PUSH-S-16
    #[test]
    fn the_refresher_refreshes_at_half_and_the_other_ends_shortly_before_the_end() {
        assert_eq!(next(1800, Refresher::Uac, true), (SessionDue::Refresh, 900.0));
        assert_eq!(next(1800, Refresher::Uac, false), (SessionDue::Expire, 1768.0));
        assert_eq!(next(90, Refresher::Uas, true), (SessionDue::Expire, 60.0));
        assert_eq!(next(90, Refresher::Uas, false), (SessionDue::Refresh, 45.0));
    }
}

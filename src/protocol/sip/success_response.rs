//! A 2xx to an INVITE: the user agent server sends it again until the ACK arrives, over every transport
//! (RFC 3261 section 13.3.1.4).

use super::timers::TimerValues;
use crate::kernel::{Span, Time};

/// What to do when the wait for an ACK is over for now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AckWait {
    /// Send the 2xx again and wait this long.
    Retransmit(Span),
    /// No ACK in 64·T1: end the dialog.
    GiveUp,
}

/// A 2xx that waits for its ACK.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SuccessResponse {
    deadline: Time,
    interval: Span,
    values: TimerValues,
}

impl SuccessResponse {
    /// A 2xx first sent `now`; wait [`SuccessResponse::first_wait`] for its ACK.
    pub fn sent(now: Time, values: TimerValues) -> SuccessResponse {
        SuccessResponse { deadline: now + values.transaction_timeout(), interval: values.t1, values }
    }

    /// Time to the first retransmission.
    pub fn first_wait(&self) -> Span {
        self.interval
    }

    /// The wait ended `now` without an ACK.
    pub fn on_timer(&mut self, now: Time) -> AckWait {
        if now >= self.deadline {
            return AckWait::GiveUp;
        }
        self.interval = self.values.doubled_to_t2(self.interval);
        AckWait::Retransmit(self.interval.min(self.deadline.since(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_2xx_is_sent_eleven_times_and_given_up_at_64_t1() {
        let mut response = SuccessResponse::sent(Time::ZERO, TimerValues::RFC3261);
        let (mut now, mut sent) = (Time::ZERO + response.first_wait(), vec![0.0]);
        while let AckWait::Retransmit(wait) = response.on_timer(now) {
            sent.push(now.as_secs_f64());
            now += wait;
        }
        assert_eq!(sent, [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
        assert_eq!(now, Time::from_secs(32));
    }
}

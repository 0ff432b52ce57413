//! Client transactions: INVITE (RFC 3261 section 17.1.1 with RFC 6026) and non-INVITE (section 17.1.2).
//!
//! ```text
//! INVITE      Calling ──1xx──▶ Proceeding ──2xx──▶ Accepted ──M──▶ (end)
//!                │  └───────────────┴──300-699──▶ Completed ──D──▶ (end)
//!                └──B──▶ (end, timeout)
//! non-INVITE  Trying ──1xx──▶ Proceeding ──final──▶ Completed ──K──▶ (end)
//!                └──F──▶ (end, timeout)   └──F──▶ (end, timeout)
//! ```

use super::timers::{Timer, TimerValues};
use crate::kernel::Span;
use arrayvec::ArrayVec;

/// State of a client transaction, by the names of the specification.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClientState {
    /// INVITE sent, no response.
    Calling,
    /// Non-INVITE request sent, no response.
    Trying,
    /// A provisional response came.
    Proceeding,
    /// A final response came (for an INVITE other than 2xx).
    Completed,
    /// An INVITE was answered with 2xx.
    Accepted,
    /// Over.
    Terminated,
}

/// What happens to a client transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientInput {
    /// A response with this status arrived.
    Response(u16),
    /// A timer fired.
    Timer(Timer),
}

/// What a client transaction wants done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientAction {
    /// Send the request again.
    Retransmit,
    /// Acknowledge the final response just received, hop by hop.
    Ack,
    /// Pass the response just received to the transaction user.
    Pass,
    /// Tell the transaction user that no final response came in time.
    TimedOut,
    /// Set a timer; one of the same slot is replaced.
    Set(Timer, Span),
    /// Cancel the retransmission timer.
    CancelRetransmission,
    /// Cancel the timer that ends the state.
    CancelLifetime,
}

/// The actions of one input, in order.
pub type ClientActions = ArrayVec<ClientAction, 4>;

/// A client transaction. It is told of responses and timers; the request itself is kept by its owner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ClientTransaction {
    state: ClientState,
    invite: bool,
    reliable: bool,
    /// Whether Timer B or F is set.
    limited: bool,
    interval: Span,
    values: TimerValues,
}

impl ClientTransaction {
    /// A transaction whose request is sent now, with the timers to set. Over an unreliable transport Timer B or F
    /// follows when the request is first sent again: few get that far, and it cannot fire before.
    pub fn start(invite: bool, reliable: bool, values: TimerValues) -> (ClientTransaction, ClientActions) {
        let state = if invite { ClientState::Calling } else { ClientState::Trying };
        let mut actions = ClientActions::new();
        actions.push(match (reliable, invite) {
            (false, true) => ClientAction::Set(Timer::A, values.t1),
            (false, false) => ClientAction::Set(Timer::E, values.t1),
            (true, true) => ClientAction::Set(Timer::B, values.transaction_timeout()),
            (true, false) => ClientAction::Set(Timer::F, values.transaction_timeout()),
        });
        (ClientTransaction { state, invite, reliable, limited: reliable, interval: values.t1, values }, actions)
    }

    /// The state.
    pub fn state(&self) -> ClientState {
        self.state
    }

    /// Whether the request is an INVITE.
    pub fn is_invite(&self) -> bool {
        self.invite
    }

    /// Takes an input and says what to do.
    pub fn handle(&mut self, input: ClientInput) -> ClientActions {
        match (input, self.invite) {
            (ClientInput::Response(status), true) => self.invite_response(status),
            (ClientInput::Response(status), false) => self.non_invite_response(status),
            (ClientInput::Timer(timer), _) => self.timer(timer),
        }
    }

    fn invite_response(&mut self, status: u16) -> ClientActions {
        let mut actions = ClientActions::new();
        match self.state {
            ClientState::Calling | ClientState::Proceeding => {
                if self.state == ClientState::Calling {
                    actions.push(ClientAction::CancelRetransmission);
                    if status < 300 {
                        actions.push(ClientAction::CancelLifetime);
                    }
                }
                if status < 200 {
                    self.state = ClientState::Proceeding;
                } else if status < 300 {
                    self.state = ClientState::Accepted;
                    actions.push(ClientAction::Set(Timer::M, self.values.transaction_timeout()));
                } else {
                    actions.push(ClientAction::Ack);
                    self.complete(Timer::D, self.values.timer_d(), &mut actions);
                }
                actions.push(ClientAction::Pass);
            }
            ClientState::Completed => {
                if status >= 300 {
                    actions.push(ClientAction::Ack);
                }
            }
            ClientState::Accepted => {
                if (200..300).contains(&status) {
                    actions.push(ClientAction::Pass);
                }
            }
            ClientState::Trying | ClientState::Terminated => {}
        }
        actions
    }

    fn non_invite_response(&mut self, status: u16) -> ClientActions {
        let mut actions = ClientActions::new();
        match self.state {
            ClientState::Trying | ClientState::Proceeding => {
                if status < 200 {
                    self.state = ClientState::Proceeding;
                } else {
                    actions.push(ClientAction::CancelRetransmission);
                    self.complete(Timer::K, self.values.t4, &mut actions);
                }
                actions.push(ClientAction::Pass);
            }
            ClientState::Calling | ClientState::Completed | ClientState::Accepted | ClientState::Terminated => {}
        }
        actions
    }

    /// Enters Completed for `linger`, or ends at once over a reliable transport.
    fn complete(&mut self, timer: Timer, linger: Span, actions: &mut ClientActions) {
        if self.reliable {
            self.state = ClientState::Terminated;
            actions.push(ClientAction::CancelLifetime);
        } else {
            self.state = ClientState::Completed;
            actions.push(ClientAction::Set(timer, linger));
        }
    }

    /// Sets the limit of the transaction, T1 after its begin, unless it is set.
    fn limit(&mut self, timer: Timer, actions: &mut ClientActions) {
        if !self.limited {
            self.limited = true;
            actions.push(ClientAction::Set(timer, self.values.transaction_timeout().saturating_sub(self.values.t1)));
        }
    }

    fn timer(&mut self, timer: Timer) -> ClientActions {
        let mut actions = ClientActions::new();
        match (timer, self.state) {
            (Timer::A, ClientState::Calling) => {
                self.interval = self.interval * 2;
                actions.push(ClientAction::Retransmit);
                actions.push(ClientAction::Set(Timer::A, self.interval));
                self.limit(Timer::B, &mut actions);
            }
            (Timer::E, ClientState::Trying | ClientState::Proceeding) => {
                self.interval = match self.state {
                    ClientState::Proceeding => self.values.t2,
                    ClientState::Calling
                    | ClientState::Trying
                    | ClientState::Completed
                    | ClientState::Accepted
                    | ClientState::Terminated => self.values.doubled_to_t2(self.interval),
                };
                actions.push(ClientAction::Retransmit);
                actions.push(ClientAction::Set(Timer::E, self.interval));
                self.limit(Timer::F, &mut actions);
            }
            // In Proceeding, Timer B is the limit of an INVITE that was cancelled.
            (Timer::B, ClientState::Calling | ClientState::Proceeding)
            | (Timer::F, ClientState::Trying | ClientState::Proceeding) => {
                self.state = ClientState::Terminated;
                actions.push(ClientAction::CancelRetransmission);
                actions.push(ClientAction::TimedOut);
            }
            (Timer::D | Timer::K, ClientState::Completed) | (Timer::M, ClientState::Accepted) => {
                self.state = ClientState::Terminated;
            }
            // A timer that a state no longer waits for changes nothing.
            (_, _) => {}
        }
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a transaction that gets `provisional_at` at most, and lists its transmissions and its end in milliseconds.
    fn schedule(invite: bool, values: TimerValues, provisional_at: Option<u64>) -> (Vec<u64>, u64) {
        let (mut tx, actions) = ClientTransaction::start(invite, false, values);
        let (mut sent, mut retransmit, mut lifetime) = (vec![0], None, None);
        let mut provisional = provisional_at;
        let mut now = 0;
        let mut pending = actions;
        loop {
            for action in pending.drain(..) {
                match action {
                    ClientAction::Set(timer, after) => {
                        let slot = if timer.retransmits() { &mut retransmit } else { &mut lifetime };
                        *slot = Some((now + after.as_nanos() / 1_000_000, timer));
                    }
                    ClientAction::Retransmit => sent.push(now),
                    ClientAction::CancelRetransmission => retransmit = None,
                    ClientAction::CancelLifetime => lifetime = None,
                    ClientAction::TimedOut => return (sent, now),
                    ClientAction::Ack | ClientAction::Pass => {}
                }
            }
            let next = [retransmit, lifetime].into_iter().flatten().min().expect("a waiting transaction has a timer");
            if let Some(at) = provisional.filter(|at| *at < next.0) {
                (now, provisional) = (at, None);
                pending = tx.handle(ClientInput::Response(100));
                continue;
            }
            now = next.0;
            if retransmit == Some(next) {
                retransmit = None;
            } else {
                lifetime = None;
            }
            pending = tx.handle(ClientInput::Timer(next.1));
        }
    }

    #[test]
    fn invite_is_sent_seven_times_and_times_out_at_64_t1() {
        let (sent, end) = schedule(true, TimerValues::RFC3261, None);
        assert_eq!(sent, [0, 500, 1500, 3500, 7500, 15500, 31500]);
        assert_eq!(end, 32_000);
        let (sent, end) = schedule(true, TimerValues::ACCESS, None);
        assert_eq!(sent, [0, 2000, 6000, 14000, 30000, 62000, 126000]);
        assert_eq!(end, 128_000);
    }

    #[test]
    fn other_requests_are_sent_eleven_times() {
        let (sent, end) = schedule(false, TimerValues::RFC3261, None);
        assert_eq!(sent, [0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
        assert_eq!(end, 32_000);
        let (sent, _) = schedule(false, TimerValues::ACCESS, None);
        assert_eq!(sent, [0, 2000, 6000, 14000, 30000, 46000, 62000, 78000, 94000, 110000, 126000]);
    }

    #[test]
    fn after_a_provisional_timer_e_runs_at_t2() {
        let (sent, _) = schedule(false, TimerValues::RFC3261, Some(100));
        assert_eq!(sent, [0, 500, 4500, 8500, 12500, 16500, 20500, 24500, 28500]);
    }

    #[test]
    fn every_final_response_other_than_2xx_is_acknowledged_and_only_the_first_is_passed() {
        let (mut tx, _) = ClientTransaction::start(true, false, TimerValues::RFC3261);
        let first = tx.handle(ClientInput::Response(488));
        assert!(first.contains(&ClientAction::Ack) && first.contains(&ClientAction::Pass));
        assert!(first.contains(&ClientAction::Set(Timer::D, Span::from_secs(32))));
        assert_eq!(tx.handle(ClientInput::Response(488)).as_slice(), [ClientAction::Ack]);
    }

    #[test]
    fn over_tcp_nothing_is_retransmitted_and_nothing_lingers() {
        let (mut tx, actions) = ClientTransaction::start(false, true, TimerValues::RFC3261);
        assert_eq!(actions.as_slice(), [ClientAction::Set(Timer::F, Span::from_secs(32))]);
        tx.handle(ClientInput::Response(200));
        assert_eq!(tx.state(), ClientState::Terminated);
    }

    #[test]
    fn every_2xx_to_an_invite_goes_up_while_accepted() {
        let (mut tx, _) = ClientTransaction::start(true, false, TimerValues::RFC3261);
        tx.handle(ClientInput::Response(100));
        assert!(tx.handle(ClientInput::Response(200)).contains(&ClientAction::Set(Timer::M, Span::from_secs(32))));
        assert_eq!(tx.handle(ClientInput::Response(200)).as_slice(), [ClientAction::Pass]);
        tx.handle(ClientInput::Timer(Timer::M));
        assert_eq!(tx.state(), ClientState::Terminated);
    }
}

//! Server transactions: INVITE (RFC 3261 section 17.2.1 with RFC 6026) and non-INVITE (section 17.2.2 with RFC 4320).
//!
//! ```text
//! INVITE      Proceeding ──2xx──▶ Accepted ──L──▶ (end)
//!                 └──300-699──▶ Completed ──ACK──▶ Confirmed ──I──▶ (end)
//!                                   └──H──▶ (end, no ACK)
//! non-INVITE  Trying ──1xx──▶ Proceeding ──final──▶ Completed ──J──▶ (end)
//! ```

use super::timers::{Timer, TimerValues};
use crate::kernel::Span;
use arrayvec::ArrayVec;

/// State of a server transaction, by the names of the specification.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ServerState {
    /// A non-INVITE request came, no response yet.
    Trying,
    /// An INVITE came, or a provisional response was sent.
    Proceeding,
    /// A final response was sent (for an INVITE other than 2xx).
    Completed,
    /// The ACK of that response came.
    Confirmed,
    /// An INVITE was answered with 2xx.
    Accepted,
    /// Over.
    Terminated,
}

/// What happens to a server transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServerInput {
    /// A copy of the request arrived.
    Retransmission,
    /// The ACK of a final response other than 2xx arrived.
    Ack,
    /// The transaction user sends a response with this status.
    Respond(u16),
    /// The transaction user will never answer (RFC 4320 section 4.2): absorb copies for a while.
    GiveUp,
    /// A timer fired.
    Timer(Timer),
}

/// What a server transaction wants done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServerAction {
    /// Send the response that the transaction user just gave.
    Transmit,
    /// Send the last response again.
    Retransmit,
    /// Make and send a 100.
    Trying,
    /// Tell the transaction user that no ACK came.
    NoAck,
    /// Set a timer; one of the same slot is replaced.
    Set(Timer, Span),
    /// Cancel the retransmission timer.
    CancelRetransmission,
    /// Cancel the timer that ends the state.
    CancelLifetime,
}

/// The actions of one input, in order.
pub type ServerActions = ArrayVec<ServerAction, 4>;

/// A server transaction. The last response is kept by its owner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ServerTransaction {
    state: ServerState,
    invite: bool,
    reliable: bool,
    interval: Span,
    values: TimerValues,
}

impl ServerTransaction {
    /// The transaction of a request that just arrived. `trying` is whether an INVITE is answered with 100 at once
    /// (RFC 3261 section 17.2.1 asks for it where no answer is due within 200 ms).
    pub fn start(
        invite: bool,
        reliable: bool,
        values: TimerValues,
        trying: bool,
    ) -> (ServerTransaction, ServerActions) {
        let mut actions = ServerActions::new();
        let state = if invite {
            if trying {
                actions.push(ServerAction::Trying);
            }
            ServerState::Proceeding
        } else {
            actions.push(ServerAction::Set(Timer::Trying, values.non_invite_trying()));
            ServerState::Trying
        };
        (ServerTransaction { state, invite, reliable, interval: values.t1, values }, actions)
    }

    /// The state.
    pub fn state(&self) -> ServerState {
        self.state
    }

    /// Whether the request is an INVITE.
    pub fn is_invite(&self) -> bool {
        self.invite
    }

    /// Whether a final response has been given.
    pub fn is_answered(&self) -> bool {
        match self.state {
            ServerState::Trying | ServerState::Proceeding => false,
            ServerState::Completed | ServerState::Confirmed | ServerState::Accepted | ServerState::Terminated => true,
        }
    }

    /// Takes an input and says what to do.
    pub fn handle(&mut self, input: ServerInput) -> ServerActions {
        match input {
            ServerInput::Retransmission => self.retransmission(),
            ServerInput::Ack => self.ack(),
            ServerInput::Respond(status) if self.invite => self.respond_invite(status),
            ServerInput::Respond(status) => self.respond_non_invite(status),
            ServerInput::GiveUp => self.give_up(),
            ServerInput::Timer(timer) => self.timer(timer),
        }
    }

    fn retransmission(&mut self) -> ServerActions {
        let mut actions = ServerActions::new();
        match self.state {
            ServerState::Proceeding | ServerState::Completed => actions.push(ServerAction::Retransmit),
            ServerState::Trying | ServerState::Confirmed | ServerState::Accepted | ServerState::Terminated => {}
        }
        actions
    }

    fn ack(&mut self) -> ServerActions {
        let mut actions = ServerActions::new();
        if self.invite && self.state == ServerState::Completed {
            actions.push(ServerAction::CancelRetransmission);
            if self.reliable {
                self.state = ServerState::Terminated;
                actions.push(ServerAction::CancelLifetime);
            } else {
                self.state = ServerState::Confirmed;
                actions.push(ServerAction::Set(Timer::I, self.values.t4));
            }
        }
        actions
    }

    fn respond_invite(&mut self, status: u16) -> ServerActions {
        let mut actions = ServerActions::new();
        match self.state {
            ServerState::Proceeding => {
                actions.push(ServerAction::Transmit);
                if (200..300).contains(&status) {
                    self.state = ServerState::Accepted;
                    actions.push(ServerAction::Set(Timer::L, self.values.transaction_timeout()));
                } else if status >= 300 {
                    self.state = ServerState::Completed;
                    if !self.reliable {
                        actions.push(ServerAction::Set(Timer::G, self.interval));
                    }
                    actions.push(ServerAction::Set(Timer::H, self.values.transaction_timeout()));
                }
            }
            // The transaction user sends its 2xx again until the ACK arrives (RFC 3261 section 13.3.1.4).
            ServerState::Accepted => {
                if (200..300).contains(&status) {
                    actions.push(ServerAction::Transmit);
                }
            }
            ServerState::Trying | ServerState::Completed | ServerState::Confirmed | ServerState::Terminated => {}
        }
        actions
    }

    fn respond_non_invite(&mut self, status: u16) -> ServerActions {
        let mut actions = ServerActions::new();
        match self.state {
            ServerState::Trying | ServerState::Proceeding => {
                actions.push(ServerAction::Transmit);
                if status < 200 {
                    self.state = ServerState::Proceeding;
                } else {
                    actions.push(ServerAction::CancelRetransmission);
                    if self.reliable {
                        self.state = ServerState::Terminated;
                    } else {
                        self.state = ServerState::Completed;
                        actions.push(ServerAction::Set(Timer::J, self.values.transaction_timeout()));
                    }
                }
            }
            ServerState::Completed | ServerState::Confirmed | ServerState::Accepted | ServerState::Terminated => {}
        }
        actions
    }

    fn give_up(&mut self) -> ServerActions {
        let mut actions = ServerActions::new();
        if !self.is_answered() {
            self.state = ServerState::Completed;
            actions.push(ServerAction::CancelRetransmission);
            actions.push(ServerAction::Set(Timer::J, self.values.transaction_timeout()));
        }
        actions
    }

    fn timer(&mut self, timer: Timer) -> ServerActions {
        let mut actions = ServerActions::new();
        match (timer, self.state) {
            (Timer::Trying, ServerState::Trying) => {
                self.state = ServerState::Proceeding;
                actions.push(ServerAction::Trying);
            }
            (Timer::G, ServerState::Completed) => {
                self.interval = self.values.doubled_to_t2(self.interval);
                actions.push(ServerAction::Retransmit);
                actions.push(ServerAction::Set(Timer::G, self.interval));
            }
            (Timer::H, ServerState::Completed) => {
                self.state = ServerState::Terminated;
                actions.push(ServerAction::CancelRetransmission);
                actions.push(ServerAction::NoAck);
            }
            (Timer::I, ServerState::Confirmed)
            | (Timer::J, ServerState::Completed)
            | (Timer::L, ServerState::Accepted) => self.state = ServerState::Terminated,
            // A timer that a state no longer waits for changes nothing.
            (_, _) => {}
        }
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_response_to_an_invite_is_sent_eleven_times_without_ack() {
        let (mut tx, _) = ServerTransaction::start(true, false, TimerValues::RFC3261, true);
        let mut pending = tx.handle(ServerInput::Respond(488));
        let (mut now, mut g, mut h, mut sent) = (Span::ZERO, None, None, Vec::new());
        while tx.state() != ServerState::Terminated {
            for action in pending.drain(..) {
                match action {
                    ServerAction::Set(Timer::G, after) => g = Some(now + after),
                    ServerAction::Set(_, after) => h = Some(now + after),
                    ServerAction::Transmit | ServerAction::Retransmit => sent.push(now.as_secs_f64()),
                    ServerAction::Trying
                    | ServerAction::NoAck
                    | ServerAction::CancelRetransmission
                    | ServerAction::CancelLifetime => {}
                }
            }
            let (at, timer) = if g < h { (g, Timer::G) } else { (h, Timer::H) };
            now = at.expect("a completed transaction waits for a timer");
            pending = tx.handle(ServerInput::Timer(timer));
        }
        assert_eq!(sent, [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
        assert!(pending.contains(&ServerAction::NoAck));
    }

    #[test]
    fn a_late_non_invite_request_gets_100_and_copies_are_answered_with_it() {
        let (mut tx, actions) = ServerTransaction::start(false, false, TimerValues::RFC3261, true);
        assert_eq!(actions.as_slice(), [ServerAction::Set(Timer::Trying, Span::from_millis(3500))]);
        assert!(tx.handle(ServerInput::Retransmission).is_empty());
        assert_eq!(tx.handle(ServerInput::Timer(Timer::Trying)).as_slice(), [ServerAction::Trying]);
        assert_eq!(tx.handle(ServerInput::Retransmission).as_slice(), [ServerAction::Retransmit]);
    }

    #[test]
    fn copies_of_an_accepted_invite_are_absorbed() {
        let (mut tx, _) = ServerTransaction::start(true, false, TimerValues::RFC3261, true);
        tx.handle(ServerInput::Respond(200));
        assert!(tx.handle(ServerInput::Retransmission).is_empty());
        assert_eq!(tx.handle(ServerInput::Respond(200)).as_slice(), [ServerAction::Transmit]);
        tx.handle(ServerInput::Timer(Timer::L));
        assert_eq!(tx.state(), ServerState::Terminated);
    }

    #[test]
    fn an_ack_stops_the_retransmissions() {
        let (mut tx, _) = ServerTransaction::start(true, false, TimerValues::RFC3261, true);
        tx.handle(ServerInput::Respond(480));
        let actions = tx.handle(ServerInput::Ack);
        assert_eq!(
            actions.as_slice(),
            [ServerAction::CancelRetransmission, ServerAction::Set(Timer::I, Span::from_secs(5))]
        );
        assert!(tx.handle(ServerInput::Retransmission).is_empty());
    }
}

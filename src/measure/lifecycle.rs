//! The life of every pager message, and the invariants that hold in every run: conservation, no contradictory reports,
//! at most one report per disposition, send limits, the serial rule, no leaked dialogs.

use crate::agents::Fact;
use crate::agents::observation::Fate;
use crate::kernel::lookup::Lookup;
use crate::kernel::{EntityId, Span, Time};
use crate::wire::sip::{Method, Uri};
use crate::wire::{Message, Token};
use std::collections::BTreeMap;

/// What is known of a message that is not settled.
#[derive(Clone, Copy, Debug, Default)]
struct MessageLife {
    class: u16,
    submitted_at: Time,
    received: u32,
    /// PFs that have it in their queues.
    queued: u8,
    /// The last of these.
    queued_at: Option<EntityId>,
    /// More than one PF instance has had it in its queue.
    elsewhere: bool,
    was_deferred: bool,
    /// Final response at the sender: 0 is none yet, 1 a failure or time-out, 2 a success.
    answered: u8,
    /// The PF that reported on it last: negative, positive.
    reported_by: [Option<EntityId>; 2],
    /// It left the queue by this.
    fate: Option<Fate>,
    /// Copies received by deferred deliveries.
    deferred_copies: u32,
    /// It no longer counts as in flight.
    over: bool,
    /// Its PF lost it.
    lost: bool,
}

impl MessageLife {
    fn is_settled(&self) -> bool {
        self.answered != 0 && self.queued == 0
    }
}

/// Totals over all messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessageTotals {
    /// Submitted.
    pub submitted: u64,
    /// Answered with 2xx.
    pub accepted: u64,
    /// Answered with a failure, or timed out at the sender.
    pub refused: u64,
    /// Put into the deferred queue.
    pub deferred: u64,
    /// Taken out of it by a delivery.
    pub dequeued: u64,
    /// Taken out of it otherwise, by fate: deleted, stored, interworked, expired.
    pub taken: [u64; 4],
    /// In it at the end.
    pub queued: u64,
    /// Copies that terminals received.
    pub received: u64,
    /// Copies that a terminal had before.
    pub duplicates: u64,
    /// Of these, shown to the user.
    pub duplicates_shown: u64,
    /// Messages that a device has.
    pub delivered: u64,
    /// Refused at the sender although a device has them.
    pub false_failures: u64,
    /// Deferred although a device has them.
    pub false_deferrals: u64,
    /// Lost in the queue of a PF that restarted without its data.
    pub lost_at_restart: u64,
}

/// What a message's first copy tells about latency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FirstCopy {
    /// Class.
    pub class: u16,
    /// When it was submitted.
    pub submitted_at: Time,
    /// Whether it had been deferred.
    pub was_deferred: bool,
}

/// A dialog that is open for longer than every timer of the model would leave it has leaked.
const DIALOG_LIMIT: Span = Span::from_secs(3600);

/// Follows every message and checks the invariants.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    lives: Lookup<Token, MessageLife>,
    /// Sum over unsettled lives, so that the end needs no walk over a hash table.
    in_flight: u64,
    lost: u64,
    totals: MessageTotals,
    pending: Lookup<(EntityId, Uri), u32>,
    window: u32,
    /// How often an INVITE and another request can be sent.
    most_sends: [u16; 2],
    dialogs: BTreeMap<Time, u64>,
    dialogs_open: u64,
    /// A node has restarted, without knowing any more what it has passed on.
    restarted: bool,
    violations: Vec<String>,
}

impl Lifecycle {
    /// Follows messages under a serial window of `window` for PFs and 1 for terminals, where SIP timers let an INVITE
    /// and another request be sent so often.
    pub fn new(window: u32, most_sends: [u16; 2]) -> Lifecycle {
        Lifecycle {
            lives: Lookup::default(),
            in_flight: 0,
            lost: 0,
            totals: MessageTotals::default(),
            pending: Lookup::default(),
            window,
            most_sends,
            dialogs: BTreeMap::new(),
            dialogs_open: 0,
            restarted: false,
            violations: Vec::new(),
        }
    }

    /// Invariant (v): a request is sent no more often than its timers allow, 7 (INVITE) or 11 times by default.
    pub fn check_send(&mut self, now: Time, message: &Message, transmission: u16) {
        let Message::Sip(sip) = message else { return };
        if !sip.is_request() || sip.method() == Method::Ack {
            return;
        }
        let [invite, other] = self.most_sends;
        let limit = if sip.method() == Method::Invite { invite } else { other };
        if transmission >= limit {
            self.violate(now, format!("a {} was sent {} times", sip.method().name(), transmission + 1));
        }
    }

    fn violate(&mut self, now: Time, what: String) {
        if self.violations.len() < 20 {
            self.violations.push(format!("at {now} s: {what}"));
        }
    }

    /// Takes a fact. Gives the first copy of a message when this is it.
    pub fn observe(&mut self, now: Time, entity: EntityId, fact: Fact) -> Option<FirstCopy> {
        match fact {
            Fact::Submitted { message, class, .. } => {
                self.totals.submitted += 1;
                self.in_flight += 1;
                let life = MessageLife { class, submitted_at: now, ..MessageLife::default() };
                self.lives.insert(message, life);
                None
            }
            Fact::SubmissionAnswered { message, status, .. } => {
                self.on_answer(message, status.is_some_and(|status| status < 300));
                None
            }
            Fact::Received { message, duplicate, shown, deferred, .. } => {
                if let Some(life) = self.lives.get_mut(&message) {
                    life.deferred_copies += u32::from(deferred);
                }
                self.on_received(message, duplicate, shown)
            }
            Fact::Deferred { message, .. } => {
                self.on_deferred(now, entity, message);
                None
            }
            Fact::Dequeued { message, fate, was_sent, .. } => {
                self.on_dequeued(now, message, fate, was_sent);
                None
            }
            Fact::LostAtRestart { message, .. } => {
                self.on_lost(now, message);
                None
            }
            Fact::ReportSent { about, by_pf: true, positive } => {
                self.on_report(now, entity, about, positive);
                None
            }
            Fact::MessagePending(uri) => {
                self.on_pending(now, entity, uri);
                None
            }
            Fact::MessageSettled(uri) => {
                if let Some(count) = self.pending.get_mut(&(entity, uri)) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        self.pending.remove(&(entity, uri));
                    }
                }
                None
            }
            Fact::Restarted => {
                self.restarted = true;
                None
            }
            Fact::DialogOpened => {
                *self.dialogs.entry(now).or_default() += 1;
                self.dialogs_open += 1;
                None
            }
            Fact::DialogClosed { opened_at, .. } => {
                self.on_dialog_closed(now, opened_at);
                None
            }
            _ => None,
        }
    }

    fn on_answer(&mut self, message: Token, success: bool) {
        let totals = &mut self.totals;
        if success {
            totals.accepted += 1;
        } else {
            totals.refused += 1;
        }
        let Some(life) = self.lives.get_mut(&message) else { return };
        life.answered = if success { 2 } else { 1 };
        if !success && life.received > 0 {
            totals.false_failures += 1;
        }
        self.settle(message);
    }

    /// Invariant (i): a message that was accepted is with a device, in the queue, or left it by another fate.
    fn settle(&mut self, message: Token) {
        let Some(life) = self.lives.get_mut(&message) else { return };
        let settled = life.is_settled();
        if settled && (life.received > 0 || life.fate.is_some()) {
            self.in_flight -= u64::from(!life.over);
            self.lives.remove(&message);
        } else if settled && life.answered == 1 {
            // Refused and with nobody: over, unless a copy is still on its way.
            self.in_flight -= u64::from(!life.over);
            life.over = true;
        } else if settled && life.lost {
            self.lives.remove(&message);
        } else if life.answered == 2 && life.queued == 0 && life.received == 0 && life.fate.is_none() {
            self.lost += 1;
        }
    }

    fn on_received(&mut self, message: Token, duplicate: bool, shown: bool) -> Option<FirstCopy> {
        self.totals.received += 1;
        if duplicate {
            self.totals.duplicates += 1;
            self.totals.duplicates_shown += u64::from(shown);
        }
        let life = self.lives.get_mut(&message)?;
        life.received += 1;
        let first = (life.received == 1).then_some(FirstCopy {
            class: life.class,
            submitted_at: life.submitted_at,
            was_deferred: life.was_deferred,
        });
        if first.is_some() {
            self.totals.delivered += 1;
            self.totals.false_failures += u64::from(life.answered == 1);
        }
        self.settle(message);
        first
    }

    fn on_deferred(&mut self, now: Time, entity: EntityId, message: Token) {
        self.totals.deferred += 1;
        self.totals.queued += 1;
        match self.lives.get_mut(&message) {
            Some(life) => {
                self.totals.false_deferrals += u64::from(life.received > 0);
                let queued = life.queued > 0;
                // Instances that step in for each other may both have it.
                let twice = queued && life.queued_at == Some(entity);
                self.in_flight -= u64::from(!life.over && !queued);
                life.queued += 1;
                life.elsewhere |= life.queued_at.is_some_and(|other| other != entity);
                life.queued_at = Some(entity);
                life.was_deferred = true;
                if twice {
                    self.violate(now, "a message was deferred while it was in the queue".to_string());
                }
            }
            // Settled before: the sender had its answer and a device had the message.
            None => self.totals.false_deferrals += 1,
        }
    }

    /// Invariant (ii): what was deleted or has expired reached nobody by a deferred delivery, unless one was under way
    /// or had timed out before (races 2, 5 and 22).
    fn on_dequeued(&mut self, now: Time, message: Token, fate: Fate, was_sent: bool) {
        if self.totals.queued == 0 {
            return self.violate(now, "more messages left the queue than entered it".to_string());
        }
        self.totals.queued -= 1;
        match fate {
            Fate::Delivered => self.totals.dequeued += 1,
            Fate::Deleted => self.totals.taken[0] += 1,
            Fate::Stored => self.totals.taken[1] += 1,
            Fate::Interworked => self.totals.taken[2] += 1,
            Fate::Expired => self.totals.taken[3] += 1,
        }
        if let Some(life) = self.lives.get_mut(&message) {
            // What was handed over or given up is over; a delivered one is with its client, or on its way to it.
            let leaves = life.queued == 1;
            self.in_flight += u64::from(!life.over && leaves && fate == Fate::Delivered);
            life.over |= leaves && fate != Fate::Delivered;
            life.queued = life.queued.saturating_sub(1);
            life.fate = Some(fate);
            let (received, elsewhere) = (life.received, life.elsewhere);
            // An instance that stepped in may have delivered what this one gives up (race 20).
            let copies = if elsewhere { 0 } else { life.deferred_copies };
            if fate == Fate::Delivered && received == 0 {
                self.violate(now, "the PF counts a message as delivered that no terminal received".to_string());
            }
            if matches!(fate, Fate::Deleted | Fate::Expired) && copies > 0 && !was_sent {
                self.violate(now, "a message left the queue as undelivered that a client has from it".to_string());
            }
        }
        self.settle(message);
    }

    fn on_lost(&mut self, now: Time, message: Token) {
        self.totals.lost_at_restart += 1;
        if self.totals.queued == 0 {
            return self.violate(now, "more messages left the queue than entered it".to_string());
        }
        self.totals.queued -= 1;
        if let Some(life) = self.lives.get_mut(&message) {
            // A queued message does not count as in flight.
            life.queued = life.queued.saturating_sub(1);
            let is_last = life.queued == 0;
            life.over |= is_last;
            life.lost |= is_last;
        }
        self.settle(message);
    }

    /// Invariant (iii): as long as no node restarts, a PF makes at most one report per message and disposition, unless
    /// another instance had the message too and it came back. A proxy that restarted takes a late copy of a request for
    /// a new one, and the PF a message that has left its queue for another.
    fn on_report(&mut self, now: Time, pf: EntityId, about: Token, positive: bool) {
        let Some(life) = self.lives.get_mut(&about) else { return };
        let before = life.reported_by[usize::from(positive)].replace(pf);
        if before == Some(pf) && !life.elsewhere && !self.restarted {
            self.violate(now, "the PF reported on one message twice".to_string());
        }
    }

    /// Invariant (vii): no second MESSAGE to a URI while one is pending, beyond the window.
    fn on_pending(&mut self, now: Time, entity: EntityId, uri: Uri) {
        let window = match uri {
            Uri::PublicGruu(_) | Uri::TemporaryGruu(..) => self.window,
            Uri::User(_) | Uri::Domain(_) | Uri::Contact(_) | Uri::Node(_) | Uri::DeferredManagement(_) => 1,
        };
        let count = self.pending.get(&(entity, uri)).copied().unwrap_or(0) + 1;
        self.pending.insert((entity, uri), count);
        if count > window {
            self.violate(now, format!("{count} MESSAGE requests are pending to one URI"));
        }
    }

    fn on_dialog_closed(&mut self, now: Time, opened_at: Time) {
        match self.dialogs.get_mut(&opened_at) {
            Some(count) => {
                *count -= 1;
                self.dialogs_open -= 1;
                if *count == 0 {
                    self.dialogs.remove(&opened_at);
                }
            }
            None => self.violate(now, "a dialog was closed that was not open".to_string()),
        }
    }

    /// Totals so far.
    pub fn totals(&self) -> MessageTotals {
        self.totals
    }

    /// Messages that are neither settled nor queued.
    pub fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// Dialog ends that are open.
    pub fn dialogs_open(&self) -> u64 {
        self.dialogs_open
    }

    /// Ends the run: what was violated, in order of time. `queued` is what the PFs hold.
    pub fn finish(&mut self, now: Time, queued: u64) -> Vec<String> {
        if self.lost > 0 {
            let lost = self.lost;
            self.violate(now, format!("{lost} accepted messages are neither with a device nor in the queue"));
        }
        if queued != self.totals.queued {
            let counted = self.totals.queued;
            self.violate(now, format!("the PFs hold {queued} deferred messages, {counted} are accounted for"));
        }
        let leaked: u64 = self
            .dialogs
            .iter()
            .filter(|(opened_at, _)| **opened_at + DIALOG_LIMIT < now)
            .map(|(_, count)| *count)
            .sum();
        if leaked > 0 {
            self.violate(now, format!("{leaked} dialog ends are open for more than an hour"));
        }
        std::mem::take(&mut self.violations)
    }
}

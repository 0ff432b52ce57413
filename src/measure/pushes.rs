//! The life of every push, from its order to what each terminal has of it, counted for each kind of push; and the
//! invariants that hold in every run: a push ends once, and inline content that was taken is there.

use super::rows::Rows;
use crate::agents::Fact;
use crate::agents::observation::PushOutcome;
use crate::agents::push_sender::PushClass;
use crate::agents::push_sender::order::PUSH_CLASSES;
use crate::kernel::lookup::Lookup;
use crate::kernel::{Span, Time};
use crate::wire::Token;
use std::collections::VecDeque;

/// Copies of a push can still arrive for so long after its sender is done with it: twice the transaction time-out of
/// the access, for a fork whose other branches are slow to answer.
const CLOSES_AFTER: Span = Span::from_secs(256);

/// A push that is under way, or whose further copies are awaited.
#[derive(Clone, Copy, Debug)]
struct Life {
    class: u16,
    kind: PushClass,
    submitted_at: Time,
    copies: u32,
    last_copy_at: Time,
    outcome: Option<PushOutcome>,
}

/// Totals of one kind of push.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    considered: u64,
    selected: u64,
    submitted: u64,
    outcomes: [u64; 4],
    requests: u64,
    octets_sent: u64,
    delivered: u64,
    copies: u64,
    octets_received: u64,
    duplicates: u64,
    false_failures: u64,
    false_evidence: u64,
    /// The first submission and the last copy.
    span: Option<(Time, Time)>,
}

/// Latencies that a copy, or the end of a push, tells of: the class, and when the push was submitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PushLatency {
    /// Which latency.
    pub kind: PushLatencyKind,
    /// Class.
    pub class: u16,
    /// When the push was submitted.
    pub submitted_at: Time,
    /// When the copy arrived.
    pub at: Time,
}

/// From submission to which copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PushLatencyKind {
    /// The first one.
    First,
    /// A later one.
    Further,
    /// The last one.
    All,
}

/// All pushes of a run.
#[derive(Clone, Debug, Default)]
pub struct Pushes {
    lives: Lookup<Token, Life>,
    /// Pushes that are over at their senders, with the time at which they are closed.
    closing: VecDeque<(Time, Token)>,
    totals: [Totals; PUSH_CLASSES.len()],
    fetch_failures: u64,
    capabilities_told: u64,
    capabilities_learned: u64,
    violations: Vec<String>,
}

impl Pushes {
    /// Takes a fact; gives the latencies that it tells of.
    pub fn observe(&mut self, now: Time, fact: Fact, told: &mut Vec<PushLatency>) {
        match fact {
            Fact::PushConsidered { kind, selected } => {
                self.totals[kind as usize].considered += 1;
                self.totals[kind as usize].selected += u64::from(selected);
            }
            Fact::PushSubmitted { content, class, kind } => {
                let totals = &mut self.totals[kind as usize];
                totals.submitted += 1;
                totals.span.get_or_insert((now, now));
                let life = Life { class, kind, submitted_at: now, copies: 0, last_copy_at: now, outcome: None };
                self.lives.insert(content, life);
            }
            Fact::PushSent { content, octets } => {
                if let Some(life) = self.lives.get(&content) {
                    self.totals[life.kind as usize].requests += 1;
                    self.totals[life.kind as usize].octets_sent += u64::from(octets);
                }
            }
            Fact::PushReceived { content, octets, duplicate } => {
                self.on_copy(now, content, octets, duplicate, told);
            }
            Fact::FetchFailed => self.fetch_failures += 1,
            Fact::CapabilitiesTold => self.capabilities_told += 1,
            Fact::CapabilitiesLearned => self.capabilities_learned += 1,
            Fact::PushEnded { content, outcome } => self.on_end(now, content, outcome),
            _ => return,
        }
        while let Some((_, content)) = self.closing.front().copied().filter(|(at, _)| *at <= now) {
            self.closing.pop_front();
            self.close(content, told);
        }
    }

    fn on_copy(&mut self, now: Time, content: Token, octets: u32, duplicate: bool, told: &mut Vec<PushLatency>) {
        let Some(life) = self.lives.get_mut(&content) else {
            return self.violate(now, "a terminal has content that nobody pushes");
        };
        let totals = &mut self.totals[life.kind as usize];
        totals.octets_received += u64::from(octets);
        if duplicate {
            totals.duplicates += 1;
            return;
        }
        totals.copies += 1;
        if let Some((_, last)) = &mut totals.span {
            *last = now;
        }
        totals.delivered += u64::from(life.copies == 0);
        let kind = if life.copies == 0 { PushLatencyKind::First } else { PushLatencyKind::Further };
        life.copies += 1;
        life.last_copy_at = now;
        told.push(PushLatency { kind, class: life.class, submitted_at: life.submitted_at, at: now });
    }

    fn on_end(&mut self, now: Time, content: Token, outcome: PushOutcome) {
        let Some(life) = self.lives.get_mut(&content).filter(|life| life.outcome.is_none()) else {
            return self.violate(now, "a push ended that was not under way");
        };
        life.outcome = Some(outcome);
        self.totals[life.kind as usize].outcomes[outcome as usize] += 1;
        self.closing.push_back((now + CLOSES_AFTER, content));
    }

    fn close(&mut self, content: Token, told: &mut Vec<PushLatency>) {
        let Some(life) = self.lives.remove(&content) else { return };
        let totals = &mut self.totals[life.kind as usize];
        if life.copies > 0 {
            let (class, submitted_at, at) = (life.class, life.submitted_at, life.last_copy_at);
            told.push(PushLatency { kind: PushLatencyKind::All, class, submitted_at, at });
        }
        match (life.outcome, life.copies > 0) {
            (Some(PushOutcome::Taken), false) => totals.false_evidence += 1,
            (Some(PushOutcome::Refused | PushOutcome::Unregistered | PushOutcome::TimedOut), true) => {
                totals.false_failures += 1;
            }
            (Some(PushOutcome::Taken), true)
            | (Some(PushOutcome::Refused | PushOutcome::Unregistered | PushOutcome::TimedOut) | None, _) => {}
        }
    }

    fn violate(&mut self, now: Time, what: &str) {
        if self.violations.len() < 20 {
            self.violations.push(format!("at {now} s: {what}"));
        }
    }

    /// Ends the run: closes what is over, and gives what was violated.
    pub fn finish(&mut self, told: &mut Vec<PushLatency>) -> Vec<String> {
        while let Some((_, content)) = self.closing.pop_front() {
            self.close(content, told);
        }
        std::mem::take(&mut self.violations)
    }

    /// The measures of the kinds of push that a model has.
    pub fn write(&self, kinds: &[PushClass], rows: &mut Rows) {
        if !kinds.is_empty() {
            rows.count("pushes.fetch_failures", self.fetch_failures);
            rows.count("pushes.capabilities_told", self.capabilities_told);
            rows.count("pushes.capabilities_learned", self.capabilities_learned);
        }
        for (name, kind) in PUSH_CLASSES.iter().filter(|(_, kind)| kinds.contains(kind)) {
            let totals = &self.totals[*kind as usize];
            let mut count = |what: &str, value| rows.count(&format!("pushes.{name}.{what}"), value);
            count("considered", totals.considered);
            count("selected", totals.selected);
            count("submitted", totals.submitted);
            count("taken", totals.outcomes[PushOutcome::Taken as usize]);
            count("refused", totals.outcomes[PushOutcome::Refused as usize]);
            count("lost_unregistered", totals.outcomes[PushOutcome::Unregistered as usize]);
            count("timed_out", totals.outcomes[PushOutcome::TimedOut as usize]);
            count("in_flight_at_end", totals.submitted - totals.outcomes.iter().sum::<u64>());
            count("requests", totals.requests);
            count("octets_sent", totals.octets_sent);
            count("delivered", totals.delivered);
            count("copies", totals.copies);
            count("octets_received", totals.octets_received);
            count("duplicates", totals.duplicates);
            count("false_failures", totals.false_failures);
            count("false_evidence", totals.false_evidence);
            rows.ratio(&format!("pushes.{name}.delivered_ratio"), totals.delivered, totals.submitted);
            let span = totals.span.map(|(first, last)| last.since(first).as_secs_f64());
            rows.push(&format!("pushes.{name}.span"), "s", span);
            rows.ratio(&format!("pushes.{name}.copies_per_push"), totals.copies, totals.submitted);
        }
    }
}

//! Do-not-disturb as measured: what the XDMS has is the truth, what PF and clients report is held against it (RACE-3),
//! and what became of the notifications that a clearing let loose (RACE-23).

use super::rows::Rows;
use crate::agents::Fact;
use crate::kernel::lookup::Lookup;
use crate::kernel::{Span, Time};
use crate::wire::UserId;

/// A user who has had the rule.
#[derive(Clone, Copy, Debug, Default)]
struct UserRule {
    /// Since when the rule is there.
    set_at: Option<Time>,
    /// The PF holds a notification back.
    held: bool,
    /// Deferred messages.
    queued: u32,
    /// The rule was cleared then, and the PF has not let go of what it holds.
    cleared_at: Option<Time>,
    /// A released notification has no answer yet.
    released: bool,
}

/// What a fact means for do-not-disturb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DndOutcome {
    /// A notification was sent while the rule was set.
    Sent,
    /// A notification arrived while the rule was set; it was sent before. With the time since the rule was set.
    Crossed(Span),
    /// A notification that was sent while the rule was set arrived so.
    Violated(Span),
    /// The rule came back before the PF saw that it had gone.
    MissedRelease,
    /// A notification was let go, so long after the rule was cleared, to a user of this class.
    Released(Span, u16),
    /// A released notification got this final response; `None` is a time-out.
    Answered(Option<u16>),
}

/// Follows the rules of users.
#[derive(Clone, Debug, Default)]
pub struct DoNotDisturbMeter {
    users: Lookup<UserId, UserRule>,
    queued: Lookup<UserId, u32>,
    set: u64,
    cleared: u64,
    failed: u64,
    asked: u64,
    held: u64,
    released: u64,
    violations: u64,
    violation: Span,
}

impl DoNotDisturbMeter {
    /// Takes a fact; counts it where `counts` says so.
    pub fn observe(&mut self, now: Time, fact: Fact, counts: bool) -> Option<DndOutcome> {
        let one = u64::from(counts);
        match fact {
            Fact::RuleChanged { user, is_set } => {
                self.set += one * u64::from(is_set);
                self.cleared += one * u64::from(!is_set);
                return self.on_change(now, user, is_set);
            }
            Fact::RuleChangeFailed => self.failed += one,
            Fact::RuleAsked => self.asked += one,
            Fact::NotificationHeld(user) => {
                self.held += one;
                let queued = self.queued.get(&user).copied().unwrap_or(0);
                let rule = self.users.entry(user);
                rule.held = true;
                rule.queued = queued;
            }
            Fact::NotificationReleased { user, class } => {
                self.released += one;
                let rule = self.users.entry(user);
                rule.held = false;
                rule.released = true;
                return rule.cleared_at.take().map(|cleared_at| DndOutcome::Released(now.since(cleared_at), class));
            }
            Fact::NotificationSent { user, .. } => {
                return self.users.get(&user)?.set_at.map(|_| DndOutcome::Sent);
            }
            Fact::NotificationReceived { user, sent_at, .. } => {
                let inside = now.since(self.users.get(&user)?.set_at?);
                self.violations += one;
                self.violation = self.violation.saturating_add(if counts { inside } else { Span::ZERO });
                let crossed = sent_at + inside < now;
                return Some(if crossed { DndOutcome::Crossed(inside) } else { DndOutcome::Violated(inside) });
            }
            Fact::NotificationAnswered { user, status, .. } => {
                let rule = self.users.get_mut(&user)?;
                return std::mem::take(&mut rule.released).then_some(DndOutcome::Answered(status));
            }
            Fact::Deferred { user, .. } => self.change_queue(user, true),
            Fact::Dequeued { user, .. } | Fact::LostAtRestart { user, .. } => self.change_queue(user, false),
            _ => {}
        }
        None
    }

    fn on_change(&mut self, now: Time, user: UserId, is_set: bool) -> Option<DndOutcome> {
        let rule = self.users.entry(user);
        rule.set_at = is_set.then_some(now);
        if is_set {
            return rule.cleared_at.take().map(|_| DndOutcome::MissedRelease);
        }
        rule.cleared_at = (rule.held && rule.queued > 0).then_some(now);
        None
    }

    /// A queue that its user emptied has nothing left to release.
    fn change_queue(&mut self, user: UserId, more: bool) {
        let queued = self.queued.entry(user);
        *queued = if more { *queued + 1 } else { queued.saturating_sub(1) };
        let queued = *queued;
        if queued == 0 {
            self.queued.remove(&user);
        }
        if let Some(rule) = self.users.get_mut(&user) {
            rule.queued = queued;
            if queued == 0 {
                rule.held = false;
                rule.cleared_at = None;
            }
        }
    }

    /// The measures.
    pub fn write(&self, rows: &mut Rows) {
        rows.count("dnd.set", self.set);
        rows.count("dnd.cleared", self.cleared);
        rows.count("dnd.changes_failed", self.failed);
        rows.count("dnd.rules_asked", self.asked);
        rows.count("dnd.notifications_held", self.held);
        rows.count("dnd.notifications_released", self.released);
        rows.count("dnd.violations", self.violations);
        rows.push("dnd.violation_seconds", "s", Some(self.violation.as_secs_f64()));
    }
}

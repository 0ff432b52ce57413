//! How long the PF's view of terminals and users differs from the bindings of the S-CSCF. A view ends by itself when
//! the registration that the PF knows of would expire, so no fact tells of that: it is worked out from the last one.

use super::rows::Rows;
use crate::agents::Fact;
use crate::kernel::{EntityId, Time};

/// One terminal or user.
#[derive(Clone, Copy, Debug, Default)]
struct View {
    /// Bindings at the S-CSCF.
    bound: u8,
    /// Until when the PF takes it for registered.
    known_until: Time,
    /// Up to when the difference has been added up.
    since: Time,
}

/// Differences added up, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Differences {
    /// Registered, and the PF does not know.
    missed: u128,
    /// Not registered, and the PF believes so.
    ghost: u128,
}

impl View {
    /// Adds up to `now` and takes the next view.
    fn advance(&mut self, now: Time, differences: &mut Differences) {
        let known_to = self.known_until.clamp(self.since, now.max(self.since));
        if self.bound > 0 {
            differences.missed += u128::from(now.since(known_to).as_nanos());
        } else {
            differences.ghost += u128::from(known_to.since(self.since).as_nanos());
        }
        self.since = self.since.max(now);
    }
}

/// The views of all terminals and users, where the model asks for this measure.
#[derive(Clone, Debug, Default)]
pub struct Staleness {
    first_terminal: u32,
    warm_up: Time,
    terminals: Vec<View>,
    users: Vec<View>,
    of_terminals: Differences,
    of_users: Differences,
}

impl Staleness {
    /// Of terminals from the entity `first_terminal` on, and users; nothing before `warm_up` counts.
    pub fn new(first_terminal: u32, terminals: u64, users: u64, warm_up: Time) -> Staleness {
        let fresh = View { since: warm_up, ..View::default() };
        Staleness {
            first_terminal,
            warm_up,
            terminals: vec![fresh; terminals as usize],
            users: vec![fresh; users as usize],
            ..Staleness::default()
        }
    }

    /// Takes a fact.
    pub fn observe(&mut self, now: Time, fact: Fact) {
        let change = |view: &mut View, bound: bool| {
            view.bound = if bound { view.bound.saturating_add(1) } else { view.bound.saturating_sub(1) };
        };
        match fact {
            Fact::Binding { user, terminal, bound } => {
                if let Some(view) = self.terminal(now, terminal) {
                    change(view, bound);
                }
                if let Some(view) = self.user(now, user.index()) {
                    change(view, bound);
                }
            }
            Fact::ClientKnown { terminal, until } => {
                if let Some(view) = self.terminal(now, terminal) {
                    view.known_until = until;
                }
            }
            Fact::UserKnown { user, until } => {
                if let Some(view) = self.user(now, user.index()) {
                    view.known_until = until;
                }
            }
            _ => {}
        }
    }

    fn terminal(&mut self, now: Time, terminal: EntityId) -> Option<&mut View> {
        let at = terminal.0.checked_sub(self.first_terminal)? as usize;
        let view = self.terminals.get_mut(at)?;
        view.advance(now, &mut self.of_terminals);
        Some(view)
    }

    fn user(&mut self, now: Time, at: usize) -> Option<&mut View> {
        let view = self.users.get_mut(at)?;
        view.advance(now, &mut self.of_users);
        Some(view)
    }

    /// The measures at the end of the run.
    pub fn write(&mut self, now: Time, rows: &mut Rows) {
        self.terminals.iter_mut().for_each(|view| view.advance(now, &mut self.of_terminals));
        self.users.iter_mut().for_each(|view| view.advance(now, &mut self.of_users));
        let span = now.since(self.warm_up).as_secs_f64();
        for (what, count, of) in
            [("terminal", self.terminals.len(), self.of_terminals), ("user", self.users.len(), self.of_users)]
        {
            let seconds = |nanos: u128| Some(nanos as f64 / 1e9);
            rows.push(&format!("pf_view.{what}_missed_seconds"), "s", seconds(of.missed));
            rows.push(&format!("pf_view.{what}_ghost_seconds"), "s", seconds(of.ghost));
            let whole = span * count as f64;
            let stale = (of.missed + of.ghost) as f64 / 1e9;
            rows.push(&format!("pf_view.{what}_stale_share"), "1", (whole > 0.0).then(|| stale / whole));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::UserId;

    #[test]
    fn a_view_that_lapses_by_itself_and_one_that_is_late_are_added_up() {
        let mut staleness = Staleness::new(10, 1, 1, Time::from_secs(100));
        let (user, terminal) = (UserId(0), EntityId(10));
        // Before the warm-up nothing counts.
        staleness.observe(Time::from_secs(50), Fact::Binding { user, terminal, bound: true });
        // Known from 130 s to 160 s, bound until 180 s, known again from 190 s to 200 s though nothing is bound.
        staleness.observe(Time::from_secs(130), Fact::ClientKnown { terminal, until: Time::from_secs(160) });
        staleness.observe(Time::from_secs(180), Fact::Binding { user, terminal, bound: false });
        staleness.observe(Time::from_secs(190), Fact::ClientKnown { terminal, until: Time::from_secs(200) });
        let mut rows = Rows::default();
        staleness.write(Time::from_secs(300), &mut rows);
        let value = |name: &str| rows.0.iter().find(|row| row.measure == name).and_then(|row| row.value);
        assert_eq!(value("pf_view.terminal_missed_seconds"), Some(30.0 + 20.0));
        assert_eq!(value("pf_view.terminal_ghost_seconds"), Some(10.0));
        assert_eq!(value("pf_view.terminal_stale_share"), Some(60.0 / 200.0));
        assert_eq!(value("pf_view.user_missed_seconds"), Some(80.0));
    }
}

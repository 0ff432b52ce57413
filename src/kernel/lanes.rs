//! Lanes: what ends after one of a few fixed durations, in the order in which it was begun. An end costs no event of
//! the scheduler; whoever owns the lanes asks what is over before it looks at the rest.

use super::time::{Span, Time};
use std::collections::VecDeque;

/// One first-in-first-out lane per duration.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    lanes: Vec<Lane>,
    /// The first end of all.
    next: Option<Time>,
}

#[derive(Clone, Debug)]
struct Lane {
    duration: Span,
    /// When each ends, and what it is.
    ends: VecDeque<(Time, u32)>,
}

impl Lanes {
    /// `subject` ends after `duration`; says when that is.
    pub fn push(&mut self, now: Time, duration: Span, subject: u32) -> Time {
        let end = now.saturating_add(duration);
        self.next = Some(self.next.map_or(end, |next| next.min(end)));
        match self.lanes.iter_mut().find(|lane| lane.duration == duration) {
            Some(lane) => lane.ends.push_back((end, subject)),
            None => self.lanes.push(Lane { duration, ends: VecDeque::from([(end, subject)]) }),
        }
        end
    }

    /// Takes out something that ended before `now`.
    pub fn pop_before(&mut self, now: Time) -> Option<(Time, u32)> {
        let next = self.next.filter(|next| *next < now)?;
        let is_next = |lane: &&mut Lane| lane.ends.front().is_some_and(|(end, _)| *end == next);
        let first = self.lanes.iter_mut().find(is_next)?.ends.pop_front();
        self.next = self.lanes.iter().filter_map(|lane| lane.ends.front()).map(|(end, _)| *end).min();
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_comes_out_and_the_rest_stays() {
        let (mut lanes, at) = (Lanes::default(), Time::from_secs);
        assert_eq!(lanes.push(at(1), Span::from_secs(32), 7), at(33));
        lanes.push(at(2), Span::from_secs(5), 8);
        lanes.push(at(3), Span::from_secs(32), 9);
        assert_eq!(lanes.pop_before(at(7)), None);
        assert_eq!(lanes.pop_before(at(8)), Some((at(7), 8)));
        assert_eq!(lanes.pop_before(at(8)), None);
        assert_eq!(lanes.pop_before(at(34)), Some((at(33), 7)));
        assert_eq!(lanes.pop_before(at(34)), None);
    }
}

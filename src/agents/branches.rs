//! Transactions by the branch of their request. An agent counts its identifiers, so branches that one agent made one
//! after the other lie side by side here: they are used and forgotten at about the same time, out of memory that is at
//! hand. A hash of the branch itself would lead to another place each time.

use crate::kernel::lookup::Lookup;
use crate::wire::Token;

/// What tells transactions apart: the branch of the topmost Via, and whether the request is a CANCEL, which has the
/// branch of its INVITE. So has the ACK of a failure, which belongs to the INVITE (RFC 3261 section 17.2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Branch {
    pub(super) token: Token,
    pub(super) cancel: bool,
}

/// Positions of transactions by their branches.
#[derive(Clone, Debug, Default)]
pub(super) struct Branches {
    requests: Pages,
    cancels: Pages,
}

impl Branches {
    fn pages(&mut self, branch: Branch) -> &mut Pages {
        if branch.cancel { &mut self.cancels } else { &mut self.requests }
    }

    /// The position of a transaction.
    pub(super) fn get(&self, branch: Branch) -> Option<u32> {
        if branch.cancel { &self.cancels } else { &self.requests }.get(branch.token)
    }

    /// Sets the position of a transaction.
    pub(super) fn insert(&mut self, branch: Branch, position: u32) {
        self.pages(branch).insert(branch.token, position);
    }

    /// Forgets a transaction.
    pub(super) fn remove(&mut self, branch: Branch) {
        self.pages(branch).remove(branch.token);
    }
}

/// Identifiers of a page.
const PAGE: u64 = 16;

/// Positions by identifier, in pages of identifiers with successive numbers.
#[derive(Clone, Debug, Default)]
struct Pages(Lookup<u64, Box<Page>>);

#[derive(Clone, Debug, Default)]
struct Page {
    /// The bits of those that have a position.
    used: u16,
    positions: [u32; PAGE as usize],
}

fn place(token: Token) -> (u64, usize) {
    (token.raw() / PAGE, (token.raw() % PAGE) as usize)
}

impl Pages {
    fn get(&self, token: Token) -> Option<u32> {
        let (page, at) = place(token);
        let page = self.0.get(&page)?;
        (page.used >> at & 1 == 1).then(|| page.positions[at])
    }

    fn insert(&mut self, token: Token, position: u32) {
        let (page, at) = place(token);
        let page = self.0.entry(page);
        page.used |= 1 << at;
        page.positions[at] = position;
    }

    fn remove(&mut self, token: Token) {
        let (number, at) = place(token);
        let Some(page) = self.0.get_mut(&number) else { return };
        page.used &= !(1 << at);
        if page.used == 0 {
            self.0.remove(&number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::EntityId;

    #[test]
    fn branches_come_and_go_and_leave_nothing() {
        let branch = |counter, cancel| Branch { token: Token::new(EntityId(3), counter), cancel };
        let mut branches = Branches::default();
        for counter in 1..100 {
            branches.insert(branch(counter, false), counter as u32);
        }
        branches.insert(branch(40, true), 1000);
        assert_eq!((branches.get(branch(40, false)), branches.get(branch(40, true))), (Some(40), Some(1000)));
        assert_eq!((branches.get(branch(41, true)), branches.get(branch(100, false))), (None, None));
        for counter in 1..100 {
            branches.remove(branch(counter, false));
        }
        assert_eq!((branches.get(branch(40, false)), branches.get(branch(40, true))), (None, Some(1000)));
        assert!(branches.requests.0.is_empty());
    }
}

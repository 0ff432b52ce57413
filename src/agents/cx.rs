//! The client side of Diameter Cx for CSCFs: pending queries and what they hold up.

use super::outbox::{Context, Outgoing};
use super::procedure::Meta;
use super::timer::TimerReason;
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle};
use crate::wire::diameter::DiameterMessage;
use crate::wire::{Message, Token};

/// Queries that wait for an answer, each with what it holds up.
#[derive(Clone, Debug)]
pub struct Queries<P> {
    pending: Slab<Pending<P>>,
    by_transaction: Lookup<Token, u32>,
}

#[derive(Clone, Debug)]
struct Pending<P> {
    held_up: P,
    transaction: Token,
    timer: EventHandle,
}

impl<P> Default for Queries<P> {
    fn default() -> Self {
        Queries { pending: Slab::default(), by_transaction: Lookup::default() }
    }
}

impl<P> Queries<P> {
    /// Number of queries without an answer.
    pub fn open(&self) -> usize {
        self.pending.len()
    }

    /// Sends a query to `hss`.
    pub fn send(&mut self, ctx: &mut Context<'_>, hss: EntityId, query: DiameterMessage, meta: Meta, held_up: P) {
        let transaction = query.transaction;
        let at = self.pending.insert(Pending { held_up, transaction, timer: EventHandle::NONE });
        let timer = ctx.set_timer(ctx.policies().cx_timeout, TimerReason::Query, at);
        self.pending.get_mut(at).expect("the query was just stored").timer = timer;
        self.by_transaction.insert(transaction, at);
        let from = ctx.me;
        // Diameter runs over SCTP or TCP: what is lost comes late.
        let message = Message::Diameter(query);
        ctx.out.send(Outgoing { from, to: hss, message, meta, transmission: 0, tcp: true, opens: false });
    }

    /// What an answer releases; `None` when it comes too late.
    pub fn answered(&mut self, ctx: &mut Context<'_>, answer: &DiameterMessage) -> Option<P> {
        let at = self.by_transaction.remove(&answer.transaction)?;
        let mut pending = self.pending.remove(at)?;
        ctx.cancel_timer(&mut pending.timer);
        Some(pending.held_up)
    }

    /// What a query that got no answer held up.
    pub fn timed_out(&mut self, at: u32) -> Option<P> {
        let pending = self.pending.remove(at)?;
        self.by_transaction.remove(&pending.transaction);
        Some(pending.held_up)
    }
}

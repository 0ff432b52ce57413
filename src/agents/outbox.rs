//! The boundary between an agent and whatever drives it.

use super::observation::Fact;
use super::procedure::Meta;
use super::shared::{Shared, WISHES, Wish};
use super::timer::TimerReason;
use crate::kernel::{EntityId, EventHandle, Span, Time};
use crate::wire::mailbox::MailboxEvent;
use crate::wire::{Message, UserId};
use std::num::NonZeroU32;

/// What an agent is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// A message arrived and was served.
    Message {
        /// The node that sent it over the last hop.
        from: EntityId,
        /// The message.
        message: Message,
        /// What travels with it.
        meta: Meta,
        /// Whether it came over TCP.
        tcp: bool,
    },
    /// A message found the station full and must be turned away without service.
    Overload {
        /// The node that sent it over the last hop.
        from: EntityId,
        /// The message.
        message: Message,
        /// What travels with it.
        meta: Meta,
        /// Retry-After of the refusal.
        retry_after: Option<Span>,
    },
    /// A timer fired.
    Timer {
        /// Why it was set.
        reason: TimerReason,
        /// What it is about: a position in one of the agent's tables.
        subject: u32,
    },
    /// A user acts, or a workload has an arrival.
    Command(Command),
    /// The node starts anew after a failure: transactions, dialogs and whatever else lives in memory are gone, and so
    /// are its timers.
    Restart {
        /// Whether it finds on disk what a node keeps there: registrations at CSCFs, queues and known clients at a PF.
        keeps_data: bool,
    },
}

/// An action of a user, or an arrival of a workload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// Switch on and register.
    PowerOn,
    /// Refresh the registration at once.
    ReRegister,
    /// De-register.
    DeRegister {
        /// Whether the terminal switches off once it is done.
        power_off: bool,
    },
    /// Lose power at once.
    PowerOff,
    /// Send a pager message.
    SendPager {
        /// Receiver.
        to: UserId,
        /// Octets of content.
        size: u32,
        /// Whether a delivery report is asked.
        report: bool,
        /// Expires: how many seconds the message is of use.
        expires: Option<NonZeroU32>,
        /// Class for measurement.
        class: u16,
    },
    /// Send a large message.
    SendLarge {
        /// Receiver.
        to: UserId,
        /// Octets of content.
        size: u32,
        /// Whether a delivery report is asked.
        report: bool,
        /// Class for measurement.
        class: u16,
        /// The invitation is given up when it is not answered by then.
        cancel_after: Option<Span>,
    },
    /// Pull deferred messages.
    Pull {
        /// Whether the request lists the notified entries.
        listed: bool,
        /// What it wants done with them in turn; without any, what the device wants.
        wishes: PullWishes,
    },
    /// Push content to a user.
    Push {
        /// The user.
        to: UserId,
        /// Octets of content.
        size: u32,
        /// What is asked, by its position in [`Shared::pushes`].
        order: u16,
    },
    /// Push one content to every user of an audience.
    Broadcast {
        /// Octets of content.
        size: u32,
        /// What is asked, by its position in [`Shared::pushes`].
        order: u16,
    },
    /// Subscribe to the content of the push sender that serves the user.
    Subscribe,
    /// End that subscription.
    Unsubscribe,
    /// End the subscriptions of a user's terminals, as their notifier.
    EndSubscriptions {
        /// The user.
        user: UserId,
    },
    /// Lose or regain the capabilities that the group's terminals can lose.
    ChangeCapability {
        /// Whether they are there.
        present: bool,
    },
    /// Set or clear do-not-disturb.
    SetDoNotDisturb(bool),
    /// Subscribe to the do-not-disturb rules of the served users: a PF comes up.
    WatchRules,
    /// A source starts the `number`-th item of a workload.
    Start {
        /// Workload by index.
        workload: u16,
        /// Number of the item in its workload.
        number: u32,
    },
    /// Switch on without registering: attached, and reachable for short messages.
    SwitchOn,
    /// Something happens to the mailbox of a user: for a MEM server.
    MailboxEvent {
        /// Whose.
        user: UserId,
        /// What.
        event: MailboxEvent,
        /// Class for measurement.
        class: u16,
    },
}

/// The wishes of a scripted pull, at most eight, four bits each: zero where there is none, else one more than the
/// position in [`WISHES`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct PullWishes(u32);

impl PullWishes {
    /// Most wishes.
    pub const MAX: usize = 8;

    /// The first eight of `wishes`.
    pub fn new(wishes: &[Wish]) -> PullWishes {
        let digit = |wish: &Wish| WISHES.iter().position(|known| known == wish).map_or(0, |at| at as u32 + 1);
        PullWishes(wishes.iter().take(Self::MAX).rev().fold(0, |packed, wish| packed << 4 | digit(wish)))
    }

    /// The wish for the entry number `at`, over again behind the last; `None` where there is no wish at all.
    pub fn get(self, at: usize) -> Option<Wish> {
        let count = (32 - self.0.leading_zeros()).div_ceil(4) as usize;
        let at = at.checked_rem(count)?;
        let digit = self.0 >> (4 * at) & 0xf;
        WISHES.get(digit.checked_sub(1)? as usize).copied()
    }
}

/// A message that an agent sends.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Who sends it.
    pub from: EntityId,
    /// Next hop.
    pub to: EntityId,
    /// The message.
    pub message: Message,
    /// What travels with it.
    pub meta: Meta,
    /// 0 the first time, then 1, 2, ….
    pub transmission: u16,
    /// Whether it goes over TCP.
    pub tcp: bool,
    /// Whether it is the first on a TCP connection of its own: it leaves once the connection is set up, one round trip
    /// later.
    pub opens: bool,
}

/// Takes what an agent wants done.
pub trait Outbox {
    /// Sends a message.
    fn send(&mut self, outgoing: Outgoing);

    /// Sets a timer of `entity`.
    fn set_timer(&mut self, entity: EntityId, after: Span, reason: TimerReason, subject: u32) -> EventHandle;

    /// Cancels a timer; one that fired or was cancelled before is left alone.
    fn cancel_timer(&mut self, handle: EventHandle);

    /// Records that something happened.
    fn observe(&mut self, entity: EntityId, fact: Fact);
}

/// What an agent has at hand while it handles an input.
pub struct Context<'a> {
    /// Virtual time.
    pub now: Time,
    /// The entity that acts.
    pub me: EntityId,
    /// Where its wishes go.
    pub out: &'a mut dyn Outbox,
    /// What is fixed for the run.
    pub shared: &'a Shared,
}

impl Context<'_> {
    /// Sets a timer of this entity.
    pub fn set_timer(&mut self, after: Span, reason: impl Into<TimerReason>, subject: u32) -> EventHandle {
        self.out.set_timer(self.me, after, reason.into(), subject)
    }

    /// Cancels a timer and forgets its handle.
    pub fn cancel_timer(&mut self, handle: &mut EventHandle) {
        self.out.cancel_timer(std::mem::replace(handle, EventHandle::NONE));
    }

    /// Records that something happened.
    pub fn observe(&mut self, fact: Fact) {
        self.out.observe(self.me, fact);
    }

    /// The same context for another entity of the same agent.
    pub fn for_entity(&mut self, me: EntityId) -> Context<'_> {
        Context { now: self.now, me, out: self.out, shared: self.shared }
    }
}

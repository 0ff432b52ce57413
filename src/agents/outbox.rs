//! The boundary between an agent and whatever drives it.

use super::observation::Fact;
use super::procedure::Meta;
use super::shared::Shared;
use crate::kernel::{EntityId, EventHandle, Span, Time};
use crate::protocol::sip::Timer;
use crate::wire::mailbox::MailboxEvent;
use crate::wire::{Message, UserId};

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
        /// Class for measurement.
        class: u16,
    },
    /// Pull deferred messages.
    Pull {
        /// Whether the request lists the notified entries.
        listed: bool,
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

/// Why an agent set a timer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TimerReason {
    /// A client transaction.
    Client(Timer),
    /// A server transaction.
    Server(Timer),
    /// Timer C of a proxied INVITE.
    ProxyInvite,
    /// A Diameter query has no answer.
    Query,
    /// A 2xx to an INVITE waits for its ACK.
    SuccessResponse,
    /// A registration is due for refresh.
    Refresh,
    /// A registration that failed is tried again.
    RegistrationRetry,
    /// A binding expires.
    BindingExpiry,
    /// A reg-event notification was held back by the rate limit.
    NotifyRate,
    /// A subscription is due for refresh or expires.
    Subscription,
    /// A user reacts to a notification.
    Think,
    /// A management INVITE is tried again.
    PullRetry,
    /// A response waits for the time that its sender takes to answer.
    Answer,
    /// The PF has worked off a management INVITE up to its first delivery.
    PullService,
    /// A management session has heard no BYE for too long, or its INVITE no final response.
    SessionGuard,
    /// An application server has neither answered a request nor sent it back.
    ApplicationServer,
    /// A subscription to do-not-disturb rules is due for refresh, or is tried again.
    RuleSubscription,
    /// The PF asks again whether a user may be disturbed.
    RulePoll,
    /// An XCAP request has no answer, or is sent again.
    Xcap,
    /// A mail waits for a reply or for its next attempt.
    Mail,
    /// An MM is due at its server: to notify again, or to expire.
    Mm,
    /// A short message waits in its service centre, or for an acknowledgement.
    ShortMessage,
    /// A terminal has been paged for too long.
    Paging,
    /// A terminal fetches an MM, or has not got it in time.
    MmRetrieval,
    /// A session with a mailbox waits.
    Mailbox,
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
    pub fn set_timer(&mut self, after: Span, reason: TimerReason, subject: u32) -> EventHandle {
        self.out.set_timer(self.me, after, reason, subject)
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

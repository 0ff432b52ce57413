//! What a message is for: its procedure, its class, and the lineage that names its random draws. None of it is on the
//! wire.

use crate::kernel::{EntityId, Time};
use crate::wire::UserId;

/// The procedure that a message belongs to, so that load can be explained and not only counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Procedure {
    /// Initial registration with its challenge.
    Registration,
    /// Refresh of a registration.
    ReRegistration,
    /// De-registration by the terminal.
    DeRegistration,
    /// The S-CSCF's own work when a binding expires.
    RegistrationExpiry,
    /// REGISTER of the S-CSCF to an application server.
    ThirdPartyRegistration,
    /// Subscriptions to and notifications of the registration event package.
    RegEvent,
    /// A pager message from its sender.
    Pager,
    /// The PF tells a client about deferred messages.
    Notification,
    /// A client's session with the PF about deferred messages.
    Management,
    /// The PF delivers a deferred message.
    DeferredDelivery,
    /// A disposition notification.
    Report,
    /// A plain SIP transaction between a source and a sink.
    Transaction,
    /// A plain datagram between a source and a sink.
    Datagram,
    /// A push sender delivers content.
    Push,
    /// Discovery of capabilities.
    Options,
    /// A subscription to content, and the notifications that carry it.
    Subscription,
    /// A terminal fetches content that a message refers to.
    ContentFetch,
    /// A large message from its sender.
    LargeMessage,
    /// The PF puts a deferred message into the message store.
    Storage,
    /// The PF hands a deferred message to the interworking selection.
    Interworking,
    /// Do-not-disturb rules and what is told about them.
    DoNotDisturb,
    /// The PF tells a client that a deferred message expired.
    ExpiryNotification,
    /// The PF notifies a device outside of IMS.
    OutOfBandNotification,
    /// The MEM server notifies a client of a mailbox event.
    MailboxNotification,
    /// The MEM client synchronises with its mailbox.
    MailboxSynchronisation,
    /// A terminal attaches to its MSC or leaves it.
    Attachment,
}

/// A set of procedures.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ProcedureSet(u32);

impl ProcedureSet {
    /// Every procedure.
    pub const ALL: ProcedureSet = ProcedureSet((1 << Procedure::ALL.len()) - 1);

    /// Those of a list.
    pub fn of(list: &[Procedure]) -> ProcedureSet {
        ProcedureSet(list.iter().fold(0, |set, procedure| set | 1 << *procedure as u32))
    }

    /// Whether it has a procedure.
    pub const fn contains(self, procedure: Procedure) -> bool {
        self.0 & 1 << procedure as u32 != 0
    }
}

impl Procedure {
    /// All procedures, in the order of their numbers.
    pub const ALL: [Procedure; 26] = [
        Procedure::Registration,
        Procedure::ReRegistration,
        Procedure::DeRegistration,
        Procedure::RegistrationExpiry,
        Procedure::ThirdPartyRegistration,
        Procedure::RegEvent,
        Procedure::Pager,
        Procedure::Notification,
        Procedure::Management,
        Procedure::DeferredDelivery,
        Procedure::Report,
        Procedure::Transaction,
        Procedure::Datagram,
        Procedure::Push,
        Procedure::Options,
        Procedure::Subscription,
        Procedure::ContentFetch,
        Procedure::LargeMessage,
        Procedure::Storage,
        Procedure::Interworking,
        Procedure::DoNotDisturb,
        Procedure::ExpiryNotification,
        Procedure::OutOfBandNotification,
        Procedure::MailboxNotification,
        Procedure::MailboxSynchronisation,
        Procedure::Attachment,
    ];

    /// The name used in results.
    pub const fn name(self) -> &'static str {
        match self {
            Procedure::Registration => "registration",
            Procedure::ReRegistration => "re-registration",
            Procedure::DeRegistration => "de-registration",
            Procedure::RegistrationExpiry => "registration-expiry",
            Procedure::ThirdPartyRegistration => "third-party-registration",
            Procedure::RegEvent => "reg-event",
            Procedure::Pager => "pager",
            Procedure::Notification => "notification",
            Procedure::Management => "management",
            Procedure::DeferredDelivery => "deferred-delivery",
            Procedure::Report => "report",
            Procedure::Transaction => "transaction",
            Procedure::Datagram => "datagram",
            Procedure::Push => "push",
            Procedure::Options => "options",
            Procedure::Subscription => "subscription",
            Procedure::ContentFetch => "content-fetch",
            Procedure::LargeMessage => "large-message",
            Procedure::Storage => "storage",
            Procedure::Interworking => "interworking",
            Procedure::DoNotDisturb => "do-not-disturb",
            Procedure::ExpiryNotification => "expiry-notification",
            Procedure::OutOfBandNotification => "out-of-band-notification",
            Procedure::MailboxNotification => "mailbox-notification",
            Procedure::MailboxSynchronisation => "mailbox-synchronisation",
            Procedure::Attachment => "attachment",
        }
    }
}

/// The reference point that a message crosses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum ReferencePoint {
    /// Terminal to P-CSCF.
    Gm,
    /// Between CSCFs.
    Mw,
    /// S-CSCF to application server.
    Isc,
    /// I-CSCF or S-CSCF to HSS.
    Cx,
    /// Between plain sources, relays, proxies and sinks.
    Plain,
    /// MSRP, end to end or over a relay.
    Msrp,
    /// A terminal and a content server.
    Http,
    /// Terminal to XDMS.
    Ut,
    /// XDMS to PF.
    Xdm,
    /// PF to message store.
    Mss,
    /// PF to interworking selection.
    Isf,
    /// MEM server to MMS server.
    Me3,
    /// Terminal to MMS server.
    Mm1,
    /// MMS server, PF or interworking selection to SMSC.
    Smpp,
    /// SMSC to HLR and MSC.
    Map,
    /// MSC to terminal.
    Radio,
}

impl ReferencePoint {
    /// All reference points, in the order of their numbers.
    pub const ALL: [ReferencePoint; 16] = [
        ReferencePoint::Gm,
        ReferencePoint::Mw,
        ReferencePoint::Isc,
        ReferencePoint::Cx,
        ReferencePoint::Plain,
        ReferencePoint::Msrp,
        ReferencePoint::Http,
        ReferencePoint::Ut,
        ReferencePoint::Xdm,
        ReferencePoint::Mss,
        ReferencePoint::Isf,
        ReferencePoint::Me3,
        ReferencePoint::Mm1,
        ReferencePoint::Smpp,
        ReferencePoint::Map,
        ReferencePoint::Radio,
    ];

    /// The name used in results.
    pub const fn name(self) -> &'static str {
        match self {
            ReferencePoint::Gm => "Gm",
            ReferencePoint::Mw => "Mw",
            ReferencePoint::Isc => "ISC",
            ReferencePoint::Cx => "Cx",
            ReferencePoint::Plain => "plain",
            ReferencePoint::Msrp => "MSRP",
            ReferencePoint::Http => "HTTP",
            ReferencePoint::Ut => "Ut",
            ReferencePoint::Xdm => "XDM",
            ReferencePoint::Mss => "MSS",
            ReferencePoint::Isf => "ISF",
            ReferencePoint::Me3 => "ME-3",
            ReferencePoint::Mm1 => "MM1",
            ReferencePoint::Smpp => "SMPP",
            ReferencePoint::Map => "MAP",
            ReferencePoint::Radio => "radio",
        }
    }
}

/// Who counts the messages that an agent originates: the agent itself, or the agent on behalf of one user or terminal,
/// so that the draws about one user's messages do not shift with another's traffic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Scope(pub u32);

/// Whom a [`Scope`] is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// An entity for itself.
    Entity(EntityId),
    /// A node on behalf of this user.
    User(UserId),
    /// A node on behalf of this terminal.
    Terminal(EntityId),
    /// A workload of the model, by index.
    Workload(u32),
}

impl Scope {
    const KIND_SHIFT: u32 = 28;

    /// Whom it is about.
    pub const fn subject(self) -> Subject {
        let number = self.0 & ((1 << Self::KIND_SHIFT) - 1);
        match self.0 >> Self::KIND_SHIFT {
            0 => Subject::Entity(EntityId(number)),
            1 | 2 | 5 | 9 => Subject::User(UserId(number)),
            3 => Subject::Terminal(EntityId(number)),
            _ => Subject::Workload(number),
        }
    }

    /// The entity for itself.
    pub const fn entity(entity: EntityId) -> Scope {
        Scope(entity.0)
    }

    /// A PF for one of its users.
    pub const fn pf_user(user: UserId) -> Scope {
        Scope(1 << Self::KIND_SHIFT | user.0)
    }

    /// An S-CSCF for one of its users.
    pub const fn s_cscf_user(user: UserId) -> Scope {
        Scope(2 << Self::KIND_SHIFT | user.0)
    }

    /// A P-CSCF for one of its terminals.
    pub const fn p_cscf_terminal(terminal: EntityId) -> Scope {
        Scope(3 << Self::KIND_SHIFT | terminal.0)
    }

    /// A MEM server for one of its users.
    pub const fn mailbox_user(user: UserId) -> Scope {
        Scope(9 << Self::KIND_SHIFT | user.0)
    }

    /// A push sender for one of its recipients.
    pub const fn push_user(user: UserId) -> Scope {
        Scope(5 << Self::KIND_SHIFT | user.0)
    }

    /// A workload of the model.
    pub const fn workload(index: u32) -> Scope {
        Scope(4 << Self::KIND_SHIFT | index)
    }
}

/// The kind part of a leg: messages that one request gives rise to and that share its origin; the request itself is 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
enum LegKind {
    Provisional = 1,
    Final = 2,
    Ack = 3,
    Cancel = 4,
    Query = 5,
    Answer = 6,
}

/// What travels with a message beside its octets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Meta {
    /// Procedure.
    pub procedure: Procedure,
    /// Class of the workload that caused it, by index; see [`super::shared::Shared::class_name`].
    pub class: u16,
    /// When the procedure began.
    pub began: Time,
    /// Who originated the request.
    pub origin: Scope,
    /// The originator's own number of it.
    pub number: u32,
    /// Which message of that request on which hop: 3 bits kind, 5 bits fork lineage, 8 bits hop.
    pub leg: u16,
    /// Of the ACK of a 2xx: how many such ACKs went before it. Proxies pass it on, so that a copy that was lost once is
    /// not lost again by the same draw.
    pub copy: u16,
}

impl Meta {
    /// A request that `origin` makes `now` as its `number`-th.
    pub fn new(procedure: Procedure, class: u16, began: Time, origin: Scope, number: u32) -> Meta {
        Meta { procedure, class, began, origin, number, leg: 0, copy: 0 }
    }

    const HOP_MASK: u16 = 0xff;
    const LINEAGE_MASK: u16 = 0x1f;

    fn with_kind(self, kind: LegKind) -> Meta {
        Meta { leg: self.leg & 0x1fff | (kind as u16) << 13, ..self }
    }

    /// The same message one hop on.
    pub fn next_hop(self) -> Meta {
        Meta { leg: self.leg & !Self::HOP_MASK | (self.leg & Self::HOP_MASK).wrapping_add(1) & Self::HOP_MASK, ..self }
    }

    /// The same message one hop on, on branch `branch` of a fork.
    pub fn forked(self, branch: u16) -> Meta {
        if branch == 0 {
            return self.next_hop();
        }
        let lineage = ((self.leg >> 8 & Self::LINEAGE_MASK) * 8 + branch) & Self::LINEAGE_MASK;
        let next = self.next_hop();
        Meta { leg: next.leg & !(Self::LINEAGE_MASK << 8) | lineage << 8, ..next }
    }

    /// The same request, to be sent another way than before: a lineage of its own.
    pub fn rerouted(self) -> Meta {
        let lineage = ((self.leg >> 8 & Self::LINEAGE_MASK) * 8 + 7) & Self::LINEAGE_MASK;
        Meta { leg: self.leg & !(Self::LINEAGE_MASK << 8) | lineage << 8, ..self }
    }

    /// The provisional response to it from here.
    pub fn provisional(self) -> Meta {
        self.with_kind(LegKind::Provisional)
    }

    /// The final response to it from here.
    pub fn response(self) -> Meta {
        self.next_hop().with_kind(LegKind::Final)
    }

    /// The ACK of a final response other than 2xx to it.
    pub fn ack(self) -> Meta {
        self.with_kind(LegKind::Ack)
    }

    /// The CANCEL of it.
    pub fn cancel(self) -> Meta {
        self.with_kind(LegKind::Cancel)
    }

    /// A Diameter request on its behalf from here.
    pub fn query(self) -> Meta {
        self.with_kind(LegKind::Query)
    }

    /// The answer to such a request.
    pub fn answer(self) -> Meta {
        self.with_kind(LegKind::Answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_of_one_request_have_legs_of_their_own() {
        let request = Meta::new(Procedure::Pager, 0, Time::ZERO, Scope(7), 1);
        let second = request.next_hop();
        let legs = [
            request.leg,
            second.leg,
            second.forked(1).leg,
            second.forked(2).leg,
            second.provisional().leg,
            second.response().leg,
            second.query().leg,
            second.answer().leg,
            second.ack().leg,
            second.cancel().leg,
        ];
        let mut distinct = legs.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), legs.len());
    }
}

//! Which messages a recorder keeps. The choice is made when a message is sent, so what is not wanted costs no memory.

use crate::agents::procedure::Subject;
use crate::agents::{Fact, Meta, Procedure, ReferencePoint};
use crate::kernel::lookup::Lookup;
use crate::kernel::{EntityId, Time};
use crate::wire::sip::body::CpimContent;
use crate::wire::sip::{Body, SipMessage, Uri};
use crate::wire::{Message, Token, UserId};
use std::ops::RangeInclusive;

use super::trace::Hop;

/// A user with the entities of the terminals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UserTerminals {
    /// The user.
    pub user: UserId,
    /// First terminal.
    pub first: EntityId,
    /// Number of terminals.
    pub terminals: u32,
}

impl UserTerminals {
    fn has(&self, entity: EntityId) -> bool {
        (self.first.0..self.first.0 + self.terminals).contains(&entity.0)
    }

    fn is_named_by(&self, uri: Uri) -> bool {
        match uri {
            Uri::User(user) => user == self.user,
            Uri::Contact(terminal) | Uri::PublicGruu(terminal) | Uri::TemporaryGruu(terminal, _) => self.has(terminal),
            Uri::Domain(_) | Uri::Node(_) | Uri::DeferredManagement(_) => false,
        }
    }
}

/// What is wanted. Empty lists want everything; what is given must all hold.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Messages of procedures that began at or after this.
    pub began_from: Time,
    /// Messages sent within this.
    pub sent: RangeInclusive<Time>,
    /// Messages to, from or about one of these users.
    pub users: Vec<UserTerminals>,
    /// Messages that carry, list or report on one of these by imdn.Message-ID or message-URI-ID, and the other messages
    /// of their transactions and dialogs.
    pub messages: Vec<Token>,
    /// Messages over one of these.
    pub reference_points: Vec<ReferencePoint>,
    /// Messages of one of these.
    pub procedures: Vec<Procedure>,
    /// Dialogs, requests and message identifiers of what was kept.
    related: Lookup<Related, ()>,
}

/// What joins further messages to one that matched.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Related {
    Dialog(Token),
    Request(u32, u32),
    Message(Token),
}

impl Related {
    fn request(meta: &Meta) -> Related {
        Related::Request(meta.origin.0, meta.number)
    }
}

impl Default for Filter {
    fn default() -> Filter {
        Filter {
            began_from: Time::ZERO,
            sent: Time::ZERO..=Time::MAX,
            users: Vec::new(),
            messages: Vec::new(),
            reference_points: Vec::new(),
            procedures: Vec::new(),
            related: Lookup::default(),
        }
    }
}

impl Filter {
    /// Everything of procedures that began at or after `began_from`.
    pub fn from(began_from: Time) -> Filter {
        Filter { began_from, ..Filter::default() }
    }

    /// Whether a message is wanted.
    pub fn wants(&mut self, hop: &Hop) -> bool {
        let any = |empty: bool, holds: bool| empty || holds;
        let wanted = hop.meta.began >= self.began_from
            && self.sent.contains(&hop.sent_at)
            && any(self.reference_points.is_empty(), self.reference_points.contains(&hop.reference_point))
            && any(self.procedures.is_empty(), self.procedures.contains(&hop.meta.procedure))
            && (self.users.is_empty() || self.users.iter().any(|user| concerns(hop, user)))
            && (self.messages.is_empty() || self.is_about_a_message(hop));
        if wanted && let Some(message) = message_id(&hop.message) {
            self.related.insert(Related::Message(message), ());
        }
        wanted
    }

    /// Whether something that `entity` saw belongs to what is wanted. Call it for every fact: it learns which
    /// message-URI-ID a message gets.
    pub fn wants_fact(&mut self, at: Time, entity: EntityId, fact: &Fact) -> bool {
        if let Fact::Deferred { message, id, .. } = fact
            && self.messages.contains(message)
            && !self.messages.contains(id)
        {
            self.messages.push(*id);
        }
        let about = message_of(fact).map(Related::Message);
        let is_about_what_was_kept = about.is_some_and(|message| self.related.contains(&message));
        let of_user = |user: &UserTerminals| match fact {
            Fact::Binding { terminal, .. } => user.has(*terminal),
            Fact::PullArrived { user: asked, .. }
            | Fact::RuleChanged { user: asked, .. }
            | Fact::NotificationHeld(asked)
            | Fact::NotificationReleased { user: asked, .. } => user.user == *asked,
            _ => user.has(entity),
        };
        let is_of_a_user = self.messages.is_empty() && self.users.iter().any(of_user);
        let all = self.users.is_empty() && self.messages.is_empty();
        self.sent.contains(&at) && at >= self.began_from && (all || is_of_a_user || is_about_what_was_kept)
    }

    fn is_about_a_message(&mut self, hop: &Hop) -> bool {
        let dialog = hop.message.sip().map(|sip| Related::Dialog(sip.call_id));
        let request = Related::request(&hop.meta);
        let named = |id: Token| self.messages.contains(&id);
        let is_related = |related: Related| self.related.contains(&related);
        if !names_message(&hop.message, named) && !dialog.is_some_and(is_related) && !is_related(request) {
            return false;
        }
        for related in dialog.into_iter().chain([request]) {
            self.related.insert(related, ());
        }
        true
    }
}

/// The message that a fact is about, where it is about one.
fn message_of(fact: &Fact) -> Option<Token> {
    match fact {
        Fact::Submitted { message, .. }
        | Fact::SubmissionAnswered { message, .. }
        | Fact::Received { message, .. }
        | Fact::Deferred { message, .. }
        | Fact::Dequeued { message, .. }
        | Fact::DeliveryFailed { message, .. }
        | Fact::InvitationReported { message }
        | Fact::DeliveredAfter { message, .. } => Some(*message),
        Fact::ReportSent { about, .. } | Fact::ReportReceived { about, .. } => Some(*about),
        _ => None,
    }
}

/// Whether a message goes to or from a user, names the user, or was caused on behalf of the user.
fn concerns(hop: &Hop, user: &UserTerminals) -> bool {
    let caused = match hop.meta.origin.subject() {
        Subject::Entity(entity) => user.has(entity),
        Subject::User(named) => named == user.user,
        Subject::Terminal(terminal) => user.has(terminal),
        Subject::Workload(_) => false,
    };
    let named = match &hop.message {
        Message::Sip(sip) => parties(sip).any(|uri| user.is_named_by(uri)),
        Message::Diameter(diameter) => diameter.user == user.user,
        Message::Datagram(_) | Message::Http(_) | Message::Msrp(_) | Message::Append(_) => false,
        Message::Smtp(smtp) => user.has(smtp.mail.terminal),
        Message::Imap(imap) => imap.user == user.user,
        Message::Mms(mms) => user.has(mms.terminal),
        Message::Smpp(smpp) => user.has(smpp.message.to),
        Message::Map(map) => user.has(map.terminal),
        Message::Sms(radio) => user.has(radio.terminal),
    };
    caused || named || user.has(hop.from) || user.has(hop.to)
}

/// The imdn.Message-ID of the message that `message` carries.
pub fn message_id(message: &Message) -> Option<Token> {
    let body = message.sip().map(|sip| &sip.body);
    match (message.cpim(), body) {
        (Some(cpim), _) => Some(cpim.message_id),
        (None, Some(Body::Push(push))) => Some(push.id),
        (None, Some(Body::PushReport(report))) => Some(report.message_id),
        (None, _) => None,
    }
}

fn parties(sip: &SipMessage) -> impl Iterator<Item = Uri> {
    [Some(sip.from.uri), Some(sip.to.uri), sip.uri()].into_iter().flatten()
}

/// Whether a message carries, lists or reports on one of the messages that `wanted` picks.
fn names_message(message: &Message, wanted: impl Fn(Token) -> bool) -> bool {
    if let Some(cpim) = message.cpim() {
        return wanted(cpim.message_id)
            || match cpim.content {
                CpimContent::Imdn(imdn) => wanted(imdn.about),
                CpimContent::Text(_) => false,
            };
    }
    match message.sip().map(|sip| &sip.body) {
        Some(Body::Push(push)) => wanted(push.id),
        Some(Body::PushReport(report)) => wanted(report.message_id) || wanted(report.imdn.about),
        Some(Body::Management(list)) => list.entries.iter().any(|(id, _)| wanted(*id)),
        Some(Body::Notification(notification)) => notification.entries.iter().any(|entry| wanted(entry.id)),
        _ => false,
    }
}

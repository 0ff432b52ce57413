//! Large messages from terminal to terminal: a CPIM message that goes by a session in place of a MESSAGE.

use super::{Terminals, dress, own_user};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::ReportAt;
use crate::agents::procedure::{Procedure, Scope};
use crate::agents::session::{Call, Content, Origin, SenderEvent};
use crate::kernel::{Span, Time};
use crate::wire::msrp::Presentation;
use crate::wire::sip::body::{Cpim, CpimContent, DispositionRequest};
use crate::wire::sip::{AcceptContact, Contact, ContactHeader, FeatureTags, Method, Party, SipMessage, Uri};
use crate::wire::{ContentType, Token, UserId};

/// What a user asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct LargeRequest {
    pub(super) size: u32,
    pub(super) report: bool,
    pub(super) class: u16,
    pub(super) cancel_after: Option<Span>,
}

/// A large message without an outcome.
#[derive(Clone, Copy, Debug)]
struct Sending {
    message: Token,
    class: u16,
    sent_at: Time,
}

/// The large messages that a terminal sends.
#[derive(Clone, Debug, Default)]
pub(super) struct Large {
    sending: Vec<Sending>,
    /// Messages that have been reported as delivered when they were announced, and are not here.
    reported: Vec<Token>,
}

impl Large {
    pub(super) fn is_idle(&self) -> bool {
        self.sending.is_empty() && self.reported.is_empty()
    }

    /// Messages without an outcome.
    pub(super) fn unanswered(&self) -> u64 {
        self.sending.len() as u64
    }

    /// The terminal lost power: what it was sending has failed.
    pub(super) fn abandon(&mut self, ctx: &mut Context<'_>) {
        for sending in self.sending.drain(..) {
            settle(ctx, sending, None);
        }
    }
}

fn settle(ctx: &mut Context<'_>, sending: Sending, status: Option<u16>) {
    let Sending { message, class, sent_at: began } = sending;
    ctx.observe(Fact::SubmissionAnswered { message, status, class, began });
}

impl Terminals {
    /// Sends a large message. Without a registration it fails at once.
    // req: MT-4, MT-6, MT-7, PUSH-G-9
    pub(super) fn send_large(&mut self, ctx: &mut Context<'_>, to: UserId, asked: LargeRequest) {
        let me = ctx.me;
        if self.is_off(me) {
            return ctx.observe(Fact::SenderOff);
        }
        let message = self.token(me);
        ctx.observe(Fact::Submitted { message, to, class: asked.class });
        let sending = Sending { message, class: asked.class, sent_at: ctx.now };
        if self.terminal(me).registered_until <= ctx.now {
            return settle(ctx, sending, None);
        }
        let cpim = Cpim {
            from: own_user(ctx),
            to,
            message_id: message,
            sent_at: ctx.now,
            dispositions: DispositionRequest { positive_delivery: asked.report, negative_delivery: asked.report },
            content: CpimContent::Text(asked.size),
        };
        let content = Content {
            id: message,
            name: message,
            kind: ContentType::Cpim,
            octets: u32::try_from(cpim.len(&ctx.shared.names)).unwrap_or(u32::MAX),
            presentation: Presentation::Render,
            described: false,
            cpim: Some(cpim),
            tag: 0,
        };
        self.activity(me).large.sending.push(sending);
        self.send_content(ctx, to, content, asked);
    }

    /// Sends a content by the session that stands, or by a new one.
    fn send_content(&mut self, ctx: &mut Context<'_>, to: UserId, content: Content, asked: LargeRequest) {
        let (senders, _, mut line) = self.sessions(ctx.me);
        let content = match senders.to(ctx.me, Uri::User(to)) {
            None => content,
            Some(session) => match senders.add(ctx, &mut line, session, content) {
                Ok(events) => return self.on_sender_events(ctx, events),
                Err(content) => content,
            },
        };
        let Some(p_cscf) = ctx.shared.p_cscf_of(ctx.me) else { return };
        let origin = Origin {
            scope: Scope::entity(ctx.me),
            procedure: Procedure::LargeMessage,
            class: asked.class,
            began: ctx.now,
        };
        let invite = self.large_invite(ctx, to, content.id);
        let call = Call { invite, to: p_cscf, origin, patience: asked.cancel_after };
        let (senders, _, mut line) = self.sessions(ctx.me);
        senders.start(ctx, &mut line, call, vec![content]);
    }

    fn large_invite(&mut self, ctx: &Context<'_>, to: UserId, conversation: Token) -> SipMessage {
        let me = ctx.me;
        let from = Party { uri: Uri::User(own_user(ctx)), tag: Some(self.token(me)) };
        let uri = Uri::User(to);
        let call_id = self.token(me);
        let mut request = SipMessage::request(Method::Invite, uri, from, Party { uri, tag: None }, call_id, 1);
        dress(ctx, &mut request);
        let features = FeatureTags::LARGE_MSG;
        let contact = Contact { features, instance: Some(me), ..Contact::plain(Uri::Contact(me)) };
        request.contact = ContactHeader::One(contact);
        request.headers.p_asserted_service = features;
        request.headers.service_is_preferred = true;
        request.headers.conversation = Some(conversation);
        // RACE-15
        if ctx.policies().deferral.report_at == ReportAt::Invitation {
            request.headers.date = Some(ctx.now);
        }
        request.headers.accept_contact = Some(AcceptContact { features, require: true, explicit: true });
        request
    }

    /// What became of large messages.
    pub(super) fn on_sender_events(&mut self, ctx: &mut Context<'_>, events: Vec<SenderEvent>) {
        for event in events {
            match event {
                SenderEvent::Delivered(content) => self.settle_large(ctx, content.id, Some(200)),
                SenderEvent::Failed(content, failure) => self.settle_large(ctx, content.id, failure.status()),
                SenderEvent::Refused { status, contents } => {
                    for content in contents {
                        self.settle_large(ctx, content.id, status);
                    }
                }
            }
        }
        self.drop_idle_activity(ctx);
    }

    fn settle_large(&mut self, ctx: &mut Context<'_>, message: Token, status: Option<u16>) {
        let list = &mut self.activity(ctx.me).large.sending;
        if let Some(at) = list.iter().position(|sending| sending.message == message) {
            let sending = list.remove(at);
            settle(ctx, sending, status);
        }
    }

    /// A large message is announced: the client reports it as delivered, whatever its user will do (RACE-15).
    pub(super) fn report_invitation(&mut self, ctx: &mut Context<'_>, invite: &SipMessage, class: u16) {
        let me = ctx.me;
        let (Some(message_id), Some(Uri::User(from)), Some(sent_at)) =
            (invite.headers.conversation, invite.headers.p_asserted_identity, invite.headers.date)
        else {
            return;
        };
        let activity = self.activity(me);
        if activity.messaging.has(message_id) || activity.large.reported.contains(&message_id) {
            return;
        }
        activity.large.reported.push(message_id);
        ctx.observe(Fact::InvitationReported { message: message_id });
        let about = Cpim {
            from,
            to: own_user(ctx),
            message_id,
            sent_at,
            dispositions: DispositionRequest { positive_delivery: true, negative_delivery: false },
            content: CpimContent::Text(0),
        };
        self.send_report(ctx, &about, class);
    }

    /// A large message arrived.
    pub(super) fn on_large_message(&mut self, ctx: &mut Context<'_>, cpim: &Cpim, origin: Origin) {
        let duplicate = self.activity(ctx.me).messaging.is_copy(cpim.message_id);
        ctx.observe(Fact::Received {
            message: cpim.message_id,
            class: origin.class,
            sent_at: cpim.sent_at,
            deferred: origin.procedure == Procedure::DeferredDelivery,
            duplicate,
            shown: !duplicate,
        });
        let reported = &mut self.activity(ctx.me).large.reported;
        let early = reported.iter().position(|message| *message == cpim.message_id);
        if let Some(at) = early {
            reported.swap_remove(at);
        } else if !duplicate && cpim.dispositions.positive_delivery {
            self.send_report(ctx, cpim, origin.class);
        }
    }
}

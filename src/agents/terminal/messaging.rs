//! Pager messages, disposition notifications and in-band notifications at a terminal.

use super::{Own, Terminals, dress, own_user};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::DedupeKey;
use crate::agents::procedure::{Meta, Procedure};
use crate::agents::transactions::ServerTx;
use crate::kernel::Time;
use crate::wire::sip::body::{Cpim, CpimContent, Disposition, DispositionRequest, Imdn};
use crate::wire::sip::{AcceptContact, Body, FeatureTags, Method, Party, SipMessage, Uri};
use crate::wire::{Token, UserId};
use std::collections::VecDeque;
use std::num::NonZeroU32;

/// Messages that a client remembers to recognise copies.
const MEMORY: usize = 64;

/// A message that the terminal sends.
#[derive(Clone, Copy, Debug)]
struct Sending {
    cpim: Cpim,
    class: u16,
    procedure: Procedure,
    /// Expires of the request.
    expires: Option<NonZeroU32>,
    pending: bool,
}

/// A pager message that a user wants sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pager {
    pub(super) to: UserId,
    pub(super) size: u32,
    pub(super) report: bool,
    pub(super) expires: Option<NonZeroU32>,
    pub(super) class: u16,
}

/// What a terminal sends and remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct Messaging {
    sending: Vec<Sending>,
    seen: VecDeque<Token>,
    /// Messages of its own that it got a report on.
    reported: VecDeque<Token>,
}

/// Whether `id` has been here before; remembers it.
fn is_repeated(memory: &mut VecDeque<Token>, id: Token) -> bool {
    if memory.contains(&id) {
        return true;
    }
    if memory.len() == MEMORY {
        memory.pop_front();
    }
    memory.push_back(id);
    false
}

impl Messaging {
    /// Messages and reports without a final response.
    pub(super) fn unanswered(&self) -> u64 {
        self.sending.iter().filter(|sending| sending.pending).count() as u64
    }

    /// Pager messages that have not been sent.
    pub(super) fn waiting(&self) -> u64 {
        let waits = |sending: &&Sending| !sending.pending && sending.procedure == Procedure::Pager;
        self.sending.iter().filter(waits).count() as u64
    }

    pub(super) fn is_idle(&self) -> bool {
        self.sending.is_empty() && self.seen.is_empty() && self.reported.is_empty()
    }

    /// The terminal lost power: what it was sending has failed.
    pub(super) fn abandon(&mut self, ctx: &mut Context<'_>) {
        for sending in self.sending.drain(..) {
            if sending.pending {
                ctx.observe(Fact::MessageSettled(Uri::User(sending.cpim.to)));
            }
            if sending.procedure == Procedure::Pager {
                ctx.observe(Fact::SubmissionAnswered {
                    message: sending.cpim.message_id,
                    status: None,
                    class: sending.class,
                    began: sending.cpim.sent_at,
                });
            }
        }
    }

    /// Whether the client remembers `id`.
    pub(super) fn has(&self, id: Token) -> bool {
        self.seen.contains(&id)
    }

    /// Whether `id` has been here before; remembers it.
    pub(super) fn is_copy(&mut self, id: Token) -> bool {
        is_repeated(&mut self.seen, id)
    }
}

impl Terminals {
    pub(super) fn send_pager(&mut self, ctx: &mut Context<'_>, pager: Pager) {
        let Pager { to, size, report, expires, class } = pager;
        if self.is_off(ctx.me) {
            return ctx.observe(Fact::SenderOff);
        }
        let message_id = self.token(ctx.me);
        let cpim = Cpim {
            from: own_user(ctx),
            to,
            message_id,
            sent_at: ctx.now,
            dispositions: DispositionRequest { positive_delivery: report, negative_delivery: report },
            content: CpimContent::Text(size),
        };
        ctx.observe(Fact::Submitted { message: message_id, to, class });
        self.enqueue(ctx, Sending { cpim, class, procedure: Procedure::Pager, expires, pending: false });
    }

    fn enqueue(&mut self, ctx: &mut Context<'_>, sending: Sending) {
        self.activity(ctx.me).messaging.sending.push(sending);
        self.send_waiting(ctx);
    }

    /// Sends what no pending MESSAGE to the same user holds up (RFC 3428 section 8), once registered.
    pub(super) fn send_waiting(&mut self, ctx: &mut Context<'_>) {
        let me = ctx.me;
        if self.terminal(me).registered_until <= ctx.now || self.terminal(me).activity.is_none() {
            return;
        }
        loop {
            let list = &mut self.activity(me).messaging.sending;
            let next = list.iter().position(|candidate| {
                !candidate.pending && !list.iter().any(|other| other.pending && other.cpim.to == candidate.cpim.to)
            });
            let Some(at) = next else { return };
            list[at].pending = true;
            let sending = list[at];
            self.send_message(ctx, sending);
        }
    }

    fn send_message(&mut self, ctx: &mut Context<'_>, sending: Sending) {
        let Sending { cpim, class, procedure, expires, .. } = sending;
        let (tag, call_id) = (self.token(ctx.me), self.token(ctx.me));
        let from = Party { uri: Uri::User(cpim.from), tag: Some(tag) };
        let uri = Uri::User(cpim.to);
        let mut request = SipMessage::request(Method::Message, uri, from, Party { uri, tag: None }, call_id, 1);
        dress(ctx, &mut request);
        request.headers.p_asserted_service = FeatureTags::MSG;
        request.headers.service_is_preferred = true;
        request.headers.conversation = Some(cpim.message_id);
        request.headers.accept_contact =
            Some(AcceptContact { features: FeatureTags::MSG, require: true, explicit: true });
        request.expires = expires.map(NonZeroU32::get);
        // RFC 3428 section 4: what expires says when it was sent.
        request.headers.date = expires.map(|_| cpim.sent_at);
        request.body = Body::Cpim(cpim);
        ctx.observe(Fact::MessagePending(uri));
        let mut meta = self.own_meta(ctx, procedure, class);
        meta.began = cpim.sent_at;
        self.send(ctx, request, meta, Own::Message(cpim.message_id));
    }

    /// A pager message or report of this terminal has its final response, or timed out.
    pub(super) fn on_message_settled(&mut self, ctx: &mut Context<'_>, id: Token, status: Option<u16>) {
        let me = ctx.me;
        let list = &mut self.activity(me).messaging.sending;
        if let Some(at) = list.iter().position(|sending| sending.cpim.message_id == id) {
            let sending = list.remove(at);
            ctx.observe(Fact::MessageSettled(Uri::User(sending.cpim.to)));
            if sending.procedure == Procedure::Pager {
                ctx.observe(Fact::SubmissionAnswered {
                    message: id,
                    status,
                    class: sending.class,
                    began: sending.cpim.sent_at,
                });
            } else if status.is_none() {
                ctx.observe(Fact::ReportTimedOut);
            }
        }
        self.send_waiting(ctx);
        self.drop_idle_activity(ctx);
    }

    pub(super) fn on_message(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage, meta: Meta) {
        match &request.body {
            Body::Cpim(cpim) => match cpim.content {
                CpimContent::Text(octets) => self.on_pager(ctx, tx, request, cpim, octets, meta),
                CpimContent::Imdn(imdn) => self.on_report(ctx, tx, request, &imdn, meta),
            },
            Body::Sms(relay) => {
                self.answer(ctx, tx, request, 200);
                self.on_short_over_ip(ctx, request, **relay, meta);
            }
            Body::Mailbox(notice) => {
                self.answer(ctx, tx, request, 200);
                self.on_notice(ctx, notice.at, meta);
            }
            Body::Notification(notification) => {
                self.answer(ctx, tx, request, 200);
                // req: CPM-PF-4d
                self.on_notification(ctx, notification, request.headers.p_asserted_identity, meta.began);
            }
            Body::Push(push) => self.on_push(ctx, tx, request, push, meta),
            Body::Empty
            | Body::Sdp(_)
            | Body::Management(_)
            | Body::RegInfo(_)
            | Body::Register(_)
            | Body::PushReport(_)
            | Body::RuleDocuments
            | Body::XcapDiff(_) => {
                self.answer(ctx, tx, request, 415);
            }
        }
    }

    // req: CPM-C-13
    fn on_pager(
        &mut self,
        ctx: &mut Context<'_>,
        tx: ServerTx,
        request: &SipMessage,
        cpim: &Cpim,
        octets: u32,
        meta: Meta,
    ) {
        if ctx.shared.device_of(ctx.me).max_content.is_some_and(|limit| octets > limit) {
            return self.answer(ctx, tx, request, 413);
        }
        self.answer(ctx, tx, request, 200);
        let messaging = &mut self.activity(ctx.me).messaging;
        let duplicate = messaging.is_copy(cpim.message_id);
        let shown = match ctx.policies().dedupe_key {
            DedupeKey::MessageId => !duplicate,
            // A deferred message comes with a Call-ID of its own, so copies are not recognised by it.
            DedupeKey::CallId => !messaging.is_copy(request.call_id),
            DedupeKey::None => true,
        };
        ctx.observe(Fact::Received {
            message: cpim.message_id,
            class: meta.class,
            sent_at: cpim.sent_at,
            deferred: meta.procedure == Procedure::DeferredDelivery,
            duplicate,
            shown,
        });
        if shown && cpim.dispositions.positive_delivery {
            self.send_report(ctx, cpim, meta.class);
        }
    }

    pub(super) fn send_report(&mut self, ctx: &mut Context<'_>, about: &Cpim, class: u16) {
        let imdn = Imdn { about: about.message_id, sent_at: about.sent_at, disposition: Disposition::Delivered };
        let cpim = Cpim {
            from: own_user(ctx),
            to: about.from,
            message_id: self.token(ctx.me),
            sent_at: ctx.now,
            dispositions: DispositionRequest::default(),
            content: CpimContent::Imdn(imdn),
        };
        ctx.observe(Fact::ReportSent { about: about.message_id, positive: true, by_pf: false });
        self.enqueue(ctx, Sending { cpim, class, procedure: Procedure::Report, expires: None, pending: false });
    }

    fn on_report(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage, imdn: &Imdn, meta: Meta) {
        self.answer(ctx, tx, request, 200);
        let sent_at: Time = imdn.sent_at;
        let repeated = is_repeated(&mut self.activity(ctx.me).messaging.reported, imdn.about);
        ctx.observe(Fact::ReportReceived {
            about: imdn.about,
            positive: imdn.disposition == Disposition::Delivered,
            class: meta.class,
            sent_at,
            repeated,
        });
    }
}

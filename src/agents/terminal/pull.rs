//! The management session of a client with the PF (seed 004 section 7.2.3.2.1): INVITE, ACK, BYE, 488, retry after 480.

use super::{Own, Terminals, dress, own_user};
use crate::agents::observation::Fact;
use crate::agents::outbox::{Context, PullWishes};
use crate::agents::policies::{ByeSide, ManagementMedia, On488, PullRetry, RecipientListInvite};
use crate::agents::procedure::{Meta, Procedure};
use crate::agents::session::bind;
use crate::agents::shared::WISHES;
use crate::agents::timer::{TerminalTimer, TimerReason};
use crate::agents::transactions::{ClientTx, ServerTx, send_ack};
use crate::kernel::{EventHandle, Purpose, Span, Time};
use crate::protocol::sip::{Dialog, DialogId};
use crate::wire::msrp::{Msrp, MsrpStart};
use crate::wire::sip::body::{
    CpmAction, Management, MediaDirection, Notification, NotificationKind, Sdp, Setup, Stream,
};
use crate::wire::sip::headers::{OptionTags, Warning};
use crate::wire::sip::{AcceptContact, Body, Contact, ContactHeader, FeatureTags, Method, Party, SipMessage, Uri};
use crate::wire::{ContentType, ContentTypes, Token};
use std::sync::Arc;

/// Where a client stands with its pull.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
enum Phase {
    /// Nothing to do.
    #[default]
    Idle,
    /// The user has been told and has not reacted.
    Thinking,
    /// The INVITE is out.
    Inviting,
    /// The INVITE was accepted and the BYE is not answered.
    Established,
    /// Waits to try again.
    RetryWait,
}

/// A message that a notification told of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Told {
    id: Token,
    /// Octets of its content.
    size: u32,
}

/// The pull of a client.
#[derive(Clone, Debug, Default)]
pub(super) struct Pull {
    phase: Phase,
    /// The management URI that the last notification came from; without one the provisioned URI is used.
    management: Option<Uri>,
    /// Entries that notifications told of and that no pull has asked for.
    notified: Vec<Told>,
    /// Messages that wait for the user, as the last notification says.
    announced: u32,
    /// Whether the request under way lists its entries.
    listed: bool,
    /// Whether it went out with a list.
    sent_list: bool,
    /// What a script wants done with the entries.
    wishes: PullWishes,
    /// What the request under way lists or is about.
    asked: Vec<Told>,
    /// The last INVITE got a 488 that is not taken for "no messages".
    other_sdp: bool,
    attempt: u32,
    began: Time,
    invite: Option<Box<SipMessage>>,
    dialog: Option<Box<Dialog>>,
    opened_at: Time,
    /// Its end of the media plane, until the SEND that binds it is answered.
    media: Option<Token>,
    acks: u16,
    meta: Option<Meta>,
    tx: Option<ClientTx>,
    /// Of the phase: the user's reaction, the limit of the INVITE, or the next attempt.
    timer: EventHandle,
}

impl Pull {
    pub(super) fn is_idle(&self) -> bool {
        self.phase == Phase::Idle && self.notified.is_empty() && self.dialog.is_none() && self.media.is_none()
    }

    /// Whether a request or its session is open.
    pub(super) fn is_under_way(&self) -> bool {
        match self.phase {
            Phase::Inviting | Phase::Established => true,
            Phase::Idle | Phase::Thinking | Phase::RetryWait => false,
        }
    }

    /// The terminal lost power.
    pub(super) fn abandon(&mut self, ctx: &mut Context<'_>) {
        ctx.cancel_timer(&mut self.timer);
        if self.phase == Phase::Established {
            ctx.observe(Fact::DialogClosed { opened_at: self.opened_at, orderly: false });
        }
    }
}

impl Terminals {
    /// A notification about deferred messages arrived.
    pub(super) fn on_notification(
        &mut self,
        ctx: &mut Context<'_>,
        notification: &Notification,
        from: Option<Uri>,
        sent_at: Time,
    ) {
        let me = ctx.me;
        let pull = &mut self.activity(me).pull;
        let under_way = pull.phase > Phase::Thinking;
        let gone = notification.kind == NotificationKind::Expired;
        pull.management = from;
        for entry in &notification.entries {
            pull.notified.retain(|told| !gone || told.id != entry.id);
            if !gone && !pull.notified.iter().any(|told| told.id == entry.id) {
                pull.notified.push(Told { id: entry.id, size: entry.size });
            }
        }
        if notification.kind == NotificationKind::Waiting {
            pull.announced = notification.number;
        }
        let idle = pull.phase == Phase::Idle;
        ctx.observe(Fact::NotificationReceived { user: own_user(ctx), sent_at, pull_under_way: under_way });
        if idle && !gone {
            self.think(ctx);
        }
    }

    /// Lets the user react to a notification.
    // req: CPM-C-0n
    fn think(&mut self, ctx: &mut Context<'_>) {
        let me = ctx.me;
        let device = ctx.shared.device_of(me);
        let Some(think_time) = &device.think_time else { return };
        let number = {
            let terminal = self.terminal(me);
            terminal.answers += 1;
            u64::from(terminal.answers)
        };
        let streams = &ctx.shared.streams;
        let after = think_time.span(|| streams.draw(me.0, Purpose::ThinkTime, number));
        let timer = ctx.set_timer(after, TerminalTimer::Think, 0);
        let pull = &mut self.activity(me).pull;
        pull.phase = Phase::Thinking;
        pull.listed = device.pull_listed;
        pull.wishes = PullWishes::default();
        pull.timer = timer;
    }

    pub(super) fn on_think(&mut self, ctx: &mut Context<'_>) {
        let pull = &mut self.activity(ctx.me).pull;
        pull.timer = EventHandle::NONE;
        pull.attempt = 0;
        self.invite(ctx);
    }

    /// The user pulls without being told.
    pub(super) fn pull_now(&mut self, ctx: &mut Context<'_>, listed: bool, wishes: PullWishes) {
        if self.is_off(ctx.me) {
            return;
        }
        let pull = &mut self.activity(ctx.me).pull;
        match pull.phase {
            Phase::Idle | Phase::Thinking | Phase::RetryWait => {
                ctx.cancel_timer(&mut pull.timer);
                pull.listed = listed;
                pull.wishes = wishes;
                pull.attempt = 0;
                self.invite(ctx);
            }
            Phase::Inviting | Phase::Established => {}
        }
    }

    pub(super) fn on_pull_retry(&mut self, ctx: &mut Context<'_>) {
        self.activity(ctx.me).pull.timer = EventHandle::NONE;
        self.invite(ctx);
    }

    // req: CPM-C-0, CPM-C-0b, CPM-C-1, CPM-C-7
    fn invite(&mut self, ctx: &mut Context<'_>) {
        let me = ctx.me;
        let registered = self.terminal(me).registered_until > ctx.now;
        // req: CPM-F-10
        if !ctx.shared.device_of(me).provisioned || !registered {
            ctx.observe(Fact::PullImpossible);
            self.activity(me).pull.phase = Phase::Idle;
            return;
        }
        let pull = &mut self.activity(me).pull;
        pull.asked = std::mem::take(&mut pull.notified);
        let entries = if pull.listed && !pull.asked.is_empty() {
            let entries = self.instructions(ctx);
            if entries.is_empty() {
                return self.leave_all(ctx);
            }
            Some(entries)
        } else {
            None
        };
        self.activity(me).pull.sent_list = entries.is_some();
        let request = self.build_invite(ctx, entries);
        let class = ctx.shared.class_of_terminal(me);
        let meta = self.own_meta(ctx, Procedure::Management, class);
        let now = ctx.now;
        let pull = &mut self.activity(me).pull;
        pull.phase = Phase::Inviting;
        pull.began = now;
        pull.invite = Some(Box::new(request.clone()));
        pull.dialog = None;
        pull.media = None;
        pull.acks = 0;
        pull.meta = Some(meta);
        let partial = pull.sent_list && (pull.asked.len() as u32) < pull.announced;
        ctx.observe(Fact::PullStarted { attempt: pull.attempt, partial });
        // The network answers an INVITE before Timer C is over, unless its answer is lost.
        let limit = ctx.shared.sip.timer_c.saturating_add(ctx.shared.sip.access_timers.transaction_timeout());
        let timer = ctx.set_timer(limit, TimerReason::SessionGuard, 0);
        let tx = self.send(ctx, request, meta, Own::Pull);
        let pull = &mut self.activity(me).pull;
        pull.timer = timer;
        pull.tx = tx;
    }

    /// An INVITE has had no final response for too long: it is cancelled, and fails by that. Or the PF was to end the
    /// session and has not, not even by its own limit: its BYE was lost.
    pub(super) fn on_session_limit(&mut self, ctx: &mut Context<'_>) {
        let pull = &mut self.activity(ctx.me).pull;
        pull.timer = EventHandle::NONE;
        match (pull.phase, pull.tx) {
            (Phase::Inviting, Some(tx)) => self.transactions.cancel(ctx, tx),
            (Phase::Established, _) => self.send_bye(ctx),
            (Phase::Inviting, None) | (Phase::Idle | Phase::Thinking | Phase::RetryWait, _) => {}
        }
    }

    /// What the user wants done with the messages that the request is about.
    // req: CPM-C-6i, CPM-C-6ii, CPM-C-6iii, CPM-C-6iv
    fn instructions(&mut self, ctx: &Context<'_>) -> Vec<(Token, CpmAction)> {
        let me = ctx.me;
        let device = ctx.shared.device_of(me);
        let requests = self.terminal(me).numbers;
        let (asked, scripted) = (self.activity(me).pull.asked.clone(), self.activity(me).pull.wishes);
        let mut entries = Vec::new();
        for (at, told) in asked.iter().enumerate() {
            let too_large = device.max_content.is_some_and(|limit| told.size > limit);
            let wish = match scripted.get(at) {
                Some(wish) => wish,
                None if too_large => device.pull_unsuitable,
                None => {
                    let number = u64::from(requests) << 16 | at as u64;
                    let draw = || ctx.shared.streams.draw(me.0, Purpose::Instruction, number);
                    WISHES[(device.pull_actions.count(draw) as usize).min(WISHES.len() - 1)]
                }
            };
            entries.extend(wish.map(|action| (told.id, action)));
        }
        entries
    }

    /// The user leaves all messages where they are.
    fn leave_all(&mut self, ctx: &mut Context<'_>) {
        let pull = &mut self.activity(ctx.me).pull;
        pull.phase = Phase::Idle;
        pull.asked.clear();
        self.drop_idle_activity(ctx);
    }

    // req: CPM-C-8
    fn build_invite(&mut self, ctx: &Context<'_>, entries: Option<Vec<(Token, CpmAction)>>) -> SipMessage {
        let me = ctx.me;
        let user = own_user(ctx);
        let (tag, call_id, sdp_session) = (self.token(me), self.token(me), self.token(me));
        // req: CPM-C-2
        let provisioned = ctx.shared.management_uri(user, ctx.shared.pf_of(user));
        let uri = self.activity(me).pull.management.take().unwrap_or(provisioned);
        let from = Party { uri: Uri::User(user), tag: Some(tag) };
        let mut request = SipMessage::request(Method::Invite, uri, from, Party { uri, tag: None }, call_id, 1);
        dress(ctx, &mut request);
        // req: CPM-C-3
        request.contact = ContactHeader::One(Contact {
            features: FeatureTags::DEFERRED,
            instance: Some(me),
            ..Contact::plain(Uri::Contact(me))
        });
        // req: CPM-C-4
        request.headers.accept_contact =
            Some(AcceptContact { features: FeatureTags::DEFERRED, require: false, explicit: false });
        request.headers.p_asserted_service = FeatureTags::DEFERRED;
        request.headers.service_is_preferred = true;
        request.headers.allow = true;
        // RFC 5627 section 4.4: a client with GRUUs says so in requests that make a dialog.
        request.headers.supported = request.headers.supported.union(OptionTags::GRUU);
        // req: CPM-C-5, CPM-C-5a, CPM-C-5c
        // req: CPM-C-5b
        let mut accept = ContentTypes::of(ContentType::Cpim);
        if self.activity(me).pull.other_sdp {
            accept = accept.union(ContentTypes::ANY);
        }
        let stream = Stream::of_messages(sdp_session, Setup::Active, MediaDirection::RecvOnly, accept);
        let sdp = Sdp::of_one(me, sdp_session, stream);
        request.body = if let Some(entries) = entries {
            // req: CPM-C-6a, O-11
            if ctx.policies().deferral.recipient_list_invite != RecipientListInvite::Omitted {
                request.headers.require = request.headers.require.union(OptionTags::RECIPIENT_LIST_INVITE);
            }
            Body::Management(Arc::new(Management { sdp, entries }))
        } else {
            Body::Sdp(Arc::new(sdp))
        };
        request
    }

    pub(super) fn on_pull_response(&mut self, ctx: &mut Context<'_>, response: &SipMessage) {
        let status = response.status().unwrap_or(0);
        if (200..300).contains(&status) {
            return self.on_pull_success(ctx, response);
        }
        let retry_after = response.headers.retry_after.map(|seconds| Span::from_secs(u64::from(seconds)));
        let no_messages = response.headers.warning == Some(Warning::NoMessages);
        self.on_pull_failure(ctx, Some(status), retry_after, no_messages);
    }

    // req: CPM-C-11, CPM-C-12
    fn on_pull_success(&mut self, ctx: &mut Context<'_>, response: &SipMessage) {
        let me = ctx.me;
        let pull = &mut self.activity(me).pull;
        let Some(invite) = &pull.invite else { return };
        if invite.call_id != response.call_id {
            return;
        }
        let first = pull.phase == Phase::Inviting;
        if first {
            let Some(dialog) = Dialog::of_caller(invite, response) else { return };
            pull.dialog = Some(Box::new(dialog));
            pull.phase = Phase::Established;
            ctx.cancel_timer(&mut pull.timer);
            pull.opened_at = ctx.now;
            ctx.observe(Fact::PullAnswered {
                status: response.status(),
                began: pull.began,
                retry: false,
                no_messages: false,
                listed: pull.sent_list,
            });
            ctx.observe(Fact::DialogOpened);
        }
        self.send_ack(ctx);
        if first && ctx.policies().deferral.management_media == ManagementMedia::MsrpBind {
            self.bind_media(ctx, response);
        }
        // req: POL-BYE
        match ctx.policies().bye_side {
            ByeSide::Client if first => self.send_bye(ctx),
            ByeSide::Pf if first => {
                let limit = ctx.shared.sip.access_timers.transaction_timeout() * 3;
                let timer = ctx.set_timer(limit, TimerReason::SessionGuard, 0);
                self.activity(me).pull.timer = timer;
            }
            ByeSide::Client | ByeSide::Pf => {}
        }
    }

    /// Sets up the media plane, in which nothing will be sent.
    // req: CPM-C-8
    fn bind_media(&mut self, ctx: &mut Context<'_>, response: &SipMessage) {
        let me = ctx.me;
        let (transaction, message) = (self.token(me), self.token(me));
        let class = ctx.shared.class_of_terminal(me);
        let meta = self.own_meta(ctx, Procedure::Management, class);
        let pull = &mut self.activity(me).pull;
        let offered = pull.invite.as_ref().and_then(|invite| media_of(&invite.body));
        if let (Some(own), Some(remote)) = (offered, media_of(&response.body)) {
            pull.media = Some(own);
            bind(ctx, (own, remote), (transaction, message), meta);
        }
    }

    /// Whether an MSRP message is the answer to the SEND that binds the media plane of a management session. What it
    /// says changes nothing: the session is over, or will be.
    pub(super) fn takes_binding_answer(&mut self, ctx: &Context<'_>, message: &Msrp) -> bool {
        let activity = self.terminal(ctx.me).activity.as_mut();
        let Some(pull) = activity.map(|activity| &mut activity.pull) else { return false };
        let is_own = pull.media == Some(message.to.next.session) && matches!(message.start, MsrpStart::Response(_));
        if is_own {
            pull.media = None;
            self.drop_idle_activity(ctx);
        }
        is_own
    }

    fn send_ack(&mut self, ctx: &mut Context<'_>) {
        let me = ctx.me;
        let branch = self.token(me);
        let pull = &mut self.activity(me).pull;
        let (Some(dialog), Some(invite), Some(meta)) = (&mut pull.dialog, &pull.invite, pull.meta) else { return };
        let mut ack = dialog.request(Method::Ack);
        ack.cseq = invite.cseq;
        let meta = Meta { copy: pull.acks, ..meta };
        pull.acks += 1;
        if let Some(hop) = dialog.first_hop() {
            send_ack(ctx, hop, ack, branch, meta);
        }
    }

    // req: CPM-C-12
    fn send_bye(&mut self, ctx: &mut Context<'_>) {
        let me = ctx.me;
        let Some(dialog) = &mut self.activity(me).pull.dialog else { return };
        let mut request = dialog.request(Method::Bye);
        dress(ctx, &mut request);
        let class = ctx.shared.class_of_terminal(me);
        let meta = self.own_meta(ctx, Procedure::Management, class);
        let began = ctx.now;
        self.send(ctx, request, meta, Own::Bye { began });
    }

    pub(super) fn on_bye_settled(&mut self, ctx: &mut Context<'_>, began: Time, orderly: bool) {
        if orderly {
            ctx.observe(Fact::ByeAnswered { began });
        }
        self.end_session(ctx, orderly);
    }

    /// The PF ends the session.
    pub(super) fn on_bye(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage) {
        let pull = &mut self.activity(ctx.me).pull;
        let known = pull.dialog.as_ref().is_some_and(|dialog| dialog.id() == DialogId::of_request(request));
        self.answer(ctx, tx, request, if known { 200 } else { 481 });
        if known {
            self.end_session(ctx, true);
        }
    }

    fn end_session(&mut self, ctx: &mut Context<'_>, orderly: bool) {
        let me = ctx.me;
        let pull = &mut self.activity(me).pull;
        if pull.phase == Phase::Established {
            pull.phase = Phase::Idle;
            ctx.cancel_timer(&mut pull.timer);
            ctx.observe(Fact::DialogClosed { opened_at: pull.opened_at, orderly });
            // What a notification told of meanwhile is asked for next.
            if !pull.notified.is_empty() {
                self.think(ctx);
            }
        }
    }

    /// The INVITE failed or timed out.
    // req: CPM-C-9, CPM-C-10
    pub(super) fn on_pull_failure(
        &mut self,
        ctx: &mut Context<'_>,
        status: Option<u16>,
        retry_after: Option<Span>,
        no_messages: bool,
    ) {
        let me = ctx.me;
        let wait = self.retry_wait(ctx, status, retry_after);
        let began = self.activity(me).pull.began;
        let listed = self.activity(me).pull.sent_list;
        ctx.observe(Fact::PullAnswered { status, began, retry: wait.is_some(), no_messages, listed });
        // req: O-10
        let other_sdp = no_messages && ctx.policies().deferral.on_488 == On488::Retry;
        let wait = if other_sdp && !std::mem::replace(&mut self.activity(me).pull.other_sdp, true) {
            Some(Span::from_nanos(1))
        } else {
            self.activity(me).pull.other_sdp = false;
            wait
        };
        let timer = wait.map(|wait| ctx.set_timer(wait, TerminalTimer::PullRetry, 0));
        let pull = &mut self.activity(me).pull;
        ctx.cancel_timer(&mut pull.timer);
        pull.invite = None;
        match timer {
            Some(timer) => {
                pull.attempt += 1;
                pull.phase = Phase::RetryWait;
                pull.timer = timer;
                let mut asked = std::mem::take(&mut pull.asked);
                asked.append(&mut pull.notified);
                pull.notified = asked;
            }
            None => {
                pull.phase = Phase::Idle;
                pull.asked.clear();
                if !pull.notified.is_empty() {
                    self.think(ctx);
                }
            }
        }
        self.drop_idle_activity(ctx);
    }

    fn retry_wait(&mut self, ctx: &Context<'_>, status: Option<u16>, retry_after: Option<Span>) -> Option<Span> {
        let attempt = self.activity(ctx.me).pull.attempt;
        let policies = ctx.policies();
        if !matches!(status, Some(480 | 503)) || attempt >= policies.pull_retry_max {
            return None;
        }
        match policies.pull_retry {
            PullRetry::None => None,
            PullRetry::Fixed => Some(policies.pull_retry_interval),
            PullRetry::Exponential => Some(policies.pull_retry_interval * (1 << attempt.min(20))),
            PullRetry::RetryAfter => retry_after,
        }
    }
}

/// The MSRP session of the one stream that a description of a management session has.
fn media_of(body: &Body) -> Option<Token> {
    let sdp = match body {
        Body::Sdp(sdp) => &**sdp,
        Body::Management(management) => &management.sdp,
        _ => return None,
    };
    sdp.streams().next().map(|(_, stream)| stream.session)
}

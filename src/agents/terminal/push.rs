//! The Push Receiver Agent: takes content in MESSAGE and NOTIFY, fetches what a message only refers to, reports, tells
//! its capabilities, subscribes to content.

use super::{Own, Terminals, dress, own_user};
use crate::agents::observation::Fact;
use crate::agents::outbox::{Context, Outgoing};
use crate::agents::procedure::{Meta, Procedure};
use crate::agents::shared::gruu_number;
use crate::agents::timer::TimerReason;
use crate::agents::transactions::ServerTx;
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle};
use crate::wire::http::{Http, HttpStart, HttpUse};
use crate::wire::sip::body::{Carriage, Disposition, Imdn, Push, PushReport, ReportWanted};
use crate::wire::sip::headers::EventPackage;
use crate::wire::sip::{Body, Contact, ContactHeader, FeatureTags, Method, Party, SipMessage, Uri};
use crate::wire::{Message, Token};

/// A fetch of content under way.
#[derive(Clone, Debug)]
struct Fetch {
    terminal: EntityId,
    exchange: Token,
    push: Push,
    class: u16,
    timer: EventHandle,
}

/// The fetches of all terminals.
#[derive(Clone, Debug, Default)]
pub(super) struct Fetches {
    list: Slab<Fetch>,
    by_exchange: Lookup<Token, u32>,
}

impl Fetches {
    /// Fetches under way.
    pub(super) fn open(&self) -> u64 {
        self.list.len() as u64
    }

    /// A terminal lost power.
    pub(super) fn drop_all(&mut self, ctx: &mut Context<'_>, terminal: EntityId) {
        let of_terminal = |(at, fetch): (u32, &Fetch)| (fetch.terminal == terminal).then_some(at);
        let dropped: Vec<u32> = self.list.iter().filter_map(of_terminal).collect();
        for at in dropped {
            self.remove(ctx, at);
        }
    }

    fn remove(&mut self, ctx: &mut Context<'_>, at: u32) -> Option<Fetch> {
        let mut fetch = self.list.remove(at)?;
        ctx.cancel_timer(&mut fetch.timer);
        self.by_exchange.remove(&fetch.exchange);
        Some(fetch)
    }
}

impl Terminals {
    /// A MESSAGE with content, or with where it is.
    pub(super) fn on_push(
        &mut self,
        ctx: &mut Context<'_>,
        tx: ServerTx,
        request: &SipMessage,
        push: &Push,
        meta: Meta,
    ) {
        let status = match push.carriage {
            Carriage::Inline => self.verdict_on(ctx, request, push),
            Carriage::Reference(_) => 200,
        };
        self.answer(ctx, tx, request, status);
        if status == 200 {
            self.take_push(ctx, push, meta);
        }
    }

    /// The status of an inline content: 415 where it needs a feature that the terminal lacks, 413 where it is too
    /// large.
    fn verdict_on(&mut self, ctx: &Context<'_>, request: &SipMessage, push: &Push) -> u16 {
        let device = ctx.shared.device_of(ctx.me);
        let asked = request.headers.accept_contact.map_or(FeatureTags::NONE, |accept| accept.features);
        // The service itself is only preferred.
        let needed = asked.without(FeatureTags::PUSH);
        if !self.present_features(ctx).contains(needed) {
            415
        } else if device.max_content.is_some_and(|limit| push.octets > limit) {
            413
        } else {
            200
        }
    }

    /// Takes content that is there, or fetches it.
    pub(super) fn take_push(&mut self, ctx: &mut Context<'_>, push: &Push, meta: Meta) {
        match push.carriage {
            Carriage::Inline => self.take_content(ctx, push, meta.class),
            Carriage::Reference(server) => self.fetch(ctx, push, server, meta.class),
        }
    }

    fn take_content(&mut self, ctx: &mut Context<'_>, push: &Push, class: u16) {
        let duplicate = self.activity(ctx.me).messaging.is_copy(push.id);
        ctx.observe(Fact::PushReceived { content: push.id, octets: push.octets, duplicate });
        if let (Some(wanted), false) = (push.report, duplicate) {
            self.report_push(ctx, push.id, wanted, class);
        }
    }

    /// Fetches content over a TCP connection of its own, unless it is there or on its way.
    // req: MT-3
    fn fetch(&mut self, ctx: &mut Context<'_>, push: &Push, server: EntityId, class: u16) {
        let me = ctx.me;
        let is_fetched = |fetch: &Fetch| fetch.terminal == me && fetch.push.id == push.id;
        if self.activity(me).messaging.has(push.id) || self.fetches.list.iter().any(|(_, fetch)| is_fetched(fetch)) {
            return;
        }
        let exchange = self.token(me);
        let start = HttpStart::Fetch(push.id, push.octets);
        let request = Http { exchange, server, usage: HttpUse::Content, start, content: 0 };
        let fetch = Fetch { terminal: me, exchange, push: *push, class, timer: EventHandle::NONE };
        let at = self.fetches.list.insert(fetch);
        self.fetches.by_exchange.insert(exchange, at);
        let timer = ctx.set_timer(ctx.policies().push.fetch_timeout, TimerReason::Fetch, at);
        self.fetches.list.get_mut(at).expect("the fetch was just stored").timer = timer;
        let meta = self.own_meta(ctx, Procedure::ContentFetch, class);
        let message = Message::Http(Box::new(request));
        ctx.out.send(Outgoing { from: me, to: server, message, meta, transmission: 0, tcp: true, opens: true });
    }

    /// The answer of a content server.
    pub(super) fn on_fetched(&mut self, ctx: &mut Context<'_>, response: &Http) {
        let at = self.fetches.by_exchange.get(&response.exchange).copied();
        let Some(fetch) = at.and_then(|at| self.fetches.remove(ctx, at)) else { return ctx.observe(Fact::Stray) };
        match response.start {
            HttpStart::Response(200) => self.take_content(ctx, &fetch.push, fetch.class),
            HttpStart::Response(_) | HttpStart::Request(..) | HttpStart::RuleRequest(..) | HttpStart::Fetch(..) => {
                ctx.observe(Fact::FetchFailed);
            }
        }
    }

    pub(super) fn on_fetch_timeout(&mut self, ctx: &mut Context<'_>, at: u32) {
        if self.fetches.remove(ctx, at).is_some() {
            ctx.observe(Fact::FetchFailed);
        }
    }

    /// Tells the push sender that the content is here.
    fn report_push(&mut self, ctx: &mut Context<'_>, about: Token, wanted: ReportWanted, class: u16) {
        let (from, to) = (own_user(ctx), Uri::Node(about.entity()));
        let imdn = Imdn { about, sent_at: wanted.sent_at, disposition: Disposition::Delivered };
        let (tag, call_id, message_id) = (self.token(ctx.me), self.token(ctx.me), self.token(ctx.me));
        let from_party = Party { uri: Uri::User(from), tag: Some(tag) };
        let mut request =
            SipMessage::request(Method::Message, to, from_party, Party { uri: to, tag: None }, call_id, 1);
        dress(ctx, &mut request);
        request.body = Body::PushReport(PushReport { from, message_id, sent_at: ctx.now, imdn });
        let mut meta = self.own_meta(ctx, Procedure::Report, class);
        meta.began = wanted.sent_at;
        self.send(ctx, request, meta, Own::PushReport);
    }

    /// Answers OPTIONS with what the terminal can do, and with its GRUUs (RFC 3261 section 11.2).
    // req: MT-13
    pub(super) fn tell_capabilities(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage) {
        let me = ctx.me;
        let tag = self.token(me);
        let mut response = SipMessage::response_to(request, 200, Some(tag));
        response.contact = ContactHeader::One(Contact {
            uri: Uri::Contact(me),
            features: self.present_features(ctx),
            instance: Some(me),
            gruu: self.terminal(me).call_id.map(gruu_number),
            expires: None,
        });
        response.headers.allow = true;
        response.headers.accept = true;
        ctx.observe(Fact::CapabilitiesTold);
        self.give(ctx, tx, response);
    }

    /// The features of the device that are not lost.
    pub(super) fn present_features(&mut self, ctx: &Context<'_>) -> FeatureTags {
        let features = ctx.shared.device_of(ctx.me).features;
        let reduced = self.terminal(ctx.me).activity.as_ref().is_some_and(|activity| activity.reduced);
        if reduced { features.without(ctx.shared.losable_features(ctx.me)) } else { features }
    }

    /// The terminal loses or regains features: its next REGISTER says so, at once where it is registered.
    pub(super) fn change_capability(&mut self, ctx: &mut Context<'_>, present: bool) {
        let activity = self.activity(ctx.me);
        if activity.reduced == present {
            activity.reduced = !present;
            activity.unregistered_change = true;
            self.register_changed_features(ctx);
        }
        self.drop_idle_activity(ctx);
    }

    /// Registers what changed since the last REGISTER, unless one is under way.
    pub(super) fn register_changed_features(&mut self, ctx: &mut Context<'_>) {
        let me = ctx.me;
        let changed = self.terminal(me).activity.as_ref().is_some_and(|activity| activity.unregistered_change);
        if changed && self.is_registered(me) {
            self.activity(me).unregistered_change = false;
            self.refresh(ctx);
        }
    }

    /// Subscribes to the content of the push sender that serves the user.
    // req: PUSH-G-5
    pub(super) fn subscribe_to_content(&mut self, ctx: &mut Context<'_>) {
        let (me, user) = (ctx.me, own_user(ctx));
        let Some(sender) = ctx.shared.push_sender_of(user).map(Uri::Node) else { return };
        if !self.is_registered(me) || self.watches.watches(me, sender) {
            return;
        }
        let mut tokens = self.terminal(me).tokens;
        let (from, contact) = (Uri::User(user), Uri::Contact(me));
        let mut request = self.watches.subscribe(ctx, &mut tokens, EventPackage::Push, sender, from, contact);
        self.terminal(me).tokens = tokens;
        dress(ctx, &mut request);
        self.send_subscribe(ctx, request);
    }

    pub(super) fn unsubscribe_from_content(&mut self, ctx: &mut Context<'_>) {
        let me = ctx.me;
        let Some(sender) = ctx.shared.push_sender_of(own_user(ctx)).map(Uri::Node) else { return };
        if let Some(mut request) = self.watches.unsubscribe(me, sender, Uri::Contact(me)) {
            dress(ctx, &mut request);
            self.send_subscribe(ctx, request);
        }
    }
}

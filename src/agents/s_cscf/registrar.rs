//! The registrar of the S-CSCF: challenge, bindings with expiry, third-party registration, and what the subscribers of
//! the reg-event package are told.

use super::{Binding, HeldUp, Own, SCscf};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::ThirdPartyRegister;
use crate::agents::procedure::{Meta, Procedure, Scope};
use crate::agents::proxy::Owner;
use crate::agents::reg_event::{Document, Notify};
use crate::agents::shared::gruu_number;
use crate::agents::timer::SCscfTimer;
use crate::agents::transactions::ServerTx;
use crate::kernel::{EntityId, EventHandle, Span, Time};
use crate::wire::diameter::{AssignmentType, Command, DiameterMessage};
use crate::wire::sip::body::{ContactEvent, RegInfoContact};
use crate::wire::sip::headers::Authorization;
use crate::wire::sip::{Body, Contact, ContactHeader, FeatureTags, Method, Party, RouteKind, SipMessage, Uri};
use crate::wire::{Token, UserId};
use std::sync::Arc;

/// What a REGISTER asks for.
struct Request {
    user: UserId,
    terminal: EntityId,
    features: FeatureTags,
    expires: Span,
    gruu: u32,
}

fn parse(ctx: &Context<'_>, request: &SipMessage) -> Option<Request> {
    let contact = request.contact.first()?;
    let terminal = contact.instance?;
    let (user, _) = ctx.shared.names.terminal_owner(terminal);
    let seconds = contact.expires.or(request.expires).unwrap_or(0);
    let (features, expires) = (contact.features, Span::from_secs(u64::from(seconds)));
    Some(Request { user, terminal, features, expires, gruu: gruu_number(request.call_id) })
}

impl SCscf {
    /// Registers a terminal without signalling.
    pub fn preload(
        &mut self,
        ctx: &mut Context<'_>,
        terminal: EntityId,
        features: FeatureTags,
        expires_at: Time,
        (nonce, call_id): (Token, Token),
    ) {
        let (user, _) = ctx.shared.names.terminal_owner(terminal);
        let timer = ctx.set_timer(expires_at.since(ctx.now), SCscfTimer::BindingExpiry, terminal.0);
        let record = self.record(user);
        record.profile = true;
        record.bindings.push(Binding {
            terminal,
            features,
            refreshing: false,
            gruu: gruu_number(call_id),
            nonce: Some(nonce),
            expires_at,
            timer,
        });
        ctx.observe(Fact::Binding { user, terminal, bound: true });
    }

    /// Starts anew, with or without the registrations. Subscriptions to them are gone either way.
    pub(super) fn restart(&mut self, ctx: &mut Context<'_>, keeps_data: bool) {
        let mut records = std::mem::take(&mut self.records);
        for binding in records.iter_mut().flat_map(|record| &mut record.bindings) {
            if keeps_data {
                binding.refreshing = false;
                let left = binding.expires_at.since(ctx.now);
                binding.timer = ctx.set_timer(left, SCscfTimer::BindingExpiry, binding.terminal.0);
            } else {
                ctx.observe(Fact::Binding {
                    user: ctx.shared.names.terminal_owner(binding.terminal).0,
                    terminal: binding.terminal,
                    bound: false,
                });
            }
        }
        if !keeps_data {
            for record in records.iter_mut() {
                record.bindings.clear();
                record.profile = false;
            }
        }
        *self = SCscf { records, instances: self.instances, tokens: self.tokens, ..SCscf::default() };
    }

    pub(super) fn register(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage) {
        let Some(asked) = parse(ctx, request) else { return self.refuse(ctx, tx, 400) };
        let challenge_refresh = ctx.policies().challenge_refresh;
        let pending = self.challenges.get(&asked.terminal).copied();
        let record = self.record(asked.user);
        let binding = record.bindings.iter_mut().find(|binding| binding.terminal == asked.terminal);
        let answered = match request.headers.authorization {
            Some(Authorization::Response { nonce }) => {
                let inside_association = binding.as_ref().is_some_and(|binding| binding.nonce == Some(nonce));
                pending == Some(nonce) || inside_association && !challenge_refresh
            }
            Some(Authorization::Initial) | None => false,
        };
        if !answered {
            self.note_late_refresh(ctx, tx, asked.terminal);
            return self.query(ctx, tx, asked.user, Command::MultimediaAuth, None, HeldUp::Challenge(tx));
        }
        if asked.expires.is_zero() {
            return self.deregister(ctx, tx, &asked);
        }
        let assignment = match binding {
            Some(binding) => {
                binding.refreshing = true;
                AssignmentType::ReRegistration
            }
            None => AssignmentType::Registration,
        };
        let held_up = HeldUp::Registration(tx);
        self.query(ctx, tx, asked.user, Command::ServerAssignment, Some(assignment), held_up);
    }

    /// RACE-13: a terminal that believes to be registered refreshes a binding that has expired.
    fn note_late_refresh(&mut self, ctx: &mut Context<'_>, tx: ServerTx, terminal: EntityId) {
        let Some(meta) = self.transactions.meta(tx).filter(|meta| meta.procedure == Procedure::ReRegistration) else {
            return;
        };
        if let Some(expired_at) = self.expired.get(&terminal).copied() {
            self.expired.remove(&terminal);
            ctx.observe(Fact::RefreshAfterExpiry { expired_at, class: meta.class });
        }
    }

    fn query(
        &mut self,
        ctx: &mut Context<'_>,
        tx: ServerTx,
        user: UserId,
        command: Command,
        assignment: Option<AssignmentType>,
        held_up: HeldUp,
    ) {
        let Some(hss) = ctx.shared.hss_of(user) else { return self.refuse(ctx, tx, 500) };
        let meta = self.transactions.meta(tx).expect("the query holds up an open transaction").query();
        let query = self.cx_query(ctx, user, command, assignment, hss);
        self.queries.send(ctx, hss, query, meta, held_up);
    }

    fn cx_query(
        &mut self,
        ctx: &Context<'_>,
        user: UserId,
        command: Command,
        assignment: Option<AssignmentType>,
        hss: EntityId,
    ) -> DiameterMessage {
        DiameterMessage {
            command,
            result: None,
            transaction: self.tokens.next(ctx.me),
            user,
            origin: ctx.me,
            destination: hss,
            server: Some(ctx.me),
            assignment,
        }
    }

    /// Asks for the profile of a user who is not registered, for a request that reached the user.
    pub(super) fn fetch_profile(&mut self, ctx: &mut Context<'_>, tx: ServerTx, user: UserId) {
        let assignment = Some(AssignmentType::UnregisteredUser);
        self.query(ctx, tx, user, Command::ServerAssignment, assignment, HeldUp::Terminating(tx));
    }

    pub(super) fn challenge(&mut self, ctx: &mut Context<'_>, tx: ServerTx) {
        let Some(request) = self.transactions.request(tx) else { return };
        let Some(asked) = parse(ctx, request) else { return };
        let (nonce, tag) = (self.tokens.next(ctx.me), self.tokens.next(ctx.me));
        let mut response = SipMessage::response_to(request, 401, Some(tag));
        response.headers.www_authenticate = Some(nonce);
        self.challenges.insert(asked.terminal, nonce);
        self.transactions.respond(ctx, tx, response);
    }

    pub(super) fn complete_registration(&mut self, ctx: &mut Context<'_>, tx: ServerTx) {
        let Some(request) = self.transactions.request(tx).cloned() else { return };
        let Some(asked) = parse(ctx, &request) else { return };
        let granted = asked.expires.min(ctx.policies().registration_expires_max);
        let nonce = match request.headers.authorization {
            Some(Authorization::Response { nonce }) => Some(nonce),
            Some(Authorization::Initial) | None => None,
        };
        self.challenges.remove(&asked.terminal);
        self.expired.remove(&asked.terminal);
        let event = self.bind(ctx, &asked, granted, nonce);
        let mut response = SipMessage::response_to(&request, 200, Some(self.tokens.next(ctx.me)));
        response.headers.service_route = Some(ctx.me);
        response.headers.date = Some(ctx.now);
        response.headers.p_associated_uri = Some(Uri::User(asked.user));
        response.headers.path = request.headers.path;
        response.contact = self.contacts(ctx, asked.user, asked.terminal);
        self.transactions.respond(ctx, tx, response);
        self.third_party_register(ctx, asked.user, Some(&request), granted);
        if let Some(event) = event {
            self.tell_subscribers(ctx, asked.user, Some((asked.terminal, event)), &[]);
        }
    }

    /// Makes or refreshes the binding; what its subscribers must know of it, if anything.
    fn bind(
        &mut self,
        ctx: &mut Context<'_>,
        asked: &Request,
        granted: Span,
        nonce: Option<Token>,
    ) -> Option<ContactEvent> {
        let expires_at = ctx.now + granted;
        let timer = ctx.set_timer(granted, SCscfTimer::BindingExpiry, asked.terminal.0);
        let record = self.record(asked.user);
        record.profile = true;
        if let Some(binding) = record.bindings.iter_mut().find(|binding| binding.terminal == asked.terminal) {
            ctx.cancel_timer(&mut binding.timer);
            binding.timer = timer;
            binding.expires_at = expires_at;
            let changed = binding.features != asked.features || binding.gruu != asked.gruu;
            binding.features = asked.features;
            binding.gruu = asked.gruu;
            binding.nonce = nonce;
            binding.refreshing = false;
            return if changed { Some(ContactEvent::Refreshed) } else { None };
        }
        record.bindings.push(Binding {
            terminal: asked.terminal,
            features: asked.features,
            refreshing: false,
            gruu: asked.gruu,
            nonce,
            expires_at,
            timer,
        });
        ctx.observe(Fact::Binding { user: asked.user, terminal: asked.terminal, bound: true });
        Some(ContactEvent::Registered)
    }

    /// The contacts of a 200 to a REGISTER: all current bindings, that of the terminal that asks first (RFC 3261
    /// section 10.3, step 8). Where the last one went there is none.
    fn contacts(&mut self, ctx: &Context<'_>, user: UserId, terminal: EntityId) -> ContactHeader {
        let now = ctx.now;
        let record = self.record(user);
        let contact = |binding: &Binding| Contact {
            uri: Uri::Contact(binding.terminal),
            features: binding.features,
            instance: Some(binding.terminal),
            gruu: Some(binding.gruu),
            expires: Some(u32::try_from(binding.expires_at.since(now).as_secs()).unwrap_or(u32::MAX)),
        };
        let own = record.bindings.iter().filter(|binding| binding.terminal == terminal);
        let others = record.bindings.iter().filter(|binding| binding.terminal != terminal);
        let mut all: Vec<Contact> = own.chain(others).map(contact).collect();
        match all.len() {
            0 => ContactHeader::None,
            1 => ContactHeader::One(all.remove(0)),
            _ => ContactHeader::List(all.into()),
        }
    }

    fn deregister(&mut self, ctx: &mut Context<'_>, tx: ServerTx, asked: &Request) {
        let record = self.record(asked.user);
        let others = record.bindings.iter().any(|binding| binding.terminal != asked.terminal);
        if others {
            return self.complete_deregistration(ctx, tx);
        }
        let assignment = Some(AssignmentType::UserDeregistration);
        self.query(ctx, tx, asked.user, Command::ServerAssignment, assignment, HeldUp::Deregistration(tx));
    }

    pub(super) fn complete_deregistration(&mut self, ctx: &mut Context<'_>, tx: ServerTx) {
        let Some(request) = self.transactions.request(tx).cloned() else { return };
        let Some(asked) = parse(ctx, &request) else { return };
        let removed = self.unbind(ctx, asked.user, asked.terminal);
        let mut response = SipMessage::response_to(&request, 200, Some(self.tokens.next(ctx.me)));
        response.contact = self.contacts(ctx, asked.user, asked.terminal);
        response.headers.date = Some(ctx.now);
        self.transactions.respond(ctx, tx, response);
        let left = self.longest_binding(ctx.now, asked.user);
        self.third_party_register(ctx, asked.user, Some(&request), left);
        if let Some(binding) = removed {
            self.tell_subscribers(ctx, asked.user, None, &[(binding, ContactEvent::Unregistered)]);
        }
    }

    fn unbind(&mut self, ctx: &mut Context<'_>, user: UserId, terminal: EntityId) -> Option<Binding> {
        let record = self.record(user);
        let at = record.bindings.iter().position(|binding| binding.terminal == terminal)?;
        let mut binding = record.bindings.remove(at);
        ctx.cancel_timer(&mut binding.timer);
        ctx.observe(Fact::Binding { user, terminal, bound: false });
        Some(binding)
    }

    fn longest_binding(&mut self, now: Time, user: UserId) -> Span {
        let record = self.record(user);
        record.bindings.iter().map(|binding| binding.expires_at.since(now)).max().unwrap_or(Span::ZERO)
    }

    pub(super) fn clear_refreshing(&mut self, ctx: &Context<'_>, tx: ServerTx) {
        let Some(asked) = self.transactions.request(tx).and_then(|request| parse(ctx, request)) else { return };
        let record = self.record(asked.user);
        if let Some(binding) = record.bindings.iter_mut().find(|binding| binding.terminal == asked.terminal) {
            binding.refreshing = false;
        }
    }

    pub(super) fn on_binding_expiry(&mut self, ctx: &mut Context<'_>, terminal: EntityId) {
        let (user, _) = ctx.shared.names.terminal_owner(terminal);
        let record = self.record(user);
        let Some(binding) = record.bindings.iter_mut().find(|binding| binding.terminal == terminal) else { return };
        binding.timer = EventHandle::NONE;
        if binding.refreshing {
            // The refresh decides: its answer sets a new expiry, its failure a new timer.
            binding.timer = ctx.set_timer(ctx.policies().cx_timeout, SCscfTimer::BindingExpiry, terminal.0);
            return ctx.observe(Fact::ExpiryDuringRefresh);
        }
        let Some(binding) = self.unbind(ctx, user, terminal) else { return };
        self.expired.insert(terminal, ctx.now);
        if self.record(user).bindings.is_empty() {
            self.tell_expiry(ctx, user);
        }
        self.tell_subscribers(ctx, user, None, &[(binding, ContactEvent::Expired)]);
    }

    fn tell_expiry(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if let Some(hss) = ctx.shared.hss_of(user) {
            let meta = self.own_meta(ctx, user, Procedure::RegistrationExpiry);
            let assignment = Some(AssignmentType::TimeoutDeregistration);
            let query = self.cx_query(ctx, user, Command::ServerAssignment, assignment, hss);
            self.queries.send(ctx, hss, query, meta, HeldUp::Expiry);
        }
        if ctx.policies().third_party_register_on_expiry {
            self.third_party_register(ctx, user, None, Span::ZERO);
        }
    }

    fn own_meta(&mut self, ctx: &Context<'_>, user: UserId, procedure: Procedure) -> Meta {
        let class = class_of_user(ctx, user);
        let record = self.record(user);
        record.numbers += 1;
        Meta::new(procedure, class, ctx.now, Scope::s_cscf_user(user), record.numbers)
    }

    /// Tells the PF of the user about a registration (seed 002, 3GPP TS 24.229 section 5.4.1.7).
    // req: IMN-3, IMN-4
    fn third_party_register(&mut self, ctx: &mut Context<'_>, user: UserId, cause: Option<&SipMessage>, expires: Span) {
        let Some(pf) = ctx.shared.pf_of(user) else { return };
        let meta = self.own_meta(ctx, user, Procedure::ThirdPartyRegistration);
        let me = Uri::Node(ctx.me);
        let from = Party { uri: me, tag: Some(self.tokens.next(ctx.me)) };
        let to = Party { uri: Uri::User(user), tag: None };
        let call_id = self.tokens.next(ctx.me);
        let mut request = SipMessage::request(Method::Register, Uri::Node(pf), from, to, call_id, 1);
        request.contact = ContactHeader::One(Contact::plain(me));
        request.expires = Some(u32::try_from(expires.as_secs()).unwrap_or(u32::MAX));
        request.headers.p_charging_vector = Some(self.tokens.next(ctx.me));
        if let (ThirdPartyRegister::Embedded, Some(cause)) = (ctx.policies().third_party_register, cause) {
            request.body = Body::Register(Arc::new(cause.clone()));
        }
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, pf, request, branch, meta, Owner::Own(Own::ThirdPartyRegister));
    }

    fn document(
        &mut self,
        ctx: &Context<'_>,
        user: UserId,
        changed: Option<(EntityId, ContactEvent)>,
        ended: &[(Binding, ContactEvent)],
    ) -> Document {
        let now = ctx.now;
        let class = class_of_user(ctx, user);
        let record = self.record(user);
        let contact = |binding: &Binding, event| RegInfoContact {
            terminal: binding.terminal,
            event,
            features: binding.features,
            expires: binding.expires_at.since(now),
            gruu: binding.gruu,
        };
        let mut contacts: Vec<RegInfoContact> = record
            .bindings
            .iter()
            .map(|binding| match changed {
                Some((terminal, event)) if terminal == binding.terminal => contact(binding, event),
                Some(_) | None => contact(binding, ContactEvent::Registered),
            })
            .collect();
        let gone = contacts.is_empty();
        contacts.extend(ended.iter().map(|(binding, event)| contact(binding, *event)));
        Document { contacts, gone, class }
    }

    fn tell_subscribers(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        changed: Option<(EntityId, ContactEvent)>,
        ended: &[(Binding, ContactEvent)],
    ) {
        let document = self.document(ctx, user, changed, ended);
        let mut numbers = self.record(user).numbers;
        let notifies = self.notifier.on_change(ctx, user, &document, &mut numbers);
        self.record(user).numbers = numbers;
        for notify in notifies {
            self.send_notify(ctx, notify);
        }
    }

    pub(super) fn is_own_subscription(&self, ctx: &Context<'_>, request: &SipMessage) -> bool {
        let addressed_here = request.uri() == Some(Uri::Node(ctx.me));
        let routed_here = request.route.last().is_none_or(|route| {
            route.node == ctx.me && matches!(route.kind, RouteKind::Plain | RouteKind::Originating)
        });
        let own_user = match request.uri() {
            Some(Uri::User(user)) => ctx.shared.s_cscf_of(user) == Some(ctx.me),
            Some(_) | None => false,
        };
        request.headers.event.is_some() && (addressed_here || routed_here && own_user)
    }

    pub(super) fn subscribe(&mut self, ctx: &mut Context<'_>, from: EntityId, tx: ServerTx, request: &SipMessage) {
        let user = match request.to.uri {
            Uri::User(user) => user,
            Uri::Domain(_)
            | Uri::Contact(_)
            | Uri::PublicGruu(_)
            | Uri::TemporaryGruu(..)
            | Uri::Node(_)
            | Uri::DeferredManagement(_) => return self.refuse(ctx, tx, 404),
        };
        let asked = Span::from_secs(u64::from(request.expires.unwrap_or(0)));
        let granted = asked.min(ctx.policies().reg_event_expires);
        let tag = request.to.tag.unwrap_or_else(|| self.tokens.next(ctx.me));
        let Some(at) = self.notifier.on_subscribe(ctx, request, from, user, tag, granted) else {
            return self.refuse(ctx, tx, 481);
        };
        let mut response = SipMessage::response_to(request, 200, Some(tag));
        response.expires = Some(u32::try_from(granted.as_secs()).unwrap_or(u32::MAX));
        response.contact = ContactHeader::One(Contact::plain(Uri::Node(ctx.me)));
        self.transactions.respond(ctx, tx, response);
        self.notify_one(ctx, at, user);
    }

    pub(super) fn on_notify_rate(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(user) = self.notifier.on_rate_timer(at) {
            self.notify_one(ctx, at, user);
        }
    }

    fn notify_one(&mut self, ctx: &mut Context<'_>, at: u32, user: UserId) {
        let document = self.document(ctx, user, None, &[]);
        let mut numbers = self.record(user).numbers;
        let notify = self.notifier.notify(ctx, at, &document, &mut numbers, false);
        self.record(user).numbers = numbers;
        if let Some(notify) = notify {
            self.send_notify(ctx, notify);
        }
    }

    fn send_notify(&mut self, ctx: &mut Context<'_>, notify: Notify) {
        let branch = self.tokens.next(ctx.me);
        let owner = Owner::Own(Own::Notify(notify.request.call_id));
        self.transactions.send(ctx, notify.to, notify.request, branch, notify.meta, owner);
    }
}

/// The class of what is done on behalf of a user: the user's group.
fn class_of_user(ctx: &Context<'_>, user: UserId) -> u16 {
    ctx.shared.class_of_terminal(ctx.shared.names.terminals_of(user).0)
}

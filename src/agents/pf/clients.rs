//! What the PF knows of its users' clients: from third-party REGISTERs, plain or with the embedded REGISTER, and from
//! reg-event. The knowledge may lag behind the S-CSCF's.

use super::queue::Item;
use super::{Own, Pf};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::{Mode, Suitability, ThirdPartyRegister};
use crate::agents::procedure::Procedure;
use crate::agents::proxy::Owner;
use crate::agents::shared::gruu_number;
use crate::agents::transactions::ServerTx;
use crate::kernel::{EntityId, Span, Time};
use crate::wire::sip::body::{ContactEvent, RegInfo};
use crate::wire::sip::headers::EventPackage;
use crate::wire::sip::{Body, FeatureTags, SipMessage, Uri};
use crate::wire::{Token, UserId};

/// A registered client as the PF sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Client {
    pub(super) terminal: EntityId,
    pub(super) features: FeatureTags,
    pub(super) until: Time,
    /// Tells its registrations apart: another Call-ID means that it lost power and came back.
    pub(super) registration: u32,
}

impl Client {
    /// Whether the client can take a pager message of `size` octets: it is registered with the message tag and its
    /// device takes that much (one notion of suitability, POL-SUIT strict).
    // req: CPM-PF-4
    pub(super) fn is_suitable(&self, ctx: &Context<'_>, size: u32) -> bool {
        let device = ctx.shared.device_of(self.terminal);
        self.is_registered(ctx)
            && self.features.contains(FeatureTags::MSG)
            && device.max_content.is_none_or(|limit| size <= limit)
    }

    /// The same of a large message of so many octets with its CPIM headers.
    pub(super) fn is_suitable_for_large(&self, ctx: &Context<'_>, octets: u32) -> bool {
        let device = ctx.shared.device_of(self.terminal);
        self.is_registered(ctx)
            && self.features.contains(FeatureTags::LARGE_MSG)
            && device.sessions.max_size.is_none_or(|limit| octets <= limit)
    }

    /// Whether the client can take a deferred message.
    pub(super) fn takes(&self, ctx: &Context<'_>, item: &Item) -> bool {
        if item.large {
            self.is_suitable_for_large(ctx, super::large::octets(ctx, &item.cpim))
        } else {
            self.is_suitable(ctx, item.size())
        }
    }

    /// Whether the client is told of deferred messages. Suitable for any of them is suitable for the notification; in
    /// the relaxed sense every registered client is, and its user decides.
    // req: POL-SUIT, CPM-PF-4, CPM-PF-6
    pub(super) fn is_told<'a>(&self, ctx: &Context<'_>, items: impl IntoIterator<Item = &'a Item>) -> bool {
        let policies = &ctx.policies().deferral;
        if policies.pause_while_roaming && ctx.shared.device_of(self.terminal).roaming {
            return false;
        }
        match policies.suitability {
            Suitability::Strict => items.into_iter().any(|item| self.takes(ctx, item)),
            Suitability::Relaxed => self.is_registered(ctx) && self.features.contains(FeatureTags::SYSTEM_MSG),
        }
    }

    fn is_registered(&self, ctx: &Context<'_>) -> bool {
        self.until > ctx.now
    }
}

impl Pf {
    /// Makes a client known without signalling.
    pub fn preload(
        &mut self,
        ctx: &mut Context<'_>,
        terminal: EntityId,
        features: FeatureTags,
        until: Time,
        call_id: Token,
    ) {
        let (user, _) = ctx.shared.names.terminal_owner(terminal);
        let embedded = ctx.policies().third_party_register == ThirdPartyRegister::Embedded;
        let record = self.user(user);
        record.registered_until = record.registered_until.max(until);
        let registered_until = record.registered_until;
        if embedded || ctx.policies().reg_event.pf {
            record.clients.push(Client { terminal, features, until, registration: gruu_number(call_id) });
            note_known(ctx, terminal, until);
        }
        ctx.observe(Fact::UserKnown { user, until: registered_until });
    }

    /// Whether the PF learns of clients, in contrast to users.
    pub(super) fn knows_clients(&self, ctx: &Context<'_>) -> bool {
        ctx.policies().reg_event.pf || ctx.policies().third_party_register == ThirdPartyRegister::Embedded
    }

    // req: IMN-4
    pub(super) fn on_third_party_register(
        &mut self,
        ctx: &mut Context<'_>,
        from: EntityId,
        tx: ServerTx,
        request: &SipMessage,
    ) {
        let Uri::User(user) = request.to.uri else { return self.refuse(ctx, tx, 404) };
        let mut response = SipMessage::response_to(request, 200, Some(self.tokens.next(ctx.me)));
        response.expires = request.expires;
        response.contact = request.contact.clone();
        self.transactions.respond(ctx, tx, response);
        let expires = Span::from_secs(u64::from(request.expires.unwrap_or(0)));
        let until = ctx.now + expires;
        let is_new = self.user(user).registered_until <= ctx.now;
        self.user(user).registered_until = until;
        ctx.observe(Fact::UserKnown { user, until });
        if expires.is_zero() {
            self.forget_clients(ctx, user, |_| true);
        } else if let Body::Register(embedded) = &request.body {
            self.learn_from_register(ctx, user, embedded);
        }
        // Without clients that it knows, the PF can still push to the user's address.
        if is_new && !expires.is_zero() && ctx.policies().mode != Mode::Pull && !self.knows_clients(ctx) {
            self.on_new_user(ctx, user);
        }
        if !expires.is_zero() && ctx.policies().reg_event.pf && !self.watches.watches(ctx.me, Uri::User(user)) {
            self.subscribe(ctx, user, from);
        }
    }

    fn learn_from_register(&mut self, ctx: &mut Context<'_>, user: UserId, register: &SipMessage) {
        let Some(contact) = register.contact.first() else { return };
        let Some(terminal) = contact.instance else { return };
        let asked = Span::from_secs(u64::from(contact.expires.or(register.expires).unwrap_or(0)));
        let expires = asked.min(ctx.policies().registration_expires_max);
        if expires.is_zero() {
            self.forget_clients(ctx, user, |client| client.terminal == terminal);
        } else {
            let (features, until) = (contact.features, ctx.now + expires);
            let registration = gruu_number(register.call_id);
            self.learn_client(ctx, user, Client { terminal, features, until, registration });
        }
    }

    /// Forgets the clients of a user that `is_gone` picks.
    fn forget_clients(&mut self, ctx: &mut Context<'_>, user: UserId, is_gone: impl Fn(&Client) -> bool) {
        let until = ctx.now;
        self.user(user).clients.retain(|client| {
            let gone = is_gone(client);
            if gone {
                note_known(ctx, client.terminal, until);
            }
            !gone
        });
    }

    /// A client is new, too, that registers anew while the PF still takes it for registered: it has forgotten what it
    /// was told.
    fn learn_client(&mut self, ctx: &mut Context<'_>, user: UserId, client: Client) {
        let now = ctx.now;
        note_known(ctx, client.terminal, client.until);
        let record = self.user(user);
        let is_new = match record.clients.iter_mut().find(|known| known.terminal == client.terminal) {
            Some(known) => {
                let is_new = known.until <= now || known.registration < client.registration;
                *known = client;
                is_new
            }
            None => {
                record.clients.push(client);
                true
            }
        };
        if is_new {
            self.on_new_client(ctx, user, client);
        }
    }

    // req: IMN-5
    pub(super) fn subscribe(&mut self, ctx: &mut Context<'_>, user: UserId, s_cscf: EntityId) {
        let node = Uri::Node(ctx.me);
        let (package, resource) = (EventPackage::Reg, Uri::User(user));
        let mut request = self.watches.subscribe(ctx, &mut self.tokens, package, resource, node, node);
        request.headers.p_asserted_identity = Some(node);
        self.send_subscribe(ctx, user, s_cscf, request);
    }

    pub(super) fn refresh_subscription(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some((Uri::User(user), mut request)) = self.watches.on_refresh(ctx, at, Uri::Node(ctx.me)) else { return };
        request.headers.p_asserted_identity = Some(Uri::Node(ctx.me));
        if let Some(s_cscf) = ctx.shared.s_cscf_of(user) {
            self.send_subscribe(ctx, user, s_cscf, request);
        }
    }

    fn send_subscribe(&mut self, ctx: &mut Context<'_>, user: UserId, to: EntityId, request: SipMessage) {
        let class = class_of_user(ctx, user);
        let meta = self.own_meta(ctx, user, Procedure::RegEvent, class);
        let owner = Owner::Own(Own::Subscribe(request.call_id));
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, to, request, branch, meta, owner);
    }

    pub(super) fn on_notify(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage) {
        if !self.watches.on_notify(ctx, request) {
            return self.refuse(ctx, tx, 481);
        }
        self.refuse(ctx, tx, 200);
        if let Body::RegInfo(info) = &request.body {
            self.learn_from_reg_info(ctx, info);
        }
    }

    fn learn_from_reg_info(&mut self, ctx: &mut Context<'_>, info: &RegInfo) {
        for contact in &info.contacts {
            match contact.event {
                ContactEvent::Registered | ContactEvent::Refreshed => {
                    let until = ctx.now + contact.expires;
                    let (features, registration) = (contact.features, contact.gruu);
                    let client = Client { terminal: contact.terminal, features, until, registration };
                    self.learn_client(ctx, info.user, client);
                }
                ContactEvent::Unregistered | ContactEvent::Expired => {
                    self.forget_clients(ctx, info.user, |client| client.terminal == contact.terminal);
                }
            }
        }
    }
}

/// Says until when the PF knows a client. What an instance believes of another's users is not its user's view.
pub(super) fn note_known(ctx: &mut Context<'_>, terminal: EntityId, until: Time) {
    let (user, _) = ctx.shared.names.terminal_owner(terminal);
    if ctx.shared.pf_of(user) == Some(ctx.me) {
        ctx.observe(Fact::ClientKnown { terminal, until });
    }
}

/// The class of what is done on behalf of a user: the user's group.
pub(super) fn class_of_user(ctx: &Context<'_>, user: UserId) -> u16 {
    ctx.shared.class_of_terminal(ctx.shared.names.terminals_of(user).0)
}

//! Registration of a terminal: challenge, refresh, de-registration, retry, and its reg-event subscription.

use super::{Own, Terminals, dress, own_user};
use crate::agents::observation::{Fact, RegistrationKind};
use crate::agents::outbox::Context;
use crate::agents::procedure::Procedure;
use crate::agents::subscriptions::refresh_wait;
use crate::agents::timer::TerminalTimer;
use crate::kernel::{EntityId, EventHandle, Span, Time};
use crate::wire::Token;
use crate::wire::sip::headers::{Authorization, EventPackage, OptionTags};
use crate::wire::sip::{Contact, ContactHeader, Method, Party, SipMessage, Uri};
use crate::wire::sms::RadioLine;

/// Where a terminal stands with its registration.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum RegistrationState {
    /// Switched off.
    Off,
    /// Switched on and not registered.
    Unregistered,
    /// An exchange is under way.
    Registering {
        /// Which one.
        kind: RegistrationKind,
        /// Whether the terminal switches off once it has de-registered.
        power_off: bool,
    },
    /// Registered.
    Registered,
}

/// A failed registration is tried again after this (RFC 5626 section 4.5, the base of its back-off).
pub(super) const RETRY_AFTER: Span = Span::from_secs(30);

impl Terminals {
    /// Registers a terminal without signalling; gives the nonce of its security association and the Call-ID of its
    /// registration. `refresh_after` spreads the phases.
    pub fn preload(&mut self, ctx: &mut Context<'_>, until: Time, refresh_after: Span) -> (Token, Token) {
        let me = ctx.me;
        let (nonce, call_id) = (self.token(me), self.token(me));
        let timer = ctx.set_timer(refresh_after, TerminalTimer::Refresh, 0);
        let terminal = self.terminal(me);
        terminal.registration = RegistrationState::Registered;
        terminal.nonce = Some(nonce);
        terminal.call_id = Some(call_id);
        terminal.cseq = 2;
        terminal.registered_until = until;
        terminal.timer = timer;
        ctx.observe(Fact::Power(true));
        (nonce, call_id)
    }

    /// Switches a terminal on without signalling and without registration.
    pub fn preload_attached(&mut self, ctx: &mut Context<'_>) {
        self.terminal(ctx.me).registration = RegistrationState::Unregistered;
        ctx.observe(Fact::Power(true));
    }

    pub(super) fn power_on(&mut self, ctx: &mut Context<'_>) {
        match self.terminal(ctx.me).registration {
            RegistrationState::Off => {
                ctx.observe(Fact::Power(true));
                self.attach(ctx, RadioLine::Attach);
                self.start_exchange(ctx, RegistrationKind::Initial, false);
            }
            RegistrationState::Unregistered => self.start_exchange(ctx, RegistrationKind::Initial, false),
            RegistrationState::Registering { .. } | RegistrationState::Registered => {}
        }
    }

    pub(super) fn refresh(&mut self, ctx: &mut Context<'_>) {
        if self.terminal(ctx.me).registration == RegistrationState::Registered {
            self.start_exchange(ctx, RegistrationKind::Refresh, false);
        }
    }

    pub(super) fn retry_registration(&mut self, ctx: &mut Context<'_>) {
        if self.terminal(ctx.me).registration == RegistrationState::Unregistered {
            self.start_exchange(ctx, RegistrationKind::Initial, false);
        }
    }

    pub(super) fn de_register(&mut self, ctx: &mut Context<'_>, power_off: bool) {
        match self.terminal(ctx.me).registration {
            RegistrationState::Registered => {
                self.start_exchange(ctx, RegistrationKind::DeRegistration, power_off);
            }
            RegistrationState::Unregistered | RegistrationState::Registering { .. } if power_off => {
                self.power_off(ctx);
            }
            RegistrationState::Off | RegistrationState::Unregistered | RegistrationState::Registering { .. } => {}
        }
    }

    fn start_exchange(&mut self, ctx: &mut Context<'_>, kind: RegistrationKind, power_off: bool) {
        let now = ctx.now;
        let terminal = self.terminal(ctx.me);
        terminal.registration = RegistrationState::Registering { kind, power_off };
        ctx.out.cancel_timer(std::mem::replace(&mut terminal.timer, EventHandle::NONE));
        self.activity(ctx.me).registration_began = now;
        ctx.observe(Fact::RegistrationStarted(kind));
        self.send_register(ctx, kind);
    }

    // req: IMN-2, MT-12
    fn send_register(&mut self, ctx: &mut Context<'_>, kind: RegistrationKind) {
        let me = ctx.me;
        let user = own_user(ctx);
        let tag = self.token(me);
        let call_id = match self.terminal(me).call_id {
            Some(call_id) => call_id,
            None => self.token(me),
        };
        self.activity(me).unregistered_change = false;
        let began = self.activity(me).registration_began;
        let terminal = self.terminal(me);
        terminal.call_id = Some(call_id);
        terminal.cseq += 1;
        let (cseq, nonce) = (terminal.cseq, terminal.nonce);
        let party = |tag| Party { uri: Uri::User(user), tag };
        let uri = Uri::Domain(ctx.shared.names.network_of(user));
        let mut request = SipMessage::request(Method::Register, uri, party(Some(tag)), party(None), call_id, cseq);
        dress(ctx, &mut request);
        request.headers.p_preferred_identity = None;
        request.headers.authorization = Some(match nonce {
            Some(nonce) => Authorization::Response { nonce },
            None => Authorization::Initial,
        });
        request.headers.supported = OptionTags::PATH.union(OptionTags::GRUU);
        let expires = match kind {
            RegistrationKind::Initial | RegistrationKind::Refresh => ctx.shared.expires_of(me),
            RegistrationKind::DeRegistration => Span::ZERO,
        };
        request.contact = ContactHeader::One(Contact {
            uri: Uri::Contact(me),
            features: self.present_features(ctx),
            instance: Some(me),
            gruu: None,
            expires: Some(u32::try_from(expires.as_secs()).unwrap_or(u32::MAX)),
        });
        let class = ctx.shared.class_of_terminal(me);
        let mut meta = self.own_meta(ctx, procedure_of(kind), class);
        meta.began = began;
        self.send(ctx, request, meta, Own::Register);
    }

    pub(super) fn on_register_response(&mut self, ctx: &mut Context<'_>, response: &SipMessage) {
        let RegistrationState::Registering { kind, power_off } = self.terminal(ctx.me).registration else {
            return ctx.observe(Fact::Stray);
        };
        match response.status() {
            Some(401) if response.headers.www_authenticate != self.terminal(ctx.me).nonce => {
                self.terminal(ctx.me).nonce = response.headers.www_authenticate;
                self.send_register(ctx, kind);
            }
            Some(200..300) => self.on_registration_success(ctx, kind, power_off, response),
            status => self.on_registration_failure(ctx, status),
        }
    }

    fn on_registration_success(
        &mut self,
        ctx: &mut Context<'_>,
        kind: RegistrationKind,
        power_off: bool,
        response: &SipMessage,
    ) {
        let began = self.activity(ctx.me).registration_began;
        ctx.observe(Fact::RegistrationSucceeded { kind, began });
        if kind == RegistrationKind::DeRegistration {
            let terminal = self.terminal(ctx.me);
            terminal.registration = RegistrationState::Unregistered;
            terminal.registered_until = Time::ZERO;
            terminal.nonce = None;
            if power_off {
                self.attach(ctx, RadioLine::Detach);
                self.power_off(ctx);
            }
            return self.drop_idle_activity(ctx);
        }
        let expires = response.contact.first().and_then(|contact| contact.expires).unwrap_or(0);
        let expires = Span::from_secs(u64::from(expires));
        let wait = refresh_wait(expires, ctx.policies().registration_refresh_lead);
        let timer = ctx.set_timer(wait, TerminalTimer::Refresh, 0);
        let now = ctx.now;
        let terminal = self.terminal(ctx.me);
        terminal.registration = RegistrationState::Registered;
        terminal.registered_until = now + expires;
        terminal.timer = timer;
        if kind == RegistrationKind::Initial && ctx.policies().reg_event.terminal {
            self.subscribe(ctx);
        }
        if kind == RegistrationKind::Initial && ctx.shared.subscribes_to_content(ctx.me) {
            self.subscribe_to_content(ctx);
        }
        self.register_changed_features(ctx);
        self.send_waiting(ctx);
        self.tell_wish(ctx);
        self.pull_if_woken(ctx);
        self.drop_idle_activity(ctx);
    }

    pub(super) fn on_registration_failure(&mut self, ctx: &mut Context<'_>, status: Option<u16>) {
        let RegistrationState::Registering { kind, power_off } = self.terminal(ctx.me).registration else { return };
        ctx.observe(Fact::RegistrationFailed { kind, status });
        if power_off {
            return self.power_off(ctx);
        }
        // Who wanted to leave does not come back of his own accord.
        let timer = match kind {
            RegistrationKind::Initial | RegistrationKind::Refresh => {
                ctx.set_timer(RETRY_AFTER, TerminalTimer::RegistrationRetry, 0)
            }
            RegistrationKind::DeRegistration => EventHandle::NONE,
        };
        let terminal = self.terminal(ctx.me);
        terminal.registration = RegistrationState::Unregistered;
        terminal.registered_until = Time::ZERO;
        terminal.nonce = None;
        terminal.timer = timer;
    }

    pub(super) fn is_registered(&mut self, terminal: EntityId) -> bool {
        self.terminal(terminal).registration == RegistrationState::Registered
    }

    fn subscribe(&mut self, ctx: &mut Context<'_>) {
        let (me, user) = (ctx.me, own_user(ctx));
        if self.watches.watches(me, Uri::User(user)) {
            return;
        }
        let mut tokens = self.terminal(me).tokens;
        let resource = Uri::User(user);
        let mut request =
            self.watches.subscribe(ctx, &mut tokens, EventPackage::Reg, resource, resource, Uri::Contact(me));
        self.terminal(me).tokens = tokens;
        dress(ctx, &mut request);
        self.send_subscribe(ctx, request);
    }

    pub(super) fn refresh_subscription(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some((_, mut request)) = self.watches.on_refresh(ctx, at, Uri::Contact(ctx.me)) {
            dress(ctx, &mut request);
            self.send_subscribe(ctx, request);
        }
    }

    pub(super) fn send_subscribe(&mut self, ctx: &mut Context<'_>, request: SipMessage) {
        let class = ctx.shared.class_of_terminal(ctx.me);
        let procedure = match request.headers.event {
            Some(EventPackage::Push) => Procedure::Subscription,
            Some(EventPackage::Reg | EventPackage::XcapDiff) | None => Procedure::RegEvent,
        };
        let meta = self.own_meta(ctx, procedure, class);
        let call_id = request.call_id;
        self.send(ctx, request, meta, Own::Subscribe(call_id));
    }

    /// Frees what an idle terminal does not need.
    pub(super) fn drop_idle_activity(&mut self, ctx: &Context<'_>) {
        let terminal = self.terminal(ctx.me);
        if terminal.activity.as_ref().is_some_and(|activity| activity.is_idle()) {
            terminal.activity = None;
        }
    }
}

fn procedure_of(kind: RegistrationKind) -> Procedure {
    match kind {
        RegistrationKind::Initial => Procedure::Registration,
        RegistrationKind::Refresh => Procedure::ReRegistration,
        RegistrationKind::DeRegistration => Procedure::DeRegistration,
    }
}

//! The registration event package (RFC 3680): watchers in terminals, P-CSCFs and PFs, the notifier in the S-CSCF with
//! its rate limit (section 4.10).

use super::outbox::{Context, TimerReason};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::TokenCounter;
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle, Span, Time};
use crate::protocol::sip::Dialog;
use crate::wire::sip::body::{RegInfo, RegInfoContact};
use crate::wire::sip::headers::{EventPackage, SubscriptionState, TerminationReason};
use crate::wire::sip::{Body, Contact, ContactHeader, Method, Party, SipMessage, Uri};
use crate::wire::{Token, UserId};
use std::sync::Arc;

/// A subscription seen from its subscriber.
#[derive(Clone, Debug)]
struct Watch {
    user: UserId,
    watcher: EntityId,
    call_id: Token,
    dialog: Option<Dialog>,
    refresh: EventHandle,
}

/// The subscriptions that an agent holds as subscriber.
#[derive(Clone, Debug, Default)]
pub struct Watches {
    watches: Slab<Watch>,
    by_call_id: Lookup<Token, u32>,
    /// (watching entity, user) to subscription.
    by_user: Lookup<(EntityId, UserId), u32>,
}

impl Watches {
    /// Whether `watcher` has a subscription to `user`.
    pub fn watches(&self, watcher: EntityId, user: UserId) -> bool {
        self.by_user.contains(&(watcher, user))
    }

    /// A SUBSCRIBE that begins a subscription of `from`, to be sent towards the user's S-CSCF.
    pub fn subscribe(
        &mut self,
        ctx: &Context<'_>,
        tokens: &mut TokenCounter,
        user: UserId,
        from: Uri,
        contact: Uri,
    ) -> SipMessage {
        let call_id = tokens.next(ctx.me);
        let watch = Watch { user, watcher: ctx.me, call_id, dialog: None, refresh: EventHandle::NONE };
        let at = self.watches.insert(watch);
        self.by_call_id.insert(call_id, at);
        self.by_user.insert((ctx.me, user), at);
        let from = Party { uri: from, tag: Some(tokens.next(ctx.me)) };
        let uri = Uri::User(user);
        let mut request = SipMessage::request(Method::Subscribe, uri, from, Party { uri, tag: None }, call_id, 1);
        fill_subscribe(ctx, &mut request, contact);
        request
    }

    /// The SUBSCRIBE got its final response.
    pub fn on_response(&mut self, ctx: &mut Context<'_>, request_call_id: Token, response: &SipMessage) {
        let Some(&at) = self.by_call_id.get(&request_call_id) else { return };
        if !response.status().is_some_and(|status| (200..300).contains(&status)) {
            return self.remove(ctx, at);
        }
        let Some(watch) = self.watches.get_mut(at) else { return };
        let expires = Span::from_secs(u64::from(response.expires.unwrap_or(0)));
        if watch.dialog.is_none() {
            watch.dialog = response.contact.first().map(|contact| Dialog {
                call_id: response.call_id,
                local: response.from,
                remote: response.to,
                remote_target: contact.uri,
                route_set: response
                    .record_route
                    .iter()
                    .rev()
                    .map(|node| crate::wire::sip::Route { node: *node, kind: crate::wire::sip::RouteKind::Plain })
                    .take(6)
                    .collect(),
                local_cseq: response.cseq,
            });
        }
        ctx.cancel_timer(&mut watch.refresh);
        let wait = refresh_wait(expires, ctx.policies().registration_refresh_lead);
        watch.refresh = ctx.set_timer(wait, TimerReason::Subscription, at);
    }

    /// No answer to the SUBSCRIBE.
    pub fn on_timeout(&mut self, ctx: &mut Context<'_>, call_id: Token) {
        if let Some(&at) = self.by_call_id.get(&call_id) {
            self.remove(ctx, at);
        }
    }

    /// A subscription is due for refresh: the SUBSCRIBE to send, and the user.
    pub fn on_refresh(&mut self, ctx: &Context<'_>, at: u32, contact: Uri) -> Option<(UserId, SipMessage)> {
        let watch = self.watches.get_mut(at)?;
        watch.refresh = EventHandle::NONE;
        let dialog = watch.dialog.as_mut()?;
        let mut request = dialog.request(Method::Subscribe);
        fill_subscribe(ctx, &mut request, contact);
        Some((watch.user, request))
    }

    /// A NOTIFY arrived: the document, or `None` where no such subscription exists (answer 481).
    pub fn on_notify(&mut self, ctx: &mut Context<'_>, notify: &SipMessage) -> Option<Option<Arc<RegInfo>>> {
        let at = *self.by_call_id.get(&notify.call_id)?;
        if let Some(SubscriptionState::Terminated(_)) = notify.headers.subscription_state {
            self.remove(ctx, at);
        }
        match &notify.body {
            Body::RegInfo(info) => Some(Some(info.clone())),
            Body::Empty
            | Body::Sdp(_)
            | Body::Cpim(_)
            | Body::Management(_)
            | Body::Notification(_)
            | Body::Register(_)
            | Body::RuleDocuments
            | Body::XcapDiff(_)
            | Body::Sms(_)
            | Body::Mailbox(_) => Some(None),
        }
    }

    /// Forgets the subscription of `watcher` to `user`: the watcher lost power.
    pub fn forget(&mut self, ctx: &mut Context<'_>, watcher: EntityId, user: UserId) {
        if let Some(&at) = self.by_user.get(&(watcher, user)) {
            self.remove(ctx, at);
        }
    }

    fn remove(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(mut watch) = self.watches.remove(at) {
            ctx.cancel_timer(&mut watch.refresh);
            self.by_call_id.remove(&watch.call_id);
            self.by_user.remove(&(watch.watcher, watch.user));
        }
    }
}

fn fill_subscribe(ctx: &Context<'_>, request: &mut SipMessage, contact: Uri) {
    request.expires = Some(u32::try_from(ctx.policies().reg_event_expires.as_secs()).unwrap_or(u32::MAX));
    request.contact = ContactHeader::One(Contact::plain(contact));
    request.headers.event = Some(EventPackage::Reg);
}

/// When to refresh what lasts `expires`: `lead` before its end when it lasts over twice as long, else at half
/// (3GPP TS 24.229 section 5.1.1.4, unverified).
pub fn refresh_wait(expires: Span, lead: Span) -> Span {
    if expires > lead * 2 { expires - lead } else { Span::from_nanos(expires.as_nanos() / 2) }
}

/// A subscription seen from the notifier.
#[derive(Clone, Debug)]
struct Subscription {
    user: UserId,
    dialog: Dialog,
    next_hop: EntityId,
    expires_at: Time,
    version: u32,
    sent_at: Option<Time>,
    rate_timer: EventHandle,
    expiry_timer: EventHandle,
}

/// A NOTIFY to send.
#[derive(Clone, Debug)]
pub struct Notify {
    /// Next hop.
    pub to: EntityId,
    /// The request.
    pub request: SipMessage,
    /// What travels with it.
    pub meta: Meta,
}

/// The subscriptions that an S-CSCF serves as notifier.
#[derive(Clone, Debug, Default)]
pub struct Notifier {
    subscriptions: Slab<Subscription>,
    by_call_id: Lookup<Token, u32>,
    by_user: Lookup<UserId, Vec<u32>>,
}

/// A user's registration as the notifier shows it.
#[derive(Clone, Debug)]
pub struct Document {
    /// Contacts, those that just ended included.
    pub contacts: Vec<RegInfoContact>,
    /// Whether no binding is left.
    pub gone: bool,
    /// Class of the user for measurement.
    pub class: u16,
}

impl Notifier {
    /// A SUBSCRIBE arrived from `from`: makes or refreshes a subscription. Gives its position, or `None` where the
    /// request is in a dialog that does not exist (answer 481).
    pub fn on_subscribe(
        &mut self,
        ctx: &mut Context<'_>,
        request: &SipMessage,
        from: EntityId,
        user: UserId,
        tag: Token,
        granted: Span,
    ) -> Option<u32> {
        let expires_at = ctx.now + granted;
        let at = match self.by_call_id.get(&request.call_id) {
            Some(&at) => at,
            None if request.to.tag.is_some() => return None,
            None => {
                let dialog = Dialog::of_callee(request, tag)?;
                let next_hop = dialog.first_hop().unwrap_or(from);
                let at = self.subscriptions.insert(Subscription {
                    user,
                    dialog,
                    next_hop,
                    expires_at,
                    version: 0,
                    sent_at: None,
                    rate_timer: EventHandle::NONE,
                    expiry_timer: EventHandle::NONE,
                });
                self.by_call_id.insert(request.call_id, at);
                match self.by_user.get_mut(&user) {
                    Some(list) => list.push(at),
                    None => {
                        self.by_user.insert(user, vec![at]);
                    }
                }
                at
            }
        };
        let subscription = self.subscriptions.get_mut(at)?;
        subscription.expires_at = expires_at;
        ctx.cancel_timer(&mut subscription.expiry_timer);
        subscription.expiry_timer = ctx.set_timer(granted, TimerReason::Subscription, at);
        Some(at)
    }

    /// The registration of `user` changed: the NOTIFYs to send now. Those inside the rate limit wait for their timer.
    pub fn on_change(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        document: &Document,
        numbers: &mut u32,
    ) -> Vec<Notify> {
        let list = self.by_user.get(&user).cloned().unwrap_or_default();
        list.into_iter().filter_map(|at| self.notify(ctx, at, document, numbers, document.gone)).collect()
    }

    /// The NOTIFY that answers a SUBSCRIBE, or that was held back.
    pub fn notify(
        &mut self,
        ctx: &mut Context<'_>,
        at: u32,
        document: &Document,
        numbers: &mut u32,
        terminate: bool,
    ) -> Option<Notify> {
        let interval = ctx.policies().reg_event_interval;
        let subscription = self.subscriptions.get_mut(at)?;
        if let Some(sent_at) = subscription.sent_at.filter(|_| !terminate)
            && ctx.now < sent_at + interval
        {
            if subscription.rate_timer == EventHandle::NONE {
                let wait = (sent_at + interval).since(ctx.now);
                subscription.rate_timer = ctx.set_timer(wait, TimerReason::NotifyRate, at);
            }
            return None;
        }
        subscription.sent_at = Some(ctx.now);
        subscription.version += 1;
        *numbers += 1;
        let mut request = subscription.dialog.request(Method::Notify);
        let left = subscription.expires_at.since(ctx.now).as_secs();
        request.headers.event = Some(EventPackage::Reg);
        request.headers.subscription_state = Some(if terminate {
            SubscriptionState::Terminated(TerminationReason::NoResource)
        } else {
            SubscriptionState::Active(u32::try_from(left).unwrap_or(u32::MAX))
        });
        request.contact = ContactHeader::One(Contact::plain(Uri::Node(ctx.me)));
        let user = subscription.user;
        let contacts = document.contacts.clone();
        request.body = Body::RegInfo(Arc::new(RegInfo { user, version: subscription.version - 1, contacts }));
        let to = subscription.next_hop;
        let meta = Meta::new(Procedure::RegEvent, document.class, ctx.now, Scope::s_cscf_user(user), *numbers);
        if terminate {
            self.remove(ctx, at);
        }
        Some(Notify { to, request, meta })
    }

    /// The rate limit of a subscription has passed: its user.
    pub fn on_rate_timer(&mut self, at: u32) -> Option<UserId> {
        let subscription = self.subscriptions.get_mut(at)?;
        subscription.rate_timer = EventHandle::NONE;
        Some(subscription.user)
    }

    /// A NOTIFY found no subscription, or got no answer.
    pub fn on_notify_failure(&mut self, ctx: &mut Context<'_>, call_id: Token) {
        if let Some(&at) = self.by_call_id.get(&call_id) {
            self.remove(ctx, at);
        }
    }

    /// A subscription expired without refresh.
    pub fn drop_subscription(&mut self, ctx: &mut Context<'_>, at: u32) {
        self.remove(ctx, at);
    }

    fn remove(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(mut subscription) = self.subscriptions.remove(at) {
            ctx.cancel_timer(&mut subscription.rate_timer);
            ctx.cancel_timer(&mut subscription.expiry_timer);
            self.by_call_id.remove(&subscription.dialog.call_id);
            if let Some(list) = self.by_user.get_mut(&subscription.user) {
                list.retain(|other| *other != at);
                if list.is_empty() {
                    self.by_user.remove(&subscription.user);
                }
            }
        }
    }
}

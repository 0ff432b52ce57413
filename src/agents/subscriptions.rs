//! Event subscriptions (RFC 6665) from both ends, for any package: [`Watches`] of subscribers, [`Subscriptions`] of a
//! notifier. What a notification says, and when, is the business of the agent around them.

use super::outbox::Context;
use super::proxy::TokenCounter;
use super::timer::TimerReason;
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle, Span, Time};
use crate::protocol::sip::Dialog;
use crate::wire::sip::headers::{EventPackage, SubscriptionState, TerminationReason};
use crate::wire::sip::{Contact, ContactHeader, Method, Party, SipMessage, Uri};
use crate::wire::{Token, UserId};

/// A subscription seen from its subscriber.
#[derive(Clone, Debug)]
struct Watch {
    package: EventPackage,
    resource: Uri,
    watcher: EntityId,
    call_id: Token,
    dialog: Option<Dialog>,
    /// The subscriber ends it: only the last notification is awaited.
    ending: bool,
    timer: EventHandle,
}

/// The subscriptions that an agent holds as subscriber.
#[derive(Clone, Debug, Default)]
pub struct Watches {
    watches: Slab<Watch>,
    by_call_id: Lookup<Token, u32>,
    by_resource: Lookup<(EntityId, Uri), u32>,
}

impl Watches {
    /// Whether `watcher` has a subscription to `resource`.
    pub fn watches(&self, watcher: EntityId, resource: Uri) -> bool {
        self.by_resource.contains(&(watcher, resource))
    }

    /// A SUBSCRIBE that begins a subscription of `from` to `resource`.
    pub fn subscribe(
        &mut self,
        ctx: &Context<'_>,
        tokens: &mut TokenCounter,
        package: EventPackage,
        resource: Uri,
        from: Uri,
        contact: Uri,
    ) -> SipMessage {
        let call_id = tokens.next(ctx.me);
        let at = self.watches.insert(Watch {
            package,
            resource,
            watcher: ctx.me,
            call_id,
            dialog: None,
            ending: false,
            timer: EventHandle::NONE,
        });
        self.by_call_id.insert(call_id, at);
        self.by_resource.insert((ctx.me, resource), at);
        let from = Party { uri: from, tag: Some(tokens.next(ctx.me)) };
        let to = Party { uri: resource, tag: None };
        let mut request = SipMessage::request(Method::Subscribe, resource, from, to, call_id, 1);
        fill_subscribe(&mut request, package, lifetime(ctx, package), contact);
        request
    }

    /// The SUBSCRIBE that ends the subscription of `watcher` to `resource`, where there is one.
    // req: PUSH-G-5
    pub fn unsubscribe(&mut self, watcher: EntityId, resource: Uri, contact: Uri) -> Option<SipMessage> {
        let at = *self.by_resource.get(&(watcher, resource))?;
        let watch = self.watches.get_mut(at)?;
        let mut request = watch.dialog.as_mut()?.request(Method::Subscribe);
        watch.ending = true;
        fill_subscribe(&mut request, watch.package, Span::ZERO, contact);
        Some(request)
    }

    /// The SUBSCRIBE got its final response.
    pub fn on_response(&mut self, ctx: &mut Context<'_>, request_call_id: Token, response: &SipMessage) {
        let Some(&at) = self.by_call_id.get(&request_call_id) else { return };
        match response.status() {
            Some(..200) => return,
            Some(200..300) => {}
            Some(_) | None => return self.remove(ctx, at),
        }
        let Some(watch) = self.watches.get_mut(at) else { return };
        let expires = Span::from_secs(u64::from(response.expires.unwrap_or(0)));
        if watch.dialog.is_none() {
            watch.dialog = Dialog::of_caller(response, response);
        }
        ctx.cancel_timer(&mut watch.timer);
        // The last notification comes at once or is lost.
        let wait = if watch.ending {
            ctx.shared.sip.access_timers.transaction_timeout()
        } else {
            refresh_wait(expires, ctx.policies().registration_refresh_lead)
        };
        watch.timer = ctx.set_timer(wait, TimerReason::Subscription, at);
    }

    /// No answer to the SUBSCRIBE.
    pub fn on_timeout(&mut self, ctx: &mut Context<'_>, call_id: Token) {
        if let Some(&at) = self.by_call_id.get(&call_id) {
            self.remove(ctx, at);
        }
    }

    /// A subscription is due for refresh: the SUBSCRIBE to send, and what it is to.
    pub fn on_refresh(&mut self, ctx: &mut Context<'_>, at: u32, contact: Uri) -> Option<(Uri, SipMessage)> {
        let watch = self.watches.get_mut(at)?;
        watch.timer = EventHandle::NONE;
        if watch.ending {
            self.remove(ctx, at);
            return None;
        }
        let mut request = watch.dialog.as_mut()?.request(Method::Subscribe);
        fill_subscribe(&mut request, watch.package, lifetime(ctx, watch.package), contact);
        Some((watch.resource, request))
    }

    /// A NOTIFY arrived: whether its subscription exists (answer 200, otherwise 481).
    pub fn on_notify(&mut self, ctx: &mut Context<'_>, notify: &SipMessage) -> bool {
        let Some(&at) = self.by_call_id.get(&notify.call_id) else { return false };
        if let Some(SubscriptionState::Terminated(_)) = notify.headers.subscription_state {
            self.remove(ctx, at);
        }
        true
    }

    /// Forgets the subscription of `watcher` to `resource`, such as when the watcher loses power.
    pub fn forget(&mut self, ctx: &mut Context<'_>, watcher: EntityId, resource: Uri) {
        if let Some(&at) = self.by_resource.get(&(watcher, resource)) {
            self.remove(ctx, at);
        }
    }

    fn remove(&mut self, ctx: &mut Context<'_>, at: u32) {
        if let Some(mut watch) = self.watches.remove(at) {
            ctx.cancel_timer(&mut watch.timer);
            self.by_call_id.remove(&watch.call_id);
            self.by_resource.remove(&(watch.watcher, watch.resource));
        }
    }
}

/// How long a subscription to a package is asked for.
fn lifetime(ctx: &Context<'_>, package: EventPackage) -> Span {
    match package {
        EventPackage::Reg => ctx.policies().reg_event_expires,
        // The PF keeps its subscriptions to rules itself.
        EventPackage::XcapDiff => Span::ZERO,
        EventPackage::Push => ctx.policies().push.subscription_expires,
    }
}

fn fill_subscribe(request: &mut SipMessage, package: EventPackage, expires: Span, contact: Uri) {
    request.expires = Some(u32::try_from(expires.as_secs()).unwrap_or(u32::MAX));
    request.contact = ContactHeader::One(Contact::plain(contact));
    request.headers.event = Some(package);
}

/// When to refresh what lasts `expires`: `lead` before its end when it lasts over twice as long, else at half
/// (3GPP TS 24.229 section 5.1.1.4, unverified).
pub fn refresh_wait(expires: Span, lead: Span) -> Span {
    if expires > lead * 2 { expires - lead } else { Span::from_nanos(expires.as_nanos() / 2) }
}

/// A subscription seen from the notifier, with what the package keeps of it.
#[derive(Clone, Debug)]
pub struct Subscription<T> {
    /// The user that it is about, or whose terminal subscribed.
    pub user: UserId,
    /// It ends then unless it is refreshed.
    pub expires_at: Time,
    /// What the package keeps.
    pub state: T,
    dialog: Dialog,
    next_hop: EntityId,
    expiry: EventHandle,
}

/// The subscriptions that an agent serves as notifier: a state of its own for each pair of subscriber and notifier.
// req: PUSH-G-6
#[derive(Clone, Debug, Default)]
pub struct Subscriptions<T> {
    list: Slab<Subscription<T>>,
    by_call_id: Lookup<Token, u32>,
    by_user: Lookup<UserId, Vec<u32>>,
}

impl<T: Default> Subscriptions<T> {
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
                let (state, expiry) = (T::default(), EventHandle::NONE);
                let at = self.list.insert(Subscription { user, expires_at, state, dialog, next_hop, expiry });
                self.by_call_id.insert(request.call_id, at);
                self.by_user.entry(user).push(at);
                at
            }
        };
        let subscription = self.list.get_mut(at)?;
        subscription.expires_at = expires_at;
        ctx.cancel_timer(&mut subscription.expiry);
        subscription.expiry = ctx.set_timer(granted, TimerReason::SubscriptionExpiry, at);
        Some(at)
    }

    /// The subscriptions about a user, in the order in which they were made.
    pub fn of_user(&self, user: UserId) -> Vec<u32> {
        self.by_user.get(&user).cloned().unwrap_or_default()
    }

    /// The subscription with a Call-ID.
    pub fn with_call_id(&self, call_id: Token) -> Option<u32> {
        self.by_call_id.get(&call_id).copied()
    }

    /// A subscription.
    pub fn get_mut(&mut self, at: u32) -> Option<&mut Subscription<T>> {
        self.list.get_mut(at)
    }

    /// Number of subscriptions.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The NOTIFY of a subscription without its body, and where it goes first. `ended` says that it is the last one.
    pub fn notify(
        &mut self,
        ctx: &Context<'_>,
        at: u32,
        package: EventPackage,
        ended: Option<TerminationReason>,
    ) -> Option<(EntityId, SipMessage)> {
        let subscription = self.list.get_mut(at)?;
        let mut request = subscription.dialog.request(Method::Notify);
        let left = u32::try_from(subscription.expires_at.since(ctx.now).as_secs()).unwrap_or(u32::MAX);
        request.headers.event = Some(package);
        request.headers.subscription_state =
            Some(ended.map_or(SubscriptionState::Active(left), SubscriptionState::Terminated));
        request.contact = ContactHeader::One(Contact::plain(Uri::Node(ctx.me)));
        Some((subscription.next_hop, request))
    }

    /// Ends a subscription: what the package kept of it.
    pub fn remove(&mut self, ctx: &mut Context<'_>, at: u32) -> Option<Subscription<T>> {
        let mut subscription = self.list.remove(at)?;
        ctx.cancel_timer(&mut subscription.expiry);
        self.by_call_id.remove(&subscription.dialog.call_id);
        if let Some(list) = self.by_user.get_mut(&subscription.user) {
            list.retain(|other| *other != at);
            if list.is_empty() {
                self.by_user.remove(&subscription.user);
            }
        }
        Some(subscription)
    }
}

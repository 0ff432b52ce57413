//! In-band notifications: a system MESSAGE to each suitable client about all deferred messages, split where it would
//! exceed the size limit (CPM-PF-3, 4, 8).

use super::clients::{Client, class_of_user};
use super::delivery::Job;
use super::do_not_disturb::Due;
use super::queue::{Item, ItemState};
use super::{Own, Pf};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::{NotificationContent, NotifyTarget, SizeBasis};
use crate::agents::procedure::Procedure;
use crate::agents::proxy::Owner;
use crate::agents::timer::PfTimer;
use crate::kernel::EntityId;
use crate::wire::UserId;
use crate::wire::sip::body::{Notification, NotificationEntry, NotificationKind};
use crate::wire::sip::headers::Product;
use crate::wire::sip::{AcceptContact, Body, FeatureTags, Method, Party, Route, RouteKind, SipMessage, Uri};
use std::sync::Arc;

/// Whether clients were told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Told {
    /// At least one was.
    Somebody,
    /// None is registered and suitable.
    Nobody,
    /// There is nothing to tell, or it has to wait.
    Later,
}

impl Pf {
    // req: O-5, POL-WAIT, CPM-PF-9, CPM-PF-17
    /// A message was deferred: each registered client that is suitable is told (trigger `new_deferral`).
    pub(super) fn on_new_deferral(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if ctx.policies().notify_on.new_deferral {
            self.notify_again(ctx, user);
        }
    }

    /// A client registered anew: it is told if it is suitable (trigger `new_registration`).
    pub(super) fn on_new_client(&mut self, ctx: &mut Context<'_>, user: UserId, client: Client) {
        if ctx.policies().notify_on.new_registration && self.user(user).deferred.is_some() {
            self.tell(ctx, user, Due::Client(client));
        }
    }

    /// A user registered of whose clients the PF knows nothing (trigger `new_registration`).
    pub(super) fn on_new_user(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if ctx.policies().notify_on.new_registration {
            self.notify_again(ctx, user);
        }
    }

    /// There is a reason to tell the clients of a user what waits.
    pub(super) fn notify_again(&mut self, ctx: &mut Context<'_>, user: UserId) {
        self.tell(ctx, user, Due::All);
    }

    /// Notifies whom is due.
    // req: CPM-PF-3
    pub(super) fn notify_due(&mut self, ctx: &mut Context<'_>, user: UserId, due: Due) {
        match due {
            Due::All | Due::Everything => {
                let clients = self.user(user).clients.to_vec();
                if self.notify(ctx, user, &clients) == Told::Nobody {
                    self.notify_out_of_band(ctx, user);
                }
            }
            Due::Client(client) => {
                // req: O-6
                let told = self.deferred(user).told_out_of_band;
                if !told || ctx.policies().deferral.in_band_after_out_of_band {
                    self.notify(ctx, user, &[client]);
                }
            }
        }
    }

    /// The service that held notifications back is over.
    pub(super) fn notify_after_service(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if std::mem::take(&mut self.deferred(user).notify_after_service) {
            self.notify_again(ctx, user);
        }
    }

    /// No client has acted for the interval (trigger `timer`).
    pub(super) fn on_renotify(&mut self, ctx: &mut Context<'_>, user: UserId) {
        let due = self.user(user).deferred.as_ref().is_some_and(|deferred| deferred.renotify_at == ctx.now);
        if due {
            self.notify_again(ctx, user);
            self.arm_renotify(ctx, user);
        }
    }

    fn arm_renotify(&mut self, ctx: &mut Context<'_>, user: UserId) {
        let interval = ctx.policies().deferral.renotify_interval;
        let deferred = self.deferred(user);
        if !ctx.policies().notify_on.timer || deferred.queue.is_empty() || deferred.renotify_at > ctx.now {
            return;
        }
        deferred.renotify_at = ctx.now.saturating_add(interval);
        ctx.set_timer(interval, PfTimer::Renotify, user.0);
    }

    fn notify(&mut self, ctx: &mut Context<'_>, user: UserId, clients: &[Client]) -> Told {
        let suppress = ctx.policies().suppress_notification_in_service;
        let deferred = self.deferred(user);
        if suppress && !deferred.managed.is_empty() {
            deferred.notify_after_service = true;
            return Told::Later;
        }
        // req: CPM-PF-4f
        let items: Vec<Item> = deferred.queue.live().filter(|item| Pf::is_notified_of(ctx, item)).cloned().collect();
        if items.is_empty() {
            return Told::Later;
        }
        let mut told: Vec<EntityId> =
            clients.iter().filter(|client| client.is_told(ctx, &items)).map(|client| client.terminal).collect();
        // req: POL-NOTIFY-CLIENT
        if ctx.policies().deferral.notify_target == NotifyTarget::PerUser {
            told.drain(..told.len().saturating_sub(1));
        }
        let entries: Vec<NotificationEntry> = items.iter().map(Item::entry).collect();
        let number = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        // req: POL-INBAND-CONTENT, CPM-PF-23
        let entries = match ctx.policies().deferral.in_band_content {
            NotificationContent::Full => entries,
            NotificationContent::Summary => Vec::new(),
        };
        self.send_to(ctx, user, &told, Notification { kind: NotificationKind::Waiting, number, entries });
        self.arm_renotify(ctx, user);
        if told.is_empty() {
            return Told::Nobody;
        }
        self.note_in_band(ctx, user);
        Told::Somebody
    }

    /// Tells every suitable client that messages expire.
    // req: CPM-PF-22
    pub(super) fn notify_expiry(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        entries: &[NotificationEntry],
        kind: NotificationKind,
    ) {
        let expiring: Vec<Item> = {
            let about = |item: &&Item| entries.iter().any(|entry| entry.id == item.id);
            self.deferred(user).queue.live().filter(about).cloned().collect()
        };
        let clients = self.user(user).clients.to_vec();
        let told: Vec<EntityId> =
            clients.iter().filter(|client| client.is_told(ctx, &expiring)).map(|client| client.terminal).collect();
        let number = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        self.send_to(ctx, user, &told, Notification { kind, number, entries: entries.to_vec() });
    }

    fn send_to(&mut self, ctx: &mut Context<'_>, user: UserId, terminals: &[EntityId], notification: Notification) {
        let mut parts = None;
        for &terminal in terminals {
            let parts: &mut Vec<_> = parts.get_or_insert_with(|| self.split(ctx, user, terminal, &notification));
            for part in parts.clone() {
                self.outbox(user, terminal).push(Job::Notification(part));
            }
            if notification.kind == NotificationKind::Waiting {
                let waits = |item: &&mut Item| item.state == ItemState::Queued && Pf::is_notified_of(ctx, item);
                for item in self.deferred(user).queue.live_mut().filter(waits) {
                    item.state = ItemState::Notified;
                }
            }
            self.pump(ctx, user, terminal);
        }
    }

    /// Splits the metadata over as few MESSAGEs as the size limit allows, at least one entry each.
    // req: CPM-PF-8, CPM-PF-23
    fn split(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        terminal: EntityId,
        notification: &Notification,
    ) -> Vec<Arc<Notification>> {
        let part = |entries: &[NotificationEntry]| Notification { entries: entries.to_vec(), ..*notification };
        let mut parts = Vec::new();
        let mut rest = &notification.entries[..];
        while !rest.is_empty() {
            let take = self.fitting(ctx, user, terminal, rest, part);
            let (these, left) = rest.split_at(take);
            parts.push(Arc::new(part(these)));
            rest = left;
        }
        if parts.is_empty() {
            parts.push(Arc::new(part(&[])));
        }
        parts
    }

    fn fitting(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        terminal: EntityId,
        entries: &[NotificationEntry],
        part: impl Fn(&[NotificationEntry]) -> Notification,
    ) -> usize {
        let limit = u64::from(ctx.policies().size_limit);
        let basis = ctx.policies().size_basis;
        let mut fits = |count: usize| {
            let notification = Arc::new(part(&entries[..count]));
            let length = match basis {
                SizeBasis::Content | SizeBasis::Body => Body::Notification(notification).len(&ctx.shared.names),
                SizeBasis::Request => {
                    let request = self.build_notification(ctx, user, terminal, notification);
                    request.wire_len(&ctx.shared.names)
                }
            };
            length <= limit
        };
        let mut count = 1;
        while count < entries.len() && fits(count + 1) {
            count += 1;
        }
        count
    }

    fn build_notification(
        &mut self,
        ctx: &Context<'_>,
        user: UserId,
        terminal: EntityId,
        notification: Arc<Notification>,
    ) -> SipMessage {
        let management = ctx.shared.management_uri(user, Some(ctx.me));
        let from = Party { uri: management, tag: Some(self.tokens.next(ctx.me)) };
        // req: CPM-PF-4c
        let uri = Uri::PublicGruu(terminal);
        let to = Party { uri: Uri::User(user), tag: None };
        // req: CPM-PF-4a, IMN-1, IMN-6
        let mut request = SipMessage::request(Method::Message, uri, from, to, self.tokens.next(ctx.me), 1);
        // req: CPM-PF-4b
        request.headers.accept_contact =
            Some(AcceptContact { features: FeatureTags::SYSTEM_MSG, require: true, explicit: true });
        // req: CPM-PF-4d
        request.headers.p_asserted_identity = Some(management);
        request.headers.p_asserted_service = FeatureTags::SYSTEM_MSG;
        request.headers.p_charging_vector = Some(self.tokens.next(ctx.me));
        // req: CPM-PF-4e
        request.headers.product = Some(Product::CpmPf);
        request.body = Body::Notification(notification);
        request
    }

    /// Sends one notification MESSAGE.
    pub(super) fn send_notification(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        terminal: EntityId,
        notification: Arc<Notification>,
    ) {
        let entries = u32::try_from(notification.entries.len()).unwrap_or(u32::MAX);
        let kind = notification.kind;
        let in_service = !self.deferred(user).managed.is_empty();
        let mut request = self.build_notification(ctx, user, terminal, notification);
        let Some(s_cscf) = ctx.shared.s_cscf_of(user) else { return };
        request.route.push(Route { node: s_cscf, kind: RouteKind::Plain });
        ctx.observe(Fact::NotificationSent { user, terminal, entries, in_service });
        ctx.observe(Fact::MessagePending(Uri::PublicGruu(terminal)));
        let class = class_of_user(ctx, user);
        let procedure = match kind {
            NotificationKind::Waiting => Procedure::Notification,
            NotificationKind::Expiring | NotificationKind::Expired => Procedure::ExpiryNotification,
        };
        let meta = self.own_meta(ctx, user, procedure, class);
        let owner = Owner::Own(Own::Notification { user, terminal, began: ctx.now });
        let branch = self.tokens.next(ctx.me);
        // req: CPM-PF-4h
        self.transactions.send(ctx, s_cscf, request, branch, meta, owner);
    }
}

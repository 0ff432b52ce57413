//! In-band notifications: a system MESSAGE to each suitable client about all deferred messages, split where it would
//! exceed the size limit (CPM-PF-3, 4, 8).

use super::clients::{Client, class_of_user};
use super::delivery::Job;
use super::do_not_disturb::Due;
use super::queue::ItemState;
use super::{Own, Pf};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::SizeBasis;
use crate::agents::procedure::Procedure;
use crate::agents::proxy::Owner;
use crate::kernel::EntityId;
use crate::wire::UserId;
use crate::wire::sip::body::{Notification, NotificationEntry};
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
            self.tell(ctx, user, Due::All);
        }
    }

    /// A client registered anew: it is told if it is suitable (trigger `new_registration`).
    pub(super) fn on_new_client(&mut self, ctx: &mut Context<'_>, user: UserId, client: Client) {
        if ctx.policies().notify_on.new_registration && self.user(user).deferred.is_some() {
            self.tell(ctx, user, Due::Client(client));
        }
    }

    /// Tells whom is due, now that the user may be disturbed.
    pub(super) fn announce(&mut self, ctx: &mut Context<'_>, user: UserId, due: Due) {
        match due {
            Due::All => self.notify_all(ctx, user),
            Due::Client(client) => {
                self.notify(ctx, user, &[client]);
            }
        }
    }

    // req: CPM-PF-3, POL-NOTIFY-CLIENT
    fn notify_all(&mut self, ctx: &mut Context<'_>, user: UserId) {
        let clients = self.user(user).clients.to_vec();
        if self.notify(ctx, user, &clients) == Told::Nobody {
            self.notify_out_of_band(ctx, user);
        }
    }

    /// The service that held notifications back is over.
    pub(super) fn notify_after_service(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if std::mem::take(&mut self.deferred(user).notify_after_service) {
            self.tell(ctx, user, Due::All);
        }
    }

    fn notify(&mut self, ctx: &mut Context<'_>, user: UserId, clients: &[Client]) -> Told {
        let suppress = ctx.policies().suppress_notification_in_service;
        let deferred = self.deferred(user);
        if suppress && !deferred.managed.is_empty() {
            deferred.notify_after_service = true;
            return Told::Later;
        }
        let sizes: Vec<u32> = deferred.queue.iter().map(|item| item.size()).collect();
        // req: CPM-PF-4f
        let entries: Vec<NotificationEntry> = deferred.queue.iter().map(|item| item.entry()).collect();
        if entries.is_empty() {
            return Told::Later;
        }
        let (mut parts, mut told) = (None, Told::Nobody);
        for client in clients {
            if !sizes.iter().any(|size| client.is_suitable(ctx, *size)) {
                continue;
            }
            told = Told::Somebody;
            let parts = parts.get_or_insert_with(|| self.split(ctx, user, client.terminal, &entries));
            for part in parts.clone() {
                self.outbox(user, client.terminal).push(Job::Notification(part));
            }
            for item in self.deferred(user).queue.iter_mut() {
                if item.state == ItemState::Queued {
                    item.state = ItemState::Notified;
                }
            }
            self.pump(ctx, user, client.terminal);
        }
        if told == Told::Somebody {
            self.note_in_band(ctx, user);
        }
        told
    }

    /// Splits the metadata over as few MESSAGEs as the size limit allows, at least one entry each.
    // req: CPM-PF-8, CPM-PF-23
    fn split(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        terminal: EntityId,
        entries: &[NotificationEntry],
    ) -> Vec<Arc<Notification>> {
        let number = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let mut parts = Vec::new();
        let mut rest = entries;
        while !rest.is_empty() {
            let take = self.fitting(ctx, user, terminal, rest, number);
            let (part, left) = rest.split_at(take);
            parts.push(Arc::new(Notification { number, entries: part.to_vec() }));
            rest = left;
        }
        parts
    }

    fn fitting(
        &mut self,
        ctx: &mut Context<'_>,
        user: UserId,
        terminal: EntityId,
        entries: &[NotificationEntry],
        number: u32,
    ) -> usize {
        let limit = u64::from(ctx.policies().size_limit);
        let basis = ctx.policies().size_basis;
        let mut fits = |count: usize| {
            let notification = Arc::new(Notification { number, entries: entries[..count].to_vec() });
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
        let in_service = !self.deferred(user).managed.is_empty();
        let mut request = self.build_notification(ctx, user, terminal, notification);
        let Some(s_cscf) = ctx.shared.s_cscf_of(user) else { return };
        request.route.push(Route { node: s_cscf, kind: RouteKind::Plain });
        ctx.observe(Fact::NotificationSent { user, terminal, entries, in_service });
        ctx.observe(Fact::MessagePending(Uri::PublicGruu(terminal)));
        let class = class_of_user(ctx, user);
        let meta = self.own_meta(ctx, user, Procedure::Notification, class);
        let owner = Owner::Own(Own::Notification { user, terminal, began: ctx.now });
        let branch = self.tokens.next(ctx.me);
        // req: CPM-PF-4h
        self.transactions.send(ctx, s_cscf, request, branch, meta, owner);
    }
}

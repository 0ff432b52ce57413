//! Push mode and hybrid, the alternatives to pull (policy `mode`): the PF delivers what is deferred when a client
//! comes, without an INVITE. To the deliveries a push is a session that no INVITE asked for. Hybrid pushes what is
//! small and notifies of the rest; what nobody has pulled after a time is pushed, too.

use super::Pf;
use super::clients::class_of_user;
use super::do_not_disturb::Due;
use super::management::Session;
use super::queue::Item;
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::{Mode, PushTarget};
use crate::agents::procedure::Procedure;
use crate::agents::timer::PfTimer;
use crate::kernel::EntityId;
use crate::wire::UserId;
use crate::wire::sip::Uri;

/// Which messages a push is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Share {
    /// Those that a notification is not about.
    Small,
    /// All.
    All,
}

impl Pf {
    /// Tells whom is due, now that the user may be disturbed: by notification, by push, or by both.
    pub(super) fn announce(&mut self, ctx: &mut Context<'_>, user: UserId, due: Due) {
        match (ctx.policies().mode, due) {
            (Mode::Pull, _) => self.notify_due(ctx, user, due),
            (Mode::Push, _) | (Mode::Hybrid, Due::Everything) => {
                // Nobody is there to push to: the devices are woken.
                let now = ctx.now;
                let nobody = !self.user(user).clients.iter().any(|client| client.until > now);
                if nobody && matches!(due, Due::All) {
                    self.notify_out_of_band(ctx, user);
                }
                self.push(ctx, user, due, Share::All);
            }
            (Mode::Hybrid, Due::All | Due::Client(_)) => {
                self.push(ctx, user, due, Share::Small);
                self.notify_due(ctx, user, due);
                self.arm_fallback(ctx, user);
            }
        }
    }

    /// Whether a notification tells of a message.
    pub(super) fn is_notified_of(ctx: &Context<'_>, item: &Item) -> bool {
        match ctx.policies().mode {
            Mode::Pull => true,
            Mode::Push => false,
            Mode::Hybrid => item.size() > ctx.policies().hybrid_threshold,
        }
    }

    fn arm_fallback(&mut self, ctx: &mut Context<'_>, user: UserId) {
        let waits = self.user(user).deferred.as_ref().is_some_and(|deferred| !deferred.queue.is_empty());
        let after = ctx.policies().hybrid_fallback.filter(|_| waits);
        if let Some(after) = after.filter(|_| self.fallbacks.insert(user)) {
            ctx.set_timer(after, PfTimer::PushFallback, user.0);
        }
    }

    /// What was notified has waited long enough for a pull.
    pub(super) fn on_push_fallback(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if self.fallbacks.remove(&user) {
            self.tell(ctx, user, Due::Everything);
        }
    }

    fn push(&mut self, ctx: &mut Context<'_>, user: UserId, due: Due, share: Share) {
        let to_all = ctx.policies().push_target == PushTarget::Aor;
        // RACE-12
        if matches!(due, Due::Client(_)) && self.user(user).deferred.as_ref().is_some_and(|d| !d.pushes.is_empty()) {
            ctx.observe(Fact::RegisteredMidPush);
        }
        if self.is_pushing(user, to_all, due) {
            return;
        }
        let client = match due {
            Due::Client(client) => Some(client),
            Due::All | Due::Everything => {
                self.user(user).clients.iter().copied().find(|client| client.is_suitable(ctx, 0))
            }
        };
        let terminal = match (client, to_all) {
            (Some(client), _) => client.terminal,
            // The user is known to be there, the clients are not: the first terminal stands for them.
            (None, true) if self.user(user).registered_until > ctx.now => ctx.shared.names.terminals_of(user).0,
            (None, _) => return,
        };
        let Some(deferred) = self.user(user).deferred.as_ref() else { return };
        let takes = |item: &Item| {
            let wanted = share == Share::All || !Pf::is_notified_of(ctx, item);
            wanted && item.is_addressable() && (to_all || client.is_some_and(|client| client.takes(ctx, item)))
        };
        let ids: Vec<_> = deferred.queue.live().filter(|item| takes(item)).map(|item| item.id).collect();
        if ids.is_empty() {
            return;
        }
        ids.iter().for_each(|id| self.deferred(user).queue.claim(*id));
        ctx.observe(Fact::PushStarted { user, messages: ids.len() as u32 });
        let class = class_of_user(ctx, user);
        let meta = self.own_meta(ctx, user, Procedure::DeferredDelivery, class);
        let at = self.sessions.insert(Session::of_push(user, terminal, to_all, ids, meta));
        self.deferred(user).pushes.push(at);
        self.go_on(ctx, at);
    }

    /// Whether a push to the same place is under way.
    fn is_pushing(&mut self, user: UserId, to_all: bool, due: Due) -> bool {
        let pushes = self.user(user).deferred.as_ref().map_or_else(Vec::new, |deferred| deferred.pushes.clone());
        pushes.iter().filter_map(|at| self.sessions.get(*at)).any(|session| match due {
            Due::Client(client) => to_all || session.terminal == client.terminal,
            Due::All | Due::Everything => true,
        })
    }

    /// A push is over. What came meanwhile is due now, unless the client did not take what there was.
    pub(super) fn on_push_over(&mut self, ctx: &mut Context<'_>, at: u32, session: &Session) {
        let user = session.user;
        self.deferred(user).pushes.retain(|other| *other != at);
        ctx.observe(Fact::PushOver { delivered: session.delivered, failed: session.failed });
        let again = !session.failed && ctx.policies().mode == Mode::Push;
        if again && self.deferred(user).queue.live().any(Item::is_addressable) {
            self.tell(ctx, user, Due::All);
        }
        self.tidy_up(user);
    }
}

/// The address of a delivery: the client's, or the user's for all clients at once.
pub(super) fn address(user: UserId, terminal: EntityId, to_all: bool) -> Uri {
    if to_all { Uri::User(user) } else { Uri::PublicGruu(terminal) }
}

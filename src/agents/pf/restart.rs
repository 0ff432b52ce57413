//! What is left of a PF after a failure: with its data, the known clients, the deferred messages and the mails that are
//! not settled; without, nothing.

use super::{Deferred, Pf, PfUser};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::kernel::Time;
use crate::wire::UserId;
use crate::wire::sip::Uri;

impl Pf {
    /// Starts anew. Transactions, sessions and subscriptions are gone; the deferred messages are kept with the data,
    /// and nobody has claimed them any more.
    pub(super) fn restart(&mut self, ctx: &mut Context<'_>, keeps_data: bool) {
        for (_, session) in self.sessions.iter() {
            if session.is_push() && session.to_all {
                ctx.observe(Fact::MessageSettled(Uri::User(session.user)));
            }
            if let Some(opened_at) = session.open_since() {
                ctx.observe(Fact::DialogClosed { opened_at, orderly: false });
            }
        }
        self.senders.drop_all(ctx, ctx.me);
        self.receivers.drop_all(ctx, ctx.me);
        let mut users = std::mem::take(&mut self.users);
        let mut adopted = std::mem::take(&mut self.adopted);
        for (seat, user) in users.iter_mut_placed() {
            let was_known = user.registered_until > ctx.now;
            user.restart(ctx, keeps_data);
            if was_known && !keeps_data {
                let until = ctx.now;
                ctx.observe(Fact::UserKnown { user: self.user_at(ctx, seat), until });
            }
        }
        adopted.values_mut().for_each(|user| user.restart(ctx, keeps_data));
        adopted.retain(|_, user| user.deferred.is_some());
        for to in self.reports_pending() {
            ctx.observe(Fact::MessageSettled(Uri::User(to)));
        }
        let dnd = self.dnd.after_restart(keeps_data);
        let (instances, tokens, receiver_numbers) = (self.instances, self.tokens, self.receiver_numbers);
        let mail = std::mem::take(&mut self.mail);
        *self = Pf { users, adopted, instances, tokens, receiver_numbers, dnd, mail, ..Pf::default() };
        self.mail.restart(ctx, keeps_data);
        self.resume_do_not_disturb(ctx);
        for user in self.deferred_states().filter_map(Deferred::user).collect::<Vec<_>>() {
            self.arm_expiry(ctx, user);
        }
    }

    /// The user with this seat.
    fn user_at(&self, ctx: &Context<'_>, seat: usize) -> UserId {
        let first = seat as u32 * self.instances.max(1);
        let mut users = (first..first + self.instances.max(1)).map(UserId);
        users.find(|user| ctx.shared.pf_of(*user) == Some(ctx.me)).unwrap_or(UserId(first))
    }
}

impl PfUser {
    fn restart(&mut self, ctx: &mut Context<'_>, keeps_data: bool) {
        if let Some(deferred) = &mut self.deferred {
            for outbox in &deferred.outboxes {
                (0..outbox.pending()).for_each(|_| {
                    ctx.observe(Fact::MessageSettled(Uri::PublicGruu(outbox.terminal())));
                });
            }
            deferred.outboxes.clear();
            deferred.managed.clear();
            deferred.pushes.clear();
            deferred.notify_after_service = false;
            (deferred.expiry_at, deferred.renotify_at) = (Time::ZERO, Time::ZERO);
            if keeps_data {
                deferred.queue.forget_claims();
            }
        }
        if !keeps_data {
            for item in self.deferred.iter().flat_map(|deferred| deferred.queue.live()) {
                ctx.observe(Fact::LostAtRestart { user: item.cpim.to, message: item.cpim.message_id });
            }
            self.deferred = None;
            self.reported = None;
            for client in self.clients.drain(..) {
                super::clients::note_known(ctx, client.terminal, ctx.now);
            }
            self.registered_until = Time::ZERO;
        } else if self.deferred.as_ref().is_some_and(|deferred| deferred.is_idle()) {
            self.deferred = None;
        }
    }
}

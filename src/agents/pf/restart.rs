//! What is left of a PF after a failure: with its data, the known clients and the deferred messages; without, nothing.

use super::Pf;
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::wire::sip::Uri;

impl Pf {
    /// Starts anew. Transactions, sessions and subscriptions are gone; the deferred messages are kept with the data,
    /// and nobody has claimed them any more.
    pub(super) fn restart(&mut self, ctx: &mut Context<'_>, keeps_data: bool) {
        for (_, session) in self.sessions.iter() {
            if let Some(opened_at) = session.open_since() {
                ctx.observe(Fact::DialogClosed { opened_at, orderly: false });
            }
        }
        let mut users = std::mem::take(&mut self.users);
        for user in users.iter_mut() {
            if let Some(deferred) = &mut user.deferred {
                for outbox in &deferred.outboxes {
                    (0..outbox.pending()).for_each(|_| {
                        ctx.observe(Fact::MessageSettled(Uri::PublicGruu(outbox.terminal())));
                    });
                }
                deferred.outboxes.clear();
                deferred.managed.clear();
                deferred.notify_after_service = false;
                if keeps_data {
                    deferred.queue.forget_claims();
                }
            }
            if !keeps_data {
                for item in user.deferred.iter().flat_map(|deferred| deferred.queue.iter()) {
                    ctx.observe(Fact::LostAtRestart { user: item.cpim.to, message: item.cpim.message_id });
                }
                user.deferred = None;
                user.clients.clear();
                user.registered_until = crate::kernel::Time::ZERO;
            } else if user.deferred.as_ref().is_some_and(|deferred| deferred.is_idle()) {
                user.deferred = None;
            }
        }
        let dnd = self.dnd.after_restart(keeps_data);
        *self = Pf { users, instances: self.instances, tokens: self.tokens, dnd, ..Pf::default() };
        self.resume_do_not_disturb(ctx);
    }
}

//! Out-of-band notification: where no registered client is suitable, the devices of the user are told by short message
//! that something is deferred (CPM-PF-5). The short message is a summary: it says how many (CPM-PF-7).

use super::Pf;
use super::clients::class_of_user;
use crate::agents::messaging::{MessagingFact, submit};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::{OutOfBandBearer, OutOfBandDevices};
use crate::agents::procedure::Procedure;
use crate::kernel::EntityId;
use crate::wire::UserId;
use crate::wire::sms::ShortContent;

impl Pf {
    // req: CPM-PF-5, CPM-PF-7, POL-OOB-SET, POL-OOB-CONTENT
    /// Nobody could be told in band.
    pub(super) fn notify_out_of_band(&mut self, ctx: &mut Context<'_>, user: UserId) {
        let number = u32::try_from(self.deferred(user).queue.len()).unwrap_or(u32::MAX);
        if ctx.policies().oob_bearer == OutOfBandBearer::None || number == 0 {
            return;
        }
        let (first, terminals) = ctx.shared.names.terminals_of(user);
        let count = match ctx.policies().oob_devices {
            OutOfBandDevices::All => terminals,
            OutOfBandDevices::First => 1,
        };
        let octets = ctx.policies().oob_octets;
        self.deferred(user).told_out_of_band = true;
        for terminal in (0..count).map(|offset| EntityId(first.0 + offset)) {
            let class = class_of_user(ctx, user);
            let meta = self.own_meta(ctx, user, Procedure::OutOfBandNotification, class);
            let id = self.tokens.next(ctx.me);
            ctx.observe(Fact::Messaging(MessagingFact::OutOfBandSent));
            submit(ctx, id, terminal, ShortContent::Deferred { user, number, octets }, meta);
        }
    }

    /// A client is told in band of what the devices were told out of band (RACE-11).
    pub(super) fn note_in_band(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if std::mem::take(&mut self.deferred(user).told_out_of_band) {
            ctx.observe(Fact::Messaging(MessagingFact::InBandAfterOutOfBand));
        }
    }
}

//! Out-of-band notification: where no registered client is suitable, the devices of the user are told by short message
//! or by MMS that something is deferred (CPM-PF-5). A summary says how many messages there are (CPM-PF-7); a full one
//! has the metadata of a notification in band behind it, of which only the length is there.
//!
//! For MMS the PF is what the MEM server of seed 000 is: it mails the notification to the MMS server, with the CPM
//! client as the application that it is for.

use super::Pf;
use super::clients::class_of_user;
use crate::agents::messaging::{MessagingFact, submit};
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::policies::{NotificationContent, OutOfBandAddress, OutOfBandBearer, OutOfBandDevices};
use crate::agents::procedure::{Meta, Procedure};
use crate::kernel::EntityId;
use crate::wire::UserId;
use crate::wire::mail::MailContent;
use crate::wire::notice::{DEFERRED_MAX, DeferredNotice, Notice};
use crate::wire::sms::ShortContent;
use crate::wire::smtp::{Smtp, SmtpLine};

impl Pf {
    // req: CPM-PF-5, POL-OOB-SET, POL-OOB-ADDR
    /// Nobody could be told in band.
    pub(super) fn notify_out_of_band(&mut self, ctx: &mut Context<'_>, user: UserId) {
        let bearer = ctx.policies().oob_bearer;
        if bearer == OutOfBandBearer::None || self.deferred(user).queue.live().next().is_none() {
            return;
        }
        let notice = self.deferred_notice(ctx, user);
        let shared = ctx.shared;
        let (first, terminals) = shared.names.terminals_of(user);
        let known = (0..terminals).map(|offset| EntityId(first.0 + offset));
        let reachable = known.filter(|known| shared.device_of(*known).oob_address == OutOfBandAddress::Msisdn);
        let count = match ctx.policies().oob_devices {
            OutOfBandDevices::All => usize::MAX,
            OutOfBandDevices::First => 1,
        };
        let mut told = false;
        for terminal in reachable.take(count) {
            told = true;
            let meta = self.own_meta(ctx, user, Procedure::OutOfBandNotification, class_of_user(ctx, user));
            ctx.observe(Fact::Messaging(MessagingFact::OutOfBandSent));
            match bearer {
                OutOfBandBearer::None => {}
                OutOfBandBearer::Sms => {
                    let id = self.tokens.next(ctx.me);
                    submit(ctx, id, terminal, ShortContent::Deferred(notice), meta);
                }
                OutOfBandBearer::Mms => {
                    let notice = Notice::Deferred(notice);
                    let content = MailContent::Notice { notice, applic_id: Some(notice.application()), report: false };
                    self.mail.send_to_terminal(ctx, &mut self.tokens, terminal, content, meta);
                }
            }
        }
        self.deferred(user).told_out_of_band |= told;
        if !told {
            ctx.observe(Fact::Messaging(MessagingFact::OutOfBandImpossible));
        }
    }

    // req: CPM-PF-7, POL-OOB-CONTENT
    fn deferred_notice(&mut self, ctx: &Context<'_>, user: UserId) -> DeferredNotice {
        let queue = &self.deferred(user).queue;
        let number = u32::try_from(queue.len()).unwrap_or(u32::MAX);
        let metadata = match ctx.policies().oob_content {
            NotificationContent::Full => queue.live().map(|item| item.entry().len(&ctx.shared.names)).sum(),
            NotificationContent::Summary => 0,
        };
        let octets = u64::from(ctx.policies().oob_octets) + metadata;
        // Metadata that does not fit is left out.
        let octets = u32::try_from(octets).unwrap_or(u32::MAX).min(DEFERRED_MAX);
        DeferredNotice { user, number, octets }
    }

    /// The MMS server replies to a command. It sends no mail of its own to a PF, which asks for no reports.
    pub(super) fn on_smtp(&mut self, ctx: &mut Context<'_>, smtp: &Smtp, meta: Meta) {
        match smtp.line {
            SmtpLine::Reply(code, command) => self.mail.on_reply(ctx, smtp, command, code, meta),
            SmtpLine::Command(_) => ctx.observe(Fact::Stray),
        }
    }

    /// A client is told in band of what the devices were told out of band (RACE-11).
    pub(super) fn note_in_band(&mut self, ctx: &mut Context<'_>, user: UserId) {
        if std::mem::take(&mut self.deferred(user).told_out_of_band) {
            ctx.observe(Fact::Messaging(MessagingFact::InBandAfterOutOfBand));
        }
    }
}

//! The Push Receiver Agent: content that push senders deliver in MESSAGE.

use super::Terminals;
use crate::agents::observation::Fact;
use crate::agents::outbox::Context;
use crate::agents::transactions::ServerTx;
use crate::wire::sip::SipMessage;
use crate::wire::sip::body::Push;

impl Terminals {
    pub(super) fn on_push(&mut self, ctx: &mut Context<'_>, tx: ServerTx, request: &SipMessage, push: &Push) {
        if ctx.shared.device_of(ctx.me).max_content.is_some_and(|limit| push.octets > limit) {
            return self.answer(ctx, tx, request, 413);
        }
        self.answer(ctx, tx, request, 200);
        self.take_content(ctx, push);
    }

    fn take_content(&mut self, ctx: &mut Context<'_>, push: &Push) {
        let duplicate = self.activity(ctx.me).messaging.is_copy(push.id);
        ctx.observe(Fact::PushReceived { content: push.id, octets: push.octets, duplicate });
    }
}

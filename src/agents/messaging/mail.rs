//! Sending mail: one SMTP session per mail, its connection included; a mail that its server defers or does not answer
//! is tried again, each time after twice as long.

use super::{MessagingFact, open, send};
use crate::agents::Fact;
use crate::agents::outbox::Context;
use crate::agents::procedure::Meta;
use crate::agents::proxy::TokenCounter;
use crate::agents::timer::MessagingTimer;
use crate::kernel::lookup::Lookup;
use crate::kernel::slab::Slab;
use crate::kernel::{EntityId, EventHandle, Span};
use crate::protocol::smtp::{Outcome, SmtpSession, Step};
use crate::wire::mail::{Mail, MailContent};
use crate::wire::smtp::{Smtp, SmtpCommand, SmtpLine};
use crate::wire::{Message, Token};

/// A session without a reply for this long has failed (RFC 5321 section 4.5.3.2).
const REPLY_TIMEOUT: Span = Span::from_secs(300);

/// A mail on its way.
#[derive(Clone, Copy, Debug)]
struct Outbound {
    mail: Mail,
    session: Token,
    state: SmtpSession,
    attempts: u32,
    /// Waits for a reply, or for the next attempt.
    timer: EventHandle,
    meta: Meta,
}

/// The mails that a node sends.
#[derive(Clone, Debug, Default)]
pub struct MailSender {
    outbound: Slab<Outbound>,
    by_session: Lookup<Token, u32>,
}

impl MailSender {
    /// Mails that are not settled.
    pub fn open(&self) -> usize {
        self.outbound.len()
    }

    /// Sends a mail to a terminal, by way of its MMS server.
    // req: POL-OOB-ADDR
    pub fn send_to_terminal(
        &mut self,
        ctx: &mut Context<'_>,
        tokens: &mut TokenCounter,
        terminal: EntityId,
        content: MailContent,
        meta: Meta,
    ) {
        let Some(to) = ctx.shared.mms_server_of(terminal) else { return ctx.observe(Fact::Stray) };
        let mail = Mail { id: tokens.next(ctx.me), from: ctx.me, to, terminal, date: ctx.now, content };
        self.send(ctx, tokens, mail, meta);
    }

    /// What is left after a failure of the node: with its data the mails, as if their servers had just deferred them,
    /// so that none lives for ever; sessions are gone.
    pub fn restart(&mut self, ctx: &mut Context<'_>, keeps_data: bool) {
        let kept = std::mem::take(self);
        for (_, outbound) in kept.outbound.iter().filter(|_| keeps_data) {
            let at = self.outbound.insert(*outbound);
            self.settle(ctx, at, Outcome::Deferred);
        }
    }

    /// Sends a mail.
    pub fn send(&mut self, ctx: &mut Context<'_>, tokens: &mut TokenCounter, mail: Mail, meta: Meta) {
        let session = tokens.next(ctx.me);
        let state = SmtpSession::new();
        let at = self.outbound.insert(Outbound { mail, session, state, attempts: 0, timer: EventHandle::NONE, meta });
        self.connect(ctx, at);
    }

    fn connect(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(outbound) = self.outbound.get_mut(at) else { return };
        outbound.state = SmtpSession::new();
        self.by_session.insert(outbound.session, at);
        outbound.timer = ctx.set_timer(REPLY_TIMEOUT, MessagingTimer::Mail, at);
        let (to, message) = (outbound.mail.to, unit(ctx.me, outbound, SmtpCommand::Connect));
        open(ctx, to, message, outbound.meta);
    }

    /// A reply arrived.
    pub fn on_reply(&mut self, ctx: &mut Context<'_>, reply: &Smtp, command: SmtpCommand, code: u16, meta: Meta) {
        let Some(&at) = self.by_session.get(&reply.session) else { return ctx.observe(Fact::Stray) };
        let Some(outbound) = self.outbound.get_mut(at) else { return };
        match outbound.state.on_reply(command, code) {
            Step::Say(command) => {
                outbound.meta = meta.next_hop();
                ctx.cancel_timer(&mut outbound.timer);
                outbound.timer = ctx.set_timer(REPLY_TIMEOUT, MessagingTimer::Mail, at);
                let (to, message) = (outbound.mail.to, unit(ctx.me, outbound, command));
                send(ctx, to, message, outbound.meta);
            }
            Step::Over(outcome) => {
                ctx.cancel_timer(&mut outbound.timer);
                outbound.meta = meta.next_hop();
                self.by_session.remove(&reply.session);
                self.settle(ctx, at, outcome);
            }
            Step::Unexpected => ctx.observe(Fact::Stray),
        }
    }

    fn settle(&mut self, ctx: &mut Context<'_>, at: u32, outcome: Outcome) {
        let Some(outbound) = self.outbound.get_mut(at) else { return };
        let settings = &ctx.shared.messaging.mem;
        match outcome {
            Outcome::Accepted => {
                self.outbound.remove(at);
            }
            Outcome::Deferred if outbound.attempts < settings.retries => {
                let wait = settings.retry.as_nanos().saturating_mul(1 << outbound.attempts.min(20));
                outbound.attempts += 1;
                outbound.timer = ctx.set_timer(Span::from_nanos(wait), MessagingTimer::Mail, at);
                ctx.observe(Fact::Messaging(MessagingFact::MailDeferred));
            }
            Outcome::Deferred | Outcome::Refused => {
                self.outbound.remove(at);
                ctx.observe(Fact::Messaging(MessagingFact::MailFailed));
            }
        }
    }

    /// A reply did not come, or the next attempt is due.
    pub fn on_timer(&mut self, ctx: &mut Context<'_>, at: u32) {
        let Some(outbound) = self.outbound.get_mut(at) else { return };
        outbound.timer = EventHandle::NONE;
        if self.by_session.remove(&outbound.session).is_some() {
            self.settle(ctx, at, Outcome::Deferred);
        } else {
            self.connect(ctx, at);
        }
    }
}

fn unit(me: EntityId, outbound: &Outbound, command: SmtpCommand) -> Message {
    let Outbound { mail, session, .. } = *outbound;
    let line = SmtpLine::Command(command);
    Message::Smtp(Box::new(Smtp { session, client: me, server: mail.to, mail, line }))
}

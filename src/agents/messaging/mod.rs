//! Mail, multimedia and short messages: what the MEM server, the MMS server and the nodes for short messages have in
//! common.
//!
//! | file | what it does |
//! |---|---|
//! | `mail` | sends mail: SMTP sessions, retry with back-off |
//! | `settings` | what a model says about these paths |
//! | `fact` | what these agents report to measurement |
//!
//! The messages that one event gives rise to are a chain: each has the lineage of the one before it, one hop on.

pub mod fact;
pub mod mail;
pub mod settings;

pub use fact::MessagingFact;
pub use settings::MessagingSettings;

use super::outbox::{Context, Outgoing};
use super::procedure::Meta;
use crate::kernel::EntityId;
use crate::wire::smpp::{Smpp, SmppLine};
use crate::wire::sms::{ShortContent, ShortMessage};
use crate::wire::{Message, Token};

/// Sends a message over a standing connection, or over one that is open by now.
pub fn send(ctx: &mut Context<'_>, to: EntityId, message: Message, meta: Meta) {
    let from = ctx.me;
    ctx.out.send(Outgoing { from, to, message, meta, transmission: 0, tcp: true, opens: false });
}

/// Opens a connection with a message.
pub fn open(ctx: &mut Context<'_>, to: EntityId, message: Message, meta: Meta) {
    let from = ctx.me;
    ctx.out.send(Outgoing { from, to, message, meta, transmission: 0, tcp: true, opens: true });
}

/// Submits a short message to the service centre of a terminal, segment by segment.
pub fn submit(ctx: &mut Context<'_>, id: Token, terminal: EntityId, content: ShortContent, meta: Meta) {
    let Some(centre) = ctx.shared.smsc_of(terminal) else { return ctx.observe(super::Fact::Stray) };
    let (from, at) = (ctx.me, ctx.now);
    let segments = content.segments(&ctx.shared.names);
    let mut meta = meta;
    for segment in 1..=segments {
        let message = ShortMessage { id, from, to: terminal, at, content, segment, segments };
        let message = Message::Smpp(Box::new(Smpp { centre, message, line: SmppLine::Submit }));
        send(ctx, centre, message, meta);
        meta = meta.next_hop();
    }
}

//! A content server: answers a GET of the content that a push refers to (RFC 4483, RFC 9110). How the content came to
//! it is not modelled; its address says how long it is.

use super::observation::Fact;
use super::outbox::{Context, Input, Outgoing};
use super::procedure::Meta;
use crate::kernel::EntityId;
use crate::wire::Message;
use crate::wire::http::{Http, HttpStart};

/// One content server. It keeps nothing between requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpServer;

impl HttpServer {
    /// Handles one input.
    pub fn handle(ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Message { from, message: Message::Http(request), meta, .. } => match request.start {
                HttpStart::Fetch(_, octets) => answer(ctx, from, &request, meta, 200, octets),
                HttpStart::Request(..) | HttpStart::RuleRequest(..) => answer(ctx, from, &request, meta, 404, 0),
                HttpStart::Response(_) => ctx.observe(Fact::Stray),
            },
            Input::Overload { from, message: Message::Http(request), meta, .. } => {
                ctx.observe(Fact::Rejected);
                answer(ctx, from, &request, meta, 503, 0);
            }
            Input::Restart { .. } => {}
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(Fact::Stray);
            }
        }
    }
}

/// Answers over the connection that the request came on.
fn answer(ctx: &mut Context<'_>, to: EntityId, request: &Http, meta: Meta, status: u16, content: u32) {
    let response = Http { start: HttpStart::Response(status), content, ..request.clone() };
    let message = Message::Http(Box::new(response));
    let (from, meta) = (ctx.me, meta.response());
    ctx.out.send(Outgoing { from, to, message, meta, transmission: 0, tcp: true, opens: false });
}

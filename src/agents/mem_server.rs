//! MEM server: mailboxes of users, the events that their users want to be told of, and the choice of how (seed 000,
//! RFC 5551): in the connection of a terminal that is connected to its mailbox, else out of band by the bearer of the
//! model. Clients synchronise with it over IMAP.
//!
//! The MEM client of a user is on the first terminal.
// req-not-modelled: MEM-15 an editor's note about a list of references asks nothing of any node

use super::Fact;
use super::census::Census;
use super::messaging::fact::MessagingFact;
use super::messaging::mail::MailSender;
use super::messaging::settings::Bearer;
use super::messaging::{send, submit};
use super::outbox::{Command, Context, Input};
use super::procedure::{Meta, Procedure, Scope};
use super::proxy::{Owner, TokenCounter};
use super::timer::{MessagingTimer, TimerReason};
use super::transactions::{Expired, Received, Transactions};
use crate::kernel::lookup::Lookup;
use crate::kernel::{EntityId, Time};
use crate::wire::imap::{Imap, ImapCommand, ImapLine};
use crate::wire::mail::MailContent;
use crate::wire::mailbox::{MailboxEvent, MailboxNotice};
use crate::wire::notice::Notice;
use crate::wire::sip::{Body, Method, Party, Route, RouteKind, SipMessage, Uri};
use crate::wire::sms::ShortContent;
use crate::wire::smtp::{Smtp, SmtpLine};
use crate::wire::wap_push::WapPush;
use crate::wire::{Message, Token, UserId};

/// A connection to a mailbox on which the client wants to be told of events.
#[derive(Clone, Copy, Debug)]
struct Connected {
    terminal: EntityId,
    connection: Token,
    /// The client leaves by then.
    until: Time,
}

/// A mailbox.
#[derive(Clone, Copy, Debug, Default)]
struct Mailbox {
    /// Events that happened.
    events: u32,
    /// Messages that its client has not fetched.
    unseen: u32,
    connected: Option<Connected>,
}

/// One MEM server instance.
#[derive(Clone, Debug, Default)]
pub struct MemServer {
    mailboxes: Lookup<UserId, Mailbox>,
    mail: MailSender,
    transactions: Transactions<Owner<()>>,
    tokens: TokenCounter,
}

impl MemServer {
    /// What is open.
    pub fn census(&self) -> Census {
        let (mails, transactions) = (self.mail.open() as u64, self.transactions.open() as u64);
        Census { mails, transactions, ..Census::default() }
    }

    /// Handles one input.
    pub fn handle(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Command(Command::MailboxEvent { user, event, class }) => self.on_event(ctx, user, event, class),
            Input::Message { from, message: Message::Smtp(smtp), meta, .. } => self.on_smtp(ctx, from, &smtp, meta),
            Input::Message { from, message: Message::Imap(imap), meta, .. } => self.on_imap(ctx, from, &imap, meta),
            Input::Message { message: Message::Smpp(_), .. } => {}
            Input::Message { from, message: Message::Sip(message), meta, tcp } => {
                if let Received::Response { response, .. } = self.transactions.receive(ctx, from, message, meta, tcp)
                    && response.status().is_some_and(|status| status >= 300)
                {
                    ctx.observe(Fact::Messaging(MessagingFact::PushFailed));
                }
            }
            Input::Timer { reason: TimerReason::Messaging(MessagingTimer::Mail), subject } => {
                self.mail.on_timer(ctx, subject);
            }
            Input::Timer { reason: TimerReason::Transaction(timer), subject } => {
                if let Expired::Request { .. } = self.transactions.on_timer(ctx, timer, subject) {
                    ctx.observe(Fact::Messaging(MessagingFact::PushFailed));
                }
            }
            Input::Restart { keeps_data } => {
                let mailboxes = if keeps_data { std::mem::take(&mut self.mailboxes) } else { Lookup::default() };
                let (tokens, mail) = (self.tokens, std::mem::take(&mut self.mail));
                *self = MemServer { tokens, mailboxes, mail, ..MemServer::default() };
                self.mail.restart(ctx, keeps_data);
            }
            Input::Message { .. } | Input::Overload { .. } | Input::Timer { .. } | Input::Command(_) => {
                ctx.observe(Fact::Stray);
            }
        }
    }

    // req: MEM-1, MEM-2
    fn on_event(&mut self, ctx: &mut Context<'_>, user: UserId, event: MailboxEvent, class: u16) {
        let settings = &ctx.shared.messaging.mem;
        let mailbox = self.mailboxes.entry(user);
        mailbox.events += 1;
        mailbox.unseen += u32::from(matches!(event, MailboxEvent::MessageNew | MailboxEvent::MessageAppend));
        if !settings.events.contains(&event) {
            return ctx.observe(Fact::Messaging(MessagingFact::EventFiltered));
        }
        let number = mailbox.events;
        let origin = Scope::mailbox_user(user);
        let meta = Meta::new(Procedure::MailboxNotification, class, ctx.now, origin, number);
        let connected = mailbox.connected.filter(|connected| settings.in_band && connected.until > ctx.now);
        match connected {
            Some(Connected { terminal, connection, .. }) => {
                let (messages, server) = (mailbox.unseen, ctx.me);
                let octets = settings.message;
                let imap = Imap { connection, server, user, line: ImapLine::Event, messages, octets };
                send(ctx, terminal, Message::Imap(Box::new(imap)), meta);
                ctx.observe(Fact::Messaging(MessagingFact::NoticeInBand));
            }
            None => self.tell_out_of_band(ctx, user, event, meta),
        }
    }

    // req: MEM-14
    fn tell_out_of_band(&mut self, ctx: &mut Context<'_>, user: UserId, event: MailboxEvent, meta: Meta) {
        let settings = &ctx.shared.messaging.mem;
        let (terminal, _) = ctx.shared.names.terminals_of(user);
        let id = self.tokens.next(ctx.me);
        let notice = MailboxNotice { user, event, id, at: ctx.now, octets: settings.payload };
        ctx.observe(Fact::Messaging(MessagingFact::NoticeOutOfBand(settings.bearer)));
        match settings.bearer {
            Bearer::Mms => self.mail(ctx, terminal, notice, meta),
            Bearer::Sms => submit(ctx, id, terminal, ShortContent::Mailbox(notice), meta),
            Bearer::WapPush => submit(ctx, id, terminal, ShortContent::Push(WapPush::Email(notice)), meta),
            Bearer::SipPush => self.push(ctx, user, terminal, notice, meta),
        }
    }

    // req: MEM-3, MEM-5, MEM-7
    fn mail(&mut self, ctx: &mut Context<'_>, terminal: EntityId, notice: MailboxNotice, meta: Meta) {
        let settings = &ctx.shared.messaging.mem;
        let notice = Notice::Mailbox(notice);
        let content = MailContent::Notice { notice, applic_id: settings.applic_id, report: settings.report };
        self.mail.send_to_terminal(ctx, &mut self.tokens, terminal, content, meta);
    }

    /// A MESSAGE to the terminal, as an application server sends it.
    fn push(&mut self, ctx: &mut Context<'_>, user: UserId, terminal: EntityId, notice: MailboxNotice, meta: Meta) {
        let Some(s_cscf) = ctx.shared.s_cscf_of(user) else { return ctx.observe(Fact::Stray) };
        let me = Uri::Node(ctx.me);
        let from = Party { uri: me, tag: Some(self.tokens.next(ctx.me)) };
        let to = Party { uri: Uri::User(user), tag: None };
        let call_id = self.tokens.next(ctx.me);
        let mut request = SipMessage::request(Method::Message, Uri::PublicGruu(terminal), from, to, call_id, 1);
        request.headers.p_asserted_identity = Some(me);
        request.headers.p_charging_vector = Some(self.tokens.next(ctx.me));
        request.body = Body::Mailbox(notice);
        request.route.push(Route { node: s_cscf, kind: RouteKind::Plain });
        let branch = self.tokens.next(ctx.me);
        self.transactions.send(ctx, s_cscf, request, branch, meta, Owner::Own(()));
    }

    fn on_smtp(&mut self, ctx: &mut Context<'_>, from: EntityId, smtp: &Smtp, meta: Meta) {
        match smtp.line {
            SmtpLine::Command(command) => {
                let reply = Smtp { line: SmtpLine::Reply(command.success(), command), ..*smtp };
                send(ctx, from, Message::Smtp(Box::new(reply)), meta.next_hop());
                if let (crate::wire::smtp::SmtpCommand::Content, MailContent::Status { action, .. }) =
                    (command, smtp.mail.content)
                {
                    let delivered = action == crate::wire::mail::StatusAction::Delivered;
                    ctx.observe(Fact::Messaging(MessagingFact::StatusReceived { delivered }));
                }
            }
            SmtpLine::Reply(code, command) => self.mail.on_reply(ctx, smtp, command, code, meta),
        }
    }

    fn on_imap(&mut self, ctx: &mut Context<'_>, from: EntityId, imap: &Imap, meta: Meta) {
        let settings = &ctx.shared.messaging.mem;
        let (mut messages, octets) = (0, settings.message);
        let mailbox = self.mailboxes.entry(imap.user);
        let line = match imap.line {
            ImapLine::Connect => ImapLine::Greeting,
            ImapLine::Command(command) => {
                match command {
                    ImapCommand::Login => {}
                    ImapCommand::Select => messages = mailbox.unseen,
                    ImapCommand::Fetch => messages = std::mem::take(&mut mailbox.unseen),
                    ImapCommand::Notify => {
                        let (connection, until) = (imap.connection, ctx.now + settings.connection);
                        mailbox.connected = Some(Connected { terminal: from, connection, until });
                    }
                    ImapCommand::Logout => mailbox.connected = None,
                }
                ImapLine::Ok(command)
            }
            ImapLine::Greeting | ImapLine::Ok(_) | ImapLine::Event => return ctx.observe(Fact::Stray),
        };
        let answer = Imap { line, messages, octets, ..*imap };
        send(ctx, from, Message::Imap(Box::new(answer)), meta.next_hop());
    }
}

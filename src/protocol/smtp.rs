//! The client side of an SMTP session that transfers one mail (RFC 5321), without pipelining: a command, its reply, the
//! next command.

use crate::wire::smtp::SmtpCommand;

/// Where a session stands, by what the client waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SmtpSession {
    /// The reply to this command.
    Waiting(SmtpCommand),
    /// The reply to QUIT; what became of the mail is known.
    Quitting(Outcome),
}

/// What became of a mail.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// The server took it.
    Accepted,
    /// The server wants it later (4xx).
    Deferred,
    /// The server does not want it (5xx).
    Refused,
}

/// What the client does next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// It sends this command.
    Say(SmtpCommand),
    /// The session is over.
    Over(Outcome),
    /// The reply belongs to another command.
    Unexpected,
}

impl SmtpSession {
    /// A session whose connection is being opened.
    pub const fn new() -> SmtpSession {
        SmtpSession::Waiting(SmtpCommand::Connect)
    }

    /// A reply with `code` to `command` arrived.
    // req: MEM-3
    pub fn on_reply(&mut self, command: SmtpCommand, code: u16) -> Step {
        match *self {
            SmtpSession::Waiting(waiting) if waiting != command => Step::Unexpected,
            SmtpSession::Waiting(_) => match code {
                400..500 => self.quit(Outcome::Deferred),
                500.. => self.quit(Outcome::Refused),
                _ => match next(command) {
                    Some(command) => {
                        *self = SmtpSession::Waiting(command);
                        Step::Say(command)
                    }
                    None => self.quit(Outcome::Accepted),
                },
            },
            SmtpSession::Quitting(outcome) if command == SmtpCommand::Quit => Step::Over(outcome),
            SmtpSession::Quitting(_) => Step::Unexpected,
        }
    }

    fn quit(&mut self, outcome: Outcome) -> Step {
        *self = SmtpSession::Quitting(outcome);
        Step::Say(SmtpCommand::Quit)
    }
}

impl Default for SmtpSession {
    fn default() -> Self {
        SmtpSession::new()
    }
}

/// The command after one that succeeded; `None` after the mail itself.
const fn next(command: SmtpCommand) -> Option<SmtpCommand> {
    match command {
        SmtpCommand::Connect => Some(SmtpCommand::Ehlo),
        SmtpCommand::Ehlo => Some(SmtpCommand::Mail),
        SmtpCommand::Mail => Some(SmtpCommand::Rcpt),
        SmtpCommand::Rcpt => Some(SmtpCommand::Data),
        SmtpCommand::Data => Some(SmtpCommand::Content),
        SmtpCommand::Content | SmtpCommand::Quit => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commands of a session in which `refused` gets `code`, and its outcome.
    fn run(refused: Option<(SmtpCommand, u16)>) -> (Vec<SmtpCommand>, Outcome) {
        let (mut session, mut said, mut command) = (SmtpSession::new(), Vec::new(), SmtpCommand::Connect);
        loop {
            let code = match refused {
                Some((at, code)) if at == command => code,
                _ => command.success(),
            };
            match session.on_reply(command, code) {
                Step::Say(next) => {
                    said.push(next);
                    command = next;
                }
                Step::Over(outcome) => return (said, outcome),
                Step::Unexpected => panic!("{command:?}"),
            }
        }
    }

    // req-test: MEM-3
    #[test]
    fn a_session_has_six_commands_and_ends_early_when_refused() {
        use SmtpCommand::{Content, Data, Ehlo, Mail, Quit, Rcpt};
        assert_eq!(run(None), (vec![Ehlo, Mail, Rcpt, Data, Content, Quit], Outcome::Accepted));
        assert_eq!(run(Some((Rcpt, 452))), (vec![Ehlo, Mail, Rcpt, Quit], Outcome::Deferred));
        assert_eq!(run(Some((Content, 550))), (vec![Ehlo, Mail, Rcpt, Data, Content, Quit], Outcome::Refused));
        assert_eq!(run(Some((SmtpCommand::Connect, 421))), (vec![Quit], Outcome::Deferred));
    }

    #[test]
    fn a_reply_to_another_command_changes_nothing() {
        let mut session = SmtpSession::new();
        assert_eq!(session.on_reply(SmtpCommand::Data, 354), Step::Unexpected);
        assert_eq!(session, SmtpSession::new());
    }
}

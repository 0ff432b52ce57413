//! SMTP as text (RFC 5321): commands, replies, and the mail behind DATA.

use super::fault::Fault;
use super::mime::MimeText;

/// A command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SmtpCommandText<'a> {
    /// The verb.
    pub verb: &'a str,
    /// What follows it.
    pub argument: &'a str,
}

/// A reply: its code, and the text of each of its lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SmtpReplyText<'a> {
    /// The code.
    pub code: u16,
    /// The text of each line.
    pub lines: Vec<&'a str>,
}

const fn fault(what: &'static str) -> Fault {
    Fault::new("SMTP", what)
}

/// Most octets of a line with its end (RFC 5321 section 4.5.3.1.4, RFC 3461 section 4 adds to it).
const LONGEST_LINE: usize = 1024;

/// The text of octets that are whole lines.
fn text(octets: &[u8]) -> Result<&str, Fault> {
    let text = str::from_utf8(octets).map_err(|_| fault("no UTF-8"))?;
    text.strip_suffix("\r\n").ok_or(fault("the last line does not end"))
}

impl<'a> SmtpCommandText<'a> {
    /// Reads a command with its line end.
    pub fn parse(octets: &'a [u8]) -> Result<SmtpCommandText<'a>, Fault> {
        let line = text(octets)?;
        if octets.len() > LONGEST_LINE || line.contains(['\r', '\n']) {
            return Err(fault("more than a line"));
        }
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        if verb.len() != 4 || !verb.bytes().all(|octet| octet.is_ascii_alphabetic()) {
            return Err(fault("not a verb"));
        }
        Ok(SmtpCommandText { verb, argument })
    }

    /// The address of MAIL (`FROM`) or RCPT (`TO`), and the parameters behind it.
    pub fn path(&self, keyword: &str) -> Result<(&'a str, Vec<&'a str>), Fault> {
        let found = || {
            let (word, rest) = self.argument.split_once(":<")?;
            let (path, parameters) = rest.split_once('>')?;
            word.eq_ignore_ascii_case(keyword).then_some((path, parameters))
        };
        let (path, parameters) = found().ok_or(fault("no address"))?;
        let separated = parameters.is_empty() || parameters.starts_with(' ');
        if path.contains([' ', '<']) || !separated {
            return Err(fault("not an address"));
        }
        Ok((path, parameters.split(' ').filter(|parameter| !parameter.is_empty()).collect()))
    }
}

impl<'a> SmtpReplyText<'a> {
    /// Reads a reply of one line or several, with its line ends.
    pub fn parse(octets: &'a [u8]) -> Result<SmtpReplyText<'a>, Fault> {
        let mut code = None;
        let mut lines = Vec::new();
        let mut ended = false;
        for line in text(octets)?.split("\r\n") {
            if ended || line.contains(['\r', '\n']) {
                return Err(fault("a line behind the last one"));
            }
            let number = line.get(..3).filter(|digits| digits.bytes().all(|octet| octet.is_ascii_digit()));
            let number = number.and_then(|digits| digits.parse().ok()).filter(|code| (200..600).contains(code));
            let number: u16 = number.ok_or(fault("no reply code"))?;
            if *code.get_or_insert(number) != number {
                return Err(fault("two codes in one reply"));
            }
            ended = match line.as_bytes().get(3) {
                Some(b'-') => false,
                Some(b' ') | None => true,
                Some(_) => return Err(fault("neither a space nor a hyphen behind the code")),
            };
            lines.push(line.get(4..).unwrap_or_default());
        }
        match code {
            Some(code) if ended => Ok(SmtpReplyText { code, lines }),
            Some(_) | None => Err(fault("the reply does not end")),
        }
    }
}

/// Reads the mail behind DATA: all up to the line with a dot. A dot that was doubled stays doubled.
pub fn mail_text(octets: &[u8]) -> Result<MimeText<'_>, Fault> {
    let mail = octets.strip_suffix(b".\r\n").filter(|mail| mail.ends_with(b"\r\n"));
    let mail = mail.ok_or(fault("no line with a dot ends the mail"))?;
    if mail.windows(5).any(|window| window == b"\r\n.\r\n") {
        return Err(fault("something behind the end of the mail"));
    }
    MimeText::entity(mail)
}

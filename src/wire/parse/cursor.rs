//! A place in a text, and the basic rules of RFC 3261 section 25.1 that move it on. Folding is gone from the text, so
//! its linear white space is spaces and tabs.

use super::fault::Fault;

/// What is left of a text.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    part: &'static str,
    rest: &'a str,
}

/// Whether an octet may stand in a `token`.
pub(super) const fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// Whether an octet may stand in a `word`, of which Call-IDs are made.
pub(super) const fn is_word(octet: u8) -> bool {
    is_token(octet)
        || matches!(octet, b'(' | b')' | b'<' | b'>' | b':' | b'\\' | b'"' | b'/' | b'[' | b']' | b'?' | b'{' | b'}')
}

const fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

impl<'a> Cursor<'a> {
    /// At the start of a text that is the value of `part`.
    pub fn new(part: &'static str, text: &'a str) -> Cursor<'a> {
        Cursor { part, rest: text }
    }

    /// What is left.
    pub fn rest(&self) -> &'a str {
        self.rest
    }

    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn fault(&self, what: &'static str) -> Fault {
        Fault::new(self.part, what)
    }

    fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    pub fn is_at(&self, octet: u8) -> bool {
        self.peek() == Some(octet)
    }

    /// Takes one ASCII octet if it is there.
    pub fn eat(&mut self, octet: u8) -> bool {
        debug_assert!(octet.is_ascii());
        let there = self.is_at(octet);
        if there {
            self.rest = &self.rest[1..];
        }
        there
    }

    /// Takes octets while they are of a class of ASCII.
    pub fn take_while(&mut self, class: impl Fn(u8) -> bool) -> &'a str {
        let length = self.rest.bytes().take_while(|octet| octet.is_ascii() && class(*octet)).count();
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// Takes everything before the first of some ASCII octets.
    pub fn take_until(&mut self, ends: &[u8]) -> &'a str {
        let length = self.rest.bytes().take_while(|octet| !ends.contains(octet)).count();
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    pub fn skip_space(&mut self) {
        self.take_while(is_space);
    }

    /// White space that has to be there.
    pub fn space(&mut self) -> Result<(), Fault> {
        if self.take_while(is_space).is_empty() { Err(self.fault("white space is missing")) } else { Ok(()) }
    }

    /// A separator with white space on both sides. Without it the place stays as it is.
    pub fn separator(&mut self, octet: u8) -> bool {
        let before = self.rest;
        self.skip_space();
        if self.eat(octet) {
            self.skip_space();
            true
        } else {
            self.rest = before;
            false
        }
    }

    pub fn token(&mut self) -> Result<&'a str, Fault> {
        let token = self.take_while(is_token);
        if token.is_empty() { Err(self.fault("a token is missing")) } else { Ok(token) }
    }

    /// A number in decimal that is at most `most`.
    pub fn number(&mut self, most: u64) -> Result<u64, Fault> {
        let digits = self.take_while(|octet| octet.is_ascii_digit());
        if digits.is_empty() {
            return Err(self.fault("a number is missing"));
        }
        match digits.parse() {
            Ok(number) if number <= most => Ok(number),
            Ok(_) | Err(_) => Err(self.fault("the number is too large")),
        }
    }

    /// A quoted string as it is written, with its quotes.
    pub fn quoted(&mut self) -> Result<&'a str, Fault> {
        let text = self.rest;
        if !self.eat(b'"') {
            return Err(self.fault("a quoted string is missing"));
        }
        let mut escaped = false;
        for (at, octet) in text.bytes().enumerate().skip(1) {
            match octet {
                // Line ends never stand in a value whose folding is gone; both are no quoted pair.
                b'\r' | b'\n' => return Err(self.fault("a line end in a quoted string")),
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.rest = &text[at + 1..];
                    return Ok(&text[..=at]);
                }
                b'\t' | b' '..=b'~' | 0x80.. => {}
                0..=0x1f | 0x7f => return Err(self.fault("a control character in a quoted string")),
            }
        }
        Err(self.fault("a quoted string does not end"))
    }

    /// Nothing but white space may be left.
    pub fn end(mut self) -> Result<(), Fault> {
        self.skip_space();
        if self.is_at_end() { Ok(()) } else { Err(self.fault("something follows the value")) }
    }
}

/// What a quoted string says: without quotes, escapes resolved. Any other text stays as it is.
pub(super) fn unquote(written: &str) -> String {
    let Some(inner) = written.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return written.to_owned();
    };
    let mut said = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        said.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    said
}

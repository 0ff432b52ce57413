//! MMS PDUs (OMA MMS encapsulation) in the binary encoding of WSP (WAP-230 section 8.4).

use super::fault::Fault;

/// A PDU.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MmsText<'a> {
    /// X-Mms-Message-Type as its code: 0x82 is m-notification-ind.
    pub message_type: u8,
    /// Fields in order: code and value. A field that has a name in place of a code is left out.
    pub fields: Vec<(u8, MmsValue<'a>)>,
    /// What follows Content-Type: the content of the MM.
    pub body: &'a [u8],
}

/// The value of a field, by how its first octet says that it is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MmsValue<'a> {
    /// An assigned number, its highest bit set.
    Short(u8),
    /// Text up to a zero octet.
    Text(&'a str),
    /// Octets whose number stands before them: an integer, or several values.
    Octets(&'a [u8]),
}

impl<'a> MmsValue<'a> {
    /// The integer that the octets are, or the short one without its highest bit.
    pub fn integer(self) -> Option<u64> {
        match self {
            MmsValue::Short(octet) => Some(u64::from(octet & 0x7f)),
            MmsValue::Octets(octets) if (1..=8).contains(&octets.len()) => {
                Some(octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
            }
            MmsValue::Octets(_) | MmsValue::Text(_) => None,
        }
    }

    /// The text.
    pub fn text(self) -> Option<&'a str> {
        match self {
            MmsValue::Text(text) => Some(text),
            MmsValue::Short(_) | MmsValue::Octets(_) => None,
        }
    }

    /// The octets.
    pub fn octets(self) -> Option<&'a [u8]> {
        match self {
            MmsValue::Octets(octets) => Some(octets),
            MmsValue::Short(_) | MmsValue::Text(_) => None,
        }
    }
}

/// A part of an MM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MmsPart<'a> {
    /// Its content type and other headers, encoded.
    pub headers: &'a [u8],
    /// Its content.
    pub data: &'a [u8],
}

const MESSAGE_TYPE: u8 = 0x8c;
const CONTENT_TYPE: u8 = 0x84;

const fn fault(what: &'static str) -> Fault {
    Fault::new("MMS", what)
}

/// What is left of a PDU.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn octet(&mut self) -> Result<u8, Fault> {
        let (first, rest) = self.0.split_first().ok_or(fault("it ends too early"))?;
        self.0 = rest;
        Ok(*first)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(fault("a length beyond the end"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// An integer of variable length: seven bits in each octet, at most five octets.
    fn uintvar(&mut self) -> Result<usize, Fault> {
        let mut number: u64 = 0;
        for _ in 0..5 {
            let octet = self.octet()?;
            number = number << 7 | u64::from(octet & 0x7f);
            if octet & 0x80 == 0 {
                return u32::try_from(number).map(|number| number as usize).map_err(|_| fault("an integer too large"));
            }
        }
        Err(fault("an integer that does not end"))
    }

    fn text(&mut self) -> Result<&'a str, Fault> {
        let length = self.0.iter().position(|octet| *octet == 0).ok_or(fault("a text does not end"))?;
        let text = str::from_utf8(self.take(length)?).map_err(|_| fault("no UTF-8"))?;
        self.octet()?;
        // A quote stands before text whose first octet would say something else.
        Ok(text.strip_prefix('\u{7f}').unwrap_or(text))
    }

    /// The value of a field that has to come next.
    fn field(&mut self, code: u8) -> Result<MmsValue<'a>, Fault> {
        if self.octet()? != code {
            return Err(fault("another field first"));
        }
        self.value()
    }

    fn value(&mut self) -> Result<MmsValue<'a>, Fault> {
        match self.0.first().copied().ok_or(fault("a field without value"))? {
            length @ 0..=30 => {
                self.octet()?;
                Ok(MmsValue::Octets(self.take(usize::from(length))?))
            }
            31 => {
                self.octet()?;
                let length = self.uintvar()?;
                Ok(MmsValue::Octets(self.take(length)?))
            }
            32..=127 => Ok(MmsValue::Text(self.text()?)),
            number @ 128.. => {
                self.octet()?;
                Ok(MmsValue::Short(number))
            }
        }
    }
}

impl<'a> MmsText<'a> {
    /// Reads a PDU.
    pub fn parse(octets: &'a [u8]) -> Result<MmsText<'a>, Fault> {
        let mut rest = Rest(octets);
        let MmsValue::Short(message_type) = rest.field(MESSAGE_TYPE)? else {
            return Err(fault("no message type"));
        };
        let mut fields = Vec::new();
        while let Some(first) = rest.0.first().copied() {
            if first < 0x80 {
                rest.text()?;
                rest.text()?;
                continue;
            }
            rest.octet()?;
            fields.push((first, rest.value()?));
            // It is the last field: content follows.
            if first == CONTENT_TYPE {
                break;
            }
        }
        Ok(MmsText { message_type, fields, body: rest.0 })
    }

    /// The value of the first field of a code.
    pub fn value(&self, code: u8) -> Option<MmsValue<'a>> {
        self.fields.iter().find(|(known, _)| *known == code).map(|(_, value)| *value)
    }

    /// The parts of the content.
    pub fn parts(&self) -> Result<Vec<MmsPart<'a>>, Fault> {
        let mut rest = Rest(self.body);
        let mut parts = Vec::new();
        for _ in 0..rest.uintvar()? {
            let (headers, data) = (rest.uintvar()?, rest.uintvar()?);
            parts.push(MmsPart { headers: rest.take(headers)?, data: rest.take(data)? });
        }
        if rest.0.is_empty() { Ok(parts) } else { Err(fault("something behind the last part")) }
    }
}

//! What an element does with a message before it looks at what the message wants (RFC 3261 sections 8.1.3, 8.2, 16.3).

use super::fault::Fault;
use super::sip::{SipText, StartText};
use super::uri::UriText;

/// What an element can do.
#[derive(Clone, Copy, Debug)]
pub struct Abilities<'a> {
    /// Whether it is a proxy. A proxy looks at less.
    pub is_proxy: bool,
    /// Methods that it serves.
    pub methods: &'a [&'a str],
    /// Schemes of URIs that it serves.
    pub schemes: &'a [&'a str],
    /// Option tags of the extensions that it has.
    pub extensions: &'a [&'a str],
    /// Types of bodies that it reads.
    pub reads: &'a [&'a str],
    /// Types of bodies that it answers with.
    pub answers: &'a [&'a str],
    /// Schemes of credentials that it knows.
    pub credentials: &'a [&'a str],
}

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is served.
    Serve,
    /// It is answered with this status.
    Refuse(u16, Fault),
    /// It vanishes: a response or an ACK, which nothing answers.
    Discard(Fault),
}

/// Why a request is refused: status and fault.
type Refusal = (u16, Fault);

/// What an element of these abilities does with a message.
pub fn verdict(text: &SipText<'_>, abilities: &Abilities<'_>) -> Verdict {
    if text.is_response() {
        return match response(text, abilities) {
            Ok(()) => Verdict::Serve,
            Err(fault) => Verdict::Discard(fault),
        };
    }
    match request(text, abilities) {
        Ok(()) => Verdict::Serve,
        Err((_, fault)) if text.start_line.starts_with("ACK ") => Verdict::Discard(fault),
        Err((status, fault)) => Verdict::Refuse(status, fault),
    }
}

fn response(text: &SipText<'_>, abilities: &Abilities<'_>) -> Result<(), Fault> {
    if let StartText::Response { version, .. } = text.start()?
        && version != "2.0"
    {
        return Err(Fault::new("start line", "another version than 2.0"));
    }
    text.check()?;
    if !abilities.is_proxy && text.vias()?.len() > 1 {
        return Err(Fault::new("Via", "the response is for another element"));
    }
    Ok(())
}

fn request(text: &SipText<'_>, abilities: &Abilities<'_>) -> Result<(), Refusal> {
    let bad = |fault| (400, fault);
    let StartText::Request { method, uri, version } = text.start().map_err(bad)? else { return Ok(()) };
    if version != "2.0" {
        return Err((505, Fault::new("start line", "another version than 2.0")));
    }
    text.check().map_err(bad)?;
    scheme(&uri, abilities)?;
    if abilities.is_proxy {
        if text.number("Max-Forwards", 255).map_err(bad)? == Some(0) {
            return Err((483, Fault::new("Max-Forwards", "zero")));
        }
        return extensions(text, "Proxy-Require", abilities);
    }
    if !abilities.methods.contains(&method) {
        return Err((501, Fault::new("start line", "an unknown method")));
    }
    if method == "REGISTER" && !matches!(text.to().map_err(bad)?.uri, UriText::Sip(_)) {
        return Err((400, Fault::new("To", "not the SIP URI of an address-of-record")));
    }
    extensions(text, "Require", abilities)?;
    credentials(text, abilities)?;
    content(text, method, abilities)
}

fn scheme(uri: &UriText<'_>, abilities: &Abilities<'_>) -> Result<(), Refusal> {
    let known = |scheme: &str| abilities.schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    let served = match uri {
        UriText::Sip(sip) => known(if sip.secure { "sips" } else { "sip" }),
        UriText::Other { scheme, .. } => known(scheme),
    };
    if served { Ok(()) } else { Err((416, Fault::new("Request-URI", "a scheme that is not served"))) }
}

fn extensions(text: &SipText<'_>, name: &'static str, abilities: &Abilities<'_>) -> Result<(), Refusal> {
    let asked = text.list(name).map_err(|fault| (400, fault))?;
    let all = asked.iter().all(|tag| abilities.extensions.iter().any(|known| known.eq_ignore_ascii_case(tag)));
    if all { Ok(()) } else { Err((420, Fault::new(name, "an unknown extension"))) }
}

fn credentials(text: &SipText<'_>, abilities: &Abilities<'_>) -> Result<(), Refusal> {
    const NAME: &str = "Authorization";
    let given = text.authentication(NAME).map_err(|fault| (400, fault))?;
    let known = |scheme: &str| abilities.credentials.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    if given.is_empty() || given.iter().any(|one| known(one.scheme)) {
        Ok(())
    } else {
        // Credentials of a scheme that nobody knows are none (RFC 4475 section 3.3.7).
        Err((401, Fault::new(NAME, "an unknown scheme")))
    }
}

fn content(text: &SipText<'_>, method: &str, abilities: &Abilities<'_>) -> Result<(), Refusal> {
    let bad = |fault| (400, fault);
    let known = |list: &[&str], value: &str| list.iter().any(|known| known.eq_ignore_ascii_case(value));
    if let Some(content) = text.valued("Content-Type").map_err(bad)?
        && !text.body.is_empty()
        && !known(abilities.reads, content.value)
    {
        return Err((415, Fault::new("Content-Type", "a type that is not read")));
    }
    let accepted = text.valued_list("Accept").map_err(bad)?;
    let answers = accepted.is_empty() || accepted.iter().any(|one| known(abilities.answers, one.value));
    // Only an INVITE has to be answered with a body.
    if method == "INVITE" && !answers {
        return Err((406, Fault::new("Accept", "no type that can be answered with")));
    }
    Ok(())
}

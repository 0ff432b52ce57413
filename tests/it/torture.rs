//! The 49 messages of RFC 4475, each handled as the RFC says. Where it leaves a choice between refusing and mending,
//! the message is refused.

use std::collections::BTreeSet;

use pushsim::wire::parse::{
    Abilities, Contacts, MimeText, SdpText, SipText, SipUri, StartText, UriText, Verdict, unescape, verdict,
};

use crate::source::root;

fn octets(name: &str) -> Vec<u8> {
    let path = root().join(format!("tests/data/rfc4475/{name}.dat"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A user agent that is a registrar too.
const USER_AGENT: Abilities<'_> = Abilities {
    is_proxy: false,
    methods: &["ACK", "BYE", "CANCEL", "INVITE", "MESSAGE", "OPTIONS", "REGISTER"],
    schemes: &["sip", "sips", "tel"],
    extensions: &["path", "timer"],
    reads: &["application/sdp", "multipart/mixed", "text/plain"],
    answers: &["application/sdp"],
    credentials: &["Digest"],
};

const PROXY: Abilities<'_> = Abilities { is_proxy: true, ..USER_AGENT };

/// What becomes of a message: served, refused with a status because of a part, discarded because of a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Served,
    Refused(u16, &'static str),
    Discarded(&'static str),
}

use Outcome::{Discarded, Refused, Served};

fn outcome(name: &str, abilities: &Abilities<'_>) -> Outcome {
    let octets = octets(name);
    let text = SipText::datagram(&octets).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    match verdict(&text, abilities) {
        Verdict::Serve => Served,
        Verdict::Refuse(status, fault) => Refused(status, fault.part),
        Verdict::Discard(fault) => Discarded(fault.part),
    }
}

/// What a user agent does with each message, and a proxy where that differs.
const EXPECTED: [(&str, Outcome, Option<Outcome>); 49] = [
    ("wsinv", Served, None),
    // A method that nobody knows: well-formed, so a proxy passes it on.
    ("intmeth", Refused(501, "start line"), Some(Served)),
    ("esc01", Served, None),
    ("escnull", Served, None),
    // The method is not REGISTER: escapes mean nothing in a method.
    ("esc02", Refused(501, "start line"), Some(Served)),
    ("lwsdisp", Served, None),
    ("longreq", Served, None),
    ("dblreq", Served, None),
    ("semiuri", Served, None),
    ("transports", Served, None),
    ("mpart01", Served, None),
    ("unreason", Served, None),
    ("noreason", Served, None),
    ("badinv01", Refused(400, "Via"), None),
    ("clerr", Refused(400, "Content-Length"), None),
    ("ncl", Refused(400, "Content-Length"), None),
    ("scalar02", Refused(400, "CSeq"), None),
    ("scalarlg", Discarded("CSeq"), None),
    ("quotbal", Refused(400, "To"), None),
    ("ltgtruri", Refused(400, "Request-URI"), None),
    ("lwsruri", Refused(400, "start line"), None),
    ("lwsstart", Refused(400, "start line"), None),
    ("trws", Refused(400, "start line"), None),
    ("escruri", Refused(400, "Request-URI"), None),
    ("baddate", Refused(400, "Date"), None),
    ("regbadct", Refused(400, "Contact"), None),
    ("badaspec", Refused(400, "To"), None),
    ("baddn", Refused(400, "From"), None),
    ("badvers", Refused(505, "start line"), None),
    ("mismatch01", Refused(400, "CSeq"), None),
    ("mismatch02", Refused(400, "CSeq"), None),
    ("bigcode", Discarded("start line"), None),
    // It falls back to the matching of RFC 2543.
    ("badbranch", Served, None),
    ("insuf", Refused(400, "From"), None),
    ("unkscm", Refused(416, "Request-URI"), None),
    ("novelsc", Refused(416, "Request-URI"), None),
    ("unksm2", Refused(400, "To"), Some(Served)),
    ("bext01", Refused(420, "Require"), Some(Refused(420, "Proxy-Require"))),
    ("invut", Refused(415, "Content-Type"), Some(Served)),
    ("regaut01", Refused(401, "Authorization"), Some(Served)),
    ("multi01", Refused(400, "CSeq"), None),
    ("mcl01", Refused(400, "Content-Length"), None),
    // A proxy takes its own Via off and would then send to the broadcast address; that is for its transport to refuse.
    ("bcast", Discarded("Via"), Some(Served)),
    ("zeromf", Served, Some(Refused(483, "Max-Forwards"))),
    ("cparam01", Served, None),
    ("cparam02", Served, None),
    ("regescrt", Served, None),
    ("sdp01", Refused(406, "Accept"), Some(Served)),
    ("inv2543", Served, None),
];

#[test]
fn every_message_is_handled_as_the_rfc_says() {
    let mut faults = Vec::new();
    for (name, user_agent, proxy) in EXPECTED {
        for (who, abilities, expected) in
            [("user agent", USER_AGENT, user_agent), ("proxy", PROXY, proxy.unwrap_or(user_agent))]
        {
            let found = outcome(name, &abilities);
            if found != expected {
                faults.push(format!("{name}, {who}: {found:?}, expected {expected:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_messages_are_those_of_the_list() {
    let mut reader = csv::Reader::from_path(root().join("tests/data/rfc4475/MANIFEST.csv")).unwrap();
    let mut listed = BTreeSet::new();
    for record in reader.records() {
        let record = record.unwrap();
        assert_eq!(octets(&record[0]).len().to_string(), record[4], "{}", &record[0]);
        listed.insert(record[0].to_owned());
    }
    assert_eq!(listed, EXPECTED.iter().map(|(name, ..)| (*name).to_owned()).collect());
}

/// Runs a check on one message as text.
fn with(name: &str, check: impl Fn(&SipText<'_>)) {
    let octets = octets(name);
    check(&SipText::datagram(&octets).expect("lines of a head"));
}

fn sip<'a>(uri: &'a UriText<'_>) -> &'a SipUri<'a> {
    match uri {
        UriText::Sip(sip) => sip,
        UriText::Other { scheme, .. } => panic!("a URI of scheme {scheme}"),
    }
}

fn request_uri(text: &SipText<'_>, check: impl Fn(&str, &UriText<'_>)) {
    match text.start().expect("a start line") {
        StartText::Request { method, uri, .. } => check(method, &uri),
        StartText::Response { .. } => panic!("a response"),
    }
}

#[test]
fn folds_cases_and_spaces_of_a_tortuous_invite_are_seen_through() {
    with("wsinv", |text| {
        request_uri(text, |method, uri| {
            assert_eq!(method, "INVITE");
            assert_eq!(sip(uri).parameter("unknownparam"), Some(None));
        });
        assert_eq!(text.to().unwrap().parameters.get("tag").as_deref(), Some("1918181833n"));
        let from = text.from().unwrap();
        assert_eq!((from.display, from.parameters.get("tag").as_deref()), (r#""J Rosenberg \\\"""#, Some("98asjd8")));
        assert_eq!(text.number("Max-Forwards", 255), Ok(Some(68)));
        let cseq = text.cseq().unwrap();
        assert_eq!((cseq.number, cseq.method), (9, "INVITE"));
        let vias = text.vias().unwrap();
        let senders: Vec<_> = vias.iter().map(|via| (via.transport, via.host, via.transaction())).collect();
        let expected = [
            ("UDP", "192.0.2.2", None),
            ("TCP", "spindle.example.com", Some("9ikj8")),
            ("UDP", "192.168.255.111", Some("30239")),
        ];
        assert_eq!(senders, expected);
        assert_eq!(text.single("Subject"), Ok(Some("")));
        assert_eq!(text.single("newfangledheader"), Ok(Some("newfangled value continued newfangled value")));
        assert_eq!(text.single("UnknownHeaderWithUnusualValue"), Ok(Some(";;,,;;,;")));
        let Contacts::These(contacts) = text.contacts().unwrap() else { panic!("all contacts") };
        assert_eq!(contacts[0].parameters.get("q").as_deref(), Some("0.33"));
        assert_eq!(contacts[0].parameters.get("newparam").as_deref(), Some("newvalue"));
        let sdp = SdpText::parse(text.body).unwrap();
        let kinds: Vec<_> = sdp.media.iter().map(|media| (media.kind, media.port)).collect();
        assert_eq!(kinds, [("audio", 49_217), ("video", 3_227)]);
    });
}

#[test]
fn every_valid_character_is_taken_where_it_may_stand() {
    with("intmeth", |text| {
        request_uri(text, |method, uri| {
            assert_eq!(method, "!interesting-Method0123456789_*+`.%indeed'~");
            assert_eq!(sip(uri).user, Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"));
            assert_eq!(sip(uri).password, Some("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"));
            assert_eq!(sip(uri).host, "example.com");
        });
        assert_eq!(text.to().unwrap().display, "\"BEL:\\\u{7} NUL:\\\0 DEL:\\\u{7f}\"");
        let from = text.from().unwrap();
        assert_eq!(from.display, "token1~` token2'+_ token3*%!.-");
        assert_eq!(from.parameters.get("fromParam''~+*_!.-%").as_deref(), Some("работающий"));
        assert_eq!(from.parameters.get("tag").as_deref(), Some("_token~1'+`*%!-."));
        assert_eq!(text.call_id(), Ok("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"));
        assert_eq!(text.vias().unwrap()[0].transaction(), Some("-.!%66*_+`'~"));
        assert_eq!(text.single("extensionHeader-!.%*+_`'~"), Ok(Some("\u{feff}大停電")));
    });
}

#[test]
fn escapes_are_resolved_where_they_are_escapes() {
    with("esc01", |text| {
        request_uri(text, |_, uri| {
            assert!(!sip(uri).secure, "the scheme is not sips");
            assert_eq!(unescape(sip(uri).user.unwrap()), b"sips:user@example.com");
        });
        assert_eq!(unescape(sip(&text.to().unwrap().uri).user.unwrap()), b"user");
        assert_eq!(unescape(sip(&text.from().unwrap().uri).user.unwrap()), b"I have spaces");
        let Contacts::These(contacts) = text.contacts().unwrap() else { panic!("all contacts") };
        let contact = sip(&contacts[0].uri);
        assert_eq!(unescape(contact.user.unwrap()), b"caller");
        let parameters: Vec<_> =
            contact.parameters.iter().map(|(name, value)| (unescape(name), value.map(unescape))).collect();
        assert_eq!(parameters, [(b"lr".to_vec(), None), (b"name".to_vec(), Some(b"value%41".to_vec()))]);
    });
    with("escnull", |text| {
        let Contacts::These(contacts) = text.contacts().unwrap() else { panic!("all contacts") };
        let users: Vec<_> = contacts.iter().map(|contact| unescape(sip(&contact.uri).user.unwrap())).collect();
        assert_eq!(users, [vec![0], vec![0, 0]], "two contacts, not one");
    });
    with("esc02", |text| {
        assert_eq!(text.to().unwrap().display, "\"%Z%45\"");
        let Contacts::These(contacts) = text.contacts().unwrap() else { panic!("all contacts") };
        assert_eq!(contacts.len(), 2, "C%6Fntact is not Contact");
    });
}

#[test]
fn long_values_and_semicolons_in_users_are_kept_whole() {
    with("longreq", |text| {
        let to = text.to().unwrap();
        assert!(to.display.starts_with("\"I have a user name of extreme"), "{}", to.display);
        assert_eq!(text.call_id().unwrap().len(), 141);
        let vias = text.vias().unwrap();
        let hosts: Vec<_> = vias.iter().map(|via| via.host.to_owned()).collect();
        let expected: Vec<_> = (1..=33).rev().map(|number| format!("sip{number}.example.com")).collect();
        assert_eq!(hosts[..33], expected);
        assert_eq!((hosts.len(), vias[33].parameters.get("received").as_deref()), (34, Some("192.0.2.5")));
        assert!(text.from().unwrap().parameters.get("tag").unwrap().len() > 100);
    });
    with("semiuri", |text| {
        request_uri(text, |_, uri| {
            assert_eq!(unescape(sip(uri).user.unwrap()), b"user;par=u@example.net");
            assert_eq!(sip(uri).parameters, []);
        });
        assert_eq!(text.list("Accept").unwrap().len(), 6);
    });
    with("lwsdisp", |text| assert_eq!(text.from().unwrap().display, "caller"));
    with("transports", |text| {
        let vias = text.vias().unwrap();
        let transports: Vec<_> = vias.iter().map(|via| via.transport).collect();
        assert_eq!(transports, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
    });
}

#[test]
fn bodies_have_the_length_that_the_head_says() {
    with("dblreq", |text| {
        assert!(text.body.is_empty());
        assert!(text.surplus.starts_with(b"\r\nINVITE sip:joe@example.com SIP/2.0\r\n"));
    });
    with("mpart01", |text| {
        assert_eq!(text.body.len(), 553);
        let boundary = text.valued("Content-Type").unwrap().unwrap().parameters.get("boundary").unwrap();
        let parts = MimeText::parts(text.body, &boundary).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].body, b"Hello");
        assert_eq!(parts[1].content_type().unwrap().unwrap().value, "application/octet-stream");
        assert_eq!(parts[1].body.len(), 342);
    });
    with("inv2543", |text| {
        assert_eq!(text.content_length(), Ok(None));
        assert_eq!(SdpText::parse(text.body).unwrap().media[0].formats, ["0"], "all of the datagram");
        assert_eq!(text.vias().unwrap()[0].transaction(), None);
        assert!(!text.from().unwrap().parameters.has("tag"));
    });
    // In a stream, octets that are missing may still arrive, and a length that is none ends it.
    assert_eq!(SipText::stream(&octets("clerr")), Ok(None));
    assert_eq!(SipText::stream(&octets("ncl")).unwrap_err().part, "Content-Length");
    assert_eq!(SipText::stream(&octets("mcl01")).unwrap_err().part, "Content-Length");
}

#[test]
fn responses_may_have_any_reason_or_none() {
    let reason = |name: &str| {
        let octets = octets(name);
        match SipText::datagram(&octets).unwrap().start().unwrap() {
            StartText::Response { status, reason, .. } => (status, reason.to_owned()),
            StartText::Request { .. } => panic!("a request"),
        }
    };
    assert_eq!(reason("unreason"), (200, "= 2**3 * 5**2 но сто девяносто девять - простое".to_owned()));
    assert_eq!(reason("noreason"), (100, String::new()));
}

#[test]
fn parameters_belong_to_the_header_or_to_the_uri() {
    let contact = |name: &str, check: &dyn Fn(&[&str], &SipUri<'_>)| {
        with(name, |text| {
            let Contacts::These(contacts) = text.contacts().unwrap() else { panic!("all contacts") };
            let names: Vec<_> = contacts[0].parameters.0.iter().map(|(name, _)| *name).collect();
            check(&names, sip(&contacts[0].uri));
        });
    };
    contact("cparam01", &|names, uri| {
        assert_eq!((names, uri.parameters.len()), (&["unknownparam"][..], 0));
    });
    contact("cparam02", &|names, uri| {
        assert!(names.is_empty());
        assert_eq!(uri.parameter("unknownparam"), Some(None));
    });
    contact("regescrt", &|_, uri| {
        let [(name, value)] = uri.headers[..] else { panic!("not one header") };
        assert_eq!((name, unescape(value)), ("Route", b"<sip:sip.example.com>".to_vec()));
    });
}

#[test]
fn a_transaction_without_identifier_is_seen() {
    with("badbranch", |text| assert_eq!(text.vias().unwrap()[0].transaction(), None));
    with("bext01", |text| {
        assert_eq!(text.list("Proxy-Require").unwrap(), ["noProxiesSupportThis", "norDoAnyProxiesSupportThis"]);
    });
}

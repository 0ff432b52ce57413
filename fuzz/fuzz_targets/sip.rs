//! Any octets as a datagram and as a stream of SIP: read or refused, and all of it asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pushsim_fuzz::wire::parse::{Abilities, SipText, verdict};

const ABILITIES: Abilities<'_> = Abilities {
    is_proxy: false,
    methods: &["INVITE", "MESSAGE", "OPTIONS", "REGISTER"],
    schemes: &["sip", "sips"],
    extensions: &["path"],
    reads: &["application/sdp"],
    answers: &["application/sdp"],
    credentials: &["Digest"],
};

fuzz_target!(|octets: &[u8]| {
    if let Ok(text) = SipText::datagram(octets) {
        let _ = verdict(&text, &ABILITIES);
        let _ = verdict(&text, &Abilities { is_proxy: true, ..ABILITIES });
    }
    let mut rest = octets;
    while let Ok(Some((_, used))) = SipText::stream(rest) {
        rest = &rest[used..];
    }
});

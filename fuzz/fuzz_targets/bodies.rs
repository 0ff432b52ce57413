//! Any octets as a body: a session description, a MIME entity, the parts of a multipart.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pushsim_fuzz::wire::parse::{MimeText, SdpText};

fuzz_target!(|octets: &[u8]| {
    let _ = SdpText::parse(octets);
    if let Ok(entity) = MimeText::entity(octets) {
        let boundary = entity.content_type().ok().flatten().and_then(|kind| kind.parameters.get("boundary"));
        let _ = MimeText::parts(entity.body, &boundary.unwrap_or_else(|| "-".into()));
    }
});

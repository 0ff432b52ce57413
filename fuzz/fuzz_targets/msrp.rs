//! Any octets as a stream of MSRP, and as a message of ours.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pushsim_fuzz::kernel::EntityId;
use pushsim_fuzz::wire::names::UserGroup;
use pushsim_fuzz::wire::parse::{MsrpText, Reader};
use pushsim_fuzz::wire::{Names, NetworkId, UserId};

fuzz_target!(|octets: &[u8]| {
    let mut rest = octets;
    while let Ok(Some((_, used))) = MsrpText::stream(rest) {
        rest = &rest[used..];
    }
    let hosts = ["p1", "i1", "s1", "pf1", "hss1"].map(|host| format!("{host}.home.example"));
    let group = UserGroup { first_user: UserId(0), network: NetworkId(0), first_terminal: EntityId(5), terminals: 2 };
    let names = Names::new(vec!["home.example".into()], hosts.into(), vec![group]);
    let _ = Reader::new(&names).msrp(octets);
});

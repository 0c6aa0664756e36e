//! `[[attester]]`: a seat's audit key, which signs the record's head and nothing
//! else. Whose it is and where it lies stand in the approved bytes; whether it is
//! made in this ceremony or was there before is said there too, for a key that
//! people know from before is worth more to an auditor than one that the record
//! introduces itself.

use super::reader::{Faults, Table};
use crate::base::Id;
use crate::note::{SignatureType, Vkey};

/// An audit key of one seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttesterSpec {
    /// Its name in the script, which is its key's name too.
    pub id: Id,
    /// The role that it belongs to.
    pub by: Id,
    /// The seat of that role, from 1.
    pub seat: u32,
    /// The token that holds it.
    pub on: Id,
    /// Where the key comes from.
    pub key: AuditKey,
    /// Line and column in the script, for diagnostics.
    pub at: (usize, usize),
}

/// Where an audit key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditKey {
    /// A `generate-key` step makes it.
    MadeHere,
    /// An earlier ceremony made it; this is its verifier key.
    Known(Box<Vkey>),
}

/// What `key` says where the key is made in this ceremony.
const MADE_HERE: &str = "made-here";

/// Reads one; its `id` is read before, with the names of all keys.
pub(super) fn read(table: &mut Table, faults: &mut Faults, id: Option<Id>) -> Option<AttesterSpec> {
    let at = faults.place(&table.span);
    let by = table.id(faults, "by");
    let seat = table.number(faults, "seat", 1..33);
    let on = table.id(faults, "on");
    let what = "\"made-here\", or the verifier key (vkey) of an audit key that exists";
    let key = table.text(faults, "key", what, |text| match text {
        MADE_HERE => Some(AuditKey::MadeHere),
        // A cosignature (0x04) would say that its signer remembers what it saw.
        vkey => Vkey::parse(vkey)
            .ok()
            .filter(|v| v.signs() != SignatureType::Cosignature)
            .map(|v| AuditKey::Known(Box::new(v))),
    });
    Some(AttesterSpec {
        id: id?,
        by: by?,
        seat: seat?,
        on: on?,
        key: key?,
        at,
    })
}

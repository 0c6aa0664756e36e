//! The Update Framework 1.0.34: a model of the four top-level documents that
//! mirrors the specification's names, canonical bytes, keyids, one threshold
//! function, composition, review text and a strict client. Pure: no clock, no
//! disk; every instant and every byte comes in from outside. What real clients
//! accept is `facts/tuf.md`; where they differ, the strictest wins.

pub mod bins;
pub mod calendar;
pub mod canonical;
pub mod chain;
pub mod clients;
pub mod compare;
pub mod compose;
pub mod delegations;
pub mod diff;
pub mod edit;
mod fields;
pub mod import;
pub mod in_place;
pub mod key;
pub mod layout;
pub mod lint_sign;
pub mod lookup;
pub mod manifest;
pub mod metadata;
pub mod name;
pub mod pattern;
pub mod policy;
pub mod refused;
pub mod remedy;
pub mod repository;
pub mod role;
pub mod root;
pub mod show;
pub mod snapshot;
pub mod successor;
pub mod targets;
pub mod threshold;
pub mod timestamp;
pub mod transition;
pub mod warning;
pub mod workflow;

pub use bins::Bins;
pub use canonical::{NotProducible, canonical, check_producible};
pub use compose::{Draft, NotComposed, RootInputs, file_name};
pub use delegations::{Delegated, DelegatedName, DelegatedRole, Delegations, Scope};
pub use diff::{review, review_marks, review_of};
pub use in_place::{Document, TargetsView};
pub use key::{Key, KeyId, NotUsable};
pub use lint_sign::{NotRehearsed, lint_sign};
pub use manifest::Manifest;
pub use metadata::{Metadata, Signature, Signed};
pub use name::MetadataName;
pub use pattern::Pattern;
pub use refused::Refused;
pub use role::{Role, RoleName};
pub use root::Root;
pub use snapshot::{MetaFile, Snapshot};
pub use targets::{TargetFile, Targets};
pub use threshold::{Keyring, Meter, Tally, meter};
pub use timestamp::Timestamp;
pub use transition::{Change, transition};
pub use workflow::{Limits, Summary, check_repository, check_repository_from, check_repository_within};

//! The Update Framework 1.0.34: a model of the four top-level documents that
//! mirrors the specification's names, canonical bytes, keyids, one threshold
//! function, composition, review text and a strict client. Pure: no clock, no
//! disk; every instant and every byte comes in from outside. What real clients
//! accept is `facts/tuf.md`; where they differ, the strictest wins.

pub mod canonical;
pub mod chain;
pub mod clients;
pub mod compare;
pub mod compose;
pub mod diff;
mod fields;
pub mod in_place;
pub mod key;
pub mod metadata;
pub mod refused;
pub mod repository;
pub mod role;
pub mod root;
pub mod show;
pub mod snapshot;
pub mod targets;
pub mod threshold;
pub mod timestamp;
pub mod workflow;

pub use canonical::{NotProducible, canonical, check_producible};
pub use compose::{Draft, NotComposed, RootInputs, file_name};
pub use diff::review;
pub use in_place::{Document, TargetsView};
pub use key::{Key, KeyId, NotUsable};
pub use metadata::{Metadata, Signature, Signed};
pub use refused::Refused;
pub use role::{Role, RoleName};
pub use root::Root;
pub use snapshot::{MetaFile, Snapshot};
pub use targets::{TargetFile, Targets};
pub use threshold::{Keyring, Meter, Tally, meter};
pub use timestamp::Timestamp;
pub use workflow::{Limits, Summary, check_repository, check_repository_within};

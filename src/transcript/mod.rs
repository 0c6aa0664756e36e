//! The record of a ceremony: its vocabulary, the line codec, the hash chain,
//! the Merkle root and checkpoint over the lines, and the words that people
//! compare. Pure: bytes in, bytes or findings out; who writes, signs and shows
//! is elsewhere. The format is `docs/transcript-format.md`.

pub mod addendum;
pub mod attesters;
pub mod chain;
pub mod checkpoint;
pub mod consistency;
pub mod evidence;
pub mod line;
pub mod merkle;
pub mod policy;
pub mod proof;
pub mod record;
mod spelling;
pub mod witness;
pub mod words;
mod words_list;

pub use addendum::Addendum;
pub use attesters::{Countersigned, countersigned};
pub use chain::{Chain, Code, Problem, Walk, Writer, read};
pub use checkpoint::Checkpoint;
pub use evidence::Class;
pub use line::{EncodeError, Line, LineError, encode, parse_line};
pub use merkle::Tree;
pub use policy::Policy;
pub use record::{Kind, Record};

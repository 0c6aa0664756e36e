//! Profiles: which keys a repository may list and which clients must accept
//! it (facts/tuf.md 3 and 5.1; facts/clients.md 2). A table, so that a reviewer
//! sees a change of policy as one line.

use super::Client;
use crate::base::Algorithm;

/// A named policy on keys and clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Its name in scripts and on the command line.
    pub name: &'static str,
    /// Algorithms that keys may have.
    pub algorithms: &'static [Algorithm],
    /// Clients that must accept every file.
    pub clients: &'static [Client],
}

const ED25519: Algorithm = Algorithm::Ed25519;
const P256: Algorithm = Algorithm::EcdsaP256;
const FOUR: &[Client] = &[Client::PythonTuf, Client::Tough, Client::TufJs, Client::GoTuf];
const SOFT_AND_HARD: &[Algorithm] = &[
    ED25519,
    P256,
    Algorithm::RsaPss2048,
    Algorithm::RsaPss3072,
    Algorithm::RsaPss4096,
];

impl Profile {
    /// All of them.
    pub const ALL: &[Profile] = &[
        Profile {
            name: "universal",
            algorithms: &[ED25519],
            clients: Client::ALL,
        },
        Profile {
            name: "hardware-default",
            algorithms: SOFT_AND_HARD,
            clients: FOUR,
        },
        // Key owners stand inside the hashed key object, so tough follows (facts/tuf.md 1.1).
        Profile {
            name: "tuf-on-ci",
            algorithms: SOFT_AND_HARD,
            clients: FOUR,
        },
        // Its keyids leave out the fields it adds, so tough cannot be asked for (facts/tuf.md 1.2).
        Profile {
            name: "rstuf",
            algorithms: SOFT_AND_HARD,
            clients: &[Client::PythonTuf, Client::TufJs, Client::GoTuf],
        },
        // Hash bins do not work in go-tuf through 2.4.2 nor in rust-tuf (facts/clients.md 3).
        Profile {
            name: "pypi-pep458",
            algorithms: &[ED25519, P256],
            clients: &[Client::PythonTuf, Client::Tough, Client::TufJs],
        },
        // sigstore-python, sigstore-js, cosign, sigstore-rs.
        Profile {
            name: "sigstore",
            algorithms: &[P256],
            clients: FOUR,
        },
    ];

    /// The profile of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Profile> {
        Profile::ALL.iter().copied().find(|p| p.name == name)
    }

    /// The words of the algorithms that keys may have, for people.
    #[must_use]
    pub fn keys(&self) -> String {
        let names: Vec<&str> = self.algorithms.iter().map(|a| a.name()).collect();
        names.join(", ")
    }

    /// Whether keys may have this algorithm.
    #[must_use]
    pub fn allows(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }
}

//! The claims themselves: id, text, source, remedy, and the two properties that
//! are as closed as the list: whether a claim can be waived, and whether it
//! binds rehearsals too. `docs/policy.md` is made from this file.

use std::fmt;

/// One claim of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// Root needs two signatures or more.
    RootThreshold,
    /// Root and targets survive the loss of a key.
    LossTolerance,
    /// One device holds at most one key of root, and of targets.
    OneKeyADevice,
    /// No device can sign root or targets alone.
    DeviceThreshold,
    /// Offline keys stay out of the online roles.
    RoleSeparation,
    /// A key has one role.
    OneRoleAKey,
    /// A key has one name.
    DistinctKeys,
    /// Offline keys prove themselves in the room.
    Possession,
    /// Offline keys cannot be copied.
    NotExtractable,
    /// Algorithms are the profile's.
    Algorithm,
    /// RSA keys of offline roles are long enough.
    KeyStrength,
    /// Expiries lie in their windows.
    ExpiryWindow,
    /// No file outlives the one that vouches for it.
    ExpiryOrder,
    /// What a YubiHSM 2 signs with Ed25519 fits, now and next time.
    PayloadLimit,
    /// Those who hold devices have people to spare.
    PeopleSpare,
    /// Who composes a file does not review it.
    IndependentReview,
    /// Somebody without a device compares.
    Witness,
}

/// What a claim says of itself.
struct Card {
    id: &'static str,
    text: &'static str,
    source: &'static str,
    remedy: &'static str,
    waivable: bool,
    rehearsals: bool,
}

impl Claim {
    /// Every claim, in the order of documents and records.
    pub const ALL: &[Claim] = &[
        Claim::RootThreshold,
        Claim::LossTolerance,
        Claim::OneKeyADevice,
        Claim::DeviceThreshold,
        Claim::RoleSeparation,
        Claim::OneRoleAKey,
        Claim::DistinctKeys,
        Claim::Possession,
        Claim::NotExtractable,
        Claim::Algorithm,
        Claim::KeyStrength,
        Claim::ExpiryWindow,
        Claim::ExpiryOrder,
        Claim::PayloadLimit,
        Claim::PeopleSpare,
        Claim::IndependentReview,
        Claim::Witness,
    ];

    /// The stable id, in scripts, records and reports.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.card().id
    }

    /// The code of its diagnostic in a script.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Claim::RootThreshold => "policy-root-threshold",
            Claim::LossTolerance => "policy-loss-tolerance",
            Claim::OneKeyADevice => "policy-one-key-a-device",
            Claim::DeviceThreshold => "policy-device-threshold",
            Claim::RoleSeparation => "policy-role-separation",
            Claim::OneRoleAKey => "policy-one-role-a-key",
            Claim::DistinctKeys => "policy-distinct-keys",
            Claim::Possession => "policy-possession",
            Claim::NotExtractable => "policy-not-extractable",
            Claim::Algorithm => "policy-algorithm",
            Claim::KeyStrength => "policy-key-strength",
            Claim::ExpiryWindow => "policy-expiry-window",
            Claim::ExpiryOrder => "policy-expiry-order",
            Claim::PayloadLimit => "policy-payload-limit",
            Claim::PeopleSpare => "policy-people-spare",
            Claim::IndependentReview => "policy-independent-review",
            Claim::Witness => "policy-witness",
        }
    }

    /// The claim, in one sentence.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.card().text
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(self) -> &'static str {
        self.card().source
    }

    /// What to do where it does not hold.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        self.card().remedy
    }

    /// Whether people may waive it, in the approved bytes and again in the room.
    #[must_use]
    pub fn waivable(self) -> bool {
        self.card().waivable
    }

    /// Whether it stops a rehearsal too. A rehearsal has stand-ins for devices
    /// (with the keys in them) and people; claims about these are judged and shown there, and stop the
    /// production ceremony only. Its result verifies as a rehearsal for ever.
    #[must_use]
    pub fn binds_rehearsals(self) -> bool {
        self.card().rehearsals
    }

    /// The claim of an id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Claim> {
        Claim::ALL.iter().copied().find(|c| c.id() == id)
    }

    fn card(self) -> Card {
        match self {
            Claim::RootThreshold => Card {
                id: "root-threshold",
                text: "Root's threshold is at least 2.",
                source: "facts/security.md 6.3; TUF 6.1: one stolen key must not be enough",
                remedy: "use a threshold of at least 2",
                waivable: false,
                rehearsals: true,
            },
            Claim::LossTolerance => Card {
                id: "loss-tolerance",
                text: "Root and targets have more keys than their threshold, so that one lost key loses no role.",
                source: "facts/security.md 6.3; facts/tuf.md W26",
                remedy: "name at least one key more than the threshold",
                waivable: true,
                rehearsals: true,
            },
            Claim::OneKeyADevice => Card {
                id: "one-key-a-device",
                text: "One device holds at most one key of root, and at most one of targets.",
                source: "facts/security.md T04; facts/tuf.md W24: a threshold that is weaker than it looks",
                remedy: "make the second key on another device",
                waivable: true,
                rehearsals: false,
            },
            Claim::DeviceThreshold => Card {
                id: "device-threshold",
                text: "No one device holds enough keys to sign root, or targets with a threshold of 2 or more, alone.",
                source: "facts/tuf.md W24; facts/security.md requirement 2",
                remedy: "spread the keys over more devices",
                waivable: false,
                rehearsals: false,
            },
            Claim::RoleSeparation => Card {
                id: "role-separation",
                text: "No key of root or targets is a key of an online role (snapshot, timestamp; targets where the profile signs it online).",
                source: "facts/security.md 6.3, TUF 7; TUF 6.1: root keys stay offline",
                remedy: "give the online roles a key of their own",
                waivable: false,
                rehearsals: true,
            },
            Claim::OneRoleAKey => Card {
                id: "one-role-a-key",
                text: "No key signs both root and targets, unless the profile's own repositories do so.",
                source: "facts/security.md Appendix C, TUF 7; facts/tuf.md 3.2, 3.4",
                remedy: "give each role keys of its own",
                waivable: true,
                rehearsals: true,
            },
            Claim::DistinctKeys => Card {
                id: "distinct-keys",
                text: "No public key stands under two names.",
                source: "facts/security.md Appendix C, TUF 4; requirement 2: thresholds count distinct public keys",
                remedy: "find out which key was meant, and name each once",
                waivable: false,
                rehearsals: true,
            },
            Claim::Possession => Card {
                id: "possession",
                text: "Every key of root, and of targets where it is offline, is made and proven in the room.",
                source: "facts/security.md Appendix C, KEY 7; facts/tuf.md W10",
                remedy: "make the key in the ceremony, so that it signs a challenge there",
                waivable: true,
                rehearsals: true,
            },
            Claim::NotExtractable => Card {
                id: "not-extractable",
                text: "No key of root or targets can leave its device: none is a key file.",
                source: "facts/security.md 6.10 and KEY 11",
                remedy: "make the key on a device, with extractable = false",
                waivable: true,
                rehearsals: false,
            },
            Claim::Algorithm => Card {
                id: "algorithm",
                text: "Every key's algorithm is one that every client of the profile reads, or the key names the clients that do not.",
                source: "facts/security.md 6.3; facts/clients.md 2",
                remedy: "use an algorithm of the profile; for ecdsa-p384 write refused_by, and mean it",
                waivable: false,
                rehearsals: true,
            },
            Claim::KeyStrength => Card {
                id: "key-strength",
                text: "An RSA key of root or targets has at least 3072 bits.",
                source: "facts/security.md 6.6",
                remedy: "use rsa-pss-3072 or longer, or ecdsa-p256",
                waivable: true,
                rehearsals: false,
            },
            Claim::ExpiryWindow => Card {
                id: "expiry-window",
                text: "Each file made here expires within its role's window in the profile.",
                source: "facts/security.md 6.3, TUF 8; facts/tuf.md 3",
                remedy: "choose an expiry in the window; `plan` shows it",
                waivable: true,
                rehearsals: true,
            },
            Claim::ExpiryOrder => Card {
                id: "expiry-order",
                text: "Timestamp does not outlive snapshot, snapshot not targets, targets not root, but where the profile's own periods say so.",
                source: "facts/tuf.md 3, W14: what outlives its keys fails on a day that nobody planned",
                remedy: "shorten the file, or lengthen the one that vouches for it",
                waivable: true,
                rehearsals: true,
            },
            Claim::PayloadLimit => Card {
                id: "payload-limit",
                text: "A root that a YubiHSM 2 signs with Ed25519 has at most 2019 bytes, and so has the next one with one key more.",
                source: "facts/hsm.md 5 (EdDSA takes the whole message in one frame) and 5.6; facts/tuf.md 2.13, W16",
                remedy: "use ecdsa-p256 on YubiHSM 2: it signs a digest",
                waivable: false,
                rehearsals: true,
            },
            Claim::PeopleSpare => Card {
                id: "people-spare",
                text: "A role of people that signs with devices has more seats than its quorum.",
                source: "facts/security.md T05; DESIGN 4: one dead device or late train does not void the approved bytes",
                remedy: "add a seat, or lower the quorum",
                waivable: true,
                rehearsals: false,
            },
            Claim::IndependentReview => Card {
                id: "independent-review",
                text: "Who composes a file does not review it.",
                source: "facts/security.md T05, SIGN 2 and 3",
                remedy: "let another role review the file",
                waivable: true,
                rehearsals: false,
            },
            Claim::Witness => Card {
                id: "witness",
                text: "Every comparison, of a file's words and of the record's, is made by a role that holds no device.",
                source: "facts/security.md T03, T05; facts/ceremonies.md",
                remedy: "let a witness do read-back and seal",
                waivable: true,
                rehearsals: false,
            },
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The page of claims, in Markdown: what `docs/policy.md` holds.
#[must_use]
pub fn render_all() -> String {
    let yes = |b: bool, word: &'static str| if b { word } else { "no" };
    let mut out =
        String::from("| claim | says | can be waived | stops rehearsals | source |\n|---|---|---|---|---|\n");
    for claim in Claim::ALL {
        out.push_str(&format!(
            "| `{claim}` | {} Otherwise: {}. | {} | {} | {} |\n",
            claim.text(),
            claim.remedy(),
            yes(claim.waivable(), "yes"),
            yes(claim.binds_rehearsals(), "yes"),
            claim.source()
        ));
    }
    out
}

//! The words that people in the room meet, each in one or two plain sentences: for
//! the screens and for paper. The standard's terms keep the standard's meaning
//! (TUF 1.0.x, RFC 6962, C2SP tlog-checkpoint). Sorted; a term that a screen shows
//! and a tired person may not know belongs here.

/// Words in alphabetical order, with what they mean.
pub const GLOSSARY: &[(&str, &str)] = &[
    (
        "abort",
        "To end the ceremony for good, without a result. The record stays and says why. See pause.",
    ),
    (
        "act",
        "A part of the script with a title of its own; it holds steps.",
    ),
    (
        "adopt",
        "To go on with a key or a signature that was made just before the program stopped, instead of making it twice.",
    ),
    (
        "air gap",
        "Nothing but people and media goes between this machine and any other: no network, no radio.",
    ),
    (
        "anchor",
        "Something that an auditor knows from elsewhere: who approves, who witnesses, whose devices. What comes only with the bundle proves less.",
    ),
    (
        "approval",
        "A signature over the exact bytes of a script, made before the day. Production runs on approved bytes alone.",
    ),
    (
        "attestation",
        "What a device says about a key, signed by a chain from its maker: whether it was made inside or imported.",
    ),
    (
        "attester",
        "A seat with an audit key. It signs the head of the record, never metadata.",
    ),
    (
        "audit key",
        "A person's own key, only for signing records and approvals.",
    ),
    (
        "auditor",
        "Somebody who judges the record later. On a YubiHSM 2: the login that reads its log.",
    ),
    (
        "bag, tamper-evident",
        "A bag that cannot be opened without a trace. Its printed number is written down and looked for afterwards.",
    ),
    (
        "break",
        "A pause that the script foresees: everything is bagged, the words of the record go on paper, people leave and come back.",
    ),
    (
        "bundle",
        "What leaves on the media: metadata, the record, checkpoints, keys and everything that an auditor needs.",
    ),
    (
        "canonical bytes",
        "The one way to write a payload, so that everybody hashes and signs the same bytes.",
    ),
    (
        "ceremony",
        "Something that is done with keys by several people, by a script, before witnesses, with a record.",
    ),
    (
        "ceremony's machine",
        "The machine that leads: it runs this program and writes the record.",
    ),
    (
        "chain",
        "Every line of the record names the digest of the line before it. Nobody can change an early line without changing all later ones.",
    ),
    (
        "checkpoint",
        "The size of the record and one digest over all of its lines, signed. It fixes everything up to there.",
    ),
    (
        "client",
        "A program that downloads software updates and believes TUF metadata. Five of them are tried before anything is signed.",
    ),
    ("close", "The last line of a record. Nothing is added after it."),
    (
        "comparison",
        "Words of a digest are typed from another source. It shows that two machines have the same bytes.",
    ),
    (
        "cosignature",
        "A witness's signature under a checkpoint, made on another machine.",
    ),
    (
        "credential",
        "What unlocks a device: a PIN, an SO PIN, a passphrase, an authentication key.",
    ),
    (
        "custody",
        "Who has a device or a paper, from when to when, in which bag.",
    ),
    (
        "delegation",
        "A targets role that lets another role speak for some paths.",
    ),
    (
        "deviation",
        "Anything that is not as the script says, written down with what was decided and by whom. It is no shame; a hidden one is.",
    ),
    (
        "digest",
        "SHA-256: 32 bytes that stand for a file. Other bytes give another digest.",
    ),
    ("dry run", "See rehearsal."),
    ("dual control", "No person alone can do it."),
    (
        "expiry",
        "The day from which clients refuse a metadata file. The confirmed clock decides what it is counted from.",
    ),
    ("export", "Files go to the media, are read back and compared."),
    ("fingerprint", "A digest of a public key, to tell keys apart."),
    (
        "gate",
        "A point that is only passed when every check holds: before the first PIN, before the export.",
    ),
    (
        "head",
        "The last line of the record, and its digest. Who has the head can tell whether lines before it were changed.",
    ),
    (
        "HSM",
        "A device that makes keys, keeps them inside and signs with them.",
    ),
    (
        "inventory",
        "Each device is found and matched with the serial on its body.",
    ),
    ("key holder", "The person who brings a device and unlocks it."),
    (
        "keyid",
        "The name of a key in TUF: SHA-256 of its public part, written canonically.",
    ),
    (
        "lead",
        "The role that leads through the script and decides nothing alone. Also: administrator, master of ceremonies.",
    ),
    (
        "logged in",
        "A device got its PIN and works on order. Logged out, which is usual: it does nothing without the PIN.",
    ),
    (
        "maker's root",
        "The certificate of a device's maker that an attestation ends in. Not the TUF root.",
    ),
    ("media", "The stick or memory card on which files leave."),
    ("meter", "How many distinct keys have signed, and how many must."),
    (
        "mirror",
        "A second copy of the record on another medium, written at the same time.",
    ),
    (
        "note",
        "A deviation in people's own words (F2); or, signed note: a short text with signature lines.",
    ),
    (
        "observer",
        "Somebody who may look and neither types nor confirms. The watching view is for them.",
    ),
    ("officer", "A role of key holders in most scripts."),
    (
        "operation id",
        "Names one order to a device, so that nothing is done twice after a power cut.",
    ),
    ("operator", "The person who types."),
    ("passphrase", "A long secret of words that opens a key file."),
    (
        "pause",
        "The program ends, everything is on disk, and it is resumed later at the same step.",
    ),
    (
        "payload",
        "The bytes that are signed. What is read, compared and signed is always the same payload.",
    ),
    (
        "PIN",
        "A secret that unlocks a device. Each wrong one spends a try; after the last the PIN is blocked.",
    ),
    (
        "PIN tries",
        "How many wrong PINs a device takes before its PIN is blocked. The program never sends one twice by itself.",
    ),
    (
        "plan",
        "The script in order, with everything that it needs known beforehand (F4).",
    ),
    (
        "predecessor",
        "The ceremony of this site before this one, named by its closing checkpoint, so that none can be dropped.",
    ),
    (
        "production",
        "The real thing. The banner says so on every screen.",
    ),
    (
        "proof of possession",
        "A new key signs a challenge: whoever has the public key has the private one, too.",
    ),
    (
        "provision",
        "To set a device up: its label and its new secrets. What was on it is lost.",
    ),
    (
        "provisioner",
        "On a YubiHSM 2: the login that makes keys. It is deleted when the keys are made (retired).",
    ),
    ("quorum", "How many of a role must be there, or agree."),
    (
        "read back",
        "To compare a payload's words with another source before it is signed.",
    ),
    (
        "record",
        "The file that says everything that happened, line by line. It is the ceremony's memory, and the auditor re-executes it.",
    ),
    (
        "recover",
        "To find out what came of something that was under way when the program stopped.",
    ),
    (
        "rehearsal",
        "Practice. Its results can never pass for production.",
    ),
    (
        "replay",
        "To see a past ceremony again, screen by screen, from its record.",
    ),
    ("resume", "To go on with a paused or interrupted ceremony."),
    ("review", "To read a payload whole, to its end."),
    (
        "role",
        "Of people: who does what, with seats and a quorum. Of TUF: root, targets, snapshot, timestamp or delegated, with keys and a threshold.",
    ),
    (
        "root",
        "The TUF role that says which keys count for every role. A new root is signed by enough keys of the old one and of the new one.",
    ),
    (
        "SAFE TO UNPLUG",
        "In the bottom line: nothing is lost if any device or the power goes now.",
    ),
    (
        "script",
        "The text that fixes who does what in which order. It is approved before the day and followed to the letter.",
    ),
    (
        "seal",
        "A numbered closure of a bag or a box; or the last files of a bundle, written after the close.",
    ),
    ("seat", "A numbered place of a role, filled at the roll call."),
    (
        "serial",
        "The number that is printed on a device's body. It is read from there, never from the screen.",
    ),
    (
        "shutter",
        "A page that waits before a secret is shown, so that others can look away.",
    ),
    (
        "signed note",
        "A short text with signature lines below it, as C2SP describes it.",
    ),
    (
        "signer",
        "On a YubiHSM 2: the login that signs and does nothing else.",
    ),
    (
        "snapshot",
        "The TUF role that says which versions of the other files belong together.",
    ),
    (
        "SO PIN",
        "The security officer's PIN of a device: it sets the device up and resets its user PIN.",
    ),
    (
        "source",
        "Where words are read for a comparison: paper, another machine, a witness. Never this machine.",
    ),
    (
        "spare",
        "A device that may take the place of another, by a decision that is recorded.",
    ),
    (
        "step",
        "One line of the plan: who does what, with what before and after.",
    ),
    (
        "successor",
        "A ceremony that goes on with what a stopped one made.",
    ),
    (
        "targets",
        "The TUF role that says which files clients may install.",
    ),
    (
        "threshold",
        "How many distinct keys must sign before clients believe a file.",
    ),
    (
        "timestamp",
        "The TUF role that says often which snapshot is the newest.",
    ),
    ("token", "Any device or file that keeps keys."),
    (
        "try",
        "One go at a PIN. The device counts them, and the screen shows what is left.",
    ),
    (
        "TUF",
        "The Update Framework: how signed metadata protects software updates.",
    ),
    (
        "two thresholds",
        "A new root needs enough signatures of the old root's keys and enough of its own.",
    ),
    (
        "verify",
        "To judge a bundle or a record on any machine, by re-executing the ceremony.",
    ),
    (
        "verify.py",
        "The second, independent verifier: Python and openssl alone. Use the release's copy, never the bundle's.",
    ),
    (
        "version",
        "Counts up by one with every new file of a role. Clients refuse a lower one.",
    ),
    (
        "waiver",
        "A claim of the policy that does not hold here, accepted person by person, with its reason.",
    ),
    (
        "witness",
        "Somebody who watches and says so; or a program on another machine that cosigns checkpoints and remembers them.",
    ),
    (
        "words",
        "A digest as 32 English words, two lists in turn, so that a left-out or swapped word is heard.",
    ),
    (
        "wrap key",
        "A key that carries other keys, encrypted, from one device to another.",
    ),
];

/// The words that a printed plan explains.
pub const ON_PAPER: &[&str] = &[
    "anchor",
    "attester",
    "bundle",
    "checkpoint",
    "deviation",
    "digest",
    "key holder",
    "keyid",
    "payload",
    "PIN tries",
    "quorum",
    "record",
    "root",
    "serial",
    "snapshot",
    "targets",
    "threshold",
    "timestamp",
    "verify.py",
    "witness",
    "words",
];

//! The words that people in the room meet, each in one or two plain sentences: for
//! paper. The standard's terms keep the standard's meaning (TUF 1.0.x, RFC 6962,
//! C2SP tlog-checkpoint).

/// Words in alphabetical order, with what they mean.
pub const GLOSSARY: &[(&str, &str)] = &[
    (
        "anchor",
        "Something that an auditor has from outside the bundle: a public key of a person, a vendor's root, the last ceremony's checkpoint.",
    ),
    (
        "attester",
        "A person on a seat whose own audit key signs the record's head. Whoever rewrites the record later lacks that signature.",
    ),
    (
        "bundle",
        "The folder that leaves on the media: metadata, record, checkpoints, keys, the second verifier, SHA256SUMS.",
    ),
    (
        "checkpoint",
        "Size and root of the record at one moment, signed. Two checkpoints show whether a record was only continued.",
    ),
    (
        "deviation",
        "Anything that was not as the script says: what was expected, what happened, what was decided, by whom.",
    ),
    (
        "digest",
        "SHA-256 of bytes, 64 hexadecimal digits or 32 words. Equal digests mean equal bytes.",
    ),
    (
        "key holder",
        "Who brings a token and knows its PIN. No holder can sign alone where the threshold is more than one.",
    ),
    (
        "keyid",
        "The name of a key in TUF metadata: SHA-256 of its canonical key object.",
    ),
    (
        "payload",
        "The exact bytes that are signed. What is reviewed, compared and signed has one digest.",
    ),
    (
        "PIN tries",
        "How many wrong PINs a device takes before it locks. Nothing here tries a PIN twice by itself.",
    ),
    (
        "quorum",
        "How many people of a role must be there, or must agree.",
    ),
    (
        "record",
        "ceremony.jsonl: every answer and outcome in order, each line bound to the one before it. Anybody can re-execute it.",
    ),
    (
        "root",
        "The TUF role whose metadata names the keys and thresholds of all other roles. A bad root can block every client for ever.",
    ),
    (
        "serial",
        "The number on a device's body. It is typed from there, never from the screen.",
    ),
    (
        "snapshot",
        "A TUF role of the online side: which versions belong together. Its key is not in this room.",
    ),
    (
        "targets",
        "The TUF role whose metadata names the files that clients may trust, or who else may name some.",
    ),
    (
        "threshold",
        "How many different keys must sign a file before clients accept it.",
    ),
    (
        "timestamp",
        "A TUF role of the online side: which snapshot is the newest. Its key is not in this room.",
    ),
    (
        "verify.py",
        "The second, independent verifier: Python and openssl alone. Use the release's copy, never the bundle's.",
    ),
    (
        "witness",
        "A person who watches; also a machine elsewhere that cosigns checkpoints and remembers them.",
    ),
    (
        "words",
        "A digest for the ear (PGP word list): even places have two syllables, odd ones three. Some are typed, at places drawn by chance.",
    ),
];

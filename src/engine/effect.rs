//! What the engine wants done. Effects are data with numbers; the runner
//! performs them and answers with an outcome that quotes the number. *Ask*
//! effects change nothing and may be repeated; *Act* effects may not, and their
//! intent is on disk before they start (law 3).

use serde::{Deserialize, Serialize};

use super::input::{FileRef, Ticket};
use crate::base::device::{Credential, KeyOrder, OperationId};
use crate::base::{Digest, Id, PublicKey, Purpose};

/// One numbered effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Its number, from 1; never used twice in one record.
    pub id: u64,
    /// What to do.
    pub what: What,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Ask: which devices are reachable through this token's backend?
    List {
        /// The token.
        token: Id,
    },
    /// Ask: is the device with this serial there, and what does it say?
    Identify {
        /// The token.
        token: Id,
        /// Its serial.
        serial: String,
    },
    /// Ask: which keys does the device hold?
    Keys {
        /// The token.
        token: Id,
        /// Its serial.
        serial: String,
    },
    /// Ask: what is each device now, before anybody logs in? After a stop.
    Survey {
        /// Tokens with their serials.
        tokens: Vec<(Id, String)>,
    },
    /// Ask: 32 random bytes.
    Nonce,
    /// Ask: make a new secret for a device and keep it in the vault.
    Mint {
        /// The token.
        token: Id,
        /// What the secret will open.
        credential: Credential,
        /// The shortest and the longest that the device takes, in characters.
        limits: (u32, u32),
        /// The device's quirk profile, which narrows them.
        quirks: String,
        /// Dice that people rolled; none: the system's randomness.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dice: Option<Ticket>,
    },
    /// Ask: is what was typed from paper the secret that was shown?
    Compare {
        /// The secret.
        secret: Ticket,
        /// What was typed.
        typed: Ticket,
    },
    /// Ask: what does the device itself say about a key?
    Attest {
        /// The token.
        token: Id,
        /// Its serial.
        serial: String,
        /// The key's name.
        key: Id,
        /// The id that the key object carries.
        operation: OperationId,
        /// The recorded public key.
        public: PublicKey,
    },
    /// Ask: the device's log.
    ReadLog {
        /// The token.
        token: Id,
        /// Its serial.
        serial: String,
    },
    /// Ask: tell the device that its log is kept; doing it twice is no harm.
    ClearLog {
        /// The token.
        token: Id,
        /// Its serial.
        serial: String,
        /// The number of the last entry that is kept.
        last: u16,
    },
    /// Ask: sign the record's head with the log key.
    Checkpoint,
    /// Ask: log out; doing it twice is no harm.
    Lock {
        /// The token.
        token: Id,
        /// Its serial.
        serial: String,
    },
    /// Act: set up a device; destroys what is on it.
    Initialise {
        /// The token.
        token: Id,
        /// Its serial.
        serial: String,
        /// Its new secrets.
        secrets: Vec<(Credential, Ticket)>,
    },
    /// Act: log in; a wrong PIN spends a try.
    Unlock {
        /// The token.
        token: Id,
        /// Its serial.
        serial: String,
        /// Which of the device's secrets.
        credential: Credential,
        /// The secret; none: it is typed on the device itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Ticket>,
    },
    /// Act: delete the credential that makes keys.
    Retire {
        /// The token.
        token: Id,
        /// Its serial.
        serial: String,
    },
    /// Act: generate a key pair.
    Generate {
        /// The token.
        token: Id,
        /// Its serial.
        serial: String,
        /// What to make.
        order: KeyOrder,
    },
    /// Act: one signature.
    Sign {
        /// The token.
        token: Id,
        /// Its serial.
        serial: String,
        /// The key's name.
        key: Id,
        /// Its name on the device, where that is not the script's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        called: Option<Id>,
        /// The id that the key object carries.
        operation: OperationId,
        /// The recorded public key.
        public: PublicKey,
        /// What kind of payload.
        purpose: Purpose,
        /// SHA-256 of the payload.
        payload: Digest,
    },
    /// Act: write files to the media, sync, read them back.
    Export {
        /// Which files, in order.
        files: Vec<FileRef>,
    },
    /// Ask: read the exported files again, after the media was taken out and put back.
    ReadBack {
        /// Which files, in order.
        files: Vec<FileRef>,
    },
    /// After the close: write transcript, final checkpoint and SHA256SUMS to
    /// the media. Has no outcome and may be repeated.
    Seal,
}

impl What {
    /// Whether the effect may not be repeated without asking.
    #[must_use]
    pub fn is_act(&self) -> bool {
        matches!(
            self,
            What::Initialise { .. }
                | What::Unlock { .. }
                | What::Retire { .. }
                | What::Generate { .. }
                | What::Sign { .. }
                | What::Export { .. }
        )
    }

    /// The secrets that the effect uses.
    #[must_use]
    pub fn tickets(&self) -> Vec<Ticket> {
        match self {
            What::Mint { dice, .. } => dice.iter().copied().collect(),
            What::Compare { secret, typed } => vec![*secret, *typed],
            What::Initialise { secrets, .. } => secrets.iter().map(|(_, ticket)| *ticket).collect(),
            What::Unlock { secret, .. } => secret.iter().copied().collect(),
            _ => Vec::new(),
        }
    }

    /// The device that it is for, if any.
    #[must_use]
    pub fn token(&self) -> Option<&Id> {
        match self {
            What::List { token }
            | What::Identify { token, .. }
            | What::Keys { token, .. }
            | What::Mint { token, .. }
            | What::Attest { token, .. }
            | What::ReadLog { token, .. }
            | What::ClearLog { token, .. }
            | What::Lock { token, .. }
            | What::Initialise { token, .. }
            | What::Unlock { token, .. }
            | What::Retire { token, .. }
            | What::Generate { token, .. }
            | What::Sign { token, .. } => Some(token),
            What::Nonce
            | What::Survey { .. }
            | What::Compare { .. }
            | What::Checkpoint
            | What::Export { .. }
            | What::ReadBack { .. }
            | What::Seal => None,
        }
    }

    /// What happens, for the screen while it happens.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            What::List { token } => format!("Looking for devices ({token})"),
            What::Identify { token, .. } => format!("Looking for {token}"),
            What::Keys { token, .. } => format!("Asking {token} which keys it holds"),
            What::Survey { tokens } => format!("Looking at {} devices", tokens.len()),
            What::Nonce => "Drawing random positions".to_owned(),
            What::Mint {
                token, credential, ..
            } => format!("Making the {} of {token}", credential.name()),
            What::Compare { .. } => "Comparing what was typed".to_owned(),
            What::Attest { token, key, .. } => format!("Asking {token} what it says about {key}"),
            What::ReadLog { token, .. } => format!("Reading the log of {token}"),
            What::ClearLog { token, .. } => format!("Telling {token} that its log is kept"),
            What::Retire { token, .. } => format!("Deleting the provisioner of {token}"),
            What::Checkpoint => "Signing a checkpoint of the record".to_owned(),
            What::Lock { token, .. } => format!("Logging out of {token}"),
            What::Initialise { token, .. } => format!("Setting up {token}"),
            What::Unlock { token, .. } => format!("Logging in to {token}"),
            What::Generate { token, order, .. } => {
                format!(
                    "Generating {} ({}) on {token}",
                    order.name,
                    order.algorithm.name()
                )
            }
            What::Sign {
                token, key, purpose, ..
            } => match purpose {
                Purpose::TufMetadata => format!("Signing with {key} on {token}"),
                Purpose::ProofOfPossession => format!("{key} on {token} signs its challenge"),
                Purpose::Checkpoint => format!("{key} on {token} countersigns the record"),
            },
            What::Export { files } => format!("Writing {} files and reading them back", files.len()),
            What::ReadBack { files } => format!("Reading {} files from the media", files.len()),
            What::Seal => "Writing the seal".to_owned(),
        }
    }
}

//! `review`: people read the whole payload. Their answer names the digest of
//! what they read; a payload is reviewed once per digest.

use super::confirm;
use crate::base::Digest;
use crate::engine::Refusal;
use crate::engine::state::Question;
use crate::engine::turn::Turn;
use crate::transcript::Kind;
use crate::tuf::MetadataName;

pub(super) fn enter(turn: &mut Turn, metadata: &MetadataName) {
    turn.ask(Question::Review {
        metadata: metadata.clone(),
    });
}

pub(super) fn answer(
    turn: &mut Turn,
    metadata: &MetadataName,
    digest: &Digest,
    typed: &str,
) -> Result<(), Refusal> {
    let Some(file) = turn.state.files.get(metadata) else {
        return Err(Refusal::new(
            "not-composed",
            "a frozen payload",
            "none",
            "there is nothing to review",
        ));
    };
    if file.draft.digest != *digest {
        return Err(Refusal::new(
            "other-payload",
            file.draft.digest.hex(),
            digest.hex(),
            "another payload was read",
        ));
    }
    confirm::typed("read", typed)?;
    let review = file.review;
    if let Some(file) = turn.state.files.get_mut(metadata) {
        file.reviewed = true;
    }
    turn.derive(
        Kind::Reviewed,
        [
            ("metadata", metadata.as_str().into()),
            ("payload", digest.hex().into()),
            ("review", review.hex().into()),
        ],
    );
    turn.finish(false);
    Ok(())
}

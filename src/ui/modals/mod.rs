//! What lies over a screen, one file each, never two at once. A modal with text
//! in it is not swept away by another key.

pub mod glossary;
pub mod help;
pub mod leave;
pub mod note;
pub mod overview;
pub mod qr;
pub mod second;

use super::keymap::Intent;
use super::layout::Page;
use super::model::{Extra, Modal, ModalKind, Model, Notice, Out, Pane, Shutter};
use super::screens::{Hint, attestation};
use super::widgets::form::Form;
use super::wording;

/// Opens a modal, unless another one holds text.
pub fn open(model: &mut Model, kind: ModalKind) {
    if let Some(modal) = &mut model.modal {
        if modal.kind == kind {
            return;
        }
        // What is searched for is lost without harm.
        let search = modal.kind == ModalKind::Glossary;
        if !search && modal.pane.form.fields.iter().any(|f| !f.is_empty()) {
            modal.pane.notice = Some(Notice::warn(wording::MODAL_BUSY));
            return;
        }
    }
    // Whoever turns to another page leaves no open secret behind it.
    if matches!(model.local.extra, Extra::Shutter(Shutter::Open(_))) {
        model.local.extra = Extra::None;
    }
    let form = match kind {
        ModalKind::Note => note::form(),
        ModalKind::Leave => leave::form(),
        ModalKind::Glossary => glossary::form(),
        ModalKind::Help
        | ModalKind::Second
        | ModalKind::Overview
        | ModalKind::Attestation
        | ModalKind::Qr(_) => Form::default(),
    };
    let mut pane = Pane::with(form);
    if kind == ModalKind::Overview {
        pane.scroll = overview::start(model);
    }
    model.modal = Some(Modal { kind, pane });
}

/// What is shown.
#[must_use]
pub fn page(model: &Model, kind: ModalKind, width: usize) -> Page {
    match kind {
        ModalKind::Help => help::page(model, width),
        ModalKind::Note => note::page(model, width),
        ModalKind::Second => second::page(model, width),
        ModalKind::Overview => overview::page(model, width),
        ModalKind::Qr(number) => qr::page(model, number, width),
        ModalKind::Glossary => glossary::page(model, width),
        ModalKind::Attestation => attestation::page(model, width),
        ModalKind::Leave => leave::page(model, width),
    }
}

/// The title in the frame.
#[must_use]
pub fn title(kind: ModalKind) -> &'static str {
    match kind {
        ModalKind::Help => wording::TITLE_HELP,
        ModalKind::Note => wording::TITLE_NOTE,
        ModalKind::Second => wording::TITLE_SECOND,
        ModalKind::Overview => wording::TITLE_OVERVIEW,
        ModalKind::Qr(_) => wording::TITLE_QR,
        ModalKind::Glossary => wording::glossary::TITLE,
        ModalKind::Attestation => wording::attestation::TITLE,
        ModalKind::Leave => wording::TITLE_LEAVE,
    }
}

/// The keys of a modal.
#[must_use]
pub fn hints(kind: ModalKind) -> Vec<Hint> {
    match kind {
        ModalKind::Help => vec![
            (Intent::PageDown, wording::KEY_MORE),
            (Intent::PageUp, wording::KEY_UP),
            (Intent::Glossary, wording::KEY_GLOSSARY),
            (Intent::Back, wording::KEY_BACK),
        ],
        ModalKind::Qr(_) => vec![
            (Intent::Qr, wording::KEY_NEXT_QR),
            (Intent::PageDown, wording::KEY_MORE),
            (Intent::Back, wording::KEY_BACK),
        ],
        ModalKind::Overview | ModalKind::Second | ModalKind::Glossary | ModalKind::Attestation => vec![
            (Intent::PageDown, wording::KEY_MORE),
            (Intent::PageUp, wording::KEY_UP),
            (Intent::Back, wording::KEY_BACK),
        ],
        ModalKind::Note | ModalKind::Leave => vec![
            (Intent::Enter, wording::KEY_ENTER),
            (Intent::Next, wording::KEY_NEXT),
            (Intent::Back, wording::KEY_BACK_NOTHING),
        ],
    }
}

/// The filled form of a modal.
pub fn submit(model: &mut Model, kind: ModalKind) -> Vec<Out> {
    match kind {
        ModalKind::Note => note::submit(model),
        ModalKind::Leave => leave::submit(model),
        ModalKind::Help
        | ModalKind::Second
        | ModalKind::Overview
        | ModalKind::Qr(_)
        | ModalKind::Glossary
        | ModalKind::Attestation => Vec::new(),
    }
}

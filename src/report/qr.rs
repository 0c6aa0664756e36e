//! A QR code as the path of an inline drawing: no image, no reference to
//! anything outside. Level M, with the quiet zone of four modules that the
//! standard asks for (ISO/IEC 18004).

use qrcode::{Color, EcLevel, QrCode};

/// Modules of white around the code.
const QUIET: usize = 4;

/// The code's width with its quiet zone, and one path of its dark modules.
/// `None`: the text is too long for a code.
pub(super) fn path(text: &str) -> Option<(usize, String)> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width.max(1)).enumerate() {
        let mut x = 0usize;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let (left, top) = (x.saturating_add(QUIET), y.saturating_add(QUIET));
                path.push_str(&format!("M{left} {top}h{n}v1h-{n}z", n = run.len()));
            }
            x = x.saturating_add(run.len());
        }
    }
    Some((width.saturating_add(QUIET.saturating_mul(2)), path))
}

//! The parts that screens are put together from: rows of toned text, forms,
//! device cards, the bars of the frame and the side column. All of them are
//! pure functions of what they are given.

pub mod bars;
pub mod bench;
pub mod card;
pub mod form;
pub mod qr;
pub mod rows;
pub mod side;
pub mod text;

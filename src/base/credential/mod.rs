//! New PINs, passwords and passphrases: which alphabet and length a device's
//! credential gets, made from random bytes or from dice. Pure: the random bytes
//! come from the caller. Strength is computed from the alphabet, never assumed
//! (V53: a 12-character password that was taken for strong had 79 bits), and
//! every outcome is equally likely (T5: a printed dice table with one letter
//! three times). Not the words of a digest: those are `transcript`'s.

mod alphabet;
mod dice;
mod spoken;

use zeroize::Zeroizing;

pub use alphabet::{Alphabet, DIGITS, HEX, TEXT};
pub use dice::tables;
pub use spoken::{GROUP, Grouped, grouped, plain, same_as_typed};

use super::Secret;
use super::device::Credential;
use super::secret::CAPACITY;

/// Random bytes that [`Recipe::from_random`] takes.
pub const RANDOM: usize = 64;

/// Least strength of an authentication password, in bits (V53).
pub const PASSWORD_BITS: u32 = 128;
/// Least strength of a key file's passphrase, in bits: scrypt adds to it.
pub const PASSPHRASE_BITS: u32 = 80;
/// Strength that a security officer's PIN gets where the device has room; 16
/// hexadecimal digits, which is all that a SmartCard-HSM takes, have as much.
pub const SO_PIN_BITS: u32 = 64;
/// Strength that a user PIN gets where the device has room: the device counts
/// tries, except where it does not (SoftHSM).
pub const USER_PIN_BITS: u32 = 56;

/// What a device takes for one of its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Shortest, in characters.
    pub min: usize,
    /// Longest, in characters.
    pub max: usize,
    /// Which characters.
    pub form: Form,
}

/// Which characters a device takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Letters and digits.
    Text,
    /// Decimal digits only.
    Digits,
    /// Hexadecimal digits only.
    Hex,
}

impl Limits {
    /// A SmartCard-HSM's SO PIN: 16 hexadecimal digits, no more and no fewer.
    pub const SC_HSM_SO_PIN: Limits = Limits {
        min: 16,
        max: 16,
        form: Form::Hex,
    };

    /// The limits that hold for `credential` on a device of the quirk profile
    /// `quirks` (`DeviceCard::quirks`), which knows better than the device:
    /// OpenSC reports a SmartCard-HSM's limits for the user PIN only.
    #[must_use]
    pub fn narrowed(self, credential: Credential, quirks: &str) -> Limits {
        let sc_hsm = ["sc-hsm", "smartcard-hsm", "nitrokey-hsm"]
            .iter()
            .any(|name| quirks.contains(name));
        if sc_hsm && credential == Credential::SoPin {
            return Limits::SC_HSM_SO_PIN;
        }
        self
    }
}

/// Why no credential was made. Nothing of the secret is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The limits allow nothing, or more than a [`Secret`] holds.
    #[error("limits of {min} to {max} characters leave no room for a secret of at most {CAPACITY}")]
    Limits {
        /// Shortest.
        min: usize,
        /// Longest.
        max: usize,
    },
    /// The device has no room for the strength that is needed.
    #[error("{needed} characters are needed for {bits} bits, the device takes at most {max}")]
    TooWeak {
        /// Characters needed.
        needed: usize,
        /// Strength needed.
        bits: u32,
        /// Characters that the device takes.
        max: usize,
    },
    /// The random bytes ran out; they were not random.
    #[error("the random bytes gave too few characters: the random source is broken")]
    Random,
    /// A character that is no face of a die.
    #[error("expected the digits 1 to 6, got something else at place {0}")]
    NotADie(usize),
    /// Too many or too few rolls.
    #[error("expected {expected} rolls, got {got}")]
    Rolls {
        /// Rolls needed.
        expected: usize,
        /// Rolls typed.
        got: usize,
    },
}

/// How one credential is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe {
    length: usize,
    alphabet: &'static Alphabet,
}

impl Recipe {
    /// The recipe for a credential of a device: as long as its strength needs,
    /// within the device's limits. PINs take what a short device gives;
    /// passwords and passphrases are never weaker than their least strength.
    ///
    /// # Errors
    /// [`CredentialError::Limits`], [`CredentialError::TooWeak`].
    pub fn for_device(
        credential: Credential,
        quirks: &str,
        limits: Limits,
    ) -> Result<Recipe, CredentialError> {
        let limits = limits.narrowed(credential, quirks);
        let (min, max) = (limits.min, limits.max.min(CAPACITY));
        if min > max || max == 0 {
            return Err(CredentialError::Limits { min, max: limits.max });
        }
        let alphabet = match limits.form {
            Form::Text => &TEXT,
            Form::Digits => &DIGITS,
            Form::Hex => &HEX,
        };
        let (bits, firm) = match credential {
            Credential::Provisioner | Credential::Signer | Credential::Auditor => (PASSWORD_BITS, true),
            Credential::Passphrase => (PASSPHRASE_BITS, true),
            Credential::SoPin => (SO_PIN_BITS, false),
            Credential::UserPin => (USER_PIN_BITS, false),
        };
        let needed = alphabet.length_for(bits);
        if firm && needed > max {
            return Err(CredentialError::TooWeak { needed, bits, max });
        }
        Ok(Recipe {
            length: needed.clamp(min, max),
            alphabet,
        })
    }

    /// Characters, without group separators.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The alphabet.
    #[must_use]
    pub fn alphabet(&self) -> &'static Alphabet {
        self.alphabet
    }

    /// Strength in whole bits, rounded down.
    #[must_use]
    pub fn bits(&self) -> u32 {
        self.alphabet.bits(self.length)
    }

    /// A credential from random bytes; the caller wipes those. A byte that
    /// would favour some characters is thrown away, never folded.
    ///
    /// # Errors
    /// [`CredentialError::Random`].
    pub fn from_random(&self, random: &[u8; RANDOM]) -> Result<Secret, CredentialError> {
        let mut secret = Secret::new();
        let mut characters = random.iter().filter_map(|byte| self.alphabet.of_byte(*byte));
        for _ in 0..self.length {
            let c = characters.next().ok_or(CredentialError::Random)?;
            secret.push(c).map_err(|_| CredentialError::Random)?;
        }
        Ok(secret)
    }

    /// How many rolls of one die [`Recipe::from_dice`] takes.
    #[must_use]
    pub fn rolls_needed(&self) -> usize {
        self.length.saturating_mul(self.alphabet.rolls())
    }

    /// A credential from typed rolls, by the table of [`Alphabet::of_rolls`].
    /// Blanks and hyphens between rolls do not count.
    ///
    /// # Errors
    /// [`CredentialError::NotADie`], [`CredentialError::Rolls`].
    pub fn from_dice(&self, rolls: &Secret) -> Result<Secret, CredentialError> {
        let mut faces = Zeroizing::new([0u8; CAPACITY]);
        let mut got = 0usize;
        for (place, byte) in rolls.expose().iter().enumerate() {
            match byte {
                b' ' | b'-' => continue,
                b'1'..=b'6' => {}
                _ => return Err(CredentialError::NotADie(place.saturating_add(1))),
            }
            if let Some(face) = faces.get_mut(got) {
                *face = *byte;
            }
            got = got.saturating_add(1);
        }
        let expected = self.rolls_needed();
        let typed = faces.get(..got).filter(|_| got == expected);
        let typed = typed.ok_or(CredentialError::Rolls { expected, got })?;
        let mut secret = Secret::new();
        for rolls in typed.chunks_exact(self.alphabet.rolls()) {
            let c = self
                .alphabet
                .of_rolls(rolls)
                .ok_or(CredentialError::Rolls { expected, got })?;
            secret
                .push(c)
                .map_err(|_| CredentialError::Rolls { expected, got })?;
        }
        Ok(secret)
    }
}

/// Ten words, 80 bits, for a passphrase that is written down by hand: the word
/// lists are the caller's, 256 words each, `word(position, byte)`.
///
/// # Errors
/// [`CredentialError::Random`] when a word is missing or they do not fit.
pub fn words(
    random: &[u8; RANDOM],
    word: impl Fn(usize, u8) -> Option<&'static str>,
) -> Result<Secret, CredentialError> {
    let mut secret = Secret::new();
    for (place, byte) in random.iter().take(10).enumerate() {
        let word = word(place, *byte).ok_or(CredentialError::Random)?;
        let hyphen = (place > 0).then_some('-');
        for c in hyphen.into_iter().chain(word.chars()) {
            secret
                .push(c.to_ascii_lowercase())
                .map_err(|_| CredentialError::Random)?;
        }
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: Limits = Limits {
        min: 4,
        max: 64,
        form: Form::Text,
    };

    fn recipe(credential: Credential, min: usize, max: usize, form: Form) -> Result<Recipe, CredentialError> {
        Recipe::for_device(credential, "", Limits { min, max, form })
    }

    #[test]
    fn strength_follows_from_the_alphabet_and_is_never_below_the_floor() {
        for (credential, length, bits, rolls) in [
            (Credential::SoPin, 14, 66, 42),
            (Credential::UserPin, 12, 57, 36),
            (Credential::Passphrase, 17, 80, 51),
            (Credential::Provisioner, 27, 128, 81),
            (Credential::Signer, 27, 128, 81),
            (Credential::Auditor, 27, 128, 81),
        ] {
            let r = Recipe::for_device(credential, "", TOKEN).unwrap();
            assert_eq!(
                (r.length(), r.bits(), r.rolls_needed()),
                (length, bits, rolls),
                "{credential:?}"
            );
            assert!(r.rolls_needed() <= CAPACITY);
        }
        // V53: twelve characters are not enough for a password.
        assert_eq!(
            recipe(Credential::Signer, 8, 26, Form::Text),
            Err(CredentialError::TooWeak {
                needed: 27,
                bits: 128,
                max: 26
            })
        );
        assert!(recipe(Credential::Passphrase, 1, 16, Form::Text).is_err());
    }

    #[test]
    fn pins_keep_to_their_devices() {
        let piv = recipe(Credential::UserPin, 6, 8, Form::Digits).unwrap();
        assert_eq!((piv.length(), piv.bits()), (8, 24));
        let long = recipe(Credential::UserPin, 20, 64, Form::Text).unwrap();
        assert_eq!(long.length(), 20);
        let sc_hsm = Limits {
            min: 6,
            max: 15,
            form: Form::Text,
        };
        let so = Recipe::for_device(Credential::SoPin, "opensc-sc-hsm", sc_hsm).unwrap();
        assert_eq!((so.length(), so.bits(), so.rolls_needed()), (16, 64, 64));
        assert_eq!(so.alphabet().symbols(), "0123456789abcdef");
        let user = Recipe::for_device(Credential::UserPin, "opensc-sc-hsm", sc_hsm).unwrap();
        assert_eq!((user.length(), user.alphabet()), (12, &TEXT));
        for (min, max) in [(9, 8), (0, 0), (129, 500)] {
            assert!(recipe(Credential::UserPin, min, max, Form::Text).is_err());
        }
    }

    #[test]
    fn dice_are_read_strictly() {
        let r = recipe(Credential::UserPin, 4, 4, Form::Digits).unwrap();
        assert_eq!(r.rolls_needed(), 12);
        let typed = |text: &str| r.from_dice(&Secret::copy_of(text.as_bytes()).unwrap());
        assert_eq!(typed("111 112-113 114").unwrap().expose(), b"2345");
        assert!(matches!(
            typed("11111111111"),
            Err(CredentialError::Rolls {
                expected: 12,
                got: 11
            })
        ));
        assert!(matches!(
            typed("1111111111111"),
            Err(CredentialError::Rolls { got: 13, .. })
        ));
        assert!(matches!(typed("111111111170"), Err(CredentialError::NotADie(11))));
        assert!(matches!(typed("é11111111111"), Err(CredentialError::NotADie(1))));
        let too_many = "1".repeat(CAPACITY);
        assert!(matches!(
            typed(&too_many),
            Err(CredentialError::Rolls { got: CAPACITY, .. })
        ));
    }

    #[test]
    fn a_broken_random_source_makes_nothing() {
        let r = Recipe::for_device(Credential::Signer, "", TOKEN).unwrap();
        // 243 to 255 are thrown away by an alphabet of 27.
        assert_eq!(r.from_random(&[255; RANDOM]).err(), Some(CredentialError::Random));
        assert!(r.from_random(&[242; RANDOM]).is_ok());
    }

    #[test]
    fn ten_words_are_ten_bytes() {
        let list = |place: usize, byte: u8| ["Even", "Odd"].get((place + usize::from(byte)) % 2).copied();
        let secret = words(&[0; RANDOM], list).unwrap();
        assert_eq!(secret.expose(), b"even-odd-even-odd-even-odd-even-odd-even-odd");
        assert!(words(&[0; RANDOM], |_, _| None).is_err());
        assert!(words(&[0; RANDOM], |_, _| Some("a-word-of-thirteen")).is_err());
    }

    fn credentials() -> impl Strategy<Value = Credential> {
        prop::sample::select(vec![
            Credential::SoPin,
            Credential::UserPin,
            Credential::Passphrase,
            Credential::Provisioner,
            Credential::Signer,
            Credential::Auditor,
        ])
    }

    proptest! {
        #[test]
        fn what_is_made_fits_its_device(
            credential in credentials(),
            quirks in prop::sample::select(vec!["", "softhsm", "sc-hsm", "nitrokey-hsm"]),
            min in 0usize..140, max in 0usize..300,
            form in prop::sample::select(vec![Form::Text, Form::Digits, Form::Hex]),
            random in prop::array::uniform32(any::<u8>()),
            rolls in prop::collection::vec(1u8..=6, CAPACITY),
        ) {
            let given = Limits { min, max, form };
            let limits = given.narrowed(credential, quirks);
            let Ok(recipe) = Recipe::for_device(credential, quirks, given) else {
                return Ok(());
            };
            prop_assert!((limits.min..=limits.max).contains(&recipe.length()));
            let mut bytes = [0; RANDOM];
            for (i, b) in bytes.iter_mut().enumerate() { *b = random[i % 32].wrapping_add(i as u8); }
            let mut made = Vec::new();
            made.extend(recipe.from_random(&bytes).ok());
            if recipe.rolls_needed() <= CAPACITY {
                let typed: Vec<u8> = rolls[..recipe.rolls_needed()].iter().map(|f| b'0' | f).collect();
                made.push(recipe.from_dice(&Secret::copy_of(&typed).unwrap()).unwrap());
            }
            for secret in made {
                prop_assert_eq!(secret.len(), recipe.length());
                prop_assert!(secret.expose().iter().all(|b| recipe.alphabet().symbols().as_bytes().contains(b)));
                let mut out = Grouped::new();
                grouped(&secret, &mut out);
                let back = Secret::copy_of(out.as_str().as_bytes());
                if let Ok(back) = back { prop_assert!(same_as_typed(&secret, &back)); }
            }
        }

        #[test]
        fn any_typed_text_is_read_without_a_panic(text in "\\PC{0,40}") {
            let typed = Secret::copy_of(&text.as_bytes()[..text.len().min(CAPACITY)]).unwrap();
            let r = Recipe::for_device(Credential::Signer, "", TOKEN).unwrap();
            let _ = (r.from_dice(&typed).is_ok(), same_as_typed(&typed, &typed), plain(&typed));
        }
    }
}

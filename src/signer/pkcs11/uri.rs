//! PKCS#11 URIs (RFC 7512) as names of tokens: how faults and lists tell two
//! tokens apart, in a form that other tools read. Only attributes that belong to
//! the token itself: a slot number changes from one start to the next, and a PIN
//! has no business on a command line (T1), so both are refused.

use std::fmt;

use crate::base::device::DeviceCard;

/// The name of a token. At least one part is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenUri {
    /// `token`: the label, without its padding.
    pub token: Option<String>,
    /// `manufacturer`.
    pub manufacturer: Option<String>,
    /// `model`.
    pub model: Option<String>,
    /// `serial`.
    pub serial: Option<String>,
}

/// Why a text is not the name of a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAUri {
    /// It does not begin with `pkcs11:`, or nothing follows.
    #[error("expected pkcs11: and at least one of token, manufacturer, model, serial (RFC 7512)")]
    Form,
    /// An attribute that names no token, or that names one by what changes.
    #[error("the attribute {0} does not name a token")]
    Attribute(String),
    /// RFC 7512 2.3: an attribute at most once.
    #[error("the attribute {0} is there twice")]
    Twice(&'static str),
    /// Not an attribute and its value, or not UTF-8 in percent signs.
    #[error("the value of {0} is malformed")]
    Value(String),
}

impl TokenUri {
    /// The token that a card describes: its serial and its label.
    #[must_use]
    pub fn of(card: &DeviceCard) -> TokenUri {
        let told = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        TokenUri {
            token: told(&card.label),
            serial: told(&card.serial),
            ..TokenUri::default()
        }
    }

    /// Reads `pkcs11:serial=..;token=..`.
    ///
    /// # Errors
    /// [`NotAUri`]; unknown attributes are refused (RFC 7512 2.5 lets us).
    pub fn parse(text: &str) -> Result<TokenUri, NotAUri> {
        let path = text.strip_prefix("pkcs11:").ok_or(NotAUri::Form)?;
        if let Some((_, query)) = path.split_once('?') {
            // Never the value: it may be a PIN.
            let name = query.split(['=', '&']).next().unwrap_or_default();
            return Err(NotAUri::Attribute(crate::base::shown(name, 40)));
        }
        let mut uri = TokenUri::default();
        for part in path.split(';') {
            let (name, value) = part.split_once('=').ok_or(NotAUri::Form)?;
            let (name, place) = match name {
                "token" => ("token", &mut uri.token),
                "manufacturer" => ("manufacturer", &mut uri.manufacturer),
                "model" => ("model", &mut uri.model),
                "serial" => ("serial", &mut uri.serial),
                other => return Err(NotAUri::Attribute(crate::base::shown(other, 40))),
            };
            if place.is_some() {
                return Err(NotAUri::Twice(name));
            }
            *place = Some(decoded(value).ok_or_else(|| NotAUri::Value(name.to_owned()))?);
        }
        Ok(uri)
    }

    /// Whether the card is of the token that is named.
    #[must_use]
    pub fn matches(&self, card: &DeviceCard) -> bool {
        let same = |want: &Option<String>, got: &str| want.as_deref().is_none_or(|want| want == got);
        same(&self.token, &card.label)
            && same(&self.manufacturer, &card.vendor)
            && same(&self.model, &card.model)
            && same(&self.serial, &card.serial)
    }
}

impl fmt::Display for TokenUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pkcs11:")?;
        let parts = [
            ("serial", &self.serial),
            ("token", &self.token),
            ("model", &self.model),
            ("manufacturer", &self.manufacturer),
        ];
        let mut between = "";
        for (name, value) in parts {
            if let Some(value) = value {
                write!(f, "{between}{name}={}", encoded(value))?;
                between = ";";
            }
        }
        Ok(())
    }
}

/// RFC 7512 2.3: unreserved characters stand for themselves. The few others that
/// may are encoded all the same; readers must take both.
fn encoded(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
        }
    }
    out
}

fn decoded(value: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            out.extend(data_encoding::HEXLOWER_PERMISSIVE.decode(digits).ok()?);
            rest = after;
        } else if byte.is_ascii_alphanumeric() || b"-._~:[]@!$'()*+,=&".contains(&byte) {
            out.push(byte); // pk11-pchar
        } else {
            return None;
        }
    }
    String::from_utf8(out).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_as_it_was_written() {
        let text = "pkcs11:serial=DENK0000001;token=root%20%28a%3B%29";
        let uri = TokenUri::parse(text).unwrap();
        assert_eq!(uri.token.as_deref(), Some("root (a;)"));
        assert_eq!(uri.serial.as_deref(), Some("DENK0000001"));
        assert_eq!(uri.to_string(), text);
        let spelt = TokenUri::parse("pkcs11:token=root%20(a%3b);serial=DENK0000001").unwrap();
        assert_eq!(spelt, uri);
    }

    #[test]
    fn slots_pins_and_half_written_names_are_refused() {
        let bad = |text: &str| TokenUri::parse(text).unwrap_err();
        for text in [
            "",
            "pkcs11",
            "serial=1",
            "pkcs11:",
            "pkcs11:serial",
            "pkcs11:serial=1;",
        ] {
            assert_eq!(bad(text), NotAUri::Form, "{text}");
        }
        for (text, name) in [
            ("pkcs11:slot-id=3", "slot-id"),
            ("pkcs11:serial=1;object=k", "object"),
            ("pkcs11:serial=1?pin-value=1234", "pin-value"),
        ] {
            assert_eq!(bad(text), NotAUri::Attribute(name.to_owned()));
            assert!(!bad(text).to_string().contains("1234"));
        }
        assert_eq!(bad("pkcs11:serial=1;serial=1"), NotAUri::Twice("serial"));
        for value in ["", "%", "%4", "%zz", "a b", "%ff", "a/b"] {
            assert_eq!(
                bad(&format!("pkcs11:serial={value}")),
                NotAUri::Value("serial".to_owned())
            );
        }
    }
}

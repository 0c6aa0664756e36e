//! As much DER as certificates need: write elements, and walk into a template.

/// One element: tag, length, content.
#[must_use]
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 0x80 {
        out.push(length.to_be_bytes()[7]);
    } else {
        let bytes: Vec<u8> = length
            .to_be_bytes()
            .into_iter()
            .skip_while(|byte| *byte == 0)
            .collect();
        out.push(0x80 | bytes.len().to_be_bytes()[7]);
        out.extend_from_slice(&bytes);
    }
    out.extend_from_slice(content);
    out
}

/// SEQUENCE.
#[must_use]
pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

/// INTEGER of an unsigned big-endian number.
#[must_use]
pub fn integer(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    let mut content = number[start..].to_vec();
    if content.first().is_none_or(|byte| byte & 0x80 != 0) {
        content.insert(0, 0);
    }
    element(0x02, &content)
}

/// BIT STRING of whole bytes.
#[must_use]
pub fn bits(content: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], content].concat())
}

/// OCTET STRING.
#[must_use]
pub fn octets(content: &[u8]) -> Vec<u8> {
    element(0x04, content)
}

/// NULL.
#[must_use]
pub fn null() -> Vec<u8> {
    vec![0x05, 0]
}

/// OBJECT IDENTIFIER.
#[must_use]
pub fn oid(arcs: &[u64]) -> Vec<u8> {
    let mut content = vec![u8::try_from(arcs[0] * 40 + arcs[1]).expect("a small first pair")];
    for arc in &arcs[2..] {
        let mut groups = vec![arc.to_be_bytes()[7] & 0x7f];
        let mut rest = arc >> 7;
        while rest > 0 {
            groups.push(rest.to_be_bytes()[7] | 0x80);
            rest >>= 7;
        }
        content.extend(groups.into_iter().rev());
    }
    element(0x06, &content)
}

/// The first element of `input` with its header, its content, and what follows it.
#[must_use]
pub fn first(input: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, header) = match *input.get(1)? {
        short @ 0..0x80 => (usize::from(short), 2),
        long => {
            let count = usize::from(long & 0x7f);
            let bytes = input.get(2..2 + count)?;
            if count > 4 {
                return None;
            }
            (
                bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
                2 + count,
            )
        }
    };
    let end = header + length;
    Some((input.get(..end)?, input.get(header..end)?, input.get(end..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_encodings() {
        assert_eq!(integer(&[0, 0xc9, 0x6c, 0x4c]), [2, 4, 0, 0xc9, 0x6c, 0x4c]);
        assert_eq!(integer(&[]), [2, 1, 0]);
        assert_eq!(
            oid(&[1, 3, 6, 1, 4, 1, 41482, 4, 2]),
            [6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0xc4, 0x0a, 4, 2]
        );
        assert_eq!(element(4, &[7; 300])[..4], [4, 0x82, 1, 44]);
        let two = [integer(&[5]), null()].concat();
        assert_eq!(first(&two), Some((&two[..3], &two[2..3], &two[3..])));
    }
}

//! The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1.1) over the
//! record's lines. The chain says that a line follows the one before; the root
//! says with 32 bytes which lines there are and how many. Kept incrementally:
//! a runner appends as it writes and has the root at every gate.

use crate::base::Digest;

/// A growing tree: its size and the roots of its perfect subtrees, largest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    peaks: Vec<Digest>,
}

impl Tree {
    /// The empty tree.
    #[must_use]
    pub fn new() -> Tree {
        Tree::default()
    }

    /// Appends one line, without its LF.
    pub fn append(&mut self, line: &[u8]) {
        // RFC 6962 2.1: a leaf is SHA-256(0x00 || entry).
        let mut hash = Digest::of_parts(&[&[0x00], line]);
        // Each set bit at the low end of the size is a perfect subtree as large
        // as the one we carry: they merge, as in adding one to a binary number.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// The root; SHA-256 of nothing for the empty tree.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.peaks
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| node(&left, &right))
            .unwrap_or_else(|| Digest::of(b""))
    }

    /// How many lines.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl<L: AsRef<[u8]>> FromIterator<L> for Tree {
    fn from_iter<I: IntoIterator<Item = L>>(lines: I) -> Tree {
        let mut tree = Tree::new();
        for line in lines {
            tree.append(line.as_ref());
        }
        tree
    }
}

/// RFC 6962 2.1: a node is SHA-256(0x01 || left || right).
pub(super) fn node(left: &Digest, right: &Digest) -> Digest {
    Digest::of_parts(&[&[0x01], left.as_bytes(), right.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test data of the Certificate Transparency implementations.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn the_roots_of_the_certificate_transparency_test_data() {
        let mut tree = Tree::new();
        for (n, root) in ROOTS.iter().enumerate() {
            assert_eq!(tree.root().hex(), *root, "{n} leaves");
            assert_eq!(tree.size(), u64::try_from(n).unwrap());
            if let Some(leaf) = LEAVES.get(n) {
                tree.append(leaf);
            }
        }
        assert_eq!(LEAVES.iter().collect::<Tree>(), tree);
    }

    #[test]
    fn the_incremental_root_is_the_recursive_one() {
        fn mth(lines: &[Vec<u8>]) -> Digest {
            match lines.len() {
                0 => Digest::of(b""),
                1 => Digest::of_parts(&[&[0], &lines[0]]),
                n => {
                    let k = n.next_power_of_two() / 2;
                    node(&mth(&lines[..k]), &mth(&lines[k..]))
                }
            }
        }
        let lines: Vec<Vec<u8>> = (0..130u8).map(|n| vec![n; usize::from(n)]).collect();
        let mut tree = Tree::new();
        for (n, line) in lines.iter().enumerate() {
            assert_eq!(tree.root(), mth(&lines[..n]), "{n} lines");
            tree.append(line);
        }
    }
}

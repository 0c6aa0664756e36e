//! Consistency proofs (RFC 6962 section 2.1.2, RFC 9162 section 2.1.4): a few
//! digests that show one tree to be the beginning of another. Who remembers an
//! old root needs no lines to see that nothing before it was changed, dropped
//! or put in another order.

use crate::base::Digest;

use super::merkle::{Tree, node};

/// The most digests of a proof (C2SP tlog-witness): enough for 2^63 lines.
pub const MAX_PROOF: usize = 63;

/// The proof that the tree over the first `old` of these lines is the beginning
/// of the tree over all of them. Empty for none and for all of them; `None` for
/// more lines than there are.
#[must_use]
pub fn prove<L: AsRef<[u8]>>(lines: &[L], old: usize) -> Option<Vec<Digest>> {
    let mut proof = Vec::new();
    let mut rest = lines.get(..)?;
    let mut m = old;
    if m > rest.len() {
        return None;
    }
    // RFC 6962 2.1.2: SUBPROOF(m, D, true) is empty where m = n. C2SP asks for
    // an empty proof from size zero, of which there is nothing to show.
    if m == 0 || m == rest.len() {
        return Some(proof);
    }
    // Whether the old tree stands whole at this place, so that its holder has its root.
    let mut whole = true;
    while m < rest.len() {
        // The largest power of two below n: n > m >= 1, so there is one.
        let half = rest.len().next_power_of_two().checked_div(2)?;
        let (left, right) = rest.split_at_checked(half)?;
        if m <= half {
            proof.push(right.iter().collect::<Tree>().root());
            rest = left;
        } else {
            proof.push(left.iter().collect::<Tree>().root());
            rest = right;
            m = m.checked_sub(half)?;
            whole = false;
        }
    }
    if !whole {
        proof.push(rest.iter().collect::<Tree>().root());
    }
    proof.reverse();
    Some(proof)
}

/// Whether `proof` shows the tree of size and root `old` to be the beginning of
/// the tree `new`. From size zero the proof must be empty, and so between equal
/// trees.
#[must_use]
pub fn verifies(old: (u64, Digest), new: (u64, Digest), proof: &[Digest]) -> bool {
    walk(old, new, proof).unwrap_or(false)
}

/// The steps of RFC 9162 section 2.1.4.2.
fn walk(old: (u64, Digest), new: (u64, Digest), proof: &[Digest]) -> Option<bool> {
    if old.0 > new.0 || proof.len() > MAX_PROOF {
        return Some(false);
    }
    if old.0 == new.0 {
        return Some(proof.is_empty() && old.1 == new.1);
    }
    if old.0 == 0 {
        // The root of the empty tree is known to everyone.
        return Some(proof.is_empty() && old.1 == Tree::new().root());
    }
    // Step 1: an empty path proves nothing.
    let mut path = proof;
    // Step 2: where the old tree is one perfect tree its root begins the path.
    let first = if old.0.is_power_of_two() {
        (!path.is_empty()).then_some(old.1)?
    } else {
        let (first, rest) = path.split_first()?;
        path = rest;
        *first
    };
    // Steps 3 and 4.
    let (mut at, mut end) = (old.0.checked_sub(1)?, new.0.checked_sub(1)?);
    let shift = at.trailing_ones();
    at = at.checked_shr(shift)?;
    end = end.checked_shr(shift)?;
    // Steps 5 and 6.
    let (mut older, mut newer) = (first, first);
    for sibling in path {
        if end == 0 {
            return Some(false);
        }
        if at & 1 == 1 || at == end {
            older = node(sibling, &older);
            newer = node(sibling, &newer);
            while at != 0 && at & 1 == 0 {
                at >>= 1;
                end >>= 1;
            }
        } else {
            newer = node(&newer, sibling);
        }
        at >>= 1;
        end >>= 1;
    }
    // Step 7.
    Some(older == old.1 && newer == new.1 && end == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("line {n}")).collect()
    }

    fn head(lines: &[String]) -> (u64, Digest) {
        let tree: Tree = lines.iter().collect();
        (tree.size(), tree.root())
    }

    /// The proofs that every Certificate Transparency implementation tests with.
    #[test]
    fn the_proofs_of_the_certificate_transparency_test_data() {
        let text = include_str!("../../tests/vectors/witness/consistency.txt");
        let mut seen = 0;
        for case in text.lines().filter(|l| !l.starts_with('#')) {
            let mut words = case.split(' ');
            let mut next = || words.next().unwrap().to_owned();
            let good = next() == "good";
            let old = (next().parse().unwrap(), Digest::parse(&next()).unwrap());
            let new = (next().parse().unwrap(), Digest::parse(&next()).unwrap());
            let proof: Vec<Digest> = words.map(|w| Digest::parse(w).unwrap()).collect();
            assert_eq!(verifies(old, new, &proof), good, "{case}");
            seen += 1;
        }
        assert!(seen > 20, "{seen} cases");
    }

    #[test]
    fn every_proof_up_to_forty_lines_verifies_and_no_other() {
        let all = lines(40);
        for n in 1..=all.len() {
            for m in 0..=n {
                let proof = prove(&all[..n], m).unwrap();
                let (old, new) = (head(&all[..m]), head(&all[..n]));
                assert!(verifies(old, new, &proof), "{m} of {n}");
                assert_eq!(proof.is_empty(), m == 0 || m == n);
                if m == n || m == 0 {
                    continue;
                }
                assert!(!verifies(old, new, &proof[1..]), "{m} of {n}: cut at the front");
                assert!(!verifies(old, new, &proof[..proof.len() - 1]), "{m} of {n}: cut");
                let more = [&proof[..], &[proof[0]]].concat();
                assert!(!verifies(old, new, &more), "{m} of {n}: one more");
                assert!(!verifies(new, old, &proof), "{m} of {n}: the wrong way round");
            }
        }
        assert_eq!(prove(&all, 41), None);
    }

    #[test]
    fn every_changed_bit_of_a_proof_or_a_root_is_refused() {
        let all = lines(52);
        for (m, n) in [(1, 2), (7, 52), (32, 52), (33, 50), (51, 52)] {
            let proof = prove(&all[..n], m).unwrap();
            let (old, new) = (head(&all[..m]), head(&all[..n]));
            let flip = |digest: &Digest, bit: usize| {
                let mut bytes = *digest.as_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                Digest::from_bytes(bytes)
            };
            for bit in 0..256 {
                for place in 0..proof.len() {
                    let mut other = proof.clone();
                    other[place] = flip(&proof[place], bit);
                    assert!(
                        !verifies(old, new, &other),
                        "{m} of {n}: digest {place} bit {bit}"
                    );
                }
                assert!(!verifies((old.0, flip(&old.1, bit)), new, &proof));
                assert!(!verifies(old, (new.0, flip(&new.1, bit)), &proof));
            }
        }
    }

    #[test]
    fn a_fork_has_no_proof() {
        let (ours, mut theirs) = (lines(30), lines(30));
        theirs[11] = "another line".to_owned();
        for m in 12..30 {
            for proof in [prove(&ours, m).unwrap(), prove(&theirs, m).unwrap()] {
                assert!(!verifies(head(&ours[..m]), head(&theirs), &proof), "{m}");
            }
        }
        let proof = prove(&theirs, 11).unwrap();
        assert!(
            verifies(head(&ours[..11]), head(&theirs), &proof),
            "before the fork"
        );
    }
}

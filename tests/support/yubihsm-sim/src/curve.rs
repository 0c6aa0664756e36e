//! Short Weierstrass curves, plainly: ECDSA, ECDH and public keys for all eight
//! curves of the device with one piece of code. Neither constant in time nor
//! fast: a test double has no secrets. Judged by the vendor's own suite, where
//! another implementation verifies every signature.

use rand_core::{OsRng, RngCore};
use rsa::BigUint;

use crate::codes::{Code, algorithm};
use crate::der;

/// One curve: name, OID, and its domain parameters.
#[derive(Debug)]
pub struct Curve {
    /// Object identifier.
    pub oid: &'static [u64],
    /// Bytes of a field element.
    pub size: usize,
    p: BigUint,
    a: BigUint,
    b: BigUint,
    g: (BigUint, BigUint),
    n: BigUint,
}

type Point = (BigUint, BigUint);
/// Jacobian; None is the point at infinity.
type Jacobian = Option<(BigUint, BigUint, BigUint)>;

#[rustfmt::skip]
const CURVES: [(u8, &[u64], [&str; 6]); 8] = [
    (algorithm::EC_P224, &[1, 3, 132, 0, 33], [
        "ffffffffffffffffffffffffffffffff000000000000000000000001",
        "fffffffffffffffffffffffffffffffefffffffffffffffffffffffe",
        "b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4",
        "b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21",
        "bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34",
        "ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d",
    ]),
    (algorithm::EC_P256, &[1, 2, 840, 10045, 3, 1, 7], [
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
        "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    ]),
    (algorithm::EC_P384, &[1, 3, 132, 0, 34], [
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffc",
        "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
        "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    ]),
    (algorithm::EC_P521, &[1, 3, 132, 0, 35], [
        concat!("1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "fffffffffffffffffffffffffffffffffff"),
        concat!("1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "ffffffffffffffffffffffffffffffffffc"),
        concat!("51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf", "073573df883d2c34f1ef451fd46b503f00"),
        concat!("00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ff", "a8de3348b3c1856a429bf97e7e31c2e5bd66"),
        concat!("011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad", "0761353c7086a272c24088be94769fd16650"),
        concat!("1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a", "5d03bb5c9b8899c47aebb6fb71e91386409"),
    ]),
    (algorithm::EC_K256, &[1, 3, 132, 0, 10], [
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
        "0",
        "7",
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
    ]),
    (algorithm::EC_BP256, &[1, 3, 36, 3, 3, 2, 8, 1, 1, 7], [
        "a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377",
        "7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9",
        "26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6",
        "8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262",
        "547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997",
        "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7",
    ]),
    (algorithm::EC_BP384, &[1, 3, 36, 3, 3, 2, 8, 1, 1, 11], [
        "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71874700133107ec53",
        "7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb04a8c7dd22ce2826",
        "4a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc9943ab78696fa504c11",
        "1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8e826e03436d646aaef87b2e247d4af1e",
        "8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff99129280e4646217791811142820341263c5315",
        "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565",
    ]),
    (algorithm::EC_BP512, &[1, 3, 36, 3, 3, 2, 8, 1, 1, 13], [
        concat!("aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308717d4d9b009bc66842aecda12ae6a380e6", "2881ff2f2d82c68528aa6056583a48f3"),
        concat!("7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b5", "7f1117a72bf2c7b9e7c1ac4d77fc94ca"),
        concat!("3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94cadc083e67", "984050b75ebae5dd2809bd638016f723"),
        concat!("81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098eff3b1f78e2d0d48d50d1687b93b97d5f", "7c6d5047406a5e688b352209bcb9f822"),
        concat!("7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111b2dcde494a5f485e5bca4bd88a2763ae", "d1ca2b2fa8f0540678cd1e0f3ad80892"),
        concat!("aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac1047", "1db1d381085ddaddb58796829ca90069"),
    ]),
];

fn number(text: &str) -> BigUint {
    BigUint::parse_bytes(text.as_bytes(), 16).expect("a constant")
}

/// The curve of an algorithm.
#[must_use]
pub fn curve(algorithm: u8) -> Option<Curve> {
    let (_, oid, [p, a, b, x, y, n]) = CURVES.iter().find(|(id, _, _)| *id == algorithm)?;
    let p = number(p);
    let size = p.bits().div_ceil(8);
    Some(Curve {
        oid,
        size,
        a: number(a),
        b: number(b),
        g: (number(x), number(y)),
        n: number(n),
        p,
    })
}

impl Curve {
    fn sub(&self, x: &BigUint, y: &BigUint) -> BigUint {
        (x + &self.p - y) % &self.p
    }

    fn double(&self, point: &Jacobian) -> Jacobian {
        let (x, y, z) = point.as_ref()?;
        let p = &self.p;
        let yy = y * y % p;
        let s = ((x * &yy) << 2) % p;
        let zz = z * z % p;
        let m = (x * x * 3u8 + &self.a * (&zz * &zz % p)) % p;
        let x3 = self.sub(&(&m * &m % p), &((&s << 1) % p));
        let y3 = self.sub(&(&m * self.sub(&s, &x3) % p), &(((&yy * &yy) << 3) % p));
        let z3 = ((y * z) << 1) % p;
        Some((x3, y3, z3))
    }

    fn add(&self, left: &Jacobian, right: &Jacobian) -> Jacobian {
        let (Some((x1, y1, z1)), Some((x2, y2, z2))) = (left, right) else {
            return left.clone().or_else(|| right.clone());
        };
        let p = &self.p;
        let (z1z1, z2z2) = (z1 * z1 % p, z2 * z2 % p);
        let (u1, u2) = (x1 * &z2z2 % p, x2 * &z1z1 % p);
        let (s1, s2) = (y1 * z2 % p * &z2z2 % p, y2 * z1 % p * &z1z1 % p);
        if u1 == u2 {
            return if s1 == s2 { self.double(left) } else { None };
        }
        let (h, r) = (self.sub(&u2, &u1), self.sub(&s2, &s1));
        let hh = &h * &h % p;
        let hhh = &hh * &h % p;
        let v = &u1 * &hh % p;
        let x3 = self.sub(&self.sub(&(&r * &r % p), &hhh), &((&v << 1) % p));
        let y3 = self.sub(&(&r * self.sub(&v, &x3) % p), &(&s1 * &hhh % p));
        Some((x3, y3, h * z1 % p * z2 % p))
    }

    fn multiply(&self, scalar: &BigUint, point: &Point) -> Option<Point> {
        let base = Some((point.0.clone(), point.1.clone(), BigUint::from(1u8)));
        let mut sum: Jacobian = None;
        for byte in scalar.to_bytes_be() {
            for bit in (0..8).rev() {
                sum = self.double(&sum);
                if byte >> bit & 1 == 1 {
                    sum = self.add(&sum, &base);
                }
            }
        }
        let (x, y, z) = sum?;
        let inverse = self.inverse(&z, &self.p);
        let square = &inverse * &inverse % &self.p;
        Some((x * &square % &self.p, y * square % &self.p * inverse % &self.p))
    }

    /// By Fermat: both moduli are prime.
    fn inverse(&self, x: &BigUint, modulus: &BigUint) -> BigUint {
        x.modpow(&(modulus - 2u8), modulus)
    }

    fn padded(&self, x: &BigUint) -> Vec<u8> {
        let bytes = x.to_bytes_be();
        let mut out = vec![0; self.size.saturating_sub(bytes.len())];
        out.extend_from_slice(&bytes);
        out
    }

    /// A number from 1 to n-1, evenly.
    fn random(&self) -> BigUint {
        loop {
            let mut bytes = vec![0; self.n.bits().div_ceil(8)];
            OsRng.fill_bytes(&mut bytes);
            let extra = bytes.len() * 8 - self.n.bits();
            bytes[0] &= 0xff >> extra;
            let x = BigUint::from_bytes_be(&bytes);
            if x != BigUint::default() && x < self.n {
                return x;
            }
        }
    }

    /// A new private key, as a field element's bytes.
    #[must_use]
    pub fn generate(&self) -> Vec<u8> {
        self.padded(&self.random())
    }

    /// The public point `x‖y` of a private key.
    ///
    /// # Errors
    /// `WrongLength` or `InvalidData` where it is no private key of this curve.
    pub fn public(&self, private: &[u8]) -> Result<Vec<u8>, Code> {
        let (x, y) = self
            .multiply(&self.scalar(private)?, &self.g)
            .ok_or(Code::InvalidData)?;
        Ok([self.padded(&x), self.padded(&y)].concat())
    }

    fn scalar(&self, private: &[u8]) -> Result<BigUint, Code> {
        let d = BigUint::from_bytes_be(private);
        if private.len() != self.size {
            return Err(Code::WrongLength);
        }
        if d == BigUint::default() || d >= self.n {
            return Err(Code::InvalidData);
        }
        Ok(d)
    }

    /// ECDSA over a digest (its leftmost bits), DER.
    ///
    /// # Errors
    /// As [`Curve::public`].
    pub fn sign(&self, private: &[u8], digest: &[u8]) -> Result<Vec<u8>, Code> {
        let d = self.scalar(private)?;
        let excess = (digest.len() * 8).saturating_sub(self.n.bits());
        let e = BigUint::from_bytes_be(digest) >> excess;
        loop {
            let k = self.random();
            let Some((x, _)) = self.multiply(&k, &self.g) else {
                continue;
            };
            let r = x % &self.n;
            let s = (&e + &r * &d) * self.inverse(&k, &self.n) % &self.n;
            if r != BigUint::default() && s != BigUint::default() {
                return Ok(der::sequence(&[
                    der::integer(&r.to_bytes_be()),
                    der::integer(&s.to_bytes_be()),
                ]));
            }
        }
    }

    /// The x coordinate of `private * point`; `point` is `x‖y`.
    ///
    /// # Errors
    /// `InvalidData` where the point is not on the curve.
    pub fn exchange(&self, private: &[u8], point: &[u8]) -> Result<Vec<u8>, Code> {
        if point.len() != 2 * self.size {
            return Err(Code::WrongLength);
        }
        let (x, y) = point.split_at(self.size);
        let (x, y) = (BigUint::from_bytes_be(x), BigUint::from_bytes_be(y));
        let right = (&x * &x % &self.p * &x + &self.a * &x + &self.b) % &self.p;
        if x >= self.p || y >= self.p || &y * &y % &self.p != right {
            return Err(Code::InvalidData);
        }
        let (shared, _) = self
            .multiply(&self.scalar(private)?, &(x, y))
            .ok_or(Code::InvalidData)?;
        Ok(self.padded(&shared))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::unhex;

    #[test]
    fn every_base_point_is_on_its_curve_and_of_its_order() {
        for (id, _, _) in CURVES {
            let curve = curve(id).expect("listed");
            let one = curve.padded(&BigUint::from(1u8));
            let g = curve.public(&one).expect("a key");
            assert_eq!(
                curve.exchange(&one, &g).expect("on the curve"),
                g[..curve.size],
                "curve {id}"
            );
            assert_eq!(curve.multiply(&curve.n, &curve.g), None, "order of curve {id}");
        }
    }

    #[test]
    fn the_public_key_of_rfc_6979_a_2_5() {
        let curve = curve(algorithm::EC_P256).expect("known");
        let private = unhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721").expect("hex");
        let public = unhex(concat!(
            "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
            "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
        ));
        assert_eq!(curve.public(&private).ok(), public);
    }

    #[test]
    fn a_point_off_the_curve_is_refused() {
        let curve = curve(algorithm::EC_P256).expect("known");
        let private = curve.generate();
        let mut point = curve.public(&private).expect("a key");
        assert!(curve.exchange(&private, &point).is_ok());
        point[63] ^= 1;
        assert_eq!(curve.exchange(&private, &point), Err(Code::InvalidData));
    }
}

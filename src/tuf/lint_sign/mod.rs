//! Lint-sign: before the first PIN a payload is signed with throwaway keys of the
//! same kinds and walked through every client model, so that a root that blocks
//! its clients is found while nothing is signed yet (DESIGN 6). What is rehearsed
//! must be what tokens will sign: with the real keys put back, the bytes are the
//! same, or there is no verdict at all.
//!
//! Each file is signed by just a threshold, keys in the order of their keyids. Who
//! really signs shows later: the gate before the export judges the real files.

mod below;
mod rsa;
mod throwaway;

use std::collections::{BTreeMap, BTreeSet};

use super::canonical::canonical;
use super::clients::{self, Client, Judged, Refusal, Repository, Verdict};
use super::compose::{Draft, Form, file_name};
use super::key::{Key, KeyId};
use super::name::MetadataName;
use super::role::RoleName;
use crate::base::{Digest, Instant, Json, PublicKey};
use throwaway::Throwaway;

/// Why a payload could not be rehearsed. Nothing was signed; nothing may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRehearsed {
    /// With the real keys put back, other bytes than the tokens would get.
    #[error("{file}: expected the rehearsed bytes to be those of the payload, got others")]
    OtherBytes {
        /// The file.
        file: String,
    },
    /// More RSA keys of one length than there are test keys.
    #[error("expected at most {most} {kind} keys, got more")]
    TooManyKeys {
        /// How many can be rehearsed.
        most: usize,
        /// Which kind.
        kind: &'static str,
    },
    /// A file of the chain is not what it should be.
    #[error("{file}: expected a root that reads, got {why}")]
    Chain {
        /// The file.
        file: String,
        /// Why it does not read.
        why: String,
    },
}

/// What a rehearsal makes: the files, with throwaway keys and signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsed {
    /// Name to bytes.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The version of the root from which a client starts; `None`: there is no root.
    pub trusted: Option<u64>,
    /// A file that could not get a threshold of throwaway signatures, because keys of
    /// its role are of a kind or spelling that we do not use. Then no client is judged.
    pub short: Option<String>,
}

/// Rehearses `draft` and asks every client model at the instant `at`.
///
/// `beside` are the other payloads of this ceremony, composed before. `chain` holds
/// the predecessors, `N.root.json` to bytes as published, up to the root that the
/// draft follows; empty for a first root. The published chain is judged as it
/// stands, from each of its roots; the step to the draft with throwaway keys in
/// its last root and in the draft. Files of other roles in `chain` are published and
/// stay as they are: their roles keep their keys.
///
/// # Errors
/// [`NotRehearsed`].
pub fn lint_sign(
    draft: &Draft,
    beside: &[&Draft],
    chain: &BTreeMap<String, Vec<u8>>,
    at: Instant,
) -> Result<Vec<Judged>, NotRehearsed> {
    let rehearsed = rehearse(draft, beside, chain)?;
    let roots = roots(chain)?;
    let judged = |client: &Client| {
        let verdict = published(*client, chain, &roots, draft).unwrap_or_else(|| {
            if let Some(file) = &rehearsed.short {
                let why = format!("{file}: too few keys of its role can be rehearsed");
                return (rehearsed.trusted.unwrap_or_default(), Verdict::Unsure { why });
            }
            let Some(trusted) = rehearsed.trusted else {
                let bytes = rehearsed.files.get(&draft.file_name());
                let bytes = bytes.map(Vec::as_slice).unwrap_or_default();
                return (0, clients::lint_file(*client, draft.role.as_str(), bytes));
            };
            let files = &rehearsed.files;
            (
                trusted,
                clients::judge(*client, &Repository { files, trusted }, at),
            )
        });
        Judged::new(*client, verdict)
    };
    Ok(Client::ALL.iter().map(judged).collect())
}

/// The files that [`lint_sign`] judges.
///
/// # Errors
/// [`NotRehearsed`].
pub fn rehearse(
    draft: &Draft,
    beside: &[&Draft],
    chain: &BTreeMap<String, Vec<u8>>,
) -> Result<Rehearsed, NotRehearsed> {
    let name = draft.metadata_name();
    let mut drafts: Vec<&Draft> = beside
        .iter()
        .copied()
        .filter(|d| d.metadata_name() != name)
        .collect();
    drafts.push(draft);
    // Who delegates to a draft lists the throwaway key, so it is written anew as well.
    let mut recast = below::recast(chain, &drafts);
    let roots = roots(chain)?;
    let old = roots.last_key_value();
    let new = drafts.iter().copied().find(|d| d.role == RoleName::Root);
    let latest = new.map(|d| &d.signed).or(old.map(|(_, s)| s));
    // So is what a key signed that also signs a draft.
    if let Some(root) = latest {
        below::shared(chain, &drafts, root, &mut recast);
    }
    drafts.splice(0..0, &recast);

    let mut cast = Cast::new(&draft.digest);
    let published = stay(chain, &drafts);
    cast.kept = latest.map_or_else(BTreeSet::new, |root| kept(root, &published));
    cast.kept.extend(below::kept(&drafts, &published));
    for signed in old
        .map(|(_, s)| s)
        .into_iter()
        .chain(drafts.iter().map(|d| &d.signed))
    {
        cast.admit(signed)?;
    }
    let (mut files, mut short) = (BTreeMap::new(), None);
    if let Some((version, signed)) = old {
        let name = file_name(RoleName::Root, *version);
        let (bytes, enough) = cast.sign(signed, Form::Indented, &[(signed, &MetadataName::ROOT)]);
        if !enough {
            short = Some(name.clone());
        }
        files.insert(name, bytes);
    }
    // Files that are published and written anew, by the name of their entry in snapshot.
    let mut anew = BTreeMap::new();
    drafts.sort_by_key(|d| d.role); // what states hashes of a file comes after it
    for draft in &drafts {
        let mut by = Vec::new();
        let name = draft.metadata_name();
        match name.top() {
            Some(RoleName::Root) => {
                by.extend(old.map(|(_, old)| (old, &name))); // TUF 5.3.4: both thresholds
                by.push((&draft.signed, &name));
            }
            Some(_) => by.extend(latest.map(|s| (s, &name))),
            // TUF 5.6.3: each role that delegates to it.
            None => by.extend(below::delegating(&drafts, &name).map(|d| (&d.signed, &name))),
        }
        let states = matches!(draft.role, RoleName::Snapshot | RoleName::Timestamp);
        let stated = states.then(|| below::restated(&draft.signed, &anew));
        let (bytes, enough) = cast.sign(stated.as_ref().unwrap_or(&draft.signed), draft.form, &by);
        if !enough {
            short = Some(draft.file_name());
        }
        same_bytes(draft, &bytes, &cast, &anew)?;
        if recast.iter().any(|r| r.metadata_name() == name) {
            anew.insert(name.entry(), (draft.version, bytes.clone()));
        }
        files.insert(draft.file_name(), bytes);
    }
    for (name, (_, bytes)) in published {
        files.insert(name.to_owned(), bytes.to_vec());
    }
    let trusted = old.map(|(version, _)| *version).or(new.map(|d| d.version));
    Ok(Rehearsed {
        files,
        trusted,
        short,
    })
}

/// Law 4: what was rehearsed, the real keys put back, is what the tokens will get,
/// and the file that we shall write reads back to it.
fn same_bytes(
    draft: &Draft,
    rehearsed: &[u8],
    cast: &Cast,
    anew: &BTreeMap<String, (u64, Vec<u8>)>,
) -> Result<(), NotRehearsed> {
    let signed = |bytes: &[u8]| Json::parse(bytes).ok()?.get("signed").cloned();
    let exchanged = signed(rehearsed).map(|s| cast.exchanged(&s, &cast.back));
    let back = exchanged.map(|s| canonical(&below::put_back(&s, &draft.signed, anew)));
    let assembled = signed(&draft.assemble(&[])).map(|s| canonical(&s));
    let wanted = Some(draft.canonical.to_vec());
    if back == wanted && assembled == wanted {
        return Ok(());
    }
    let file = draft.file_name();
    Err(NotRehearsed::OtherBytes { file })
}

/// Published files by name, of roles that nobody signs here.
fn stay<'a>(
    chain: &'a BTreeMap<String, Vec<u8>>,
    drafts: &[&Draft],
) -> BTreeMap<&'a str, (MetadataName, &'a [u8])> {
    let role_of = |file: &str| MetadataName::of_file(file).map(|(role, _)| role);
    chain
        .iter()
        .filter_map(|(name, bytes)| Some((name.as_str(), (role_of(name)?, bytes.as_slice()))))
        .filter(|(_, (role, _))| *role != RoleName::Root)
        .filter(|(_, (role, _))| drafts.iter().all(|d| d.metadata_name() != *role))
        .collect()
}

/// Keyids that a root lists for roles of published files, and for no role that signs here.
fn kept(root: &Json, published: &BTreeMap<&str, (MetadataName, &[u8])>) -> BTreeSet<String> {
    let of = |role: RoleName| {
        let role = root.get("roles").and_then(|r| r.get(role.as_str()));
        let ids = role.and_then(|r| r.get("keyids")).and_then(Json::as_array);
        let ids = ids.unwrap_or_default().iter().filter_map(Json::as_str);
        ids.map(str::to_owned).collect::<BTreeSet<String>>()
    };
    let (stay, sign): (Vec<RoleName>, Vec<RoleName>) = RoleName::ALL
        .into_iter()
        .partition(|role| published.values().any(|(r, _)| r == role));
    let sign: BTreeSet<String> = sign.into_iter().flat_map(of).collect();
    let stay = stay.into_iter().flat_map(of);
    stay.filter(|id| !sign.contains(id)).collect()
}

/// Version to `signed` part of the published roots.
fn roots(chain: &BTreeMap<String, Vec<u8>>) -> Result<BTreeMap<u64, Json>, NotRehearsed> {
    let named = chain.iter().filter_map(|(name, bytes)| {
        let version: u64 = name.strip_suffix(".root.json")?.parse().ok()?;
        Some((name, version, bytes))
    });
    named
        .map(|(name, version, bytes)| {
            let read = Json::parse(bytes).map_err(|e| e.to_string());
            let signed = read.and_then(|json| json.get("signed").cloned().ok_or("no signed part".to_owned()));
            let (file, chain) = (name.clone(), |file, why| NotRehearsed::Chain { file, why });
            signed.map(|s| (version, s)).map_err(|why| chain(file, why))
        })
        .collect()
}

/// What keeps a client from ever reaching the root that the draft follows, judged
/// over the published bytes; `None`: nothing does.
fn published(
    client: Client,
    chain: &BTreeMap<String, Vec<u8>>,
    roots: &BTreeMap<u64, Json>,
    draft: &Draft,
) -> Option<(u64, Verdict)> {
    let (first, _) = roots.first_key_value()?;
    // An expired predecessor is no obstacle (TUF 5.3.10), so it is judged while it was
    // good; metadata has no beginning, so that any early instant will do.
    let good = Instant::from_unix(0).ok()?;
    let files: BTreeMap<String, Vec<u8>> = roots
        .keys()
        .map(|version| file_name(RoleName::Root, *version))
        .filter_map(|name| Some((name.clone(), chain.get(&name)?.clone())))
        .collect();
    let (from, verdict) = clients::judge_from_every_root(client, &files, good);
    if !verdict.accepts() {
        return Some((from, verdict));
    }
    let steps = draft.version.saturating_sub(*first);
    if draft.role == RoleName::Root && client.rotations().is_some_and(|most| steps > most) {
        let refusal = Refusal {
            code: "STALE_ROOT".to_owned(),
            at: draft.file_name(),
            why: format!(
                "the client stays below root {} of {}",
                draft.version, draft.version
            ),
            remedy: "publish every root; ship clients a newer root before the limit".to_owned(),
        };
        return Some((*first, Verdict::Refuses(refusal)));
    }
    None
}

/// A key and what stands for it.
type Exchange = BTreeMap<String, (String, String)>;

/// Who plays whom.
struct Cast {
    digest: Digest,
    /// By the real key: the throwaway one.
    players: BTreeMap<Digest, Throwaway>,
    /// Keyids that nobody plays: what they signed is published.
    kept: BTreeSet<String>,
    /// How many RSA keys of a length have one.
    rsa: BTreeMap<&'static str, usize>,
    /// By the real keyid: the real key's fingerprint.
    known: BTreeMap<String, Digest>,
    /// Real keyid to the other keyid and public text.
    there: Exchange,
    /// The other way round.
    back: Exchange,
}

impl Cast {
    fn new(digest: &Digest) -> Cast {
        Cast {
            digest: *digest,
            players: BTreeMap::new(),
            kept: BTreeSet::new(),
            rsa: BTreeMap::new(),
            known: BTreeMap::new(),
            there: Exchange::new(),
            back: Exchange::new(),
        }
    }

    /// Finds a player for each key that is listed. A key that we cannot use keeps its place.
    fn admit(&mut self, signed: &Json) -> Result<(), NotRehearsed> {
        for (keyid, value) in key_tables(signed).flatten() {
            let Ok(key) = Key::from_json(value, "") else {
                continue;
            };
            let Ok(real) = key.to_public() else {
                continue;
            };
            if self.there.contains_key(keyid) || self.kept.contains(keyid) {
                continue;
            }
            let Some(public) = self.player(&real)? else {
                continue;
            };
            // The same members, the same spelling: only the key itself is another.
            let other = Key {
                public: Key::of(&public).public,
                ..key.clone()
            };
            let id = other_keyid(keyid, &key, &other);
            self.known.insert(keyid.clone(), real.fingerprint());
            self.back.insert(id.clone(), (keyid.clone(), key.public.clone()));
            self.there.insert(keyid.clone(), (id, other.public));
        }
        Ok(())
    }

    fn player(&mut self, real: &PublicKey) -> Result<Option<PublicKey>, NotRehearsed> {
        let fingerprint = real.fingerprint();
        if let Some(player) = self.players.get(&fingerprint) {
            return Ok(player.public());
        }
        let kind = real.algorithm().name();
        let index = self.rsa.entry(kind).or_default();
        let player = Throwaway::of(real, &self.digest, *index).ok_or(NotRehearsed::TooManyKeys {
            most: rsa::KEYS,
            kind,
        })?;
        *index = index.saturating_add(1);
        let public = player.public();
        self.players.insert(fingerprint, player);
        Ok(public)
    }

    /// The `signed` part with every key and keyid exchanged, all else as it stands.
    fn exchanged(&self, signed: &Json, by: &Exchange) -> Json {
        let Json::Object(map) = signed else {
            return signed.clone();
        };
        let mut map = map.clone();
        if let Some(keys) = map.get_mut("keys") {
            *keys = keys_exchanged(keys, by);
        }
        if let Some(roles) = map.get_mut("roles") {
            *roles = keyids_exchanged(roles, by);
        }
        if let Some(Json::Object(delegations)) = map.get_mut("delegations") {
            if let Some(keys) = delegations.get_mut("keys") {
                *keys = keys_exchanged(keys, by);
            }
            for word in ["roles", "succinct_roles"] {
                if let Some(roles) = delegations.get_mut(word) {
                    *roles = keyids_exchanged(roles, by);
                }
            }
        }
        Json::Object(map)
    }

    /// The file, signed by a threshold of each role of each file in `by`; false where
    /// not so many keys have a player.
    fn sign(&self, signed: &Json, form: Form, by: &[(&Json, &MetadataName)]) -> (Vec<u8>, bool) {
        let signed = self.exchanged(signed, &self.there);
        let message = canonical(&signed);
        let mut signatures = BTreeMap::new();
        let mut all = true;
        for (root, role) in by {
            let (signers, enough) = self.signers(root, role);
            all &= enough;
            for keyid in signers {
                let Some((other, _)) = self.there.get(keyid) else {
                    continue;
                };
                let player = self.known.get(keyid).and_then(|real| self.players.get(real));
                if let Some(sig) = player.and_then(|p| p.sign(&message)) {
                    signatures.insert(other.clone(), data_encoding::HEXLOWER.encode(&sig));
                }
            }
        }
        let signatures = signatures
            .into_iter()
            .map(|(keyid, sig)| Json::object([("keyid", keyid.into()), ("sig", sig.into())]))
            .collect();
        let file = Json::object([("signatures", Json::Array(signatures)), ("signed", signed)]);
        (form.write(&file).into_bytes(), all)
    }

    /// A threshold of the role's keyids, by distinct keys; a key under two ids signs for both.
    fn signers<'r>(&self, root: &'r Json, role: &MetadataName) -> (Vec<&'r str>, bool) {
        let role = below::role_object(root, role);
        let threshold = role.and_then(|r| r.get("threshold")).and_then(Json::as_int);
        let threshold = threshold
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or_default();
        let keyids = role.and_then(|r| r.get("keyids")).and_then(Json::as_array);
        let mut distinct = BTreeSet::new();
        let mut signers = Vec::new();
        for keyid in keyids.unwrap_or_default().iter().filter_map(Json::as_str) {
            let Some(real) = self.known.get(keyid) else {
                continue;
            };
            if distinct.contains(real) || distinct.len() < threshold {
                distinct.insert(*real);
                signers.push(keyid);
            }
        }
        let short = distinct.len() < threshold && keyids.is_some_and(|ids| ids.len() > signers.len());
        (signers, !short)
    }
}

fn key_tables(signed: &Json) -> impl Iterator<Item = &BTreeMap<String, Json>> {
    let delegated = signed.get("delegations").and_then(|d| d.get("keys"));
    [signed.get("keys"), delegated]
        .into_iter()
        .flatten()
        .filter_map(Json::as_object)
}

fn keys_exchanged(keys: &Json, by: &Exchange) -> Json {
    let Json::Object(keys) = keys else {
        return keys.clone();
    };
    let exchanged = keys.iter().map(|(keyid, key)| match by.get(keyid) {
        None => (keyid.clone(), key.clone()),
        Some((other, public)) => {
            let mut key = key.clone();
            if let Json::Object(members) = &mut key
                && let Some(Json::Object(keyval)) = members.get_mut("keyval")
            {
                keyval.insert("public".to_owned(), public.as_str().into());
            }
            (other.clone(), key)
        }
    });
    Json::Object(exchanged.collect())
}

/// Every array `keyids` in a role, an object of roles or an array of roles.
fn keyids_exchanged(roles: &Json, by: &Exchange) -> Json {
    match roles {
        Json::Array(items) => Json::Array(items.iter().map(|r| keyids_exchanged(r, by)).collect()),
        Json::Object(map) => {
            let exchanged = map.iter().map(|(name, value)| match value {
                Json::Array(keyids) if name == "keyids" => {
                    let other = |id: &Json| {
                        let exchange = id.as_str().and_then(|id| by.get(id));
                        exchange.map_or_else(|| id.clone(), |(other, _)| other.as_str().into())
                    };
                    (name.clone(), Json::Array(keyids.iter().map(other).collect()))
                }
                Json::Object(_) => (name.clone(), keyids_exchanged(value, by)),
                _ => (name.clone(), value.clone()),
            });
            Json::Object(exchanged.collect())
        }
        _ => roles.clone(),
    }
}

/// The keyid by the rule that the real one follows (facts/tuf.md 2.4): of the whole
/// object, of its three members alone, or none that we know.
fn other_keyid(keyid: &str, real: &Key, other: &Key) -> String {
    let bare = |key: &Key| {
        let mut key = key.clone();
        key.unrecognized.clear();
        key.keyval_unrecognized.clear();
        key.keyid()
    };
    let is = |id: KeyId| id.to_string() == keyid;
    if is(real.keyid()) {
        other.keyid().to_string()
    } else if is(bare(real)) {
        bare(other).to_string()
    } else {
        Digest::of(format!("throwaway {keyid}").as_bytes()).hex()
    }
}

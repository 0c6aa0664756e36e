#!/usr/bin/env python3
"""Makes the approval vectors with Python's `cryptography` and `hashlib` alone: python3 make.py
A note's name says what a reader comes to: `good--WHY`, or the reason's stable word and the sin."""
import base64, hashlib
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

DER = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)

class Ed25519:
    def __init__(self, name):
        self.name, self.key = name, ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        raw = self.key.public_key().public_bytes(*RAW)
        self.blob, self.id = b"\x01" + raw, hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4]
    def sign(self, text):
        return self.key.sign(text)

class P256:
    def __init__(self, name):
        number = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
        self.name, self.key = name, ec.derive_private_key(number, ec.SECP256R1())
        spki = self.key.public_key().public_bytes(*DER)
        self.blob, self.id = b"\x02" + spki, hashlib.sha256(spki).digest()[:4]
    def sign(self, text):
        return self.key.sign(text, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

def b64(data):
    return base64.b64encode(data).decode()
def vkey(who):
    return "%s+%s+%s" % (who.name, who.id.hex(), b64(who.blob))
def line(who, signature):
    return "\u2014 %s %s\n" % (who.name, b64(who.id + signature))
def note(text, *people):
    return text + "\n" + "".join(line(who, who.sign(text.encode())) for who in people)
def put(name, text):
    with open(name, "wb") as out:
        out.write(text if isinstance(text, bytes) else text.encode())

olga, otto, wim = Ed25519("olga.example"), Ed25519("otto.example"), P256("wim.example")
mallory = Ed25519("mallory.example")
script = """schema = 1
kind = "production"
profile = "universal"
organisation = "example"
site = "vienna"
ceremony = "root-2027-1"
title = "A script of the approval vectors: it has approvers and no steps"
predecessor = "genesis"

[trust]
genesis = true

[approvals]
quorum = 2
keys = [
%s]
""" % "".join('  "%s",\n' % vkey(who) for who in (olga, otto, wim))

def about(script, kind="production", site="vienna"):
    return "tuf-ceremony approval v1\nscript %s\nlength %d\nceremony root-2027-1\nkind %s\norigin example/%s\n" % (
        hashlib.sha256(script.encode()).hexdigest(), len(script.encode()), kind, site)

text = about(script)
good = note(text, olga, wim)
put("script.toml", script)
put("text", text)
put("good--ed25519-and-p256.approvals", good)
put("good--another-order.approvals", note(text, wim, otto))
put("good--all-three.approvals", note(text, olga, otto, wim))
put("approvals-too-few--one-of-two.approvals", note(text, wim))
put("approvals-form--nobody.approvals", text + "\n")
put("approvals-form--crlf.approvals", good.replace("\n", "\r\n"))
put("approvals-form--cut.approvals", good[:-1])
put("approvals-form--one-line-twice.approvals", note(text, olga, olga))
put("approvals-form--blank-line-at-the-end.approvals", good + "\n")
put("approvals-form--not-utf8.approvals", good.encode().replace(b"olga", b"olg\xff"))
put("approvals-not-listed--a-third.approvals", note(text, olga, otto, mallory))
put("approvals-not-listed--another-key-id.approvals", note(text, wim) + "\u2014 olga.example %s\n" % b64(b"\0\0\0\0" + olga.sign(text.encode())))
put("approvals-wrong-signature--olga-for-otto.approvals", note(text, olga) + line(otto, olga.sign(text.encode())))
put("approvals-wrong-signature--over-other-text.approvals", note(text, olga) + line(wim, wim.sign(b"another text\n")))
put("approvals-wrong-signature--cut.approvals", note(text, olga) + line(wim, wim.sign(text.encode())[:-1]))
put("approvals-other-script--one-byte.approvals", note(about(script.replace("no steps", "no stepz")), olga, otto))
put("approvals-other-script--rehearsal.approvals", note(about(script, kind="rehearsal"), olga, otto))
put("approvals-other-script--another-site.approvals", note(about(script, site="linz"), olga, otto))
put("approvals-other-script--v2.approvals", note(text.replace("v1", "v2"), olga, otto))
put("approvals-other-script--one-line-more.approvals", note(text + "and this\n", olga, otto))

"""A ceremony in small with the vendor's Python client; everything it gets is
verified by `cryptography`. Arguments: URL, URL of another device, folder with
root.pem and sub.pem, the root's fingerprint, the serial.
"""

import sys
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from yubihsm import YubiHsm
from yubihsm.defs import ALGORITHM, AUDIT, CAPABILITY, COMMAND, ERROR, ORIGIN
from yubihsm.exceptions import YubiHsmDeviceError
from yubihsm.objects import AsymmetricKey, AttestationExtensions, Opaque, WrapKey


def issued(issuer, subject):
    """`subject` names `issuer` and carries its RSA signature."""
    assert subject.issuer == issuer.subject
    key = issuer.public_key()
    key.verify(subject.signature, subject.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA256())


def refused(code, call):
    try:
        call()
    except YubiHsmDeviceError as error:
        assert error.code == code, error
        return
    raise AssertionError("was not refused")


def ceremony(session, firmware, serial, chain, algorithm, digest, number, label):
    key = AsymmetricKey.generate(session, number, label, 1, CAPABILITY.SIGN_ECDSA, algorithm)
    public = key.get_public_key()
    public.verify(key.sign_ecdsa(b"root.json", digest), b"root.json", ec.ECDSA(digest))
    attestation = key.attest()
    for upper, lower in zip(chain, chain[1:] + [attestation]):
        issued(upper, lower)
    assert attestation.public_key() == public
    facts = AttestationExtensions.parse(attestation)
    assert (facts.firmware_version, facts.serial, facts.object_id) == (firmware, serial, number)
    assert (facts.origin, facts.domains) == (ORIGIN.GENERATED, 1)
    assert (facts.capabilities, facts.label) == (CAPABILITY.SIGN_ECDSA, label)
    return attestation


def main(url, other_url, folder, fingerprint, serial):
    root, sub = (x509.load_pem_x509_certificate(Path(folder, name).read_bytes()) for name in ("root.pem", "sub.pem"))
    assert sha256(root.public_bytes(Encoding.DER)).hexdigest() == fingerprint
    issued(root, root)
    issued(root, sub)
    with YubiHsm.connect(url) as hsm, hsm.create_session_derived(1, "password") as session:
        info = hsm.get_device_info()
        assert info.serial == int(serial)
        session.set_command_audit({command: AUDIT.ON for command in session.get_command_audit()})
        device = Opaque(session, 0).get_certificate()
        issued(sub, device)
        chain = [root, sub, device]
        common = (session, info.version, info.serial, chain)
        ceremony(*common, ALGORITHM.EC_P256, hashes.SHA256(), 3, "tuf-root")
        attestation = ceremony(*common, ALGORITHM.EC_P384, hashes.SHA384(), 4, "tuf-targets")

        # Another device: same root, another key; its certificate did not issue our attestation.
        with YubiHsm.connect(other_url) as other, other.create_session_derived(1, "password") as stranger:
            foreign = Opaque(stranger, 0).get_certificate()
            issued(sub, foreign)
            try:
                foreign.public_key().verify(
                    attestation.signature, attestation.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA256()
                )
                raise AssertionError("a foreign device's key verified")
            except InvalidSignature:
                pass

        # Ed25519 signs at most 2019 bytes and is not attested.
        key = AsymmetricKey.generate(session, 5, "ed", 1, CAPABILITY.SIGN_EDDSA, ALGORITHM.EC_ED25519)
        key.get_public_key().verify(key.sign_eddsa(b"m" * 2019), b"m" * 2019)
        refused(ERROR.INVALID_DATA, key.attest)

        # Backup and restore under a wrap key.
        wrap = WrapKey.generate(
            session, 6, "backup", 1,
            CAPABILITY.EXPORT_WRAPPED | CAPABILITY.IMPORT_WRAPPED, ALGORITHM.AES256_CCM_WRAP,
            CAPABILITY.SIGN_ECDSA | CAPABILITY.EXPORTABLE_UNDER_WRAP,
        )  # fmt: skip
        refused(ERROR.INSUFFICIENT_PERMISSIONS, lambda: wrap.export_wrapped(AsymmetricKey(session, 3)))
        may = CAPABILITY.SIGN_ECDSA | CAPABILITY.EXPORTABLE_UNDER_WRAP
        spare = AsymmetricKey.generate(session, 7, "spare", 1, may, ALGORITHM.EC_P256)
        public, blob = spare.get_public_key(), wrap.export_wrapped(spare)
        spare.delete()
        restored = wrap.import_wrapped(blob)
        assert restored.get_public_key() == public
        assert restored.get_info().origin == ORIGIN.GENERATED | ORIGIN.IMPORTED_WRAPPED

        # The log's digest chain, checked by the client entry by entry.
        log = session.get_log_entries().entries
        for before, after in zip(log, log[1:]):
            assert after.validate(before), after
        assert COMMAND.SIGN_ATTESTATION_CERTIFICATE in {entry.command for entry in log}
    version = ".".join(map(str, info.version))
    print(f"{version}: generated, signed, attested, backed up; signatures, chain and log verified")


if __name__ == "__main__":
    main(*sys.argv[1:])

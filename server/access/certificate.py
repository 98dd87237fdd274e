"""The certificate of `serve --lan`: made by this module, or given by `--cert` and `--key`.

WebXR needs a secure context, so a headset needs TLS. A certificate made by this module is
self-signed: the browser warns once, and the person compares the certificate's fingerprint with the
fingerprint on the terminal. Each new certificate causes another warning. The server therefore makes
a new certificate only when the current certificate soon expires, or lacks a name or address that
the machine has.
"""

import datetime
import ipaddress
import logging
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lodespace.errors import LodespaceError
from lodespace.files import write_private

log = logging.getLogger(__name__)

DAYS = 365
"""Validity of a new certificate in days. Browsers refuse certificates that are valid for more than
397 days, and Mozilla recommends at most 366."""
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Cipher suites for TLS 1.2, from the profile "intermediate" of Mozilla's Server Side TLS 5.7.

TLS 1.3 needs no list, because the profile allows all suites of TLS 1.3.
"""
GROUPS = "X25519:prime256v1:secp384r1"
"""Groups for the key exchange, from Mozilla's TLS profile "intermediate"."""
ONE_GROUP = "prime256v1"
"""Group for the TLS key exchange in Python before 3.15, which can set only one group.

Every browser supports this group.
"""
RENEW_DAYS = 14
"""If the certificate expires in fewer days than this number, the server makes a new certificate."""
MAX_EARLIER_NAMES = 32
"""Largest number of names that a new certificate copies from the previous certificate."""
ALWAYS = ("127.0.0.1", "localhost")
"""Names that every certificate made by this module contains."""
CERTIFICATE_FILE = "certificate.pem"
"""Name of the file in the state folder that contains the certificate and the key."""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key, with the paths of their files."""

    certificate: Path
    """Path of the certificate, in PEM."""
    key: Path
    """Path of the private key, in PEM."""
    names: tuple[str, ...]
    """DNS names and IP addresses for which the certificate is valid."""
    fingerprint: str
    """SHA-256 of the certificate, hexadecimal with colons, as browsers show it."""

    def context(self) -> ssl.SSLContext:
        """Return a TLS context of Mozilla's profile "intermediate".

        Raises LodespaceError if key and certificate do not match.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.set_ciphers(CIPHERS)
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        set_groups = getattr(context, "set_groups", None)
        if set_groups is None:
            context.set_ecdh_curve(ONE_GROUP)
        else:
            set_groups(GROUPS)
        try:
            context.load_cert_chain(self.certificate, self.key)
        except (ssl.SSLError, OSError) as error:
            raise LodespaceError(
                f"{self.certificate} and {self.key} are not a certificate and its unencrypted key:"
                f" {error}",
                code="bad_certificate",
            ) from error
        return context


def given_certificate(certificate: Path, key: Path) -> Certificate:
    """Load the first certificate of a PEM file.

    Raises LodespaceError when the file cannot be read, or the certificate contains no name.
    """
    try:
        parsed = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except (OSError, ValueError, IndexError) as error:
        raise LodespaceError(
            f"{certificate} is not a certificate in PEM: {error}", code="bad_certificate"
        ) from error
    names = _names(parsed)
    if not names:
        raise LodespaceError(
            f"{certificate} contains no host name (subjectAltName), so browsers refuse it. Use a"
            " certificate with the name of this machine.",
            code="bad_certificate",
        )
    return Certificate(certificate, key, names, _fingerprint(parsed))


def own_certificate(
    folder: Path, names: Iterable[str], now: datetime.datetime | None = None
) -> Certificate:
    """Return the certificate in `folder` if it is valid for all of `names`, else a new certificate.

    A new certificate is valid for all of `names`, and for up to MAX_EARLIER_NAMES names of the
    previous certificate. If a laptop moves between two networks daily, browsers therefore warn once
    per network, not once per day.
    Raises LodespaceError when the folder cannot be written.
    """
    now = now or datetime.datetime.now(datetime.UTC)
    path = folder / CERTIFICATE_FILE
    wanted = list(dict.fromkeys([*ALWAYS, *names]))
    kept = _read(path)
    if kept is not None:
        known = _names(kept)
        fresh = kept.not_valid_after_utc - now > datetime.timedelta(days=RENEW_DAYS)
        if fresh and set(wanted) <= set(known):
            return Certificate(path, path, known, _fingerprint(kept))
        wanted += [name for name in known if name not in wanted][:MAX_EARLIER_NAMES]
    key = ec.generate_private_key(ec.SECP256R1())
    made = _sign(key, wanted, now)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(path, private + made.public_bytes(serialization.Encoding.PEM))
    return Certificate(path, path, _names(made), _fingerprint(made))


def _sign(
    key: ec.EllipticCurvePrivateKey, names: list[str], now: datetime.datetime
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lodespace on this network")])
    begins = now - datetime.timedelta(hours=1)  # a headset's clock may be behind
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=DAYS))
        .add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return (*addresses, *(name.lower() for name in names.get_values_for_type(x509.DNSName)))


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _read(path: Path) -> x509.Certificate | None:
    """Load a certificate that the server has made; None if the file has no usable certificate."""
    try:
        _make_private(path)
        data = path.read_bytes()
        serialization.load_pem_private_key(data, None)
        return x509.load_pem_x509_certificate(data)
    except (OSError, ValueError):
        return None


def _make_private(path: Path) -> None:
    """Make a file readable by its owner only. Raises OSError.

    A file that was copied may have become readable by other users.
    """
    mode = path.stat().st_mode & 0o777
    if os.name != "posix" or not mode & 0o077:
        return
    path.chmod(0o600)
    log.warning(
        "%s contains a private key that other users could read (mode %o). The server has made the"
        " file private. If another user may have read the key, delete the file: the server makes a"
        " new one",
        path,
        mode,
    )

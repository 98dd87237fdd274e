"""The certificate that is made: what it holds for, when it is made anew, who can read its key."""

import datetime
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from lodespace import addresses
from lodespace.certificate import CERTIFICATE_FILE, DAYS, MAX_NAMES, given_certificate, own_certificate
from lodespace.errors import LodespaceError

NAMES = ["192.168.1.20", "studio", "studio.local"]


def parsed(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / CERTIFICATE_FILE).read_bytes())


def test_it_is_p256_private_and_holds_for_every_name(tmp_path: Path) -> None:
    made = own_certificate(tmp_path / "state", NAMES)
    certificate = parsed(tmp_path / "state")
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ipaddress.ip_address("192.168.1.20") in san.get_values_for_type(x509.IPAddress)
    assert ipaddress.ip_address("127.0.0.1") in san.get_values_for_type(x509.IPAddress)
    assert {"studio", "studio.local", "localhost"} <= set(san.get_values_for_type(x509.DNSName))
    assert made.key.stat().st_mode & 0o777 == 0o600
    lasts = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=DAYS - 1) < lasts <= datetime.timedelta(days=DAYS)
    assert len(made.fingerprint) == 95 and made.fingerprint.count(":") == 31
    assert made.context().minimum_version >= 0x303


def test_it_is_kept_until_there_is_a_new_address_and_keeps_the_old_ones(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, NAMES)
    assert own_certificate(tmp_path, NAMES[1:]).fingerprint == first.fingerprint
    moved = own_certificate(tmp_path, ["10.0.0.7", *NAMES[1:]])
    assert moved.fingerprint != first.fingerprint
    assert (
        own_certificate(tmp_path, NAMES).fingerprint == moved.fingerprint
    )  # back in the first network: no new warning
    for k in range(3 * MAX_NAMES):
        last = own_certificate(tmp_path, [f"10.0.1.{k}", *NAMES])
    assert len(last.names) == MAX_NAMES and set(NAMES) <= set(last.names)


def test_it_is_made_anew_before_it_ends_and_when_it_is_damaged(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, NAMES)
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=DAYS - 5)
    second = own_certificate(tmp_path, NAMES, now=later)
    assert second.fingerprint != first.fingerprint
    (tmp_path / CERTIFICATE_FILE).write_bytes(b"-----BEGIN")
    assert own_certificate(tmp_path, NAMES).fingerprint not in (first.fingerprint, second.fingerprint)


def test_a_given_certificate_is_read_and_a_bad_one_is_refused_in_words(tmp_path: Path) -> None:
    own = own_certificate(tmp_path / "a", NAMES)
    given = given_certificate(own.certificate, own.key)
    assert given.names == own.names and given.fingerprint == own.fingerprint
    given.context()
    other = own_certificate(tmp_path / "b", NAMES)
    (tmp_path / "key.pem").write_bytes(other.key.read_bytes().split(b"-----BEGIN CERTIFICATE")[0])
    with pytest.raises(LodespaceError, match="not a certificate and its unencrypted key"):
        given_certificate(own.certificate, tmp_path / "key.pem").context()
    for bad in (tmp_path / "missing.pem", tmp_path / "key.pem"):
        with pytest.raises(LodespaceError, match="not a certificate in PEM"):
            given_certificate(bad, own.key)


def test_a_folder_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LodespaceError, match="cannot be written"):
        own_certificate(tmp_path / "file" / "state", NAMES)


def test_the_addresses_are_those_others_can_reach() -> None:
    found = addresses.lan_addresses()
    assert len(found) == len(set(found))
    for address in found:
        parsed_address = ipaddress.ip_address(address)
        assert parsed_address.version == 4 and not parsed_address.is_loopback
    assert all(name == name.lower() and name != "localhost" for name in addresses.host_names())

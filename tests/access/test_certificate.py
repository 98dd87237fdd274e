"""The certificate that the server makes: names, renewal, and the mode of the key file."""

import datetime
import ipaddress
import os
import socket
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from lodespace.access import addresses
from lodespace.access.certificate import (
    ALWAYS,
    CERTIFICATE_FILE,
    DAYS,
    MAX_EARLIER_NAMES,
    given_certificate,
    own_certificate,
)
from lodespace.access.network import Network
from lodespace.config import LanConfig
from lodespace.errors import LodespaceError

NAMES = ["192.168.1.20", "studio", "studio.local"]


def parsed(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / CERTIFICATE_FILE).read_bytes())


def test_certificate_is_p256_private_and_valid_for_every_name(tmp_path: Path) -> None:
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
    whole = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert whole <= datetime.timedelta(days=365)
    assert len(made.fingerprint) == 95 and made.fingerprint.count(":") == 31
    assert made.context().minimum_version >= 0x303


def test_certificate_is_kept_until_there_is_a_new_address(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, NAMES)
    assert own_certificate(tmp_path, NAMES[1:]).fingerprint == first.fingerprint
    moved = own_certificate(tmp_path, ["10.0.0.7", *NAMES[1:]])
    assert moved.fingerprint != first.fingerprint
    assert (
        own_certificate(tmp_path, NAMES).fingerprint == moved.fingerprint
    )  # back in the first network, a browser shows no new warning
    for k in range(3 * MAX_EARLIER_NAMES):
        last = own_certificate(tmp_path, [f"10.0.1.{k}", *NAMES])
    assert len(last.names) == len(["10.0.1.x", *NAMES, *ALWAYS]) + MAX_EARLIER_NAMES and set(
        NAMES
    ) <= set(last.names)


def test_certificate_holds_every_address_of_the_machine(
    tmp_path: Path,
) -> None:
    """A machine that runs containers has one address per container network. The certificate
    needs all these addresses."""
    many = [*NAMES, *(f"172.{16 + k // 200}.{k % 200}.1" for k in range(300))]
    first = own_certificate(tmp_path, many)
    assert set(many) <= set(first.names)
    assert own_certificate(tmp_path, many).fingerprint == first.fingerprint
    assert own_certificate(tmp_path, many[:-1]).fingerprint == first.fingerprint


def test_readable_key_file_is_made_private_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = own_certificate(tmp_path, NAMES)
    assert caplog.text == ""
    first.key.chmod(0o644)
    assert own_certificate(tmp_path, NAMES).fingerprint == first.fingerprint
    assert first.key.stat().st_mode & 0o777 == 0o600
    assert "mode 644" in caplog.text and str(first.key) in caplog.text
    caplog.clear()
    own_certificate(tmp_path, NAMES)
    assert caplog.text == ""


def test_a_file_that_cannot_be_made_private_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = own_certificate(tmp_path, NAMES)
    first.key.chmod(0o644)

    def not_ours(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chmod", not_ours)
    assert own_certificate(tmp_path, NAMES).fingerprint != first.fingerprint
    assert first.key.stat().st_mode & 0o777 == 0o600


def test_certificate_is_renewed_before_its_end_and_when_damaged(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, NAMES)
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=DAYS - 5)
    second = own_certificate(tmp_path, NAMES, now=later)
    assert second.fingerprint != first.fingerprint
    (tmp_path / CERTIFICATE_FILE).write_bytes(b"-----BEGIN")
    assert own_certificate(tmp_path, NAMES).fingerprint not in (
        first.fingerprint,
        second.fingerprint,
    )


def test_bad_certificate_is_refused_with_a_sentence(tmp_path: Path) -> None:
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


def test_unwritable_folder_is_reported_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LodespaceError, match="cannot be written"):
        own_certificate(tmp_path / "file" / "state", NAMES)


def test_addresses_can_be_reached_by_other_devices() -> None:
    found = addresses.lan_addresses()
    assert len(found) == len(set(found))
    for address in found:
        parsed_address = ipaddress.ip_address(address)
        assert parsed_address.version == 4 and not parsed_address.is_loopback
    assert all(name == name.lower() and name != "localhost" for name in addresses.host_names())


@pytest.mark.parametrize(
    ("own", "names"),
    [
        ("studio", ["studio", "studio.local"]),
        ("Studio.Example.com.", ["studio", "studio.local", "studio.example.com"]),
        ("studio.local", ["studio", "studio.local"]),
        ("localhost", []),
        ("localhost.localdomain", []),
        ("", []),
        ("büro.example.com", ["xn--bro-hoa", "xn--bro-hoa.local", "xn--bro-hoa.example.com"]),
        ("bu\u0308ro", ["xn--bro-hoa", "xn--bro-hoa.local"]),
        ("xn--bro-hoa", ["xn--bro-hoa", "xn--bro-hoa.local"]),
        ("my_pc", ["my_pc", "my_pc.local"]),
        ("straße", ["xn--strae-oqa", "xn--strae-oqa.local"]),
        ("BÜRO", ["xn--bro-hoa", "xn--bro-hoa.local"]),
        # These names have no form that a certificate can hold.
        ("straße\udcff", []),
        ("my pc", []),
        ("\udcff\udcfe", []),
        ("a" * 64, []),
        ("-", []),
        ("studio..com", ["studio", "studio.local"]),
        (" ü", []),
    ],
)
def test_machine_names_are_encoded_as_browsers_send_them(
    own: str, names: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: own)
    assert addresses.host_names() == names
    assert set(names) <= set(own_certificate(tmp_path, addresses.host_names()).names)


def test_name_that_no_certificate_can_hold_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "straße\udcff")
    network = Network.open(LanConfig(port=0, state=tmp_path))
    network.addresses(8443)
    assert network.names[: len(addresses.lan_addresses())] == tuple(addresses.lan_addresses())
    (record,) = caplog.records
    assert r"'stra\xdfe\udcff'" in record.getMessage() and record.getMessage().isascii()
    caplog.clear()
    monkeypatch.setattr(socket, "gethostname", lambda: "studio.example.com")
    network = Network.open(LanConfig(port=0, state=tmp_path))
    assert {"https://studio:8443/", "https://studio.example.com:8443/"} <= set(
        network.addresses(8443)
    )
    assert not caplog.records

"""What `serve --lan` needs: certificate, devices, and how to say where the server is."""

import logging
import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import platformdirs
import segno

from lodespace.access.addresses import host_names, in_ascii, lan_addresses, machine_names
from lodespace.access.certificate import ALWAYS, Certificate, given_certificate, own_certificate
from lodespace.access.devices import DeviceStore
from lodespace.config import LanConfig
from lodespace.errors import LodespaceError

log = logging.getLogger(__name__)


def state_folder() -> Path:
    """Where certificate and devices are kept: they are this person's on this machine, not a project's."""
    return platformdirs.user_state_path("lodespace", appauthor=False)


@dataclass(frozen=True)
class Network:
    """`names`: of the certificate, those that others can use first."""

    certificate: Certificate
    devices: DeviceStore
    names: tuple[str, ...]

    @classmethod
    def open(cls, config: LanConfig) -> "Network":
        """Raises LodespaceError when there is no certificate to be had."""
        folder = config.state or state_folder()
        if (config.certificate is None) != (config.key is None):
            raise LodespaceError("--cert and --key go together", code="bad_certificate")
        if config.certificate is not None and config.key is not None:
            certificate = given_certificate(config.certificate, config.key)
            return cls(certificate, DeviceStore(folder), certificate.names)
        unnamed = [ascii(name) for name in machine_names() if not in_ascii(name)]
        if unnamed:
            log.warning(
                "no certificate can name %s, as this computer calls itself; open its address in digits",
                " or ".join(unnamed),
            )
        reachable = [*lan_addresses(), *host_names()]
        certificate = own_certificate(folder, reachable)
        first = [*reachable, *ALWAYS]
        kept = [
            name for name in certificate.names if name not in first
        ]  # of other networks, and other days
        return cls(certificate, DeviceStore(folder), (*first, *kept))

    def addresses(self, port: int) -> list[str]:
        """URLs for other devices, the likeliest first. A name for many hosts (*.example.org) is none to open."""
        reachable = {*lan_addresses(), *host_names()}
        outward = [name for name in self.names if name not in ALWAYS and not name.startswith("*")]
        likely = [name for name in outward if name in reachable] or outward
        suffix = "" if port == 443 else f":{port}"
        return [f"https://{f'[{name}]' if ':' in name else name}{suffix}/" for name in likely]


def introduce(addresses: list[str], fingerprint: str) -> str:
    """For the terminal: where another device finds the server, and how it gets in."""
    if not addresses:
        return "no network: this machine has no address that another device could reach\n"
    code = StringIO()
    if sys.stdout.isatty():
        segno.make(addresses[0], error="l").terminal(out=code, compact=True, border=2)
    others = "".join(f"\n  or {address}" for address in addresses[1:4])
    return (
        f"headset or other device: open {addresses[0]}{others}\n{code.getvalue()}"
        f"  1. it warns once of a certificate that it does not know; its SHA-256 has to be\n     {fingerprint}\n"
        "  2. it shows a code of four characters; allow it on your own page\n"
    )

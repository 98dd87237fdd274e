"""Certificate, devices and addresses of a server with `--lan`."""

import logging
import sys
from dataclasses import dataclass
from io import StringIO

import segno

from lodespace.access.addresses import host_names, in_ascii, lan_addresses, machine_names
from lodespace.access.certificate import ALWAYS, Certificate, given_certificate, own_certificate
from lodespace.access.devices import DeviceStore
from lodespace.config import LanConfig, state_folder
from lodespace.errors import LodespaceError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Network:
    """Certificate and devices of a server that other devices can reach."""

    certificate: Certificate
    """Certificate of the server."""
    devices: DeviceStore
    """Approved devices."""
    names: tuple[str, ...]
    """Names of this machine in the certificate. Names that other devices can use come first."""
    port: int | None = None
    """Port for other devices; None for the first free port."""

    @classmethod
    def open(cls, config: LanConfig) -> "Network":
        """Load the certificate and the devices, or make a new certificate.

        Raises LodespaceError when there is no usable certificate.
        """
        folder = config.state or state_folder()
        if (config.certificate is None) != (config.key is None):
            raise LodespaceError(
                "`--cert` and `--key` must be given together.", code="bad_certificate"
            )
        if config.certificate is not None and config.key is not None:
            certificate = given_certificate(config.certificate, config.key)
            return cls(certificate, DeviceStore(folder), certificate.names, config.port)
        unnamed = [ascii(name) for name in machine_names() if not in_ascii(name)]
        if unnamed:
            log.warning(
                "this computer has a name that a certificate cannot contain: %s. Other devices can"
                " open the page by IP address instead",
                ", ".join(unnamed),
            )
        reachable = [*lan_addresses(), *host_names()]
        certificate = own_certificate(folder, reachable)
        first = [*reachable, *ALWAYS]
        # The certificate also contains names of networks in which this machine was before.
        kept = [name for name in certificate.names if name not in first]
        return cls(certificate, DeviceStore(folder), (*first, *kept), config.port)

    def addresses(self, port: int) -> list[str]:
        """Return the URLs for other devices. The URL that most likely works is the first.

        Wildcard names of the certificate (*.example.org) are left out.
        """
        reachable = {*lan_addresses(), *host_names()}
        outward = [name for name in self.names if name not in ALWAYS and not name.startswith("*")]
        likely = [name for name in outward if name in reachable] or outward
        suffix = "" if port == 443 else f":{port}"
        return [f"https://{f'[{name}]' if ':' in name else name}{suffix}/" for name in likely]


def introduce(addresses: list[str], fingerprint: str) -> str:
    """Return a text for the terminal: addresses for other devices, and how to pair a device."""
    if not addresses:
        return (
            "No other device can reach this machine, because it has no network address. Connect the"
            " machine to a network, then start the server again.\n"
        )
    code = StringIO()
    if sys.stdout.isatty():
        segno.make(addresses[0], error="l").terminal(out=code, compact=True, border=2)
    others = "".join(f"\n  or {address}" for address in addresses[1:4])
    return (
        f"Headset or other device: open {addresses[0]}{others}\n{code.getvalue()}"
        "  1. The browser warns once about an unknown certificate. Check that the SHA-256 of the\n"
        f"     certificate is\n     {fingerprint}\n"
        "  2. The page shows a code of four characters. On this computer's own page, approve the\n"
        "     device that shows this code.\n"
    )

"""Under which names and addresses this machine can be reached in its network."""

import ipaddress
import re
import socket

import idna
import ifaddr

_ELSEWHERE = ("192.0.2.1", 9)
"""An address that no host has (RFC 5737): asking the way there tells which address of ours would be used, and sends nothing."""


def lan_addresses() -> list[str]:
    """IPv4 addresses of this machine that others can reach, the one that leads outside first.

    IPv6 is left out: its addresses change by the day (RFC 8981), and each new one would mean a new certificate, and the warning again.
    """
    found: set[str] = set()
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            if ip.is_IPv4 and isinstance(ip.ip, str):
                address = ipaddress.IPv4Address(ip.ip)
                if not (address.is_loopback or address.is_link_local or address.is_unspecified):
                    found.add(ip.ip)
    first = _outward_address()
    return sorted(found, key=lambda address: (address != first, ipaddress.IPv4Address(address)))


def _outward_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return ""


def machine_names() -> list[str]:
    """What the machine calls itself: the first part, that one as mDNS has it, and the name in full. No other host is asked."""
    full = socket.gethostname().removesuffix(".").lower()
    short = full.split(".")[0]
    return (
        list(dict.fromkeys((short, f"{short}.local", full)))
        if short not in ("", "localhost")
        else []
    )


def host_names() -> list[str]:
    """The machine's names as certificates and browsers write them, less those that cannot be written so."""
    return [written for name in machine_names() if (written := in_ascii(name))]


_HOST_NAME = re.compile(
    r"(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*"
)


def in_ascii(name: str) -> str:
    """A host name as certificates and HTTP write it; "" for a name without such a form.

    Names that are not ASCII are encoded by IDNA 2008 with the mapping of UTS 46, as browsers do.
    ASCII names are kept, because machines may have an underscore in their name and IDNA refuses it.
    """
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError:
            return ""
    return name if _HOST_NAME.fullmatch(name) else ""

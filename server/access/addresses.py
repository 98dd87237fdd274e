"""Names and addresses of this machine in the local network."""

import ipaddress
import re
import socket

import idna
import ifaddr

_ELSEWHERE = ("192.0.2.1", 9)
"""An address that no host has (RFC 5737). Connecting a UDP socket to this address sends nothing,
but gives the socket a local address: the machine's address on the default route."""


def lan_addresses() -> list[str]:
    """Return the IPv4 addresses of this machine, the address of the default route first.

    IPv6 addresses are left out. They change daily (RFC 8981). Each new address would need a new
    certificate, about which the browser would warn again.
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
    """Return the machine's short name, mDNS name and full name, without a DNS query."""
    full = socket.gethostname().removesuffix(".").lower()
    short = full.split(".")[0]
    return (
        list(dict.fromkeys((short, f"{short}.local", full)))
        if short not in ("", "localhost")
        else []
    )


def host_names() -> list[str]:
    """Return the machine's names in their ASCII form. Names without an ASCII form are left out."""
    return [written for name in machine_names() if (written := in_ascii(name))]


_HOST_NAME = re.compile(
    r"(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*"
)


def in_ascii(name: str) -> str:
    """Return a host name in the ASCII form that certificates and HTTP use; "" if there is none.

    Names that are not ASCII are encoded by IDNA 2008 with the mapping of UTS 46, as browsers do.
    ASCII names are not encoded, because a machine's name may have an underscore, which IDNA
    refuses.
    """
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError:
            return ""
    return name if _HOST_NAME.fullmatch(name) else ""

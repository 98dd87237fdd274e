"""Under which names and addresses this machine can be reached in its network."""

import ipaddress
import socket

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


def host_names() -> list[str]:
    """The machine's own name, and the one that mDNS gives it."""
    name = socket.gethostname().split(".")[0].lower()
    return [name, f"{name}.local"] if name and name != "localhost" else []

"""Which addresses may be asked for an image: public ones, on the web's own ports, by names that resolve to nothing else."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from socket import IPPROTO_TCP, SOCK_STREAM
from socket import getaddrinfo as _getaddrinfo
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Permit = Callable[[Address], bool]

PORTS = {"http": 80, "https": 443}
# Prefixes behind which an IPv4 address stands: translation (RFC 6052, 8215), 6to4 (RFC 3056), Teredo (RFC 4380).
_EMBEDDING = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))
_LONGEST_URL = 2_000


class ImageError(Exception):
    """Why there is no image; for the log, not for people."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart, with the one address it is going to be asked at."""

    scheme: str
    host: str
    port: int
    path: str
    address: Address


def is_public(address: Address) -> bool:
    """Whether it is somebody's on the open internet: not loopback, private, link-local (cloud metadata), shared, reserved
    or multicast, nor an IPv6 form of such an IPv4 address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in _EMBEDDING) or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


def resolve(url: str, *, permit: Permit = is_public, ports: Callable[[int], bool] | None = None) -> Target:
    """Looks the host up once, so that a name which answers otherwise the next time (DNS rebinding) gains nothing.

    Raises ImageError unless every address of the host is permitted.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ImageError("not a URL") from None
    if parts.scheme not in PORTS or not host or len(url) > _LONGEST_URL or not url.isprintable() or " " in url:
        raise ImageError("not a web address")
    if parts.username is not None or parts.password is not None:
        raise ImageError("a user name in the address")
    port = port if port is not None else PORTS[parts.scheme]
    if not (ports(port) if ports else port == PORTS[parts.scheme]):
        raise ImageError(f"port {port}")
    addresses = _addresses(host, port)
    if not addresses or not all(map(permit, addresses)):
        raise ImageError("not a public address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, addresses[0])


def _addresses(host: str, port: int) -> list[Address]:
    try:
        name = host.encode("idna").decode() if not host.isascii() else host
        found = _getaddrinfo(name, port, type=SOCK_STREAM, proto=IPPROTO_TCP)
        # A zone (`fe80::1%eth0`) only exists on links of our own.
        return [ipaddress.ip_address(str(item[4][0])) for item in found]
    except (OSError, UnicodeError, ValueError):
        raise ImageError("the host cannot be looked up") from None

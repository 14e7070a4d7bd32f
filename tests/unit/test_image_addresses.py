"""Where an image may be fetched from, decided before a connection is made."""

import socket
from ipaddress import ip_address
from typing import Any

import pytest

from influencerflow.images import address
from influencerflow.images.address import ImageError, is_public, resolve

PUBLIC = ("93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8")
REFUSED = (
    "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:7f00:1::", "::127.0.0.1",
)  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", REFUSED)
def test_addresses_of_ones_own_network_are_refused(text: str) -> None:
    assert not is_public(ip_address(text))


def looked_up(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def answer(_host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(address, "_getaddrinfo", answer)


def test_a_name_is_pinned_to_the_address_it_was_looked_up_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up(monkeypatch, "93.184.216.34", "8.8.8.8")
    target = resolve("https://pictures.example/a.png?size=1&x=%2F#part")
    assert (target.host, target.port, target.path, str(target.address)) == (
        "pictures.example",
        443,
        "/a.png?size=1&x=%2F",
        "93.184.216.34",
    )


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up(monkeypatch, "93.184.216.34", "169.254.169.254")
    with pytest.raises(ImageError, match="not a public address"):
        resolve("https://pictures.example/a.png")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://localhost/", "http://[fe80::1%25lo]/",
        "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "ftp://example.com/a.png", "gopher://x/", "//x/y",
        "data:image/png;base64,AAAA", "http://user@example.com/", "http://user:secret@example.com/", "http://example.com:22/",
        "http://example.com:443/", "https://example.com:80/", "http://example.com:99999/", "http://example.com:x/", "http:///x",
        "", "http://exa mple.com/",
        "http://example.com/\r\nHost: x", "http://" + "a" * 70 + ".example/", "https://x/" + "y" * 2000,
        "http://ⓛocalhost/", "http://１２７.0.0.1/",
    ],
)  # fmt: skip
def test_what_is_no_public_web_address_is_refused(url: str) -> None:
    with pytest.raises(ImageError):
        resolve(url)

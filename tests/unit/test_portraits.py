"""Initials out of any name, and a drawing nobody can break out of."""

import pytest

from influencerflow.web.portraits import avatar_colour, draw_avatar, initials


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ana María Bøe", "AB"), ("ana", "A"), ("ruth rührt um", "RU"), ("", "·"), ("   ", "·"), ("@anna_lifts", "A"),
        ("3 Brothers", "3B"), ("ßeta", "ß"), ("ǆep", "Ǆ"), ("Éva", "É"), ("E\u0301va", "É"),
        ("Z" + "\u0351\u0363" * 9 + "algo", "Z"),
        ("\u202eevil\u202c", "E"), ("\u202e\u202c", "·"),
        ("محمد علي", "م"), ("王 小明", "王"), ("김민수", "김"),
        ("🇩🇪 Anna", "A"),
        ("🇩🇪🇦🇹", "🇩🇪"), ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
        ("<script>", "S"), ("\u200b", "·"), ("— —", "—"), ("गणित गुरु", "ग"),
    ],
)  # fmt: skip
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_the_drawing_holds_no_markup_of_the_name_and_keeps_its_colour() -> None:
    drawn = draw_avatar("</text><script>alert(1)</script>")
    assert "script" not in drawn
    assert drawn.startswith("<svg")
    assert avatar_colour("Ana") == avatar_colour("Ana")
    assert len({avatar_colour(f"Name {number}") for number in range(60)}) == 6

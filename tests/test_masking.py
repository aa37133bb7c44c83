"""Personal data is taken out of a text before anything of it is stored."""

from __future__ import annotations

import pytest

from bot.advisor.masking import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail jan.jansen@gemeente.nl even", "mail [e-mail] even"),
        ("bel 06-12345678", "bel [telefoon]"),
        ("bel +31 6 1234 5678 of 020-1234567", "bel [telefoon] of [telefoon]"),
        ("BSN 123456782", "BSN [bsn]"),
        ("zaak 123456789", "zaak 123456789"),
        ("rekening NL91ABNA0417164300", "rekening [rekening]"),
        ("rekening NL91 ABNA 0417 1643 00", "rekening [rekening]"),
        ("rekening NL92ABNA0417164300", "rekening NL92ABNA0417164300"),
        ("woont op 1234 AB 5", "woont op [adres]"),
        ("overleg met mevrouw De Vries-Jansen", "overleg met mevrouw [naam]"),
        ("dhr. van den Berg wil laadpalen", "dhr. [naam] wil laadpalen"),
        ("Ask Mr Smith", "Ask Mr [naam]"),
        ("meneer jansen belde", "meneer [naam] belde"),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "We willen 40 camera's vanaf € 216.000 in 2026-2027",
        "artikel 2.57 lid 2 en artikel 151c",
        "4.000 containers en 12 veegwagens voor 31-12-2026",
        "de wethouder wil zonnepanelen",
        "meneer wil dat ook",
    ],
)
def test_what_a_buyer_needs_is_left(text: str) -> None:
    assert mask(text) == text

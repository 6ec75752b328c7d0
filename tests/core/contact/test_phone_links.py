"""Links that dial a telephone number."""

from __future__ import annotations

import pytest
from office360.core.contact.phone_numbers import link_number, link_numbers_in, tel_url


@pytest.mark.parametrize(
    ("number", "url"),
    [
        ("910 000 001", "tel:+34910000001"),
        ("+34 910 000 001", "tel:+34910000001"),
        ("+34600111222", "tel:+34600111222"),
        ("+49 30 123456", "tel:+4930123456"),
        ("010", "tel:010"),
        ("0 12", "tel:012"),
        ("call us", "tel:"),
    ],
)
def test_link_dials_e164_or_the_short_number(number: str, url: str) -> None:
    assert tel_url(number) == url


def test_link_shows_number_on_one_line() -> None:
    nbsp = "\N{NO-BREAK SPACE}"
    assert link_number("910 000 001") == f'<a class="nowrap" href="tel:+34910000001">910{nbsp}000{nbsp}001</a>'
    assert link_number("+34600111222") == f'<a class="nowrap" href="tel:+34600111222">600{nbsp}111{nbsp}222</a>'
    assert (link_number(""), link_number(None)) == ("", "")


def test_link_escapes_what_an_office_typed() -> None:
    assert "<script>" not in link_number('"><script>910 000 001')


@pytest.mark.parametrize(
    "text", ["Llama al 910 000 001.", "Call 910\u00a0000\u00a0001, please", "+34 910 000 001"]
)
def test_number_in_a_text_becomes_a_link(text: str) -> None:
    assert 'href="tel:+34910000001"' in link_numbers_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "El viernes 27 de noviembre de 2026 a las 9:00",
        "Tu localizador es 7KQM 2X9T.",
        "https://example.org/a/123456789012",
        "12345678Z",
        "De 9:00 a 14:00",
        "1 2 3",
        "<b>&",
    ],
)
def test_other_figures_of_a_text_stay_as_they_are(text: str) -> None:
    assert "<a" not in link_numbers_in(text)
    assert "<b>" not in link_numbers_in(text)

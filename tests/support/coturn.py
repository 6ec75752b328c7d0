"""A real coturn for UDP, TCP and TLS, with its own secret and certificate."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from .ports import LOOPBACK, find_free_range, free_ports
from .timeouts import TEST_TIMEOUT_S

TURNSERVER = shutil.which("turnserver") or "/usr/bin/turnserver"
COTURN_MISSING = "NO COTURN ON THIS MACHINE: the relay's tests did not run (apt-get install coturn)"
COTURN_SECRET = "the relay's secret in the tests"
RELAY_PORTS = range(20_000, 32_000)
RELAY_PORT_COUNT = 200  # a call with an ICE restart needs about ten; a closed page keeps its own for ten minutes
STOP_S = 5

Transport = Literal["udp", "tcp", "tls"]
TRANSPORTS: tuple[Transport, ...] = ("udp", "tcp", "tls")

# Not deploy/server/turnserver.conf of production, which denies loopback peers. In a file, coturn would create its
# tables at the first check of credentials: 32 fdatasync, longer than the check may take where the disk is busy.
CONFIG = """
allow-loopback-peers
relay-threads=1
listening-ip={address}
relay-ip={address}
listening-port={port}
tls-listening-port={tls_port}
min-port={first}
max-port={last}
no-dtls
fingerprint
use-auth-secret
static-auth-secret={secret}
realm=office360.test
cert={folder}/cert.pem
pkey={folder}/key.pem
no-cli
no-multicast-peers
no-software-attribute
userdb=:memory:
pidfile={folder}/turnserver.pid
log-file={folder}/turnserver.log
new-log-timestamp
simple-log
verbose
{more}
"""


@dataclass(frozen=True, slots=True)
class CoturnServer:
    """A running relay with its ports, secret and certificate."""

    port: int
    tls_port: int
    folder: Path
    certificate: x509.Certificate
    process: subprocess.Popen[bytes]
    secret: str = COTURN_SECRET
    address: str = LOOPBACK

    def uri(self, transport: Transport) -> str:
        """Return the URI for TURN_URIS."""
        if transport == "tls":
            return f"turns:{self.address}:{self.tls_port}?transport=tcp"
        return f"turn:{self.address}:{self.port}?transport={transport}"

    @property
    def authority(self) -> Path:
        """Return the path of the self-signed certificate."""
        return self.folder / "cert.pem"

    @property
    def chromium_flag(self) -> str:
        """Return the flag by which Chromium trusts this relay's certificate only."""
        key = self.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        digest = base64.b64encode(hashlib.sha256(key).digest()).decode()
        return f"--ignore-certificate-errors-spki-list={digest}"

    def log(self) -> str:
        return (self.folder / "turnserver.log").read_text()

    def file_names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


def is_coturn_installed() -> bool:
    """Tell whether coturn is installed."""
    return Path(TURNSERVER).exists()


@contextmanager
def running_coturn(
    folder: Path, *more: str, config: str = CONFIG, address: str = LOOPBACK
) -> Iterator[CoturnServer]:
    """Run a relay on free ports. `more`: further lines of its configuration."""
    port, tls_port = free_ports(2)
    relay_ports = find_free_range(RELAY_PORT_COUNT, RELAY_PORTS, socket.SOCK_DGRAM)
    certificate = write_certificate(folder, address)
    path = folder / "turnserver.conf"
    path.write_text(
        config.format(
            address=address,
            port=port,
            tls_port=tls_port,
            first=relay_ports[0],
            last=relay_ports[-1],
            secret=COTURN_SECRET,
            folder=folder,
            more="\n".join(more),
        )
    )
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([TURNSERVER, "-c", str(path)], cwd=folder, stdout=quiet, stderr=quiet)
    try:
        for each in (port, tls_port):
            _wait_until_it_listens(address, each, server)
        yield CoturnServer(port, tls_port, folder, certificate, server, address=address)
    finally:
        server.terminate()
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_it_listens(address: str, port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + TEST_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError("coturn did not start")


def write_certificate(folder: Path, address: str = LOOPBACK) -> x509.Certificate:
    """Write a self-signed certificate for an address, valid for a day, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # of two trusted certificates with one name, OpenSSL finds only the first
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{serial:x}.test")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate

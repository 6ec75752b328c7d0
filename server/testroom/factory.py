"""Construction of the test room of a process."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...core.contact.ssrf_guard import is_loopback_host
from ...core.runtime import Runtime
from ...precheck.realtime.live_tests import LiveTestLimits, LiveTests
from ..settings import Settings


def build_live_tests(settings: Settings, runtime: Runtime) -> LiveTests:
    """Build the test room of this process, which the caller must run and close."""
    # imported here, because a web process with a proxy does not need the codecs' 27 MB
    from ...precheck.realtime.ice_gathering import host_addresses
    from ...precheck.realtime.probe import MediaSockets, make_probe_opener

    host = urlsplit(settings.public_url).hostname or ""
    addresses = host_addresses(loopback=is_loopback_host(host))
    limits = LiveTestLimits(settings.testroom_sessions, settings.tests_per_hour)
    return LiveTests(runtime, limits, make_probe_opener(MediaSockets(addresses, settings.testroom_port_range)))

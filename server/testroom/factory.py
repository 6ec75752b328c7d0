"""Construction of the test room of a process."""

from __future__ import annotations

from functools import cache, partial
from urllib.parse import urlsplit

from ...core.contact.ssrf_guard import is_loopback_host
from ...core.runtime import Runtime
from ...precheck.realtime.live_tests import LiveTestLimits, LiveTests, OpenProbe
from ..settings import Settings
from .installed import is_testroom_installed


def build_live_tests(settings: Settings, runtime: Runtime) -> LiveTests:
    """Build the test room of this process, which the caller must run and close.

    Without the libraries of the extra `testroom` it refuses each test. They have 27 MB and are loaded before the
    first test: most web processes run none.
    """
    limits = LiveTestLimits(settings.testroom_sessions, settings.tests_per_hour)
    load_opener = cache(partial(_load_probe_opener, settings))
    return LiveTests(
        runtime,
        limits,
        lambda callbacks: load_opener()(callbacks),
        load_codecs=load_opener,
        is_installed=is_testroom_installed(),
    )


def _load_probe_opener(settings: Settings) -> OpenProbe:
    from ...precheck.realtime.ice_gathering import host_addresses
    from ...precheck.realtime.probe import MediaSockets, make_probe_opener

    host = urlsplit(settings.public_url).hostname or ""
    translated = settings.testroom_addresses
    addresses = translated or host_addresses(loopback=is_loopback_host(host))
    return make_probe_opener(MediaSockets(addresses, settings.testroom_port_range, translated=bool(translated)))

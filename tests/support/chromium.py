"""The Chromium of tests and benchmarks: its flags (a fake camera and microphone, nothing from outside), and where
in a page its call is found."""

from __future__ import annotations

import os
import shutil

CHROMIUM = os.environ.get("OFFICE360_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
]

CONNECTION = "document.querySelector(`[data-module='rooms/room_page']`).peerConnection"
# The local end of the path that a call's media take now, as `getStats` describes it.
PATH = f"""async () => {{
  const reports = new Map(await {CONNECTION}.getStats());
  const transport = [...reports.values()].find((one) => one.type === "transport");
  const pair = reports.get(transport?.selectedCandidatePairId);
  return reports.get(pair?.localCandidateId);
}}"""

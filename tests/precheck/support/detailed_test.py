"""Measurements with technical details, as browsers report them."""

from __future__ import annotations

from typing import Any

DETAILED: dict[str, Any] = {
    "rtt_ms": 84,
    "jitter_ms": 6,
    "loss_up_pct": 3.1,
    "loss_down_pct": 0,
    "loss_up_packets": 1_240,
    "loss_down_packets": 1_236,
    "up_kbps": 640,
    "down_kbps": 4_800,
    "up_limited_by": "link",
    "down_limited_by": "cap",
    "video_width": 640,
    "video_height": 480,
    "video_fps": 24,
    "path": "udp",
    "microphone_dbfs": -31,
    "camera_luma": 100,
    "camera_std": 40,
    "camera_moving": True,
    "link": "wifi",
    "limited_by": "none",
    "rtt_min_ms": 38,
    "rtt_loaded_up_ms": 640,
    "rtt_loaded_down_ms": 120,
    "page_lag_ms": 4,
    "dropped_frames_pct": 0.4,
    "ways": {
        "udp": {"ok": True, "rtt_ms": 90, "jitter_ms": 31, "loss_pct": 4, "packets": 100},
        "tls": {"ok": False},
    },
    "details": {
        "codec": "H264",
        "candidates": {"local": "srflx", "remote": "host"},
        "phases_ms": {"signaling": 120, "ice": 60, "first_media": 420},
        "series": {
            "rtt_ms": [[0, 80], [1, 84], [2, 300]],
            "loss_up_pct": [[1, 0], [2, 6.2]],
            "loss_down_pct": [[1, 0], [2, 0]],
            "up_kbps": [[1, 600], [2, 640]],
        },
    },
}

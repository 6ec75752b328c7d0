"""Security headers of every response."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Scope

YEAR_S = 365 * 24 * 3600
PERMISSIONS_POLICY = (
    "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), speaker-selection=(self), "
    "screen-wake-lock=(self), picture-in-picture=(self), fullscreen=(self), "
    "geolocation=(), payment=(), usb=(), midi=(), serial=(), hid=(), browsing-topics=()"
)


def security_headers(scope: Scope, https: bool) -> dict[str, str]:
    """Build the headers of every response."""
    headers = {
        "content-security-policy": content_security_policy(scope),
        "permissions-policy": PERMISSIONS_POLICY,
        # addresses of pages contain secret tokens (docs/decisions/0005)
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    if https:
        headers["strict-transport-security"] = f"max-age={2 * YEAR_S}; includeSubDomains"
    return headers


def content_security_policy(scope: Scope) -> str:
    """Build a policy of own sources and inline code with our nonce only.

    Sockets are listed because older Safari does not count them as `self`.
    """
    host = Headers(scope=scope).get("host", "")
    nonce = scope["state"]["csp_nonce"]
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        f"img-src 'self' data: blob:; media-src 'self' blob: mediastream:; "
        f"connect-src 'self' ws://{host} wss://{host}; "
        "font-src 'self'; manifest-src 'self'; worker-src 'self'; frame-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )

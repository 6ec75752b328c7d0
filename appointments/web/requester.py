"""Who sends a request, as the rules want to know it: hashes of device and address, limits, and a proof."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import HTTPConnection

from ...core.web import requests
from ..actions.proof_of_work import proof_of
from ..domain.requester import INSIDE, Asker, Limits


async def asker_of(request: HTTPConnection, altcha: str | None = None, *, program: bool = False) -> Asker:
    """`altcha`: the proof of work as it was sent; `program`: over the API.

    Staff and integrations are not limited, and need no proof.
    Raises Invalid("altcha": proof_invalid | proof_expired).
    """
    runtime, device = requests.runtime(request), requests.device_of(request)
    known = Asker(
        device=runtime.tokens.sign("device", device) if device else None,
        address=runtime.tokens.sign("address", requests.address_of(request)),
    )
    if await requests.principal(request) is not None:
        return replace(INSIDE, device=known.device)
    proof = proof_of(runtime.tokens, altcha, runtime.now()) if altcha else None
    return replace(known, limits=limits_of(request), proof=proof, program=program)


def limits_of(request: HTTPConnection) -> Limits:
    """How much the public may keep here."""
    found: Limits = request.state.booking_limits
    return found

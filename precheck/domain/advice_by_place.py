"""Advice that fits the place of the fault: only what a person can do there. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from .fault_location import DEVICE_GATE_NAMES, Link, Reason
from .grade_scales import GateResult, Grade
from .outcomes import Button

LESS_MEDIA = frozenset({"audio_only", "use_telephone"})
# The first advice replaces advice that does not fit. Empty: a citizen cannot repair the fault.
ADVICE_BY_REASON: Mapping[Reason, tuple[str, ...]] = {
    Reason.NONE: (),
    Reason.DEVICE: ("close_other_programs",),
    Reason.BUSY_DEVICE: ("close_other_programs",),
    Reason.US: (),
    Reason.BLOCKED: ("other_network",),
    Reason.UDP_WORSE: ("other_network",),
    Reason.LOAD: ("pause_downloads",),
    Reason.SLOW: ("other_network", "close_other_programs"),
    Reason.UNSTEADY: ("nearer_to_router", "use_cable"),
    Reason.DISTANT: ("other_network",),
    Reason.UNKNOWN: ("other_network", "close_other_programs"),
}


# The first advice says why to press the main button.
ADVICE_BY_BUTTON: Mapping[Button, str] = {
    Button.MOBILE_DATA: "other_network",
    Button.TELEPHONE: "use_telephone",
    Button.WALK: "nearer_to_router",
}


def advice_of_gate(gate: GateResult, reason: Reason, link: Link | None) -> str | None:
    """Return the advice of an amber or red gate.

    `reason`: what located the network's fault.
    """
    if gate.advice is None or gate.name in DEVICE_GATE_NAMES:
        return gate.advice
    fitting = ADVICE_BY_REASON[reason]
    if not fitting:
        return None
    code = gate.advice if gate.advice in fitting or gate.advice in LESS_MEDIA else fitting[0]
    if code == "other_network" and link is Link.CELLULAR:
        return "wifi_network"
    return code


def advice_codes(
    gates: tuple[GateResult, ...], reason: Reason, link: Link | None, button: Button
) -> tuple[str, ...]:
    """List the advice codes, each once.

    The main button's advice is first, then the advice of red gates, then of amber gates.
    """
    by_severity = sorted(gates, key=lambda gate: gate.grade is not Grade.RED)
    codes = [ADVICE_BY_BUTTON.get(button), *(advice_of_gate(gate, reason, link) for gate in by_severity)]
    found = dict.fromkeys(code for code in codes if code)
    if "nearer_to_router" in found:
        found.pop("use_cable", None)  # its sentence names moving closer as well
    return tuple(found)

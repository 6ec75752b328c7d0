"""Page of the walk test: a live meter that helps a citizen find a good spot for a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import appointment_at_address
from ...core.i18n.catalogues import N_
from ...core.web import requests
from ..domain.grade_scales import JITTER_SCALE, LOSS_UP_SCALE, RTT_SCALE, GradeScale
from .missing_test import render_missing_test
from .page_texts import translate_script_texts

# Sentences of static/precheck/walk/, by their keys.
WALK_TEXTS: Mapping[str, str] = {
    "spot_unknown": N_("Measuring"),
    "spot_green": N_("Good spot"),
    "spot_amber": N_("Fair spot"),
    "spot_red": N_("Bad spot"),
    "best_green": N_("You found a good spot"),
    "best_amber": N_("The best spot was fair"),
    "best_red": N_("No spot was good"),
    "best_none": N_("Stand still for a few seconds"),
    "best_here": N_("Best so far: here, %(rtt)s and %(loss)s lost"),
    "best_ago": N_("Best so far: %(seconds)s s ago, %(rtt)s and %(loss)s lost"),
    "best_ended": N_("It was %(seconds)s s before the end: %(rtt)s and %(loss)s lost"),
    "figure_ms": N_("%(value)s ms"),
    "figure_pct": N_("%(value)s %%"),
    "time_left": N_("%(time)s left"),
    "lead_opening": N_("We open a connection to the office."),
    "lead_walking": N_("Walk slowly. Stand still for five seconds in each place."),
    "lead_stopped": N_("Make the call where it was best."),
    "lead_over": N_("Three minutes are up. Make the call where it was best, or measure again."),
    "lead_problem": N_("Nothing was measured."),
    "problem_full": N_("Other people are testing right now"),
    "problem_full_help": N_("Wait a moment and start again."),
    "problem_limited": N_("You have tested several times in a row"),
    "problem_limited_help": N_("Wait a few minutes and start again."),
    "problem_down": N_("The test room is not answering"),
    "problem_down_help": N_("Wait a moment and start again."),
    "problem_offline": N_("No connection"),
    "problem_offline_help": N_("Turn on Wi-Fi or mobile data and start again."),
    "problem_no_path": N_("This network does not let calls through"),
    "problem_no_path_help": N_("Try mobile data, or another network."),
}


async def show_walk(request: Request) -> Response:
    """`/test/walk`: the walk test without an appointment."""
    return _render_walk_page(request, "/test", None)


async def show_appointment_walk(request: Request) -> Response:
    """`/a/{token}/test/walk`: the walk test before an appointment."""
    token = request.path_params["token"]
    async with requests.current_runtime(request).read_session() as session:
        await appointment_at_address(request, session, token)
    return _render_walk_page(request, f"/a/{token}/test", token)


def _render_walk_page(request: Request, here: str, appointment: str | None) -> Response:
    if not request.state.live_tests.is_installed:
        return render_missing_test(request, appointment)
    facts = {
        "appointment": appointment,
        "bounds": {
            "rtt_ms": _bounds(RTT_SCALE),
            "jitter_ms": _bounds(JITTER_SCALE),
            "loss_pct": _bounds(LOSS_UP_SCALE),
        },
    }
    return requests.render_page(
        request,
        "precheck/walk.html",
        headers=requests.PRIVATE_PAGE_HEADERS if appointment else None,
        here=here,
        facts=facts,
        texts=translate_script_texts(WALK_TEXTS, requests.current_gettext(request)),
    )


def _bounds(scale: GradeScale) -> dict[str, Any]:
    return {"green": scale.green, "amber": scale.amber}


routes = [
    Route("/test/walk", show_walk),
    Route("/a/{token}/test/walk", show_appointment_walk),
]

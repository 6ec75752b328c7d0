"""Page of the walk test: a live meter that helps a citizen find a good spot for a call."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import appointment_at_address
from ...core.i18n.catalogues import GettextFunction
from ...core.web import requests
from ..domain.grade_scales import JITTER_SCALE, LOSS_UP_SCALE, RTT_SCALE, GradeScale
from .missing_test import render_missing_test


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
        texts=_walk_texts(requests.current_gettext(request)),
    )


def _bounds(scale: GradeScale) -> dict[str, Any]:
    return {"green": scale.green, "amber": scale.amber}


def _walk_texts(t: GettextFunction) -> dict[str, str]:
    """Translate the sentences of static/precheck/walk/, by their keys."""
    return {
        "spot_unknown": t("Measuring"),
        "spot_green": t("Good spot"),
        "spot_amber": t("Fair spot"),
        "spot_red": t("Bad spot"),
        "best_green": t("You found a good spot"),
        "best_amber": t("The best spot was fair"),
        "best_red": t("No spot was good"),
        "best_none": t("Stand still for a few seconds"),
        "best_here": t("Best so far: here, %(rtt)s and %(loss)s lost"),
        "best_ago": t("Best so far: %(seconds)s s ago, %(rtt)s and %(loss)s lost"),
        "best_ended": t("It was %(seconds)s s before the end: %(rtt)s and %(loss)s lost"),
        "figure_ms": t("%(value)s ms"),
        "figure_pct": t("%(value)s %%").replace("%%", "%"),
        "time_left": t("%(time)s left"),
        "lead_opening": t("We open a connection to the office."),
        "lead_walking": t("Walk slowly. Stand still for five seconds in each place."),
        "lead_stopped": t("Make the call where it was best."),
        "lead_over": t("Three minutes are up. Make the call where it was best, or measure again."),
        "lead_problem": t("Nothing was measured."),
        "problem_full": t("Other people are testing right now"),
        "problem_full_help": t("Wait a moment and start again."),
        "problem_limited": t("You have tested several times in a row"),
        "problem_limited_help": t("Wait a few minutes and start again."),
        "problem_down": t("The test room is not answering"),
        "problem_down_help": t("Wait a moment and start again."),
        "problem_offline": t("No connection"),
        "problem_offline_help": t("Turn on Wi-Fi or mobile data and start again."),
        "problem_no_path": t("This network does not let calls through"),
        "problem_no_path_help": t("Try mobile data, or another network."),
    }


routes = [
    Route("/test/walk", show_walk),
    Route("/a/{token}/test/walk", show_appointment_walk),
]

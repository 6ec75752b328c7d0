"""Routes of the reception's calendar."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from . import booking_page, calendar_search_page, card_page, change_pages, day_page, move_page
from .calendar_frame import CALENDAR_PATH

CARD_PATH = f"{CALENDAR_PATH}/{{appointment}}"

routes: list[BaseRoute] = [
    Route(CALENDAR_PATH, day_page.show_calendar, methods=["GET"]),
    Route(f"{CALENDAR_PATH}.csv", day_page.download_day, methods=["GET"]),
    Route(f"{CALENDAR_PATH}/list", day_page.show_day_list, methods=["GET"]),
    Route(f"{CALENDAR_PATH}/new", booking_page.show_booking_form, methods=["GET"]),
    Route(f"{CALENDAR_PATH}/new", booking_page.submit_booking, methods=["POST"]),
    Route(f"{CALENDAR_PATH}/search", calendar_search_page.show_search, methods=["GET"]),
    Route(f"{CALENDAR_PATH}/search", calendar_search_page.submit_search, methods=["POST"]),
    Route(CARD_PATH, card_page.show_card, methods=["GET"]),
    Route(f"{CARD_PATH}/check-in", card_page.submit_check_in, methods=["POST"]),
    Route(f"{CARD_PATH}/link", card_page.submit_link, methods=["POST"]),
    Route(f"{CARD_PATH}/move", move_page.show_move, methods=["GET"]),
    Route(f"{CARD_PATH}/move", move_page.submit_move, methods=["POST"]),
    Route(f"{CARD_PATH}/cancel", change_pages.show_cancellation, methods=["GET"]),
    Route(f"{CARD_PATH}/cancel", change_pages.submit_cancellation, methods=["POST"]),
    Route(f"{CARD_PATH}/contact", change_pages.show_details, methods=["GET"]),
    Route(f"{CARD_PATH}/contact", change_pages.submit_details, methods=["POST"]),
]

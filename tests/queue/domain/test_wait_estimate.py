"""Forecast ranges from the call order, the open desks and the service times."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from office360.queue.domain.call_order import OpenDesk
from office360.queue.domain.line import Line
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.service_times import UNMEASURED_SERVICE_TIMES, ServiceTimes
from office360.queue.domain.ticket import TicketState
from office360.queue.domain.wait_estimate import (
    ExpectedAppointment,
    ForecastInput,
    ForecastRange,
    count_possible_overtakers,
    desk_free_at,
    forecast_line,
    forecast_new_ticket,
    make_open_desk,
    range_from_now,
)

from ..support.forecasts import EXACT_SERVICE_TIMES, TEN, open_desks
from ..support.tickets import appointment_ticket, at_minute, line_with, walk_in_ticket


def forecast_ranges(
    line: Line,
    working: list[OpenDesk],
    appointments: list[ExpectedAppointment] | None = None,
    now: datetime = at_minute(0),
    service_times: ServiceTimes = EXACT_SERVICE_TIMES,
) -> dict[str, ForecastRange]:
    return forecast_line(line, ForecastInput([line], working, appointments or [], now, service_times))[1]


def waiting_line(count: int) -> Line:
    return line_with(*(walk_in_ticket(number, -10) for number in range(1, count + 1)))


def test_each_ticket_ahead_adds_minutes_divided_by_desks() -> None:
    # four tickets of ten minutes ahead, at two desks
    assert forecast_ranges(waiting_line(7), open_desks(2))["t05"].earliest == at_minute(20)


def test_range_uses_five_minute_steps_and_is_never_empty() -> None:
    desks = open_desks(3, 1.3)
    ranges = forecast_ranges(waiting_line(8), desks, now=at_minute(1.3), service_times=UNMEASURED_SERVICE_TIMES)
    for range_ in ranges.values():
        assert range_.earliest.minute % 5 == range_.latest.minute % 5 == 0
        assert range_.latest - range_.earliest >= timedelta(minutes=5)


def test_immediate_call_lies_within_range() -> None:
    ranges = forecast_ranges(waiting_line(1), open_desks(1, 2), now=at_minute(2))
    assert ranges["t01"] == ForecastRange(at_minute(0), at_minute(5))
    assert forecast_ranges(waiting_line(1), open_desks(1, 0), now=at_minute(0))["t01"].earliest == at_minute(0)


def test_range_widens_with_tickets_ahead() -> None:
    ranges = forecast_ranges(waiting_line(29), open_desks(1), service_times=UNMEASURED_SERVICE_TIMES)
    assert ranges["t29"].latest - ranges["t29"].earliest > ranges["t02"].latest - ranges["t02"].earliest


def test_without_history_range_centres_on_expected_minutes() -> None:
    range_ = forecast_ranges(waiting_line(7), open_desks(2), service_times=UNMEASURED_SERVICE_TIMES)["t05"]
    assert range_.earliest + (range_.latest - range_.earliest) / 2 == at_minute(20)
    assert range_.earliest < at_minute(20)


def test_expected_appointments_count_by_arrival_chance() -> None:
    booked = [
        ExpectedAppointment(at_minute(15), TEN, service="documents"),
        ExpectedAppointment(at_minute(500), TEN, service="documents"),
    ]
    assert forecast_ranges(waiting_line(5), open_desks(1))["t05"].earliest == at_minute(40)
    assert forecast_ranges(waiting_line(5), open_desks(1), booked)["t05"].earliest == at_minute(50)
    half = forecast_ranges(
        waiting_line(5), open_desks(1), booked, service_times=replace(EXACT_SERVICE_TIMES, no_show_share=0.5)
    )["t05"]
    assert (half.earliest, half.latest) < (at_minute(50), at_minute(55))


def test_late_appointment_becomes_less_likely_each_minute() -> None:
    booked = [ExpectedAppointment(at_minute(0), TEN, service="documents")]
    waits = [
        forecast_ranges(waiting_line(2), open_desks(1, m), booked, at_minute(m))["t02"].earliest - at_minute(m)
        for m in (0, 5, 10)
    ]
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] == TEN


def test_held_ticket_counts_in_forecast() -> None:
    away = replace(walk_in_ticket(1, -40), state=TicketState.ON_HOLD, returns_to="d1", not_before=at_minute(5))
    line = line_with(away, walk_in_ticket(2, -10), walk_in_ticket(3, -9))
    assert set(forecast_ranges(line, open_desks(1))) == {"t02", "t03"}
    assert forecast_ranges(line, open_desks(1))["t03"].earliest == at_minute(20)


def test_unanswered_calls_cost_time_until_missed() -> None:
    ranges = forecast_ranges(
        waiting_line(6), open_desks(1), service_times=replace(EXACT_SERVICE_TIMES, unanswered_share=1.0)
    )
    assert ranges["t06"].earliest == at_minute(15)  # five missed calls of three minutes


def test_checked_in_appointment_counts_once_in_its_range() -> None:
    line = line_with(appointment_ticket(1, -10, 0))
    ranges = forecast_ranges(line, open_desks(1), [ExpectedAppointment(at_minute(0), TEN)])
    assert ranges["t01"] == ForecastRange(at_minute(0), at_minute(5))


def test_line_without_open_desk_has_order_but_no_range() -> None:
    line = line_with(walk_in_ticket(1, -5))
    assert forecast_line(line, ForecastInput([line], [], [], at_minute(0))) == (["t01"], {})
    assert forecast_line(line, ForecastInput([line], open_desks(3, lines=("other",)), [], at_minute(0))) == (
        ["t01"],
        {},
    )


def test_new_ticket_is_forecast_after_waiting_tickets() -> None:
    line = waiting_line(3)
    forecast = forecast_new_ticket(
        line, TEN, ForecastInput([line], open_desks(1), [], at_minute(0), EXACT_SERVICE_TIMES)
    )
    assert forecast is not None
    assert forecast.call_range.earliest == at_minute(30)


def test_shared_desk_counts_tickets_of_other_line() -> None:
    line = line_with(walk_in_ticket(1, -5), line_id="line")
    other = line_with(walk_in_ticket(2, -9), walk_in_ticket(3, -8), line_id="other")
    shared = open_desks(1, lines=("line", "other"))
    ranges = forecast_line(line, ForecastInput([line, other], shared, [], at_minute(0), EXACT_SERVICE_TIMES))[1]
    assert ranges["t01"].earliest == at_minute(20)
    with_own_desk = [*shared, *open_desks(1, lines=("line",))]
    ranges = forecast_line(
        line, ForecastInput([line, other], with_own_desk, [], at_minute(0), EXACT_SERVICE_TIMES)
    )[1]
    assert ranges["t01"].earliest == at_minute(0)


def test_desk_is_free_after_expected_service_time() -> None:
    serving = replace(walk_in_ticket(1, -20), state=TicketState.SERVING, since=at_minute(-4))
    assert desk_free_at(None, at_minute(0)) == at_minute(0)
    assert desk_free_at(serving, at_minute(0)) == at_minute(6)
    # the visit exceeds its ten minutes: a quarter of them more is expected
    assert desk_free_at(serving, at_minute(20)) == at_minute(22.5)
    assert desk_free_at(replace(serving, state=TicketState.CALLED), at_minute(0)) == at_minute(10)


def test_possible_overtakers_are_booked_before_the_call() -> None:
    booked = [ExpectedAppointment(at_minute(minute), TEN) for minute in (-31, -29, 0, 20, 22, 23)]
    assert count_possible_overtakers(booked, at_minute(20), at_minute(0), LineSettings()) == 4


@given(st.integers(1, 12), st.floats(0.2, 12), st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_range_starts_follow_order_of_calls(count: int, offset: float, minutes: list[int]) -> None:
    line = line_with(
        *(walk_in_ticket(n, -60 + n, expected=timedelta(minutes=length)) for n, length in enumerate(minutes, 1))
    )
    ids, ranges = forecast_line(line, ForecastInput([line], open_desks(count, offset), [], at_minute(0)))
    starts = [ranges[ticket_id].earliest for ticket_id in ids]
    assert starts == sorted(starts)
    assert all(at_minute(0) <= range_.earliest < range_.latest for range_ in ranges.values())


def test_range_begins_after_postponed_time() -> None:
    line = line_with(walk_in_ticket(1, 0, not_before=at_minute(13)))
    ranges = forecast_line(line, ForecastInput([line], [OpenDesk((line.id,), at_minute(0))], [], at_minute(0)))[1]
    assert [range_.earliest for range_ in ranges.values()] == [at_minute(15)]


# Forecast of a new ticket


def test_unmeasured_service_time_gives_later_end() -> None:
    line = waiting_line(2)
    measured = forecast_new_ticket(
        line, TEN, ForecastInput([line], open_desks(1), [], at_minute(0), EXACT_SERVICE_TIMES), "documents"
    )
    unmeasured = forecast_new_ticket(line, TEN, ForecastInput([line], open_desks(1), [], at_minute(0)))
    assert measured is not None
    assert unmeasured is not None
    assert measured.finished_by == at_minute(30)
    assert at_minute(35) < unmeasured.finished_by < at_minute(60)


def test_forecast_reports_delay_of_due_appointments() -> None:
    line = line_with(*(appointment_ticket(n, -10, -5) for n in range(1, 4)))
    delayed = forecast_new_ticket(
        line, TEN, ForecastInput([line], open_desks(1), [], at_minute(0), EXACT_SERVICE_TIMES), "documents"
    )
    assert delayed is not None
    assert delayed.appointment_delay == timedelta(minutes=25)  # the third is called at 20
    punctual = forecast_new_ticket(
        waiting_line(5),
        TEN,
        ForecastInput([waiting_line(5)], open_desks(1), [], at_minute(0), EXACT_SERVICE_TIMES),
        "documents",
    )
    assert punctual is not None
    assert punctual.appointment_delay == timedelta()


def test_new_ticket_without_open_desk_has_no_forecast() -> None:
    line, desks = waiting_line(1), open_desks(1, lines=("other",))
    assert forecast_new_ticket(line, TEN, ForecastInput([line], desks, [], at_minute(0))) is None


def test_running_visit_becomes_more_certain_with_time() -> None:
    serving = replace(walk_in_ticket(1, -20), state=TicketState.SERVING, since=at_minute(0))
    begun, almost_over = (make_open_desk(("line",), serving, at_minute(minute)) for minute in (0, 9))
    assert (begun.free_at, almost_over.free_at) == (at_minute(10), at_minute(11.5))
    assert begun.free_at_deviation > almost_over.free_at_deviation > timedelta()
    assert make_open_desk(("line",), None, at_minute(0)) == OpenDesk(("line",), at_minute(0))


def test_range_contains_its_whole_last_minute() -> None:
    range_ = ForecastRange(at_minute(0), at_minute(10))
    contained = [range_.contains(at_minute(minute)) for minute in (-0.1, 0, 5, 10.9, 11)]
    assert contained == [False, True, True, True, False]
    assert [range_.ends_before(at_minute(minute)) for minute in (-5, 10.9, 11)] == [False, False, True]


def test_told_range_begins_at_next_five_minutes() -> None:
    early = ForecastRange(at_minute(0), at_minute(10))
    assert range_from_now(early, at_minute(0)) == early
    assert range_from_now(early, at_minute(3)) == ForecastRange(at_minute(5), at_minute(10))
    assert range_from_now(early, at_minute(8)) == ForecastRange(at_minute(10), at_minute(15))
    later = ForecastRange(at_minute(20), at_minute(30))
    assert range_from_now(later, at_minute(3)) == later

"""Models that serialise the statistics."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from ...core.web.api_route import ApiResponse, Number


class Spread(ApiResponse):
    """The distribution of some durations in seconds; null without any."""

    count: int
    mean_s: int | None
    p50_s: int | None
    p90_s: int | None
    longest_s: int | None


class Share(ApiResponse):
    """A count of a total; `share` is null if the total is 0."""

    of: int
    count: int
    share: Number | None


class VideoFigures(ApiResponse):
    """Statistics of some video appointments.

    `wait`: in the lobby, from the start or the later arrival to the admission. `on_time`: of the citizens who were
    in the lobby on time, those admitted within ten minutes. `good`: of the held calls with measurements, those
    without problems. `tests`: the appointments by the grade of the last connection test before the call.
    `by_phone`: of the held calls, those that went on by telephone.
    """

    appointments: int
    held: int
    no_shows: Share
    wait: Spread
    length: Spread
    on_time: Share
    good: Share
    rtt_ms: int | None
    loss_pct: Number | None
    tests: dict[str, int]
    by_phone: int


class PhoneCallFigures(ApiResponse):
    """Statistics of some appointments by telephone.

    `not_reached`: of the held appointments and those given up. `attempts`: ended calls of agents; `no_answer`:
    those without an answer. `delay`: from the time announced last to the first call; `on_time`: at most ten
    minutes.
    """

    appointments: int
    held: int
    not_reached: Share
    attempts: int
    no_answer: int
    delay: Spread
    on_time: Share
    length: Spread


class SurveyFiguresOfCalls(ApiResponse):
    """How people rated video calls: the good ratings of those that were given."""

    answers: int
    satisfied: Share
    good_sound: Share
    good_picture: Share


class Figures(ApiResponse):
    """Statistics of some visits.

    `wait`: from the arrival to the first call. `way`: from the first answered call to the desk. `delay`: the wait
    of punctual people from the time of their appointment; `on_time`: at most ten minutes. `in_range`: called
    within the range that was shown at issue. `by_latest`: called not later than the end of that range.
    """

    tickets: int
    walk_ins: int
    appointments: int
    served: int
    left: int
    expired: int
    wait: Spread
    way: Spread
    service: Spread
    delay: Spread
    no_shows: Share
    on_time: Share
    in_range: Share
    by_latest: Share
    video: VideoFigures | None
    phone: PhoneCallFigures | None
    survey: SurveyFiguresOfCalls | None


class FiguresOfDay(Figures):
    day: date


class FiguresOfHour(Figures):
    hour: int


class FiguresOfGroup(Figures):
    slug: str


class Statistics(ApiResponse):
    """Statistics of an office.

    Lines, services, hours, video, phone and survey are null except for managers.

    `hours`: by the local hour in which a citizen arrived, or in which an appointment by video or telephone starts.
    """

    office: str
    from_: date = Field(alias="from")
    to: date
    total: Figures
    days: list[FiguresOfDay]
    lines: list[FiguresOfGroup] | None
    services: list[FiguresOfGroup] | None
    hours: list[FiguresOfHour] | None

"""Tables of the technical report: phases, paths, load, device, test room. No SQL.

Each table is left out if the test recorded none of its figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.i18n.catalogues import N_, GettextFunction
from ...core.i18n.numbers import format_figure
from ..domain import advice_texts
from ..domain.details_json import has_technical_details
from ..domain.fault_location import Limit, Link, PathResult
from ..domain.report import ConnectionTest
from ..domain.technical_details import CandidateType, Phase, TechnicalDetails
from ..domain.verdict import Path, SpeedLimit

NOT_MEASURED_TEXT = N_("not measured")
PHASE_TITLES = {
    Phase.SIGNALING: N_("Answer of the test room (signaling)"),
    Phase.ICE: N_("Network route found (ICE)"),
    Phase.DTLS: N_("Keys agreed (DTLS)"),
    Phase.FIRST_MEDIA: N_("First picture or voice back"),
}
CANDIDATE_TEXTS = {
    CandidateType.HOST: N_("direct (host)"),
    CandidateType.SERVER_REFLEXIVE: N_("behind a router (srflx)"),
    CandidateType.PEER_REFLEXIVE: N_("behind a router (prflx)"),
    CandidateType.RELAY: N_("through a relay (relay)"),
}
LINK_TEXTS = {
    Link.WIFI: N_("Wi-Fi"),
    Link.CELLULAR: N_("mobile data"),
    Link.ETHERNET: N_("cable"),
}
LIMIT_TEXTS = {
    Limit.NONE: N_("nothing"),
    Limit.CPU: N_("the device (cpu)"),
    Limit.BANDWIDTH: N_("the connection (bandwidth)"),
    Limit.OTHER: N_("another reason"),
}
SPEED_LIMIT_TEXTS = {
    SpeedLimit.LINK: N_("by the connection"),
    SpeedLimit.CAP: N_("by the test: the connection is at least as fast"),
    SpeedLimit.WINDOW: N_("by the distance: the connection may be faster"),
}
RELAY_NAMES = {Path.UDP: "UDP", Path.TCP: "TCP", Path.TLS: "TLS"}  # the order of the table


@dataclass(frozen=True, slots=True)
class ReportBar:
    """The place of a phase on the time line of all phases, in percent."""

    start: float
    width: float


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row: its label and a value for each further column."""

    label: str
    values: tuple[str, ...]
    bar: ReportBar | None = None


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table. `heads` are the titles of all columns; `name` is unique in a report."""

    name: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[ReportRow, ...]


@dataclass(frozen=True, slots=True)
class FigureWriter:
    """Writes figures with their unit in a single language; None as "not measured"."""

    language: str
    t: GettextFunction

    def write(self, value: float | None, unit: str) -> str:
        """Write a figure with a unit of advice_texts.UNIT_FORMATS."""
        if value is None:
            return self.t(NOT_MEASURED_TEXT)
        return self.t(advice_texts.UNIT_FORMATS[unit]) % {"value": format_figure(value, self.language)}

    def write_share(self, percent: float | None, packets: int | None) -> str:
        """Write a loss with the number of packets that it is a share of, if that is known."""
        if percent is None or packets is None:
            return self.write(percent, "%")
        count = format_figure(packets, self.language)
        return self.t("%(share)s of %(count)s") % {"share": self.write(percent, "%"), "count": count}

    def write_option(self, text: str | None) -> str:
        """Translate a text; "not measured" without a text."""
        return self.t(text or NOT_MEASURED_TEXT)


def build_report_tables(test: ConnectionTest, language: str, t: GettextFunction) -> list[ReportTable]:
    """Build the tables of the details, in their order; none for a test without details."""
    if not has_technical_details(test):
        return []
    writer = FigureWriter(language, t)
    tables = (
        _phases_table(test.details, writer),
        _path_table(test, writer),
        _relays_table(test, writer),
        _load_table(test, writer),
        _samples_table(test, writer),
        _device_table(test, writer),
        _room_table(test, writer),
    )
    return [table for table in tables if table is not None]


def _phases_table(details: TechnicalDetails, writer: FigureWriter) -> ReportTable | None:
    """List the phases in their order, and their sum."""
    t, known = writer.t, details.phases_ms
    if not known:
        return None
    total, passed, rows = sum(known.values()), 0.0, []
    for phase in Phase:
        taken = known.get(phase)
        bar = None
        if taken is not None and total > 0:
            bar = ReportBar(round(100 * passed / total, 1), round(100 * taken / total, 1))
            passed += taken
        rows.append(ReportRow(t(PHASE_TITLES[phase]), (writer.write(taken, "ms"),), bar))
    rows.append(ReportRow(t("Overall"), (writer.write(total, "ms"),)))
    return ReportTable("phases", t("How the connection was made"), (t("Phase"), t("Time")), tuple(rows))


def _path_table(test: ConnectionTest, writer: FigureWriter) -> ReportTable | None:
    t, details = writer.t, test.details
    if details == TechnicalDetails():
        return None
    pair = details.candidates
    drawn = t("drawn by the page: the camera gave none") if details.synthetic_picture else t("from the camera")
    rows = [
        ReportRow(t("Your end"), (writer.write_option(CANDIDATE_TEXTS[pair.local] if pair else None),)),
        ReportRow(t("Our end"), (writer.write_option(CANDIDATE_TEXTS[pair.remote] if pair else None),)),
        ReportRow(t("Codec of the picture"), (details.codec or t(NOT_MEASURED_TEXT),)),
        ReportRow(t("Picture that was sent"), (drawn,)),
    ]
    if test.hints.link:  # few browsers tell it
        rows.append(ReportRow(t("The device is connected by"), (t(LINK_TEXTS[test.hints.link]),)))
    return _facts_table("path", t("Route and picture"), rows, t)


def _facts_table(name: str, title: str, rows: Sequence[ReportRow], t: GettextFunction) -> ReportTable:
    return ReportTable(name, title, (t("Measurement"), t("Value")), tuple(rows))


def _relays_table(test: ConnectionTest, writer: FigureWriter) -> ReportTable | None:
    """List the relays, each tried alone: delay, unsteadiness and loss by UDP, TCP and TLS."""
    t, results = writer.t, test.hints.path_results
    rows = [
        ReportRow(name, _relay_values(results.get(path), writer))
        for path, name in RELAY_NAMES.items()
        if results.keys() & RELAY_NAMES.keys()
    ]
    if not rows:
        return None
    heads = (t("Relay by"), t("There and back"), t("Unsteadiness"), t("Lost packets"))
    return ReportTable("relays", t("Each route alone, through the relay"), heads, tuple(rows))


def _relay_values(result: PathResult | None, writer: FigureWriter) -> tuple[str, str, str]:
    if result is None:
        return (writer.t(NOT_MEASURED_TEXT), "–", "–")
    if not result.ok:
        return (writer.t("closed"), "–", "–")
    loss = writer.write_share(result.loss_pct, result.packets)
    return (writer.write(result.rtt_ms, "ms"), writer.write(result.jitter_ms, "ms"), loss)


def _load_table(test: ConnectionTest, writer: FigureWriter) -> ReportTable | None:
    """Compare the delay of the idle connection with the delay while it is full."""
    t, hints = writer.t, test.hints
    if hints.rtt_loaded_up_ms is None and hints.rtt_loaded_down_ms is None:
        return None
    rows = [
        ReportRow(t("Idle, usual"), (writer.write(test.measurements.rtt_ms, "ms"),)),
        ReportRow(t("Idle, least"), (writer.write(hints.rtt_min_ms, "ms"),)),
        ReportRow(t("While sending at full speed"), (writer.write(hints.rtt_loaded_up_ms, "ms"),)),
        ReportRow(t("While receiving at full speed"), (writer.write(hints.rtt_loaded_down_ms, "ms"),)),
    ]
    heads = (t("Connection"), t("There and back"))
    return ReportTable("load", t("Delay under load"), heads, tuple(rows))


def _samples_table(test: ConnectionTest, writer: FigureWriter) -> ReportTable | None:
    """State what the losses are a share of, and what limited the speeds."""
    t, measured = writer.t, test.measurements
    limits = (measured.up_limited_by, measured.down_limited_by)
    if not any((measured.loss_up_packets, measured.loss_down_packets, *limits)):
        return None
    up, down = (limit and SPEED_LIMIT_TEXTS[limit] for limit in limits)
    rows = [
        ReportRow(
            t("Packets lost when sending"), (writer.write_share(measured.loss_up_pct, measured.loss_up_packets),)
        ),
        ReportRow(
            t("Packets lost when receiving"),
            (writer.write_share(measured.loss_down_pct, measured.loss_down_packets),),
        ),
        ReportRow(t("Speed when sending limited"), (writer.write_option(up),)),
        ReportRow(t("Speed when receiving limited"), (writer.write_option(down),)),
    ]
    return _facts_table("samples", t("Loss and speed"), rows, t)


def _device_table(test: ConnectionTest, writer: FigureWriter) -> ReportTable | None:
    """List how well the device kept up."""
    t, hints = writer.t, test.hints
    if hints.page_lag_ms is None and hints.dropped_frames_pct is None:
        return None
    limited = hints.limited_by and LIMIT_TEXTS[hints.limited_by]
    rows = [
        ReportRow(t("Timers of the page late by"), (writer.write(hints.page_lag_ms, "ms"),)),
        ReportRow(t("Pictures that the device dropped"), (writer.write(hints.dropped_frames_pct, "%"),)),
        ReportRow(t("The sent picture was limited by"), (writer.write_option(limited),)),
    ]
    return _facts_table("device", t("How the device kept up"), rows, t)


def _room_table(test: ConnectionTest, writer: FigureWriter) -> ReportTable | None:
    t, health = writer.t, test.room_health
    if health is None:
        return None
    state = t("on time") if health.healthy else t("too busy: it may have delayed the test")
    rows = [
        ReportRow(t("State"), (state,)),
        ReportRow(t("Delay added at most"), (writer.write(health.loop_lag_ms, "ms"),)),
    ]
    return _facts_table("room", t("The test room"), rows, t)

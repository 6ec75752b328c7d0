"""Tables of offices, lines, services, desks and hours, and of the organisation."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, LargeBinary, String, Text, Time, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime


class OfficeRow(Base):
    """An office.

    Every transaction that changes it or its parts, except tickets, increases `version`.

    `booking` overrides the default agenda settings, by name. `pause_texts`: the pause message by language; without
    it, `pause_message` is shown in every language.
    `country` and `subdivision` (ISO 3166) are the region of its public holidays; without a country it keeps none.
    `holidays_until` is the last year whose holidays were added to its closures.
    `choices` overrides the default lists that staff choose from, by name; it also keeps the words of outcomes that
    were removed.
    `targets` are the figures that the office wants to reach, by name (`office_targets`).
    An office that is not `listed` stands in no list for citizens; its own links still work.
    `access`, `parking`, `transport` and `phone_hours`: what it tells citizens, by language.
    `poster_texts`: a sentence of its own on its poster, by language.
    `acceptance_texts`: texts that citizens accept in a video call, by key: `title` and `body` by language.
    """

    __tablename__ = "offices"

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(200))
    town: Mapped[str] = mapped_column(String(80), default="", server_default="")
    phone: Mapped[str] = mapped_column(String(32))
    timezone: Mapped[str] = mapped_column(String(64))
    access: Mapped[dict[str, str] | None] = mapped_column(JSON)
    parking: Mapped[dict[str, str] | None] = mapped_column(JSON)
    transport: Mapped[dict[str, str] | None] = mapped_column(JSON)
    phone_hours: Mapped[dict[str, str] | None] = mapped_column(JSON)
    paused: Mapped[bool] = mapped_column(default=False)
    pause_message: Mapped[str | None] = mapped_column(Text)
    pause_texts: Mapped[dict[str, str] | None] = mapped_column(JSON)
    pause_reason: Mapped[str | None] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    booking: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    country: Mapped[str | None] = mapped_column(String(2))
    subdivision: Mapped[str | None] = mapped_column(String(6))
    holidays_until: Mapped[int] = mapped_column(default=0, server_default="0")
    choices: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    listed: Mapped[bool] = mapped_column(default=True, server_default=true())
    targets: Mapped[dict[str, int]] = mapped_column(JSON, default=dict, server_default="{}")
    poster_texts: Mapped[dict[str, str] | None] = mapped_column(JSON)
    acceptance_texts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")


class LineRow(Base):
    """A line. Every transaction that changes it or a ticket of it increases `version`.

    `rules` overrides the default settings of lines, by name, in seconds or as counts. `stop_texts`: the reason of
    a stop by language; without it, `stop_reason` is shown in every language.
    A line with `removed_at` takes no tickets. It keeps its old tickets; its letter is free for another line.
    """

    __tablename__ = "lines"
    __table_args__ = (UniqueConstraint("office_id", "slug"), UniqueConstraint("office_id", "letter"))

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    slug: Mapped[str] = mapped_column(String(64))
    letter: Mapped[str | None] = mapped_column(String(1))
    names: Mapped[dict[str, str]] = mapped_column(JSON)
    stopped: Mapped[bool] = mapped_column(default=False)
    stop_reason: Mapped[str | None] = mapped_column(Text)
    stop_texts: Mapped[dict[str, str] | None] = mapped_column(JSON)
    daily_quota: Mapped[int | None]
    rules: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    version: Mapped[int] = mapped_column(default=1)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ServiceRow(Base):
    """A service of an office.

    `booking` overrides the office's agenda settings. `words` lists other names that people use, by language.
    `price`: what it costs, by language. `details`: fields of OfficeService without a column of their own.
    """

    __tablename__ = "services"
    __table_args__ = (UniqueConstraint("office_id", "slug"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    line_id: Mapped[str] = mapped_column(ForeignKey("lines.id"))
    slug: Mapped[str] = mapped_column(String(64))
    position: Mapped[int]
    names: Mapped[dict[str, str]] = mapped_column(JSON)
    modes: Mapped[list[Any]] = mapped_column(JSON)
    walk_in: Mapped[bool]
    minutes: Mapped[int]
    bring: Mapped[dict[str, str] | None] = mapped_column(JSON)
    price: Mapped[dict[str, str] | None] = mapped_column(JSON)
    words: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict, server_default="{}")
    capacity: Mapped[dict[str, int]] = mapped_column(JSON)
    booking: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")


class DeskRow(Base):
    """A desk. With `removed_at` it opens no more, and its old tickets still name it.

    `details`: fields of OfficeDesk without a column of their own.
    """

    __tablename__ = "desks"
    __table_args__ = (UniqueConstraint("office_id", "name"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(16))
    way: Mapped[dict[str, str]] = mapped_column(JSON)
    arrow: Mapped[str] = mapped_column(String(8))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeskLineRow(Base):
    """A line that a desk serves.

    The desk calls from the line with the lowest preference first.
    """

    __tablename__ = "desk_lines"

    desk_id: Mapped[str] = mapped_column(ForeignKey("desks.id"), primary_key=True)
    line_id: Mapped[str] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    preference: Mapped[int]


class OpeningRow(Base):
    """Weekly opening hours, in local times of the office."""

    __tablename__ = "openings"

    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    opens: Mapped[time] = mapped_column(Time, primary_key=True)
    closes: Mapped[time] = mapped_column(Time)


class ClosureRow(Base):
    """A day on which the office does not open."""

    __tablename__ = "closures"

    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    reason: Mapped[str] = mapped_column(String(120))


class ExtraOpeningRow(Base):
    """An opening of a day, in addition to the weekly openings, also on a closed day."""

    __tablename__ = "extra_openings"

    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    opens: Mapped[time] = mapped_column(Time, primary_key=True)
    closes: Mapped[time] = mapped_column(Time)


class SiteRow(Base):
    """Name, look and legal texts of the installation's organisation: one row, id 1.

    `profile` is a `SiteProfile` as JSON. `version` increases with every change.
    """

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    profile: Mapped[dict[str, Any]] = mapped_column(JSON)
    logo: Mapped[bytes | None] = mapped_column(LargeBinary)
    logo_type: Mapped[str | None] = mapped_column(String(32))

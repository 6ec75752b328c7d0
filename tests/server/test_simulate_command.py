"""`office360 simulate`: table, chart, and the difference of one more desk."""

from __future__ import annotations

import dataclasses
from datetime import date, time
from pathlib import Path

import pytest
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.cli import main
from office360.server.commands.simulate_command import replay, simulate

from ..conftest import TEST_SECRET
from ..figures.support.recorded_visits import record_visits, visits_in_turn

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def _table(runtime: Runtime, seed: int = 3, days: int = 1, more_desks: int = 0) -> list[str]:
    table, _ = await simulate(runtime, "centro", seed=seed, days=days, more_desks=more_desks)
    return table.splitlines()


def _row(lines: list[str], name: str) -> list[str]:
    found = next(line for line in lines if line.startswith(name))
    return found[len(name) :].split()


async def test_simulation_prints_table_of_figures(runtime: Runtime, office: Office) -> None:
    lines = await _table(runtime)
    assert lines[0] == "Oficina Centro, Wednesday 25 November, seed 3"
    assert "assumed" in lines[1]
    assert _row(lines, "promises broken") == ["0"]
    assert int(_row(lines, "people served")[0]) > 50
    assert int(_row(lines, "called within the range shown at issue")[0]) > 50  # per cent
    assert _row(lines, "wait of priority people, P90")


async def test_same_seed_gives_same_table(runtime: Runtime, office: Office) -> None:
    assert await _table(runtime) == await _table(runtime)
    assert await _table(runtime) != await _table(runtime, seed=4)


async def test_several_days_are_summed_in_one_table(runtime: Runtime, office: Office) -> None:
    one_day, three_days = await _table(runtime), await _table(runtime, days=3)
    assert three_days[0].endswith("3 days, seeds 3 to 5")
    assert int(_row(three_days, "people served")[0]) > 2 * int(_row(one_day, "people served")[0])


async def test_extra_desk_is_compared_with_difference(runtime: Runtime, office: Office) -> None:
    lines = await _table(runtime, more_desks=1)
    head = next(line for line in lines if "difference" in line)
    assert head.split() == ["4", "desks", "5", "desks", "difference"]
    before, _, after, _, difference, _ = _row(lines, "wait without appointment, mean")
    assert int(after) < int(before)
    assert difference.startswith("−")


async def test_replay_compares_recorded_days_with_simulation(runtime: Runtime, office: Office) -> None:
    with pytest.raises(Refused, match="little_history"):
        await replay(runtime, "centro", 3)
    for has_desks, day in ((False, date(2026, 11, 23)), (True, date(2026, 11, 24))):
        visits = visits_in_turn(office, day, time(9), 40, 4, desks=2)
        await record_visits(
            runtime,
            office,
            [dataclasses.replace(visit, desk=visit.desk if has_desks else None) for visit in visits],
        )
    lines = (await replay(runtime, "centro", 3)).splitlines()
    assert lines[0].split() == ["day", "people", "desks", "mean", "wait", "replayed"]
    assert lines[1].startswith("2026-11-24      40    0.6    9.5 min")
    assert lines[1].endswith("  told")
    assert lines[2].split(maxsplit=1) == ["2026-11-23", "cannot be told: no desk is recorded"]


def test_simulate_command_prints_table_and_writes_svg(
    runtime: Runtime,
    office: Office,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        "office360.server.process.logging.configure_logging", lambda *_, **__: None
    )  # it is this process's too
    monkeypatch.setenv("OFFICE360_DATABASE_URL", database_url)
    monkeypatch.setenv("OFFICE360_SECRET_KEY", TEST_SECRET)
    monkeypatch.setenv("OFFICE360_PUBLIC_URL", "https://citas.example.org")
    picture = tmp_path / "day.svg"
    main(["simulate", "--office", "centro", "--seed", "2", "--desks", "+1", "--svg", str(picture)])
    assert "difference" in capsys.readouterr().out
    assert picture.read_text().startswith("<svg ")
    with pytest.raises(SystemExit, match=r"There is no office nowhere\."):
        main(["simulate", "--office", "nowhere"])
    with pytest.raises(SystemExit, match="Without a desk"):
        main(["simulate", "--office", "centro", "--desks", "-9"])
    with pytest.raises(SystemExit, match="cannot be written"):
        main(["simulate", "--office", "centro", "--svg", str(tmp_path / "none" / "day.svg")])

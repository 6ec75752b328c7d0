"""How many people are called before each ticket."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from office360.queue.domain.people_ahead import count_people_ahead

OWN = ["a1", "a2", "a3"]


def test_order_of_a_line_of_its_own_counts_its_tickets() -> None:
    assert count_people_ahead(OWN, (), ()).all == {"a1": 0, "a2": 1, "a3": 2}


def test_people_of_other_lines_at_shared_desks_are_counted() -> None:
    ahead = count_people_ahead(OWN, ["b1", "a1", "b2", "b3", "a2", "a3", "b4"], {"b1", "b2", "b3", "b4"})
    assert ahead.all == {"a1": 1, "a2": 4, "a3": 5}
    assert ahead.in_other_lines == {"a1": 1, "a2": 3, "a3": 3}


def test_ticket_with_no_one_before_is_next() -> None:
    ahead = count_people_ahead(OWN, ["a1", "b1", "a2", "a3"], {"b1"})
    assert ahead.all["a1"] == 0
    assert "a1" not in ahead.in_other_lines


def test_people_called_since_the_forecast_no_longer_count() -> None:
    ahead = count_people_ahead(["a2", "a3"], ["b1", "a1", "b2", "a2", "a3"], {"b2"})
    assert ahead.all == {"a2": 1, "a3": 2}


def test_ticket_newer_than_the_forecast_follows_its_line() -> None:
    ahead = count_people_ahead(["new first", "a1", "new last"], ["b1", "a1", "b2"], {"b1", "b2"})
    assert ahead.all == {"new first": 0, "a1": 2, "new last": 3}
    assert ahead.in_other_lines == {"a1": 1, "new last": 1}


def test_forecast_puts_an_early_appointment_before_later_calls() -> None:
    assert count_people_ahead(["a1", "a2", "early"], ["a1", "early", "a2"], ()).all == {
        "a1": 0,
        "early": 1,
        "a2": 2,
    }


TICKETS = st.lists(st.sampled_from([f"{line}{number}" for line in "ab" for number in range(5)]), unique=True)


@given(TICKETS, st.permutations(list(range(10))), st.sets(st.sampled_from([f"b{number}" for number in range(5)])))
def test_each_waiting_ticket_has_its_own_place(forecast: list[str], order: list[int], others: set[str]) -> None:
    line_order = [f"a{number}" for number in order if number < 5]
    ahead = count_people_ahead(line_order, forecast, others)
    assert sorted(ahead.all) == sorted(line_order)
    assert len(set(ahead.all.values())) == len(line_order)
    assert max(ahead.all.values()) < len(line_order) + len(others)
    for ticket_id, count in ahead.in_other_lines.items():
        assert 0 < count <= ahead.all[ticket_id]

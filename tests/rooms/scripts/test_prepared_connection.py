"""The first offer, made before admission (rooms/connection/prepared_connection.js)."""

from __future__ import annotations

from typing import Any

from ...support.scripts.browser_module import run_javascript
from ..support.fake_peer_connection import FAKE_PEER_CONNECTION_JS

PREPARED_JS = (
    FAKE_PEER_CONNECTION_JS
    + """
const { PreparedConnection, nextGeneration } = await import("STATIC/rooms/connection/prepared_connection.js");

function run(steps) {
  const sent = [];
  const send = (_type, { to, pc_gen, description }) => sent.push([to, pc_gen, description]);
  const signals = { iceServers: [], send };
  const prepared = new PreparedConnection(signals);
  prepared.prepare({ audio: null, video: null });
  const does = { offer: (id) => void prepared.offerTo(id), take: (id) => prepared.take(id)?.pc.number ?? 0 };
  const taken = steps.map(([name, id]) => does[name](id));
  return { sent, taken, generations: [nextGeneration(), nextGeneration()] };
}
"""
)


def run_steps(*steps: tuple[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = run_javascript(PREPARED_JS, steps)
    return result


def test_offer_is_sent_at_the_press_and_its_connection_used() -> None:
    found = run_steps(("offer", "amina"), ("take", "amina"))
    assert [(to, offer) for to, _, offer in found["sent"]] == [("amina", 1)]
    assert found["taken"][1] == 1


def test_offer_of_one_person_is_not_sent_to_the_next() -> None:
    found = run_steps(("offer", "amina"), ("offer", "fatima"), ("take", "fatima"), ("take", "amina"))
    assert [to for to, _, _ in found["sent"]] == ["amina"]
    assert found["taken"][2:] == [0, 1]  # fatima gets a connection of her own


def test_generations_of_one_second_differ() -> None:
    found = run_steps(("offer", "amina"))
    generations = [found["sent"][0][1], *found["generations"]]
    assert generations == sorted(set(generations))


def test_page_reloaded_within_a_second_has_a_larger_generation() -> None:
    source = """const run = async (times) => {
      const generations = [];
      for (const time of times) {
        Date.now = () => time;
        const page = await import(`STATIC/rooms/connection/prepared_connection.js?${time}`);
        generations.push(page.nextGeneration());
      }
      return generations;
    };"""
    first, second = run_javascript(source, [1_764_063_000_200, 1_764_063_000_400])
    assert second > first

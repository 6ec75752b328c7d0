"""Lines of real-time text when the connection is replaced, with false data channels."""

from __future__ import annotations

from typing import Any

from ...support.scripts.browser_module import run_javascript

# Two pages; `connect` joins them by a new channel on which `lost` drops what either side sends.
TWO_PAGES_JS = """
  import { TextLink } from "STATIC/rooms/text/text_link.js";
  function connect(one, other) {
    const wire = { lost: false };
    const ends = [0, 1].map(() => ({ label: "text", protocol: "", readyState: "open" }));
    ends.forEach((end, at) => {
      end.send = (data) => wire.lost || ends[1 - at].onmessage({ data });
    });
    one.add(ends[0]);
    other.add(ends[1]);
    ends.forEach((end) => end.onopen());
    return wire;
  }
"""


def run(steps: str) -> Any:
    return run_javascript(
        f"""{TWO_PAGES_JS}
        function run() {{
          const [amina, boris] = [new TextLink(), new TextLink()];
          const read = [];
          boris.on("line", (line) => read.push(line));
          {steps}
          return read;
        }}""",
        None,
    )


def test_line_lost_with_its_connection_is_sent_again_once() -> None:
    assert run("""
        const wire = connect(amina, boris);
        amina.sendLine("Primero");
        wire.lost = true;
        amina.sendLine("Segundo");
        connect(amina, boris);
        connect(amina, boris);
        amina.sendLine("Tercero");
    """) == ["Primero", "Segundo", "Tercero"]


def test_line_whose_confirmation_was_lost_is_read_once() -> None:
    assert run("""
        connect(amina, boris);
        boris.send = () => undefined;
        amina.sendLine("Primero");
        delete boris.send;
        connect(amina, boris);
    """) == ["Primero"]


def test_lines_written_before_the_channel_opens_arrive_in_order() -> None:
    assert run("""
        amina.sendLine("Primero");
        amina.sendLine("Segundo");
        connect(amina, boris);
    """) == ["Primero", "Segundo"]


def test_line_of_an_older_page_is_read_without_an_id() -> None:
    assert run("""
        connect(amina, boris);
        amina.send({ line: "Hola" });
        amina.send({ line: "Hola" });
    """) == ["Hola", "Hola"]

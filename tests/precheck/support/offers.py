"""A recorded offer, mutations of it, and offers that are expensive to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from office360.signaling.relay import MAX_DESCRIPTION_BYTES

CHROMIUM_OFFER = (
    (Path(__file__).parent.parent / "data" / "chromium_156_offer.sdp").read_text().replace("\n", "\r\n")
)
# `str.splitlines` splits at these, SDP does not.
FOREIGN_SEPARATORS = ("\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
TOKENS = (
    "",
    "0",
    "-1",
    "9" * 5_000,
    "٣",
    "\0",
    "é",
    " ",
    ":",
    "/",
    ";",
    "a=",
    "m=video 9 X 1",
    "*",
    "sendrecv",
    "\r\n",
)


def candidate_line(port: int, host: str = "127.0.0.1") -> str:
    return f"a=candidate:7 1 udp 2130706431 {host} {port} typ host"


def mutated_offer(seed: int) -> str:
    """Mutate the recorded offer a few times, the same way for the same seed."""
    random = Random(seed)
    lines = CHROMIUM_OFFER.split("\r\n")[:-1]
    for _ in range(random.randint(1, 6)):
        at, other = random.randrange(len(lines)), random.randrange(len(lines))
        match random.randrange(7):
            case 0 if len(lines) > 1:
                del lines[at]
            case 1:
                lines.insert(at, lines[other])
            case 2:
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                words = lines[at].split(" ")
                words[random.randrange(len(words))] = random.choice(TOKENS)
                lines[at] = " ".join(words)
            case 4:
                cut = random.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + random.choice(TOKENS) + lines[at][cut + random.randrange(3) :]
            case 5:
                hidden = random.choice(("\r\n", "\n", *FOREIGN_SEPARATORS)) + candidate_line(
                    random.randrange(70_000)
                )
                lines[at] += hidden
            case 6:
                lines[at:other] = lines[at:other] * random.randint(0, 4)
    ending = random.choice(("\r\n", "\r\n", "\n", "", random.choice(FOREIGN_SEPARATORS)))
    return random.choice(("\r\n", "\r\n", "\n")).join(lines) + ending


def expensive_offers() -> Iterator[tuple[str, str]]:
    """Yield offers that repeat what a parser may handle in quadratic time."""
    sections = "".join(_section(str(number), range(96, 102)) for number in range(150))
    yield "150 sections of 6 codecs", sections
    four = [_section(str(number), [*range(35, 64), *range(96, 128)]) for number in range(4)]
    yield "4 sections of 61 codecs", "".join(four)
    section = _section("0", range(96, 128))
    yield "one codec many times", section + "a=rtpmap:96 VP8/90000\r\n" * 1_400
    yield "feedback for every codec", section + "a=rtcp-fb:* nack\r\n" * 1_700
    yield "feedback of one codec", section + "a=rtcp-fb:96 nack pli\r\n" * 1_300
    yield "many SSRCs", section + "".join(f"a=ssrc:{number} cname:x\r\n" for number in range(1_350))
    yield "many header extensions", section + "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" * 600
    yield "many fingerprints", section + _fingerprint() * 280
    yield "one long line of parameters", section + "a=fmtp:96 " + "a=1;" * 7_000 + "\r\n"
    yield "one long line of names", section + "a=fmtp:97 " + "apt=96;" * 4_000 + "\r\n"
    yield "one long payload list", _section("0", range(96, 128)).replace(" 127\r\n", " 127" * 7_000 + "\r\n", 1)
    yield "many candidates", section + (candidate_line(9, "a" * 20 + ".local") + "\r\n") * 350
    yield "many groups", "a=group:BUNDLE 0\r\n" * 1_500 + section
    yield "one long group", f"a=group:BUNDLE {'0 ' * 14_000}0\r\n{section}"
    yield "empty lines", section + "\r\n" * 14_000
    yield "short lines", section + "a=\r\n" * 7_000


def complete_offer(body: str) -> str:
    """Put the session part before the sections, and cut the offer to the greatest size."""
    mids = [line[6:] for line in body.split("\r\n") if line.startswith("a=mid:")]
    head = f"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {' '.join(mids)}\r\n"
    head += "a=ice-ufrag:qK2U\r\na=ice-pwd:NT35xEKQX88O0lkLgai2d7YR\r\na=setup:actpass\r\n" + _fingerprint()
    text = (head + body)[:MAX_DESCRIPTION_BYTES]
    return text[: text.rindex("\r\n") + 2]


def _section(mid: str, payload_types: range | list[int]) -> str:
    numbers = " ".join(map(str, payload_types))
    codecs = "".join(f"a=rtpmap:{number} VP8/90000\r\n" for number in payload_types)
    return f"m=video 9 UDP/TLS/RTP/SAVPF {numbers}\r\na=mid:{mid}\r\na=sendrecv\r\na=rtcp-mux\r\n{codecs}"


def _fingerprint() -> str:
    return f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}\r\n"

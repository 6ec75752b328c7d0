"""Reduction of an offer to the lines that the test room needs. No aiortc, no sockets.

aiortc trusts an offer: it contacts every candidate, splits lines at separators that SDP does not have, and takes
time that grows with the square of repeated lines. The offer that it reads is therefore written here, from parts of
the browser's offer that match a strict pattern. Every other line is dropped, candidates among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ...core.errors import FieldError, Invalid

# a browser's offer has three: audio, video, data channels
MAX_SECTIONS = 4
MAX_PAYLOAD_TYPES = 64  # Chromium 156 offers 31
# media and its retransmissions; aiortc reads no more
MAX_SECTION_SSRCS = 2
# The discard port of this machine: a pair that never answers, so that the ICE connection keeps waiting.
UNREACHABLE_CANDIDATES = (
    "a=candidate:1 1 udp 1 127.0.0.1 9 typ host",
    "a=candidate:2 1 udp 1 ::1 9 typ host",
)
# Codecs, feedback and header extensions that aiortc can answer.
CODECS = frozenset({"opus/48000", "g722/8000", "pcmu/8000", "pcma/8000", "vp8/90000", "h264/90000", "rtx/90000"})
FEEDBACK = ("nack", "nack pli", "goog-remb")
HEADER_EXTENSIONS = frozenset(
    {
        "urn:ietf:params:rtp-hdrext:sdes:mid",
        "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    }
)
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

# RFC 8866 section 9: lines end with CRLF, LF is tolerated. Whatever the test room reads is ASCII.
_TEXT = re.compile(r"(?:[a-z]=[ -~]*(?:\r?\n|\Z))+")
# RFC 8829 section 5.1.2 names the profiles, some of which only repeat that the media is encrypted.
_MEDIA = re.compile(r"m=(audio|video) \d{1,5} (?:(?:UDP/TLS|TCP/DTLS)/)?RTP/SAVPF? (\d{1,3}(?: \d{1,3})*)")
_DATA_CHANNELS = re.compile(r"m=application \d{1,5} (?:UDP|TCP)/DTLS/SCTP webrtc-datachannel")
_MID = re.compile(r"[A-Za-z0-9_.+-]{1,32}")
_ICE_USERNAME = re.compile(r"[A-Za-z0-9+/]{4,256}")  # RFC 8839 section 5.4
_ICE_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FINGERPRINT = re.compile(r"sha-(?:256|384|512) [0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31,63}")  # RFC 8122 section 5
_SETUP = re.compile(r"actpass|active|passive")
_PORT = re.compile(r"[1-9]\d{0,4}")
_CODEC = re.compile(r"(\d{1,3}) ([A-Za-z0-9-]{1,16}/\d{1,6})(?:/\d{1,2})?")
_CODEC_PARAMETER = re.compile(r"(?<![^; ])(apt|packetization-mode|profile-level-id)=([0-9A-Fa-f]{1,6})(?![^; ])")
_HEADER_EXTENSION = re.compile(r"([1-9]\d?)(?:/[a-z]{1,8})? ([!-~]{1,128})")
_SSRC = re.compile(r"(\d{1,10}) ")
_STATIC_PAYLOAD_TYPES = frozenset({"0", "8", "9"})  # RFC 3551: PCMU, PCMA, G722
_DYNAMIC_PAYLOAD_TYPES = range(96, 128)  # aiortc answers others with a number of its own


class BadOffer(Invalid):
    """The test room cannot use the offer. `reason` is for the log."""

    SPECIFIC_CODES = frozenset({"bad_offer"})

    def __init__(self, reason: str) -> None:
        super().__init__(FieldError("offer", "bad_offer"))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Section:
    """The session part or an `m=` section: its first line, and attribute values by name."""

    media_line: str = ""
    attributes: dict[str, list[str]] = field(default_factory=dict)

    def values(self, name: str) -> Sequence[str]:
        return self.attributes.get(name, ())


def reduce_offer(text: str) -> str:
    """Write the offer for aiortc, at most 32 KiB, in time linear in the size of the text.

    Its only candidates are UNREACHABLE_CANDIDATES: an offer could name any address of the server's network, and
    the browser finds the server by the server's candidates. Raises BadOffer.
    """
    if not _TEXT.fullmatch(text):
        raise BadOffer("text")
    session, *sections = _split_sections(text.splitlines())
    if not 1 <= len(sections) <= MAX_SECTIONS:
        raise BadOffer("sections")
    by_mid = {_require("mid", _MID, section): section for section in sections}
    bundle = _bundled_mids(session)
    if sorted(by_mid) != sorted(bundle) or len(by_mid) < len(sections):
        raise BadOffer("bundle")
    if len(_payload_types(sections)) > MAX_PAYLOAD_TYPES:
        raise BadOffer("payload_types")
    if sum(not _MEDIA.fullmatch(section.media_line) for section in sections) > 1:
        raise BadOffer("data_channels")
    transport = _transport_lines(by_mid[bundle[0]], session)
    lines = ["v=0", "o=- 0 0 IN IP4 0.0.0.0", "s=-", "t=0 0", f"a=group:BUNDLE {' '.join(bundle)}"]
    for mid, section in by_mid.items():
        lines += [*_section_lines(section, session), f"a=mid:{mid}", *transport, *UNREACHABLE_CANDIDATES]
    return "".join(f"{line}\r\n" for line in lines)


def _split_sections(lines: Iterable[str]) -> list[_Section]:
    sections = [_Section()]
    for line in lines:
        if line.startswith("m="):
            sections.append(_Section(line))
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            sections[-1].attributes.setdefault(name, []).append(value)
    return sections


def _require(name: str, pattern: re.Pattern[str], *parts: _Section) -> str:
    """Return the attribute's value in the first part that has it. Raises BadOffer."""
    value = next((part.attributes[name][0] for part in parts if name in part.attributes), "")
    if not pattern.fullmatch(value):
        raise BadOffer(name)
    return value


def _bundled_mids(session: _Section) -> list[str]:
    """Return the tags of the BUNDLE group (RFC 9143 section 7); empty without a group."""
    groups = (value.split(" ") for value in session.values("group"))
    return next((mids for semantics, *mids in groups if semantics == "BUNDLE"), [])


def _payload_types(sections: Iterable[_Section]) -> set[str]:
    found = (_MEDIA.fullmatch(section.media_line) for section in sections)
    return {payload_type for media in found if media for payload_type in media.group(2).split(" ")}


def _transport_lines(tagged: _Section, session: _Section) -> list[str]:
    """Return ICE and DTLS parameters of the bundle's first section, else of the session."""

    patterns = (
        ("ice-ufrag", _ICE_USERNAME),
        ("ice-pwd", _ICE_PASSWORD),
        ("fingerprint", _FINGERPRINT),
        ("setup", _SETUP),
    )
    return [f"a={name}:{_require(name, pattern, tagged, session)}" for name, pattern in patterns]


def _section_lines(section: _Section, session: _Section) -> list[str]:
    media = _MEDIA.fullmatch(section.media_line)
    if media:
        return _media_lines(section, session, media.group(1), set(media.group(2).split(" ")))
    if not _DATA_CHANNELS.fullmatch(section.media_line):
        raise BadOffer("media_line")
    port = _require("sctp-port", _PORT, section)
    if int(port) > 65_535:
        raise BadOffer("sctp_port")
    return ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", f"a=sctp-port:{port}"]


def _media_lines(section: _Section, session: _Section, kind: str, offered: set[str]) -> list[str]:
    if "rtcp-mux" not in section.attributes:
        raise BadOffer("rtcp_mux")
    codecs = _codec_names(section, offered)
    if all(name.lower().startswith("rtx/") for name in codecs.values()):
        raise BadOffer("codecs")
    return [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {' '.join(codecs)}",
        f"a={_direction(section) or _direction(session) or 'sendrecv'}",  # the default: RFC 8866 section 6.7
        "a=rtcp-mux",
        *(f"a=extmap:{id} {uri}" for uri, id in _header_extensions(section).items()),
        *(f"a=rtpmap:{payload_type} {name}" for payload_type, name in codecs.items()),
        *_codec_parameter_lines(section, codecs),
        *_feedback_lines(section, codecs),
        *(f"a=ssrc:{ssrc} cname:-" for ssrc in _ssrcs(section)),
    ]


def _codec_names(section: _Section, offered: set[str]) -> dict[str, str]:
    """Return name and clock rate by payload type, in the offer's order."""
    names: dict[str, str] = {}
    for match in filter(None, map(_CODEC.fullmatch, section.values("rtpmap"))):
        payload_type, name = match.groups()
        is_known = payload_type in _STATIC_PAYLOAD_TYPES or int(payload_type) in _DYNAMIC_PAYLOAD_TYPES
        if is_known and payload_type in offered and name.lower() in CODECS:
            names.setdefault(payload_type, match.group(0).partition(" ")[2])
    return names


def _direction(section: _Section) -> str | None:
    return next((direction for direction in DIRECTIONS if direction in section.attributes), None)


def _header_extensions(section: _Section) -> dict[str, str]:
    matches = filter(None, map(_HEADER_EXTENSION.fullmatch, section.values("extmap")))
    return {match.group(2): match.group(1) for match in matches if match.group(2) in HEADER_EXTENSIONS}


def _codec_parameter_lines(section: _Section, codecs: dict[str, str]) -> list[str]:
    parameters: dict[str, str] = {}
    for value in section.values("fmtp"):
        payload_type, _, text = value.partition(" ")
        if payload_type in codecs:
            known = dict(_CODEC_PARAMETER.findall(text))
            parameters[payload_type] = ";".join(f"{name}={value}" for name, value in known.items())
    return [f"a=fmtp:{payload_type} {text}" for payload_type, text in parameters.items() if text]


def _feedback_lines(section: _Section, codecs: dict[str, str]) -> list[str]:
    offered = set(section.values("rtcp-fb"))
    return [
        f"a=rtcp-fb:{payload_type} {kind}"
        for payload_type in codecs
        for kind in FEEDBACK
        if f"{payload_type} {kind}" in offered or f"* {kind}" in offered
    ]


def _ssrcs(section: _Section) -> list[str]:
    matches = filter(None, map(_SSRC.match, section.values("ssrc")))
    return list(dict.fromkeys(match.group(1) for match in matches))[:MAX_SECTION_SSRCS]

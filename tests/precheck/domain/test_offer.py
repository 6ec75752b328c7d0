"""Reduction of an offer: the lines that remain, and the offers that are refused."""

from __future__ import annotations

import re

import pytest
from office360.precheck.domain.offer import MAX_PAYLOAD_TYPES, MAX_SECTIONS, BadOffer, reduce_offer

from ..support.offers import CHROMIUM_OFFER, complete_offer, expensive_offers

MAX_REDUCED_BYTES = 32 * 1024
FINGERPRINT_LINE = next(line for line in CHROMIUM_OFFER.split("\r\n") if line.startswith("a=fingerprint:"))
DATA_CHANNELS = CHROMIUM_OFFER[CHROMIUM_OFFER.index("m=application") :]


def with_sections(count: int) -> str:
    """Repeat the audio section."""
    start, end = CHROMIUM_OFFER.index("m=audio"), CHROMIUM_OFFER.index("m=video")
    audio = CHROMIUM_OFFER[start:end]
    sections = "".join(audio.replace("a=mid:0", f"a=mid:{mid}") for mid in range(count))
    return CHROMIUM_OFFER[:start].replace("BUNDLE 0 1 2", f"BUNDLE {' '.join(map(str, range(count)))}") + sections


def with_payload_types(count: int) -> str:
    video = re.search("m=video .*? 96", CHROMIUM_OFFER)
    assert video is not None
    more = " ".join(str(number) for number in range(200, 200 + count - 31))
    return CHROMIUM_OFFER.replace(video.group(0), f"{video.group(0)} {more}".rstrip())


def test_reduced_offer_has_only_our_candidates() -> None:
    lines = reduce_offer(CHROMIUM_OFFER).split("\r\n")
    candidates = [line for line in lines if "candidate" in line]
    assert set(candidates) == {
        "a=candidate:1 1 udp 1 127.0.0.1 9 typ host",
        "a=candidate:2 1 udp 1 ::1 9 typ host",
    }


def test_reduced_offer_keeps_what_is_negotiated() -> None:
    lines = reduce_offer(CHROMIUM_OFFER).split("\r\n")
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8" in lines
    assert "m=application 9 UDP/DTLS/SCTP webrtc-datachannel" in lines
    for line in (
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:96 VP8/90000",
        "a=fmtp:97 apt=96",
        "a=rtcp-fb:96 nack pli",
    ):
        assert line in lines
    assert "a=fmtp:102 packetization-mode=1;profile-level-id=42001f" in lines
    assert "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid" in lines
    assert [line for line in lines if line.startswith("a=ssrc:3894497851")]
    assert lines.count("a=setup:actpass") == lines.count(FINGERPRINT_LINE) == 3


def test_reduction_is_idempotent() -> None:
    reduced = reduce_offer(CHROMIUM_OFFER)
    assert reduce_offer(reduced) == reduced
    assert reduce_offer(CHROMIUM_OFFER.replace("\r\n", "\n")) == reduced
    assert reduce_offer(CHROMIUM_OFFER.rstrip()) == reduced


def test_parameters_of_the_session_are_used() -> None:
    """Firefox writes the fingerprint once, before the first section."""
    offer = CHROMIUM_OFFER.replace(f"{FINGERPRINT_LINE}\r\n", "").replace(
        "t=0 0\r\n", f"t=0 0\r\n{FINGERPRINT_LINE}\r\n"
    )
    assert reduce_offer(offer) == reduce_offer(CHROMIUM_OFFER)


def test_bundle_only_section_needs_no_transport() -> None:
    """RFC 9143 section 7.1.3: a bundle-only section has port 0 and no ICE or DTLS parameters."""
    bare = re.sub(r"a=(ice-ufrag|ice-pwd|fingerprint|setup):.*\r\n", "", DATA_CHANNELS)
    offer = CHROMIUM_OFFER.replace(DATA_CHANNELS, bare.replace("m=application 9", "m=application 0"))
    assert reduce_offer(offer) == reduce_offer(CHROMIUM_OFFER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=group:BUNDLE 0 1 2\r\n", ""),
        ("BUNDLE 0 1 2", "BUNDLE 0 1"),
        ("BUNDLE 0 1 2", "BUNDLE 0 1 2 3"),
        ("BUNDLE 0 1 2", "LS 0 1 2"),
        ("a=mid:1", "a=mid:0"),
        ("a=mid:1\r\n", ""),
        ("a=rtcp-mux\r\n", ""),
        ("a=ice-ufrag:qK2U\r\n", ""),
        ("a=ice-pwd:NT35xEKQX88O0lkLgai2d7YR", "a=ice-pwd:short"),
        ("a=setup:actpass", "a=setup:holdconn"),
        ("fingerprint:sha-256", "fingerprint:md5"),
        ("sctp-port:5000", "sctp-port:70000"),
        ("sctp-port:5000", "sctp-port:x"),
        ("a=sctp-port:5000\r\n", ""),
        ("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        ("UDP/DTLS/SCTP webrtc-datachannel", "UDP/DTLS/SCTP other"),
        ("m=video", "m=text"),
        ("opus/48000/2", "OPUS/1"),
        ("t=0 0\r\n", "t=0 0\r\n\r\n"),
        ("t=0 0\r\n", "t=0 0\r\nnot a line\r\n"),
        ("s=-", "s=\x00"),
        ("s=-", "s=oficina número 1"),
    ],
)
def test_offer_that_breaks_a_rule_is_refused(old: str, new: str) -> None:
    offer = CHROMIUM_OFFER
    if old.startswith("opus"):
        offer = re.sub(r"a=rtpmap:\d+ (G722|PCM[UA])/8000\r\n", "", offer)
    with pytest.raises(BadOffer):
        reduce_offer(offer.replace(old, new))


def test_sections_and_payload_types_are_limited() -> None:
    reduce_offer(with_sections(MAX_SECTIONS))
    reduce_offer(with_payload_types(MAX_PAYLOAD_TYPES))
    for offer in (with_sections(MAX_SECTIONS + 1), with_payload_types(MAX_PAYLOAD_TYPES + 1)):
        with pytest.raises(BadOffer):
            reduce_offer(offer)


def test_second_data_channel_section_is_refused() -> None:
    second = DATA_CHANNELS.replace("a=mid:2", "a=mid:3")
    with pytest.raises(BadOffer):
        reduce_offer(CHROMIUM_OFFER.replace("BUNDLE 0 1 2", "BUNDLE 0 1 2 3") + second)


def test_reduced_offer_is_bounded() -> None:
    sizes = []
    for _, body in expensive_offers():
        try:
            sizes.append(len(reduce_offer(complete_offer(body))))
        except BadOffer:
            continue
    assert len(sizes) >= 8
    assert max(sizes) <= MAX_REDUCED_BYTES

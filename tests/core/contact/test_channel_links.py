"""One-time codes that connect a chat to a ticket or an appointment."""

from __future__ import annotations

from datetime import timedelta

from office360.core.contact.channel_links import (
    LINK_LIFETIME,
    ChannelLinked,
    ChannelLinkRow,
    UsedLink,
    create_channel_link,
    delete_expired_links,
    open_channel_code,
    use_channel_link,
)
from office360.core.runtime import Runtime
from sqlalchemy import select

from ...conftest import FakeClock

SUBJECT = "ticket:1"


async def create(runtime: Runtime, subject: str = SUBJECT) -> str:
    async with runtime.transaction() as tx:
        return await create_channel_link(tx, "chat", subject, "ca")


async def use(runtime: Runtime, code: str, channel: str = "chat") -> UsedLink | None:
    async with runtime.transaction() as tx:
        return await use_channel_link(tx.session, channel, code, tx.now)


async def stored(runtime: Runtime) -> list[str]:
    async with runtime.read_session() as session:
        return list((await session.execute(select(ChannelLinkRow.code_hash))).scalars())


async def test_code_is_used_once_and_only_its_hash_is_stored(runtime: Runtime) -> None:
    code = await create(runtime)
    assert len(code) <= 64  # the longest that a link of Telegram carries
    assert code not in await stored(runtime)
    assert await use(runtime, code, "another") is None
    assert await use(runtime, code) == UsedLink(SUBJECT, "ca")
    assert await use(runtime, code) is None


async def test_page_shows_the_code_until_it_expires(runtime: Runtime, clock: FakeClock) -> None:
    code = await create(runtime)
    async with runtime.read_session() as session:
        assert await open_channel_code(session, runtime.tokens, "chat", SUBJECT, runtime.now()) == code
        assert await open_channel_code(session, runtime.tokens, "chat", "ticket:2", runtime.now()) is None
    clock.set(runtime.now() + LINK_LIFETIME)
    assert await use(runtime, code) is None
    async with runtime.read_session() as session:
        assert await open_channel_code(session, runtime.tokens, "chat", SUBJECT, runtime.now()) is None


async def test_new_code_replaces_the_one_before(runtime: Runtime) -> None:
    first, second = await create(runtime), await create(runtime)
    assert await use(runtime, first) is None
    assert await use(runtime, second) == UsedLink(SUBJECT, "ca")


async def test_nightly_job_deletes_expired_codes_only(runtime: Runtime, clock: FakeClock) -> None:
    await create(runtime, "ticket:2")
    clock.set(runtime.now() + LINK_LIFETIME - timedelta(minutes=1))
    kept = await create(runtime)
    clock.set(runtime.now() + timedelta(minutes=1))
    await delete_expired_links(runtime)
    assert len(await stored(runtime)) == 1
    assert await use(runtime, kept) == UsedLink(SUBJECT, "ca")


def test_subject_is_of_one_kind() -> None:
    linked = ChannelLinked("appointment:7", "chat", "1")
    assert (linked.subject_id("appointment"), linked.subject_id("ticket")) == ("7", None)

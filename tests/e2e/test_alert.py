"""An alert between real processes: the second person takes it, as the first does not answer."""

import asyncio

from demo.house import Home
from tests.calls import MINUTE, Phones, chirp
from tests.hearing import moments

from . import ANNA, ERIK, PATIENCE, Account, device

RING_SECONDS = 20


async def test_second_person_acknowledges_by_key(account: Account, home: Home) -> None:
    """The first phone rings for as long as asked, and its owner is told who sees to it."""
    phones = Phones(account.phones)
    path = await asyncio.to_thread(account.install_sound, chirp())
    people = [await device(home, name) for name in ("Anna", "Erik")]
    await phones.stop_clock()
    alert = asyncio.create_task(
        home.answer(
            "elks46.alert",
            contacts=people,
            media=path,
            ring_timeout=RING_SECONDS,
            tell_others="{by} sees to it.",
        )
    )
    (first,) = await phones.new(1)
    await phones.phase(first["id"], "ringing")
    await phones.advance(RING_SECONDS)
    await phones.end(first["id"])
    second = await phones.answered(2)
    await phones.advance(2)
    await phones.phase(second, "listening")
    await phones.do(second, "digits", digits="1")
    async with asyncio.timeout(PATIENCE):
        answer = await alert
    await phones.advance(2)
    await phones.end(second)
    assert (answer["acknowledged"], answer["by"], answer["via"]) == (
        True,
        "Erik",
        "key",
    )
    assert [call["to"] for call in await phones.calls()] == [ANNA, ERIK]
    (missed, taken) = (one for one in answer["attempts"] if one["via"] == "call")
    assert (missed["contact"], missed["outcome"]) == ("Anna", "no_answer")
    assert taken["contact"] == "Erik"
    heard = await account.phones.download(f"calls/{second}/heard.wav")
    assert len(moments(heard, chirp())) == 1
    assert await account.received(ANNA) == ["Erik sees to it."]
    assert await account.received(ERIK) == []
    (call,) = [one for one in await phones.calls() if one["id"] == second]
    assert call["cost"] == MINUTE * 10_000

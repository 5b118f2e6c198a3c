"""A call between real processes: what the house has made is what a phone hears."""

from array import array
import asyncio
from io import BytesIO
import math
import wave

from demo.house import Home
from tests.calls import MINUTE, Phones, chirp

from . import ANNA, ERIK, NUMBER, PATIENCE, Account

SECONDS = 2
RATE = 8000
# Every twentieth sample of a chirp is enough to know it by.
STRIDE = 20


def samples(content: bytes) -> array[int]:
    """Return what a WAV of the telephone holds."""
    with wave.open(BytesIO(content)) as file:
        assert (file.getframerate(), file.getsampwidth()) == (RATE, 2)
        return array("h", file.readframes(file.getnframes()))


def likeness(heard: array[int], made: array[int], offset: int) -> float:
    """Return how much what was heard from there on is like what was made: 1 is the same."""
    there = heard[offset : offset + len(made) : STRIDE]
    here = made[::STRIDE]
    together = sum(one * other for one, other in zip(there, here, strict=True))
    loudness = math.hypot(*there) * math.hypot(*here)
    return together / loudness if loudness else 0.0


def best_match(heard: array[int], made: array[int]) -> tuple[float, float]:
    """Return how well, and after how many seconds, what was made is heard."""
    offsets = range(len(heard) - len(made) + 1)
    like, offset = max((likeness(heard, made, offset), offset) for offset in offsets)
    return like, offset / RATE


async def test_call_is_heard_and_acknowledged(account: Account, home: Home) -> None:
    """The sound comes after a moment of silence, whole, and a key ends the call."""
    phones = Phones(account.phones)
    path = await asyncio.to_thread(account.install_sound, chirp(SECONDS))
    await phones.stop_clock()
    async with home.events("elks46_call_ended") as events:
        calling = asyncio.create_task(
            home.answer(
                "elks46.place_call",
                entity_id="notify.anna_sms",
                media=path,
                acknowledge="1",
                wait=True,
            )
        )
        call_id = await phones.answered()
        await phones.advance(SECONDS + 1)
        await phones.phase(call_id, "listening")
        await phones.do(call_id, "digits", digits="1")
        await phones.until(call_id, lambda call: len(call["actions"]) == 2)
        await phones.phase(call_id, "playing")
        await phones.advance(1)
        await phones.end(call_id)
        async with asyncio.timeout(PATIENCE):
            event = await anext(events)
            answer = await calling
    (row,) = answer["calls"]
    assert (row["call_id"], row["outcome"]) == (call_id, "acknowledged")
    assert (row["digits"], row["cost"]) == ("1", MINUTE)
    assert (event["outcome"], event["contact"]) == ("acknowledged", "Anna")
    assert (event["caller"], event["callee"]) == (NUMBER, ANNA)
    content = await account.phones.download(f"calls/{call_id}/heard.wav")
    like, offset = await asyncio.to_thread(
        best_match, samples(content), samples(chirp(SECONDS))
    )
    assert like > 0.99
    assert 0.8 < offset < 1.5


async def test_calls_to_several_are_told_one_by_one(
    account: Account, home: Home
) -> None:
    """A phone that declines is engaged, as far as anybody can tell."""
    path = await asyncio.to_thread(account.install_sound, chirp(SECONDS))
    await account.phones.put_handset(ANNA, answers="declines")
    await account.phones.put_handset(ERIK, answers="at_once")
    answer = await home.answer(
        "elks46.place_call", to=[ANNA, ERIK], media=path, wait=True
    )
    assert [row["outcome"] for row in answer["calls"]] == ["busy", "answered"]

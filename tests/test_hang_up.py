"""People hang up at every stage of every call: nothing is told twice, and nothing goes on without them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import (
    CONF_CALL_FALLBACK,
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_PIN,
    CONF_RIGHTS,
)
from custom_components.elks46.records import CallStage
from custom_components.elks46.services import calls
from custom_components.elks46.stage import async_stage
from custom_components.elks46.switchboard import Switchboard
from simulator.sources import Sources

from . import ANNA, BJORN, Json, SimulatorControl, pass_time, send_sms, use_action
from .alerts import alerting, tried
from .calls import DTMF, PATIENCE, House, allowed_file, chirp, place_call
from .test_answering import PIN, on_call

pytestmark = pytest.mark.usefixtures("impatient")

IN_CALL: Final = "binary_sensor.46701740690_in_call"
KEY: Final = {"acknowledge": "1"}


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


class Scene(House):
    """A home whose clock stands still, a script that answers calls, and what is held up in it."""

    def __init__(
        self, hass: HomeAssistant, simulator: SimulatorControl, entry: MockConfigEntry
    ) -> None:
        """Let nothing be held up, and no script run."""
        super().__init__(hass, simulator, entry)
        self.file = ""
        self.held = asyncio.Event()
        self.script: Callable[[Scene, str], Coroutine[Any, Any, object]] = idle
        self.told: list[str] = []
        on_call(hass, self._run)

    async def _run(self, call_id: str) -> None:
        """Run the script, and note what it says or why it has failed."""
        try:
            self.told.append(str(await self.script(self, call_id)))
        except HomeAssistantError as err:
            self.told.append(str(err))

    async def use(self, action: str, call_id: str, **data: object) -> Json:
        """Use an action of the script's."""
        return await use_action(self.hass, action, call_id=call_id, **data)

    async def menu(self, call_id: str) -> Json:
        """Ask for keys."""
        return await self.use("menu", call_id, media=self.file)

    @contextmanager
    def holding(self, owner: object, name: str, *, before: bool) -> Iterator[None]:
        """Hold something up, before it is done or after, until this is over."""
        work = getattr(owner, name)
        self.held.clear()
        free = asyncio.Event()
        free.set()
        first, last = {True: (self.held, free), False: (free, self.held)}[before]

        async def late(*args: object, **fields: object) -> object:
            await first.wait()
            done = await work(*args, **fields)
            await last.wait()
            return done

        with patch.object(owner, name, late):
            yield
        self.held.set()

    async def in_call(self) -> None:
        """Return when the number is seen to be in a call."""
        async with asyncio.timeout(PATIENCE):
            while not self.hass.states.is_state(IN_CALL, "on"):
                await asyncio.sleep(0)

    async def let_go(self) -> None:
        """Come to rest."""
        self.held.set()
        await self.hass.async_block_till_done(wait_background_tasks=True)

    def tasks(self) -> list[str]:
        """Return what the integration has under way."""
        return [
            task.get_name()
            for task in asyncio.all_tasks()
            if (work := task.get_coro()) is not None
            and "custom_components/elks46" in str(getattr(work, "cr_code", ""))
        ]

    def outcomes(self, call_id: str) -> list[str]:
        """Return how a call has ended, as often as that was told."""
        return [
            one.data["outcome"] for one in self.ended if one.data["call_id"] == call_id
        ]

    async def is_over(self, call_id: str, outcome: str, name: str) -> None:
        """See that the end of a call was told once, and that nothing is left of it."""
        await self.let_go()
        assert self.outcomes(call_id) == [outcome], name
        assert self.hass.states.is_state(IN_CALL, "off"), name
        assert self.tasks() == [], name


@pytest.fixture
async def scene(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> Scene:
    """Return a home in which nothing happens by itself."""
    scene = Scene(hass, simulator, integration)
    scene.file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    await scene.stop_clock()
    return scene


async def idle(_scene: Scene, _call_id: str) -> None:
    """Do nothing about a call."""


# Who is called hangs up.

type Come = Callable[[Scene, ExitStack], Awaitable[str]]


async def rings(scene: Scene, _stack: ExitStack) -> str:
    """Have the latest call ring, and return its id."""
    calls = await scene.calls()
    call_id = str(calls[-1]["id"])
    await scene.phase(call_id, "ringing")
    return call_id


async def picked_up(scene: Scene, stack: ExitStack) -> str:
    """Have the latest call picked up."""
    call_id = await rings(scene, stack)
    await scene.do(call_id, "answer")
    return call_id


async def asks(scene: Scene, stack: ExitStack) -> str:
    """Have this home take its time to say what to do."""
    stack.enter_context(scene.holding(Switchboard, "async_answer", before=False))
    call_id = await picked_up(scene, stack)
    await scene.phase(call_id, "asking")
    return call_id


async def fetches(scene: Scene, stack: ExitStack) -> str:
    """Have a sound take its time to be fetched."""
    stack.enter_context(scene.holding(Sources, "find", before=True))
    call_id = await picked_up(scene, stack)
    await scene.phase(call_id, "fetching")
    return call_id


async def plays(scene: Scene, stack: ExitStack) -> str:
    """Have the sound begin."""
    call_id = await picked_up(scene, stack)
    await scene.phase(call_id, "playing")
    return call_id


async def plays_again(scene: Scene, stack: ExitStack) -> str:
    """Have the sound begin once more."""
    call_id = await plays(scene, stack)
    await scene.advance(2.1)
    await scene.hears(call_id, "play", 2)
    return call_id


async def listens(scene: Scene, stack: ExitStack) -> str:
    """Have a key waited for."""
    call_id = await plays(scene, stack)
    await scene.advance(2.1)
    await scene.phase(call_id, "listening")
    return call_id


async def asks_again(scene: Scene, stack: ExitStack) -> str:
    """Have another key pressed than the one that was asked for."""
    call_id = await plays(scene, stack)
    await scene.do(call_id, "digits", digits="7")
    await scene.hears(call_id, "ivr", 2)
    return call_id


async def thanks(scene: Scene, stack: ExitStack) -> str:
    """Have the right key pressed."""
    call_id = await plays(scene, stack)
    await scene.do(call_id, "digits", digits="1")
    await scene.hears(call_id, "play")
    return call_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """How far a call comes that this home has placed, and how it ends then."""

    come: Come
    outcome: str = "answered"
    leave: str = "hangup"


OF_ALL: Final = {
    "while it rings": Out(come=rings, leave="decline", outcome="busy"),
    "while the home is asked": Out(come=asks),
    "while a sound is fetched": Out(come=fetches),
    "while it plays": Out(come=plays),
}
OF_MESSAGES: Final = {**OF_ALL, "while it plays again": Out(come=plays_again)}
UNHEARD: Final = {
    **OF_ALL,
    "while a key is waited for": Out(come=listens),
    "after a wrong key": Out(come=asks_again),
}
OF_QUESTIONS: Final = {
    **UNHEARD,
    "after the key": Out(come=thanks, outcome="acknowledged"),
}


async def left(scene: Scene, stage: Out, name: str) -> str:
    """Have the one who is called come to a stage and hang up, and see what is left of it."""
    with ExitStack() as stack:
        call_id = await stage.come(scene, stack)
        await scene.do(call_id, stage.leave)
        await scene.over(call_id)
        scene.held.set()
    assert scene.outcomes(call_id) == [stage.outcome], name
    return call_id


async def placed(scene: Scene, before: int) -> None:
    """Return when one more call has been placed."""
    await scene.new(before + 1)
    await scene.hass.async_block_till_done()


async def answers_well(scene: Scene) -> None:
    """See that the next call is heard to its end."""
    await scene.run_clock()
    await scene.simulator.put_handset(ANNA, answers="at_once")
    (row,) = await place_call(scene.hass, to=[ANNA], repeat=1)
    call = (await scene.calls())[-1]
    assert (row["outcome"], call["actions"][-1]["result"]) == ("answered", "ok")


@pytest.mark.parametrize(
    ("data", "stages"),
    [
        pytest.param({}, OF_MESSAGES, id="a message"),
        pytest.param(KEY, OF_QUESTIONS, id="one that asks for a key"),
    ],
)
async def test_who_is_called_hangs_up(
    scene: Scene, data: Json, stages: Mapping[str, Out]
) -> None:
    """Whoever waits goes on, and the sound is let go; the next call is placed as if nothing were."""
    for name, stage in stages.items():
        before = len(await scene.calls())
        calling = asyncio.create_task(place_call(scene.hass, to=[ANNA], **data))
        await placed(scene, before)
        call_id = await left(scene, stage, name)
        (row,) = await calling
        assert (row["call_id"], row["outcome"]) == (call_id, stage.outcome), name
        await scene.is_over(call_id, stage.outcome, name)
        assert async_stage(scene.hass).size == 0, name
    await answers_well(scene)


async def test_who_is_called_twice_hangs_up_the_second_time(scene: Scene) -> None:
    """Nobody is called a third time."""
    for name, stage in OF_QUESTIONS.items():
        before = len(await scene.calls())
        calling = asyncio.create_task(
            place_call(scene.hass, to=[ANNA], ring_twice=True, **KEY)
        )
        await placed(scene, before)
        first = await left(scene, OF_ALL["while it rings"], name)
        await pass_time(scene.hass, seconds=31)
        await placed(scene, before + 1)
        second = await left(scene, stage, name)
        (row,) = await calling
        assert (row["call_id"], row["outcome"]) == (second, stage.outcome), name
        await pass_time(scene.hass, minutes=4)
        assert len(await scene.calls()) == before + 2, name
        await scene.is_over(first, "busy", name)
        await scene.is_over(second, stage.outcome, name)
    await answers_well(scene)


async def test_who_has_answered_and_hangs_up_is_not_called_again(scene: Scene) -> None:
    """However early: nobody asked for a key."""
    answered = {name: one for name, one in OF_MESSAGES.items() if one.leave == "hangup"}
    for name, stage in answered.items():
        before = len(await scene.calls())
        calling = asyncio.create_task(
            place_call(scene.hass, to=[ANNA], ring_twice=True)
        )
        await placed(scene, before)
        call_id = await left(scene, stage, name)
        await calling
        await pass_time(scene.hass, minutes=4)
        assert len(await scene.calls()) == before + 1, name
        await scene.is_over(call_id, stage.outcome, name)
    await answers_well(scene)


async def acknowledge(scene: Scene, call_id: str) -> None:
    """Have a call that rings answered, and the key pressed."""
    await scene.phase(call_id, "ringing")
    await scene.do(call_id, "answer")
    await scene.phase(call_id, "playing")
    await scene.do(call_id, "digits", digits="1")
    await scene.hears(call_id, "play")
    await scene.do(call_id, "hangup")
    await scene.over(call_id)


async def test_who_is_alerted_hangs_up(scene: Scene) -> None:
    """The next in order is called at once, and takes it."""
    for name, stage in UNHEARD.items():
        before = len(await scene.calls())
        alert = alerting(scene.hass)
        await placed(scene, before)
        first = await left(scene, stage, name)
        await placed(scene, before + 1)
        second = str((await scene.calls())[-1]["id"])
        await acknowledge(scene, second)
        answer = await alert
        assert (answer["by"], answer["via"]) == ("Björn", "key"), name
        assert tried(answer) == [
            ("Anna", 1, "call", stage.outcome),
            ("Björn", 1, "call", "acknowledged"),
        ], name
        await scene.is_over(first, stage.outcome, name)
        await scene.is_over(second, "acknowledged", name)
    await answers_well(scene)


async def test_who_has_acknowledged_an_alert_hangs_up(scene: Scene) -> None:
    """And has acknowledged it."""
    alert = alerting(scene.hass)
    await placed(scene, 0)
    call_id = await left(scene, OF_QUESTIONS["after the key"], "")
    answer = await alert
    assert (answer["by"], len(await scene.calls())) == ("Anna", 1)
    await scene.is_over(call_id, "acknowledged", "")


async def test_all_are_alerted_and_one_hangs_up(scene: Scene) -> None:
    """The others ring on, and one of them takes it."""
    for name, stage in UNHEARD.items():
        before = len(await scene.calls())
        alert = alerting(scene.hass, "Björn", "Anna", at_once=True)
        await placed(scene, before + 1)
        both = {call["to"]: call["id"] for call in (await scene.calls())[before:]}

        async def hers(call_id: str = both[ANNA]) -> list[Json]:
            """Return hers alone."""
            return [await scene.until(call_id, lambda _call: True)]

        with patch.object(scene, "calls", hers):
            first = await left(scene, stage, name)
        assert first == both[ANNA]
        await acknowledge(scene, both[BJORN])
        answer = await alert
        assert (answer["by"], len(tried(answer))) == ("Björn", 2), name
        await scene.is_over(first, stage.outcome, name)
        await scene.is_over(both[BJORN], "acknowledged", name)
    await answers_well(scene)


@pytest.mark.parametrize(
    # 46elks speaks itself.
    "name",
    [name for name in OF_ALL if name != "while a sound is fetched"],
)
async def test_who_is_called_for_a_text_hangs_up(scene: Scene, name: str) -> None:
    """There is no second call, and the text is done with."""
    await send_sms(scene.hass, to=ANNA, wait=0, fallback_after=60)
    await pass_time(scene.hass, seconds=61)
    stage = OF_MESSAGES[name]
    call_id = await left(scene, stage, name)
    await pass_time(scene.hass, minutes=10)
    assert len(await scene.calls()) == 1
    assert not scene.entry.runtime_data.store.fallbacks
    await scene.is_over(call_id, stage.outcome, name)
    await answers_well(scene)


# Who calls hangs up.


async def told(scene: Scene, call_id: str) -> None:
    """Have the end posted."""
    await scene.until_told(call_id)


async def found(scene: Scene, call_id: str) -> None:
    """Have the end found: who has been told nothing to do posts none."""
    await scene.end(call_id)
    assert scene.outcomes(call_id) == []
    with patch("custom_components.elks46.dialler.END_LATE", timedelta(0)):
        await scene.entry.runtime_data.catch_up.async_run()


async def found_later(scene: Scene, call_id: str) -> None:
    """Have the end found when the call has been told what to do, which nobody hears."""
    scene.held.set()
    async with asyncio.timeout(PATIENCE):
        while scene.call(call_id).stage is CallStage.RINGING:
            await asyncio.sleep(0)
    await found(scene, call_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class In:
    """How far a call comes that somebody places to this home, and how it ends then."""

    come: Come
    outcome: str = "answered"
    learn: Callable[[Scene, str], Awaitable[None]] = told
    script: Callable[[Scene, str], Coroutine[Any, Any, object]] = idle
    heard: tuple[str, ...] = ()
    """What becomes of the script, where there is one."""
    who: Mapping[str, str] = field(default_factory=dict)
    """Who hangs up, the caller where nobody is named."""


def at(wanted: str) -> Come:
    """Return how a call comes to wait for something."""

    async def come(scene: Scene, _stack: ExitStack) -> str:
        call_id = await scene.ring()
        await scene.phase(call_id, wanted)
        return call_id

    return come


def hearing(verb: str, count: int = 1) -> Come:
    """Return how a caller comes to hear so many things."""

    async def come(scene: Scene, _stack: ExitStack) -> str:
        call_id = await scene.ring()
        for seen in range(1, count):
            await scene.hears(call_id, verb, seen)
            await scene.advance(2.1)
        await scene.hears(call_id, verb, count)
        return call_id

    return come


def while_held(come: Come, owner: object, name: str, *, before: bool) -> Come:
    """Return how a call comes so far while something takes its time."""

    async def held(scene: Scene, stack: ExitStack) -> str:
        stack.enter_context(scene.holding(owner, name, before=before))
        return await come(scene, stack)

    return held


def then(come: Come, *steps: Callable[[Scene, str], Awaitable[object]]) -> Come:
    """Return how a call comes further."""

    async def go_on(scene: Scene, stack: ExitStack) -> str:
        call_id = await come(scene, stack)
        for step in steps:
            await step(scene, call_id)
        return call_id

    return go_on


def pressing(digits: str) -> Callable[[Scene, str], Awaitable[object]]:
    """Return how keys are pressed."""
    return lambda scene, call_id: scene.do(call_id, "digits", digits=digits)


def until(phase: str) -> Callable[[Scene, str], Awaitable[object]]:
    """Return how something is waited for."""
    return lambda scene, call_id: scene.phase(call_id, phase)


def until_heard(verb: str, count: int) -> Callable[[Scene, str], Awaitable[object]]:
    """Return how a sound is waited for."""
    return lambda scene, call_id: scene.hears(call_id, verb, count)


async def until_silent(scene: Scene, call_id: str) -> None:
    """Wait until silence is heard, while a script thinks."""
    await scene.until(call_id, lambda call: DTMF in str(call["doing"]))
    await scene.phase(call_id, "playing")


async def until_told(scene: Scene, call_id: str) -> None:
    """Wait until automations hear of the call."""
    await scene.rung()


async def over_the_sound(scene: Scene, call_id: str) -> None:
    """Let what is heard come to its end."""
    await scene.advance(2.1)


async def bjorn_answers(scene: Scene, call_id: str) -> None:
    """Let the one who is rung pick up."""
    await scene.until(call_id, lambda call: call["ringing"] == [BJORN])
    await scene.do(call_id, "answer")


async def bjorn_declines(scene: Scene, call_id: str) -> None:
    """Let the one who is rung not want to."""
    await scene.until(call_id, lambda call: call["ringing"] == [BJORN])
    await scene.do(call_id, "decline")


async def ask_twice(scene: Scene, call_id: str) -> Json:
    """Ask for keys, think, and ask again."""
    await scene.menu(call_id)
    await scene.held.wait()
    return await scene.menu(call_id)


async def ask_then_think(scene: Scene, call_id: str) -> Json:
    """Ask for keys, and take longer to think than the caller has patience."""
    scene.held.clear()
    return await ask_twice(scene, call_id)


def instruct(instruction: str, **data: object) -> Any:
    """Return a script that says how a call goes on."""

    async def script(scene: Scene, call_id: str) -> Json:
        sound = {"media": scene.file} if instruction == "announce" else {}
        return await scene.use(
            "answer_call", call_id, instruction=instruction, **sound, **data
        )

    return script


async def ask(scene: Scene, call_id: str) -> Json:
    """Ask for keys."""
    return await scene.menu(call_id)


IGNORED: Final = In(
    come=while_held(
        then(at("asking"), until_told), Switchboard, "async_answer", before=False
    ),
    outcome="no_answer",
    learn=found,
)
FETCHED: Final = In(come=while_held(at("fetching"), Sources, "find", before=True))
BEFORE: Final = {"while the home is asked": IGNORED}
OF_GREETINGS: Final = {
    **BEFORE,
    "while the greeting is fetched": FETCHED,
    "while the greeting plays": In(come=hearing("play")),
}
ACCEPTED: Final = "{'accepted': True}"
OVER: Final = "Field call_id: the call CALL is over"
RINGS_AT: Final = {CONF_FORWARD_TO: ["björn"]}

FLOWS: Final[Mapping[str, tuple[str, Json, Mapping[str, In]]]] = {
    "reject": ("reject", {}, BEFORE),
    "announce": ("announce", {}, OF_GREETINGS),
    "assist": ("assist", {}, OF_GREETINGS),
    "voicemail": (
        "voicemail",
        {},
        {
            **OF_GREETINGS,
            "while it beeps": In(come=hearing("play", 2)),
            "while the caller speaks": In(
                come=then(hearing("play", 2), over_the_sound, until("recording"))
            ),
        },
    ),
    "forward": (
        "forward",
        RINGS_AT,
        {
            **BEFORE,
            "while it rings": In(come=at("connecting"), outcome="no_answer"),
            "while they talk": In(
                come=then(at("connecting"), bjorn_answers, until("connected"))
            ),
            "while they talk, the other": In(
                come=then(at("connecting"), bjorn_answers, until("connected")),
                who={"handset": BJORN},
            ),
        },
    ),
    "forward, and a greeting": (
        "forward",
        RINGS_AT | {CONF_CALL_FALLBACK: "announce"},
        {
            "while it rings": In(come=at("connecting"), outcome="no_answer"),
            "while the greeting plays": In(
                come=then(at("connecting"), bjorn_declines, until_heard("play", 1))
            ),
        },
    ),
    "forward, and voicemail": (
        "forward",
        RINGS_AT | {CONF_CALL_FALLBACK: "voicemail"},
        {
            "while the caller speaks": In(
                come=then(
                    at("connecting"),
                    bjorn_declines,
                    until_heard("play", 1),
                    over_the_sound,
                    until_heard("play", 2),
                    over_the_sound,
                    until("recording"),
                )
            ),
        },
    ),
    "automation": (
        "automation",
        {CONF_CALL_FALLBACK: "announce"},
        {
            "while no automation says anything": In(
                come=then(at("asking"), until_told), outcome="no_answer", learn=found
            ),
            "while the sound of a menu is made ready": In(
                come=while_held(
                    then(at("asking"), until_told), calls, "async_audio", before=True
                ),
                outcome="no_answer",
                learn=found,
                script=ask,
                heard=(OVER,),
            ),
            "while the sound of a menu is made ready too late": In(
                come=while_held(
                    then(at("asking"), until_told), calls, "async_audio", before=True
                ),
                outcome="no_answer",
                learn=found_later,
                script=ask,
                heard=(OVER,),
            ),
            "while the sound of an announcement is made ready too late": In(
                come=while_held(
                    then(at("asking"), until_told), calls, "async_audio", before=True
                ),
                outcome="no_answer",
                learn=found,
                script=instruct("announce"),
                heard=("{'accepted': False}",),
            ),
            "while the menu is fetched": In(
                come=FETCHED.come, script=ask, heard=(OVER,)
            ),
            "while the menu plays": In(come=hearing("ivr"), script=ask, heard=(OVER,)),
            "while keys are waited for": In(
                come=then(hearing("ivr"), over_the_sound, until("listening")),
                script=ask,
                heard=(OVER,),
            ),
            "while the script thinks": In(
                come=then(hearing("ivr"), pressing("1"), until("asking")),
                script=ask_then_think,
                heard=(OVER,),
            ),
            "while the second menu plays": In(
                come=then(hearing("ivr"), pressing("1"), until_heard("ivr", 2)),
                script=ask_twice,
                heard=(OVER,),
            ),
            "while the script says something": In(
                come=hearing("play"), script=instruct("announce"), heard=(ACCEPTED,)
            ),
            "while the script has others rung": In(
                come=at("connecting"),
                outcome="no_answer",
                script=instruct("forward", forward_to=[BJORN]),
                heard=(ACCEPTED,),
            ),
            "while the script has connected them": In(
                come=then(at("connecting"), bjorn_answers, until("connected")),
                script=instruct("forward", forward_to=[BJORN]),
                heard=(ACCEPTED,),
            ),
            "while the script takes a message": In(
                come=then(hearing("play", 2), over_the_sound, until("recording")),
                script=instruct("voicemail"),
                heard=(ACCEPTED,),
            ),
        },
    ),
}  # fmt: skip
HURRIED: Final = {
    "while the sound of a menu is made ready in silence": In(
        come=while_held(
            then(at("playing"), until_silent), calls, "async_audio", before=True
        ),
        script=ask,
        heard=(OVER,),
    ),
    "while the script thinks in silence": In(
        come=then(hearing("ivr"), pressing("1"), until_silent),
        script=ask_then_think,
        heard=(OVER,),
    ),
    "while the number does without": In(come=hearing("play")),
}
PINS: Final = {
    "while the PIN is asked for": In(come=hearing("ivr")),
    "while the PIN is waited for": In(
        come=then(hearing("ivr"), over_the_sound, until("listening"))
    ),
    "while half a PIN is there": In(
        come=then(hearing("ivr"), pressing(PIN[:2]), until("listening"))
    ),
    "while the PIN is asked for again": In(
        come=then(hearing("ivr"), pressing(f"{PIN[:2]}#"), until_heard("ivr", 2))
    ),
    "while no automation says anything to who has entered it": In(
        come=then(hearing("ivr"), pressing(PIN), until("asking"))
    ),
}


async def hang_up(scene: Scene, stages: Mapping[str, In]) -> None:
    """Have a caller hang up at each stage, and see what is left of it."""
    for name, stage in stages.items():
        scene.script = stage.script
        scene.told.clear()
        scene.received.clear()
        scene.held.set()
        with ExitStack() as stack:
            call_id = await stage.come(scene, stack)
            await scene.in_call()
            await scene.do(call_id, "hangup", **stage.who)
            await scene.end(call_id)
            await stage.learn(scene, call_id)
        await scene.is_over(call_id, stage.outcome, name)
        assert [one for one in scene.told if one != "None"] == (
            [one.replace("CALL", call_id) for one in stage.heard]
        ), name


async def is_heard_well(scene: Scene) -> None:
    """See that the next who calls hears the greeting to its end."""
    scene.script = idle
    await scene.answers("announce", **{CONF_GREETING: scene.file})
    await scene.run_clock()
    call = await scene.over(await scene.ring())
    assert [act["result"] for act in call["actions"]] == ["ok"]


@pytest.mark.parametrize("flow", FLOWS)
async def test_who_calls_hangs_up(scene: Scene, flow: str) -> None:
    """Scripts that wait are told so, and the next who calls is answered as if nothing were."""
    handling, settings, stages = FLOWS[flow]
    await scene.answers(handling, **{CONF_GREETING: scene.file, **settings})
    await hang_up(scene, stages)
    await is_heard_well(scene)


async def test_who_is_kept_waiting_hangs_up(scene: Scene) -> None:
    """In the silence before and between menus, and when the number does without."""
    settings = {CONF_GREETING: scene.file, CONF_CALL_FALLBACK: "announce"}
    await scene.answers("automation", **settings)
    with (
        patch("custom_components.elks46.answering.RING_SECONDS", 0.05),
        patch("custom_components.elks46.answering.THINK_SECONDS", 0.05),
    ):
        await hang_up(scene, HURRIED)
    await is_heard_well(scene)


async def test_who_is_asked_for_a_pin_hangs_up(scene: Scene) -> None:
    """That is no wrong PIN, and no automation hears of half of one."""
    await scene.change("anna", **{CONF_RIGHTS: ["open"], CONF_PIN: PIN})
    await scene.answers("automation")
    await hang_up(scene, PINS)
    assert not scene.digits
    await is_heard_well(scene)

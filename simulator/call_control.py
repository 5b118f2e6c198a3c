"""How calls are steered: what the owners of phones do, what became of it, and the clock.

`POST /simulator/handsets/{number}/calls` `{to, audio, hidden}` rings a number from a phone and returns `{call_id}`. Below
`/simulator/calls/{id}` are `answer`, `decline`, `hangup`, `digits` `{digits}` and `audio` (a WAV file, or `{audio}` with a
data URL); each may name a `handset` where a call has several, in the body or the query. `GET /simulator/calls/{id}` tells
how far a call is, with `?after=<version>&wait=<seconds>` as soon as that has changed; `heard.wav` below it is what a
handset heard, with `?after=<seconds>` only the rest. What is said with `?lead=<seconds>` begins so much later, unless it follows
what is being said. `GET, PUT /simulator/clock` `{speed}`: at 0 time stands still, and `POST` `{advance}` moves it on.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
import re
from typing import Final

from aiohttp import web

from .clock import Clock
from .conversation import Conversation
from .exchange import Exchange
from .fields import (
    ControlError,
    Fields,
    json_body,
    phone_number,
    seconds_query,
    whole_query,
)
from .handsets import Handset, Handsets
from .legs import Kind, Leg, LegState
from .lines import Lines
from .numbers import Numbers
from .pictures import read_data_url
from .sound import BadSourceError, decode

MAX_WAIT_SECONDS: Final = 60
# A year: what is further away is a mistake.
_MAX_ADVANCE_SECONDS: Final = 366 * 86_400.0
_DIGITS: Final = re.compile(r"[0-9*#]{1,100}", re.ASCII)
# What a hidden caller's number is said to be: nothing, or a word.
ANONYMOUS: Final = "anonymous"

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type Routes = tuple[tuple[str, str, Handler], ...]


class CallControl:
    """Answers the one who steers calls."""

    def __init__(
        self,
        *,
        clock: Clock,
        exchange: Exchange,
        handsets: Handsets,
        numbers: Numbers,
        lines: Lines,
    ) -> None:
        """Learn what there is to steer."""
        self._clock = clock
        self._exchange = exchange
        self._handsets = handsets
        self._numbers = numbers
        self._lines = lines

    def routes(self) -> Routes:
        """Return what is offered."""
        return (
            ("POST", "/simulator/handsets/{number}/calls", self._dial),
            ("GET", "/simulator/calls", self._list),
            ("GET", "/simulator/calls/{id}", self._show),
            ("GET", "/simulator/calls/{id}/heard.wav", self._play_back),
            ("POST", "/simulator/calls/{id}/answer", self._answer),
            ("POST", "/simulator/calls/{id}/decline", self._decline),
            ("POST", "/simulator/calls/{id}/hangup", self._hang_up),
            ("POST", "/simulator/calls/{id}/digits", self._press),
            ("POST", "/simulator/calls/{id}/audio", self._say),
            ("GET", "/simulator/clock", self._show_clock),
            ("PUT", "/simulator/clock", self._set_clock),
            ("POST", "/simulator/clock", self._advance),
        )

    async def _dial(self, request: web.Request) -> web.Response:
        handset = self._handset(request)
        fields = Fields(await json_body(request), {"to", "audio", "hidden"})
        callee = phone_number(fields.required_text("to"))
        shown = _shown(fields, handset)
        audio = None
        if (given := fields.text("audio")) is not None:
            audio = await _samples(read_data_url(given) or b"")
        if (number := self._numbers.answering(callee, "voice")) is None:
            raise ControlError(
                f"{callee} is no number of the account that takes calls",
                HTTPStatus.CONFLICT,
            )
        if not handset.on or self._lines.is_engaged(handset.number):
            raise ControlError(
                f"The handset {handset.number} is {'engaged' if handset.on else 'off'}",
                HTTPStatus.CONFLICT,
            )
        talk = self._exchange.call_in(handset, number, shown=shown, audio=audio)
        return web.json_response({"call_id": talk.call.id})

    def _handset(self, request: web.Request) -> Handset:
        number = request.match_info["number"]
        handset = self._handsets.find(number)
        if handset is None or handset.kind is not Kind.PHONE:
            raise ControlError(f"There is no phone {number}", HTTPStatus.NOT_FOUND)
        return handset

    async def _list(self, _request: web.Request) -> web.Response:
        talks = self._exchange.all()
        return web.json_response([talk.as_control() for talk in talks])

    async def _show(self, request: web.Request) -> web.Response:
        talk = self._talk(request)
        after = whole_query(request, "after", 0)
        seconds = min(whole_query(request, "wait", 0), MAX_WAIT_SECONDS)
        try:
            async with asyncio.timeout(seconds):
                while talk.version <= after:
                    await talk.news()
        except TimeoutError:
            pass
        return web.json_response(talk.as_control())

    async def _play_back(self, request: web.Request) -> web.Response:
        """Answer with what a handset has heard until now, after so many seconds."""
        leg = _leg(self._talk(request), request.query.get("handset"))
        content = leg.heard(seconds_query(request, "after"))
        if content is None:
            raise ControlError("It is not kept any more", HTTPStatus.NOT_FOUND)
        return web.Response(
            body=content,
            content_type="audio/wav",
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"},
        )

    async def _answer(self, request: web.Request) -> web.Response:
        talk, leg = await self._ringing(request)
        leg.answer()
        return web.json_response(talk.as_control())

    async def _decline(self, request: web.Request) -> web.Response:
        talk, leg = await self._ringing(request)
        leg.decline()
        return web.json_response(talk.as_control())

    async def _ringing(self, request: web.Request) -> tuple[Conversation, Leg]:
        """Return the end that is ringing: the one that is named, or else the only one."""
        talk = self._talk(request)
        handset = Fields(await json_body(request), {"handset"}).text("handset")
        ringing = [
            leg for leg in talk.ringing() if handset is None or leg.number == handset
        ]
        if len(ringing) != 1:
            raise ControlError(
                f"{'Several are' if ringing else 'Nobody is'} ringing",
                HTTPStatus.CONFLICT,
            )
        return talk, ringing[0]

    async def _hang_up(self, request: web.Request) -> web.Response:
        talk = self._talk(request)
        fields = Fields(await json_body(request), {"handset"})
        leg = _leg(talk, fields.text("handset"))
        if leg.state not in {LegState.TALKING, LegState.DIALLING}:
            raise ControlError(f"The handset is {leg.state}", HTTPStatus.CONFLICT)
        leg.end()
        return web.json_response(talk.as_control())

    async def _press(self, request: web.Request) -> web.Response:
        talk = self._talk(request)
        fields = Fields(await json_body(request), {"handset", "digits"})
        digits = fields.required_text("digits")
        if not _DIGITS.fullmatch(digits):
            raise ControlError("digits: 0 to 9, * and # are expected")
        _talking(talk, fields.text("handset")).press(digits)
        return web.json_response(talk.as_control())

    async def _say(self, request: web.Request) -> web.Response:
        talk = self._talk(request)
        handset = request.query.get("handset")
        if request.content_type.startswith("audio/"):
            content = await request.read()
        else:
            fields = Fields(await json_body(request), {"handset", "audio"})
            content = read_data_url(fields.required_text("audio")) or b""
            handset = fields.text("handset") or handset
        samples = await _samples(content)
        _talking(talk, handset).say(samples, lead=seconds_query(request, "lead"))
        return web.json_response(talk.as_control())

    def _talk(self, request: web.Request) -> Conversation:
        if (talk := self._exchange.find(request.match_info["id"])) is None:
            raise ControlError("There is no such call", HTTPStatus.NOT_FOUND)
        return talk

    async def _show_clock(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {"speed": self._clock.speed, "time": self._clock.time()}
        )

    async def _set_clock(self, request: web.Request) -> web.Response:
        speed = Fields(await json_body(request), {"speed"}).number("speed")
        if speed is None:
            raise ControlError("speed: is required")
        self._clock.set_speed(speed)
        return await self._show_clock(request)

    async def _advance(self, request: web.Request) -> web.Response:
        seconds = Fields(await json_body(request), {"advance"}).number("advance")
        if seconds is None or seconds > _MAX_ADVANCE_SECONDS:
            raise ControlError("advance: at most a year in seconds is expected")
        await self._clock.advance(seconds)
        return await self._show_clock(request)


def _shown(fields: Fields, handset: Handset) -> str:
    """Return the number that a call shows; `hidden` is true, or the word that stands for it."""
    if fields.is_text("hidden"):
        return fields.choice("hidden", (ANONYMOUS,)) or ""
    return "" if fields.truth("hidden") else handset.number


def _leg(talk: Conversation, handset: str | None) -> Leg:
    if (leg := talk.leg(handset)) is None:
        raise ControlError(f"{handset} has no part in the call", HTTPStatus.NOT_FOUND)
    return leg


def _talking(talk: Conversation, handset: str | None) -> Leg:
    """Return an end at which a person is on the phone."""
    leg = _leg(talk, handset)
    machine = leg.box or leg.kind is Kind.REALTIME
    if leg.state is not LegState.TALKING or machine:
        who = "a voicemail box" if leg.box else "a program" if machine else leg.state
        raise ControlError(f"The handset is {who}", HTTPStatus.CONFLICT)
    return leg


async def _samples(content: bytes) -> bytes:
    try:
        return await asyncio.to_thread(decode, content)
    except BadSourceError:
        raise ControlError("audio: a WAV file is expected") from None

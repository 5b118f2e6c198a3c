"""How the simulator is steered: everything under `/simulator/`, in JSON."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from .call_control import MAX_WAIT_SECONDS
from .faults import parse_fault
from .fields import ControlError, Fields, json_body, phone_number, whole_query
from .handsets import AT_ONCE, VOICEMAIL_SECONDS, Answers, Handset, Text
from .legs import Kind
from .lines import VIRTUAL, is_sip
from .numbers import HOOKS, Number
from .pictures import MAX_PICTURE_BYTES, picture_type, read_data_url
from .prices import COUNTRIES, CURRENCIES
from .wire import to_units

if TYPE_CHECKING:
    from .app import Simulator

_CAPABILITIES: Final = ("sms", "mms", "voice", "webrtc", "websocket")
_ACCOUNT_FIELDS: Final = (
    "balance",
    "countries",
    "currency",
    "interrupt_answers_sync",
    "mobilenumber",
    "sip_hosts",
    "subaccounts_see_all",
    "subaccounts_see_use",
)
# What fits on a phone's screen.
MAX_IMAGES: Final = 10
MAX_NAME: Final = 100
# What a person reads of what was paid.
_BILLS_SHOWN: Final = 100
# A page that went away is noticed when it cannot be written to.
_HEARTBEAT_SECONDS: Final = 15.0

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """Answers the one who steers."""

    def __init__(self, simulator: Simulator) -> None:
        """Steer one simulator."""
        self._simulator = simulator

    def add_routes(self, app: web.Application) -> None:
        """Put everything under `/simulator/`."""
        routes: tuple[tuple[str, str, Handler], ...] = (
            ("GET", "/simulator/account", self._show_account),
            ("PUT", "/simulator/account", self._change_account),
            ("GET", "/simulator/bills", self._list_bills),
            ("GET", "/simulator/numbers", self._list_numbers),
            ("PUT", "/simulator/numbers/{number}", self._put_number),
            ("GET", "/simulator/handsets", self._list_handsets),
            ("PUT", "/simulator/handsets/{number}", self._put_handset),
            ("GET", "/simulator/handsets/{number}/messages", self._list_texts),
            ("POST", "/simulator/handsets/{number}/messages", self._send_text),
            ("GET", "/simulator/pictures/{picture}", self._show_picture),
            ("POST", "/simulator/history/{sort}", self._seed),
            ("GET", "/simulator/faults", self._list_faults),
            ("PUT", "/simulator/faults", self._put_faults),
            ("GET", "/simulator/log", self._show_log),
            ("GET", "/simulator/events", self._stream_events),
            ("POST", "/simulator/reset", self._reset),
        )
        for method, path, handler in (*routes, *self._simulator.call_control.routes()):
            app.router.add_route(method, path, handler)

    async def _show_account(self, _request: web.Request) -> web.Response:
        return web.json_response(self._simulator.account.as_control())

    async def _change_account(self, request: web.Request) -> web.Response:
        account = self._simulator.account
        fields = Fields(await json_body(request), _ACCOUNT_FIELDS)
        balance = fields.money("balance")
        currency = fields.choice("currency", CURRENCIES)
        countries = fields.texts("countries")
        mobile = fields.text("mobilenumber")
        sip_hosts = fields.texts("sip_hosts")
        see_all = fields.truth("subaccounts_see_all")
        see_use = fields.truth("subaccounts_see_use")
        answers_sync = fields.truth("interrupt_answers_sync")
        if countries is not None and (unknown := sorted(set(countries) - COUNTRIES)):
            raise ControlError(f"countries: {unknown[0]} is not a known country")
        account.state.mobilenumber = (
            phone_number(mobile) if mobile else account.state.mobilenumber
        )
        account.state.currency = currency or account.state.currency
        if balance is not None:
            self._simulator.bills.settle(to_units(balance))
        if countries is not None:
            account.state.countries = frozenset(countries)
        if sip_hosts is not None:
            account.state.sip_hosts = frozenset(host.lower() for host in sip_hosts)
        if see_all is not None:
            account.state.subaccounts_see_all = see_all
        if see_use is not None:
            account.state.subaccounts_see_use = see_use
        if answers_sync is not None:
            account.state.interrupt_answers_sync = answers_sync
        account.changed()
        return web.json_response(account.as_control())

    async def _list_bills(self, _request: web.Request) -> web.Response:
        bills = self._simulator.bills.latest(_BILLS_SHOWN)
        return web.json_response([bill.as_control() for bill in bills])

    async def _list_numbers(self, _request: web.Request) -> web.Response:
        return web.json_response(
            [number.as_stored() for number in self._simulator.numbers.all()]
        )

    async def _put_number(self, request: web.Request) -> web.Response:
        written = phone_number(request.match_info["number"])
        if self._simulator.handsets.find(written):
            raise ControlError(f"{written} is a handset", HTTPStatus.CONFLICT)
        texts = {*HOOKS, "name", "category", "country"}
        fields = Fields(
            await json_body(request),
            {*texts, "capabilities", "active", "sms_replies", "cost"},
        )
        capabilities = fields.texts("capabilities")
        if capabilities is not None and (
            unknown := sorted(set(capabilities) - set(_CAPABILITIES))
        ):
            raise ControlError(
                f"capabilities: {unknown[0]} is not one of {', '.join(_CAPABILITIES)}"
            )
        changes: dict[str, object] = {
            key: fields.text(key) for key in texts if key in fields
        }
        active = fields.truth("active")
        if (replies := fields.truth("sms_replies")) is not None:
            changes["sms_replies"] = replies
        if capabilities is not None:
            changes["capabilities"] = capabilities
        if (cost := fields.money("cost")) is not None:
            changes["cost"] = to_units(cost)
        number = self._simulator.numbers.find(
            written
        ) or self._simulator.numbers.create(written)
        _change(number, changes)
        if active is not None:
            self._simulator.numbers.activate(number, active)
        self._simulator.account.changed()
        return web.json_response(number.as_stored())

    async def _list_handsets(self, _request: web.Request) -> web.Response:
        return web.json_response(
            [handset.as_control() for handset in self._simulator.handsets.all()]
        )

    async def _put_handset(self, request: web.Request) -> web.Response:
        number = self._end(request.match_info["number"])
        known = {"name", "on", "validity", "voicemail", "answers"}
        fields = Fields(await json_body(request), known)
        handset = self._simulator.handsets.put(
            number,
            name=fields.text("name", maximum=MAX_NAME),
            on=fields.truth("on"),
            validity=fields.number("validity"),
            voicemail=_voicemail(fields),
            answers=_answers(fields),
        )
        return web.json_response(handset.as_control())

    def _end(self, number: str) -> str:
        """Return the number of a phone, or of what can be rung like one: a client, or a SIP address."""
        if is_sip(number):
            return number
        phone_number(number)
        own = self._simulator.numbers.find(number)
        if number.startswith(VIRTUAL):
            if own is None or "webrtc" not in own.capabilities:
                raise ControlError(f"{number} is no client", HTTPStatus.CONFLICT)
        elif own is not None:
            raise ControlError(
                f"{number} is a number of the account", HTTPStatus.CONFLICT
            )
        return number

    async def _list_texts(self, request: web.Request) -> web.Response:
        write = (
            Text.as_event
            if request.query.get("images") == "addresses"
            else Text.as_control
        )
        return web.json_response([write(text) for text in self._handset(request).texts])

    async def _send_text(self, request: web.Request) -> web.Response:
        handset = self._handset(request)
        fields = Fields(await json_body(request), {"to", "message", "images"})
        recipient = phone_number(fields.required_text("to"))
        images = _pictures(fields)
        message = fields.text("message") if images else fields.required_text("message")
        if handset.kind is not Kind.PHONE:
            raise ControlError(
                f"{handset.number} is no phone that texts", HTTPStatus.CONFLICT
            )
        if not handset.on:
            raise ControlError(
                f"The handset {handset.number} is off", HTTPStatus.CONFLICT
            )
        pictures = tuple(self._simulator.shelf.put(*image) for image in images)
        text_id = self._simulator.network.send_from_handset(
            handset.number, recipient, message or "", pictures
        )
        return web.json_response({"id": text_id})

    def _handset(self, request: web.Request) -> Handset:
        number = request.match_info["number"]
        if (handset := self._simulator.handsets.find(number)) is None:
            raise ControlError(f"There is no handset {number}", HTTPStatus.NOT_FOUND)
        return handset

    async def _show_picture(self, request: web.Request) -> web.Response:
        """Answer with a picture that a phone shows, byte for byte."""
        file = self._simulator.shelf.find(request.match_info["picture"])
        if file is None or file.content is None:
            raise ControlError("There is no such picture", HTTPStatus.NOT_FOUND)
        return web.Response(
            body=file.content,
            content_type=file.type,
            headers={"X-Content-Type-Options": "nosniff"},
        )

    async def _seed(self, request: web.Request) -> web.Response:
        """Enter something that was, which nobody hears of."""
        sorts = self._simulator.seeds.sorts
        if (enter := sorts.get(request.match_info["sort"])) is None:
            raise ControlError(
                f"One of {', '.join(sorts)} is expected", HTTPStatus.NOT_FOUND
            )
        return web.json_response(enter(await json_body(request)))

    async def _list_faults(self, _request: web.Request) -> web.Response:
        return web.json_response(self._simulator.faults.as_control())

    async def _put_faults(self, request: web.Request) -> web.Response:
        data = await json_body(request)
        if not isinstance(data, list):
            raise ControlError("A JSON list of faults is expected")
        self._simulator.faults.replace([parse_fault(item) for item in data])
        return web.json_response(self._simulator.faults.as_control())

    async def _show_log(self, request: web.Request) -> web.Response:
        after = whole_query(request, "after", 0)
        if last := whole_query(request, "last", 0):
            return web.json_response(self._simulator.log.latest(last))
        try:
            async with asyncio.timeout(
                min(whole_query(request, "wait", 0), MAX_WAIT_SECONDS)
            ):
                await self._simulator.log.wait_for(bool, after)
        except TimeoutError:
            pass
        return web.json_response(self._simulator.log.after(after))

    async def _stream_events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        with self._simulator.events.listen() as queue:
            await response.prepare(request)
            await response.write(self._simulator.events.hello().encode())
            while True:
                try:
                    async with asyncio.timeout(_HEARTBEAT_SECONDS):
                        text = await queue.get()
                except TimeoutError:
                    text = ":\n\n"
                except asyncio.QueueShutDown:
                    return response
                try:
                    await response.write(text.encode())
                except ConnectionResetError:
                    return response

    async def _reset(self, _request: web.Request) -> web.Response:
        await self._simulator.reset()
        return web.json_response({})


@web.middleware
async def control_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a control request that cannot be done with what is wrong, in JSON."""
    if not request.path.startswith("/simulator/"):
        return await handler(request)
    try:
        return await handler(request)
    except ControlError as err:
        return web.json_response({"error": str(err)}, status=err.status)
    except web.HTTPClientError as err:
        return web.json_response({"error": err.reason}, status=err.status)


def _pictures(fields: Fields) -> list[tuple[bytes, str]]:
    """Return the pictures of a message, and of which kind each is."""
    images = fields.texts("images") or ()
    if len(images) > MAX_IMAGES:
        raise ControlError(f"images: at most {MAX_IMAGES} are expected")
    pictures = []
    for image in images:
        content = read_data_url(image) or b""
        if (kind := picture_type(content)) is None or len(content) > MAX_PICTURE_BYTES:
            raise ControlError(
                f"images: data URLs of GIF, PNG or JPEG are expected, of {MAX_PICTURE_BYTES} bytes at most"
            )
        pictures.append((content, kind))
    if sum(len(content) for content, _ in pictures) > MAX_PICTURE_BYTES:
        raise ControlError(
            f"images: {MAX_PICTURE_BYTES} bytes at most are expected, all of them together"
        )
    return pictures


def _voicemail(fields: Fields) -> float | bool | None:
    """Return after how many seconds a box answers; true is the usual time, and false no box."""
    if fields.is_truth("voicemail"):
        return VOICEMAIL_SECONDS if fields.truth("voicemail") else False
    return fields.number("voicemail")


def _answers(fields: Fields) -> Answers | float | None:
    """Return what the owner of a phone does when it rings: a word, or after how many seconds they answer."""
    if not fields.is_text("answers"):
        return fields.number("answers")
    word = fields.required_choice("answers", (*Answers, AT_ONCE))
    return 0.0 if word == AT_ONCE else Answers(word)


def _change(number: Number, changes: dict[str, object]) -> None:
    for key, value in changes.items():
        setattr(number, key, value)

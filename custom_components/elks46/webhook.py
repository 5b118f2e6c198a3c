"""The door for what 46elks posts: form in, engine, answer out.

Registered for the whole time an account exists, not only while it is loaded: Home
Assistant answers 200 for addresses it does not know, and 46elks would forget the text.
46elks repeats a post for six hours until it hears a 2xx, so while the account is not
loaded, automations do not listen yet, or the disk refuses, the answer is 503 and 46elks
keeps the text for us. A call cannot wait: what it asks is answered at once, whatever
happens, so that nobody who holds a phone hears nothing.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import ClientError, hdrs
from aiohttp.web import Request, RequestPayloadError, Response, json_response
from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import CoreState, HomeAssistant, callback

from .answering import STEP
from .api import (
    CallbackKind,
    CallDirection,
    CallEnded,
    DeliveryReport,
    ElksInvalidDataError,
    Hangup,
    HangupReason,
    IncomingCall,
    IncomingMessage,
    Instruction,
    RecordingReady,
    parse_call_callback,
    parse_callback,
)
from .const import DOMAIN, LOGGER
from .data import ElksConfigEntry, ElksRuntimeData
from .errors import LaterError
from .reach import KIND_PING
from .switchboard import async_get

# The longest text has some ten thousand bytes as a form.
BODY_BYTES_AT_MOST: Final = 64 * 1024
BODY_SECONDS_AT_MOST: Final = 10
# 46elks: verify-callback-origin. Proxies hide them and 46elks may add some, so an address
# that is not among them is counted, not refused: the secret in the path is what protects.
PUBLISHED_ADDRESSES: Final = frozenset(
    map(
        ip_address,
        ("176.10.154.199", "85.24.146.132", "185.39.146.243", "2001:9b0:2:902::199"),
    )
)

# What a call hears when nothing else can be said: worked out now, so that it cannot fail then.
REJECTED: Final = Hangup().encode()
# What a call asks; everything else that is posted of calls only tells.
QUESTIONS: Final = (CallbackKind.CALL, CallbackKind.NEXT)
OF_CALLS: Final = (*QUESTIONS, CallbackKind.RECORD, CallbackKind.HANGUP)


@callback
def async_open(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Open the door of an account; open doors stay as they are."""
    webhook_id = entry.data[CONF_WEBHOOK_ID]

    async def handle(
        hass: HomeAssistant, webhook_id: str, request: Request
    ) -> Response:
        """Answer 46elks."""
        return await async_handle(hass, entry, request)

    # Registering twice is an error, and there is no asking whether it was done.
    webhook.async_unregister(hass, webhook_id)
    webhook.async_register(
        hass,
        DOMAIN,
        entry.title,
        webhook_id,
        handle,
        # With fewer, Home Assistant would log the secret address of a wrong request.
        allowed_methods=webhook.SUPPORTED_METHODS,
    )


@callback
def async_shut(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Take the door of an account away."""
    webhook.async_unregister(hass, entry.data[CONF_WEBHOOK_ID])


async def async_handle(
    hass: HomeAssistant, entry: ElksConfigEntry, request: Request
) -> Response:
    """Answer a post, whatever happens: an error would be taken for a success."""
    if entry.disabled_by is not None:
        # Switched off while it could not be set up, so nobody has shut the door.
        async_shut(hass, entry)
        return Response(status=HTTPStatus.OK)
    if request.method != hdrs.METH_POST:
        return Response(status=HTTPStatus.METHOD_NOT_ALLOWED)
    try:
        form = await _async_form(request)
    except ClientError, ConnectionError, RequestPayloadError, TimeoutError:
        return Response(status=HTTPStatus.REQUEST_TIMEOUT)
    if form is None:
        return Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    is_open = entry.state is ConfigEntryState.LOADED and hass.state is CoreState.running
    if request.query.get("kind") in QUESTIONS:
        document = await _async_instruct(hass, entry, request, form, is_open=is_open)
        return Response(text=document, content_type="application/json")
    if not is_open:
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    try:
        return await _async_receive(entry.runtime_data, request, form)
    except LaterError as err:
        LOGGER.debug("46elks should repeat what it posted: %s", err)
    except OSError:
        # An account that is being unloaded writes nothing any more.
        if entry.state is ConfigEntryState.LOADED:
            LOGGER.warning("The disk refuses what 46elks posted; 46elks will repeat it")
    except Exception:  # noqa: BLE001 - Home Assistant would answer 200: a lost text
        LOGGER.exception("Unexpected error with what 46elks posted")
    return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)


async def _async_instruct(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    request: Request,
    form: Mapping[str, str],
    *,
    is_open: bool,
) -> str:
    """Return what to do with a call, as 46elks reads it; a bug must not leave a person in silence.

    Somebody who calls hears that the house is engaged where nothing listens to it. A call
    of ours goes on as planned, as long as its plan is known.
    """
    try:
        if entry.state is ConfigEntryState.LOADED:
            entry.runtime_data.reach.callback_arrived(
                is_foreign=_is_foreign(request.remote)
            )
        answer = await _async_decide(hass, entry, request, form, is_open=is_open)
        return answer.encode()
    except Exception:  # noqa: BLE001 - Home Assistant would answer nothing: silence
        LOGGER.exception("Unexpected error with what a call asks")
    return REJECTED


async def _async_decide(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    request: Request,
    form: Mapping[str, str],
    *,
    is_open: bool,
) -> Instruction:
    """Return what to do with a call; one that cannot be read is turned away."""
    kind, ref = request.query["kind"], request.query.get("ref", "")
    is_incoming = kind == CallbackKind.CALL and form.get("direction") == "incoming"
    turned_away = Hangup(HangupReason.BUSY if is_incoming else HangupReason.REJECT)
    try:
        question = parse_call_callback(kind, form)
    except ElksInvalidDataError as err:
        LOGGER.debug("What a call asks cannot be read: %s", err)
        return turned_away
    if isinstance(question, IncomingCall) and not is_open:
        return turned_away
    board = async_get(hass, entry.entry_id)
    return await board.async_answer(ref, request.query.get(STEP, ""), question)


async def _async_receive(
    runtime: ElksRuntimeData, request: Request, form: Mapping[str, str]
) -> Response:
    kind, ref = request.query.get("kind", ""), request.query.get("ref")
    if kind == KIND_PING:
        runtime.reach.ping_arrived(ref)
        return Response(status=HTTPStatus.NO_CONTENT)
    try:
        parse = parse_call_callback if kind in OF_CALLS else parse_callback
        callback_data = parse(kind, form)
    except ElksInvalidDataError as err:
        # It names fields, never what is in them; 46elks may add kinds and fields.
        LOGGER.debug("A callback cannot be read: %s", err)
        return Response(status=HTTPStatus.NO_CONTENT)
    runtime.reach.callback_arrived(is_foreign=_is_foreign(request.remote))
    match callback_data:
        case IncomingMessage() as message:
            with runtime.replies.posted(message):
                await runtime.inbox.async_receive(message)
            # 46elks asks again where it did not hear the answer, and then gets the same.
            if recipient := await runtime.replies.async_let_forward(message):
                return json_response({"forward": recipient})
        case CallEnded(direction=CallDirection.INCOMING) as end:
            await runtime.reception.async_ended(end)
        case RecordingReady() as recording:
            await runtime.tapes.async_recorded(ref, recording)
        case CallEnded() as end:
            await runtime.dialler.async_ended(ref, end)
        case DeliveryReport() as report:
            await runtime.outbox.async_apply(ref, report)
    return Response(status=HTTPStatus.NO_CONTENT)


async def _async_form(request: Request) -> dict[str, str] | None:
    """Read the form by hand, so that a long one is not read to its end; None for that.

    Home Assistant Cloud hands over a stand-in whose `content` starts anew each time it is
    asked for, so it is asked for once.
    """
    content, body = request.content, b""
    async with asyncio.timeout(BODY_SECONDS_AT_MOST):
        while chunk := await content.read(BODY_BYTES_AT_MOST):
            body += chunk
            if len(body) > BODY_BYTES_AT_MOST:
                return None
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def _is_foreign(remote: str | None) -> bool:
    """Tell whether a known address is none of 46elks'; a proxy's loopback says nothing."""
    try:
        address = ip_address(remote or "")
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_global and address not in PUBLISHED_ADDRESSES

"""The door where 46elks brings the voice of a call, one socket for each.

Follows https://46elks.com/docs/realtime-voice: 46elks opens the socket and sends no
credentials. So two keys open this door: a token in its address, and a ticket for the call
that says hello. Registered once and for all accounts: Home Assistant takes no view away
again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from aiohttp.web import HTTPNotFound, Request, StreamResponse
from homeassistant.components.http import HomeAssistantView
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..api.realtime import Hello
from ..const import DOMAIN, LOGGER, VOICE_PATH
from .session import Attendant, CallSession
from .socket import CallSocket

# Whatever decides who answers does so in milliseconds; a person waits.
CLAIM_SECONDS: Final = 10
# Who hangs up after the last word may still have it done. When Home Assistant stops it waits
# twice as long.
GRACE_SECONDS: Final = 10

type Claim = Callable[[Hello], Awaitable[Attendant | None]]

DATA_VIEW: Final[HassKey[VoiceView]] = HassKey(f"{DOMAIN}_voice")


@dataclass(frozen=True, slots=True, eq=False)
class _Door:
    """What the calls of an account need."""

    token: bytes
    claim: Claim
    calls: dict[asyncio.Task[StreamResponse], CallSession] = field(default_factory=dict)


class VoiceView(HomeAssistantView):
    """Takes sockets, and hands each call to whom it is for."""

    url = f"{VOICE_PATH}/{{token}}"
    name = "api:elks46:voice"
    requires_auth = False

    def __init__(self, hass: HomeAssistant) -> None:
        """Have no door open."""
        self._hass = hass
        self._doors: dict[str, _Door] = {}

    @callback
    def async_open(self, entry_id: str, token: str, claim: Claim) -> None:
        """Take the calls of an account from now on."""
        self._doors[entry_id] = _Door(token=token.encode(), claim=claim)

    async def async_close(self, entry_id: str) -> None:
        """Take no more, and say goodbye to those that are going on."""
        if (door := self._doors.pop(entry_id, None)) is None or not door.calls:
            return
        # Some may end by themselves meanwhile.
        calls = dict(door.calls)
        await asyncio.gather(*(session.hang_up() for session in calls.values()))
        await asyncio.wait(calls)

    async def async_stop(self, _: Event) -> None:
        """Close all doors."""
        await asyncio.gather(*map(self.async_close, list(self._doors)))

    async def get(self, request: Request, token: str) -> StreamResponse:
        """Take a call.

        Raises:
            HTTPNotFound: the token is wrong, which is told as of an address where nothing ever is.
        """
        if (door := self._find(token)) is None:
            raise HTTPNotFound
        socket = CallSocket(request)
        await socket.open()
        session = CallSession(socket)
        if door not in self._doors.values():
            await session.hang_up()
        # Home Assistant cancels who serves a socket as soon as it is gone, but whoever talks
        # with the caller is to come to an orderly end.
        call = self._hass.async_create_background_task(
            _async_take(door, session, socket.response), "elks46 voice call"
        )
        door.calls[call] = session
        call.add_done_callback(door.calls.pop)
        return await asyncio.shield(call)

    async def refuse(self, request: Request, token: str) -> StreamResponse:
        """Tell nobody that there is a door.

        Raises:
            HTTPNotFound: as where nothing ever is; aiohttp itself would tell what may be asked.
        """
        raise HTTPNotFound

    # OPTIONS is Home Assistant's own: it tells browsers who may ask.
    delete = head = patch = post = put = refuse

    def _find(self, token: str) -> _Door | None:
        """Return the door of a token, in a time that does not tell how much of it is right."""
        asked, found = token.encode(), None
        for door in self._doors.values():
            if compare_digest(door.token, asked):
                found = door
        return found


@callback
def async_register(hass: HomeAssistant) -> None:
    """Build the doors, all closed."""
    hass.data[DATA_VIEW] = view = VoiceView(hass)
    hass.http.register_view(view)
    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, view.async_stop)


@callback
def async_open(hass: HomeAssistant, entry_id: str, token: str, claim: Claim) -> None:
    """Open the door of an account."""
    hass.data[DATA_VIEW].async_open(entry_id, token, claim)


async def async_close(hass: HomeAssistant, entry_id: str) -> None:
    """Close the door of an account, and end its calls."""
    await hass.data[DATA_VIEW].async_close(entry_id)


async def _async_take(
    door: _Door, session: CallSession, response: StreamResponse
) -> StreamResponse:
    """Lead a call from its first word to its last; nothing is left of it, whatever happens."""
    try:
        hello = await session.hello()
        attendant = await _async_claim(door, hello) if hello else None
        if attendant is not None:
            await _async_attend(attendant, session)
    except Exception:  # noqa: BLE001 - a bug in one call must not be silent, nor end others
        LOGGER.exception("Unexpected error in a call")
    finally:
        await session.hang_up()
        await session.close()
        LOGGER.debug("A call over Realtime Voice has ended: %s", session.end)
    return response


async def _async_claim(door: _Door, hello: Hello) -> Attendant | None:
    async with asyncio.timeout(CLAIM_SECONDS):
        return await door.claim(hello)


async def _async_attend(attendant: Attendant, session: CallSession) -> None:
    """Let somebody talk with the caller, and for a while finish what the call was about."""
    attending = asyncio.ensure_future(attendant(session))
    ended = asyncio.ensure_future(session.ended())
    try:
        await asyncio.wait((attending, ended), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait((attending,), timeout=GRACE_SECONDS)
    finally:
        attending.cancel()
        ended.cancel()
        await asyncio.wait((attending, ended))
    if not attending.cancelled():
        attending.result()

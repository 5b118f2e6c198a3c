"""How the house rings a phone of a simulator that runs in the test itself."""

import json
from typing import Final

from aiohttp import encode_basic_auth
from playwright.async_api import APIRequestContext

from simulator.app import Simulator
from simulator.config import DEFAULT_PASSWORD, DEFAULT_USERNAME
from simulator.conversation import Conversation
from simulator.wire import Json

ANNA: Final = "+46701740605"
ERIK: Final = "+46701740606"
HOUSE: Final = "+46701740690"
SIGNED: Final = {"Authorization": encode_basic_auth(DEFAULT_USERNAME, DEFAULT_PASSWORD)}
# It listens for a minute, and hears four keys.
MENU: Final[Json] = {"ivr": "sound/beep", "digits": 4, "timeout": 60}
# It talks for ten seconds.
SPEECH: Final[Json] = {"play": f"en_US/{'word ' * 30}"}
# It listens.
SILENCE: Final[Json] = {
    "record": "local/heard",
    "timelimit": 60,
    "silencedetection": "no",
}


async def post(
    request: APIRequestContext, simulator: Simulator, resource: str, **form: str
) -> str:
    """Ask 46elks as the house does, and return the id of what came to be."""
    answer = await request.post(
        f"{simulator.api_url}/{resource}",
        headers=SIGNED,
        form={"from": HOUSE, **form},
    )
    found: str = (await answer.json())["id"]
    return found


async def ring(
    request: APIRequestContext,
    simulator: Simulator,
    to: str,
    start: Json,
) -> Conversation:
    """Ring a phone, and return the call."""
    call_id = await post(
        request, simulator, "calls", to=to, voice_start=json.dumps(start)
    )
    call = simulator.exchange.find(call_id)
    assert call
    return call


def results(call: Conversation) -> list[object]:
    """Return what came of each instruction until now."""
    return [entry.get("result") for entry in call.call.actions]

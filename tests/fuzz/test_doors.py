"""The doors of a house that stands: whatever comes in, it is answered, and nothing that counts is lost."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from http import HTTPStatus
import json
from typing import Any, Final
from urllib.parse import quote, urlencode

import aiohttp
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.aiohttp import MockRequest
from hypothesis import given, strategies as st
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.elks46.api.callbacks import CallbackKind
from custom_components.elks46.audio import silence
from custom_components.elks46.const import (
    CONF_CALL_HANDLING,
    CONF_FORWARD_TO,
    CONF_PIN,
    CONF_TEXT_FORWARD_TO,
    DOMAIN,
    MEDIA_PATH,
    VOICE_PATH,
)
from custom_components.elks46.services import ACTIONS
from custom_components.elks46.stage import async_stage
from custom_components.elks46.voice.session import GARBAGE_AT_MOST
from custom_components.elks46.webhook import BODY_BYTES_AT_MOST
from tests import ANNA, BJORN, NUMBER, STRANGER, memory

from . import CALL_ID, FIELDS, ID, Errors, changed, forms, is_id, one_of, values

pytestmark = pytest.mark.usefixtures("impatient")

# What is remembered of all that was posted.
BYTES_AT_MOST: Final = 1024 * 1024
ADDRESS_BYTES_AT_MOST: Final = 6000
PIN: Final = "4711"
SOUND: Final = silence(0.5)
TEXT: Final = {
    "id": ID,
    "from": ANNA,
    "to": NUMBER,
    "message": "Hello",
    "created": "2026-11-22T13:37:42.314100",
}
CALL: Final = {
    "callid": CALL_ID,
    "direction": "incoming",
    "from": ANNA,
    "to": NUMBER,
    "result": "newincoming",
    "state": "success",
    "actions": "[]",
    "legs": "[]",
}
OF_TEXTS: Final = (CallbackKind.SMS, CallbackKind.MMS, CallbackKind.DELIVERY)
OF_CALLS: Final = (
    CallbackKind.CALL,
    CallbackKind.NEXT,
    CallbackKind.RECORD,
    CallbackKind.HANGUP,
)
# No answer to a text, and no word to a call, is any other.
INSTRUCTIONS: Final = {"connect", "hangup", "ivr", "play", "record"}


def fits(form: dict[str, str]) -> bool:
    """Tell whether the door takes a form; a longer one is sent away unread."""
    return len(urlencode(form)) <= BODY_BYTES_AT_MOST


ids = st.one_of(st.sampled_from((ID, CALL_ID)), st.uuids().map(lambda one: one.hex))
people = st.sampled_from((ANNA, BJORN, STRANGER, NUMBER, "anonymous", "Bank", ""))
texts = st.builds(
    lambda form, own, sender: form | {"id": own, "from": sender},
    changed(TEXT),
    ids,
    people,
).filter(fits)
calls = st.builds(
    lambda form, own, caller: form | {"callid": own, "from": caller},
    changed(CALL),
    ids,
    people,
).filter(fits)
bodies = st.one_of(
    st.one_of(forms.filter(fits), texts, calls).map(
        lambda form: urlencode(form).encode()
    ),
    st.binary(max_size=300),
)
# Of longer addresses Home Assistant's own server tells, before the door is asked.
queries = st.dictionaries(
    st.sampled_from(("kind", "ref", "step", "new")), values, max_size=3
).filter(lambda query: len(urlencode(query)) < ADDRESS_BYTES_AT_MOST)
methods = st.sampled_from(("POST",) * 9 + ("GET", "HEAD", "PUT", "DELETE"))


class Door:
    """Where everything is posted, and what the house tells of it."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        """Listen to the house."""
        self._hass = hass
        self._webhook_id = entry.data[CONF_WEBHOOK_ID]
        self.told: Counter[str] = Counter()
        self.words: set[str] = set()
        hass.bus.async_listen("elks46_sms_received", self._hear)

    async def remembered(self) -> int:
        """Return how many bytes the account remembers."""
        files = await self._hass.async_add_executor_job(memory, self._hass)
        return sum(map(len, files.values()))

    async def post(
        self, body: bytes, query: dict[str, str], method: str = "POST"
    ) -> tuple[int, bytes]:
        """Post something as Home Assistant Cloud hands it over, and return the answer."""
        request = MockRequest(
            content=body,
            mock_source="fuzz",
            method=method,
            query_string=urlencode(query),
        )
        answer: Any = await async_handle_webhook(self._hass, self._webhook_id, request)
        await self._hass.async_block_till_done()
        written = answer.body or b""
        return answer.status, written

    @callback
    def _hear(self, event: Event) -> None:
        self.told[event.data["id"]] += 1
        self.words |= set(event.data["message"].split())


async def behave(
    hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str, **settings: object
) -> None:
    """Change settings of a number or a contact."""
    subentry = entry.subentries[subentry_id]
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, **settings}
    )
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def door(hass: HomeAssistant, integration: MockConfigEntry) -> Door:
    """Return the door of an account."""
    return Door(hass, integration)


@pytest.fixture
async def door_of_anna(hass: HomeAssistant, integration: MockConfigEntry) -> Door:
    """Return the door of an account whose contact has a PIN."""
    await behave(hass, integration, "anna", **{CONF_PIN: PIN})
    return Door(hass, integration)


@pytest.fixture
async def passing_on(hass: HomeAssistant, integration: MockConfigEntry) -> Door:
    """Return the door of a number that passes texts on."""
    await behave(hass, integration, "number", **{CONF_TEXT_FORWARD_TO: BJORN})
    return Door(hass, integration)


@pytest.fixture(params=["reject", "forward", "voicemail"])
async def answering(
    hass: HomeAssistant, integration: MockConfigEntry, request: pytest.FixtureRequest
) -> Door:
    """Return the door of a number that answers calls in some way."""
    settings = {CONF_CALL_HANDLING: request.param, CONF_FORWARD_TO: [BJORN]}
    await behave(hass, integration, "number", **settings)
    return Door(hass, integration)


@pytest.fixture
async def web() -> AsyncGenerator[aiohttp.ClientSession]:
    """Return what asks over real sockets."""
    async with aiohttp.ClientSession() as session:
        yield session


@one_of(5)
@given(kind=st.one_of(st.sampled_from(OF_TEXTS), values), query=queries, body=bodies)
async def test_the_door_of_texts_answers_nothing(
    door: Door, errors: Errors, kind: str, query: dict[str, str], body: bytes
) -> None:
    """Whatever is posted: a body would be texted to a person, and an error would lose the text."""
    answers = {(204, b""), (503, b"")}
    assert await door.post(body, {**query, "kind": f" {kind}"}) in answers
    assert await door.post(body, {**query, "kind": "sms"}) in answers
    assert errors.noted == []
    assert await door.remembered() < BYTES_AT_MOST


@one_of(5)
@given(kind=st.sampled_from(OF_TEXTS), form=texts, query=queries)
async def test_a_report_or_a_picture_message_is_answered_with_nothing(
    door: Door, errors: Errors, kind: str, form: dict[str, str], query: dict[str, str]
) -> None:
    """One that can be read, more or less; who must come again for its pictures is told so."""
    body = urlencode(form).encode()
    assert await door.post(body, {**query, "kind": kind}) in {(204, b""), (503, b"")}
    assert errors.noted == []


@one_of(5)
@given(form=texts, method=methods)
async def test_each_text_is_told_once(
    door: Door, errors: Errors, form: dict[str, str], method: str
) -> None:
    """Each that has an id, a sender and a recipient, however else it is made; however often it comes."""
    is_text = is_id(form["id"]) and "to" in form and method == "POST"
    before = door.told[form["id"]]
    answer = await door.post(urlencode(form).encode(), {"kind": "sms"}, method)
    assert answer == (204 if method == "POST" else 405, b"")
    assert door.told[form["id"]] == max(before, is_text) <= 1
    assert errors.noted == []


@one_of(5)
@given(form=texts, words=st.lists(st.sampled_from((PIN, f"{PIN}.", "STATUS", "0000"))))
async def test_no_text_tells_a_pin(
    door_of_anna: Door, errors: Errors, form: dict[str, str], words: list[str]
) -> None:
    """Wherever in it the contact has written it."""
    text = form | {"from": ANNA, "message": " ".join(words)}
    await door_of_anna.post(urlencode(text).encode(), {"kind": "sms"})
    assert not [word for word in door_of_anna.words if PIN in word]
    assert errors.noted == []


@one_of(5)
@given(form=texts)
async def test_only_a_forward_is_answered(
    passing_on: Door, errors: Errors, form: dict[str, str]
) -> None:
    """To nobody but whom the person has chosen, for texts to no other number."""
    status, written = await passing_on.post(urlencode(form).encode(), {"kind": "sms"})
    document = json.loads(written or "{}")
    assert document in ({"forward": BJORN}, {})
    assert (status == HTTPStatus.OK) == bool(document)
    assert not document or form["to"] == NUMBER
    assert errors.noted == []


@one_of(6)
@given(
    kind=st.sampled_from((CallbackKind.CALL, CallbackKind.NEXT)),
    form=calls,
    query=queries,
)
async def test_a_call_is_told_what_to_do(
    answering: Door,
    errors: Errors,
    kind: str,
    form: dict[str, str],
    query: dict[str, str],
) -> None:
    """Nobody is left in silence, and no call is passed on to somebody else."""
    asked = {**query, "kind": kind}
    status, written = await answering.post(urlencode(form).encode(), asked)
    document = json.loads(written)
    assert status == HTTPStatus.OK
    assert INSTRUCTIONS & {*document}
    assert document.get("connect", BJORN) == BJORN
    assert errors.noted == []
    assert await answering.remembered() < BYTES_AT_MOST


@one_of(6)
@given(
    kind=st.sampled_from((CallbackKind.RECORD, CallbackKind.HANGUP)),
    form=calls,
    query=queries,
)
async def test_what_tells_of_a_call_is_answered_with_nothing(
    answering: Door,
    errors: Errors,
    kind: str,
    form: dict[str, str],
    query: dict[str, str],
) -> None:
    """It is taken, or 46elks is asked to come again."""
    asked = {**query, "kind": kind}
    answer = await answering.post(urlencode(form).encode(), asked)
    assert answer in {(204, b""), (503, b"")}
    assert errors.noted == []
    assert await answering.remembered() < BYTES_AT_MOST


# What a stranger may have instead of a token: some of it, or something else. A token is never the same twice, so it is
# put in where the test has it.
WRONG: Final[tuple[Callable[[str], str], ...]] = (
    lambda token: token[:-1],
    lambda token: token[1:],
    lambda token: token[::-1],
    lambda token: f"{token}=",
    lambda token: f"{token}/",
    lambda token: f"../media/{token}?",
    lambda token: f"\0{token}",
)
strangers: st.SearchStrategy[Callable[[str], str]] = st.one_of(
    st.sampled_from(WRONG),
    st.text(max_size=300).map(lambda other: lambda _token: other),
)
ranges = st.one_of(
    st.builds("bytes={}-{}".format, *(st.one_of(st.just(""), st.integers()),) * 2),
    st.sampled_from(("bytes=", "bytes=0-1,3-4", "pages=1-2", "bytes=1", "-", "")),
    st.from_regex(r"[ -~]{0,40}", fullmatch=True),
)


@pytest.fixture
def sound(hass: HomeAssistant, integration: MockConfigEntry) -> str:
    """Return the token of a sound that waits for a call."""
    return async_stage(hass).async_offer(SOUND, lifetime=None).partition(".")[0]


@given(wrong=strangers, method=st.sampled_from(("GET", "HEAD")), asked=ranges)
async def test_a_sound_is_for_who_knows_its_address(
    sound: str,
    public_url: str,
    web: aiohttp.ClientSession,
    errors: Errors,
    wrong: Callable[[str], str],
    method: str,
    asked: str,
) -> None:
    """Whatever part of it is asked for, and nothing is told to anybody else."""
    headers = {"Range": asked}
    where = f"{public_url}{MEDIA_PATH}/"
    other = URL(where + quote(wrong(sound), safe=""), encoded=True)
    async with web.request(method, other, headers=headers) as answer:
        assert answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}
        assert len(await answer.read()) < len(SOUND.content) // 10
    async with web.request(method, where + sound, headers=headers) as answer:
        assert answer.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, 416}
        assert await answer.read() in SOUND.content
    assert errors.noted == []


@given(wrong=strangers, fields=st.dictionaries(st.sampled_from(FIELDS), values))
async def test_a_socket_is_for_who_knows_its_address(
    integration: MockConfigEntry,
    public_url: str,
    web: aiohttp.ClientSession,
    errors: Errors,
    wrong: Callable[[str], str],
    fields: dict[str, str],
) -> None:
    """And a call on it for who has a ticket; to anybody else it says goodbye."""
    token = integration.runtime_data.address.voice_token
    where = f"{public_url}{VOICE_PATH}/"
    other = URL(where + quote(wrong(token), safe=""), encoded=True)
    async with web.get(other) as answer:
        assert answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}
    hello = {"t": "hello", "callid": CALL_ID, "from": ANNA, "to": NUMBER} | fields
    async with web.ws_connect(where + token) as socket:
        for said in (hello, *[fields] * GARBAGE_AT_MOST, {"t": "bye"}):
            await socket.send_json(said)
        heard = [one.json() async for one in socket]
    assert heard in ([{"t": "bye"}], [])
    assert errors.noted == []


# Each action with what it takes, so that most of what is tried is not refused for want of a field.
SOME: Final = {
    "to": [BJORN],
    "message": "Hello",
    "call_id": CALL_ID,
    "instruction": "reject",
    "number": NUMBER,
    "contacts": ["anna"],
    "subaccount_id": "u1",
    "name": "Cottage",
    "country": "se",
}
strange: st.SearchStrategy[Any] = st.recursive(
    st.one_of(values, st.integers(), st.floats(), st.booleans(), st.none()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(values, inner, max_size=2)
    ),
    max_leaves=4,
)


# Of anything else Home Assistant itself makes an error that no person understands, in each action with a target.
entities = strange.filter(
    lambda value: value is None or isinstance(value, str | list | dict)
)


def fields_of(action: str) -> list[str]:
    """Return what an action may be told."""
    schema: Any = ACTIONS[action][0]
    keys = getattr(schema, "schema", None)
    known = [str(key) for key in keys] if isinstance(keys, dict) else []
    return sorted({*known, *SOME, "entity_id", "device_id"})


@given(data=st.data(), action=st.sampled_from(sorted(ACTIONS)))
async def test_an_action_is_done_or_refused(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    errors: Errors,
    data: st.DataObject,
    action: str,
) -> None:
    """By an error that tells a person what is wrong, and no other."""
    told = data.draw(
        st.dictionaries(st.sampled_from(fields_of(action)), strange, max_size=4)
    )
    told |= {key: data.draw(entities) for key in told.keys() & {"entity_id"}}
    kept = data.draw(st.sets(st.sampled_from(sorted(SOME)), max_size=6))
    asked = {key: SOME[key] for key in kept} | told | {"wait": 0}
    with suppress(HomeAssistantError, probatio.Invalid):
        await hass.services.async_call(
            DOMAIN,
            action,
            {key: value for key, value in asked.items() if key in fields_of(action)},
            blocking=True,
            return_response=True,
        )
    await hass.async_block_till_done()
    assert errors.noted == []

"""Tests of the one place that speaks HTTP with 46elks."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
import pytest

from custom_components.elks46.api import (
    DEFAULT_API_URL,
    ElksAuthenticationError,
    ElksClient,
    ElksConnectionError,
    ElksError,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksRateLimitError,
    ElksRequestError,
    ElksResponseError,
    ElksServerError,
    ElksTimeoutError,
)

from . import Asked, Elks, answer_text

SOON = timedelta(seconds=0.1)
LOGIN = "Basic dTAxMjM6czNjcjN0"
ACCOUNT_ASKED = Asked(
    method="GET",
    path="/a1/me",
    query={},
    form={},
    content_type=None,
    authorization=LOGIN,
)


class NoNames(AbstractResolver):
    """Knows no name of any host."""

    async def resolve(
        self, host: str, port: int = 0, family: int = 0
    ) -> list[ResolveResult]:
        """Fail."""
        raise OSError(None, "Name or service not known")

    async def close(self) -> None:
        """Have nothing to close."""


@pytest.fixture
async def deaf_port(socket_enabled: None) -> AsyncGenerator[int]:
    """Return a port at which someone listens and never says a word."""
    over = asyncio.Event()

    async def listen(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await over.wait()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        over.set()


async def send(client: ElksClient) -> None:
    """Send some text."""
    await client.messages.send_sms(recipient="+46701740605", text="Hi", sender="Villan")


async def get(client: ElksClient) -> None:
    """Get the account."""
    await client.account.get()


async def test_the_clock_of_46elks_is_known_after_its_first_answer(
    client: ElksClient, elks: Elks
) -> None:
    """Also from an error; what is no time changes nothing."""
    assert [client.now] == [None]
    shown = datetime(2020, 5, 4, 13, 37, tzinfo=UTC)
    me = answer_text("account.json")
    elks.answers(me, headers={"Date": "nonsense"})
    await client.account.get()
    assert [client.now] == [None]
    elks.answers(
        "No", status=403, headers={"Date": format_datetime(shown, usegmt=True)}
    )
    with pytest.raises(ElksForbiddenError):
        await client.account.get()
    elks.answers(me, headers={"Date": "nonsense"})
    await client.account.get()
    assert client.now is not None
    assert timedelta(0) < client.now - shown < timedelta(minutes=1)


def test_the_default_address_is_that_of_46elks() -> None:
    """The API has a version in its address."""
    assert DEFAULT_API_URL == "https://api.46elks.com/a1"


async def test_a_get_carries_the_login_and_no_form(
    client: ElksClient, elks: Elks
) -> None:
    """A GET has neither a body nor a type of one."""
    elks.answers(answer_text("account.json"))
    await get(client)
    assert elks.asked == [ACCOUNT_ASKED]


async def test_a_slash_at_the_end_of_the_address_does_no_harm(
    session: aiohttp.ClientSession, api_url: str, elks: Elks
) -> None:
    """People copy addresses with and without it."""
    elks.answers(answer_text("account.json"))
    await get(ElksClient(session, "u0123", "s3cr3t", api_url=f"{api_url}/"))
    assert elks.asked == [ACCOUNT_ASKED]


async def test_a_login_of_any_characters_is_for_46elks_to_refuse(
    session: aiohttp.ClientSession, api_url: str, elks: Elks
) -> None:
    """What someone types into a form does not break the client."""
    elks.answers("API access requires Basic HTTP authentication.", 401)
    with pytest.raises(ElksAuthenticationError):
        await get(ElksClient(session, "a:b\ud83d", "lösen", api_url=api_url))
    assert elks.asked[0].authorization == "Basic YTpiPzpsw7ZzZW4="


@pytest.mark.parametrize(
    ("status", "error", "outcome_unknown"),
    [
        pytest.param(400, ElksRequestError, False, id="bad request"),
        pytest.param(401, ElksAuthenticationError, False, id="wrong login"),
        pytest.param(403, ElksForbiddenError, False, id="forbidden"),
        pytest.param(404, ElksRequestError, False, id="not found"),
        pytest.param(429, ElksRateLimitError, False, id="too much"),
        pytest.param(500, ElksServerError, True, id="broken"),
        pytest.param(520, ElksServerError, True, id="status of no standard"),
    ],
)
async def test_a_status_is_an_error_of_its_own(
    client: ElksClient,
    elks: Elks,
    status: int,
    error: type[ElksResponseError],
    outcome_unknown: bool,
) -> None:
    """A refusal is certain; a broken server may have acted first."""
    elks.answers("Missing key from", status)
    with pytest.raises(ElksResponseError) as caught:
        await send(client)
    assert type(caught.value) is error
    assert caught.value.status == status
    assert caught.value.message == "Missing key from"
    assert str(caught.value) == f"Missing key from ({status})"
    assert caught.value.outcome_unknown is outcome_unknown


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param("Invalid to number", "Invalid to number", id="plain text"),
        pytest.param('{"error": "no", "detail": "why"}', "no: why", id="JSON"),
        pytest.param('{"error": "no"}', "no", id="JSON without detail"),
        pytest.param('{"oh": "no"}', '{"oh": "no"}', id="other JSON"),
        pytest.param("[" * 100_000, "[" * 200, id="JSON too deep to read"),
        pytest.param("", "Forbidden", id="empty"),
        pytest.param(" \n<html>no</html>", "Forbidden", id="page of a proxy"),
        pytest.param("not\r\n  here\t!", "not here !", id="several lines"),
        pytest.param("x" * 1000, "x" * 200, id="long"),
    ],
)
async def test_what_46elks_says_is_kept(
    client: ElksClient, elks: Elks, body: str, message: str
) -> None:
    """Errors come as a line of text, or as JSON, and from a proxy as a page."""
    elks.answers(body, 403)
    with pytest.raises(ElksForbiddenError) as caught:
        await get(client)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("header", "retry_after"),
    [
        pytest.param({"Retry-After": "30"}, 30.0, id="seconds"),
        pytest.param({"Retry-After": "soon"}, None, id="not seconds"),
        pytest.param({}, None, id="absent"),
    ],
)
async def test_a_rate_limit_says_for_how_long(
    client: ElksClient, elks: Elks, header: dict[str, str], retry_after: float | None
) -> None:
    """46elks may say when it can be asked again."""
    elks.answers("Slow down", 429, header)
    with pytest.raises(ElksRateLimitError) as caught:
        await get(client)
    assert caught.value.retry_after == retry_after


async def test_a_get_is_asked_again_until_46elks_is_well(
    client: ElksClient, elks: Elks
) -> None:
    """A lost connection, a broken server, then the answer."""
    # aiohttp by itself asks a server that hangs up on a GET once more.
    elks.hangs_up()
    elks.hangs_up()
    elks.answers("", 503)
    elks.answers(answer_text("account.json"))
    await get(client)
    assert elks.asked == [ACCOUNT_ASKED] * 4


async def test_a_get_is_given_up_after_the_last_pause(
    client: ElksClient, elks: Elks
) -> None:
    """Two pauses make three tries."""
    for _ in range(3):
        elks.answers("Broken", 500)
    with pytest.raises(ElksServerError, match=r"Broken \(500\)"):
        await get(client)
    assert elks.asked == [ACCOUNT_ASKED] * 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
async def test_a_refused_get_is_not_asked_again(
    client: ElksClient, elks: Elks, status: int
) -> None:
    """46elks would say the same again."""
    elks.answers("No", status)
    with pytest.raises(ElksResponseError):
        await get(client)
    assert elks.asked == [ACCOUNT_ASKED]


async def test_a_post_to_a_broken_46elks_is_not_asked_again(
    client: ElksClient, elks: Elks
) -> None:
    """It may have been sent, and billed."""
    elks.answers("", 500)
    with pytest.raises(ElksServerError) as caught:
        await send(client)
    assert caught.value.outcome_unknown
    assert len(elks.asked) == 1


async def test_a_post_whose_answer_is_lost_is_not_asked_again(
    client: ElksClient, elks: Elks
) -> None:
    """It was most likely sent, be the connection a new one or one that was kept."""
    elks.hangs_up()
    with pytest.raises(ElksConnectionError) as caught:
        await send(client)
    assert caught.value.outcome_unknown
    elks.answers(answer_text("account.json"))
    await get(client)
    elks.hangs_up()
    with pytest.raises(ElksConnectionError):
        await send(client)
    assert [asked.method for asked in elks.asked] == ["POST", "GET", "POST"]


@pytest.mark.parametrize("status", [200, 500])
async def test_a_body_that_breaks_off_is_a_lost_answer(
    client: ElksClient, elks: Elks, status: int
) -> None:
    """The body is read where errors are caught."""
    elks.breaks_off(status)
    with pytest.raises(ElksConnectionError) as caught:
        await send(client)
    assert caught.value.outcome_unknown


async def test_a_silent_46elks_is_given_up(
    session: aiohttp.ClientSession, api_url: str, elks: Elks
) -> None:
    """Nobody knows what it did."""
    elks.is_silent()
    client = ElksClient(session, "u0123", "s3cr3t", api_url=api_url, timeout=SOON)
    with pytest.raises(ElksTimeoutError) as caught:
        await send(client)
    assert caught.value.outcome_unknown


async def test_a_body_that_never_ends_is_given_up(
    session: aiohttp.ClientSession, api_url: str, elks: Elks
) -> None:
    """The time is that of the whole answer."""
    elks.never_ends()
    client = ElksClient(session, "u0123", "s3cr3t", api_url=api_url, timeout=SOON)
    with pytest.raises(ElksTimeoutError) as caught:
        await send(client)
    assert caught.value.outcome_unknown


async def test_a_download_that_comes_to_a_halt_is_given_up(
    session: aiohttp.ClientSession, api_url: str, elks: Elks
) -> None:
    """A large file may take long, but not to say nothing."""
    elks.never_ends()
    client = ElksClient(
        session,
        "u0123",
        "s3cr3t",
        api_url=api_url,
        timeout=SOON,
        retry_pauses=(),
    )
    with pytest.raises(ElksTimeoutError):
        await client.download("images/m1-i0.jpg", max_bytes=1024 * 1024 * 1024)
    assert len(elks.asked) == 1


async def test_a_connection_that_takes_too_long_has_sent_nothing(
    session: aiohttp.ClientSession, deaf_port: int
) -> None:
    """Not even the handshake was over."""
    client = ElksClient(
        session,
        "u0123",
        "s3cr3t",
        api_url=f"https://127.0.0.1:{deaf_port}",
        timeout=SOON,
    )
    with pytest.raises(ElksTimeoutError) as caught:
        await send(client)
    assert not caught.value.outcome_unknown


async def test_a_refused_connection_has_sent_nothing(
    session: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    """Nobody listens there."""
    client = ElksClient(
        session, "u0123", "s3cr3t", api_url=f"http://127.0.0.1:{unused_tcp_port}/a1"
    )
    with pytest.raises(ElksConnectionError, match="Cannot connect") as caught:
        await send(client)
    assert not caught.value.outcome_unknown


async def test_a_name_that_is_not_known_has_sent_nothing(socket_enabled: None) -> None:
    """The house has no internet."""
    connector = aiohttp.TCPConnector(resolver=NoNames())
    async with aiohttp.ClientSession(connector=connector) as session:
        client = ElksClient(session, "u0123", "s3cr3t", api_url="http://elks.example")
        with pytest.raises(ElksConnectionError, match="Cannot connect") as caught:
            await send(client)
    assert not caught.value.outcome_unknown


async def test_a_closed_session_has_sent_nothing(
    client: ElksClient, session: aiohttp.ClientSession, elks: Elks
) -> None:
    """Whoever owns the session is leaving."""
    await session.close()
    with pytest.raises(ElksConnectionError) as caught:
        await send(client)
    assert not caught.value.outcome_unknown
    assert elks.asked == []


@pytest.mark.parametrize(
    "api_url",
    ["", "elks", "http://[", "http://:80", "ftp://elks.example", "http://elks:99999"],
)
async def test_an_address_that_is_none_is_a_failed_connection(
    session: aiohttp.ClientSession, api_url: str
) -> None:
    """What someone types into a form does not break the client."""
    with pytest.raises(ElksConnectionError) as caught:
        await send(ElksClient(session, "u0123", "s3cr3t", api_url=api_url))
    assert not caught.value.outcome_unknown


async def test_a_login_in_the_address_is_no_login(
    session: aiohttp.ClientSession,
) -> None:
    """The client has one already."""
    url = "http://u9999:h1dd3n@127.0.0.1/a1"
    with pytest.raises(ElksConnectionError) as caught:
        await send(ElksClient(session, "u0123", "s3cr3t", api_url=url))
    assert "h1dd3n" not in repr(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_login_does_not_follow_a_redirect(
    client: ElksClient, elks: Elks, api_url: str, status: int
) -> None:
    """Whoever is at the other end gets nothing, and the text may have been sent."""
    elks.answers("", status, {"Location": f"{api_url}/elsewhere"})
    with pytest.raises(ElksInvalidDataError, match=str(status)) as caught:
        await send(client)
    assert caught.value.outcome_unknown
    assert len(elks.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param("OK", id="text"),
        pytest.param("<html></html>", id="page of a proxy"),
        pytest.param('"id"', id="JSON text"),
        pytest.param("null", id="JSON null"),
        pytest.param("[]", id="empty list"),
        pytest.param("[{}, {}]", id="two objects"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param(" " * (8 * 1024 * 1024) + "{}", id="too long"),
        pytest.param("{}", id="object without fields"),
    ],
)
async def test_an_answer_that_cannot_be_understood_is_a_doubt(
    client: ElksClient, elks: Elks, body: str
) -> None:
    """The text may have been sent all the same."""
    elks.answers(body)
    with pytest.raises(ElksInvalidDataError) as caught:
        await send(client)
    assert caught.value.outcome_unknown
    assert len(elks.asked) == 1


async def test_a_session_that_raises_by_itself_changes_nothing(
    api_url: str, elks: Elks
) -> None:
    """The session may be shared, whatever its defaults."""
    elks.answers("No", 403)
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        with pytest.raises(ElksForbiddenError, match="No"):
            await get(ElksClient(session, "u0123", "s3cr3t", api_url=api_url))


async def test_a_cancelled_request_is_cancelled(client: ElksClient, elks: Elks) -> None:
    """Whoever asks may stop waiting."""
    elks.is_silent()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await get(client)
    assert elks.asked == [ACCOUNT_ASKED]


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_the_login_is_never_shown(
    client: ElksClient, elks: Elks, status: int
) -> None:
    """Neither client nor error gives it away, nor what the error came from."""
    for _ in range(3):
        elks.answers("No", status)
    with pytest.raises(ElksError) as caught:
        await get(client)
    shown = f"{client!r} {client} {caught.value!r} {caught.value} {caught.value.__cause__!r}"
    assert "u0123" not in shown
    assert "s3cr3t" not in shown
    assert LOGIN not in shown


async def test_a_lost_connection_does_not_show_what_was_asked(
    client: ElksClient, elks: Elks
) -> None:
    """Addresses hold phone numbers, and headers the login."""
    for _ in range(6):
        elks.hangs_up()
    with pytest.raises(ElksConnectionError) as caught:
        await anext(client.messages.sms_history(None, recipient="+46701740605"))
    assert caught.value.__cause__ is None
    assert "46701740605" not in repr(caught.value)

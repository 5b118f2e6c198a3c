"""The nouns of 46elks' API: one short method an endpoint.

Follows https://46elks.com/docs/update-account, https://46elks.com/docs/send-sms,
https://46elks.com/docs/sms-history, https://46elks.com/docs/list-numbers and
https://46elks.com/docs/configure-number.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from .models import Account, Message, MessageKind, Number

if TYPE_CHECKING:
    from .client import ElksClient


class AccountResource:
    """The account itself."""

    def __init__(self, client: ElksClient) -> None:
        """Speak through the client."""
        self._client = client

    async def get(self) -> Account:
        """Return the account and its balance."""
        return Account.from_api(await self._client.request("GET", "me"))


class MessagesResource:
    """Messages, sent and received."""

    def __init__(self, client: ElksClient) -> None:
        """Speak through the client."""
        self._client = client

    async def send_sms(
        self,
        *,
        recipient: str,
        text: str,
        sender: str,
        delivery_url: str | None = None,
        flash: bool = False,
        dry_run: bool = False,
        private: bool = False,
    ) -> Message:
        """Send a text, which costs money and so is asked for once, come what may."""
        form = {"from": sender, "to": recipient, "message": text}
        if delivery_url:
            form["whendelivered"] = delivery_url
        if flash:
            form["flashsms"] = "yes"
        if dry_run:
            form["dryrun"] = "yes"
        if private:
            form["dontlog"] = "message"
        return Message.from_api(
            await self._client.request("POST", "sms", form=form), MessageKind.SMS
        )

    async def get_sms(self, message_id: str) -> Message:
        """Return one text."""
        return Message.from_api(
            await self._client.request("GET", f"sms/{_segment(message_id)}"),
            MessageKind.SMS,
        )

    async def sms_history(
        self,
        after: datetime | None,
        *,
        before: datetime | None = None,
        recipient: str | None = None,
    ) -> AsyncIterator[Message]:
        """Yield the texts of a span of time, in both directions, newest first."""
        query: dict[str, str] = {}
        if after:
            # 46elks goes back in time: `start` is the newer bound.
            query["end"] = _wire_time(after)
        if before:
            query["start"] = _wire_time(before)
        if recipient:
            query["to"] = recipient
        async for row in self._client.rows("sms", query):
            yield Message.from_api(row, MessageKind.SMS)


class NumbersResource:
    """The account's virtual numbers."""

    def __init__(self, client: ElksClient) -> None:
        """Speak through the client."""
        self._client = client

    async def list(self) -> tuple[Number, ...]:
        """Return all numbers, also those that were given back."""
        return tuple(
            [Number.from_api(row) async for row in self._client.rows("numbers", {})]
        )

    async def get(self, number_id: str) -> Number:
        """Return one number."""
        return Number.from_api(
            await self._client.request("GET", f"numbers/{_segment(number_id)}")
        )

    async def configure(self, number_id: str, *, sms_url: str | None = None) -> Number:
        """Change what is given, clear what is given empty, leave the rest as it is."""
        form = {} if sms_url is None else {"sms_url": sms_url or "none"}
        return Number.from_api(
            await self._client.request(
                "POST", f"numbers/{_segment(number_id)}", form=form
            )
        )


def _segment(value: str) -> str:
    """Return an id as one segment of a path, whatever is in it."""
    return quote(value, safe="", errors="replace")


def _wire_time(value: datetime) -> str:
    """Return a time as 46elks writes it: UTC, without saying so."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")

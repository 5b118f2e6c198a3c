"""Texts over the API.

46elks: send-sms, sms-history, show-sms-id.
"""

from collections.abc import Iterable
from http import HTTPStatus
import re
from typing import Final

from .account import Account
from .addresses import Addresses
from .messages import Draft, Message, Messages, described
from .network import Network
from .numbers import Numbers
from .prices import country_of
from .wire import E164, Json, Refusal, Request, Routes, exact_time, page

# A text sender may have letters, digits, spaces and full stops; operators filter more, and 46elks refuses a hyphen.
_SENDER_SIGNS: Final = re.compile(r"[A-Za-z0-9 .]+", re.ASCII)
MIN_SENDER: Final = 3
MAX_SENDER: Final = 11


class Sms:
    """The resource `sms`."""

    def __init__(
        self,
        *,
        account: Account,
        addresses: Addresses,
        messages: Messages,
        numbers: Numbers,
        network: Network,
    ) -> None:
        """Open the resource."""
        self._account = account
        self._addresses = addresses
        self._messages = messages
        self._numbers = numbers
        self._network = network

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {
            ("POST", "sms"): self._send,
            ("GET", "sms"): self._list,
            ("GET", "sms/{id}"): self._show,
            ("DELETE", "sms/{id}"): self._delete,
        }

    def _send(self, request: Request) -> Json:
        sender, recipient, text = (
            request.required(key) for key in ("from", "to", "message")
        )
        dry_run = request.params.get("dryrun") == "yes"
        delivery_url = request.params.get("whendelivered")
        self._check_sender(sender, dry_run=dry_run)
        self._check_recipient(recipient, dry_run=dry_run)
        if not text:
            raise Refusal("The message is empty")
        if delivery_url is not None and not self._addresses.accepts(delivery_url):
            raise Refusal("Invalid value for whendelivered, not a URL")
        draft = Draft(
            sender=sender,
            recipient=recipient,
            text=text,
            delivery_url=delivery_url,
            flash=request.params.get("flashsms") == "yes",
            private=request.params.get("dontlog") == "message",
        )
        if dry_run:
            return self._quote(draft)
        if (message := self._network.send(draft)) is None:
            raise Refusal("Not enough credits on your account to send this SMS")
        return message.as_posted()

    def _quote(self, draft: Draft) -> Json:
        """Return what a dry run tells: no id, no time, and an estimate."""
        parts, cost = self._messages.quote(draft.recipient, draft.text)
        return {
            "status": "created",
            "direction": "outgoing",
            "from": draft.sender,
            "estimated_cost": cost,
            "to": draft.recipient,
            "parts": parts,
            **described(draft),
        }

    def _check_sender(self, sender: str, *, dry_run: bool) -> None:
        if sender.startswith("+"):
            if not self._numbers.owns(sender):
                raise Refusal("Invalid from number")
            return
        if sender[:1].isdigit():
            raise Refusal("Alphanumeric numbers may not start with a digit")
        if not _SENDER_SIGNS.fullmatch(sender):
            raise Refusal("Invalid from number")
        if dry_run:
            return
        if len(sender) > MAX_SENDER:
            raise Refusal(f"Too long from, at most {MAX_SENDER} characters")
        if len(sender) < MIN_SENDER:
            raise Refusal("Invalid from number")

    def _check_recipient(self, recipient: str, *, dry_run: bool) -> None:
        """Refuse a recipient that cannot be reached; a dry run looks only at the plus and the country."""
        if not recipient.startswith("+"):
            raise Refusal('Invalid to number. Expected "+" and the country code first')
        if not dry_run and not E164.fullmatch(recipient):
            raise Refusal("Invalid to number")
        country = country_of(recipient)
        if country not in self._account.state.countries:
            raise Refusal(
                f"Sending to {(country or 'this country').upper()} is disallowed by default"
            )

    def _list(self, request: Request) -> Json:
        rows: Iterable[Message] = self._messages.newest_first()
        if (recipient := request.params.get("to")) is not None:
            rows = (row for row in rows if row.draft.recipient == recipient)
        return page(rows, request.params, Message.as_stored)

    def _show(self, request: Request) -> Json:
        if (message := self._messages.find(request.object_id)) is None:
            raise Refusal("Not found", HTTPStatus.NOT_FOUND)
        return message.as_stored()

    def _delete(self, request: Request) -> Json:
        if (deleted := self._messages.delete(request.object_id)) is None:
            raise Refusal("Not found", HTTPStatus.NOT_FOUND)
        return {"id": request.object_id, "deleted": exact_time(deleted)}

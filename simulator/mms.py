"""Picture messages over the API.

46elks: send-mms, mms-history, show-mms-id.
"""

import secrets
from typing import Final

from .account import Account
from .config import FICTION
from .handsets import Handsets
from .images import Images
from .messages import Direction, Draft, Kind, Message, Messages, Status
from .network import Network
from .numbers import Numbers
from .pictures import Pictures
from .wire import Json, Refusal, Request, Routes, exact_time, stored_time

ANY_NUMBER: Final = "noreply"
# 46elks' word, and spelling, for a message it has taken.
_TAKEN: Final = "recieved"


class Mms:
    """The resource `mms`."""

    def __init__(
        self,
        *,
        account: Account,
        messages: Messages,
        images: Images,
        pictures: Pictures,
        numbers: Numbers,
        handsets: Handsets,
        network: Network,
    ) -> None:
        """Open the resource."""
        self._account = account
        self._history = messages.of[Kind.MMS]
        self._images = images
        self._pictures = pictures
        self._numbers = numbers
        self._handsets = handsets
        self._network = network

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {
            ("POST", "mms"): self._send,
            ("GET", "mms"): self._list,
            ("GET", "mms/{id}"): self._show,
            ("DELETE", "mms/{id}"): self._delete,
        }

    async def _send(self, request: Request) -> Json:
        sender, recipient = (request.required(key) for key in ("from", "to"))
        text, image = (request.params.get(key) for key in ("message", "image"))
        if sender != ANY_NUMBER:
            self._numbers.check_sender(sender, request.asker, Kind.MMS)
            if self._numbers.answering(sender, Kind.MMS) is None:
                raise Refusal("Invalid from number")
        self._account.check_recipient(recipient)
        if text is None and image is None:
            raise Refusal("Missing key message")
        if not text and not image:
            raise Refusal("The message is empty")
        pictures = (await self._pictures.take(image),) if image else ()
        message = self._network.send(
            Draft(
                kind=Kind.MMS,
                owner=request.asker.id,
                sender=self._random_number() if sender == ANY_NUMBER else sender,
                recipient=recipient,
                text=text or "",
                pictures=pictures,
            )
        )
        return _shown(message, exact_time(message.created))

    def _random_number(self) -> str:
        """Return a number that is nobody's."""
        free = [
            number
            for number in FICTION
            if number != self._account.state.mobilenumber
            and not (self._numbers.find(number) or self._handsets.find(number))
        ]
        return secrets.choice(free or FICTION)

    def _list(self, request: Request) -> Json:
        return self._history.page(request, _as_stored)

    def _show(self, request: Request) -> Json:
        return _as_stored(self._history.asked(request))

    def _delete(self, request: Request) -> Json:
        """Forget a message and its pictures; a phone keeps what it has."""
        images = self._history.asked(request).images
        self._images.forget(images)
        return self._history.delete(request)


def _as_stored(message: Message) -> Json:
    """Return a message as it is read back."""
    shown = _shown(message, stored_time(message.created))
    if message.draft.direction is not Direction.INCOMING:
        taken = message.status is Status.CREATED
        shown["status"] = _TAKEN if taken else message.status
    if message.delivered is not None:
        shown["delivered"] = stored_time(message.delivered)
    if message.images:
        shown["images"] = [image.id for image in message.images]
    return shown


def _shown(message: Message, created: str) -> Json:
    """Return what every answer tells of a message."""
    draft = message.draft
    shown: Json = {
        "direction": draft.direction,
        "from": draft.sender,
        "created": created,
        "to": draft.recipient,
    }
    if draft.direction is not Direction.INCOMING:
        shown["cost"] = message.cost
    shown["owner"] = draft.owner
    if draft.text:
        shown["message"] = draft.text
    return {**shown, "id": message.id}

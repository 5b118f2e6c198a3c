"""What the engine has noticed, and the door through which the bench reads it when nothing is measured any more."""

from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp.web import Request, Response
from homeassistant.components.http import HomeAssistantView


@dataclass(slots=True)
class Answer:
    """When sound of one answer was there: moments, each with the seconds of sound there were by then.

    Moments are of the clock that all processes of a machine share. `handed` is when the voice handed it over, `ready` when Home Assistant had it in the form that was asked for.
    """

    handed: list[tuple[float, float]] = field(default_factory=list)
    ready: list[tuple[float, float]] = field(default_factory=list)


@dataclass(slots=True)
class Notes:
    """What has happened since the bench has turned to a new page.

    `listening` counts how often somebody began to be listened to, `heard` are the moments in which clicks came.
    """

    listening: int = 0
    heard: list[float] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


class Notebook:
    """What is to be done, and what is noted."""

    def __init__(self) -> None:
        """Turn to the first page."""
        self.clicks = 1
        self.seconds = 1.0
        self.thinking = 0.0
        self.notes = Notes()

    def turn(self, clicks: int, seconds: float, thinking: float) -> None:
        """Turn to a new page: so many clicks are said, and answered after so long by so much speech."""
        self.clicks, self.seconds, self.thinking = clicks, seconds, thinking
        self.notes = Notes()


class NotebookView(HomeAssistantView):
    """Lets the bench read and write."""

    url = "/api/bench_engine"
    name = "api:bench_engine"

    def __init__(self, notebook: Notebook) -> None:
        """Take the notebook."""
        self._notebook = notebook

    async def get(self, _: Request) -> Response:
        """Tell what has been noted."""
        return self.json(asdict(self._notebook.notes))

    async def post(self, request: Request) -> Response:
        """Turn to a new page."""
        order: dict[str, Any] = await request.json()
        self._notebook.turn(
            int(order["clicks"]), float(order["seconds"]), float(order["thinking"])
        )
        return self.json({})

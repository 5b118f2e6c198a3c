"""Looks up what people are shown while tests run: each form, menu, end of a flow and issue has its words.

What stands in the code as a string can be read there (test_translations.py); which fields a
form has, and what it is told to fill in, shows only when it is shown.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import wraps
import json
from pathlib import Path
from string import Formatter
from typing import Any, Final
from unittest.mock import patch

from homeassistant.components.repairs import RepairsFlow
from homeassistant.config_entries import ConfigSubentryFlow, OptionsFlow
from homeassistant.data_entry_flow import FlowHandler, section
from homeassistant.helpers import issue_registry as ir

from custom_components.elks46.const import DOMAIN

from . import Json

ROOT: Final = Path(__file__).parents[1] / "custom_components" / DOMAIN
ENGLISH: Final[Json] = json.loads((ROOT / "translations" / "en.json").read_text())
# Home Assistant has words of its own for these.
KNOWN_ENDS: Final = {"reauth_successful", "reconfigure_successful"}

type Flow = FlowHandler[Any, Any, Any]


def leaves(tree: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield every text and where it stands."""
    if isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield from leaves(branch, (*path, str(key)))
    else:
        yield ".".join(path), str(tree)


def placeholders(*trees: object) -> set[str]:
    """Return the placeholders of texts, or of all there are in trees."""
    return {
        field
        for tree in trees
        for _, message in leaves(tree)
        for _, field, _, _ in Formatter().parse(message)
        if field is not None
    }


class Reader:
    """Reads along, and notes what has no words."""

    def __init__(self) -> None:
        """Start with nothing missing."""
        self.missing: list[str] = []

    def _miss(self, where: object, wanted: set[str], there: object) -> None:
        known = set(there) if isinstance(there, Mapping) else set()
        self.missing += [f"{where}: {key}" for key in sorted(wanted - known)]

    def form(self, flow: Flow, shown: Mapping[str, Any]) -> None:
        """Look up the form that is shown, with its sections and errors."""
        words = self._words(flow)
        step = words.get("step", {}).get(shown["step_id"])
        self._miss(flow, {shown["step_id"]}, words.get("step"))
        self._fields(f"{flow} {shown['step_id']}", shown["data_schema"], step or {})
        errors = set((shown["errors"] or {}).values())
        self._miss(flow, errors, words.get("error"))
        told = [step, *(words.get("error", {}).get(error) for error in errors)]
        self._filled(flow, shown, told)

    def menu(self, flow: Flow, shown: Mapping[str, Any]) -> None:
        """Look up the menu that is shown."""
        step = self._words(flow).get("step", {}).get(shown["step_id"], {})
        for part in ("menu_options", "menu_option_descriptions"):
            self._miss(flow, set(shown["menu_options"]), step.get(part))
        self._filled(flow, shown, [step])

    def end(self, flow: Flow, shown: Mapping[str, Any]) -> None:
        """Look up the end of a flow."""
        ends = self._words(flow).get("abort", {})
        self._miss(flow, {shown["reason"]} - KNOWN_ENDS, ends)
        self._filled(flow, shown, [ends.get(shown["reason"])])

    def issue(self, issue: ir.IssueEntry) -> None:
        """Look up what Repairs shows."""
        words = ENGLISH["issues"].get(issue.translation_key, {})
        part = "fix_flow" if issue.is_fixable else "description"
        self._miss(issue.translation_key, {"title", part}, words)
        told = placeholders(words.get("title", ""), words.get("description", ""))
        given = set(issue.translation_placeholders or ())
        self._miss(issue.translation_key, told, dict.fromkeys(given))

    def _fields(self, where: str, schema: Any, step: Mapping[str, Any]) -> None:
        for key, field in (schema.schema if schema else {}).items():
            if isinstance(field, section):
                self._miss(where, {str(key)}, step.get("sections"))
                part = step.get("sections", {}).get(str(key), {})
                self._fields(f"{where} {key}", field.schema, part)
                continue
            for words in ("data", "data_description"):
                self._miss(f"{where} {words}", {str(key)}, step.get(words))
            self._choices(f"{where} {key}", getattr(field, "config", {}))

    def _choices(self, where: str, config: Mapping[str, Any]) -> None:
        """Look up what can be chosen, where the choices are no names."""
        if (key := config.get("translation_key")) is not None:
            words = ENGLISH["selector"].get(key, {}).get("options")
            self._miss(where, set(config["options"]), words)

    def _filled(self, flow: Flow, shown: Mapping[str, Any], told: list[object]) -> None:
        """See that nothing is shown with a gap in it."""
        given = set(shown.get("description_placeholders") or ())
        if isinstance(flow, RepairsFlow):
            issue = ir.async_get(flow.hass).async_get_issue(DOMAIN, flow.issue_id)
            given |= set((issue and issue.translation_placeholders) or ())
        self._miss(flow, placeholders(*told), dict.fromkeys(given))

    @staticmethod
    def _words(flow: Flow) -> Json:
        """Return what a flow can say."""
        words: Json
        if isinstance(flow, RepairsFlow):
            issue = ir.async_get(flow.hass).async_get_issue(DOMAIN, flow.issue_id)
            # Where it was taken back meanwhile, what any of its kind would say.
            key = str(issue.translation_key) if issue else _kind(flow.issue_id)
            words = ENGLISH["issues"][key].get("fix_flow", {})
        elif isinstance(flow, ConfigSubentryFlow):
            words = ENGLISH["config_subentries"][flow.handler[1]]
        else:
            words = ENGLISH["options" if isinstance(flow, OptionsFlow) else "config"]
        return words


def _kind(issue_id: str) -> str:
    kinds: Json = ENGLISH["issues"]
    return next(kind for kind in kinds if issue_id.startswith(f"{kind}_"))


@contextmanager
def reading_along() -> Generator[Reader]:
    """Read everything of ours that is shown meanwhile."""
    reader = Reader()

    def watched(name: str, look_up: Callable[[Any, Any], None]) -> Any:
        original = getattr(FlowHandler, name)

        @wraps(original)
        def show(flow: Any, *args: Any, **kwargs: Any) -> Any:
            shown = original(flow, *args, **kwargs)
            if type(flow).__module__.startswith(f"custom_components.{DOMAIN}."):
                look_up(flow, shown)
            return shown

        return patch.object(FlowHandler, name, show)

    told = ir.IssueRegistry.async_get_or_create

    @wraps(told)
    def tell(*args: Any, **kwargs: Any) -> ir.IssueEntry:
        issue = told(*args, **kwargs)
        if issue.domain == DOMAIN:
            reader.issue(issue)
        return issue

    with ExitStack() as stack:
        stack.enter_context(watched("async_show_form", reader.form))
        stack.enter_context(watched("async_show_menu", reader.menu))
        stack.enter_context(watched("async_abort", reader.end))
        stack.enter_context(patch.object(ir.IssueRegistry, "async_get_or_create", tell))
        yield reader

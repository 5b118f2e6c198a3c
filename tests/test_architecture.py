"""The house stands: who may import whom, as docs/architecture.md draws it."""

import ast
from collections.abc import Iterator
from pathlib import Path
import sys

import pytest

ROOT = Path(__file__).parents[1] / "custom_components" / "elks46"
PACKAGE = "custom_components.elks46"

# What knows no Home Assistant. The voice of a call has its door beside it.
VOICE = {
    "voice.microphone",
    "voice.pcm",
    "voice.session",
    "voice.socket",
    "voice.speaker",
    "voice.tones",
    "voice.voicing",
    "voice.wav",
}
GROUND = {
    "const",
    "signals",
    "records",
    "errors",
    "address",
    "contacts",
    "notices",
    "patterns",
    "phrases",
    "prices",
    "subentries",
}
ENGINE = {
    "album",
    "alert_log",
    "answering",
    "assistant",
    "audio",
    "call_ledger",
    "call_log",
    "call_look_up",
    "catch_up",
    "circles",
    "conversations",
    "coordinator",
    "correspondence",
    "credit",
    "course",
    "desk",
    "dialler",
    "escalation",
    "fallbacks",
    "fetch",
    "formats",
    "front_desk",
    "greetings",
    "guard",
    "inbox",
    "journal",
    "ledger",
    "look_up",
    "media",
    "outbox",
    "pins",
    "provisioning",
    "reach",
    "received_log",
    "reception",
    "recent",
    "rental",
    "repertoire",
    "replies",
    "roster",
    "senders",
    "sent_log",
    "shelf",
    "speech",
    "spending",
    "stage",
    "store",
    "subaccounts",
    "switchboard",
    "tally",
    "tape_log",
    "tapes",
    "tariff",
    "tickets",
    "written",
    "words",
}
DOORS = {"media_view", "voice.view", "webhook"}
FRONT = {
    "assist_satellite",
    "assist_select",
    "binary_sensor",
    "bus",
    "button",
    "call_form",
    "choices",
    "condition",
    "config_flow",
    "diagnostics",
    "ear",
    "entity",
    "event",
    "farewell",
    "forms",
    "happenings",
    "image",
    "interruption",
    "llm",
    "logbook",
    "media_source",
    "notify",
    "number_flow",
    "permission",
    "rent_flow",
    "repairs",
    "select",
    "sensor",
    "sentence",
    "services",
    "subaccount_flow",
    "subentry_flow",
    "system_health",
    "talk",
    "trigger",
}
# Some rooms have a cellar: a module that only they use.
BUILT_ON = {
    "album": {"shelf"},
    "alert_log": {"journal"},
    "answering": {"desk", "pins"},
    "audio": {"fetch", "formats", "speech"},
    "bus": {"happenings"},
    "call_log": {"journal", "tally"},
    "condition": {"choices", "permission"},
    "config_flow": {"forms", "number_flow", "subaccount_flow", "subentry_flow"},
    "conversations": {"switchboard"},
    "correspondence": {"assistant", "circles"},
    "course": {"words"},
    "dialler": {"call_ledger", "call_look_up", "repertoire", "switchboard"},
    "escalation": {"course", "words"},
    "fallbacks": {"words"},
    "front_desk": {"answering", "desk", "pins"},
    "greetings": {"audio", "stage"},
    "guard": {"tariff"},
    "logbook": {"bus"},
    "media": {"fetch"},
    "number_flow": {"call_form", "forms", "rent_flow"},
    "outbox": {"ledger", "look_up", "senders"},
    "received_log": {"journal", "written"},
    "reception": {"answering", "audio", "desk", "greetings", "stage"},
    "rent_flow": {"forms"},
    "repairs": {"forms"},
    "repertoire": {"stage", "switchboard"},
    "replies": {"circles"},
    "senders": {"look_up"},
    "sent_log": {"journal", "recent", "written"},
    "services": {"services"},
    "speech": {"fetch", "formats"},
    "store": {
        "alert_log",
        "call_log",
        "journal",
        "received_log",
        "recent",
        "sent_log",
        "tally",
        "tape_log",
        "written",
    },
    "tally": {"written"},
    "tape_log": {"journal"},
    "tapes": {"shelf"},
    "trigger": {"choices", "happenings", "permission"},
    "subaccount_flow": {"forms"},
    "subentry_flow": {"forms"},
    "words": {"audio"},
    "switchboard": {"answering", "front_desk", "tickets"},
    "assist_satellite": {"sentence", "talk"},
    "interruption": {"ear"},
    "sentence": {"ear"},
    "talk": {"farewell", "interruption", "sentence"},
    "select": {"assist_select"},
}


def modules() -> dict[str, Path]:
    """Return every module of the integration by its name below the package."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in sorted(ROOT.rglob("*.py"))
    }


def room_of(module: str) -> str:
    """Return the room of a module, or of what it defines."""
    packages = 2 if module.startswith("voice.") else 1
    return ".".join(module.split(".")[:packages])


def allowed(module: str) -> set[str]:
    """Return the rooms that a module may import from."""
    low = {"api"} | VOICE
    rules = {
        "api": {"api"},
        **dict.fromkeys(VOICE, low),
        "voice.__init__": set(),
        "__init__": low | {"data"} | GROUND | ENGINE | DOORS | FRONT,
        "data": low | GROUND | ENGINE,
        **dict.fromkeys(GROUND, {"api"} | GROUND),
        **{name: low | GROUND | BUILT_ON.get(name, set()) for name in ENGINE},
        **dict.fromkeys(DOORS, low | {"data"} | GROUND | ENGINE),
        **{
            name: low | {"data", "entity"} | GROUND | ENGINE | BUILT_ON.get(name, set())
            for name in FRONT
        },
    }
    return rules[room_of(module)]


class Imports(ast.NodeVisitor):
    """Collects what a module imports while it runs, not what only type checkers read."""

    def __init__(self, package: list[str]) -> None:
        """Start with nothing found."""
        self._package = package
        self.found: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        """Pass over what is there for type checkers."""
        skipped = ast.unparse(node.test) == "TYPE_CHECKING"
        for child in node.orelse if skipped else [*node.body, *node.orelse]:
            self.visit(child)

    def visit_Import(self, node: ast.Import) -> None:
        """Note absolute modules."""
        self.found |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Note modules by absolute name, and what is taken from packages."""
        base = (
            self._package[: len(self._package) - node.level + 1] if node.level else []
        )
        module = ".".join(filter(None, (*base, node.module)))
        self.found |= {module} | {f"{module}.{alias.name}" for alias in node.names}


def imports(module: str, path: Path, package: str = PACKAGE) -> set[str]:
    """Return the absolute dotted names a module imports."""
    visitor = Imports([package, *module.split(".")[:-1]])
    visitor.visit(ast.parse(path.read_text()))
    return visitor.found


def rooms(names: set[str]) -> Iterator[str]:
    """Yield the rooms of this house among imported names."""
    known = {room_of(name) for name in modules()}
    for name in names:
        room = room_of(name.removeprefix(f"{PACKAGE}."))
        if name.startswith(f"{PACKAGE}.") and room in known:
            yield room


@pytest.mark.parametrize(("module", "path"), modules().items(), ids=modules())
def test_a_module_imports_only_what_lies_below_it(module: str, path: Path) -> None:
    """Down by import, up by signal; every module has a room in the table."""
    assert set(rooms(imports(module, path))) - {module} <= allowed(module)


def lowest() -> dict[str, Path]:
    """Return the modules on which all others stand."""
    return {
        name: path
        for name, path in modules().items()
        if room_of(name) in {"api"} | VOICE
    }


@pytest.mark.parametrize(("module", "path"), lowest().items(), ids=lowest())
def test_exchange_and_voice_know_no_home_assistant(module: str, path: Path) -> None:
    """They could move to PyPI unchanged."""
    foreign = {name.partition(".")[0] for name in imports(module, path)}

    assert foreign <= sys.stdlib_module_names | {"aiohttp", "yarl", "custom_components"}


def test_the_simulator_knows_no_integration() -> None:
    """A stand-in built from what our client happens to send would prove nothing."""
    simulator = ROOT.parents[1] / "simulator"
    found = {
        name.partition(".")[0]
        for path in simulator.rglob("*.py")
        for name in imports(path.stem, path, "simulator")
    }

    assert not found & {"custom_components", "homeassistant"}

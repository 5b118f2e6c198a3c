"""The properties of what is read, led by the code that an input reaches (atheris), where the others go by chance.

`PYTHONPATH=. python tests/fuzz/guided.py frame -runs=100000`; what follows the name goes to libFuzzer. It is no module of the
package, which imports what is to be watched before it can be. Inputs that reach something new are kept in `.fuzz`, and the
next run begins with them. Where a property does not hold it ends with the error, and the input is kept there, too.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
import json
from pathlib import Path
import sys
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import atheris

with atheris.instrument_imports(include=["custom_components.elks46"]):
    from custom_components.elks46.api.callbacks import CallbackKind
    from tests.fuzz import KNOWN, test_parsers as properties

CORPUS: Final = Path(__file__).parents[2] / ".fuzz"
COUNTRIES: Final = ("SE", "GB", "US", "IT", None)
WAV: Final = (
    b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80>\0\0\0}\0\0\2\0\x10\0data\4\0\0\0abcd"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is tried: sees whether a property holds for an input, and inputs to begin with."""

    holds: Callable[[bytes], None]
    seeds: Iterable[bytes]


def main(arguments: list[str]) -> None:
    """Try the target that the first argument names, as the others say."""
    name, *options = arguments
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    with asyncio.Runner() as runner:
        target = _targets(runner)[name]
        for index, seed in enumerate(target.seeds):
            (folder / f"seed-{index}").write_bytes(seed)
        kept = f"-artifact_prefix={folder}-"
        atheris.Setup([name, kept, *options, str(folder)], target.holds)
        # It ends the process.
        atheris.Fuzz()


def _targets(runner: asyncio.Runner) -> dict[str, Target]:
    callback = _inner(properties.test_a_callback_is_read_or_refused)
    frame = _inner(properties.test_a_frame_is_read_or_refused)
    phone = _inner(properties.test_a_written_number_is_one_or_refused)
    sound = _inner(properties.test_a_sound_is_the_same_however_it_is_cut)

    def try_callback(data: bytes) -> None:
        """Take the kind as one line, and the form as the next."""
        kind, _, form = _text(data).partition("\n")
        callback(kind, dict(parse_qsl(form, keep_blank_values=True)))

    def try_phone(data: bytes) -> None:
        """Have the last byte choose a country."""
        country = COUNTRIES[data[-1] % len(COUNTRIES)] if data else None
        phone(_text(data[:-1]), country)

    def try_sound(data: bytes) -> None:
        """Cut it where its last bytes say."""
        runner.run(sound(data[:-3], [*data[-3:]]))

    forms = (properties.TEXT, properties.CALL)
    return {
        "callback": Target(
            holds=try_callback,
            seeds=[
                f"{kind}\n{urlencode(form)}".encode()
                for kind in CallbackKind
                for form in forms
            ],
        ),
        "frame": Target(
            holds=lambda data: frame(_text(data)),
            seeds=[json.dumps(word).encode() for word in properties.WORDS],
        ),
        "phone": Target(
            holds=try_phone,
            seeds=[f"{one}0".encode() for one in KNOWN if len(one) < 20],
        ),
        "sound": Target(holds=try_sound, seeds=[WAV + b"\1\2\3"]),
    }


def _inner(test: Any) -> Callable[..., Any]:
    """Return the property itself, without the inputs that Hypothesis has for it."""
    inner: Callable[..., Any] = test.hypothesis.inner_test
    return inner


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


if __name__ == "__main__":
    main(sys.argv[1:])

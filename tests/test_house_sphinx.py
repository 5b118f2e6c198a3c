"""The demo house's ears, which PocketSphinx lends from a process of its own."""

from collections.abc import AsyncGenerator
import os
from pathlib import Path
import sys
from unittest.mock import patch

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from demo.house import EARS
from demo.integrations.house_ears import SENTENCES
from demo.integrations.house_ears.ears import EarsError
from demo.integrations.house_ears.sphinx import Sphinx

from .house import install
from .speech import ASSIST, silence, spoken
from .test_house_ears import LINES, heard_by_house

# Hears the sentences one after the other, and nothing more when all were heard.
LIBRARY = """
import os

class Hypothesis:
    def __init__(self, text):
        self.hypstr = text

class Decoder:
    def __init__(self, **options):
        with open(os.environ["STARTS"], "a") as starts:
            starts.write(f"{os.getpid()}\\n")

    def add_jsgf_string(self, name, grammar):
        ways = grammar.partition("public <house> = ")[2].rstrip(";").split(" | ")
        self.ways = iter(ways)

    def activate_search(self, name):
        pass

    def start_utt(self):
        pass

    def process_raw(self, samples, full_utt):
        assert len(samples) > 2 * 16000 / 3 * 2

    def end_utt(self):
        pass

    def hyp(self):
        way = next(self.ways, None)
        return Hypothesis(way) if way else None
"""
YES = spoken("yes", rate=ASSIST)


@pytest.fixture
def starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where each process writes its id that has the library instead of PocketSphinx."""
    (tmp_path / "pocketsphinx.py").write_text(LIBRARY)
    starts = tmp_path / "starts"
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("STARTS", str(starts))
    return starts


@pytest.fixture
async def sphinx(starts: Path) -> AsyncGenerator[Sphinx]:
    """Return ears whose process hears two sentences, and end it."""
    sphinx = Sphinx(sys.executable, ["open the window", "close it"])
    yield sphinx
    await sphinx.close()


async def test_one_process_hears_everything(sphinx: Sphinx, starts: Path) -> None:
    """One after the other; what it does not understand is an empty text."""
    heard = [await sphinx.listen(YES) for _ in range(3)]

    assert heard == ["open the window", "close it", ""]
    assert len(starts.read_text().splitlines()) == 1


async def test_silence_needs_no_process(sphinx: Sphinx, starts: Path) -> None:
    """It would be taken for a sentence."""
    assert await sphinx.listen(silence(2, rate=ASSIST)) == ""
    assert not starts.exists()


async def test_late_answer_is_not_that_of_the_next_sentence(sphinx: Sphinx) -> None:
    """Who comes too late is ended, and another begins anew."""
    assert await sphinx.listen(YES) == "open the window"
    with (
        patch("demo.integrations.house_ears.sphinx.PATIENCE", 0),
        pytest.raises(EarsError, match="does not answer"),
    ):
        await sphinx.listen(YES)

    assert await sphinx.listen(YES) == "open the window"


async def test_process_that_ends_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here, because it lacks the library."""
    (tmp_path / "pocketsphinx.py").write_text("raise SystemExit(0)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(EarsError, match="PocketSphinx"):
        await Sphinx(sys.executable, ["yes"]).listen(YES)


async def test_process_ends_with_home_assistant(
    hass: HomeAssistant, starts: Path
) -> None:
    """Nothing listens any more."""
    install(hass, "house_ears")
    options = {"python": sys.executable}
    assert await async_setup_component(hass, "house_ears", {"house_ears": options})
    said = await heard_by_house(hass, YES)
    assert said.text == SENTENCES[0]
    os.kill(int(starts.read_text()), 0)

    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()

    with pytest.raises(ProcessLookupError):
        os.kill(int(starts.read_text()), 0)


@pytest.mark.skipif(not EARS.exists(), reason="No Python for it on this machine")
@pytest.mark.parametrize(
    ("line", "wrong"), [("as Assist has it", 0), ("between silences", 2)]
)
async def test_pocketsphinx_understands_the_sentences(line: str, wrong: int) -> None:
    """The real one, which was made for rooms: on a telephone's line it may miss a word or two."""
    sphinx = Sphinx(str(EARS), SENTENCES)
    heard = [await sphinx.listen(LINES[line](sentence)) for sentence in SENTENCES]
    await sphinx.close()

    pairs = zip(heard, SENTENCES, strict=True)
    assert sum(one != other for one, other in pairs) <= wrong

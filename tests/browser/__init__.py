"""A person's hands and eyes: Chromium at the phones' page and at Home Assistant."""

from dataclasses import dataclass
from pathlib import Path
import shutil
from typing import Final

from PIL import Image
from playwright.async_api import Locator, Page

from demo.house import ROOT

# In .ci/run, where nothing may be left out unseen.
NEEDED: Final = "ELKS46_BROWSER_NEEDED"
# Where script/pictures wants the pictures of the manual.
PICTURES: Final = "ELKS46_PICTURES"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
UNPACKED: Final = ROOT / ".tools" / "chromium" / "chromium"
# Nothing takes nearly as long, except on a machine that is busy with other tests.
PATIENCE_MS: Final = 30_000


def chromium() -> str | None:
    """Return the browser there is: the machine's, or what script/setup has unpacked."""
    found = [path for name in NAMES if (path := shutil.which(name))]
    if UNPACKED.exists():
        found.append(str(UNPACKED))
    return next(iter(found), None)


@dataclass(frozen=True, slots=True)
class Pictures:
    """What was seen, kept in a folder."""

    folder: Path

    async def take(self, name: str, page: Page, *, of: Locator | None = None) -> Path:
        """Keep what a page shows, or a part of it, and return where."""
        path = self.folder / f"{name}.png"
        self.folder.mkdir(parents=True, exist_ok=True)
        await (of or page).screenshot(path=path, animations="disabled", caret="hide")
        # With fewer colours it would be smaller, and the rare ones wrong.
        with Image.open(path) as picture:
            picture.convert("RGB").save(path, optimize=True)
        return path


def phone(page: Page, name: str) -> Locator:
    """Return somebody's phone on the page of the phones."""
    return page.get_by_role("article", name=f"Phone of {name}")


def conversation(phone: Locator) -> Locator:
    """Return the texts of the conversation that is open on a phone."""
    return phone.get_by_role("log").get_by_role("listitem")

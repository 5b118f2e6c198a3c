"""Prints how many seconds it takes to import integrations with all their platforms, where Home Assistant has come so far.

What Home Assistant starts with, and each component that the manifest of one of them names or that one has a platform for, is
imported before. So counted are an integration's own modules, the packages that only it asks for, and components that it
does not name.
"""

from collections.abc import Sequence
import gc
from importlib import import_module
from importlib.util import find_spec
import json
from pathlib import Path
import sys
from time import perf_counter
from typing import Final

from homeassistant.const import Platform
from homeassistant.loader import BASE_PRELOAD_PLATFORMS

COMPONENTS: Final = "homeassistant.components"


def parts(package: str) -> tuple[list[str], list[str]]:
    """Return what is imported before an integration, and the modules of it that Home Assistant imports by name."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    folder = Path(spec.origin).parent
    known = {*Platform, *BASE_PRELOAD_PLATFORMS}
    platforms = sorted(known & {path.stem for path in folder.glob("*.py")})
    manifest = json.loads((folder / "manifest.json").read_text())
    asked = manifest.get("dependencies", []) + manifest.get("after_dependencies", [])
    components = (f"{COMPONENTS}.{one}" for one in (*asked, *platforms))
    return (
        [name for name in components if find_spec(name) is not None],
        [package, *(f"{package}.{platform}" for platform in platforms)],
    )


def main(packages: Sequence[str]) -> None:
    """Import everything."""
    modules = {}
    import_module("homeassistant.bootstrap")
    for package in packages:
        before, modules[package] = parts(package)
        for name in before:
            import_module(name)
    seconds = {}
    for package, names in modules.items():
        gc.collect()
        begun = perf_counter()
        for name in names:
            import_module(name)
        seconds[package] = perf_counter() - begun
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1:])

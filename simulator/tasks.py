"""What goes on in the background, so that all of it can be ended."""

import asyncio
from collections.abc import Coroutine


class Tasks:
    """Owns background tasks until they are done."""

    def __init__(self) -> None:
        """Start with none."""
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        """Run `work` in the background."""
        task = asyncio.create_task(work, name=f"simulator {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def cancel(self) -> None:
        """End them all and wait until they have ended, with all that they start at their end."""
        while tasks := tuple(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # Those that were done before the loop got to run have not been discarded yet.
            self._tasks.difference_update(tasks)

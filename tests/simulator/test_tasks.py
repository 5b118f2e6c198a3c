"""What goes on in the background can be ended."""

import asyncio

from simulator.tasks import Tasks


async def test_what_is_done_at_once_is_no_trouble() -> None:
    """Home Assistant's loop, in which the simulator may run, begins a task before it is returned."""
    tasks = Tasks()
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    done = tasks.start(asyncio.sleep(0, None), "wait")
    await done
    tasks.start(_nothing(), "nothing")
    await tasks.cancel()


async def test_what_begins_at_the_end_is_ended_too() -> None:
    """One that is cancelled may start another."""
    tasks = Tasks()
    begun: list[asyncio.Task[None]] = []

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            begun.append(tasks.start(_nothing(), "last"))

    tasks.start(stubborn(), "stubborn")
    await asyncio.sleep(0)
    await tasks.cancel()
    assert [task.done() for task in begun] == [True]


async def _nothing() -> None:
    """Be done at once."""

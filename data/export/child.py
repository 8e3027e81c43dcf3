"""Running a function in a child process: its crash is an error here, and nothing more."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from twin.errors import CancelledError, DiskError, UsageError, ZhianError
from twin.words import say

METHOD = "spawn" if sys.platform == "win32" else "forkserver"
"""Never a plain fork: the window has threads."""
PRELOAD = ("data.export.write",)
DISK_ERRORS = frozenset({5, 27, 28, 30, 122})  # EIO, EFBIG, ENOSPC, EROFS, EDQUOT
POLL_S = 0.05
_FULL = ("no space left", "disk is full", "database or disk is full", "disk i/o error", "file too large", "quota")
_KINDS: dict[int, type[ZhianError]] = {2: UsageError, 7: DiskError}

Result = TypeVar("Result")


def run(function: Callable[..., Result], *arguments: Any, cancelled: Callable[[], bool] = lambda: False) -> Result:
    """Return what ``function`` (of a module, importable by name) returns in a process of its own.

    Raises
    ------
    twin.errors.DiskError
        If it failed for want of disk.
    twin.errors.ZhianError
        If it failed otherwise, or its process ended.
    twin.errors.CancelledError
        If ``cancelled`` answered true; the process is ended first.
    """
    context = _context()
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(sender, function, arguments), daemon=True)
    try:
        process.start()
        sender.close()
        answer = _wait(receiver, cancelled)
    except (EOFError, BrokenPipeError):
        answer = None
    finally:
        receiver.close()
        _end(process)
    if answer is None:
        raise ZhianError(
            say("the writer ended before it was done ({ending}); nothing was kept", ending=_ending(process.exitcode))
        )
    result, code, message = answer
    if code:
        raise _KINDS.get(code, ZhianError)(message)
    return result  # type: ignore[no-any-return]


def _context() -> multiprocessing.context.SpawnContext | multiprocessing.context.ForkServerContext:
    if METHOD == "spawn":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOAD))
    return context


def _wait(receiver: Connection, cancelled: Callable[[], bool]) -> tuple[Any, int, str]:
    while not receiver.poll(POLL_S):
        if cancelled():
            raise CancelledError("stopped; nothing was kept")
    answer: tuple[Any, int, str] = receiver.recv()
    return answer


def _end(process: multiprocessing.process.BaseProcess) -> None:
    if process.pid is None:
        return
    process.join(1.0)
    if process.is_alive():
        process.kill()
        process.join()


def _ending(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return signal.Signals(-exitcode).name
    return say("exit code {code}", code=exitcode)


def _serve(sender: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Answer the parent: the result, or the exit code and the sentence of what went wrong."""
    try:
        answer = (function(*arguments), 0, "")
    except ZhianError as error:
        answer = (None, error.exit_code, error.sentence)
    except Exception as error:  # noqa: BLE001 - it must reach the parent, whatever it is
        answer = (None, 7 if _is_disk(error) else 1, say("the file cannot be written: {error}", error=error))
    sender.send(answer)
    sender.close()
    os._exit(0)  # no clean-up of libraries that may hang or crash once the work is done


def _is_disk(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            return True
        if any(words in str(error).lower() for words in _FULL):
            return True
        error = error.__cause__ or error.__context__
    return False

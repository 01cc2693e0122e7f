"""Programs that make, change and move files."""

from __future__ import annotations

import posixpath
import re

from workbench.devices.virtual.commands.arguments import (
    UsageError,
    count_of,
    failed,
    split_options,
)
from workbench.devices.virtual.shell.state import Call, CommandFunction

COPY_BYTES = 1 << 16


async def _mkdir(call: Call) -> int:
    options, paths = split_options(call.arguments, "pv", "m")
    status = 0
    for path in paths:
        try:
            call.machine.files.make_folder(call.path(path), parents="p" in options)
        except OSError as error:
            reason = error.strerror
            status = await call.fail(f"'{path}': {reason}")
    return status


async def _rm(call: Call) -> int:
    options, paths = split_options(call.arguments, "rRfiv")
    deep = "r" in options or "R" in options
    status = 0
    for path in paths:
        try:
            _remove(call, call.path(path), deep=deep)
        except FileNotFoundError as error:
            if "f" not in options:
                status = await failed(call, path, error)
        except OSError as error:
            status = await failed(call, path, error)
    return status


def _remove(call: Call, path: str, *, deep: bool) -> None:
    files = call.machine.files
    if not files.stat(path).is_folder:
        files.remove(path)
        return
    if not deep:
        raise IsADirectoryError(21, "Is a directory")
    for name in files.list(path):
        _remove(call, posixpath.join(path, name), deep=True)
    files.remove_folder(path)


async def _rmdir(call: Call) -> int:
    _, paths = split_options(call.arguments, "p")
    status = 0
    for path in paths:
        try:
            call.machine.files.remove_folder(call.path(path))
        except OSError as error:
            status = await failed(call, path, error)
    return status


async def _chmod(call: Call) -> int:
    if len(call.arguments) < 2:
        raise UsageError("Needs 2 arguments")
    mode_text, *paths = [word for word in call.arguments if word != "-R"]
    status = 0
    for path in paths:
        full = call.path(path)
        try:
            mode = _new_mode(mode_text, call.machine.files.stat(full).mode)
            call.machine.files.change_mode(full, mode)
        except OSError as error:
            status = await call.fail(f"chmod '{path}' to {mode_text}: {error.strerror}")
    return status


def _new_mode(text: str, mode: int) -> int:
    if re.fullmatch(r"[0-7]{1,4}", text):
        return int(text, 8)
    for clause in text.split(","):
        match = re.fullmatch(r"([ugoa]*)([-+=])([rwx]*)", clause)
        if match is None:
            raise UsageError(f"bad mode '{text}'")
        who = match[1] or "a"
        bits = sum({"r": 4, "w": 2, "x": 1}[letter] for letter in set(match[3]))
        shifts = [shift for name, shift in (("u", 6), ("g", 3), ("o", 0)) if name in who]
        for shift in (6, 3, 0) if "a" in who else shifts:
            if match[2] == "=":
                mode = mode & ~(7 << shift)
            mode = mode & ~(bits << shift) if match[2] == "-" else mode | bits << shift
    return mode & 0o777


async def _touch(call: Call) -> int:
    _, paths = split_options(call.arguments, "acm", "dtr")
    files = call.machine.files
    status = 0
    for path in paths:
        full = call.path(path)
        try:
            files.open_write(full, append=True).close()
            files.set_times(full, call.machine.wall_s())
        except OSError as error:
            status = await call.fail(f"'{path}': {error.strerror}")
    return status


async def _cp(call: Call) -> int:
    return await _to_target(call, move=False)


async def _mv(call: Call) -> int:
    return await _to_target(call, move=True)


async def _to_target(call: Call, *, move: bool) -> int:
    options, paths = split_options(call.arguments, "fnvrRap")
    if len(paths) < 2:
        raise UsageError("Needs 2 arguments")
    *sources, target = paths
    files = call.machine.files
    full_target = call.path(target)
    try:
        into_folder = files.stat(full_target).is_folder
    except OSError:
        into_folder = False
    if len(sources) > 1 and not into_folder:
        return await call.fail(f"'{target}' not directory")
    status = 0
    for source in sources:
        full = call.path(source)
        goal = posixpath.join(full_target, posixpath.basename(full)) if into_folder else full_target
        try:
            if move:
                files.rename(full, goal)
            else:
                _copy(call, full, goal, deep=bool(options.keys() & set("rRa")))
        except OSError as error:
            status = await call.fail(f"{source}: {error.strerror}")
    return status


def _copy(call: Call, source: str, target: str, *, deep: bool) -> None:
    files = call.machine.files
    if files.stat(source).is_folder:
        if not deep:
            raise IsADirectoryError(21, "Is a directory")
        files.make_folder(target, parents=True)
        for name in files.list(source):
            _copy(call, posixpath.join(source, name), posixpath.join(target, name), deep=True)
        return
    if source == target:
        raise FileExistsError(17, "File exists")
    mode = files.stat(source).mode
    writer = files.open_write(target)
    try:
        if not files.is_writable(source):
            writer.write(files.read(source))
        else:
            with files.open_read(source) as stream:
                while piece := stream.read(COPY_BYTES):
                    writer.write(piece)
    finally:
        writer.close()
    files.change_mode(target, mode)


async def _dd(call: Call) -> int:
    """Copies blocks; from ``/dev/zero`` and to ``/dev/null`` too."""
    settings = {"bs": "512", "count": "", "if": "", "of": "", "conv": "", "skip": "0"}
    for word in call.arguments:
        name, _, value = word.partition("=")
        if name not in settings:
            raise UsageError(f"bad arg {word}")
        settings[name] = value
    block = min(max(1, count_of(settings["bs"])), 1 << 22)
    blocks = count_of(settings["count"]) if settings["count"] else None
    source = call.machine.open_source(call.path(settings["if"])) if settings["if"] else None
    if source is None:
        source = call.files.stdin
    writer = None
    if settings["of"] and call.path(settings["of"]) != "/dev/null":
        writer = call.machine.files.open_write(call.path(settings["of"]))
    wanted = None if blocks is None else block * blocks
    total = 0
    try:
        while wanted is None or total < wanted:
            piece = await source.read()
            piece = piece if wanted is None else piece[: wanted - total]
            if not piece:
                break
            total += len(piece)
            await call.process.spend(len(piece) / 1e9)
            if writer is not None:
                writer.write(piece)
            elif not settings["of"]:
                await call.files.stdout.write(piece)
    finally:
        if writer is not None:
            writer.close()
    full, rest = divmod(total, block)
    line = f"{full}+{int(rest > 0)} records in\n{full}+{int(rest > 0)} records out\n"
    line += f"{total} bytes copied\n"
    await call.files.stderr.write(line.encode())
    return 0


COMMANDS: dict[str, CommandFunction] = {
    "mkdir": _mkdir,
    "rm": _rm,
    "rmdir": _rmdir,
    "chmod": _chmod,
    "touch": _touch,
    "cp": _cp,
    "mv": _mv,
    "dd": _dd,
}

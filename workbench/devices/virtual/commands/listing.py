"""Programs that show files and folders: ls, stat, df, du, find, check sums."""

from __future__ import annotations

import fnmatch
import hashlib
import posixpath
import stat
import time
from collections.abc import Iterator

from workbench.devices.virtual.commands.arguments import UsageError, failed, split_options
from workbench.devices.virtual.filesystem import SHELL_UID, WRITABLE, FileStat
from workbench.devices.virtual.shell.state import Call, CommandFunction


async def _ls(call: Call) -> int:
    options, paths = split_options(call.arguments, "laAd1RhinsZFpt")
    paths = paths or ["."]
    status = 0
    lines: list[str] = []
    folders: list[tuple[str, list[str]]] = []
    for path in paths:
        full = call.path(path)
        try:
            found = call.machine.files.stat(full)
            if found.is_folder and "d" not in options:
                folders.append((path, call.machine.files.list(full)))
            else:
                lines.append(_line(path, found, long="l" in options))
        except OSError as error:
            status = await failed(call, path, error)
    for path, names in folders:
        if len(paths) > 1 or "R" in options:
            lines += ([""] if lines else []) + [f"{path}:"]
        lines += _folder_lines(call, path, names, options)
        if "R" in options:
            for name in names:
                inner = posixpath.join(path, name)
                try:
                    if call.machine.files.stat(call.path(inner)).is_folder:
                        folders.append((inner, call.machine.files.list(call.path(inner))))
                except OSError as error:
                    status = await failed(call, inner, error)
    await call.out("".join(f"{line}\n" for line in lines))
    return status


def _folder_lines(call: Call, path: str, names: list[str], options: dict[str, str]) -> list[str]:
    shown = [name for name in names if options.keys() & {"a", "A"} or not name.startswith(".")]
    if "a" in options:
        shown = [".", "..", *shown]
    if "l" not in options:
        return shown
    lines = ["total 0"]
    for name in shown:
        full = call.machine.files.resolve(posixpath.join(path, name), call.folder)
        try:
            lines.append(_line(name, call.machine.files.stat(full), long=True))
        except OSError:
            lines.append(f"??????????   ? ?      ?             ?                ? {name}")
    return lines


def _line(name: str, found: FileStat, *, long: bool) -> str:
    if not long:
        return name
    owner = "shell" if found.uid == SHELL_UID else "root"
    when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(found.mtime_s))
    mode = stat.filemode(found.mode)
    return f"{mode} {found.links} {owner:6} {owner:6} {found.size:8} {when} {name}"


async def _stat(call: Call) -> int:
    options, paths = split_options(call.arguments, "Lft", "c")
    status = 0
    for path in paths:
        try:
            found = call.machine.files.stat(call.path(path))
        except OSError as error:
            status = await call.fail(f"'{path}': {error.strerror}")
            continue
        form = options.get("c", "  File: %n\n  Size: %s\t Mode: %a (%A)\nModify: %Y")
        values = {
            "%n": path,
            "%s": str(found.size),
            "%a": f"{found.mode & 0o7777:o}",
            "%A": stat.filemode(found.mode),
            "%Y": str(found.mtime_s),
            "%X": str(found.mtime_s),
            "%u": str(found.uid),
            "%g": str(found.gid),
            "%i": str(found.inode),
            "%h": str(found.links),
            "%F": "directory" if found.is_folder else "regular file",
        }
        for mark, value in values.items():
            form = form.replace(mark, value)
        await call.out(form + "\n")
    return status


async def _df(call: Call) -> int:
    options, paths = split_options(call.arguments, "ahikmPHt")
    files = call.machine.files
    total, used = files.capacity_bytes, files.used_bytes
    for path in paths:
        try:
            files.stat(call.path(path))
        except OSError as error:
            return await failed(call, path, error)
    unit, title = (1 << 20, "1M-blocks") if "m" in options else (1024, "1K-blocks")
    free = max(0, total - used)
    share = 0 if total == 0 else -(-100 * min(used, total) // total)
    rows = []
    inside = [f"{call.path(path)}/".startswith(("/data/", "/sdcard/")) for path in paths]
    if not paths or any(inside):
        cells = (total // unit, -(-used // unit), free // unit)
        rows.append(("/dev/block/dm-0", *map(str, cells), f"{share}%", "/data"))
    if not paths or not all(inside):
        rows.append(("rootfs", "2048", "2048", "0", "100%", "/"))
    heading = f"{'Filesystem':<18}{title:>12}{'Used':>10}{'Available':>10} Use% Mounted on"
    await call.out(heading + "\n")
    for name, size, taken, left, percent, where in rows:
        numbers = f"{size:>12}{taken:>10}{left:>10}"
        await call.out(f"{name:<18}{numbers} {percent:>4} {where}\n")
    return 0


def _walk(call: Call, path: str) -> Iterator[tuple[str, FileStat]]:
    files = call.machine.files
    full = call.path(path)
    found = files.stat(full)
    yield path, found
    if found.is_folder:
        for name in files.list(full):
            try:
                yield from _walk(call, posixpath.join(path, name))
            except OSError:
                continue


async def _du(call: Call) -> int:
    options, paths = split_options(call.arguments, "shkmabc", "d")
    unit = 1 << 20 if "m" in options else 1024
    status = 0
    for path in paths or ["."]:
        try:
            total = sum(found.size for _, found in _walk(call, path) if not found.is_folder)
        except OSError as error:
            status = await failed(call, path, error)
            continue
        await call.out(f"{-(-total // unit)}\t{path}\n")
    return status


async def _find(call: Call) -> int:
    paths: list[str] = []
    waiting = list(call.arguments)
    while waiting and not waiting[0].startswith("-"):
        paths.append(waiting.pop(0))
    name_pattern, kind, depth = "*", "", 100
    while waiting:
        option = waiting.pop(0)
        if option == "-print":
            continue
        if option not in ("-name", "-type", "-maxdepth") or not waiting:
            raise UsageError(f"bad arg '{option}'")
        value = waiting.pop(0)
        if option == "-name":
            name_pattern = value
        elif option == "-type":
            kind = value
        elif value.isdecimal():
            depth = min(100, int(value))
    status = 0
    for path in paths or ["."]:
        base_depth = path.rstrip("/").count("/")
        try:
            for name, found in _walk(call, path):
                wanted = fnmatch.fnmatchcase(posixpath.basename(name), name_pattern)
                fits = not kind or (kind == "d") == found.is_folder
                if wanted and fits and name.rstrip("/").count("/") - base_depth <= depth:
                    await call.out(name + "\n")
        except OSError as error:
            status = await failed(call, path, error)
    return status


def _check_sum(algorithm: str) -> CommandFunction:
    async def program(call: Call) -> int:
        options, paths = split_options(call.arguments, "b")
        status = 0
        for path in paths or ["-"]:
            digest = hashlib.new(algorithm)
            try:
                source = call.machine.open_source(call.path(path)) if path != "-" else None
                while piece := await (source or call.files.stdin).read():
                    digest.update(piece)
                    await call.process.spend(len(piece) / 400e6)
            except OSError as error:
                status = await failed(call, path, error)
                continue
            name = "" if "b" in options else f"  {path}"
            await call.out(f"{digest.hexdigest()}{name}\n")
        return status

    return program


async def _mount(call: Call) -> int:
    await call.out("rootfs / rootfs ro,seclabel 0 0\n")
    for folder in WRITABLE:
        flags = "rw,nosuid,nodev" + (",noexec" if folder == "/sdcard" else "")
        await call.out(f"/dev/block/dm-0 on {folder} type ext4 ({flags})\n")
    return 0


COMMANDS: dict[str, CommandFunction] = {
    "ls": _ls,
    "stat": _stat,
    "df": _df,
    "du": _du,
    "find": _find,
    "mount": _mount,
    "md5sum": _check_sum("md5"),
    "sha1sum": _check_sum("sha1"),
    "sha256sum": _check_sum("sha256"),
    "sha512sum": _check_sum("sha512"),
}

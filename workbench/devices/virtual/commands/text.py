"""Programs that read and transform text."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from workbench.devices.virtual.commands.arguments import UsageError, count_of, failed, split_options
from workbench.devices.virtual.shell.state import Call, CommandFunction

PATTERN_LIMIT = 500
XARGS_LIMIT = 5000


async def _cat(call: Call) -> int:
    _, paths = split_options(call.arguments, "uetv")
    status = 0
    for path in paths or ["-"]:
        try:
            source = call.files.stdin
            if path != "-":
                source = call.machine.open_source(call.path(path))
            while piece := await source.read():
                await call.files.stdout.write(piece)
        except BrokenPipeError:
            raise
        except OSError as error:
            status = await failed(call, path, error)
    return status


async def _head(call: Call) -> int:
    options, paths = split_options(_short_count(call.arguments), "q", "nc")
    left = count_of(options.get("c", options.get("n", "10")))
    for path in paths or ["-"]:
        try:
            source = call.files.stdin
            if path != "-":
                source = call.machine.open_source(call.path(path))
            while left > 0:
                piece = await (source.read() if "c" in options else source.read_line())
                if not piece:
                    break
                piece = piece[:left] if "c" in options else piece
                left -= len(piece) if "c" in options else 1
                await call.files.stdout.write(piece)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            return await failed(call, path, error)
    return 0


async def _tail(call: Call) -> int:
    options, paths = split_options(_short_count(call.arguments), "q", "nc")
    data = b"".join([piece async for _, piece in _pieces(call, paths)])
    spec = options.get("c", options.get("n", "10"))
    count = count_of(spec.lstrip("+-"))
    items = [data[i : i + 1] for i in range(len(data))] if "c" in options else None
    lines = items if items is not None else data.splitlines(keepends=True)
    kept = lines[max(0, count - 1) :] if spec.startswith("+") else lines[len(lines) - count :]
    await call.files.stdout.write(b"".join(kept if count or spec.startswith("+") else []))
    return 0


def _short_count(arguments: list[str]) -> list[str]:
    """``-20`` means ``-n 20``."""
    return [re.sub(r"^-(\d+)$", r"-n\1", word) for word in arguments]


async def _pieces(call: Call, paths: list[str]) -> AsyncIterator[tuple[str, bytes]]:
    for path in paths or ["-"]:
        source = call.files.stdin if path == "-" else call.machine.open_source(call.path(path))
        yield path, await source.read_all()


async def _lines(call: Call, paths: list[str]) -> list[str]:
    found: list[str] = []
    async for _, data in _pieces(call, paths):
        found += data.decode("utf-8", "surrogateescape").splitlines()
    return found


async def _grep(call: Call) -> int:
    options, rest = split_options(call.arguments, "qvicnEFohHwlsx", "em")
    if "e" not in options:
        if not rest:
            raise UsageError("No REGEX")
        options["e"] = rest.pop(0)
    pattern = _pattern(options)
    matched = 0
    limit = count_of(options["m"]) if "m" in options else None
    prefixed = ("H" in options or len(rest) > 1) and "h" not in options
    failures = 0
    for path in rest or ["-"]:
        try:
            source = call.files.stdin if path == "-" else call.machine.open_source(call.path(path))
            data = await source.read_all()
        except OSError as error:
            failures += 1
            if "s" not in options:
                await failed(call, path, error)
            continue
        count = 0
        for number, line in enumerate(data.decode("utf-8", "surrogateescape").splitlines(), 1):
            if (pattern.search(line) is None) != ("v" in options):
                continue
            count += 1
            if not options.keys() & {"q", "c", "l"}:
                mark = f"{path}:" if prefixed else ""
                mark += f"{number}:" if "n" in options else ""
                for text in pattern.findall(line) if "o" in options else [line]:
                    await call.out(f"{mark}{text}\n")
            if limit is not None and count >= limit:
                break
        matched += count
        if "c" in options:
            await call.out(f"{path}:{count}\n" if prefixed else f"{count}\n")
        if "l" in options and count:
            await call.out(f"{path}\n")
    if failures:
        return 2
    return 0 if matched else 1


def _pattern(options: dict[str, str]) -> re.Pattern[str]:
    text = options["e"]
    if len(text) > PATTERN_LIMIT:
        raise UsageError("regex too long")
    if "F" in options:
        text = re.escape(text)
    elif "E" not in options:
        # Basic expressions: these letters are plain unless a backslash stands before them.
        text = re.sub(r"\\?[(){}|+?]", lambda m: m[0][1:] if m[0][0] == "\\" else "\\" + m[0], text)
    text = text.replace("[[:space:]]", r"\s").replace("[[:digit:]]", r"\d")
    if "w" in options:
        text = rf"\b(?:{text})\b"
    if "x" in options:
        text = f"^(?:{text})$"
    try:
        # One group at most, so that -o shows the whole match.
        found = re.compile(re.sub(r"(?<!\\)\((?!\?)", "(?:", text), re.I if "i" in options else 0)
    except re.error as error:
        raise UsageError(f"bad REGEX: {error}") from error
    return found


async def _wc(call: Call) -> int:
    options, paths = split_options(call.arguments, "lwcm")
    shown = [letter for letter in "lwc" if letter in options] or list("lwc")
    async for path, data in _pieces(call, paths):
        counts = {"l": data.count(b"\n"), "w": len(data.split()), "c": len(data)}
        cells = [str(counts[letter]) for letter in shown]
        await call.out(" ".join(cells + ([path] if path != "-" else [])) + "\n")
    return 0


async def _cut(call: Call) -> int:
    options, paths = split_options(call.arguments, "s", "dfcb")
    spec = options.get("f") or options.get("c") or options.get("b")
    if spec is None:
        raise UsageError("needs -f or -c")
    wanted = _ranges(spec)
    delimiter = options.get("d", "\t")
    for line in await _lines(call, paths):
        fields = line.split(delimiter) if "f" in options else list(line)
        if "f" in options and len(fields) == 1:
            await call.out("" if "s" in options else line + "\n")
            continue
        kept = [text for index, text in enumerate(fields, 1) if any(index in r for r in wanted)]
        await call.out((delimiter if "f" in options else "").join(kept) + "\n")
    return 0


def _ranges(spec: str) -> list[range]:
    found = []
    for part in spec.split(","):
        match = re.fullmatch(r"(\d{0,6})(-?)(\d{0,6})", part)
        if match is None or not part.strip("-"):
            raise UsageError(f"bad list '{spec}'")
        first = int(match[1] or 1)
        last = int(match[3] or 10**7) if match[2] else first
        found.append(range(first, last + 1))
    return found


async def _tr(call: Call) -> int:
    options, sets = split_options(call.arguments, "ds")
    if not sets:
        raise UsageError("Needs 1 argument")
    first = _letters(sets[0])
    second = _letters(sets[1]) if len(sets) > 1 else ""
    text = (await call.files.stdin.read_all()).decode("utf-8", "surrogateescape")
    if "d" in options:
        text = "".join(letter for letter in text if letter not in first)
    elif second:
        second += second[-1] * (len(first) - len(second))
        text = text.translate(dict(zip(map(ord, first), second)))
    if "s" in options:
        squeezed = re.escape(second or first)
        text = re.sub(f"([{squeezed}])\\1+", r"\1", text)
    await call.out(text)
    return 0


def _letters(text: str) -> str:
    text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").replace("\\0", "\0")
    text = text.replace("[:space:]", " \t\n\r").replace("[:upper:]", "A-Z")
    text = text.replace("[:lower:]", "a-z").replace("[:digit:]", "0-9")
    return re.sub(
        "(.)-(.)",
        lambda m: "".join(map(chr, range(ord(m[1]), min(ord(m[2]), ord(m[1]) + 255) + 1))),
        text,
    )


async def _sort(call: Call) -> int:
    options, paths = split_options(call.arguments, "nru", "kt")
    lines = await _lines(call, paths)

    def number(line: str) -> float:
        match = re.match(r"\s*-?\d+(\.\d+)?", line)
        return float(match[0]) if match else 0.0

    if "n" in options:
        lines.sort(key=number)
    else:
        lines.sort()
    if "r" in options:
        lines.reverse()
    if "u" in options:
        lines = list(dict.fromkeys(lines))
    await call.out("".join(f"{line}\n" for line in lines))
    return 0


async def _uniq(call: Call) -> int:
    _, paths = split_options(call.arguments, "")
    previous = None
    for line in await _lines(call, paths):
        if line != previous:
            await call.out(line + "\n")
        previous = line
    return 0


async def _tee(call: Call) -> int:
    options, paths = split_options(call.arguments, "a")
    writers = [
        call.machine.files.open_write(call.path(path), append="a" in options) for path in paths
    ]
    try:
        while piece := await call.files.stdin.read():
            for writer in writers:
                writer.write(piece)
            await call.files.stdout.write(piece)
    finally:
        for writer in writers:
            writer.close()
    return 0


async def _xargs(call: Call) -> int:
    """``xargs [-n COUNT] command``: words of standard input as arguments, so many at a time."""
    words = list(call.arguments)
    limit = XARGS_LIMIT
    if words and words[0].startswith("-n"):
        option = words.pop(0)
        limit = max(1, count_of(option[2:] or (words.pop(0) if words else "")))
    elif words and words[0].startswith("-"):
        raise UsageError(f"Unknown option '{words[0][1:]}'")
    items = (await call.files.stdin.read_all()).decode("utf-8", "surrogateescape").split()
    status = 0
    for start in range(0, max(1, len(items)), limit):
        part = items[start : start + limit]
        failed_now = await call.run([*(words or ["echo"]), *part], call.files)
        status = 123 if failed_now else status
    return status


COMMANDS: dict[str, CommandFunction] = {
    "cat": _cat,
    "head": _head,
    "tail": _tail,
    "grep": _grep,
    "wc": _wc,
    "cut": _cut,
    "tr": _tr,
    "sort": _sort,
    "uniq": _uniq,
    "tee": _tee,
    "xargs": _xargs,
}

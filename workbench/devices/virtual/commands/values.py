"""Programs that print, compare and compute: echo, printf, test, expr, seq ..."""

from __future__ import annotations

import posixpath
import re

from workbench.devices.virtual.commands.arguments import UsageError
from workbench.devices.virtual.shell.arithmetic import ArithmeticFailure, evaluate
from workbench.devices.virtual.shell.state import Call, CommandFunction

SEQUENCE_LIMIT = 1_000_000

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "a": "\a", "b": "\b", "e": "\x1b"}
_FORMAT = re.compile(r"%(%|[-+ 0#]*(?:\d{1,4}|\*)?(?:\.\d{1,3})?[sdiuxXofgecb])")


def _unescape(text: str, octal: str = "0[0-7]{1,3}") -> str:
    """Text with its escapes replaced; `echo` and `%b` want a 0 before octal digits."""

    def replace(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] == "x":
            return _byte(int(code[1:], 16))
        if code[0] in "01234567":
            return _byte(int(code, 8) & 0xFF)
        return _ESCAPES[code]

    return re.sub(rf"\\(x[0-9a-fA-F]{{1,2}}|{octal}|[ntr\\abe])", replace, text)


def _byte(value: int) -> str:
    """The letter that is written as this one byte."""
    return bytes([value]).decode("utf-8", "surrogateescape")


async def _echo(call: Call) -> int:
    words = list(call.arguments)
    end, escapes = "\n", False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        option = words.pop(0)
        end = "" if "n" in option else end
        escapes = "e" in option or (escapes and "E" not in option)
    text = " ".join(words)
    await call.out((_unescape(text) if escapes else text) + end)
    return 0


async def _printf(call: Call) -> int:
    if not call.arguments:
        raise UsageError("Needs 1 argument")
    form, *values = call.arguments
    form = _unescape(form, octal="[0-7]{1,3}")
    while True:
        before = len(values)
        await call.out(_FORMAT.sub(lambda match: _format(match[1], values), form))
        if not values or len(values) == before:
            return 0


def _format(spec: str, values: list[str]) -> str:
    if spec == "%":
        return "%"
    if "*" in spec:
        width = values.pop(0) if values else "0"
        spec = spec.replace("*", width if re.fullmatch(r"\d{1,4}", width) else "0")
    value = values.pop(0) if values else ""
    kind = spec[-1]
    if kind in "sbc":
        text = _unescape(value) if kind == "b" else value[:1] if kind == "c" else value
        return ("%" + spec[:-1] + "s") % text
    if kind in "fge":
        number = float(value) if re.fullmatch(r"\s*[-+]?\d*\.?\d+(e[-+]?\d+)?", value) else 0.0
        return ("%" + spec) % number
    match = re.fullmatch(r"\s*([-+]?)(0[xX][0-9a-fA-F]+|\d{1,20})", value)
    whole = int(match[2], 16 if match[2][:2].lower() == "0x" else 10) if match else 0
    whole = -whole if match and match[1] == "-" else whole
    if value[:1] in "'\"" and len(value) > 1:
        whole = ord(value[1])
    return ("%" + spec[:-1] + {"i": "d", "u": "d"}.get(kind, kind)) % whole


async def _test(call: Call) -> int:
    words = list(call.arguments)
    if call.name == "[" and (not words or words.pop() != "]"):
        raise UsageError("missing ]")
    return 0 if _or(call, words) else 1


def _or(call: Call, words: list[str]) -> bool:
    if "-o" in words[1:-1]:
        at = words.index("-o", 1)
        return _or(call, words[:at]) or _or(call, words[at + 1 :])
    if "-a" in words[1:-1]:
        at = words.index("-a", 1)
        return _or(call, words[:at]) and _or(call, words[at + 1 :])
    return _primary(call, words)


def _primary(call: Call, words: list[str]) -> bool:
    if not words:
        return False
    if len(words) == 1:
        return bool(words[0])
    if words[0] == "!":
        return not _primary(call, words[1:])
    if len(words) == 2:
        return _unary(call, words[0], words[1])
    if len(words) != 3:
        raise UsageError("too many arguments")
    left, op, right = words
    texts = {"=": left == right, "==": left == right, "!=": left != right}
    texts |= {"<": left < right, ">": left > right}
    if op in texts:
        return texts[op]
    if op not in ("-eq", "-ne", "-lt", "-le", "-gt", "-ge"):
        raise UsageError(f"{op}: unexpected operator/operand")
    for word in (left, right):
        if not re.fullmatch(r"\s*[-+]?\d{1,19}\s*", word):
            raise UsageError(f"{word}: bad number")
    difference = int(left) - int(right)
    return {
        "-eq": difference == 0,
        "-ne": difference != 0,
        "-lt": difference < 0,
        "-le": difference <= 0,
        "-gt": difference > 0,
        "-ge": difference >= 0,
    }[op]


def _unary(call: Call, op: str, word: str) -> bool:
    if op in ("-z", "-n"):
        return bool(word) == (op == "-n")
    path = call.path(word)
    try:
        found = call.machine.files.stat(path)
    except OSError:
        return False
    checks = {
        "-e": True,
        "-f": not found.is_folder,
        "-d": found.is_folder,
        "-s": found.size > 0,
        "-r": call.machine.may_read(path),
        "-w": call.machine.files.is_writable(path),
        "-x": found.is_folder or (bool(found.mode & 0o111) and call.machine.may_execute(path)),
        "-L": False,
        "-h": False,
    }
    if op not in checks:
        raise UsageError(f"{op}: unexpected operator/operand")
    return checks[op]


async def _expr(call: Call) -> int:
    words = call.arguments
    try:
        value = evaluate(" ".join(words), {})
    except ArithmeticFailure as error:
        if len(words) == 1:
            await call.out(words[0] + "\n")
            return 0
        raise UsageError("syntax error") from error
    await call.out(f"{value}\n")
    return 0 if value else 1


async def _seq(call: Call) -> int:
    words = call.arguments
    if not 1 <= len(words) <= 3 or not all(re.fullmatch(r"-?\d{1,9}", word) for word in words):
        raise UsageError("needs whole numbers")
    numbers = list(map(int, words))
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) == 3 else 1
    if step == 0 or abs((numbers[-1] - first) // step) > SEQUENCE_LIMIT:
        raise UsageError("too many numbers")
    for value in range(first, numbers[-1] + (1 if step > 0 else -1), step):
        await call.out(f"{value}\n")
    return 0


async def _basename(call: Call) -> int:
    if not call.arguments:
        raise UsageError("Needs 1 argument")
    name = posixpath.basename(call.arguments[0].rstrip("/")) or "/"
    if len(call.arguments) > 1 and name != call.arguments[1]:
        name = name.removesuffix(call.arguments[1])
    await call.out(name + "\n")
    return 0


async def _dirname(call: Call) -> int:
    for path in call.arguments:
        await call.out((posixpath.dirname(path.rstrip("/")) or ".") + "\n")
    return 0


async def _realpath(call: Call) -> int:
    status = 0
    for path in call.arguments:
        full = call.path(path)
        try:
            call.machine.files.stat(full)
            await call.out(full + "\n")
        except OSError as error:
            status = await call.fail(f"{path}: {error.strerror}")
    return status


COMMANDS: dict[str, CommandFunction] = {
    "echo": _echo,
    "printf": _printf,
    "test": _test,
    "[": _test,
    "expr": _expr,
    "seq": _seq,
    "basename": _basename,
    "dirname": _dirname,
    "realpath": _realpath,
    "readlink": _realpath,
}

"""Arithmetic of the shell, ``$((...))``: whole numbers of 64 bits, C's operators."""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping

DEPTH_LIMIT = 50

_TOKEN = re.compile(
    r"\s*(0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<=|>>=|\|\||&&|<<|>>|[-+*/%&|^]=|==|!=|<=|>="
    r"|\+\+|--|[-+*/%<>=!~&|^?:()])",
    re.ASCII,
)
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", "<=", ">", ">="),
    ("<<", ">>"), ("+", "-"), ("*", "/", "%"),
)  # fmt: skip
_SIGN_BIT = 1 << 63


class ArithmeticFailure(Exception):
    """An expression that has no value; the message is what the shell prints."""


def evaluate(expression: str, variables: MutableMapping[str, str]) -> int:
    """The value of an expression; assignments in it change `variables`.

    Raises:
        ArithmeticFailure: a wrong expression, or a division by zero.
    """
    reader = _Reader(expression, variables)
    value = reader.assignment() if reader.tokens else 0
    if reader.tokens:
        raise ArithmeticFailure(f"{expression}: unexpected '{reader.tokens[0]}'")
    return value


class _Reader:
    def __init__(self, expression: str, variables: MutableMapping[str, str]) -> None:
        self.variables = variables
        self.depth = 0
        self.tokens: list[str] = []
        at = 0
        stripped = expression.rstrip()
        while at < len(stripped):
            match = _TOKEN.match(stripped, at)
            if match is None:
                raise ArithmeticFailure(f"{expression}: unexpected '{stripped[at:].strip()[0]}'")
            self.tokens.append(match[1])
            at = match.end()

    def assignment(self) -> int:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise ArithmeticFailure("expression recurses too deeply")
        try:
            if len(self.tokens) > 1 and re.match(r"[A-Za-z_]", self.tokens[0]):
                name, op = self.tokens[0], self.tokens[1]
                if op in ("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="):
                    del self.tokens[:2]
                    value = self.assignment()
                    if op != "=":
                        value = _apply(op[:-1], self._variable(name), value)
                    self.variables[name] = str(value)
                    return value
            return self._condition()
        finally:
            self.depth -= 1

    def _condition(self) -> int:
        value = self._binary(0)
        if not self._take("?"):
            return value
        yes = self.assignment()
        self._expect(":")
        no = self.assignment()
        return yes if value else no

    def _binary(self, level: int) -> int:
        if level == len(_LEVELS):
            return self._unary()
        value = self._binary(level + 1)
        while self.tokens and self.tokens[0] in _LEVELS[level]:
            op = self.tokens.pop(0)
            value = _apply(op, value, self._binary(level + 1))
        return value

    def _unary(self) -> int:
        if not self.tokens:
            raise ArithmeticFailure("unexpected end of expression")
        token = self.tokens.pop(0)
        if token in ("-", "+", "!", "~"):
            value = self._nested()
            return _wrap({"-": -value, "+": value, "!": int(not value), "~": ~value}[token])
        if token in ("++", "--"):
            name = self.tokens.pop(0) if self.tokens else ""
            return self._step(name, token, before=True)
        if token == "(":
            value = self.assignment()
            self._expect(")")
            return value
        if token[0].isdigit():
            return _number(token)
        if not re.match(r"[A-Za-z_]", token):
            raise ArithmeticFailure(f"unexpected '{token}'")
        if self.tokens and self.tokens[0] in ("++", "--"):
            return self._step(token, self.tokens.pop(0), before=False)
        return self._variable(token)

    def _nested(self) -> int:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise ArithmeticFailure("expression recurses too deeply")
        value = self._unary()
        self.depth -= 1
        return value

    def _step(self, name: str, op: str, *, before: bool) -> int:
        if not re.match(r"[A-Za-z_]", name):
            raise ArithmeticFailure(f"unexpected '{op}'")
        old = self._variable(name)
        new = _wrap(old + (1 if op == "++" else -1))
        self.variables[name] = str(new)
        return new if before else old

    def _variable(self, name: str) -> int:
        text = self.variables.get(name, "").strip()
        if not text:
            return 0
        match = re.fullmatch(r"(-?)(0[xX][0-9a-fA-F]+|\d+)", text)
        if match is None:
            raise ArithmeticFailure(f"{text}: unexpected '{text}'")
        return -_number(match[2]) if match[1] else _number(match[2])

    def _take(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            del self.tokens[0]
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise ArithmeticFailure(f"expected '{token}'")


def _number(text: str) -> int:
    if text[:2] in ("0x", "0X"):
        return _wrap(int(text, 16))
    if len(text) > 20:
        raise ArithmeticFailure(f"{text}: number too large")
    # POSIX makes a leading 0 octal; the phone's shell does not.
    return _wrap(int(text))


def _wrap(value: int) -> int:
    return (value + _SIGN_BIT) % (1 << 64) - _SIGN_BIT


def _apply(op: str, left: int, right: int) -> int:
    if op in ("/", "%"):
        if right == 0:
            raise ArithmeticFailure("divisor is 0")
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return _wrap(quotient if op == "/" else left - quotient * right)
    operators: dict[str, Callable[[], int]] = {
        "||": lambda: int(bool(left) or bool(right)),
        "&&": lambda: int(bool(left) and bool(right)),
        "|": lambda: left | right,
        "^": lambda: left ^ right,
        "&": lambda: left & right,
        "==": lambda: int(left == right),
        "!=": lambda: int(left != right),
        "<": lambda: int(left < right),
        "<=": lambda: int(left <= right),
        ">": lambda: int(left > right),
        ">=": lambda: int(left >= right),
        "<<": lambda: left << (right & 63),
        ">>": lambda: left >> (right & 63),
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
    }
    return _wrap(operators[op]())

"""ALM's filter language: {name["a value"];id[>5 AND <=9]}, and order-by={last-modified;id[DESC]}.

No quoting of quotes and brackets is known, words outside quotes may be operators, and `*` in a value stands for anything.
"""

import re

TOKEN = re.compile(r'\s*(?:"([^"]*)"|(<=|>=|<>|[=<>()])|([^\s"<>=()]+))')
WORDS = {"and": "AND", "or": "OR", "not": "NOT"}


class Invalid(ValueError):
    """A filter that can't be understood."""


def clauses(text):
    """[(field, condition)] of a filter; a condition is a list of tokens (kind, text)."""
    if not text.startswith("{") or not text.endswith("}"):
        raise Invalid("a filter stands in braces")
    found = []
    for part in filter(None, _split(text[1:-1])):
        name, bracket, rest = part.partition("[")
        if not bracket or not rest.endswith("]") or not name.strip():
            raise Invalid(f"no condition: {part}")
        found.append((name.strip(), _tokens(rest[:-1])))
    return found


def _split(text):
    """The parts between semicolons that stand outside of brackets."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        if character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
        elif character == ";" and depth == 0:
            parts.append(text[start:at])
            start = at + 1
        if depth not in (0, 1):
            raise Invalid("brackets within brackets")
    if depth:
        raise Invalid("a bracket is not closed")
    return parts + [text[start:]]


def _tokens(text):
    tokens, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            raise Invalid(f"a quote is not closed: {text}")
        quoted, operator, word = match.groups()
        if quoted is not None:
            tokens.append(("value", quoted))
        elif operator is not None:
            tokens.append(("operator", operator))
        elif word.lower() in WORDS:
            tokens.append(("word", WORDS[word.lower()]))
        else:
            tokens.append(("value", word))
        at = match.end()
    if not tokens:
        raise Invalid("an empty condition")
    return tokens


class Condition:
    """A condition on one field: OR of AND of possibly negated comparisons."""

    def __init__(self, tokens, numeric):
        self._left, self._numeric = list(tokens), numeric
        self._tree = self._either()
        if self._left:
            raise Invalid(f"what is left of the condition: {self._left}")

    def holds(self, values):
        return any(self._holds(self._tree, value) for value in values or [""])

    def _holds(self, tree, value):
        kind, parts = tree
        if kind == "or":
            return any(self._holds(part, value) for part in parts)
        if kind == "and":
            return all(self._holds(part, value) for part in parts)
        if kind == "not":
            return not self._holds(parts, value)
        return self._compares(kind, value, parts)

    def _compares(self, operator, value, wanted):
        if operator in ("=", "<>"):
            same = self._same(value, wanted)
            return same if operator == "=" else not same
        if not value:
            return False
        left, right = (float(value), float(wanted)) if self._numeric else (value, wanted)
        return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]

    def _same(self, value, wanted):
        if self._numeric:
            return bool(value) and float(value) == float(wanted)
        pattern = ".*".join(re.escape(part) for part in wanted.split("*"))
        return re.fullmatch(pattern, value, re.IGNORECASE | re.DOTALL) is not None

    def _next(self, kind, *texts):
        if self._left and self._left[0][0] == kind and (not texts or self._left[0][1] in texts):
            return self._left.pop(0)[1]
        return None

    def _either(self):
        parts = [self._both()]
        while self._next("word", "OR"):
            parts.append(self._both())
        return ("or", parts)

    def _both(self):
        parts = [self._one()]
        while self._next("word", "AND"):
            parts.append(self._one())
        return ("and", parts)

    def _one(self):
        if self._next("word", "NOT"):
            return ("not", self._one())
        if self._next("operator", "("):
            inner = self._either()
            if not self._next("operator", ")"):
                raise Invalid("a parenthesis is not closed")
            return inner
        operator = self._next("operator", "=", "<>", "<", "<=", ">", ">=") or "="
        words = [self._next("value")]
        if words[0] is None:
            raise Invalid("a value is missing")
        if self._numeric and not re.fullmatch(r"-?\d+(\.\d+)?", words[0]):
            raise Invalid(f"{words[0]} is no number")
        return (operator, words[0])


def order(text):
    """[(field, descending)] of order-by."""
    if not text.startswith("{") or not text.endswith("}"):
        raise Invalid("order-by stands in braces")
    found = []
    for part in filter(None, text[1:-1].split(";")):
        match = re.fullmatch(r"([\w-]+)(?:\[(ASC|DESC)\])?", part.strip(), re.IGNORECASE)
        if match is None:
            raise Invalid(f"no order: {part}")
        found.append((match.group(1), (match.group(2) or "").upper() == "DESC"))
    return found

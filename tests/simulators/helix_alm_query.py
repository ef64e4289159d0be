"""Helix ALM's search language (LimitingItemsReturned): "A label" = 'value' AND NOT (Hours > 2).

A quoted text ends at the next quote of its kind: there is no escape.
"""

import re

TOKEN = re.compile(r"""\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<operator>:\?|!=|>=|<=|[=<>~:(),])|"""
                   r"""(?P<word>[^\s"'=!<>~:(),]+))""")
NAMED = {"EQUALS": "=", "GREATER": ">", "GREATER_EQUAL": ">=", "LESS": "<", "LESS_EQUAL": "<=", "CONTAINS": "~", "IN": ":",
         "IN_RECURSE": ":?"}
LOGICAL = ("AND", "OR", "NOT")
SYMBOLS = set(NAMED.values()) | {"!="}


class Invalid(ValueError):
    """A search that does not parse."""

    def __init__(self, at):
        super().__init__(f"Incorrect syntax starting at '{at}'")


class Token:
    def __init__(self, kind, text):
        self.kind, self.text = kind, text

    def logical(self, name):
        return self.kind == "word" and self.text.upper() == name

    def operator(self):
        """The comparison it stands for, or None."""
        if self.kind == "word":
            return NAMED.get(self.text.upper())
        return self.text if self.kind == "operator" and self.text in SYMBOLS else None


def tokens(text):
    found, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            raise Invalid(text[at:].strip().split()[0])
        kind = match.lastgroup
        found.append(Token(kind, match.group(kind)))
        at = match.end()
    return found


class Comparison:
    def __init__(self, label, operator, values):
        self.label, self.operator, self.values = label, operator, values


class Parser:
    """A search as a tree: ("and", [..]), ("or", [..]), ("not", tree) or a Comparison."""

    def __init__(self, text):
        self._left = tokens(text)
        self.tree = self._either()
        if self._left:
            raise Invalid(self._left[0].text)

    def _peek(self):
        return self._left[0] if self._left else Token("end", "")

    def _take_logical(self, name):
        if self._peek().logical(name):
            self._left.pop(0)
            return True
        return False

    def _take_symbol(self, text):
        if self._peek().kind == "operator" and self._peek().text == text:
            self._left.pop(0)
            return True
        return False

    def _either(self):
        parts = [self._both()]
        while self._take_logical("OR"):
            parts.append(self._both())
        return ("or", parts)

    def _both(self):
        parts = [self._one()]
        while self._take_logical("AND"):
            parts.append(self._one())
        return ("and", parts)

    def _one(self):
        if self._take_logical("NOT"):
            return ("not", self._one())
        if self._take_symbol("("):
            inner = self._either()
            if not self._take_symbol(")"):
                raise Invalid(self._peek().text)
            return inner
        return self._comparison()

    def _comparison(self):
        label = self._peek()
        if label.kind not in ("word", "double", "single") or any(label.logical(name) for name in LOGICAL):
            raise Invalid(label.text)
        self._left.pop(0)
        negated = self._take_logical("NOT")
        operator = self._peek().operator()
        if operator is None:
            # A label of several words without quotes is told by its first.
            raise Invalid(label.text)
        self._left.pop(0)
        comparison = Comparison(label.text, operator, self._values(operator))
        return ("not", comparison) if negated else comparison

    def _values(self, operator):
        if operator != ":" or not self._take_symbol("("):
            return [self._value()]
        values = [self._value()]
        while self._take_symbol(","):
            values.append(self._value())
        if not self._take_symbol(")"):
            raise Invalid(self._peek().text)
        return values

    def _value(self):
        value = self._peek()
        if value.kind not in ("word", "double", "single"):
            raise Invalid(value.text)
        self._left.pop(0)
        return value.text


def comparisons(tree):
    """All comparisons of a tree."""
    if isinstance(tree, Comparison):
        return [tree]
    kind, parts = tree
    return comparisons(parts) if kind == "not" else [one for part in parts for one in comparisons(part)]


def holds(tree, compares):
    """Does the tree hold, when compares(comparison) says it of each comparison?"""
    if isinstance(tree, Comparison):
        return compares(tree)
    kind, parts = tree
    if kind == "not":
        return not holds(parts, compares)
    return any(holds(part, compares) for part in parts) if kind == "or" else all(holds(part, compares) for part in parts)

"""The encoded queries of ServiceNow's `sysparm_query`.

Parsing follows the platform: conditions are joined by `^` (and), `^OR` (or with the condition before), `^NQ` (or with
everything before), and are followed by `^ORDERBYcolumn` or `^ORDERBYDESCcolumn`. A condition whose column does not
exist is dropped without a word, so that a misspelt query matches everything; that is what the documentation says and
what an adapter must survive. Operators that the platform knows and this module does not are refused, so that a test
never passes because a condition was skipped.
"""

import re
from dataclasses import dataclass, field


class UnsupportedQuery(Exception):
    """The platform would understand this part of a query; the simulator does not."""


@dataclass(frozen=True)
class Condition:
    """One `<column><operator><value>`; `column` may be dot-walked (`caller_id.email`)."""

    column: str
    operator: str
    value: str


@dataclass
class Query:
    """`alternatives` are joined by or, their members by and, and the members' conditions by or."""

    alternatives: list = field(default_factory=lambda: [[]])
    order: list = field(default_factory=list)  # (column, descending)
    dropped: list = field(default_factory=list)  # the parts that made no sense, as written


OPERATORS = (
    "ISNOTEMPTY", "ISEMPTY", "EMPTYSTRING", "STARTSWITH", "ENDSWITH", "NOT LIKE", "NOTLIKE", "CONTAINS", "LIKE",
    "NOT IN", "NOTIN", "IN", "BETWEEN", "!=", ">=", "<=", "=", ">", "<",
)
UNSUPPORTED = (
    "DOES NOT CONTAIN", "INSTANCEOF", "SAMEAS", "NSAMEAS", "ANYTHING", "DYNAMIC", "ON", "NOTON", "VALCHANGES",
    "CHANGESFROM", "CHANGESTO", "GT_FIELD", "LT_FIELD", "RELATIVEGT", "RELATIVELT", "MATCH_PAT", "MATCH_RGX",
)
SPELLINGS = {"NOTLIKE": "NOT LIKE", "NOTIN": "NOT IN", "CONTAINS": "LIKE"}
COLUMN = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")


def parse_condition(text):
    """The Condition, or None when it has no column or no operator."""
    match = COLUMN.match(text)
    if not match:
        return None
    column, rest = match.group(), text[match.end():]
    for operator in OPERATORS:
        if rest.startswith(operator):
            value = rest[len(operator):]
            if value.startswith("javascript:"):
                raise UnsupportedQuery(f"a script as the value of {column}")
            return Condition(column, SPELLINGS.get(operator, operator), value)
    for operator in UNSUPPORTED:
        if rest.startswith(operator):
            raise UnsupportedQuery(f"the operator {operator} of {column}")
    return None


def parse(text, knows):
    """Parses a query; `knows(column)` says whether the table has that (perhaps dot-walked) column."""
    query = Query()
    if "123TEXTQUERY321" in text or "RLQUERY" in text:
        raise UnsupportedQuery("a text or related-list query")
    for part in text.split("^"):
        if part in ("", "EQ"):
            continue
        if part.startswith("GROUPBY"):
            raise UnsupportedQuery("GROUPBY")
        if part.startswith("ORDERBY"):
            descending = part.startswith("ORDERBYDESC")
            column = part[len("ORDERBYDESC" if descending else "ORDERBY"):]
            if knows(column):
                query.order.append((column, descending))
            else:
                query.dropped.append(part)
            continue
        joins = part.startswith("OR")
        if part.startswith("NQ"):
            query.alternatives.append([])
            part = part[2:]
        elif joins:
            part = part[2:]
        condition = parse_condition(part)
        if condition is None or not knows(condition.column):
            query.dropped.append(part)
            continue
        group = query.alternatives[-1]
        if joins and group:
            group[-1].append(condition)
        else:
            group.append([condition])
    return query


def _number(text):
    try:
        return float(text)
    except ValueError:
        return None


def _compare(left, right, numeric):
    """-1, 0 or 1; numbers as numbers, an empty number before all others."""
    if numeric:
        first, second = _number(left), _number(right)
        if first is not None and second is not None:
            return (first > second) - (first < second)
    return (left > right) - (left < right)


def holds(condition, value, numeric):
    """Does the stored `value` of the condition's column satisfy it? Case counts, as documented."""
    operator, wanted = condition.operator, condition.value
    if operator == "=":
        return _compare(value, wanted, numeric) == 0
    if operator == "!=":
        return _compare(value, wanted, numeric) != 0
    if operator in ("ISEMPTY", "EMPTYSTRING"):
        return value == ""
    if operator == "ISNOTEMPTY":
        return value != ""
    if operator == "LIKE":
        return wanted in value
    if operator == "NOT LIKE":
        return wanted not in value
    if operator == "STARTSWITH":
        return value.startswith(wanted)
    if operator == "ENDSWITH":
        return value.endswith(wanted)
    if operator in ("IN", "NOT IN"):
        return (value in wanted.split(",")) == (operator == "IN")
    if value == "":  # nothing is neither less nor more than anything
        return False
    if operator == "BETWEEN":
        low, _, high = wanted.partition("@")
        return _compare(value, low, numeric) >= 0 >= _compare(value, high, numeric)
    order = _compare(value, wanted, numeric)
    return {">": order > 0, ">=": order >= 0, "<": order < 0, "<=": order <= 0}[operator]


def matches(query, value_of, is_numeric):
    """Does a row satisfy the query? `value_of(column)` is its stored value, `is_numeric(column)` the column's kind."""
    return any(
        all(any(holds(one, value_of(one.column), is_numeric(one.column)) for one in group) for group in alternative)
        for alternative in query.alternatives)


def ordered(rows, query, value_of, is_numeric):
    """The rows in the query's order; what it leaves open keeps the order given."""
    def key_of(column):
        def key(row):
            value = value_of(row, column)
            number = _number(value) if is_numeric(column) else None
            return (number is not None, number or 0.0, value)
        return key

    rows = list(rows)
    for column, descending in reversed(query.order):
        rows.sort(key=key_of(column), reverse=descending)
    return rows

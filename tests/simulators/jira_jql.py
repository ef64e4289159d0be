"""JQL as far as it is documented and an adapter may need it: a parser, and predicates over indexed issues.

Dates are compared by whole seconds, as the index holds them; a literal has the grain of a minute and stands in the
account's time zone; a number is milliseconds since the epoch. `~` matches words, never exact text.
"""

import datetime
import functools
import re

import jira_adf
import jira_world as world

TOKEN = re.compile(
    r"\s*(?:(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<operator>!=|!~|>=|<=|[=<>~(),])"
    r"|(?P<word>(?:issue\.property\[[^\]]+\][\w.]*|cf\[\d+\]|[^\s\"'()=!<>~,\[\]]+)))"
)
PERIOD = re.compile(r"[+-]?(\d+[wdhm])( \d+[wdhm])*")
SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60}
ALIASES = {"type": "issuetype", "issue": "key", "issuekey": "key", "id": "key", "component": "components",
           "fixversion": "fixVersions", "affectedversion": "versions", "due": "duedate", "resolved": "resolutiondate",
           "createddate": "created", "updateddate": "updated"}
DATES = ("created", "updated", "resolutiondate")
KEYWORDS = ("and", "or", "not", "in", "is", "order", "by", "empty", "null", "asc", "desc")


class JqlError(Exception):
    """The vendor's words about a query."""


class Query:
    """A parsed query: `matches(issue)`, and the order of its results."""

    def __init__(self, text, site, user):
        self._site, self._user = site, user
        self._tokens, self._at = _tokens(text), 0
        self.bounded, self._matches = False, lambda issue: True
        if not self._ahead("order") and self._peek() is not None:
            self._matches, self.bounded = self._either(), True
        self._order = self._ordering()
        if self._peek() is not None:
            raise JqlError(f"Error in the JQL Query: Expecting either 'OR' or 'AND' but got '{self._peek()[1]}'.")

    def matches(self, issue):
        return self._matches(issue)

    def sorted(self, issues):
        """In the order asked for; what is equal in it comes by descending id."""
        placed = [(self.place(issue), issue) for issue in issues]
        placed.sort(key=functools.cmp_to_key(lambda left, right: self.compare(left[0], right[0])))
        return [issue for _, issue in placed]

    def place(self, issue):
        """Where an issue stands in the order; a list that JSON can hold."""
        return [self._sort_value(field, issue) for field, _ in self._order] + [int(issue["id"])]

    def compare(self, left, right):
        """Negative when `left` comes first."""
        for (_, descending), one, other in zip(self._order, left, right):
            if one != other:
                return -1 if (one < other) != descending else 1
        return right[-1] - left[-1]

    # Tokens.

    def _peek(self):
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _ahead(self, *words):
        token = self._peek()
        return token is not None and token[0] != "string" and token[1].lower() in words

    def _take(self, *words):
        if self._ahead(*words):
            self._at += 1
            return self._tokens[self._at - 1][1].lower()
        return None

    def _need(self, *words):
        taken = self._take(*words)
        if taken is None:
            got = f"'{self._peek()[1]}'" if self._peek() else "the end of the query"
            raise JqlError(f"Error in the JQL Query: Expecting '{words[0]}' but got {got}.")
        return taken

    def _next(self, what):
        token = self._peek()
        if token is None or (token[0] == "operator"):
            raise JqlError(f"Error in the JQL Query: Expecting {what} but got "
                           + (f"'{token[1]}'." if token else "the end of the query."))
        if token[0] == "word" and token[1].lower() in KEYWORDS and what != "an order":
            raise JqlError(f"Error in the JQL Query: '{token[1]}' is a reserved JQL word. You must surround it in quotation "
                           "marks to use it in a query.")
        self._at += 1
        return token[1]

    # Grammar.

    def _either(self):
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda issue: any(part(issue) for part in parts)

    def _both(self):
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else lambda issue: all(part(issue) for part in parts)

    def _negated(self):
        if self._take("not"):
            part = self._negated()
            return lambda issue: not part(issue)
        if self._take("("):
            part = self._either()
            self._need(")")
            return part
        return self._clause()

    def _clause(self):
        name = self._next("a field name")
        field = self._field(name)
        if self._take("is"):
            negative = self._take("not")
            self._need("empty", "null")
            return lambda issue: (not field.values(issue)) != bool(negative)
        negative = self._take("not")
        if self._take("in"):
            self._need("(")
            wanted = [field.operand(self._value())]
            while self._take(","):
                wanted.append(field.operand(self._value()))
            self._need(")")
            return self._membership(field, name, wanted, bool(negative))
        operator = self._need("=", "!=", "~", "!~", ">=", "<=", ">", "<")
        if operator not in field.operators:
            raise JqlError(f"The operator '{operator}' is not supported by the '{name}' field.")
        if self._take("empty", "null"):
            return lambda issue: (not field.values(issue)) == (operator == "=")
        wanted = field.operand(self._value())
        return field.test(operator, wanted)

    @staticmethod
    def _membership(field, name, wanted, negative):
        if "=" not in field.operators:
            raise JqlError(f"The operator 'in' is not supported by the '{name}' field.")
        if negative:
            return lambda issue: bool(field.values(issue)) and not any(one in field.values(issue) for one in wanted)
        return lambda issue: any(one in field.values(issue) for one in wanted)

    def _value(self):
        """(text, comes from a function or number)"""
        token = self._peek()
        text = self._next("a value")
        if self._take("("):
            self._need(")")
            if text.lower() == "currentuser":
                user = self._site.users[self._user]
                return user["accountId"] if self._site.cloud else self._user
            if text.lower() == "now":
                return str(self._site.now())
            raise JqlError(f"Unable to find JQL function '{text}()'.")
        return Literal(text) if token[0] == "string" else text

    def _ordering(self):
        order = []
        if self._take("order"):
            self._need("by")
            while True:
                name = self._next("an order").lower()
                name = ALIASES.get(name, name)
                if name not in ("updated", "created", "key", "priority", "status", "summary", "duedate"):
                    raise JqlError(f"Not able to sort using field '{name}'.")
                order.append((name, self._take("asc", "desc") == "desc"))
                if not self._take(","):
                    break
        return order

    @staticmethod
    def _sort_value(field, issue):
        if field in DATES:
            return issue[field] // 1000
        if field == "key":
            project, _, number = issue["key"].rpartition("-")
            return f"{project}-{int(number):09d}"
        if field == "status":
            return issue["status"]
        return str(issue["fields"].get(field) or "")

    def _field(self, name):
        if match := re.fullmatch(r"issue\.property\[([^\]]+)\]\.?([\w.]*)", name):
            return Property(self._site, name, match[1], match[2])
        plain = ALIASES.get(name.lower(), name)
        if match := re.fullmatch(r"cf\[(\d+)\]", plain):
            plain = "customfield_" + match[1]
        for identity, sort in FIXED.items():
            if plain.lower() == identity.lower():
                return sort(self._site, name, [identity], self._user)
        found = [one for one in self._site.fields.values()
                 if plain == one.id or plain.lower() == one.name.lower() or plain.lower() == one.id.lower()]
        if not found:
            raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
        sort = BY_KIND.get(found[0].kind)
        if sort is None:
            raise JqlError(f"The field '{name}' cannot be searched.")
        return sort(self._site, name, [one.id for one in found], self._user)


class Literal(str):
    """A value that stood in quotation marks."""


def _tokens(text):
    tokens, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            raise JqlError(f"Error in the JQL Query: The character '{text[at:].strip()[0]}' is a reserved JQL character. You "
                           "must enclose it in a string or use the escape '\\u' instead.")
        at, kind = match.end(), match.lastgroup
        value = match[kind]
        tokens.append((kind, re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "string" else value))
    return tokens


class Searched:
    """How a field is searched. `values(issue)`: what the index holds of it, as a list."""

    operators = ("=", "!=")

    def __init__(self, site, name, identities, user):
        self.site, self.name, self.identities, self.user = site, name, identities, user

    def stored(self, issue):
        for identity in self.identities:
            value = issue["fields"].get(identity)
            if value is not None and value != []:
                yield value

    def values(self, issue):
        return [one for value in self.stored(issue) for one in (value if isinstance(value, list) else [value])]

    def operand(self, text):
        return text

    def test(self, operator, wanted):
        if operator == "=":
            return lambda issue: wanted in self.values(issue)
        return lambda issue: bool(self.values(issue)) and wanted not in self.values(issue)

    def none(self, text):
        raise JqlError(f"The value '{text}' does not exist for the field '{self.name}'.")


class ProjectName(Searched):
    def values(self, issue):
        return [issue["project"]]

    def operand(self, text):
        for key, one in self.site.projects.items():
            if text.lower() in (key.lower(), one["name"].lower(), one["id"]) and self.site.may(self.user, "browse", key):
                return key
        return self.none(text)


class IssueTypeName(Searched):
    def values(self, issue):
        return [issue["type"]]

    def operand(self, text):
        for one in self.site.issue_types:
            if text.lower() in (one["name"].lower(), one["id"]):
                return one["id"]
        return self.none(text)


class StatusName(Searched):
    def values(self, issue):
        return [issue["status"]]

    def operand(self, text):
        for identity, (name, _) in world.STATUSES.items():
            if text.lower() in (name.lower(), identity):
                return identity
        return self.none(text)


class IssueKey(Searched):
    operators = ("=", "!=", ">", "<", ">=", "<=")

    def values(self, issue):
        return [issue["id"]]

    def operand(self, text):
        issue = self.site.find_issue(text)
        if issue is None or not self.site.may(self.user, "browse", issue["project"]):
            raise JqlError(f"An issue with key '{text}' does not exist for field '{self.name}'.")
        return issue["id"]

    def test(self, operator, wanted):
        if operator in ("=", "!="):
            return super().test(operator, wanted)
        return lambda issue: ordered(operator, int(issue["id"]), int(wanted))


class Person(Searched):
    def values(self, issue):
        return [issue["creator"]] if self.identities == ["creator"] else super().values(issue)

    def operand(self, text):
        return self.site.user_by(text) or self.none(text)


class Moment(Searched):
    operators = ("=", "!=", ">", "<", ">=", "<=")

    def values(self, issue):
        key = {"resolutiondate": "resolved"}.get(self.identities[0], self.identities[0])
        found = [issue[key]] if self.identities[0] in DATES else list(self.stored(issue))
        return [self.seconds(value) for value in found if value is not None]

    def seconds(self, value):
        if isinstance(value, int):
            return value // 1000
        return int(datetime.datetime.fromisoformat(value).replace(tzinfo=self.site.zone).timestamp())

    def operand(self, text):
        if PERIOD.fullmatch(text):
            size = sum(int(word.strip("+-")[:-1]) * SECONDS[word[-1]] for word in text.split())
            return self.site.now() // 1000 + (-size if text.startswith("-") else size)
        if re.fullmatch(r"\d{9,}", text):
            return int(text) // 1000
        for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d"):
            try:
                moment = datetime.datetime.strptime(text.replace("/", "-"), form)
                return int(moment.replace(tzinfo=self.site.zone).timestamp())
            except ValueError:
                continue
        raise JqlError(f"Date value '{text}' for field '{self.name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
                       "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.")

    def test(self, operator, wanted):
        return lambda issue: any(ordered(operator, value, wanted) for value in self.values(issue))


class Amount(Searched):
    operators = ("=", "!=", ">", "<", ">=", "<=")

    def operand(self, text):
        try:
            return float(text)
        except ValueError:
            raise JqlError(f"The value '{text}' for the field '{self.name}' is no number.") from None

    def test(self, operator, wanted):
        return lambda issue: any(ordered(operator, value, wanted) for value in self.values(issue))


class Words(Searched):
    operators = ("~", "!~")

    def values(self, issue):
        if self.identities == ["comment"]:
            return [self.plain(comment["body"]) for comment in issue["comments"]]
        if self.identities == ["text"]:
            fields = [one.id for one in self.site.fields.values() if one.kind in ("string", "rich")]
            texts = [issue["fields"].get(identity) for identity in fields] + [one["body"] for one in issue["comments"]]
            return [self.plain(text) for text in texts if text]
        return [self.plain(value) for value in self.stored(issue)]

    @staticmethod
    def plain(value):
        return value if isinstance(value, str) else jira_adf.to_text(value)

    def test(self, operator, wanted):
        phrase = re.fullmatch(r'\s*"(.*)"\s*', wanted)
        words = re.findall(r"\w+\*?", (phrase[1] if phrase else wanted).lower())
        return lambda issue: any(contains(value, words, phrase is not None) for value in self.values(issue)) == (operator == "~")


class Link(Searched):
    """A field of web addresses: searched exactly."""


class Entry(Searched):
    """A field whose values stand in a list, found by id or name."""

    def values(self, issue):
        return [one for value in super().values(issue) for one in (value if isinstance(value, tuple) else (value,)) if one]

    def operand(self, text):
        if text.lower() == "unresolved" and self.identities == ["resolution"]:
            return None
        field = self.site.fields[self.identities[0]]
        entries = self.site.kinds[field.kind].allowed(field, None)
        flat = entries + [child for entry in entries for child in entry.get("children", [])]
        for entry in flat:
            if text.lower() in (entry.get("id"), entry.get("name", entry.get("value", "")).lower()):
                return entry.get("id", entry.get("name"))
        return self.none(text)

    def test(self, operator, wanted):
        if wanted is None:
            return lambda issue: (not self.values(issue)) == (operator == "=")
        return super().test(operator, wanted)


class Property(Searched):
    """A path in an issue's property, searchable when an app has declared it (setting indexed_properties)."""

    def __init__(self, site, name, key, path):
        if f"{key}.{path}" not in site.settings["indexed_properties"]:
            raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
        super().__init__(site, name, [key], None)
        self._path = path.split(".")

    def values(self, issue):
        value = issue["properties"].get(self.identities[0])
        for step in self._path:
            value = value.get(step) if isinstance(value, dict) else None
        return [] if value is None else [str(value)]


def ordered(operator, left, right):
    return {"=": left == right, "!=": left != right, ">": left > right, "<": left < right, ">=": left >= right,
            "<=": left <= right}[operator]


def contains(text, words, phrase):
    """Whether the text holds the words: side by side for a phrase, otherwise all of them anywhere."""
    present = re.findall(r"\w+", text.lower())
    if phrase:
        return any(present[at : at + len(words)] == words for at in range(len(present) - len(words) + 1))
    return bool(words) and all(
        any(one.startswith(word[:-1]) if word.endswith("*") else one == word for one in present) for word in words
    )


FIXED = {
    "project": ProjectName, "issuetype": IssueTypeName, "status": StatusName, "key": IssueKey, "creator": Person,
    "created": Moment, "updated": Moment, "resolutiondate": Moment, "comment": Words, "text": Words,
}
BY_KIND = {
    "string": Words, "rich": Words, "url": Link, "readonly": Words, "number": Amount, "date": Moment, "datetime": Moment,
    "user": Person, "users": Person, "priority": Entry, "resolution": Entry, "version": Entry, "versions": Entry,
    "components": Entry, "option": Entry, "options": Entry, "cascading": Entry, "labels": Searched, "group": Searched,
    "groups": Searched,
}

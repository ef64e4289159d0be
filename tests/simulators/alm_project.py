"""One project: its records as stored, and what ALM does to values before it stores them."""

import copy
import datetime
import html
import re

import alm_query as queries
import alm_schema

LONGEST_NAME = 255
DATE, DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
ALIASES = {"strong": "b", "em": "i", "strike": "s", "del": "s"}


class Refused(Exception):
    """What ALM refuses: status, the Id of its exception without `qccore.`, and the title."""

    def __init__(self, status, identity, title):
        super().__init__(title)
        self.status, self.identity, self.title = status, "qccore." + identity, title


def normalised_memo(text):
    """A memo as ALM stores it: an HTML document, reformatted; line breaks of plain text are white space."""
    if not text.strip():
        return ""
    body = re.search(r"(?is)<body[^>]*>(.*)</body>", text)
    inner = body.group(1) if body else text
    inner = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>", "", inner)
    inner = re.sub(r"(?i)\son\w+\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", "", inner)
    for name, other in ALIASES.items():
        inner = re.sub(rf"(?i)<(/?){name}(?=[\s>])", rf"<\g<1>{other}", inner)
    inner = re.sub(r"(?i)<br\s*/?>", "<br />", inner)
    pieces = re.split(r"(?is)(<pre\b.*?</pre>)", inner)
    inner = "".join(piece if at % 2 else re.sub(r"[ \t\r\n]+", " ", piece) for at, piece in enumerate(pieces))
    return f"<html>\n<body>\n{inner.strip()}\n</body>\n</html>"


def plain_memo(text):
    """The words of a memo."""
    return html.unescape(re.sub(r"<[^>]*>", " ", text)).strip()


class Project:
    def __init__(self, clock, settings, accounts, versioned=False, users=None):
        self._clock, self._settings, self._accounts = clock, settings, accounts
        self.versioned, self.users = versioned, set(users or accounts)
        self.fields, self.lists = alm_schema.entities(), copy.deepcopy(alm_schema.LISTS)
        self.rows = {kind: {} for kind in [*self.fields, "release"]}
        self.fields["release"] = {field.name: field for field in (
            *alm_schema.common("REL"), alm_schema.Field("name", "Name", "REL_NAME", required=True))}
        self.attachments, self.locks, self._numbers = {}, {}, {}

    def number(self, kind):
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return self._numbers[kind]

    def local_time(self):
        """The server's wall clock: last-modified has no zone."""
        moment = datetime.datetime.fromtimestamp(self._clock.now(), datetime.timezone.utc)
        return (moment + datetime.timedelta(minutes=self._settings["zone_minutes"])).strftime("%Y-%m-%d %H:%M:%S")

    def supports_versions(self, kind):
        return self.versioned and kind in alm_schema.VERSIONED

    def find(self, kind, identity):
        row = self.rows[kind].get(identity)
        if row is None:
            raise Refused(404, "entity-not-found", f"{kind} with id {identity} was not found.")
        return row

    # Writing.

    def create(self, kind, given, user):
        values = self._checked(kind, given)
        for field in self.fields[kind].values():
            if field.required and not any(values.get(field.name, [])) and not self._settings["ignore_required"]:
                raise Refused(400, "required-field-missing", f"Field '{field.label}' is required.")
        return self.store(kind, values, user)

    def store(self, kind, values, user):
        """Past all checks."""
        identity = str(self.number(kind))
        row = {name: [] for name in self.fields[kind]}
        row.update(values)
        row["id"], row["ver-stamp"] = [identity], ["0"]
        if self.supports_versions(kind):
            row["vc-version-number"], row["vc-checkout-user-name"] = ["1"], [user]
        self.rows[kind][identity] = row
        self.touch(row)
        return row

    def update(self, kind, identity, given, user, holder):
        row = self.find(kind, identity)
        self.refuse_locked(kind, identity, user, holder)
        values = self._checked(kind, given)
        for name, value in values.items():
            if self.fields[kind][name].required and not any(value):
                raise Refused(400, "required-field-missing", f"Field '{self.fields[kind][name].label}' is required.")
        if self.supports_versions(kind) and row["vc-checkout-user-name"] != [user]:
            raise Refused(403, "operation-forbidden", f"The {kind} must be checked out before it is changed.")
        row.update(values)
        self.touch(row)
        return row

    def delete(self, kind, identity, user, holder):
        self.find(kind, identity)
        self.refuse_locked(kind, identity, user, holder)
        del self.rows[kind][identity]
        for number in [one for one, entry in self.attachments.items() if entry["parent"] == (kind, identity)]:
            del self.attachments[number]

    def touch(self, row):
        row["last-modified"] = [self.local_time()]
        row["ver-stamp"] = [str(int(row["ver-stamp"][0]) + 1)]
        for fields in self.fields.values():
            for field in fields.values():
                if field.mirror and field.name in row:
                    row[field.name] = list(row.get(field.mirror, []))

    # Locks: of a session, so that they end with it.

    def lock(self, kind, identity, user, holder):
        self.find(kind, identity)
        self.refuse_locked(kind, identity, user, holder)
        self.locks[kind, identity] = (user, holder)

    def unlock(self, kind, identity, user, holder):
        self.refuse_locked(kind, identity, user, holder)
        self.locks.pop((kind, identity), None)

    def refuse_locked(self, kind, identity, user, holder):
        held = self.locks.get((kind, identity))
        if held and held[1] != holder:
            raise Refused(403, "lock-failure", f"Failed to lock the entity. The entity is locked by user '{held[0]}'.")

    def release(self, holder):
        self.locks = {place: held for place, held in self.locks.items() if held[1] is not holder}

    # Versions.

    def check_out(self, kind, identity, user):
        row = self._versioned(kind, identity)
        held = "".join(row["vc-checkout-user-name"])
        if held:
            raise Refused(403, "check-out-failure", f"The {kind} is already checked out by user '{held}'.")
        row["vc-checkout-user-name"] = [user]
        return row

    def check_in(self, kind, identity, user):
        row = self._versioned(kind, identity)
        if row["vc-checkout-user-name"] != [user]:
            raise Refused(403, "operation-forbidden", f"The {kind} is not checked out by '{user}'.")
        row["vc-checkout-user-name"] = []
        row["vc-version-number"] = [str(int("".join(row["vc-version-number"]) or "0") + 1)]
        return row

    def _versioned(self, kind, identity):
        if not self.supports_versions(kind):
            raise Refused(400, "operation-forbidden", f"Version control is not enabled for {kind}.")
        return self.find(kind, identity)

    # Values.

    def field(self, kind, name):
        if name not in self.fields[kind]:
            # QC 11 answers 500 to this.
            raise Refused(self._settings["unknown_field_status"], "unknown-field-name", f"Unknown field name '{name}'.")
        return self.fields[kind][name]

    def _checked(self, kind, given):
        values = {}
        for name, value in given.items():
            field = self.field(kind, name)
            if not field.editable:
                raise Refused(403, "operation-forbidden", f"Field '{field.label}' is read-only.")
            values[name] = self._stored(field, value)
        return values

    def _stored(self, field, given):
        values = [one for value in given for one in (value.split(";") if field.multi else [value]) if one]
        if len(values) > 1 and not field.multi:
            raise Refused(400, "invalid-value-type-for-field", f"Field '{field.label}' takes one value.")
        return [self._one(field, value) for value in values if not field.type == "Memo" or value.strip()]

    def _one(self, field, value):
        fits = {"Number": r"-?\d+", "Reference": r"\d+", "Date": DATE.pattern, "DateTime": DATE_TIME.pattern}
        if field.type in fits and not re.fullmatch(fits[field.type], value):
            raise Refused(400, "invalid-value-type-for-field", f"Value '{value}' is not valid for field '{field.label}'.")
        if field.type == "LookupList" and value not in self.lists[field.list][1]:
            raise Refused(400, "invalid-list-field-value", f"Field '{field.label}' has no list value '{value}'.")
        if field.type == "UsersList" and value not in self._accounts:
            raise Refused(400, "invalid-list-field-value", f"Field '{field.label}': there is no user '{value}'.")
        if field.type == "String" and len(value) > field.size:
            raise Refused(400, "general-error", f"Value of field '{field.label}' is longer than {field.size}.")
        return normalised_memo(value) if field.type == "Memo" else value

    # Queries.

    def select(self, kind, query, order):
        """Rows in order; 404 for what can't be understood."""
        try:
            conditions = [(name, queries.Condition(tokens, self._numeric(kind, name)))
                          for name, tokens in (queries.clauses(query) if query else [])]
            wanted = queries.order(order) if order else []
            for name, _ in wanted:
                self._numeric(kind, name)
        except queries.Invalid as invalid:
            raise Refused(404, "invalid-filter-expression", f"Invalid filter: {invalid}") from None
        found = [row for row in self.rows[kind].values() if all(one.holds(row[name]) for name, one in conditions)]
        for name, descending in reversed(wanted or [("id", False)]):
            numeric = self._numeric(kind, name)
            found.sort(key=lambda row: _sortable(row[name], numeric), reverse=descending)
        return found

    def _numeric(self, kind, name):
        if name not in self.fields[kind]:
            raise queries.Invalid(f"field {name} is unknown")
        return self.fields[kind][name].type in ("Number", "Reference")


def _sortable(values, numeric):
    if numeric:
        return (bool(values), float(values[0]) if values else 0.0)
    return (bool(values), values[0] if values else "")

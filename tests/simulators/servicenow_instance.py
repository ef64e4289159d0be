"""The records of the simulated ServiceNow instance and what happens when they are written."""

import datetime
import re
import uuid

import servicenow_query as queries
from servicenow_schema import META_TABLES, Schema

SYS_ID = re.compile(r"[0-9a-f]{32}")
MOMENT = "%Y-%m-%d %H:%M:%S"
PRIORITIES = {"11": "1", "12": "2", "21": "2", "13": "3", "22": "3", "31": "3", "23": "4", "32": "4", "33": "5"}
NO_RECORD = ("No Record found", "Record doesn't exist or ACL restricts the record retrieval")


class Refused(Exception):
    """What the platform answers to a request that it understands and does not carry out."""

    def __init__(self, status, message, detail=None):
        super().__init__(message)
        self.status, self.message, self.detail = status, message, detail


class Instance:
    """Rows by table and sys_id, every value a string. Used under the simulator's lock."""

    def __init__(self, clock, settings):
        self.schema, self._clock, self._settings = Schema(), clock, settings
        self.rows, self.contents, self._numbers, self._turn = {}, {}, {}, 0
        self.rules = None  # AccessRules, given by the simulator
        self.committed = lambda table, row, operation: None
        self._meta_stale = True

    # Reading.

    def define(self, **table):
        self.schema.define(**table)
        self._meta_stale = True

    def table(self, name):
        if name not in self.schema:
            raise Refused(400, f"Invalid table {name}")
        if name in META_TABLES and self._meta_stale:
            self._fill_meta_tables()
        return self.rows.setdefault(name, {})

    def find(self, table, sys_id):
        """(table of the row, row) of the table or one that extends it, or None."""
        for name in self.schema.family(table):
            row = self.table(name).get(sys_id)
            if row is not None:
                return name, row
        return None

    def value(self, table, row, path):
        """The stored value at a perhaps dot-walked path; empty where a reference leads nowhere."""
        first, _, rest = path.partition(".")
        held = row.get(first, "")
        if not rest:
            return "" if self.schema.columns(table)[first].journal else held
        column = self.schema.columns(table)[first]
        target = self.referenced(column, held)
        return self.value(*target, rest) if target else ""

    def referenced(self, column, held):
        """(table, row) that a reference's value leads to, or None."""
        if not held or column.reference not in self.schema:
            return None
        if column.reference_key == "sys_id":
            return self.find(column.reference, held)
        return next(((column.reference, row) for row in self.table(column.reference).values()
                     if row.get(column.reference_key) == held), None)

    def select(self, table, text):
        """(rows as (table, row), the parts of the query that made no sense). Where the order is left open it differs
        from call to call, so that nobody can rely on one."""
        def knows(path):
            return self.schema.resolve(table, path) is not None

        self.table(table)
        query = queries.parse(text, knows)
        if query.dropped and self._settings["invalid_query_returns_no_rows"]:
            return [], query.dropped
        numeric = {path: self.schema.resolve(table, path).numeric
                   for alternative in query.alternatives for group in alternative for path in (one.column for one in group)}
        numeric.update((path, self.schema.resolve(table, path).numeric) for path, _ in query.order)
        found = []
        for name in self.schema.family(table):
            for row in self.table(name).values():
                if queries.matches(query, lambda path: self.value(name, row, path), numeric.get):
                    found.append((name, row))
        self._turn += 1
        salt = self._turn % 31
        found.sort(key=lambda pair: pair[1]["sys_id"][salt:] + pair[1]["sys_id"][:salt])
        return queries.ordered(found, query, lambda pair, path: self.value(pair[0], pair[1], path), numeric.get), query.dropped

    # Writing.

    def moment(self):
        """Now, as it is stored: UTC, whole seconds."""
        return datetime.datetime.fromtimestamp(int(self._clock.now()), datetime.timezone.utc).strftime(MOMENT)

    def insert(self, table, values, account, past_checks=False):
        """Makes a row from stored values by column. `past_checks`: no rule is asked (seeding)."""
        self.table(table)
        columns, now = self.schema.columns(table), self.moment()
        row = {column.name: column.default for column in columns.values()}
        row.update(sys_id=uuid.uuid4().hex, sys_created_on=now, sys_created_by=account, sys_mod_count="0",
                   sys_updated_on=now, sys_updated_by=account)
        if "sys_class_name" in columns:
            row.update(sys_class_name=table, opened_at=now)
        journals = self._apply(table, row, values, past_checks)
        if not past_checks:
            self._before(table, None, row, "insert")
        if "number" in columns and not row["number"]:
            row["number"] = self._next_number(table)
        self.rows[table][row["sys_id"]] = row
        self._write_journals(table, row, journals, account)
        self.committed(table, row, "insert")
        return row

    def update(self, table, row, values, account, past_checks=False):
        """Changes a row; nothing is counted as an update when every value stays as it is."""
        changed = dict(row)
        journals = self._apply(table, changed, values, past_checks)
        if not past_checks:
            self._before(table, row, changed, "update")
        if changed != row or journals:
            changed.update(sys_updated_on=self.moment(), sys_updated_by=account,
                           sys_mod_count=str(int(row["sys_mod_count"] or 0) + 1))
            row.clear()
            row.update(changed)
            self._write_journals(table, row, journals, account)
            self.committed(table, row, "update")
        return row

    def delete(self, table, row):
        """Removes a row with its journal entries and attachments."""
        self._abort_if_ruled(table, row, "delete")
        del self.rows[table][row["sys_id"]]
        for entries, holder in (("sys_journal_field", "element_id"), ("sys_attachment", "table_sys_id")):
            for sys_id in [one["sys_id"] for one in self.table(entries).values() if one[holder] == row["sys_id"]]:
                del self.rows[entries][sys_id]
                self.contents.pop(sys_id, None)
        self.committed(table, row, "delete")

    def _apply(self, table, row, values, past_checks):
        """Puts normalised values into the row; gives the journal entries among them."""
        journals, columns = [], self.schema.columns(table)
        for name, text in values.items():
            column = columns[name]
            if column.journal:
                if text.strip():
                    journals.append((name, text.rstrip()))
            elif past_checks or not column.read_only:
                value = text if past_checks else normalised(column, text)
                if value == "" and column.choice == 3 and not past_checks:
                    continue  # an empty value does not clear a choice field
                row[name] = value
        return journals

    def _write_journals(self, table, row, journals, account):
        for name, text in journals:
            entry = {"name": table, "element": name, "element_id": row["sys_id"], "value": text}
            now = self.moment()
            made = {"sys_id": uuid.uuid4().hex, "sys_created_on": now, "sys_created_by": account, "sys_updated_on": now,
                    "sys_updated_by": account, "sys_mod_count": "0", **entry}
            self.table("sys_journal_field")[made["sys_id"]] = made

    def _next_number(self, table):
        prefix = next((self.schema.tables[name].prefix for name in self.schema.lineage(table)
                       if self.schema.tables[name].prefix), "REC")
        self._numbers[prefix] = self._numbers.get(prefix, 10000) + 1
        return f"{prefix}{self._numbers[prefix]:07d}"

    # What an instance's own logic makes of a write.

    def _before(self, table, old, row, operation):
        if table == "incident":
            self._incident_logic(old, row)
        for rule in self._settings["business_rules"]:
            if self._rule_applies(rule, table, row, operation) and "set" in rule:
                row.update(rule["set"])
        self._abort_if_ruled(table, row, operation)
        for policy in self._settings["data_policies"]:
            if policy["table"] not in self.schema.lineage(table):
                continue
            if not self.rules.selects(policy.get("condition", ""), table, row):
                continue
            labels = [self.schema.columns(table)[name].label for name in policy["mandatory"] if not row.get(name)]
            if labels:
                raise Refused(403, "Operation Failed", "Data Policy Exception: The following fields are mandatory: "
                              + ", ".join(labels))

    def _incident_logic(self, old, row):
        """Priority follows impact and urgency; state and incident_state are one; resolving and closing leave marks."""
        row["priority"] = PRIORITIES.get(row["impact"] + row["urgency"], "5")
        before = old["state"] if old else "1"
        if row["incident_state"] != (old["incident_state"] if old else "1") and row["state"] == before:
            row["state"] = row["incident_state"]
        row["incident_state"] = row["state"]
        if row["state"] == before:
            return
        row["active"] = "false" if row["state"] in ("7", "8") else "true"
        if row["state"] == "6":
            row["resolved_at"] = self.moment()
        if row["state"] in ("7", "8"):
            row["closed_at"] = self.moment()

    def _rule_applies(self, rule, table, row, operation):
        return (rule["table"] in self.schema.lineage(table) and operation in rule.get("when", ["insert", "update"])
                and self.rules.selects(rule.get("condition", ""), table, row))

    def _abort_if_ruled(self, table, row, operation):
        for rule in self._settings["business_rules"]:
            if "abort" in rule and self._rule_applies(rule, table, row, operation):
                name = rule["abort"]
                raise Refused(403, "Operation Failed", f"Operation against file '{table}' was aborted by Business Rule "
                              f"'{name}^{uuid.uuid5(uuid.NAMESPACE_URL, name).hex}'. Business Rule Stack:{name}")

    # The tables that describe the others.

    def _fill_meta_tables(self):
        self._meta_stale = False
        objects, entries, choices = {}, {}, {}
        for table in self.schema.tables.values():
            self._describe(objects, f"table {table.name}", name=table.name, label=table.label, super_class="")
        by_name = {row["name"]: row for row in objects.values()}
        for table in self.schema.tables.values():
            by_name[table.name]["super_class"] = by_name[table.parent]["sys_id"] if table.parent else ""
            self._describe(entries, f"collection {table.name}", name=table.name, element="", column_label=table.label,
                           internal_type="collection", active="true")
            for column in table.columns.values():
                self._describe(
                    entries, f"column {table.name} {column.name}", name=table.name, element=column.name,
                    column_label=column.label, internal_type=column.type, reference=column.reference,
                    max_length=str(column.max_length), mandatory=_flag(column.mandatory), read_only=_flag(column.read_only),
                    display=_flag(column.display), choice=str(column.choice), default_value=column.default, active="true")
            for column, values in table.choices.items():
                for sequence, (value, label) in enumerate(values):
                    self._describe(choices, f"choice {table.name} {column} {value}", name=table.name, element=column,
                                   value=value, label=label, sequence=str(sequence), inactive="false", language="en",
                                   dependent_value="")
        self.rows.update(sys_db_object=objects, sys_dictionary=entries, sys_choice=choices)

    @staticmethod
    def _describe(rows, identity, **values):
        sys_id = uuid.uuid5(uuid.NAMESPACE_OID, identity).hex
        rows[sys_id] = {"sys_id": sys_id, "sys_created_on": "2020-01-01 00:00:00", "sys_created_by": "system",
                        "sys_updated_on": "2020-01-01 00:00:00", "sys_updated_by": "system", "sys_mod_count": "0", **values}


def _flag(truth):
    return "true" if truth else "false"


def normalised(column, text):
    """What the database holds after this text was written to the column."""
    if column.type == "boolean":
        return _flag(text.strip().lower() in ("true", "1", "yes"))
    if column.type in ("integer", "longint"):
        return str(int(text)) if re.fullmatch(r"\s*[-+]?\d+\s*", text) else ""
    if column.type == "decimal":
        match = re.fullmatch(r"\s*([-+]?\d+)(\.\d*)?\s*", text)
        return (match[1] + (match[2] or "").rstrip("0")).rstrip(".") if match else ""
    if column.type in ("glide_date_time", "glide_duration"):
        return text if _is_moment(text, MOMENT) else ""
    if column.type == "glide_date":
        return text[:10] if _is_moment(text[:10], "%Y-%m-%d") else ""
    if column.type == "html":
        return sanitized(text)
    return text.rstrip()[: column.max_length]


def _is_moment(text, pattern):
    try:
        datetime.datetime.strptime(text, pattern)
    except ValueError:
        return False
    return True


def sanitized(html):
    """As the platform's sanitizer leaves it: no scripts, no handlers; white space at the end goes."""
    html = re.sub(r"(?is)<(script|style|iframe)\b.*?</\1\s*>", "", html)
    html = re.sub(r"""(?i)\s+on[a-z]+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", "", html)
    return re.sub(r"(?i)(href|src)\s*=\s*([\"'])\s*javascript:[^\"']*\2", r'\1=\2#\2', html).rstrip()

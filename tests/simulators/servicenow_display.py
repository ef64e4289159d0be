"""How the simulated ServiceNow instance shows a row: stored values, display values, or both."""

import datetime

from servicenow_instance import MOMENT


class Display:
    """Renders rows for one account, as `sysparm_display_value` and `sysparm_exclude_reference_link` ask."""

    def __init__(self, instance, base_url, account, mode="false", exclude_link=False):
        self._instance, self._schema, self._base = instance, instance.schema, base_url
        self._account, self._mode, self._exclude = account, mode, exclude_link

    def row(self, table, row, fields=None):
        """The row's document. `fields`: perhaps dot-walked names; unknown and unreadable ones are left out."""
        names = fields if fields is not None else list(self._schema.columns(table))
        document = {}
        for path in names:
            target, column = self._walk(table, row, path)
            if column is None:
                continue
            if target is None:
                document[path] = self._shown("", "", None)
            elif not self._instance.rules.denied(self._account, "read", target[0], target[1], column.name):
                document[path] = self._value(target[0], target[1], column)
        return document

    def _walk(self, table, row, path):
        """((table, row), Column) at the end of a path; the first is None behind an empty reference."""
        first, _, rest = path.partition(".")
        column = self._schema.columns(table).get(first)
        if column is None or not rest:
            return (table, row), column
        target = self._instance.referenced(column, row.get(first, ""))
        if target is None:
            return None, self._schema.resolve(table, path)
        return self._walk(*target, rest)

    def _value(self, table, row, column):
        held = "" if column.journal else row.get(column.name, "")
        shown = self.text(table, row, column) if self._mode != "false" else held
        link = self._link(column, held) if column.type == "reference" and held else None
        return self._shown(held, shown, link)

    def _shown(self, held, shown, link):
        if self._mode == "all":
            both = {"display_value": shown, "value": held}
            return {**both, "link": link} if link and not self._exclude else both
        if self._mode == "true":
            return {"display_value": shown, "link": link} if link and not self._exclude else shown
        return {"link": link, "value": held} if link and not self._exclude else held

    def _link(self, column, held):
        where = f"{self._base}/api/now/table/{column.reference}"
        return f"{where}/{held}" if column.reference_key == "sys_id" else f"{where}?{column.reference_key}={held}"

    def text(self, table, row, column):
        """The display value of a column."""
        held = row.get(column.name, "")
        if column.journal:
            return self._journal(row, column)
        if not held:
            return ""
        if column.type in ("reference", "glide_list"):
            return ", ".join(self._name_of(column, one) for one in held.split(","))
        if column.choice:
            return dict(self._schema.choices(table, column.name)).get(held, held)
        if column.type == "sys_class_name":
            return self._schema.tables[held].label if held in self._schema else held
        if column.type == "glide_date_time":
            return self.local(held)
        if column.type == "glide_date":
            return datetime.datetime.strptime(held, "%Y-%m-%d").strftime(self._account.date_format)
        if column.type == "glide_duration":
            return duration(held)
        if column.type == "integer":
            return f"{int(held):,}"
        return held

    def local(self, held):
        """A stored date-time in the account's zone and format."""
        moment = datetime.datetime.strptime(held, MOMENT) + datetime.timedelta(minutes=self._account.utc_offset)
        return moment.strftime(self._account.date_format + " %H:%M:%S")

    def _name_of(self, column, held):
        target = self._instance.referenced(column, held)
        if target is None:
            return held if column.reference_key != "sys_id" else ""
        display = self._schema.display_column(target[0])
        return target[1].get(display, "") if display else held

    def _journal(self, row, column):
        """Every entry, the newest first, as the form shows them."""
        entries = [one for one in self._instance.table("sys_journal_field").values()
                   if one["element_id"] == row["sys_id"] and one["element"] == column.name]
        entries.reverse()
        users = {one["user_name"]: one["name"] for one in self._instance.table("sys_user").values()}
        return "".join(f"{self.local(one['sys_created_on'])} - {users.get(one['sys_created_by'], one['sys_created_by'])} "
                       f"({column.label})\n{one['value']}\n\n" for one in entries)

    # The other way: what `sysparm_input_display_value=true` makes of a display value.

    def stored(self, table, column, shown):
        """The stored value that a display value stands for."""
        if not shown:
            return ""
        if column.type == "reference":
            return self._named(column, shown)
        if column.choice:
            by_label = {label: value for value, label in self._schema.choices(table, column.name)}
            return by_label.get(shown, shown)
        if column.type == "glide_date_time":
            try:
                local = datetime.datetime.strptime(shown, self._account.date_format + " %H:%M:%S")
            except ValueError:
                return ""
            return (local - datetime.timedelta(minutes=self._account.utc_offset)).strftime(MOMENT)
        return shown

    def _named(self, column, shown):
        display = self._schema.display_column(column.reference)
        for name in self._schema.family(column.reference):
            for row in self._instance.table(name).values():
                if display and row.get(display) == shown:
                    return row["sys_id"]
        return ""


def duration(held):
    """`1970-01-02 03:04:00` as `1 Day 3 Hours 4 Minutes`."""
    span = datetime.datetime.strptime(held, MOMENT) - datetime.datetime(1970, 1, 1)
    hours, rest = divmod(span.seconds, 3600)
    parts = [(span.days, "Day"), (hours, "Hour"), (rest // 60, "Minute")]
    return " ".join(f"{count} {word}{'s' if count != 1 else ''}" for count, word in parts if count) or f"{span.seconds} Seconds"

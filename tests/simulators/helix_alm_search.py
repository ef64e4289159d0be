"""What searches of one Helix ALM project find: items as they were indexed, by the search language and by filters."""

import copy
import datetime

import helix_alm_query as queries
from helix_alm_schema import ITEM_TYPES
from helix_alm_values import Refused, day
from simulator import LaggingIndex

ORDERED = ("integer", "decimal", "date", "dateTime")
COMPARING = ("=", "!=", "<", "<=", ">", ">=")
LESS_OR_MORE = ("<", "<=", ">", ">=")


class Search:
    def __init__(self, project):
        self._of, self._server, self.filters = project, project.server, {}
        self._index = {kind: LaggingIndex() for kind in ITEM_TYPES}

    def put(self, item):
        self._index[item["kind"]].put(item["id"], copy.deepcopy(item), self._server.clock.now())

    def drop(self, item):
        self._index[item["kind"]].put(item["id"], None, self._server.clock.now())

    def select(self, kind, search, filter_id):
        """Items as indexed, by id. Refused with 400 or 404 for what can't be searched."""
        trees = [self._parsed(kind, text) for text in (search, self._filter(kind, filter_id)) if text]
        visible = self._index[kind].view(self._server.clock.now(), self._server.settings["index_lag"])
        found = [visible[one] for one in sorted(visible)]
        for tree in trees:
            found = [item for item in found if queries.holds(tree, lambda one, item=item: self._compares(item, one))]
        return found

    def _filter(self, kind, identity):
        if identity is None or identity == "":
            return None
        for one in self.filters.get(kind, ()):
            if str(one["id"]) == str(identity) or one["name"] == identity:
                return one["search"]
        raise Refused(404, f"The filter {identity} does not exist.")

    def _parsed(self, kind, text):
        try:
            tree = queries.Parser(text).tree
        except queries.Invalid as invalid:
            raise Refused(400, str(invalid)) from None
        for one in queries.comparisons(tree):
            self._check_comparison(kind, one)
        return tree

    def _check_comparison(self, kind, comparison):
        if comparison.operator == ":?" and comparison.label.casefold() != "folder":
            raise Refused(400, "IN_RECURSE applies only to the Folder field.")
        if comparison.label.casefold() == "folder":
            return
        field = self._of.schema.field(kind, comparison.label)
        if field is None:
            raise Refused(404, f"The {comparison.label} field does not exist.")
        if comparison.operator in LESS_OR_MORE and field.type not in ORDERED:
            raise Refused(400, f"The {comparison.operator} operator does not apply to the {field.label} field.")
        if comparison.operator in COMPARING and field.type in ORDERED:
            for value in comparison.values:
                self._literal(field, value)

    def _literal(self, field, text):
        """What a value in a search stands for, of a field that has an order."""
        try:
            if text == "":
                return None
            if field.type in ("integer", "decimal"):
                return float(text)
            if "T" in text and field.type == "dateTime" and self._server.settings["date_literals"] == "datetime":
                return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").strftime("%Y-%m-%dT%H:%M:%SZ")
            return day(text)
        except (ValueError, Refused):
            raise Refused(400, f"\"{text}\" is not a valid value for the {field.label} field.") from None

    def _compares(self, item, comparison):
        if comparison.label.casefold() == "folder":
            return self._filed(item, comparison)
        field = self._of.schema.field(item["kind"], comparison.label)
        stored, operator = self._of.value(item, field), comparison.operator
        if field.type in ORDERED and operator in COMPARING:
            return self._ordered(field, stored, operator, self._literal(field, comparison.values[0]))
        texts = self._of.values.texts(field, stored)
        if operator == "~":
            return any(comparison.values[0] in text for text in texts)
        return any(text in comparison.values for text in texts) != (operator == "!=")

    def _ordered(self, field, stored, operator, wanted):
        if stored is None or wanted is None:
            return (stored is wanted) == (operator == "=") if operator in ("=", "!=") else False
        if field.type == "dateTime" and "T" not in wanted:
            stored = self._of.day(stored)
        return {"=": stored == wanted, "!=": stored != wanted, "<": stored < wanted, "<=": stored <= wanted,
                ">": stored > wanted, ">=": stored >= wanted}[operator]

    def _filed(self, item, comparison):
        paths = [self._of.schema.folders[one] for one in item["folders"]]

        def within(path):
            ends = any(path == one or path.rpartition("/")[2] == one for one in comparison.values)
            below = any(path.startswith(one.rstrip("/") + "/") for one in comparison.values)
            return ends or (comparison.operator == ":?" and below)

        return any(within(path) for path in paths) != (comparison.operator == "!=")

"""One project of the simulated Helix ALM: its records as stored, and what the server does to them.

An item: {"kind", "id", "number", "tag", "type" (requirement type), "values" {field id: stored}, "status", "assigned",
"created", "creator", "modified", "modifier", "foundBy" [record], "events" [event], "attachments" [id], "folders" [id],
"steps"}. Found-by records and events have attachments of their own.
"""

import base64
import datetime
import urllib.parse

from helix_alm_access import utc
from helix_alm_schema import Schema
from helix_alm_search import Search
from helix_alm_values import KEEP, Refused, Values
from simulator import Departure

# The id in URLs and the number people see are two things, and either may be the other of another record.
FIRST = {"issues": (3, 11), "requirements": (20, 11), "documents": (5, 101), "testCases": (2, 40), "testRuns": (6, 60)}
PREFIX = {"issues": "IS", "documents": "RD", "testCases": "TC", "testRuns": "TR"}
VALUE_KEYS = ("string", "formattedString", "menuItem", "menuItemArray", "editableVersion", "boolean", "integer", "decimal",
              "date", "dateTime", "user", "userArray")
OWN = {1: "number", 20: "tag", 21: "status", 22: "assigned", 30: "created", 31: "creator", 32: "modified", 33: "modifier"}
HAS_ATTACHMENTS, ENTERED_BY, DATE_ENTERED = 40, 14, 15
NO_STEPS = {"type": "detailed", "detailed": []}


class Write:
    """One change under way: who makes it, what was refused of it, and what the server passes over without a word."""

    def __init__(self, user):
        self.user, self.errors, self.ignored = user, [], []


class File:
    def __init__(self, content, name, media):
        self.content, self.name, self.media = content, name, media


class Files:
    """Contents by encodedFileID, which holds + and / and so must be percent-encoded in a path."""

    def __init__(self, project):
        self._project, self.stored = project, {}

    def store(self, content, name, media="application/octet-stream"):
        text = f"{self._project.id}:{len(self.stored) + 1}"
        identity = base64.b64encode(b"\xfb\xff\xbf" + text.encode()).decode()
        self.stored[identity] = File(content, name, media)
        return identity

    def link(self, identity):
        return f"{self._project.link()}/files/{urllib.parse.quote(identity, safe='')}"

    def linked_in(self, text):
        """The files whose links stand in a text."""
        return [one for one in self.stored if self.link(one) in text] if "<img" in text.lower() else []


class Project:
    def __init__(self, server, identity, name, uuid, users=None):
        self.server, self.id, self.name, self.uuid, self._users = server, identity, name, uuid, users
        self.schema = Schema(300 + 20 * max(0, identity - 4))
        self.files = Files(self)
        self.values = Values(self.schema, server.access.accounts, server.settings, self.files)
        self.items = {kind: {} for kind in FIRST}
        self.search = Search(self)
        self.attachments, self.links, self.locks, self._numbers = {}, {}, {}, {}

    def has(self, user):
        return self._users is None or user in self._users

    def link(self):
        return f"{self.server.base_url()}/{self.id}"

    def item_link(self, item):
        return f"{self.link()}/{item['kind']}/{item['id']}"

    def next(self, what, first=1):
        self._numbers[what] = self._numbers.get(what, first - 1) + 1
        return self._numbers[what]

    def now(self):
        return utc(self.server.clock.now())

    def today(self):
        return self.day(self.now())

    def day(self, moment):
        """The day, by the server's clock, of a time as stored."""
        when = datetime.datetime.fromisoformat(moment.replace("Z", "+00:00"))
        return (when + datetime.timedelta(minutes=self.server.settings["zone_minutes"])).strftime("%Y-%m-%d")

    def user_id(self, user):
        return self.server.access.accounts[user].id

    def find(self, kind, identity):
        item = self.items[kind].get(identity)
        if item is None:
            raise Refused(404, "The requested record was not found.")
        return item

    # Values.

    def value(self, item, field):
        if field.mirror:
            return item["foundBy"][0].get(field.mirror) if item["foundBy"] else None
        if field.id == HAS_ATTACHMENTS:
            return bool(self.attached(item))
        kept = OWN.get(field.id)
        return item["values"].get(field.id) if kept is None else item[kept] or None

    def attached(self, item):
        """Ids of all attachments: for an issue those of its found-by records and events."""
        holders = [item, *item["foundBy"], *item["events"]]
        return [one for holder in holders for one in holder["attachments"] if one in self.attachments]

    def named(self, given, fields):
        """(field, value) of one element of a `fields` array; 404 for a field that is not there."""
        field = self._field_of(given, fields)
        if given.get("type", field.type) != field.type:
            raise Departure(f"field {field.label!r} is of the type {field.type}, not {given['type']}")
        others = [key for key in VALUE_KEYS if key != field.type and given.get(key) is not None]
        if others:
            raise Departure(f"field {field.label!r} is of the type {field.type}, its value is not under {others[0]!r}")
        if field.type not in given:
            if self.server.settings["empty_as"] == "absent":
                return field, KEEP
            raise Departure(f"field {field.label!r} without a value under {field.type!r}")
        return field, given[field.type]

    @staticmethod
    def _field_of(given, fields):
        if "id" not in given and "label" not in given:
            raise Departure("a field with neither id nor label")
        by_id = next((one for one in fields if one.id == given.get("id")), None)
        label = given.get("label")
        by_label = next((one for one in fields if label is not None and one.label.casefold() == label.casefold()), None)
        if "id" in given and by_id is None:
            raise Refused(404, f"The field with id {given['id']} does not exist.", "/id")
        if "id" in given and label is not None and by_label is not by_id:
            raise Departure(f"a field whose id {given['id']} and label {label!r} are of different fields")
        if by_id is None and by_label is None:
            raise Refused(404, f"The {label} field does not exist.", "/label")
        return by_id or by_label

    def _take_fields(self, kind, given, write, item):
        values = {}
        for index, one in enumerate(given):
            try:
                field, value = self.named(one, self.schema.fields[kind])
                taken = value if value is KEEP else self.values.take(field, value)
            except Refused as refused:
                self._refuse(refused.under(f"/fields/{index}"), write)
                continue
            if taken is KEEP:
                continue
            if not field.managed and not field.mirror:
                values[field.id] = taken
            elif item is None or self.value(item, field) != taken:
                write.ignored.append(f"the field {field.label!r} can't be written through `fields`")
        return values

    def _refuse(self, refused, write):
        if not self.server.settings["partial_fields"]:
            raise refused
        write.errors.append(refused)

    def _check_required(self, kind, values, creating):
        for field in self.schema.fields[kind]:
            if field.required and values.get(field.id) is None and (creating or field.id in values):
                raise Refused(400, f"The {field.label} field is required.", "/fields")

    # Writing.

    def create(self, kind, given, write):
        """The new item; Refused when there is to be none. What else goes wrong is in write.errors."""
        type_id = self._requirement_type(kind, given)
        values = self._take_fields(kind, given.get("fields", []), write, None)
        self._check_required(kind, values, creating=True)
        if kind == "issues":
            values.setdefault(ENTERED_BY, self.user_id(write.user))
            values.setdefault(DATE_ENTERED, self.today())
        records = self._take_found_by(given, [], write)
        for dropped in ("links", "attachments"):
            if given.get(dropped):
                write.ignored.append(f"`{dropped}` are passed over when an item is made")
        item = self.store(kind, values, self.user_id(write.user), type_id)
        item["foundBy"] = records or ([self._found_by_record(write.user)] if self._default_record(kind) else [])
        item["steps"] = given.get("steps", {}).get("stepsData", NO_STEPS)
        self._set_folders(item, given, write)
        for index, event in enumerate(given.get("events", {}).get("eventsData", [])):
            try:
                self.add_event(item, event, write.user)
            except Refused as refused:
                write.errors.append(refused.under(f"/events/eventsData/{index}"))
        self.touch(item, write.user)
        self.server.changed(self, item, "added", [], write.user)
        return item

    def _default_record(self, kind):
        return kind == "issues" and self.server.settings["default_found_by"]

    def store(self, kind, values, user, type_id=None):
        """A new item, past all checks."""
        first_id, first_number = FIRST[kind]
        number = self.next("number of " + kind, first_number)
        prefix = PREFIX.get(kind) or self.schema.requirement_type(type_id).prefix
        item = {"kind": kind, "id": self.next(kind, first_id), "number": number, "tag": f"{prefix}-{number}", "type": type_id,
                "values": values, "status": self.schema.states[kind], "assigned": [], "created": self.now(), "creator": user,
                "modified": self.now(), "modifier": user, "foundBy": [], "events": [], "attachments": [], "folders": [],
                "steps": NO_STEPS}
        self.items[kind][item["id"]] = item
        return item

    def _requirement_type(self, kind, given):
        if kind != "requirements":
            return None
        if "requirementType" not in given:
            raise Refused(400, "The requirement type is required.", "/requirementType")
        wanted = given["requirementType"]
        found = self.schema.requirement_type(wanted.get("id"), wanted.get("label"))
        if found is None:
            raise Refused(404, "The requirement type does not exist.", "/requirementType")
        return found.id

    def update(self, kind, identity, given, write):
        item = self.find(kind, identity)
        self.refuse_locked(item, write.user)
        values = self._take_fields(kind, given.get("fields", []), write, item)
        self._check_required(kind, values, creating=False)
        records = self._take_found_by(given, item["foundBy"], write) if "foundByRecords" in given else item["foundBy"]
        self._note_ignored(item, given, write)
        self._forget_attachments(item["foundBy"], records)
        item["values"].update(values)
        item["foundBy"] = records
        item["steps"] = given.get("steps", {}).get("stepsData", item["steps"])
        self._set_folders(item, given, write)
        if "links" in given:
            self.replace_links(item, given["links"].get("linksData", []), write)
        self.touch(item, write.user)
        self.server.changed(self, item, "changed", ["changed"], write.user)
        return item

    def _note_ignored(self, item, given, write):
        """What a PUT can't change; sending back what was read is no loss."""
        if given.get("requirementType", {}).get("id", item["type"]) != item["type"]:
            write.ignored.append("the requirement type can't be changed")
        held = {"attachments": set(self.attached(item)), "events": {one["id"] for one in item["events"]}}
        for name, key in (("attachments", "attachmentsData"), ("events", "eventsData")):
            if name in given and {one.get("id") for one in given[name].get(key, [])} != held[name]:
                write.ignored.append(f"`{name}` are passed over by a PUT")

    def _forget_attachments(self, before, after):
        kept = {one["id"] for one in after}
        for record in before:
            if record["id"] not in kept:
                for identity in record["attachments"]:
                    self.attachments.pop(identity, None)

    def _set_folders(self, item, given, write):
        """Replaces all placements: the old go first, then each that is valid comes."""
        if "folders" not in given:
            return
        item["folders"] = []
        for index, one in enumerate(given["folders"]["foldersData"]):
            identity = one.get("id") or next((key for key, path in self.schema.folders.items() if path == one.get("path")), None)
            if identity not in self.schema.folders:
                write.errors.append(Refused(404, "The folder was not found.", f"/folders/foldersData/{index}"))
            elif identity not in item["folders"]:
                item["folders"].append(identity)

    def touch(self, item, user):
        item["modified"], item["modifier"] = self.now(), self.user_id(user)
        self.search.put(item)

    def delete(self, item):
        del self.items[item["kind"]][item["id"]]
        place = (item["kind"], item["id"])
        self.links = {one: link for one, link in self.links.items() if place not in members(link)}
        self.search.drop(item)

    def refuse_locked(self, item, user):
        holder = self.locks.get((item["kind"], item["id"]))
        if holder is not None and holder != user:
            raise Refused(409, f"The record is locked by another user ({holder}).")

    # Found-by records.

    def _mirrors(self):
        return {field.mirror: field for field in self.schema.fields["issues"] if field.mirror}

    def _found_by_record(self, user):
        return {"id": self.next("found-by record"), "foundBy": self.user_id(user), "dateFound": self.today(), "attachments": []}

    def _take_found_by(self, given, existing, write):
        taken = []
        for index, one in enumerate(given.get("foundByRecords", {}).get("foundByRecordsData", [])):
            try:
                taken.append(self._take_record(one, existing, write))
            except Refused as refused:
                raise refused.under(f"/foundByRecords/foundByRecordsData/{index}") from None
        return [one if "id" in one else {"id": self.next("found-by record"), **one} for one in taken]

    def _take_record(self, given, existing, write):
        if "id" in given:
            known = next((one for one in existing if one["id"] == given["id"]), None)
            if known is None:
                raise Refused(404, "The found by record was not found.", "/id")
            record = dict(known)
        else:
            record = {"foundBy": self.user_id(write.user), "dateFound": self.today(), "attachments": []}
            if given.get("attachments", {}).get("attachmentsData"):
                write.ignored.append("`attachments` of a found-by record are passed over")
        for key, field in self._mirrors().items():
            if key in given:
                try:
                    value = self.values.take(field, given[key])
                except Refused as refused:
                    raise Refused(refused.status, refused.message, "/" + key) from None
                record[key] = record.get(key) if value is KEEP else value
        return record

    def record(self, item, identity):
        found = next((one for one in item["foundBy"] if one["id"] == identity), None)
        if found is None:
            raise Refused(404, "The found by record was not found.")
        return found

    # Workflow.

    def add_event(self, item, given, user):
        event = self.schema.event(item["kind"], given["name"])
        if event is None:
            raise Refused(404, f"The \"{given['name']}\" event does not exist.", "/name")
        if event.sources is not None and item["status"] not in event.sources:
            raise Refused(400, f"The \"{event.name}\" event cannot be added to an item with the status {item['status']}.",
                          "/name")
        values = {502: self.now()}
        for index, one in enumerate(given.get("fields", [])):
            try:
                field, value = self.named(one, event.fields)
                taken = value if value is KEEP else self.values.take(field, value)
            except Refused as refused:
                raise refused.under(f"/fields/{index}") from None
            if taken is not KEEP and taken is not None:
                values[field.id] = taken
        for field in event.fields:
            if field.required and values.get(field.id) is None:
                raise Refused(400, f"The {field.label} field is required.", "/fields")
        return self.store_event(item, event, values, user)

    def store_event(self, item, event, values, user):
        """A new event, and what it does to the item."""
        entry = {"id": self.next("event"), "name": event.name, "user": self.user_id(user), "values": values, "attachments": []}
        item["events"].append(entry)
        item["status"] = event.target or item["status"]
        item["assigned"] = values.get(506, item["assigned"])
        return entry

    def event_of(self, item, identity):
        found = next((one for one in item["events"] if one["id"] == identity), None)
        if found is None:
            raise Refused(404, "The workflow event was not found.")
        return found

    # Links.

    def links_of(self, item):
        return [link for link in self.links.values() if (item["kind"], item["id"]) in members(link)]

    def add_link(self, item, given, write):
        """The new link, or None when the item itself is not among its members: nothing happens then, and no error either."""
        definition = self._definition(given["linkDefinition"])
        if given.get("type", definition.type) != definition.type or definition.type not in given:
            raise Refused(400, f"The link definition \"{definition.name}\" is of the type {definition.type}.", "/type")
        link = {"definition": definition.id, "type": definition.type, "comment": given.get("comment", "")}
        if definition.type == "peers":
            link["peers"] = self._linked(given["peers"], "/peers")
        else:
            parts = given["parentChildren"]
            link["parent"] = self._linked([parts["parent"]], "/parentChildren/parent")[0]
            link["children"] = self._linked(parts["children"], "/parentChildren/children")
        if (item["kind"], item["id"]) not in members(link):
            write.ignored.append("a link in which the item itself does not appear is passed over")
            return None
        link["id"] = self.next("link")
        self.links[link["id"]] = link
        return link

    def _definition(self, given):
        found = next((one for one in self.schema.links if one.id == given.get("id") or one.name == given.get("name")), None)
        if found is None:
            raise Refused(404, "The link definition does not exist.", "/linkDefinition")
        return found

    def _linked(self, given, path):
        for index, one in enumerate(given):
            if one["itemID"] not in self.items.get(one["itemType"], {}):
                raise Refused(404, "The linked item was not found.", f"{path}/{index}")
        return [(one["itemType"], one["itemID"]) for one in given]

    def replace_links(self, item, given, write):
        for link in self.links_of(item):
            del self.links[link["id"]]
        for index, one in enumerate(given):
            try:
                self.add_link(item, one, write)
            except Refused as refused:
                write.errors.append(refused.under(f"/links/linksData/{index}"))

    # Attachments.

    def attach(self, holder, name, content):
        now = self.now()
        entry = {"id": self.next("attachment"), "filename": name, "file": self.files.store(content, name),
                 "size": content.length, "created": now, "modified": now}
        self.attachments[entry["id"]] = entry
        holder["attachments"].append(entry["id"])
        return entry


def members(link):
    """The items of a link, as (kind, id)."""
    return link["peers"] if link["type"] == "peers" else [link["parent"], *link["children"]]

"""Helix ALM's items: lists, searches, creating, updating, events, links, folders, steps."""

import re

import shape as shapes
from helix_alm_project import VALUE_KEYS, Write
from helix_alm_schema import ITEM_TYPES
from helix_alm_values import TEXT, Refused
from helix_alm_views import EXPANSIONS
from shape import ANY, OneOf
from simulator import Answer, Departure, Response, route

COLLECTION = "/{project}/{collection}"
ITEM = COLLECTION + "/{id}"
PER_PAGE, MOST_PER_PAGE = 300, 1000


def nullable(value):
    return OneOf(value, None)


USER = {"id?": int, "username?": str, "firstName?": str, "lastName?": str, "mi?": str}
MENU_ITEM = {"id?": int, "label?": str}
BY_TYPE = {
    "string": str, "formattedString": TEXT, "menuItem": MENU_ITEM, "menuItemArray": [MENU_ITEM], "editableVersion": str,
    "boolean": bool, "integer": int, "decimal": float, "date": str, "dateTime": str, "user": USER, "userArray": [USER],
}
FIELD = {"id?": int, "label?": str, "type?": OneOf(*VALUE_KEYS), **{key + "?": nullable(one) for key, one in BY_TYPE.items()}}
FILES = {"self?": str, "attachmentsData": [shapes.Map(ANY)]}
LINKED = {"itemID": int, "itemType": OneOf(*ITEM_TYPES, "automatedTestResults"), "isSuspect?": bool, "link?": str}
LINK = {
    "id?": int, "comment?": str, "linkDefinition": {"id?": int, "name?": str}, "type?": OneOf("peers", "parentChildren"),
    "peers?": [LINKED], "parentChildren?": {"parent": LINKED, "children": [LINKED]},
}
LINKS = {"self?": str, "linksData": [LINK]}
EVENT = {"name": str, "fields?": [FIELD]}
EVENT_AS_READ = {"id?": int, "self?": str, "name?": str, "fields?": [FIELD], "attachments?": FILES}
FOUND_BY = {
    "id?": int, "foundBy?": nullable(USER), "dateFound?": nullable(str), "versionFound?": nullable(str),
    "description?": nullable(TEXT), "reproduced?": nullable(MENU_ITEM), "steps?": nullable(TEXT),
    "testConfig?": nullable(MENU_ITEM), "otherConfig?": nullable(TEXT), "attachments?": FILES,
}
STEPS = {"stepsData": {"type": OneOf("basic", "detailed"), "basic?": list, "detailed?": list, "modifiedToCorrectSyntax?": bool},
         "self?": str}
COMMON = {"fields?": [FIELD], "folders?": {"self?": str, "foldersData": [{"id?": int, "path?": str}]}, "links?": LINKS,
          "attachments?": FILES}
AS_READ = {"number?": int, "tag?": str, "self?": str, "ttstudioURL?": str, "httpURL?": str}
OF_TYPE = {
    "issues": {"foundByRecords?": {"self?": str, "foundByRecordsData": [FOUND_BY]}},
    "requirements": {"requirementType?": {"id?": int, "label?": str}, "documents?": ANY, "versions?": ANY},
    "documents": {"snapshots?": ANY},
    "testCases": {"steps?": STEPS, "scripts?": ANY, "variants?": ANY},
    "testRuns": {"steps?": STEPS, "scripts?": ANY, "variants?": ANY},
}
SEARCH = {"search?": str, "fields?": [str], "page?": int, "per_page?": int, "expand?": [str], "formattedText?": bool,
          "filterID?": OneOf(str, int)}
GENERATE = {"testCaseIDs": [int], "testRunSet?": MENU_ITEM, "variants?": [shapes.Map(ANY)], "folder?": {"id?": int, "path?": str},
            "eventsData?": [EVENT]}


def shape_of(kind, creating):
    """What an item in a body may hold."""
    if creating:
        return {**COMMON, **OF_TYPE[kind], "events?": {"eventsData": [EVENT]}}
    return {"id?": int, **AS_READ, **COMMON, **OF_TYPE[kind], "events?": {"self?": str, "eventsData": [EVENT_AS_READ]}}


def check(value, shape):
    reason = shapes.departure(value, shape)
    if reason is not None:
        raise Departure(reason)


class Reading:
    """What a list, a search or a look at one item asks for."""

    def __init__(self, search=None, fields=None, expand=(), formatted=True, page=1, per_page=PER_PAGE, filter_id=None):
        self.search, self.fields, self.expand, self.formatted = search, fields, expand, formatted
        self.page, self.per_page, self.filter_id = page, per_page, filter_id

    @classmethod
    def of_query(cls, request):
        formatted = request.parameter("formattedText", "true")
        if formatted not in ("true", "false"):
            raise Departure(f"formattedText={formatted}")
        return cls(request.parameter("search"), _names(request, "fields"), _names(request, "expand") or (), formatted == "true",
                   _number(request, "page", 1), _number(request, "per_page", PER_PAGE), request.parameter("filterID"))

    @classmethod
    def of_body(cls, body):
        return cls(body.get("search"), body.get("fields"), body.get("expand", ()), body.get("formattedText", True),
                   body.get("page", 1), body.get("per_page", PER_PAGE), body.get("filterID"))

    def check(self, kind):
        if self.page < 1 or not 1 <= self.per_page <= MOST_PER_PAGE:
            raise Departure(f"page {self.page} of {self.per_page}: pages begin at 1 and have at most {MOST_PER_PAGE}")
        for name in self.expand:
            if name not in EXPANSIONS[kind]:
                raise Departure(f"{kind} don't expand {name!r}")


def _names(request, name):
    """The values of a parameter that may be repeated or hold commas: a name with a comma can't be asked for so."""
    given = [value for key, value in request.query if key == name]
    return [one.strip().strip("'") for value in given for one in value.split(",")] if given else None


def _number(request, name, standard):
    value = request.parameter(name, str(standard))
    if not value.isdigit():
        raise Departure(f"{name}={value}")
    return int(value)


class Items:
    """Mixed into the simulator."""

    def item_at(self, request, project, collection, id):
        """(project, kind, item)"""
        found, kind = self.at(request, project, collection)
        return found, kind, self.carry_out(lambda: found.find(kind, number(id)))

    def ignored(self, request, write):
        """What the server passes over without a word is a mistake of the caller all the same."""
        if self.settings["ignored_writes"] == "report":
            for reason in write.ignored:
                self.violate(request, "ignored by the server: " + reason)

    # Reading.

    @route("GET", COLLECTION, query=("search", "fields", "page", "per_page", "expand", "formattedText", "filterID"))
    def list_items(self, request, project, collection):
        found, kind = self.at(request, project, collection)
        reading = Reading.of_query(request)
        return self._listed(found, kind, reading, with_links=True)

    @route("POST", COLLECTION + "/search", body=SEARCH)
    def search_items(self, request, project, collection):
        found, kind = self.at(request, project, collection, writes=False)
        return self._listed(found, kind, Reading.of_body(request.json()))

    def _listed(self, found, kind, reading, with_links=False):
        reading.check(kind)
        fields = self._fields(found, kind, reading.fields)
        items = self.carry_out(lambda: found.search.select(kind, reading.search, reading.filter_id))
        first = (reading.page - 1) * reading.per_page
        view = self.view(found)
        page = [view.item(one, fields, reading.expand, reading.formatted) for one in items[first:first + reading.per_page]]
        return Response(200, {kind: page, "paging": self._paging(found, kind, reading, len(items), with_links)})

    def _paging(self, found, kind, reading, total, with_links):
        pages = -(-total // reading.per_page)
        known = self.settings["totals"]
        paging = {"page": reading.page, "pageLimit": reading.per_page, "totalPages": pages if known else None,
                  "totalCount": total if known else None}
        if with_links:
            href = f"{found.link()}/{kind}?per_page={reading.per_page}&page="
            around = (("previous", reading.page - 1), ("next", reading.page + 1))
            paging["links"] = [{"ref": ref, "href": href + str(page), "method": "GET"}
                               for ref, page in around if 1 <= page <= pages]
        return paging

    def _fields(self, found, kind, labels):
        if labels is None:
            return None
        fields = [found.schema.field(kind, label) for label in labels]
        for label, field in zip(labels, fields):
            if field is None:
                raise Answer(self.error(404, f"The {label} field does not exist."))
        return fields

    @route("GET", ITEM, query=("fields", "expand", "formattedText", "version", "snapshot"))
    def read_item(self, request, project, collection, id):
        found, kind, item = self.item_at(request, project, collection, id)
        reading = Reading.of_query(request)
        reading.check(kind)
        fields = self._fields(found, kind, reading.fields)
        return Response(200, self.view(found).item(item, fields, reading.expand, reading.formatted))

    # Writing.

    @route("POST", COLLECTION, body=shapes.Map(ANY))
    def create_items(self, request, project, collection):
        found, kind = self.at(request, project, collection)
        if kind == "testRuns":
            raise Departure("test runs are made by testRuns/generate", 405)
        check(request.json(), {kind: [shape_of(kind, creating=True)]})
        return self._bulk(request, found, kind, 201, lambda given, write: found.create(kind, given, write))

    @route("PUT", COLLECTION, body=shapes.Map(ANY))
    def update_items(self, request, project, collection):
        found, kind = self.at(request, project, collection)
        check(request.json(), {kind: [{**shape_of(kind, creating=False), "id": int}]})
        return self._bulk(request, found, kind, 200, lambda given, write: found.update(kind, given["id"], given, write))

    def _bulk(self, request, found, kind, status, act):
        done, errors, view = [], [], self.view(found)
        for index, given in enumerate(request.json()[kind]):
            write = Write(request.user)
            try:
                done.append(view.stub(act(given, write)))
            except Refused as refused:
                write.errors.append(refused)
            errors += [one.under(f"/{kind}/{index}") for one in write.errors]
            self.ignored(request, write)
        return self.written(status, kind, done, errors)

    def written(self, status, key, done, errors):
        """The answer to a write of several: all well, partly, or not at all."""
        if not errors:
            return Response(status, {key: done})
        if not done and len(errors) == 1:
            return self.error(errors[0].status, errors[0].message, errors[0].path)
        listed = [self.error_object(one.status, one.message, one.path) for one in errors]
        if not done:
            return Response(errors[0].status, {"errors": listed})
        return Response(206, {key: done, "errors": listed})

    @route("PUT", ITEM, body=shapes.Map(ANY))
    def update_item(self, request, project, collection, id):
        found, kind = self.at(request, project, collection)
        given, write = request.json(), Write(request.user)
        check(given, shape_of(kind, creating=False))
        if given.get("id", number(id)) != number(id):
            raise Departure(f"the item's id {given['id']} is not that of the path")
        item = self.carry_out(lambda: found.update(kind, number(id), given, write))
        self.ignored(request, write)
        if write.errors or self.settings["single_put"] == 200:
            return self.written(200, kind, [self.view(found).stub(item)], write.errors)
        return Response(204)

    @route("POST", COLLECTION + "/generate", body=GENERATE)
    def generate(self, request, project, collection):
        found, kind = self.at(request, project, collection)
        if kind != "testRuns":
            raise Departure(f"{kind} are not generated", 404)
        done, errors = [], []
        for index, case in enumerate(request.json()["testCaseIDs"]):
            try:
                done.append(self.view(found).stub(self._generated(found, case, request)))
            except Refused as refused:
                errors.append(refused.under(f"/testCaseIDs/{index}") if not refused.path else refused)
        return self.written(201, "testRuns", done, errors)

    def _generated(self, found, case, request):
        given, write = request.json(), Write(request.user)
        summary = found.value(found.find("testCases", case), found.schema.field("testCases", "Summary"))
        fields = [{"label": "Summary", "string": summary}]
        if "testRunSet" in given:
            fields.append({"label": "Test Run Set", "menuItem": given["testRunSet"]})
        made = {"fields": fields, "events": {"eventsData": given.get("eventsData", [])}}
        if "folder" in given:
            made["folders"] = {"foldersData": [given["folder"]]}
        item = found.create("testRuns", made, write)
        if write.errors:
            raise write.errors[0]
        return item

    # What hangs on an item.

    @route("GET", ITEM + "/events")
    def list_events(self, request, project, collection, id):
        found, _, item = self.item_at(request, project, collection, id)
        return Response(200, self.view(found).events(item))

    @route("GET", ITEM + "/events/{event}")
    def read_event(self, request, project, collection, id, event):
        found, _, item = self.item_at(request, project, collection, id)
        entry = self.carry_out(lambda: found.event_of(item, number(event)))
        return Response(200, self.view(found).event(item, entry))

    @route("POST", ITEM + "/events", body={"eventsData": [EVENT]})
    def add_events(self, request, project, collection, id):
        found, _, item = self.item_at(request, project, collection, id)
        self.carry_out(lambda: found.refuse_locked(item, request.user))
        done, errors, view = [], [], self.view(found)
        for index, given in enumerate(request.json()["eventsData"]):
            try:
                done.append(view.event_stub(item, found.add_event(item, given, request.user)))
            except Refused as refused:
                errors.append(refused.under(f"/eventsData/{index}"))
        if done:
            found.touch(item, request.user)
            self.changed(found, item, "changed", ["eventAdded"], request.user)
        return self.written(201, "eventsData", done, errors)

    @route("GET", ITEM + "/links")
    def list_links(self, request, project, collection, id):
        found, _, item = self.item_at(request, project, collection, id)
        return Response(200, self.view(found).links(item))

    @route("POST", ITEM + "/links", body={"linksData": [LINK]})
    def add_links(self, request, project, collection, id):
        found, _, item = self.item_at(request, project, collection, id)
        self.carry_out(lambda: found.refuse_locked(item, request.user))
        done, errors, write = [], [], Write(request.user)
        for index, given in enumerate(request.json()["linksData"]):
            try:
                link = found.add_link(item, given, write)
                done += [self.view(found).link(link)] if link else []
            except Refused as refused:
                errors.append(refused.under(f"/linksData/{index}"))
        self.ignored(request, write)
        if done:
            found.touch(item, request.user)
            self.changed(found, item, "changed", ["linkAdded"], request.user)
        return self.written(201, "linksData", done, errors)

    @route("PUT", ITEM + "/links", body=LINKS)
    def replace_links(self, request, project, collection, id):
        found, _, item = self.item_at(request, project, collection, id)
        self.carry_out(lambda: found.refuse_locked(item, request.user))
        write = Write(request.user)
        found.replace_links(item, request.json()["linksData"], write)
        self.ignored(request, write)
        found.touch(item, request.user)
        self.changed(found, item, "changed", ["changed"], request.user)
        if write.errors:
            return self.written(200, "linksData", self.view(found).links(item)["linksData"], write.errors)
        return Response(204)

    @route("GET", ITEM + "/folders")
    def list_folders_of(self, request, project, collection, id):
        found, _, item = self.item_at(request, project, collection, id)
        return Response(200, self.view(found).folders(item))

    @route("GET", ITEM + "/steps")
    def read_steps(self, request, project, collection, id):
        found, _, item = self._with_steps(request, project, collection, id)
        return Response(200, self.view(found).steps(item))

    @route("PUT", ITEM + "/steps", body=STEPS)
    def write_steps(self, request, project, collection, id):
        found, _, item = self._with_steps(request, project, collection, id)
        self.carry_out(lambda: found.refuse_locked(item, request.user))
        item["steps"] = request.json()["stepsData"]
        found.touch(item, request.user)
        self.changed(found, item, "changed", ["changed"], request.user)
        return Response(204)

    def _with_steps(self, request, project, collection, id):
        found, kind, item = self.item_at(request, project, collection, id)
        if kind not in ("testCases", "testRuns"):
            raise Departure(f"{kind} have no steps", 404)
        return found, kind, item

    @route("GET", ITEM + "/foundByRecords")
    def list_records(self, request, project, collection, id):
        found, _, item = self._with_records(request, project, collection, id)
        return Response(200, self.view(found).foundByRecords(item))

    @route("GET", ITEM + "/foundByRecords/{record}")
    def read_record(self, request, project, collection, id, record):
        found, _, item = self._with_records(request, project, collection, id)
        return Response(200, self.view(found).record(item, self.carry_out(lambda: found.record(item, number(record)))))

    def _with_records(self, request, project, collection, id):
        found, kind, item = self.item_at(request, project, collection, id)
        if kind != "issues":
            raise Departure(f"{kind} have no found-by records", 404)
        return found, kind, item


def number(text):
    """A record's id in a path; its number or tag would be something else."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise Departure(f"{text!r} is no record's id")
    return int(text)

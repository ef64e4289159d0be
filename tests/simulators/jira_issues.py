"""Issues: made, read, edited, moved through the workflow, deleted; their properties, links and metadata."""

import jira_world as world
from jira_access import api, errors
from jira_values import FieldError
from shape import ANY, Map
from simulator import Departure, Response

UPDATES = Map([Map(ANY)])
PROPERTIES = [{"key": str, "value": ANY}]
CREATE = {"fields?": Map(ANY), "update?": UPDATES, "properties?": PROPERTIES, "transition?": {"id": str},
          "historyMetadata?": dict}
EDIT = CREATE
TRANSITION = {"transition": {"id": str}, "fields?": Map(ANY), "update?": UPDATES, "historyMetadata?": dict,
              "properties?": PROPERTIES}
NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
REMOTE_LINK = {"globalId?": str, "application?": {"type?": str, "name?": str}, "relationship?": str,
               "object": {"url": str, "title": str, "summary?": str, "icon?": dict, "status?": dict}}
PROPERTY_LIMIT = 32768


def issue_view(site, issue, user, fields=("*all",), properties=(), expand=()):
    """An issue as GET and searches show it."""
    shown = {"expand": "renderedFields,names,schema,operations,editmeta,changelog", "id": issue["id"],
             "self": site.link(f"issue/{issue['id']}"), "key": issue["key"]}
    wanted = {name for name in fields if not name.startswith("-")}
    without = {name[1:] for name in fields if name.startswith("-")}
    if wanted - {"id", "key"} or without or not fields:
        names = site.field_names(issue)
        if wanted & {"*all", "*navigable"} or not wanted:
            if "*navigable" in wanted:
                without |= {"comment", "attachment", "worklog"} - wanted
            names = [name for name in names if name not in without]
        else:
            names = [name for name in names if name in wanted - without]
        chosen = site.shown_fields(issue, user, names)
        shown["fields"] = chosen
        if "names" in expand:
            shown["names"] = {name: site.fields[name].name if name in site.fields else name for name in chosen}
        if "schema" in expand:
            shown["schema"] = {name: site.fields[name].schema for name in chosen if name in site.fields}
    if properties:
        shown["properties"] = {key: value for key, value in issue["properties"].items()
                               if key in properties or "*all" in properties}
    if "changelog" in expand:
        shown["changelog"] = {"startAt": 0, "maxResults": len(issue["history"]), "total": len(issue["history"]),
                              "histories": [shown_history(site, one) for one in issue["history"]]}
    return shown


def shown_history(site, entry):
    return {"id": entry["id"], "author": site.person(entry["author"]), "created": site.time(entry["created"]),
            "items": entry["items"]}


class Issues:
    # Reading.

    @api("GET", "/issue/{identity}", query=("fields", "fieldsByKeys", "expand", "properties", "updateHistory", "failFast"))
    def read_issue(self, request, identity):
        issue = self.issue(request, identity)
        fields = [name for key, value in request.query if key == "fields" for name in value.split(",")]
        properties = [name for key, value in request.query if key == "properties" for name in value.split(",")]
        expand = request.parameter("expand", "").split(",")
        return Response(200, issue_view(self.site, issue, request.user, fields or ("*all",), properties, expand))

    @api("GET", "/issue/{identity}/changelog", query=("startAt", "maxResults"))
    def read_changelog(self, request, identity):
        self.only_cloud(request)
        history = self.issue(request, identity)["history"]
        start, size, page = self.page(request, history, 100)
        return Response(200, {"startAt": start, "maxResults": size, "total": len(history),
                              "isLast": start + size >= len(history),
                              "values": [shown_history(self.site, one) for one in page]})

    @api("GET", "/issue/{identity}/editmeta", query=("overrideScreenSecurity", "overrideEditableFlag"))
    def read_edit_metadata(self, request, identity):
        issue = self.issue(request, identity)
        if not self.site.may(request.user, "edit", issue["project"]):
            return Response(200, {"fields": {}})
        screen = self.site.screen(issue["type"], create=False)
        return Response(200, {"fields": {name: self.metadata(field, issue["type"], issue["project"])
                                         for name, field in screen.items()}})

    def metadata(self, field, issue_type, project, required=None):
        """What createmeta, editmeta and transitions say of a field."""
        if required is None:
            required = self.site.required(field, issue_type)
        shown = {"required": required, "schema": field.schema, "name": field.name, "key": field.id,
                 "hasDefaultValue": field.id == "priority", "operations": field.operations}
        allowed = self.site.kinds[field.kind].allowed(field, project)
        if allowed is not None and field.kind not in ("group", "groups"):
            shown["allowedValues"] = allowed
        return shown

    # Making and editing.

    @api("POST", "/issue", query=("updateHistory",), body=CREATE)
    def create_issue(self, request):
        user, body = self.account(request), request.json()
        fields = dict(body.get("fields", {}))
        project, issue_type = self._place(user, fields)
        values = self._values(fields, body.get("update", {}), self.site.screen(issue_type, create=True), project, None)
        self._defaults(values, user)
        self._complete(values, issue_type, project)
        self._check_properties(body.get("properties", []))
        values["project"], values["issuetype"] = project, issue_type
        issue = self.site.add_issue(project, issue_type, user, values)
        self._add_from_update(issue, body.get("update", {}), user)
        issue["properties"].update({one["key"]: one["value"] for one in body.get("properties", [])})
        self.site.indexed(issue)
        self.pushed(user, issue, "jira:issue_created", "issue_created")
        return Response(201, {"id": issue["id"], "key": issue["key"], "self": self.site.link(f"issue/{issue['id']}")})

    def _place(self, user, fields):
        """(project, issue type) that a new issue names; both leave `fields`."""
        problems = {}
        project = self._parsed("project", fields, problems, "project is required")
        if project and not self.site.may(user, "browse", project):
            problems["project"] = "valid project is required"
        issue_type = self._parsed("issuetype", fields, problems, "Specify an issue type")
        if problems:
            raise errors(400, fields=problems)
        if not self.site.may(user, "create", project):
            raise errors(403 if self.cloud else 400, ["You do not have permission to create issues in this project."])
        return project, issue_type

    def _parsed(self, name, fields, problems, missing):
        value, field = fields.pop(name, None), self.site.fields[name]
        if value is None:
            problems[name] = missing
            return None
        try:
            return self.site.kinds[field.kind].parse(field, value, None)
        except FieldError as error:
            problems[name] = str(error)
            return None

    def _values(self, fields, update, screen, project, issue):
        """{field: stored value} of what the request sets; raises with every field's error together."""
        values, problems = {}, {}
        both = set(fields) & set(update)
        if both:
            raise errors(400, fields={name: f"Field '{name}' cannot appear in both 'fields' and 'update'" for name in both})
        for name, value in {**fields, **update}.items():
            if name in ("comment", "issuelinks", "worklog") and name in update:
                continue
            if name not in screen:
                problems[name] = NOT_ON_SCREEN.format(name)
                continue
            try:
                values[name] = self._operated(screen[name], value, project, issue) if name in update else \
                    self._one(screen[name], value, project)
            except FieldError as error:
                problems[name] = str(error)
        if problems:
            raise errors(400, fields=problems)
        return values

    def _one(self, field, value, project):
        kind = self.site.kinds[field.kind]
        return kind.empty() if value is None else kind.parse(field, value, project)

    def _operated(self, field, operations, project, issue):
        """The value after operations such as [{"add": "x"}, {"remove": "y"}]."""
        kind, value = self.site.kinds[field.kind], issue["fields"].get(field.id) if issue else None
        for operation in operations:
            if len(operation) != 1:
                raise Departure(f"{field.id}: an operation with {len(operation)} verbs")
            verb, operand = next(iter(operation.items()))
            if verb not in field.operations:
                raise FieldError(f"Field does not support update '{verb}'. Supported operations: {', '.join(field.operations)}")
            if verb in ("set", "edit"):
                value = self._one(field, operand, project)
                continue
            one = kind.parse_one(field, operand, project)
            rest = [each for each in value or [] if each != one]
            value = kind.ordered(field, rest + [one] if verb == "add" else rest)
        return value

    def _defaults(self, values, user):
        values.setdefault("priority", "3")
        if values.get("reporter") is None:
            values["reporter"] = user

    def _complete(self, values, issue_type, project):
        problems = {}
        for name, field in self.site.screen(issue_type, create=True).items():
            if name in ("project", "issuetype") or not self.site.required(field, issue_type):
                continue
            if values.get(name) in (None, []):
                problems[name] = {"summary": "You must specify a summary of the issue.",
                                  "parent": "Issue type is a sub-task but parent issue key or id not specified."
                                  }.get(name, f"{field.name} is required.")
        parent = self.site.issues.get(values.get("parent"))
        if parent is not None and parent["project"] != project:
            problems["parentId"] = "Sub-task should be created in the same project as the parent."
        if problems:
            raise errors(400, fields=problems)

    @staticmethod
    def _check_properties(properties):
        for one in properties:
            if len(one["key"]) > 255 or not one["key"]:
                raise errors(400, ["The property key must be of 1 to 255 characters."])

    def _add_from_update(self, issue, update, user):
        for operation in update.get("comment", []):
            if set(operation) != {"add"}:
                raise Departure("update.comment with another operation than add")
            self.add_comment_to(issue, operation["add"], user)
        if "worklog" in update or "issuelinks" in update:
            raise Departure("update of worklog or issuelinks, which this simulator does not know")

    @api("PUT", "/issue/{identity}", body=EDIT,
         query=("notifyUsers", "overrideScreenSecurity", "overrideEditableFlag", "returnIssue", "expand"))
    def edit_issue(self, request, identity):
        issue, body = self.issue(request, identity, "edit"), request.json()
        if not self.flag(request, "notifyUsers", "true") and not self.site.users[request.user].get("admin"):
            raise errors(403, ["To discard the user notification either admin or project admin permissions are required."])
        screen = self.site.screen(issue["type"], create=False)
        values = self._values(body.get("fields", {}), body.get("update", {}), screen, issue["project"], issue)
        problems = {name: "You must specify a summary of the issue." if name == "summary" else f"{screen[name].name} is required."
                    for name, value in values.items() if value in (None, []) and self.site.required(screen[name], issue["type"])}
        if problems:
            raise errors(400, fields=problems)
        self._check_properties(body.get("properties", []))
        issue["properties"].update({one["key"]: one["value"] for one in body.get("properties", [])})
        self._add_from_update(issue, body.get("update", {}), request.user)
        if "issuetype" in values:
            issue["type"] = values["issuetype"]
        self.change(issue, values, request.user, "issue_updated")
        if self.flag(request, "returnIssue", "false"):
            self.only_cloud(request)
            return Response(200, issue_view(self.site, issue, request.user))
        return Response(204)

    def change(self, issue, values, user, event, items=()):
        """Stores values, notes the change log, tells the index and the webhooks; nothing of it when nothing changes."""
        items = list(items)
        for name, value in values.items():
            field, before = self.site.fields[name], issue["fields"].get(name)
            if before == value or (before in (None, []) and value in (None, [])):
                continue
            kind = self.site.kinds[field.kind]
            items.append({"field": field.name if field.custom else name, "fieldtype": "custom" if field.custom else "jira",
                          "fieldId": name, "from": plain(before), "fromString": kind.shown(field, before),
                          "to": plain(value), "toString": kind.shown(field, value)})
            issue["fields"][name] = value
        if items:
            entry = {"id": self.site.number("history"), "author": user, "created": self.site.now(), "items": items}
            issue["history"].append(entry)
            self.site.touch(issue)
            self.pushed(user, issue, "jira:issue_updated", event, entry)
        self.site.indexed(issue)

    @api("PUT", "/issue/{identity}/assignee", body=Map(ANY))
    def assign_issue(self, request, identity):
        issue, body = self.issue(request, identity, "assign"), request.json()
        wanted = body.get("accountId" if self.cloud else "name", ANY)
        if wanted is ANY:
            raise Departure("no assignee named")
        values = self._values({"assignee": body if wanted is not None else None}, {}, self.site.fields, issue["project"], issue)
        self.change(issue, values, request.user, "issue_assigned")
        return Response(204)

    @api("DELETE", "/issue/{identity}", query=("deleteSubtasks",))
    def delete_issue(self, request, identity):
        issue = self.issue(request, identity, "delete")
        children = [one for one in self.site.issues.values() if one["fields"].get("parent") == issue["id"]]
        if children and not self.flag(request, "deleteSubtasks", "false"):
            raise errors(400, [f"The issue '{issue['key']}' has subtasks. You must specify the 'deleteSubtasks' parameter to "
                               "delete this issue and all its subtasks."])
        for one in [*children, issue]:
            self.pushed(request.user, one, "jira:issue_deleted", "issue_deleted")
            self.remove_issue(one)
        return Response(204)

    def remove_issue(self, issue):
        del self.site.issues[issue["id"]]
        self.site.links = {identity: link for identity, link in self.site.links.items()
                           if issue["id"] not in (link["inward"], link["outward"])}
        self.site.unindexed(issue["id"])

    # Workflow.

    @api("GET", "/issue/{identity}/transitions",
         query=("expand", "transitionId", "skipRemoteOnlyCondition", "includeUnavailableTransitions", "sortByOpsBarAndStatus"))
    def read_transitions(self, request, identity):
        issue = self.issue(request, identity)
        with_fields = "transitions.fields" in request.parameter("expand", "").split(",")
        shown = []
        for transition in self._possible(request.user, issue):
            number, name, _, target, screen = transition
            entry = {"id": number, "name": name, "to": self.site.shown_status(target), "hasScreen": bool(screen),
                     "isGlobal": False, "isInitial": False, "isConditional": False}
            if with_fields:
                entry["fields"] = {one: self.metadata(self.site.fields[one], issue["type"], issue["project"], required)
                                   for one, required in screen.items()}
            if request.parameter("transitionId") in (None, number):
                shown.append(entry)
        return Response(200, {"expand": "transitions", "transitions": shown})

    def _possible(self, user, issue):
        if not self.site.may(user, "transition", issue["project"]):
            return []
        return [one for one in self.site.transitions if one[2] == issue["status"]]

    @api("POST", "/issue/{identity}/transitions", body=TRANSITION)
    def transition_issue(self, request, identity):
        issue, body = self.issue(request, identity), request.json()
        self.note_write(issue)
        chosen = next((one for one in self._possible(request.user, issue) if one[0] == body["transition"]["id"]), None)
        if chosen is None:
            raise errors(400, ["It seems that you have tried to perform a workflow operation (" + body["transition"]["id"] +
                               ") that is not valid for the current state of this issue (" + issue["key"] + ")."])
        _, _, _, target, screen = chosen
        fields = {name: self.site.fields[name] for name in screen}
        values = self._values(body.get("fields", {}), body.get("update", {}), fields, issue["project"], issue)
        missing = {name: f"{fields[name].name} is required." for name, required in screen.items()
                   if required and values.get(name, issue["fields"].get(name)) in (None, [])}
        if missing:
            raise errors(400, fields=missing)
        self._add_from_update(issue, body.get("update", {}), request.user)
        self.walk(issue, target, values, request.user)
        return Response(204)

    def walk(self, issue, target, values, user):
        """Puts the issue into a status, with what the workflow does besides."""
        before, issue["status"] = issue["status"], target
        done = world.STATUSES[target][1] == "done"
        issue["resolved"] = self.site.now() if done else None
        if not done:
            values = {**values, "resolution": None}
        names = world.STATUSES[before][0], world.STATUSES[target][0]
        item = {"field": "status", "fieldtype": "jira", "fieldId": "status", "from": before, "fromString": names[0],
                "to": target, "toString": names[1]}
        self.change(issue, values, user, "issue_generic", [item])

    # Properties.

    @api("GET", "/issue/{identity}/properties")
    def list_properties(self, request, identity):
        issue = self.issue(request, identity)
        return Response(200, {"keys": [{"self": self.site.link(f"issue/{issue['id']}/properties/{key}"), "key": key}
                                       for key in issue["properties"]]})

    @api("GET", "/issue/{identity}/properties/{key}")
    def read_property(self, request, identity, key):
        return self.read_property_of(self.issue(request, identity), key)

    @api("PUT", "/issue/{identity}/properties/{key}", body=ANY)
    def write_property(self, request, identity, key):
        issue = self.issue(request, identity, "edit")
        answer = self.write_property_of(request, issue, key)
        self.site.indexed(issue)
        return answer

    @api("DELETE", "/issue/{identity}/properties/{key}")
    def delete_property(self, request, identity, key):
        issue = self.issue(request, identity, "edit")
        self.read_property_of(issue, key)
        del issue["properties"][key]
        self.site.indexed(issue)
        return Response(204)

    def read_property_of(self, owner, key):
        if key not in owner["properties"]:
            raise errors(404, [f"The property with key {key} does not exist."])
        return Response(200, {"key": key, "value": owner["properties"][key]})

    def write_property_of(self, request, owner, key):
        if len(key) > 255 or request.content.length > PROPERTY_LIMIT:
            raise errors(400, [f"A property has a key of 255 and a value of {PROPERTY_LIMIT} characters at most."])
        created = key not in owner["properties"]
        owner["properties"][key] = request.json()
        return Response(201 if created else 200)

    # Links.

    @api("GET", "/issue/{identity}/remotelink", query=("globalId",))
    def list_remote_links(self, request, identity):
        links = self.issue(request, identity)["remote_links"]
        wanted = request.parameter("globalId")
        if wanted is None:
            return Response(200, links)
        found = next((one for one in links if one.get("globalId") == wanted), None)
        if found is None:
            raise errors(404, ["The remote link does not exist."])
        return Response(200, found)

    @api("POST", "/issue/{identity}/remotelink", body=REMOTE_LINK)
    def write_remote_link(self, request, identity):
        issue, body = self.issue(request, identity, "link"), request.json()
        known = next((one for one in issue["remote_links"]
                      if "globalId" in body and one.get("globalId") == body["globalId"]), None)
        if known is not None:
            known.update(body)
        else:
            number = self.site.number("remote link")
            known = {"id": int(number), "self": self.site.link(f"issue/{issue['key']}/remotelink/{number}"), **body}
            issue["remote_links"].append(known)
            self.site.touch(issue)
            self.site.indexed(issue)
            return Response(201, {"id": known["id"], "self": known["self"]})
        return Response(200, {"id": known["id"], "self": known["self"]})

    @api("DELETE", "/issue/{identity}/remotelink", query=("globalId",))
    def delete_remote_link(self, request, identity):
        issue, wanted = self.issue(request, identity, "link"), request.parameter("globalId")
        kept = [one for one in issue["remote_links"] if one.get("globalId") != wanted]
        if len(kept) == len(issue["remote_links"]):
            raise errors(404, ["The remote link does not exist."])
        issue["remote_links"] = kept
        return Response(204)

    @api("POST", "/issueLink", body={"type": {"id?": str, "name?": str}, "inwardIssue": {"id?": str, "key?": str},
                                     "outwardIssue": {"id?": str, "key?": str}, "comment?": dict})
    def link_issues(self, request):
        self.account(request)
        body = request.json()
        link_type = next((one for one in world.LINK_TYPES
                          if all(one[key] == value for key, value in body["type"].items())), None)
        if link_type is None or not body["type"]:
            raise errors(404, [f"No issue link type with name '{body['type'].get('name')}' found."])
        ends = {side: self.issue(request, next(iter(body[side + "Issue"].values()), ""), "link") for side in ("inward", "outward")}
        known = any(link["type"] == link_type and all(link[side] == ends[side]["id"] for side in ends)
                    for link in self.site.links.values())
        if not known:
            identity = self.site.number("link")
            self.site.links[identity] = {"id": identity, "type": link_type, **{side: one["id"] for side, one in ends.items()}}
            for one in ends.values():
                self.site.touch(one)
                self.site.indexed(one)
        return Response(201)

    @api("GET", "/issueLink/{identity}")
    def read_link(self, request, identity):
        link = self._link(request, identity)
        return Response(200, {"id": identity, "self": self.site.link(f"issueLink/{identity}"), "type": link["type"],
                              "inwardIssue": self.site.shown_small(self.site.issues[link["inward"]]),
                              "outwardIssue": self.site.shown_small(self.site.issues[link["outward"]])})

    @api("DELETE", "/issueLink/{identity}")
    def delete_link(self, request, identity):
        link = self._link(request, identity)
        del self.site.links[identity]
        for side in ("inward", "outward"):
            self.site.touch(self.site.issues[link[side]])
            self.site.indexed(self.site.issues[link[side]])
        return Response(204)

    def _link(self, request, identity):
        self.account(request)
        if identity not in self.site.links:
            raise errors(404, [f"No issue link with id '{identity}' exists."])
        return self.site.links[identity]


def plain(stored):
    """A stored value as the `from` and `to` of a change log."""
    return None if stored is None else stored if isinstance(stored, str) else str(stored)

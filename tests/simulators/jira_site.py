"""The state of the simulated Jira and how answers show it: people, projects, fields, issues."""

import copy
import datetime
import zoneinfo

import jira_adf
import jira_values
import jira_world as world
from simulator import LaggingIndex


class Field:
    """One field, a system's or a custom one."""

    def __init__(self, identity, name, kind, schema, operations, options=(), screen=True, types=None, required=False):
        self.id, self.name, self.kind, self.schema, self.operations = identity, name, kind, schema, operations
        self.options, self.screen, self.types, self.required = list(options), screen, types, required

    @property
    def custom(self):
        return self.id.startswith("customfield_")

    def with_options(self, options):
        other = copy.copy(self)
        other.options = options
        return other


class Site:
    """Everything that is lost with a reset. Not thread-safe: the base calls one handler at a time."""

    def __init__(self, cloud, settings, clock, base_url):
        self.cloud, self.settings, self.clock, self.base_url = cloud, settings, clock, base_url
        self.version = "3" if cloud else "2"
        self.zone = zoneinfo.ZoneInfo(world.TIME_ZONE)
        self.users = copy.deepcopy(world.USERS)
        for number, user in enumerate(self.users.values()):
            user["key"] = f"JIRAUSER{10100 + number}"
        self.projects, self.issue_types = copy.deepcopy(world.PROJECTS), copy.deepcopy(world.ISSUE_TYPES)
        self.priorities, self.resolutions = dict(world.PRIORITIES), dict(world.RESOLUTIONS)
        self.versions, self.components = copy.deepcopy(world.VERSIONS), copy.deepcopy(world.COMPONENTS)
        self.groups, self.transitions = list(world.GROUPS), list(world.TRANSITIONS)
        self.issues, self.keys, self.links, self.media = {}, {}, {}, {}
        self.index, self.numbers = LaggingIndex(), {}
        self.kinds, self._computed = jira_values.kinds(self), self._computations()
        self.fields = {}
        for identity, (name, kind, operations) in world.SYSTEM_FIELDS.items():
            schema_type, items = world.SYSTEM_SCHEMAS[kind]
            self.fields[identity] = Field(identity, name, kind, _schema(schema_type, items, system=identity), operations)
        for definition in world.CUSTOM_FIELDS:
            self.add_field(definition)

    # Making things.

    def number(self, what, first=10000):
        """The next id of a sort of thing."""
        self.numbers[what] = self.numbers.get(what, first - 1) + 1
        return str(self.numbers[what])

    def add_field(self, definition):
        identity = definition.get("id") or f"customfield_{self.number('field', 10300)}"
        kind, schema_type, items, operations = world.CUSTOM_TYPES[definition["type"]]
        schema = _schema(schema_type, items, custom=world.CUSTOM + definition["type"], customId=int(identity[12:]))
        field = Field(identity, definition["name"], kind, schema, operations, self._options(definition.get("options", [])),
                      definition.get("screen", True), definition.get("types"), definition.get("required", False))
        self.fields[identity] = field
        return field

    def _options(self, values):
        if isinstance(values, dict):
            return [{"id": self.number("option", 10500), "value": value, "children": self._options(children)}
                    for value, children in values.items()]
        return [{"id": self.number("option", 10500), "value": value, "children": []} for value in values]

    def add_issue(self, project, issue_type, creator, fields):
        identity, now = self.number("issue", 10000), self.now()
        issue = {
            "id": identity, "key": f"{project}-{self.number('key ' + project, 1)}", "project": project, "type": issue_type,
            "status": "10001", "created": now, "updated": now, "creator": creator, "fields": fields, "resolved": None,
            "comments": [], "attachments": [], "properties": {}, "remote_links": [], "history": [], "writes": [],
        }
        self.issues[identity], self.keys[issue["key"]] = issue, identity
        return issue

    def touch(self, issue):
        issue["updated"] = max(self.now(), issue["updated"])

    def indexed(self, issue):
        """Puts the issue's present state on its way into the search index."""
        snapshot = {**issue, "fields": dict(issue["fields"]), "comments": list(issue["comments"]),
                    "properties": dict(issue["properties"])}
        self.index.put(issue["id"], snapshot, self.clock.now())

    def unindexed(self, identity):
        self.index.put(identity, None, self.clock.now())

    # Finding things.

    def now(self):
        """Milliseconds since the epoch."""
        return int(self.clock.now() * 1000)

    def find_issue(self, identity):
        """By id, by key, or by a key that it had before it was moved; regardless of who asks."""
        return self.issues.get(identity) or self.issues.get(self.keys.get(identity.upper(), ""))

    def user_by(self, text):
        """The name of the user whom the API calls so."""
        if not self.cloud:
            return text.lower() if text.lower() in self.users else None
        return next((name for name, user in self.users.items() if user["accountId"] == text), None)

    def project_by(self, text):
        return next((key for key, one in self.projects.items() if text.upper() == key or text == one["id"]), None)

    def type_by(self, text):
        return next((one for one in self.issue_types if text in (one["id"], one["name"])), None)

    def may(self, user, permission, project):
        """An administrator may everything; the others what the project allows."""
        if user is None:
            return False
        return bool(self.users[user].get("admin")) or permission in self.projects[project]["allowed"]

    def screen(self, issue_type, create):
        """The fields that may be set when an issue of this type is made or edited."""
        name = next(one for one in self.issue_types if one["id"] == issue_type)["name"]
        hidden = {"resolution"} if create else {"resolution", "project"}
        if name != "Sub-task" and not (self.cloud and name != "Epic"):
            hidden.add("parent")
        return {identity: field for identity, field in self.fields.items()
                if identity not in hidden and field.screen and field.kind != "readonly"
                and (field.types is None or name in field.types)}

    def required(self, field, issue_type):
        if field.id == "parent":
            return next(one for one in self.issue_types if one["id"] == issue_type)["subtask"]
        return field.required or field.id in ("summary", "issuetype", "project")

    # Showing things.

    def link(self, path):
        return f"{self.base_url()}/rest/api/{self.version}/{path}"

    def time(self, milliseconds):
        """In the account's time zone, as Jira writes it: offset without a colon."""
        moment = datetime.datetime.fromtimestamp(milliseconds / 1000, self.zone)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}{moment:%z}"

    def person(self, name):
        if name is None:
            return None
        user = self.users[name]
        shown = {"displayName": user["display"], "active": not user.get("inactive"), "timeZone": world.TIME_ZONE,
                 "avatarUrls": {"48x48": f"{self.base_url()}/avatar/{user['key']}"}}
        if self.cloud:
            shown.update(self=self.link(f"user?accountId={user['accountId']}"), accountId=user["accountId"],
                         accountType="atlassian")
            if not user.get("hidden_mail"):
                shown["emailAddress"] = user["mail"]
        else:
            shown.update(self=self.link(f"user?username={name}"), name=name, key=user["key"], emailAddress=user["mail"])
        return shown

    def shown_entry(self, path, identity, name):
        return {"self": self.link(f"{path}/{identity}"), "id": identity, "name": name}

    def shown_project(self, key):
        project = self.projects[key]
        return {"self": self.link(f"project/{project['id']}"), "id": project["id"], "key": key, "name": project["name"],
                "projectTypeKey": "software"}

    def shown_type(self, identity):
        one = next(one for one in self.issue_types if one["id"] == identity)
        shown = {"self": self.link(f"issuetype/{identity}"), **one}
        if not self.cloud:
            del shown["hierarchyLevel"]
        return shown

    def shown_version(self, identity):
        for key, versions in self.versions.items():
            for one, name, released in versions:
                if one == identity:
                    return {"self": self.link(f"version/{one}"), "id": one, "name": name, "archived": False,
                            "released": released, "projectId": int(self.projects[key]["id"])}
        raise KeyError(identity)

    def shown_status(self, identity):
        name, category = world.STATUSES[identity]
        return {"self": self.link(f"status/{identity}"), "id": identity, "name": name, "description": "",
                "statusCategory": {"self": self.link(f"statuscategory/{world.CATEGORIES[category]['id']}"),
                                   **world.CATEGORIES[category]}}

    def shown_small(self, issue):
        """An issue inside another one."""
        return {"id": issue["id"], "key": issue["key"], "self": self.link(f"issue/{issue['id']}"),
                "fields": {"summary": issue["fields"].get("summary"), "status": self.shown_status(issue["status"]),
                           "issuetype": self.shown_type(issue["type"])}}

    def shown_field(self, issue, field):
        stored = issue["fields"].get(field.id)
        if field.kind == "timetracking":
            return self.kinds[field.kind].render(field, stored)
        if stored is None:
            return self.kinds[field.kind].empty() if not field.custom else None
        return self.kinds[field.kind].render(field, stored)

    def field_names(self, issue):
        """The fields that an answer with all of them has."""
        names = [*self.fields, *self._computed]
        if issue["fields"].get("parent") is None:
            names.remove("parent")
        return list(dict.fromkeys(names))

    def shown_fields(self, issue, user, names=None):
        """These fields of an issue, or all, as this user sees them."""
        shown = {}
        for name in names if names is not None else self.field_names(issue):
            computed = self._computed.get(name)
            shown[name] = computed(issue, user) if computed else self.shown_field(issue, self.fields[name])
        return shown

    def _computations(self):
        """{field: how it is made} for what is not simply stored."""
        return {
            "issuetype": lambda issue, user: self.shown_type(issue["type"]),
            "project": lambda issue, user: self.shown_project(issue["project"]),
            "status": lambda issue, user: self.shown_status(issue["status"]),
            "created": lambda issue, user: self.time(issue["created"]),
            "updated": lambda issue, user: self.time(issue["updated"]),
            "creator": lambda issue, user: self.person(issue["creator"]),
            "resolutiondate": lambda issue, user: self.time(issue["resolved"]) if issue["resolved"] else None,
            "attachment": lambda issue, user: [self.shown_attachment(one) for one in issue["attachments"]],
            "comment": self.comment_page,
            "issuelinks": lambda issue, user: self.shown_links(issue),
            "subtasks": lambda issue, user: [self.shown_small(one) for one in self.issues.values()
                                             if one["fields"].get("parent") == issue["id"]
                                             and self.shown_type(one["type"])["subtask"]],
            "votes": lambda issue, user: {"self": self.link(f"issue/{issue['key']}/votes"), "votes": 0, "hasVoted": False},
            "watches": lambda issue, user: {"self": self.link(f"issue/{issue['key']}/watchers"), "watchCount": 1,
                                            "isWatching": True},
            "worklog": lambda issue, user: {"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []},
        }

    def shown_attachment(self, attachment):
        if self.cloud:
            content = self.link(f"attachment/content/{attachment['id']}")
        else:
            content = f"{self.base_url()}/secure/attachment/{attachment['id']}/{attachment['url_name']}"
        return {"self": self.link(f"attachment/{attachment['id']}"), "id": attachment["id"],
                "filename": attachment["filename"], "author": self.person(attachment["author"]),
                "created": self.time(attachment["created"]), "size": attachment["content"].length,
                "mimeType": attachment["type"], "content": content}

    def shown_links(self, issue):
        shown = []
        for link in self.links.values():
            for mine, other, side in (("outward", "inward", "inwardIssue"), ("inward", "outward", "outwardIssue")):
                if link[mine] == issue["id"]:
                    shown.append({"id": link["id"], "self": self.link(f"issueLink/{link['id']}"),
                                  "type": {**link["type"], "self": self.link(f"issueLinkType/{link['type']['id']}")},
                                  side: self.shown_small(self.issues[link[other]])})
        return shown

    def visible_comments(self, issue, user):
        """Those that the user may see: a restricted one wants its role or group."""
        person = self.users[user]
        return [comment for comment in issue["comments"]
                if comment["visibility"] is None or comment["visibility"]["value"] in person["roles"] + person["groups"]]

    def comment_page(self, issue, user):
        """The comments as a field: all of them at Data Center, the newest 20 at Cloud."""
        visible = self.visible_comments(issue, user)
        start = max(0, len(visible) - 20) if self.cloud else 0
        shown = [self.shown_comment(issue, comment) for comment in visible[start:]]
        return {"comments": shown, "self": self.link(f"issue/{issue['id']}/comment"), "maxResults": len(shown),
                "total": len(visible), "startAt": start}

    def shown_comment(self, issue, comment, wiki=False):
        body = comment["body"]
        if wiki and self.cloud:
            body = jira_adf.to_wiki(body)
        shown = {"self": self.link(f"issue/{issue['id']}/comment/{comment['id']}"), "id": comment["id"],
                 "author": self.person(comment["author"]), "body": body, "updateAuthor": self.person(comment["updater"]),
                 "created": self.time(comment["created"]), "updated": self.time(comment["updated"])}
        if comment["visibility"]:
            shown["visibility"] = comment["visibility"]
        if self.cloud:
            internal = comment["properties"].get("sd.public.comment", {})
            shown["jsdPublic"] = not (isinstance(internal, dict) and internal.get("internal") is True)
        return shown


def _schema(schema_type, items, **more):
    schema = {"type": schema_type, **more}
    if items:
        schema["items"] = items
    return schema

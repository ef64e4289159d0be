"""Values of Jira's fields: from what a request says to what is stored, and back. One class per kind of field.

`parse` raises FieldError with the words Jira uses when a value does not do, Departure when it is not even of the
documented form; `render` gives what an answer shows. A stored value is never changed in place.
"""

import datetime
import re

import jira_adf
from simulator import Departure


class FieldError(Exception):
    """The vendor's words about one field."""


def text_of(field, value):
    if not isinstance(value, str):
        raise Departure(f"{field.id}: Operation value must be a string, not {type(value).__name__}")
    return value


def list_of(field, value):
    if not isinstance(value, list):
        raise Departure(f"{field.id}: data was not an array but {type(value).__name__}")
    return value


def reference(field, value, allowed):
    """The members of an object that refers to something by one of `allowed`; other members that an answer shows may
    come along."""
    shown = {"self", "iconUrl", "description", "archived", "released", "projectId", "name", "value", "id", "key", "child",
             "disabled"}
    if not isinstance(value, dict):
        raise Departure(f"{field.id}: expected an object with one of {', '.join(allowed)}, not {type(value).__name__}")
    for name, member in value.items():
        if name not in shown and name not in allowed:
            raise Departure(f"{field.id}: unknown member {name!r}")
        if name in allowed and not isinstance(member, str):
            raise Departure(f"{field.id}: expected '{name}' property to be a string")
    found = {name: value[name] for name in allowed if name in value}
    if not found:
        raise Departure(f"{field.id}: expected an object with one of {', '.join(allowed)}")
    return found


class Kind:
    """`many`: a list of values, for the operations add and remove."""

    many = False

    def __init__(self, site):
        self.site = site

    def empty(self):
        return [] if self.many else None

    def allowed(self, field, project):
        """Values that metadata offers, or None."""
        return None

    def render(self, field, stored):
        return stored

    def shown(self, field, stored):
        """As a change log prints it."""
        return "" if stored is None else str(stored)


class Text(Kind):
    limit = 255

    def parse(self, field, value, project):
        text = text_of(field, value)
        if field.id == "summary":
            return self.summary(text)
        if len(text) > self.limit:
            raise FieldError(f"The entered text is too long. It exceeds the allowed limit of {self.limit} characters.")
        return text.rstrip() or None

    def summary(self, text):
        if "\n" in text or "\r" in text:
            raise FieldError("The summary is invalid because it contains newline characters.")
        if len(text.strip()) > 255:
            raise FieldError("Summary can't exceed 255 characters.")
        return text.strip() or None


class Url(Text):
    def parse(self, field, value, project):
        text = super().parse(field, value, project)
        if text and not re.fullmatch(r"(https?|ftp)://\S+", text):
            raise FieldError("Not a valid URL")
        return text


class ReadOnly(Text):
    def parse(self, field, value, project):
        raise FieldError(f"Field '{field.id}' cannot be set. It is not on the appropriate screen, or unknown.")


class Rich(Kind):
    """Wiki markup at Data Center, documents at Cloud."""

    def parse(self, field, value, project):
        if not self.site.cloud:
            return self.measured(text_of(field, value).rstrip()) or None
        if isinstance(value, str):
            raise Departure(f"{field.id}: Operation value must be an Atlassian Document (see the Atlassian Document Format)")
        reason = jira_adf.departure(value)
        if reason:
            raise Departure(f"{field.id}: {reason}")
        document = jira_adf.normalised(value)
        self.measured(jira_adf.to_text(document))
        return document if document["content"] else None

    def measured(self, text):
        limit = self.site.settings["text_limit"]
        if limit and len(text) > limit:
            raise FieldError(f"The entered text is too long. It exceeds the allowed limit of {limit:,} characters.")
        return text

    def shown(self, field, stored):
        return "" if stored is None else stored if isinstance(stored, str) else jira_adf.to_wiki(stored)


class Number(Kind):
    def parse(self, field, value, project):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Departure(f"{field.id}: Operation value must be a number")
        return float(value)


class Date(Kind):
    def parse(self, field, value, project):
        text = text_of(field, value)
        try:
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                raise ValueError(text)
            return datetime.date.fromisoformat(text).isoformat()
        except ValueError:
            raise FieldError(f"Error parsing date string: {text}") from None


class DateTime(Kind):
    def parse(self, field, value, project):
        text = text_of(field, value)
        try:
            moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
            if not re.search(r"\.\d{3}[+-]\d{4}$", text):
                raise ValueError(text)
        except ValueError:
            raise FieldError(f"Error parsing time: {text}") from None
        return int(moment.timestamp() * 1000 + 0.5)

    def render(self, field, stored):
        return self.site.time(stored)


class User(Kind):
    def parse(self, field, value, project):
        found = reference(field, value, ("accountId", "id") if self.site.cloud else ("name",))
        wanted = next(iter(found.values()))
        name = self.site.user_by(wanted)
        if name is None:
            raise FieldError(f"User '{wanted}' does not exist.")
        if field.id == "assignee" and self.site.users[name].get("inactive"):
            raise FieldError(f"User '{wanted}' cannot be assigned issues.")
        return name

    def render(self, field, stored):
        return self.site.person(stored)

    def shown(self, field, stored):
        return self.site.users[stored]["display"] if stored else ""


class Named(Kind):
    """Something out of a list, by id or name."""

    by = ("id", "name")

    def entries(self, field, project):
        """[(id, name)] to choose from."""
        raise NotImplementedError

    def parse(self, field, value, project):
        found = reference(field, value, self.by)
        for identity, name in self.entries(field, project):
            if all(given == (identity if key == "id" else name) for key, given in found.items()):
                return identity
        key, given = next(iter(found.items()))
        raise FieldError(self.unknown(field, key, given))

    def unknown(self, field, key, given):
        return f"{field.name} {key} '{given}' is not valid"

    def render(self, field, stored):
        return self.site.shown_entry(self.path, stored, self.name_of(field, stored))

    def name_of(self, field, stored):
        return dict(self.entries(field, None))[stored]

    def allowed(self, field, project):
        return [self.render(field, identity) for identity, _ in self.entries(field, project)]

    def shown(self, field, stored):
        return self.name_of(field, stored) if stored else ""


class Priority(Named):
    path = "priority"

    def entries(self, field, project):
        return list(self.site.priorities.items())

    def unknown(self, field, key, given):
        return "The priority selected is invalid." if key == "id" else f"Priority name '{given}' is not valid"


class Resolution(Named):
    path = "resolution"

    def entries(self, field, project):
        return list(self.site.resolutions.items())


class IssueType(Named):
    path = "issuetype"

    def entries(self, field, project):
        return [(one["id"], one["name"]) for one in self.site.issue_types]

    def unknown(self, field, key, given):
        return "The issue type selected is invalid." if key == "id" else "Specify a valid issue type"

    def render(self, field, stored):
        return self.site.shown_type(stored)


class Version(Named):
    path = "version"

    def entries(self, field, project):
        versions = self.site.versions if project is None else {project: self.site.versions.get(project, [])}
        return [(identity, name) for ones in versions.values() for identity, name, _ in ones]

    def render(self, field, stored):
        return self.site.shown_version(stored)


class Component(Named):
    path = "component"

    def entries(self, field, project):
        components = self.site.components if project is None else {project: self.site.components.get(project, [])}
        return [one for ones in components.values() for one in ones]

    def unknown(self, field, key, given):
        return f"Component {key} '{given}' is not valid"


class Group(Named):
    path = "group"
    by = ("name",)

    def entries(self, field, project):
        return [(name, name) for name in self.site.groups]

    def render(self, field, stored):
        return {"name": stored, "self": self.site.link(f"group?groupname={stored}")}


class ProjectReference(Named):
    by = ("id", "key")

    def entries(self, field, project):
        return [(one["id"], key) for key, one in self.site.projects.items()]

    def render(self, field, stored):
        return self.site.shown_project(self.name_of(field, stored))


class Option(Named):
    by = ("id", "value")

    def entries(self, field, project):
        return [(option["id"], option["value"]) for option in field.options]

    def unknown(self, field, key, given):
        if key == "id":
            return f"Option id '{given}' is not valid"
        values = ", ".join(f"{option['id']}[{option['value']}]" for option in field.options)
        return f"Specify a valid value for '{field.name}'. The allowed values are {values}"

    def render(self, field, stored):
        return {"self": self.site.link(f"customFieldOption/{stored}"), "value": self.name_of(field, stored), "id": stored}


class Cascading(Kind):
    def __init__(self, site):
        super().__init__(site)
        self._option = Option(site)

    def parse(self, field, value, project):
        parent = self._option.parse(field, value, project)
        child = value.get("child")
        if child is None:
            return (parent, None)
        return (parent, self._option.parse(self.children(field, parent), child, project))

    def children(self, field, parent):
        return field.with_options(next(one for one in field.options if one["id"] == parent)["children"])

    def render(self, field, stored):
        shown = self._option.render(field, stored[0])
        if stored[1]:
            shown["child"] = self._option.render(self.children(field, stored[0]), stored[1])
        return shown

    def allowed(self, field, project):
        entries = []
        for option in field.options:
            inner = field.with_options(option["children"])
            children = [self._option.render(inner, child["id"]) for child in option["children"]]
            entries.append({**self._option.render(field, option["id"]), "children": children})
        return entries

    def shown(self, field, stored):
        if not stored:
            return ""
        inner = self.children(field, stored[0])
        names = [self._option.name_of(field, stored[0])] + ([self._option.name_of(inner, stored[1])] if stored[1] else [])
        return " - ".join(names)


class Labels(Kind):
    many = True

    def parse_one(self, field, value, project):
        label = text_of(field, value)
        if not label or re.search(r"\s", label):
            raise FieldError(f"The label '{label}' contains spaces which is invalid.")
        if len(label) > 255:
            raise FieldError(f"The label '{label}' exceeds the maximum length for a single label.")
        return label

    def parse(self, field, value, project):
        return self.ordered(field, [self.parse_one(field, one, project) for one in list_of(field, value)])

    def ordered(self, field, stored):
        return sorted(set(stored))

    def shown(self, field, stored):
        return " ".join(stored or [])


class Many(Labels):
    """Several values of a kind; kept once each, in the order of what there is to choose from."""

    def __init__(self, site, one):
        super().__init__(site)
        self.one = one(site)

    def parse_one(self, field, value, project):
        return self.one.parse(field, value, project)

    def ordered(self, field, stored):
        unique = list(dict.fromkeys(stored))
        if not isinstance(self.one, Named):
            return unique
        order = [identity for identity, _ in self.one.entries(field, None)]
        return sorted(unique, key=order.index)

    def render(self, field, stored):
        return [self.one.render(field, one) for one in stored]

    def allowed(self, field, project):
        return self.one.allowed(field, project)

    def shown(self, field, stored):
        return ", ".join(self.one.shown(field, one) for one in stored or [])


class Parent(Kind):
    def parse(self, field, value, project):
        found = reference(field, value, ("id", "key"))
        issue = self.site.find_issue(next(iter(found.values())))
        if issue is None:
            raise FieldError("Could not find issue by id or key.")
        return issue["id"]

    def render(self, field, stored):
        return self.site.shown_small(self.site.issues[stored])

    def shown(self, field, stored):
        return self.site.issues[stored]["key"] if stored else ""


class Project(Kind):
    def parse(self, field, value, project):
        found = reference(field, value, ("id", "key"))
        for key, one in self.site.projects.items():
            if found.get("key", key) == key and found.get("id", one["id"]) == one["id"]:
                return key
        raise FieldError("valid project is required")

    def render(self, field, stored):
        return self.site.shown_project(stored)


class TimeTracking(Kind):
    UNITS = {"w": 5 * 8 * 60, "d": 8 * 60, "h": 60, "m": 1}

    def parse(self, field, value, project):
        if not isinstance(value, dict) or set(value) - {"originalEstimate", "remainingEstimate"}:
            raise Departure(f"{field.id}: expected originalEstimate and remainingEstimate")
        given = {name: text_of(field, text) for name, text in value.items()}
        return {name: self.minutes(name, text) for name, text in given.items() if text}  # an empty one empties it

    def minutes(self, name, text):
        if not re.fullmatch(r"(\d+[wdhm]?)( \d+[wdhm])*", text):
            raise FieldError(f"'{text}' is not a valid estimate for {name}.")
        return sum(int(word.rstrip("wdhm")) * self.UNITS.get(word[-1], 1) for word in text.split())

    def render(self, field, stored):
        shown = {}
        for name, minutes in (stored or {}).items():
            left, words = minutes, []
            for unit, size in self.UNITS.items():
                if left >= size:
                    words.append(f"{left // size}{unit}")
                    left %= size
            shown[name] = " ".join(words) or "0m"
            shown[name + "Seconds"] = minutes * 60
        return shown


def kinds(site):
    """Every kind of field by its name in jira_world."""
    single = {
        "string": Text, "url": Url, "readonly": ReadOnly, "rich": Rich, "number": Number, "date": Date, "datetime": DateTime,
        "user": User, "priority": Priority, "resolution": Resolution, "issuetype": IssueType, "version": Version,
        "group": Group, "projectref": ProjectReference, "option": Option, "cascading": Cascading, "labels": Labels,
        "parent": Parent, "project": Project, "timetracking": TimeTracking,
    }
    many = {"users": User, "versions": Version, "components": Component, "groups": Group, "options": Option}
    return {**{name: kind(site) for name, kind in single.items()}, **{name: Many(site, one) for name, one in many.items()}}

"""How Helix ALM's API shows what a project holds."""

import hashlib
import urllib.parse

import helix_alm_schema as schema
from helix_alm_schema import SINGULAR

EXPANSIONS = {
    "issues": ("foundByRecords", "attachments", "events", "links", "folders"),
    "requirements": ("attachments", "events", "documents", "versions", "links", "folders"),
    "documents": ("attachments", "events", "snapshots", "links", "folders"),
    "testCases": ("attachments", "scripts", "events", "variants", "steps", "links", "folders"),
    "testRuns": ("attachments", "scripts", "events", "variants", "steps", "links", "folders"),
}


class View:
    def __init__(self, project):
        self._of = project

    def stub(self, item):
        """An item without its fields: the answer to a write."""
        project, kind = self._of, item["kind"]
        name = urllib.parse.quote(project.name, safe="")
        shown = {
            "id": item["id"], "number": item["number"], "tag": item["tag"], "self": project.item_link(item),
            "ttstudioURL": f"ttstudio://helixalm.example.com:99/{name}/{SINGULAR[kind]}?recordID={item['id']}",
            "httpURL": f"https://helixalm.example.com/ttweb/#{name}/{SINGULAR[kind]}?recordID={item['id']}",
        }
        if item["type"] is not None:
            shown["requirementType"] = {"id": item["type"], "label": self.requirement_type(item).label}
        return shown

    def requirement_type(self, item):
        return self._of.schema.requirement_type(item["type"])

    def item(self, item, fields=None, expand=(), formatted=True):
        """`fields`: those to show, all when None."""
        project = self._of
        wanted = project.schema.fields[item["kind"]] if fields is None else fields
        shown = self.stub(item)
        shown["fields"] = [project.values.show(field, project.value(item, field), formatted) for field in wanted]
        for name in expand:
            shown[name] = getattr(self, name)(item)
        return shown

    def _container(self, item, name, key, entries):
        return {"self": f"{self._of.item_link(item)}/{name}", key: entries}

    # Found-by records.

    def foundByRecords(self, item):
        return self._container(item, "foundByRecords", "foundByRecordsData", [self.record(item, one) for one in item["foundBy"]])

    def record(self, item, record):
        values, shown = self._of.values, {"id": record["id"]}
        for field in self._of.schema.fields["issues"]:
            if field.mirror:
                shown[field.mirror] = values.shown_value(field, record.get(field.mirror))
        link = f"{self._of.item_link(item)}/foundByRecords/{record['id']}"
        shown["attachments"] = self._attachments(link, record["attachments"])
        return shown

    # Events.

    def events(self, item):
        return self._container(item, "events", "eventsData", [self.event(item, one) for one in item["events"]])

    def event_stub(self, item, event):
        return {"id": event["id"], "self": f"{self._of.item_link(item)}/events/{event['id']}"}

    def event(self, item, event):
        known = self._of.schema.event(item["kind"], event["name"])
        shown = self.event_stub(item, event)
        fields = [self._of.values.show(field, event["values"].get(field.id)) for field in known.fields]
        author = schema.Field(500, "Entered By", "user", managed=True)
        fields.append(self._of.values.show(author, event["user"]))
        files = self._attachments(shown["self"], event["attachments"])
        return {**shown, "name": event["name"], "fields": fields, "attachments": files}

    # Links.

    def links(self, item):
        return self._container(item, "links", "linksData", [self.link(one) for one in self._of.links_of(item)])

    def link(self, link):
        definition = next(one for one in self._of.schema.links if one.id == link["definition"])
        shown = {"id": link["id"], "comment": link["comment"], "linkDefinition": {"id": definition.id, "name": definition.name},
                 "type": link["type"]}
        if link["type"] == "peers":
            return {**shown, "peers": [self._linked(one) for one in link["peers"]]}
        children = [self._linked(one) for one in link["children"]]
        return {**shown, "parentChildren": {"parent": self._linked(link["parent"]), "children": children}}

    def _linked(self, place):
        kind, identity = place
        return {"itemID": identity, "itemType": kind, "isSuspect": False, "link": f"{self._of.link()}/{kind}/{identity}"}

    # Attachments and folders.

    def attachments(self, item):
        return self._attachments(self._of.item_link(item), self._of.attached(item))

    def _attachments(self, base, identities):
        known = self._of.attachments
        entries = [self.attachment(base, known[one]) for one in identities if one in known]
        return {"self": base + "/attachments", "attachmentsData": entries}

    def attachment_stub(self, entry):
        return {"id": entry["id"], "filename": entry["filename"], "encodedFileID": entry["file"],
                "content": self._of.files.link(entry["file"])}

    def attachment(self, base, entry):
        return {**self.attachment_stub(entry), "self": f"{base}/attachments/{entry['id']}", "size": entry["size"],
                "created": entry["created"], "modified": entry["modified"]}

    def folders(self, item):
        return self._container(item, "folders", "foldersData", [self.folder(one) for one in item["folders"]])

    def folder(self, identity):
        return {"id": identity, "path": self._of.schema.folders[identity]}

    # What is here for completeness.

    def steps(self, item):
        return self._container(item, "steps", "stepsData", item["steps"])

    def scripts(self, item):
        return self._container(item, "scripts", "scriptsData", [])

    def variants(self, item):
        return self._container(item, "variants", "variantsData", {"included": [], "excluded": []})

    def documents(self, item):
        return self._container(item, "documents", "documentsData", [])

    def versions(self, item):
        return self._container(item, "versions", "versionsData", [])

    def snapshots(self, item):
        return self._container(item, "snapshots", "snapshotsData", [])

    # For tests.

    def everything(self, item):
        """The item with all there is to it, and the digest of each attachment."""
        shown = self.item(item, expand=EXPANSIONS[item["kind"]])
        for entry in shown["attachments"]["attachmentsData"]:
            digest = hashlib.sha256()
            for chunk in self._of.files.stored[entry["encodedFileID"]].content.chunks():
                digest.update(chunk)
            entry["sha256"] = digest.hexdigest()
        return shown

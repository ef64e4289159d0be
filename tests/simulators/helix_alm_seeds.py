"""What tests do to the simulated Helix ALM past its API, and how they look into it."""

import base64

from helix_alm_access import ALL_LICENCES, Account
from helix_alm_project import Project, Write
from helix_alm_values import Refused
from wire import Content


class Seeds:
    """Mixed into the simulator."""

    def named(self, record):
        """The project that a record is of."""
        found = self.project(str(record["project"]))
        if found is None:
            raise KeyError(record["project"])
        return found

    def _item(self, record):
        return self.named(record).find(record["itemType"], record["id"])

    def seed(self, kind, record):
        makers = {"edit": self._edit, "event": self._event_by_hand, "attach": self._attach_by_hand, "delete": self._delete,
                  "lock": self._lock, "unlock": self._unlock, "field": self._seed_field, "folder": self._seed_folder,
                  "filter": self._seed_filter, "project": self._seed_project, "user": self._seed_user, "key": self._seed_key,
                  "recipient": self.seed_recipient}
        try:
            return makers[kind](record)
        except Refused as refused:
            raise KeyError(f"{refused.message} {refused.path}") from None

    # What a person does in the client.

    def _edit(self, record):
        project, kind, user = self.named(record), record["itemType"], record.get("as", "anna")
        making = "id" not in record
        item = self._new(project, kind, record, user) if making else self._item(record)
        for label, value in record.get("fields", {}).items():
            field = project.schema.field(kind, label)
            item["values"][field.id] = project.values.take(field, value)
        if "foundBy" in record:
            given = {"foundByRecords": {"foundByRecordsData": record["foundBy"]}}
            item["foundBy"] = project._take_found_by(given, item["foundBy"], Write(user))
        if "folders" in record:
            paths = {path: one for one, path in project.schema.folders.items()}
            item["folders"] = [paths[path] for path in record["folders"]]
        return self._done(project, item, user, "added" if making else "changed")

    @staticmethod
    def _new(project, kind, record, user):
        named = project.schema.requirement_type(label=record.get("requirementType", "Functional Requirement"))
        return project.store(kind, {}, project.user_id(user), named.id if kind == "requirements" else None)

    def _done(self, project, item, user, action="changed", conditions=("changed",)):
        project.touch(item, user)
        self.changed(project, item, action, list(conditions) if action == "changed" else [], user)
        return self.view(project).everything(item)

    def _event_by_hand(self, record):
        project, item, user = self.named(record), self._item(record), record.get("as", "anna")
        event = project.schema.event(record["itemType"], record["name"])
        values = {502: project.now()}
        for label, value in record.get("fields", {}).items():
            field = next(one for one in event.fields if one.label == label)
            values[field.id] = project.values.take(field, value)
        project.store_event(item, event, values, user)
        return self._done(project, item, user, conditions=["eventAdded"])

    def _attach_by_hand(self, record):
        project, item, user = self.named(record), self._item(record), record.get("as", "anna")
        data = base64.b64decode(record["base64"]) if "base64" in record else record["text"].encode()
        project.attach(self._holder(project, item, record), record["filename"], Content(data))
        return self._done(project, item, user, conditions=["attachmentAdded"])

    @staticmethod
    def _holder(project, item, record):
        if "foundByRecord" in record:
            return project.record(item, record["foundByRecord"])
        return project.event_of(item, record["event"]) if "event" in record else item

    def _delete(self, record):
        self.named(record).delete(self._item(record))
        return record

    def _lock(self, record):
        self.named(record).locks[record["itemType"], self._item(record)["id"]] = record["as"]
        return record

    def _unlock(self, record):
        del self.named(record).locks[record["itemType"], record["id"]]
        return record

    # What an administrator does.

    def _seed_field(self, record):
        project, kind = self.named(record), record["itemType"]
        more = {key: record[key] for key in ("required", "managed", "size") if key in record}
        field = project.schema.field(kind, record["label"])
        if field is None:
            more_yet = {**more, "options": record.get("options")}
            field = project.schema.add_custom(kind, record["label"], record.get("type", "string"), **more_yet)
        elif "options" in record:
            field.menu = project.schema.menu(record["label"], record["options"]).id
        for key, value in more.items():
            setattr(field, key, value)
        return {**record, "id": field.id, "menu": field.menu}

    def _seed_folder(self, record):
        folders = self.named(record).schema.folders
        identity = max(folders, default=0) + 1
        folders[identity] = record["path"]
        return {**record, "id": identity}

    def _seed_filter(self, record):
        listed = self.named(record).search.filters.setdefault(record["itemType"], [])
        entry = {"id": len(listed) + 1, "name": record["name"], "search": record["search"]}
        listed.append(entry)
        return {**record, "id": entry["id"]}

    def _seed_project(self, record):
        uuid = record.get("uuid", "{00000000-0000-0000-0000-%012d}" % record["id"])
        self.projects.append(Project(self, record["id"], record["name"], uuid, record.get("users")))
        return {**record, "uuid": uuid}

    def _seed_user(self, record):
        more = {"licences": tuple(record.get("licences", ALL_LICENCES)), "soap": record.get("soap", True)}
        identity = max(one.id for one in self.access.accounts.values()) + 1
        account = Account(identity, record["username"], record["firstName"], record["lastName"], record["password"], **more)
        self.access.accounts[account.username] = account
        return {**record, "id": identity}

    def _seed_key(self, record):
        self.access.keys[record["id"]] = (record["secret"], record["username"])
        return record

    # Looking.

    def inspect(self, kind, identity):
        if kind == "token":
            return {"issued": self.access.issued, "live": self.access.live()}
        if kind == "recipient":
            shown = {name: {"disabled": one.disabled, "waiting": sum(map(len, one.waiting.values()))}
                     for name, one in self.recipients.items()}
            return shown if identity is None else shown[identity]
        if kind == "lock":
            return [{"project": one.id, "itemType": place[0], "id": place[1], "as": holder}
                    for one in self.projects for place, holder in one.locks.items()]
        project, _, item_type = kind.partition(".")
        found = self.named({"project": project})
        items, view = found.items[item_type], self.view(found)
        return [view.everything(one) for one in items.values()] if identity is None else view.everything(items[int(identity)])

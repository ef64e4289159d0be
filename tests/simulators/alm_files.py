"""ALM's attachments: raw with Slug, or multipart with the file last; content for application/octet-stream alone."""

import urllib.parse

import alm_documents as documents
from simulator import RAW, Answer, Departure, route
from wire import Response, header_parameter

ENTITY = "/rest/domains/{domain}/projects/{project}/{collection}/{id}"
OCTETS = "application/octet-stream"


class Files:
    """Mixed into the simulator."""

    def _parent(self, request, domain, project, collection, id):
        found, kind = self.at(request, domain, project, collection)
        self.carry_out(request, lambda: found.find(kind, id))
        return found, kind

    @route("GET", ENTITY + "/attachments", query=("fields", "page-size", "start-index", "order-by"))
    def list_attachments(self, request, domain, project, collection, id):
        found, kind = self._parent(request, domain, project, collection, id)
        rows = [row for row in found.attachments.values() if row["parent"] == (kind, id)]
        size, start = self._page(request)
        page = [described(row) for row in rows[start - 1:start - 1 + size]]
        return self.say(request, 200, lambda form: documents.entities(form, "attachment", page, len(rows)))

    @route("POST", ENTITY + "/attachments", body=RAW)
    def attach(self, request, domain, project, collection, id):
        found, kind = self._parent(request, domain, project, collection, id)
        name, content = self._sent(request)
        if content.length > self.settings["attachment_limit"]:
            raise Answer(self.failure(request, 400, "qccore.general-error", "The attachment is too large"))
        if any(row["name"] == name and row["parent"] == (kind, id) for row in found.attachments.values()):
            raise Answer(self.failure(request, 400, "qccore.general-error", f"An attachment '{name}' exists already"))
        row = self.add_file(found, kind, id, name, content)
        return self.say(request, 201, lambda form: documents.entity(form, "attachment", described(row)))

    @staticmethod
    def add_file(project, kind, id, name, content):
        number, target = str(project.number("attachment")), project.rows[kind][id]
        row = {"id": number, "name": name, "parent": (kind, id), "content": content, "when": project.local_time()}
        project.attachments[number] = row
        if "attachment" in target:
            target["attachment"] = ["Y"]
        project.touch(target)
        return row

    def _sent(self, request):
        """(name, content) of an upload."""
        if request.media_type() == OCTETS:
            if not request.headers.get("slug"):
                raise Departure("a raw attachment without the header Slug")
            return urllib.parse.unquote(request.headers["slug"]), request.content
        if request.media_type() != "multipart/form-data":
            raise Departure(f"content type {request.headers.get('content-type')!r}", 415)
        parts = [(header_parameter(headers.get("content-disposition", ""), "name"), content)
                 for headers, content in request.parts()]
        names = [name for name, _ in parts]
        if names[-1:] != ["file"] or "filename" not in names or set(names) - {"filename", "description", "file", "override-existing-attachment"}:
            raise Departure(f"the parts of an attachment are filename, description and, last, file, not {names}")
        return dict(parts)["filename"].read().decode("utf-8"), parts[-1][1]

    @route("GET", ENTITY + "/attachments/{attachment}", query=("by-id",))
    def read_attachment(self, request, domain, project, collection, id, attachment):
        _, row = self._attachment(request, domain, project, collection, id, attachment)
        accepts = request.headers["accept"]
        if OCTETS in accepts:
            return Response(200, row["content"], {"Content-Type": OCTETS})
        if self.form(request) is None:
            return Response(406)
        return self.say(request, 200, lambda form: documents.entity(form, "attachment", described(row)))

    @route("DELETE", ENTITY + "/attachments/{attachment}", query=("by-id",))
    def remove_attachment(self, request, domain, project, collection, id, attachment):
        found, row = self._attachment(request, domain, project, collection, id, attachment)
        del found.attachments[row["id"]]
        found.touch(found.rows[row["parent"][0]][id])
        return self.say(request, 200, lambda form: documents.entity(form, "attachment", described(row)))

    def _attachment(self, request, domain, project, collection, id, attachment):
        found, kind = self._parent(request, domain, project, collection, id)
        by = "id" if request.parameter("by-id") == "true" else "name"
        for row in found.attachments.values():
            if row[by] == attachment and row["parent"] == (kind, id):
                return found, row
        raise Answer(self.failure(request, 404, "qccore.entity-not-found", f"attachment {attachment} was not found."))


def described(row):
    """As the entity `attachment`."""
    return {"id": [row["id"]], "name": [row["name"]], "file-size": [str(row["content"].length)], "description": [],
            "last-modified": [row["when"]], "parent-id": [row["parent"][1]]}

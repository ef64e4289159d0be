"""Helix ALM's attachments: uploaded in a multipart part `fileUpload`, downloaded by the file's encoded id."""

import urllib.parse

from helix_alm_items import ITEM, number
from simulator import MULTIPART, Answer, Departure, Response, route
from wire import header_parameter

RECORD, EVENT = ITEM + "/foundByRecords/{record}", ITEM + "/events/{event}"


class Attachments:
    """Mixed into the simulator."""

    @route("GET", ITEM + "/attachments")
    def list_attachments(self, request, project, collection, id):
        found, _, item = self.item_at(request, project, collection, id)
        return Response(200, self.view(found).attachments(item))

    @route("GET", ITEM + "/attachments/{attachment}")
    def read_attachment(self, request, project, collection, id, attachment):
        found, _, item = self.item_at(request, project, collection, id)
        for entry in self.view(found).attachments(item)["attachmentsData"]:
            if entry["id"] == number(attachment):
                return Response(200, entry)
        return self.error(404, "The requested record was not found.")

    @route("POST", ITEM + "/attachments", body=MULTIPART)
    def attach_to_item(self, request, project, collection, id):
        found, kind, item = self.item_at(request, project, collection, id)
        if kind == "issues":
            raise Departure("an issue has attachments on its found-by records and events alone", 405)
        return self._attach(request, found, item, item)

    @route("GET", RECORD + "/attachments")
    def list_record_attachments(self, request, project, collection, id, record):
        found, _, item = self._with_records(request, project, collection, id)
        entry = self.carry_out(lambda: found.record(item, number(record)))
        return Response(200, self.view(found).record(item, entry)["attachments"])

    @route("POST", RECORD + "/attachments", body=MULTIPART)
    def attach_to_record(self, request, project, collection, id, record):
        found, _, item = self._with_records(request, project, collection, id)
        return self._attach(request, found, item, self.carry_out(lambda: found.record(item, number(record))))

    @route("GET", EVENT + "/attachments")
    def list_event_attachments(self, request, project, collection, id, event):
        found, _, item = self.item_at(request, project, collection, id)
        entry = self.carry_out(lambda: found.event_of(item, number(event)))
        return Response(200, self.view(found).event(item, entry)["attachments"])

    @route("POST", EVENT + "/attachments", body=MULTIPART)
    def attach_to_event(self, request, project, collection, id, event):
        found, _, item = self.item_at(request, project, collection, id)
        return self._attach(request, found, item, self.carry_out(lambda: found.event_of(item, number(event))))

    def _attach(self, request, found, item, holder):
        self.carry_out(lambda: found.refuse_locked(item, request.user))
        name, content = self._uploaded(request)
        if content.length > self.settings["attachment_limit"]:
            raise Answer(self.error(413, "The file is too large."))
        entry = found.attach(holder, name, content)
        found.touch(item, request.user)
        self.changed(found, item, "changed", ["attachmentAdded"], request.user)
        return Response(201, {"attachmentsData": [self.view(found).attachment_stub(entry)]})

    def _uploaded(self, request):
        """(name, content) of the one part there has to be."""
        try:
            parts = request.parts()
        except ValueError as error:
            raise Departure(str(error)) from None
        if len(parts) != 1:
            raise Departure(f"an upload has one part, not {len(parts)}")
        headers, content = parts[0]
        disposition = headers.get("content-disposition", "")
        if header_parameter(disposition, "name") != "fileUpload":
            raise Departure("the part of an upload is named fileUpload")
        name = header_parameter(disposition, "filename")
        if not name:
            raise Departure("an upload without a file name")
        if not disposition.isascii():
            # Perforce's client: the server reads the plain form byte by byte, and stores a name that is broken.
            self.violate(request, "a file name beyond ASCII that is not in the form filename*=UTF-8''...")
            name = name.encode().decode("latin-1")
        return name, content

    @route("GET", "/{project}/files/{file}")
    def download(self, request, project, file):
        found, _ = self.at(request, project)
        stored = found.files.stored.get(file)
        if stored is None:
            return self.error(404, "The requested file was not found.")
        quoted = stored.name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'filename="{quoted}"' if stored.name.isascii() else "filename*=UTF-8''" + urllib.parse.quote(stored.name, safe="")
        return Response(200, stored.content, {"Content-Type": stored.media, "Content-Disposition": "attachment; " + name})

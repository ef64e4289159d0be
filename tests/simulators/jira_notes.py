"""Comments and attachments."""

import re
import secrets
import urllib.parse

import jira_adf
import jira_world as world
from jira_access import SEEN_AS, api, errors
from shape import ANY
from simulator import MULTIPART, Answer, Departure, Response, route
from wire import header_parameter

VISIBILITY = {"type": str, "value?": str, "identifier?": str}
COMMENT = {"body": ANY, "visibility?": VISIBILITY, "properties?": [{"key": str, "value": ANY}]}
ORDERS = {"created": False, "+created": False, "-created": True, None: False}


class Notes:
    # Comments.

    @api("GET", "/issue/{identity}/comment", query=("startAt", "maxResults", "orderBy", "expand"))
    def list_comments(self, request, identity):
        issue = self.issue(request, identity)
        order = request.parameter("orderBy")
        if order not in ORDERS:
            raise errors(400, [f"The orderBy value '{order}' is not valid."])
        comments = sorted(self._seen(request, issue), key=lambda one: (one["created"], int(one["id"])), reverse=ORDERS[order])
        usual = self.settings["comment_page"] or (100 if self.cloud else 1_048_576)
        start, size, page = self.page(request, comments, usual, self.settings["comment_page"] or (5000 if self.cloud else usual))
        expand = request.parameter("expand", "").split(",")
        return Response(200, {"self": self.site.link(f"issue/{issue['id']}/comment"), "startAt": start, "maxResults": size,
                              "total": len(comments), "comments": [self._shown_comment(issue, one, expand) for one in page]})

    def _seen(self, request, issue):
        return self.site.visible_comments(issue, request.user)

    def _shown_comment(self, issue, comment, expand=()):
        shown = self.site.shown_comment(issue, comment)
        if "properties" in expand:
            shown["properties"] = [{"key": key, "value": value} for key, value in comment["properties"].items()]
        return shown

    @api("POST", "/issue/{identity}/comment", query=("expand",), body=COMMENT)
    def add_comment(self, request, identity):
        issue = self.issue(request, identity, "comment")
        comment = self.add_comment_to(issue, request.json(), request.user)
        expand = request.parameter("expand", "").split(",")
        return Response(201, self._shown_comment(issue, comment, expand))

    def add_comment_to(self, issue, wish, user):
        """Makes a comment of a request's members."""
        now = self.site.now()
        comment = {"id": self.site.number("comment"), "author": user, "updater": user, "created": now, "updated": now,
                   "body": self._body(wish.get("body")), "visibility": self._visibility(wish, user),
                   "properties": {one["key"]: one["value"] for one in wish.get("properties", [])}, "issue": issue["id"]}
        issue["comments"].append(comment)
        self.site.touch(issue)
        self.site.indexed(issue)
        self.pushed_comment(user, issue, comment, "comment_created", "issue_commented")
        return comment

    def _body(self, body):
        if not self.cloud:
            if not isinstance(body, str):
                raise Departure("a comment's body that is no text")
            if not body.strip():
                raise errors(400, fields={"comment": "Comment body can not be empty!"})
            return self._measured(body.rstrip())
        reason = jira_adf.departure(body)
        if reason:
            raise Departure(f"a comment's body: {reason}")
        document = jira_adf.normalised(body)
        if not document["content"]:
            raise errors(400, fields={"comment": "Comment body can not be empty!"})
        self._measured(jira_adf.to_text(document))
        return document

    def _measured(self, text):
        limit = self.settings["text_limit"]
        if limit and len(text) > limit:
            raise errors(400, fields={"comment": f"The entered text is too long. It exceeds the allowed limit of {limit:,} "
                                                 "characters."})
        return text

    def _visibility(self, wish, user):
        wanted = wish.get("visibility")
        if wanted is None:
            return None
        name = wanted.get("value") or wanted.get("identifier")
        if wanted["type"] not in ("role", "group") or name is None:
            raise Departure("visibility of neither a role nor a group")
        known = world.ROLES if wanted["type"] == "role" else self.site.groups
        if name not in known:
            raise errors(400, fields={"commentLevel": f"{wanted['type'].capitalize()} level '{name}' does not exist."})
        if name not in self.site.users[user]["roles" if wanted["type"] == "role" else "groups"]:
            raise errors(400, fields={"commentLevel": f"You are currently not a member of the {wanted['type']}: {name}."})
        shown = {"type": wanted["type"], "value": name}
        return {**shown, "identifier": name} if self.cloud else shown

    def _comment(self, request, issue, identity):
        found = next((one for one in self._seen(request, issue) if one["id"] == identity), None)
        if found is None:
            raise errors(404, [f"Can not find a comment for the id: {identity}."])
        return found

    @api("GET", "/issue/{identity}/comment/{number}", query=("expand",))
    def read_comment(self, request, identity, number):
        issue = self.issue(request, identity)
        return Response(200, self._shown_comment(issue, self._comment(request, issue, number),
                                                 request.parameter("expand", "").split(",")))

    @api("PUT", "/issue/{identity}/comment/{number}", query=("expand", "notifyUsers"), body=COMMENT)
    def edit_comment(self, request, identity, number):
        issue, wish = self.issue(request, identity, "comment"), request.json()
        comment = self._owned(request, issue, number)
        comment["body"] = self._body(wish["body"])
        if "visibility" in wish:
            comment["visibility"] = self._visibility(wish, request.user)
        comment["updated"], comment["updater"] = max(self.site.now(), comment["created"] + 1), request.user
        self.site.touch(issue)
        self.site.indexed(issue)
        self.pushed_comment(request.user, issue, comment, "comment_updated", "issue_comment_edited")
        return Response(200, self._shown_comment(issue, comment))

    @api("DELETE", "/issue/{identity}/comment/{number}")
    def delete_comment(self, request, identity, number):
        issue = self.issue(request, identity, "comment")
        comment = self._owned(request, issue, number)
        issue["comments"].remove(comment)
        self.site.touch(issue)
        self.site.indexed(issue)
        self.pushed_comment(request.user, issue, comment, "comment_deleted", "issue_comment_deleted")
        return Response(204)

    def _owned(self, request, issue, number):
        """The comment, when the account may change it: its own, or any as an administrator."""
        comment = self._comment(request, issue, number)
        if comment["author"] != request.user and not self.site.users[request.user].get("admin"):
            raise errors(400 if not self.cloud else 403, [f"You do not have permission to edit or delete the comment: {number}."])
        return comment

    def _comment_anywhere(self, request, number):
        for issue in self.site.issues.values():
            for comment in issue["comments"]:
                if comment["id"] == number and self.site.may(request.user, "browse", issue["project"]):
                    return self._comment(request, issue, number)
        raise errors(404, [f"Can not find a comment for the id: {number}."])

    @api("GET", "/comment/{number}/properties")
    def list_comment_properties(self, request, number):
        comment = self._comment_anywhere(request, number)
        return Response(200, {"keys": [{"self": self.site.link(f"comment/{number}/properties/{key}"), "key": key}
                                       for key in comment["properties"]]})

    @api("GET", "/comment/{number}/properties/{key}")
    def read_comment_property(self, request, number, key):
        return self.read_property_of(self._comment_anywhere(request, number), key)

    @api("PUT", "/comment/{number}/properties/{key}", body=ANY)
    def write_comment_property(self, request, number, key):
        return self.write_property_of(request, self._comment_anywhere(request, number), key)

    @api("DELETE", "/comment/{number}/properties/{key}")
    def delete_comment_property(self, request, number, key):
        comment = self._comment_anywhere(request, number)
        self.read_property_of(comment, key)
        del comment["properties"][key]
        return Response(204)

    # Attachments.

    @api("POST", "/issue/{identity}/attachments", body=MULTIPART)
    def add_attachments(self, request, identity):
        if request.headers.get("x-atlassian-token") not in ("no-check", "nocheck"):
            self.violate(request, "an upload without the header X-Atlassian-Token: no-check")
            raise Answer(Response(403, b"XSRF check failed", {"Content-Type": "text/plain"}))
        issue = self.issue(request, identity, "attach")
        try:
            parts = request.parts()
        except ValueError as error:
            raise Departure(str(error)) from None
        if len(parts) > 60 or not parts:
            raise errors(413, ["The number of files must be from 1 to 60."])
        uploads = [self._upload(headers, content) for headers, content in parts]
        return Response(200, [self.site.shown_attachment(self._attach(issue, request.user, *one)) for one in uploads])

    def _upload(self, headers, content):
        """(name, media type, content) of one part."""
        disposition = headers.get("content-disposition", "")
        if not disposition.startswith("form-data") or header_parameter(disposition, "name") != "file":
            raise Departure(f"a part that is not named 'file': {disposition!r}")
        name = header_parameter(disposition, "filename")
        if not name:
            raise Departure("a part without a file name")
        if content.length > self.settings["attachment_limit"]:
            raise errors(413, [f"The file is too large: {self.settings['attachment_limit']} bytes at most."])
        if re.search(r'[\\/:?*"<>|]', name):
            raise errors(400, [f"The name '{name}' has characters that a file name must not have."])
        return name, headers.get("content-type", "application/octet-stream").partition(";")[0].strip(), content

    def _attach(self, issue, user, name, media_type, content):
        attachment = {"id": self.site.number("attachment"), "filename": name, "type": media_type, "content": content,
                      "author": user, "created": self.site.now(), "issue": issue["id"],
                      "url_name": urllib.parse.quote(name, safe="")}
        issue["attachments"].append(attachment)
        item = {"field": "Attachment", "fieldtype": "jira", "fieldId": "attachment", "from": None, "fromString": None,
                "to": attachment["id"], "toString": name}
        self.change(issue, {}, user, "issue_updated", [item])
        return attachment

    def _attachment(self, request, number, permission="browse"):
        for issue in self.site.issues.values():
            for attachment in issue["attachments"]:
                if attachment["id"] == number and self.site.may(request.user, "browse", issue["project"]):
                    self.issue(request, issue["id"], permission)
                    return issue, attachment
        raise errors(404, [f"The attachment with id '{number}' does not exist"])

    @api("GET", "/attachment/{number}")
    def read_attachment(self, request, number):
        shown = self.site.shown_attachment(self._attachment(request, number)[1])
        return Response(200, {**shown, "id": int(number)} if self.cloud else shown)

    @api("DELETE", "/attachment/{number}")
    def delete_attachment(self, request, number):
        issue, attachment = self._attachment(request, number, "delete")
        issue["attachments"].remove(attachment)
        item = {"field": "Attachment", "fieldtype": "jira", "fieldId": "attachment", "from": number,
                "fromString": attachment["filename"], "to": None, "toString": None}
        self.change(issue, {}, request.user, "issue_updated", [item])
        return Response(204)

    @api("GET", "/attachment/content/{number}", query=("redirect",))
    def download_from_cloud(self, request, number):
        self.only_cloud(request)
        attachment = self._attachment(request, number)[1]
        if not self.flag(request, "redirect", "true"):
            return self._file(attachment)
        ticket = secrets.token_urlsafe(16)
        self.site.media[ticket] = attachment
        scheme = "https" if self.options.cert else "http"
        where = f"{scheme}://{self.addresses[1]}:{self.port}{self.prefix}/media/{ticket}/binary"
        return Response(303, None, {"Location": f"{where}?client=jira&name={attachment['url_name']}"})

    @route("GET", "/media/{ticket}/binary", query=("client", "name"), open=True)
    def download_from_media_host(self, request, ticket):
        if "authorization" in request.headers or "cookie" in request.headers:
            raise Departure("credentials sent along to another host")
        if not request.headers.get("host", "").startswith(self.addresses[1]):
            raise Departure("the media host asked by another name", 404)
        if ticket not in self.site.media:
            raise Answer(Response(404, b"not found", {"Content-Type": "text/plain"}))
        return self._file(self.site.media[ticket])

    @route("GET", "/secure/attachment/{number}/{name}")
    def download_from_center(self, request, number, name):
        if self.cloud:
            raise Departure(f"no such path: {request.path}", 404)
        if request.user is None:
            raise Answer(Response(302, None, {"Location": f"{self.base_url()}/login.jsp", SEEN_AS: "OK"}))
        return self._file(self._attachment(request, number)[1])

    @staticmethod
    def _file(attachment):
        quoted = attachment["url_name"]
        return Response(200, attachment["content"], {"Content-Type": attachment["type"],
                                                     "Content-Disposition": f"attachment; filename*=UTF-8''{quoted}"})

#!/usr/bin/python3
"""Micro Focus ALM/Quality Center, simulated: the REST API of one server.

    alm.py [--context /qcbin]

Sign in as `sync` / `sync-secret`, `anna` / `anna-secret`, `bert` / `bert-secret`, or with the API key `apikey-sync` /
`apikey-secret` of sync. Projects: DEFAULT/QualityCenter, DEFAULT/Mobile, DEFAULT/Versioned (requirements and tests under
version control), SANDBOX/Closed (bert alone). Fields and lists: alm_schema.py.

Beyond the common base it does what makes an adapter's life hard on the real thing:
  - Two steps to sign in, two to sign out; QCSession changes with every answer, and the one before lives on for a short
    while; every write demands the XSRF token, whose lack is a 401 that is no end of the session; idle sessions end, and
    their locks with them; a user may have so many sessions and no more.
  - Values not quoted in a filter may be operators; what a filter can't say is a 404; pages are capped without a word.
  - A memo is HTML that comes back reformatted, line breaks of plain text are lost; the comments are one memo that a write
    replaces.
  - An empty field has an empty value or none; a list of values in one string is split at its semicolons.
  - 403 says read-only, forbidden, locked or checked out; an unknown field may be a 500.
  - last-modified is in the server's time, without a zone, in whole seconds.
  - An attachment asked for with another Accept than application/octet-stream is its description, or 406.

Settings: `idle_timeout` (seconds), `max_sessions` (per user; 0: any number), `rotate_every` (answers; 0: never),
`rotation_grace` (seconds), `lost_as` (how a session that is gone answers: "expired", "login", "token"), `zone_minutes`
(of the server's clock ahead of UTC), `page_cap`, `unknown_field_status`, `ignore_required`, `json` (false: an old server
that answers JSON with 406), `attachment_limit` (bytes), `push` ([{url, headers, appLinkName, origin, entities, prefix}]:
what the workflow scripts of the desktop client post after an edit there; writes by REST run none).

Records for seeding: `edit` ({project, type, id?, as?, fields: {name: value or [values]}}: what a person does in the
desktop client, past all checks), `attach` ({project, type, id, name, text}), `field` ({project, type, name, ...: changes or adds one}), `lock` ({project, type, id,
as}), `unlock`, `check-out` ({project, type, id, as}), `check-in`, `delete` ({project, type, id}), `account` ({login,
password, full, mail}). Shown: `<DOMAIN>.<PROJECT>.<type>`, `session` ({open, most}), `lock`.
"""

import json

import alm_documents as documents
from alm_access import KEYS, Access, cookie, cookies
from alm_files import Files, described
from alm_project import Project, Refused
from alm_schema import Field
from simulator import RAW, Answer, Departure, Simulator, route, serve
from wire import Content, Response

XML, JSON = documents.XML, documents.JSON
PROJECT = "/rest/domains/{domain}/projects/{project}"
LIST_PARAMETERS = ("query", "fields", "order-by", "page-size", "start-index")
RELOGIN = 'LWSSO realm="%s/authentication-point/alm-authenticate"'


class Alm(Files, Simulator):
    prefix = "/qcbin"
    default_settings = {
        **Simulator.default_settings,
        "idle_timeout": 3600.0, "max_sessions": 0, "rotate_every": 1, "rotation_grace": 30.0, "lost_as": "expired",
        "zone_minutes": 0, "page_cap": 2000, "unknown_field_status": 400, "ignore_required": False, "json": True,
        "attachment_limit": 1 << 30, "push": [],
    }

    @classmethod
    def add_options(cls, parser):
        parser.add_argument("--context", default="/qcbin")

    def __init__(self, options):
        self.prefix = getattr(options, "context", "/qcbin")
        super().__init__(options)

    def reset(self):
        self.access = Access(self.clock, self.settings)
        accounts = self.access.accounts

        def project(**more):
            return Project(self.clock, self.settings, accounts, **more)

        self.domains = {
            "DEFAULT": {"QualityCenter": project(), "Mobile": project(), "Versioned": project(versioned=True)},
            "SANDBOX": {"Closed": project(users=["bert"])},
        }

    def every_project(self):
        return [project for projects in self.domains.values() for project in projects.values()]

    # Forms of answers.

    def form(self, request):
        """XML or JSON, as the Accept header asks; None: neither, or none that this server speaks."""
        accepts = request.headers.get("accept", "")
        if JSON in accepts and self.settings["json"]:
            return JSON
        return XML if XML in accepts or "*/*" in accepts else None

    def say(self, request, status, document, headers=None):
        form = self.form(request)
        return Response(status, document(form).encode(), {"Content-Type": f"{form};charset=UTF-8", **(headers or {})})

    def failure(self, request, status, identity, title, headers=None):
        form = self.form(request)
        text = documents.error(form, identity, title).encode()
        return Response(status, text, {"Content-Type": f"{form or 'text/html'};charset=UTF-8", **(headers or {})})

    def refusal(self, request, status, reason):
        return self.failure(request, status, "qccore.general-error", reason)

    def before(self, request):
        if "accept" not in request.headers:
            raise Departure("the header Accept is missing")
        asks_json = JSON in request.headers["accept"]
        if asks_json and not self.settings["json"] and "/projects/" in request.path and XML not in request.headers["accept"]:
            raise Answer(self.failure(request, 406, "qccore.general-error", "Not acceptable"))

    def body(self, request, *wanted):
        """(media type, text) of a document."""
        kind = request.media_type()
        if kind not in (wanted or (XML, JSON)):
            raise Departure(f"content type {request.headers.get('content-type')!r}", 415)
        if kind == XML and "charset=utf-8" not in request.headers["content-type"].lower():
            raise Departure("XML without its charset: an old server stores broken text")
        return kind, request.content.read().decode("utf-8")

    # Sessions.

    def authenticate(self, request):
        session = self.access.find(cookies(request).get("QCSession"))
        if session is None or cookies(request).get("LWSSO_COOKIE_KEY") not in self.access.tokens:
            raise Answer(self._lost(request))
        request.user, request.session = session.user, session
        if request.method != "GET":
            given = request.headers.get("x-xsrf-token")
            if given != session.xsrf or cookies(request).get("XSRF-TOKEN") != given:
                self.violate(request, "the X-XSRF-TOKEN header is missing or another one than the cookie")
                raise Answer(self.failure(request, 401, "qccore.general-error", "XSRF token is missing or wrong"))

    def _lost(self, request):
        way = self.settings["lost_as"]
        if way == "token":
            return self.failure(request, 500, "qccore.general-error", "TokenId is invalid because it has logged out")
        headers = {"WWW-Authenticate": RELOGIN % self.base_url()}
        if way == "login":
            return Response(401, b"<html><body>Authentication failed</body></html>",
                            {"Content-Type": "text/html;charset=UTF-8", **headers})
        return self.failure(request, 401, "qccore.session-has-expired", "User session has expired", headers)

    def finish(self, request, response):
        session = getattr(request, "session", None)
        if session is None or session not in self.access.sessions:
            return
        newest = self.access.rotate(session)
        if newest:
            response.headers.setdefault("Set-Cookie", []).append(cookie("QCSession", newest))

    @route("POST", "/authentication-point/alm-authenticate", body=RAW, open=True)
    def sign_in(self, request):
        kind, text = self.body(request)
        user, password = _credentials(kind, text)
        account = self.access.accounts.get(user)
        if account is None or account["password"] != password:
            return Response(401, b"", {"WWW-Authenticate": "ALMAUTH"})
        return Response(201, b"", {"Set-Cookie": [cookie("LWSSO_COOKIE_KEY", self.access.token(user))]})

    @route("POST", "/rest/site-session", body=RAW, open=True)
    def open_session(self, request):
        user = self.access.tokens.get(cookies(request).get("LWSSO_COOKIE_KEY"))
        if user is None:
            return self._lost(request)
        return self._opened(request, user, 201, [])

    @route("POST", "/rest/oauth2/login", body={"clientId": str, "secret": str}, open=True)
    def sign_in_with_key(self, request):
        given = request.json()
        secret, user, active = KEYS.get(given["clientId"], (None, None, False))
        if secret != given["secret"]:
            return self.failure(request, 401, "qccore.general-error", "Authentication failed")
        if not active:
            return self.failure(request, 403, "qccore.operation-forbidden", "The API key is not active")
        return self._opened(request, user, 200, [cookie("LWSSO_COOKIE_KEY", self.access.token(user))])

    def _opened(self, request, user, status, more):
        session = self.access.open(user)
        if session is None:
            return self.failure(request, 403, "qccore.general-error", f"The maximum number of sessions of '{user}' is reached")
        request.user = user
        return Response(status, b"", {"Set-Cookie": [
            *more, cookie("QCSession", session.newest), cookie("XSRF-TOKEN", session.xsrf), cookie("ALM_USER", user)]})

    @route("GET", "/rest/site-session")
    def keep_alive(self, request):
        return self.say(request, 200, lambda form: "{}" if form == JSON else "<session/>")

    @route("DELETE", "/rest/site-session")
    def close_session(self, request):
        for project in self.every_project():
            project.release(request.session)
        self.access.close(request.session)
        return Response(200, b"")

    @route("POST", "/authentication-point/logout", open=True)
    def sign_out(self, request):
        self.access.tokens.pop(cookies(request).get("LWSSO_COOKIE_KEY"), None)
        return Response(200, b"")

    @route("GET", "/rest/is-authenticated", open=True)
    def is_authenticated(self, request):
        if self.form(request) == JSON:
            return Response(406)
        user = self.access.tokens.get(cookies(request).get("LWSSO_COOKIE_KEY"))
        if user is None:
            return Response(401, b"", {"WWW-Authenticate": RELOGIN % self.base_url()})
        return self.say(request, 200, lambda form: f"<AuthenticationInfo><Username>{user}</Username></AuthenticationInfo>")

    # Domains, projects, customization.

    @route("GET", "/rest/domains")
    def list_domains(self, request):
        found = [name for name, projects in self.domains.items() if any(request.user in one.users for one in projects.values())]
        return self.say(request, 200, lambda form: documents.names(form, "Domains", "Domain", found))

    @route("GET", "/rest/domains/{domain}/projects")
    def list_projects(self, request, domain):
        if domain not in self.domains:
            return self.failure(request, 404, "qccore.general-error", f"Domain '{domain}' does not exist")
        found = [name for name, project in self.domains[domain].items() if request.user in project.users]
        return self.say(request, 200, lambda form: documents.names(form, "Projects", "Project", found))

    def at(self, request, domain, project, collection=None):
        """The project, and the entity's type."""
        found = self.domains.get(domain, {}).get(project)
        if found is None:
            raise Answer(self.failure(request, 404, "qccore.general-error", f"Project '{domain}.{project}' does not exist"))
        if request.user not in found.users:
            raise Answer(self.failure(request, 401, "qccore.general-error",
                                      f"User '{request.user}' is not assigned to project '{domain}.{project}'"))
        if collection is None:
            return found, None
        if not collection.endswith("s") or collection[:-1] not in found.fields:
            raise Answer(self.failure(request, 404, "qccore.general-error", f"No such resource: {collection}"))
        return found, collection[:-1]

    def carry_out(self, request, act):
        try:
            return act()
        except Refused as refused:
            raise Answer(self.failure(request, refused.status, refused.identity, refused.title)) from None
        except documents.Unreadable as unreadable:
            raise Departure(str(unreadable)) from None

    def _kind(self, request, project, kind):
        if kind not in project.fields:
            raise Answer(self.failure(request, 404, "qccore.general-error", f"Entity type '{kind}' does not exist"))

    @route("GET", PROJECT + "/customization/entities/{kind}")
    def describe_entity(self, request, domain, project, kind):
        found, _ = self.at(request, domain, project)
        self._kind(request, found, kind)
        return self.say(request, 200, lambda form: documents.descriptor(form, kind, kind + "s", found.supports_versions(kind)))

    @route("GET", PROJECT + "/customization/entities/{kind}/fields", query=("required",))
    def describe_fields(self, request, domain, project, kind):
        found, _ = self.at(request, domain, project)
        self._kind(request, found, kind)
        listed = [one for one in found.fields[kind].values() if request.parameter("required") != "true" or one.required]
        return self.say(request, 200, lambda form: documents.fields(form, listed))

    @route("GET", PROJECT + "/customization/used-lists")
    def used_lists(self, request, domain, project):
        found, _ = self.at(request, domain, project)
        return self.say(request, 200, lambda form: documents.lists(form, found.lists))

    @route("GET", PROJECT + "/customization/users")
    def users(self, request, domain, project):
        found, _ = self.at(request, domain, project)
        members = {login: one for login, one in self.access.accounts.items() if login in found.users}
        return self.say(request, 200, lambda form: documents.users(form, members))

    # Entities.

    @route("GET", PROJECT + "/{collection}", query=LIST_PARAMETERS)
    def list_entities(self, request, domain, project, collection):
        found, kind = self.at(request, domain, project, collection)
        rows = self.carry_out(request, lambda: found.select(kind, request.parameter("query"), request.parameter("order-by")))
        size, start = self._page(request)
        page = rows[start - 1:start - 1 + size]
        wanted = request.parameter("fields")
        if wanted:
            names = [name.strip() for name in wanted.split(",")]
            self.carry_out(request, lambda: [found.field(kind, name) for name in names])
            page = [{name: row[name] for name in row if name in names or name == "id"} for row in page]
        total = len(rows) if size else 0
        return self.say(request, 200, lambda form: documents.entities(form, kind, page, total))

    def _page(self, request):
        size, start = request.parameter("page-size", "100"), request.parameter("start-index", "1")
        if size != "max" and not size.isdigit() or not start.isdigit() or start == "0":
            raise Answer(self.failure(request, 404, "qccore.general-error", f"Invalid page: {size}, {start}"))
        cap = self.settings["page_cap"]
        return (cap if size == "max" else min(int(size), cap)), int(start)

    @route("POST", PROJECT + "/{collection}", body=RAW)
    def create_entity(self, request, domain, project, collection):
        found, kind = self.at(request, domain, project, collection)
        values = self._values(request, kind)
        row = self.carry_out(request, lambda: found.create(kind, values, request.user))
        location = f"{self.base_url()}/rest/domains/{domain}/projects/{project}/{collection}/{row['id'][0]}"
        return self.say(request, 201, lambda form: documents.entity(form, kind, row), {"Location": location})

    def _values(self, request, kind):
        named, values = self.carry_out(request, lambda: documents.entity_from(*self.body(request)))
        if named != kind:
            raise Departure(f"the document is of the type {named!r}, not {kind}")
        return values

    @route("GET", PROJECT + "/{collection}/{id}", query=("fields",))
    def read_entity(self, request, domain, project, collection, id):
        found, kind = self.at(request, domain, project, collection)
        row = self.carry_out(request, lambda: found.find(kind, id))
        return self.say(request, 200, lambda form: documents.entity(form, kind, row))

    @route("PUT", PROJECT + "/{collection}/{id}", body=RAW)
    def update_entity(self, request, domain, project, collection, id):
        found, kind = self.at(request, domain, project, collection)
        values = self._values(request, kind)
        row = self.carry_out(request, lambda: found.update(kind, id, values, request.user, request.session))
        return self.say(request, 200, lambda form: documents.entity(form, kind, row))

    @route("DELETE", PROJECT + "/{collection}/{id}")
    def delete_entity(self, request, domain, project, collection, id):
        found, kind = self.at(request, domain, project, collection)
        row = self.carry_out(request, lambda: found.find(kind, id))
        self.carry_out(request, lambda: found.delete(kind, id, request.user, request.session))
        return self.say(request, 200, lambda form: documents.entity(form, kind, row))

    @route("GET", PROJECT + "/{collection}/{id}/lock")
    def read_lock(self, request, domain, project, collection, id):
        found, kind = self.at(request, domain, project, collection)
        self.carry_out(request, lambda: found.find(kind, id))
        user, holder = found.locks.get((kind, id), ("", None))
        status = "UNLOCKED" if not user else "LOCKED_BY_ME" if holder is request.session else "LOCKED_BY_OTHER"
        return self.say(request, 200, lambda form: documents.lock(form, status, user))

    @route("POST", PROJECT + "/{collection}/{id}/lock")
    def lock_entity(self, request, domain, project, collection, id):
        found, kind = self.at(request, domain, project, collection)
        self.carry_out(request, lambda: found.lock(kind, id, request.user, request.session))
        return self.say(request, 200, lambda form: documents.lock(form, "LOCKED_BY_ME", request.user))

    @route("DELETE", PROJECT + "/{collection}/{id}/lock")
    def unlock_entity(self, request, domain, project, collection, id):
        found, kind = self.at(request, domain, project, collection)
        self.carry_out(request, lambda: found.unlock(kind, id, request.user, request.session))
        return self.say(request, 200, lambda form: documents.lock(form, "UNLOCKED", ""))

    @route("POST", PROJECT + "/{collection}/{id}/versions/check-out")
    def check_out(self, request, domain, project, collection, id):
        found, kind = self.at(request, domain, project, collection)
        row = self.carry_out(request, lambda: found.check_out(kind, id, request.user))
        return self.say(request, 200, lambda form: documents.entity(form, kind, row))

    @route("POST", PROJECT + "/{collection}/{id}/versions/check-in")
    def check_in(self, request, domain, project, collection, id):
        found, kind = self.at(request, domain, project, collection)
        row = self.carry_out(request, lambda: found.check_in(kind, id, request.user))
        return self.say(request, 200, lambda form: documents.entity(form, kind, row))

    # Control.

    def expire_tokens(self):
        for session in self.access.sessions:
            for project in self.every_project():
                project.release(session)
        self.access.forget()

    def _named(self, record):
        domain, _, name = record["project"].rpartition("/")
        return self.domains[domain or "DEFAULT"][name]

    def seed(self, kind, record):
        makers = {"edit": self._edit, "attach": self._attach, "field": self._field, "delete": self._delete, "account": self._account,
                  "lock": lambda one: self._named(one).lock(one["type"], one["id"], one["as"], one["as"]),
                  "unlock": lambda one: self._named(one).unlock(one["type"], one["id"], one["as"], one["as"]),
                  "check-out": lambda one: self._named(one).check_out(one["type"], one["id"], one["as"]),
                  "check-in": lambda one: self._named(one).check_in(one["type"], one["id"], one["as"])}
        return makers[kind](record) or record

    def _edit(self, record):
        project, kind, user = self._named(record), record["type"], record.get("as", "anna")
        values = {project.field(kind, name).name: [value] if isinstance(value, str) else value
                  for name, value in record["fields"].items()}
        if "id" in record:
            row = project.find(kind, record["id"])
            row.update(values)
            project.touch(row)
        else:
            row = project.store(kind, values, user)
            if project.supports_versions(kind):
                row["vc-checkout-user-name"] = []
        self._push(record["project"].rpartition("/")[2], kind, row)
        return row

    def _attach(self, record):
        project, kind = self._named(record), record["type"]
        target = project.find(kind, record["id"])
        added = self.add_file(project, kind, record["id"], record["name"], Content(record["text"].encode()))
        self._push(record["project"].rpartition("/")[2], kind, target)
        return described(added)

    def _push(self, project, kind, row):
        for script in self.settings["push"]:
            if kind not in script["entities"]:
                continue
            body = {"appLinkName": script["appLinkName"], "origin": script["origin"],
                    "id": script.get("prefix", "") + row["id"][0], "project": project}
            headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "*/*", **script.get("headers", {})}
            self.outbox.post(script["url"], headers, json.dumps(body).encode())

    def _field(self, record):
        fields = self._named(record).fields[record["type"]]
        field = fields.setdefault(record["name"], Field(record["name"], record.get("label", record["name"]), ""))
        for name, value in record.items():
            if name not in ("project", "type", "name"):
                setattr(field, name, value)
        for row in self._named(record).rows[record["type"]].values():
            row.setdefault(record["name"], [])
        return record

    def _delete(self, record):
        del self._named(record).rows[record["type"]][record["id"]]

    def _account(self, record):
        self.access.accounts[record["login"]] = {name: record[name] for name in ("password", "full", "mail")}
        for project in self.domains["DEFAULT"].values():
            project.users.add(record["login"])

    def inspect(self, kind, identity):
        if kind == "session":
            return {"open": len(self.access.sessions), "most": self.access.most_sessions, "tokens": len(self.access.tokens)}
        if kind == "lock":
            return [list(place) for project in self.every_project() for place in project.locks]
        domain, project, entity = kind.split(".")
        rows = self.domains[domain][project].rows[entity]
        return list(rows.values()) if identity is None else rows[identity]


def _credentials(kind, text):
    """(user, password) of the sign-in's document."""
    if kind == JSON:
        found = json.loads(text)["alm-authentication"]
        return found["user"], found["password"]
    try:
        root = documents.ElementTree.fromstring(text)
    except documents.ElementTree.ParseError as error:
        raise Departure(f"no XML: {error}") from None
    if root.tag != "alm-authentication" or [child.tag for child in root] != ["user", "password"]:
        raise Departure("the document is no <alm-authentication> with user and password")
    return root[0].text or "", root[1].text or ""


if __name__ == "__main__":
    serve(Alm)

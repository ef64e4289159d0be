#!/usr/bin/python3
"""ServiceNow, simulated: Table API, Attachment API and OAuth of one instance.

Sign in as `sync.user` / `sync-password` (fulfiller, in Berlin's summer time), `admin` / `admin`, `nobody` /
`nobody-password` (no role), with the header `x-sn-apikey: now_sync_key`, or with the OAuth client `syncservice` /
`client-secret`. Tables and columns: servicenow_schema.py.

Beyond the common base it does what makes an adapter's life hard on the real thing:
  - A query's condition on an unknown column is dropped, so that everything matches; unknown columns in a body and in
    `sysparm_fields` are ignored. Since the product should ask for none, the standard is to refuse them as violations;
    the setting `unknown_columns: "ignore"` gives the documented behaviour.
  - Pages are cut before access rules are applied, so a page may be short or empty and others follow; rows come in
    another order each time unless the query orders them.
  - A journal field (comments, work_notes) appends with every write and reads as empty.
  - Priority of an incident is computed, `""` does not clear a choice field, texts are cut to their length without a
    word and lose white space at their end, invalid dates and numbers become empty, HTML is sanitized.
  - Resolving and closing an incident needs close_code and close_notes (data policy, 403).
  - Display values are in the account's time zone and format.

Settings: `acls`, `business_rules`, `data_policies` (lists, see servicenow_access.py and servicenow_instance.py),
`unknown_columns`, `invalid_query_returns_no_rows`, `cut_lists_after` (n: a list ends after n rows with an `error` beside
its `result`, status 200; 0: off), `hibernating` (every answer is the HTML page of a sleeping instance), `rate_limit`
(requests per user and hour; 0: none), `token_lifetime`, `client_credentials_grant`, `basic_auth_restricted`, `lock_after`
(failed logins), `attachment_limit` (bytes), `push` ({url, headers, appLinkName, origin, tables, id?, skip?}: what a
business rule sends after each write; `skip` is a user whose writes send nothing).

Records for seeding: POST /_control/records/{table} {column: value, ...}, past all rules; `table:definition` defines a
table or further columns ({name, label?, parent?, prefix?, columns?, choices?}); `account` makes an account.
"""

import json
import urllib.parse

import servicenow_query as queries
import shape
from servicenow_access import Access, AccessRules, Account
from servicenow_display import Display
from servicenow_instance import NO_RECORD, SYS_ID, Instance, Refused
from simulator import RAW, Answer, Departure, Simulator, route, serve
from wire import Response

LIST_PARAMETERS = ("sysparm_query", "sysparm_fields", "sysparm_display_value", "sysparm_exclude_reference_link",
                   "sysparm_limit", "sysparm_offset", "sysparm_no_count", "sysparm_suppress_pagination_header")
ROW_PARAMETERS = ("sysparm_fields", "sysparm_display_value", "sysparm_exclude_reference_link")
WRITE_PARAMETERS = ROW_PARAMETERS + ("sysparm_input_display_value",)
ATTACHMENT_PARAMETERS = ("sysparm_query", "sysparm_limit", "sysparm_offset")
UPLOAD_PARAMETERS = ("table_name", "table_sys_id", "file_name")
SLEEPING = b"""<!DOCTYPE html>
<html><head><title>Instance Hibernating page</title></head>
<body><h1>Your instance is hibernating</h1><p>Sign in to the developer site to wake it up.</p></body></html>
"""


def failure(status, message, detail=None, headers=None):
    return Response(status, {"error": {"message": message, "detail": detail}, "status": "failure"}, headers)


class ServiceNow(Simulator):
    default_settings = {
        **Simulator.default_settings,
        "acls": [],
        "business_rules": [],
        "data_policies": [{"table": "incident", "condition": "stateIN6,7", "mandatory": ["close_code", "close_notes"]}],
        "unknown_columns": "refuse",
        "invalid_query_returns_no_rows": False,
        "cut_lists_after": 0,
        "hibernating": False,
        "rate_limit": 0,
        "token_lifetime": 1800,
        "client_credentials_grant": True,
        "basic_auth_restricted": False,
        "lock_after": 5,
        "attachment_limit": 1 << 30,
        "push": {},
    }

    def reset(self):
        self.instance = Instance(self.clock, self.settings)
        self.access = Access(self.clock, self.settings)
        self.rules = AccessRules(self.instance.schema, self.settings, self.instance.value)
        self.instance.rules, self.instance.committed = self.rules, self._push
        self.calls = {}
        for user, first, last in (("admin", "System", "Administrator"), ("sync.user", "Sync", "User"),
                                  ("beth.anglin", "Beth", "Anglin"), ("fred.luddy", "Fred", "Luddy")):
            self.seed("sys_user", {"user_name": user, "name": f"{first} {last}", "first_name": first, "last_name": last,
                                   "email": f"{user}@example.com", "active": "true"})
        for group in ("Network", "Software", "Service Desk"):
            self.seed("sys_user_group", {"name": group, "active": "true"})

    def refusal(self, request, status, reason):
        return failure(status, reason)

    def expire_tokens(self):
        self.access.expire_tokens()

    # Before a call is served.

    def before(self, request):
        if self.settings["hibernating"]:
            raise Answer(Response(200, SLEEPING, {"Content-Type": "text/html;charset=UTF-8"}))
        if not request.path.startswith("/api/now/"):
            return
        accepts = request.headers.get("accept", "")
        plain_file = request.method == "GET" and request.path.endswith("/file")
        if "application/json" not in accepts and not (plain_file and accepts):
            raise Departure("the header Accept: application/json is missing")

    def authenticate(self, request):
        header, key = request.headers.get("authorization", ""), request.headers.get("x-sn-apikey")
        account = None
        if key:
            account = self.access.key(key)
        elif header.startswith("Basic "):
            account = self.access.basic(header)
        elif header.startswith("Bearer "):
            account = self.access.bearer(header[len("Bearer "):])
        if account is None:
            raise Answer(failure(401, "User Not Authenticated", "Required to provide Auth information",
                                 {"WWW-Authenticate": 'BASIC realm="Service-now"'}))
        request.user, request.account = account.user_name, account
        self._throttle(account)

    def _throttle(self, account):
        limit = self.settings["rate_limit"]
        if not limit:
            return
        now = int(self.clock.now())
        count = self.calls[account.user_name, now // 3600] = self.calls.get((account.user_name, now // 3600), 0) + 1
        if count > limit:
            reset = (now // 3600 + 1) * 3600
            raise Answer(failure(429, "Rate limit exceeded", None, {
                "X-RateLimit-Limit": str(limit), "X-RateLimit-Reset": str(reset), "X-RateLimit-Rule": "Integration",
                "Retry-After": str(reset - now)}))

    @route("POST", "/oauth_token.do", body=RAW, open=True)
    def token(self, request):
        if request.media_type() != "application/x-www-form-urlencoded":
            raise Departure("a token request is form-encoded")
        form = dict(urllib.parse.parse_qsl(request.content.read().decode(), keep_blank_values=True, strict_parsing=True))
        granted = self.access.grant(form)
        if granted is None:
            return Response(401, {"error_description": "access_denied", "error": "server_error"})
        return Response(200, granted)

    # Table API.

    @route("GET", "/api/now/table/{table}", query=LIST_PARAMETERS)
    @route("GET", "/api/now/{version}/table/{table}", query=LIST_PARAMETERS)
    def list_rows(self, request, table, version="v2"):
        self._open(request, "read", table)
        found = self._select(request, table)
        limit, offset = whole_number(request, "sysparm_limit", 10000), whole_number(request, "sysparm_offset", 0)
        display = self._display(request, table)
        visible = [pair for pair in found[offset:offset + limit] if not self.rules.denied(request.account, "read", *pair)]
        fields = self._fields(request, table)
        result = [display.row(name, row, fields) for name, row in visible]
        headers = self._page_headers(request, len(found), limit, offset)
        if version == "v1" and not result:
            return failure(404, *NO_RECORD)
        cut = self.settings["cut_lists_after"]
        if cut and len(result) > cut:
            broken = {"message": "Transaction cancelled: maximum execution time exceeded", "detail": None}
            return Response(200, {"result": result[:cut], "error": broken, "status": "failure"}, headers)
        return Response(200, {"result": result}, headers)

    @route("GET", "/api/now/table/{table}/{sys_id}", query=ROW_PARAMETERS)
    @route("GET", "/api/now/{version}/table/{table}/{sys_id}", query=ROW_PARAMETERS)
    def read_row(self, request, table, sys_id, version="v2"):
        self._open(request, "read", table)
        return self._row(request, *self._found(request, table, sys_id))

    @route("POST", "/api/now/table/{table}", query=WRITE_PARAMETERS, body=shape.Map(str))
    @route("POST", "/api/now/{version}/table/{table}", query=WRITE_PARAMETERS, body=shape.Map(str))
    def create_row(self, request, table, version="v2"):
        self._open(request, "create", table)
        if self.rules.denied(request.account, "create", table):
            raise Answer(failure(403, "Operation Failed", "ACL Exception Insert Failed due to security constraints"))
        values = self._values(request, table)
        row = self._carried_out(lambda: self.instance.insert(table, values, request.user))
        location = f"{self.base_url()}/api/now/table/{table}/{row['sys_id']}"
        return self._row(request, table, row, 201, {"Location": location})

    @route("PATCH", "/api/now/table/{table}/{sys_id}", query=WRITE_PARAMETERS, body=shape.Map(str))
    @route("PATCH", "/api/now/{version}/table/{table}/{sys_id}", query=WRITE_PARAMETERS, body=shape.Map(str))
    @route("PUT", "/api/now/table/{table}/{sys_id}", query=WRITE_PARAMETERS, body=shape.Map(str))
    @route("PUT", "/api/now/{version}/table/{table}/{sys_id}", query=WRITE_PARAMETERS, body=shape.Map(str))
    def update_row(self, request, table, sys_id, version="v2"):
        self._open(request, "write", table)
        name, row = self._found(request, table, sys_id)
        if self.rules.denied(request.account, "write", name, row):
            raise Answer(failure(403, "Operation Failed", "ACL Exception Update Failed due to security constraints"))
        values = self._values(request, name, row)
        self._carried_out(lambda: self.instance.update(name, row, values, request.user))
        return self._row(request, name, row)

    @route("DELETE", "/api/now/table/{table}/{sys_id}")
    @route("DELETE", "/api/now/{version}/table/{table}/{sys_id}")
    def delete_row(self, request, table, sys_id, version="v2"):
        self._open(request, "delete", table)
        name, row = self._found(request, table, sys_id)
        if self.rules.denied(request.account, "delete", name, row):
            raise Answer(failure(403, "Operation Failed", "ACL Exception Delete Failed due to security constraints"))
        self._carried_out(lambda: self.instance.delete(name, row))
        return Response(204)

    # Attachment API.

    @route("GET", "/api/now/attachment", query=ATTACHMENT_PARAMETERS)
    def list_attachments(self, request):
        self._open(request, "read", "sys_attachment")
        found = self._select(request, "sys_attachment")
        limit, offset = whole_number(request, "sysparm_limit", 1000), whole_number(request, "sysparm_offset", 0)
        page = [row for _, row in found[offset:offset + limit] if self._readable(request, row)]
        return Response(200, {"result": [self._metadata(request, row) for row in page]},
                        {"X-Total-Count": str(len(found))})

    @route("GET", "/api/now/attachment/{sys_id}")
    def attachment_metadata(self, request, sys_id):
        return Response(200, {"result": self._metadata(request, self._attachment(request, sys_id))})

    @route("GET", "/api/now/attachment/{sys_id}/file")
    def attachment_content(self, request, sys_id):
        row = self._attachment(request, sys_id)
        metadata = json.dumps(self._metadata(request, row))
        return Response(200, self.instance.contents[sys_id], {
            "Content-Type": row["content_type"], "X-Attachment-Metadata": metadata,
            "Content-Disposition": "attachment"})

    @route("POST", "/api/now/attachment/file", query=UPLOAD_PARAMETERS, body=RAW)
    def upload(self, request):
        if not request.media_type():
            raise Departure("the Content-Type of the file is missing")
        wanted = {name: request.parameter(name, "") for name in UPLOAD_PARAMETERS}
        for name, value in wanted.items():
            if not value:
                raise Answer(failure(400, f"Missing parameter: {name}"))
        target = self._target(wanted["table_name"], wanted["table_sys_id"], request)
        if target is None:
            raise Answer(failure(404, *NO_RECORD))
        if self.rules.denied(request.account, "write", *target):
            raise Answer(failure(403, "Operation Failed", "ACL Exception Insert Failed due to security constraints"))
        if request.content.length > self.settings["attachment_limit"]:
            raise Answer(failure(413, "Attachment too large",
                                 f"The file exceeds {self.settings['attachment_limit']} bytes (com.glide.attachment.max_size)"))
        row = self.instance.insert("sys_attachment", {
            **wanted, "content_type": request.headers["content-type"], "size_bytes": str(request.content.length),
            "size_compressed": str(request.content.length), "compressed": "true"}, request.user, past_checks=True)
        self.instance.contents[row["sys_id"]] = request.content
        location = f"{self.base_url()}/api/now/attachment/{row['sys_id']}"
        return Response(201, {"result": self._metadata(request, row)}, {"Location": location})

    @route("DELETE", "/api/now/attachment/{sys_id}")
    def delete_attachment(self, request, sys_id):
        row = self._attachment(request, sys_id)
        target = self._target(row["table_name"], row["table_sys_id"], request)
        if target is not None and self.rules.denied(request.account, "write", *target):
            raise Answer(failure(403, "Operation Failed", "ACL Exception Delete Failed due to security constraints"))
        self._carried_out(lambda: self.instance.delete("sys_attachment", row))
        self.instance.contents.pop(sys_id, None)
        return Response(204)

    def _attachment(self, request, sys_id):
        self._open(request, "read", "sys_attachment")
        row = self.instance.table("sys_attachment").get(sys_id)
        if row is None or not self._readable(request, row):
            raise Answer(failure(404, *NO_RECORD))
        return row

    def _readable(self, request, row):
        return self._target(row["table_name"], row["table_sys_id"], request) is not None

    def _target(self, table, sys_id, request):
        """The record that an attachment belongs to, when the account sees it."""
        if table not in self.instance.schema or self.rules.table_denied(request.account, "read", table):
            return None
        target = self.instance.find(table, sys_id)
        return None if target is None or self.rules.denied(request.account, "read", *target) else target

    def _metadata(self, request, row):
        document = Display(self.instance, self.base_url(), request.account).row("sys_attachment", row)
        document["download_link"] = f"{self.base_url()}/api/now/attachment/{row['sys_id']}/file"
        return document

    # What the calls share.

    def _open(self, request, operation, table):
        if table not in self.instance.schema:
            raise Answer(failure(400, f"Invalid table {table}"))
        if self.rules.table_denied(request.account, operation, table):
            raise Answer(failure(403, "User Not Authorized", "Failed API level ACL Validation"))

    def _carried_out(self, act):
        try:
            return act()
        except Refused as refused:
            raise Answer(failure(refused.status, refused.message, refused.detail)) from None

    def _select(self, request, table):
        try:
            found, dropped = self.instance.select(table, request.parameter("sysparm_query", ""))
        except queries.UnsupportedQuery as unsupported:
            raise Departure(f"the simulator does not know {unsupported}") from None
        self._no_unknown(dropped, f"the query's condition on {table}")
        return found

    def _no_unknown(self, names, what):
        if names and self.settings["unknown_columns"] == "refuse":
            raise Departure(f"{what} is unknown: {', '.join(names)}")

    def _found(self, request, table, sys_id):
        found = self.instance.find(table, sys_id) if SYS_ID.fullmatch(sys_id) else None
        if found is None or self.rules.denied(request.account, "read", *found):
            raise Answer(failure(404, *NO_RECORD))
        return found

    def _fields(self, request, table):
        wanted = request.parameter("sysparm_fields")
        if not wanted:
            return None
        names = [name.strip() for name in wanted.split(",") if name.strip()]
        self._no_unknown([name for name in names if self.instance.schema.resolve(table, name) is None],
                         f"a column of {table} in sysparm_fields")
        return names

    def _display(self, request, table):
        mode = request.parameter("sysparm_display_value", "false")
        if mode not in ("true", "false", "all"):
            raise Departure(f"sysparm_display_value={mode}")
        return Display(self.instance, self.base_url(), request.account, mode, truth(request, "sysparm_exclude_reference_link"))

    def _row(self, request, table, row, status=200, headers=None):
        document = self._display(request, table).row(table, row, self._fields(request, table))
        return Response(status, {"result": document}, headers)

    def _values(self, request, table, row=None):
        """The body's values as stored, without those that the account may not write."""
        columns, values = self.instance.schema.columns(table), {}
        body = request.json()
        self._no_unknown([name for name in body if name not in columns], f"a column of {table} in the body")
        by_display = truth(request, "sysparm_input_display_value")
        display = Display(self.instance, self.base_url(), request.account)
        for name, value in body.items():
            if name not in columns or self.rules.denied(request.account, "write", table, row, name):
                continue
            column = columns[name]
            values[name] = display.stored(table, column, value) if by_display else value
            if column.type == "reference" and values[name] and not SYS_ID.fullmatch(values[name]):
                raise Departure(f"{table}.{name} refers to a row and was given {values[name]!r}, which is no sys_id")
        return values

    def _page_headers(self, request, total, limit, offset):
        headers = {} if truth(request, "sysparm_no_count") else {"X-Total-Count": str(total)}
        if truth(request, "sysparm_suppress_pagination_header") or not limit or truth(request, "sysparm_no_count"):
            return headers
        last = max(0, (total - 1) // limit * limit)
        pages = [("first", 0)] + [("prev", max(0, offset - limit))] * (offset > 0)
        pages += [("next", offset + limit)] * (offset + limit < total) + [("last", last)]
        others = [(name, value) for name, value in request.query if name not in ("sysparm_limit", "sysparm_offset")]
        link = f"{self.base_url()}{request.path}?"
        headers["Link"] = ",".join(
            f"<{link}{urllib.parse.urlencode([*others, ('sysparm_limit', limit), ('sysparm_offset', at)])}>;rel=\"{rel}\""
            for rel, at in pages)
        return headers

    # Control, and what an instance's business rule sends.

    def seed(self, kind, record):
        if kind == "account":
            account = self.access.accounts[record["user_name"]] = Account(**record)
            self.seed("sys_user", {"user_name": account.user_name, "name": account.user_name, "active": "true"})
            return record
        if kind.endswith(":definition"):
            self.instance.define(table=kind.partition(":")[0], **record)
            return record
        unknown = [name for name in record if name not in self.instance.schema.columns(kind)]
        if unknown:
            raise KeyError(f"{kind} has no columns {unknown}")
        author = record.pop("sys_updated_by", "admin")
        existing = self.instance.find(kind, record.get("sys_id", ""))
        if existing:
            return self.instance.update(*existing, record, author, past_checks=True)
        return self.instance.insert(kind, record, author, past_checks=True)

    def inspect(self, kind, identity):
        if kind == "account":
            return {name: account.locked for name, account in self.access.accounts.items()}
        rows = [row for name in self.instance.schema.family(kind) for row in self.instance.table(name).values()]
        if identity is None:
            return rows
        return next(row for row in rows if identity in (row["sys_id"], row.get("number")))

    def _push(self, table, row, operation):
        push = self.settings["push"]
        if not push or operation == "delete" or row["sys_updated_by"] == push.get("skip"):
            return
        if table == "sys_attachment":
            target = self.instance.find(row["table_name"], row["table_sys_id"])
            if target is None or "sys_attachment" not in push["tables"]:
                return
            table, row = target
        elif table not in push["tables"]:
            return
        body = {"appLinkName": push["appLinkName"], "origin": push["origin"], "id": row[push.get("id", "sys_id")]}
        headers = {"Content-Type": "application/json", "User-Agent": "ServiceNow/1.0", **push.get("headers", {})}
        self.outbox.post(push["url"], headers, json.dumps(body).encode())


def truth(request, name):
    """A documented true-or-false parameter."""
    value = request.parameter(name, "false")
    if value not in ("true", "false"):
        raise Departure(f"{name}={value}")
    return value == "true"


def whole_number(request, name, standard):
    value = request.parameter(name, str(standard))
    if not value.isdigit():
        raise Departure(f"{name}={value}")
    return int(value)


if __name__ == "__main__":
    serve(ServiceNow)

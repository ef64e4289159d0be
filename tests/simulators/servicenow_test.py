"""The simulated ServiceNow: what is documented of its APIs, and its traps."""

import argparse
import base64
import http.client
import json
import unittest
import urllib.parse

from servicenow import ServiceNow
from servicenow_instance import normalised, sanitized
from servicenow_query import UnsupportedQuery, parse
from servicenow_schema import Column
from simulator import start

JSON = {"Accept": "application/json", "Content-Type": "application/json"}


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.bytes = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.bytes)

    @property
    def result(self):
        return self.json["result"]


class ServiceNowTest(unittest.TestCase):
    def setUp(self):
        self.simulator = ServiceNow(argparse.Namespace(cert=None, key=None, client_ca=None))
        start(self.simulator)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.simulator.port, timeout=30)
        self.addCleanup(self.connection.close)
        self.addCleanup(self.no_violations)
        self.expected_violations = 0

    def no_violations(self):
        self.assertEqual(len(self.simulator.violations), self.expected_violations, self.simulator.violations)

    def call(self, method, path, body=None, user="sync.user", headers=None, **parameters):
        passwords = {"sync.user": "sync-password", "admin": "admin", "nobody": "nobody-password"}
        sent = {**JSON, **({"Authorization": basic(user, passwords[user])} if user else {}), **(headers or {})}
        if parameters:
            path += "?" + urllib.parse.urlencode(parameters)
        if isinstance(body, dict):
            body = json.dumps(body)
        self.connection.request(method, path, body, sent)
        return Answer(self.connection.getresponse())

    def make(self, table="incident", user="sync.user", **values):
        answer = self.call("POST", f"/api/now/table/{table}", values, user=user)
        self.assertEqual(answer.status, 201, answer.bytes)
        return answer.result

    def rows(self, table="incident", query="", **parameters):
        answer = self.call("GET", f"/api/now/table/{table}", sysparm_query=query, **parameters)
        self.assertEqual(answer.status, 200, answer.bytes)
        return answer.result

    def set(self, **settings):
        for name, value in settings.items():
            self.simulator.settings[name] = value

    def user(self, name):
        return next(row["sys_id"] for row in self.simulator.inspect("sys_user", None) if row["user_name"] == name)


class Signing(ServiceNowTest):
    def test_without_credentials(self):
        answer = self.call("GET", "/api/now/table/incident", user=None)
        self.assertEqual(answer.status, 401)
        self.assertEqual(answer.json, {"error": {"message": "User Not Authenticated",
                                                 "detail": "Required to provide Auth information"}, "status": "failure"})

    def test_api_key(self):
        self.assertEqual(self.call("GET", "/api/now/table/incident", user=None, headers={"x-sn-apikey": "now_sync_key"}).status, 200)
        self.assertEqual(self.call("GET", "/api/now/table/incident", user=None, headers={"x-sn-apikey": "other"}).status, 401)

    def test_wrong_passwords_lock(self):
        wrong = {"Authorization": basic("sync.user", "wrong")}
        for _ in range(5):
            self.assertEqual(self.call("GET", "/api/now/table/incident", headers=wrong).status, 401)
        self.assertEqual(self.call("GET", "/api/now/table/incident").status, 401)
        self.assertTrue(self.simulator.inspect("account", None)["sync.user"])

    def test_basic_switched_off(self):
        self.set(basic_auth_restricted=True)
        self.assertEqual(self.call("GET", "/api/now/table/incident").status, 401)

    def token(self, **form):
        body = urllib.parse.urlencode({"client_id": "syncservice", "client_secret": "client-secret", **form})
        return self.call("POST", "/oauth_token.do", body, user=None,
                         headers={"Content-Type": "application/x-www-form-urlencoded"})

    def bearer(self, token):
        return self.call("GET", "/api/now/table/incident", user=None, headers={"Authorization": "Bearer " + token}).status

    def test_password_grant_and_refresh(self):
        first = self.token(grant_type="password", username="sync.user", password="sync-password").json
        self.assertEqual((first["token_type"], first["scope"]), ("Bearer", "useraccount"))
        self.assertEqual(self.bearer(first["access_token"]), 200)
        self.simulator.clock.advance(1000)
        again = self.token(grant_type="password", username="sync.user", password="sync-password").json
        self.assertEqual(again["access_token"], first["access_token"])
        self.assertLess(again["expires_in"], 900)
        self.simulator.clock.advance(1000)
        self.assertEqual(self.bearer(first["access_token"]), 401)
        renewed = self.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json
        self.assertEqual(self.bearer(renewed["access_token"]), 200)

    def test_client_credentials(self):
        granted = self.token(grant_type="client_credentials").json
        self.assertNotIn("refresh_token", granted)
        self.assertEqual(self.bearer(granted["access_token"]), 200)
        self.simulator.expire_tokens()
        self.assertEqual(self.bearer(granted["access_token"]), 401)
        self.set(client_credentials_grant=False)
        self.assertEqual(self.token(grant_type="client_credentials").status, 401)

    def test_a_refused_token_has_a_string_for_its_error(self):
        answer = self.token(grant_type="password", username="sync.user", password="wrong")
        self.assertEqual((answer.status, answer.json), (401, {"error_description": "access_denied", "error": "server_error"}))

    def test_a_token_request_in_json_is_a_violation(self):
        self.expected_violations = 1
        self.assertEqual(self.call("POST", "/oauth_token.do", {"grant_type": "password"}, user=None).status, 400)

    def test_rate_limit(self):
        self.set(rate_limit=2)
        self.assertEqual([self.call("GET", "/api/now/table/incident").status for _ in range(3)], [200, 200, 429])
        answer = self.call("GET", "/api/now/table/incident")
        self.assertGreater(int(answer.headers["Retry-After"]), 0)
        self.assertEqual(answer.headers["X-RateLimit-Limit"], "2")


class Rows(ServiceNowTest):
    def test_created(self):
        made = self.make(short_description="Mail is down  ", urgency="1", impact="2", correlation_id="ED-24",
                         caller_id=self.user("beth.anglin"))
        self.assertEqual(made["number"], "INC0010001")
        self.assertEqual(self.make()["number"], "INC0010002")
        self.assertEqual(made["short_description"], "Mail is down")
        self.assertEqual((made["active"], made["priority"], made["state"], made["category"]), ("true", "2", "1", "inquiry"))
        self.assertTrue(made["caller_id"]["link"].endswith("/api/now/table/sys_user/" + made["caller_id"]["value"]))
        self.assertEqual(made["assigned_to"], "")
        self.assertEqual((made["sys_created_by"], made["sys_mod_count"]), ("sync.user", "0"))
        self.assertRegex(made["sys_updated_on"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.assertEqual(self.rows("task", "number=INC0010001")[0]["sys_class_name"], "incident")

    def test_read_one(self):
        made = self.make(short_description="x")
        answer = self.call("GET", f"/api/now/v2/table/incident/{made['sys_id']}", sysparm_fields="number,caller_id.email")
        self.assertEqual(answer.result, {"number": "INC0010001", "caller_id.email": ""})
        answer = self.call("GET", "/api/now/table/incident/" + "0" * 32)
        self.assertEqual((answer.status, answer.json["error"]["message"]), (404, "No Record found"))
        answer = self.call("GET", "/api/now/table/incdent")
        self.assertEqual((answer.status, answer.json["error"]), (400, {"message": "Invalid table incdent", "detail": None}))

    def test_update(self):
        made = self.make(short_description="x")
        path = f"/api/now/table/incident/{made['sys_id']}"
        self.assertEqual(self.call("PATCH", path, {"short_description": "x"}).result["sys_mod_count"], "0")
        changed = self.call("PATCH", path, {"short_description": "", "priority": "1", "category": ""}).result
        self.assertEqual(changed["sys_mod_count"], "1")
        self.assertEqual((changed["short_description"], changed["priority"], changed["category"]), ("", "5", "inquiry"))
        self.assertEqual(self.call("PUT", path, {"urgency": "1", "impact": "1"}).result["priority"], "1")

    def test_delete(self):
        made = self.make()
        path = f"/api/now/table/incident/{made['sys_id']}"
        self.assertEqual(self.call("DELETE", path).status, 204)
        self.assertEqual(self.call("DELETE", path).status, 404)

    def test_resolving_needs_a_code(self):
        path = f"/api/now/table/incident/{self.make()['sys_id']}"
        answer = self.call("PATCH", path, {"state": "6"})
        self.assertEqual((answer.status, answer.json["error"]), (403, {
            "message": "Operation Failed",
            "detail": "Data Policy Exception: The following fields are mandatory: Resolution code, Close notes"}))
        done = self.call("PATCH", path, {"state": "6", "close_code": "Duplicate", "close_notes": "see INC1"}).result
        self.assertEqual((done["state"], done["incident_state"]), ("6", "6"))
        self.assertNotEqual(done["resolved_at"], "")

    def test_business_rules(self):
        self.set(business_rules=[{"table": "incident", "condition": "short_descriptionLIKEforbidden", "abort": "Mind your words"},
                                 {"table": "task", "condition": "urgency=1", "set": {"escalation": "2"}}])
        answer = self.call("POST", "/api/now/table/incident", {"short_description": "forbidden"})
        self.assertEqual(answer.status, 403)
        self.assertRegex(answer.json["error"]["detail"], r"^Operation against file 'incident' was aborted by Business Rule "
                         r"'Mind your words\^[0-9a-f]{32}'\. Business Rule Stack:Mind your words$")
        self.assertEqual(self.rows(), [])
        self.assertEqual(self.make(urgency="1")["escalation"], "2")

    def test_journals_append_and_read_as_empty(self):
        made = self.make(comments="first")
        self.assertEqual(made["comments"], "")
        path = f"/api/now/table/incident/{made['sys_id']}"
        for _ in range(2):
            self.call("PATCH", path, {"work_notes": "twice"})
        entries = self.rows("sys_journal_field", f"element_id={made['sys_id']}^elementINcomments,work_notes")
        self.assertEqual(sorted((one["element"], one["value"], one["sys_created_by"]) for one in entries),
                         [("comments", "first", "sync.user")] + [("work_notes", "twice", "sync.user")] * 2)
        shown = self.call("GET", path, sysparm_display_value="true").result["comments"]
        self.assertRegex(shown, r"^\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d - Sync User \(Additional comments\)\nfirst\n\n$")
        self.assertEqual(self.call("GET", path).result["sys_mod_count"], "2")

    def test_values_are_normalised(self):
        made = self.make(u_number="12 apples", u_decimal="2.50", u_flag="1", u_moment="2026-06-01T10:00:00Z",
                         u_date="2026-06-01 10:00:00", u_text="a" * 300, u_html="<p onclick='x()'>a</p><script>b</script>")
        self.assertEqual({name: made[name] for name in ("u_number", "u_decimal", "u_flag", "u_moment", "u_date", "u_html")},
                         {"u_number": "", "u_decimal": "2.5", "u_flag": "true", "u_moment": "", "u_date": "2026-06-01",
                          "u_html": "<p>a</p>"})
        self.assertEqual(len(made["u_text"]), 255)

    def test_display_values(self):
        made = self.make(urgency="1", caller_id=self.user("beth.anglin"), due_date="2026-06-01 23:30:00")
        path = f"/api/now/table/incident/{made['sys_id']}"
        fields = "urgency,caller_id,due_date,assigned_to,caller_id.name"
        shown = self.call("GET", path, sysparm_display_value="true", sysparm_fields=fields).result
        self.assertEqual((shown["urgency"], shown["due_date"], shown["assigned_to"]), ("1 - High", "02.06.2026 01:30:00", ""))
        self.assertEqual(shown["caller_id"]["display_value"], "Beth Anglin")
        self.assertEqual(shown["caller_id.name"], "Beth Anglin")
        both = self.call("GET", path, sysparm_display_value="all", sysparm_fields=fields).result
        self.assertEqual(both["urgency"], {"display_value": "1 - High", "value": "1"})
        self.assertEqual(set(both["caller_id"]), {"display_value", "value", "link"})
        bare = self.call("GET", path, sysparm_exclude_reference_link="true", sysparm_fields="caller_id").result
        self.assertEqual(bare["caller_id"], self.user("beth.anglin"))

    def test_input_by_display_value(self):
        answer = self.call("POST", "/api/now/table/incident?sysparm_input_display_value=true",
                           {"urgency": "1 - High", "assigned_to": "Fred Luddy", "due_date": "02.06.2026 01:30:00"})
        self.assertEqual((answer.result["urgency"], answer.result["due_date"]), ("1", "2026-06-01 23:30:00"))
        self.assertEqual(answer.result["assigned_to"]["value"], self.user("fred.luddy"))

    def test_custom_table(self):
        self.simulator.seed("u_defect:definition", {"columns": [{"name": "u_more", "max_length": 3000000}]})
        made = self.make("u_defect", u_title="t", u_severity="major", u_more="x" * 2_000_000)
        self.assertNotIn("number", made)
        self.assertEqual(len(made["u_more"]), 2_000_000)
        self.assertEqual(self.rows("sys_dictionary", "name=u_defect^element=u_more")[0]["max_length"], "3000000")


class Lists(ServiceNowTest):
    def test_paging(self):
        for index in range(7):
            self.make(short_description=str(index))
        answer = self.call("GET", "/api/now/table/incident", sysparm_query="ORDERBYnumber", sysparm_limit="3",
                           sysparm_offset="3", sysparm_fields="short_description")
        self.assertEqual([row["short_description"] for row in answer.result], ["3", "4", "5"])
        self.assertEqual(answer.headers["X-Total-Count"], "7")
        links = [part.strip("<").split('>;rel=') for part in answer.headers["Link"].split(",<")]
        links = {rel.strip('"'): urllib.parse.parse_qs(link.partition("?")[2]) for link, rel in links}
        self.assertEqual({rel: query["sysparm_offset"] for rel, query in links.items()},
                         {"first": ["0"], "prev": ["0"], "next": ["6"], "last": ["6"]})
        self.assertEqual(links["next"]["sysparm_query"], ["ORDERBYnumber"])
        bare = self.call("GET", "/api/now/table/incident", sysparm_no_count="true", sysparm_suppress_pagination_header="true")
        self.assertIsNone(bare.headers["X-Total-Count"])
        self.assertIsNone(bare.headers["Link"])

    def test_access_rules_shorten_pages(self):
        for index in range(4):
            self.make(short_description=f"secret {index}" if index < 2 else str(index))
        self.set(acls=[{"operation": "read", "table": "incident", "query": "short_descriptionSTARTSWITHsecret"},
                       {"operation": "read", "table": "incident", "columns": ["description"]}])
        answer = self.call("GET", "/api/now/table/incident", sysparm_query="ORDERBYnumber", sysparm_limit="2")
        self.assertEqual((answer.result, answer.headers["X-Total-Count"]), ([], "4"))
        self.assertIn('rel="next"', answer.headers["Link"])
        self.assertEqual(len(self.rows()), 2)
        self.assertNotIn("description", self.rows()[0])
        hidden = next(row for row in self.simulator.inspect("incident", None) if row["short_description"] == "secret 0")
        self.assertEqual(self.call("GET", f"/api/now/table/incident/{hidden['sys_id']}").status, 404)

    def test_access_rules_on_writes(self):
        made = self.make(short_description="x")
        self.set(acls=[{"operation": "write", "table": "incident", "columns": ["urgency"]}])
        path = f"/api/now/table/incident/{made['sys_id']}"
        self.assertEqual(self.call("PATCH", path, {"urgency": "1", "description": "d"}).result["urgency"], "3")
        self.set(acls=[{"operation": operation, "table": "task"} for operation in ("write", "create", "delete")])
        for method, target, word in (("PATCH", path, "Update"), ("POST", "/api/now/table/incident", "Insert"),
                                     ("DELETE", path, "Delete")):
            answer = self.call(method, target, None if method == "DELETE" else {})
            self.assertEqual((answer.status, answer.json["error"]["detail"]),
                             (403, f"ACL Exception {word} Failed due to security constraints"))
        self.assertEqual(self.call("GET", path, user="nobody").status, 403)
        self.assertEqual(self.call("DELETE", path, user="admin").status, 204)

    def test_queries(self):
        first = self.make(short_description="alpha", urgency="1", correlation_id="A", caller_id=self.user("beth.anglin"))
        second = self.make(short_description="beta", urgency="2", correlation_id="B")
        third = self.make(short_description="Alphabet", u_number="10")

        def numbers(query):
            return {row["number"] for row in self.rows(query=query)}

        one, two, three = first["number"], second["number"], third["number"]
        self.assertEqual(numbers("correlation_id=A"), {one})
        self.assertEqual(numbers("correlation_id=a"), set())
        self.assertEqual(numbers("short_descriptionLIKEpha"), {one, three})
        self.assertEqual(numbers("short_descriptionNOT LIKEpha"), {two})
        self.assertEqual(numbers("correlation_idINA,B^urgency!=2"), {one})
        self.assertEqual(numbers("urgency=1^ORurgency=2"), {one, two})
        self.assertEqual(numbers("urgency=1^NQu_number>9"), {one, three})
        self.assertEqual(numbers("caller_id.email=beth.anglin@example.com"), {one})
        self.assertEqual(numbers("correlation_idISEMPTY"), {three})
        self.assertEqual(numbers("urgencyBETWEEN1@2^short_descriptionENDSWITHta"), {two})
        self.assertEqual(numbers(f"sys_updated_on>={first['sys_updated_on']}^sys_updated_on<2100-01-01 00:00:00"), {one, two, three})
        ordered = [row["number"] for row in self.rows(query="ORDERBYDESCurgency^ORDERBYshort_description")]
        self.assertEqual(ordered, [three, two, one])

    def test_without_an_order_there_is_none(self):
        for _ in range(6):
            self.make()
        self.assertGreater(len({tuple(row["number"] for row in self.rows()) for _ in range(6)}), 1)

    def test_unknown_columns(self):
        self.make(correlation_id="A")
        self.expected_violations = 3
        for call in (lambda: self.call("GET", "/api/now/table/incident", sysparm_query="correlation=B"),
                     lambda: self.call("GET", "/api/now/table/incident", sysparm_fields="corelation_id"),
                     lambda: self.call("POST", "/api/now/table/incident", {"corelation_id": "A"})):
            self.assertEqual(call().status, 400)
        self.set(unknown_columns="ignore")
        self.assertEqual(len(self.rows(query="correlation=B")), 1)
        self.assertEqual(self.rows(sysparm_fields="corelation_id,number"), [{"number": "INC0010001"}])
        self.assertEqual(self.call("POST", "/api/now/table/incident", {"corelation_id": "A"}).status, 201)
        self.set(invalid_query_returns_no_rows=True)
        self.assertEqual(self.rows(query="correlation=B"), [])

    def test_versions(self):
        self.assertEqual(self.call("GET", "/api/now/v1/table/incident").status, 404)
        self.assertEqual(self.call("GET", "/api/now/v2/table/incident").result, [])

    def test_cut_list(self):
        for _ in range(3):
            self.make()
        self.set(cut_lists_after=1)
        answer = self.call("GET", "/api/now/table/incident")
        self.assertEqual((answer.status, len(answer.result)), (200, 1))
        self.assertEqual(answer.json["error"]["message"], "Transaction cancelled: maximum execution time exceeded")

    def test_hibernating(self):
        self.set(hibernating=True)
        answer = self.call("GET", "/api/now/table/incident")
        self.assertEqual((answer.status, answer.headers.get_content_type()), (200, "text/html"))

    def test_metadata(self):
        inherited = self.rows("sys_dictionary", "nameINincident,task^internal_type!=collection^elementINstate,caller_id,comments")
        self.assertEqual({row["element"]: (row["name"], row["internal_type"]["value"], row["choice"]) for row in inherited},
                         {"state": ("task", "integer", "3"), "caller_id": ("incident", "reference", "0"),
                          "comments": ("task", "journal_input", "0")})
        caller = next(row for row in inherited if row["element"] == "caller_id")
        self.assertEqual(caller["reference"]["value"], "sys_user")
        self.assertTrue(caller["reference"]["link"].endswith("/sys_db_object?name=sys_user"))
        states = self.rows("sys_choice", "name=incident^element=state^inactive=false^language=en^ORDERBYsequence")
        self.assertEqual([row["label"] for row in states][:3], ["New", "In Progress", "On Hold"])
        incident = self.rows("sys_db_object", "name=incident")[0]
        self.assertEqual(self.rows("sys_db_object", "sys_id=" + incident["super_class"]["value"])[0]["name"], "task")
        self.assertEqual(self.rows("sys_db_object", "super_class.name=task^name=problem")[0]["label"], "Problem")

    def test_departures(self):
        self.expected_violations = 6
        for answer in (self.call("GET", "/api/now/table/incident", user="sync.user", headers={"Accept": "text/html"}),
                       self.call("GET", "/api/now/table/incident", sysparm_size="2"),
                       self.call("GET", "/api/now/table/incident", sysparm_query="sys_created_on>javascript:gs.daysAgo(1)"),
                       self.call("GET", "/api/now/table/incident", sysparm_offset="-1"),
                       self.call("POST", "/api/now/table/incident", '{"urgency":1}'),
                       self.call("POST", "/api/now/table/incident", {"caller_id": "beth.anglin"})):
            self.assertEqual(answer.status, 400)


class Attachments(ServiceNowTest):
    def setUp(self):
        super().setUp()
        self.record = self.make()["sys_id"]

    def upload(self, data, name="a b.png", record=None, content_type="image/png"):
        return self.call("POST", "/api/now/attachment/file", data, headers={"Content-Type": content_type},
                         table_name="incident", table_sys_id=record or self.record, file_name=name)

    def test_up_and_down(self):
        data = bytes(range(256)) * 8192
        made = self.upload(data)
        self.assertEqual(made.status, 201)
        metadata = made.result
        self.assertEqual((metadata["file_name"], metadata["size_bytes"], metadata["content_type"]),
                         ("a b.png", str(len(data)), "image/png"))
        self.assertTrue(made.headers["Location"].endswith("/api/now/attachment/" + metadata["sys_id"]))
        down = self.call("GET", urllib.parse.urlsplit(metadata["download_link"]).path, headers={"Accept": "*/*"})
        self.assertEqual((down.status, down.bytes), (200, data))
        listed = self.call("GET", "/api/now/attachment", sysparm_query=f"table_name=incident^table_sys_id={self.record}")
        self.assertEqual(listed.result, [metadata])
        self.assertEqual(self.call("GET", f"/api/now/attachment/{metadata['sys_id']}").result, metadata)
        self.assertEqual(self.call("DELETE", f"/api/now/attachment/{metadata['sys_id']}").status, 204)
        self.assertEqual(self.call("GET", f"/api/now/attachment/{metadata['sys_id']}/file").status, 404)

    def test_refusals(self):
        self.assertEqual(self.upload(b"x", record="0" * 32).status, 404)
        self.assertEqual(self.call("POST", "/api/now/attachment/file", b"x", headers={"Content-Type": "text/plain"},
                                   table_name="incident").status, 400)
        self.set(attachment_limit=3)
        self.assertEqual(self.upload(b"four").status, 413)
        self.set(acls=[{"operation": "write", "table": "incident"}])
        self.assertEqual(self.upload(b"x").status, 403)


class Pushing(ServiceNowTest):
    def test_a_business_rule_pushes(self):
        self.set(push={"url": f"http://127.0.0.1:{self.simulator.port}/hook", "appLinkName": "L", "origin": "source",
                       "tables": ["incident", "sys_attachment"], "skip": "sync.user", "id": "number"})
        self.make()
        admins = self.make(user="admin")
        self.call("POST", "/api/now/attachment/file", b"x", user="admin", headers={"Content-Type": "text/plain"},
                  table_name="incident", table_sys_id=admins["sys_id"], file_name="x.txt")
        self.assertTrue(self.simulator.outbox.drain(10))
        self.assertEqual(len(self.simulator.outbox.sent()), 2)
        sent = [entry["body"] for entry in self.simulator.requests if entry["path"] == "/hook"]
        self.assertEqual([json.loads(one) for one in sent], [{"appLinkName": "L", "origin": "source", "id": "INC0010002"}] * 2)
        self.expected_violations = 2  # the simulator itself has no /hook


class Parts(unittest.TestCase):
    def test_parse(self):
        known = {"a", "b", "c"}
        query = parse("a=1^ORb!=2^zz=3^cISEMPTY^NQaINx,y^ORDERBYDESCb^EQ", known.__contains__)
        self.assertEqual(query.dropped, ["zz=3"])
        self.assertEqual(query.order, [("b", True)])
        self.assertEqual([[[(one.column, one.operator, one.value) for one in group] for group in alternative]
                          for alternative in query.alternatives],
                         [[[("a", "=", "1"), ("b", "!=", "2")], [("c", "ISEMPTY", "")]], [[("a", "IN", "x,y")]]])
        for text in ("aSAMEASb", "GROUPBYa", "a=javascript:gs.now()", "123TEXTQUERY321=x"):
            with self.assertRaises(UnsupportedQuery):
                parse(text, known.__contains__)

    def test_normalised(self):
        self.assertEqual(normalised(Column("n", "N", "integer"), " 007 "), "7")
        self.assertEqual(normalised(Column("n", "N", "decimal"), "2.0"), "2")
        self.assertEqual(normalised(Column("n", "N", "glide_date_time"), "2026-02-30 00:00:00"), "")
        self.assertEqual(normalised(Column("n", "N", "boolean"), "no"), "false")
        self.assertEqual(sanitized('<a href="javascript:x()">y</a> '), '<a href="#">y</a>')


if __name__ == "__main__":
    unittest.main()

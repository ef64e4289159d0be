"""The simulated Helix ALM: what is documented of its REST API and its webhooks, and its traps."""

import argparse
import base64
import hashlib
import hmac
import http.client
import http.server
import json
import threading
import unittest
import urllib.parse

import helix_alm_query as queries
from helix_alm import HelixAlm
from helix_alm_schema import ITEM_TYPES
from simulator import start

KEY = "ApiKey key-sync:key-secret"
BASE = "/helix-alm/api/v0"
NASTY = "100% Größe/{x}?"


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def quoted(text):
    return urllib.parse.quote(text, safe="")


def field(label, **value):
    return {"label": label, **value}


def upload(name, content, part="fileUpload", disposition=None):
    """(body, headers) of a multipart upload."""
    disposition = disposition or f'form-data; name="{part}"; filename="{name}"'
    body = (b"--xyz\r\nContent-Disposition: " + disposition.encode() + b"\r\nContent-Type: application/octet-stream\r\n\r\n"
            + content + b"\r\n--xyz--\r\n")
    return body, {"Content-Type": "multipart/form-data; boundary=xyz"}


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.bytes = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.bytes)

    @property
    def error(self):
        """(message, errorElementPath) of a refusal."""
        return self.json["message"], self.json.get("errorElementPath")


class HelixTest(unittest.TestCase):
    project = "4"

    def setUp(self):
        self.simulator = HelixAlm(argparse.Namespace(cert=None, key=None, client_ca=None))
        start(self.simulator)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.simulator.port, timeout=30)
        self.addCleanup(self.connection.close)
        self.addCleanup(self.no_violations)
        self.expected_violations = []
        self.tokens = {}

    def no_violations(self):
        reasons = [one["reason"] for one in self.simulator.violations]
        self.assertEqual(len(reasons), len(self.expected_violations), reasons)
        for reason, expected in zip(reasons, self.expected_violations):
            self.assertIn(expected, reason)

    def set(self, **settings):
        self.simulator.settings.update(settings)

    def request(self, method, target, body=None, headers=None):
        self.connection.request(method, target, body, headers or {})
        return Answer(self.connection.getresponse())

    def token(self, project=None, credentials=KEY):
        project = quoted(project or self.project)
        if (project, credentials) not in self.tokens:
            answer = self.request("GET", f"{BASE}/{project}/token", headers={"Authorization": credentials})
            self.assertEqual(answer.status, 200, answer.bytes)
            self.tokens[project, credentials] = answer.json["accessToken"]
        return self.tokens[project, credentials]

    def call(self, method, path, body=None, project=None, credentials=KEY, headers=None, **parameters):
        """A call with a token; a `body` that is no bytes goes as JSON."""
        sent = {"Authorization": "Bearer " + self.token(project, credentials), **(headers or {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        target = f"{BASE}/{quoted(project or self.project)}{path}"
        if parameters:
            target += "?" + urllib.parse.urlencode(parameters)
        return self.request(method, target, body, sent)

    def control(self, method, path, body=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        return self.request(method, "/_control" + path, None if body is None else json.dumps(body), headers)

    def make(self, *fields, kind="issues", **more):
        """The id of a new item."""
        fields = list(fields)
        if kind == "requirements":
            more.setdefault("requirementType", {"label": "Functional Requirement"})
        if not any(one.get("label") in ("Summary", "Name") for one in fields):
            fields.insert(0, field("Name" if kind == "documents" else "Summary", string="one"))
        answer = self.call("POST", "/" + kind, {kind: [{"fields": fields, **more}]})
        self.assertEqual(answer.status, 201, answer.bytes)
        return answer.json[kind][0]["id"]

    def read(self, identity, kind="issues", **parameters):
        answer = self.call("GET", f"/{kind}/{identity}", **parameters)
        self.assertEqual(answer.status, 200, answer.bytes)
        return answer.json

    def value(self, identity, label, kind="issues"):
        shown = self.read(identity, kind, fields=label)["fields"][0]
        return shown[shown["type"]]

    def put(self, identity, kind="issues", **body):
        return self.call("PUT", f"/{kind}/{identity}", body)

    def found(self, search, kind="issues", **more):
        answer = self.call("POST", f"/{kind}/search", {"search": search, **more})
        self.assertEqual(answer.status, 200, answer.bytes)
        return [one["id"] for one in answer.json[kind]]

    def refused(self, search, kind="issues"):
        answer = self.call("POST", f"/{kind}/search", {"search": search})
        return answer.status, answer.json["message"]


class Access(HelixTest):
    def test_projects_are_listed_by_key_and_by_password(self):
        for credentials in (KEY, "APIKEY key-sync:key-secret", basic("sync", "sync-secret"),
                            "basic " + basic("sync", "sync-secret")[6:]):
            answer = self.request("GET", BASE + "/projects", headers={"Authorization": credentials})
            self.assertEqual(answer.status, 200)
            self.assertEqual([one["id"] for one in answer.json["projects"]], [4, 7, 9, 12])
            self.assertEqual(answer.json["projectsLoading"], 0)
        self.assertEqual(answer.json["projects"][1], {"id": 7, "name": "@REST API's Test Project DB!",
                                                      "uuid": "{a07e5d12-c02e-430b-980f-b5ff9fd97c0b}"})

    def test_projects_still_loading_are_missing(self):
        self.set(projects_loading=2)
        answer = self.request("GET", BASE + "/projects", headers={"Authorization": KEY}).json
        self.assertEqual(([one["id"] for one in answer["projects"]], answer["projectsLoading"]), ([4, 7, 9], 2))

    def test_versions_need_no_credentials(self):
        self.assertEqual(self.request("GET", BASE + "/versions").json["errors"], [])

    def test_wrong_credentials(self):
        for credentials in (basic("sync", "x"), basic("nobody", "x"), "ApiKey key-sync:x", "ApiKey x:key-secret"):
            answer = self.request("GET", BASE + "/4/token", headers={"Authorization": credentials})
            self.assertEqual((answer.status, answer.json["code"], answer.json["statusCode"]), (401, "Unauthorized", 401))

    def test_a_project_is_named_by_id_uuid_or_name(self):
        for name in ("4", "{62981d8a-2c13-4557-b938-9b513669eb9b}", "Traditional Template"):
            self.assertEqual(self.call("GET", "/issues", project=name).status, 200)
        for name in ("@REST API's Test Project DB!", "Enhanced Compliance & E-Sigs", NASTY):
            self.assertEqual(self.call("GET", "/issues", project=name).status, 200)
        answer = self.request("GET", BASE + "/nowhere/token", headers={"Authorization": KEY})
        self.assertEqual((answer.status, answer.json["code"]), (404, "Not Found"))

    def test_both_paths(self):
        token = {"Authorization": "Bearer " + self.token()}
        self.assertEqual(self.request("GET", "/perforce-alm/api/v0/4/issues", headers=token).status, 200)
        self.set(perforce_path=False)
        self.assertEqual(self.request("GET", "/perforce-alm/api/v0/4/issues", headers=token).status, 404)
        self.expected_violations = ["no such path"]

    def test_the_token(self):
        answer = self.request("GET", BASE + "/4/token", headers={"Authorization": KEY}).json
        self.assertEqual(set(answer), {"tokenType", "expiresOn", "accessToken"})
        self.assertRegex(answer["expiresOn"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        claims = answer["accessToken"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        self.assertEqual((claims["pid"], claims["pnm"], claims["exp"]), (4, "Traditional Template", answer["expiresOn"]))

    def test_a_token_expires_and_may_die_before(self):
        self.set(token_lifetime=100)
        self.assertEqual(self.call("GET", "/issues").status, 200)
        self.simulator.clock.advance(101)
        answer = self.call("GET", "/issues")
        self.assertEqual((answer.status, set(answer.json)), (401, {"code", "statusCode", "message"}))
        self.tokens.clear()
        self.assertEqual(self.call("GET", "/issues").status, 200)
        self.assertEqual(self.control("POST", "/tokens/expire").status, 204)
        self.assertEqual(self.call("GET", "/issues").status, 401)
        self.assertEqual(self.control("GET", "/records/token").json, {"issued": 2, "live": 0})

    def test_credentials_of_the_wrong_kind_are_violations(self):
        for path, credentials in (("/4/issues", KEY), ("/4/issues", basic("sync", "sync-secret")), ("/4/issues", None),
                                  ("/projects", "Bearer " + self.token()), ("/7/issues", "Bearer " + self.token()),
                                  ("/projects", "ApiKey " + base64.b64encode(b"key-sync:key-secret").decode())):
            headers = {"Authorization": credentials} if credentials else {}
            self.assertEqual(self.request("GET", BASE + path, headers=headers).status, 401)
        self.expected_violations = ["bearer token", "bearer token", "Authorization is missing", "with Basic or ApiKey",
                                    "another project", "sent as it is"]

    def test_who_may_not(self):
        for user, project in (("no-soap", 4), ("sync", 13)):
            answer = self.request("GET", f"{BASE}/{project}/token", headers={"Authorization": basic(user, user + "-secret")})
            self.assertEqual((answer.status, answer.json["code"]), (403, "Forbidden"))
        credentials = basic("issues-only", "issues-only-secret")
        self.assertEqual(self.call("GET", "/issues", credentials=credentials).status, 200)
        answer = self.call("GET", "/requirements", credentials=credentials)
        self.assertEqual((answer.status, answer.error[0]),
                         (403, 'Items of type "requirements" are not allowed in this request due to security settings.'))

    def test_the_target_must_be_percent_encoded(self):
        for name in ("{62981d8a-2c13-4557-b938-9b513669eb9b}", "a|b", 'a"b'):
            self.assertEqual(self.request("GET", f"{BASE}/{name}/token", headers={"Authorization": KEY}).status, 400)
        self.expected_violations = ["not percent-encoded"] * 3


class Limits(HelixTest):
    def setUp(self):
        super().setUp()
        self.simulator.clock.freeze(True)
        self.token()
        self.simulator.access._windows.clear()

    def test_every_answer_tells_the_limit(self):
        answer = self.call("GET", "/issues/999")
        self.assertEqual(answer.status, 404)
        self.assertEqual((answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Reset"]), ("240", "60"))

    def test_too_many_for_a_project(self):
        self.set(rate_limit=2)
        self.assertEqual(self.call("GET", "/issues").headers["X-RateLimit-Remaining"], "1")
        self.simulator.clock.advance(20)
        name = "Traditional Template"
        target = f"{BASE}/{quoted(name)}/issues"
        bearer = {"Authorization": "Bearer " + self.token()}
        self.assertEqual(self.request("GET", target, headers=bearer).status, 200)
        answer = self.call("GET", "/issues")
        self.assertEqual((answer.status, answer.json["code"]), (429, "Too Many Requests"))
        self.assertEqual((answer.headers["RetryAfter"], answer.headers["Retry-After"]), ("40", None))
        self.assertEqual((answer.headers["X-RateLimit-Remaining"], answer.headers["X-RateLimit-Reset"]), ("0", "40"))
        self.assertEqual(self.call("GET", "/issues", project="7").status, 200)
        self.simulator.clock.advance(40)
        self.assertEqual(self.call("GET", "/issues").status, 200)

    def test_the_other_readings(self):
        self.set(rate_limit=1, retry_after_name="Retry-After", rate_reset="date")
        self.call("GET", "/issues")
        answer = self.call("GET", "/issues")
        self.assertEqual((answer.status, answer.headers["Retry-After"]), (429, "60"))
        self.assertRegex(answer.headers["X-RateLimit-Reset"], r"^\d{4}-\d\d-\d\dT")

    def test_too_many_at_once(self):
        self.simulator.clock.advance(1)
        self.set(burst_limit=3)
        self.assertEqual([self.call("GET", "/issues").status for _ in range(4)], [200, 200, 200, 503])
        self.simulator.clock.advance(1)
        self.assertEqual(self.call("GET", "/ratelimits").status, 200)

    def test_faults(self):
        self.control("POST", "/faults", {"kind": "answer", "path": ".*/issues", "status": 429, "headers": {"RetryAfter": "2"}})
        self.assertEqual(self.call("GET", "/issues").headers["RetryAfter"], "2")
        self.control("POST", "/faults", {"kind": "commit_then_answer", "method": "POST", "path": ".*/issues"})
        answer = self.call("POST", "/issues", {"issues": [{"fields": [field("Summary", string="x")]}]})
        self.assertEqual((answer.status, len(self.found(""))), (500, 1))


class Reading(HelixTest):
    def test_an_item(self):
        identity = self.make(field("Summary", string="Größe"), field("priority", menuItem={"label": "High"}))
        shown = self.read(identity)
        self.assertEqual((shown["id"], shown["number"], shown["tag"]), (3, 11, "IS-11"))
        self.assertEqual(shown["self"], f"{self.simulator.base_url()}/4/issues/3")
        self.assertTrue(shown["httpURL"].startswith("https://") and shown["ttstudioURL"].startswith("ttstudio://"))
        fields = {one["label"]: one for one in shown["fields"]}
        self.assertEqual(fields["Summary"], {"id": 2, "label": "Summary", "type": "string", "string": "Größe"})
        self.assertEqual(fields["Priority"]["menuItem"]["label"], "High")
        self.assertEqual(fields["Status"]["string"], "Open")
        self.assertEqual(fields["Number"]["integer"], 11)
        self.assertEqual(fields["Entered By"]["user"], {"id": 2, "username": "sync", "firstName": "Sync", "lastName": "Service",
                                                        "mi": ""})
        self.assertIsNone(fields["Severity"]["menuItem"])
        self.assertNotIn("events", shown)

    def test_fields_and_expand(self):
        identity = self.make()
        shown = self.read(identity, fields="sUmMaRy,Status", expand="events,links")
        self.assertEqual([one["label"] for one in shown["fields"]], ["Summary", "Status"])
        self.assertEqual((shown["events"]["eventsData"], shown["links"]["linksData"]), ([], []))
        target = f"/issues/{identity}?fields=Summary&fields=Has%20Attachments&expand=folders&expand=foundByRecords"
        shown = self.call("GET", target).json
        self.assertEqual([one["id"] for one in shown["fields"]], [2, 40])
        self.assertEqual((shown["folders"]["foldersData"], shown["foundByRecords"]["foundByRecordsData"]), ([], []))
        answer = self.call("GET", f"/issues/{identity}", fields="Colour")
        self.assertEqual((answer.status, answer.error[0]), (404, "The Colour field does not exist."))

    def test_a_field_with_a_comma_can_be_asked_for_by_post_alone(self):
        self.make()
        self.assertEqual(self.call("GET", "/issues", fields="Impact, Business").status, 404)
        answer = self.call("POST", "/issues/search", {"fields": ["Impact, Business"]})
        self.assertEqual(answer.json["issues"][0]["fields"][0]["label"], "Impact, Business")

    def test_empty_values_come_in_three_ways(self):
        identity = self.make()
        for way, expected in (("null", {"menuItem": None}), ("absent", {}), ("blank", {"menuItem": {"id": 0, "label": ""}})):
            self.set(empty_as=way)
            shown = self.read(identity, fields="Severity")["fields"][0]
            self.assertEqual({key: value for key, value in shown.items() if key not in ("id", "label", "type")}, expected)

    def test_what_was_read_can_be_written_back(self):
        identity = self.make(foundByRecords={"foundByRecordsData": [{"description": {"text": "<p>d</p>", "isFormatted": True}}]},
                             folders={"foldersData": [{"id": 135}]})
        comment = {"name": "Comment", "fields": [field("Notes", string="n")]}
        self.call("POST", f"/issues/{identity}/events", {"eventsData": [comment]})
        for way in ("null", "absent", "blank"):
            self.set(empty_as=way)
            whole = self.read(identity, expand="foundByRecords,attachments,events,links,folders")
            self.assertEqual(self.call("PUT", f"/issues/{identity}", whole).status, 204)
            after = self.read(identity, expand="foundByRecords,attachments,events,links,folders")
            self.assertEqual(after["foundByRecords"], whole["foundByRecords"])
            self.assertEqual((after["events"], after["folders"]), (whole["events"], whole["folders"]))

    def test_other_types_of_items(self):
        for kind, prefix in (("requirements", "FR"), ("documents", "RD"), ("testCases", "TC")):
            identity = self.make(kind=kind)
            shown = self.read(identity, kind, expand="attachments,events,links,folders")
            self.assertTrue(shown["tag"].startswith(prefix + "-"), shown["tag"])
            self.assertNotEqual(shown["id"], shown["number"])
        self.assertEqual(self.call("GET", f"/testcases/{identity}").json["tag"], shown["tag"])
        self.assertEqual(self.call("GET", "/Issues").status, 404)
        self.expected_violations = ["no such resource: Issues"]

    def test_an_id_is_no_number_and_no_tag(self):
        identity = self.make()
        self.assertEqual(self.call("GET", f"/issues/{self.read(identity)['number']}").status, 404)
        self.assertEqual(self.call("GET", "/issues/IS-11").status, 400)
        self.expected_violations = ["'IS-11' is no record's id"]

    def test_plain_text(self):
        text = {"text": "<p>a &amp; b</p><p>c</p>", "isFormatted": True}
        identity = self.make(field("Release Note", formattedString=text))
        self.assertEqual(self.value(identity, "Release Note"), {**text, "inlineImages": []})
        shown = self.read(identity, fields="Release Note", formattedText="false")["fields"][0]["formattedString"]
        self.assertEqual(shown, {"text": "a & b\nc", "isFormatted": False, "inlineImages": []})

    def test_pages(self):
        made = [self.make() for _ in range(5)]
        answer = self.call("POST", "/issues/search", {"page": 2, "per_page": 2, "fields": ["Summary"]}).json
        self.assertEqual([one["id"] for one in answer["issues"]], made[2:4])
        self.assertEqual(answer["paging"], {"page": 2, "pageLimit": 2, "totalPages": 3, "totalCount": 5})
        answer = self.call("GET", "/issues", page=3, per_page=2).json
        self.assertEqual([one["id"] for one in answer["issues"]], made[4:])
        self.assertEqual([one["ref"] for one in answer["paging"]["links"]], ["previous"])
        self.set(totals=False)
        paging = self.call("POST", "/issues/search", {}).json["paging"]
        self.assertEqual((paging["pageLimit"], paging["totalPages"], paging["totalCount"]), (300, None, None))
        self.assertEqual(self.call("GET", "/issues", per_page=1001).status, 400)
        self.expected_violations = ["at most 1000"]


class Searching(HelixTest):
    def setUp(self):
        super().setUp()
        self.one = self.make(field("Summary", string="Login fails"), field("Sync Key", string="A-17"),
                             field("Effort", decimal=2.5),
                             field("Priority", menuItem={"label": "High"}), field("Reviewer", user={"username": "anna"}))
        self.two = self.make(field("Summary", string="it's \"quoted\""), field("Sync Key", string="it's"),
                             field("Blocked", boolean=True),
                             field("Affected Platforms", menuItemArray=[{"label": "Windows"}, {"label": "Linux"}]),
                             folders={"foldersData": [{"path": "/Public/Release 7.5"}]})

    def test_labels_and_values(self):
        for search, found in (
            ("\"Sync Key\" = 'A-17'", [self.one]), ("'Sync Key' = 'A-17'", [self.one]), ('"sync key" = "A-17"', [self.one]),
            ("\"Sync Key\" = 'a-17'", []),
            ("\"Sync Key\" = \"it's\"", [self.two]), ("Priority=High", [self.one]), ("Priority EQUALS \"High\"", [self.one]),
            ("Priority NOT EQUALS 'High'", [self.two]), ("Priority != 'High'", [self.two]),
            ("NOT (Priority = 'High')", [self.two]),
            ("Summary CONTAINS 'fails'", [self.one]), ("Summary ~ 'Fails'", []), ("Effort > 2", [self.one]), ("Effort < 2", []),
            ("Effort GREATER_EQUAL 2.5 and priority = 'High'", [self.one]),
            ("Effort = 2.5 or Blocked = 'true'", [self.one, self.two]),
            ("\"Sync Key\" IN ('A-17', 'B')", [self.one]), ("\"Affected Platforms\" = 'Linux'", [self.two]),
            ("Reviewer = 'anna'", [self.one]), ("Reviewer = 'Alm, Anna'", [self.one]),
            ("\"Customer's View\" = ''", [self.one, self.two]),
            ("Number = 11", [self.one]), ("Tag = 'IS-12'", [self.two]), ("Status = 'Open'", [self.one, self.two]),
            ("Folder : 'Release 7.5'", [self.two]), ("Folder :? '/Public'", [self.two]), ("Folder : '/Public'", []),
        ):
            self.assertEqual(self.found(search), found, search)
        answer = self.call("GET", "/issues", search="\"Sync Key\" = 'A-17'", fields="Summary")
        self.assertEqual([one["id"] for one in answer.json["issues"]], [self.one])

    def test_what_does_not_parse(self):
        for search, at in (("Sync Key = 'A'", "Sync"), ("\"Sync Key\" = 'it's'", "'"), ("Summary", "Summary"),
                           ("(Summary = 'a'", ""), ("Summary = 'a' 'b'", "b"), ("Summary = 'a", "'a")):
            self.assertEqual(self.refused(search), (400, f"Incorrect syntax starting at '{at}'"), search)
        self.assertEqual(self.refused("Colour = 'red'"), (404, "The Colour field does not exist."))
        self.assertEqual(self.refused("Summary > 'a'")[0], 400)
        self.assertEqual(self.refused("Effort = 'much'")[0], 400)

    def test_documents_have_no_tag(self):
        self.make(kind="documents")
        self.assertEqual(self.refused("Tag = 'RD-101'", "documents")[0], 404)
        self.assertEqual(self.found("Number = 101", "documents"), [5])

    def test_days_are_the_servers(self):
        self.simulator.clock.set(1_800_000_000)  # 2027-01-15 08:00:00 UTC
        self.tokens.clear()
        identity = self.make(field("Checked At", dateTime="2026-11-24T23:30:00Z"), field("Due", date="2026-11-24"))
        self.assertEqual(self.found("\"Checked At\" = '2026-11-24'"), [identity])
        self.assertEqual(self.found("\"Date Modified\" >= '2027-01-15'"), [identity])
        self.set(zone_minutes=60)
        self.assertEqual(self.found("\"Checked At\" = '2026-11-24'"), [])
        self.assertEqual(self.found("\"Checked At\" > '2026-11-24'"), [identity])
        self.assertEqual(self.found("Due <= '2026-11-24'"), [identity])
        later = "\"Checked At\" >= '2026-11-24T23:30:00Z'"
        self.assertEqual(self.refused(later)[0], 400)
        self.set(date_literals="datetime")
        self.assertEqual(self.found(later), [identity])

    def test_filters(self):
        self.simulator.seed("filter", {"project": 4, "itemType": "issues", "name": "High ones", "search": "Priority = 'High'"})
        self.assertEqual(self.found("", filterID="High ones"), [self.one])
        self.assertEqual(self.found("Blocked = 'true'", filterID=1), [])
        self.assertEqual(self.call("GET", "/issues", filterID="none").status, 404)

    def test_searches_may_lag(self):
        self.simulator.clock.freeze(True)
        self.simulator.clock.advance(10)
        self.set(index_lag=5)
        identity = self.make(field("Sync Key", string="new"))
        self.assertEqual(self.found("\"Sync Key\" = 'new'"), [])
        self.assertEqual(self.value(identity, "Sync Key"), "new")
        self.simulator.clock.advance(5)
        self.assertEqual(self.found("\"Sync Key\" = 'new'"), [identity])

    def test_a_value_with_both_quotes_has_no_form(self):
        with self.assertRaises(queries.Invalid):
            queries.Parser("Summary = 'it''s \"quoted\"'")


class Writing(HelixTest):
    def test_values_of_every_type(self):
        given = [field("Sync Key", string="k"), field("Release Note", formattedString={"text": "plain", "isFormatted": False}),
                 field("Effort", decimal=1), field("Story Points", integer=5), field("Due", date="2026-12-24"),
                 field("Checked At", dateTime="2026-11-24T10:00:00.750+02:00"), field("Blocked", boolean=True),
                 field("Affected Platforms", menuItemArray=[{"label": "Linux"}]),
                 field("Impact, Business", menuItem={"label": "Much"}),
                 field("Reviewer", user={"firstName": "Anna", "lastName": "Alm"}),
                 field("Reviewers", userArray=[{"username": "anna"}, {"id": 4}]),
                 field("Fixed In", editableVersion="1.0"), field("Customer's View", type="string", string="fine")]
        identity = self.make(*given)
        shown = {one["label"]: one[one["type"]] for one in self.read(identity)["fields"]}
        self.assertEqual(shown["Checked At"], "2026-11-24T08:00:00Z")
        self.assertEqual([one["label"] for one in shown["Affected Platforms"]], ["Linux"])
        self.assertEqual((shown["Impact, Business"]["label"], shown["Reviewer"]["username"]), ("Much", "anna"))
        self.assertEqual([one["username"] for one in shown["Reviewers"]], ["anna", "bert"])
        self.assertEqual((shown["Effort"], shown["Story Points"], shown["Blocked"]), (1.0, 5, True))
        cleared = [{"id": one["id"], one["type"]: None} for one in self.read(identity)["fields"] if one["id"] >= 300]
        self.assertEqual(self.put(identity, fields=cleared).status, 204)
        left = {one["label"]: one[one["type"]] for one in self.read(identity)["fields"] if one["id"] >= 300}
        self.assertEqual(set(left.values()), {None})

    def test_null_may_leave_a_value(self):
        identity = self.make(field("Sync Key", string="k"))
        self.set(null_clears=False)
        self.put(identity, fields=[field("Sync Key", string=None)])
        self.assertEqual(self.value(identity, "Sync Key"), "k")
        self.put(identity, fields=[field("Sync Key", string="")])
        self.assertIsNone(self.value(identity, "Sync Key"))

    def test_ids_of_custom_fields_and_menus_differ_by_project(self):
        def first(project, what):
            return self.call("GET", f"/configs/{what}", project=project).json

        here, there = (first(project, "fields/issues/customFields")["fieldsData"][0] for project in ("4", "7"))
        self.assertEqual((here["longName"], here["id"], there["longName"], there["id"]), ("Sync Key", 300, "Sync Key", 360))
        self.assertNotEqual(first("4", "menus")["menusData"][0]["id"], first("7", "menus")["menusData"][0]["id"])

    def test_what_is_refused_and_where(self):
        for given, status, message, path in (
            (field("Colour", string="red"), 404, "The Colour field does not exist.", "/issues/0/fields/1/label"),
            ({"id": 299, "string": "red"}, 404, "The field with id 299 does not exist.", "/issues/0/fields/1/id"),
            (field("Priority", menuItem={"label": "Huge"}), 400, 'The menu item "Huge" does not exist.',
             "/issues/0/fields/1/menuItem/label"),
            (field("Reviewer", user={"username": "zoe"}), 400, "The user does not exist.", "/issues/0/fields/1/user/username"),
            (field("Reviewers", userArray=[{"id": 2}, {"id": 99}]), 400, "The user does not exist.",
             "/issues/0/fields/1/userArray/1/id"),
            (field("Due", date="24.12.2026"), 400, '"24.12.2026" is not a valid date.', "/issues/0/fields/1/date"),
            (field("Checked At", dateTime="2026-12-24T10:00:00"), 400, '"2026-12-24T10:00:00" is not a valid date/time.',
             "/issues/0/fields/1/dateTime"),
            (field("Sync Key", string="x" * 256), 400, "The Sync Key field is limited to 255 characters.",
             "/issues/0/fields/1/string"),
        ):
            answer = self.call("POST", "/issues", {"issues": [{"fields": [field("Summary", string="s"), given]}]})
            self.assertEqual((answer.status, *answer.error), (status, message, path))
        self.assertEqual(self.found(""), [])

    def test_required_fields(self):
        answer = self.call("POST", "/issues", {"issues": [{"fields": []}]})
        self.assertEqual((answer.status, *answer.error), (400, "The Summary field is required.", "/issues/0/fields"))
        answer = self.put(self.make(), fields=[field("Summary", string="")])
        self.assertEqual((answer.status, *answer.error), (400, "The Summary field is required.", "/fields"))
        answer = self.call("POST", "/requirements", {"requirements": [{"fields": [field("Summary", string="s")]}]})
        self.assertEqual((answer.status, *answer.error), (400, "The requirement type is required.",
                                                          "/requirements/0/requirementType"))
        self.simulator.seed("field", {"project": 4, "itemType": "issues", "label": "Severity", "required": True})
        answer = self.call("POST", "/issues", {"issues": [{"fields": [field("Summary", string="s")]}]})
        self.assertEqual(answer.error[0], "The Severity field is required.")

    def test_a_requirement(self):
        body = {"requirements": [{"requirementType": {"id": 8}, "fields": [{"id": 2, "string": "s"},
                                 {"id": 7, "formattedString": {"text": "<b>d</b>", "isFormatted": True}}]}]}
        answer = self.call("POST", "/requirements", body).json["requirements"][0]
        self.assertEqual((answer["tag"], answer["requirementType"]), ("BR-11", {"id": 8, "label": "Business Requirement"}))
        self.assertEqual(self.value(answer["id"], "Description", "requirements")["text"], "<b>d</b>")

    def test_bulk_and_single_updates(self):
        one, two = self.make(), self.make()
        answer = self.put(one, fields=[field("SUMMARY", string="new")])
        self.assertEqual((answer.status, answer.bytes, self.value(one, "Summary")), (204, b"", "new"))
        body = {"issues": [{"id": one, "fields": [field("Summary", string="newer")]},
                           {"id": two, "fields": [field("Sync Key", string="k")]}]}
        answer = self.call("PUT", "/issues", body)
        self.assertEqual((answer.status, [item["id"] for item in answer.json["issues"]]), (200, [one, two]))
        self.assertEqual(set(answer.json["issues"][0]), {"id", "number", "tag", "self", "ttstudioURL", "httpURL"})
        self.assertEqual((self.value(one, "Summary"), self.value(two, "Summary")), ("newer", "one"))
        self.set(single_put=200)
        self.assertEqual(self.put(one, fields=[]).json["issues"][0]["id"], one)
        self.assertEqual(self.put(99, fields=[]).status, 404)

    def test_partial_success(self):
        body = {"issues": [{"fields": [field("Summary", string="good")]},
                           {"fields": [field("Summary", string="bad"), field("No", string="")]}]}
        answer = self.call("POST", "/issues", body)
        self.assertEqual((answer.status, len(answer.json["issues"])), (206, 1))
        self.assertEqual(answer.json["errors"], [{"code": "Not Found", "statusCode": 404,
                                                  "message": "The No field does not exist.",
                                                  "errorElementPath": "/issues/1/fields/1/label"}])
        self.assertEqual(len(self.found("")), 1)
        answer = self.call("PUT", "/issues", {"issues": [{"id": 98, "fields": []}, {"id": 99, "fields": []}]})
        self.assertEqual((answer.status, len(answer.json["errors"])), (404, 2))

    def test_a_wrong_field_may_cost_itself_alone(self):
        self.set(partial_fields=True)
        body = {"issues": [{"fields": [field("Summary", string="s"), field("Sync Key", string="k"), field("No", string="")]}]}
        answer = self.call("POST", "/issues", body)
        self.assertEqual((answer.status, answer.json["errors"][0]["errorElementPath"]), (206, "/issues/0/fields/2/label"))
        self.assertEqual(self.found("\"Sync Key\" = 'k'"), [answer.json["issues"][0]["id"]])

    def test_folders_are_replaced_one_by_one(self):
        body = {"issues": [{"fields": [field("Summary", string="s")],
                            "folders": {"foldersData": [{"id": 135}, {"id": 999}, {"path": "/Private"}]}}]}
        answer = self.call("POST", "/issues", body)
        self.assertEqual((answer.status, answer.json["errors"][0]["errorElementPath"]), (206, "/issues/0/folders/foldersData/1"))
        identity = answer.json["issues"][0]["id"]
        self.assertEqual([one["path"] for one in self.call("GET", f"/issues/{identity}/folders").json["foldersData"]],
                         ["/Public", "/Private"])
        answer = self.put(identity, folders={"foldersData": [{"path": "/Nowhere"}]})
        self.assertEqual((answer.status, self.read(identity, expand="folders")["folders"]["foldersData"]), (206, []))
        self.assertEqual(answer.json["errors"][0]["errorElementPath"], "/folders/foldersData/0")

    def test_locks(self):
        identity = self.make()
        self.simulator.seed("lock", {"project": 4, "itemType": "issues", "id": identity, "as": "anna"})
        self.assertEqual(self.put(identity, fields=[]).status, 409)
        self.assertEqual(self.call("POST", f"/issues/{identity}/events", {"eventsData": [{"name": "Comment"}]}).status, 409)
        self.assertEqual(self.call("GET", f"/issues/{identity}").status, 200)
        self.simulator.seed("unlock", {"project": 4, "itemType": "issues", "id": identity})
        self.set(locked_projects=[4])
        answer = self.put(identity, fields=[])
        self.assertEqual((answer.status, answer.json["code"]), (409, "Conflict"))
        self.assertEqual(self.found(""), [identity])

    def test_times_are_whole_seconds_in_utc(self):
        self.simulator.clock.set(1_800_000_000.9)
        self.simulator.clock.freeze(True)
        identity = self.make()
        self.assertEqual(self.value(identity, "Date Created"), "2027-01-15T08:00:00Z")
        self.simulator.clock.advance(60)
        self.put(identity, fields=[field("Sync Key", string="k")])
        self.assertEqual((self.value(identity, "Date Created"), self.value(identity, "Date Modified")),
                         ("2027-01-15T08:00:00Z", "2027-01-15T08:01:00Z"))

    def test_an_embedded_image_becomes_a_file(self):
        picture = b"\x89PNG picture"
        text = f'<p>see <img src="data:image/png;base64,{base64.b64encode(picture).decode()}"/></p>'
        identity = self.make(field("Release Note", formattedString={"text": text, "isFormatted": True}))
        stored = self.value(identity, "Release Note")
        self.assertNotIn("base64", stored["text"])
        image = stored["inlineImages"][0]
        self.assertIn(image["source"], stored["text"])
        self.assertEqual(self.call("GET", "/files/" + quoted(image["encodedFileID"])).bytes, picture)
        self.put(identity, fields=[field("Release Note", formattedString=stored)])
        self.assertEqual(self.value(identity, "Release Note"), stored)
        self.assertEqual(self.read(identity, expand="attachments")["attachments"]["attachmentsData"], [])


    def test_a_formatted_text_may_come_back_rewritten(self):
        self.set(html_reformatted=True)
        identity = self.make(field("Release Note", formattedString={"text": "<strong>a</strong><br>b", "isFormatted": True}))
        text = "<html><body><b>a</b><br />b</body></html>"
        self.assertEqual(self.value(identity, "Release Note")["text"], text)
        self.put(identity, fields=[field("Release Note", formattedString={"text": text, "isFormatted": True})])
        self.assertEqual(self.value(identity, "Release Note")["text"], text)


class FoundBy(HelixTest):
    def records(self, identity):
        return self.call("GET", f"/issues/{identity}/foundByRecords").json["foundByRecordsData"]

    def test_mirrors_follow_the_first_record(self):
        record = {"dateFound": "2026-11-20", "versionFound": "1.0", "description": {"text": "<p>d</p>", "isFormatted": True},
                  "reproduced": {"label": "Always"}, "foundBy": {"username": "anna"}}
        identity = self.make(foundByRecords={"foundByRecordsData": [record, {"description": {"text": "other"}}]})
        self.assertEqual((self.value(identity, "Description")["text"], self.value(identity, "Version Found")),
                         ("<p>d</p>", "1.0"))
        self.assertEqual((self.value(identity, "Reproducible")["label"], self.value(identity, "Found By")["username"]),
                         ("Always", "anna"))
        shown = self.records(identity)
        self.assertEqual((len(shown), shown[0]["dateFound"], shown[1]["description"]["text"]), (2, "2026-11-20", "other"))
        self.assertEqual(self.found("Description CONTAINS 'd'"), [identity])

    def test_writing_a_mirror_does_nothing(self):
        identity = self.make(foundByRecords={"foundByRecordsData": [{"description": {"text": "d"}}]})
        answer = self.put(identity, fields=[field("Description", formattedString={"text": "new", "isFormatted": False})])
        self.assertEqual((answer.status, self.value(identity, "Description")["text"]), (204, "d"))
        self.put(identity, fields=[field("Status", string="Closed")])
        self.assertEqual(self.value(identity, "Status"), "Open")
        self.expected_violations = ["'Description' can't be written", "'Status' can't be written"]
        self.set(ignored_writes="silent")
        self.put(identity, fields=[field("Status", string="Closed")])

    def test_a_put_replaces_all_records_and_their_attachments(self):
        identity = self.make(foundByRecords={"foundByRecordsData": [{"versionFound": "1"}, {"versionFound": "2"}]})
        first, second = (one["id"] for one in self.records(identity))
        body, headers = upload("a.txt", b"content")
        self.assertEqual(self.call("POST", f"/issues/{identity}/foundByRecords/{first}/attachments", body,
                                   headers=headers).status, 201)
        self.assertTrue(self.value(identity, "Has Attachments"))
        kept = {"foundByRecordsData": [{"id": second}, {"versionFound": "3"}]}
        self.assertEqual(self.put(identity, foundByRecords=kept).status, 204)
        self.assertEqual([one["versionFound"] for one in self.records(identity)], ["2", "3"])
        self.assertEqual(self.call("GET", f"/issues/{identity}/attachments").json["attachmentsData"], [])
        self.assertEqual(self.put(identity, foundByRecords=kept).status, 204)
        self.assertEqual([one["versionFound"] for one in self.records(identity)], ["2", "3"])
        self.assertNotEqual(self.records(identity)[1]["id"], second + 1)
        answer = self.put(identity, foundByRecords={"foundByRecordsData": [{"id": first}]})
        self.assertEqual((answer.status, answer.error[1]), (404, "/foundByRecords/foundByRecordsData/0/id"))

    def test_a_write_sent_again_adds_again(self):
        identity = self.make()
        self.control("POST", "/faults", {"kind": "commit_then_answer", "method": "PUT", "status": 503})
        added = {"foundByRecordsData": [*self.records(identity), {"versionFound": "1"}]}
        self.assertEqual(self.put(identity, foundByRecords=added).status, 503)
        self.assertEqual(len(self.records(identity)), 1)
        first = self.records(identity)[0]["id"]
        again = {"foundByRecordsData": [{"id": first}, *added["foundByRecordsData"]]}
        self.assertEqual(self.put(identity, foundByRecords=again).status, 204)
        self.assertEqual([one["versionFound"] for one in self.records(identity)], ["1", "1"])

    def test_a_new_issue_may_have_one_of_itself(self):
        self.assertEqual(self.records(self.make()), [])
        self.set(default_found_by=True)
        self.assertEqual(self.records(self.make())[0]["foundBy"]["username"], "sync")


class Workflow(HelixTest):
    def add(self, identity, name, *fields, kind="issues"):
        return self.call("POST", f"/{kind}/{identity}/events", {"eventsData": [{"name": name, "fields": list(fields)}]})

    def test_a_status_moves_by_events_alone(self):
        identity = self.make()
        answer = self.add(identity, "Fix", field("Resolution", menuItem={"label": "Code Change"}),
                          field("Notes", type="string", string="done"))
        self.assertEqual((answer.status, self.value(identity, "Status")), (201, "Fixed"))
        event = answer.json["eventsData"][0]
        shown = self.call("GET", f"/issues/{identity}/events/{event['id']}").json
        self.assertEqual((shown["name"], shown["self"]), ("Fix", event["self"]))
        values = {one["label"]: one[one["type"]] for one in shown["fields"]}
        self.assertEqual((values["Notes"], values["Resolution"]["label"], values["Entered By"]["username"]),
                         ("done", "Code Change", "sync"))
        for name, status in (("Verify", "Closed"), ("Re-Open", "Open")):
            self.assertEqual(self.add(identity, name).status, 201)
            self.assertEqual(self.value(identity, "Status"), status)
        self.assertEqual([one["name"] for one in self.read(identity, expand="events")["events"]["eventsData"]],
                         ["Fix", "Verify", "Re-Open"])

    def test_refused_events(self):
        identity = self.make()
        for name, fields, status, message, path in (
            ("Explode", [], 404, 'The "Explode" event does not exist.', "/eventsData/0/name"),
            ("Verify", [], 400, 'The "Verify" event cannot be added to an item with the status Open.', "/eventsData/0/name"),
            ("Fix", [], 400, "The Resolution field is required.", "/eventsData/0/fields"),
            ("Comment", [field("Mood", string="x")], 404, "The Mood field does not exist.", "/eventsData/0/fields/0/label"),
        ):
            answer = self.add(identity, name, *fields)
            self.assertEqual((answer.status, *answer.error), (status, message, path))
        self.assertEqual(self.value(identity, "Status"), "Open")

    def test_comments(self):
        identity = self.make()
        notes = field("Notes", type="string", string="hello\nyou")
        date = field("Date", type="dateTime", dateTime="2019-01-04T12:46:37Z")
        self.assertEqual(self.add(identity, "Comment", notes, date).status, 201)
        shown = self.call("GET", f"/issues/{identity}/events").json["eventsData"][0]
        self.assertEqual({one["label"]: one[one["type"]] for one in shown["fields"]}["Date"], "2019-01-04T12:46:37Z")
        padded = field("Notes", type="string", string="n", menuItem=None, integer=None)
        self.assertEqual(self.add(identity, "Comment", padded).status, 201)
        self.assertEqual(self.value(identity, "Status"), "Open")

    def test_some_of_several(self):
        identity = self.make()
        answer = self.call("POST", f"/issues/{identity}/events", {"eventsData": [{"name": "Comment"}, {"name": "Verify"}]})
        self.assertEqual((answer.status, len(answer.json["eventsData"]), answer.json["errors"][0]["errorElementPath"]),
                         (206, 1, "/eventsData/1/name"))

    def test_events_at_creation_and_in_a_put(self):
        identity = self.make(events={"eventsData": [{"name": "Force Close", "fields": [field("Notes", string="n")]}]})
        self.assertEqual(self.value(identity, "Status"), "Closed")
        self.assertEqual(self.put(identity, events={"eventsData": [{"name": "Re-Open"}]}).status, 204)
        self.assertEqual(self.value(identity, "Status"), "Closed")
        self.expected_violations = ["`events` are passed over by a PUT"]

    def test_assignment(self):
        identity = self.make()
        self.assertEqual(self.add(identity, "Assign", field("Assigned To", userArray=[{"username": "anna"}])).status, 201)
        self.assertEqual([one["username"] for one in self.value(identity, "Currently Assigned To")], ["anna"])

    def test_other_types_have_workflows_too(self):
        requirement = self.make(kind="requirements")
        for name, status in (("Ready for Review", "In Review"), ("Approve", "Approved")):
            self.assertEqual(self.add(requirement, name, kind="requirements").status, 201)
            self.assertEqual(self.value(requirement, "Status", "requirements"), status)
        case = self.make(kind="testCases")
        body = {"testCaseIDs": [case], "testRunSet": {"label": "Alpha 1 Tests"}, "eventsData": [{"name": "Pass", "fields": []}]}
        run = self.call("POST", "/testruns/generate", body)
        self.assertEqual((run.status, run.json["testRuns"][0]["tag"]), (201, "TR-60"))
        self.assertEqual(self.value(run.json["testRuns"][0]["id"], "Status", "testRuns"), "Passed")


class Links(HelixTest):
    def peers(self, *items):
        return {"linksData": [{"linkDefinition": {"name": "Related Items"}, "type": "peers",
                               "peers": [{"itemID": identity, "itemType": kind} for kind, identity in items]}]}

    def test_peers(self):
        one, two = self.make(), self.make(kind="requirements")
        answer = self.call("POST", f"/issues/{one}/links", self.peers(("issues", one), ("requirements", two)))
        self.assertEqual((answer.status, answer.json["linksData"][0]["linkDefinition"]),
                         (201, {"id": 1, "name": "Related Items"}))
        shown = self.call("GET", f"/requirements/{two}/links").json["linksData"][0]
        self.assertEqual([peer["itemID"] for peer in shown["peers"]], [one, two])

    def test_a_link_without_the_item_itself_is_none(self):
        one, two = self.make(), self.make()
        answer = self.call("POST", f"/issues/{one}/links", self.peers(("issues", two)))
        self.assertEqual((answer.status, answer.json), (201, {"linksData": []}))
        self.expected_violations = ["the item itself does not appear"]

    def test_parent_and_children_and_errors(self):
        one, two = self.make(), self.make(kind="requirements")
        link = {"linkDefinition": {"id": 2}, "parentChildren": {"parent": {"itemID": two, "itemType": "requirements"},
                                                               "children": [{"itemID": one, "itemType": "issues"}]}}
        self.assertEqual(self.call("POST", f"/issues/{one}/links", {"linksData": [link]}).status, 201)
        answer = self.call("POST", f"/issues/{one}/links", {"linksData": [{**link, "linkDefinition": {"name": "No"}}]})
        self.assertEqual((answer.status, answer.error[1]), (404, "/linksData/0/linkDefinition"))
        answer = self.call("POST", f"/issues/{one}/links", self.peers(("issues", one), ("issues", 99)))
        self.assertEqual((answer.status, answer.error[1]), (404, "/linksData/0/peers/1"))
        self.assertEqual(self.call("PUT", f"/issues/{one}/links", {"linksData": []}).status, 204)
        self.assertEqual(self.call("GET", f"/requirements/{two}/links").json["linksData"], [])

    def test_links_and_attachments_at_creation_are_passed_over(self):
        one = self.make()
        two = self.make(links=self.peers(("issues", one)), attachments={"attachmentsData": [{"id": 1}]})
        self.assertEqual(self.call("GET", f"/issues/{two}/links").json["linksData"], [])
        self.expected_violations = ["`links` are passed over", "`attachments` are passed over"]


class Attaching(HelixTest):
    def attach(self, path, name="a.txt", content=b"content", **more):
        body, headers = upload(name, content, **more)
        return self.call("POST", path + "/attachments", body, headers=headers)

    def test_up_and_down(self):
        identity = self.make(kind="requirements")
        content = bytes(range(256)) * 20_000
        answer = self.attach(f"/requirements/{identity}", 'a "b".bin', content,
                             disposition=r'form-data; name="fileUpload"; filename="a \"b\".bin"')
        self.assertEqual(answer.status, 201, answer.bytes)
        stub = answer.json["attachmentsData"][0]
        self.assertEqual(stub["filename"], 'a "b".bin')
        shown = self.call("GET", f"/requirements/{identity}/attachments").json["attachmentsData"][0]
        self.assertEqual((shown["id"], shown["size"], shown["encodedFileID"]), (stub["id"], len(content), stub["encodedFileID"]))
        self.assertRegex(shown["created"], "Z$")
        self.assertTrue({"+", "/"} <= set(stub["encodedFileID"]))
        answer = self.call("GET", "/files/" + quoted(stub["encodedFileID"]))
        self.assertEqual((answer.status, answer.bytes == content), (200, True))
        self.assertEqual(answer.headers["Content-Disposition"], r'attachment; filename="a \"b\".bin"')
        self.assertEqual(self.simulator.inspect("4.requirements", str(identity))["attachments"]["attachmentsData"][0]["sha256"],
                         hashlib.sha256(content).hexdigest())
        self.assertEqual(self.call("GET", "/files/nothing").status, 404)
        self.assertEqual(self.call("GET", f"/requirements/{identity}/attachments/{stub['id']}").json, shown)

    def test_names_beyond_ascii(self):
        identity = self.make(kind="testCases")
        name = "Größe €.txt"
        disposition = f"form-data; name=\"fileUpload\"; filename*=UTF-8''{quoted(name)}"
        answer = self.attach(f"/testCases/{identity}", disposition=disposition)
        self.assertEqual(answer.json["attachmentsData"][0]["filename"], name)
        answer = self.call("GET", "/files/" + quoted(answer.json["attachmentsData"][0]["encodedFileID"]))
        self.assertIn(quoted(name), answer.headers["Content-Disposition"])
        answer = self.attach(f"/testCases/{identity}", name="Größe.txt")
        self.assertEqual(answer.json["attachmentsData"][0]["filename"], "Größe.txt".encode().decode("latin-1"))
        self.expected_violations = ["beyond ASCII"]

    def test_an_issue_has_them_on_records_and_events(self):
        identity = self.make(foundByRecords={"foundByRecordsData": [{}]})
        record = self.call("GET", f"/issues/{identity}/foundByRecords").json["foundByRecordsData"][0]["id"]
        event = self.call("POST", f"/issues/{identity}/events", {"eventsData": [{"name": "Comment"}]}).json["eventsData"][0]["id"]
        self.assertEqual(self.attach(f"/issues/{identity}/foundByRecords/{record}", "r.txt").status, 201)
        self.assertEqual(self.attach(f"/issues/{identity}/events/{event}", "e.txt").status, 201)
        names = [one["filename"] for one in self.call("GET", f"/issues/{identity}/attachments").json["attachmentsData"]]
        self.assertEqual(names, ["r.txt", "e.txt"])
        for path in (f"/issues/{identity}/foundByRecords/{record}", f"/issues/{identity}/events/{event}"):
            self.assertEqual(len(self.call("GET", path + "/attachments").json["attachmentsData"]), 1)
        self.assertEqual(self.attach(f"/issues/{identity}").status, 405)
        self.assertEqual(self.call("DELETE", f"/issues/{identity}/attachments/1").status, 405)
        self.expected_violations = ["found-by records and events alone", "DELETE is not documented"]

    def test_uploads_that_depart(self):
        identity = self.make(kind="documents")
        self.assertEqual(self.attach(f"/documents/{identity}", part="file").status, 400)
        self.assertEqual(self.attach(f"/documents/{identity}", disposition='form-data; name="fileUpload"').status, 400)
        answer = self.call("POST", f"/documents/{identity}/attachments", b"raw",
                           headers={"Content-Type": "application/octet-stream"})
        self.assertEqual(answer.status, 415)
        self.set(attachment_limit=3)
        self.assertEqual(self.attach(f"/documents/{identity}").status, 413)
        self.expected_violations = ["named fileUpload", "without a file name", "content type"]


class Configuration(HelixTest):
    def test_menus(self):
        menus = self.call("GET", "/configs/menus").json["menusData"]
        product = next(one for one in menus if one["name"] == "Issue Product")
        items = self.call("GET", f"/configs/menus/{product['id']}/items").json["itemsData"]
        self.assertEqual([one["label"] for one in items], ["WysiCorp", "WysiCRM", "Activity Professional Suite (APS)"])
        fields = self.call("GET", f"/configs/menus/{product['id']}/fields").json["fieldsData"]
        self.assertEqual(fields, [{"id": 3, "itemType": "issues", "longName": "Product"}])
        whole = self.call("GET", f"/configs/menus/{product['id']}", expand="items,fields").json
        self.assertEqual((whole["items"]["itemsData"], whole["fields"]["fieldsData"]), (items, fields))
        identity = self.make(field("Product", menuItem={"id": items[1]["id"]}))
        self.assertEqual(self.value(identity, "Product")["label"], "WysiCRM")

    def test_fields(self):
        system = self.call("GET", "/configs/fields/issues/systemFields").json["fieldsData"]
        known = {one["longName"]: one for one in system}
        self.assertEqual((known["Summary"]["required"], known["Description"]["readOnly"], known["Status"]["readOnly"]),
                         (True, True, True))
        mirrors = {"Description": 54, "Date Found": 8, "Version Found": 12, "Steps to Reproduce": 58, "Reproducible": 11,
                   "Test Config": 13, "Other Hardware and Software": 64, "Found By": 9}
        self.assertEqual({name: known[name]["id"] for name in mirrors}, mirrors)
        for kind in ITEM_TYPES:
            custom = self.call("GET", f"/configs/fields/{kind}/customFields").json["fieldsData"]
            self.assertEqual(custom[0]["id"], 300)
        types = self.call("GET", "/configs/requirementTypes").json["requirementTypesData"]
        self.assertEqual(types[0], {"id": 4, "label": "User Story", "tagPrefix": "US"})
        self.assertIn({"id": 135, "path": "/Public"}, self.call("GET", "/folders").json["foldersData"])

    def test_steps(self):
        identity = self.make(kind="testCases")
        steps = {"type": "detailed", "detailed": [{"type": "step", "step": {"text": "do"}}]}
        self.assertEqual(self.call("PUT", f"/testCases/{identity}/steps", {"stepsData": steps}).status, 204)
        self.assertEqual(self.read(identity, "testCases", expand="steps")["steps"]["stepsData"], steps)


class Strictness(HelixTest):
    def test_shapes(self):
        identity = self.make()
        summary = [field("Summary", string="s")]
        for method, path, body, reason in (
            ("POST", "/issues", {"issues": [{"fields": summary, "colour": "red"}]}, "unknown member 'colour'"),
            ("POST", "/issues", {"issue": [{"fields": summary}]}, "unknown member 'issue'"),
            ("POST", "/issues", {"issues": {"fields": summary}}, "is no list"),
            ("POST", "/issues", {"issues": [{"fields": summary, "id": 7}]}, "unknown member 'id'"),
            ("POST", "/issues", {"issues": [{"fields": summary, "requirementType": {"id": 7}}]},
             "unknown member 'requirementType'"),
            ("POST", "/issues", {"issues": [{"fields": {"Summary": "s"}}]}, "is no list"),
            ("PUT", f"/issues/{identity}", {"Summary": "s"}, "unknown member 'Summary'"),
            ("PUT", f"/issues/{identity}", {"id": 99, "fields": summary}, "not that of the path"),
            ("PUT", "/issues", {"issues": [{"fields": summary}]}, "lacks the member 'id'"),
            ("PUT", f"/issues/{identity}", {"fields": [field("Summary", integer=1)]}, "is of the type string"),
            ("PUT", f"/issues/{identity}", {"fields": [field("Summary", type="integer", integer=1)]}, "is of the type string"),
            ("PUT", f"/issues/{identity}", {"fields": [field("Summary", type="string")]}, "without a value"),
            ("PUT", f"/issues/{identity}", {"fields": [{"string": "s"}]}, "neither id nor label"),
            ("PUT", f"/issues/{identity}", {"fields": [{"id": 2, "label": "Status", "string": "s"}]}, "of different fields"),
            ("PUT", f"/issues/{identity}", {"fields": [field("Effort", decimal="2.5")]}, "is str, not float"),
            ("PUT", f"/issues/{identity}", {"fields": [field("Blocked", boolean=1)]}, "is int, not bool"),
            ("PUT", f"/issues/{identity}", {"fields": [field("Priority", menuItem={})]}, "neither id nor label"),
            ("PUT", f"/issues/{identity}", {"fields": [field("Priority", menuItem="High")]}, "is no object"),
            ("POST", "/issues/search", {"query": "x"}, "unknown member 'query'"),
            ("POST", "/issues/search", {"per_page": "2"}, "is str, not int"),
            ("POST", "/issues/search", {"expand": ["colours"]}, "don't expand"),
            ("POST", f"/issues/{identity}/events", {"eventsData": [{"fields": []}]}, "lacks the member 'name'"),
            ("POST", f"/issues/{identity}/links",
             {"linksData": [{"linkDefinition": {"id": 1}, "peers": [{"itemID": 1, "itemType": "issue"}]}]}, "is not 'issues'"),
            ("POST", "/testRuns", {"testRuns": []}, "testRuns/generate"),
        ):
            before = len(self.simulator.violations)
            answer = self.call(method, path, body)
            self.assertIn(answer.status, (400, 405), (path, body, answer.bytes))
            self.assertEqual(set(answer.json), {"code", "statusCode", "message"})
            self.assertEqual(len(self.simulator.violations), before + 1, (path, body))
            self.expected_violations.append(reason)
        self.assertEqual(self.value(identity, "Summary"), "one")

    def test_requests(self):
        token = {"Authorization": "Bearer " + self.token()}
        for method, target, body, headers, status in (
            ("GET", "/4/issues?colour=red", None, {}, 400),
            ("DELETE", "/4/issues/3", None, {}, 405),
            ("PATCH", "/4/issues/3", b"{}", {"Content-Type": "application/json"}, 405),
            ("POST", "/4/issues", b"{}", {"Content-Type": "text/plain"}, 415),
            ("POST", "/4/issues", b"{", {"Content-Type": "application/json"}, 400),
            ("GET", "/4/issues", b"{}", {"Content-Type": "application/json"}, 400),
            ("GET", "/4/users", None, {}, 404),
            ("GET", "/4/issues/3/comments", None, {}, 404),
        ):
            self.assertEqual(self.request(method, BASE + target, body, {**token, **headers}).status, status, (method, target))
            self.expected_violations.append("")

    def test_errors_may_be_wrapped(self):
        for form, key in (("error", "error"), ("errors", "errors")):
            self.set(error_form=form)
            answer = self.call("GET", "/issues/99").json
            self.assertEqual(list(answer), [key])


class Control(HelixTest):
    def test_what_a_person_does(self):
        made = self.control("POST", "/records/edit", {
            "project": "Traditional Template", "itemType": "issues", "as": "bert",
            "fields": {"Summary": "by hand", "Priority": {"label": "Low"}},
            "foundBy": [{"description": {"text": "d"}}], "folders": ["/Private"]}).json
        self.assertEqual((made["id"], made["folders"]["foldersData"][0]["path"]), (3, "/Private"))
        self.assertEqual(self.value(3, "Created By")["username"], "bert")
        self.control("POST", "/records/edit", {"project": 4, "itemType": "issues", "id": 3, "fields": {"Summary": "again"}})
        self.control("POST", "/records/event", {"project": 4, "itemType": "issues", "id": 3, "name": "Verify",
                                                "fields": {"Notes": "n"}})
        record = made["foundByRecords"]["foundByRecordsData"][0]["id"]
        self.control("POST", "/records/attach", {"project": 4, "itemType": "issues", "id": 3, "filename": "a.txt", "text": "x",
                                                 "foundByRecord": record})
        shown = self.control("GET", "/records/4.issues/3").json
        self.assertEqual(len(shown["attachments"]["attachmentsData"][0]["sha256"]), 64)
        self.assertEqual((self.value(3, "Summary"), self.value(3, "Status"), self.value(3, "Modified By")["username"]),
                         ("again", "Closed", "anna"))
        self.assertEqual(self.found("Summary = 'again'"), [3])
        self.control("POST", "/records/delete", {"project": 4, "itemType": "issues", "id": 3})
        self.assertEqual((self.call("GET", "/issues/3").status, self.found(""), self.control("GET", "/records/4.issues").json),
                         (404, [], []))
        requirement = self.control("POST", "/records/edit", {"project": 4, "itemType": "requirements",
                                                             "requirementType": "User Story", "fields": {"Summary": "r"}})
        self.assertTrue(requirement.json["tag"].startswith("US-"))
        self.assertEqual(self.control("POST", "/records/edit", {"project": "none", "itemType": "issues"}).status, 404)

    def test_what_an_administrator_does(self):
        made = self.control("POST", "/records/field", {"project": 4, "itemType": "issues", "label": "Mood", "type": "menuItem",
                                                       "options": ["good", "bad"]}).json
        identity = self.make({"id": made["id"], "menuItem": {"label": "bad"}})
        self.assertEqual(self.value(identity, "mood")["label"], "bad")
        self.control("POST", "/records/folder", {"project": 4, "path": "/New"})
        self.assertEqual(self.put(identity, folders={"foldersData": [{"path": "/New"}]}).status, 204)
        self.control("POST", "/records/project", {"id": 20, "name": "A new/one"})
        self.control("POST", "/records/user", {"username": "zoe", "password": "p", "firstName": "Zoe", "lastName": "Z"})
        self.control("POST", "/records/key", {"id": "k", "secret": "s", "username": "zoe"})
        self.assertEqual(self.call("GET", "/issues", project="A new/one", credentials="ApiKey k:s").status, 200)
        self.assertEqual(self.call("GET", "/issues", project="A new/one", credentials=basic("zoe", "p")).status, 200)
        self.control("POST", "/reset")
        self.assertEqual(self.request("GET", BASE + "/20/token", headers={"Authorization": KEY}).status, 404)


class Receiver:
    """Takes webhooks."""

    def __init__(self, test):
        self.taken, self.status = [], 200
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.taken.append((self.headers, body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        test.addCleanup(server.server_close)
        test.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_address[1]}/push"


class Webhooks(HelixTest):
    def setUp(self):
        super().setUp()
        self.receiver = Receiver(self)

    def recipient(self, **more):
        self.simulator.seed("recipient", {"name": "to us", "url": self.receiver.url, **more})

    def taken(self):
        """The bodies that arrived."""
        self.assertTrue(self.simulator.outbox.drain(10))
        return [json.loads(body) for _, body in self.receiver.taken]

    def test_a_change_is_told(self):
        self.recipient(headers={"X-Sync-Secret": "s3cret"})
        identity = self.make()
        self.simulator.seed("edit", {"project": 4, "itemType": "issues", "id": identity, "fields": {"Summary": "by hand"}})
        made, changed = self.taken()
        self.assertEqual((made["version"], made["projectID"]), (1, "Traditional Template"))
        event = made["events"][0]
        self.assertEqual((event["action"], event["id"], event["name"]), ("added", 1, "to us"))
        self.assertEqual(event["item"], {"itemType": "issue", "id": 3, "number": 11, "tag": "IS-11"})
        self.assertEqual((changed["events"][0]["action"], changed["events"][0]["condition"]), ("changed", ["changed"]))
        headers = self.receiver.taken[0][0]
        self.assertEqual((headers["Content-Type"], headers["X-Sync-Secret"]), ("application/json; charset=utf-8", "s3cret"))
        self.assertEqual((headers["X-HALM-WebHook-Version"], headers["X-HALM-WebHook-Retry"]), ("1", "0"))
        self.assertIsNone(headers["X-HALM-WebHook-Signature-Primary"])

    def test_signatures(self):
        self.recipient(secret="new", secondary="old", algorithm="sha512")
        self.make(kind="requirements")
        self.taken()
        headers, body = self.receiver.taken[0]
        signed = "".join(headers["X-HALM-WebHook-" + part] for part in ("Version", "ID", "Timestamp")).encode() + body
        for which, secret in (("Primary", b"new"), ("Secondary", b"old")):
            expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha512).digest()).decode()
            self.assertEqual(headers["X-HALM-WebHook-Signature-" + which], expected)
        self.assertEqual(json.loads(body)["events"][0]["item"]["requirementType"], {"id": 7, "label": "Functional Requirement"})

    def test_batches(self):
        self.recipient(batch=True, itemTypes=["issue"], skip=["anna"])
        one, two = self.make(), self.make()
        self.make(kind="requirements")
        self.simulator.seed("edit", {"project": 4, "itemType": "issues", "id": one, "fields": {"Summary": "x"}})
        self.assertEqual(self.taken(), [])
        self.assertEqual(self.simulator.inspect("recipient", "to us")["waiting"], 2)
        self.assertEqual(self.control("POST", "/webhooks/flush").json, {"sent": 1})
        self.assertEqual([event["item"]["id"] for event in self.taken()[0]["events"]], [one, two])
        self.assertEqual(self.control("POST", "/webhooks/flush").json, {"sent": 0})

    def test_sent_at_will(self):
        one, two = self.make(), self.make(kind="testCases")
        answer = self.control("POST", "/webhooks/send", {
            "url": self.receiver.url, "project": 4, "secret": "s", "headers": {"X-Key": "k"}, "webhook_id": "fixed",
            "items": [{"itemType": "issue", "id": one}, {"itemType": "testCase", "id": two, "condition": ["linkAdded"]}]})
        self.assertEqual((answer.status, answer.json["id"]), (200, "fixed"))
        self.assertEqual(self.taken(), [answer.json["body"]])
        self.assertEqual([event["item"]["itemType"] for event in answer.json["body"]["events"]], ["issue", "testCase"])
        self.assertIsNotNone(self.receiver.taken[0][0]["X-HALM-WebHook-Signature-Primary"])
        answer = self.control("POST", "/webhooks/send", {"url": self.receiver.url, "project": 4,
                                                         "items": [{"itemType": "issues", "id": one}]})
        self.assertEqual(answer.status, 404)

    def test_retries_keep_their_id(self):
        self.recipient(secret="s")
        self.receiver.status = 500
        self.make()
        self.taken()
        self.assertEqual(self.control("POST", "/webhooks/retry").json, {"sent": 1})
        self.taken()
        (first, body), (second, again) = self.receiver.taken
        self.assertEqual((first["X-HALM-WebHook-ID"], body), (second["X-HALM-WebHook-ID"], again))
        self.assertEqual(second["X-HALM-WebHook-Retry"], "1")
        self.set(disable_after=2)
        self.assertEqual(self.control("POST", "/webhooks/retry").json, {"sent": 0})
        self.assertTrue(self.simulator.inspect("recipient", "to us")["disabled"])
        self.make()
        self.assertEqual(len(self.taken()), 2)

    def test_reserved_headers(self):
        answer = self.control("POST", "/records/recipient", {"name": "x", "url": self.receiver.url,
                                                             "headers": {"x-halm-webhook-id": "1"}})
        self.assertEqual(answer.status, 404)


if __name__ == "__main__":
    unittest.main()

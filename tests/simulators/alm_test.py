"""The simulated ALM: what is documented of its REST API, and its traps."""

import argparse
import http.client
import json
import unittest
import urllib.parse
import xml.etree.ElementTree as ElementTree

import alm_query as queries
from alm import Alm
from alm_project import normalised_memo
from simulator import start

XML = {"Accept": "application/xml", "Content-Type": "application/xml; charset=utf-8"}
QC = "/rest/domains/DEFAULT/projects/QualityCenter"


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.bytes = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.bytes)

    @property
    def tree(self):
        return ElementTree.fromstring(self.bytes)

    @property
    def error(self):
        return self.tree.findtext("Id"), self.tree.findtext("Title")

    def values(self, name):
        return [value.text for value in self.tree.findall(f"./Fields/Field[@Name='{name}']/Value") if value.text]


def document(kind, **fields):
    root = ElementTree.Element("Entity", Type=kind)
    outer = ElementTree.SubElement(root, "Fields")
    for name, value in fields.items():
        field = ElementTree.SubElement(outer, "Field", Name=name.replace("_", "-"))
        for one in value if isinstance(value, list) else [value]:
            ElementTree.SubElement(field, "Value").text = one
    return ElementTree.tostring(root)


class AlmTest(unittest.TestCase):
    def setUp(self):
        self.simulator = Alm(argparse.Namespace(cert=None, key=None, client_ca=None))
        start(self.simulator)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.simulator.port, timeout=30)
        self.addCleanup(self.connection.close)
        self.addCleanup(self.no_violations)
        self.expected_violations = 0
        self.jars = {}

    def no_violations(self):
        self.assertEqual(len(self.simulator.violations), self.expected_violations, self.simulator.violations)

    def set(self, **settings):
        self.simulator.settings.update(settings)

    def call(self, method, path, body=None, user="sync", headers=None, **parameters):
        jar = self.jars.setdefault(user, {})
        sent = {**XML, **({"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {})}
        if method != "GET" and "XSRF-TOKEN" in jar:
            sent["X-XSRF-TOKEN"] = jar["XSRF-TOKEN"]
        sent.update(headers or {})
        path = "/qcbin" + path
        if parameters:
            path += "?" + urllib.parse.urlencode({name.replace("_", "-"): value for name, value in parameters.items()})
        self.connection.request(method, path, body, {name: value for name, value in sent.items() if value is not None})
        answer = Answer(self.connection.getresponse())
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            jar[name] = value
        return answer

    def sign_in(self, user="sync"):
        body = f"<alm-authentication><user>{user}</user><password>{user}-secret</password></alm-authentication>"
        self.assertEqual(self.call("POST", "/authentication-point/alm-authenticate", body, user).status, 201)
        answer = self.call("POST", "/rest/site-session", None, user)
        self.assertEqual(answer.status, 201, answer.bytes)

    def make(self, kind="defect", project=QC, **fields):
        standard = {"name": "one", "severity": "1-Low", "detected_by": "sync", "creation_time": "2026-11-24"}
        fields = {**(standard if kind == "defect" else {"name": "one"}), **fields}
        answer = self.call("POST", f"{project}/{kind}s", document(kind, **fields))
        self.assertEqual(answer.status, 201, answer.bytes)
        return answer.values("id")[0]

    def ids(self, **parameters):
        answer = self.call("GET", f"{QC}/defects", **parameters)
        self.assertEqual(answer.status, 200, answer.bytes)
        return [value.text for value in answer.tree.findall("./Entity/Fields/Field[@Name='id']/Value")]


class Sessions(AlmTest):
    def test_two_steps_in_and_two_out(self):
        self.sign_in()
        self.assertEqual(set(self.jars["sync"]), {"LWSSO_COOKIE_KEY", "QCSession", "XSRF-TOKEN", "ALM_USER"})
        self.assertEqual(self.call("GET", f"{QC}/defects").status, 200)
        self.assertEqual(self.call("DELETE", "/rest/site-session").status, 200)
        self.assertEqual(self.call("GET", "/rest/is-authenticated").status, 200)
        self.assertEqual(self.call("GET", f"{QC}/defects").status, 401)
        self.assertEqual(self.call("POST", "/authentication-point/logout").status, 200)
        self.assertEqual(self.call("GET", "/rest/is-authenticated").status, 401)

    def test_wrong_password(self):
        body = "<alm-authentication><user>sync</user><password>wrong</password></alm-authentication>"
        answer = self.call("POST", "/authentication-point/alm-authenticate", body)
        self.assertEqual((answer.status, answer.headers["WWW-Authenticate"]), (401, "ALMAUTH"))

    def test_api_key(self):
        headers = {"Content-Type": "application/json"}
        for key, secret, status in (("apikey-sync", "apikey-secret", 200), ("apikey-sync", "x", 401), ("apikey-off", "apikey-secret", 403)):
            body = json.dumps({"clientId": key, "secret": secret})
            self.assertEqual(self.call("POST", "/rest/oauth2/login", body, headers=headers, user=key).status, status)
        self.assertEqual(self.call("GET", f"{QC}/defects", user="apikey-sync").status, 200)

    def test_cookies_rotate(self):
        self.sign_in()
        first = dict(self.jars["sync"])
        self.call("GET", f"{QC}/defects")
        self.assertNotEqual(self.jars["sync"]["QCSession"], first["QCSession"])
        old = "; ".join(f"{name}={value}" for name, value in first.items())
        self.assertEqual(self.call("GET", f"{QC}/defects", headers={"Cookie": old}).status, 200)
        self.simulator.clock.advance(31)
        self.assertEqual(self.call("GET", f"{QC}/defects", headers={"Cookie": old}).status, 401)
        self.assertEqual(self.call("GET", f"{QC}/defects").status, 200)

    def test_a_write_without_the_xsrf_token_is_a_401_that_ends_nothing(self):
        self.sign_in()
        answer = self.call("POST", f"{QC}/defects", document("defect", name="x"), headers={"X-XSRF-TOKEN": None})
        self.assertEqual((answer.status, answer.error[0]), (401, "qccore.general-error"))
        self.expected_violations = 1
        self.assertEqual(self.call("GET", f"{QC}/defects").status, 200)

    def test_an_idle_session_ends_and_its_locks_with_it(self):
        self.sign_in()
        self.simulator.clock.advance(3500)
        self.assertEqual(self.call("GET", "/rest/site-session").status, 200)
        self.simulator.clock.advance(3500)
        self.assertEqual(self.call("GET", f"{QC}/defects").status, 200)
        self.simulator.clock.advance(3700)
        answer = self.call("GET", f"{QC}/defects")
        self.assertEqual((answer.status, answer.error[0]), (401, "qccore.session-has-expired"))
        self.set(lost_as="token")
        self.assertEqual(self.call("GET", f"{QC}/defects").status, 500)

    def test_no_more_sessions_than_allowed(self):
        self.set(max_sessions=1)
        self.sign_in()
        lwsso = "LWSSO_COOKIE_KEY=" + self.jars["sync"]["LWSSO_COOKIE_KEY"]
        self.assertEqual(self.call("POST", "/rest/site-session", headers={"Cookie": lwsso}).status, 403)

    def test_a_project_of_others_is_a_401_too(self):
        self.sign_in()
        answer = self.call("GET", "/rest/domains/SANDBOX/projects/Closed/defects")
        self.assertEqual((answer.status, answer.error[0]), (401, "qccore.general-error"))
        self.assertEqual(self.call("GET", "/rest/site-session").status, 200)


class Records(AlmTest):
    def setUp(self):
        super().setUp()
        self.sign_in()

    def test_create_read_update_delete(self):
        number = self.make(name="Größe", description="a\nb")
        answer = self.call("GET", f"{QC}/defects/{number}")
        self.assertEqual(answer.values("name"), ["Größe"])
        self.assertEqual(answer.values("status"), [])
        self.assertEqual(answer.values("description"), ["<html>\n<body>\na b\n</body>\n</html>"])
        answer = self.call("PUT", f"{QC}/defects/{number}", document("defect", name="two", status="Open"))
        self.assertEqual((answer.status, answer.values("name"), answer.values("ver-stamp")), (200, ["two"], ["2"]))
        self.assertEqual(self.call("DELETE", f"{QC}/defects/{number}").status, 200)
        self.assertEqual(self.call("GET", f"{QC}/defects/{number}").error[0], "qccore.entity-not-found")

    def test_json(self):
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        body = {"Type": "requirement", "Fields": [{"Name": "name", "values": [{"value": "r"}]}]}
        answer = self.call("POST", f"{QC}/requirements", json.dumps(body), headers=headers)
        self.assertEqual(answer.status, 201, answer.bytes)
        fields = {field["Name"]: field["values"] for field in answer.json["Fields"]}
        self.assertEqual(fields["name"], [{"value": "r"}])
        self.assertIn(fields["owner"], ([], [{}]))
        self.set(json=False)
        self.assertEqual(self.call("GET", f"{QC}/requirements/1", headers=headers).status, 406)

    def test_what_is_refused(self):
        for fields, identity in (({"severity": "no"}, "invalid-list-field-value"), ({"nope": "x"}, "unknown-field-name"),
                                 ({"user_10": "x"}, "operation-forbidden"), ({"user_03": "soon"}, "invalid-value-type-for-field"),
                                 ({"name": ""}, "required-field-missing"), ({"owner": "nobody"}, "invalid-list-field-value")):
            number = self.make()
            answer = self.call("PUT", f"{QC}/defects/{number}", document("defect", **fields))
            self.assertEqual(answer.error[0], "qccore." + identity)
        answer = self.call("POST", f"{QC}/defects", document("defect", name="x"))
        self.assertEqual((answer.status, answer.error[1]), (400, "Field 'Severity' is required."))

    def test_a_mirror_shows_another_field(self):
        number = self.make(user_07="ACME")
        self.assertEqual(self.call("GET", f"{QC}/defects/{number}").values("user-10"), ["ACME"])

    def test_several_values(self):
        number = self.make(user_02=["Linux", "macOS"])
        self.assertEqual(self.call("GET", f"{QC}/defects/{number}").values("user-02"), ["Linux", "macOS"])
        answer = self.call("PUT", f"{QC}/defects/{number}", document("defect", user_02="Windows;Linux"))
        self.assertEqual(answer.values("user-02"), ["Windows", "Linux"])
        self.assertEqual(self.call("PUT", f"{QC}/defects/{number}", document("defect", user_02="")).values("user-02"), [])

    def test_locks(self):
        self.sign_in("anna")
        number = self.make()
        self.assertEqual(self.call("POST", f"{QC}/defects/{number}/lock", user="anna").status, 200)
        answer = self.call("PUT", f"{QC}/defects/{number}", document("defect", name="x"))
        self.assertEqual((answer.status, answer.error[0]), (403, "qccore.lock-failure"))
        self.assertIn("'anna'", answer.error[1])
        self.assertEqual(self.call("DELETE", "/rest/site-session", user="anna").status, 200)
        self.assertEqual(self.call("PUT", f"{QC}/defects/{number}", document("defect", name="x")).status, 200)

    def test_versions(self):
        versioned = "/rest/domains/DEFAULT/projects/Versioned"
        number = self.make("requirement", versioned)
        place = f"{versioned}/requirements/{number}"
        self.assertEqual(self.call("POST", place + "/versions/check-in").status, 200)
        change = document("requirement", name="x")
        self.assertEqual(self.call("PUT", place, change).error[0], "qccore.operation-forbidden")
        self.sign_in("anna")
        self.assertEqual(self.call("POST", place + "/versions/check-out", user="anna").status, 200)
        self.assertEqual(self.call("POST", place + "/versions/check-out").error[0], "qccore.check-out-failure")
        self.assertEqual(self.call("POST", place + "/versions/check-in", user="anna").status, 200)
        self.assertEqual(self.call("POST", place + "/versions/check-out").status, 200)
        self.assertEqual(self.call("PUT", place, change).status, 200)

    def test_errors_are_html_for_who_accepts_neither_form(self):
        answer = self.call("GET", f"{QC}/defects/99", headers={"Accept": "text/plain"})
        self.assertEqual(answer.headers["Content-Type"], "text/html;charset=UTF-8")

    def test_time_is_the_servers(self):
        self.set(zone_minutes=120)
        self.simulator.clock.freeze(True)
        self.simulator.clock.set(1795514400)
        number = self.make()
        self.assertEqual(self.call("GET", f"{QC}/defects/{number}").values("last-modified"), ["2026-11-24 12:00:00"])

    def test_customization(self):
        fields = self.call("GET", f"{QC}/customization/entities/defect/fields").tree
        severity = fields.find("./Field[@Name='severity']")
        self.assertEqual((severity.attrib["PhysicalName"], severity.findtext("Required"), severity.findtext("List-Id")),
                         ("BG_SEVERITY", "true", "1002"))
        lists = self.call("GET", f"{QC}/customization/used-lists").tree
        self.assertIn("1-Low", [item.attrib["value"] for item in lists.findall("./List[Id='1002']/Items/Item")])
        self.assertEqual(self.call("GET", f"{QC}/customization/users").tree[0].attrib["FullName"], "Sync Service")

    def test_a_person_edits_and_the_script_pushes(self):
        self.set(push=[{"url": f"http://127.0.0.1:{self.simulator.control_port}/_control/settings", "appLinkName": "L",
                        "origin": "source", "entities": ["defect"]}])
        self.simulator.seed("edit", {"project": "QualityCenter", "type": "defect", "fields": {"name": "by hand"}})
        self.assertTrue(self.simulator.outbox.drain(10))
        self.assertIn("appLinkName", self.simulator.outbox.sent()[0]["answer"])
        self.make()
        self.assertEqual(len(self.simulator.outbox.sent()), 1, "a write by REST runs no script")

    def test_each_module_has_its_script(self):
        url = f"http://127.0.0.1:{self.simulator.control_port}/_control/settings"
        self.set(push=[{"url": url, "appLinkName": "A", "origin": "source", "entities": ["requirement"]},
                       {"url": url + "?b", "appLinkName": "B", "origin": "source", "entities": ["defect"], "prefix": "defect/"}])
        edit = {"project": "QualityCenter", "type": "defect"}
        made = self.simulator.seed("edit", {**edit, "fields": {"name": "by hand"}})
        self.simulator.seed("attach", {**edit, "id": made["id"][0], "name": "a.txt", "text": "by hand"})
        self.assertTrue(self.simulator.outbox.drain(10))
        self.assertEqual([one["url"] for one in self.simulator.outbox.sent()], [url + "?b"] * 2)
        listed = self.call("GET", f"{QC}/defects/{made['id'][0]}/attachments").tree
        self.assertEqual(listed.find("./Entity/Fields/Field[@Name='file-size']/Value").text, "7")


class Searching(AlmTest):
    def setUp(self):
        super().setUp()
        self.sign_in()

    def test_filters(self):
        one = self.make(status="Not Completed", user_07="a")
        two = self.make(status="Open", user_07="b")
        self.assertEqual(self.ids(query='{status["Not Completed"]}'), [one])
        self.assertEqual(self.ids(query="{status[Not Completed]}"), [one, two])
        self.assertEqual(self.ids(query='{user-07["A" OR "b"];status[Open]}'), [two])
        self.assertEqual(self.ids(query='{user-07[b*]}'), [two])
        self.assertEqual(self.ids(query="{id[>1 AND <=2]}"), [two])

    def test_what_is_no_filter_is_a_404(self):
        for query in ("name[x]", '{name["x]}', "{nope[1]}", "{name[]}"):
            answer = self.call("GET", f"{QC}/defects", query=query)
            self.assertEqual((answer.status, answer.error[0]), (404, "qccore.invalid-filter-expression"), query)
        self.assertEqual(self.call("GET", f"{QC}/defects", order_by="{id,name}").status, 404)

    def test_pages(self):
        made = [self.make() for _ in range(5)]
        self.assertEqual(self.ids(page_size=2, start_index=2), made[1:3])
        self.set(page_cap=3)
        self.assertEqual(self.ids(page_size=5000), made[:3])
        self.assertEqual(self.ids(order_by="{id[DESC]}", page_size="max"), made[:1:-1])
        self.assertEqual(self.call("GET", f"{QC}/defects", page_size=0).tree.attrib["TotalResults"], "0")

    def test_conditions(self):
        def holds(text, value, numeric=False):
            return queries.Condition(queries.clauses("{x[" + text + "]}")[0][1], numeric).holds([value] if value else [])

        self.assertTrue(holds('>="2026-01-01" AND <"2026-02-01"', "2026-01-31"))
        self.assertFalse(holds('<"2026-01-01"', ""))
        self.assertTrue(holds("Not (a Or b)", "c"))
        self.assertTrue(holds("<>10", "9", True))
        with self.assertRaises(queries.Invalid):
            holds("x", "1", True)

    def test_memo(self):
        self.assertEqual(normalised_memo("<html><body>a<br>b <strong>c</strong></body></html>"),
                         "<html>\n<body>\na<br />b <b>c</b>\n</body>\n</html>")
        self.assertEqual(normalised_memo("x<script>bad()</script>"), "<html>\n<body>\nx\n</body>\n</html>")


class Attachments(AlmTest):
    def setUp(self):
        super().setUp()
        self.sign_in()
        self.place = f"{QC}/defects/{self.make()}/attachments"

    def raw(self, name, content):
        return self.call("POST", self.place, content, headers={"Content-Type": "application/octet-stream", "Slug": name})

    def test_raw_and_multipart(self):
        self.assertEqual(self.raw("a.txt", b"abc").values("file-size"), ["3"])
        body = (b"--B\r\nContent-Disposition: form-data; name=\"filename\"\r\n\r\n\xc3\xbc.txt\r\n"
                b"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nabcd\r\n--B--\r\n")
        answer = self.call("POST", self.place, body, headers={"Content-Type": "multipart/form-data; boundary=B"})
        self.assertEqual((answer.status, answer.values("name")), (201, ["ü.txt"]))
        self.assertEqual(self.call("GET", self.place).tree.attrib["TotalResults"], "2")

    def test_content_for_octets_alone(self):
        number = self.raw("a.txt", b"abc").values("id")[0]
        place = f"{self.place}/{number}"
        self.assertEqual(self.call("GET", place, headers={"Accept": "application/octet-stream"}, by_id="true").bytes, b"abc")
        self.assertEqual(self.call("GET", place, headers={"Accept": "*/*"}, by_id="true").values("name"), ["a.txt"])
        self.assertEqual(self.call("GET", place, headers={"Accept": "text/plain"}, by_id="true").status, 406)
        self.assertEqual(self.call("GET", self.place + "/a.txt").status, 200)
        self.assertEqual(self.call("DELETE", place, by_id="true").status, 200)
        self.assertEqual(self.call("GET", place, by_id="true").error[0], "qccore.entity-not-found")


if __name__ == "__main__":
    unittest.main()

"""The simulated Jira, both flavours, through its API alone."""

import argparse
import datetime
import hashlib
import hmac
import http.client
import json
import unittest
import urllib.parse
import zoneinfo

from jira_case import Base, adf
from shelf import Shelf
from simulator import start


class Both(Base):
    """What the flavours have in common."""

    def rich(self, text):
        return adf(text) if self.flavour == "cloud" else text

    def person(self, name):
        users = self.jira.site.users
        return {"accountId": users[name]["accountId"]} if self.flavour == "cloud" else {"name": name}

    def test_server_and_account(self):
        self.assertEqual(self.good("GET", "/serverInfo", headers={"Authorization": ""})["deploymentType"],
                         "Cloud" if self.flavour == "cloud" else "Server")
        self.assertEqual(self.good("GET", "/myself")["displayName"], "Sync Account")
        self.assertEqual(self.ask("GET", "/myself", headers={"Authorization": ""})[0], 401)

    def test_every_kind_of_field_is_stored_and_shown(self):
        given = {
            "description": self.rich("Long"), "priority": {"name": "High"}, "assignee": self.person("fred"),
            "labels": ["b", "a", "b"], "components": [{"name": "Frontend"}, {"id": "10200"}], "versions": [{"name": "1.0"}],
            "duedate": "2026-06-01", "timetracking": {"originalEstimate": "90m"}, "customfield_10101": self.rich("Steps"),
            "customfield_10102": "short ", "customfield_10103": 3, "customfield_10104": {"value": "Major"},
            "customfield_10105": [{"value": "Windows"}, {"value": "Linux"}],
            "customfield_10106": {"value": "Europe", "child": {"value": "France"}}, "customfield_10107": "2026-06-02",
            "customfield_10108": "2026-06-01T10:00:00.000+0000", "customfield_10109": self.person("mia"),
            "customfield_10110": [self.person("mia"), self.person("fred")], "customfield_10111": {"name": "2.0"},
            "customfield_10114": {"value": "Yes"}, "customfield_10115": "https://example.com/x", "customfield_10116": ["t"],
            "customfield_10118": {"name": "site-support"}, "customfield_10120": {"key": "OPS"},
        }
        shown = self.fields(self.create(**given))
        self.assertEqual(shown["description"], self.rich("Long"))
        self.assertEqual(shown["priority"]["id"], "2")
        self.assertEqual(shown["assignee"]["displayName"], "Fred F. User")
        self.assertEqual(shown["labels"], ["a", "b"])
        self.assertEqual([one["name"] for one in shown["components"]], ["Backend", "Frontend"])
        self.assertEqual(shown["timetracking"], {"originalEstimate": "1h 30m", "originalEstimateSeconds": 5400})
        self.assertEqual(shown["customfield_10102"], "short")
        self.assertEqual(shown["customfield_10103"], 3.0)
        self.assertEqual([one["value"] for one in shown["customfield_10105"]], ["Linux", "Windows"])
        self.assertEqual(shown["customfield_10106"]["child"]["value"], "France")
        self.assertEqual(shown["customfield_10108"], "2026-06-01T15:30:00.000+0530")
        self.assertEqual([one["displayName"] for one in shown["customfield_10110"]], ["Mia Krystof", "Fred F. User"])
        self.assertEqual(shown["customfield_10120"]["key"], "OPS")
        self.assertIsNone(shown["customfield_10112"])
        self.assertEqual(shown["fixVersions"], [])
        self.assertEqual(shown["status"]["name"], "To Do")

    def test_values_that_do_not_do_are_refused_together(self):
        body = {"fields": {"project": {"key": "ED"}, "issuetype": {"name": "Bug"}, "labels": ["a b"], "nonsense": 1,
                           "priority": {"name": "Urgent"}, "customfield_10104": {"value": "Huge"},
                           "customfield_10124": "x", "customfield_10107": "01.06.2026", "summary": "a\nb"}}
        errors = self.refused(400, self.ask("POST", "/issue", body))
        self.assertEqual(set(errors), {"labels", "nonsense", "priority", "customfield_10104", "customfield_10124",
                                       "customfield_10107", "summary"})
        self.assertIn("not on the appropriate screen", errors["nonsense"])

    def test_required_fields(self):
        self.assertIn("summary", self.refused(400, self.ask("POST", "/issue", {"fields": {
            "project": {"key": "ED"}, "issuetype": {"name": "Bug"}}})))
        self.assertEqual(self.refused(400, self.ask("POST", "/issue", {"fields": {
            "project": {"key": "ED"}, "issuetype": {"name": "Story"}, "summary": "x"}})),
            {"customfield_10125": "Customer is required."})
        self.assertEqual(set(self.refused(400, self.ask("POST", "/issue", {"fields": {"summary": "x"}}))), {"project", "issuetype"})
        key = self.create()
        self.assertIn("summary", self.refused(400, self.ask("PUT", f"/issue/{key}", {"fields": {"summary": None}})))

    def test_sub_tasks_have_a_parent(self):
        parent = self.create()
        self.assertIn("parent", self.refused(400, self.ask("POST", "/issue", {"fields": {
            "project": {"key": "ED"}, "issuetype": {"name": "Sub-task"}, "summary": "x"}})))
        child = self.create(issue_type="Sub-task", parent={"key": parent})
        self.assertEqual(self.fields(child)["parent"]["key"], parent)
        self.assertEqual([one["key"] for one in self.fields(parent)["subtasks"]], [child])
        self.assertEqual(self.ask("DELETE", f"/issue/{parent}")[0], 400)
        self.good("DELETE", f"/issue/{parent}?deleteSubtasks=true")
        self.assertEqual(self.ask("GET", f"/issue/{child}")[0], 404)

    def test_edits_answer_204_and_touch_only_what_they_name(self):
        key = self.create(labels=["a"], priority={"name": "Low"})
        before = self.fields(key)
        self.good("POST", "/_control/clock", {"advance": 60})
        self.assertEqual(self.ask("PUT", f"/issue/{key}", {"fields": {"summary": " New "},
                                                           "update": {"labels": [{"add": "b"}, {"remove": "a"}]}}), (204, b""))
        after = self.fields(key)
        self.assertEqual((after["summary"], after["labels"], after["priority"]), ("New", ["b"], before["priority"]))
        self.assertGreater(after["updated"], before["updated"])
        self.good("POST", "/_control/clock", {"advance": 60})
        self.good("PUT", f"/issue/{key}", {"fields": {"summary": "New"}})
        self.assertEqual(self.fields(key)["updated"], after["updated"])
        self.assertIn("labels", self.refused(400, self.ask("PUT", f"/issue/{key}", {
            "fields": {"labels": []}, "update": {"labels": [{"add": "x"}]}})))
        self.assertIn("status", self.refused(400, self.ask("PUT", f"/issue/{key}", {"fields": {"status": {"id": "3"}}})))
        self.assertEqual(self.ask("PUT", f"/issue/{key}?notifyUsers=false", {"fields": {"summary": "x"}})[0], 403)

    def test_wrong_types_are_violations(self):
        key = self.create()
        for fields in ({"summary": 1}, {"labels": "a"}, {"priority": "High"}, {"customfield_10103": "3"},
                       {"priority": {"id": 2}}, {"assignee": {"login": "x"}}):
            self.assertEqual(self.ask("PUT", f"/issue/{key}", {"fields": fields})[0], 400)
        self.assertEqual(len(self.violations()), 6)
        self.violated("")
        self.ask("POST", f"/issue/{key}/comment", {"body": self.rich("x"), "colour": "red"})
        self.violated("unknown member 'colour'")
        self.ask("GET", f"/issue/{key}?field=summary")
        self.violated("unknown query parameter 'field'")

    def test_the_workflow_is_walked(self):
        key = self.create()
        path = f"/issue/{key}/transitions"
        shown = self.good("GET", path + "?expand=transitions.fields")["transitions"]
        self.assertEqual({one["to"]["name"] for one in shown}, {"In Progress", "Rejected"})
        self.assertTrue(shown[1]["fields"]["resolution"]["required"])
        self.assertEqual(self.ask("POST", path, {"transition": {"id": "31"}})[0], 400)
        for number in ("11", "21"):
            self.assertEqual(self.ask("POST", path, {"transition": {"id": number}})[0], 204)
        self.assertIn("resolution", self.refused(400, self.ask("POST", path, {"transition": {"id": "31"}})))
        self.good("POST", path, {"transition": {"id": "31"}, "fields": {"resolution": {"name": "Fixed"}}})
        done = self.fields(key)
        self.assertEqual((done["status"]["name"], done["resolution"]["name"]), ("Done", "Fixed"))
        self.assertIsNotNone(done["resolutiondate"])
        self.good("POST", path, {"transition": {"id": "41"}})
        self.assertIsNone(self.fields(key)["resolution"])

    def test_permissions(self):
        seen, hidden = self.seed("issue", project="ROX", summary="x"), self.seed("issue", project="HID", summary="x")
        self.assertEqual(self.ask("GET", f"/issue/{seen['key']}")[0], 200)
        self.assertEqual(self.ask("GET", f"/issue/{hidden['key']}")[0], 404)
        self.assertEqual(self.ask("PUT", f"/issue/{seen['key']}", {"fields": {"summary": "y"}})[0], 403)
        self.assertEqual(self.ask("POST", f"/issue/{seen['key']}/comment", {"body": self.rich("x")})[0], 403)
        self.assertEqual(self.good("GET", f"/issue/{seen['key']}/transitions")["transitions"], [])
        self.assertEqual(self.good("GET", f"/issue/{seen['key']}/editmeta")["fields"], {})
        self.assertIn(self.ask("POST", "/issue", {"fields": {"project": {"key": "ROX"}, "issuetype": {"name": "Bug"},
                                                             "summary": "x"}})[0], (400, 403))
        self.assertEqual(self.ask("GET", "/project/HID")[0], 404)

    def test_moved_issues_answer_to_their_old_key(self):
        key = self.create()
        moved = self.seed("move", issue=key, project="OPS")
        self.assertEqual(self.good("GET", f"/issue/{key}")["key"], moved["key"])

    def test_properties(self):
        made = self.good("POST", "/issue", {"fields": {"project": {"key": "ED"}, "issuetype": {"name": "Bug"}, "summary": "x"},
                                            "properties": [{"key": "sync", "value": {"src": "INC1"}}]})
        path = f"/issue/{made['key']}/properties"
        self.assertEqual(self.good("GET", f"/issue/{made['key']}?properties=sync&fields=summary")["properties"],
                         {"sync": {"src": "INC1"}})
        self.assertEqual(self.ask("PUT", path + "/other", 7)[0], 201)
        self.assertEqual(self.ask("PUT", path + "/other", 8)[0], 200)
        self.assertEqual(self.good("GET", path + "/other"), {"key": "other", "value": 8})
        self.good("DELETE", path + "/other")
        self.assertEqual([one["key"] for one in self.good("GET", path)["keys"]], ["sync"])
        self.assertEqual(self.ask("PUT", path + "/big", "x" * 40_000)[0], 400)

    def test_comments(self):
        key = self.create()
        path = f"/issue/{key}/comment"
        first = self.good("POST", path, {"body": self.rich("one")})
        self.assertEqual(self.good("GET", f"{path}/{first['id']}")["body"], self.rich("one"))
        self.good("POST", path, {"body": self.rich("two"), "visibility": {"type": "role", "value": "Developers"}})
        self.assertEqual(self.ask("POST", path, {"body": self.rich("x"), "visibility": {
            "type": "role", "value": "Administrators"}})[0], 400)
        self.assertEqual(self.good("GET", path)["total"], 2)
        self.assertEqual(self.good("GET", path, user="mia")["total"], 1)
        self.good("PUT", f"{path}/{first['id']}", {"body": self.rich("changed")})
        changed = self.good("GET", f"{path}/{first['id']}")
        self.assertEqual(changed["body"], self.rich("changed"))
        self.assertNotEqual(changed["updated"], changed["created"])
        self.settings(comment_page=1)
        page = self.good("GET", path + "?startAt=1&maxResults=50&orderBy=created")
        self.assertEqual((page["total"], page["maxResults"], len(page["comments"])), (2, 1, 1))
        self.good("PUT", f"/comment/{first['id']}/properties/sync", {"a": 1})
        self.assertEqual(self.good("GET", f"/comment/{first['id']}/properties/sync")["value"], {"a": 1})
        other = self.good("POST", path, {"body": self.rich("theirs")}, user="fred")
        self.assertIn(self.ask("DELETE", f"{path}/{other['id']}")[0], (400, 403))
        self.good("DELETE", f"{path}/{first['id']}")
        self.assertEqual(self.ask("GET", f"{path}/{first['id']}")[0], 404)

    def upload(self, key, content, name="a b.txt", headers=None, part="file"):
        body = (f'--X\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\n'
                "Content-Type: text/plain\r\n\r\n").encode() + content + b"\r\n--X--\r\n"
        return self.ask("POST", f"/issue/{key}/attachments", body, {
            "Content-Type": "multipart/form-data; boundary=X", "X-Atlassian-Token": "no-check", **(headers or {})})

    def test_attachments(self):
        key = self.create()
        status, [made] = self.upload(key, b"hello\r\nworld", "Übersicht.txt")
        self.assertEqual((status, made["filename"], made["size"], made["mimeType"]), (200, "Übersicht.txt", 12, "text/plain"))
        self.assertEqual(self.fields(key)["attachment"], [made])
        record = self.good("GET", f"/_control/records/issue/{key}")
        self.assertEqual(record["fields"]["attachment"][0]["sha256"], hashlib.sha256(b"hello\r\nworld").hexdigest())
        self.settings(attachment_limit=3)
        self.assertEqual(self.upload(key, b"four")[0], 413)
        self.good("DELETE", f"/attachment/{made['id']}")
        self.assertEqual(self.fields(key)["attachment"], [])

    def test_an_upload_without_the_token_header_is_refused(self):
        key = self.create()
        self.assertEqual(self.upload(key, b"x", headers={"X-Atlassian-Token": ""})[0], 403)
        self.violated("X-Atlassian-Token")
        self.assertEqual(self.upload(key, b"x", part="upload")[0], 400)
        self.violated("not named 'file'")

    def test_jql(self):
        one = self.create("Printer on fire", labels=["sync-1"], customfield_10117="syncservice-0123 abc")
        two = self.create("Coffee cold", "Task", priority={"name": "High"}, assignee=self.person("fred"))
        other = self.create("Elsewhere", project="OPS")
        self.assertEqual(self.keys("project = ED ORDER BY key ASC"), [one, two])
        self.assertEqual(self.keys(f"project in (ED, OPS) and key != {one} order by key"), [two, other])
        self.assertEqual(self.keys("project = ED AND issuetype = Task"), [two])
        self.assertEqual(self.keys("labels = sync-1"), [one])
        self.assertEqual(self.keys('summary ~ "fire printer"'), [one])
        self.assertEqual(self.keys('summary ~ "\\"fire printer\\""'), [])
        self.assertEqual(self.keys('cf[10117] ~ "syncservice-0123"'), [one])
        self.assertEqual(self.keys('cf[10117] ~ "0123"'), [one])
        self.assertEqual(self.keys("project = ED AND (priority = High OR labels = sync-1) ORDER BY key"), [one, two])
        self.assertEqual(self.keys("project = ED AND NOT issuetype = Task"), [one])
        self.assertEqual(self.keys("project = ED AND assignee IS EMPTY"), [one])
        self.assertEqual(self.keys('project = ED AND "Sync marker" is not empty'), [one])
        self.assertEqual(self.keys("project = ED AND resolution = Unresolved AND created > -1h ORDER BY key"), [one, two])
        for wrong in ("project = NOPE", "nothing = 1", "summary = x", "key = ED-999", "project =", "project = ED ORDER",
                      "updated > yesterday", "project = HID", "issue.property[sync].src = INC1"):
            with self.subTest(wrong):
                path, body = ("/search/jql" if self.flavour == "cloud" else "/search"), {"jql": wrong}
                self.assertEqual(self.ask("POST", path, body)[0], 400)

    def test_dates_in_jql_have_minute_grain_in_the_accounts_zone(self):
        self.good("POST", "/_control/clock", {"freeze": True, "set": 1_780_000_030.5})
        key = self.create()
        local = datetime.datetime.fromtimestamp(1_780_000_020, zoneinfo.ZoneInfo("Asia/Kolkata"))
        self.assertEqual(self.keys(f'updated >= "{local:%Y-%m-%d %H:%M}"'), [key])
        late = local + datetime.timedelta(minutes=1)
        self.assertEqual(self.keys(f'updated >= "{late:%Y/%m/%d %H:%M}"'), [])
        self.assertEqual(self.keys("updated >= 1780000030900"), [key])
        self.assertEqual(self.keys("updated >= 1780000031000"), [])
        self.good("POST", "/_control/clock", {"advance": 120})
        self.assertEqual(self.keys("updated >= -1m"), [])
        self.assertEqual(self.keys("updated >= -3m"), [key])

    def test_searches_lag_and_leave_out_what_is_gone(self):
        self.settings(index_lag=30.0)
        self.good("POST", "/_control/clock", {"freeze": True})
        key = self.create()
        self.assertEqual(self.keys("project = ED"), [])
        self.good("POST", "/_control/clock", {"advance": 31})
        self.assertEqual(self.keys("project = ED"), [key])
        self.good("DELETE", f"/issue/{key}")
        self.assertEqual(self.keys("project = ED"), [])

    def test_declared_properties_can_be_searched(self):
        self.settings(indexed_properties=["sync.src"])
        key = self.create()
        self.good("PUT", f"/issue/{key}/properties/sync", {"src": "INC1"})
        self.assertEqual(self.keys("issue.property[sync].src = INC1"), [key])

    def test_metadata(self):
        fields = {one["id"]: one for one in self.good("GET", "/field")}
        self.assertEqual(fields["customfield_10105"]["schema"]["items"], "option")
        self.assertEqual(sum(one["name"] == "Twice" for one in fields.values()), 2)
        member = ("issueTypes", "fields") if self.flavour == "cloud" else ("values", "values")
        self.settings(meta_page=2)
        page = self.good("GET", "/issue/createmeta/ED/issuetypes?startAt=2")
        self.assertEqual([one["name"] for one in page[member[0]]], ["Task", "Sub-task"])
        self.assertEqual(page["total"], 5)
        self.settings(meta_page=0)
        page = self.good("GET", "/issue/createmeta/ED/issuetypes/10004?maxResults=200")
        shown = {one["fieldId"]: one for one in page[member[1]]}
        self.assertTrue(shown["summary"]["required"])
        self.assertEqual([one["value"] for one in shown["customfield_10104"]["allowedValues"]], ["Critical", "Major", "Minor"])
        self.assertNotIn("customfield_10124", shown)
        self.assertEqual([one["name"] for one in self.good("GET", "/project/ED/versions")], ["1.0", "1.1", "2.0"])
        for path in ("/priority", "/resolution", "/status", "/issuetype", "/issueLinkType", "/project", "/project/ED/components",
                     "/project/ED/statuses"):
            self.assertTrue(self.good("GET", path))
        self.assertIn("summary", self.good("GET", f"/issue/{self.create()}/editmeta")["fields"])

    def test_links(self):
        one, two = self.create(), self.create()
        wish = {"type": {"name": "Blocks"}, "outwardIssue": {"key": one}, "inwardIssue": {"key": two}}
        self.assertEqual(self.ask("POST", "/issueLink", wish)[0], 201)
        [link] = self.fields(one)["issuelinks"]
        self.assertEqual((link["type"]["outward"], link["inwardIssue"]["key"]), ("blocks", two))
        self.good("DELETE", f"/issueLink/{link['id']}")
        self.assertEqual(self.fields(two)["issuelinks"], [])
        remote = {"globalId": "system=snow&id=INC1", "object": {"url": "https://x.example/1", "title": "INC1"}}
        self.assertEqual(self.ask("POST", f"/issue/{one}/remotelink", remote)[0], 201)
        self.assertEqual(self.ask("POST", f"/issue/{one}/remotelink", remote)[0], 200)
        self.assertEqual(len(self.good("GET", f"/issue/{one}/remotelink")), 1)

    def test_throttling(self):
        self.settings(rate_limit=2)
        for left in ("1", "0"):
            self.good("GET", "/myself")
            self.assertEqual(self.headers["X-RateLimit-Remaining"], left)
        self.assertEqual(self.ask("GET", "/myself")[0], 429)
        self.assertEqual(self.headers["Retry-After"], "60")
        self.good("POST", "/_control/clock", {"advance": 61})
        self.good("GET", "/myself")

    def test_expired_tokens_are_no_good(self):
        self.good("GET", "/myself")
        self.good("POST", "/_control/tokens/expire")
        self.assertEqual(self.ask("GET", "/myself")[0], 401)
        self.assertEqual(self.headers["X-Seraph-LoginReason"], "AUTHENTICATED_FAILED")

    def webhook(self, template, **more):
        receiver = Shelf(argparse.Namespace(cert=None, key=None, client_ca=None))
        start(receiver)
        self.seed("webhook", url=f"http://127.0.0.1:{receiver.port}{template}", **more)
        return receiver

    def pushes(self, receiver):
        self.good("GET", "/_control/deliveries")
        return [(one["path"], dict(one["query"]), json.loads(one["body"]) if one["body"] else None, one["headers"])
                for one in receiver.requests]

    def test_an_empty_estimate_empties_it(self):
        key = self.create(timetracking={"originalEstimate": "90m"})
        self.good("PUT", f"/issue/{key}", {"fields": {"timetracking": {"originalEstimate": ""}}})
        self.assertEqual(self.fields(key)["timetracking"], {})

    def test_without_a_webhook_no_body_is_made(self):
        key = self.create()
        self.jira._old_form = None
        self.good("POST", f"/issue/{key}/comment", {"body": self.rich("Hi")})

    def test_webhooks(self):
        receiver = self.webhook("/push/Link/source/{issue.key}?apikey=k", secret="s3")
        key = self.create(description=self.rich("Long"))
        self.good("PUT", f"/issue/{key}", {"fields": {"summary": "New"}})
        self.good("POST", f"/issue/{key}/comment", {"body": self.rich("Hi")})
        pushes = self.pushes(receiver)
        path, query, body, headers = pushes[1]
        self.assertEqual((path, query["apikey"]), (f"/push/Link/source/{key}", "k"))
        self.assertEqual(body["webhookEvent"], "jira:issue_updated")
        self.assertEqual(body["issue"]["fields"]["description"], "Long")
        self.assertIn("/rest/api/2/", body["issue"]["self"])
        self.assertEqual(body["changelog"]["items"][0]["toString"], "New")
        sent = receiver.requests[1]["body"].encode()
        self.assertEqual(headers["x-hub-signature"], "sha256=" + hmac.new(b"s3", sent, hashlib.sha256).hexdigest())
        self.assertEqual(len({one[3]["x-atlassian-webhook-identifier"] for one in pushes}), len(pushes))
        self.assertEqual(pushes[2][2]["webhookEvent"], "comment_created")
        self.assertEqual("issue" in pushes[2][2], self.flavour == "cloud")

    def test_a_webhook_without_a_body(self):
        receiver = self.webhook("/x/{issue.id}", exclude_body=True, events=["jira:issue_created"])
        self.create()
        self.assertIsNone(self.pushes(receiver)[0][2])


class Cloud(Both):
    def test_rejected_credentials_count_as_none(self):
        key = self.create()
        wrong = {"Authorization": self.basic("sync", "wrong")}
        self.assertEqual(self.ask("GET", f"/issue/{key}", headers=wrong)[0], 404)
        self.assertEqual(self.headers["X-Seraph-LoginReason"], "AUTHENTICATED_FAILED")
        self.assertEqual(self.ask("POST", "/search/jql", {"jql": "project = ED"}, wrong), (200, {"issues": [], "isLast": True}))
        self.assertEqual(self.ask("POST", "/issue", {"fields": {}}, wrong)[0], 401)
        self.settings(rejected="401")
        self.assertEqual(self.ask("GET", f"/issue/{key}", headers=wrong)[0], 401)

    def test_documents_are_checked_and_normalised(self):
        key = self.create()
        given = {"type": "doc", "version": 1, "content": [
            {"type": "paragraph", "content": [
                {"type": "text", "text": "a", "marks": [{"type": "strong"}, {"type": "em"}]},
                {"type": "text", "text": "b", "marks": [{"type": "em"}, {"type": "strong"}]}, {"type": "text", "text": "c  "}]},
            {"type": "orderedList", "content": [{"type": "listItem", "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "i"}]}]}]},
            {"type": "paragraph"}]}
        self.good("PUT", f"/issue/{key}", {"fields": {"description": given}})
        shown = self.fields(key)["description"]
        self.assertEqual(shown["content"][0]["content"][0], {
            "type": "text", "text": "ab", "marks": [{"type": "em"}, {"type": "strong"}]})
        self.assertEqual(shown["content"][0]["content"][1]["text"], "c")
        self.assertEqual(shown["content"][1]["attrs"], {"order": 1})
        self.assertEqual(len(shown["content"]), 2)
        text = {"type": "text", "text": "x"}
        for wrong in ({"type": "text", "text": ""}, {"type": "hardbreak"}, {**text, "marks": [{"type": "bold"}]},
                      {**text, "marks": [{"type": "code"}, {"type": "strong"}]}, {**text, "colour": 1}):
            self.ask("POST", f"/issue/{key}/comment", {"body": {"type": "doc", "version": 1, "content": [
                {"type": "paragraph", "content": [wrong]}]}})
        for wrong in (text, {"type": "heading", "attrs": {"level": 7}}, {"type": "heading"}, {"type": "bulletList", "content": []}):
            self.ask("PUT", f"/issue/{key}", {"fields": {"description": {"type": "doc", "version": 1, "content": [wrong]}}})
        self.ask("PUT", f"/issue/{key}", {"fields": {"description": "wiki"}})
        self.assertEqual(len(self.violations()), 10)
        self.violated("")

    def test_pages_follow_a_token(self):
        self.good("POST", "/_control/clock", {"freeze": True})
        keys = [self.create() for _ in range(5)]
        found, body = [], {"jql": "project = ED ORDER BY updated ASC", "fields": ["key", "updated"], "maxResults": 2}
        while True:
            page = self.good("POST", "/search/jql", body)
            found += [one["key"] for one in page["issues"]]
            self.assertNotIn("total", page)
            if page["isLast"]:
                break
            body["nextPageToken"] = page["nextPageToken"]
        self.assertEqual(sorted(found), keys)
        self.assertEqual(self.ask("POST", "/search/jql", {"jql": "ORDER BY key"})[0], 400)
        self.assertEqual(self.ask("POST", "/search/jql", {"jql": "project = ED", "maxResults": 0})[0], 400)
        self.assertEqual(set(self.good("POST", "/search/jql", {"jql": "project = ED"})["issues"][0]) & {"fields"}, set())
        self.good("POST", "/_control/clock", {"advance": 8 * 24 * 3600})
        self.assertEqual(self.ask("POST", "/search/jql", body)[0], 400)
        self.assertEqual(self.ask("POST", "/search", {"jql": "project = ED"})[0], 410)

    def test_reconciled_issues_do_not_lag(self):
        self.settings(index_lag=30.0)
        key = self.create()
        identity = int(self.good("GET", f"/issue/{key}")["id"])
        self.assertEqual(self.keys("project = ED"), [])
        self.assertEqual(len(self.find("project = ED", reconcileIssues=[identity])["issues"]), 1)

    def test_content_comes_from_another_host_without_credentials(self):
        key = self.create()
        _, [made] = self.upload(key, b"hello")
        status, _ = self.ask("GET", urllib.parse.urlsplit(made["content"]).path[len(self.api) :])
        self.assertEqual(status, 303)
        where = urllib.parse.urlsplit(self.headers["Location"])
        self.assertEqual(where.hostname, "127.0.0.2")
        media = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
        self.addCleanup(media.close)
        target = f"{where.path}?{where.query}"
        media.request("GET", target)
        self.assertEqual(media.getresponse().read(), b"hello")
        media.request("GET", target, headers={"Authorization": self.basic("sync")})
        self.assertEqual(media.getresponse().status, 400)
        self.violated("credentials sent along")
        self.assertEqual(self.ask("GET", f"/attachment/content/{made['id']}?redirect=false"), (200, b"hello"))

    def test_people(self):
        self.assertEqual(len(self.good("GET", "/user/search?query=mia")), 2)
        self.assertEqual(len(self.good("GET", "/user/search?query=mia%40example.com")), 0)
        [fred] = self.good("GET", "/user/search?query=fred%40example.com")
        self.assertEqual(self.good("GET", f"/user?accountId={fred['accountId']}")["displayName"], "Fred F. User")
        self.assertNotIn("emailAddress", self.good("GET", "/user/search?query=mia")[0])
        self.ask("GET", "/user/search?username=fred")
        self.violated("unknown query parameter 'username'")

    def test_writes_on_one_issue_are_limited(self):
        self.settings(per_issue_writes=True)
        self.good("POST", "/_control/clock", {"freeze": True})
        key = self.create()
        statuses = [self.ask("PUT", f"/issue/{key}", {"fields": {"summary": str(one)}})[0] for one in range(21)]
        self.assertEqual(statuses, [204] * 20 + [429])
        self.assertEqual(self.headers["RateLimit-Reason"], "jira-per-issue-on-write")

    def test_comments_as_a_field_are_cut(self):
        key = self.create()
        for number in range(25):
            self.good("POST", f"/issue/{key}/comment", {"body": adf(str(number))})
        page = self.fields(key)["comment"]
        self.assertEqual((page["total"], len(page["comments"])), (25, 20))

    def test_failed_webhooks_are_sent_again(self):
        receiver = self.webhook("/nowhere/{issue.key}", events=["jira:issue_created"])
        receiver.faults += [{"kind": "answer", "times": 1, "status": 503}]
        self.create()
        self.pushes(receiver)
        self.assertEqual(self.good("POST", "/_control/webhooks/retry"), {"sent": 1})
        first, second = self.pushes(receiver)
        self.assertEqual(first[3]["x-atlassian-webhook-identifier"], second[3]["x-atlassian-webhook-identifier"])
        self.assertEqual(second[3]["x-atlassian-webhook-retry"], "1")
        self.assertEqual(self.good("POST", "/_control/webhooks/retry"), {"sent": 0})

    def test_an_internal_comment_is_not_public(self):
        key = self.create()
        made = self.good("POST", f"/issue/{key}/comment", {"body": adf("x"), "properties": [
            {"key": "sd.public.comment", "value": {"internal": True}}]})
        self.assertFalse(made["jsdPublic"])


class DataCenter(Both):
    flavour = "datacenter"

    def test_rejected_credentials_and_the_captcha(self):
        wrong = {"Authorization": self.basic("sync", "wrong")}
        for _ in range(3):
            self.assertEqual(self.ask("GET", "/myself", headers=wrong)[0], 401)
            self.assertEqual(self.headers["X-Seraph-LoginReason"], "AUTHENTICATED_FAILED")
        self.assertEqual(self.ask("GET", "/myself")[0], 403)
        self.assertIn("CAPTCHA_CHALLENGE", self.headers["X-Authentication-Denied-Reason"])
        self.good("GET", "/myself", headers={"Authorization": "Bearer sync-pat"})
        self.assertEqual(self.ask("GET", "/myself", headers={"Authorization": "Bearer wrong"})[0], 401)

    def test_pages_shift_while_issues_change(self):
        keys = [self.create() for _ in range(4)]
        body = {"jql": "project = ED ORDER BY updated ASC, key ASC", "fields": ["key"], "startAt": 0, "maxResults": 2}
        first = self.good("POST", "/search", body)
        self.assertEqual((first["total"], len(first["issues"])), (4, 2))
        self.good("POST", "/_control/clock", {"advance": 5})
        self.good("PUT", f"/issue/{keys[0]}", {"fields": {"summary": "later"}})
        second = self.good("POST", "/search", {**body, "startAt": 2})
        self.assertEqual([one["key"] for one in second["issues"]], [keys[3], keys[0]])

    def test_content_wants_credentials(self):
        key = self.create()
        _, [made] = self.upload(key, b"hello", "ä b.txt")
        path = urllib.parse.urlsplit(made["content"]).path
        for credentials, status in ((self.basic("sync"), 200), ("", 302)):
            self.connection.request("GET", path, headers={"Authorization": credentials} if credentials else {})
            answer = self.connection.getresponse()
            self.assertEqual(answer.status, status)
            self.assertEqual(answer.read(), b"hello" if status == 200 else b"")

    def test_people(self):
        self.assertEqual(self.good("GET", "/user?username=fred")["key"], "JIRAUSER10101")
        self.assertEqual([one["name"] for one in self.good("GET", "/user/search?username=mia")], ["mia", "mia2"])
        self.assertEqual(self.good("GET", "/user/search?username=gone"), [])
        self.assertEqual(len(self.good("GET", "/user/search?username=gone&includeInactive=true")), 1)
        key = self.create()
        self.ask("PUT", f"/issue/{key}", {"fields": {"assignee": {"accountId": "x"}}})
        self.violated("unknown member 'accountId'")
        self.assertEqual(self.refused(400, self.ask("PUT", f"/issue/{key}", {"fields": {"assignee": {"name": "gone"}}})),
                         {"assignee": "User 'gone' cannot be assigned issues."})

    def test_older_versions_have_a_dollar_in_their_webhooks(self):
        self.settings(center_version="9.12.4")
        receiver = self.webhook("/x/${issue.key}/{issue.key}", events=["jira:issue_created"])
        key = self.create()
        path, query, _, _ = self.pushes(receiver)[0]
        self.assertEqual(path, f"/x/{key}/{{issue.key}}")
        self.assertEqual(query, {"user_id": "sync", "user_key": "JIRAUSER10100"})

    def test_a_limit_of_text(self):
        self.assertIn("description", self.refused(400, self.ask("POST", "/issue", {"fields": {
            "project": {"key": "ED"}, "issuetype": {"name": "Bug"}, "summary": "x", "description": "y" * 40_000}})))
        self.settings(text_limit=0)
        self.create(description="y" * 2_000_000)

    def test_what_only_cloud_has_is_a_violation(self):
        self.assertEqual(self.ask("POST", "/search/jql", {"jql": "project = ED"})[0], 404)
        self.violated("no such path")
        self.connection.request("GET", "/rest/api/3/serverInfo")
        answer = self.connection.getresponse()
        answer.read()
        self.assertEqual(answer.status, 404)


del Both

if __name__ == "__main__":
    unittest.main()

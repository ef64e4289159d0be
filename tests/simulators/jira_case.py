"""What the tests of the simulated Jira share: a simulator of one flavour, and an account that asks it."""

import argparse
import base64
import http.client
import json
import unittest

from jira import Jira
from simulator import start


def adf(*texts):
    return {"type": "doc", "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]} for text in texts]}


class Base(unittest.TestCase):
    flavour = "cloud"
    as_user = "sync"

    def setUp(self):
        self.jira = Jira(argparse.Namespace(cert=None, key=None, client_ca=None, flavour=self.flavour, context=""))
        start(self.jira)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.jira.port, timeout=20)
        self.addCleanup(self.connection.close)

    @property
    def api(self):
        return "/rest/api/3" if self.flavour == "cloud" else "/rest/api/2"

    def basic(self, user, secret=None):
        account = f"{user}@example.com" if self.flavour == "cloud" else user
        return "Basic " + base64.b64encode(f"{account}:{secret or user + '-secret'}".encode()).decode()

    def ask(self, method, path, body=None, headers=None, user=None):
        """(status, JSON or bytes); the headers of the answer are in self.headers."""
        all_headers = {"Authorization": self.basic(user or self.as_user), **(headers or {})}
        if body is not None and not isinstance(body, bytes):
            body, all_headers["Content-Type"] = json.dumps(body), "application/json"
        self.connection.request(method, path if path.startswith("/_") else self.api + path, body,
                                {name: value for name, value in all_headers.items() if value})
        answer = self.connection.getresponse()
        text, self.headers = answer.read(), answer.headers
        is_json = self.headers.get("Content-Type", "").startswith("application/json")
        return answer.status, json.loads(text) if is_json and text else text

    def good(self, method, path, body=None, **more):
        status, answer = self.ask(method, path, body, **more)
        self.assertIn(status, (200, 201, 204), answer)
        return answer

    def seed(self, kind, **record):
        return self.good("POST", f"/_control/records/{kind}", record)

    def settings(self, **values):
        self.good("POST", "/_control/settings", values)

    def violations(self):
        return [one["reason"] for one in self.good("GET", "/_control/violations")]

    def tearDown(self):
        self.assertEqual(self.violations(), [], "requests not as documented")

    def violated(self, text):
        """The violations were provoked: each holds the text; they are forgotten."""
        reasons = self.violations()
        self.assertTrue(reasons and all(text in one for one in reasons), reasons)
        self.good("DELETE", "/_control/violations")

    def create(self, summary="Broken", issue_type="Bug", project="ED", **fields):
        return self.good("POST", "/issue", {"fields": {"project": {"key": project}, "issuetype": {"name": issue_type},
                                                       "summary": summary, **fields}})["key"]

    def fields(self, key):
        return self.good("GET", f"/issue/{key}")["fields"]

    def find(self, jql, **more):
        if self.flavour == "cloud":
            return self.good("POST", "/search/jql", {"jql": jql, "fields": ["updated"], **more})
        return self.good("POST", "/search", {"jql": jql, "fields": ["updated"], **more})

    def keys(self, jql):
        return [one["key"] for one in self.find(jql)["issues"]]

    def refused(self, status, answer):
        self.assertEqual(answer[0], status, answer)
        return answer[1]["errors"] or answer[1]["errorMessages"]

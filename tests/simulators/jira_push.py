"""Webhooks: what Jira posts when something changes.

Seed one with {"url": ..., "events"?: [...], "secret"?: ..., "exclude_body"?: bool}. The URL may hold {issue.key},
{issue.id} and {project.key} at Cloud and Data Center 10, the same with a dollar in front before that; what is not one
of the version's variables stays as it is. Data Center adds user_id and user_key.
"""

import hashlib
import hmac
import json
import urllib.parse
import uuid

import jira_adf
from simulator import Response, route

EVENTS = ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created", "comment_updated",
          "comment_deleted")
RETRIED = (0, 408, 409, 425, 429)


class Push:
    def add_webhook(self, record):
        unknown = set(record) - {"url", "events", "secret", "exclude_body"}
        if unknown or "url" not in record or set(record.get("events", ())) - set(EVENTS):
            raise KeyError(f"a webhook has url, events, secret and exclude_body, not {record}")
        hook = {"events": EVENTS, "secret": None, "exclude_body": False, **record}
        self.webhooks.append(hook)
        return record

    def pushed(self, user, issue, event, kind, entry=None):
        """Something happened to an issue."""
        if not self.webhooks:
            return  # the bodies cost as much as the issue is large
        body = {"timestamp": self.site.now(), "webhookEvent": event, "issue_event_type_name": kind,
                "user": self.site.person(user), "issue": self._old_form(issue)}
        if entry is not None:
            body["changelog"] = {"id": entry["id"], "items": entry["items"]}
        self._push(event, user, issue, body)

    def pushed_comment(self, user, issue, comment, event, kind):
        """Something happened to a comment. Data Center tells of the issue too, in a push of its own."""
        if not self.webhooks:
            return
        shown = self._second_version(self.site.shown_comment(issue, comment, wiki=True))
        body = {"timestamp": self.site.now(), "webhookEvent": event, "comment": shown}
        if self.cloud:
            small = self._old_form(issue)
            wanted = ("summary", "issuetype", "project", "assignee", "priority", "status")
            body["issue"] = {**small, "fields": {name: small["fields"].get(name) for name in wanted}}
            body["eventType"] = "primaryAction"
        self._push(event, user, issue, body)
        if not self.cloud:
            body = {"timestamp": self.site.now(), "webhookEvent": "jira:issue_updated", "issue_event_type_name": kind,
                    "user": self.site.person(user), "issue": self._old_form(issue), "comment": shown}
            self._push("jira:issue_updated", user, issue, body)

    def _old_form(self, issue):
        """The issue as version 2 of the API shows it, which is what a webhook carries."""
        fields = self.site.shown_fields(issue, "admin")
        for name, field in self.site.fields.items():
            if self.cloud and field.kind == "rich" and issue["fields"].get(name):
                fields[name] = jira_adf.to_wiki(issue["fields"][name])
        if self.cloud:
            for name in ("comment", "worklog"):
                del fields[name]
        shown = {"id": issue["id"], "self": self.site.link(f"issue/{issue['id']}"), "key": issue["key"], "fields": fields}
        return self._second_version(shown)

    def _second_version(self, shown):
        return json.loads(json.dumps(shown).replace("/rest/api/3/", "/rest/api/2/"))

    def _push(self, event, user, issue, body):
        for hook in self.webhooks:
            if event not in hook["events"]:
                continue
            content = b"" if hook["exclude_body"] else json.dumps(body, ensure_ascii=False).encode()
            headers = {"Content-Type": "application/json; charset=UTF-8", "X-Atlassian-Webhook-Identifier": str(uuid.uuid4()),
                       "User-Agent": "Atlassian Webhook HTTP Client" if self.cloud else
                       f"Atlassian HttpClient 3.0.4 / JIRA-{self.settings['center_version']} / Default"}
            if self.cloud:
                headers["X-Atlassian-Webhook-Flow"] = "Primary"
            if hook["secret"]:
                digest = hmac.new(hook["secret"].encode(), content, hashlib.sha256).hexdigest()
                headers["X-Hub-Signature"] = "sha256=" + digest
            url = self._url(hook["url"], user, issue)
            self.pushes.append({"url": url, "headers": headers, "content": content, "retries": 0})
            self.outbox.post(url, headers, content)

    def _url(self, template, user, issue):
        dollar = not self.cloud and int(self.settings["center_version"].split(".")[0]) < 10
        for name, value in (("issue.key", issue["key"]), ("issue.id", issue["id"]), ("project.key", issue["project"])):
            template = template.replace(("${" if dollar else "{") + name + "}", value)
        if self.cloud:
            return template
        extra = urllib.parse.urlencode({"user_id": user, "user_key": self.site.users[user]["key"]})
        return template + ("&" if "?" in template else "?") + extra

    @route("POST", "/_control/webhooks/retry")
    def retry_webhooks(self, request):
        """Sends again what Cloud would send again after its pause: at most five times, with the same identifier."""
        if not self.cloud:
            return Response(200, {"sent": 0})
        last = {one["headers"]["X-Atlassian-Webhook-Identifier"]: one["status"] for one in self.outbox.sent()}
        sent = 0
        for push in self.pushes:
            status = last.get(push["headers"]["X-Atlassian-Webhook-Identifier"])
            if status is None or push["retries"] >= 5 or not (status in RETRIED or status >= 500):
                continue
            push["retries"] += 1
            push["headers"] = {**push["headers"], "X-Atlassian-Webhook-Retry": str(push["retries"])}
            self.outbox.post(push["url"], push["headers"], push["content"])
            sent += 1
        return Response(200, {"sent": sent})

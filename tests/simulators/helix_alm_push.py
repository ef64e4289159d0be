"""Helix ALM's webhooks (About webhooks, Adding webhook recipients, Adding webhook headers).

A real recipient's URL must be https; here any will do. Documents leave open how the header values look and how often and
when a failed notification is sent again: the ID is a UUID that stays, the timestamp is that of the sending, the retry
counts up from 0, and only a control call sends again.
"""

import base64
import dataclasses
import hashlib
import hmac
import json
import uuid

from helix_alm_access import utc
from helix_alm_schema import PLURAL, SINGULAR
from shape import ANY, Map
from simulator import Departure, Response, route

VERSION = "1"
RESERVED = {one.lower() for one in (
    "Content-Type", "X-HALM-WebHook-Version", "X-HALM-WebHook-ID", "X-HALM-WebHook-Timestamp", "X-HALM-WebHook-Signature-Primary",
    "X-HALM-WebHook-Signature-Secondary", "X-HALM-WebHook-Retry", "Connection", "Content-Encoding", "Content-Language",
    "Content-Length", "Content-Location", "Content-Range", "Keep-Alive", "Transfer-Encoding")}


@dataclasses.dataclass
class Recipient:
    name: str
    url: str
    secret: str = ""
    secondary: str = ""
    algorithm: str = "sha256"
    headers: dict = dataclasses.field(default_factory=dict)
    batch: bool = False
    itemTypes: list = dataclasses.field(default_factory=lambda: list(PLURAL))
    skip: list = dataclasses.field(default_factory=list)
    disabled: bool = False
    waiting: dict = dataclasses.field(default_factory=dict)  # project name -> events

    def __post_init__(self):
        reserved = [one for one in self.headers if one.lower() in RESERVED]
        if reserved or self.algorithm not in ("sha256", "sha512") or set(self.itemTypes) - set(PLURAL):
            raise KeyError(f"no recipient: headers {reserved}, {self.algorithm}, {self.itemTypes}")

    def head(self, identity, moment, retry, body):
        headers = {**self.headers, "Content-Type": "application/json; charset=utf-8", "X-HALM-WebHook-Version": VERSION,
                   "X-HALM-WebHook-ID": identity, "X-HALM-WebHook-Timestamp": moment, "X-HALM-WebHook-Retry": str(retry)}
        for which, secret in (("Primary", self.secret), ("Secondary", self.secondary)):
            if secret:
                headers["X-HALM-WebHook-Signature-" + which] = signature(self.algorithm, secret, identity, moment, body)
        return headers


@dataclasses.dataclass
class Notification:
    recipient: Recipient
    identity: str
    body: bytes
    retries: int = 0


def signature(algorithm, secret, identity, moment, body):
    signed = (VERSION + identity + moment).encode() + body
    return base64.b64encode(hmac.new(secret.encode(), signed, getattr(hashlib, algorithm)).digest()).decode()


class Push:
    """Mixed into the simulator."""

    def seed_recipient(self, record):
        recipient = Recipient(**record)
        self.recipients[recipient.name] = recipient
        return record

    def changed(self, project, item, action, conditions, user):
        """Something happened to an item: tells the recipients, whoever did it."""
        for number, recipient in enumerate(self.recipients.values(), 1):
            if recipient.disabled or user in recipient.skip or SINGULAR[item["kind"]] not in recipient.itemTypes:
                continue
            event = self._event(project, item, action, conditions, number, recipient.name)
            if recipient.batch:
                recipient.waiting.setdefault(project.name, []).append(event)
            else:
                self._notify(recipient, project.name, [event])

    def _event(self, project, item, action, conditions, rule, name):
        """`id` is the rule's; the record's own stands in `item`, whose type is in the singular."""
        shown = {"itemType": SINGULAR[item["kind"]]}
        if item["type"] is not None:
            shown["requirementType"] = {"id": item["type"], "label": project.schema.requirement_type(item["type"]).label}
        shown.update({"id": item["id"], "number": item["number"], "tag": item["tag"]})
        return {"action": action, "condition": conditions, "id": rule, "name": name, "created": project.now(), "item": shown}

    def _notify(self, recipient, project, events, identity=None):
        body = json.dumps({"version": 1, "projectID": project, "events": events}, ensure_ascii=False, separators=(",", ":"))
        notification = Notification(recipient, identity or str(uuid.uuid4()), body.encode())
        self.pushes.append(notification)
        self._deliver(notification)
        return notification

    def _deliver(self, notification):
        head = notification.recipient.head(notification.identity, utc(self.clock.now()), notification.retries, notification.body)
        self.outbox.post(notification.recipient.url, head, notification.body)

    @route("POST", "/_control/webhooks/flush")
    def flush_webhooks(self, request):
        sent = 0
        for recipient in self.recipients.values():
            for project, events in recipient.waiting.items():
                self._notify(recipient, project, events)
                sent += 1
            recipient.waiting.clear()
        return Response(200, {"sent": sent})

    @route("POST", "/_control/webhooks/send", body={
        "url?": str, "recipient?": str, "project": ANY, "secret?": str, "algorithm?": str, "headers?": Map(str),
        "webhook_id?": str,
        "items": [{"itemType": str, "id": int, "action?": str, "condition?": [str]}]})
    def send_webhook(self, request):
        wish = request.json()
        project = self.named(wish)
        if "recipient" in wish:
            recipient = self.recipients[wish["recipient"]]
        else:
            own = ("url", "secret", "algorithm", "headers")
            recipient = Recipient("by hand", **{key: wish[key] for key in own if key in wish})
        events = [self._event(project, self._sent_item(project, one), one.get("action", "changed"), one.get("condition", []), 1,
                              recipient.name) for one in wish["items"]]
        notification = self._notify(recipient, project.name, events, wish.get("webhook_id"))
        return Response(200, {"id": notification.identity, "body": json.loads(notification.body)})

    @staticmethod
    def _sent_item(project, wish):
        kind = PLURAL.get(wish["itemType"])
        if kind is None or wish["id"] not in project.items[kind]:
            raise Departure(f"no such item: {wish}", 404)
        return project.items[kind][wish["id"]]

    @route("POST", "/_control/webhooks/retry")
    def retry_webhooks(self, request):
        """Sends again what was not taken; a recipient that failed too often is disabled."""
        last, failures = {}, {}
        for one in self.outbox.sent():
            identity = one["headers"]["X-HALM-WebHook-ID"]
            last[identity] = one["status"]
            failures[one["url"]] = 0 if 200 <= one["status"] < 300 else failures.get(one["url"], 0) + 1
        sent = 0
        for notification in self.pushes:
            recipient, limit = notification.recipient, self.settings["disable_after"]
            recipient.disabled = recipient.disabled or bool(limit) and failures.get(recipient.url, 0) >= limit
            if recipient.disabled or 200 <= last.get(notification.identity, 200) < 300:
                continue
            notification.retries += 1
            self._deliver(notification)
            sent += 1
        return Response(200, {"sent": sent})

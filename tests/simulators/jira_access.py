"""Who may do what: credentials as both flavours treat them, permissions, throttling, and the shape of refusals."""

import base64
import datetime

from simulator import Answer, Departure, Response, route

SEEN_AS = "X-Seraph-LoginReason"


def api(method, path, query=(), body=None, open=False):
    """A route of the REST API in the flavour's version."""
    return route(method, "/rest/api/~" + path, query, body, open)


def error_body(messages, fields=None):
    return {"errorMessages": list(messages), "errors": dict(fields or {})}


def errors(status, messages=(), fields=None, headers=None):
    """A refusal in Jira's shape, to be raised."""
    return Answer(Response(status, error_body(messages, fields), headers))


class Access:
    def forget_access(self):
        self.tokens, self.passwords = {}, {}
        for name, user in self.site.users.items():
            self.tokens[user["pat"]] = name
            self.passwords[user["mail"] if self.cloud else name] = (name, user["secret"])
        self.failures, self.windows = {}, {}

    # Credentials.

    def authenticate(self, request):
        request.reason = None
        given = request.headers.get("authorization")
        if given is None:
            return
        scheme, _, rest = given.partition(" ")
        if scheme == "Basic":
            request.user = self._basic(request, rest)
        elif scheme == "Bearer":
            request.user = None if self.cloud else self.tokens.get(rest)
        else:
            raise Departure(f"authorization scheme {scheme!r}", 401)
        if request.user is not None and self.site.users[request.user].get("inactive"):
            request.user = None
        if request.user is None:
            request.reason = "AUTHENTICATED_FAILED"
            if not self.cloud or self.settings["rejected"] == "401":
                raise Answer(self._unauthorized(request))

    def _basic(self, request, encoded):
        try:
            account, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            raise Departure("credentials that are no base64", 401) from None
        if not self.cloud and self.failures.get(account, 0) >= self.settings["captcha_after"]:
            request.reason = "AUTHENTICATION_DENIED"
            raise Answer(Response(403, b"<html><body>CAPTCHA</body></html>", {
                "Content-Type": "text/html;charset=UTF-8",
                "X-Authentication-Denied-Reason": f"CAPTCHA_CHALLENGE; login-url={self.base_url()}/login.jsp"}))
        name, expected = self.passwords.get(account, (None, None))
        if name is None or secret != expected:
            self.failures[account] = self.failures.get(account, 0) + 1
            return None
        self.failures.pop(account, None)
        return name

    def _unauthorized(self, request):
        if self.cloud:
            return Response(401, b"Client must be authenticated to access this resource.", {"Content-Type": "text/plain"})
        return Response(401, b"<html><head><title>Unauthorized (401)</title></head><body>Unauthorized</body></html>",
                        {"Content-Type": "text/html;charset=UTF-8", "WWW-Authenticate": 'OAuth realm="http%3A%2F%2Fjira"'})

    def expire_tokens(self):
        self.tokens.clear()
        self.passwords.clear()

    def finish(self, request, response):
        reason = getattr(request, "reason", None)
        if reason:
            response.headers[SEEN_AS] = reason
        limit = self.settings["rate_limit"]
        if limit:
            used = len(self.windows.get(self._who(request), ()))
            response.headers["X-RateLimit-Limit"] = str(limit)
            response.headers["X-RateLimit-Remaining"] = str(max(0, limit - used))
            if self.cloud:
                reset = datetime.datetime.fromtimestamp(self.clock.now() + 60, datetime.timezone.utc)
                response.headers["X-RateLimit-Reset"] = reset.strftime("%Y-%m-%dT%H:%MZ")
            else:
                response.headers.update({"X-RateLimit-Interval-Seconds": "60", "X-RateLimit-FillRate": str(limit)})
                response.headers.setdefault("Retry-After", "0")

    # Throttling.

    @staticmethod
    def _who(request):
        return request.headers.get("authorization", "")

    def before(self, request):
        limit = self.settings["rate_limit"]
        if limit and not self._within(self._who(request), ((limit, 60.0),)):
            raise errors(429, ["Rate limit exceeded."], headers={"Retry-After": "60", "RateLimit-Reason": "jira-burst-based"})

    def _within(self, what, bounds):
        """Notes one more use of `what` and says whether it is within every (count, seconds); a refused use counts not."""
        now, longest = self.clock.now(), max(seconds for _, seconds in bounds)
        uses = self.windows[what] = [one for one in self.windows.get(what, []) if one > now - longest]
        if any(sum(one > now - seconds for one in uses) >= count for count, seconds in bounds):
            return False
        uses.append(now)
        return True

    def note_write(self, issue):
        """Cloud: 20 writes in 2 s and 100 in 30 s on one issue, where the setting asks for it."""
        if self.settings["per_issue_writes"] and not self._within("issue " + issue["id"], ((20, 2.0), (100, 30.0))):
            raise errors(429, ["Rate limit exceeded."],
                         headers={"Retry-After": "2", "RateLimit-Reason": "jira-per-issue-on-write"})

    # Permissions.

    def only_cloud(self, request):
        if not self.cloud:
            raise Departure(f"no such path: {request.path}", 404)

    def account(self, request):
        """Who asks, for resources that nobody anonymous reaches."""
        if request.user is None:
            raise Answer(self._unauthorized(request))
        return request.user

    def issue(self, request, identity, permission="browse"):
        """The issue, or the refusal for whoever may not do that with it."""
        issue = self.site.find_issue(identity)
        if issue is None or not self.site.may(request.user, "browse", issue["project"]):
            raise errors(404, ["Issue does not exist or you do not have permission to see it." if self.cloud
                               else "Issue Does Not Exist"])
        if not self.site.may(request.user, permission, issue["project"]):
            raise errors(403, [f"You do not have permission to {permission} issues in this project."])
        if permission != "browse":
            self.note_write(issue)
        return issue

    def project(self, request, identity):
        key = self.site.project_by(identity)
        if key is None or not self.site.may(request.user, "browse", key):
            raise errors(404, [f"No project could be found with key '{identity}'."])
        return key

    def integer(self, request, name, default):
        text = request.parameter(name)
        if text is None:
            return default
        if not text.lstrip("-").isdigit():
            raise Departure(f"query parameter {name}={text!r} is no number")
        return int(text)

    def flag(self, request, name, default):
        text = request.parameter(name, default)
        if text not in ("true", "false"):
            raise Departure(f"query parameter {name}={text!r} is neither true nor false")
        return text == "true"

    def page(self, request, entries, limit, largest=None):
        """(start, maxResults, entries) of the page asked for."""
        start = self.integer(request, "startAt", 0)
        size = min(self.integer(request, "maxResults", limit), largest or limit)
        if start < 0 or size < 0:
            raise errors(400, ["startAt and maxResults must not be negative."])
        return start, size, entries[start : start + size]

"""Jira, simulated: Cloud (REST v3) or Data Center (REST v2) of one site.

    jira.py --flavour cloud|datacenter [--context /jira]

Accounts (jira_world.py): at Cloud Basic with `sync@example.com` / `sync-secret`, at Data Center Basic with `sync` /
`sync-secret` or the bearer token `sync-pat`; likewise fred, mia, mia2 (who is called as mia is), admin (who may
everything), gone (left). Everybody's time zone is Asia/Kolkata.

Beyond the common base it does what makes an adapter's life hard on the real thing:
  - Rejected credentials at Cloud count as none: empty lists, 404, sometimes 401, told apart by X-Seraph-LoginReason
    alone; at Data Center 401 with a page of HTML, and after a few a CAPTCHA that only a person can solve.
  - Searches lag (setting `index_lag`), compare dates by whole seconds, take literals of minute grain in the account's
    time zone, leave out what is gone, so that a page may be short; offsets shift while issues change.
  - A status changes by transitions only; one of them asks for a field, one status can't be reached.
  - Values come back normalised: trimmed, sorted, documents rewritten. 204 answers a PUT.
  - An attachment's content comes from another host (127.0.0.2), which refuses credentials.

Settings: `text_limit` (characters of a long text; 0: none), `attachment_limit` (bytes), `search_page`, `comment_page`,
`meta_page` (the most that a page has; 0: as documented), `rejected` ("anonymous" or "401", Cloud), `captcha_after`
(failed logins, Data Center), `rate_limit` (requests per minute and account; 0: none), `per_issue_writes` (Cloud's limit
of writes on one issue), `indexed_properties` (["key.path"] that JQL may search), `center_version`.

Records for seeding: `issue` ({project, type, summary, as?, status?, fields?: {id: value as the API takes it}}),
`field` ({name, type, options?, id?, screen?, types?, required?}), `project` ({key, name?, allowed?}), `move`
({issue, project}), `user` ({name, display, mail, ...}), `version` and `component` ({project, name}), `webhook` (see
jira_push.py), `token` ({user, token}). Shown: `issue` (with comments, properties and the attachments' SHA-256).
POST /_control/webhooks/retry sends again what Cloud would.
"""

import hashlib

import jira_world as world
from jira_access import Access, error_body
from jira_issues import Issues, issue_view
from jira_meta import Meta
from jira_notes import Notes
from jira_push import Push
from jira_search import Search
from jira_site import Site
from simulator import Answer, Response, Simulator, serve


class Jira(Access, Issues, Notes, Meta, Push, Search, Simulator):
    addresses = ("127.0.0.1", "127.0.0.2")
    default_settings = {
        **Simulator.default_settings,
        "text_limit": 32_767, "attachment_limit": 1 << 30, "search_page": 0, "comment_page": 0, "meta_page": 0,
        "rejected": "anonymous", "captcha_after": 3, "rate_limit": 0, "per_issue_writes": False,
        "indexed_properties": [], "center_version": "10.3.1",
    }

    @classmethod
    def add_options(cls, parser):
        parser.add_argument("--flavour", choices=("cloud", "datacenter"), required=True)
        parser.add_argument("--context", default="", help="path prefix, such as /jira or /ex/jira/<cloudId>")

    def __init__(self, options):
        self.cloud, self.prefix = options.flavour == "cloud", options.context
        super().__init__(options)

    def reset(self):
        self.site = Site(self.cloud, self.settings, self.clock, self.base_url)
        self.webhooks, self.pushes = [], []
        self.forget_access()

    def local_path(self, request):
        """Routes are told regardless of the version; serverInfo answers to version 2 of both flavours."""
        path = super().local_path(request)
        if path is None:
            return None
        known = f"/rest/api/{self.site.version}/"
        if path.startswith(known):
            return "/rest/api/~/" + path[len(known) :]
        if path in ("/rest/api/2/serverInfo", "/rest/api/latest/serverInfo"):
            return "/rest/api/~/serverInfo"
        if path == "/rest/api/3/serverInfo":
            raise Answer(Response(404, b"<html><body>404</body></html>", {"Content-Type": "text/html;charset=UTF-8"}))
        return path

    def refusal(self, request, status, reason):
        return Response(status, error_body([reason]))

    # Control.

    def seed(self, kind, record):
        makers = {"issue": self._seed_issue, "field": self._seed_field, "project": self._seed_project, "move": self._move,
                  "user": self._seed_user, "version": self._seed_version, "component": self._seed_component,
                  "webhook": self.add_webhook, "token": self._seed_token}
        return makers[kind](record)

    def _seed_issue(self, record):
        user, issue_type = record.get("as", "fred"), self.site.type_by(record.get("type", "Bug"))["id"]
        fields = {"summary": record["summary"], **record.get("fields", {})}
        screen = self.site.screen(issue_type, create=True)
        values = {name: self.site.kinds[screen[name].kind].parse(screen[name], value, record["project"])
                  for name, value in fields.items()}
        self._defaults(values, user)
        issue = self.site.add_issue(record["project"], issue_type, user,
                                    {**values, "project": record["project"], "issuetype": issue_type})
        if "status" in record:
            issue["status"] = next(one for one, (name, _) in world.STATUSES.items() if name == record["status"])
        self.site.indexed(issue)
        self.pushed(user, issue, "jira:issue_created", "issue_created")
        return self._shown(issue)

    def _seed_field(self, record):
        field = self.site.add_field(record)
        return {"id": field.id, "name": field.name, "options": field.options}

    def _seed_project(self, record):
        known = self.site.projects.get(record["key"], {"id": self.site.number("project", 10100), "name": record["key"],
                                                       "allowed": world.ALL_PERMISSIONS})
        self.site.projects[record["key"]] = {**known, **{name: record[name] for name in ("name", "allowed") if name in record}}
        return record

    def _move(self, record):
        issue = self.site.find_issue(record["issue"])
        issue["project"] = issue["fields"]["project"] = record["project"]
        issue["key"] = f"{record['project']}-{self.site.number('key ' + record['project'], 1)}"
        self.site.keys[issue["key"]] = issue["id"]
        self.site.touch(issue)
        self.site.indexed(issue)
        return self._shown(issue)

    def _seed_user(self, record):
        name = record["name"]
        self.site.users[name] = {"accountId": f"557058:{name}", "key": f"JIRAUSER{10100 + len(self.site.users)}",
                                 "groups": [], "roles": [], "secret": f"{name}-secret", "pat": f"{name}-pat",
                                 **{key: value for key, value in record.items() if key != "name"}}
        self.forget_access()
        return record

    def _seed_version(self, record):
        self.site.versions.setdefault(record["project"], []).append((self.site.number("version", 10150), record["name"], False))
        return record

    def _seed_component(self, record):
        self.site.components.setdefault(record["project"], []).append((self.site.number("component", 10250), record["name"]))
        return record

    def _seed_token(self, record):
        user = self.site.users[record["user"]]
        self.tokens[record["token"]] = record["user"]
        self.passwords[user["mail"] if self.cloud else record["user"]] = (record["user"], record["token"])
        return record

    def inspect(self, kind, identity):
        if kind != "issue":
            raise KeyError(kind)
        if identity is None:
            return [self._shown(one) for one in self.site.issues.values()]
        issue = self.site.find_issue(identity)
        if issue is None:
            raise KeyError(identity)
        return self._shown(issue)

    def _shown(self, issue):
        """Everything of an issue: all comments, all properties, and the digest of each attachment."""
        shown = issue_view(self.site, issue, "admin", properties=("*all",))
        shown["comments"] = [{**self.site.shown_comment(issue, one), "properties": one["properties"]}
                             for one in issue["comments"]]
        shown["remote_links"] = issue["remote_links"]
        for attachment, entry in zip(issue["attachments"], shown["fields"]["attachment"]):
            digest = hashlib.sha256()
            for chunk in attachment["content"].chunks():
                digest.update(chunk)
            entry["sha256"] = digest.hexdigest()
        return shown


if __name__ == "__main__":
    serve(Jira)

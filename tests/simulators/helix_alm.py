#!/usr/bin/python3
"""Perforce Helix ALM, simulated: the REST API (v0) of one server, and its webhooks.

    helix_alm.py

Sources: "Helix ALM REST API" help (AuthorizationSecurity, RateLimits, LimitingItemsReturned, ResponseErrorCodes,
ErrorResponseObjects), "About webhooks", "Adding webhook recipients/headers", and Perforce's own published clients.
"(chosen)" marks what these leave open; a setting mostly offers the other way.

Address and accounts
--------------------
Everything lies under /helix-alm/api/v0 (also /perforce-alm/api/v0, as from 2026.1; setting `perforce_path`).
{p} is a project's id, its uuid with braces, or its name, percent-encoded:
    4  Traditional Template              {62981d8a-2c13-4557-b938-9b513669eb9b}
    7  @REST API's Test Project DB!      {a07e5d12-c02e-430b-980f-b5ff9fd97c0b}
    9  Enhanced Compliance & E-Sigs      {d9bc55d9-e6e7-4b63-894f-b19ce23e667c}
   12  100% Größe/{x}?                   {0f0c2d6e-52a1-4f6e-8a53-0f4f5f1b7c11}
   13  Closed (bert alone)               {5b1f0d59-8b5e-4a55-9c0a-3d2f0c1e9a77}
Users: sync, anna, bert (password <name>-secret), issues-only (no licence for requirements and tests: 403), no-soap (may
not log in by the API: 403 for every token). API key of sync: ApiKey key-sync:key-secret; of anna: key-anna:key-secret.

    GET /versions                 no credentials needed; {RESTAPIServer, HALMCommsLibrary, HALMServer, errors}
    GET /projects                 Basic or ApiKey; {"projects": [{id, name, uuid}], "projectsLoading": 0}
    GET /{p}/token                Basic or ApiKey; {"tokenType": "Bearer", "expiresOn": "...Z", "accessToken": JWT}
    GET /{p}/ratelimits           {}: what counts are the headers
Schemes are told regardless of case; an ApiKey is sent raw (id:secret). Everything else wants `Bearer <token of this very
project>`. Credentials of the other kind, or none, are a violation (and 401); so is another project's token. A token that
is unknown, expired or forgotten by the server: 401, {"code": "Unauthorized", "statusCode": 401, "message": ...}.

Items
-----
{c} is issues, requirements, documents, testCases (testcases), testRuns (testruns); its items stand under that name.

    GET  /{p}/{c}                 ?search=&fields=&page=&per_page=&expand=&formattedText=&filterID=
    POST /{p}/{c}/search          {search?, fields?: [label], page?, per_page?, expand?: [...], formattedText?, filterID?}
         -> {"issues": [item], "paging": {"page", "pageLimit", "totalPages": n|null, "totalCount": n|null}}
            per_page 300 unless told, at most 1000; `fields` and `expand` of a GET may be repeated or hold commas.
    GET  /{p}/{c}/{id}            ?fields=&expand=&formattedText= -> the bare item:
         {id, number, tag, self, ttstudioURL, httpURL, fields: [field], requirementType? ({id, label})}, and what `expand`
         asks for: attachments, events, links, folders; foundByRecords (issues); documents, versions (requirements);
         snapshots (documents); scripts, variants, steps (testCases, testRuns).
    POST /{p}/{c}                 {"issues": [{fields: [...], foundByRecords?: {foundByRecordsData: [...]}, folders?:
         {foldersData: [{id}|{path}]}, events?: {eventsData: [...]}, requirementType: {id}|{label} (requirements alone)}]}
         -> 201 {"issues": [{id, number, tag, self, ttstudioURL, httpURL}]} (requirements also requirementType)
         testRuns: POST /{p}/testRuns/generate {testCaseIDs, testRunSet?, variants?, folder?, eventsData?} instead.
    PUT  /{p}/{c}/{id}            one such item, also a whole one as read -> 204 (setting `single_put`: 200, as in bulk)
    PUT  /{p}/{c}                 {"issues": [{"id": n, ...}]} -> 200 with stubs as from POST
         206 when something failed and something did not: beside the stubs "errors": [{code, message, statusCode,
         errorElementPath: "/issues/0/fields/1/label"}]. A wrong folder leaves the item written and its other folders set.
    GET  /{p}/issues/{id}/foundByRecords[/{fid}]     {self, foundByRecordsData: [{id, foundBy, dateFound, versionFound,
         description, reproduced, steps, testConfig, otherConfig, attachments}]}
    GET  /{p}/{c}/{id}/folders    {self, foldersData: [{id, path}]};  GET /{p}/folders  all of them (chosen)
    GET, PUT /{p}/testCases/{id}/steps               {self, stepsData: {type, basic|detailed: [...]}}; PUT 204

A field, read and written: {"id"?, "label"?, "type"?, "<type>": value}; id or label names it, the label regardless of case.
    string, editableVersion "text"   formattedString {text, isFormatted, inlineImages}   boolean   integer   decimal
    date "YYYY-MM-DD"   dateTime "YYYY-MM-DDTHH:MM:SSZ" (UTC, whole seconds)   menuItem {id, label}, written {id}|{label}
    menuItemArray, userArray [..]   user {id, username, firstName, lastName, mi}, written {username}|{firstName, lastName}|{id}
A value that is not set reads as null under its key (chosen; setting `empty_as`: "null", "absent", "blank"); null, "", [],
{"id": 0} clear one (chosen; setting `null_clears`). `<img src="data:...;base64,...">` in a formatted text becomes a file.
Ids below 200 are the server's own and the same everywhere, those of custom fields begin at 300 and differ by project.
    issues        2 Summary*, 3 Product, 4 Component, 5 Type, 6 Priority, 7 Severity, 14 Entered By, 15 Date Entered, 16 Disposition
                  read-only: 1 Number, 20 Tag, 21 Status (string), 22 Currently Assigned To (userArray), 30 Date Created,
                  31 Created By, 32 Date Modified, 33 Modified By, 40 Has Attachments
                  mirrors of the first found-by record: 54 Description, 8 Date Found, 12 Version Found, 58 Steps to Reproduce,
                  11 Reproducible, 13 Test Config, 64 Other Hardware and Software, 9 Found By
    requirements  2 Summary*, 7 Description, 10 Importance; types 4 User Story US, 7 Functional Requirement FR,
                  8 Business Requirement BR;  documents  2 Name*, 3 Description, Document Type
    testCases     2 Summary*, 7 Description, 41 Type;  testRuns  2 Summary, Test Run Number for Number
    all           custom (in this order from 300 + 20 * (project - 4)): Sync Key (string), Release Note (formattedString), Effort (decimal),
                  Story Points (integer), Due (date), Checked At (dateTime), Blocked (boolean), Affected Platforms
                  (menuItemArray), "Impact, Business" (menuItem), Reviewer (user), Reviewers (userArray), Fixed In
                  (editableVersion), Customer's View (string);  * required
Writing a mirror or a read-only field succeeds and does nothing; so do links and attachments at POST, attachments and
events in PUT. Such a loss is recorded as a violation unless it changes nothing (setting `ignored_writes`: "silent").
foundByRecords, folders and links in PUT replace all there are: entries with an id stay, those without are new, the rest
goes, with its attachments.

Search: "Label" op value, AND OR NOT ( ); a label of several words in double quotes (single ones do as well, by what clients
send), a value in either kind of quotes, without escape; EQUALS = , NOT EQUALS != , GREATER > , GREATER_EQUAL >= , LESS < ,
LESS_EQUAL <= (numbers and dates alone), CONTAINS ~ , IN : (value or list in parentheses), IN_RECURSE :? (Folder). Values are
case-sensitive. 400 "Incorrect syntax starting at 'x'", 404 "The X field does not exist."; documents have no Tag here. Dates
as 'YYYY-MM-DD', a day of the server's zone (setting `zone_minutes`; `date_literals`: "datetime" takes '...T..Z' too).

Events, links, attachments, configuration
-----------------------------------------
    GET  /{p}/{c}/{id}/events[/{eid}]     {self, eventsData: [{self, id, name, fields, attachments}]}
    POST /{p}/{c}/{id}/events             {"eventsData": [{name, fields?: [field]}]} -> 201 {"eventsData": [{id, self}]}
         issues: Assign (Assigned To* userArray), Fix (Open -> Fixed; Resolution* menuItem, Version, Affects Documentation),
         Verify (Fixed -> Closed), Force Close (Open, Fixed -> Closed; Notes*), Re-Open (Fixed, Closed -> Open), Comment
         requirements, documents: Ready for Review (Draft -> In Review), Approve (-> Approved), Reject (-> Draft; Notes*),
         Re-Open, Assign, Comment;  testCases: Ready (New -> Ready), Re-Open, Comment;  testRuns: Pass, Fail, Comment
         all have Notes (string) and Date (dateTime; now unless told). Unknown event 404, not from here or a field missing 400.
    GET  /{p}/{c}/{id}/links              {self, linksData: [{id, comment, linkDefinition: {id, name}, type, peers |
         parentChildren: {parent, children}}]}; a linked item: {itemID, itemType (plural), isSuspect, link}
    POST /{p}/{c}/{id}/links              {"linksData": [...]} -> 201 {"linksData": [...]}, empty when the item itself is not
         among the peers;  PUT the same body replaces all: 204.  Definitions: 1 Related Items (peers), 2 Implements (parentChildren)
    GET  /{p}/{c}/{id}/attachments[/{aid}]     {self, attachmentsData: [{id, self, filename, size, created, modified,
         encodedFileID, content}]}; of an issue all those of its records and events
    GET, POST /{p}/{c}/{id}/attachments (not for issues), /{p}/{c}/{id}/events/{eid}/attachments,
         /{p}/issues/{id}/foundByRecords/{fid}/attachments: multipart/form-data, one part `fileUpload` with a file name, beyond
         ASCII as filename*=UTF-8''... -> 201 {"attachmentsData": [{id, filename, encodedFileID, content}]}
    GET  /{p}/files/{encodedFileID}       the bytes, name in Content-Disposition; the id holds + and / and wants percent-encoding
    GET  /{p}/configs/menus, /configs/menus/{id}[?expand=items,fields], .../{id}/items, .../{id}/fields
    GET  /{p}/configs/fields/{c}/systemFields|customFields      {self, fieldsData: [{id, itemType, longName, type, required,
         readOnly, menu?: {id, name}}]} (chosen);  GET /{p}/configs/requirementTypes (chosen)

Refusals: {"code": "Bad Request", "statusCode": 400, "message": ..., "errorElementPath"?: ...}; setting `error_form` puts it
under "error" or into "errors". 400 bad value or missing required field; 401; 403 licence, membership; 404 unknown record,
project or field; 409 locked by another user or project locked; 429; 503 busy. Every answer carries X-RateLimit-Limit,
-Remaining, -Reset (seconds); a 429 also RetryAfter, spelt so.

Settings: `token_lifetime` (seconds), `rate_limit` (requests per minute and project; 0: not enforced), `retry_after_name`,
`rate_reset` ("seconds", "date"), `burst_limit` (requests per second, then 503; the real one has 15; 0: none),
`perforce_path`, `projects_loading` (so many are missing from the list), `locked_projects` ([id]), `single_put`, `totals`
(false: null), `empty_as`, `null_clears`, `error_form`, `ignored_writes`, `partial_fields` (a wrong field costs itself alone:
206), `default_found_by` (every new issue has a found-by record), `html_reformatted` (a formatted text comes back as a
rewritten document), `zone_minutes`, `date_literals`, `attachment_limit`,
`disable_after` (failed webhooks until a recipient is disabled; 0: never), `index_lag` (of searches).

Control
-------
Records for seeding (past all checks; what a person does in the client): `edit` ({project, itemType, id?, as?, fields?:
{label: value as under its type key}, foundBy?: [{...}], folders?: [path], requirementType?: label}), `event` ({project,
itemType, id, as?, name, fields?: {label: value}}), `attach` ({project, itemType, id, as?, filename, text | base64,
foundByRecord? | event?}), `delete` and `unlock` ({project, itemType, id}), `lock` ({project, itemType, id, as}), `field`
({project, itemType, label, ...: changes or adds one; type, required?, managed?, size?, options?: [label]}), `folder`
({project, path}), `filter` ({project, itemType, name, search}), `project` ({id, name, uuid?, users?}), `user` ({username,
password, firstName, lastName, licences?, soap?}), `key` ({id, secret, username}), `recipient` (see below). `project` is an
id or a name. Shown: `<project id>.<itemType>`[/<id>] (the item with all that `expand` offers, attachments with sha256),
`token` ({issued, live}), `recipient`, `lock`.

Webhooks (About webhooks): a recipient is {name, url, secret?, algorithm?: "sha256"|"sha512", secondary? (the old secret),
headers?, batch?, itemTypes?: [singular], skip?: [user]}. Each change posts {"version": 1, "projectID": name, "events":
[{action: "added"|"changed", condition: [...], id: rule, name: rule, created, item: {itemType, id, number, tag,
requirementType?}}]} with X-HALM-WebHook-Version, -ID, -Timestamp, -Retry, -Signature-Primary, -Signature-Secondary
(base64 HMAC of version + id + timestamp + body).
    POST /_control/webhooks/flush    sends what recipients with `batch` have gathered, all of a project in one body -> {sent}
    POST /_control/webhooks/send     {url | recipient, project, items: [{itemType, id, action?, condition?}], secret?,
                                     algorithm?, headers?, webhook_id?} sends this at once -> {id, body}
    POST /_control/webhooks/retry    sends again what was not answered with 2xx, same ID, -Retry counted up -> {sent}
"""

import urllib.parse

from helix_alm_access import Access
from helix_alm_config import Config
from helix_alm_files import Attachments
from helix_alm_items import Items
from helix_alm_project import Project
from helix_alm_push import Push
from helix_alm_schema import ITEM_TYPES
from helix_alm_seeds import Seeds
from helix_alm_values import Refused
from helix_alm_views import View
from simulator import Answer, Departure, Response, Simulator, route, serve
from wire import REASONS

LATER_PREFIX = "/perforce-alm/api/v0"
UNSAFE = set(" \"<>\\^`{|}")
PROJECTS = (
    (4, "Traditional Template", "{62981d8a-2c13-4557-b938-9b513669eb9b}", None),
    (7, "@REST API's Test Project DB!", "{a07e5d12-c02e-430b-980f-b5ff9fd97c0b}", None),
    (9, "Enhanced Compliance & E-Sigs", "{d9bc55d9-e6e7-4b63-894f-b19ce23e667c}", None),
    (12, "100% Größe/{x}?", "{0f0c2d6e-52a1-4f6e-8a53-0f4f5f1b7c11}", None),
    (13, "Closed", "{5b1f0d59-8b5e-4a55-9c0a-3d2f0c1e9a77}", ["bert"]),
)


class HelixAlm(Items, Attachments, Config, Push, Seeds, Simulator):
    prefix = "/helix-alm/api/v0"
    default_settings = {
        **Simulator.default_settings,
        "token_lifetime": 604800.0, "rate_limit": 0, "retry_after_name": "RetryAfter", "rate_reset": "seconds", "burst_limit": 0,
        "perforce_path": True, "projects_loading": 0, "locked_projects": [], "single_put": 204, "totals": True,
        "empty_as": "null", "null_clears": True, "error_form": "plain", "ignored_writes": "report", "partial_fields": False,
        "default_found_by": False, "html_reformatted": False, "zone_minutes": 0, "date_literals": "date",
        "attachment_limit": 1 << 30, "disable_after": 0,
    }

    def reset(self):
        self.access = Access(self.clock, self.settings)
        self.projects = [Project(self, *one) for one in PROJECTS]
        self.recipients, self.pushes = {}, []

    def view(self, project):
        return View(project)

    # Refusals.

    def error_object(self, status, message, path=None):
        said = {"code": REASONS.get(status, "Error"), "statusCode": status, "message": message}
        return {**said, "errorElementPath": path} if path else said

    def error(self, status, message, path=None, headers=None):
        said = self.error_object(status, message, path)
        way = self.settings["error_form"]
        return Response(status, {"error": said} if way == "error" else {"errors": [said]} if way == "errors" else said, headers)

    def refusal(self, request, status, reason):
        return self.error(status, reason)

    def carry_out(self, act):
        try:
            return act()
        except Refused as refused:
            raise Answer(self.error(refused.status, refused.message, refused.path)) from None

    # Before a request is served.

    def local_path(self, request):
        if request.path.startswith(LATER_PREFIX + "/") and self.settings["perforce_path"]:
            return request.path[len(LATER_PREFIX):]
        return super().local_path(request)

    def before(self, request):
        request.token = None
        request.limited = self._limited(request)
        if self.access.crowded():
            raise Answer(self.error(503, "The REST API Server is currently busy."))
        if not self.access.allowed(request.limited):
            _, rest = self.access.rate_headers(request.limited)
            raise Answer(self.error(429, "Too many requests were sent within the rate limiting timeframe.",
                                    headers={self.settings["retry_after_name"]: str(rest)}))
        unsafe = [one for one in request.target if one in UNSAFE or not " " < one < "\x7f"]
        if unsafe:
            raise Departure(f"the target holds {unsafe[0]!r}, which is not percent-encoded")

    def _limited(self, request):
        """What the request counts for: a project, however it is named, or the server."""
        name = (self.local_path(request) or "/").split("/")[1]
        project = self.project(urllib.parse.unquote(name, errors="replace"))
        return project.id if project else None

    def finish(self, request, response):
        headers, _ = self.access.rate_headers(request.limited)
        response.headers.update(headers)

    def authenticate(self, request):
        scheme, _, text = self._authorization(request).partition(" ")
        if scheme.lower() != "bearer":
            raise Departure(f"all but the list of projects and a token wants a bearer token, not {scheme!r}", 401)
        request.token = self.access.token(text)
        if request.token is None:
            raise Answer(self.error(401, "Access is denied. The access token is not recognized."))
        request.user = request.token.user

    def _authorization(self, request):
        header = request.headers.get("authorization")
        if header is None:
            raise Departure("the header Authorization is missing", 401)
        return header

    def _account(self, request):
        account = self.access.account(self._authorization(request))
        if account is None:
            raise Answer(self.error(401, "Access is denied. The username/password is not recognized."))
        request.user = account.username
        return account

    # Without a project, and into one.

    @route("GET", "/versions", open=True)
    def versions(self, request):
        known = {"RESTAPIServer": "2026.1.0", "HALMCommsLibrary": "2026.1.0.0", "HALMServer": "2026.1.0.0"}
        return Response(200, {**known, "errors": []})

    @route("GET", "/projects", open=True)
    def list_projects(self, request):
        account = self._account(request)
        loading = self.settings["projects_loading"]
        known = self.projects[:len(self.projects) - loading] if loading else self.projects
        shown = [{"id": one.id, "name": one.name, "uuid": one.uuid} for one in known if one.has(account.username)]
        return Response(200, {"projects": shown, "projectsLoading": loading})

    @route("GET", "/{project}/token", open=True)
    def issue_token(self, request, project):
        account = self._account(request)
        found = self._known_project(project)
        if not account.soap:
            raise Answer(self.error(403, "The user does not have the 'Allow Login Via SOAP' command enabled."))
        if not found.has(account.username):
            raise Answer(self.error(403, "The user does not have access to the project."))
        return Response(200, self.access.issue(account, found, self.base_url()))

    @route("GET", "/{project}/ratelimits")
    def rate_limits(self, request, project):
        self.at(request, project)
        return Response(200, {})

    def project(self, text):
        """By id, uuid or name; or None."""
        return next((one for one in self.projects if text in (str(one.id), one.uuid, one.name)), None)

    def _known_project(self, text):
        found = self.project(text)
        if found is None:
            raise Answer(self.error(404, "The requested project was not found."))
        return found

    def at(self, request, project, collection=None, writes=None):
        """The project and the type of item, when the caller may. `writes`: does it change something (None: by the method)?"""
        found = self._known_project(project)
        if request.token.project != found.id:
            raise Departure("the token is that of another project", 401)
        if found.id in self.settings["locked_projects"] and (request.method != "GET" if writes is None else writes):
            raise Answer(self.error(409, "The project is locked by an administrator."))
        if collection is None:
            return found, None
        kind = self.item_type(collection)
        if kind not in self.access.accounts[request.user].licences:
            raise Answer(self.error(403, f"Items of type \"{kind}\" are not allowed in this request due to security settings."))
        return found, kind

    @staticmethod
    def item_type(collection):
        """Perforce's own examples write testCases and testruns either way; all else is case-sensitive."""
        kind = {"testcases": "testCases", "testruns": "testRuns"}.get(collection, collection)
        if kind not in ITEM_TYPES:
            raise Departure(f"no such resource: {collection}", 404)
        return kind

    def expire_tokens(self):
        self.access.expire()


if __name__ == "__main__":
    serve(HelixAlm)

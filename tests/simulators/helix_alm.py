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
    all           custom (in this order from 300, 320, ...): Sync Key (string), Release Note (formattedString), Effort (decimal),
                  Story Points (integer), Due (date), Checked At (dateTime), Blocked (boolean), Affected Platforms
                  (menuItemArray), "Impact, Business" (menuItem), Reviewer (user), Reviewers (userArray), Fixed In
                  (editableVersion), Customer's View (string);  * required
Writing a mirror or a read-only field succeeds and does nothing; so do links and attachments at POST, attachments and
events in PUT. Such a loss is recorded as a violation unless it changes nothing (setting `ignored_writes`: "silent").
foundByRecords, folders and links in PUT replace all there are: entries with an id stay, those without are new, the rest
goes, with its attachments.

Search: "Label" op value, AND OR NOT ( ); a label of several words in double quotes, a value in either kind of quotes,
without escape; EQUALS = , NOT EQUALS != , GREATER > , GREATER_EQUAL >= , LESS < , LESS_EQUAL <= (numbers and dates
alone), CONTAINS ~ , IN : (value or list in parentheses), IN_RECURSE :? (Folder). Values are case-sensitive. 400 "Incorrect
syntax starting at 'x'", 404 "The X field does not exist."; documents have no Tag here. Dates as 'YYYY-MM-DD', which is a
day of the server's zone (setting `zone_minutes`; `date_literals`: "datetime" takes '...T..Z' too).

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
    GET  /{p}/files/{encodedFileID}       the bytes, name in Content-Disposition; the id holds + / = and wants percent-encoding
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
206), `default_found_by` (every new issue has a found-by record), `zone_minutes`, `date_literals`, `attachment_limit`,
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

from simulator import Simulator, serve


class HelixAlm(Simulator):
    prefix = "/helix-alm/api/v0"


if __name__ == "__main__":
    serve(HelixAlm)

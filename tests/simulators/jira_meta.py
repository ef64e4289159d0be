"""What describes the site: server, account, fields, projects, people, and the lists that fields choose from."""

import jira_world as world
from jira_access import api, errors
from simulator import Departure, Response

SEARCH_PROJECTS = ("startAt", "maxResults", "orderBy", "id", "keys", "query", "typeKey", "categoryId", "action", "expand",
                   "status", "properties", "propertyQuery")
CLOUD_PEOPLE = {"query", "accountId", "startAt", "maxResults", "property", "username"}
CENTER_PEOPLE = {"username", "startAt", "maxResults", "includeActive", "includeInactive"}


class Meta:
    @api("GET", "/serverInfo", query=("doHealthCheck",), open=True)
    def server_info(self, request):
        version = "1001.0.0-SNAPSHOT" if self.cloud else self.settings["center_version"]
        numbers = [int(part) for part in version.partition("-")[0].split(".")]
        return Response(200, {"baseUrl": self.base_url(), "version": version, "versionNumbers": numbers,
                              "deploymentType": "Cloud" if self.cloud else "Server",
                              "buildNumber": 100268 if self.cloud else 10030001, "serverTitle": "Simulated Jira",
                              "serverTime": self.site.time(self.site.now())})

    @api("GET", "/myself", query=("expand",))
    def myself(self, request):
        return Response(200, self.site.person(self.account(request)))

    @api("GET", "/mypermissions", query=("projectKey", "projectId", "issueKey", "issueId", "permissions"))
    def my_permissions(self, request):
        key = request.parameter("projectKey") or request.parameter("projectId")
        issue = request.parameter("issueKey") or request.parameter("issueId")
        project = self.issue(request, issue)["project"] if issue else self.project(request, key) if key else None
        names = {"BROWSE_PROJECTS": "browse", "CREATE_ISSUES": "create", "EDIT_ISSUES": "edit", "ADD_COMMENTS": "comment",
                 "TRANSITION_ISSUES": "transition", "CREATE_ATTACHMENTS": "attach", "DELETE_ISSUES": "delete"}
        wanted = request.parameter("permissions")
        if self.cloud and wanted is None:
            raise errors(400, ["The 'permissions' query parameter is required."])
        chosen = wanted.split(",") if wanted else names
        for name in chosen:
            if name not in names:
                raise errors(400, [f"Unrecognized permission: {name}"])
        held = {name: {"id": str(10 + number), "key": name, "name": name.replace("_", " ").capitalize(), "type": "PROJECT",
                       "havePermission": any(self.site.may(request.user, names[name], one)
                                             for one in ([project] if project else self.site.projects))}
                for number, name in enumerate(chosen)}
        return Response(200, {"permissions": held})

    # Fields.

    @api("GET", "/field")
    def list_fields(self, request):
        self.account(request)
        shown = [self._field(field) for field in self.site.fields.values()]
        for identity, (name, schema_type) in world.COMPUTED_FIELDS.items():
            entry = {"id": identity, "name": name, "custom": False, "orderable": False, "navigable": True, "searchable": True,
                     "clauseNames": [identity]}
            if schema_type:
                entry["schema"] = {"type": schema_type, "system": identity}
            shown.append({**entry, "key": identity} if self.cloud else entry)
        return Response(200, shown)

    def _field(self, field):
        clauses = [f"cf[{field.id[12:]}]", field.name] if field.custom else [field.id]
        entry = {"id": field.id, "name": field.name, "custom": field.custom, "orderable": True, "navigable": True,
                 "searchable": True, "clauseNames": clauses, "schema": field.schema}
        return {**entry, "key": field.id} if self.cloud else entry

    @api("GET", "/issue/createmeta/{project}/issuetypes", query=("startAt", "maxResults"))
    def list_create_types(self, request, project):
        self._creatable(request, project)
        return self._listed(request, "issueTypes", [self.site.shown_type(one["id"]) for one in self.site.issue_types])

    @api("GET", "/issue/createmeta/{project}/issuetypes/{issue_type}", query=("startAt", "maxResults"))
    def list_create_fields(self, request, project, issue_type):
        key = self._creatable(request, project)
        one = self.site.type_by(issue_type)
        if one is None or one["id"] != issue_type:
            raise errors(404, ["Issue type not found."])
        screen = self.site.screen(issue_type, create=True)
        shown = [{**self.metadata(field, issue_type, key), "fieldId": name} for name, field in screen.items()]
        return self._listed(request, "fields", shown)

    def _creatable(self, request, identity):
        key = self.project(request, identity)
        if not self.site.may(request.user, "create", key):
            raise errors(403 if self.cloud else 400, ["You do not have permission to create issues in this project."])
        return key

    def _listed(self, request, member, entries):
        """A page as createmeta has it: Cloud names the list after what it holds, Data Center calls it values."""
        start, size, page = self.page(request, entries, self.settings["meta_page"] or 50, self.settings["meta_page"] or 200)
        shown = {"startAt": start, "maxResults": size, "total": len(entries)}
        if self.cloud:
            return Response(200, {**shown, member: page})
        return Response(200, {**shown, "isLast": start + size >= len(entries), "values": page})

    # Projects.

    def _seen_projects(self, request):
        return [key for key in self.site.projects if self.site.may(request.user, "browse", key)]

    @api("GET", "/project", query=("includeArchived", "expand", "recent", "browseArchive", "properties"))
    def list_projects(self, request):
        return Response(200, [self.site.shown_project(key) for key in self._seen_projects(request)])

    @api("GET", "/project/search", query=SEARCH_PROJECTS)
    def search_projects(self, request):
        self.only_cloud(request)
        wanted = {value for name, value in request.query if name == "keys"}
        found = [self.site.shown_project(key) for key in self._seen_projects(request) if not wanted or key in wanted]
        start, size, page = self.page(request, found, self.settings["meta_page"] or 50, self.settings["meta_page"] or 100)
        return Response(200, {"self": self.site.link("project/search"), "startAt": start, "maxResults": size,
                              "total": len(found), "isLast": start + size >= len(found), "values": page})

    @api("GET", "/project/{identity}", query=("expand", "properties"))
    def read_project(self, request, identity):
        key = self.project(request, identity)
        return Response(200, {**self.site.shown_project(key), "lead": self.site.person("admin"),
                              "issueTypes": [self.site.shown_type(one["id"]) for one in self.site.issue_types],
                              "components": self._components(key),
                              "versions": [self.site.shown_version(one[0]) for one in self.site.versions.get(key, [])]})

    def _components(self, key):
        return [{**self.site.shown_entry("component", identity, name), "project": key}
                for identity, name in self.site.components.get(key, [])]

    @api("GET", "/project/{identity}/components")
    def list_components(self, request, identity):
        return Response(200, self._components(self.project(request, identity)))

    @api("GET", "/project/{identity}/versions", query=("expand",))
    def list_versions(self, request, identity):
        key = self.project(request, identity)
        return Response(200, [self.site.shown_version(one[0]) for one in self.site.versions.get(key, [])])

    @api("GET", "/project/{identity}/statuses")
    def list_project_statuses(self, request, identity):
        self.project(request, identity)
        statuses = [self.site.shown_status(one) for one in world.STATUSES]
        return Response(200, [{"self": self.site.link(f"issuetype/{one['id']}"), "id": one["id"], "name": one["name"],
                               "subtask": one["subtask"], "statuses": statuses} for one in self.site.issue_types])

    # People.

    @api("GET", "/user", query=("accountId", "username", "key", "expand", "includeDeleted"))
    def read_user(self, request):
        self.account(request)
        allowed = ("accountId",) if self.cloud else ("username", "key")
        given = [(name, value) for name, value in request.query if name in ("accountId", "username", "key")]
        if len(given) != 1 or given[0][0] not in allowed:
            raise Departure(f"a user asked for by other than one of {', '.join(allowed)}")
        name, text = given[0]
        found = next((one for one, user in self.site.users.items() if user["key"] == text), None) if name == "key" \
            else self.site.user_by(text)
        if found is None:
            raise errors(404, [f"The user {text} does not exist" if self.cloud else
                               f"The user named '{text}' does not exist"])
        return Response(200, self.site.person(found))

    @api("GET", "/user/search", query=tuple(CLOUD_PEOPLE | CENTER_PEOPLE))
    def search_users(self, request):
        self.account(request)
        for name, _ in request.query:
            if name not in (CLOUD_PEOPLE - {"username"} if self.cloud else CENTER_PEOPLE):
                raise Departure(f"unknown query parameter {name!r}")
        inactive = not self.cloud and self.flag(request, "includeInactive", "false")
        found = [one for one in self._people(request) if self.cloud or inactive or not self.site.users[one].get("inactive")]
        _, _, page = self.page(request, found, 50, 1000)
        return Response(200, [self.site.person(one) for one in page])

    @api("GET", "/user/assignable/search", query=("query", "username", "accountId", "project", "issueKey", "startAt",
                                                  "maxResults", "actionDescriptorId", "recommend"))
    def search_assignable_users(self, request):
        self.account(request)
        if request.parameter("issueKey"):
            self.issue(request, request.parameter("issueKey"))
        elif request.parameter("project"):
            self.project(request, request.parameter("project"))
        else:
            raise errors(400, ["Either the project or the issueKey must be given."])
        if self.cloud and request.parameter("username") is not None:
            raise Departure("unknown query parameter 'username'")
        found = [one for one in self._people(request) if not self.site.users[one].get("inactive")]
        _, _, page = self.page(request, found, 50, 1000)
        return Response(200, [self.site.person(one) for one in page])

    def _people(self, request):
        """Names of the users that a search finds: words beginning so, or the whole id."""
        if self.cloud and request.parameter("accountId"):
            found = self.site.user_by(request.parameter("accountId"))
            return [found] if found else []
        text = request.parameter("query" if self.cloud else "username")
        if text is None:
            raise errors(400, ["A query is required." if self.cloud else "The username query parameter was not provided"])
        return [name for name, user in self.site.users.items() if self._called(name, user, text.lower())]

    def _called(self, name, user, text):
        words = user["display"].lower().split() + [user["display"].lower()]
        if not user.get("hidden_mail") or not self.cloud:
            words.append(user["mail"].lower())
        if not self.cloud:
            words.append(name)
        return text == "." or any(word.startswith(text) for word in words)

    # Lists.

    @api("GET", "/priority")
    def list_priorities(self, request):
        self.account(request)
        return Response(200, [self.site.shown_entry("priority", *one) for one in self.site.priorities.items()])

    @api("GET", "/resolution")
    def list_resolutions(self, request):
        self.account(request)
        return Response(200, [self.site.shown_entry("resolution", *one) for one in self.site.resolutions.items()])

    @api("GET", "/status")
    def list_statuses(self, request):
        self.account(request)
        return Response(200, [self.site.shown_status(one) for one in world.STATUSES])

    @api("GET", "/issuetype")
    def list_types(self, request):
        self.account(request)
        return Response(200, [self.site.shown_type(one["id"]) for one in self.site.issue_types])

    @api("GET", "/issueLinkType")
    def list_link_types(self, request):
        self.account(request)
        return Response(200, {"issueLinkTypes": [{**one, "self": self.site.link(f"issueLinkType/{one['id']}")}
                                                 for one in world.LINK_TYPES]})

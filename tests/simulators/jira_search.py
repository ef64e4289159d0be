"""Searching: /search/jql at Cloud, /search at Data Center."""

import base64
import json

from jira_issues import issue_view
from jira_jql import JqlError, Query
from shape import ANY, OneOf
from simulator import Answer, Departure, Response
from jira_access import api, errors

WEEK = 7 * 24 * 3600
CLOUD_BODY = {"jql": str, "fields?": [str], "maxResults?": int, "nextPageToken?": OneOf(str, None), "expand?": str,
              "properties?": [str], "fieldsByKeys?": bool, "reconcileIssues?": [int], "failFast?": bool}
CENTER_BODY = {"jql": str, "startAt?": int, "maxResults?": int, "fields?": [str], "validateQuery?": ANY, "expand?": [str]}
CLOUD_QUERY = ("jql", "nextPageToken", "maxResults", "fields", "expand", "properties", "fieldsByKeys", "failFast",
               "reconcileIssues")
CENTER_QUERY = ("jql", "startAt", "maxResults", "validateQuery", "fields", "expand")


class Search:
    @api("POST", "/search/jql", body=CLOUD_BODY)
    def search_by_body(self, request):
        self.only_cloud(request)
        return self._cloud_search(request, request.json())

    @api("GET", "/search/jql", query=CLOUD_QUERY)
    def search_by_query(self, request):
        self.only_cloud(request)
        wish = {"jql": request.parameter("jql", "")}
        for name in ("fields", "properties"):
            if request.parameter(name) is not None:
                wish[name] = request.parameter(name).split(",")
        if request.parameter("maxResults") is not None:
            wish["maxResults"] = self.integer(request, "maxResults", 50)
        for name in ("nextPageToken", "expand"):
            if request.parameter(name) is not None:
                wish[name] = request.parameter(name)
        wish["reconcileIssues"] = [int(value) for name, value in request.query if name == "reconcileIssues"]
        return self._cloud_search(request, wish)

    @api("POST", "/search", body=CENTER_BODY)
    def search_center_by_body(self, request):
        return self._center_search(request, request.json())

    @api("GET", "/search", query=CENTER_QUERY)
    def search_center_by_query(self, request):
        wish = {"jql": request.parameter("jql", ""), "startAt": self.integer(request, "startAt", 0),
                "maxResults": self.integer(request, "maxResults", 50)}
        if request.parameter("fields") is not None:
            wish["fields"] = request.parameter("fields").split(",")
        if request.parameter("expand") is not None:
            wish["expand"] = request.parameter("expand").split(",")
        return self._center_search(request, wish)

    @api("POST", "/search/approximate-count", body={"jql": str})
    def count_issues(self, request):
        self.only_cloud(request)
        query = self._query(request, request.json()["jql"])
        self._bounded(query)
        return Response(200, {"count": len(self._found(request, query, ()))})

    def _query(self, request, text):
        try:
            return Query(text, self.site, request.user)
        except JqlError as error:
            raise errors(400, [str(error)]) from None

    @staticmethod
    def _bounded(query):
        if not query.bounded:
            raise errors(400, ["Unbounded JQL queries are not allowed here. Please add a search restriction to your query."])

    def _found(self, request, query, fresh):
        """The indexed issues that match and may be seen, in order; those named by `fresh` as they are now."""
        view = self.site.index.view(self.clock.now(), self.settings["index_lag"])
        for identity in fresh:
            view.pop(identity, None)
            if identity in self.site.issues:
                view[identity] = self.site.issues[identity]
        visible = [one for one in view.values() if self.site.may(request.user, "browse", one["project"])]
        return query.sorted([one for one in visible if query.matches(one)])

    def _cloud_search(self, request, wish):
        if request.user is None:
            return Response(200, {"issues": [], "isLast": True})
        limit = wish.get("maxResults", 50)
        place = self._place_of(wish)
        if not 1 <= limit <= 5000:
            raise errors(400, ["The value of the maxResults parameter must be between 1 and 5000."])
        if len(wish.get("reconcileIssues", [])) > 50:
            raise errors(400, ["The number of issues to reconcile must be 50 at most."])
        query = self._query(request, wish["jql"])
        self._bounded(query)
        found = self._found(request, query, [str(identity) for identity in wish.get("reconcileIssues", [])])
        if place is not None:
            found = [one for one in found if query.compare(query.place(one), place) > 0]
        fields = wish.get("fields", ["id"])
        if set(fields) - {"id", "key"}:
            limit = min(limit, 100)
        limit = min(limit, self.settings["search_page"] or limit)
        page = found[:limit]
        answer = {"issues": self._shown_page(request, page, fields, wish, wish.get("expand", "").split(",")), "isLast": True}
        if len(found) > limit:
            answer["isLast"] = False
            answer["nextPageToken"] = self._token(wish, query.place(page[-1]))
        return Response(200, answer)

    def _token(self, wish, place):
        content = {"jql": wish["jql"], "place": place, "until": self.clock.now() + WEEK}
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()

    def _place_of(self, wish):
        token = wish.get("nextPageToken")
        if token is None:
            return None
        try:
            content = json.loads(base64.urlsafe_b64decode(token))
        except ValueError:
            raise errors(400, ["The provided next page token is invalid or expired."]) from None
        if content["jql"] != wish["jql"]:
            raise Departure("a nextPageToken with another query than the one it was made for")
        if content["until"] < self.clock.now():
            raise errors(400, ["The provided next page token is invalid or expired."])
        return content["place"]

    def _center_search(self, request, wish):
        if self.cloud:
            raise Answer(Response(410, {"errorMessages": [
                "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."], "errors": {}}))
        if request.user is None:
            return Response(200, {"expand": "schema,names", "startAt": 0, "maxResults": 50, "total": 0, "issues": []})
        start, limit = wish.get("startAt", 0), min(wish.get("maxResults", 50), self.settings["search_page"] or 1000)
        if start < 0 or limit < 0:
            raise errors(400, ["startAt and maxResults must not be negative."])
        found = self._found(request, self._query(request, wish["jql"]), ())
        fields = wish.get("fields", ["*navigable"])
        page = self._shown_page(request, found[start : start + limit], fields, wish, wish.get("expand", []))
        return Response(200, {"expand": "schema,names", "startAt": start, "maxResults": limit, "total": len(found),
                              "issues": page})

    def _shown_page(self, request, page, fields, wish, expand):
        """The issues as they are now; one that is gone is left out, so a page can be short."""
        present = [self.site.issues[one["id"]] for one in page if one["id"] in self.site.issues]
        return [issue_view(self.site, issue, request.user, fields, wish.get("properties", []), expand) for issue in present]

"""The common base of the simulators: separate processes that behave as a vendor's system is documented to.

Python 3 standard library only, and nothing of the product: where the product and a simulator differ, the
vendor's documentation decides.

Running
-------
    python3 tests/simulators/<vendor>.py [--cert FILE --key FILE [--client-ca FILE]] [vendor's options]

The first line on standard output is the port it listens on (127.0.0.1, chosen by the system), the second the
port of its control interface, which is always plain HTTP; without TLS the first port serves /_control too.
It ends on SIGTERM, SIGINT, and when its standard input is a pipe that closes.

Writing one
-----------
    class Tracker(Simulator):
        @route("GET", "/api/item/{id}", query=("fields",))
        def read_item(self, request, id):
            return Response(200, self.items[id])

        @route("POST", "/api/item", body={"title": str, "note?": str})
        def create_item(self, request): ...

    if __name__ == "__main__":
        serve(Tracker)

Override what the vendor does in its own way: `local_path`, `authenticate`, `refusal`, `before`, `finish`, and for
control `reset`, `seed`, `inspect`, `expire_tokens`; a route under /_control is a further control call. A handler
returns a Response or raises Answer(Response) or Departure. Handlers run one at a time, so they may change state freely;
bodies travel outside that lock.
`self.clock.now()` is the only clock. `LaggingIndex` gives searches that lag behind writes by
`settings["index_lag"]` seconds. `self.outbox.post` sends webhooks.

Strictness
----------
A request that departs from the documented shape is refused and recorded as a violation, which fails the test
that caused it: a path or method that is not documented, a query parameter that the route does not name, a body
that is not of the route's shape (see shape.py), another content type than application/json (a multipart body
where the route says body=MULTIPART), a body where none belongs, a request that is not HTTP/1.1, and whatever
a handler raises Departure for. An error inside a simulator is recorded as a violation too.
What a vendor refuses in the normal course (unknown record, missing required field, wrong password) is none.

Control interface (JSON)
------------------------
    GET    /_control/violations                    [{method, target, reason}]; DELETE forgets them
    GET    /_control/requests?method=&path=        {count, connections, requests: [...]}; path is a regular
                                                   expression for the whole path; DELETE forgets them
    POST   /_control/faults                        {kind, method?, path?, times?, after?, status?, headers?, body?,
                                                   seconds?}; GET lists those left, DELETE drops them
    POST   /_control/clock                         {advance: seconds} | {set: epoch seconds} | {freeze: bool}; GET
    POST   /_control/settings                      any of the simulator's settings, e.g. {index_lag: 2.5}; GET
    POST   /_control/reset                         everything as at the start
    POST   /_control/records/{kind}                seeds a record, past all checks; answers it
    GET    /_control/records/{kind}[/{id}]         shows records as the simulator holds them
    POST   /_control/tokens/expire                 what sessions and tokens were issued are worth nothing now
    GET    /_control/deliveries                    what was pushed; waits up to 10 s for those under way; DELETE

Faults: `kind` is one of
    answer              status, headers and body instead of the true answer; nothing is done
    delay               the true answer after `seconds`
    cut                 the connection is reset; nothing is done
    commit_then_answer  the request is carried out, then status, headers and body come instead (500 by default)
    commit_then_cut     the request is carried out, then the connection is reset
    truncate            the true answer breaks off in the middle of its body
    trickle             the true answer's body comes in 16 pieces over `seconds`
A fault applies to the next `times` (1) matching requests, after letting `after` (0) of them pass. `method` "*" and
`path` ".*" are the defaults. A body that is a string is sent as it is, any other value as JSON.
"""

import argparse
import collections
import contextlib
import os
import re
import signal
import stat
import sys
import threading
import time
import traceback
import urllib.parse

import shape as shapes
from outbox import Outbox
from wire import Cut, Response, Server, tls_context

MULTIPART = "multipart/form-data"
RAW = "any content"
KINDS = ("answer", "delay", "cut", "commit_then_answer", "commit_then_cut", "truncate", "trickle")
FAULT = {
    "kind": str, "method?": str, "path?": str, "times?": int, "after?": int, "status?": int,
    "headers?": shapes.Map(str), "body?": shapes.ANY, "seconds?": float,
}


class Answer(Exception):
    """Ends a handler with this response."""

    def __init__(self, response):
        super().__init__(str(response.status))
        self.response = response


class Departure(Exception):
    """The request departs from what is documented: refused, and recorded as a violation."""

    def __init__(self, reason, status=400):
        super().__init__(reason)
        self.reason, self.status = reason, status


def route(method, path, query=(), body=None, open=False):
    """Marks a handler. `path` holds {name} for one segment, {name...} at its end for the rest; segments arrive decoded.

    `query`: the documented parameters. `body`: None for none, a shape for JSON, MULTIPART, or RAW.
    `open`: served without credentials. Routes that are more literal win.
    """

    def mark(handler):
        handler.__dict__.setdefault("routes", []).append(Route(method, path, frozenset(query), body, open))
        return handler

    return mark


class Route:
    def __init__(self, method, path, query, body, open):
        self.method, self.query, self.body, self.open = method, query, body, open
        self.segments = path.split("/")[1:]
        self.rest = self.segments[-1].endswith("...}")

    def match(self, segments):
        """The path's variables, or None."""
        if len(segments) != len(self.segments) and not (self.rest and len(segments) > len(self.segments)):
            return None
        found = {}
        for wanted, given in zip(self.segments, segments):
            if not wanted.startswith("{"):
                if wanted != given:
                    return None
            elif not given:
                return None
            elif not wanted.endswith("...}"):
                found[wanted[1:-1]] = urllib.parse.unquote(given, errors="strict")
        if self.rest:
            tail = "/".join(segments[len(self.segments) - 1 :])
            found[self.segments[-1][1:-4]] = urllib.parse.unquote(tail, errors="strict")
        return found


class Clock:
    """Epoch seconds: the machine's time, moved by what a test asks for; or standing still."""

    def __init__(self):
        self._offset, self._frozen = 0.0, None

    def now(self):
        return time.time() + self._offset if self._frozen is None else self._frozen

    def advance(self, seconds):
        if self._frozen is None:
            self._offset += seconds
        else:
            self._frozen += seconds

    def set(self, moment):
        self.advance(moment - self.now())

    def freeze(self, still):
        if still and self._frozen is None:
            self._frozen = self.now()
        elif not still and self._frozen is not None:
            self._offset, self._frozen = self._frozen - time.time(), None


class LaggingIndex:
    """What a search sees: each record as it was `lag` seconds ago."""

    def __init__(self):
        self._histories = {}

    def put(self, key, snapshot, now):
        """The record's new state, which must not change afterwards; None: it is gone."""
        self._histories.setdefault(key, collections.deque()).append((now, snapshot))

    def view(self, now, lag):
        """{key: snapshot} as indexed at `now` with that lag."""
        visible = {}
        for key, history in list(self._histories.items()):
            while len(history) > 1 and history[1][0] <= now - lag:
                history.popleft()
            if history[0][0] <= now - lag:
                if history[0][1] is not None:
                    visible[key] = history[0][1]
                elif len(history) == 1:
                    del self._histories[key]
        return visible


class Simulator:
    """State, routing, strictness and control; see the module's text."""

    addresses = ("127.0.0.1",)
    prefix = ""
    default_settings = {"index_lag": 0.0}

    def __init__(self, options):
        self.options, self.outbox = options, Outbox()
        self.lock, self.ending = threading.RLock(), threading.Event()
        self.port = self.control_port = 0
        self._routes, self._control = _routes_of(self), _routes_of(Control(self))
        for method, rules in _routes_of(self, control=True).items():
            self._control.setdefault(method, []).extend(rules)
        self.forget_everything()

    def forget_everything(self):
        """The state at the start."""
        self.violations, self.requests, self.faults = [], collections.deque(maxlen=50_000), []
        self.clock, self.settings = Clock(), dict(self.default_settings)
        self.outbox.clear()
        self.reset()

    # What a vendor's simulator overrides.

    @classmethod
    def add_options(cls, parser):
        """Command-line options of its own."""

    def reset(self):
        """Makes its state as at the start."""

    def local_path(self, request):
        """The path that the routes know it by; None when there is none."""
        return request.path[len(self.prefix) :] if request.path.startswith(self.prefix + "/") else None

    def authenticate(self, request):
        """Sets request.user, or raises Answer with the vendor's refusal."""

    def refusal(self, request, status, reason):
        """The vendor's error document."""
        return Response(status, {"error": reason})

    def before(self, request):
        """Called for every request, ahead of routing; may raise Answer (throttling)."""

    def finish(self, request, response):
        """Called on every answer, for headers that all of them carry."""

    def seed(self, kind, record):
        """Makes a record, past all checks, and returns it."""
        raise KeyError(kind)

    def inspect(self, kind, identity):
        """The record as held; all of the kind when identity is None."""
        raise KeyError(kind)

    def expire_tokens(self):
        """Makes worthless whatever tokens and sessions were issued."""

    # Serving.

    def base_url(self):
        """Its own address, for links in answers."""
        scheme = "https" if self.options.cert else "http"
        return f"{scheme}://127.0.0.1:{self.port}{self.prefix}"

    def violate(self, request, reason):
        self.violations.append({"method": request.method, "target": request.target, "reason": reason})

    def malformed(self, reason):
        with self.lock:
            self.violations.append({"method": "", "target": "", "reason": "malformed request: " + reason})

    def answer(self, connection, request):
        """Serves one request; False ends the connection."""
        if request.path.startswith("/_control/"):
            connection.send(self._controlled(request))
            return True
        with self.lock:
            entry = self._note(request)
            fault = self._fault_for(request)
        kind = fault["kind"] if fault else None
        if kind == "delay":
            self.ending.wait(fault.get("seconds", 1.0))
        if kind == "cut":
            raise Cut()
        response = made_up(fault) if kind == "answer" else self._handled(request)
        if kind == "commit_then_cut":
            raise Cut()
        if kind == "commit_then_answer":
            response = made_up(fault)
        entry["status"], entry["user"] = response.status, str(request.user or "")
        return self._send(connection, response, kind, fault)

    def _send(self, connection, response, kind, fault):
        if kind not in ("truncate", "trickle"):
            connection.send(response)
            return True
        content = response.content
        connection.write(response.head())
        pieces = 16 if kind == "trickle" else 2
        size = max(1, -(-content.length // pieces))
        for offset in range(0, content.length if kind == "trickle" else min(size, content.length - 1), size):
            connection.write(content.part(offset, min(size, content.length - offset)).read())
            if kind == "trickle":
                self.ending.wait(fault.get("seconds", 1.0) / pieces)
        return kind == "trickle"

    def _note(self, request):
        body = ""
        if request.content.length <= 16 << 10:
            body = request.content.read().decode("utf-8", "replace")
        entry = {
            "method": request.method, "path": request.path, "query": request.query, "headers": request.headers,
            "body": body, "length": request.content.length, "connection": request.connection, "status": 0, "user": "",
        }
        self.requests.append(entry)
        return entry

    def _fault_for(self, request):
        for fault in self.faults:
            if fault.get("method", "*") in ("*", request.method) and re.fullmatch(fault.get("path", ".*"), request.path):
                if fault.get("after", 0) > 0:
                    fault["after"] -= 1
                    continue
                fault["times"] = fault.get("times", 1) - 1
                if fault["times"] <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def _handled(self, request):
        with self.lock:
            try:
                response = self._dispatch(request)
            except Answer as answer:
                response = answer.response
            except Departure as departure:
                self.violate(request, departure.reason)
                response = self.refusal(request, departure.status, departure.reason)
            except Exception as error:
                traceback.print_exc()
                self.violate(request, f"the simulator failed: {error!r}")
                response = self.refusal(request, 500, "internal error")
            self.finish(request, response)
            return response

    def _dispatch(self, request):
        self.before(request)
        path = self.local_path(request)
        if path is None:
            raise Departure(f"no such path: {request.path}", 404)
        handler, rule, variables = find_route(self._routes, request, path)
        if not rule.open:
            self.authenticate(request)
        check_query(request, rule)
        check_body(request, rule)
        return handler(request, **variables)

    def _controlled(self, request):
        waits = request.path == "/_control/deliveries"
        with contextlib.nullcontext() if waits else self.lock:
            try:
                handler, rule, variables = find_route(self._control, request, request.path)
                check_query(request, rule)
                check_body(request, rule)
                return handler(request, **variables)
            except Departure as departure:
                return Response(departure.status, {"error": departure.reason})
            except Answer as answer:
                return answer.response
            except KeyError as error:
                return Response(404, {"error": f"not there: {error}"})
            except Exception as error:
                traceback.print_exc()
                return Response(500, {"error": repr(error)})


def made_up(fault):
    """The answer a fault prescribes."""
    body = fault.get("body")
    if isinstance(body, str):
        body = body.encode()
    return Response(fault.get("status", 500), body, fault.get("headers"))


def _routes_of(owner, control=None):
    """{method: [(route, handler)]}, the more literal first; of a simulator the ones under /_control, or the others."""
    wanted = isinstance(owner, Control) if control is None else control
    found = {}
    for name in dir(type(owner)):
        for rule in getattr(getattr(type(owner), name), "routes", ()):
            if (rule.segments[0] == "_control") == wanted:
                found.setdefault(rule.method, []).append((rule, getattr(owner, name)))
    for routes in found.values():
        routes.sort(key=lambda pair: [segment.startswith("{") for segment in pair[0].segments])
    return found


def find_route(routes, request, path):
    """(handler, route, variables); raises Departure with 404 or 405."""
    segments = path.split("/")[1:]
    for rule, handler in routes.get(request.method, ()):
        variables = rule.match(segments)
        if variables is not None:
            return handler, rule, variables
    known = any(rule.match(segments) is not None for rules in routes.values() for rule, _ in rules)
    if known:
        raise Departure(f"{request.method} is not documented for {path}", 405)
    raise Departure(f"no such path: {path}", 404)


def check_query(request, rule):
    for name, _ in request.query:
        if name not in rule.query:
            raise Departure(f"unknown query parameter {name!r}")


def check_body(request, rule):
    if rule.body is RAW:
        return
    if rule.body is None:
        if request.content.length:
            raise Departure("a body where none belongs")
        return
    expected = MULTIPART if rule.body is MULTIPART else "application/json"
    if request.media_type() != expected:
        raise Departure(f"content type {request.headers.get('content-type')!r}, not {expected}", 415)
    if rule.body is MULTIPART:
        return
    try:
        value = request.json()
    except (ValueError, RecursionError) as error:
        raise Departure(f"the body is no JSON: {error}") from None
    reason = shapes.departure(value, rule.body)
    if reason is not None:
        raise Departure(reason)


class Control:
    """The control interface of one simulator."""

    def __init__(self, simulator):
        self._of = simulator

    @route("GET", "/_control/violations")
    def violations(self, request):
        return Response(200, self._of.violations)

    @route("DELETE", "/_control/violations")
    def forget_violations(self, request):
        self._of.violations.clear()
        return Response(204)

    @route("GET", "/_control/requests", query=("method", "path"))
    def requests(self, request):
        method, path = request.parameter("method"), re.compile(request.parameter("path", ".*"))
        listed = [
            entry for entry in self._of.requests
            if (method is None or entry["method"] == method) and path.fullmatch(entry["path"])
        ]
        connections = len({entry["connection"] for entry in listed})
        return Response(200, {"count": len(listed), "connections": connections, "requests": listed})

    @route("DELETE", "/_control/requests")
    def forget_requests(self, request):
        self._of.requests.clear()
        return Response(204)

    @route("GET", "/_control/faults")
    def faults(self, request):
        return Response(200, self._of.faults)

    @route("POST", "/_control/faults", body=FAULT)
    def add_fault(self, request):
        fault = request.json()
        if fault["kind"] not in KINDS:
            raise Departure(f"kind {fault['kind']!r} is none of {', '.join(KINDS)}")
        re.compile(fault.get("path", ""))
        self._of.faults.append(fault)
        return Response(201, fault)

    @route("DELETE", "/_control/faults")
    def drop_faults(self, request):
        self._of.faults.clear()
        return Response(204)

    @route("GET", "/_control/clock")
    def clock(self, request):
        return Response(200, {"now": self._of.clock.now()})

    @route("POST", "/_control/clock", body={"advance?": float, "set?": float, "freeze?": bool})
    def set_clock(self, request):
        wish, clock = request.json(), self._of.clock
        if "freeze" in wish:
            clock.freeze(wish["freeze"])
        if "set" in wish:
            clock.set(wish["set"])
        clock.advance(wish.get("advance", 0.0))
        return self.clock(request)

    @route("GET", "/_control/settings")
    def settings(self, request):
        return Response(200, self._of.settings)

    @route("POST", "/_control/settings", body=shapes.Map(shapes.ANY))
    def set_settings(self, request):
        for name, value in request.json().items():
            if name not in self._of.default_settings:
                raise Departure(f"unknown setting {name!r}")
            standard = self._of.default_settings[name]
            reason = None if standard is None else shapes.departure(value, type(standard), name)
            if reason:
                raise Departure(reason)
            self._of.settings[name] = value
        return self.settings(request)

    @route("POST", "/_control/reset")
    def reset(self, request):
        self._of.forget_everything()
        return Response(204)

    @route("POST", "/_control/records/{kind}", body=shapes.ANY)
    def seed(self, request, kind):
        return Response(201, self._of.seed(kind, request.json()))

    @route("GET", "/_control/records/{kind}")
    def inspect_all(self, request, kind):
        return Response(200, self._of.inspect(kind, None))

    @route("GET", "/_control/records/{kind}/{identity...}")
    def inspect(self, request, kind, identity):
        return Response(200, self._of.inspect(kind, identity))

    @route("POST", "/_control/tokens/expire")
    def expire_tokens(self, request):
        self._of.expire_tokens()
        return Response(204)

    @route("GET", "/_control/deliveries")
    def deliveries(self, request):
        if not self._of.outbox.drain(10.0):
            raise Departure("a delivery is still under way after 10 s", 503)
        return Response(200, self._of.outbox.sent())

    @route("DELETE", "/_control/deliveries")
    def forget_deliveries(self, request):
        self._of.outbox.clear()
        return Response(204)


def start(simulator):
    """Binds both ports and serves them from threads."""
    options = simulator.options
    tls = tls_context(options.cert, options.key, options.client_ca) if options.cert else None
    server = Server(simulator.answer, simulator.malformed)
    simulator.port = server.listen(simulator.addresses, tls)
    simulator.control_port = server.listen(("127.0.0.1",))


def serve(kind, arguments=None):
    """The main program of a simulator."""
    parser = argparse.ArgumentParser(description=(sys.modules[kind.__module__].__doc__ or "").split("\n")[0])
    parser.add_argument("--cert", help="certificate chain (PEM): serve TLS")
    parser.add_argument("--key", help="its private key (PEM)")
    parser.add_argument("--client-ca", help="clients must show a certificate of this authority (PEM)")
    kind.add_options(parser)
    options = parser.parse_args(arguments)
    if bool(options.cert) != bool(options.key):
        parser.error("--cert and --key belong together")
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    simulator = kind(options)
    start(simulator)
    print(simulator.port, simulator.control_port, sep="\n", flush=True)
    mode = os.fstat(0).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        threading.Thread(target=_watch_input, daemon=True).start()
    signal.sigwait(signals)
    simulator.ending.set()
    sys.stdout.flush()
    os._exit(0)


def _watch_input():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)

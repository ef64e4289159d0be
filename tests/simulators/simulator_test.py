"""The simulators' base: serving, strictness, faults, control."""

import argparse
import hashlib
import http.client
import io
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import shape
import wire
from shelf import Shelf
from simulator import MULTIPART, RAW, Answer, LaggingIndex, Response, route, start


class TestShelf(Shelf):
    """The shelf, with an account and routes for what a body can be."""

    default_settings = {"index_lag": 0.0, "size": 3}

    def authenticate(self, request):
        if request.headers.get("authorization") != "Bearer good":
            raise Answer(Response(401, {"error": "who are you"}))
        request.user = "good"

    @route("GET", "/item/special")
    def special(self, request):
        return Response(200, {"special": True})

    @route("PUT", "/raw", body=RAW)
    def raw(self, request):
        self.kept = request.content
        return Response(200, {"length": request.content.length})

    @route("GET", "/raw", open=True)
    def give(self, request):
        return Response(200, self.kept)

    @route("POST", "/files", body=MULTIPART)
    def files(self, request):
        parts = [[headers["content-disposition"], content.length] for headers, content in request.parts()]
        return Response(200, parts)

    @route("GET", "/broken")
    def broken(self, request):
        raise RuntimeError("a fault of the simulator's own")


def options(**values):
    return argparse.Namespace(**{"cert": None, "key": None, "client_ca": None, **values})


class BaseTest(unittest.TestCase):
    def setUp(self):
        self.shelf = TestShelf(options())
        start(self.shelf)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.shelf.port, timeout=30)
        self.addCleanup(self.connection.close)

    def call(self, method, path, body=None, headers=None):
        all_headers = {"Authorization": "Bearer good", **(headers or {})}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            all_headers.setdefault("Content-Type", "application/json")
        self.connection.request(method, path, body, all_headers)
        answer = self.connection.getresponse()
        text = answer.read()
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.status, json.loads(text) if is_json else text

    def control(self, method, path, body=None):
        return self.call(method, "/_control" + path, body)[1]

    def reasons(self):
        return [violation["reason"] for violation in self.control("GET", "/violations")]


class Serving(BaseTest):
    def test_routes_by_method_and_decoded_segment(self):
        self.assertEqual(self.call("POST", "/item", {"id": "a/ü"})[0], 201)
        self.assertEqual(self.call("GET", "/item/a%2F%C3%BC"), (200, {"id": "a/ü"}))

    def test_the_more_literal_route_wins(self):
        self.assertEqual(self.call("GET", "/item/special"), (200, {"special": True}))

    def test_keeps_the_connection(self):
        for _ in range(3):
            self.call("GET", "/item/special")
        self.assertEqual(self.control("GET", "/requests?path=/item/.*")["connections"], 1)

    def test_refused_credentials_are_no_violation(self):
        self.assertEqual(self.call("GET", "/item/x", headers={"Authorization": "Bearer bad"})[0], 401)
        self.assertEqual(self.reasons(), [])

    def test_large_bodies_pass_in_bounded_memory(self):
        size = 64 << 20
        with tempfile.TemporaryFile() as file:
            block, digest = os.urandom(1 << 20), hashlib.sha256()
            for _ in range(size >> 20):
                file.write(block)
                digest.update(block)
            file.seek(0)
            before = _peak_kib()
            self.assertEqual(self.call("PUT", "/raw", file, {"Content-Length": str(size)}), (200, {"length": size}))
        self.connection.request("GET", "/raw")
        answer, received = self.connection.getresponse(), hashlib.sha256()
        while piece := answer.read(1 << 16):
            received.update(piece)
        self.assertEqual(received.digest(), digest.digest())
        self.assertLess(_peak_kib() - before, 16 << 10)

    def test_chunked_bodies(self):
        self.connection.request("PUT", "/raw", iter([b"abc", b"defg"]), {"Authorization": "Bearer good"}, encode_chunked=True)
        self.assertEqual(self.connection.getresponse().read(), b'{"length":7}')

    def test_expect_continue_is_answered_before_the_body_comes(self):
        with socket.create_connection(("127.0.0.1", self.shelf.port), timeout=10) as client:
            client.sendall(b"PUT /raw HTTP/1.1\r\nAuthorization: Bearer good\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual(client.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            client.sendall(b"abc")
            self.assertIn(b'{"length":3}', client.recv(1000))

    def test_multipart(self):
        body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n12\r\n--3\r\n--b--\r\n'
        status, parts = self.call("POST", "/files", body, {"Content-Type": "multipart/form-data; boundary=b"})
        self.assertEqual((status, parts), (200, [['form-data; name="file"; filename="x"', 7]]))

    def test_a_boundary_across_two_chunks_is_found(self):
        spool = wire.Spool()
        spool.write(b"x" * (wire.HELD_IN_MEMORY + wire.CHUNK - 3) + b"needle" + b"y" * 10)
        where = wire.HELD_IN_MEMORY + wire.CHUNK - 3
        self.assertEqual(spool.content().find(b"needle"), where)
        self.assertEqual(spool.content().find(b"needle", where + 1), -1)


class Strictness(BaseTest):
    def test_departures_are_refused_and_recorded(self):
        cases = [
            (("GET", "/nowhere"), 404, "no such path"),
            (("DELETE", "/item/special"), 405, "not documented"),
            (("GET", "/item/x?field=a"), 400, "unknown query parameter 'field'"),
            (("POST", "/item", {"id": "a", "sise": 1}), 400, "unknown member 'sise'"),
            (("POST", "/item", {"id": 7}), 400, "body.id is int, not str"),
            (("POST", "/item", {"id": "a", "size": True}), 400, "body.size is bool, not int"),
            (("POST", "/item", {"size": 1}), 400, "lacks the member 'id'"),
            (("POST", "/item", "{", {"Content-Type": "application/json"}), 400, "no JSON"),
            (("POST", "/item", "{}", {"Content-Type": "text/plain"}), 415, "content type 'text/plain'"),
            (("POST", "/item", '{"id":"a","id":"b"}', {"Content-Type": "application/json"}), 400, "twice"),
            (("GET", "/item/special", {"a": 1}), 400, "a body where none belongs"),
            (("GET", "/broken"), 500, "the simulator failed"),
        ]
        for arguments, status, reason in cases:
            with self.subTest(reason):
                self.call("DELETE", "/_control/violations")
                sys.stderr, kept = io.StringIO(), sys.stderr
                try:
                    self.assertEqual(self.call(*arguments)[0], status)
                finally:
                    sys.stderr = kept
                self.assertEqual(len(self.reasons()), 1)
                self.assertIn(reason, self.reasons()[0])
        self.assertEqual(self.shelf.items, {})

    def test_what_is_no_http_is_recorded(self):
        with socket.create_connection(("127.0.0.1", self.shelf.port), timeout=10) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 400"))
        self.assertIn("malformed request", self.reasons()[0])


class Faults(BaseTest):
    def fault(self, **values):
        self.assertEqual(self.call("POST", "/_control/faults", values)[0], 201)

    def test_an_answer_instead_for_the_next_matching_requests(self):
        self.fault(kind="answer", method="POST", path="/item", times=2, after=1, status=429, headers={"Retry-After": "7"})
        statuses = [self.call("POST", "/item", {"id": "a"})[0] for _ in range(4)]
        self.assertEqual(statuses, [201, 429, 429, 201])
        self.assertEqual(self.control("GET", "/requests?path=/item")["count"], 4)
        self.assertEqual(self.control("GET", "/faults"), [])

    def test_commit_then_answer_carries_the_request_out(self):
        self.fault(kind="commit_then_answer", body={"error": "boom"})
        self.assertEqual(self.call("POST", "/item", {"id": "a"}), (500, {"error": "boom"}))
        self.assertEqual(self.control("GET", "/records/item/a"), {"id": "a"})

    def test_cuts_before_and_after(self):
        for kind, made in (("cut", 0), ("commit_then_cut", 1)):
            self.fault(kind=kind)
            with self.assertRaises((ConnectionError, http.client.BadStatusLine)):
                self.call("POST", "/item", {"id": "a"})
            self.connection.close()
            self.assertEqual(len(self.shelf.items), made)

    def test_a_truncated_answer(self):
        self.fault(kind="truncate")
        with self.assertRaises(http.client.IncompleteRead):
            self.call("GET", "/item/special")

    def test_a_trickled_answer_is_whole(self):
        self.fault(kind="trickle", seconds=0.1)
        began = time.monotonic()
        self.assertEqual(self.call("GET", "/item/special"), (200, {"special": True}))
        self.assertGreater(time.monotonic() - began, 0.09)

    def test_a_delayed_answer(self):
        self.fault(kind="delay", seconds=0.1)
        began = time.monotonic()
        self.assertEqual(self.call("GET", "/item/special")[0], 200)
        self.assertGreater(time.monotonic() - began, 0.09)

    def test_an_unknown_kind_is_refused(self):
        self.assertEqual(self.call("POST", "/_control/faults", {"kind": "explode"})[0], 400)


class ControlInterface(BaseTest):
    def test_the_clock_moves_and_stands(self):
        self.control("POST", "/clock", {"freeze": True, "set": 1000.0})
        self.assertEqual(self.control("POST", "/clock", {"advance": 5}), {"now": 1005.0})
        self.assertEqual(self.control("GET", "/clock"), {"now": 1005.0})

    def test_settings_are_typed(self):
        self.assertEqual(self.control("POST", "/settings", {"index_lag": 2})["index_lag"], 2)
        self.assertEqual(self.call("POST", "/_control/settings", {"size": "x"})[0], 400)
        self.assertEqual(self.call("POST", "/_control/settings", {"sise": 1})[0], 400)

    def test_records_and_reset(self):
        self.control("POST", "/records/item", {"id": "a"})
        self.control("POST", "/settings", {"size": 9})
        self.assertEqual(self.control("GET", "/records/item"), [{"id": "a"}])
        self.call("POST", "/_control/reset")
        self.assertEqual(self.control("GET", "/records/item"), [])
        self.assertEqual(self.control("GET", "/settings")["size"], 3)
        self.assertEqual(self.call("GET", "/_control/records/item/a")[0], 404)

    def test_requests_are_listed_with_what_they_held(self):
        self.call("POST", "/item", {"id": "a"})
        self.call("GET", "/item/a?fields=x")
        listed = self.control("GET", "/requests?method=POST&path=/item")
        self.assertEqual(listed["count"], 1)
        entry = listed["requests"][0]
        self.assertEqual((entry["status"], entry["body"], entry["user"]), (201, '{"id": "a"}', "good"))
        self.assertEqual(self.control("GET", "/requests")["count"], 2)

    def test_deliveries_are_noted(self):
        receiver = TestShelf(options())
        start(receiver)
        self.shelf.outbox.post(f"http://127.0.0.1:{receiver.port}/item?x=1", {"Content-Type": "application/json"}, b"{}")
        sent = self.control("GET", "/deliveries")
        self.assertEqual([delivery["status"] for delivery in sent], [401])
        self.assertEqual(receiver.requests[0]["query"], [("x", "1")])


class Index(unittest.TestCase):
    def test_lags_behind_changes_and_deletions(self):
        index = LaggingIndex()
        index.put("a", 1, 10)
        index.put("a", 2, 20)
        index.put("b", 1, 20)
        index.put("b", None, 30)
        self.assertEqual(index.view(14, 5), {})
        self.assertEqual(index.view(15, 5), {"a": 1})
        self.assertEqual(index.view(25, 5), {"a": 2, "b": 1})
        self.assertEqual(index.view(35, 5), {"a": 2})


class Shapes(unittest.TestCase):
    def test_nested_departures_name_the_place(self):
        wanted = {"list": [{"a": shape.OneOf(int, None)}], "any?": shape.Map(str)}
        self.assertIsNone(shape.departure({"list": [{"a": 1}, {"a": None}], "any": {"x": "y"}}, wanted))
        self.assertIn("body.list[1].a", shape.departure({"list": [{"a": 1}, {"a": "x"}]}, wanted))
        self.assertIn("body.any.x", shape.departure({"list": [], "any": {"x": 1}}, wanted))


class ProcessTest(unittest.TestCase):
    """A simulator as the process it is."""

    def begin(self, *arguments):
        folder = os.path.dirname(os.path.abspath(__file__))
        process = subprocess.Popen(
            [sys.executable, "-B", os.path.join(folder, "shelf.py"), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process, int(process.stdout.readline()), int(process.stdout.readline())

    def test_prints_its_ports_and_ends_on_sigterm(self):
        process, port, control_port = self.begin()
        for one in (port, control_port):
            connection = http.client.HTTPConnection("127.0.0.1", one, timeout=10)
            connection.request("GET", "/_control/violations")
            self.assertEqual(connection.getresponse().read(), b"[]")
            connection.close()
        process.terminate()
        self.assertEqual(process.wait(10), 0)
        process.stdin.close()

    def test_ends_when_its_input_closes(self):
        process, _, _ = self.begin()
        process.stdin.close()
        self.assertEqual(process.wait(10), 0)

    def test_serves_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = os.path.join(folder, "c.pem"), os.path.join(folder, "k.pem")
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                 "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                check=True, capture_output=True,
            )
            process, port, control_port = self.begin("--cert", certificate, "--key", key)
            context = ssl.create_default_context(cafile=certificate)
            secure = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
            secure.request("GET", "/nowhere")
            self.assertEqual(secure.getresponse().status, 404)
            secure.close()
            plain = http.client.HTTPConnection("127.0.0.1", control_port, timeout=10)
            plain.request("GET", "/_control/violations")
            self.assertIn(b"no such path", plain.getresponse().read())
            plain.close()
            process.stdin.close()
            self.assertEqual(process.wait(10), 0)


def _peak_kib():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


if __name__ == "__main__":
    unittest.main()

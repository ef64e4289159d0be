"""HTTP/1.1 for the simulators: a threaded server with keep-alive whose bodies never fill the memory.

Written on sockets rather than on http.server, for speed (one write per answer, no header object
per request) and for the faults a simulator has to produce (cut, trickled and truncated answers).
"""

import email.message
import email.utils
import json
import os
import socket
import ssl
import tempfile
import threading
import urllib.parse

HELD_IN_MEMORY = 1 << 20
CHUNK = 256 << 10
HEAD_LIMIT = 64 << 10
REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently",
    302: "Found", 303: "See Other", 307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict",
    410: "Gone", 411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large",
    415: "Unsupported Media Type", 422: "Unprocessable Content", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}


class Malformed(Exception):
    """What came in is not HTTP/1.1; the connection ends after a 400."""


class Content:
    """Bytes of any length, in memory or in an unnamed file. Immutable once made, safe from any thread."""

    def __init__(self, data=b"", file=None, offset=0, length=None):
        self._data, self._file, self._offset = data, file, offset
        self.length = len(data) if length is None else length

    def part(self, offset, length):
        """A piece of this one, without a copy."""
        if self._file is None:
            return Content(self._data[offset : offset + length])
        return Content(file=self._file, offset=self._offset + offset, length=length)

    def chunks(self):
        """The bytes in order, at most CHUNK at a time."""
        if self._file is None:
            if self._data:
                yield self._data
            return
        at, end = self._offset, self._offset + self.length
        while at < end:
            chunk = os.pread(self._file.fileno(), min(CHUNK, end - at), at)
            if not chunk:
                raise OSError("the spooled body is shorter than it was")
            at += len(chunk)
            yield chunk

    def read(self):
        """All of it as bytes; for bodies known to be small."""
        return b"".join(self.chunks())

    def find(self, wanted, start=0):
        """Where `wanted` stands at or after `start`, or -1."""
        if self._file is None:
            return self._data.find(wanted, start)
        at, tail = start, b""
        for chunk in self.part(start, self.length - start).chunks():
            window = tail + chunk
            found = window.find(wanted)
            if found >= 0:
                return at - len(tail) + found
            at += len(chunk)
            tail = window[-(len(wanted) - 1) :] if len(wanted) > 1 else b""
        return -1


class UnnamedFile:
    """A temporary file without a name, gone with the last that refers to it."""

    def __init__(self):
        self._descriptor, path = tempfile.mkstemp(prefix="simulator")
        os.unlink(path)

    def __del__(self):
        os.close(self._descriptor)

    def fileno(self):
        return self._descriptor

    def write(self, data):
        return os.write(self._descriptor, data)


class Spool:
    """Collects a body; beyond HELD_IN_MEMORY it goes to an unnamed temporary file."""

    def __init__(self):
        self._data, self._file, self._length = bytearray(), None, 0

    def write(self, piece):
        self._length += len(piece)
        if self._file is None and self._length > HELD_IN_MEMORY:
            self._file = UnnamedFile()
            self._store(self._data)
            self._data = bytearray()
        if self._file is None:
            self._data += piece
        else:
            self._store(piece)

    def _store(self, piece):
        view = memoryview(bytes(piece))
        while view:
            view = view[self._file.write(view) :]

    def content(self):
        if self._file is None:
            return Content(bytes(self._data))
        return Content(file=self._file, length=self._length)


class Request:
    """One request. `headers` has lower-case names, values of a repeated header joined with ", "."""

    def __init__(self, method, target, headers, connection):
        self.method, self.target, self.headers, self.connection = method, target, headers, connection
        path, _, query = target.partition("?")
        self.path = path
        self.query = urllib.parse.parse_qsl(query, keep_blank_values=True) if query else []
        self.content = Content()
        self.user = None
        self._json = None

    def parameter(self, name, default=None):
        """The first value of a query parameter."""
        for key, value in self.query:
            if key == name:
                return value
        return default

    def media_type(self):
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self):
        """The body as JSON; ValueError when it is none."""
        if self._json is None:
            self._json = json.loads(self.content.read().decode("utf-8"), object_pairs_hook=_unique)
        return self._json

    def parts(self):
        """The parts of a multipart body: (headers, Content) in order; ValueError when it is malformed."""
        return split_multipart(self.headers.get("content-type", ""), self.content)


def _unique(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member appears twice in one object")
    return value


def split_multipart(content_type, content):
    """[(headers, Content)] of a multipart/* body (RFC 2046), without a copy of the parts."""
    boundary = header_parameter(content_type, "boundary")
    if not boundary:
        raise ValueError("multipart without a boundary")
    delimiter = b"--" + boundary.encode()
    if content.part(0, min(content.length, len(delimiter))).read() != delimiter:
        raise ValueError("the multipart body does not begin with its boundary")
    parts, at = [], len(delimiter)
    while content.part(at, 2).read() == b"\r\n":
        start = at + 2
        head_end = content.find(b"\r\n\r\n", start)
        if head_end < 0 or head_end - start > HEAD_LIMIT:
            raise ValueError("a part of the multipart body has no end of its headers")
        end = content.find(b"\r\n" + delimiter, head_end + 2)
        if end < 0:
            raise ValueError("the multipart body lacks its closing boundary")
        headers = parse_headers(content.part(start, head_end - start).read().decode("utf-8").split("\r\n"))
        parts.append((headers, content.part(head_end + 4, max(0, end - head_end - 4))))
        at = end + 2 + len(delimiter)
    if content.part(at, 2).read() != b"--":
        raise ValueError("the multipart body lacks its closing boundary")
    return parts


def header_parameter(value, name):
    """A parameter of a header value such as `form-data; name="file"; filename="a.txt"`, or None."""
    message = email.message.Message()
    message["Content-Type"] = "x/y; " + value.partition(";")[2]
    found = message.get_param(name)
    if isinstance(found, tuple):
        return email.utils.collapse_rfc2231_value(found)
    return found


def parse_headers(lines):
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Malformed(f"header line {line!r}")
        name, value = name.lower(), value.strip()
        headers[name] = headers[name] + ", " + value if name in headers else value
    return headers


class Response:
    """An answer. `body`: None, bytes, Content, or a value that becomes JSON. A header whose value is a list is repeated."""

    def __init__(self, status, body=None, headers=None):
        self.status, self.headers = status, dict(headers or {})
        if body is None or isinstance(body, Content):
            self.content = body or Content()
        elif isinstance(body, bytes):
            self.content = Content(body)
        else:
            self.content = Content(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
            self.headers.setdefault("Content-Type", "application/json;charset=UTF-8")

    def head(self, close=False):
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}"]
        lines += [f"{name}: {one}" for name, value in self.headers.items()
                  for one in (value if isinstance(value, list) else [value])]
        if self.status != 204:
            lines.append(f"Content-Length: {self.content.length}")
        if close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Cut(Exception):
    """Ends the connection at once, with a reset where data is under way."""


class Connection:
    """One accepted connection, served by a thread of its own."""

    def __init__(self, sock, number, body_limit=1 << 30):
        self._socket, self.number, self._limit = sock, number, body_limit
        self._buffer = bytearray()

    def read_request(self):
        """The next request, or None when the peer has closed."""
        end = self._buffer.find(b"\r\n\r\n")
        while end < 0:
            if len(self._buffer) > HEAD_LIMIT:
                raise Malformed("the request's head is too long")
            if not self._fill():
                return None
            end = self._buffer.find(b"\r\n\r\n")
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        words = lines[0].split(" ")
        if len(words) != 3 or words[2] != "HTTP/1.1":
            raise Malformed(f"request line {lines[0]!r}")
        request = Request(words[0], words[1], parse_headers(lines[1:]), self.number)
        self._read_body(request)
        return request

    def _fill(self):
        piece = self._socket.recv(CHUNK)
        self._buffer += piece
        return bool(piece)

    def _read_body(self, request):
        length, coding = request.headers.get("content-length"), request.headers.get("transfer-encoding")
        if length is None and coding is None:
            return
        if request.headers.get("expect", "").lower() == "100-continue":
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        spool = Spool()
        if coding is not None:
            if coding.lower() != "chunked" or length is not None:
                raise Malformed(f"transfer coding {coding!r}")
            self._read_chunked(spool)
        elif not length.isdigit() or int(length) > self._limit:
            raise Malformed(f"content length {length!r}")
        else:
            self._take(int(length), spool)
        request.content = spool.content()

    def _take(self, count, spool):
        while count:
            if not self._buffer and not self._fill():
                raise Cut()
            piece = bytes(self._buffer[:count])
            del self._buffer[: len(piece)]
            spool.write(piece)
            count -= len(piece)

    def _line(self):
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > HEAD_LIMIT or not self._fill():
                raise Malformed("a chunk's head")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _read_chunked(self, spool):
        while True:
            size = int(self._line().partition(b";")[0], 16)
            if size == 0:
                while self._line():
                    pass
                return
            self._take(size, spool)
            if self._line():
                raise Malformed("a chunk longer than its size")

    def write(self, data):
        self._socket.sendall(data)

    def send(self, response, close=False):
        """Writes the answer: in one piece when it is small."""
        waiting = response.head(close)
        for chunk in response.content.chunks():
            if len(waiting) + len(chunk) > CHUNK + HEAD_LIMIT:
                self._socket.sendall(waiting)
                waiting = b""
            waiting = waiting + chunk if waiting else chunk
        if waiting:
            self._socket.sendall(waiting)

    def reset(self):
        """Closes with a TCP reset, so that the peer sees a cut and no end."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.close()

    def close(self):
        try:
            self._socket.close()
        except OSError:
            pass


class Server:
    """Accepts connections on addresses of this machine and hands each request to `answer(connection, request)`.

    `answer` sends the response through the connection and returns False when the connection is to end.
    """

    def __init__(self, answer, malformed):
        self._answer, self._malformed = answer, malformed
        self._numbers, self._lock, self._listeners = 0, threading.Lock(), []

    def listen(self, addresses, tls=None):
        """Binds the same free port on every address and returns it; the sockets listen when it returns."""
        while True:
            listeners = [socket.create_server((addresses[0], 0), backlog=512)]
            port = listeners[0].getsockname()[1]
            try:
                listeners += [socket.create_server((address, port), backlog=512) for address in addresses[1:]]
            except OSError:
                for listener in listeners:
                    listener.close()
                continue
            break
        for listener in listeners:
            self._listeners.append(listener)
            threading.Thread(target=self._accept, args=(listener, tls), daemon=True).start()
        return port

    def close(self):
        for listener in self._listeners:
            listener.close()

    def _accept(self, listener, tls):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._numbers += 1
                number = self._numbers
            threading.Thread(target=self._serve, args=(sock, number, tls), daemon=True).start()

    def _serve(self, sock, number, tls):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                sock = tls.wrap_socket(sock, server_side=True)
        except OSError:
            sock.close()
            return
        connection = Connection(sock, number)
        try:
            while (request := connection.read_request()) is not None:
                close = request.headers.get("connection", "").lower() == "close"
                if not self._answer(connection, request) or close:
                    break
        except Cut:
            connection.reset()
        except (Malformed, ValueError) as error:
            self._malformed(str(error))
            connection.send(Response(400, {"malformed": str(error)}), close=True)
        except OSError:
            pass
        finally:
            connection.close()


def tls_context(certificate, key, client_authority=None):
    """A server's TLS context; with `client_authority` every client must show a certificate issued by it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if client_authority:
        context.load_verify_locations(client_authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context

"""What a simulator sends of its own accord (webhooks, business rules): in order, one at a time, each noted."""

import http.client
import queue
import ssl
import threading
import urllib.parse


class Outbox:
    def __init__(self):
        self._queue, self._lock, self._idle = queue.Queue(), threading.Lock(), threading.Condition()
        self._sent, self._waiting = [], 0
        threading.Thread(target=self._run, daemon=True).start()

    def post(self, url, headers, body):
        """Queues one POST; returns at once."""
        with self._idle:
            self._waiting += 1
        self._queue.put((url, dict(headers), body))

    def sent(self):
        """What was sent so far: url, headers, status (0 when nobody answered) and the answer's text."""
        with self._lock:
            return list(self._sent)

    def clear(self):
        with self._lock:
            self._sent.clear()

    def drain(self, seconds):
        """Waits until nothing is queued or under way; False when that takes longer than `seconds`."""
        with self._idle:
            return self._idle.wait_for(lambda: self._waiting == 0, seconds)

    def _run(self):
        while True:
            url, headers, body = self._queue.get()
            status, answer = self._deliver(url, headers, body)
            with self._lock:
                self._sent.append({"url": url, "headers": headers, "status": status, "answer": answer})
            with self._idle:
                self._waiting -= 1
                self._idle.notify_all()

    @staticmethod
    def _deliver(url, headers, body):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme == "https":
            trusting = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=20, context=trusting)
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        try:
            connection.request("POST", parts.path + ("?" + parts.query if parts.query else ""), body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(4096).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()

"""Who may call Helix ALM, and how often: Basic and API keys for a token, the token for all else, limits by project.

AuthorizationSecurity and RateLimits of the REST API help; the token's claims are those of the sample in Perforce's Java
client, whose times are ISO text.
"""

import base64
import binascii
import dataclasses
import datetime
import hashlib
import hmac
import json
import math
import secrets

from simulator import Departure

ALL_LICENCES = ("issues", "requirements", "documents", "testCases", "testRuns")
WINDOW = 60.0


@dataclasses.dataclass
class Account:
    id: int
    username: str
    firstName: str
    lastName: str
    password: str
    mi: str = ""
    licences: tuple = ALL_LICENCES
    soap: bool = True

    def shown(self):
        return {"id": self.id, "username": self.username, "firstName": self.firstName, "lastName": self.lastName, "mi": self.mi}

    def names(self):
        """What a search may call this user."""
        return [self.username, f"{self.firstName} {self.lastName}", f"{self.lastName}, {self.firstName}"]


def accounts():
    return {one.username: one for one in (
        Account(1, "administrator", "System", "Administrator", "administrator-secret"),
        Account(2, "sync", "Sync", "Service", "sync-secret"),
        Account(3, "anna", "Anna", "Alm", "anna-secret", "B"),
        Account(4, "bert", "Bert", "Berg", "bert-secret"),
        Account(5, "issues-only", "Ida", "Only", "issues-only-secret", licences=("issues",)),
        Account(6, "no-soap", "Nora", "Soap", "no-soap-secret", soap=False),
    )}


@dataclasses.dataclass
class Token:
    user: str
    project: int
    expires: float


@dataclasses.dataclass
class Window:
    begin: float
    count: int = 0


class Access:
    def __init__(self, clock, settings):
        self._clock, self._settings = clock, settings
        self.accounts = accounts()
        self.keys = {"key-sync": ("key-secret", "sync"), "key-anna": ("key-secret", "anna")}
        self.tokens, self.issued, self._windows, self._second = {}, 0, {}, (0, 0)

    # Credentials.

    def account(self, header):
        """Whose Basic or ApiKey credentials these are, or None; Departure for those of another kind."""
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "basic":
            return self._basic(rest)
        if scheme.lower() == "apikey":
            return self._key(rest)
        raise Departure(f"a list of projects or a token is asked for with Basic or ApiKey, not {scheme!r}", 401)

    def _basic(self, text):
        try:
            name, colon, password = base64.b64decode(text, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Departure("Basic credentials that are no base64", 401) from None
        if not colon:
            raise Departure("Basic credentials without a colon", 401)
        found = self.accounts.get(name)
        return found if found is not None and hmac.compare_digest(found.password.encode(), password.encode()) else None

    def _key(self, text):
        identity, colon, secret = text.partition(":")
        if not colon:
            raise Departure("an ApiKey is sent as it is, id:secret", 401)
        known, user = self.keys.get(identity, ("", None))
        return self.accounts[user] if user is not None and hmac.compare_digest(known.encode(), secret.encode()) else None

    # Tokens.

    def issue(self, account, project, issuer):
        now = self._clock.now()
        expires = now + self._settings["token_lifetime"]
        claims = {"exp": utc(expires), "iat": utc(now), "ignoreDefaults": False, "ignoreRequired": False, "iss": issuer,
                  "jti": secrets.token_hex(16), "pid": project.id, "pnm": project.name, "usr": account.id, "ver": "1.0.0"}
        text = jwt(claims)
        self.tokens[text] = Token(account.username, project.id, expires)
        self.issued += 1
        return {"tokenType": "Bearer", "expiresOn": utc(expires), "accessToken": text}

    def token(self, text):
        """The token when it is still good, else None."""
        found = self.tokens.get(text)
        return found if found is not None and found.expires > self._clock.now() else None

    def live(self):
        return sum(token.expires > self._clock.now() for token in self.tokens.values())

    def expire(self):
        """As a server's restart does: tokens die before their expiresOn."""
        self.tokens.clear()

    # Limits.

    def allowed(self, project):
        """Counts a request; False when it is one too many of this minute. Refused ones don't count."""
        now, limit = self._clock.now(), self._settings["rate_limit"]
        window = self._windows.get(project)
        if window is None or now >= window.begin + WINDOW or now < window.begin:
            window = self._windows[project] = Window(now)
        if limit and window.count >= limit:
            return False
        window.count += 1
        return True

    def crowded(self):
        """Counts a request; True when the whole server has had too many within this second."""
        limit, second = self._settings["burst_limit"], int(self._clock.now())
        count = self._second[1] + 1 if self._second[0] == second else 1
        self._second = (second, count)
        return bool(limit) and count > limit

    def rate_headers(self, project):
        now, window = self._clock.now(), self._windows.get(project, Window(self._clock.now()))
        limit = self._settings["rate_limit"]
        remaining = max(0, limit - window.count) if limit else 240
        rest = max(1, math.ceil(window.begin + WINDOW - now))
        # The text calls this a date and time, the table beside it seconds.
        reset = str(rest) if self._settings["rate_reset"] == "seconds" else utc(now + rest)
        return {"X-RateLimit-Limit": str(limit or 240), "X-RateLimit-Remaining": str(remaining), "X-RateLimit-Reset": reset}, rest


def utc(moment):
    """As the API writes times: UTC, whole seconds."""
    return datetime.datetime.fromtimestamp(int(moment), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def jwt(claims):
    parts = [_url64(json.dumps(part, separators=(",", ":")).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signature = hmac.new(b"simulated", ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _url64(signature)])


def _url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

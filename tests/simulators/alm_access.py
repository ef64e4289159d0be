"""Who may call: LWSSO tokens, sessions with rotating cookies, XSRF tokens, API keys."""

import dataclasses
import secrets
from http.cookies import SimpleCookie

ACCOUNTS = {
    "sync": {"password": "sync-secret", "full": "Sync Service", "mail": "sync@example.com"},
    "anna": {"password": "anna-secret", "full": "Anna Alm", "mail": "anna@example.com"},
    "bert": {"password": "bert-secret", "full": "Bert Berg", "mail": "bert@example.com"},
}
KEYS = {"apikey-sync": ("apikey-secret", "sync", True), "apikey-off": ("apikey-secret", "sync", False)}


@dataclasses.dataclass
class Session:
    user: str
    xsrf: str
    used: float
    answers: int = 0
    values: dict = dataclasses.field(default_factory=dict)  # QCSession cookie -> when it ends; the newest: never

    @property
    def newest(self):
        return next(reversed(self.values))


class Access:
    def __init__(self, clock, settings):
        self._clock, self._settings = clock, settings
        self.accounts = {login: dict(account) for login, account in ACCOUNTS.items()}
        self.tokens, self.sessions, self.most_sessions = {}, [], 0

    def token(self, user):
        """A new LWSSO_COOKIE_KEY."""
        value = secrets.token_urlsafe(24)
        self.tokens[value] = user
        return value

    def live(self, user):
        self._drop_idle()
        return [session for session in self.sessions if session.user == user]

    def open(self, user):
        """A new session, or None when the user has as many as allowed."""
        limit = self._settings["max_sessions"]
        if limit and len(self.live(user)) >= limit:
            return None
        session = Session(user, secrets.token_hex(16), self._clock.now())
        session.values[secrets.token_urlsafe(24)] = None
        self.sessions.append(session)
        self.most_sessions = max(self.most_sessions, len(self.live(user)))
        return session

    def find(self, cookie):
        """The session that the QCSession cookie is of, whose idle time begins anew; or None."""
        self._drop_idle()
        now = self._clock.now()
        for session in self.sessions:
            if cookie in session.values:
                end = session.values[cookie]
                if end is not None and end <= now:
                    return None
                session.used = now
                return session
        return None

    def rotate(self, session):
        """The new QCSession cookie when this answer brings one, else None. The one before lives on for a while."""
        session.answers += 1
        every = self._settings["rotate_every"]
        if not every or session.answers % every:
            return None
        now = self._clock.now()
        session.values = {value: end for value, end in session.values.items() if end is None or end > now}
        session.values[session.newest] = now + self._settings["rotation_grace"]
        session.values[secrets.token_urlsafe(24)] = None
        return session.newest

    def close(self, session):
        self.sessions.remove(session)

    def forget(self):
        self.sessions.clear()
        self.tokens.clear()

    def _drop_idle(self):
        limit = self._clock.now() - self._settings["idle_timeout"]
        self.sessions = [session for session in self.sessions if session.used > limit]


def cookies(request):
    """{name: value} of the Cookie header."""
    return {name: morsel.value for name, morsel in SimpleCookie(request.headers.get("cookie", "")).items()}


def cookie(name, value):
    return f"{name}={value};Version=1;Path=/;HttpOnly"

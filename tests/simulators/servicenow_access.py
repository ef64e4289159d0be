"""Who may do what on the simulated ServiceNow instance: accounts, Basic, API keys, OAuth tokens, access rules."""

import base64
import binascii
import hmac
import uuid
from dataclasses import dataclass, field

import servicenow_query as queries

REFRESH_LIFETIME = 100 * 24 * 3600


@dataclass
class Account:
    """A row of `sys_user` that can sign in. `utc_offset` in minutes; `date_format` as strftime writes it."""

    user_name: str
    password: str = ""
    roles: list = field(default_factory=list)
    api_key: str = ""
    utc_offset: int = 0
    date_format: str = "%Y-%m-%d"
    failures: int = 0
    locked: bool = False


@dataclass
class Client:
    """A row of the application registry: an OAuth client. `user`: whom the client-credentials grant acts for."""

    client_id: str
    secret: str
    user: str = ""


@dataclass
class Token:
    value: str
    user: str
    expires: float
    refresh: str = ""
    refresh_expires: float = 0.0


class Access:
    """Accounts, clients and tokens. Used under the simulator's lock."""

    def __init__(self, clock, settings):
        self._clock, self._settings = clock, settings
        self.accounts = {account.user_name: account for account in (
            Account("admin", "admin", ["admin"], utc_offset=-420),
            Account("sync.user", "sync-password", ["itil"], api_key="now_sync_key", utc_offset=120, date_format="%d.%m.%Y"),
            Account("nobody", "nobody-password"),
        )}
        self.clients = {"syncservice": Client("syncservice", "client-secret", "sync.user")}
        self.tokens = []

    def basic(self, header):
        """The account that an `Authorization: Basic` header signs in, or None. Counts failures and locks, as logins do."""
        try:
            name, _, password = base64.b64decode(header[len("Basic "):], validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        account = self.login(name, password)
        restricted = self._settings["basic_auth_restricted"]
        if account and restricted and "snc_basic_auth_api_access" not in account.roles:
            return None
        return account

    def login(self, name, password):
        account = self.accounts.get(name)
        if account is None:
            return None
        if not hmac.compare_digest(account.password.encode(), password.encode()):
            account.failures += 1
            account.locked = account.locked or account.failures >= self._settings["lock_after"]
            return None
        if account.locked:
            return None
        account.failures = 0
        return account

    def bearer(self, value):
        now = self._clock.now()
        token = next((one for one in self.tokens if one.value == value and one.expires > now), None)
        return self.accounts.get(token.user) if token else None

    def key(self, value):
        return next((one for one in self.accounts.values() if one.api_key and one.api_key == value), None)

    def grant(self, form):
        """The answer to a token request's form, or None when it is refused."""
        client = self.clients.get(form.get("client_id"))
        if client is None or not hmac.compare_digest(client.secret, form.get("client_secret", "")):
            return None
        kind = form.get("grant_type")
        if kind == "password":
            account = self.login(form.get("username", ""), form.get("password", ""))
            return self._issue(account.user_name) if account else None
        if kind == "client_credentials":
            enabled = self._settings["client_credentials_grant"]
            return self._issue(client.user, with_refresh=False) if enabled and client.user in self.accounts else None
        if kind == "refresh_token":
            now = self._clock.now()
            found = next((one for one in self.tokens
                          if one.refresh and one.refresh == form.get("refresh_token") and one.refresh_expires > now), None)
            if found is None:
                return None
            self.tokens.remove(found)
            return self._issue(found.user, refresh=found.refresh)
        return None

    def _issue(self, user, with_refresh=True, refresh=""):
        """Inside the life of a token its holder gets the same one again, so that `expires_in` can be small."""
        now = self._clock.now()
        token = next((one for one in self.tokens
                      if one.user == user and bool(one.refresh) == with_refresh and one.expires > now), None)
        if token is None:
            token = Token(uuid.uuid4().hex * 2, user, now + self._settings["token_lifetime"])
            if with_refresh:
                token.refresh, token.refresh_expires = refresh or uuid.uuid4().hex * 2, now + REFRESH_LIFETIME
            self.tokens.append(token)
        answer = {"access_token": token.value}
        if token.refresh:
            answer["refresh_token"] = token.refresh
        return {**answer, "scope": "useraccount", "token_type": "Bearer", "expires_in": int(token.expires - now)}

    def expire_tokens(self):
        for token in self.tokens:
            token.expires = 0.0


class AccessRules:
    """Access control lists. Fulfillers (`itil`) and administrators may do everything but what a rule of the setting
    `acls` denies: {operation, table, columns?, query?, users?}. With `columns` it denies these columns alone."""

    def __init__(self, schema, settings, value_of):
        self._schema, self._settings, self._value_of = schema, settings, value_of

    def table_denied(self, account, operation, table):
        """Is the table closed to the account altogether?"""
        if "admin" in account.roles:
            return False
        if operation != "read" and table in ("sys_user", "sys_user_group", "sys_db_object", "sys_dictionary", "sys_choice"):
            return True
        return "itil" not in account.roles and table not in ("sys_user", "sys_user_group")

    def denied(self, account, operation, table, row=None, column=None):
        """Is the row, or one column of it, closed to the account?"""
        return any(self._applies(rule, account, operation, table, row, column) for rule in self._settings["acls"])

    def _applies(self, rule, account, operation, table, row, column):
        if rule["operation"] != operation or rule["table"] not in self._schema.lineage(table):
            return False
        if account.user_name not in rule.get("users", [account.user_name]) or "admin" in account.roles:
            return False
        if (column is None) == ("columns" in rule) or (column is not None and column not in rule["columns"]):
            return False
        if "query" not in rule:
            return True
        return row is not None and self.selects(rule["query"], table, row)

    def selects(self, text, table, row):
        """Does an encoded query hold for a row?"""
        query = queries.parse(text, lambda path: self._schema.resolve(table, path) is not None)
        return queries.matches(query, lambda path: self._value_of(table, row, path),
                               lambda path: self._schema.resolve(table, path).numeric)

"""Values of fields as Helix ALM's API takes and shows them, each under a key that its type names.

Stored: plain JSON values; a menu item or a user as its id; a formatted text as {"text", "formatted", "images": [file id]}.
"""

import base64
import binascii
import datetime
import html
import re

from simulator import Departure
from wire import Content

TEXT = {"text": str, "isFormatted?": bool, "inlineImages?": list}
IMAGE = re.compile(r'(<img\b[^>]*?\bsrc\s*=\s*)(["\'])data:([\w/+.-]+);base64,([^"\']*)\2', re.IGNORECASE)
DATE = re.compile(r"\d{4}-\d\d-\d\d")
DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
BLANK = {"string": "", "formattedString": {"text": "", "isFormatted": False, "inlineImages": []}, "editableVersion": "",
         "menuItem": {"id": 0, "label": ""}, "user": {"id": 0, "username": "", "firstName": "", "lastName": "", "mi": ""},
         "menuItemArray": [], "userArray": [], "date": "", "dateTime": "", "boolean": False}
KEEP = object()


class Refused(Exception):
    """What Helix ALM refuses; `path` leads from the element at hand to the one at fault."""

    def __init__(self, status, message, path=""):
        super().__init__(message)
        self.status, self.message, self.path = status, message, path

    def under(self, path):
        """The same, seen from further out."""
        return Refused(self.status, self.message, path + self.path)


class Values:
    """Reads and shows values by one project's menus and the server's users. `files`: see helix_alm_project.Files."""

    def __init__(self, schema, accounts, settings, files):
        self._schema, self._accounts, self._settings, self._files = schema, accounts, settings, files

    # Taking.

    def take(self, field, value):
        """The value as stored; None when it clears, KEEP when the field stays as it is."""
        if value is None:
            return None if self._settings["null_clears"] else KEEP
        try:
            return getattr(self, "_take_" + field.type)(field, value)
        except Refused as refused:
            raise refused.under("/" + field.type) from None

    def _take_string(self, field, text):
        if field.size and len(text) > field.size:
            raise Refused(400, f"The {field.label} field is limited to {field.size} characters.")
        return text or None

    _take_editableVersion = _take_string

    def _take_formattedString(self, field, value):
        return self.take_text(value)

    def take_text(self, value):
        """A formatted text, whose embedded images become files."""
        text, formatted = value["text"], value.get("isFormatted", False)
        if formatted:
            text = self._reformatted(IMAGE.sub(self._stored_image, text))
        images = self._files.linked_in(text) if formatted else []
        return {"text": text, "formatted": formatted, "images": images} if text else None

    def _reformatted(self, text):
        """As an editor of formatted text might leave it; nothing of it is documented."""
        if not self._settings["html_reformatted"] or not text:
            return text
        inner = re.sub(r"(?is)^<html><body>|</body></html>$", "", text)
        for name, other in (("strong", "b"), ("em", "i")):
            inner = re.sub(rf"(?i)<(/?){name}>", rf"<\g<1>{other}>", inner)
        return "<html><body>" + re.sub(r"(?i)<br\s*/?>", "<br />", inner) + "</body></html>"

    def _stored_image(self, match):
        try:
            data = base64.b64decode(match.group(4), validate=True)
        except binascii.Error:
            raise Refused(400, "The image data is not valid base64.", "/text") from None
        kind = match.group(3)
        identity = self._files.store(Content(data), "image." + kind.rpartition("/")[2], kind)
        return f"{match.group(1)}{match.group(2)}{self._files.link(identity)}{match.group(2)}"

    def _take_boolean(self, field, value):
        return value

    def _take_integer(self, field, value):
        if not -(2**31) <= value < 2**31:
            raise Refused(400, f"The value of the {field.label} field is out of range.")
        return value

    def _take_decimal(self, field, value):
        return float(value)

    def _take_date(self, field, text):
        return day(text) if text else None

    def _take_dateTime(self, field, text):
        return moment(text) if text else None

    def _take_menuItem(self, field, value):
        return self.menu_item(field.menu, value)

    def _take_menuItemArray(self, field, values):
        return list(dict.fromkeys(self._each(values, lambda one: self.menu_item(field.menu, one)))) or None

    def _take_user(self, field, value):
        return self.user(value)

    def _take_userArray(self, field, values):
        return list(dict.fromkeys(self._each(values, self.user))) or None

    @staticmethod
    def _each(values, take):
        taken = []
        for index, one in enumerate(values):
            try:
                taken.append(take(one))
            except Refused as refused:
                raise refused.under(f"/{index}") from None
        return [one for one in taken if one is not None]

    def menu_item(self, menu, value):
        """The id of {id} or {label}. Perforce's Python example drops the id to set a label, so an id decides."""
        items = self._schema.menus[menu]
        if not value:
            raise Departure("a menu item with neither id nor label")
        if "id" in value and "label" in value and value["id"] and items.label(value["id"]) != value["label"]:
            raise Departure(f"a menu item whose id {value['id']} and label {value['label']!r} are of different items")
        if value.get("id") == 0 and not value.get("label"):
            return None
        if value.get("id"):
            if items.label(value["id"]) is None:
                raise Refused(400, f"The menu item with id {value['id']} does not exist.", "/id")
            return value["id"]
        identity = items.identity(value["label"])
        if identity is None and value["label"]:
            raise Refused(400, f"The menu item \"{value['label']}\" does not exist.", "/label")
        return identity

    def user(self, value):
        """The id of {username}, {firstName, lastName} or {id}."""
        if not {"id", "username", "firstName", "lastName"} & set(value):
            raise Departure("a user with neither id nor username nor name")
        if value.get("id") == 0:
            return None
        for one in self._accounts.values():
            if all(getattr(one, name) == given for name, given in value.items() if name != "mi"):
                return one.id
        raise Refused(400, "The user does not exist.", "/" + next(iter(value)))

    # Showing.

    def show(self, field, stored, formatted=True):
        """The field as read."""
        shown = {"id": field.id, "label": field.label, "type": field.type}
        if stored is None:
            way = self._settings["empty_as"]
            if way != "absent":
                shown[field.type] = BLANK.get(field.type) if way == "blank" else None
            return shown
        shown[field.type] = self.shown_value(field, stored, formatted)
        return shown

    def shown_value(self, field, stored, formatted=True):
        if stored is None:
            return None
        if field.type == "formattedString":
            return self.show_text(stored, formatted)
        if field.type == "menuItem":
            return self.shown_item(field.menu, stored)
        if field.type == "menuItemArray":
            return [self.shown_item(field.menu, one) for one in stored]
        if field.type == "user":
            return self.shown_user(stored)
        if field.type == "userArray":
            return [self.shown_user(one) for one in stored]
        return stored

    def shown_item(self, menu, identity):
        return {"id": identity, "label": self._schema.menus[menu].label(identity)}

    def shown_user(self, identity):
        return self.account(identity).shown()

    def account(self, identity):
        return next(one for one in self._accounts.values() if one.id == identity)

    def show_text(self, stored, formatted=True):
        if not formatted and stored["formatted"]:
            return {"text": plain(stored["text"]), "isFormatted": False, "inlineImages": []}
        images = [{"content": self._files.link(one), "encodedFileID": one, "source": self._files.link(one)}
                  for one in stored["images"]]
        return {"text": stored["text"], "isFormatted": stored["formatted"], "inlineImages": images}

    # Comparing, for searches.

    def texts(self, field, stored):
        """What a search may compare with: texts, of which one has to fit."""
        if stored is None:
            return [""]
        if field.type == "formattedString":
            return [plain(stored["text"]) if stored["formatted"] else stored["text"]]
        if field.type in ("menuItem", "menuItemArray"):
            listed = stored if isinstance(stored, list) else [stored]
            return [self._schema.menus[field.menu].label(one) for one in listed]
        if field.type in ("user", "userArray"):
            listed = stored if isinstance(stored, list) else [stored]
            return [name for one in listed for name in self.account(one).names()]
        if field.type == "boolean":
            return ["true", "True", "Yes"] if stored else ["false", "False", "No"]
        return [str(stored)]


def plain(text):
    """The words of an HTML text."""
    text = re.sub(r"(?i)<br\s*/?>|</p\s*>|</li\s*>|</div\s*>", "\n", text)
    return html.unescape(re.sub(r"<[^>]*>", "", text)).strip()


def day(text):
    """A date as stored."""
    if not DATE.fullmatch(text):
        raise Refused(400, f"\"{text}\" is not a valid date.")
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise Refused(400, f"\"{text}\" is not a valid date.") from None


def moment(text):
    """A date and time as stored: UTC, whole seconds."""
    match = DATE_TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        found = datetime.datetime.fromisoformat(match.group(1) + match.group(2).replace("Z", "+00:00"))
    except ValueError:
        raise Refused(400, f"\"{text}\" is not a valid date/time.") from None
    return found.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

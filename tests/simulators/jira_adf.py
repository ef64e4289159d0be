"""Atlassian Document Format: what a document may hold, the form Jira stores it in, and its wiki markup and plain text."""

INLINE = ("text", "hardBreak", "mention", "emoji", "inlineCard", "date", "status")
BLOCKS = ("paragraph", "heading", "bulletList", "orderedList", "codeBlock", "blockquote", "rule", "panel", "table",
          "mediaSingle", "mediaGroup", "expand", "taskList", "decisionList", "blockCard")
# node: (what it may hold, attributes it must have, attributes it may have)
NODES = {
    "doc": (BLOCKS, (), ()),
    "paragraph": (INLINE, (), ("localId",)),
    "heading": (INLINE, ("level",), ("localId",)),
    "bulletList": (("listItem",), (), ("localId",)),
    "orderedList": (("listItem",), (), ("order", "localId")),
    "listItem": (("paragraph", "bulletList", "orderedList", "codeBlock", "mediaSingle", "taskList"), (), ("localId",)),
    "codeBlock": (("text",), (), ("language", "uniqueId", "localId")),
    "blockquote": (("paragraph", "bulletList", "orderedList", "codeBlock", "mediaSingle", "mediaGroup"), (), ("localId",)),
    "rule": ((), (), ("localId",)),
    "panel": (("paragraph", "heading", "bulletList", "orderedList", "codeBlock", "rule", "taskList", "mediaSingle", "mediaGroup"),
              ("panelType",), ("panelIcon", "panelColor", "localId")),
    "table": (("tableRow",), (), ("isNumberColumnEnabled", "layout", "width", "displayMode", "localId")),
    "tableRow": (("tableHeader", "tableCell"), (), ("localId",)),
    "tableHeader": (BLOCKS, (), ("colspan", "rowspan", "colwidth", "background", "localId")),
    "tableCell": (BLOCKS, (), ("colspan", "rowspan", "colwidth", "background", "localId")),
    "expand": (BLOCKS, (), ("title", "localId")),
    "taskList": (("taskItem", "taskList"), ("localId",), ()),
    "taskItem": (INLINE, ("localId", "state"), ()),
    "decisionList": (("decisionItem",), ("localId",), ()),
    "decisionItem": (INLINE, ("localId", "state"), ()),
    "mediaSingle": (("media",), (), ("layout", "width", "widthType", "localId")),
    "mediaGroup": (("media",), (), ("localId",)),
    "media": ((), ("type",), ("id", "collection", "url", "alt", "width", "height", "localId")),
    "blockCard": ((), (), ("url", "data", "localId")),
    "hardBreak": ((), (), ("text", "localId")),
    "mention": ((), ("id",), ("text", "accessLevel", "userType", "localId")),
    "emoji": ((), ("shortName",), ("id", "text", "localId")),
    "inlineCard": ((), (), ("url", "data", "localId")),
    "date": ((), ("timestamp",), ("localId",)),
    "status": ((), ("text", "color"), ("style", "localId")),
}
# mark: (attributes it must have, attributes it may have); in the order Jira keeps them in
MARKS = {
    "link": (("href",), ("title", "id", "collection", "occurrenceKey")),
    "em": ((), ()), "strong": ((), ()), "strike": ((), ()), "subsup": (("type",), ()), "underline": ((), ()),
    "code": ((), ()), "textColor": (("color",), ()), "backgroundColor": (("color",), ()),
}
MUST_HOLD = ("bulletList", "orderedList", "listItem", "table", "tableRow", "tableCell", "tableHeader", "blockquote", "panel",
             "mediaSingle", "mediaGroup", "taskList", "expand")


def departure(document):
    """What is wrong with the document, in words; None when it is right."""
    if not isinstance(document, dict) or document.get("type") != "doc" or document.get("version") != 1:
        return "no document of type doc, version 1"
    if not isinstance(document.get("content"), list):
        return "doc without a list as content"
    unknown = set(document) - {"type", "version", "content"}
    if unknown:
        return f"doc has the unknown member {unknown.pop()!r}"
    return _children(document, "doc")


def _children(node, kind):
    allowed = NODES[kind][0]
    for child in node.get("content", []):
        if not isinstance(child, dict):
            return f"{kind} holds something that is no node"
        if child.get("type") not in allowed:
            return f"{kind} holds {child.get('type')!r}"
        reason = _text(child, kind) if child["type"] == "text" else _node(child)
        if reason:
            return reason
    return None


def _text(node, parent):
    if set(node) - {"type", "text", "marks"}:
        return f"text has the unknown member {(set(node) - {'type', 'text', 'marks'}).pop()!r}"
    if not isinstance(node.get("text"), str) or not node["text"]:
        return "text without text"
    names = []
    for mark in node.get("marks", []):
        name = mark.get("type") if isinstance(mark, dict) else None
        if name not in MARKS or set(mark) - {"type", "attrs"}:
            return f"unknown mark {mark!r}"
        reason = _attributes(mark, f"mark {name}", *MARKS[name])
        if reason:
            return reason
        names.append(name)
    if len(set(names)) != len(names):
        return "a mark twice on one text"
    if "code" in names and set(names) - {"code", "link"}:
        return "code together with other marks than link"
    if parent == "codeBlock" and names:
        return "a marked text in a codeBlock"
    return None


def _node(node):
    kind = node["type"]
    unknown = set(node) - {"type", "attrs", "content", "marks"}
    if unknown:
        return f"{kind} has the unknown member {unknown.pop()!r}"
    reason = _attributes(node, kind, *NODES[kind][1:])
    if reason:
        return reason
    content = node.get("content", [])
    if not isinstance(content, list) or ("content" in node and not NODES[kind][0]):
        return f"{kind} with content"
    if kind in MUST_HOLD and not content:
        return f"{kind} holds nothing"
    if kind == "heading" and node["attrs"]["level"] not in range(1, 7):
        return f"heading of level {node['attrs']['level']!r}"
    if kind == "listItem" and content[0].get("type") not in ("paragraph", "codeBlock", "mediaSingle"):
        return f"listItem begins with {content[0].get('type')!r}"
    return _children(node, kind)


def _attributes(node, what, needed, optional):
    attributes = node.get("attrs", {})
    if not isinstance(attributes, dict):
        return f"{what} with attrs that are no object"
    for name in needed:
        if name not in attributes:
            return f"{what} lacks the attribute {name!r}"
    unknown = set(attributes) - set(needed) - set(optional)
    return f"{what} has the unknown attribute {unknown.pop()!r}" if unknown else None


def normalised(document):
    """As Jira stores it: neighbours with equal marks joined, marks in its order, defaults of attributes written out,
    white space and empty paragraphs at the end gone."""
    content = [_stored(child) for child in document["content"]]
    while content and content[-1]["type"] == "paragraph" and not content[-1].get("content"):
        content.pop()
    return {"type": "doc", "version": 1, "content": content}


DEFAULTS = {
    "orderedList": {"order": 1},
    "table": {"isNumberColumnEnabled": False, "layout": "default"},
    "mediaSingle": {"layout": "center"},
}


def _stored(node):
    result = {"type": node["type"]}
    if node["type"] == "text":
        result["text"] = node["text"]
        if node.get("marks"):
            result["marks"] = sorted(node["marks"], key=lambda mark: list(MARKS).index(mark["type"]))
        return result
    attributes = {**DEFAULTS.get(node["type"], {}), **node.get("attrs", {})}
    if attributes:
        result["attrs"] = attributes
    content = []
    for child in map(_stored, node.get("content", [])):
        last = content[-1] if content else {}
        if child["type"] == last.get("type") == "text" and child.get("marks") == last.get("marks"):
            last["text"] += child["text"]
        else:
            content.append(child)
    if content and node["type"] == "paragraph" and content[-1]["type"] == "text" and not content[-1].get("marks"):
        content[-1]["text"] = content[-1]["text"].rstrip()
        if not content[-1]["text"]:
            content.pop()
    if content:
        result["content"] = content
    return result


def from_text(text):
    """A document of plain paragraphs."""
    paragraphs = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} if line else {"type": "paragraph"}
                  for line in text.split("\n")]
    return {"type": "doc", "version": 1, "content": paragraphs if text else []}


def to_text(node):
    """Its words, for searching and for measuring."""
    if node["type"] == "text":
        return node["text"]
    between = "" if node["type"] in ("paragraph", "heading", "codeBlock", "taskItem", "decisionItem") else "\n"
    return between.join(to_text(child) for child in node.get("content", []))


WRAPPERS = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}


def to_wiki(node, depth=""):
    """Wiki markup, as a webhook's body shows it."""
    kind, attributes = node["type"], node.get("attrs", {})
    if kind == "text":
        return _wiki_text(node)
    if kind in ("bulletList", "orderedList"):
        inner = depth + ("*" if kind == "bulletList" else "#")
        return "\n".join(to_wiki(item, inner) for item in node["content"])
    if kind == "listItem":
        first, *rest = node["content"]
        return "\n".join([f"{depth} {to_wiki(first)}", *(to_wiki(child, depth) for child in rest)])
    if kind == "hardBreak":
        return "\n"
    if kind == "mention":
        return f"[~accountid:{attributes['id']}]"
    if kind == "tableRow":
        cells = [("||" if cell["type"] == "tableHeader" else "|") + to_wiki(cell) for cell in node["content"]]
        return "".join(cells) + ("||" if node["content"][-1]["type"] == "tableHeader" else "|")
    joint = "" if kind in ("paragraph", "heading", "codeBlock") else "\n" if kind == "table" else "\n\n"
    inner = joint.join(to_wiki(child, depth) for child in node.get("content", []))
    if kind == "heading":
        return f"h{attributes['level']}. {inner}"
    if kind == "codeBlock":
        language = attributes.get("language")
        return "{code" + (f":{language}" if language else "") + "}\n" + inner + "\n{code}"
    if kind == "blockquote":
        return "{quote}" + inner + "{quote}"
    return "----" if kind == "rule" else inner


def _wiki_text(node):
    text = node["text"]
    for mark in node.get("marks", []):
        if mark["type"] == "link":
            text = f"[{text}|{mark['attrs']['href']}]"
        elif mark["type"] == "code":
            text = "{{" + text + "}}"
        else:
            wrapper = WRAPPERS.get(mark["type"], "")
            text = wrapper + text + wrapper
    return text

"""ALM's documents: entities, lists of them, errors and customization, in its XML and its JSON. Pure."""

import json
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape, quoteattr

XML, JSON = "application/xml", "application/json"


class Unreadable(ValueError):
    """A body that is not what it says it is."""


def entity_from(media_type, text):
    """(type, {field: [values]}) of an entity's document; an empty value is ""."""
    return _from_json(text) if media_type == JSON else _from_xml(text)


def _from_xml(text):
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise Unreadable(f"no XML: {error}") from None
    if root.tag != "Entity" or set(root.attrib) != {"Type"} or [child.tag for child in root] != ["Fields"]:
        raise Unreadable("the document is no <Entity Type=...><Fields>...")
    values = {}
    for field in root[0]:
        if field.tag != "Field" or set(field.attrib) != {"Name"} or any(value.tag != "Value" for value in field):
            raise Unreadable(f"<{field.tag}> is no <Field Name=...><Value>...")
        if field.attrib["Name"] in values:
            raise Unreadable(f"the field {field.attrib['Name']} stands there twice")
        values[field.attrib["Name"]] = [value.text or "" for value in field]
    return root.attrib["Type"], values


def _from_json(text):
    try:
        root = json.loads(text)
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from None
    if not isinstance(root, dict) or set(root) != {"Fields", "Type"}:
        raise Unreadable('the document is no {"Fields": [...], "Type": ...}')
    values = {}
    for field in root["Fields"]:
        if set(field) != {"Name", "values"} or field["Name"] in values:
            raise Unreadable(f"{field} is no field")
        given = [value.get("value", "") for value in field["values"]]
        if not all(isinstance(value, str) for value in given):
            raise Unreadable(f"a value of {field['Name']} is no string")
        values[field["Name"]] = given
    return root["Type"], values


def entity(form, kind, values):
    """One entity as text."""
    if form == JSON:
        return json.dumps(_entity_object(kind, values), ensure_ascii=False)
    return _declared(_entity_element(kind, values))


def entities(form, kind, rows, total):
    if form == JSON:
        return json.dumps({"entities": [_entity_object(kind, row) for row in rows], "TotalResults": total}, ensure_ascii=False)
    return _declared(f'<Entities TotalResults="{total}">' + "".join(_entity_element(kind, row) for row in rows) + "</Entities>")


def _entity_object(kind, values):
    # An empty field is [{}] or []; both occur.
    fields = [{"Name": name, "values": [{"value": one} for one in given] or ([{}] if len(name) % 2 else [])}
              for name, given in values.items()]
    return {"Fields": fields, "Type": kind, "children-count": 0}


def _entity_element(kind, values):
    out = [f"<Entity Type={quoteattr(kind)}><Fields>"]
    for name, given in values.items():
        inner = "".join(f"<Value>{_escaped(one)}</Value>" for one in given) or ("<Value/>" if len(name) % 2 else "")
        out.append(f"<Field Name={quoteattr(name)}>{inner}</Field>")
    return "".join(out) + "</Fields></Entity>"


def error(form, identity, title):
    """The error document; a page of HTML for who accepts neither form."""
    if form == JSON:
        return json.dumps({"Id": identity, "Title": title, "ExceptionProperties": None, "StackTrace": None}, ensure_ascii=False)
    if form == XML:
        return _declared(f"<QCRestException><Id>{identity}</Id><Title>{_escaped(title)}</Title></QCRestException>")
    return f"<html><head><title>Error</title></head><body><h1>{_escaped(title)}</h1></body></html>"


def names(form, outer, inner, found):
    """A list of domains or projects."""
    if form == JSON:
        return json.dumps({outer: {inner: [{"Name": name} for name in found]}})
    return _declared(f"<{outer}>" + "".join(f"<{inner} Name={quoteattr(name)}/>" for name in found) + f"</{outer}>")


def fields(form, described):
    """customization/entities/<type>/fields."""
    if form == JSON:
        return json.dumps({"Fields": {"Field": [_field_object(field) for field in described]}}, ensure_ascii=False)
    out = []
    for field in described:
        inner = {"Size": field.size, "Required": _truth(field.required), "Type": field.type, "Editable": _truth(field.editable),
                 "SupportsMultivalue": _truth(field.multi), "Virtual": _truth(field.virtual)}
        if field.list:
            inner["List-Id"] = field.list
        elements = "".join(f"<{name}>{value}</{name}>" for name, value in inner.items())
        if field.refers:
            elements += f"<References><RelationReference ReferencedEntityType={quoteattr(field.refers)}/></References>"
        out.append(f"<Field PhysicalName={quoteattr(field.physical)} Name={quoteattr(field.name)} "
                   f"Label={quoteattr(field.label)}>{elements}</Field>")
    return _declared("<Fields>" + "".join(out) + "</Fields>")


def _field_object(field):
    document = {"name": field.name, "label": field.label, "physicalName": field.physical, "type": field.type,
                "size": field.size, "required": field.required, "editable": field.editable,
                "supportsMultivalue": field.multi, "virtual": field.virtual}
    if field.refers:
        document["References"] = {"RelationReference": [{"ReferencedEntityType": field.refers}]}
    return {**document, **({"List-Id": str(field.list)} if field.list else {})}


def lists(form, found):
    """customization/used-lists; `found`: {id: (name, items)}."""
    if form == JSON:
        return json.dumps({"lists": [{"Name": name, "Id": str(number), "Items": [{"value": item} for item in items]}
                                     for number, (name, items) in found.items()]}, ensure_ascii=False)
    out = []
    for number, (name, items) in found.items():
        inner = "".join(f"<Item value={quoteattr(item)}/>" for item in items)
        out.append(f"<List><Name>{_escaped(name)}</Name><Id>{number}</Id><Items>{inner}</Items></List>")
    return _declared("<Lists>" + "".join(out) + "</Lists>")


def users(form, found):
    """customization/users; `found`: {login: account}."""
    if form == JSON:
        return json.dumps({"users": [{"Name": login, "FullName": one["full"], "email": one["mail"]}
                                     for login, one in found.items()]}, ensure_ascii=False)
    return _declared("<Users>" + "".join(
        f"<User Name={quoteattr(login)} FullName={quoteattr(one['full'])}><email>{_escaped(one['mail'])}</email></User>"
        for login, one in found.items()) + "</Users>")


def descriptor(form, kind, collection, versioned):
    """customization/entities/<type>."""
    if form == JSON:
        return json.dumps({"name": kind, "collectionName": collection, "SupportsVC": {"value": _truth(versioned)}})
    return _declared(f"<EntityResourceDescriptor name={quoteattr(kind)} collectionName={quoteattr(collection)}>"
                     f"<SupportsVC>{_truth(versioned)}</SupportsVC></EntityResourceDescriptor>")


def lock(form, status, user):
    if form == JSON:
        return json.dumps({"LockStatus": status, "LockUser": user})
    return _declared(f"<Lock><LockStatus>{status}</LockStatus><LockUser>{_escaped(user)}</LockUser></Lock>")


def _truth(value):
    return "true" if value else "false"


def _escaped(text):
    return escape(text, {"\r": "&#13;"})


def _declared(text):
    return '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + text

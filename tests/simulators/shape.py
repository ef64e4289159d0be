"""Shapes of JSON values, for strictness: what a documented body may hold.

A shape is
  str, int, float, bool, dict, list, None   a value of that type (a bool is no int, an int is a float)
  ANY                                       anything
  {"name": shape, "other?": shape}          an object with these members and no others; "?" marks an optional one
  [shape]                                   a list of such values
  Map(shape)                                an object with any members of that shape
  OneOf(shape, ...)                         any of them
  a string                                  exactly that text
"""

ANY = object()


class Map:
    def __init__(self, value):
        self.value = value


class OneOf:
    def __init__(self, *shapes):
        self.shapes = shapes


def departure(value, shape, where="body"):
    """What about `value` is not of this shape, in words; None when it is."""
    if shape is ANY:
        return None
    if isinstance(shape, OneOf):
        reasons = [departure(value, one, where) for one in shape.shapes]
        return None if None in reasons else " or ".join(reasons)
    if isinstance(shape, str):
        return None if value == shape and isinstance(value, str) else f"{where} is not {shape!r}"
    if isinstance(shape, Map):
        if not isinstance(value, dict):
            return f"{where} is no object"
        return _first(departure(member, shape.value, f"{where}.{name}") for name, member in value.items())
    if isinstance(shape, dict):
        return _object(value, shape, where)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{where} is no list"
        return _first(departure(item, shape[0], f"{where}[{index}]") for index, item in enumerate(value))
    return _plain(value, shape, where)


def _object(value, shape, where):
    if not isinstance(value, dict):
        return f"{where} is no object"
    known = {name.rstrip("?"): member for name, member in shape.items()}
    for name in value:
        if name not in known:
            return f"{where} has the unknown member {name!r}"
    for name in shape:
        if not name.endswith("?") and name not in value:
            return f"{where} lacks the member {name!r}"
    return _first(departure(member, known[name], f"{where}.{name}") for name, member in value.items())


def _plain(value, shape, where):
    if shape is None:
        return None if value is None else f"{where} is not null"
    if isinstance(value, bool):
        fits = shape is bool
    elif shape is float:
        fits = isinstance(value, (int, float))
    else:
        fits = isinstance(value, shape)
    return None if fits else f"{where} is {type(value).__name__}, not {shape.__name__}"


def _first(reasons):
    return next((reason for reason in reasons if reason is not None), None)

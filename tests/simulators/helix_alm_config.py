"""Helix ALM's configuration as the API shows it: menus, fields, requirement types, folders.

The answers of menus are documented, those of fields, requirement types and folders are not: they are modelled on them.
"""

from helix_alm_items import number
from helix_alm_schema import FIRST_CUSTOM, ITEM_TYPES
from simulator import Answer, Departure, Response, route

MENUS = "/{project}/configs/menus"
MENU = MENUS + "/{menu}"


class Config:
    """Mixed into the simulator."""

    @route("GET", MENUS)
    def list_menus(self, request, project):
        found, _ = self.at(request, project)
        menus = [self._menu(found, one) for one in found.schema.menus.values()]
        return Response(200, {"self": found.link() + "/configs/menus", "menusData": menus})

    @route("GET", MENU, query=("expand",))
    def read_menu(self, request, project, menu):
        found, known = self._menu_at(request, project, menu)
        wanted = [name for key, value in request.query for name in value.split(",")]
        if set(wanted) - {"items", "fields"}:
            raise Departure(f"a menu expands items and fields, not {wanted}")
        shown = self._menu(found, known)
        for name, content in (("items", self._items), ("fields", self._fields_of)):
            if name in wanted:
                shown[name] = content(found, known)
        return Response(200, shown)

    @route("GET", MENU + "/items")
    def list_menu_items(self, request, project, menu):
        return Response(200, self._items(*self._menu_at(request, project, menu)))

    @route("GET", MENU + "/fields")
    def list_menu_fields(self, request, project, menu):
        return Response(200, self._fields_of(*self._menu_at(request, project, menu)))

    def _menu_at(self, request, project, menu):
        found, _ = self.at(request, project)
        known = found.schema.menus.get(number(menu))
        if known is None:
            raise Answer(self.error(404, "The menu was not found."))
        return found, known

    @staticmethod
    def _menu_link(found, menu):
        return f"{found.link()}/configs/menus/{menu.id}"

    def _menu(self, found, menu):
        link = self._menu_link(found, menu)
        return {"id": menu.id, "name": menu.name, "self": link, "items": {"self": link + "/items"},
                "fields": {"self": link + "/fields"}}

    def _items(self, found, menu):
        link = self._menu_link(found, menu) + "/items"
        items = [{"id": one, "label": label, "self": f"{link}/{one}", "fieldStyle": None} for one, label in menu.items.items()]
        return {"self": link, "itemsData": items}

    def _fields_of(self, found, menu):
        fields = [{"id": field.id, "itemType": kind, "longName": field.label}
                  for kind in ITEM_TYPES for field in found.schema.fields[kind] if field.menu == menu.id]
        return {"self": self._menu_link(found, menu) + "/fields", "fieldsData": fields}

    @route("GET", "/{project}/configs/fields/{collection}/systemFields")
    def system_fields(self, request, project, collection):
        return self._described(request, project, collection, "systemFields", lambda field: field.id < FIRST_CUSTOM)

    @route("GET", "/{project}/configs/fields/{collection}/customFields")
    def custom_fields(self, request, project, collection):
        return self._described(request, project, collection, "customFields", lambda field: field.id >= FIRST_CUSTOM)

    def _described(self, request, project, collection, which, belongs):
        found, kind = self.at(request, project, collection)
        shown = []
        for field in filter(belongs, found.schema.fields[kind]):
            one = {"id": field.id, "itemType": kind, "longName": field.label, "type": field.type, "required": field.required,
                   "readOnly": field.managed or bool(field.mirror)}
            if field.menu:
                one["menu"] = {"id": field.menu, "name": found.schema.menus[field.menu].name}
            shown.append(one)
        return Response(200, {"self": f"{found.link()}/configs/fields/{kind}/{which}", "fieldsData": shown})

    @route("GET", "/{project}/configs/requirementTypes")
    def requirement_types(self, request, project):
        found, _ = self.at(request, project)
        types = [{"id": one.id, "label": one.label, "tagPrefix": one.prefix} for one in found.schema.requirement_types]
        return Response(200, {"self": found.link() + "/configs/requirementTypes", "requirementTypesData": types})

    @route("GET", "/{project}/folders")
    def list_folders(self, request, project):
        found, _ = self.at(request, project)
        return Response(200, {"self": found.link() + "/folders",
                              "foldersData": [self.view(found).folder(one) for one in found.schema.folders]})

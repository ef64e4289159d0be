"""What a project of the simulated Helix ALM is configured with: fields, menus, workflows, link definitions, folders.

Ids below 200 belong to the server and are the same in every project; those of custom fields begin at 300 at the earliest
and differ by project, as those of menus and their items do.
"""

import dataclasses

ITEM_TYPES = ("issues", "requirements", "documents", "testCases", "testRuns")
SINGULAR = {"issues": "issue", "requirements": "requirement", "documents": "document", "testCases": "testCase",
            "testRuns": "testRun"}
PLURAL = {one: many for many, one in SINGULAR.items()}
FIRST_CUSTOM = 300


@dataclasses.dataclass
class Field:
    """`managed`: written by the server alone. `mirror`: the key of the first found-by record that it shows."""

    id: int
    label: str
    type: str
    required: bool = False
    managed: bool = False
    mirror: str = ""
    menu: int = 0
    size: int = 255


@dataclasses.dataclass
class Menu:
    id: int
    name: str
    items: dict  # id -> label

    def label(self, identity):
        return self.items.get(identity)

    def identity(self, label):
        return next((one for one, text in self.items.items() if text == label), None)


@dataclasses.dataclass
class Event:
    """A workflow event. `sources`: the states it is possible in (None: all); `target`: where it leads (None: stays)."""

    name: str
    fields: list
    sources: tuple = None
    target: str = None


@dataclasses.dataclass
class LinkDefinition:
    id: int
    name: str
    type: str


@dataclasses.dataclass
class RequirementType:
    id: int
    label: str
    prefix: str


class Schema:
    """One project's configuration; `base` is the id of its first custom field."""

    def __init__(self, base):
        self.base = base
        self.fields = {kind: [] for kind in ITEM_TYPES}
        self.menus, self.workflows = {}, {}
        self.states = {"issues": "Open", "requirements": "Draft", "documents": "Draft", "testCases": "New", "testRuns": "Not Run"}
        self.links = [LinkDefinition(1, "Related Items", "peers"), LinkDefinition(2, "Implements", "parentChildren")]
        self.requirement_types = [RequirementType(4, "User Story", "US"), RequirementType(7, "Functional Requirement", "FR"),
                                  RequirementType(8, "Business Requirement", "BR")]
        self.folders = {135: "/Public", 136: "/Public/Release 7.5", 137: "/Private"}
        _issues(self)
        _requirements(self)
        _documents(self)
        _tests(self)
        for kind in ITEM_TYPES:
            _custom(self, kind)

    # Look-ups.

    def field(self, kind, label):
        """By its label, whose case doesn't matter; or None."""
        wanted = label.casefold()
        return next((one for one in self.fields[kind] if one.label.casefold() == wanted), None)

    def field_by_id(self, kind, identity):
        return next((one for one in self.fields[kind] if one.id == identity), None)

    def event(self, kind, name):
        return next((one for one in self.workflows[kind] if one.name == name), None)

    def menu_named(self, name):
        return next((one for one in self.menus.values() if one.name == name), None)

    def requirement_type(self, identity=None, label=None):
        by_id = identity is not None
        return next((one for one in self.requirement_types if (one.id == identity if by_id else one.label == label)), None)

    # Building.

    def add(self, kind, identity, label, type, **more):
        options = more.pop("options", None)
        field = Field(identity, label, type, **more)
        if options is not None:
            field.menu = self.menu(f"{SINGULAR[kind].capitalize()} {label}", options).id
        self.fields[kind].append(field)
        return field

    def add_custom(self, kind, label, type, **more):
        taken = [one.id for one in self.fields[kind] if one.id >= FIRST_CUSTOM]
        return self.add(kind, max(taken, default=self.base - 1) + 1, label, type, **more)

    def menu(self, name, labels):
        """A new menu. Its items' ids say nothing of their order, and are those of no other menu."""
        identity = len(self.menus) + 1 + (self.base - FIRST_CUSTOM)
        menu = Menu(identity, name, {identity * 100 + 7 * (index + 1): label for index, label in enumerate(labels)})
        self.menus[identity] = menu
        return menu


def _managed(schema, kind, number="Number"):
    schema.add(kind, 1, number, "integer", managed=True)
    if kind != "documents":  # "Documents API doesn't support Tag": a client of theirs found out
        schema.add(kind, 20, "Tag", "string", managed=True)
    schema.add(kind, 21, "Status", "string", managed=True)
    schema.add(kind, 22, "Currently Assigned To", "userArray", managed=True)
    schema.add(kind, 30, "Date Created", "dateTime", managed=True)
    schema.add(kind, 31, "Created By", "user", managed=True)
    schema.add(kind, 32, "Date Modified", "dateTime", managed=True)
    schema.add(kind, 33, "Modified By", "user", managed=True)
    schema.add(kind, 40, "Has Attachments", "boolean", managed=True)


def _issues(schema):
    def add(*what, **more):
        schema.add("issues", *what, **more)

    _managed(schema, "issues")
    add(2, "Summary", "string", required=True)
    add(3, "Product", "menuItem", options=["WysiCorp", "WysiCRM", "Activity Professional Suite (APS)"])
    add(4, "Component", "menuItem", options=["Client", "Server", "Documentation"])
    add(5, "Type", "menuItem", options=["Crash - Data Loss", "Incorrect Functionality", "Cosmetic", "Question",
                                        "Feature Request"])
    add(6, "Priority", "menuItem", options=["Immediate", "High", "Before Beta", "Medium", "Low"])
    add(7, "Severity", "menuItem", options=["Causes crash", "No workaround", "Workaround", "Cosmetic"])
    add(14, "Entered By", "user")
    add(15, "Date Entered", "date")
    add(16, "Disposition", "menuItem", options=["Open", "Under Review", "Deferred"])
    add(54, "Description", "formattedString", mirror="description")
    add(8, "Date Found", "date", mirror="dateFound")
    add(12, "Version Found", "editableVersion", mirror="versionFound")
    add(58, "Steps to Reproduce", "formattedString", mirror="steps")
    add(11, "Reproducible", "menuItem", mirror="reproduced", options=["Always", "Sometimes", "Never"])
    add(13, "Test Config", "menuItem", mirror="testConfig", options=["Windows 11 / Chrome", "Linux / Firefox"])
    add(64, "Other Hardware and Software", "formattedString", mirror="otherConfig")
    add(9, "Found By", "user", mirror="foundBy")
    resolution = schema.menu("Fix Resolution", ["Code Change", "Configuration Change", "Not a Defect"]).id
    schema.workflows["issues"] = [
        _assign(),
        _event("Fix", Field(503, "Resolution", "menuItem", required=True, menu=resolution),
               Field(504, "Version", "editableVersion"), Field(505, "Affects Documentation", "boolean"),
               sources=("Open",), target="Fixed"),
        _event("Verify", sources=("Fixed",), target="Closed"),
        _event("Force Close", sources=("Open", "Fixed"), target="Closed", notes=True),
        _event("Re-Open", sources=("Fixed", "Closed"), target="Open"),
        _event("Comment"),
    ]


def _requirements(schema):
    _managed(schema, "requirements")
    schema.add("requirements", 2, "Summary", "string", required=True)
    schema.add("requirements", 7, "Description", "formattedString")
    schema.add("requirements", 10, "Importance", "menuItem", options=["Critical", "Important", "Nice to Have"])
    schema.workflows["requirements"] = _approval()


def _documents(schema):
    _managed(schema, "documents")
    schema.add("documents", 2, "Name", "string", required=True)
    schema.add("documents", 3, "Description", "formattedString")
    schema.workflows["documents"] = _approval()


def _tests(schema):
    _managed(schema, "testCases")
    schema.add("testCases", 2, "Summary", "string", required=True)
    schema.add("testCases", 7, "Description", "formattedString")
    schema.add("testCases", 41, "Type", "menuItem", options=["Functional", "Regression"])
    schema.workflows["testCases"] = [
        _event("Ready", sources=("New",), target="Ready"), _event("Re-Open", sources=("Ready",), target="New"),
        _assign(), _event("Comment")]
    _managed(schema, "testRuns", number="Test Run Number")
    schema.add("testRuns", 2, "Summary", "string", required=True)
    schema.add("testRuns", 42, "Test Run Set", "menuItem", options=["Alpha 1 Tests", "Beta Tests"])
    schema.workflows["testRuns"] = [
        _event("Pass", sources=("Not Run", "Failed"), target="Passed"),
        _event("Fail", sources=("Not Run", "Passed"), target="Failed"), _assign(), _event("Comment")]


def _custom(schema, kind):
    def add(*what, **more):
        schema.add_custom(kind, *what, **more)

    add("Sync Key", "string")
    add("Release Note", "formattedString")
    add("Effort", "decimal")
    add("Story Points", "integer")
    add("Due", "date")
    add("Checked At", "dateTime")
    add("Blocked", "boolean")
    add("Affected Platforms", "menuItemArray", options=["Windows", "Linux", "macOS"])
    add("Impact, Business", "menuItem", options=["None", "Some", "Much"])
    add("Reviewer", "user")
    add("Reviewers", "userArray")
    add("Fixed In", "editableVersion")
    add("Customer's View", "string")
    if kind == "documents":
        add("Document Type", "menuItem", options=["PRD", "MRD", "FMEA"])


def _event(name, *fields, notes=False, **more):
    return Event(name, [Field(501, "Notes", "string", required=notes, size=0), Field(502, "Date", "dateTime"), *fields], **more)


def _assign():
    return _event("Assign", Field(506, "Assigned To", "userArray", required=True))


def _approval():
    return [
        _event("Ready for Review", sources=("Draft",), target="In Review"),
        _event("Approve", sources=("In Review",), target="Approved"),
        _event("Reject", sources=("In Review",), target="Draft", notes=True),
        _event("Re-Open", sources=("Approved",), target="Draft"),
        _assign(),
        _event("Comment"),
    ]

"""Tables and columns of the simulated ServiceNow instance: a small part of what a new instance ships, plus a custom
table and custom columns of every kind."""

from dataclasses import dataclass, field, replace

SYSTEM_USER_TABLES = ("sys_user", "sys_user_group")


@dataclass(frozen=True)
class Column:
    """A column as `sys_dictionary` has it. `choice`: 0 none, 1 with an empty entry, 3 without."""

    name: str
    label: str
    type: str = "string"
    max_length: int = 40
    reference: str = ""
    reference_key: str = "sys_id"  # what a reference holds; some system columns refer by name
    choice: int = 0
    default: str = ""
    mandatory: bool = False
    read_only: bool = False
    display: bool = False

    @property
    def numeric(self):
        return self.type in ("integer", "decimal", "float", "percent_complete", "longint")

    @property
    def journal(self):
        return self.type == "journal_input"


@dataclass
class Table:
    """A table with its own columns; `parent` is the table that it extends, or empty."""

    name: str
    label: str
    parent: str = ""
    prefix: str = ""  # of `number`
    columns: dict = field(default_factory=dict)
    choices: dict = field(default_factory=dict)  # column -> [(value, label)]


def text(name, label, length=40, **more):
    return Column(name, label, "string", length, **more)


def kind(name, label, type_, **more):
    lengths = {"html": 65536, "glide_list": 4000, "journal_input": 4000, "url": 1024, "GUID": 32}
    return Column(name, label, type_, lengths.get(type_, 40), **more)


def reference(name, label, to, **more):
    return Column(name, label, "reference", 32, to, **more)


def choice(name, label, type_="string", default="", **more):
    return Column(name, label, type_, 40, choice=3 if default else 1, default=default, **more)


SYSTEM_COLUMNS = (
    kind("sys_id", "Sys ID", "GUID", read_only=True),
    kind("sys_created_on", "Created", "glide_date_time", read_only=True),
    text("sys_created_by", "Created by", read_only=True),
    kind("sys_updated_on", "Updated", "glide_date_time", read_only=True),
    text("sys_updated_by", "Updated by", read_only=True),
    kind("sys_mod_count", "Updates", "integer", read_only=True),
)

TASK = (
    text("number", "Number", display=True),
    Column("sys_class_name", "Task type", "sys_class_name", 80, read_only=True),
    text("short_description", "Short description", 160),
    text("description", "Description", 4000),
    choice("state", "State", "integer", "1"),
    choice("priority", "Priority", "integer", "4"),
    choice("impact", "Impact", "integer", "3"),
    choice("urgency", "Urgency", "integer", "3"),
    choice("escalation", "Escalation", "integer", "0"),
    kind("active", "Active", "boolean", default="true"),
    reference("assigned_to", "Assigned to", "sys_user"),
    reference("assignment_group", "Assignment group", "sys_user_group"),
    reference("opened_by", "Opened by", "sys_user"),
    kind("opened_at", "Opened", "glide_date_time"),
    reference("closed_by", "Closed by", "sys_user"),
    kind("closed_at", "Closed", "glide_date_time"),
    kind("due_date", "Due date", "glide_date_time"),
    kind("work_start", "Actual start", "glide_date_time"),
    kind("work_end", "Actual end", "glide_date_time"),
    reference("parent", "Parent", "task"),
    kind("comments", "Additional comments", "journal_input"),
    kind("work_notes", "Work notes", "journal_input"),
    kind("watch_list", "Watch list", "glide_list", reference="sys_user"),
    text("correlation_id", "Correlation ID", 100),
    text("correlation_display", "Correlation display", 100),
    choice("contact_type", "Contact type"),
    text("close_notes", "Close notes", 4000),
    kind("business_duration", "Business duration", "glide_duration"),
    kind("order", "Order", "integer"),
)

IMPACTS = [("1", "1 - High"), ("2", "2 - Medium"), ("3", "3 - Low")]
TASK_CHOICES = {
    "state": [("-5", "Pending"), ("1", "Open"), ("2", "Work in Progress"), ("3", "Closed Complete"),
              ("4", "Closed Incomplete"), ("7", "Closed Skipped")],
    "priority": [("1", "1 - Critical"), ("2", "2 - High"), ("3", "3 - Moderate"), ("4", "4 - Low"), ("5", "5 - Planning")],
    "impact": IMPACTS,
    "urgency": IMPACTS,
    "escalation": [("0", "Normal"), ("1", "Moderate"), ("2", "High"), ("3", "Overdue")],
    "contact_type": [("email", "Email"), ("phone", "Phone"), ("self-service", "Self-service")],
}

INCIDENT = (
    reference("caller_id", "Caller", "sys_user"),
    choice("category", "Category", default="inquiry"),
    choice("subcategory", "Subcategory"),
    choice("incident_state", "Incident state", "integer", "1"),
    choice("hold_reason", "On hold reason", "integer"),
    choice("close_code", "Resolution code"),
    kind("resolved_at", "Resolved", "glide_date_time"),
    reference("resolved_by", "Resolved by", "sys_user"),
    reference("parent_incident", "Parent Incident", "incident"),
    reference("problem_id", "Problem", "problem"),
    text("u_text", "Custom text", 255),
    kind("u_html", "Custom HTML", "html"),
    kind("u_number", "Custom number", "integer"),
    kind("u_decimal", "Custom decimal", "decimal"),
    kind("u_flag", "Custom flag", "boolean", default="false"),
    kind("u_date", "Custom date", "glide_date"),
    kind("u_moment", "Custom date-time", "glide_date_time"),
    kind("u_url", "Custom URL", "url"),
    choice("u_choice", "Custom choice"),
    kind("u_people", "Custom people", "glide_list", reference="sys_user"),
)

INCIDENT_STATES = [("1", "New"), ("2", "In Progress"), ("3", "On Hold"), ("6", "Resolved"), ("7", "Closed"),
                   ("8", "Canceled")]
INCIDENT_CHOICES = {
    "state": INCIDENT_STATES,
    "incident_state": INCIDENT_STATES,
    "category": [("inquiry", "Inquiry / Help"), ("software", "Software"), ("hardware", "Hardware"),
                 ("network", "Network"), ("database", "Database")],
    "subcategory": [("email", "Email"), ("os", "Operating System"), ("cpu", "CPU"), ("disk", "Disk")],
    "hold_reason": [("1", "Awaiting Caller"), ("5", "Awaiting Change"), ("3", "Awaiting Problem"), ("4", "Awaiting Vendor")],
    "close_code": [("Solution provided", "Solution provided"), ("Workaround provided", "Workaround provided"),
                   ("Duplicate", "Duplicate"), ("User error", "User error"), ("No resolution provided", "No resolution provided")],
    "u_choice": [("r", "Red"), ("g", "Green"), ("b", "Blue")],
}

PROBLEM = (
    text("cause_notes", "Cause notes", 4000),
    kind("fix_notes", "Fix notes", "html"),
    kind("known_error", "Known error", "boolean", default="false"),
    choice("resolution_code", "Resolution code"),
)
CHANGE = (
    choice("type", "Type", default="normal"),
    choice("risk", "Risk", "integer", "4"),
    kind("start_date", "Planned start date", "glide_date_time"),
    kind("end_date", "Planned end date", "glide_date_time"),
    text("justification", "Justification", 4000),
    reference("requested_by", "Requested by", "sys_user"),
)
STORY = (
    kind("story_points", "Points", "integer"),
    kind("acceptance_criteria", "Acceptance criteria", "html"),
    kind("blocked", "Blocked", "boolean", default="false"),
)
DEFECT = (
    text("u_title", "Title", 255, display=True),
    kind("u_details", "Details", "html"),
    kind("u_effort", "Effort", "decimal"),
    kind("u_found_on", "Found on", "glide_date"),
    kind("u_fixed_at", "Fixed at", "glide_date_time"),
    kind("u_regression", "Regression", "boolean", default="false"),
    choice("u_severity", "Severity", default="minor"),
    reference("u_owner", "Owner", "sys_user"),
    text("u_correlation", "Correlation", 100),
)


def _standard():
    named = "name"
    yield Table("task", "Task", prefix="TASK", columns=TASK, choices=TASK_CHOICES)
    yield Table("incident", "Incident", "task", "INC", INCIDENT, INCIDENT_CHOICES)
    yield Table("problem", "Problem", "task", "PRB", PROBLEM, {
        "state": [("101", "New"), ("102", "Assess"), ("103", "Root Cause Analysis"), ("104", "Fix in Progress"),
                  ("106", "Resolved"), ("107", "Closed")],
        "resolution_code": [("fix_applied", "Fix Applied"), ("risk_accepted", "Risk Accepted"), ("duplicate", "Duplicate")]})
    yield Table("change_request", "Change Request", "task", "CHG", CHANGE, {
        "state": [("-5", "New"), ("-4", "Assess"), ("-3", "Authorize"), ("-2", "Scheduled"), ("-1", "Implement"),
                  ("0", "Review"), ("3", "Closed"), ("4", "Canceled")],
        "type": [("normal", "Normal"), ("standard", "Standard"), ("emergency", "Emergency")],
        "risk": [("2", "High"), ("3", "Moderate"), ("4", "Low")]})
    yield Table("rm_story", "Story", "task", "STRY", STORY, {
        "state": [("-6", "Draft"), ("-7", "Ready for testing"), ("1", "Ready"), ("2", "Work in progress"),
                  ("3", "Complete"), ("4", "Cancelled")]})
    yield Table("sc_task", "Catalog Task", "task", "SCTASK")
    yield Table("u_defect", "Defect", columns=DEFECT,
                choices={"u_severity": [("minor", "Minor"), ("major", "Major"), ("critical", "Critical")]})
    yield Table("sys_user", "User", columns=(
        text("user_name", "User ID"), text("name", "Name", 151, display=True), text("first_name", "First name", 50),
        text("last_name", "Last name", 50), Column("email", "Email", "email", 100),
        kind("active", "Active", "boolean", default="true"), text("time_zone", "Time zone")))
    yield Table("sys_user_group", "Group", columns=(
        text("name", "Name", 80, display=True), text("description", "Description", 1000),
        Column("email", "Group email", "email", 100), kind("active", "Active", "boolean", default="true")))
    yield Table("sys_db_object", "Table", columns=(
        text("name", "Name", 80), text("label", "Label", 80, display=True),
        reference("super_class", "Extends table", "sys_db_object")))
    yield Table("sys_dictionary", "Dictionary Entry", columns=(
        text("name", "Table", 80), text("element", "Column name", 80), text("column_label", "Column label", 80, display=True),
        reference("internal_type", "Type", "sys_glide_object", reference_key=named),
        reference("reference", "Reference", "sys_db_object", reference_key=named),
        kind("max_length", "Max length", "integer"), kind("mandatory", "Mandatory", "boolean"),
        kind("read_only", "Read only", "boolean"), kind("display", "Display", "boolean"),
        kind("choice", "Choice", "integer"), text("default_value", "Default value", 255),
        kind("active", "Active", "boolean", default="true")))
    yield Table("sys_choice", "Choice", columns=(
        text("name", "Table", 80), text("element", "Element", 80), text("value", "Value", 60),
        text("label", "Label", 100, display=True), kind("sequence", "Sequence", "integer"),
        kind("inactive", "Inactive", "boolean", default="false"), text("language", "Language"),
        text("dependent_value", "Dependent value")))
    yield Table("sys_journal_field", "Journal Entry", columns=(
        text("name", "Name", 80), text("element", "Element", 80), text("element_id", "Element ID", 32),
        text("value", "Value", 65536)))
    yield Table("sys_attachment", "Attachment", columns=(
        text("file_name", "File name", 100, display=True), text("content_type", "Content type", 70),
        kind("size_bytes", "Size bytes", "integer"), text("table_name", "Table name", 80),
        text("table_sys_id", "Table sys ID", 80), kind("compressed", "Compressed", "boolean", default="true"),
        kind("size_compressed", "Size compressed", "integer")))


META_TABLES = ("sys_db_object", "sys_dictionary", "sys_choice")


class Schema:
    """The tables by name. Changed only through `define`."""

    def __init__(self):
        self.tables, self._columns = {}, {}
        for table in _standard():
            table.columns = {column.name: column for column in table.columns}
            if not table.parent:
                table.columns.update((column.name, column) for column in SYSTEM_COLUMNS)
            self.tables[table.name] = table

    def __contains__(self, table):
        return table in self.tables

    def lineage(self, table):
        """The table, the table it extends, and so on."""
        names = []
        while table:
            names.append(table)
            table = self.tables[table].parent
        return names

    def family(self, table):
        """The table and every table that extends it."""
        return [name for name in self.tables if table in self.lineage(name)]

    def columns(self, table):
        """Every column, inherited ones included, by name."""
        if table not in self._columns:
            merged = {}
            for name in reversed(self.lineage(table)):
                merged.update(self.tables[name].columns)
            self._columns[table] = merged
        return self._columns[table]

    def choices(self, table, column):
        """The entries in force: those of the most specific table that has any."""
        for name in self.lineage(table):
            if column in self.tables[name].choices:
                return self.tables[name].choices[column]
        return []

    def resolve(self, table, path):
        """The Column at a perhaps dot-walked path, or None."""
        first, _, rest = path.partition(".")
        column = self.columns(table).get(first)
        if column is None or not rest:
            return column
        return self.resolve(column.reference, rest) if column.reference in self.tables else None

    def display_column(self, table):
        """The column that stands for a row of the table, or None."""
        return next((column.name for column in self.columns(table).values() if column.display), None)

    def define(self, table, label="", parent="", prefix="", columns=(), choices=None):
        """Adds a table, or columns and choices to one that is there. Columns are dicts of Column's members."""
        target = self.tables.get(table)
        if target is None:
            target = self.tables[table] = Table(table, label or table, parent, prefix)
            if not parent:
                target.columns.update((column.name, column) for column in SYSTEM_COLUMNS)
        inherited = self.columns(table)
        for members in columns:
            known = inherited.get(members["name"])
            made = replace(known, **members) if known else Column(**{"label": members["name"], **members})
            target.columns[made.name] = made
        for column, entries in (choices or {}).items():
            target.choices[column] = [tuple(entry) for entry in entries]
        self._columns.clear()

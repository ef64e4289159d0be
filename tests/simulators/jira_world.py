"""What the simulated Jira holds at the start: people, projects, types, fields, the workflow. Plain data.

Projects: ED and OPS (everything allowed), ROX (the account may only look), HID (it sees nothing of it).
Workflow of every type: To Do -> In Progress -> In Review -> Done (asks for a resolution) -> To Do; To Do -> Rejected
(asks for a resolution, and leads nowhere); In Progress -> To Do. Nothing leads to Blocked.
"""

CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"

USERS = {
    # key: account id, mail, name shown, secret (token and password), what else
    "sync": {"accountId": "5b10a2844c20165700ede21g", "mail": "sync@example.com", "display": "Sync Account",
             "secret": "sync-secret", "pat": "sync-pat", "groups": ["jira-users"], "roles": ["Developers"]},
    "fred": {"accountId": "5b10ac8d82e05b22cc7d4ef5", "mail": "fred@example.com", "display": "Fred F. User",
             "secret": "fred-secret", "pat": "fred-pat", "groups": ["jira-users"], "roles": ["Developers", "Administrators"]},
    "mia": {"accountId": "557058:7c2b1e3a-0001-4b1c-9a54-1f2d3c4b5a69", "mail": "mia@example.com", "display": "Mia Krystof",
            "secret": "mia-secret", "pat": "mia-pat", "groups": ["jira-users"], "roles": ["Users"], "hidden_mail": True},
    "mia2": {"accountId": "557058:7c2b1e3a-0002-4b1c-9a54-1f2d3c4b5a69", "mail": "mia.two@example.com",
             "display": "Mia Krystof", "secret": "mia2-secret", "pat": "mia2-pat", "groups": [], "roles": []},
    "admin": {"accountId": "5b10a0effa615349cb016cd8", "mail": "admin@example.com", "display": "Ada Admin",
              "secret": "admin-secret", "pat": "admin-pat", "groups": ["jira-users", "jira-administrators"],
              "roles": ["Administrators", "Developers"], "admin": True},
    "gone": {"accountId": "5b10a0effa615349cb016cd9", "mail": "gone@example.com", "display": "Gone Leaver",
             "secret": "gone-secret", "pat": "gone-pat", "groups": [], "roles": [], "inactive": True},
}
TIME_ZONE = "Asia/Kolkata"

ALL_PERMISSIONS = ("browse", "create", "edit", "transition", "comment", "attach", "delete", "link", "assign")

PROJECTS = {
    "ED": {"id": "10000", "name": "Engineering Desk", "allowed": ALL_PERMISSIONS},
    "OPS": {"id": "10001", "name": "Operations", "allowed": ALL_PERMISSIONS},
    "ROX": {"id": "10002", "name": "Read Only Exhibits", "allowed": ("browse",)},
    "HID": {"id": "10003", "name": "Hidden", "allowed": ()},
}

ISSUE_TYPES = [
    {"id": "10000", "name": "Epic", "description": "A big user story.", "subtask": False, "hierarchyLevel": 1},
    {"id": "10001", "name": "Story", "description": "Functionality as a user's goal.", "subtask": False, "hierarchyLevel": 0},
    {"id": "10002", "name": "Task", "description": "A task to be done.", "subtask": False, "hierarchyLevel": 0},
    {"id": "10003", "name": "Sub-task", "description": "A part of an issue.", "subtask": True, "hierarchyLevel": -1},
    {"id": "10004", "name": "Bug", "description": "Something broken.", "subtask": False, "hierarchyLevel": 0},
]

CATEGORIES = {
    "new": {"id": 2, "key": "new", "colorName": "blue-gray", "name": "To Do"},
    "indeterminate": {"id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"},
    "done": {"id": 3, "key": "done", "colorName": "green", "name": "Done"},
}
STATUSES = {
    "10001": ("To Do", "new"),
    "3": ("In Progress", "indeterminate"),
    "10003": ("In Review", "indeterminate"),
    "10002": ("Done", "done"),
    "10004": ("Rejected", "done"),
    "10005": ("Blocked", "indeterminate"),
}
TRANSITIONS = [
    # id, name, from, to, fields of its screen: {field: required}
    ("11", "Start work", "10001", "3", {}),
    ("21", "Ask for review", "3", "10003", {}),
    ("31", "Resolve", "10003", "10002", {"resolution": True, "assignee": False}),
    ("41", "Reopen", "10002", "10001", {}),
    ("51", "Reject", "10001", "10004", {"resolution": True}),
    ("61", "Put back", "3", "10001", {}),
]

PRIORITIES = {"1": "Highest", "2": "High", "3": "Medium", "4": "Low", "5": "Lowest"}
RESOLUTIONS = {"10000": "Done", "10001": "Won't Do", "10002": "Duplicate", "10003": "Fixed"}
LINK_TYPES = [
    {"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
    {"id": "10001", "name": "Cloners", "inward": "is cloned by", "outward": "clones"},
    {"id": "10002", "name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"},
    {"id": "10003", "name": "Relates", "inward": "relates to", "outward": "relates to"},
]
ROLES = ("Administrators", "Developers", "Users")
GROUPS = ("jira-users", "jira-administrators", "site-support")

VERSIONS = {
    "ED": [("10100", "1.0", True), ("10101", "1.1", False), ("10102", "2.0", False)],
    "OPS": [("10110", "2026.1", False)],
}
COMPONENTS = {
    "ED": [("10200", "Backend"), ("10201", "Frontend")],
    "OPS": [("10210", "Network")],
}

# System fields: id -> (name, kind, operations); a kind is one of jira_values.KINDS.
SYSTEM_FIELDS = {
    "summary": ("Summary", "string", ["set"]),
    "description": ("Description", "rich", ["set"]),
    "environment": ("Environment", "rich", ["set"]),
    "issuetype": ("Issue Type", "issuetype", ["set"]),
    "project": ("Project", "project", ["set"]),
    "priority": ("Priority", "priority", ["set"]),
    "assignee": ("Assignee", "user", ["set"]),
    "reporter": ("Reporter", "user", ["set"]),
    "labels": ("Labels", "labels", ["add", "set", "remove"]),
    "components": ("Components", "components", ["add", "set", "remove"]),
    "versions": ("Affects versions", "versions", ["set", "add", "remove"]),
    "fixVersions": ("Fix versions", "versions", ["set", "add", "remove"]),
    "duedate": ("Due date", "date", ["set"]),
    "parent": ("Parent", "parent", ["set"]),
    "resolution": ("Resolution", "resolution", ["set"]),
    "timetracking": ("Time tracking", "timetracking", ["set", "edit"]),
}
# Fields that nobody sets, shown by GET /field: id -> (name, schema's type)
COMPUTED_FIELDS = {
    "status": ("Status", "status"), "created": ("Created", "datetime"), "updated": ("Updated", "datetime"),
    "creator": ("Creator", "user"), "resolutiondate": ("Resolved", "datetime"), "comment": ("Comment", "comments-page"),
    "attachment": ("Attachment", "array"), "issuelinks": ("Linked Issues", "array"), "subtasks": ("Sub-tasks", "array"),
    "votes": ("Votes", "votes"), "watches": ("Watchers", "watches"), "worklog": ("Log Work", "array"),
    "issuekey": ("Key", None), "thumbnail": ("Images", None),
}
CUSTOM_FIELDS = [
    {"id": "customfield_10101", "name": "Reproduction", "type": "textarea"},
    {"id": "customfield_10102", "name": "Short text", "type": "textfield"},
    {"id": "customfield_10103", "name": "Points", "type": "float"},
    {"id": "customfield_10104", "name": "Severity", "type": "select", "options": ["Critical", "Major", "Minor"]},
    {"id": "customfield_10105", "name": "Platforms", "type": "multiselect", "options": ["Linux", "Windows", "macOS"]},
    {"id": "customfield_10106", "name": "Region", "type": "cascadingselect",
     "options": {"Europe": ["Austria", "France"], "Asia": ["India", "Japan"]}},
    {"id": "customfield_10107", "name": "Found on", "type": "datepicker"},
    {"id": "customfield_10108", "name": "Found at", "type": "datetime"},
    {"id": "customfield_10109", "name": "Reviewer", "type": "userpicker"},
    {"id": "customfield_10110", "name": "Informed", "type": "multiuserpicker"},
    {"id": "customfield_10111", "name": "Found in", "type": "version"},
    {"id": "customfield_10112", "name": "Also in", "type": "multiversion"},
    {"id": "customfield_10113", "name": "Browsers", "type": "multicheckboxes", "options": ["Chrome", "Firefox", "Safari"]},
    {"id": "customfield_10114", "name": "Regression", "type": "radiobuttons", "options": ["Yes", "No"]},
    {"id": "customfield_10115", "name": "Reference", "type": "url"},
    {"id": "customfield_10116", "name": "Tags", "type": "labels"},
    {"id": "customfield_10117", "name": "Sync marker", "type": "textfield"},
    {"id": "customfield_10118", "name": "Team", "type": "grouppicker"},
    {"id": "customfield_10119", "name": "Teams", "type": "multigrouppicker"},
    {"id": "customfield_10120", "name": "Customer project", "type": "project"},
    {"id": "customfield_10121", "name": "Import id", "type": "readonlyfield"},
    {"id": "customfield_10122", "name": "Twice", "type": "textfield"},
    {"id": "customfield_10123", "name": "Twice", "type": "textfield"},
    {"id": "customfield_10124", "name": "Off screen", "type": "textfield", "screen": False},
    {"id": "customfield_10125", "name": "Customer", "type": "textfield", "types": ["Story"], "required": True},
]
# Type of a custom field -> (kind, schema's type, schema's items, operations)
SET, SET_ADD = ["set"], ["add", "set", "remove"]
CUSTOM_TYPES = {
    "textarea": ("rich", "string", None, SET),
    "textfield": ("string", "string", None, SET),
    "readonlyfield": ("readonly", "string", None, SET),
    "url": ("url", "string", None, SET),
    "float": ("number", "number", None, SET),
    "select": ("option", "option", None, SET),
    "radiobuttons": ("option", "option", None, SET),
    "multiselect": ("options", "array", "option", SET_ADD),
    "multicheckboxes": ("options", "array", "option", SET_ADD),
    "cascadingselect": ("cascading", "option-with-child", None, SET),
    "datepicker": ("date", "date", None, SET),
    "datetime": ("datetime", "datetime", None, SET),
    "userpicker": ("user", "user", None, SET),
    "multiuserpicker": ("users", "array", "user", SET_ADD),
    "version": ("version", "version", None, SET),
    "multiversion": ("versions", "array", "version", SET_ADD),
    "labels": ("labels", "array", "string", SET_ADD),
    "grouppicker": ("group", "group", None, SET),
    "multigrouppicker": ("groups", "array", "group", SET_ADD),
    "project": ("projectref", "project", None, SET),
}
SYSTEM_SCHEMAS = {
    "string": ("string", None), "rich": ("string", None), "issuetype": ("issuetype", None), "project": ("project", None),
    "priority": ("priority", None), "user": ("user", None), "labels": ("array", "string"), "components": ("array", "component"),
    "versions": ("array", "version"), "date": ("date", None), "parent": ("issuelink", None),
    "resolution": ("resolution", None), "timetracking": ("timetracking", None),
}

"""The fields of ALM's entities as a project has them, and its lists."""

import dataclasses


@dataclasses.dataclass
class Field:
    name: str
    label: str
    physical: str
    type: str = "String"  # String, Memo, Number, Date, DateTime, LookupList, UsersList, Reference
    size: int = 255
    required: bool = False
    editable: bool = True
    list: int = 0
    multi: bool = False
    virtual: bool = False
    refers: str = ""  # the entity that a Reference is to
    mirror: str = ""  # the field whose value this one shows


LISTS = {
    1001: ("Bug Status", ["New", "Open", "Fixed", "Closed", "Rejected", "Reopen", "Not Completed"]),
    1002: ("Severity", ["1-Low", "2-Medium", "3-High", "4-Very High", "5-Urgent"]),
    1003: ("Priority", ["1-Low", "2-Medium", "3-High", "4-Very High", "5-Urgent"]),
    1004: ("Platforms", ["Linux", "Windows", "macOS", "A;B"]),
    1005: ("YesNo", ["Y", "N"]),
    1006: ("RQ_REQ_PRIORITY", ["1-Low", "2-Medium", "3-High", "4-Very High", "5-Urgent"]),
    1007: ("Requirement Type", ["Functional", "Business", "Testing"]),
    1008: ("Status", ["Design", "Ready", "Imported"]),
    1009: ("Run Status", ["Passed", "Failed", "No Run", "Not Completed"]),
}


def read_only(name, label, physical, type="String", **more):
    return Field(name, label, physical, type, editable=False, **more)


def user_fields(prefix):
    """The fields that the administrator of the project added."""
    return [
        Field("user-01", "External Id", f"{prefix}_USER_01", size=255),
        Field("user-02", "Platforms", f"{prefix}_USER_02", "LookupList", list=1004, multi=True),
        Field("user-03", "Due", f"{prefix}_USER_03", "Date", 10),
        Field("user-04", "Score", f"{prefix}_USER_04", "Number", 10),
        Field("user-05", "Notes", f"{prefix}_USER_05", "Memo", 0),
        Field("user-06", "Reviewer", f"{prefix}_USER_06", "UsersList", 60),
        Field("user-07", "Customer", f"{prefix}_USER_07", size=40),
        Field("user-08", "Reproducible", f"{prefix}_USER_08", "LookupList", 1, list=1005),
        read_only("user-10", "Mirror", f"{prefix}_USER_10", mirror="user-07", size=255),
    ]


def common(prefix, clock_field="VTS"):
    return [
        read_only("id", "ID", f"{prefix}_ID", "Number", size=10),
        read_only("last-modified", "Modified", f"{prefix}_{clock_field}", "DateTime", size=20),
        read_only("ver-stamp", "Version Stamp", f"{prefix}_BUG_VER_STAMP", "Number", size=10),
        read_only("attachment", "Attachment", f"{prefix}_ATTACHMENT", size=1),
    ]


def versions(prefix):
    return [read_only("vc-checkout-user-name", "Checked Out By", f"{prefix}_VC_CHECKOUT_USER_NAME", "UsersList", size=60),
            read_only("vc-version-number", "Version Number", f"{prefix}_VC_VERSION_NUMBER", "Number", size=10)]


def entities():
    """{type: {name: Field}} of a new project."""
    found = {
        "defect": [
            *common("BG"),
            Field("name", "Summary", "BG_SUMMARY", required=True),
            Field("description", "Description", "BG_DESCRIPTION", "Memo", 0),
            Field("dev-comments", "Comments", "BG_DEV_COMMENTS", "Memo", 0),
            Field("status", "Status", "BG_STATUS", "LookupList", 70, list=1001),
            Field("severity", "Severity", "BG_SEVERITY", "LookupList", 70, required=True, list=1002),
            Field("priority", "Priority", "BG_PRIORITY", "LookupList", 70, list=1003),
            Field("owner", "Assigned To", "BG_RESPONSIBLE", "UsersList", 60),
            Field("detected-by", "Detected By", "BG_DETECTED_BY", "UsersList", 60, required=True),
            Field("creation-time", "Detected on Date", "BG_DETECTION_DATE", "Date", 10, required=True),
            Field("estimated-fix-time", "Estimated Fix Time", "BG_ESTIMATED_FIX_TIME", "Number", 10),
            Field("target-rel", "Target Release", "BG_TARGET_REL", "Reference", 10, refers="release"),
            *user_fields("BG"),
        ],
        "requirement": [
            *common("RQ"), *versions("RQ"),
            Field("name", "Name", "RQ_REQ_NAME", required=True),
            Field("description", "Description", "RQ_REQ_COMMENT", "Memo", 0),
            Field("req-comment", "Comments", "RQ_DEV_COMMENTS", "Memo", 0),
            Field("type-id", "Requirement Type", "RQ_TYPE_ID", "LookupList", 70, list=1007),
            Field("req-priority", "Priority", "RQ_REQ_PRIORITY", "LookupList", 70, list=1006),
            Field("owner", "Author", "RQ_REQ_AUTHOR", "UsersList", 60),
            Field("creation-time", "Creation Date", "RQ_REQ_DATE", "Date", 10),
            Field("parent-id", "Parent", "RQ_FATHER_ID", "Reference", 10, refers="requirement"),
            Field("target-rel", "Target Release", "RQ_TARGET_REL", "Reference", 10, multi=True, refers="release"),
            *user_fields("RQ"),
        ],
        "test": [
            *common("TS"), *versions("TS"),
            Field("name", "Test Name", "TS_NAME", required=True),
            Field("description", "Description", "TS_DESCRIPTION", "Memo", 0),
            Field("dev-comments", "Comments", "TS_DEV_COMMENTS", "Memo", 0),
            Field("subtype-id", "Type", "TS_TYPE", required=True, size=50),
            Field("status", "Status", "TS_STATUS", "LookupList", 70, list=1008),
            Field("owner", "Designer", "TS_RESPONSIBLE", "UsersList", 60),
            *user_fields("TS"),
        ],
        "test-instance": [
            *common("TC"),
            Field("test-id", "Test", "TC_TEST_ID", "Reference", 10, required=True, refers="test"),
            Field("cycle-id", "Test Set", "TC_CYCLE_ID", "Reference", 10, required=True, refers="test-set"),
            Field("subtype-id", "Type", "TC_SUBTYPE_ID", required=True, size=50),
            Field("status", "Status", "TC_STATUS", "LookupList", 70, list=1009),
            Field("owner", "Responsible Tester", "TC_TESTER_NAME", "UsersList", 60),
            *user_fields("TC"),
        ],
    }
    return {kind: {field.name: field for field in fields} for kind, fields in found.items()}


VERSIONED = ("requirement", "test")

#include "syncservice/config/registry_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "support/temp_folder.hpp"

namespace syncservice::config {
namespace {

using testing::HasSubstr;

constexpr std::string_view designed = R"(applications:
  jira:   { adapter: jira, url: https://acme.atlassian.net, username: sync@acme.com, token: ${env:JIRA_TOKEN} }
  qc:     { adapter: alm,  url: https://alm.acme.com/qcbin, domain: DEFAULT, username: sync, password: ${file:/run/secrets/alm} }

appLinks:
  - name: Jira6QC11Req
    syncType: PUSH                  # POLL and SCHEDULED are known words: such a link refuses pushes
    source:      { application: jira, type: Story }
    destination: { application: qc,   type: requirement }
    projects:                       # more than one makes the link multi-project
      - { source: QC, destination: QualityCenter }
    direction: both                 # both | to-destination | to-source
    conflict: newest                # source | destination | newest | pusher | hold
    onlyWhen: { source: 'status != "Draft"' }
    fields:
      - { source: summary,     destination: name }
      - { source: description, destination: description, as: rich-text }
      - { source: priority,    destination: req-priority, values: { High: 1-High, Medium: 2-Medium, "*": 3-Low } }
      - { source: reporter,    destination: owner, users: { "*": sync }, direction: to-destination }
      - { destination: req-type, constant: Functional }
    comments: both
    attachments: { direction: both, maxSize: 20 MiB }
)";

TEST(RegistryFile, ReadsTheDesignsExample) {
  const ParsedRegistryFile parsed = parse_registry_file(designed, "a.yaml");
  ASSERT_FALSE(any_error(parsed.complaints)) << to_string(parsed.complaints.front());
  EXPECT_TRUE(parsed.complaints.empty());
  ASSERT_EQ(parsed.file.applications.size(), 2U);
  const ApplicationDef& qc = parsed.file.applications[1];
  EXPECT_EQ(qc.name.text, "qc");
  EXPECT_EQ(qc.name.at, (Location{3, 3}));
  EXPECT_EQ(qc.adapter.text, "alm");
  ASSERT_EQ(qc.settings.size(), 4U);
  EXPECT_EQ(qc.settings[3].name, "password");
  EXPECT_EQ(qc.settings[3].value, "${file:/run/secrets/alm}");
  EXPECT_EQ(parsed.file.applications[0].settings[2].value, "${env:JIRA_TOKEN}");

  ASSERT_EQ(parsed.file.app_links.size(), 1U);
  const AppLinkDef& link = parsed.file.app_links[0];
  EXPECT_EQ(link.name.text, "Jira6QC11Req");
  EXPECT_EQ(link.name.at, (Location{6, 11}));
  EXPECT_TRUE(link.enabled);
  EXPECT_EQ(link.sync_type, SyncTypeWord::push);
  EXPECT_EQ(link.source.application.text, "jira");
  EXPECT_EQ(link.source.type.text, "Story");
  EXPECT_EQ(link.destination.application.at, (Location{9, 33}));
  ASSERT_EQ(link.projects.size(), 1U);
  EXPECT_EQ(link.projects[0].destination, "QualityCenter");
  EXPECT_EQ(link.direction, DirectionWord::both);
  EXPECT_EQ(link.only_when_source.text, "status != \"Draft\"");
  EXPECT_EQ(link.only_when_source.at, (Location{14, 25}));
  ASSERT_EQ(link.fields.size(), 5U);
  EXPECT_EQ(link.fields[1].as, AsWord::rich_text);
  EXPECT_EQ(link.fields[2].values.at("*"), "3-Low");
  EXPECT_EQ(link.fields[3].users.at("*"), "sync");
  EXPECT_EQ(link.fields[3].direction, DirectionWord::to_destination);
  EXPECT_EQ(link.fields[4].at, (Location{20, 9}));
  EXPECT_EQ(std::get<std::string>(std::get<Scalar>(*link.fields[4].constant)), "Functional");
}

Constant constant(const std::string& yaml) {
  const ParsedRegistryFile parsed = parse_registry_file(
      "appLinks: [{name: x, source: {application: a}, destination: {application: b}, fields: [{destination: f, "
      "constant: " +
          yaml + "}]}]",
      "a.yaml");
  EXPECT_TRUE(parsed.complaints.empty()) << to_string(parsed.complaints.front());
  return *parsed.file.app_links.at(0).fields.at(0).constant;
}

TEST(RegistryFile, ReadsWhatALinkSaysBesideItsFields) {
  const ParsedRegistryFile parsed = parse_registry_file(R"(
applications:
  a: { adapter: folder, maxConcurrent: 4, maxRate: 300/min, webhookSecret: "${env:HOOK}" }
  b: { adapter: folder }
appLinks:
  - name: One
    source: { application: a }
    destination: { application: b }
    fields: [{ source: x, destination: y }]
    conflict: oldest
    comments: { direction: to-destination, private: true, existing: false, edited: append, deleted: remove }
    attachments: { maxSize: 20 MiB, deleted: remove }
    onDelete: close
    onLeave: delete
    closeWith: { source: { Status: [Closed, Gone] }, destination: { state: 7 } }
    sweep: 1h
  - name: Two
    syncType: SCHEDULED
    at: ["14:30", "02:00"]
    source: { application: a }
    destination: { application: b }
    fields: [{ source: x, destination: y }]
)",
                                                        "a.yaml");
  ASSERT_TRUE(parsed.complaints.empty()) << to_string(parsed.complaints.front());
  EXPECT_EQ(parsed.file.applications.at(0).max_concurrent, 4U);
  EXPECT_DOUBLE_EQ(parsed.file.applications.at(0).max_rate, 5.0);
  EXPECT_EQ(parsed.file.applications.at(0).webhook_secret.text, "${env:HOOK}");
  EXPECT_EQ(parsed.file.applications.at(1).webhook_secret.at.line, 0);
  EXPECT_TRUE(parsed.file.applications.at(0).settings.empty());
  const AppLinkDef& one = parsed.file.app_links.at(0);
  EXPECT_EQ(one.conflict, ConflictWord::oldest);
  EXPECT_EQ(one.comments.direction, FlowWord::to_destination);
  EXPECT_TRUE(one.comments.private_too);
  EXPECT_FALSE(one.comments.existing);
  EXPECT_EQ(one.comments.edited, EditedWord::append);
  EXPECT_EQ(one.comments.deleted, DeletedWord::remove);
  EXPECT_EQ(one.attachments.direction, FlowWord::both);
  EXPECT_EQ(one.attachments.max_size, 20U * 1024 * 1024);
  EXPECT_EQ(one.on_delete, GoneWord::close);
  EXPECT_EQ(one.on_leave, GoneWord::remove);
  EXPECT_EQ(one.close_with.source.size(), 1U);
  EXPECT_EQ(one.close_with.destination.at("state"), Constant{Scalar{std::int64_t{7}}});
  EXPECT_EQ(one.sweep.time, std::chrono::hours{1});
  EXPECT_EQ(parsed.file.app_links.at(1).run_at,
            (std::vector<std::chrono::minutes>{std::chrono::minutes{120}, std::chrono::minutes{870}}));
}

TEST(RegistryFile, ReadsFieldRules) {
  const ParsedRegistryFile parsed = parse_registry_file(R"yaml(
appLinks:
  - name: One
    source: { application: a }
    destination: { application: b }
    fields:
      - { source: labels, destination: tags, join: ", ", default: none, maxLength: 255, when: create }
      - { source: list, destination: text, split: ";", onlyWhen: 'a == "b"' }
      - { source: who, destination: owner, users: email, as: user, conflict: oldest }
      - { destination: title, template: "{summary} ({id})" }
      - { source: parent, destination: up, as: reference, unlinked: leave-out,
          onlyWhen: { destination: 'c == "d"' } }
)yaml",
                                                        "a.yaml");
  ASSERT_TRUE(parsed.complaints.empty()) << to_string(parsed.complaints.front());
  const std::vector<FieldDef>& fields = parsed.file.app_links.at(0).fields;
  ASSERT_EQ(fields.size(), 5U);
  EXPECT_EQ(fields[0].separator, ", ");
  EXPECT_TRUE(fields[0].joins);
  EXPECT_EQ(fields[0].fallback, (Constant{Scalar{std::string{"none"}}}));
  EXPECT_EQ(fields[0].max_length, 255U);
  EXPECT_TRUE(fields[0].create_only);
  EXPECT_EQ(fields[1].separator, ";");
  EXPECT_FALSE(fields[1].joins);
  EXPECT_EQ(fields[1].only_when.text, "a == \"b\"");
  EXPECT_EQ(fields[1].only_when_destination.at.line, 0);
  EXPECT_EQ(fields[2].users_by, UserPartWord::email);
  EXPECT_EQ(fields[2].as, AsWord::user);
  EXPECT_EQ(fields[2].conflict, ConflictWord::oldest);
  EXPECT_EQ(fields[3].pattern.text, "{summary} ({id})");
  EXPECT_EQ(fields[3].pattern.at, (Location{10, 41}));
  EXPECT_TRUE(fields[4].leave_unlinked_out);
  EXPECT_EQ(fields[4].only_when.text, "");
  EXPECT_EQ(fields[4].only_when_destination.text, "c == \"d\"");
  EXPECT_EQ(fields[4].only_when_destination.at, (Location{12, 36}));
}

TEST(RegistryFile, ReadsSoundPartsOfAFileWithFaults) {
  const ParsedRegistryFile parsed = parse_registry_file(
      "applications: { a: { adapter: folder, path: [x] }, b: { adapter: folder } }\n"
      "appLinks:\n"
      "- { name: x, source: { application: a }, destination: { application: b }, bad: 1,\n"
      "    fields: [ { source: f, destination: g, bad: 1 }, { source: h, destination: i } ] }\n"
      "- { name: y, source: { application: a }, destination: { application: b }, fields: [ { source: f, destination: "
      "g } ] }\n",
      "a.yaml");
  EXPECT_EQ(parsed.complaints.size(), 3U);
  EXPECT_TRUE(parsed.file.applications_known);
  ASSERT_EQ(parsed.file.applications.size(), 2U);
  EXPECT_FALSE(parsed.file.applications[0].sound);
  EXPECT_TRUE(parsed.file.applications[1].sound);
  ASSERT_EQ(parsed.file.app_links.size(), 2U);
  EXPECT_FALSE(parsed.file.app_links[0].sound);
  EXPECT_FALSE(parsed.file.app_links[0].fields.at(0).sound);
  EXPECT_TRUE(parsed.file.app_links[0].fields.at(1).sound);
  EXPECT_TRUE(parsed.file.app_links[1].sound);
  EXPECT_FALSE(parse_registry_file("applications: [\n", "a.yaml").file.applications_known);
  EXPECT_FALSE(parse_registry_file("applications: 5\n", "a.yaml").file.applications_known);
}

TEST(RegistryFile, TypesConstants) {
  EXPECT_EQ(constant("5"), (Constant{Scalar{std::int64_t{5}}}));
  EXPECT_EQ(constant("-12"), (Constant{Scalar{std::int64_t{-12}}}));
  EXPECT_EQ(constant("'5'"), (Constant{Scalar{std::string{"5"}}}));
  EXPECT_EQ(constant("1.5"), (Constant{Scalar{1.5}}));
  EXPECT_EQ(constant("2e3"), (Constant{Scalar{2000.0}}));
  EXPECT_EQ(constant("true"), (Constant{Scalar{true}}));
  EXPECT_EQ(constant("~"), (Constant{Scalar{std::monostate{}}}));
  for (const char* text : {"007", "0x1F", "99999999999999999999", "1-High", "yes", ".inf", "1e999", "+5"})
    EXPECT_EQ(constant(text), (Constant{Scalar{std::string{text}}})) << text;
  EXPECT_EQ(constant("[a, 2]"), (Constant{std::vector<Scalar>{std::string{"a"}, std::int64_t{2}}}));
}

TEST(RegistryFile, IsTolerantAboutScalars) {
  const ParsedRegistryFile parsed = parse_registry_file(R"(
applications: { 1: { adapter: folder, path: 2024, flag: true } }
appLinks:
  - { name: 42, enabled: FALSE, syncType: poll, source: { application: 1, project: 7 }, destination: { application: 1 },
      fields: [ { source: 1, destination: two, values: { 1: 2, yes: ~ } } ] }
)",
                                                        "a.yaml");
  ASSERT_TRUE(parsed.complaints.empty()) << to_string(parsed.complaints.front());
  EXPECT_EQ(parsed.file.applications[0].settings[0].value, "2024");
  EXPECT_EQ(parsed.file.applications[0].settings[1].value, "true");
  const AppLinkDef& link = parsed.file.app_links[0];
  EXPECT_EQ(link.name.text, "42");
  EXPECT_FALSE(link.enabled);
  EXPECT_EQ(link.sync_type, SyncTypeWord::poll);
  EXPECT_EQ(link.source.project.text, "7");
  EXPECT_EQ(link.fields[0].values.at("yes"), "");
}

struct Case {
  std::string text, expected;
};

class RegistryFileFault : public testing::TestWithParam<Case> {};

TEST_P(RegistryFileFault, IsReported) {
  const ParsedRegistryFile parsed = parse_registry_file(GetParam().text, "a.yaml");
  std::string all;
  for (const Complaint& complaint : parsed.complaints) all += to_string(complaint) + '\n';
  EXPECT_EQ(all, GetParam().expected + '\n');
}

std::string link_with(const std::string& members) {
  return "appLinks:\n- { name: x, source: { application: a }, destination: { application: b }, fields: [ { source: f, "
         "destination: g } ],\n" +
         members + " }\n";
}

// From column 114 of line 2.
std::string field_with(const std::string& members) {
  return "appLinks:\n- { name: x, source: { application: a }, destination: { application: b }, fields: [ { source: f, "
         "destination: g, " +
         members + " } ] }\n";
}

INSTANTIATE_TEST_SUITE_P(
    All, RegistryFileFault,
    testing::Values(
        Case{"", "a.yaml: is empty; \"applications:\" and \"appLinks:\" belong here, or remove the file"},
        Case{"# later\n",
             "a.yaml: warning: holds nothing but comments; \"applications:\" and \"appLinks:\" belong here"},
        Case{"- a\n", "a.yaml:1:1: the file must be a map of members, not a list"},
        Case{"applinks: []\n", "a.yaml:1:1: unknown member \"applinks\" of the file; did you mean \"appLinks\"?"},
        Case{"zebra: 1\n",
             "a.yaml:1:1: unknown member \"zebra\" of the file; known are \"applications\" or \"appLinks\""},
        Case{"applications: [a]\n",
             "a.yaml:1:15: \"applications\" must be a map from names to applications, not a list"},
        Case{"applications:\n  qc:\n",
             "a.yaml:2:3: application \"qc\" must be a map such as { adapter: folder, path: "
             "records }, not nothing"},
        Case{"applications:\n  qc: { url: x }\n",
             "a.yaml:2:3: application \"qc\" has no member \"adapter\"; it says which kind of system it is"},
        Case{"applications: { qc: { adapter: alm, url: [a] } }\n",
             "a.yaml:1:42: \"url\" of application \"qc\" must be a single value, not a list"},
        Case{"applications: { qc: { adapter: alm, url: } }\n",
             "a.yaml:1:42: \"url\" of application \"qc\" has no value; write one, or leave the member out"},
        Case{"appLinks: { name: x }\n",
             "a.yaml:1:11: \"appLinks\" must be a list (each item begins with \"- \"), not a map"},
        Case{"appLinks:\n- { name: x }\n",
             "a.yaml:2:3: app link \"x\": the member \"source\" is missing\n"
             "a.yaml:2:3: app link \"x\": the member \"destination\" is missing\n"
             "a.yaml:2:3: app link \"x\": the member \"fields\" is missing"},
        Case{"appLinks: [{ name: \" x\", source: {}, destination: { application: b }, fields: [] }]\n",
             "a.yaml:1:20: app link \" x\": an app link's name \" x\" begins or ends with a blank; leave it out\n"
             "a.yaml:1:34: app link \" x\": this end of the app link has no member \"application\"\n"
             "a.yaml:1:79: app link \" x\": \"fields\" is empty; the app link would synchronize nothing"},
        Case{link_with("synctype: PUSH"),
             "a.yaml:3:1: app link \"x\": unknown member \"synctype\" of an app link; did you mean \"syncType\"?"},
        Case{link_with("syncType: PUHS"),
             "a.yaml:3:11: app link \"x\": \"PUHS\" is not allowed for \"syncType\"; did you mean \"PUSH\"?"},
        Case{link_with("enabled: sometimes"),
             "a.yaml:3:10: app link \"x\": \"sometimes\" is not allowed for \"enabled\"; known are \"true\" or "
             "\"false\""},
        Case{link_with("direction: [both]"),
             "a.yaml:3:12: app link \"x\": \"direction\" must be a single value, not a list"},
        Case{link_with("conflict: newst"),
             "a.yaml:3:11: app link \"x\": \"newst\" is not allowed for \"conflict\"; did you mean \"newest\"?"},
        Case{link_with("onlyWhen: 'a == \"b\"'"),
             "a.yaml:3:11: app link \"x\": \"onlyWhen\" must be a map of members, not a single value"},
        Case{link_with("projects: [{ src: A }]"),
             "a.yaml:3:14: app link \"x\": pair of projects 1: unknown member \"src\" of a pair of projects; known are "
             "\"source\" or \"destination\""},
        Case{link_with("name: y"), "a.yaml:3:1: \"name\" is given twice here; keep one of them"},
        Case{link_with("comments: none, attachments: { direction: none, maxSize: 1 MiB }, <<: { a: b }"),
             "a.yaml:3:67: app link \"x\": merging with << is not supported; write the members out, or refer to a "
             "whole value with an "
             "alias"},
        Case{link_with("comments: sideways"),
             "a.yaml:3:11: app link \"x\": \"sideways\" is not allowed for the direction of comments; known are "
             "\"none\", \"both\", "
             "\"to-destination\" or \"to-source\""},
        Case{link_with("attachments: { maxSize: 20 apples }"),
             "a.yaml:3:25: app link \"x\": \"20 apples\" is not allowed for \"maxSize\"; a size such as 20 MiB would "
             "be right"},
        Case{link_with("onDelete: close"),
             "a.yaml:2:3: app link \"x\": \"close\" needs to know what it writes at the destination; write closeWith: "
             "{ destination: { "
             "Status: Closed } }\na.yaml:2:3: app link \"x\": \"close\" needs to know what it writes at the source; "
             "write closeWith: { "
             "source: { Status: Closed } }"},
        Case{link_with("closeWith: { source: { a: b } }"),
             "a.yaml:3:12: warning: app link \"x\": \"closeWith\" is never used: neither \"onDelete\" nor \"onLeave\" "
             "is \"close\""},
        Case{link_with("sweep: soon"),
             "a.yaml:3:8: app link \"x\": \"soon\" is not allowed for \"sweep\"; a time of at least 1s, such as 5m or "
             "1h, would be "
             "right"},
        Case{link_with("every: 5m"), "a.yaml:3:8: app link \"x\": \"every\" is for app links of syncType POLL"},
        Case{link_with("syncType: SCHEDULED, at: [\"25:00\"]"),
             "a.yaml:3:27: app link \"x\": \"25:00\" is no time of the day; \"02:00\" (UTC) would be right"},
        Case{link_with("comments: { maxSize: 1 }"),
             "a.yaml:3:13: app link \"x\": unknown member \"maxSize\" of \"comments\"; known are \"direction\", "
             "\"private\", "
             "\"existing\", \"edited\" or \"deleted\""},
        Case{"appLinks:\n- name: x\n  source: { application: a }\n  destination: { application: b }\n  fields:\n"
             "  - { sorce: f }\n  - f\n  - { source: f, destination: g, values: [a], as: html }\n"
             "  - { source: f, constant: { a: b } }\n  - { source: f, destination: g, values: { a: [b] } }\n",
             "a.yaml:6:7: app link \"x\": field rule 1: unknown member \"sorce\" of a field rule; did you mean "
             "\"source\"?\n"
             "a.yaml:7:5: app link \"x\": field rule 2: a field rule must be a map of members, not a single value\n"
             "a.yaml:8:42: app link \"x\": field \"f\": \"values\" must be a map such as { High: 1-High }, not a list\n"
             "a.yaml:8:51: app link \"x\": field \"f\": \"html\" is not allowed for \"as\"; known are \"text\", "
             "\"rich-text\", \"integer\", \"decimal\", \"boolean\", \"date\", \"instant\", \"user\", \"option\" or "
             "\"reference\"\n"
             "a.yaml:9:28: app link \"x\": field \"f\": \"constant\" must be a value or a list of values, not a map\n"
             "a.yaml:10:47: app link \"x\": field \"f\": the value for \"a\" in \"values\" must be a single value, not "
             "a list"},
        Case{field_with("users: mail"),
             "a.yaml:2:121: app link \"x\": field \"f\": \"mail\" is not allowed for \"users\" (where it is no table); "
             "did you mean \"email\"?"},
        Case{
            field_with("maxLength: 0"),
            "a.yaml:2:125: app link \"x\": field \"f\": \"0\" is not allowed for \"maxLength\"; a number of characters "
            "from 1 to 100000000 would be right"},
        Case{
            field_with("split: ';', join: ';'"),
            "a.yaml:2:132: app link \"x\": field \"f\": the rule has both \"split\" and \"join\"; keep \"split\" where "
            "the source holds a text, \"join\" where it holds a list"},
        Case{field_with("when: sometimes"),
             "a.yaml:2:120: app link \"x\": field \"f\": \"sometimes\" is not allowed for \"when\"; known are "
             "\"always\" or \"create\""},
        Case{field_with("unlinked: weit"),
             "a.yaml:2:124: app link \"x\": field \"f\": \"weit\" is not allowed for \"unlinked\"; did you mean "
             "\"wait\"?"},
        Case{field_with("onlyWhen: { sorce: 'a' }"),
             "a.yaml:2:126: app link \"x\": field \"f\": unknown member \"sorce\" of \"onlyWhen\"; did you mean "
             "\"source\"?"},
        Case{field_with("template: [a]"),
             "a.yaml:2:124: app link \"x\": field \"f\": \"template\" must be a single value, not a list"},
        Case{link_with("direction: to-destination, comments: to-source"),
             "a.yaml:3:38: app link \"x\": comments never go across: the app link does not go that way; change one of "
             "the "
             "two directions, or leave \"comments\" out"}));

TEST(RegistryFile, LimitsNames) {
  const auto first_complaint = [](const std::string& name) {
    return parse_registry_file("applications: { " + name + ": { adapter: x } }\n", "a.yaml").complaints.at(0).what;
  };
  EXPECT_THAT(first_complaint(std::string(300, 'n')), HasSubstr("is 300 bytes long; at most 255 are allowed"));
  EXPECT_THAT(first_complaint("\"a\\nb\""), HasSubstr("\"a\\x0Ab\" holds control characters"));
  EXPECT_THAT(first_complaint("\"\""), HasSubstr("an application's name has no value"));
}

TEST(RegistryFile, ReportsTheFirstOfManyFaultsAndCountsTheOthers) {
  std::string text = "appLinks:\n";
  for (int i = 0; i < 500; ++i) text += "- { name: x" + std::to_string(i) + ", bad: 1 }\n";
  const ParsedRegistryFile parsed = parse_registry_file(text, "a.yaml");
  ASSERT_EQ(parsed.complaints.size(), 101U);
  EXPECT_EQ(to_string(parsed.complaints.back()), "a.yaml: and 1900 more errors");
}

TEST(ReadRegistry, TakesTheFilesOfAFolderInOrder) {
  const support::TempFolder folder;
  support::write_file(folder / "b.yaml", "appLinks: []\n");
  support::write_file(folder / "a.YML", "appLinks: []\n");
  support::write_file(folder / ".hidden.yaml", "bad: [\n");
  support::write_file(folder / "readme.txt", "bad: [\n");
  std::filesystem::create_directory(folder / "sub.yaml");
  const ReadRegistry read = read_registry(folder.path().string());
  EXPECT_TRUE(read.complaints.empty());
  ASSERT_EQ(read.files.size(), 2U);
  EXPECT_EQ(read.files[0].path, (folder / "a.YML").string());
  EXPECT_EQ(read.files[1].path, (folder / "b.yaml").string());
}

TEST(ReadRegistry, WarnsOfAnEmptyFolderAndRefusesAMissingOne) {
  const support::TempFolder folder;
  const ReadRegistry empty = read_registry(folder.path().string());
  ASSERT_EQ(empty.complaints.size(), 1U);
  EXPECT_TRUE(empty.complaints[0].warning);
  const ReadRegistry missing = read_registry((folder / "none").string());
  ASSERT_EQ(missing.complaints.size(), 1U);
  EXPECT_EQ(to_string(missing.complaints[0]),
            (folder / "none").string() + ": can't be read: No such file or directory");
}

RC_GTEST_PROP(RegistryFileProperty, CutTextNeverCrashes, ()) {
  std::string text{designed.substr(0, *rc::gen::inRange<std::size_t>(0, designed.size()))};
  if (!text.empty()) text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  const ParsedRegistryFile parsed = parse_registry_file(text, "a.yaml");
  for (const Complaint& complaint : parsed.complaints) RC_ASSERT(!complaint.what.empty());
}

}  // namespace
}  // namespace syncservice::config

#include "syncservice/registry/online.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "registry_fixture.hpp"

namespace syncservice::registry {
namespace {

using adapter::Description;
using adapter::FieldInfo;
using adapter::FieldKind;

class DescribingAdapter final : public NullAdapter {
 public:
  using NullAdapter::NullAdapter;
  [[nodiscard]] adapter::Capabilities capabilities() const noexcept override {
    adapter::Capabilities out;
    out.describe = !settings().values.contains("mute");
    return out;
  }
};

adapter::Kind describing() {
  return {"desc", false, {{"mute", false, false, ""}}, [](const adapter::Settings& settings) {
            return Result<std::unique_ptr<adapter::Adapter>>{std::make_unique<DescribingAdapter>(settings)};
          }};
}

FieldInfo field(std::string name, FieldKind kind = FieldKind::text) {
  FieldInfo out;
  out.name = std::move(name);
  out.kind = kind;
  return out;
}

Description stories() {
  FieldInfo priority = field("priority", FieldKind::option);
  priority.options = {{"1", "High"}, {"2", "Low"}};
  FieldInfo labels = field("labels");
  labels.list = true;
  FieldInfo created = field("created", FieldKind::instant);
  created.read_only = true;
  FieldInfo points = field("customfield_10016", FieldKind::integer);
  points.label = "Story Points";
  return {{{ProjectName{"QC"}, ""}, {ProjectName{"OPS"}, ""}},
          {{"Story",
            {field("summary"), field("description", FieldKind::rich_text), priority, labels, created, points,
             field("due", FieldKind::date), field("reporter", FieldKind::user)}},
           {"Bug", {field("summary")}}}};
}

Description requirements() {
  FieldInfo name = field("name");
  name.required = true;
  FieldInfo rank = field("rank", FieldKind::option);
  rank.options = {{"a", "1-High"}, {"b", "2-Low"}};
  rank.required = true;
  rank.aliases = {"The Rank"};
  FieldInfo id = field("id", FieldKind::integer);
  id.required = id.read_only = true;
  return {{},
          {{"requirement",
            {name, rank, id, field("tags"), field("day", FieldKind::date), field("count", FieldKind::integer),
             field("owner", FieldKind::user)}}}};
}

class Online : public testing::Test {
 protected:
  /// Complaints about one app link with these members and field rules; the rules begin in line 9, one a line.
  std::string complaints(const std::string& members, const std::string& rules) {
    folder_.write("a.yaml",
                  "applications: { jira: { adapter: desc }, qc: { adapter: desc }, dumb: { adapter: desc, mute: x } }\n"
                  "appLinks:\n- name: x\n  source: { application: jira, project: QC, type: Story }\n"
                  "  destination: { application: qc, type: requirement }\n" +
                      members + "\n  direction: both\n  fields:\n" + rules);
    std::vector<adapter::Kind> kinds{describing()};
    const LoadResult loaded = registry::load(folder_.path(), kinds);
    std::string out;
    for (const Complaint& complaint : loaded.complaints) out += to_string(complaint) + '\n';
    if (!loaded.snapshot) return out;
    for (const Complaint& complaint :
         check_online(*loaded.snapshot, [this](const auto&application, const auto&project) {
           asked_.push_back(application.name.str() + "/" + project.str());
           return answer(application);
         })) {
      out += to_string(complaint).substr(folder_.path().size() + 1) + '\n';
    }
    return out;
  }

  Result<Description> answer(const Application& application) const {
    if (application.name.str() == "qc" && broken_) return *broken_;
    return application.name.str() == "jira" ? stories() : requirements();
  }

  static constexpr const char* good =
      "  - { source: summary, destination: name }\n"
      "  - { source: priority, destination: rank, values: { High: 1-High, Low: 2-Low } }\n";

  RegistryFolder folder_;
  std::vector<std::string> asked_;
  std::optional<Error> broken_;
};

TEST_F(Online, FindsNothingWhereNothingIsWrong) {
  EXPECT_EQ(complaints("  onlyWhen: { source: 'priority != \"Low\"' }",
                       std::string{good} + "  - { source: labels, destination: tags, join: ', ' }\n"
                                           "  - { source: due, destination: day }\n"
                                           "  - { source: customfield_10016, destination: count }\n"
                                           "  - { source: reporter, destination: owner, users: email }\n"),
            "");
  EXPECT_EQ(asked_, (std::vector<std::string>{"jira/QC", "qc/"}));
}

TEST_F(Online, FieldsExist) {
  EXPECT_EQ(
      complaints("  onlyWhen: { source: 'staus == \"x\"' }",
                 std::string{good} +
                     "  - { source: sumary, destination: tags, onlyWhen: { source: 'prio == \"x\"', destination: "
                     "'tags == \"x\"' } }\n"
                     "  - { source: Story Points, destination: count }\n"),
      "a.yaml:4:11: app link \"x\": onlyWhen: a Story in \"jira\" has no field \"staus\"; known are \"summary\", "
      "\"description\", \"priority\", \"labels\", \"created\", \"customfield_10016\", \"due\" or \"reporter\"\n"
      "a.yaml:11:5: app link \"x\": field \"sumary\": a Story in \"jira\" has no field \"prio\"; known are "
      "\"summary\", \"description\", \"priority\", \"labels\", \"created\", \"customfield_10016\", \"due\" or "
      "\"reporter\"\n"
      "a.yaml:11:5: app link \"x\": field \"sumary\": a Story in \"jira\" has no field \"sumary\"; did you mean "
      "\"summary\"?\n"
      "a.yaml:12:5: app link \"x\": field \"Story Points\": a Story in \"jira\" has no field \"Story Points\"; that "
      "is how people see \"customfield_10016\", write that\n");
}

TEST_F(Online, ReadOnlyFieldsAreNotWritten) {
  const std::string said = complaints("", std::string{good} + "  - { source: created, destination: tags }\n");
  EXPECT_EQ(said,
            "a.yaml:11:5: app link \"x\": field \"created\": the field \"created\" of a Story in \"jira\" can't be "
            "written; change the direction of the rule, or leave it out\n");
  EXPECT_EQ(
      complaints("", std::string{good} + "  - { source: created, destination: tags, direction: to-destination }\n"),
      "");
}

TEST_F(Online, ValuesFitTheirFields) {
  const std::string said =
      complaints("", std::string{good} +
                         "  - { source: description, destination: count, direction: to-destination }\n"
                         "  - { source: created, destination: day, direction: to-destination }\n"
                         "  - { source: labels, destination: tags, direction: to-destination }\n"
                         "  - { destination: owner, template: '{summary}' }\n");
  EXPECT_THAT(said, testing::HasSubstr("a.yaml:11:5: app link \"x\": field \"description\": the field \"count\" of a "
                                       "requirement in \"qc\" takes integer, and is given rich text; write \"as: "
                                       "integer\", or choose another field\n"));
  EXPECT_THAT(said, testing::HasSubstr("a.yaml:12:5: app link \"x\": field \"created\": the field \"day\" of a "
                                       "requirement in \"qc\" takes date, and is given instant; write \"as: date\""));
  EXPECT_THAT(said,
              testing::HasSubstr("a.yaml:13:5: app link \"x\": field \"labels\": the field \"tags\" of a "
                                 "requirement in \"qc\" takes no list, and \"labels\" is one; write \"join: ', '\" "
                                 "to make it text\n"));
  EXPECT_THAT(said, testing::Not(testing::HasSubstr(":14:")));
  EXPECT_EQ(complaints("", std::string{good} +
                               "  - { source: created, destination: day, direction: to-destination, as: date }\n"
                               "  - { source: summary, destination: count, direction: to-destination, as: integer }\n"),
            "");
}

TEST_F(Online, OptionsExist) {
  EXPECT_EQ(
      complaints("  onDelete: close\n  closeWith: { source: { priority: Lo }, destination: { rnk: 2-Low } }",
                 "  - { source: summary, destination: name }\n"
                 "  - { source: priority, destination: rank, values: { High: 1-Hihg, Medium: 2-Low } }\n"
                 "  - { destination: tags, constant: x }\n"),
      "a.yaml:3:3: app link \"x\": closeWith: a requirement in \"qc\" has no field \"rnk\"; did you mean "
      "\"rank\"?\n"
      "a.yaml:3:3: app link \"x\": closeWith: the field \"priority\" of a Story in \"jira\" has no option \"Lo\"; "
      "did you mean \"Low\"?\n"
      "a.yaml:11:5: app link \"x\": field \"priority\": the field \"priority\" of a Story in \"jira\" has no option "
      "\"Medium\"; known are \"High\" or \"Low\"\n"
      "a.yaml:11:5: app link \"x\": field \"priority\": the field \"rank\" of a requirement in \"qc\" has no option "
      "\"1-Hihg\"; did you mean \"1-High\"?\n");
}

TEST_F(Online, OptionsThatAreTranslatedExist) {
  EXPECT_EQ(complaints("",
                       "  - { source: summary, destination: name }\n"
                       "  - { source: priority, destination: rank, direction: to-destination, values: { Hihg: 1-High, "
                       "Low: 2-Low, '*': 2-Low } }\n"),
            "a.yaml:10:5: app link \"x\": field \"priority\": the field \"priority\" of a Story in \"jira\" has no "
            "option \"Hihg\"; did you mean \"High\"?\n");
}

TEST_F(Online, AConstantIsReadAsItWillBe) {
  EXPECT_EQ(complaints("",
                       "  - { source: summary, destination: name }\n"
                       "  - { source: priority, constant: 2 }\n"
                       "  - { destination: rank, constant: a }\n"
                       "  - { destination: day, constant: \"2026-01-02\" }\n"),
            "");
  EXPECT_THAT(complaints("", std::string{good} + "  - { destination: day, constant: soon }\n"),
              testing::HasSubstr("takes date, and is given text"));
}

TEST_F(Online, EveryOptionHasACounterpart) {
  const auto rules = [](const char* values) {
    return std::string{"  - { source: summary, destination: name }\n  - { source: priority, destination: rank"} +
           values + " }\n";
  };
  EXPECT_EQ(
      complaints("", rules(", values: { High: 1-High }")),
      "a.yaml:10:5: warning: app link \"x\": field \"priority\": the field \"priority\" of a Story in \"jira\" has "
      "the option \"Low\", for which \"rank\" of a requirement in \"qc\" has none, so such a record can't be "
      "synchronized; say in \"values\" what stands for it\n"
      "a.yaml:10:5: warning: app link \"x\": field \"priority\": the field \"rank\" of a requirement in \"qc\" has "
      "the option \"2-Low\", for which \"priority\" of a Story in \"jira\" has none, so such a record can't be "
      "synchronized; say in \"values\" what stands for it\n");
  EXPECT_EQ(complaints("", rules(", direction: to-destination, values: { High: 1-High, '*': 2-Low }")), "");
  EXPECT_THAT(complaints("", rules(", direction: to-destination")),
              testing::HasSubstr("has the options \"High\" or \"Low\", for which \"rank\""));
  EXPECT_THAT(complaints("", rules(", direction: to-destination, values: { High: 1-High, '*': '*' }")),
              testing::HasSubstr("has the option \"Low\", for which"));
  EXPECT_EQ(complaints("", rules(", direction: to-destination, as: text")), "");
}

TEST_F(Online, RequiredFieldsAreGiven) {
  EXPECT_EQ(complaints("", "  - { source: summary, destination: tags }\n  - { destination: name, constant: x }\n"),
            "a.yaml:5:16: app link \"x\": records are made here, and a requirement in \"qc\" must have the field "
            "\"rank\"; add a rule that gives it, such as { destination: rank, constant: … }\n");
}

TEST_F(Online, AFieldMayBeCalledByAnotherOfItsNames) {
  EXPECT_EQ(complaints("",
                       "  - { source: summary, destination: name }\n"
                       "  - { source: priority, destination: The Rank, values: { High: 1-High, Low: 2-Low } }\n"),
            "");
}

TEST_F(Online, ProjectsAndTypesExist) {
  folder_.write("b.yaml",
                "appLinks:\n- name: y\n  source: { application: jira, type: Stori }\n"
                "  destination: { application: qc, type: requirement }\n  direction: to-source\n"
                "  projects: [ { source: QC, destination: P }, { source: OSP, destination: R } ]\n"
                "  fields: [ { source: summary, destination: name } ]\n");
  EXPECT_EQ(complaints("", good),
            "b.yaml:3:11: app link \"y\": \"jira\" has no type \"Stori\"; did you mean \"Story\"?\n"
            "b.yaml:6:47: app link \"y\": \"jira\" has no project \"OSP\" that this account may see; did you mean "
            "\"OPS\"?\n");
}

TEST_F(Online, SaysWhoCouldNotBeAsked) {
  folder_.write(
      "b.yaml",
      "appLinks:\n- { name: y, source: { application: dumb }, destination: { application: dumb, type: t }, fields: [ { "
      "source: a, destination: b } ] }\n");
  Error refused;
  refused.message = "The password is wrong.";
  broken_ = refused;
  EXPECT_EQ(
      complaints("", good),
      "a.yaml:5:16: app link \"x\": \"qc\" could not be asked: The password is wrong.\n"
      "b.yaml:2:22: warning: app link \"y\": \"dumb\" (adapter \"desc\") can't tell which fields it has, so nothing "
      "is checked against it\n");
}

}  // namespace
}  // namespace syncservice::registry

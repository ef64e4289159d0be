// The Jira adapter is one, with Jira Cloud and with Data Center.
#include "adapters/conformance.hpp"
#include "adapters/jira_support.hpp"

#include "syncservice/adapter/fit.hpp"
#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::conformance {
namespace {

constexpr std::size_t page_size = 3;

// What the simulator's fields of other kinds than text hold. Where it is missing, a value would be changed by Jira, or
// wants another issue: a label of our own, links, the parent.
std::map<std::string, record::Value, std::less<>> samples(jira::Flavour flavour) {
  using record::List;
  using record::Option;
  const bool cloud = flavour == jira::Flavour::cloud;
  const record::User fred{cloud ? "5b10ac8d82e05b22cc7d4ef5" : "fred", "Fred F. User", "fred@example.com"};
  return {{"summary", "whole"},
          {"description", record::from_html("<p>Pay <strong>now</strong></p>")},
          {"environment", record::from_plain("Debian")},
          {"priority", Option{"2", "High"}},
          {"assignee", fred},
          {"reporter", fred},
          {"labels", List{"blue", "red"}},
          {"components", List{Option{"10200", "Backend"}}},
          {"versions", List{Option{"10100", "1.0"}}},
          {"fixVersions", List{Option{"10101", "1.1"}, Option{"10102", "2.0"}}},
          {"duedate", *record::date_from_text("2026-11-24")},
          {"timetracking.originalEstimate", "2d"},
          {"Reproduction", record::from_html("<ul><li>open</li><li>pay</li></ul>")},
          {"Short text", "short"},
          {"Points", 2.5},
          {"Severity", Option{"10500", "Critical"}},
          {"Platforms", List{Option{"10503", "Linux"}, Option{"10505", "macOS"}}},
          {"Region", Option{"10506:10508", "Europe > France"}},
          {"Found on", *record::date_from_text("2026-11-23")},
          {"Found at", *record::instant_from_text("2026-11-24T10:00:00.042+01:00")},
          {"Reviewer", fred},
          {"Informed", List{fred}},
          {"Found in", Option{"10101", "1.1"}},
          {"Also in", List{Option{"10100", "1.0"}}},
          {"Browsers", List{Option{"10512", "Chrome"}}},
          {"Regression", Option{"10515", "Yes"}},
          {"Reference", "https://acme.com/x"},
          {"Tags", List{"a", "b"}},
          {"Sync marker", "mine"},
          {"customfield_10122", "twice"},
          {"Customer project", Option{"OPS", "Operations"}}};
}

class JiraSubject : public Subject {
 public:
  explicit JiraSubject(jira::Flavour flavour) : jira_(flavour) {}
  Adapter& adapter() override { return *adapter_; }
  std::unique_ptr<Adapter> restarted() override { return jira_.adapter(jira_.settings(), page_size); }
  ProjectName project() const override { return ProjectName{"ED"}; }
  std::string type() const override { return "Bug"; }
  std::string first_field() const override { return "summary"; }
  std::string second_field() const override { return "Short text"; }
  void remove(const RecordId& id) override {
    const auto admin = jira_.adapter(jira_.settings("admin"));
    const auto removed = admin->remove(project(), id, {});
    ASSERT_TRUE(removed) << removed.error().message;
  }
  record::Fields typed_fields() const override {
    record::Fields out;
    for (const auto& [name, value] : samples(jira_.flavour())) {
      if (name != first_field() && name != second_field()) out.emplace(name, value);
    }
    return out;
  }
  // White space at the end is lost, that of Unicode too.
  std::string kept(const std::string& text) const override {
    std::string_view out = text;
    for (std::size_t before = std::string_view::npos; out.size() < before;) {
      before = out.size();
      for (const std::string_view blank : {" ", "\n", "\u2028"}) {
        if (out.ends_with(blank)) out.remove_suffix(blank.size());
      }
    }
    return std::string{out};
  }
  std::optional<record::Value> sample(const FieldInfo& field, const record::Value& /*usual*/) override {
    for (const auto& [name, value] : samples(jira_.flavour())) {
      if (is_called(field, name)) return value;
    }
    return std::nullopt;
  }
  std::size_t page() const override { return page_size; }
  std::string query(const std::string& first) const override { return "summary ~ \"" + first + '"'; }

 private:
  jira::SimulatedJira jira_;
  std::unique_ptr<Adapter> adapter_ = jira_.adapter(jira_.settings(), page_size);
};

std::unique_ptr<Subject> cloud() {
  return std::make_unique<JiraSubject>(jira::Flavour::cloud);
}
std::unique_ptr<Subject> data_center() {
  return std::make_unique<JiraSubject>(jira::Flavour::server);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(JiraCloud, AdapterConformance, testing::Values(&cloud));
INSTANTIATE_TEST_SUITE_P(JiraDataCenter, AdapterConformance, testing::Values(&data_center));

}  // namespace syncservice::adapter::conformance

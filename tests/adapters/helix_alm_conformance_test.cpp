// The Helix ALM adapter is one: for issues of a project with a name full of signs, for requirements and for test cases.
#include "adapters/conformance.hpp"
#include "adapters/helix_alm_support.hpp"

#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::conformance {
namespace {

constexpr std::size_t page_size = 3;

class HelixAlmSubject : public Subject {
 public:
  HelixAlmSubject(std::string type, std::string project) : type_(std::move(type)), project_(std::move(project)) {
    options_ = helix_alm::options_for({type_});
    options_.page = page_size;
    adapter_ = helix_alm::adapter_for(simulator_, options_);
  }
  Adapter& adapter() override { return *adapter_; }
  std::unique_ptr<Adapter> restarted() override { return helix_alm::adapter_for(simulator_, options_); }
  ProjectName project() const override { return ProjectName{project_}; }
  std::string type() const override { return type_; }
  std::string first_field() const override { return "Summary"; }
  std::string second_field() const override { return "Customer's View"; }
  void remove(const RecordId& id) override {
    simulator_.seed(
        "delete",
        {{"project", project_}, {"itemType", helix_alm::item_type(type_)->path}, {"id", std::stoi(id.str())}});
  }
  record::Fields typed_fields() const override {
    return {{"Description", record::from_html("<p>Grüße, <strong>all</strong></p><ul><li>one</li></ul>")},
            {"Release Note", record::from_html("<p>Grüße, <em>you</em></p>")},
            {"Effort", 1.5},
            {"Story Points", 8},
            {"Due", *record::date_from_text("2026-11-24")},
            {"Checked At", *record::instant_from_text("2026-11-24T10:00:00Z")},
            {"Blocked", true},
            {"Reviewer", anna()},
            {"Reviewers", record::List{anna(), record::User{"bert", "Bert Berg", ""}}},
            {"Fixed In", "1.0 beta"}};
  }
  void tick() override { simulator_.advance_clock(1); }
  std::optional<record::Value> sample(const FieldInfo& field, const record::Value& usual) override {
    if (field.name == "Status") return std::nullopt;  // is reached by events
    if (field.name == "Requirement Type") return record::Option{"8", "Business Requirement"};
    if (field.kind != FieldKind::user) return usual;
    return field.list ? record::Value{record::List{anna()}} : record::Value{anna()};
  }
  std::size_t page() const override { return page_size; }
  std::string query(const std::string& first) const override { return "Summary = '" + first + "'"; }

 private:
  [[nodiscard]] static record::User anna() { return {"anna", "Anna Alm", ""}; }

  support::Simulator simulator_{"helix_alm.py"};
  const std::string type_, project_;
  helix_alm::Options options_;
  std::unique_ptr<Adapter> adapter_;
};

std::unique_ptr<Subject> issues() {
  return std::make_unique<HelixAlmSubject>("issue", "100% Größe/{x}?");
}
std::unique_ptr<Subject> requirements() {
  return std::make_unique<HelixAlmSubject>("requirement", "Traditional Template");
}
std::unique_ptr<Subject> test_cases() {
  return std::make_unique<HelixAlmSubject>("testCase", "{d9bc55d9-e6e7-4b63-894f-b19ce23e667c}");
}

INSTANTIATE_TEST_SUITE_P(HelixAlmIssues, AdapterConformance, testing::Values(&issues));
INSTANTIATE_TEST_SUITE_P(HelixAlmRequirements, AdapterConformance, testing::Values(&requirements));
INSTANTIATE_TEST_SUITE_P(HelixAlmTestCases, AdapterConformance, testing::Values(&test_cases));

}  // namespace
}  // namespace syncservice::adapter::conformance

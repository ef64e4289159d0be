// The ALM adapter is one: defects in XML on a server two hours ahead of UTC, requirements under version control in
// JSON.
#include "adapters/alm_support.hpp"
#include "adapters/conformance.hpp"

#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::conformance {
namespace {

constexpr std::size_t page_size = 3;

class AlmSubject : public Subject {
 public:
  AlmSubject(std::string type, std::string project, alm::Options options)
      : type_(std::move(type)), project_(std::move(project)), options_(std::move(options)) {
    // The administrator of the project made the severity optional.
    simulator_.seed("field", {{"project", project_}, {"type", "defect"}, {"name", "severity"}, {"required", false}});
    options_.page = page_size;
    adapter_ = alm::adapter_for(simulator_, options_);
  }
  Adapter& adapter() override { return *adapter_; }
  std::unique_ptr<Adapter> restarted() override { return alm::adapter_for(simulator_, options_); }
  ProjectName project() const override { return ProjectName{project_}; }
  std::string type() const override { return type_; }
  std::string first_field() const override { return "name"; }
  std::string second_field() const override { return "user-07"; }
  void remove(const RecordId& id) override {
    simulator_.seed("delete", {{"project", project_}, {"type", type_}, {"id", id.str()}});
  }
  record::Fields typed_fields() const override {
    return {{"description", record::from_html("<p>Grüße, <strong>all</strong></p><ul><li>one</li></ul>")},
            {"owner", anna()},
            {"user-02", record::List{record::Option{"Linux", "Linux"}, record::Option{"macOS", "macOS"}}},
            {"user-03", *record::date_from_text("2026-11-24")},
            {"user-04", 1234567},
            {"user-06", anna()},
            {"user-08", true},
            {"target-rel", target()}};
  }
  std::optional<record::Value> sample(const FieldInfo& field, const record::Value& usual) override {
    if (field.kind == FieldKind::user) return anna();
    if (field.name == "target-rel") return target();
    if (field.kind != FieldKind::reference) return usual;
    const record::Value one = record::Reference{{}, RecordId{"7"}};
    return field.list ? record::Value{record::List{one}} : one;
  }
  std::size_t page() const override { return page_size; }
  std::string query(const std::string& first) const override { return "{name[\"" + first + "\"]}"; }

 protected:
  support::Simulator& simulator() { return simulator_; }

 private:
  [[nodiscard]] static record::User anna() { return {"anna", "Anna Alm", "anna@example.com"}; }
  [[nodiscard]] record::Value target() const {
    const record::Value one = "7";  // a release, which is none of the application's records
    return type_ == "defect" ? one : record::Value{record::List{one}};
  }
  support::Simulator simulator_{"alm.py"};
  std::string type_, project_;
  alm::Options options_;
  std::unique_ptr<Adapter> adapter_;
};

class DefectsAhead : public AlmSubject {
 public:
  DefectsAhead() : AlmSubject("defect", "QualityCenter", ahead()) { simulator().set("zone_minutes", 120); }

 private:
  static alm::Options ahead() {
    alm::Options options = alm::options_for();
    options.zone = *alm::Zone::find("+02:00");
    return options;
  }
};

std::unique_ptr<Subject> defects() {
  return std::make_unique<DefectsAhead>();
}

std::unique_ptr<Subject> versioned_requirements() {
  alm::Options options = alm::options_for({"requirement"});
  options.form = alm::Form::json;
  return std::make_unique<AlmSubject>("requirement", "Versioned", options);
}

INSTANTIATE_TEST_SUITE_P(AlmDefects, AdapterConformance, testing::Values(&defects));
INSTANTIATE_TEST_SUITE_P(AlmRequirements, AdapterConformance, testing::Values(&versioned_requirements));

}  // namespace
}  // namespace syncservice::adapter::conformance

// The ServiceNow adapter is one.
#include "adapters/conformance.hpp"
#include "adapters/servicenow_support.hpp"

#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::conformance {
namespace {

constexpr std::size_t page_size = 3;

class ServiceNowSubject : public Subject {
 public:
  ServiceNowSubject() {
    for (const auto& user : simulator_.record("sys_user")) {
      if (user.at("user_name") == "beth.anglin") beth_ = user.at("sys_id").get<std::string>();
    }
    for (const auto& group : simulator_.record("sys_user_group")) {
      if (group.at("name") == "Network") network_ = group.at("sys_id").get<std::string>();
    }
  }
  Adapter& adapter() override { return *adapter_; }
  std::unique_ptr<Adapter> restarted() override { return make({"sync.user", "sync-password"}); }
  ProjectName project() const override { return {}; }
  std::string type() const override { return "incident"; }
  std::string first_field() const override { return "short_description"; }
  std::string second_field() const override { return "u_text"; }
  void remove(const RecordId& id) override {
    const auto done = make({"admin", "admin"})->remove({}, id, {});
    ASSERT_TRUE(done) << done.error().message;
  }
  record::Fields typed_fields() const override {
    return {{"u_date", *record::date_from_text("2026-11-24")},
            {"u_moment", *record::instant_from_text("2026-11-24T10:00:00Z")},
            {"u_number", 1234567},
            {"u_decimal", 1.5},
            {"u_flag", true},
            {"u_html", record::from_html("<p>Grüße, <strong>all</strong></p>")},
            {"u_choice", record::Option{"g", "Green"}},
            {"state", record::Option{"2", "In Progress"}},
            {"business_duration", 137},
            {"assigned_to", beth()},
            {"assignment_group", record::Option{network_, "Network"}},
            {"watch_list", record::List{record::User{beth_, "Beth Anglin", ""}}}};
  }
  std::string kept(const std::string& text) const override {
    std::string_view out = text;
    for (const std::string_view blank : {" ", "\n", "\u2028", " "}) {
      while (out.ends_with(blank)) out.remove_suffix(blank.size());
    }
    return std::string{out};
  }
  void tick() override { simulator_.advance_clock(1); }
  std::optional<record::Value> sample(const FieldInfo& field, const record::Value& usual) override {
    if (field.kind == FieldKind::user && field.list) return record::List{record::User{beth_, "Beth Anglin", ""}};
    if (field.kind == FieldKind::user) return beth();
    if (field.kind == FieldKind::reference)
      return record::Reference{{}, RecordId{seeded("incident").at("sys_id").get<std::string>()}};
    if (field.name == "assignment_group") return record::Option{network_, "Network"};
    if (field.name == "problem_id") {
      const auto problem = seeded("problem");
      return record::Option{problem.at("sys_id").get<std::string>(), problem.at("number").get<std::string>()};
    }
    return usual;
  }
  std::size_t page() const override { return page_size; }
  std::string query(const std::string& first) const override { return "short_description=" + first; }

 private:
  [[nodiscard]] record::User beth() const { return {beth_, "Beth Anglin", "beth.anglin@example.com"}; }
  [[nodiscard]] nlohmann::json seeded(const std::string& table) {
    return simulator_.seed(table, {{"short_description", "other"}});
  }
  [[nodiscard]] std::unique_ptr<Adapter> make(const rest::Basic& account) const {
    servicenow::Options options{{"incident"}};
    options.page = page_size;
    return servicenow::adapter_for(simulator_, options, account);
  }
  support::Simulator simulator_{"servicenow.py"};
  std::string beth_, network_;
  std::unique_ptr<Adapter> adapter_ = make({"sync.user", "sync-password"});
};

std::unique_ptr<Subject> incidents() {
  return std::make_unique<ServiceNowSubject>();
}

INSTANTIATE_TEST_SUITE_P(ServiceNow, AdapterConformance, testing::Values(&incidents));

}  // namespace
}  // namespace syncservice::adapter::conformance

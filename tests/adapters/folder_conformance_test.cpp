// The folder adapter is one.
#include "adapters/conformance.hpp"
#include "adapters/folder_support.hpp"

#include "folder_adapter.hpp"

#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::conformance {
namespace {

constexpr std::size_t page_size = 3;

class FolderSubject : public Subject {
 public:
  explicit FolderSubject(std::string project, const std::string& schema = {}) : project_(std::move(project)) {
    if (!schema.empty()) folder_.put(".fields.json", schema);
  }
  Adapter& adapter() override { return *adapter_; }
  std::unique_ptr<Adapter> restarted() override { return make(); }
  ProjectName project() const override { return ProjectName{project_}; }
  std::string type() const override { return "Story"; }
  std::string first_field() const override { return "summary"; }
  std::string second_field() const override { return "status"; }
  void remove(const RecordId& id) override {
    ASSERT_TRUE(std::filesystem::remove(folder_.path() / project_ / (id.str() + ".json")));
  }
  record::Fields typed_fields() const override {
    return {{"due", *record::date_from_text("2026-11-24")},
            {"seen", *record::instant_from_text("2026-11-24T10:00:00.042+01:00")},
            {"count", 7},
            {"cost", 1.5},
            {"done", true},
            {"text", record::from_html("<p>Grüße, <strong>all</strong></p>")},
            {"owner", record::User{"u1", "Jane", "jane@acme.com"}},
            {"reporter", record::User{"", "", "jim@acme.com"}},
            {"priority", record::Option{"3", "Low"}},
            {"parent", record::Reference{{}, RecordId{"QC-1"}}},
            {"labels", record::List{"a", "b"}}};
  }
  std::size_t page() const override { return page_size; }

 private:
  [[nodiscard]] std::unique_ptr<Adapter> make() const {
    return std::make_unique<folder::FolderAdapter>(folder_.path().string(), "syncMarker", page_size);
  }
  std::string project_;
  RecordFolder folder_;
  std::unique_ptr<Adapter> adapter_ = make();
};

std::unique_ptr<Subject> with_project() {
  return std::make_unique<FolderSubject>("QC");
}
std::unique_ptr<Subject> without_project() {
  return std::make_unique<FolderSubject>("");
}
std::unique_ptr<Subject> with_schema() {
  return std::make_unique<FolderSubject>("QC", R"({
    "types": {"Story": {"fields": {
      "summary": {"kind": "text", "required": true, "maxLength": 60},
      "status": {"kind": "text", "label": "Status"},
      "key": {"kind": "text", "readOnly": true},
      "priority": {"kind": "option", "options": ["High", {"id": "3", "name": "Low"}]},
      "labels": {"kind": "text", "list": true}}}},
    "fields": {
      "due": {"kind": "date"}, "seen": {"kind": "instant"}, "count": {"kind": "integer"}, "cost": {"kind": "decimal"},
      "done": {"kind": "boolean"}, "text": {"kind": "rich-text"}, "owner": {"kind": "user"},
      "reporter": {"kind": "user"}, "parent": {"kind": "reference"}}})");
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Folder, AdapterConformance, testing::Values(&with_project, &without_project, &with_schema));

}  // namespace syncservice::adapter::conformance

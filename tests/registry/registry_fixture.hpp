// What the registry's tests share: two kinds of adapter that do nothing, and a generated registry of any size.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/temp_folder.hpp"
#include "syncservice/adapter/adapter.hpp"
#include "syncservice/registry/registry.hpp"

namespace syncservice::registry {

/// An adapter without a system behind it.
class NullAdapter : public adapter::Adapter {
 public:
  explicit NullAdapter(adapter::Settings settings) : settings_(std::move(settings)) {}
  [[nodiscard]] const adapter::Settings& settings() const noexcept { return settings_; }

  Result<record::Record> read(const ProjectName&, const RecordId&, const adapter::CallContext&) override {
    return record::Record{};
  }
  Result<record::Record> create(const adapter::NewRecord&, const adapter::CallContext&) override {
    return record::Record{};
  }
  Result<record::Record> update(const ProjectName&, const RecordId&, const record::Fields&,
                                const adapter::CallContext&) override {
    return record::Record{};
  }
  Result<std::optional<record::Record>> find_by_marker(const ProjectName&, const std::string&,
                                                       const adapter::CallContext&) override {
    return std::optional<record::Record>{};
  }
  Result<void> ping(const adapter::CallContext&) override { return {}; }

 private:
  adapter::Settings settings_;
};

inline Result<std::unique_ptr<adapter::Adapter>> make_null(const adapter::Settings& settings) {
  const auto url = settings.values.find("url");
  if (url != settings.values.end() && url->second == "nonsense") {
    Error error;
    error.message = "\"nonsense\" is no URL";
    return error;
  }
  return std::unique_ptr<adapter::Adapter>{std::make_unique<NullAdapter>(settings)};
}

/// `plain` needs no project; `alm` does, and has a secret.
inline std::vector<adapter::Kind> kinds() {
  return {adapter::Kind{"plain", false, {{"path", true, false, "a folder"}, {"url", false, false, ""}}, make_null},
          adapter::Kind{"alm", true, {{"url", true, false, ""}, {"password", false, true, ""}}, make_null}};
}

inline constexpr std::string_view applications =
    "applications:\n"
    "  left:  { adapter: plain, path: l }\n"
    "  right: { adapter: plain, path: r }\n"
    "  qc:    { adapter: alm, url: u }\n";

/// Text of a registry with many app links of eight field rules each, named Link00000 and so on.
inline std::string many_links(int count) {
  std::string out{applications};
  out += "appLinks:\n";
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(100'000 + i).substr(1);
    out += "  - name: Link" + number +
           "\n"
           "    syncType: PUSH\n"
           "    source:      { application: left, type: Story }\n"
           "    destination: { application: right, type: requirement }\n"
           "    projects:\n"
           "      - { source: QC, destination: QualityCenter }\n"
           "    direction: both\n"
           "    conflict: newest\n"
           "    fields:\n"
           "      - { source: summary,     destination: name }\n"
           "      - { source: description, destination: description, as: text }\n"
           "      - { source: priority,    destination: req-priority, values: { High: 1-High, Medium: 2-Medium } }\n"
           "      - { source: reporter,    destination: owner, direction: to-destination }\n"
           "      - { source: labels,      destination: tags }\n"
           "      - { source: status,      destination: state, conflict: source }\n"
           "      - { source: due,         destination: target-date }\n"
           "      - { destination: req-type, constant: Functional }\n";
  }
  return out;
}

/// A folder for app-link files.
class RegistryFolder {
 public:
  void write(const std::string& name, std::string_view text) const { support::write_file(folder_ / name, text); }
  [[nodiscard]] std::string path() const { return folder_.path().string(); }
  [[nodiscard]] LoadResult load(const std::shared_ptr<const Snapshot>& previous = nullptr) const {
    return registry::load(path(), kinds(), previous);
  }
  /// Every complaint on a line, without the folder.
  [[nodiscard]] std::string complaints(const std::shared_ptr<const Snapshot>& previous = nullptr) const {
    std::string out;
    for (const Complaint& complaint : load(previous).complaints) {
      std::string line = to_string(complaint);
      for (std::size_t at = 0; (at = line.find(path() + '/')) != std::string::npos;) line.erase(at, path().size() + 1);
      out += line + '\n';
    }
    return out;
  }

 private:
  support::TempFolder folder_;
};

}  // namespace syncservice::registry

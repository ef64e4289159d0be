// adapter — the port to a system that holds records. Vendor-free; each system is one target under adapters/ that
// implements Adapter and is handed to the registry as a Kind. Every reply is classified once, here (FailureClass),
// and an adapter never retries.
#pragma once

#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/record/record.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace syncservice::adapter {

/// What bounds one call: it returns soon after `stop` is requested or `deadline` has passed (transient failure).
struct CallContext {
  std::stop_token stop;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

/// A record to be made.
struct NewRecord {
  ProjectName project;  ///< empty when the application has none
  std::string type;
  record::Fields fields;
  std::string marker;  ///< stored in the record so that find_by_marker finds it; never empty
};

/// One application, signed in as configured. Calls block; thread-safe; several passes use one instance at once.
/// Failure classes: gone — no such record; permanent — refused as it stands; transient, throttled, auth — design §6.
class Adapter {
 public:
  Adapter() = default;
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;
  virtual ~Adapter() = default;

  [[nodiscard]] virtual Result<record::Record> read(const ProjectName& project, const RecordId& id,
                                                    const CallContext& context) = 0;
  /// Creates and reads back: the result is what the system now holds.
  [[nodiscard]] virtual Result<record::Record> create(const NewRecord& wanted, const CallContext& context) = 0;
  /// Changes only the fields named (Null empties a field) and reads back.
  [[nodiscard]] virtual Result<record::Record> update(const ProjectName& project, const RecordId& id,
                                                      const record::Fields& patch, const CallContext& context) = 0;
  /// The record that carries the marker, if there is one.
  [[nodiscard]] virtual Result<std::optional<record::Record>> find_by_marker(const ProjectName& project,
                                                                             const std::string& marker,
                                                                             const CallContext& context) = 0;
  /// Cheapest call that proves address and credentials.
  [[nodiscard]] virtual Result<void> ping(const CallContext& context) = 0;
};

/// The settings of one application as the YAML gives them, secrets resolved. Values are plain text.
struct Settings {
  std::map<std::string, std::string, std::less<>> values;
  std::string base_folder;  ///< folder that relative paths are relative to
};

/// One setting that a kind of adapter knows.
struct SettingSpec {
  std::string name;
  bool required = false;
  bool secret = false;  ///< never printed
  std::string help;
};

/// A kind of adapter, as the `adapter:` member of an application names it.
struct Kind {
  std::string name;
  bool needs_project = false;  ///< a project is needed to sign in (contract §1)
  std::vector<SettingSpec> settings;
  /// Builds the adapter of one application; does no I/O. Thread-safe.
  std::function<Result<std::unique_ptr<Adapter>>(const Settings&)> make;
};

using Kinds = std::vector<Kind>;

}  // namespace syncservice::adapter

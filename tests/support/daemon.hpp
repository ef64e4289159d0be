// support/daemon — the real binary, started in a folder of its own with two record folders standing for the two
// applications. Nothing here links the daemon's code: what is tested is what an administrator installs.
#pragma once

#include "support/process.hpp"
#include "support/raw_client.hpp"
#include "support/temp_folder.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::support {

/// What an installation starts with.
struct Installation {
  /// Further keys of ConnectAll.properties; they win over the defaults of this class.
  std::map<std::string, std::string> properties{};
  /// The app-links file; "@LEFT@" and "@RIGHT@" become the two record folders. Empty: `published_registry`.
  std::string registry{};
  std::vector<std::string> environment{};  ///< "NAME=value"
  std::string binary{};                    ///< another build of the daemon; empty: the one that is shipped
  std::filesystem::path data{};            ///< the data folder; empty: in the installation's own folder
};

/// One app link, Jira6QC11Req, from project QC at the left to project QualityCenter at the right, both ways.
[[nodiscard]] std::string published_registry();

/// An installation and, between start and stop, the daemon that runs in it. Used by one thread, but for the accessors.
class Daemon {
 public:
  /// Writes the files; starts nothing.
  explicit Daemon(Installation installation = {});
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  /// Starts and waits until it answers 200 to this probe. Throws with the log when it does not within 30 s.
  void start(const char* probe = "/readyz");
  /// Starts and waits for its end, for configurations that must not start. Throws when it still runs after 30 s.
  [[nodiscard]] Finished start_in_vain();
  /// SIGKILL, and its end.
  void kill();
  /// SIGTERM; the exit code, empty when it still runs after `timeout`.
  [[nodiscard]] std::optional<int> terminate(std::chrono::milliseconds timeout = std::chrono::seconds{15});
  void signal(int number) const;
  [[nodiscard]] bool running() const noexcept { return process_ != nullptr; }
  /// Did it end by itself, or was it killed, since it was started?
  [[nodiscard]] bool died();
  /// The environment of the next start.
  void set_environment(std::vector<std::string> environment) { installation_.environment = std::move(environment); }
  [[nodiscard]] pid_t id() const { return process_->id(); }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] ClientOptions address() const;
  [[nodiscard]] std::string url() const;
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_.path(); }
  [[nodiscard]] std::filesystem::path properties_file() const { return folder_ / "conf/ConnectAll.properties"; }
  [[nodiscard]] std::filesystem::path registry_file() const { return folder_ / "conf/app-links/links.yaml"; }
  [[nodiscard]] std::filesystem::path left() const { return folder_ / "records/left"; }
  [[nodiscard]] std::filesystem::path right() const { return folder_ / "records/right"; }
  /// What it wrote to standard error since the last start.
  [[nodiscard]] std::string log() const;
  /// True when a line of the log since the last start holds `text`, at the latest after `timeout`.
  [[nodiscard]] bool logs(std::string_view text, std::chrono::milliseconds timeout = std::chrono::seconds{10}) const;

  /// Rewrites the properties file from the installation's keys and these, which win and are kept.
  void set_properties(const std::map<std::string, std::string>& changes);
  /// Replaces the app-links file, as Installation::registry.
  void set_registry(const std::string& yaml);

  /// Runs a subcommand with this installation's --config and environment: cli({"queue", "list"}).
  [[nodiscard]] Command cli_command(std::vector<std::string> arguments) const;
  [[nodiscard]] Finished cli(std::vector<std::string> arguments, std::string_view input = {}) const;
  /// A key that may push everything, or what `scope` says, made through the command line.
  [[nodiscard]] std::string create_key(const std::string& name, const std::vector<std::string>& scope = {}) const;

 private:
  void launch();

  TempFolder folder_;
  Installation installation_;
  std::unique_ptr<Process> process_;
  std::filesystem::path log_file_;
  std::uint16_t port_ = 0;
  bool tls_ = false;
};

/// Runs the binary with exactly these arguments.
[[nodiscard]] Finished run_binary(std::vector<std::string> arguments, std::string_view input = {},
                                  const std::string& folder = {});

/// Writes a record as the folder adapter keeps it: `<root>/<project>/<id>.json`. For ids that are file names.
void write_record(const std::filesystem::path& root, const std::string& project, const std::string& id,
                  const nlohmann::json& fields, const std::string& type = "Story");
/// The record's document, empty when there is no such file.
[[nodiscard]] std::optional<nlohmann::json> read_record(const std::filesystem::path& root, const std::string& project,
                                                        const std::string& id);
/// Every record of a project.
[[nodiscard]] std::vector<nlohmann::json> read_records(const std::filesystem::path& root, const std::string& project);

}  // namespace syncservice::support

// app/control — the way of the subcommands to /api/v1: over the data folder's UNIX socket to the running daemon, or to
// one of our own that listens there alone (design §8).
#pragma once

#include "commands.hpp"
#include "daemon.hpp"
#include "print.hpp"

#include "syncservice/client/client.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace syncservice::app {

using nlohmann::ordered_json;

/// The way to /api/v1: the running daemon, or, when there is none, one of our own that listens on the socket alone.
class Control {
 public:
  /// Empty, after printing why, when neither can be had.
  [[nodiscard]] static std::optional<Control> open(const Common& common);

  /// The document of an answer; empty, after printing the server's message, when it refused. `place`: what the message
  /// begins with.
  [[nodiscard]] std::optional<ordered_json> call(const std::string& method, const std::string& target,
                                                 const ordered_json& body = nullptr, const std::string& place = {});

  /// What the last call means for the exit code.
  [[nodiscard]] int exit() const noexcept { return exit_; }
  /// No daemon runs: nothing goes on while we wait.
  [[nodiscard]] bool alone() const noexcept { return daemon_ != nullptr; }

 private:
  explicit Control(std::unique_ptr<client::Client> client) : client_(std::move(client)) {}
  static std::string address(const std::string& target) { return "http://localhost" + target; }

  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<client::Client> client_;  // closes its connections before the daemon of our own stops
  int exit_ = success;
};

/// One call, printed as JSON or by `show`.
template <class Show>
int run(const Common& common, const std::string& method, const std::string& target, const ordered_json& body,
        Show show) {
  auto control = Control::open(common);
  if (!control) return unavailable;
  const auto document = control->call(method, target, body);
  if (!document) return control->exit();
  if (common.json) {
    print_json(*document);
  } else {
    show(*document);
  }
  return success;
}

/// A member as text for a table; empty for null or none.
[[nodiscard]] std::string cell(const ordered_json& object, const char* member);
/// "Jira6QC11Req source QC/QC-20".
[[nodiscard]] std::string record_of(const ordered_json& end);
void print_push(const ordered_json& push);
void print_pass(const ordered_json& pass);
void print_preview(const ordered_json& pass);

}  // namespace syncservice::app

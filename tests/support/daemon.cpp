#include "support/daemon.hpp"

#include "support/eventually.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <stdexcept>
#include <system_error>
#include <utility>

namespace syncservice::support {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds start_limit{30};

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(const fs::path& file)
      : value_(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)) {
    if (value_ < 0) throw std::system_error(errno, std::generic_category(), file.string());
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(value_); }
  [[nodiscard]] int get() const noexcept { return value_; }

 private:
  int value_;
};

std::string replace_all(std::string text, std::string_view what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

}  // namespace

std::string published_registry() {
  return R"(applications:
  jira: { adapter: folder, path: @LEFT@ }
  qc:   { adapter: folder, path: @RIGHT@ }

appLinks:
  - name: Jira6QC11Req
    syncType: PUSH
    source:      { application: jira, project: QC, type: Story }
    destination: { application: qc, project: QualityCenter, type: requirement }
    direction: both
    fields:
      - { source: summary,  destination: name }
      - { source: priority, destination: req-priority, values: { High: 1-High, Medium: 2-Medium, "*": 3-Low } }
      - { destination: req-type, constant: Functional }
)";
}

Daemon::Daemon(Installation installation) : installation_(std::move(installation)) {
  log_file_ = folder_ / "daemon.log";
  fs::create_directories(left());
  fs::create_directories(right());
  set_properties({});
  set_registry(installation_.registry.empty() ? published_registry() : installation_.registry);
}

Daemon::~Daemon() = default;

void Daemon::set_properties(const std::map<std::string, std::string>& changes) {
  for (const auto& [key, value] : changes) installation_.properties[key] = value;
  std::map<std::string, std::string> all{
      {"push.service.port", "http://127.0.0.1:0"},
      {"push.service.data", installation_.data.empty() ? "../data" : installation_.data.string()},
      {"push.service.mappings", "app-links"},
      {"push.service.workers", "4"},
  };
  for (const auto& [key, value] : installation_.properties) all[key] = value;
  std::string text;
  for (const auto& [key, value] : all) text += key + "=" + value + "\n";
  tls_ = all.at("push.service.port").starts_with("https");
  write_file(properties_file(), text);
}

void Daemon::set_registry(const std::string& yaml) {
  write_file(registry_file(), replace_all(replace_all(yaml, "@LEFT@", left().string()), "@RIGHT@", right().string()));
}

void Daemon::launch() {
  const Descriptor log(log_file_);
  const std::string& other = installation_.binary;
  Command command{{other.empty() ? SYNCSERVICE_BINARY : other, "serve", "--config", properties_file().string()},
                  installation_.environment,
                  folder_.path().string()};
  process_ = std::make_unique<Process>(command, log.get(), log.get());
}

bool Daemon::died() {
  return process_ == nullptr || process_->wait(std::chrono::milliseconds{0}).has_value();
}

void Daemon::start(const char* probe) {
  launch();
  port_ = 0;
  std::string end;
  const bool ready = eventually(
      [&] {
        if (const std::optional<int> exit = process_->wait(std::chrono::milliseconds{0})) {
          end = "it ended with " + std::to_string(*exit);
          return true;
        }
        if (port_ == 0) {
          const std::string text = log();
          const std::size_t line = text.find("listening url=");
          const std::size_t stop = line == std::string::npos ? line : text.find('\n', line);
          if (stop == std::string::npos) return false;
          const std::size_t colon = text.rfind(':', stop);
          port_ = static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1, stop - colon - 1)));
        }
        return ask(address(), {.method = "GET", .target = probe}).status == 200;
      },
      start_limit);
  if (!ready) end = std::string(probe) + " was not answered 200 within 30 s";
  if (end.empty()) return;
  process_.reset();
  throw std::runtime_error("the daemon did not start: " + end + "\n" + log());
}

Finished Daemon::start_in_vain() {
  launch();
  const std::optional<int> exit = process_->wait(start_limit);
  process_.reset();
  if (!exit) throw std::runtime_error("the daemon started, and was not meant to\n" + log());
  return {*exit, {}, log()};
}

void Daemon::kill() {
  signal(SIGKILL);
  static_cast<void>(process_->wait(start_limit));
  process_.reset();
}

std::optional<int> Daemon::terminate(std::chrono::milliseconds timeout) {
  signal(SIGTERM);
  const std::optional<int> exit = process_->wait(timeout);
  process_.reset();
  return exit;
}

void Daemon::signal(int number) const {
  process_->signal(number);
}

ClientOptions Daemon::address() const {
  return {.port = port_, .tls = tls_};
}

std::string Daemon::url() const {
  return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
}

std::string Daemon::log() const {
  return read_file(log_file_);
}

bool Daemon::logs(std::string_view text, std::chrono::milliseconds timeout) const {
  return eventually([&] { return log().find(text) != std::string::npos; }, timeout);
}

Command Daemon::cli_command(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), SYNCSERVICE_BINARY);
  arguments.insert(arguments.end(), {"--config", properties_file().string()});
  return {std::move(arguments), installation_.environment, {}};
}

Finished Daemon::cli(std::vector<std::string> arguments, std::string_view input) const {
  return run(cli_command(std::move(arguments)), input);
}

std::string Daemon::create_key(const std::string& name, const std::vector<std::string>& scope) const {
  std::vector<std::string> arguments{"keys", "create", name};
  arguments.insert(arguments.end(), scope.begin(), scope.end());
  const Finished made = cli(arguments);
  const std::size_t at = made.out.find("ss_");
  if (made.exit != 0 || at == std::string::npos) throw std::runtime_error("no key: " + made.out + made.err);
  return made.out.substr(at, 3 + 43);
}

Finished run_binary(std::vector<std::string> arguments, std::string_view input, const std::string& folder) {
  arguments.insert(arguments.begin(), SYNCSERVICE_BINARY);
  return run({std::move(arguments), {}, folder}, input);
}

void write_record(const fs::path& root, const std::string& project, const std::string& id, const nlohmann::json& fields,
                  const std::string& type) {
  const nlohmann::json record{{"id", id},
                              {"type", type},
                              {"fields", fields},
                              {"comments", nlohmann::json::array()},
                              {"attachments", nlohmann::json::array()}};
  write_file(root / project / (id + ".json"), record.dump(2));
}

std::optional<nlohmann::json> read_record(const fs::path& root, const std::string& project, const std::string& id) {
  const std::string text = read_file(root / project / (id + ".json"));
  if (text.empty()) return std::nullopt;
  return nlohmann::json::parse(text);
}

std::vector<nlohmann::json> read_records(const fs::path& root, const std::string& project) {
  std::vector<nlohmann::json> records;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(root / project, none)) {
    if (entry.path().filename().string().starts_with('.') || entry.path().extension() != ".json") continue;
    const std::string text = read_file(entry.path());
    if (!text.empty()) records.push_back(nlohmann::json::parse(text));
  }
  return records;
}

}  // namespace syncservice::support

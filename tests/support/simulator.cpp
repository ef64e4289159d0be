#include "support/simulator.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace syncservice::support {

namespace {

constexpr std::chrono::seconds start_limit{30};
constexpr std::chrono::seconds end_limit{10};

[[noreturn]] void fail_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Both ends of a pipe; closes what nobody took.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) fail_errno("pipe2");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    for (const int end : ends_) {
      if (end >= 0) ::close(end);
    }
  }
  [[nodiscard]] int read_end() const noexcept { return ends_[0]; }
  [[nodiscard]] int write_end() const noexcept { return ends_[1]; }
  void close_write_end() { ::close(std::exchange(ends_[1], -1)); }
  [[nodiscard]] int take_write_end() { return std::exchange(ends_[1], -1); }

 private:
  std::array<int, 2> ends_{-1, -1};
};

}  // namespace

Simulator::Simulator(const std::string& script, std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
  Pipe input, output;
  const int error = ::open((folder_ / "stderr").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (error < 0) fail_errno("open");
  std::vector<std::string> command{SYNCSERVICE_PYTHON, "-B", std::string(SYNCSERVICE_SIMULATORS "/") + script};
  command.insert(command.end(), arguments_.begin(), arguments_.end());
  process_ = std::make_unique<Process>(Command{std::move(command)}, output.write_end(), error, input.read_end());
  ::close(error);
  output.close_write_end();
  input_ = input.take_write_end();
  try {
    await_ports(output.read_end());
  } catch (...) {
    ::close(input_);
    throw;
  }
}

Simulator::~Simulator() {
  try {
    verify();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "the simulator does not answer: " << error.what() << "\n" << read_file(folder_ / "stderr");
  }
  ::close(input_);
  if (process_->wait(end_limit) != 0)
    ADD_FAILURE() << "the simulator did not end well\n" << read_file(folder_ / "stderr");
}

void Simulator::await_ports(int output) {
  const auto deadline = std::chrono::steady_clock::now() + start_limit;
  std::string text;
  while (std::count(text.begin(), text.end(), '\n') < 2) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{output, POLLIN, 0};
    std::array<char, 64> bytes{};
    const ssize_t got = left.count() > 0 && ::poll(&waiting, 1, static_cast<int>(left.count())) > 0
                            ? ::read(output, bytes.data(), bytes.size())
                            : 0;
    if (got <= 0) throw std::runtime_error("the simulator did not start\n" + read_file(folder_ / "stderr"));
    text.append(bytes.data(), static_cast<std::size_t>(got));
  }
  port_ = static_cast<std::uint16_t>(std::stoul(text));
  control_port_ = static_cast<std::uint16_t>(std::stoul(text.substr(text.find('\n') + 1)));
}

std::string Simulator::url(std::string_view path) const {
  const bool tls = std::find(arguments_.begin(), arguments_.end(), "--cert") != arguments_.end();
  std::string text = tls ? "https://127.0.0.1:" : "http://127.0.0.1:";
  return text.append(std::to_string(port_)).append(path);
}

nlohmann::json Simulator::control(const std::string& method, const std::string& path,
                                  const nlohmann::json& body) const {
  Request request{.method = method, .target = "/_control" + path};
  if (!body.is_null()) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = body.dump();
  }
  const Answer answer = ask({.port = control_port_}, request);
  if (answer.status >= 300) {
    throw std::runtime_error("simulator: " + method + " " + path + " is answered " + std::to_string(answer.status) +
                             " " + answer.body);
  }
  return answer.body.empty() ? nlohmann::json() : nlohmann::json::parse(answer.body);
}

std::vector<std::string> Simulator::violations() const {
  std::vector<std::string> found;
  for (const nlohmann::json& one : control("GET", "/violations")) {
    found.push_back(one.at("method").get<std::string>() + " " + one.at("target").get<std::string>() + ": " +
                    one.at("reason").get<std::string>());
  }
  return found;
}

void Simulator::verify() {
  for (const std::string& violation : take_violations()) {
    ADD_FAILURE() << "not as the vendor documents it: " << violation;
  }
}

std::vector<std::string> Simulator::take_violations() {
  std::vector<std::string> found = violations();
  if (!found.empty()) control("DELETE", "/violations");
  return found;
}

nlohmann::json Simulator::requests(std::string_view method, std::string_view path) const {
  std::string query = "/requests?path=" + percent_encoded(path);
  if (!method.empty()) query.append("&method=").append(method);
  return control("GET", query);
}

std::size_t Simulator::count(std::string_view method, std::string_view path) const {
  return requests(method, path).at("count").get<std::size_t>();
}

void Simulator::forget_requests() {
  control("DELETE", "/requests");
}

void Simulator::fault(const nlohmann::json& fault) {
  control("POST", "/faults", fault);
}

void Simulator::drop_faults() {
  control("DELETE", "/faults");
}

void Simulator::advance_clock(double seconds) {
  control("POST", "/clock", {{"advance", seconds}});
}

double Simulator::now() const {
  return control("GET", "/clock").at("now").get<double>();
}

void Simulator::set(const std::string& setting, const nlohmann::json& value) {
  control("POST", "/settings", {{setting, value}});
}

void Simulator::reset() {
  control("POST", "/reset");
}

nlohmann::json Simulator::seed(const std::string& kind, const nlohmann::json& record) {
  return control("POST", "/records/" + kind, record);
}

nlohmann::json Simulator::record(const std::string& kind, const std::string& id) const {
  return control("GET", "/records/" + kind + (id.empty() ? "" : "/" + percent_encoded(id)));
}

void Simulator::expire_tokens() {
  control("POST", "/tokens/expire");
}

nlohmann::json Simulator::deliveries() const {
  return control("GET", "/deliveries");
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char byte : text) {
    if (plain.find(byte) != std::string_view::npos) {
      encoded += byte;
      continue;
    }
    const auto value = static_cast<unsigned char>(byte);
    encoded.append({'%', digits[value >> 4], digits[value & 15]});
  }
  return encoded;
}

}  // namespace syncservice::support

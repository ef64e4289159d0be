// A server on an ephemeral port with handlers that show what a handler can see and do.
#pragma once

#include "http/client.hpp"
#include "syncservice/http/server.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/steady_timer.hpp>

namespace syncservice::http::test {

/// Holds the handler of GET /wait until the test opens it.
class Gate {
 public:
  boost::asio::awaitable<void> pass(Exchange& exchange);
  /// Waits until a request stands before the gate.
  void await_arrival() { arrived_.get_future().wait(); }
  void open();
  /// Lets go of the server, which is about to end.
  void forget() { timer_.reset(); }

 private:
  std::promise<void> arrived_;
  std::shared_ptr<boost::asio::steady_timer> timer_;
};

class ServerTest : public testing::Test {
 protected:
  ServerTest();
  ~ServerTest() override;

  /// With `settings`, on 127.0.0.1.
  void start();
  [[nodiscard]] std::uint16_t port() const { return server_->endpoints().front().port; }
  [[nodiscard]] std::string in_folder(const char* name) const { return (folder_ / name).string(); }
  /// The answer to one request on a connection of its own.
  [[nodiscard]] Answer ask(std::string_view request) const;
  /// Makes a self-signed certificate for `name` in the test's folder.
  [[nodiscard]] TlsFiles make_certificate(const std::string& name) const;

  ServerSettings settings;
  Gate gate;
  telemetry::Metrics metrics;
  std::unique_ptr<Server> server_;

  [[nodiscard]] std::string log_text() const;
  void make_server();

 private:
  std::filesystem::path folder_;
  std::unique_ptr<telemetry::Log> log_;
  Router router_;
};

/// "POST /echo" with this body.
[[nodiscard]] std::string post(const std::string& path, const std::string& body, const std::string& headers = {});

}  // namespace syncservice::http::test

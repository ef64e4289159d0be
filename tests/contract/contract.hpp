// contract/contract — what the contract suites share: one installation with app links of every kind, and the exact
// documents that the contract promises.
#pragma once

#include "support/daemon.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::contract {

using support::Answer;
using support::ask;
using support::basic;
using support::ClientOptions;
using support::Daemon;
using support::eventually;
using support::Installation;
using support::RawClient;
using support::Request;
using support::to_bytes;

/// Text as a JSON string, in quotes.
[[nodiscard]] std::string json_string(std::string_view text);
/// The success document of contract §3, byte for byte.
[[nodiscard]] std::string success(std::string_view app_link, std::string_view id);
/// The error document of contract §3 with this message.
[[nodiscard]] std::string failure(std::string_view message);

/// App links of every kind; the folders as in Installation::registry.
[[nodiscard]] std::string full_registry();

/// POST /SyncService/push with a JSON body, the administrator's published credentials and these headers besides.
[[nodiscard]] Request body_form(std::string body, std::vector<std::pair<std::string, std::string>> headers = {});
/// POST of this target (below /SyncService/push/) with the key in the query.
[[nodiscard]] Request path_form(const std::string& below, const std::string& key, std::string body = {});

/// A request and the answer that it must get.
struct Case {
  std::string name;
  Request request{};
  int status = 0;
  std::string body{};  ///< the whole body, byte for byte
};

/// One daemon for all tests of a suite.
class ContractTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();

  [[nodiscard]] static Daemon& daemon() { return *daemon_; }
  /// A key that may push everything.
  [[nodiscard]] static const std::string& key() { return key_; }
  /// The daemon's address, seen from a loopback address that no other request comes from, so that the slowing of
  /// repeated failures does not slow the suite.
  [[nodiscard]] static ClientOptions stranger();
  /// Sends each request on a connection of its own and compares status, body and type.
  static void expect_answers(const std::vector<Case>& cases);
  /// The number of the newest push; a push that is accepted afterwards has a higher one.
  [[nodiscard]] static long newest_push();

 private:
  static std::unique_ptr<Daemon> daemon_;
  static std::string key_;
  static int strangers_;
};

}  // namespace syncservice::contract

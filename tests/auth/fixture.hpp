// An authenticator over a real store in a temporary folder, with a clock that the test sets.
#pragma once

#include <argon2.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "crypto.hpp"
#include "syncservice/auth/auth.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

namespace syncservice::auth {

class SetClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const noexcept override { return from_millis(millis_.load()); }
  void advance(std::chrono::milliseconds by) { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_{1'790'000'000'000};
};

inline constexpr Origin here{"127.0.0.1", true};
inline constexpr Origin far{"203.0.113.9", false};

/// As hash_password, with the least work that Argon2 allows.
inline std::string quick_hash(std::string_view password) {
  std::string out(200, '\0');
  if (argon2id_hash_encoded(1, 8, 1, password.data(), password.size(), "saltsaltsaltsalt", 16, 32, out.data(),
                            out.size()) != ARGON2_OK)
    throw std::runtime_error("argon2");
  out.resize(out.find('\0'));
  return out;
}

inline std::string basic(std::string_view user, std::string_view password) {
  const std::string pair = std::string{user} + ":" + std::string{password};
  std::string out(pair.size() * 2 + 8, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(pair.data()),
                      static_cast<int>(pair.size()));
  return "Basic " + out.substr(0, static_cast<std::size_t>(length));
}

class AuthTest : public testing::Test {
 protected:
  AuthTest() {
    std::string folder = std::filesystem::temp_directory_path() / "syncservice-auth-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = folder;
    telemetry::LogSettings settings;
    settings.file = folder_ / "log";
    log_ = std::make_unique<telemetry::Log>(settings);
    restart({});
  }
  ~AuthTest() override {
    auth_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// As the daemon would come up again.
  void restart(Settings settings) {
    auth_.reset();
    store_.reset();
    store::Settings where;
    where.folder = folder_ / "data";
    auto store = store::Store::open(where);
    if (!store) throw std::runtime_error(store.error().message);
    store_ = std::move(*store);
    auto opened = Authenticator::open(*store_, clock_, std::move(settings), *log_, metrics_);
    if (!opened) throw std::runtime_error(opened.error().message);
    auth_ = std::move(*opened);
  }

  CreatedApiKey create(const std::string& name) {
    NewApiKey wanted;
    wanted.name = name;
    return create(wanted);
  }
  CreatedApiKey create(const NewApiKey& wanted) {
    auto created = auth_->create_key(wanted);
    if (!created) throw std::runtime_error(created.error().message);
    return *created;
  }

  std::optional<Result<Principal>> check_keys(std::vector<std::string_view> keys, const Origin& origin = far) {
    Credentials credentials;
    credentials.api_keys = keys;
    return auth_->check(credentials, origin);
  }
  std::optional<Result<Principal>> check_header(std::string_view header, const Origin& origin = far,
                                                bool basic_allowed = true) {
    Credentials credentials;
    credentials.authorization = header;
    credentials.basic_allowed = basic_allowed;
    return auth_->check(credentials, origin);
  }
  bool passes(const std::string& secret) { return check_keys({secret})->has_value(); }
  static boost::system::error_code code(const std::optional<Result<Principal>>& answer) {
    if (!answer) throw std::runtime_error("only a slow check can tell");
    return answer->has_value() ? boost::system::error_code{} : answer->error().code;
  }

  std::string log_text() {
    log_->flush();
    std::ifstream file{folder_ / "log"};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

  std::filesystem::path folder_;
  SetClock clock_;
  telemetry::Metrics metrics_;
  std::unique_ptr<telemetry::Log> log_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Authenticator> auth_;
};

}  // namespace syncservice::auth

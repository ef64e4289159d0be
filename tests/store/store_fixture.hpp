// store/store_fixture — a store in a folder of its own, and jobs made of functions.
#pragma once

#include "support/temp_folder.hpp"
#include "syncservice/store/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>

namespace syncservice::store {

inline std::unique_ptr<Store> open_store(const std::string& folder) {
  Result<std::unique_ptr<Store>> store = Store::open(Settings{.folder = folder});
  EXPECT_TRUE(store) << store.error().message;
  return std::move(store).value();
}

/// A job whose outcome can be waited for.
class TestJob final : public Job {
 public:
  explicit TestJob(std::function<void(Transaction&)> work, bool isolated = true)
      : work_(std::move(work)), isolated_(isolated) {}
  void run(Transaction& tx) override { work_(tx); }
  void finished(const Result<void>& outcome) noexcept override { told_.set_value(outcome); }
  [[nodiscard]] bool isolated() const noexcept override { return isolated_; }
  [[nodiscard]] Result<void> outcome() { return told_.get_future().get(); }

 private:
  std::function<void(Transaction&)> work_;
  bool isolated_;
  std::promise<Result<void>> told_;
};

class StoreTest : public testing::Test {
 protected:
  support::TempFolder folder_;
  std::unique_ptr<Store> store_ = open_store(folder_.path());

  void SetUp() override {
    ASSERT_TRUE(store_->write([](Transaction& tx) {
      tx.prepare("CREATE TABLE IF NOT EXISTS note(id INTEGER PRIMARY KEY, body TEXT UNIQUE)").run();
    }));
  }

  static void add(Transaction& tx, std::string_view body) {
    tx.prepare("INSERT INTO note(body) VALUES(?)").bind(1, body).run();
  }

  [[nodiscard]] std::int64_t count() const {
    return store_
        ->read([](Connection& c) {
          Statement s = c.prepare("SELECT count(*) FROM note");
          return s.step() ? s.integer(0) : -1;
        })
        .value();
  }
};

}  // namespace syncservice::store

// A whole Service over a real store, spool and registry, between two fake systems, left and right.
#pragma once

#include "fake_system.hpp"
#include "helpers.hpp"
#include "support/eventually.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_folder.hpp"

#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/sync.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

namespace syncservice::sync {

class ServiceFixture : public testing::Test {
 protected:
  ServiceFixture() {
    settings.workers = 4;
    settings.seed = 1;
    load(app_link);
    open();
  }
  ~ServiceFixture() override { close(); }

  /// As the daemon at its start; `close` is its end, without any grace.
  void open();
  void close();
  /// Puts the app links into force; `yaml` is the list below `appLinks:`.
  void load(const std::string& yaml);

  /// Pushes and waits for the receipt.
  PushId push(Side side, const std::string& id, const std::string& link = "Demo");
  [[nodiscard]] spool::Push find(PushId id) const;
  /// Waits until the push is in that state; how it is then.
  spool::Push await(PushId id, spool::State state);
  /// The same, moving the clock on while it waits: for what is due later.
  spool::Push await_moving(PushId id, spool::State state, std::chrono::milliseconds step);
  /// Waits until nothing waits or runs.
  void await_idle(std::chrono::milliseconds step = std::chrono::milliseconds{500});

  static constexpr const char* app_link =
      "  - name: Demo\n"
      "    syncType: PUSH\n"
      "    source: { application: left, project: L, type: Story }\n"
      "    destination: { application: right, project: R, type: requirement }\n"
      "    direction: both\n"
      "    conflict: newest\n"
      "    fields:\n"
      "      - { source: title, destination: name }\n"
      "      - { source: text, destination: description }\n";

  support::TempFolder folder;
  support::FakeClock clock;
  telemetry::Log log{quiet()};
  telemetry::Metrics metrics;
  Settings settings;
  FakeSystem left{"L-"}, right{"R-"}, third{"T-"};
  registry::Registry registry;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<spool::Spool> spool;
  std::unique_ptr<Service> service;
};

}  // namespace syncservice::sync

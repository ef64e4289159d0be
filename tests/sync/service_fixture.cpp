#include "service_fixture.hpp"

#include "syncservice/base/complaint.hpp"

#include <stdexcept>
#include <utility>

namespace syncservice::sync {
namespace {

class Accepted final : public spool::Acceptance {
 public:
  explicit Accepted(const ValidPush& push) : Acceptance(push, "test", "127.0.0.1") {}
  std::promise<Result<PushId>> done;

 private:
  void accepted(const Result<spool::Receipt>& receipt) noexcept override {
    if (receipt) {
      done.set_value(receipt->id());
    } else {
      done.set_value(receipt.error());
    }
  }
};

adapter::Kind fake(const std::string& name, FakeSystem& system) {
  adapter::Kind kind;
  kind.name = name;
  kind.make = [&system](const adapter::Settings&) -> Result<std::unique_ptr<adapter::Adapter>> {
    return system.adapter();
  };
  return kind;
}

}  // namespace

void ServiceFixture::open() {
  Result<std::unique_ptr<store::Store>> opened = store::Store::open(in_folder(folder / "data"));
  if (!opened) throw std::runtime_error(opened.error().message);
  store = std::move(*opened);
  Result<std::unique_ptr<spool::Spool>> spooled = spool::Spool::open(*store, clock, {}, log, metrics);
  if (!spooled) throw std::runtime_error(spooled.error().message);
  spool = std::move(*spooled);
  ++settings.seed;
  service = std::make_unique<Service>(*store, *spool, registry, clock, settings, log, metrics);
}

void ServiceFixture::close() {
  service.reset();
  spool.reset();
  store.reset();
}

void ServiceFixture::load(const std::string& yaml) {
  const std::filesystem::path file = folder / "app-links.yaml";
  support::write_file(file,
                      "applications:\n  left: { adapter: left }\n  right: { adapter: right }\n  third: { adapter: "
                      "third }\nappLinks:\n" +
                          yaml);
  const registry::LoadResult loaded = registry::load(
      file.string(), {fake("left", left), fake("right", right), fake("third", third)}, registry.current());
  if (!loaded.snapshot) {
    throw std::runtime_error(loaded.complaints.empty() ? "no registry" : to_string(loaded.complaints.front()));
  }
  registry.replace(loaded.snapshot);
}

PushId ServiceFixture::push(Side side, const std::string& id, const std::string& link) {
  const Result<ValidPush> valid = registry.current()->validate({AppLinkName{link}, side, RecordId{id}, std::nullopt});
  if (!valid) throw std::runtime_error(valid.error().message);
  Accepted acceptance(*valid);
  std::future<Result<PushId>> done = acceptance.done.get_future();
  spool->accept(acceptance);
  return done.get().value();
}

spool::Push ServiceFixture::find(PushId id) const {
  return spool->find(id).value();
}

spool::Push ServiceFixture::await(PushId id, spool::State state) {
  EXPECT_TRUE(support::eventually([&] { return find(id).state == state; }))
      << "push " << to_string(id) << " is " << spool::to_string(find(id).state) << ": " << find(id).reason;
  return find(id);
}

spool::Push ServiceFixture::await_moving(PushId id, spool::State state, std::chrono::milliseconds step) {
  EXPECT_TRUE(support::eventually([&] {
    if (find(id).state == state) return true;
    clock.advance(step);
    spool->nudge();
    return false;
  })) << "push "
      << to_string(id) << " is " << spool::to_string(find(id).state) << ": " << find(id).reason;
  return find(id);
}

void ServiceFixture::await_idle(std::chrono::milliseconds step) {
  EXPECT_TRUE(support::eventually(
      [&] {
        const spool::Counts counts = spool->counts().value();
        if (counts.waiting == 0 && counts.running == 0) return true;
        clock.advance(step);
        spool->nudge();
        return false;
      },
      std::chrono::seconds{60}));
}

}  // namespace syncservice::sync

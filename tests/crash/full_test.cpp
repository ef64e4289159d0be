// No room: a full disk and a full queue refuse with 503 and Retry-After, lose nothing that was promised, and recover by
// themselves when there is room again.
#include "support/daemon.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace syncservice::crash {
namespace {

using nlohmann::json;
using support::Answer;
using support::Daemon;
using support::eventually;

Answer push(const Daemon& daemon, const std::string& id) {
  return support::ask(
      daemon.address(),
      {.target = "/SyncService/push",
       .headers = {{"Content-Type", "application/json"}, {"Authorization", support::basic("admin", "welcome")}},
       .body = R"({"appLinkName":"Jira6QC11Req","origin":"source","id":")" + id + "\"}"});
}

Answer get(const Daemon& daemon, const std::string& target) {
  return support::ask(
      daemon.address(),
      {.method = "GET", .target = target, .headers = {{"Authorization", support::basic("admin", "welcome")}}});
}

void expect_unavailable(const Answer& answer) {
  EXPECT_EQ(answer.status_line, "HTTP/1.1 503 Service Unavailable");
  EXPECT_TRUE(answer.body.starts_with(R"({"Response":"Error", "Message":")")) << answer.body;
  const std::string wait = answer.header("Retry-After");
  ASSERT_FALSE(wait.empty());
  EXPECT_GE(std::stoi(wait), 1);
}

/// A file system of a few MiB, in memory.
class SmallDisk {
 public:
  explicit SmallDisk(int mib) {
    const std::string options = "mode=0700,size=" + std::to_string(mib) + "m";
    mounted_ = ::mount("syncservice-test", folder_.path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) == 0;
    if (!mounted_) why_not_ = std::strerror(errno);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }

  [[nodiscard]] bool mounted() const noexcept { return mounted_; }
  [[nodiscard]] const std::string& why_not() const noexcept { return why_not_; }
  [[nodiscard]] std::filesystem::path data() const { return folder_ / "data"; }
  [[nodiscard]] std::uintmax_t free() const { return std::filesystem::space(folder_.path()).available; }

  /// Takes up everything but `leave` bytes.
  void fill(std::uintmax_t leave) {
    std::ofstream ballast(folder_ / "ballast", std::ios::binary | std::ios::app);
    const std::string page(4096, 'x');
    while (free() >= leave + page.size() && ballast.write(page.data(), 4096).flush()) {
    }
  }
  void empty() { std::filesystem::remove(folder_ / "ballast"); }

 private:
  support::TempFolder folder_;
  bool mounted_ = false;
  std::string why_not_;
};

/// Pushes records until one is refused; the locations of those that were not.
std::vector<std::string> push_until_refused(const Daemon& daemon, const std::string& prefix, int most) {
  std::vector<std::string> accepted;
  for (int i = 0; i < most; ++i) {
    const Answer answer = push(daemon, prefix + std::to_string(i));
    if (answer.status != 201) {
      expect_unavailable(answer);
      return accepted;
    }
    accepted.push_back(answer.header("Location"));
  }
  ADD_FAILURE() << "never refused";
  return accepted;
}

TEST(FullDisk, RefusesKeepsItsPromisesAndRecovers) {
  SmallDisk disk(24);
  if (!disk.mounted()) GTEST_SKIP() << "NOT TESTED: mounting a tmpfs is not permitted here: " << disk.why_not();
  Daemon daemon({.properties = {{"push.service.queue.disk.reserve", "0"}}, .data = disk.data()});
  daemon.start();
  ASSERT_EQ(push(daemon, "before").status, 201);

  disk.fill(0);
  std::vector<std::string> promised = push_until_refused(daemon, "full-", 20'000);
  expect_unavailable(push(daemon, "another"));
  EXPECT_TRUE(eventually([&] { return get(daemon, "/readyz").status == 503; }));

  disk.empty();
  EXPECT_TRUE(eventually([&] { return push(daemon, "after").status == 201; }, std::chrono::seconds{30}))
      << daemon.log();
  EXPECT_TRUE(eventually([&] { return get(daemon, "/readyz").status == 200; }));

  disk.fill(0);
  const std::vector<std::string> more = push_until_refused(daemon, "again-", 20'000);
  promised.insert(promised.end(), more.begin(), more.end());
  daemon.kill();
  disk.empty();
  daemon.start();
  for (const std::string& location : promised) EXPECT_EQ(get(daemon, location).status, 200) << location << " is lost";
}

TEST(FullDisk, LeavesTheReserve) {
  SmallDisk disk(24);
  if (!disk.mounted()) GTEST_SKIP() << "NOT TESTED: mounting a tmpfs is not permitted here: " << disk.why_not();
  Daemon daemon({.properties = {{"push.service.queue.disk.reserve", "8 MiB"}}, .data = disk.data()});
  daemon.start();
  ASSERT_EQ(push(daemon, "before").status, 201);
  disk.fill(4 << 20);
  ASSERT_TRUE(eventually([&] { return get(daemon, "/readyz").status == 503; }, std::chrono::seconds{30}));
  // Free space is measured from time to time, so the first pushes may still be taken.
  Answer refused;
  ASSERT_TRUE(eventually([&] { return (refused = push(daemon, "refused")).status != 201; }));
  expect_unavailable(refused);
  EXPECT_NE(refused.body.find("disk"), std::string::npos) << refused.body;
  disk.empty();
  EXPECT_TRUE(eventually([&] { return push(daemon, "after").status == 201; }, std::chrono::seconds{30}));
}

TEST(FullQueue, RefusesJoinsAndRecovers) {
  constexpr int limit = 5;
  // Without workers everything waits.
  Daemon daemon({.properties = {{"push.service.queue.limit", std::to_string(limit)}, {"push.service.workers", "0"}}});
  daemon.start();
  for (int i = 0; i < limit; ++i) {
    const std::string id = "QC-" + std::to_string(i);
    support::write_record(daemon.left(), "QC", id, {{"summary", id}, {"priority", "High"}});
    EXPECT_EQ(push(daemon, id).status, 201) << id;
  }
  const Answer refused = push(daemon, "QC-more");
  expect_unavailable(refused);
  EXPECT_NE(refused.body.find(std::to_string(limit)), std::string::npos) << "says what the limit is: " << refused.body;
  EXPECT_EQ(get(daemon, "/readyz").status, 503);
  EXPECT_EQ(push(daemon, "QC-0").status, 201) << "a push of a waiting record joins it";

  daemon.kill();
  daemon.start("/healthz");
  expect_unavailable(push(daemon, "QC-more"));

  // Room by an administrator, and by work.
  EXPECT_EQ(daemon.cli({"queue", "discard", "1"}).exit, 0);
  EXPECT_EQ(push(daemon, "QC-more").status, 201);
  expect_unavailable(push(daemon, "QC-still-more"));
  daemon.kill();
  daemon.set_properties({{"push.service.workers", "2"}});
  daemon.start("/healthz");
  EXPECT_TRUE(eventually([&] { return push(daemon, "QC-still-more").status == 201; }));
  EXPECT_TRUE(eventually([&] { return support::read_records(daemon.right(), "QualityCenter").size() == limit - 1; }))
      << daemon.log();
  EXPECT_EQ(get(daemon, "/readyz").status, 200);
}

}  // namespace
}  // namespace syncservice::crash

// The folder adapter under several threads, several instances and several processes at once.
#include "adapters/folder_support.hpp"

#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <set>
#include <thread>

using namespace syncservice;
using namespace syncservice::adapter;

namespace {

const ProjectName qc{"QC"};

std::size_t records_in(const RecordFolder& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder.path() / "QC"})
    count += entry.path().extension() == ".json" ? 1U : 0U;
  return count;
}

}  // namespace

TEST(FolderConcurrency, NoTwoThreadsGetOneId) {
  constexpr int threads = 8;
  constexpr int each = 20;
  const RecordFolder folder;
  const auto one = folder.adapter();
  const auto two = folder.adapter();
  std::vector<std::vector<std::string>> ids(threads);
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        Adapter& adapter = t % 2 == 0 ? *one : *two;
        for (int i = 0; i < each; ++i) {
          const std::string marker = "m-" + std::to_string(t) + "-" + std::to_string(i);
          const auto created = adapter.create({qc, "", {{"marker", marker}}, marker}, {});
          if (created) ids[static_cast<std::size_t>(t)].push_back(created->id.str());
        }
      });
    }
  }
  std::set<std::string> distinct;
  for (int t = 0; t < threads; ++t) {
    for (std::size_t i = 0; i < ids[static_cast<std::size_t>(t)].size(); ++i) {
      const std::string& id = ids[static_cast<std::size_t>(t)][i];
      distinct.insert(id);
      const auto found = one->find_by_marker(qc, "m-" + std::to_string(t) + "-" + std::to_string(i), {});
      ASSERT_TRUE(found && *found);
      EXPECT_EQ((*found)->id.str(), id);
    }
  }
  EXPECT_EQ(distinct.size(), static_cast<std::size_t>(threads * each));
  EXPECT_EQ(records_in(folder), static_cast<std::size_t>(threads * each));
}

TEST(FolderConcurrency, NoUpdateIsLost) {
  constexpr int threads = 6;
  constexpr int each = 15;
  const RecordFolder folder;
  folder.put("QC/QC-1.json", R"({"fields":{}})");
  const auto one = folder.adapter();
  const auto two = folder.adapter();
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        Adapter& adapter = t % 2 == 0 ? *one : *two;
        for (int i = 0; i < each; ++i) {
          const auto updated =
              adapter.update(qc, RecordId{"QC-1"}, {{"f" + std::to_string(t) + "-" + std::to_string(i), i}}, {});
          EXPECT_TRUE(updated) << updated.error().message;
        }
      });
    }
  }
  EXPECT_EQ(one->read(qc, RecordId{"QC-1"}, {})->fields.size(), static_cast<std::size_t>(threads * each));
}

TEST(FolderConcurrency, NoTwoProcessesGetOneId) {
  constexpr int processes = 4;
  constexpr int each = 20;
  const RecordFolder folder;
  std::vector<pid_t> children;
  for (int p = 0; p < processes; ++p) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto adapter = folder.adapter();
      for (int i = 0; i < each; ++i) {
        const std::string marker = "m-" + std::to_string(p) + "-" + std::to_string(i);
        if (!adapter->create({qc, "", {}, marker}, {})) _exit(1);
      }
      _exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  EXPECT_EQ(records_in(folder), static_cast<std::size_t>(processes * each));
  const auto adapter = folder.adapter();
  std::set<std::string> ids;
  for (int p = 0; p < processes; ++p) {
    for (int i = 0; i < each; ++i) {
      const auto found = adapter->find_by_marker(qc, "m-" + std::to_string(p) + "-" + std::to_string(i), {});
      ASSERT_TRUE(found && *found);
      ids.insert((*found)->id.str());
    }
  }
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(processes * each));
}

TEST(FolderConcurrency, WaitingForALockEndsWithTheCall) {
  const RecordFolder folder;
  folder.put("QC/QC-1.json", R"({"fields":{}})");
  const int held = open((folder.path() / "QC/QC-1.json").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(flock(held, LOCK_EX), 0);
  const auto adapter = folder.adapter();

  const CallContext brief{{}, std::chrono::steady_clock::now() + std::chrono::milliseconds{30}};
  const auto late = adapter->update(qc, RecordId{"QC-1"}, {{"a", 1}}, brief);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Failure::timed_out);

  std::stop_source stop;
  std::optional<Result<record::Record>> stopped;
  std::jthread waiter{[&] { stopped = adapter->update(qc, RecordId{"QC-1"}, {{"a", 1}}, {stop.get_token()}); }};
  stop.request_stop();
  waiter.join();
  ASSERT_FALSE(*stopped);
  EXPECT_EQ(stopped->error().code, Failure::cancelled);

  close(held);
  EXPECT_TRUE(adapter->update(qc, RecordId{"QC-1"}, {{"a", 1}}, {}));
}

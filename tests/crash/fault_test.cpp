// The daemon is killed between every two steps of a pass, at points compiled in for this test alone, and started again:
// there is one twin, one copy of each comment and attachment, both sides agree, and nothing more is written.
#include "support/daemon.hpp"
#include "support/eventually.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace syncservice::crash {
namespace {

using nlohmann::json;
using support::Daemon;
using support::eventually;

constexpr const char* registry = R"(applications:
  jira: { adapter: folder, path: @LEFT@ }
  qc:   { adapter: folder, path: @RIGHT@ }
appLinks:
  - name: Jira6QC11Req
    source:      { application: jira, project: QC, type: Story }
    destination: { application: qc, project: QualityCenter, type: requirement }
    fields:
      - { source: summary,  destination: name }
      - { source: priority, destination: req-priority }
    comments:    { direction: both, deleted: remove }
    attachments: { direction: both, deleted: remove }
    onDelete: @ON_DELETE@
    closeWith: { source: { state: Closed }, destination: { state: Closed } }
)";

/// A point at which the daemon dies, and the n-th time that it is passed.
struct Point {
  const char* name;
  int time = 1;
  bool removes = false;  ///< the twin of a deleted record is deleted, not closed
};

void PrintTo(const Point& point, std::ostream* out) {
  *out << point.name << " " << point.time;
}

class Faults : public testing::TestWithParam<Point> {
 protected:
  Faults() : daemon_(installation()) { key_ = daemon_.create_key("test"); }

  static support::Installation installation() {
    support::Installation out;
    out.binary = SYNCSERVICE_WITH_FAULTS;
    out.registry = registry;
    const std::string place = "@ON_DELETE@";
    out.registry.replace(out.registry.find(place), place.size(), GetParam().removes ? "delete" : "close");
    out.environment = {std::string{"SYNCSERVICE_FAULT_POINTS="} + GetParam().name + ":" +
                       std::to_string(GetParam().time)};
    out.properties = {{"push.service.workers", "2"}, {"push.service.retry.first", "50ms"}};
    return out;
  }

  /// Starts again, without faults, when it was killed.
  void keep_alive() {
    if (!daemon_.died()) return;
    ++deaths_;
    daemon_.kill();
    daemon_.set_environment({});
    daemon_.start();
  }

  [[nodiscard]] json counts() {
    const support::Answer answer =
        support::ask(daemon_.address(), {.method = "GET",
                                         .target = "/api/v1/pushes?limit=1",
                                         .headers = {{"Authorization", support::basic("admin", "welcome")}}});
    return json::parse(answer.body).at("counts");
  }

  /// Pushes, until there is a 201, and waits until nothing is left to do.
  void push(const std::string& origin, const std::string& id) {
    ASSERT_TRUE(eventually(
        [&] {
          try {
            keep_alive();
            return support::ask(daemon_.address(),
                                {.target = "/SyncService/push/Jira6QC11Req/" + origin + "/" + id + "?apikey=" + key_})
                       .status == 201;
          } catch (const std::exception&) {
            return false;  // killed while it answered
          }
        },
        std::chrono::seconds{30}))
        << daemon_.log();
    ASSERT_TRUE(eventually(
        [&] {
          try {
            keep_alive();
            const json now = counts();
            return now.at("waiting") == 0 && now.at("running") == 0;
          } catch (const std::exception&) {
            return false;
          }
        },
        std::chrono::seconds{30}))
        << daemon_.log();
  }

  [[nodiscard]] json left() const { return *support::read_record(daemon_.left(), "QC", "QC-20"); }
  [[nodiscard]] json twin() const {
    const std::vector<json> all = support::read_records(daemon_.right(), "QualityCenter");
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? json::object() : all.front();
  }
  void change(const std::filesystem::path& root, const std::string& project, const std::function<void(json&)>& edit) {
    json document = root == daemon_.left() ? left() : twin();
    edit(document);
    const std::filesystem::path file = root / project / (document.at("id").get<std::string>() + ".json");
    std::ofstream(file.string() + ".next") << document.dump();
    std::filesystem::rename(file.string() + ".next", file);
  }
  void attach(const std::string& name) {
    std::filesystem::create_directories(daemon_.left() / "QC/QC-20.files");
    std::ofstream(daemon_.left() / "QC/QC-20.files" / name) << "content of " << name;
    change(daemon_.left(), "QC", [&](json& record) {
      record["attachments"].push_back({{"name", name}, {"file", name}});
    });
  }
  static std::size_t holding(const json& record, const std::string& text) {
    std::size_t found = 0;
    for (const json& comment : record.at("comments")) {
      if (comment.at("body").get<std::string>().find(text) != std::string::npos) ++found;
    }
    return found;
  }

  Daemon daemon_;
  std::string key_;
  int deaths_ = 0;
};

TEST_P(Faults, LeaveOneTwinAndOneCopyOfEach) {
  daemon_.start();
  support::write_record(daemon_.left(), "QC", "QC-20", {{"summary", "one"}, {"priority", "High"}});
  change(daemon_.left(), "QC", [](json& record) {
    record["comments"] = {{{"id", "1"}, {"author", "Jane"}, {"created", "2026-11-24T10:00:00Z"}, {"body", "first"}}};
  });
  attach("a.txt");
  push("source", "QC-20");
  EXPECT_EQ(twin().at("fields").at("name"), "one");

  change(daemon_.left(), "QC", [](json& record) {
    record["fields"]["summary"] = "two";
    record["comments"][0]["body"] = "first, edited";
    record["comments"].push_back(
        {{"id", "2"}, {"author", "Jane"}, {"created", "2026-11-24T11:00:00Z"}, {"body", "second"}});
  });
  attach("b.txt");
  push("source", "QC-20");
  EXPECT_EQ(twin().at("fields").at("name"), "two");

  change(daemon_.left(), "QC", [](json& record) { record["fields"]["summary"] = "three"; });
  change(daemon_.right(), "QualityCenter", [](json& record) { record["fields"]["req-priority"] = "Low"; });
  push("source", "QC-20");
  EXPECT_EQ(twin().at("fields").at("name"), "three");
  EXPECT_EQ(left().at("fields").at("priority"), "Low");

  EXPECT_EQ(twin().at("comments").size(), 2U);
  EXPECT_EQ(holding(twin(), "first, edited"), 1U);
  EXPECT_EQ(holding(twin(), "second"), 1U);
  EXPECT_EQ(twin().at("attachments").size(), 2U);
  EXPECT_EQ(left().at("comments").size(), 2U);
  EXPECT_EQ(left().at("attachments").size(), 2U);

  change(daemon_.left(), "QC", [](json& record) {
    record["comments"].erase(1);
    record["attachments"].erase(1);
  });
  push("source", "QC-20");
  EXPECT_EQ(twin().at("comments").size(), 1U);
  EXPECT_EQ(twin().at("attachments").size(), 1U);

  // Silence: a push from either side finds nothing to write.
  const json before_left = left();
  const json before_twin = twin();
  push("destination", before_twin.at("id").get<std::string>());
  push("source", "QC-20");
  EXPECT_EQ(left(), before_left);
  EXPECT_EQ(twin(), before_twin);

  std::filesystem::remove(daemon_.left() / "QC/QC-20.json");
  push("source", "QC-20");
  if (GetParam().removes) {
    EXPECT_TRUE(support::read_records(daemon_.right(), "QualityCenter").empty());
  } else {
    EXPECT_EQ(twin().at("fields").at("state"), "Closed");
  }
  EXPECT_EQ(counts().at("deadLetters"), 0);
  EXPECT_EQ(deaths_, 1) << "the point was never passed";
}

INSTANTIATE_TEST_SUITE_P(EveryStep, Faults,
                         testing::Values(Point{"creation intended"}, Point{"twin created"}, Point{"link stored"},
                                         Point{"comments intended"}, Point{"comment sent"}, Point{"comment sent", 2},
                                         Point{"attachments intended"}, Point{"attachment sent"},
                                         Point{"attachment sent", 2}, Point{"comment changed"}, Point{"pending stored"},
                                         Point{"pending stored", 2}, Point{"twin updated"}, Point{"twin updated", 2},
                                         Point{"pusher updated"}, Point{"comment deleted"}, Point{"attachment deleted"},
                                         Point{"twin closed"}, Point{"twin deleted", 1, true}, Point{"pass ended"},
                                         Point{"pass ended", 2}, Point{"pass ended", 3}, Point{"pass committed"},
                                         Point{"pass committed", 2}));

}  // namespace
}  // namespace syncservice::crash

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "registry_fixture.hpp"
#include "syncservice/mapping/plan.hpp"

namespace syncservice::registry {
namespace {

class Load : public testing::Test {
 protected:
  /// Complaints about one file of the given text.
  std::string complaints(const std::string& text) const {
    folder_.write("a.yaml", text);
    return folder_.complaints();
  }
  /// The same, with applications in lines 1 to 4 and one app link with the given members from line 6.
  std::string link_complaints(const std::string& members) const {
    std::string text{applications};
    text.append("appLinks:\n- ").append(members).append("\n");
    return complaints(text);
  }
  RegistryFolder folder_;
};

TEST_F(Load, BuildsOneSnapshotFromAllFiles) {
  folder_.write("1-applications.yaml", applications);
  folder_.write(
      "3-links.yml",
      "appLinks:\n- { name: a/x, source: { application: left }, destination: { application: right }, direction: "
      "to-source, fields: [ { source: f, constant: 5 } ] }\n");
  folder_.write("2-links.yaml",
                "appLinks:\n- { name: b, source: { application: left, type: Story }, destination: { application: qc, "
                "project: P }, fields: [ { source: f, destination: g } ] }\n");
  const LoadResult loaded = folder_.load();
  ASSERT_NE(loaded.snapshot, nullptr) << folder_.complaints();
  EXPECT_TRUE(loaded.complaints.empty());
  EXPECT_EQ(loaded.snapshot->version(), 1U);
  const auto links = loaded.snapshot->app_links();
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0]->name.str(), "a/x");
  EXPECT_FALSE(links[0]->to_destination);
  EXPECT_TRUE(links[0]->to_source);
  EXPECT_EQ(links[1]->source.type, "Story");
  EXPECT_EQ(links[1]->destination.application->name.str(), "qc");
  EXPECT_EQ(links[1]->end(Side::destination).application->kind, "alm");
  EXPECT_TRUE(links[1]->destination.application->needs_project);
  ASSERT_NE(links[1]->plan, nullptr);
  EXPECT_EQ(links[1]->source.application, links[0]->source.application);
  const auto known = loaded.snapshot->applications();
  ASSERT_EQ(known.size(), 3U);
  EXPECT_EQ(known[0]->name.str(), "left");
}

TEST_F(Load, HandsConstantsToThePlanAsTheyAreTyped) {
  folder_.write("a.yaml",
                std::string{applications} +
                    "appLinks:\n- { name: x, source: { application: left }, destination: { application: right "
                    "}, fields: [ { destination: n, constant: 5 }, { destination: t, constant: '5' }, { "
                    "destination: l, constant: [a, true] } ] }\n");
  const LoadResult loaded = folder_.load();
  ASSERT_NE(loaded.snapshot, nullptr) << folder_.complaints();
  const Result<mapping::PassPlan> plan = loaded.snapshot->find(AppLinkName{"x"})->plan->decide({});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->to_other.at("n"), record::Value{5});
  EXPECT_EQ(plan->to_other.at("t"), record::Value{"5"});
  EXPECT_EQ(plan->to_other.at("l"), (record::Value{record::List{record::Value{"a"}, record::Value{true}}}));
}

TEST_F(Load, TakesAnEmptyFolderAsAnEmptyRegistry) {
  const LoadResult loaded = folder_.load();
  ASSERT_NE(loaded.snapshot, nullptr);
  EXPECT_TRUE(loaded.snapshot->app_links().empty());
  ASSERT_EQ(loaded.complaints.size(), 1U);
  EXPECT_TRUE(loaded.complaints[0].warning);
  EXPECT_EQ(loaded.snapshot->validate({AppLinkName{"x"}, Side::source, RecordId{"1"}, std::nullopt}).error().code,
            make_error_code(Refusal::unknown_app_link));
}

TEST_F(Load, RefusesAMissingFolder) {
  const LoadResult loaded = load("/nonexistent/app-links", kinds());
  EXPECT_EQ(loaded.snapshot, nullptr);
  ASSERT_EQ(loaded.complaints.size(), 1U);
  EXPECT_EQ(to_string(loaded.complaints[0]), "/nonexistent/app-links: can't be read: No such file or directory");
}

TEST_F(Load, ResolvesTheSecretThatPushesAreSignedWith) {
  setenv("SYNCSERVICE_TEST_HOOK", "s3cret", 1);
  folder_.write("a.yaml",
                "applications:\n  a: { adapter: plain, path: x, webhookSecret: ${env:SYNCSERVICE_TEST_HOOK} }\n"
                "  b: { adapter: plain, path: x }\n");
  const LoadResult loaded = folder_.load();
  ASSERT_NE(loaded.snapshot, nullptr) << folder_.complaints();
  EXPECT_TRUE(loaded.complaints.empty());
  EXPECT_EQ(loaded.snapshot->applications().at(0)->webhook_secret, "s3cret");
  EXPECT_EQ(loaded.snapshot->applications().at(1)->webhook_secret, "");

  EXPECT_EQ(complaints("applications:\n  a: { adapter: plain, path: x, webhookSecret: hunter2 }\n"),
            "a.yaml:2:48: warning: \"webhookSecret\" of application \"a\" stands here for everyone to read; write "
            "${env:NAME} or ${file:/path} instead\n");
  EXPECT_THAT(complaints("applications:\n  a: { adapter: plain, path: x, webhookSecret: '' }\n"),
              testing::HasSubstr("\"webhookSecret\" has no value; write one, or leave the member out"));
  unsetenv("SYNCSERVICE_TEST_HOOK");
  EXPECT_THAT(
      complaints("applications:\n  a: { adapter: plain, path: x, webhookSecret: ${env:SYNCSERVICE_TEST_HOOK} }\n"),
      testing::HasSubstr("the environment variable SYNCSERVICE_TEST_HOOK is not set"));
}

TEST_F(Load, ChecksApplications) {
  EXPECT_EQ(complaints("applications:\n  a: { adapter: plian, path: x }\n"),
            "a.yaml:2:17: there is no adapter \"plian\"; did you mean \"plain\"?\n");
  EXPECT_EQ(complaints("applications:\n  a: { adapter: zebra }\n"),
            "a.yaml:2:17: there is no adapter \"zebra\"; known are \"plain\" or \"alm\"\n");
  EXPECT_EQ(complaints("applications:\n  a: { adapter: plain, paht: x }\n"),
            "a.yaml:2:3: application \"a\" has no \"path\" (a folder), which adapter \"plain\" needs\n"
            "a.yaml:2:24: unknown setting \"paht\" of adapter \"plain\"; did you mean \"path\"?\n");
  EXPECT_EQ(complaints("applications:\n  a: { adapter: plain, path: x, url: nonsense }\n"),
            "a.yaml:2:3: application \"a\": \"nonsense\" is no URL\n");
  EXPECT_EQ(
      complaints("applications:\n  a: { adapter: alm, url: u, password: hunter2 }\n"),
      "a.yaml:2:40: warning: \"password\" of application \"a\" stands here for everyone to read; write ${env:NAME} or "
      "${file:/path} instead\n");
  unsetenv("SYNCSERVICE_TEST_MISSING");
  EXPECT_EQ(
      complaints("applications:\n  a: { adapter: alm, url: u, password: ${env:SYNCSERVICE_TEST_MISSING} }\n"),
      "a.yaml:2:40: \"password\" of application \"a\": the environment variable SYNCSERVICE_TEST_MISSING is not set; "
      "set it for the service\n");
}

TEST_F(Load, RefusesTheSameNameTwiceAlsoAcrossFiles) {
  const std::string link =
      "appLinks:\n- { name: x, source: { application: a }, destination: { application: a, type: t }, fields: [ { "
      "source: f, "
      "destination: g } ] }\n";
  folder_.write("a.yaml", "applications: { a: { adapter: plain, path: p } }\n" + link);
  folder_.write("b.yaml", "applications: { a: { adapter: plain, path: q } }\n" + link);
  EXPECT_EQ(folder_.complaints(),
            "b.yaml:1:17: application \"a\" is already defined at a.yaml:1:17\n"
            "b.yaml:3:11: app link \"x\" is already defined at a.yaml:3:11\n");
}

TEST_F(Load, ChecksTheEndsOfALink) {
  EXPECT_EQ(
      link_complaints("{ name: x, source: { application: letf }, destination: { application: right }, fields: [ { "
                      "source: f, destination: g } ] }"),
      "a.yaml:6:37: app link \"x\": there is no application \"letf\"; did you mean \"left\"?\n");
  EXPECT_EQ(
      link_complaints("{ name: x, source: { application: zebra }, destination: { application: right }, fields: [ { "
                      "source: f, destination: g } ] }"),
      "a.yaml:6:37: app link \"x\": there is no application \"zebra\"; known are \"left\", \"qc\" or \"right\"\n");
}

TEST_F(Load, ChecksProjects) {
  const std::string fields = ", fields: [ { source: f, destination: g } ] }";
  EXPECT_EQ(link_complaints("{ name: x, source: { application: left }, destination: { application: qc }" + fields),
            "a.yaml:6:58: app link \"x\": records are written to \"qc\", which takes them in a project; name it here "
            "(\"project\"), or in "
            "\"projects\"\n");
  EXPECT_EQ(
      link_complaints("{ name: x, source: { application: left, project: P }, destination: { application: right }, "
                      "projects: [ { source: A } ]" +
                      fields),
      "a.yaml:6:52: app link \"x\": the app link names its projects here and in \"projects\"; keep one of the two\n");
  EXPECT_EQ(link_complaints("{ name: x, source: { application: left, project: P }, destination: { application: qc }" +
                            fields),
            "a.yaml:6:52: app link \"x\": no project for the destination; \"qc\" needs one\n");
  EXPECT_EQ(
      link_complaints("{ name: x, source: { application: left }, destination: { application: right }, projects: [ { "
                      "source: A, destination: X }, { source: B, destination: X } ]" +
                      fields),
      "a.yaml:6:125: app link \"x\": project \"X\" at the destination stands here twice, so a push from there could "
      "mean two "
      "projects at the other side; keep one of them\n");
  EXPECT_EQ(
      link_complaints("{ name: x, direction: to-destination, source: { application: left }, destination: { "
                      "application: right }, projects: [ { source: A, destination: X }, { source: B, destination: X "
                      "} ]" +
                      fields),
      "");
  EXPECT_EQ(
      link_complaints("{ name: x, source: { application: left }, destination: { application: right }, projects: [ {} "
                      "]" +
                      fields),
      "a.yaml:6:94: app link \"x\": this pair of projects names none; write { source: A, destination: B }\n");
}

TEST_F(Load, ReportsFaultsOfThePlanAtTheirRule) {
  const std::string text = link_complaints(
      "name: x\n  source: { application: left }\n  destination: { application: right }\n"
      "  onlyWhen: { destination: 'status ==' }\n  fields:\n  - { source: f, destination: g }\n  - { source: f }");
  EXPECT_THAT(text, testing::HasSubstr("a.yaml:9:28: app link \"x\": onlyWhen for the destination"));
  EXPECT_THAT(text, testing::HasSubstr("a.yaml:12:5: app link \"x\": field \"f\": The rule names only source \"f\""));
}

TEST_F(Load, ReportsEveryFaultAtOnce) {
  // Shapes, names and rules are wrong, here and there; each is said, and nothing that follows from another.
  EXPECT_EQ(complaints("applications:\n"
                       "  a: { adapter: plian, path: x }\n"
                       "  b: { adapter: plain }\n"
                       "appLinks:\n"
                       "- { name: x, source: { application: A }, destination: { application: c }, synctype: PUSH,\n"
                       "    fields: [ { source: f, destination: g, bad: 1 }, { source: h } ] }\n"),
            "a.yaml:2:17: there is no adapter \"plian\"; did you mean \"plain\"?\n"
            "a.yaml:3:3: application \"b\" has no \"path\" (a folder), which adapter \"plain\" needs\n"
            "a.yaml:5:37: app link \"x\": there is no application \"A\"; did you mean \"a\"?\n"
            "a.yaml:5:70: app link \"x\": there is no application \"c\"; did you mean \"a\"?\n"
            "a.yaml:5:75: app link \"x\": unknown member \"synctype\" of an app link; did you mean \"syncType\"?\n"
            "a.yaml:6:44: app link \"x\": field \"f\": unknown member \"bad\" of a field rule; known are \"source\", "
            "\"destination\", \"constant\", \"default\", \"template\", \"values\", \"users\", \"as\", \"split\", "
            "\"join\", \"maxLength\", \"direction\", \"conflict\", \"onlyWhen\", \"when\" or \"unlinked\"\n"
            "a.yaml:6:54: app link \"x\": field \"h\": The rule names only source \"h\"; name the destination field "
            "too, or give a constant or a template.\n");
}

TEST_F(Load, DoesNotComplainAboutWhatFollowsFromAFault) {
  EXPECT_EQ(complaints("applications:\n  a: { adapter: nothing }\nappLinks:\n- { name: x, source: { application: a }, "
                       "destination: { application: a }, fields: [ { source: f, destination: g } ] }\n"),
            "a.yaml:2:17: there is no adapter \"nothing\"; known are \"plain\" or \"alm\"\n");
  folder_.write("a.yaml", "applications: [\n");
  folder_.write(
      "b.yaml",
      "appLinks:\n- { name: x, source: { application: a }, destination: { application: a }, fields: [ { source: "
      "f, destination: g } ] }\n");
  const LoadResult loaded = folder_.load();
  EXPECT_EQ(loaded.snapshot, nullptr);
  ASSERT_EQ(loaded.complaints.size(), 1U) << folder_.complaints();
  EXPECT_THAT(to_string(loaded.complaints[0]), testing::HasSubstr("a.yaml:2:1: a [ is not closed"));
}

const NullAdapter& adapter_of(const Snapshot& snapshot, const std::string& name) {
  for (const auto& application : snapshot.applications()) {
    if (application->name.str() == name) return dynamic_cast<const NullAdapter&>(*application->adapter);
  }
  throw std::out_of_range(name);
}

TEST_F(Load, KeepsAdaptersWhoseSettingsAreUnchanged) {
  ASSERT_EQ(setenv("SYNCSERVICE_TEST_PASSWORD", "one", 1), 0);
  folder_.write("a.yaml",
                "applications:\n  l: { adapter: plain, path: p }\n  q: { adapter: alm, url: u, password: "
                "'${env:SYNCSERVICE_TEST_PASSWORD}' }\n");
  const std::shared_ptr<const Snapshot> first = folder_.load().snapshot;
  ASSERT_NE(first, nullptr) << folder_.complaints();
  EXPECT_EQ(adapter_of(*first, "q").settings().values.at("password"), "one");
  EXPECT_EQ(adapter_of(*first, "l").settings().base_folder, folder_.path());

  const std::shared_ptr<const Snapshot> same = folder_.load(first).snapshot;
  ASSERT_NE(same, nullptr);
  EXPECT_EQ(same->version(), 2U);
  EXPECT_EQ(&adapter_of(*same, "l"), &adapter_of(*first, "l"));
  EXPECT_EQ(&adapter_of(*same, "q"), &adapter_of(*first, "q"));

  ASSERT_EQ(setenv("SYNCSERVICE_TEST_PASSWORD", "two", 1), 0);
  const std::shared_ptr<const Snapshot> changed = folder_.load(same).snapshot;
  ASSERT_NE(changed, nullptr);
  EXPECT_EQ(&adapter_of(*changed, "l"), &adapter_of(*first, "l"));
  EXPECT_NE(&adapter_of(*changed, "q"), &adapter_of(*first, "q"));
  EXPECT_EQ(adapter_of(*changed, "q").settings().values.at("password"), "two");
  unsetenv("SYNCSERVICE_TEST_PASSWORD");
}

TEST(RegistryInForce, IsReplacedAsAWhole) {
  const RegistryFolder folder;
  Registry registry;
  EXPECT_EQ(registry.current(), nullptr);
  const std::shared_ptr<const Snapshot> snapshot = folder.load().snapshot;
  registry.replace(snapshot);
  EXPECT_EQ(registry.current(), snapshot);
}

TEST(LoadedEnds, RefuseAnAppLinkThatJoinsAPlaceWithItself) {
  RegistryFolder folder;
  const auto complaints = [&](const std::string& ends) {
    folder.write("a.yaml", "applications: { a: { adapter: desc }, b: { adapter: desc } }\nappLinks:\n- name: x\n" +
                               ends + "  fields: [{ source: s, destination: d }]\n");
    std::vector<adapter::Kind> kinds{{"desc", false, {}, [](const adapter::Settings& settings) {
                                        return Result<std::unique_ptr<adapter::Adapter>>{
                                            std::make_unique<NullAdapter>(settings)};
                                      }}};
    std::string out;
    for (const Complaint& complaint : registry::load(folder.path(), kinds).complaints)
      out += to_string(complaint) + '\n';
    return out;
  };
  EXPECT_NE(complaints("  source: { application: a, project: P }\n  destination: { application: a, project: P }\n")
                .find("both sides are the same place in \"a\""),
            std::string::npos);
  EXPECT_NE(complaints("  source: { application: a }\n  destination: { application: a }\n  projects: [{ source: P, "
                       "destination: Q }, { source: R, destination: R }]\n")
                .find("a.yaml:6:45: app link \"x\": both sides are the same place"),
            std::string::npos);
  EXPECT_EQ(complaints("  source: { application: a, project: P }\n  destination: { application: a, project: Q }\n"),
            "");
  EXPECT_EQ(
      complaints("  source: { application: a, project: P, type: S }\n  destination: { application: a, project: P, "
                 "type: T }\n"),
      "");
}

}  // namespace
}  // namespace syncservice::registry

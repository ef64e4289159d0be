// Record links through the command line: pairs that go along when their app link gets another name.
#include "contract/contract.hpp"

namespace syncservice::contract {
namespace {

using nlohmann::json;
using support::Finished;

std::string renamed(std::string registry, const std::string& name, bool enabled) {
  const std::string before = "name: Jira6QC11Req";
  return registry.replace(registry.find(before), before.size(),
                          "name: " + name + "\n    enabled: " + (enabled ? "true" : "false"));
}

TEST(Links, GoAlongWhenTheirAppLinkGetsAnotherName) {
  Daemon daemon;
  daemon.start();
  const auto pushed = [&](const char* link, const char* origin, const std::string& id) {
    const json body{{"appLinkName", link}, {"origin", origin}, {"id", id}};
    return ask(daemon.address(), body_form(body.dump())).status;
  };
  support::write_record(daemon.left(), "QC", "QC-20", {{"summary", "Pay"}, {"priority", "High"}});
  EXPECT_EQ(pushed("Jira6QC11Req", "source", "QC-20"), 201);
  std::vector<json> right;
  ASSERT_TRUE(eventually([&] {
    right = support::read_records(daemon.right(), "QualityCenter");
    return right.size() == 1 && json::parse(daemon.cli({"links", "list", "--json"}).out).at("links").size() == 1;
  })) << daemon.log();

  const std::vector<std::string> rename{"links", "rename", "Jira6QC11Req", "Cards"};
  EXPECT_EQ(daemon.cli(rename).exit, 1) << "the app link still has its old name";
  daemon.set_registry(renamed(support::published_registry(), "Cards", false));
  ASSERT_TRUE(eventually([&] { return pushed("Cards", "source", "QC-20") == 400 && daemon.cli({"check"}).exit == 0; }));
  ASSERT_TRUE(daemon.logs("app links loaded"));
  Finished done;
  ASSERT_TRUE(eventually([&] {
    done = daemon.cli(rename);
    return done.exit == 0;
  })) << done.err;
  EXPECT_EQ(done.out, "1 record links of Jira6QC11Req belong to Cards now\n");
  const Finished unknown = daemon.cli({"links", "rename", "Jira6QC11Req", "Crads"});
  EXPECT_EQ(unknown.exit, 1);
  EXPECT_NE(unknown.err.find("did you mean \"Cards\"?"), std::string::npos) << unknown.err;

  // Edited at the destination meanwhile: the pair is known, so this is an edit and no first link.
  const std::string twin = right.at(0).at("id");
  json fields = right.at(0).at("fields");
  fields["name"] = "Pay by card";
  support::write_record(daemon.right(), "QualityCenter", twin, fields, "requirement");
  daemon.set_registry(renamed(support::published_registry(), "Cards", true));
  ASSERT_TRUE(eventually([&] { return pushed("Cards", "source", "QC-20") == 201; }));
  EXPECT_EQ(pushed("Cards", "destination", twin), 201);
  EXPECT_TRUE(eventually([&] {
    return support::read_record(daemon.left(), "QC", "QC-20").value().at("fields").at("summary") == "Pay by card";
  })) << daemon.log();
  EXPECT_EQ(support::read_records(daemon.right(), "QualityCenter").size(), 1U);
}

}  // namespace
}  // namespace syncservice::contract

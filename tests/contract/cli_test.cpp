// The command line: what it prints, its exit codes, and that it works with and without a running daemon.
#include "contract/contract.hpp"

#include <algorithm>

namespace syncservice::contract {
namespace {

using nlohmann::json;
using support::Finished;
using support::run_binary;
using support::write_file;

constexpr std::string_view document = R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20"})";

TEST(CommandLine, HelpTextsHaveAnExample) {
  for (const char* command : {"serve", "check", "keys", "queue", "explain", "password", "version"}) {
    const Finished help = run_binary({command, "--help"});
    EXPECT_EQ(help.exit, 0) << command;
    EXPECT_NE(help.out.find(std::string("syncservice ") + command), std::string::npos) << command << ": " << help.out;
    EXPECT_NE(help.out.find("xample"), std::string::npos) << command << ": " << help.out;
  }
  const Finished all = run_binary({"--help"});
  EXPECT_EQ(all.exit, 0);
  for (const char* command : {"serve", "check", "keys", "queue", "explain", "password", "version"}) {
    EXPECT_NE(all.out.find(command), std::string::npos) << command;
  }
}

TEST(CommandLine, WrongUseIsExplainedOnStandardError) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"serv"},
                                                    {"keys"},
                                                    {"keys", "make"},
                                                    {"queue", "show"},
                                                    {"explain"},
                                                    {"check", "--fast"}}) {
    const Finished wrong = run_binary(arguments);
    EXPECT_EQ(wrong.exit, 2) << (arguments.empty() ? "" : arguments[0]) << wrong.err << wrong.out;
    EXPECT_FALSE(wrong.err.empty());
  }
}

TEST(CommandLine, Version) {
  const Finished version = run_binary({"version"});
  EXPECT_EQ(version.exit, 0);
  EXPECT_TRUE(version.out.starts_with("syncservice 0.1.0")) << version.out;
  EXPECT_EQ(json::parse(run_binary({"version", "--json"}).out).at("version"), "0.1.0");
}

TEST(CommandLine, ConfigurationIsFoundBesideTheWorkingFolder) {
  const Daemon installation;
  const Finished found = run_binary({"check"}, {}, installation.folder().string());
  EXPECT_EQ(found.exit, 0) << found.err << found.out;
  const Finished missing = run_binary({"check", "--config", "/nowhere/ConnectAll.properties"});
  EXPECT_EQ(missing.exit, 1);
  EXPECT_NE((missing.err + missing.out).find("/nowhere/ConnectAll.properties"), std::string::npos);
}

TEST(Check, SaysWhereAndWhat) {
  Daemon installation;
  EXPECT_EQ(installation.cli({"check"}).exit, 0);

  write_file(
      installation.properties_file(),
      "push.service.port=ftp://x\npush.service.workers = 999\npush.service.quue.limit=5\nmappings.of.others=1\n");
  const Finished properties = installation.cli({"check"});
  const std::string said = properties.out + properties.err;
  EXPECT_EQ(properties.exit, 1) << said;
  EXPECT_NE(said.find("ConnectAll.properties:1:19: "), std::string::npos) << said;
  EXPECT_NE(said.find("ConnectAll.properties:2:24: "), std::string::npos) << said;
  EXPECT_NE(said.find("ConnectAll.properties:3:1: warning: "), std::string::npos) << said;
  EXPECT_NE(said.find("push.service.queue.limit"), std::string::npos) << "the nearest known key: " << said;
  EXPECT_EQ(said.find("mappings.of.others"), std::string::npos) << "other programs' keys are left alone: " << said;
}

TEST(Check, FindsFaultsOfAppLinks) {
  Daemon installation;
  // A wrong adapter, a wrong application, a wrong member and a rule that says too little: all at once.
  installation.set_registry(R"(applications:
  jira: { adapter: folder, path: @LEFT@ }
  qc:   { adapter: foldr, path: @RIGHT@ }
appLinks:
  - name: One
    source: { application: jra, project: QC, type: Story }
    destination: { application: qc, project: P, type: requirement }
    syncTyp: PUSH
    fields:
      - { source: summary, destination: name }
      - { source: priority }
)");
  const Finished checked = installation.cli({"check"});
  const std::string said = checked.out + checked.err;
  EXPECT_EQ(checked.exit, 1) << said;
  EXPECT_NE(said.find("links.yaml:3:20: "), std::string::npos) << said;
  EXPECT_NE(said.find("\"folder\""), std::string::npos) << said;
  EXPECT_NE(said.find("links.yaml:6:28: "), std::string::npos) << said;
  EXPECT_NE(said.find("\"jira\""), std::string::npos) << said;
  EXPECT_NE(said.find("links.yaml:8:5: "), std::string::npos) << said;
  EXPECT_NE(said.find("\"syncType\""), std::string::npos) << said;
  EXPECT_NE(said.find("links.yaml:11:9: "), std::string::npos) << said;
  EXPECT_NE(said.find("app link \"One\": field \"priority\": "), std::string::npos) << said;
  const json machine = json::parse(installation.cli({"check", "--json"}).out);
  EXPECT_EQ(machine.at("complaints").size(), 4U) << machine.dump(2);
  EXPECT_NE(machine.dump().find("\"line\":6"), std::string::npos) << machine.dump(2);

  installation.set_registry("applications:\n  jira: { adapter: folder, path: [ }\n");
  const Finished broken = installation.cli({"check"});
  EXPECT_EQ(broken.exit, 1);
  EXPECT_NE((broken.out + broken.err).find("links.yaml:2:"), std::string::npos) << broken.out << broken.err;
}

TEST(Check, AsksTheApplications) {
  Daemon installation;
  const Finished checked = installation.cli({"check", "--online"});
  EXPECT_EQ(checked.exit, 0) << checked.out << checked.err;
}

TEST(Keys, WithoutADaemon) {
  Daemon installation;
  const std::string key = installation.create_key("early", {"--app-link", "Jira6QC11Req", "--expires", "90d"});
  const json listed = json::parse(installation.cli({"keys", "list", "--json"}).out);
  EXPECT_NE(listed.dump().find("\"early\""), std::string::npos) << listed.dump(2);
  EXPECT_EQ(listed.dump().find(key), std::string::npos) << "a key is shown once";
  installation.start();
  EXPECT_EQ(ask(installation.address(), path_form("Jira6QC11Req/source/QC-20", key)).status, 201);
}

TEST(Keys, WithADaemonAtOnce) {
  Daemon daemon;
  daemon.start();
  const Finished made = daemon.cli({"keys", "create", "jira", "--json"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const std::string key = json::parse(made.out).at("secret");
  EXPECT_EQ(ask(daemon.address(), path_form("Jira6QC11Req/source/QC-20", key)).status, 201);

  const Finished twice = daemon.cli({"keys", "create", "jira"});
  EXPECT_EQ(twice.exit, 1);
  EXPECT_NE(twice.err.find("jira"), std::string::npos) << twice.err;
  EXPECT_EQ(daemon.cli({"keys", "create", "x", "--expires", "soon"}).exit, 1);

  const Finished list = daemon.cli({"keys", "list"});
  EXPECT_NE(list.out.find("jira"), std::string::npos);
  EXPECT_EQ(list.out.find(key), std::string::npos);
  EXPECT_EQ(daemon.cli({"keys", "revoke", "jira"}).exit, 0);
  EXPECT_EQ(ask(daemon.address(), path_form("Jira6QC11Req/source/QC-20", key)).status, 401);
  const Finished unknown = daemon.cli({"keys", "revoke", "nobody"});
  EXPECT_EQ(unknown.exit, 1);
  EXPECT_NE(unknown.err.find("nobody"), std::string::npos) << unknown.err;
  EXPECT_EQ(daemon.log().find(key), std::string::npos) << "no key in the log";
}

TEST(Queue, ListShowRetryDiscard) {
  Daemon daemon({.properties = {{"push.service.retry.first", "1h"}}});
  // Without its folder the origin can't be reached, as if that system were down.
  std::filesystem::remove(daemon.left());
  daemon.start();
  const Answer pushed = ask(daemon.address(), body_form(std::string(document)));
  ASSERT_EQ(pushed.status, 201);
  const std::string id = pushed.header("Location").substr(std::string_view{"/api/v1/pushes/"}.size());

  json shown;
  ASSERT_TRUE(eventually([&] {
    shown = json::parse(daemon.cli({"queue", "show", id, "--json"}).out);
    return shown.value("attempts", 0) == 1;
  })) << shown.dump(2)
      << daemon.log();
  EXPECT_EQ(shown.at("state"), "waiting");
  EXPECT_FALSE(shown.at("reason").get<std::string>().empty());
  const Finished text = daemon.cli({"queue", "show", id});
  EXPECT_NE(text.out.find("QC-20"), std::string::npos) << text.out;

  const Finished list = daemon.cli({"queue", "list"});
  EXPECT_EQ(list.exit, 0);
  EXPECT_NE(list.out.find("QC-20"), std::string::npos) << list.out;
  EXPECT_NE(daemon.cli({"queue", "list", "--json"}).out.find("\"QC-20\""), std::string::npos);

  support::write_record(daemon.left(), "QC", "QC-20", {{"summary", "There again"}, {"priority", "High"}});
  EXPECT_EQ(daemon.cli({"queue", "retry", id}).exit, 0);
  EXPECT_TRUE(eventually([&] { return support::read_records(daemon.right(), "QualityCenter").size() == 1; }))
      << daemon.log();

  const Finished late = daemon.cli({"queue", "discard", id});
  EXPECT_EQ(late.exit, 1) << "a done push can't be discarded";
  EXPECT_FALSE(late.err.empty());
  const Finished unknown = daemon.cli({"queue", "show", "999999"});
  EXPECT_EQ(unknown.exit, 1);
  EXPECT_NE(unknown.err.find("999999"), std::string::npos) << unknown.err;

  const Finished story = daemon.cli({"explain", "QC-20"});
  EXPECT_EQ(story.exit, 0) << story.err;
  for (const char* part : {"QC-20", "synchronized", "destination.name", "There again"}) {
    EXPECT_NE(story.out.find(part), std::string::npos) << part << " in: " << story.out;
  }
  EXPECT_EQ(json::parse(daemon.cli({"explain", "QC-20", "--json"}).out).at("id"), "QC-20");
  EXPECT_EQ(daemon.cli({"explain", "QC-never"}).exit, 1);
}

TEST(Queue, DiscardsWithoutADaemon) {
  Daemon daemon({.properties = {{"push.service.retry.first", "1h"}}});
  std::filesystem::remove(daemon.left());
  daemon.start();
  const Answer pushed = ask(daemon.address(), body_form(std::string(document)));
  const std::string id = pushed.header("Location").substr(std::string_view{"/api/v1/pushes/"}.size());
  daemon.kill();
  EXPECT_EQ(daemon.cli({"queue", "discard", id}).exit, 0);
  const json shown = json::parse(daemon.cli({"queue", "show", id, "--json"}).out);
  EXPECT_EQ(shown.at("state"), "done");
  EXPECT_EQ(shown.at("outcome"), "discarded");
}

TEST(Sync, ADryRunSaysWhatEveryPassWouldWriteAndWritesNothing) {
  Daemon daemon;
  support::write_file(
      daemon.right() / ".fields.json",
      R"({"fields":{"name":{"kind":"text","maxLength":10},"req-priority":{"kind":"text"},"req-type":{"kind":"text"}}})");
  support::write_record(daemon.left(), "QC", "QC-20", {{"summary", "Pay by credit card"}, {"priority", "High"}});
  support::write_record(daemon.left(), "QC", "QC-21", {{"summary", "Short"}, {"priority", "High"}});
  EXPECT_EQ(daemon.cli({"sync", "Jira6QC11Req", "--all", "--dry-run"}).exit, 1) << "it needs the daemon";
  daemon.start();
  const std::vector<std::string> command{"sync", "Jira6QC11Req", "--all", "--origin", "source", "--dry-run"};
  const Finished text = daemon.cli(command);
  EXPECT_EQ(text.exit, 0) << text.err;
  for (const char* part : {"QC-20", "Would create a record", "+ destination.name: Pay by cr…", "QC-21",
                           "2 records: 2 synchronized; nothing was written"}) {
    EXPECT_NE(text.out.find(part), std::string::npos) << part << " in: " << text.out;
  }
  EXPECT_TRUE(support::read_records(daemon.right(), "QualityCenter").empty());
  EXPECT_EQ(daemon.cli({"queue", "list"}).out.find("QC-20"), std::string::npos);

  // What it foretold comes true.
  EXPECT_EQ(daemon.cli({"sync", "Jira6QC11Req", "--all", "--origin", "source"}).exit, 0);
  EXPECT_TRUE(eventually([&] { return support::read_records(daemon.right(), "QualityCenter").size() == 2; }))
      << daemon.log();
  std::vector<std::string> names;
  for (const json& record : support::read_records(daemon.right(), "QualityCenter"))
    names.push_back(record.at("fields").at("name").get<std::string>());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"Pay by cr…", "Short"}));
  std::vector<std::string> as_json = command;
  as_json.emplace_back("--json");
  json again;
  EXPECT_TRUE(eventually([&] {
    again = json::parse(daemon.cli(as_json).out);
    return again.at("counts") == json{{"nothing to do", 2}};
  })) << again.dump(2);
  EXPECT_EQ(again.at("records"), 2);
  EXPECT_EQ(again.at("passes").size(), 2U);

  for (const json& record : support::read_records(daemon.right(), "QualityCenter")) {
    const std::string id = record.at("id");
    if (record.at("fields").at("name") == "Short")
      std::filesystem::remove(daemon.right() / "QualityCenter" / (id + ".json"));
  }
  support::write_record(daemon.left(), "QC", "QC-21", {{"summary", "Edited"}, {"priority", "High"}});
  const Finished trouble = daemon.cli(command);
  EXPECT_EQ(trouble.exit, 1) << trouble.out;
  EXPECT_NE(trouble.out.find("1 dead letter"), std::string::npos) << trouble.out;
  EXPECT_EQ(daemon.cli({"sync", "Jira6QC11Req", "--all", "--dry-run", "--detach"}).exit, 2);
}

TEST(Password, IsSetFromStandardInputAndNeverShown) {
  Daemon installation;
  const Finished set = installation.cli({"password", "set"}, "a much better one\n");
  EXPECT_EQ(set.exit, 0) << set.err;
  EXPECT_EQ((set.out + set.err).find("a much better one"), std::string::npos);
  EXPECT_NE(support::read_file(installation.properties_file()).find("push.service.admin.password.hash=$argon2id$"),
            std::string::npos);
  EXPECT_EQ(installation.cli({"check"}).exit, 0);
  EXPECT_NE(installation.cli({"password", "set"}, "\n").exit, 0) << "an empty password is refused";
}

}  // namespace
}  // namespace syncservice::contract

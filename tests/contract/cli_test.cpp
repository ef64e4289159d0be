// The command line: what it prints, its exit codes, and that it works with and without a running daemon.
#include "contract/contract.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>

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

TEST(CommandLine, NamesTheUnknownWordAndTheNearest) {
  const Finished wrong = run_binary({"explian", "QC-20"});
  EXPECT_EQ(wrong.exit, 2);
  EXPECT_NE(wrong.err.find("there is no command \"explian\"; did you mean \"explain\"?"), std::string::npos)
      << wrong.err;
  const Finished nested = run_binary({"--config", "x", "queue", "lst"});
  EXPECT_EQ(nested.exit, 2);
  EXPECT_NE(nested.err.find("there is no command \"lst\" of queue; did you mean \"list\"?"), std::string::npos)
      << nested.err;
  EXPECT_NE(run_binary({"nope"}).err.find("there is no command \"nope\"; see --help"), std::string::npos);
  const Finished number = run_binary({"links", "list", "--after", "0"});
  EXPECT_EQ(number.exit, 2);
  EXPECT_NE(number.err.find("\"0\" is not a number from 1 up"), std::string::npos) << number.err;
}

TEST(CommandLine, AnUnknownAppLinkIsNamedAndSoIsTheFormOfATime) {
  Daemon daemon;
  daemon.start();
  for (const char* what : {"queue", "links"}) {
    const Finished wrong = daemon.cli({what, "list", "--app-link", "Jira6QC11Re"});
    EXPECT_EQ(wrong.exit, 1) << wrong.out;
    EXPECT_NE(wrong.err.find("there is no app link \"Jira6QC11Re\"; did you mean \"Jira6QC11Req\"?"), std::string::npos)
        << wrong.err;
    EXPECT_EQ(daemon.cli({what, "list", "--app-link", "Jira6QC11Req"}).exit, 0);
  }
  const Finished since = daemon.cli({"sync", "Jira6QC11Req", "--since", "gestern"});
  EXPECT_EQ(since.exit, 1);
  EXPECT_NE(since.err.find("7d"), std::string::npos) << since.err;
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

TEST(CommandLine, ThePublishedPasswordIsNoNewOne) {
  Daemon installation;
  const Finished set = installation.cli({"password", "set"}, "welcome\n");
  EXPECT_EQ(set.exit, 1) << set.out;
  EXPECT_FALSE(set.err.empty());
}

TEST(CommandLine, PushesAreNamedByNumberOrSelectedNotBoth) {
  Daemon daemon;
  daemon.start();
  const Finished both = daemon.cli({"queue", "discard", "1", "--state", "waiting"});
  EXPECT_EQ(both.exit, 2) << both.out << both.err;
}

TEST(CommandLine, AFaultOfThePropertiesEndsEveryStartWithTheSameCode) {
  Daemon daemon;
  daemon.set_properties({{"push.service.port", "[::]:banana"}});
  const Finished start = daemon.start_in_vain();
  EXPECT_EQ(start.exit, 1) << start.err;
  EXPECT_NE((start.err + daemon.log()).find("ConnectAll.properties:"), std::string::npos) << start.err << daemon.log();
  EXPECT_EQ(daemon.cli({"check"}).exit, 1);
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

TEST(Sync, WaitsForItsPushesAndSaysWhatBecameOfThem) {
  Daemon daemon({.properties = {{"push.service.retry.first", "1s"}}});
  support::write_file(
      daemon.right() / ".fields.json",
      R"({"fields":{"name":{"kind":"text"},"req-priority":{"kind":"text"},"req-type":{"kind":"text"}}})");
  for (int i = 20; i < 30; ++i)
    support::write_record(daemon.left(), "QC", "QC-" + std::to_string(i), {{"summary", "s"}, {"priority", "High"}});
  daemon.start();
  const std::vector<std::string> command{"sync", "Jira6QC11Req", "--all", "--origin", "source"};
  const Finished first = daemon.cli(command);
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_EQ(first.out, "run 1  Jira6QC11Req  10 records: 10 synchronized\n");
  EXPECT_EQ(support::read_records(daemon.right(), "QualityCenter").size(), 10U);
  EXPECT_EQ(daemon.cli(command).out, "run 2  Jira6QC11Req  10 records: 10 nothing to do\n");

  for (const json& record : support::read_records(daemon.right(), "QualityCenter"))
    std::filesystem::remove(daemon.right() / "QualityCenter" / (record.at("id").get<std::string>() + ".json"));
  support::write_record(daemon.left(), "QC", "QC-21", {{"summary", "Edited"}, {"priority", "High"}});
  const Finished dead = daemon.cli(command);
  EXPECT_EQ(dead.exit, 1) << dead.out << dead.err;
  EXPECT_NE(dead.out.find("run 3  Jira6QC11Req  10 records: "), std::string::npos) << dead.out;
  EXPECT_NE(dead.out.find(" dead letter"), std::string::npos) << dead.out;
  EXPECT_NE(dead.out.find("syncservice queue list --state \"dead letter\""), std::string::npos) << dead.out;
  EXPECT_EQ(daemon.cli({"sync", "--watch", "3"}).exit, 1);
  EXPECT_EQ(daemon.cli({"sync", "--watch", "9"}).exit, 1);

  const std::string listed = daemon.cli({"sync"}).out;
  for (const char* part : {"RUN", "APP LINK", "ORIGIN", "STARTED", "STATE", "Jira6QC11Req", "source", "ended",
                           "10 records: 10 nothing to do"}) {
    EXPECT_NE(listed.find(part), std::string::npos) << part << " in: " << listed;
  }
  const json shown = json::parse(daemon.cli({"sync", "--json"}).out).at("runs").at(2);
  EXPECT_EQ(shown.at("counts").at("synchronized"), 10);
  EXPECT_EQ(shown.at("counts").at("records"), 10);
}

TEST(Sync, APausedLinkIsToldAtOnceAndWaitingPushesSayWhy) {
  Daemon daemon;
  support::write_record(daemon.left(), "QC", "QC-20", {{"summary", "s"}, {"priority", "High"}});
  daemon.start();
  EXPECT_EQ(daemon.cli({"pause", "Jira6QC11Req"}).exit, 0);
  const Finished started = daemon.cli({"sync", "Jira6QC11Req", "--all", "--detach"});
  EXPECT_EQ(started.exit, 0) << started.err;
  EXPECT_NE(started.err.find("run 1  Jira6QC11Req waits: paused: app link Jira6QC11Req"), std::string::npos)
      << started.err;
  EXPECT_NE(started.out.find("syncservice sync --watch 1"), std::string::npos) << started.out;
  EXPECT_NE(daemon.cli({"sync"}).out.find("waits: paused: app link Jira6QC11Req"), std::string::npos);

  EXPECT_EQ(ask(daemon.address(), body_form(std::string(document))).status, 201);
  EXPECT_NE(daemon.cli({"queue", "list"}).out.find("paused: app link Jira6QC11Req"), std::string::npos);
  EXPECT_NE(daemon.cli({"explain", "QC-20"}).out.find("waiting: paused: app link Jira6QC11Req"), std::string::npos);
  EXPECT_EQ(daemon.cli({"resume", "Jira6QC11Req"}).exit, 0);
  EXPECT_EQ(daemon.cli({"sync", "--watch", "1"}).exit, 0);
  EXPECT_EQ(daemon.cli({"queue", "list"}).out.find("paused"), std::string::npos);
}

TEST(Sync, ATerminalGetsABarAndCtrlCLeavesTheRunGoingOn) {
  Daemon daemon({.properties = {{"push.service.retry.first", "1h"}}});
  for (int i = 20; i < 23; ++i)
    support::write_record(daemon.left(), "QC", "QC-" + std::to_string(i), {{"summary", "s"}, {"priority", "High"}});
  daemon.start();
  std::filesystem::remove_all(daemon.right());  // so that its pushes are tried again later
  EXPECT_EQ(daemon.cli({"sync", "Jira6QC11Req", "--all", "--origin", "source", "--detach"}).exit, 0);
  EXPECT_TRUE(eventually([&] {
    return json::parse(daemon.cli({"sync", "--json"}).out).at("runs").at(0).at("counts").at("retrying") == 3;
  }));

  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(master, 0);
  ASSERT_EQ(::grantpt(master), 0);
  ASSERT_EQ(::unlockpt(master), 0);
  const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  support::Process process(daemon.cli_command({"sync", "--watch", "1"}), terminal, terminal);
  std::string shown;
  const auto read_until = [&](std::string_view part) {
    return eventually([&] {
      pollfd readable{master, POLLIN, 0};
      if (::poll(&readable, 1, 100) == 1) {
        std::array<char, 4096> bytes{};
        const ssize_t count = ::read(master, bytes.data(), bytes.size());
        if (count > 0) shown.append(bytes.data(), static_cast<std::size_t>(count));
      }
      return shown.find(part) != std::string::npos;
    });
  };
  EXPECT_TRUE(
      read_until("\rrun 1  Jira6QC11Req  [....................]  0 %  0 of 3 done, 3 failed (3 tried again)\x1b[K"))
      << shown;
  process.signal(SIGINT);
  EXPECT_EQ(process.wait(std::chrono::seconds{20}), 130);
  EXPECT_TRUE(read_until("goes on in the daemon; watch it with: syncservice sync --watch 1")) << shown;
  ::close(terminal);
  ::close(master);
  EXPECT_FALSE(daemon.cli({"sync"}).out.find("3 records: 3 to do") == std::string::npos);
}

TEST(Links, ATableCanBeRunAgainAndEveryRefusalNamesItsLine) {
  Daemon daemon;
  daemon.set_registry(R"(applications:
  jira: { adapter: folder, path: @LEFT@ }
  qc:   { adapter: folder, path: @RIGHT@ }
appLinks:
  - name: L
    source: { application: jira }
    destination: { application: qc }
    projects:
      - { source: A, destination: R }
      - { source: B, destination: S }
    fields:
      - { source: summary, destination: name }
)");
  for (const char* id : {"1", "2", "3"}) {
    support::write_record(daemon.left(), "A", std::string("A-") + id, {{"summary", "x"}});
    support::write_record(daemon.right(), "R", std::string("R-") + id, {{"name", "x"}});
  }
  daemon.start();
  const Finished which = daemon.cli({"links", "add", "L", "A-1", "R-1"});
  EXPECT_EQ(which.exit, 1);
  EXPECT_NE(which.err.find("--source-project"), std::string::npos) << which.err;

  const std::string table = (daemon.folder() / "pairs.csv").string();
  const std::vector<std::string> command{"links", "add", "L", "--csv", table};
  write_file(table, "source,destination,sourceProject,destinationProject\nA-1,R-1,A,R\nA-2,R-2,A,R\n");
  const Finished first = daemon.cli(command);
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_NE(first.out.find("2 of 2 links added, 0 were there already, 0 refused"), std::string::npos) << first.out;
  const Finished again = daemon.cli(command);
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_NE(again.out.find("pairs.csv:2: already linked: link 1"), std::string::npos) << again.out;
  EXPECT_NE(again.out.find("0 of 2 links added, 2 were there already, 0 refused"), std::string::npos) << again.out;

  // Linked otherwise; projects that are no pair; records that there are not.
  write_file(table,
             "source,destination,sourceProject,destinationProject\nA-1,R-2,A,R\nA-3,R-3,A,S\nA-9,R-3,A,R\n"
             "A-3,R-9,A,R\nA-3,R-3,A,R\n");
  const Finished refused = daemon.cli(command);
  EXPECT_EQ(refused.exit, 1);
  for (const char* part :
       {"pairs.csv:2: A/A-1 is linked to", "pairs.csv:3: the app link pairs no project \"A\" with \"S\"",
        "A - R, B - S", "pairs.csv:4: The source, jira, has no record A/A-9.",
        "pairs.csv:5: The destination, qc, has no record R/R-9."}) {
    EXPECT_NE(refused.err.find(part), std::string::npos) << part << " in: " << refused.err;
  }
  EXPECT_NE(refused.out.find("1 of 5 links added, 0 were there already, 4 refused"), std::string::npos) << refused.out;
  write_file(table, "source,destination,sourceProject,destinationProject\nA-9,R-9,A,R\n");
  EXPECT_EQ(daemon.cli({"links", "add", "L", "--csv", table, "--no-check"}).exit, 0);

  // What is wrong with the table itself is said at once, and nothing is linked.
  write_file(table, "source,destination,sourceProject,destinationProject\nA-5\n,R-6,A,R\nA-7,R-7,A,R\nA-8,R-8,A,R,x\n");
  const Finished faulty = daemon.cli(command);
  EXPECT_EQ(faulty.exit, 1);
  for (const char* part :
       {"pairs.csv:2: it has 1 fields", "pairs.csv:3: source and destination", "pairs.csv:5: it has 5"})
    EXPECT_NE(faulty.err.find(part), std::string::npos) << part << " in: " << faulty.err;
  EXPECT_EQ(json::parse(daemon.cli({"links", "list", "--json"}).out).at("links").size(), 4U);
  write_file(table, "source,destination\n");
  EXPECT_NE(daemon.cli(command).out.find("0 of 0 links added"), std::string::npos);
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

// syncservice — the command line. docs/admin-guide.md documents commands and exit codes.
#include "commands.hpp"
#include "print.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>

namespace syncservice::app {

std::string default_config() {
  const char* const here = "conf/ConnectAll.properties";
  std::error_code error;
  return std::filesystem::exists(here, error) ? here : "/etc/syncservice/ConnectAll.properties";
}

namespace {

/// A subcommand whose help ends with an example.
CLI::App* command(CLI::App& parent, const std::string& name, const std::string& what, const std::string& example) {
  CLI::App* sub = parent.add_subcommand(name, what);
  sub->footer("\nExample:\n  " + example);
  sub->fallthrough();
  return sub;
}

/// The options that choose pushes.
void selection(CLI::App* sub, QueueOptions& options) {
  sub->add_option("--state", options.state, "waiting, running, done, \"dead letter\" or held");
  sub->add_option("--app-link", options.app_link, "only pushes of this app link");
  sub->add_option("--id", options.id, "only pushes of this record");
}

int run(int argc, char** argv) {
  CLI::App app{"syncservice: the PUSH gateway that keeps issue trackers in step.", "syncservice"};
  app.require_subcommand(1);
  app.footer(
      "\nExit codes: 0 done; 1 a fault was found or the request was refused; 2 wrong command line; 3 the daemon can't "
      "start or be reached.\n\nExample:\n  syncservice serve --config conf/ConnectAll.properties");
  Common common;
  common.config = default_config();
  app.add_option("--config", common.config, "the properties file")->capture_default_str();
  app.add_flag("--json", common.json, "print data as JSON");
  int code = success;

  command(app, "serve", "Run the daemon until SIGTERM; SIGHUP reads the configuration again.",
          "syncservice serve --config /etc/syncservice/ConnectAll.properties")
      ->callback([&] { code = serve(common); });
  command(app, "check", "Read properties and app links and print every fault as file:line:column.",
          "syncservice check --config conf/ConnectAll.properties")
      ->callback([&] { code = check(common); });

  CLI::App* keys = command(app, "keys", "Create, list and revoke API keys; works while the daemon runs.",
                           "syncservice keys create jira --app-link Jira6QC11Req --origin source --expires 90d");
  keys->require_subcommand(1);
  KeyOptions key;
  CLI::App* create = command(*keys, "create", "Create a key and print it, this once.",
                             "syncservice keys create jira --app-link Jira6QC11Req --origin source --expires 90d");
  create->add_option("name", key.name, "a name to know it by")->required();
  create->add_option("--app-link", key.app_links, "an app link it may push for; repeat for more (default: all)")
      ->allow_extra_args(false);
  create->add_option("--origin", key.origin, "source or destination (default: both)");
  create->add_option("--expires", key.expires, "how long it is valid, for example 90d (default: for ever)");
  create->callback([&] { code = create_key(common, key); });
  command(*keys, "list", "List the keys, not their secrets.", "syncservice keys list --json")->callback([&] {
    code = list_keys(common);
  });
  std::string revoked;
  CLI::App* revoke = command(*keys, "revoke", "Revoke a key at once.", "syncservice keys revoke jira");
  revoke->add_option("key", revoked, "its name or id")->required();
  revoke->callback([&] { code = revoke_key(common, revoked); });

  CLI::App* queue = command(app, "queue", "Look at pushes, try them again or discard them.",
                            "syncservice queue list --state \"dead letter\"");
  queue->require_subcommand(1);
  QueueOptions options;
  CLI::App* list = command(*queue, "list", "List pushes, newest first.",
                           "syncservice queue list --state waiting --app-link Jira6QC11Req --json");
  selection(list, options);
  list->add_option("--before", options.before, "only pushes older than this one, for paging")
      ->check(CLI::PositiveNumber);
  list->add_option("--limit", options.limit, "how many at most")->check(CLI::Range(1, 1000))->capture_default_str();
  list->callback([&] { code = list_queue(common, options); });

  std::int64_t shown = 0;
  CLI::App* show = command(*queue, "show", "Show a push and its passes.", "syncservice queue show 42");
  show->add_option("push", shown, "its number")->required();
  show->callback([&] { code = show_push(common, shown); });

  std::vector<std::int64_t> chosen;
  bool all = false;
  const auto acting = [&](const char* name, const char* what, const char* example, auto act) {
    CLI::App* sub = command(*queue, name, what, example);
    sub->add_option("push", chosen, "the numbers of pushes");
    sub->add_flag("--all", all, "every push that the options below choose");
    selection(sub, options);
    sub->callback([&, act] {
      if (chosen.empty() != all) throw CLI::ValidationError("name pushes, or give --all with --state");
      if (all && options.state.empty()) throw CLI::ValidationError("--all needs --state");
      code = act(common, chosen, options);
    });
  };
  acting("retry", "Try pushes again now.", "syncservice queue retry --all --state \"dead letter\"", retry_pushes);
  acting("discard", "End pushes for good.", "syncservice queue discard 42 43", discard_pushes);

  std::string record;
  CLI::App* why = command(app, "explain", "Tell the story of a record: pushes, passes, what was read and written.",
                          "syncservice explain QC-20");
  why->add_option("id", record, "the record's id or key, as it was pushed")->required();
  why->callback([&] { code = explain(common, record); });

  CLI::App* password = command(app, "password", "The administrator's password.", "syncservice password set");
  password->require_subcommand(1);
  command(*password, "set", "Ask for a new password and write its Argon2id hash into the properties file.",
          "syncservice password set")
      ->callback([&] { code = set_password(common); });

  command(app, "version", "Print the version.", "syncservice version --json")->callback([&] {
    if (common.json) {
      print_json({{"version", SYNCSERVICE_VERSION}});
    } else {
      std::cout << "syncservice " << SYNCSERVICE_VERSION << '\n';
    }
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? success : usage;
  }
  return code;
}

}  // namespace
}  // namespace syncservice::app

int main(int argc, char** argv) {
  try {
    return syncservice::app::run(argc, argv);
  } catch (const std::exception& problem) {
    syncservice::app::print_error(std::string{"unexpected failure: "} + problem.what());
    return syncservice::app::unavailable;
  }
}

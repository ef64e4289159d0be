// syncservice — the command line. docs/admin-guide.md documents commands and exit codes.
#include "commands.hpp"
#include "print.hpp"

#include "syncservice/base/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <vector>

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

CLI::Validator number_from_1() {
  return {[](std::string& given) {
            const bool digits = !given.empty() && given.find_first_not_of("0123456789") == std::string::npos;
            return digits && given.find_first_not_of('0') != std::string::npos
                       ? std::string{}
                       : "\"" + text::printable(given) + "\" is not a number from 1 up";
          },
          "NUMBER"};
}

/// The first word of the command line that no command is called, with what is nearest to it; empty when there is none.
std::string unknown_command(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--config") ++i;
    if (word.starts_with('-')) continue;
    const auto subs = at->get_subcommands([](const CLI::App*) { return true; });
    const auto found =
        std::find_if(subs.begin(), subs.end(), [&](const CLI::App* sub) { return sub->get_name() == word; });
    if (found != subs.end()) {
      at = *found;
      continue;
    }
    if (subs.empty()) return {};
    std::vector<std::string> names;
    for (const CLI::App* sub : subs) names.push_back(sub->get_name());
    const std::vector<std::string> near = text::nearest(word, names);
    std::string message = "there is no command \"" + text::printable(word) + "\"";
    if (at != &app) message += " of " + at->get_name();
    return message + (near.empty() ? "; see --help" : "; did you mean " + text::quoted_list(near) + "?");
  }
  return {};
}

/// The options that choose pushes.
void selection(CLI::App* sub, QueueOptions& options) {
  sub->add_option("--state", options.state, "waiting, running, done, \"dead letter\" or held");
  sub->add_option("--app-link", options.app_link, "only pushes of this app link");
  sub->add_option("--id", options.id, "only pushes of this record");
}

/// What the commands below parse into; lives until the callbacks have run.
struct EngineArguments {
  PauseOptions paused;
  PreviewOptions previewed;
  LinkOptions links;
  std::string new_name;
  LinkOptions::Pair pair;
  ConflictOptions conflicts;
  SyncOptions sync;
  std::int64_t link = 0, run = 0, watched = 0;
  bool all = false;
};

void pause_commands(CLI::App& app, const Common& common, int& code, EngineArguments& in) {
  for (const bool ends : {false, true}) {
    CLI::App* sub =
        ends ? command(app, "resume", "Let the pushes of an app link or an application run again.",
                       "syncservice resume Jira6QC11Req")
             : command(app, "pause", "Accept and keep the pushes of an app link or an application, run none.",
                       "syncservice pause --application jira");
    sub->add_option("name", in.paused.name, ends ? "its name" : "its name; without one, what is paused is listed")
        ->required(ends);
    sub->add_flag("--application", in.paused.application, "the name is that of an application");
    sub->callback([&, ends] {
      if (ends) {
        code = resume(common, in.paused);
      } else {
        code = in.paused.name.empty() ? list_pauses(common) : pause(common, in.paused);
      }
    });
  }
}

void link_commands(CLI::App& app, const Common& common, int& code, EngineArguments& in) {
  CLI::App* links = command(app, "links", "Which record is whose twin; adopt existing twins without creating any.",
                            "syncservice links add Jira6QC11Req QC-20 17");
  links->require_subcommand(1);
  CLI::App* list =
      command(*links, "list", "List record links, oldest first.", "syncservice links list --app-link Jira6QC11Req");
  list->add_option("--app-link", in.links.app_link, "only those of this app link");
  list->add_option("--after", in.links.after, "only those after this number, for paging")->check(number_from_1());
  list->add_option("--limit", in.links.limit, "how many at most")->check(CLI::Range(1, 1000))->capture_default_str();
  list->callback([&] { code = list_links(common, in.links); });
  CLI::App* show = command(*links, "show", "Show a link and the fields that the last pass left on both sides.",
                           "syncservice links show 7");
  show->add_option("link", in.link, "its number")->required();
  show->callback([&] { code = show_link(common, in.link); });
  CLI::App* add = command(*links, "add",
                          "Make twins of two records that exist; nothing is created. What is linked already stays so.",
                          "syncservice links add Jira6QC11Req --csv pairs.csv");
  add->add_option("appLink", in.links.app_link, "the app link")->required();
  add->add_option("source", in.pair.source, "id of the record at the source");
  add->add_option("destination", in.pair.destination, "id of the record at the destination");
  add->add_option("--source-project", in.pair.source_project, "its project, where the app link has several");
  add->add_option("--destination-project", in.pair.destination_project, "its project, where the app link has several");
  add->add_option("--csv", in.links.csv,
                  "a table of pairs instead: source,destination[,sourceProject,destinationProject]");
  add->add_flag("!--no-check", in.links.check, "don't ask the applications whether the records exist");
  add->callback([&] {
    if (in.links.csv.empty() == (in.pair.source.empty() || in.pair.destination.empty())) {
      throw CLI::ValidationError("give the ids of two records, or --csv FILE");
    }
    if (in.links.csv.empty()) in.links.pairs.push_back(in.pair);
    code = add_links(common, in.links);
  });
  CLI::App* rename = command(*links, "rename", "Hand all record links over to an app link that got another name.",
                             "syncservice links rename Jira6QC11Req JiraRequirements");
  rename->add_option("from", in.links.app_link, "its name before")->required();
  rename->add_option("to", in.new_name, "its name in the app-link file now")->required();
  rename->callback([&] { code = rename_links(common, in.links.app_link, in.new_name); });
  CLI::App* remove = command(*links, "remove", "Forget that two records are twins; both stay as they are.",
                             "syncservice links remove 7");
  remove->add_option("link", in.link, "its number")->required();
  remove->callback([&] { code = remove_link(common, in.link); });
}

void conflict_commands(CLI::App& app, const Common& common, int& code, EngineArguments& in) {
  CLI::App* conflicts = command(app, "conflicts", "Fields that changed on both sides and wait for a person.",
                                "syncservice conflicts resolve 7 --winner source");
  conflicts->require_subcommand(1);
  command(*conflicts, "list", "List what is held, oldest first.", "syncservice conflicts list --json")->callback([&] {
    code = list_conflicts(common, {});
  });
  CLI::App* show = command(*conflicts, "show", "Show what is held of one record link.", "syncservice conflicts show 7");
  show->add_option("link", in.conflicts.link, "the link's number")->required()->check(number_from_1());
  show->callback([&] { code = list_conflicts(common, in.conflicts); });
  CLI::App* resolve = command(*conflicts, "resolve", "Say whose value counts, and let the push run.",
                              "syncservice conflicts resolve 7 --winner source --field summary");
  resolve->add_option("link", in.conflicts.link, "the link's number")->required()->check(number_from_1());
  resolve->add_option("--winner", in.conflicts.winner, "source or destination")->required();
  resolve->add_option("--field", in.conflicts.field, "the field's name at the source (default: every field)");
  resolve->callback([&] { code = resolve_conflict(common, in.conflicts); });
}

void sync_commands(CLI::App& app, const Common& common, int& code, EngineArguments& in) {
  CLI::App* seen = command(app, "preview", "Read both sides and print what a pass would write; write nothing.",
                           "syncservice preview Jira6QC11Req source QC-20");
  seen->add_option("appLink", in.previewed.app_link, "the app link")->required();
  seen->add_option("origin", in.previewed.origin, "source or destination")->required();
  seen->add_option("id", in.previewed.id, "the record's id")->required();
  seen->add_option("--project", in.previewed.project, "its project, where the app link has several");
  seen->callback([&] { code = preview(common, in.previewed); });

  CLI::App* sync =
      command(app, "sync",
              "Push every record of an app link, or those that changed, beside live pushes, and wait until all have "
              "ended.\nWithout an app link: list the runs.",
              "syncservice sync Jira6QC11Req --since 7d\n\nExit codes: 0 every record is synchronized or had nothing "
              "to do; 1 there are dead letters or held conflicts, the listing failed, or the request was refused;\n2 "
              "wrong command line; 3 the daemon can't be reached; 130 Ctrl-C (the run goes on).");
  sync->add_option("appLink", in.sync.app_link, "the app link");
  sync->add_option("--origin", in.sync.origin, "source or destination (default: every side that sends)");
  CLI::Option* since = sync->add_option("--since", in.sync.since,
                                        "only records changed since then: 2026-11-24, 2026-11-24T02:00:00Z, or 7d ago");
  CLI::Option* every = sync->add_flag("--all", in.all, "every record")->excludes(since);
  sync->add_option("--query", in.sync.query, "a condition in the system's query language, or as in onlyWhen");
  CLI::Option* detach = sync->add_flag("--detach", in.sync.detach, "return at once; the daemon goes on");
  sync->add_flag("--dry-run", in.sync.dry_run, "print what the pass over each record would write; write nothing")
      ->excludes(detach);
  sync->add_option("--watch", in.watched, "wait for this run, begun earlier")->check(number_from_1());
  sync->add_option("--cancel", in.run, "end this run instead")->check(number_from_1());
  sync->callback([&, since, every] {
    if (in.watched > 0) {
      code = watch_run(common, in.watched);
    } else if (in.run > 0) {
      code = cancel_run(common, in.run);
    } else if (in.sync.app_link.empty()) {
      code = list_runs(common);
    } else {
      if (since->count() == 0 && every->count() == 0 && in.sync.query.empty()) {
        throw CLI::ValidationError("say which records: --since T, --query Q or --all");
      }
      code = in.sync.dry_run ? dry_run(common, in.sync) : sync_link(common, in.sync);
    }
  });
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
  bool online = false;
  CLI::App* checks = command(app, "check", "Read properties and app links and print every fault as file:line:column.",
                             "syncservice check --online --config conf/ConnectAll.properties");
  checks->add_flag("--online", online, "ask the applications too: do projects, types, fields and options exist?");
  checks->callback([&] { code = check(common, online); });

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
  list->add_option("--before", options.before, "only pushes older than this one, for paging")->check(number_from_1());
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
      if (!all && !(options.state.empty() && options.app_link.empty() && options.id.empty()))
        throw CLI::ValidationError(
            "--state, --app-link and --id choose pushes with --all; leave them out beside numbers");
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

  EngineArguments engine;
  sync_commands(app, common, code, engine);
  link_commands(app, common, code, engine);
  conflict_commands(app, common, code, engine);
  pause_commands(app, common, code, engine);

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
  } catch (const CLI::RequiredError& error) {
    const std::string unknown = unknown_command(app, {argv + 1, argv + argc});
    if (unknown.empty()) return app.exit(error) == 0 ? success : usage;
    print_error(unknown);
    return usage;
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

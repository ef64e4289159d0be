// pause, resume, preview, sync, links and conflicts: calls of /api/v1.
#include "control.hpp"
#include "csv.hpp"

#include "syncservice/base/clock.hpp"
#include "syncservice/base/text.hpp"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>

namespace syncservice::app {
namespace {

// How often a run is looked at while its progress is shown.
constexpr std::chrono::milliseconds look_again{200};

std::string path_of(const char* what, std::int64_t number) {
  return std::string{"/api/v1/"} + what + '/' + std::to_string(number);
}

void print_link(const ordered_json& link) {
  std::cout << "link " << cell(link, "link") << ": " << record_of(link["source"]) << " <-> "
            << record_of(link["destination"]) << " since " << cell(link, "created");
  if (!link["withdrawn"].is_null()) std::cout << ", withdrawn at the " << cell(link, "withdrawn");
  std::cout << '\n';
}

void print_conflict(const ordered_json& conflict) {
  std::cout << "link " << cell(conflict, "link") << ": " << record_of(conflict["source"]) << " <-> "
            << record_of(conflict["destination"]) << ", held since " << cell(conflict, "since") << '\n'
            << "  source." << cell(conflict, "sourceField") << ": " << conflict["sourceValue"].dump() << '\n'
            << "  destination." << cell(conflict, "destinationField") << ": " << conflict["destinationValue"].dump()
            << '\n';
  if (!conflict["winner"].is_null()) {
    std::cout << "  decided by " << cell(conflict, "decidedBy") << ": " << cell(conflict, "winner") << " wins\n";
  }
}

struct Progress {
  std::int64_t found = 0, pushed = 0;
  std::string problem;
};

Progress progress_of(const ordered_json& run) {
  Progress progress;
  for (const auto& part : run["parts"]) {
    progress.found += part["found"].get<std::int64_t>();
    progress.pushed += part["pushed"].get<std::int64_t>();
    if (!part["problem"].is_null()) progress.problem = cell(part, "problem");
  }
  return progress;
}

std::string line_of(const ordered_json& run) {
  const Progress progress = progress_of(run);
  std::string line = "run " + cell(run, "run") + ": " + std::to_string(progress.found) + " records found, " +
                     std::to_string(progress.pushed) + " pushed";
  if (!progress.problem.empty()) line += "; last problem: " + progress.problem;
  return line;
}

// "2026-11-24", "2026-11-24T02:00:00Z", or how long ago: "7d".
std::string instant_of(const std::string& given) {
  if (const auto ago = parse_duration(given);
      ago && !given.empty() && given.find_first_not_of("0123456789") < given.size()) {
    return to_rfc3339(SystemClock{}.now() - *ago);
  }
  return given.size() == 10 ? given + "T00:00:00Z" : given;
}

ordered_json body_of(const SyncOptions& options) {
  ordered_json body{{"appLinkName", options.app_link}};
  if (!options.origin.empty()) body["origin"] = options.origin;
  if (!options.since.empty()) body["since"] = instant_of(options.since);
  if (!options.query.empty()) body["query"] = options.query;
  return body;
}

void print_preview(const ordered_json& pass) {
  std::cout << record_of(pass["record"]) << '\n' << "  " << cell(pass, "outcome");
  if (const std::string reason = cell(pass, "reason"); !reason.empty()) std::cout << ": " << reason;
  std::cout << '\n';
  if (!pass["twin"].is_null()) std::cout << "  twin: " << record_of(pass["twin"]) << '\n';
  for (const auto& change : pass["changes"]) {
    std::cout << "  - " << cell(change, "side") << '.' << cell(change, "field") << ": "
              << text::printable(cell(change, "from"), 2000) << "\n  + " << cell(change, "side") << '.'
              << cell(change, "field") << ": " << text::printable(cell(change, "to"), 2000) << "   ("
              << cell(change, "because") << ")\n";
  }
}

// What the previews of a dry run came to, printed as they come: there may be more than fit into memory.
class DryRun {
 public:
  explicit DryRun(bool json) : json_(json) {
    if (json_) std::cout << R"({"passes": [)";
  }
  void add(const ordered_json& pass) {
    const std::string outcome = cell(pass, "outcome");
    if (json_) {
      std::cout << (counts_.empty() ? "\n  " : ",\n  ") << pass.dump();
    } else if (outcome != "nothing to do" && outcome != "filtered") {
      print_preview(pass);
    }
    ++counts_[outcome];
  }
  /// The exit code.
  int finish() {
    std::int64_t all = 0;
    ordered_json counts = ordered_json::object();
    std::string text;
    for (const auto& [outcome, count] : counts_) {
      all += count;
      counts[outcome] = count;
      text += (text.empty() ? ": " : ", ") + std::to_string(count) + ' ' + outcome;
    }
    if (json_) {
      std::cout << "\n], \"records\": " << all << ", \"counts\": " << counts.dump() << "}\n";
    } else {
      std::cout << all << (all == 1 ? " record" : " records") << text << "; nothing was written\n";
    }
    const bool trouble = counts_.contains("failed") || counts_.contains("dead letter") || counts_.contains("held");
    return trouble ? refused : success;
  }

 private:
  const bool json_;
  std::map<std::string, std::int64_t> counts_;  // by outcome
};

}  // namespace

int pause(const Common& common, const PauseOptions& options) {
  const ordered_json body =
      options.application ? ordered_json{{"application", options.name}} : ordered_json{{"appLinkName", options.name}};
  return run(common, "POST", "/api/v1/pauses", body, [](const ordered_json& pause) {
    std::cout << "paused: " << cell(pause, "kind") << ' ' << cell(pause, "name")
              << "; its pushes are accepted and kept\n";
  });
}

int resume(const Common& common, const PauseOptions& options) {
  const std::string target = std::string{"/api/v1/pauses/"} + (options.application ? "application/" : "app-link/") +
                             text::percent_encode(options.name);
  return run(common, "DELETE", target, nullptr,
             [](const ordered_json& done) { std::cout << "resumed: " << cell(done, "resumed") << '\n'; });
}

int list_pauses(const Common& common) {
  return run(common, "GET", "/api/v1/pauses", nullptr, [](const ordered_json& document) {
    if (document["pauses"].empty()) {
      std::cout << "nothing is paused\n";
      return;
    }
    Table table({"KIND", "NAME", "BY", "SINCE"});
    for (const auto& pause : document["pauses"]) {
      table.add({cell(pause, "kind"), cell(pause, "name"), cell(pause, "by"), cell(pause, "since")});
    }
    table.print();
  });
}

int preview(const Common& common, const PreviewOptions& options) {
  ordered_json body{{"appLinkName", options.app_link}, {"origin", options.origin}, {"id", options.id}};
  if (!options.project.empty()) body["project"] = options.project;
  return run(common, "POST", "/api/v1/preview", body, print_preview);
}

int list_links(const Common& common, const LinkOptions& options) {
  std::string query = "?limit=" + std::to_string(options.limit);
  if (!options.app_link.empty()) query += "&appLinkName=" + text::percent_encode(options.app_link);
  if (options.after > 0) query += "&after=" + std::to_string(options.after);
  return run(common, "GET", "/api/v1/links" + query, nullptr, [](const ordered_json& document) {
    for (const auto& link : document["links"]) print_link(link);
    if (document["links"].empty()) std::cout << "no record links\n";
  });
}

int show_link(const Common& common, std::int64_t link) {
  return run(common, "GET", path_of("links", link), nullptr, [](const ordered_json& document) {
    print_link(document);
    for (const char* side : {"source", "destination"}) {
      for (const auto& [name, value] : document[std::string{side} + "Fields"].items()) {
        std::cout << "  " << side << '.' << name << ": " << value.dump() << '\n';
      }
    }
  });
}

int remove_link(const Common& common, std::int64_t link) {
  return run(common, "DELETE", path_of("links", link), nullptr, [](const ordered_json& document) {
    std::cout << "removed ";
    print_link(document);
  });
}

int add_links(const Common& common, const LinkOptions& options) {
  std::vector<LinkOptions::Pair> pairs = options.pairs;
  if (!options.csv.empty()) {
    std::ifstream file(options.csv, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    if (!file) {
      print_error("can't read " + options.csv);
      return refused;
    }
    auto read = pairs_in_csv(content.str(), options.csv);
    if (!read) {
      print_error(read.error().message);
      return refused;
    }
    pairs = std::move(*read);
  }
  auto control = Control::open(common);
  if (!control) return unavailable;
  int worst = success;
  ordered_json done = ordered_json::array();
  for (const LinkOptions::Pair& pair : pairs) {
    ordered_json body{{"appLinkName", options.app_link}, {"source", pair.source}, {"destination", pair.destination}};
    if (!pair.source_project.empty()) body["sourceProject"] = pair.source_project;
    if (!pair.destination_project.empty()) body["destinationProject"] = pair.destination_project;
    if (auto link = control->call("POST", "/api/v1/links", body)) {
      if (!common.json) print_link(*link);
      done.push_back(std::move(*link));
    } else {
      worst = std::max(worst, control->exit());
      if (worst == unavailable) break;
    }
  }
  if (common.json) print_json(done);
  if (!common.json && pairs.size() > 1) std::cout << done.size() << " of " << pairs.size() << " links added\n";
  return worst;
}

int list_conflicts(const Common& common, const ConflictOptions& options) {
  std::string query = "?limit=1000";
  if (options.link > 0) query += "&link=" + std::to_string(options.link);
  return run(common, "GET", "/api/v1/conflicts" + query, nullptr, [](const ordered_json& document) {
    for (const auto& conflict : document["conflicts"]) print_conflict(conflict);
    if (document["conflicts"].empty()) std::cout << "nothing is held\n";
  });
}

int resolve_conflict(const Common& common, const ConflictOptions& options) {
  ordered_json body{{"winner", options.winner}};
  if (!options.field.empty()) body["field"] = options.field;
  return run(common, "POST", path_of("conflicts", options.link), body, [](const ordered_json& document) {
    if (document["settled"].get<bool>()) {
      std::cout << "settled; what was held runs now\n";
    } else {
      std::cout << "noted; other fields of this link still wait for a decision\n";
    }
  });
}

int sync_link(const Common& common, const SyncOptions& options) {
  auto control = Control::open(common);
  if (!control) return unavailable;
  auto started = control->call("POST", "/api/v1/runs", body_of(options));
  if (!started) return control->exit();
  const std::int64_t number = (*started)["run"].get<std::int64_t>();
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  ordered_json state = std::move(*started);
  // Nobody notifies it: the display is drawn anew now and then.
  std::mutex mutex;
  std::condition_variable refresh;
  std::unique_lock lock(mutex);
  while (!options.detach && state["underWay"].get<bool>()) {
    if (terminal && !common.json) std::cerr << "\r" << line_of(state) << "\x1b[K" << std::flush;
    refresh.wait_for(lock, look_again);
    auto next = control->call("GET", path_of("runs", number));
    if (!next) return control->exit();
    state = std::move(*next);
  }
  if (terminal && !common.json) std::cerr << "\r\x1b[K";
  if (common.json) {
    print_json(state);
  } else {
    std::cout << line_of(state) << (options.detach ? "; it goes on in the daemon" : "") << '\n';
  }
  return success;
}

int dry_run(const Common& common, const SyncOptions& options) {
  auto control = Control::open(common);
  if (!control) return unavailable;
  ordered_json wanted = body_of(options);
  auto page = control->call("POST", "/api/v1/run-records", wanted);
  if (!page) return control->exit();
  DryRun result(common.json);
  while (true) {
    for (const auto& record : (*page)["records"]) {
      const auto pass = control->call("POST", "/api/v1/preview", record);
      if (!pass) return control->exit();
      result.add(*pass);
    }
    if ((*page)["next"].is_null()) return result.finish();
    wanted["from"] = (*page)["next"];
    page = control->call("POST", "/api/v1/run-records", wanted);
    if (!page) return control->exit();
  }
}

int list_runs(const Common& common) {
  return run(common, "GET", "/api/v1/runs", nullptr, [](const ordered_json& document) {
    for (const auto& one : document["runs"]) {
      std::cout << line_of(one) << (one["underWay"].get<bool>() ? " (under way)" : "") << '\n';
    }
    if (document["runs"].empty()) std::cout << "no runs\n";
  });
}

int cancel_run(const Common& common, std::int64_t number) {
  return run(common, "DELETE", path_of("runs", number), nullptr,
             [](const ordered_json& document) { std::cout << "ended " << line_of(document) << '\n'; });
}

}  // namespace syncservice::app

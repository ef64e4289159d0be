// sync: starts runs over whole app links, shows how they get on and what they came to.
#include "control.hpp"

#include "syncservice/base/clock.hpp"
#include "syncservice/base/text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>
#include <iostream>
#include <map>

namespace syncservice::app {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// How often a run is looked at, and how often a line tells of it where there is no terminal.
constexpr milliseconds look_again{300};
constexpr seconds line_again{10};
constexpr int bar_width = 20;

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

std::string path_of_run(std::int64_t number) {
  return "/api/v1/runs/" + std::to_string(number);
}

// 4000 -> "4,000"
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

std::string duration_text(seconds time) {
  const auto count = time.count();
  if (count < 100) return std::to_string(std::max<std::int64_t>(count, 1)) + " s";
  if (count < 100 * 60) return std::to_string((count + 30) / 60) + " min";
  return std::to_string((count + 1800) / 3600) + " h";
}

/// A run as /api/v1 shows it.
struct Run {
  explicit Run(const ordered_json& document) {
    number = document["run"].get<std::int64_t>();
    app_link = cell(document["parts"].front(), "appLinkName");
    waits_because = cell(document, "waitsBecause");
    listing = document["listing"].get<bool>();
    const auto& counts = document["counts"];
    const auto count = [&](const char* name) { return counts[name].get<std::int64_t>(); };
    records = count("records");
    open = count("toPush") + count("waiting");
    retrying = count("retrying");
    dead = count("deadLetters");
    held = count("held");
    kinds = {{count("synchronized"), "synchronized"},
             {count("nothingToDo"), "nothing to do"},
             {count("other"), "ended otherwise"},
             {held, "held"},
             {dead, dead == 1 ? "dead letter" : "dead letters"}};
    for (const auto& part : document["parts"]) {
      found += part["found"].get<std::int64_t>();
      if (!part["problem"].is_null()) problem = cell(part, "problem");
    }
  }
  [[nodiscard]] bool ended() const { return !listing && open == 0; }
  [[nodiscard]] std::int64_t done() const { return records - open; }
  [[nodiscard]] int exit() const { return dead > 0 || held > 0 || !problem.empty() ? refused : success; }
  [[nodiscard]] std::string head() const { return "run " + std::to_string(number) + "  " + app_link; }

  /// "4,000 records: 3,998 synchronized, 2 dead letters"
  [[nodiscard]] std::string outcome() const {
    if (records == 0) return found == 0 ? "no records" : grouped(found) + " records found, none to synchronize";
    std::string text = grouped(records) + (records == 1 ? " record" : " records");
    const char* separator = ": ";
    for (const auto& [count, what] : kinds) {
      if (count == 0) continue;
      text.append(separator).append(grouped(count)).append(" ").append(what);
      separator = ", ";
    }
    return text;
  }

  std::int64_t number = 0, records = 0, open = 0, retrying = 0, dead = 0, held = 0, found = 0;
  std::string app_link, waits_because, problem;
  bool listing = false;
  std::vector<std::pair<std::int64_t, const char*>> kinds;
};

/// How a run gets on, drawn in place on a terminal, else told by a line now and then; on standard error.
class Display {
 public:
  explicit Display(bool quiet) : terminal_(::isatty(STDERR_FILENO) == 1), quiet_(quiet) {}

  void show(const Run& run) {
    if (!first_) first_ = {Steady::now(), run.done()};
    if (quiet_) return;
    if (terminal_) {
      std::cerr << "\r" << text::printable(line(run), columns()) << "\x1b[K" << std::flush;
    } else if (Steady::now() >= next_ || run.waits_because != told_) {
      std::cerr << line(run) << std::endl;
      next_ = Steady::now() + line_again;
    }
    told_ = run.waits_because;
  }
  void clear() const {
    if (terminal_ && !quiet_) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  static std::size_t columns() {
    winsize size{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20;
    return known ? size.ws_col - 1U : 99U;
  }

  [[nodiscard]] std::string line(const Run& run) const {
    std::string line = run.head() + "  ";
    if (run.listing) {
      line += "listing: " + grouped(run.records) + " found, " + grouped(run.done()) + " done";
    } else {
      const std::int64_t share = run.records == 0 ? 100 : run.done() * 100 / run.records;
      if (terminal_) {
        const auto full = static_cast<std::size_t>(share * bar_width / 100);
        line += '[' + std::string(full, '#') + std::string(bar_width - full, '.') + "]  ";
      }
      line += std::to_string(share) + " %  " + grouped(run.done()) + " of " + grouped(run.records) + " done";
    }
    if (run.dead + run.retrying > 0) line += ", " + grouped(run.dead + run.retrying) + " failed";
    if (run.retrying > 0) line += " (" + grouped(run.retrying) + " tried again)";
    if (run.held > 0) line += ", " + grouped(run.held) + " held";
    const double passed = std::chrono::duration<double>(Steady::now() - first_->first).count();
    const double rate = passed > 0.5 ? static_cast<double>(run.done() - first_->second) / passed : 0;
    if (rate >= 1) line += ", " + grouped(static_cast<std::int64_t>(rate)) + "/s";
    if (!run.listing && rate > 0) {
      line += ", " + duration_text(seconds{static_cast<std::int64_t>(static_cast<double>(run.open) / rate)}) + " left";
    }
    if (!run.waits_because.empty()) line += "; " + run.waits_because;
    if (!run.problem.empty()) line += "; last problem: " + run.problem;
    return line;
  }

  const bool terminal_, quiet_;
  std::optional<std::pair<Steady::time_point, std::int64_t>> first_;  // when it was seen first, and what was done
  Steady::time_point next_ = Steady::now() + line_again;
  std::string told_;
};

/// While it lives, Ctrl-C does not end the process but is waited for.
class Interrupt {
 public:
  Interrupt() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~Interrupt() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  /// True when it came within `time`.
  [[nodiscard]] bool wait(milliseconds time) const {
    const timespec limit{time.count() / 1000, time.count() % 1000 * 1'000'000};
    return ::sigtimedwait(&signals_, nullptr, &limit) == SIGINT;
  }

 private:
  sigset_t signals_{}, before_{};
};

int finish(const Common& common, const ordered_json& state) {
  const Run run(state);
  if (common.json) {
    print_json(state);
    return run.exit();
  }
  std::cout << run.head() << "  ";
  if (!run.problem.empty()) std::cout << "failed: " << run.problem << "; ";
  std::cout << run.outcome() << '\n';
  if (run.dead > 0) {
    std::cout << "look: syncservice queue list --state \"dead letter\" --app-link \"" << run.app_link << "\"\n";
  }
  if (run.held > 0) std::cout << "look: syncservice conflicts list\n";
  return run.exit();
}

std::string watch_again(const Run& run) {
  return run.head() + "  goes on in the daemon; watch it with: syncservice sync --watch " + std::to_string(run.number);
}

int watch(const Common& common, Control& control, const Interrupt& interrupt, ordered_json state) {
  Display display(common.json);
  while (true) {
    const Run run(state);
    if (run.ended()) {
      display.clear();
      return finish(common, state);
    }
    if (control.alone()) {
      print_error(run.head() + " has not ended, and the daemon does not run; start it, and the run goes on");
      return refused;
    }
    display.show(run);
    const Steady::time_point asked = Steady::now();
    auto next = control.call("GET", path_of_run(run.number));
    if (!next) return control.exit();
    state = std::move(*next);
    // Counting a large run costs the daemon something.
    const auto cost = std::chrono::duration_cast<milliseconds>(Steady::now() - asked);
    if (!Run(state).ended() && interrupt.wait(std::max(look_again, 10 * cost))) {
      display.clear();
      std::cerr << watch_again(run) << '\n';
      return interrupted;
    }
  }
}

}  // namespace

int sync_link(const Common& common, const SyncOptions& options) {
  const Interrupt interrupt;
  auto control = Control::open(common);
  if (!control) return unavailable;
  auto started = control->call("POST", "/api/v1/runs", body_of(options));
  if (!started) return control->exit();
  const Run run(*started);
  if (!run.waits_because.empty()) {
    print_error(run.head() + " waits: " + run.waits_because);
  }
  if (!options.detach) return watch(common, *control, interrupt, std::move(*started));
  if (common.json) {
    print_json(*started);
  } else {
    std::cout << watch_again(run) << '\n';
  }
  return success;
}

int watch_run(const Common& common, std::int64_t number) {
  const Interrupt interrupt;
  auto control = Control::open(common);
  if (!control) return unavailable;
  auto state = control->call("GET", path_of_run(number));
  if (!state) return control->exit();
  return watch(common, *control, interrupt, std::move(*state));
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
  return run(common, "GET", "/api/v1/runs?limit=20", nullptr, [](const ordered_json& document) {
    if (document["runs"].empty()) {
      std::cout << "no runs\n";
      return;
    }
    Table table({"RUN", "APP LINK", "ORIGIN", "STARTED", "STATE", "RECORDS"});
    for (const auto& one : document["runs"]) {
      const Run run(one);
      const auto& parts = one["parts"];
      std::string origin = cell(parts.front(), "origin");
      for (const auto& part : parts) {
        if (cell(part, "origin") != origin) origin = "both";
      }
      std::string state = run.listing ? "listing" : "under way";
      if (run.ended()) state = run.problem.empty() ? "ended" : "failed: " + run.problem;
      if (!run.waits_because.empty()) state = "waits: " + run.waits_because;
      std::string records = run.outcome();
      if (run.open > 0) records += (run.open == run.records ? ": " : ", ") + grouped(run.open) + " to do";
      table.add({std::to_string(run.number), run.app_link, origin, cell(parts.front(), "started"), state, records});
    }
    table.print();
  });
}

int cancel_run(const Common& common, std::int64_t number) {
  return run(common, "DELETE", path_of_run(number), nullptr, [](const ordered_json& document) {
    const Run run(document);
    std::cout << "ended " << run.head() << "  " << run.outcome() << '\n';
  });
}

}  // namespace syncservice::app

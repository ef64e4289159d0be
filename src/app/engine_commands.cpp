// pause, resume, preview, links and conflicts: calls of /api/v1.
#include "control.hpp"
#include "csv.hpp"

#include "syncservice/base/text.hpp"

#include <fstream>
#include <iostream>
#include <sstream>

namespace syncservice::app {
namespace {

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

}  // namespace

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

int rename_links(const Common& common, const std::string& from, const std::string& to) {
  return run(common, "POST", "/api/v1/link-renames", {{"from", from}, {"to", to}}, [](const ordered_json& done) {
    std::cout << cell(done, "links") << " record links of " << cell(done, "from") << " belong to " << cell(done, "to")
              << " now\n";
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
    CsvPairs read = pairs_in_csv(content.str(), options.csv);
    for (const std::string& fault : read.faults) print_error(fault);
    if (!read.faults.empty()) {
      print_error("nothing was linked");
      return refused;
    }
    pairs = std::move(read.pairs);
  }
  auto control = Control::open(common);
  if (!control) return unavailable;
  int worst = success;
  ordered_json done = ordered_json::array();
  std::size_t already = 0;
  for (const LinkOptions::Pair& pair : pairs) {
    ordered_json body{{"appLinkName", options.app_link}, {"source", pair.source}, {"destination", pair.destination}};
    if (!pair.source_project.empty()) body["sourceProject"] = pair.source_project;
    if (!pair.destination_project.empty()) body["destinationProject"] = pair.destination_project;
    if (!options.check) body["check"] = false;
    if (auto link = control->call("POST", "/api/v1/links", body, pair.place)) {
      if ((*link)["alreadyLinked"].get<bool>()) {
        ++already;
        if (!common.json) std::cout << pair.place << "already linked: ";
      }
      if (!common.json) print_link(*link);
      done.push_back(std::move(*link));
    } else {
      worst = std::max(worst, control->exit());
      if (worst == unavailable) break;
    }
  }
  if (common.json) print_json(done);
  if (!common.json && !options.csv.empty()) {
    std::cout << done.size() - already << " of " << pairs.size() << " links added, " << already
              << " were there already, " << pairs.size() - done.size() << " refused\n";
  }
  return worst;
}

int list_conflicts(const Common& common, const ConflictOptions& options) {
  auto control = Control::open(common);
  if (!control) return unavailable;
  constexpr std::size_t page = 1000;
  std::string query = "?limit=" + std::to_string(page);
  if (options.link > 0) query += "&link=" + std::to_string(options.link);
  ordered_json all = ordered_json::array();
  std::size_t count = 0, last = 0;
  do {
    const std::string skip = count == 0 ? "" : "&skip=" + std::to_string(count);
    const auto document = control->call("GET", "/api/v1/conflicts" + query + skip);
    if (!document) return control->exit();
    const ordered_json& conflicts = (*document)["conflicts"];
    for (const auto& conflict : conflicts) {
      if (common.json) {
        all.push_back(conflict);
      } else {
        print_conflict(conflict);
      }
    }
    last = conflicts.size();
    count += last;
  } while (last == page);
  if (common.json) {
    print_json({{"conflicts", std::move(all)}});
  } else if (count == 0) {
    std::cout << "nothing is held\n";
  }
  return success;
}

int resolve_conflict(const Common& common, const ConflictOptions& options) {
  ordered_json body{{"winner", options.winner}};
  if (!options.field.empty()) body["field"] = options.field;
  return run(common, "POST", path_of("conflicts", options.link), body, [](const ordered_json& document) {
    if (document["settled"].get<bool>()) {
      const std::string why = cell(document, "waitsBecause");
      std::cout << (why.empty() ? "settled; what was held runs now" : "settled; what was held runs later: " + why)
                << '\n';
    } else {
      std::cout << "noted; other fields of this link still wait for a decision\n";
    }
  });
}

}  // namespace syncservice::app

// keys, queue and explain: each is a call of /api/v1 over the data folder's UNIX socket (design §8).
#include "control.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/config/settings.hpp"

#include <iostream>
#include <utility>

namespace syncservice::app {
std::optional<Control> Control::open(const Common& common) {
  const auto settings = settings_or_complain(common.config);
  if (!settings) return std::nullopt;
  client::Settings where;
  where.unix_socket = control_socket(*settings);
  Control control(std::make_unique<client::Client>(where));
  if (control.client_->send({.url = address("/healthz")})) return control;
  auto daemon = Daemon::start(*settings, Daemon::Mode::control_only);
  if (!daemon) {
    print_error(daemon.error().message);
    return std::nullopt;
  }
  control.daemon_ = std::move(*daemon);
  return control;
}

std::optional<ordered_json> Control::call(const std::string& method, const std::string& target,
                                          const ordered_json& body, const std::string& place) {
  exit_ = refused;
  client::Request request{.method = method, .url = address(target)};
  if (method == "POST") request.headers.push_back({"Content-Type", "application/json"});
  if (!body.is_null()) request.body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  const auto answer = client_->send(request);
  if (!answer) {
    print_error(place + answer.error().message);
    exit_ = unavailable;
    return std::nullopt;
  }
  ordered_json document = ordered_json::parse(answer->body, nullptr, false);
  if (answer->status >= 200 && answer->status < 300 && !document.is_discarded()) {
    exit_ = success;
    return document;
  }
  print_error(place + (document.is_object() && document.contains("Message")
                           ? document["Message"].get<std::string>()
                           : "unexpected answer " + std::to_string(answer->status)));
  return std::nullopt;
}

std::string cell(const ordered_json& object, const char* member) {
  const auto it = object.find(member);
  if (it == object.end() || it->is_null()) return {};
  return it->is_string() ? it->get<std::string>() : it->dump();
}

std::string record_of(const ordered_json& end) {
  const std::string project = cell(end, "project");
  return cell(end, "appLinkName") + " " + cell(end, "origin") + " " + (project.empty() ? "" : project + "/") +
         cell(end, "id");
}

void print_push(const ordered_json& push) {
  std::cout << "push " << cell(push, "push") << ": " << record_of(push) << '\n' << "  " << cell(push, "summary");
  if (const std::string reason = cell(push, "reason"); !reason.empty()) std::cout << ": " << reason;
  std::cout << '\n'
            << "  accepted " << cell(push, "accepted") << " from " << cell(push, "from") << " by "
            << cell(push, "pushedBy") << ", last change " << cell(push, "changed") << ", failed attempts "
            << cell(push, "attempts") << '\n';
}

void print_pass(const ordered_json& pass) {
  std::cout << "pass " << cell(pass, "pass") << " of push " << cell(pass, "push") << " at " << cell(pass, "started")
            << ": " << record_of(pass["record"]) << '\n'
            << "  " << cell(pass, "outcome");
  if (const std::string reason = cell(pass, "reason"); !reason.empty()) std::cout << ": " << reason;
  std::cout << '\n';
  if (!pass["twin"].is_null()) std::cout << "  twin: " << record_of(pass["twin"]) << '\n';
  for (const auto& change : pass["changes"]) {
    std::cout << "  " << cell(change, "side") << '.' << cell(change, "field") << ": "
              << '"' + text::printable(cell(change, "from")) + '"' << " -> "
              << '"' + text::printable(cell(change, "to")) + '"' << " (" << cell(change, "because") << ")\n";
  }
}

namespace {

std::string selection(const QueueOptions& options) {
  std::string query = "?limit=" + std::to_string(options.limit);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) query += std::string{"&"} + name + '=' + text::percent_encode(value);
  };
  add("state", options.state);
  add("appLinkName", options.app_link);
  add("id", options.id);
  if (options.before > 0) add("before", std::to_string(options.before));
  return query;
}

std::string path_of(std::int64_t push) {
  return "/api/v1/pushes/" + std::to_string(push);
}

/// Does `verb` to each push named, or to each that `all` selects, page by page.
int for_each_push(const Common& common, const std::vector<std::int64_t>& pushes, const QueueOptions& all,
                  const std::string& verb) {
  auto control = Control::open(common);
  if (!control) return unavailable;
  int worst = success;
  ordered_json done = ordered_json::array();
  const auto act = [&](std::int64_t push) {
    if (auto document = control->call("POST", path_of(push) + "/" + verb)) {
      if (!common.json) print_push(*document);
      done.push_back(std::move(*document));
    } else {
      worst = std::max(worst, control->exit());
    }
  };
  for (const std::int64_t push : pushes) act(push);
  if (pushes.empty()) {
    QueueOptions page = all;
    page.limit = 1000;
    for (;;) {
      const auto listed = control->call("GET", "/api/v1/pushes" + selection(page));
      if (!listed) return control->exit();
      if ((*listed)["pushes"].empty()) break;
      for (const auto& push : (*listed)["pushes"]) {
        page.before = push["push"].get<std::int64_t>();
        act(page.before);
      }
    }
    if (!common.json && done.empty()) std::cout << "no push matches\n";
  }
  if (common.json) print_json(done);
  return worst;
}

}  // namespace

int create_key(const Common& common, const KeyOptions& options) {
  ordered_json body{{"name", options.name}};
  if (!options.app_links.empty()) body["appLinks"] = options.app_links;
  if (!options.origin.empty()) body["origin"] = options.origin;
  if (!options.expires.empty()) body["validFor"] = options.expires;
  return run(common, "POST", "/api/v1/keys", body, [](const ordered_json& key) {
    std::cout << cell(key, "secret") << '\n';
    std::cerr << "This is the only time that the key is shown; keep it where you keep passwords.\n";
  });
}

int list_keys(const Common& common) {
  return run(common, "GET", "/api/v1/keys", nullptr, [](const ordered_json& document) {
    Table table({"ID", "NAME", "APP LINKS", "ORIGIN", "CREATED", "EXPIRES", "REVOKED"});
    for (const auto& key : document["keys"]) {
      std::string links;
      for (const auto& link : key["appLinks"]) links += (links.empty() ? "" : ", ") + link.get<std::string>();
      const auto or_else = [](std::string value, const char* fallback) { return value.empty() ? fallback : value; };
      table.add({cell(key, "key"), cell(key, "name"), or_else(links, "all"), or_else(cell(key, "origin"), "both"),
                 cell(key, "created"), or_else(cell(key, "expires"), "never"), cell(key, "revoked")});
    }
    table.print();
  });
}

int revoke_key(const Common& common, const std::string& name_or_id) {
  return run(common, "DELETE", "/api/v1/keys/" + text::percent_encode(name_or_id), nullptr,
             [](const ordered_json& key) { std::cout << "revoked: " << cell(key, "name") << '\n'; });
}

int list_queue(const Common& common, const QueueOptions& options) {
  return run(common, "GET", "/api/v1/pushes" + selection(options), nullptr, [](const ordered_json& document) {
    const auto& counts = document["counts"];
    std::cout << cell(counts, "waiting") << " waiting, " << cell(counts, "running") << " running, "
              << cell(counts, "deadLetters") << " dead letters, " << cell(counts, "held") << " held\n";
    if (document["pushes"].empty()) return;
    Table table({"PUSH", "RECORD", "STATE", "ACCEPTED", "REASON"});
    for (const auto& push : document["pushes"])
      table.add(
          {cell(push, "push"), record_of(push), cell(push, "summary"), cell(push, "accepted"), cell(push, "reason")});
    table.print();
  });
}

int show_push(const Common& common, std::int64_t push) {
  return run(common, "GET", path_of(push), nullptr, [](const ordered_json& document) {
    print_push(document);
    for (const auto& pass : document["passes"]) print_pass(pass);
  });
}

int retry_pushes(const Common& common, const std::vector<std::int64_t>& pushes, const QueueOptions& all) {
  return for_each_push(common, pushes, all, "retry");
}

int discard_pushes(const Common& common, const std::vector<std::int64_t>& pushes, const QueueOptions& all) {
  return for_each_push(common, pushes, all, "discard");
}

int explain(const Common& common, const std::string& id) {
  return run(common, "GET", "/api/v1/records/" + text::percent_encode(id), nullptr, [](const ordered_json& document) {
    for (const auto& link : document["links"])
      std::cout << "linked: " << record_of(link["source"]) << " <-> " << record_of(link["destination"]) << " since "
                << cell(link, "created") << '\n';
    for (const auto& push : document["pushes"]) print_push(push);
    for (const auto& pass : document["passes"]) print_pass(pass);
  });
}

}  // namespace syncservice::app

#include "rules/source_rules.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <regex>
#include <sstream>

namespace syncservice::rules {

namespace {

constexpr std::string_view public_root = "include/syncservice/", private_root = "src/";

/// A library that only one module may include.
struct Confined {
  std::string_view include;  // how the name between < and > starts
  std::string_view module;
  std::string_view library;
};
constexpr std::array confined{
    Confined{"boost/beast", "http", "Beast"},       Confined{"curl/", "client", "libcurl"},
    Confined{"sqlite3.h", "store", "SQLite"},       Confined{"SQLiteCpp/", "store", "SQLiteCpp"},
    Confined{"yaml", "config", "the YAML library"},  // yaml.h of libyaml, yaml-cpp/
    Confined{"spdlog/", "telemetry", "spdlog"},     Confined{"prometheus/", "telemetry", "prometheus-cpp"},
    Confined{"argon2.h", "auth", "Argon2"},         Confined{"CLI/", "app", "CLI11"},
};

/// The text with comments and the contents of string and character literals blanked out; #include lines stay.
std::string code_only(std::string_view text) {
  std::string code(text);
  enum class In { plain, line_comment, block_comment, string, character, include } in = In::plain;
  bool line_start = true;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i], next = i + 1 < code.size() ? code[i + 1] : '\0';
    if (c == '\n') {
      if (in != In::block_comment) in = In::plain;
      line_start = true;
      continue;
    }
    switch (in) {
      case In::plain:
        if (line_start && c == '#') {
          in = In::include;
        } else if (c == '/' && next == '/') {
          in = In::line_comment;
        } else if (c == '/' && next == '*') {
          in = In::block_comment;
          code[i] = code[i + 1] = ' ';
          ++i;
        } else if (c == '"') {
          in = In::string;
        } else if (c == '\'' && (i == 0 || std::isalnum(static_cast<unsigned char>(code[i - 1])) == 0)) {
          in = In::character;
        }
        break;
      case In::include:
        break;
      case In::line_comment:
        code[i] = ' ';
        break;
      case In::block_comment:
        if (c == '*' && next == '/') {
          in = In::plain;
          code[i + 1] = ' ';
        }
        code[i] = ' ';
        break;
      case In::string:
      case In::character:
        if (c == '\\') {
          code[i] = ' ';
          if (next != '\n') code[++i] = ' ';
        } else if (c == (in == In::string ? '"' : '\'')) {
          in = In::plain;
        } else {
          code[i] = ' ';
        }
        break;
    }
    if (c != ' ' && c != '\t') line_start = false;
  }
  return code;
}

/// The module that a path below include/syncservice or src belongs to: the longest row that it starts with.
std::optional<std::string> module_of(std::string_view below, const Modules& modules) {
  std::optional<std::string> found;
  for (const auto& [name, row] : modules) {
    if (below.starts_with(name + "/") && (!found || name.size() > found->size())) found = name;
  }
  return found;
}

/// The name of the target as LINKS writes it: "adapters/folder" is linked as "adapter_folder" or by its path.
bool links_to(const Row& row, std::string_view module) {
  std::string target(module);
  if (target.starts_with("adapters/")) target = "adapter_" + target.substr(std::string_view{"adapters/"}.size());
  return std::any_of(row.links.begin(), row.links.end(),
                     [&](const std::string& link) { return link == module || link == target; });
}

class Checker {
 public:
  Checker(std::string_view path, const Modules& modules) : path_(path), modules_(modules) {
    const bool is_public = path.starts_with(public_root);
    const std::string_view root = is_public ? public_root : private_root;
    public_ = is_public;
    if (path.starts_with(root)) module_ = module_of(path.substr(root.size()), modules);
    folder_ = module_.value_or(path.starts_with("src/app/") ? "app" : "");
  }

  std::vector<std::string> run(std::string_view text) {
    static const std::regex include{R"rx(^\s*#\s*include\s*([<"])([^>"]+)[>"])rx"};
    static const std::regex sleep{R"(\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\()"};
    std::istringstream lines{code_only(text)};
    std::smatch match;
    for (std::string line; std::getline(lines, line);) {
      ++line_;
      if (std::regex_search(line, match, include)) {
        check_include(match[2].str(), match[1].str() == "<");
      } else if (std::regex_search(line, match, sleep)) {
        complain(match[1].str() + " waits for time to pass: wait for the condition instead");
      }
    }
    return std::move(complaints_);
  }

 private:
  void complain(const std::string& what) { complaints_.push_back(path_ + ":" + std::to_string(line_) + ": " + what); }

  void check_include(const std::string& name, bool angled) {
    if (angled) check_libraries(name);
    if (!module_) return;
    if (name.find("../") != std::string::npos) complain("\"" + name + "\" leaves the module's folder");
    constexpr std::string_view own = "syncservice/";
    if (!name.starts_with(own)) return;
    const std::optional<std::string> other = module_of(std::string_view{name}.substr(own.size()), modules_);
    if (!other) {
      complain("\"" + name + "\" belongs to no module that modules.txt knows");
    } else if (*other != *module_ && !links_to(modules_.at(*module_), *other)) {
      const bool upward = modules_.at(*other).layer > modules_.at(*module_).layer;
      complain("\"" + name + "\" is " + (upward ? "upward" : "not linked") + ": " + *module_ + " (layer " +
               std::to_string(modules_.at(*module_).layer) + ") does not link " + *other + " (layer " +
               std::to_string(modules_.at(*other).layer) + ")");
    }
  }

  void check_libraries(const std::string& name) {
    for (const Confined& library : confined) {
      if (!name.starts_with(library.include)) continue;
      if (public_) {
        complain("<" + name + "> in a public header: " + std::string(library.library) + " stays inside its module");
      } else if (path_.starts_with(private_root) && folder_ != library.module) {
        complain("<" + name + "> outside src/" + std::string(library.module) + ", the only module that knows " +
                 std::string(library.library));
      }
    }
    if (public_ && name.starts_with("nlohmann/") && name != "nlohmann/json_fwd.hpp") {
      complain("<" + name + "> in a public header: only <nlohmann/json_fwd.hpp> is cheap enough");
    }
  }

  std::string path_;
  const Modules& modules_;
  bool public_ = false;
  std::optional<std::string> module_;
  std::string folder_;
  int line_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace

Modules parse_modules(std::string_view text) {
  Modules modules;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string name, links;
    Row row;
    if (!(words >> name >> row.layer)) continue;
    words >> links;
    std::istringstream each{links};
    for (std::string link; std::getline(each, link, ';');) row.links.push_back(link);
    modules[name] = std::move(row);
  }
  return modules;
}

std::vector<std::string> check_modules(const Modules& modules) {
  std::vector<std::string> complaints;
  const auto find = [&](const std::string& link) {
    return std::find_if(modules.begin(), modules.end(), [&](const auto& entry) {
      return links_to({0, {link}}, entry.first);
    });
  };
  for (const auto& [name, row] : modules) {
    for (const std::string& link : row.links) {
      const auto other = find(link);
      if (other == modules.end()) {
        complaints.push_back(name + " links " + link + ", which is no module");
      } else if (other->second.layer > row.layer) {
        complaints.push_back(name + " (layer " + std::to_string(row.layer) + ") links upward to " + link + " (layer " +
                             std::to_string(other->second.layer) + ")");
      }
    }
  }
  enum class Mark { none, open, closed };
  std::map<std::string, Mark> marks;
  const std::function<void(const std::string&)> visit = [&](const std::string& name) {
    marks[name] = Mark::open;
    for (const std::string& link : modules.at(name).links) {
      const auto other = find(link);
      if (other == modules.end()) continue;
      if (marks[other->first] == Mark::open) complaints.push_back(name + " and " + link + " form a cycle");
      if (marks[other->first] == Mark::none) visit(other->first);
    }
    marks[name] = Mark::closed;
  };
  for (const auto& [name, row] : modules) {
    if (marks[name] == Mark::none) visit(name);
  }
  return complaints;
}

std::vector<std::string> check_source(std::string_view path, std::string_view text, const Modules& modules) {
  return Checker(path, modules).run(text);
}

}  // namespace syncservice::rules

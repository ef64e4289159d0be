// What Jira takes: the part of ADF's schema that documents of ours keep to. For tests and the fuzzer.
#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace syncservice::test {

/// Why `node` is not what Jira takes; empty when it is. Of nodes that ours never are, it knows nothing.
inline std::string adf_fault(const nlohmann::json& node) {
  using Names = std::set<std::string, std::less<>>;
  static const Names inlines{"text", "hardBreak"};
  static const Names cell{"paragraph"};
  static const Names item{"paragraph", "bulletList", "orderedList", "codeBlock"};
  static const Names block{"paragraph", "heading",    "bulletList", "orderedList",
                           "codeBlock", "blockquote", "rule",       "table"};
  static const std::map<std::string, Names, std::less<>> children{{"doc", block},
                                                                  {"paragraph", inlines},
                                                                  {"heading", inlines},
                                                                  {"codeBlock", {"text"}},
                                                                  {"blockquote", item},
                                                                  {"bulletList", {"listItem"}},
                                                                  {"orderedList", {"listItem"}},
                                                                  {"listItem", item},
                                                                  {"table", {"tableRow"}},
                                                                  {"tableRow", {"tableHeader", "tableCell"}},
                                                                  {"tableHeader", cell},
                                                                  {"tableCell", cell}};
  static const Names may_be_empty{"doc", "paragraph"};

  const std::string type = node.value("type", "");
  const auto fault = [&node](std::string_view what) { return std::string{what} + ": " + node.dump(); };
  if (type == "text") {
    if (node.value("text", "").empty()) return fault("empty text");
    Names marks;
    for (const auto& mark : node.value("marks", nlohmann::json::array())) {
      if (!marks.insert(mark.value("type", "")).second) return fault("a mark twice");
    }
    marks.erase("link");
    return marks.contains("code") && marks.size() > 1 ? fault("code and more") : "";
  }
  if (type == "hardBreak" || type == "rule") return node.contains("content") ? fault("content") : "";
  const auto allowed = children.find(type);
  if (allowed == children.end()) return fault("no node of ADF");
  if (!node.contains("content") || !node["content"].is_array()) return fault("no content");
  const nlohmann::json& content = node["content"];
  if (content.empty() && !may_be_empty.contains(type)) return fault("nothing in it");
  const int level = node.value("attrs", nlohmann::json::object()).value("level", 0);
  if (type == "heading" && (level < 1 || level > 6)) return fault("no level");
  if (type == "listItem" && content.front().value("type", "") != "paragraph") return fault("no text first");
  for (const auto& child : content) {
    if (!allowed->second.contains(child.value("type", ""))) return "out of place in " + type + ": " + child.dump();
    if (type == "codeBlock" && child.contains("marks")) return fault("marked code");
    if (std::string found = adf_fault(child); !found.empty()) return found;
  }
  return {};
}

}  // namespace syncservice::test

#include "syncservice/http/router.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>

namespace syncservice::http {
namespace {

struct Node {
  struct Method {
    std::string name;
    Handler handler;
  };
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> any;  // `{name}`
  std::vector<Method> methods;

  [[nodiscard]] const Handler* handler(std::string_view method) const {
    for (const Method& candidate : methods) {
      if (candidate.name == method) return &candidate.handler;
    }
    return method == "HEAD" ? handler("GET") : nullptr;
  }
};

// "/a/b" has the segments "a" and "b", "/" has none, "/a/" has "a" and "".
template <class Each>
void for_each_segment(std::string_view path, Each each) {
  if (path.size() <= 1) return;
  for (;;) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    each(path.substr(0, end));
    path.remove_prefix(end);
    if (path.empty()) return;
  }
}

bool is_placeholder(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

bool never_matches(std::string_view segment) {
  return segment.empty() || segment == "." || segment == "..";
}

class Search {
 public:
  Search(std::string_view method, const std::vector<std::string>& segments) : method_(method), segments_(segments) {}

  // Depth first, literals first: the first node with the method wins.
  bool visit(const Node& node, std::size_t depth) {
    if (depth == segments_.size()) return arrive(node);
    const std::string& segment = segments_[depth];
    if (const auto literal = node.literals.find(segment); literal != node.literals.end()) {
      if (visit(*literal->second, depth + 1)) return true;
    }
    if (!node.any) return false;
    placeholders_.push_back(depth);
    if (visit(*node.any, depth + 1)) return true;
    placeholders_.pop_back();
    return false;
  }

  [[nodiscard]] const Handler* handler() const { return handler_; }
  [[nodiscard]] const std::vector<std::size_t>& placeholders() const { return placeholders_; }

  [[nodiscard]] std::string allow() const {
    std::vector<std::string_view> names = allowed_;
    if (std::find(names.begin(), names.end(), "GET") != names.end()) names.emplace_back("HEAD");
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::string out;
    for (const std::string_view name : names) {
      if (!out.empty()) out += ", ";
      out += name;
    }
    return out;
  }

 private:
  bool arrive(const Node& node) {
    handler_ = node.handler(method_);
    if (handler_ != nullptr) return true;
    for (const Node::Method& method : node.methods) allowed_.push_back(method.name);
    return false;
  }

  std::string_view method_;
  const std::vector<std::string>& segments_;
  std::vector<std::size_t> placeholders_;
  std::vector<std::string_view> allowed_;
  const Handler* handler_ = nullptr;
};

// What is wrong with the segment as sent; empty when nothing is.
std::string decode(std::string_view encoded, std::string& out) {
  if (encoded.find('%') == std::string_view::npos) {
    out = encoded;
    return {};
  }
  auto decoded = text::percent_decode(encoded);
  if (!decoded) {
    return "the path segment \"" + text::printable(encoded) +
           "\" holds a % that is not followed by two hex digits; send a percent sign itself as %25";
  }
  if (decoded->find('\0') != std::string::npos)
    return "the path segment \"" + text::printable(encoded) + "\" holds a NUL (%00), which no name has";
  out = *std::move(decoded);
  return {};
}

}  // namespace

struct Router::Impl {
  Node root;
};

Router::Router() : impl_(std::make_unique<Impl>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
  if (!pattern.starts_with('/'))
    throw std::logic_error("route pattern must start with a slash: " + std::string{pattern});
  Node* node = &impl_->root;
  for_each_segment(pattern, [&](std::string_view segment) {
    if (never_matches(segment)) throw std::logic_error("route pattern can never match: " + std::string{pattern});
    std::unique_ptr<Node>& next = is_placeholder(segment) ? node->any : node->literals[std::string{segment}];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  });
  for (const Node::Method& known : node->methods) {
    if (known.name == method) throw std::logic_error("route added twice: " + std::string{pattern});
  }
  node->methods.push_back({std::string{method}, std::move(handler)});
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match match;
  if (!path.starts_with('/')) return match;
  std::vector<std::string> segments;
  bool matchable = true;
  for_each_segment(path, [&](std::string_view encoded) {
    if (!match.bad_request.empty()) return;
    std::string& segment = segments.emplace_back();
    match.bad_request = decode(encoded, segment);
    matchable = matchable && !never_matches(segment);
  });
  if (!match.bad_request.empty() || !matchable) return match;

  Search search{method, segments};
  if (!search.visit(impl_->root, 0)) {
    match.allow = search.allow();
    return match;
  }
  match.handler = search.handler();
  for (const std::size_t index : search.placeholders()) match.segments.push_back(std::move(segments[index]));
  return match;
}

}  // namespace syncservice::http

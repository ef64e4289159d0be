// The body form's document and the path forms' segments, as a client sends them.
#include "parse.hpp"

#include "syncservice/base/text.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace syncservice;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_value(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text::is_utf8(text) && !text::has_control(text) &&
         text::trim(text) == text;
}

/// What is accepted keeps to the contract, and means the same when it is written anew.
void look_at(const Result<registry::PushRequest>& request) {
  if (!request) {
    require(!request.error().message.empty());
    require(text::is_utf8(request.error().message));
    require(request.error().failure == FailureClass::permanent);
    return;
  }
  require(is_value(request->app_link.str()));
  require(is_value(request->id.str()));
  nlohmann::json document{
      {"appLinkName", request->app_link.str()}, {"origin", to_string(request->origin)}, {"id", request->id.str()}};
  if (request->project) {
    require(is_value(request->project->str()));
    document["project"] = request->project->str();
  }
  const auto again = push::parse_body(document.dump());
  require(again.has_value());
  require(again->app_link == request->app_link && again->id == request->id && again->origin == request->origin &&
          again->project == request->project);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  look_at(push::parse_body(input));
  static_cast<void>(push::is_json_type(input));

  std::vector<std::string> segments;
  for (std::string_view rest = input; segments.size() < 4;) {
    const std::size_t slash = rest.find('/');
    const auto decoded = text::percent_decode(rest.substr(0, slash));
    if (!decoded) return 0;
    segments.push_back(*decoded);
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (segments.size() >= 3) look_at(push::parse_path(segments));
  return 0;
}

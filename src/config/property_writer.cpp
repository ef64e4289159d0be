#include "file.hpp"
#include "properties.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/config/settings.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>

namespace syncservice::config {
namespace {

Error refused(std::string message) {
  return {make_error_code(boost::system::errc::invalid_argument), std::move(message), FailureClass::permanent,
          std::nullopt};
}

bool ends_in_open_line(std::string_view text) noexcept {
  return !text.empty() && text.back() != '\n' && text.back() != '\r';
}

// A backslash that ends the file would swallow what is added after it.
bool ends_in_continuation(std::string_view text, const ParsedProperties& parsed) noexcept {
  if (parsed.entries.empty() || text.empty()) return false;
  const std::size_t slash = text.find_last_not_of("\r\n \t\f");
  return slash != std::string_view::npos && text[slash] == '\\' && parsed.entries.back().end > slash &&
         parsed.entries.back().end == text.size();
}

}  // namespace

Result<void> write_property(const std::string& path, std::string_view key, std::string_view value) {
  if (!text::is_utf8(value) || value.find('\0') != std::string_view::npos)
    return refused("the new value of " + std::string{key} + " is not UTF-8 text");
  Result<std::string> read = read_file(path);
  if (!read) return Error{read.error().code, path + " " + read.error().message, read.error().failure, std::nullopt};

  std::string text = std::move(*read);
  const ParsedProperties parsed = parse_properties(text);
  const auto last = std::find_if(parsed.entries.rbegin(), parsed.entries.rend(),
                                 [&](const Property& entry) { return entry.key == key; });
  const std::string line = format_property(key, value);
  if (last != parsed.entries.rend()) {
    text.replace(last->begin, last->end - last->begin, line);
    return replace_file(path, text);
  }
  const std::string_view line_end = text.find("\r\n") != std::string::npos ? "\r\n" : "\n";
  const bool continued = ends_in_continuation(text, parsed);
  if (ends_in_open_line(text)) text += line_end;
  if (continued) text += line_end;
  text += line;
  text += line_end;
  return replace_file(path, text);
}

}  // namespace syncservice::config

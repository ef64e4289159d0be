#include "file.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/config/registry_file.hpp"

#include <boost/system/errc.hpp>

#include <cstdlib>
#include <filesystem>

namespace syncservice::config {
namespace {

constexpr std::size_t largest_secret = std::size_t{64} * 1024;

Error refused(std::string message) {
  return {make_error_code(boost::system::errc::invalid_argument), std::move(message), FailureClass::permanent,
          std::nullopt};
}

Result<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') {
    return refused("the environment variable " + text::printable(name) + " is " +
                   (value == nullptr ? "not set" : "empty") + "; set it for the service");
  }
  return std::string{value};
}

Result<std::string> from_file(const std::string& name, const std::string& base_folder) {
  const std::string path =
      (std::filesystem::path{base_folder} / std::filesystem::path{name}).lexically_normal().string();
  Result<std::string> content = read_file(path, largest_secret);
  if (!content) return refused("the file " + text::printable(path, 4096) + " " + content.error().message);
  std::string& value = *content;
  if (value.ends_with('\n')) value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
  if (value.empty()) return refused("the file " + text::printable(path, 4096) + " is empty; write the value into it");
  if (!text::is_utf8(value) || value.find('\0') != std::string::npos)
    return refused("the file " + text::printable(path, 4096) + " does not hold UTF-8 text");
  return content;
}

Result<std::string> lookup(std::string_view reference, const std::string& base_folder) {
  const std::size_t colon = reference.find(':');
  const std::string_view where = reference.substr(0, colon);
  const std::string name{colon == std::string_view::npos ? std::string_view{} : reference.substr(colon + 1)};
  // What stands there is not repeated: it may be part of a password.
  if ((where != "env" && where != "file") || name.empty())
    return refused("a ${…} is neither ${env:NAME} nor ${file:/path}; write $${ for a plain ${");
  return where == "env" ? from_environment(name) : from_file(name, base_folder);
}

}  // namespace

bool has_secret(std::string_view text) noexcept {
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    if (at == 0 || text[at - 1] != '$') return true;
  }
  return false;
}

Result<std::string> resolve_secret(std::string_view text, const std::string& base_folder) {
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    if (text.starts_with("$${")) {
      out += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) return refused("a ${ is not closed by }; write $${ for a plain ${");
      const Result<std::string> value = lookup(text.substr(2, end - 2), base_folder);
      if (!value) return value.error();
      out += *value;
      text.remove_prefix(end + 1);
    } else {
      out += '$';
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace syncservice::config

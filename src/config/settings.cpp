#include "syncservice/config/settings.hpp"

#include "file.hpp"
#include "keys.hpp"
#include "properties.hpp"
#include "syncservice/base/clock.hpp"
#include "syncservice/base/text.hpp"

#include <filesystem>
#include <utility>

namespace syncservice::config {
namespace {

class SettingsReader {
 public:
  explicit SettingsReader(const std::string& path) : path_(path) {
    settings_.file = std::filesystem::absolute(path).lexically_normal().string();
    settings_.shown_file = path;
    folder_ = std::filesystem::path{settings_.file}.parent_path().string();
    for (const Key& key : key_table()) {
      if (std::holds_alternative<PathKind>(key.kind)) (void)assign(key, default_value(key), folder_, settings_);
    }
  }

  LoadedSettings read(std::string_view text) {
    const ParsedProperties parsed = parse_properties(text);
    for (const PropertyFault& fault : parsed.faults) complain(fault.at, fault.what);
    for (const Property& entry : parsed.entries) {
      if (entry.sound && entry.key.starts_with(key_prefix)) apply(entry);
    }
    check_together();
    return std::move(*this).finish();
  }

  LoadedSettings finish() && {
    LoadedSettings out;
    if (!any_error(complaints_)) out.settings = settings_;
    out.draft = std::move(settings_);
    out.complaints = std::move(complaints_);
    return out;
  }

  void complain(Location at, std::string what, bool warning = false) {
    complaints_.push_back({path_, at.line, at.column, std::move(what), warning});
  }

 private:
  void apply(const Property& entry) {
    const Key* key = find_key(entry.key);
    if (key == nullptr) return unknown(entry);
    const auto [known, first] = settings_.locations.try_emplace(entry.key, entry.value_at);
    if (!first) {
      complain(entry.key_at,
               entry.key + " is given twice, first in line " + std::to_string(known->second.line) +
                   "; this value counts, remove the other one",
               true);
      known->second = entry.value_at;
    }
    const std::string_view value = text::trim(entry.value);
    if (std::string wrong = assign(*key, value, folder_, settings_); !wrong.empty())
      return complain(entry.value_at, std::move(wrong));
    const bool free_text = std::holds_alternative<TextKind>(key->kind) || std::holds_alternative<PathKind>(key->kind);
    if (free_text && value.find(" #") != std::string_view::npos) {
      complain(entry.value_at,
               entry.key +
                   ": the value holds \" #\"; a comment must stand on a line of its own, since here it belongs "
                   "to the value",
               true);
    }
  }

  void unknown(const Property& entry) {
    std::vector<std::string> names;
    for (const Key& key : key_table()) names.emplace_back(key.name);
    const std::vector<std::string> near = text::nearest(entry.key, names, 1);
    std::string what = "unknown key \"" + text::printable(entry.key) + "\", ignored";
    if (!near.empty()) what += "; did you mean \"" + near.front() + "\"?";
    complain(entry.key_at, std::move(what), true);
  }

  void complain_about(std::string_view key, std::string what) {
    complaints_.push_back(settings_.complain(key, std::move(what)));
  }

  void check_together() {
    if (settings_.listen.empty())
      complain_about("push.service.port", "push.service.port has no value; write for example http://0.0.0.0:7070");
    if (settings_.tls_certificate.empty() != settings_.tls_key.empty()) {
      const bool key_missing = settings_.tls_key.empty();
      const std::string_view given = key_missing ? "push.service.tls.certificate" : "push.service.tls.key";
      const std::string_view missing = key_missing ? "push.service.tls.key" : "push.service.tls.certificate";
      complain_about(
          given, std::string{given} + " is set but " + std::string{missing} + " is not; TLS needs both, or neither");
    }
    const std::string listen = text::lower(settings_.listen);
    if (listen.find("https://") != std::string::npos && settings_.tls_certificate.empty() &&
        settings_.tls_key.empty()) {
      complain_about("push.service.port",
                     "push.service.port asks for https; name the certificate and its key in "
                     "push.service.tls.certificate and push.service.tls.key");
    }
    check_administrator();
    check_retry("push.service.retry.longest", settings_.retry_longest);
    check_retry("push.service.retry.total", settings_.retry_total);
  }

  void check_administrator() {
    if (settings_.admin_user.empty())
      complain_about("push.service.admin.user", "push.service.admin.user has no value; write for example admin");
    if (settings_.admin_user.find(':') != std::string::npos) {
      complain_about("push.service.admin.user",
                     "push.service.admin.user holds a colon, which Basic authentication can't carry; leave it out");
    }
    const std::string& hash = settings_.admin_password_hash;
    if (!hash.empty() && !hash.starts_with("$argon2id$")) {
      complain_about("push.service.admin.password.hash",
                     "push.service.admin.password.hash is no Argon2id hash (it begins with \"$argon2id$\"); set the "
                     "password with \"syncservice password set\"");
    }
  }

  void check_retry(std::string_view key, std::chrono::milliseconds value) {
    if (value >= settings_.retry_first) return;
    complain_about(key, std::string{key} + " is " + to_text(value) + ", shorter than push.service.retry.first (" +
                            to_text(settings_.retry_first) + "); make it at least as long");
  }

  std::string path_, folder_;
  Settings settings_;
  std::vector<Complaint> complaints_;
};

}  // namespace

Complaint Settings::complain(std::string_view key, std::string what) const {
  const auto found = locations.find(key);
  const Location at = found == locations.end() ? Location{} : found->second;
  return {shown_file.empty() ? file : shown_file, at.line, at.column, std::move(what), false};
}

std::vector<KeySpec> known_keys() {
  std::vector<KeySpec> out;
  for (const Key& key : key_table()) out.push_back({key.name, default_value(key), allowed_values(key), key.help});
  return out;
}

LoadedSettings load_settings(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (text) return parse_settings(*text, path);
  SettingsReader reader{path};
  reader.complain({}, text.error().message);
  return std::move(reader).finish();
}

LoadedSettings parse_settings(std::string_view text, const std::string& path) {
  return SettingsReader{path}.read(text);
}

}  // namespace syncservice::config

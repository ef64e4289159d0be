#include "keys.hpp"

#include "syncservice/base/clock.hpp"
#include "syncservice/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>

namespace syncservice::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::int64_t kib = 1024;
constexpr std::int64_t mib = 1024 * kib;
constexpr std::int64_t gib = 1024 * mib;
constexpr std::int64_t tib = 1024 * gib;
constexpr milliseconds ms100{100};
constexpr milliseconds day = hours{24};
constexpr milliseconds for_ever = hours{24} * 36500;

std::vector<Key> make_table() {
  return {
      {"push.service.port", TextKind{&Settings::listen},
       "Where the service listens: one or several URLs, comma-separated, or a bare port number. Scheme (http or "
       "https), "
       "address and port count."},
      {"push.service.tls.certificate", PathKind{&Settings::tls_certificate, ""},
       "PEM file with the certificate chain for https."},
      {"push.service.tls.key", PathKind{&Settings::tls_key, ""}, "PEM file with the private key for https."},
      {"push.service.data", PathKind{&Settings::data_folder, "data"},
       "Folder that holds the database of accepted pushes; it must be on a local disk."},
      {"push.service.mappings", PathKind{&Settings::mappings, "app-links"},
       "Applications and app links: a YAML file, or a folder of them."},
      {"push.service.admin.user", TextKind{&Settings::admin_user}, "User name of the administrator."},
      {"push.service.admin.password.hash", TextKind{&Settings::admin_password_hash},
       "Argon2id hash of the administrator's password, written by \"syncservice password set\". Empty: the password is "
       "\"welcome\", accepted from this machine only."},
      {"push.service.workers", NumberKind{&Settings::workers, 0, 256},
       "How many records are synchronized at the same time; 0: pushes are accepted and kept, nothing is synchronized."},
      {"push.service.queue.limit", NumberKind{&Settings::queue_limit, 1, 1'000'000'000},
       "How many pushes may wait; more are answered 503."},
      {"push.service.queue.disk.reserve", SizeKind{&Settings::disk_reserve, 0, tib},
       "Free space to leave on the disk of the data folder; with less, pushes are answered 503."},
      {"push.service.http.threads", NumberKind{&Settings::http_threads, 0, 64},
       "Threads that serve HTTP; 0 is one per processor core."},
      {"push.service.http.header.limit", SizeKind{&Settings::header_limit, kib, mib},
       "Largest request header; a larger one is answered 431."},
      {"push.service.http.body.limit", SizeKind{&Settings::body_limit, kib, 16 * mib},
       "Largest JSON body; a larger one is answered 413."},
      {"push.service.http.discard.limit", SizeKind{&Settings::discard_limit, kib, 4 * gib},
       "Largest body that is read and thrown away, as Jira's webhooks send it; a larger one is answered 413."},
      {"push.service.http.hook.limit", SizeKind{&Settings::hook_limit, kib, 64 * mib},
       "Largest notification in a system's own form, which may name many records; a larger one is answered 413."},
      {"push.service.http.connections", NumberKind{&Settings::connections, 1, 1'000'000},
       "How many connections are kept open; beyond that the longest idle one is closed."},
      {"push.service.http.header.timeout", DurationKind{&Settings::header_timeout, ms100, hours{1}},
       "How long a client may take to send its request header."},
      {"push.service.http.body.timeout", DurationKind{&Settings::body_timeout, ms100, hours{1}},
       "How long a client may take to send its request body."},
      {"push.service.http.idle.timeout", DurationKind{&Settings::idle_timeout, ms100, day},
       "How long a connection may stay open between two requests."},
      {"push.service.shutdown.grace", DurationKind{&Settings::shutdown_grace, milliseconds{0}, minutes{10}},
       "How long running synchronizations may take to end when the service stops."},
      {"push.service.retry.first", DurationKind{&Settings::retry_first, milliseconds{1}, day},
       "Wait before the first retry of a push that failed for a passing reason; it doubles from there."},
      {"push.service.retry.longest", DurationKind{&Settings::retry_longest, milliseconds{1}, for_ever},
       "Longest wait between two retries; not shorter than push.service.retry.first."},
      {"push.service.retry.total", DurationKind{&Settings::retry_total, milliseconds{1}, for_ever},
       "After this time a push that still fails becomes a dead letter; not shorter than push.service.retry.first."},
      {"push.service.call.timeout", DurationKind{&Settings::call_timeout, ms100, hours{1}},
       "How long one call to an application may take."},
      {"push.service.history.keep", DurationKind{&Settings::keep_history, hours{1}, for_ever},
       "How long finished pushes and their history are kept."},
      {"push.service.log.level", WordKind{&Settings::log_level, {"trace", "debug", "info", "warn", "error"}},
       "Least severity that is logged."},
      {"push.service.log.format", WordKind{&Settings::log_format, {"text", "json"}},
       "One line of text, or one JSON object, for each event."},
      {"push.service.log.file", PathKind{&Settings::log_file, ""}, "File to log to; empty: standard error."},
  };
}

std::optional<std::int64_t> parse_number(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct SizeUnit {
  std::string_view name;
  std::int64_t bytes;
};
constexpr std::array<SizeUnit, 4> size_units{{{"TiB", tib}, {"GiB", gib}, {"MiB", mib}, {"KiB", kib}}};

std::optional<std::int64_t> parse_size(std::string_view text) noexcept {
  for (const SizeUnit& unit : size_units) {
    if (text.size() < unit.name.size()) continue;
    const std::size_t digits = text.size() - unit.name.size();
    if (!text::iequals(text.substr(digits), unit.name)) continue;
    const std::optional<std::int64_t> number = parse_number(text::trim(text.substr(0, digits)));
    if (!number || *number < 0 || *number > std::numeric_limits<std::int64_t>::max() / unit.bytes) return std::nullopt;
    return *number * unit.bytes;
  }
  return parse_number(text);
}

std::string size_text(std::int64_t bytes) {
  for (const SizeUnit& unit : size_units) {
    if (bytes != 0 && bytes % unit.bytes == 0) return std::to_string(bytes / unit.bytes) + ' ' + std::string{unit.name};
  }
  return std::to_string(bytes);
}

std::string absolute_path(std::string_view value, const std::string& folder) {
  if (value.empty()) return {};
  return (std::filesystem::path{folder} / std::filesystem::path{value}).lexically_normal().string();
}

// Each kind of value: what it allows, its default, and how it is read. `read` is true when the value is allowed.
struct Allowed {
  std::string operator()(const TextKind&) const { return "text"; }
  std::string operator()(const PathKind&) const { return "a path, absolute or relative to this file's folder"; }
  std::string operator()(const NumberKind& kind) const {
    return "a number from " + std::to_string(kind.least) + " to " + std::to_string(kind.most);
  }
  std::string operator()(const SizeKind& kind) const {
    return "a size from " + size_text(kind.least) + " to " + size_text(kind.most) +
           ", in bytes or as \"64 KiB\", \"20 MiB\", \"1 GiB\"";
  }
  std::string operator()(const DurationKind& kind) const {
    const std::string range = kind.most == for_ever
                                  ? "a time of at least " + to_text(kind.least)
                                  : "a time from " + to_text(kind.least) + " to " + to_text(kind.most);
    return range + ", as \"250ms\", \"45s\", \"30m\", \"12h\" or \"90d\"";
  }
  std::string operator()(const WordKind& kind) const { return text::quoted_list(kind.words); }
};

struct Default {
  Settings settings;
  std::string operator()(const TextKind& kind) const { return settings.*kind.member; }
  std::string operator()(const PathKind& kind) const { return std::string{kind.default_value}; }
  std::string operator()(const NumberKind& kind) const {
    return std::visit([this](auto member) { return std::to_string(settings.*member); }, kind.member);
  }
  std::string operator()(const SizeKind& kind) const { return size_text(settings.*kind.member); }
  std::string operator()(const DurationKind& kind) const { return to_text(settings.*kind.member); }
  std::string operator()(const WordKind& kind) const { return settings.*kind.member; }
};

struct Read {
  std::string_view value;
  const std::string& folder;
  Settings& settings;

  bool operator()(const TextKind& kind) const {
    settings.*kind.member = value;
    return true;
  }
  bool operator()(const PathKind& kind) const {
    settings.*kind.member = absolute_path(value, folder);
    return !value.empty() || kind.default_value.empty();
  }
  bool operator()(const NumberKind& kind) const {
    const std::optional<std::int64_t> number = parse_number(value);
    if (!number || *number < kind.least || *number > kind.most) return false;
    std::visit(
        [&](auto member) {
          using Member = std::remove_reference_t<decltype(settings.*member)>;
          settings.*member = static_cast<Member>(*number);
        },
        kind.member);
    return true;
  }
  bool operator()(const SizeKind& kind) const {
    const std::optional<std::int64_t> size = parse_size(value);
    if (!size || *size < kind.least || *size > kind.most) return false;
    settings.*kind.member = *size;
    return true;
  }
  bool operator()(const DurationKind& kind) const {
    const std::optional<milliseconds> duration = parse_duration(value);
    if (!duration || *duration < kind.least || *duration > kind.most) return false;
    settings.*kind.member = *duration;
    return true;
  }
  bool operator()(const WordKind& kind) const {
    settings.*kind.member = text::lower(value);
    return std::find(kind.words.begin(), kind.words.end(), settings.*kind.member) != kind.words.end();
  }
};

}  // namespace

const std::vector<Key>& key_table() {
  static const std::vector<Key> table = make_table();
  return table;
}

const Key* find_key(std::string_view name) {
  const std::vector<Key>& table = key_table();
  const auto found = std::find_if(table.begin(), table.end(), [&](const Key& key) { return key.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string allowed_values(const Key& key) {
  return std::visit(Allowed{}, key.kind);
}

std::string default_value(const Key& key) {
  return std::visit(Default{}, key.kind);
}

std::string assign(const Key& key, std::string_view value, const std::string& folder, Settings& settings) {
  if (std::visit(Read{value, folder, settings}, key.kind)) return {};
  const std::string standard = default_value(key);
  std::string what = std::string{key.name};
  what += value.empty() ? " has no value" : ": \"" + text::printable(value) + "\" is not allowed";
  what += "; it takes " + allowed_values(key) + " (default: " + standard + ")";
  if (value.find(" #") != std::string_view::npos)
    what += ". A comment must stand on a line of its own, since here it belongs to the value";
  if (const auto* words = std::get_if<WordKind>(&key.kind)) {
    const std::vector<std::string> near = text::nearest(value, words->words, 1);
    if (!near.empty()) what += ". Did you mean \"" + near.front() + "\"?";
  }
  return what;
}

}  // namespace syncservice::config

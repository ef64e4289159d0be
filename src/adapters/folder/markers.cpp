#include "markers.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace syncservice::adapter::folder {
namespace {

const std::string index_name = ".markers";
constexpr std::string_view up = "../";
constexpr std::string_view suffix = ".json";

Result<void> link(const Folder& index, const std::string& name, const std::string& file) {
  const std::string target = std::string{up} + file;
  if (symlinkat(target.c_str(), index.fd.get(), name.c_str()) == 0) return {};
  if (errno != EEXIST) return system_failure(errno, "create " + index.path_of(name));
  const std::string temporary = temporary_name();
  if (symlinkat(target.c_str(), index.fd.get(), temporary.c_str()) != 0)
    return system_failure(errno, "create " + index.path_of(temporary));
  if (renameat(index.fd.get(), temporary.c_str(), index.fd.get(), name.c_str()) == 0) return {};
  const int error = errno;
  remove_quietly(index, temporary);
  return system_failure(error, "replace " + index.path_of(name));
}

// Picks the marker out of a record without building it: most of the time an index takes would go there.
class MarkerReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit MarkerReader(const std::string& member) : member_(member) {}
  [[nodiscard]] const std::string& marker() const noexcept { return marker_; }

  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& value) override {
    if (!next_is_marker_) return true;
    marker_ = std::move(value);
    return false;  // no need to read on: whoever follows the link reads it all
  }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*size*/) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t /*size*/) override { return enter(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    next_is_marker_ = depth_ == 1 && name == member_;
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  bool enter() noexcept {
    next_is_marker_ = false;
    ++depth_;
    return true;
  }
  bool leave() noexcept {
    --depth_;
    return true;
  }

  const std::string& member_;
  std::string marker_;
  int depth_ = 0;
  bool next_is_marker_ = false;
};

// Files that can't be read as records bear no marker.
Result<void> index_record(const Folder& records, const Folder& index, const std::string& marker_member,
                          const std::string& file) {
  if (!unescaped(file, suffix)) return {};
  const auto content = read_file(records, file);
  if (!content && content.error().failure != FailureClass::permanent) return content.error();
  if (!content || !*content || (*content)->text.find(marker_member) == std::string::npos) return {};
  MarkerReader reader{marker_member};
  static_cast<void>(nlohmann::json::sax_parse((*content)->text, &reader));
  if (reader.marker().empty()) return {};
  const auto name = escaped(reader.marker());
  if (!name) return {};
  return link(index, *name, file);
}

// Builds the index aside and gives it its name when it is whole, unless another process was faster.
Result<void> build(const Folder& records, const std::string& marker_member, const CallContext& context) {
  const std::string aside = temporary_name();
  const auto index = make_child(records, aside);
  if (!index) return index.error();
  auto built = for_each_entry(records, [&](std::string_view name) -> Result<void> {
    if (auto may_go_on = check(context, "indexing the markers in " + records.path); !may_go_on) return may_go_on;
    return index_record(records, *index, marker_member, std::string{name});
  });
  if (built) built = flush(*index);
  if (!built) {
    remove_quietly(records, aside);
    return built;
  }
  const int fd = records.fd.get();
  if (renameat2(fd, aside.c_str(), fd, index_name.c_str(), RENAME_NOREPLACE) == 0) return flush(records);
  int error = errno;
  if (error == EINVAL || error == ENOSYS) error = renameat(fd, aside.c_str(), fd, index_name.c_str()) == 0 ? 0 : errno;
  if (error == 0) return flush(records);
  remove_quietly(records, aside);
  if (error == EEXIST || error == ENOTEMPTY) return {};
  return system_failure(error, "create " + records.path_of(index_name));
}

}  // namespace

Result<Markers> Markers::open(const Folder& records, const std::string& marker_member, const CallContext& context) {
  auto index = open_child(records, index_name);
  if (!index) return index.error();
  if (!*index) {
    if (auto built = build(records, marker_member, context); !built) return built.error();
    index = open_child(records, index_name);
    if (!index) return index.error();
    if (!*index) return system_failure(ENOENT, "open " + records.path_of(index_name));
  }
  return Markers{std::move(**index)};
}

Result<void> Markers::put(const std::string& marker, const std::string& file) {
  const auto name = escaped(marker);
  if (!name) return name.error();
  if (auto linked = link(index_, *name, file); !linked) return linked;
  return flush(index_);
}

Result<std::optional<std::string>> Markers::find(const std::string& marker) const {
  const auto name = escaped(marker);
  if (!name) return name.error();
  return target(*name);
}

Result<void> Markers::for_each_file(const std::function<void(std::string_view file)>& visit) const {
  return for_each_entry(index_, [&](std::string_view name) -> Result<void> {
    const auto file = target(std::string{name});
    if (file && *file) visit(**file);
    return {};
  });
}

Result<std::optional<std::string>> Markers::target(const std::string& name) const {
  std::array<char, 512> target{};
  const ssize_t length = readlinkat(index_.fd.get(), name.c_str(), target.data(), target.size());
  if (length < 0 && errno == ENOENT) return std::optional<std::string>{};
  if (length < 0) return system_failure(errno, "read " + index_.path_of(name));
  std::string_view file{target.data(), static_cast<std::size_t>(length)};
  if (file.starts_with(up)) file.remove_prefix(up.size());
  // Not one that we made.
  if (!unescaped(file, suffix) || file.find('/') != std::string_view::npos) return std::optional<std::string>{};
  return std::optional<std::string>{std::string{file}};
}

}  // namespace syncservice::adapter::folder

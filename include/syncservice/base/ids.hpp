// base/ids — strong types for the names that travel with a push, so that one can't be taken for another.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace syncservice {

/// A string that means one thing. Value semantics.
template <class Tag>
class StrongString {
 public:
  StrongString() = default;
  explicit StrongString(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  friend auto operator<=>(const StrongString&, const StrongString&) = default;

 private:
  std::string text_;
};

using AppLinkName = StrongString<struct AppLinkNameTag>;
using ApplicationName = StrongString<struct ApplicationNameTag>;
using ProjectName = StrongString<struct ProjectNameTag>;  ///< empty: no project
using RecordId = StrongString<struct RecordIdTag>;        ///< 1–255 bytes of UTF-8, no control characters

/// Number of a push, unique in one data folder for ever, rising.
enum class PushId : std::int64_t {};
[[nodiscard]] inline std::string to_string(PushId id) {
  return std::to_string(static_cast<std::int64_t>(id));
}

/// The two ends of an app link (contract §1): `source` is the left side, `destination` the right one.
enum class Side : std::uint8_t { source, destination };
[[nodiscard]] std::string_view to_string(Side side) noexcept;
[[nodiscard]] constexpr Side other(Side side) noexcept {
  return side == Side::source ? Side::destination : Side::source;
}
/// Without regard to ASCII case; empty when it is neither.
[[nodiscard]] std::optional<Side> parse_side(std::string_view text) noexcept;

}  // namespace syncservice

template <class Tag>
struct std::hash<syncservice::StrongString<Tag>> {
  std::size_t operator()(const syncservice::StrongString<Tag>& name) const noexcept {
    return std::hash<std::string>{}(name.str());
  }
};

// base/category — the category of a module's error codes.
#pragma once

#include <boost/system/error_category.hpp>

#include <string>
#include <string_view>

namespace syncservice {

// Boost's base has no virtual destructor on purpose: categories are never destroyed through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
/// Of the codes that `Code`, an enum, names. Codes compare by the address of their category, so a module makes one and
/// keeps it for ever. Immutable.
template <class Code>
// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor)
class Category final : public boost::system::error_category {
 public:
  using Words = std::string_view (*)(Code) noexcept;
  /// `name` and what `words` gives are kept as they are: string literals.
  constexpr Category(const char* name, Words words) noexcept : name_(name), words_(words) {}

  [[nodiscard]] const char* name() const noexcept override { return name_; }
  [[nodiscard]] std::string message(int value) const override { return std::string{words_(static_cast<Code>(value))}; }

 private:
  const char* name_;
  Words words_;
};
#pragma GCC diagnostic pop

}  // namespace syncservice

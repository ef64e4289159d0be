// Text in every format, as users and their editors write it. The first byte picks the format.
#include "syncservice/record/rich_text.hpp"

#include "record/adf_schema.hpp"
#include "record/canonical.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace syncservice;
using namespace syncservice::record;

void require(bool condition) {
  if (!condition) std::abort();
}

RichText read(char format, std::string_view text) {
  switch (format) {
    case 'w':
      return from_wiki(text);
    case 'm':
      return from_markdown(text);
    case 'p':
      return from_plain(text);
    case 'a': {
      const auto adf = from_adf(text);
      require(adf || !adf.error().message.empty());
      return adf ? *adf : RichText{};
    }
    default:
      return from_html(text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const RichText text = read(input.front(), input.substr(1));
  require(test::fault_of(text.html()).empty());
  require(from_html(text.html()) == text);
  const std::string adf = to_adf(text);
  require(from_adf(adf).has_value());
  require(test::adf_fault(nlohmann::json::parse(adf)).empty());
  require(test::fault_of(from_wiki(to_wiki(text)).html()).empty());
  static_cast<void>(to_plain(text));
  return 0;
}

// ConnectAll.properties, as an administrator may have mangled it.
#include "syncservice/config/settings.hpp"

#include "syncservice/base/text.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncservice;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const config::LoadedSettings loaded = config::parse_settings(input, "/etc/syncservice/ConnectAll.properties");
  if (loaded.settings.has_value() == any_error(loaded.complaints)) std::abort();
  for (const Complaint& complaint : loaded.complaints) {
    if (complaint.what.empty() || complaint.line < 0 || complaint.column < 0) std::abort();
    if (!text::is_utf8(to_string(complaint))) std::abort();
  }
  if (loaded.settings && (loaded.settings->workers < 1 || loaded.settings->workers > 256)) std::abort();
  return 0;
}

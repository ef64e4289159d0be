#include "form.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

namespace syncservice::adapter::helix_alm {
namespace {

bool is_plain(char c) noexcept {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '%';
}

std::string disposition(const std::string& field, const std::string& name) {
  std::string out = "Content-Disposition: form-data; name=\"";
  out.append(field).append("\"; ");
  if (std::all_of(name.begin(), name.end(), is_plain)) return out.append("filename=\"").append(name).append("\"");
  return out.append("filename*=UTF-8''").append(text::percent_encode(name));
}

// What comes before the file, the file, what comes after it.
class Parts {
 public:
  Parts(std::string before, client::Source source, std::string after)
      : before_(std::move(before)), source_(std::move(source)), after_(std::move(after)) {}

  Result<std::size_t> next(std::span<char> piece) {
    if (const std::size_t some = from(before_, piece); some > 0) return some;
    if (!at_end_) {
      auto some = source_(piece);
      if (!some || *some > 0) return some;
      at_end_ = true;
    }
    return from(after_, piece);
  }

 private:
  static std::size_t from(std::string& text, std::span<char> piece) {
    const std::size_t some = std::min(text.size(), piece.size());
    std::copy_n(text.begin(), some, piece.begin());
    text.erase(0, some);
    return some;
  }

  std::string before_;
  const client::Source source_;
  std::string after_;
  bool at_end_ = false;
};

}  // namespace

Form form_of(const std::string& field, const std::string& name, const std::string& media_type,
             const client::Source& source, std::uint64_t size, const std::string& boundary) {
  std::string before = "--" + boundary + "\r\n";
  before.append(disposition(field, name)).append("\r\nContent-Type: ").append(media_type).append("\r\n\r\n");
  std::string after = "\r\n--";
  after.append(boundary).append("--\r\n");
  Form out;
  out.content_type = "multipart/form-data; boundary=" + boundary;
  out.body.size = before.size() + size + after.size();
  out.body.source = [parts = std::make_shared<Parts>(std::move(before), source, std::move(after))](
                        std::span<char> piece) { return parts->next(piece); };
  return out;
}

}  // namespace syncservice::adapter::helix_alm

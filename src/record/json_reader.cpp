// The strict JSON reader: a handler for nlohmann's event interface, since its document parser silently keeps the last
// of two equal members and rounds integers beyond 64 bits.
#include "syncservice/base/text.hpp"
#include "syncservice/record/record.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace syncservice::record {
namespace {

using Json = nlohmann::ordered_json;

class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(std::string_view input, std::size_t max_depth) : input_(input), max_depth_(max_depth) {}

  [[nodiscard]] Json take() { return std::move(root_); }
  [[nodiscard]] Error error() const { return error_; }

  bool null() override { return add(nullptr); }
  bool boolean(bool truth) override { return add(truth); }
  bool number_integer(number_integer_t number) override { return add(number); }
  bool number_unsigned(number_unsigned_t number) override { return add(number); }
  bool number_float(number_float_t number, const string_t& token) override {
    if (token.find_first_of(".eE") == std::string::npos)
      return refuse(Fault::number_range, "The number " + text::printable(token, 40) +
                                             " is beyond 64 bits; write it as text, in quotes" + inside() + ".");
    return add(number);
  }
  bool string(string_t& text) override { return add(std::move(text)); }
  bool binary(binary_t&) override { return refuse(Fault::syntax, "Binary data is no JSON."); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    if (!level.names.insert(name).second)
      return refuse(Fault::duplicate_member,
                    "The member \"" + text::printable(name) + "\" stands twice in one object; keep one of them.");
    level.name = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& what) override {
    // 406: a number whose exponent no double can hold.
    if (what.id == 406)
      return refuse(Fault::number_range, "The number " + text::printable(token, 40) +
                                             " is too large for a 64-bit floating-point number" + inside() + ".");
    // The position is that of the last byte read, from 1.
    const auto before = input_.substr(0, std::min(position == 0 ? 0 : position - 1, input_.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto column = before.size() - (before.find_last_of('\n') + 1) + 1;
    return refuse(Fault::syntax,
                  "This is not well-formed JSON in UTF-8: line " + std::to_string(line) + ", column " +
                      std::to_string(column) +
                      (position > input_.size() ? ": it ends too early."
                                                : ": unexpected \"" + text::printable(token, 40) + "\"."));
  }

 private:
  struct Level {
    Json* container;              // stable: a parent does not grow while its child is open
    std::string name;             // of the member being read
    std::set<std::string> names;  // of the members so far
  };

  Json* place(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.container->is_array()) {
      level.container->push_back(std::move(value));
      return &level.container->back();
    }
    // Straight to the end: the map's own insert would search all members before, and key() has done that.
    auto& members = level.container->get_ref<Json::object_t&>();
    members.emplace_back(std::move(level.name), std::move(value));
    level.name = members.back().first;
    return &members.back().second;
  }

  bool add(Json value) {
    place(std::move(value));
    return true;
  }

  bool open(Json container) {
    if (levels_.size() == max_depth_)
      return refuse(Fault::too_deep, "It is nested more than " + std::to_string(max_depth_) + " levels deep" +
                                         inside() + "; that is not accepted.");
    levels_.push_back(Level{place(std::move(container)), {}, {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  bool refuse(Fault fault, std::string message) {
    error_ = Error{make_error_code(fault), std::move(message), FailureClass::permanent, std::nullopt};
    return false;
  }

  // " in member "x"", for a message.
  [[nodiscard]] std::string inside() const {
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
      if (!level->name.empty()) return " (in member \"" + text::printable(level->name) + "\")";
    }
    return {};
  }

  std::string_view input_;
  std::size_t max_depth_;
  Json root_;
  std::vector<Level> levels_;
  Error error_;
};

}  // namespace

Result<nlohmann::ordered_json> parse_json(std::string_view json, std::size_t max_depth) {
  Builder builder{json, max_depth};
  if (!Json::sax_parse(json.begin(), json.end(), &builder)) return builder.error();
  return builder.take();
}

}  // namespace syncservice::record

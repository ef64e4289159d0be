#include "parse.hpp"

#include "syncservice/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace syncservice::push {
namespace {

using nlohmann::json;

constexpr std::size_t longest_name = 255;
constexpr std::size_t deepest = 64;

Error invalid(std::string message) {
  return {boost::system::errc::make_error_code(boost::system::errc::invalid_argument), std::move(message),
          FailureClass::permanent, std::nullopt};
}

std::string in_quotes(std::string_view value) {
  return '"' + text::printable(value) + '"';
}

/// The members that a push may have, in the order in which complaints are made.
enum Member : std::size_t { app_link, automation, automation_capital, origin, id, project, member_count };
constexpr std::array<std::string_view, member_count> member_names{
    "appLinkName", "automationName", "AutomationName", "origin", "id", "project"};

/// Collects the known members of the top-level object while nlohmann's parser reads; nothing else is kept.
class Reader final : public json::json_sax_t {
 public:
  std::array<std::optional<std::string>, member_count> values;

  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

  bool null() override { return scalar(std::nullopt, "null"); }
  bool boolean(bool truth) override { return scalar(std::nullopt, truth ? "true" : "false"); }
  bool number_integer(number_integer_t number) override { return number_text(std::to_string(number)); }
  bool number_unsigned(number_unsigned_t number) override { return number_text(std::to_string(number)); }
  bool number_float(number_float_t, const string_t& spelled) override {
    const bool integral = spelled.find_first_of(".eE") == std::string::npos;
    if (at(id) && integral) return fail("id: " + text::printable(spelled) + " is beyond 64 bits; send it as a string");
    return scalar(std::nullopt, spelled);
  }
  bool string(string_t& text) override { return scalar(std::move(text), {}); }
  bool binary(binary_t&) override { return fail("binary values are not JSON"); }

  bool start_object(std::size_t) override { return open("an object"); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open("an array"); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    current_.reset();
    for (std::size_t i = 0; i < member_count; ++i) {
      if (name == member_names[i]) current_ = static_cast<Member>(i);
    }
    if (!current_) return true;
    if (seen_[*current_]) return fail("the member \"" + name + "\" is given twice; give it once");
    seen_[*current_] = true;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& last, const json::exception& error) override {
    position_ = position;
    last_ = last;
    syntax_ = error.what();
    return false;
  }

  [[nodiscard]] bool syntax_error() const noexcept { return !syntax_.empty(); }
  /// In words: where the JSON breaks off and, for the usual slips, how to mend it.
  [[nodiscard]] std::string syntax_message(std::string_view body) const;

 private:
  [[nodiscard]] bool at(Member member) const noexcept { return depth_ == 1 && current_ == member; }
  bool fail(std::string why) {
    failure_ = std::move(why);
    return false;
  }
  bool open(const char* what) {
    if (depth_ == 0 && std::string_view{what} != "an object") return fail(not_an_object);
    if (depth_ == 1 && current_) return wrong_type(what);
    if (++depth_ > deepest) return fail("the JSON is nested deeper than " + std::to_string(deepest) + " levels");
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }
  bool wrong_type(std::string_view found) {
    return fail(std::string{member_names[*current_]} + ": must be a string" +
                (*current_ == id ? " or an integer, not " : ", not ") + text::printable(found));
  }
  bool number_text(std::string digits) {
    if (at(id)) return scalar(std::move(digits), {});
    return scalar(std::nullopt, digits);
  }
  bool scalar(std::optional<std::string> value, std::string_view other) {
    if (depth_ == 0) return fail(not_an_object);
    if (depth_ != 1 || !current_) return true;
    if (value) {
      values[*current_] = std::move(value);
    } else if (other != "null") {  // null stands for "not given"
      return wrong_type(other);
    }
    current_.reset();
    return true;
  }

  static constexpr const char* not_an_object =
      R"(the body must be a JSON object such as {"appLinkName":"…","origin":"source","id":"…"})";

  std::size_t depth_ = 0;
  std::optional<Member> current_;
  std::array<bool, member_count> seen_{};
  std::string failure_, syntax_, last_;
  std::size_t position_ = 0;
};

/// Reads the object that nearly every push is: its values are texts of plain ASCII without an escape. Tells `reader`
/// what nlohmann's parser would, which must read all else. False: it is something else, and the reader is spoilt.
bool read_plain(std::string_view body, Reader& reader) {
  constexpr std::string_view blanks = " \t\r\n";
  std::size_t at = 0;
  const auto take = [&](char wanted) {
    at = std::min(body.find_first_not_of(blanks, at), body.size());
    const bool found = at < body.size() && body[at] == wanted;
    if (found) ++at;
    return found;
  };
  const auto take_text = [&](std::string& text) {
    if (!take('"')) return false;
    const std::size_t begin = at;
    while (at < body.size() && body[at] >= ' ' && body[at] <= '~' && body[at] != '"' && body[at] != '\\') ++at;
    text = body.substr(begin, at - begin);
    return at < body.size() && body[at++] == '"';
  };
  std::string text;
  if (!take('{') || !reader.start_object(1)) return false;
  do {
    if (!take_text(text) || !reader.key(text) || !take(':') || !take_text(text) || !reader.string(text)) return false;
  } while (take(','));
  return take('}') && reader.end_object() && body.find_first_not_of(blanks, at) == std::string_view::npos;
}

bool is_typographic_quote(std::string_view text) {
  constexpr std::array<std::string_view, 5> quotes{"“", "”", "„", "‘", "’"};
  return std::any_of(quotes.begin(), quotes.end(), [&](std::string_view quote) { return text.starts_with(quote); });
}

/// "line 1, column 2", counted in characters.
std::string place(std::string_view body, std::size_t offset) {
  const std::string_view before = body.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::string_view last_line = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0
  const auto column = 1 + std::count_if(last_line.begin(), last_line.end(),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

std::string Reader::syntax_message(std::string_view body) const {
  if (text::trim(body).empty()) return R"(the body is empty; send {"appLinkName":"…","origin":"source","id":"…"})";
  const auto says = [&](std::string_view words) { return syntax_.find(words) != std::string::npos; };
  std::size_t offset = std::min(position_ == 0 ? 0 : position_ - 1, body.size());
  if (says("unexpected string literal")) {
    // The parser has read the whole misplaced string; the reader wants its beginning.
    const std::size_t opening = offset == 0 ? std::string_view::npos : body.rfind('"', offset - 1);
    if (opening != std::string_view::npos) offset = opening;
  }
  const std::string_view rest = body.substr(offset);
  const std::string where = "malformed JSON at " + place(body, offset) + ": ";
  if (is_typographic_quote(rest)) {
    return where + "found a typographic quote (" + std::string{rest.substr(0, 3)} +
           R"(), as word processors write it; write plain double quotes ("))";
  }
  if (says("ill-formed UTF-8")) return where + "the text is not valid UTF-8; send the body in UTF-8";
  if (says("control character"))
    return where + R"(a line break or other control character inside a text; write it as \n)";
  if (says("unexpected string literal") && (says("expected '}'") || says("expected ']'"))) {
    return where + "found " + text::printable(rest.substr(0, rest.find('"', 1) + 1), 40) +
           " where a comma belongs; is one missing before it?";
  }
  if (rest.empty() || says("unexpected end of input") || says("missing closing quote"))
    return where + "the body ends too early; is it cut off, or a brace or quote not closed?";
  return where + "found " + in_quotes(rest.substr(0, 1)) + "; member names and texts need plain double quotes";
}

/// A variable such as {issue.key}, ${issue.key} or {{issue.key}} that the sender should have replaced by its value;
/// empty when there is none. Only names with a dot count: an id may hold a brace.
std::string_view unreplaced_variable(std::string_view value) noexcept {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
  for (std::size_t open = value.find('{'); open != std::string_view::npos; open = value.find('{', open + 1)) {
    const std::string_view braces = value.substr(open).starts_with("{{") ? "}}" : "}";
    const std::size_t name = open + braces.size();
    const std::size_t end = std::min(value.find_first_not_of(letters, name), value.size());
    const std::string_view words = value.substr(name, end - name);
    const std::size_t dot = words.find('.');
    if (dot == std::string_view::npos || dot == 0 || words.ends_with('.')) continue;
    if (!value.substr(end).starts_with(braces)) continue;
    const std::size_t start = open > 0 && value[open - 1] == '$' ? open - 1 : open;
    return value.substr(start, end + braces.size() - start);
  }
  return {};
}

/// What to do about it, by the way it is written.
std::string unreplaced(const std::string& member, std::string_view variable) {
  std::string out = member + ": the sender left the variable " + in_quotes(variable) + " unreplaced; ";
  if (variable.starts_with("{{")) {
    out += "Jira replaces it in automation rules only, so write {issue.key} in the URL of a webhook";
  } else if (variable.starts_with("${current.")) {
    return out + "in a ServiceNow script put the value itself into the body, as in current.getUniqueValue()";
  } else if (variable.starts_with('$')) {
    out += "Jira Cloud, and Data Center from version 10 on, write it without the $, as in {issue.key}";
  } else {
    out += "Jira Server, and Data Center up to version 9, write it with a $, as in ${issue.key}";
  }
  return out + ". Is the event one about an issue, and the name spelt as Jira spells it?";
}

Result<std::string> checked(std::string_view member, std::string_view raw) {
  const std::string_view value = text::trim(raw);
  const std::string name{member};
  if (value.empty()) return invalid(name + ": is empty; give 1 to 255 bytes");
  if (value.size() > longest_name)
    return invalid(name + ": is " + std::to_string(value.size()) + " bytes long; at most 255 are allowed");
  if (!text::is_utf8(value)) return invalid(name + ": " + in_quotes(value) + " is not valid UTF-8");
  if (text::has_control(value)) return invalid(name + ": " + in_quotes(value) + " holds a control character");
  if (const std::string_view variable = unreplaced_variable(value); !variable.empty())
    return invalid(unreplaced(name, variable));
  return std::string{value};
}

Result<HookTarget> target(std::string_view app_link_value, std::string_view origin_value) {
  Result<std::string> name = checked("appLinkName", app_link_value);
  if (!name) return name.error();
  const Result<std::string> side = checked("origin", origin_value);
  if (!side) return side.error();
  const std::optional<Side> parsed = parse_side(*side);
  if (!parsed) return invalid("origin: " + in_quotes(*side) + " is neither \"source\" nor \"destination\"");
  return HookTarget{AppLinkName{std::move(*name)}, *parsed};
}

Result<registry::PushRequest> with_record(HookTarget target, std::string_view id_value,
                                          std::optional<std::string_view> project_value) {
  registry::PushRequest request;
  request.app_link = std::move(target.app_link);
  request.origin = target.origin;
  Result<std::string> record = checked("id", id_value);
  if (!record) return record.error();
  request.id = RecordId{std::move(*record)};
  if (project_value) {
    Result<std::string> project_name = checked("project", *project_value);
    if (!project_name) return project_name.error();
    request.project = ProjectName{std::move(*project_name)};
  }
  return request;
}

/// The four values, wherever they came from, to a request.
Result<registry::PushRequest> assemble(std::string_view app_link_value, std::string_view origin_value,
                                       std::string_view id_value, std::optional<std::string_view> project_value) {
  Result<HookTarget> at = target(app_link_value, origin_value);
  if (!at) return at.error();
  return with_record(std::move(*at), id_value, project_value);
}

}  // namespace

bool is_json_type(std::string_view content_type) noexcept {
  const std::string_view type = text::trim(content_type.substr(0, content_type.find(';')));
  if (text::iequals(type, "application/json")) return true;
  constexpr std::string_view suffix = "+json";
  const std::size_t slash = type.find('/');
  return slash != std::string_view::npos && slash > 0 && type.size() > slash + 1 + suffix.size() &&
         text::iequals(type.substr(type.size() - suffix.size()), suffix);
}

Result<registry::PushRequest> parse_body(std::string_view body) {
  constexpr std::string_view bom = "\xEF\xBB\xBF";
  if (body.starts_with(bom)) body.remove_prefix(bom.size());
  Reader reader;
  if (!read_plain(body, reader)) {
    reader = Reader{};
    const bool complete = json::sax_parse(body, &reader);
    if (reader.syntax_error()) return invalid(reader.syntax_message(body));
    if (!complete) return invalid(reader.failure());
  }

  std::optional<std::string_view> name;
  for (const Member member : {app_link, automation, automation_capital}) {
    const auto& value = reader.values[member];
    if (!value) continue;
    if (name && text::trim(*name) != text::trim(*value)) {
      return invalid("appLinkName and automationName differ: " + in_quotes(*name) + " and " + in_quotes(*value) +
                     "; give one of them");
    }
    if (!name) name = *value;
  }
  if (!name) return invalid("appLinkName is missing; give the name of the app link");
  if (!reader.values[origin]) return invalid("origin is missing; give \"source\" or \"destination\"");
  if (!reader.values[id]) return invalid("id is missing; give the record's id or key at its origin");
  std::optional<std::string_view> project_name;
  if (reader.values[project]) project_name = *reader.values[project];
  return assemble(*name, *reader.values[origin], *reader.values[id], project_name);
}

Result<registry::PushRequest> parse_path(std::span<const std::string> segments) {
  if (segments.size() == 4) return assemble(segments[0], segments[1], segments[3], segments[2]);
  return assemble(segments[0], segments[1], segments[2], std::nullopt);
}

Result<HookTarget> parse_hook(std::span<const std::string> segments) {
  return target(segments[0], segments[1]);
}

Result<registry::PushRequest> parse_record(const HookTarget& target, std::string_view project, std::string_view id) {
  return with_record(target, id, project.empty() ? std::nullopt : std::optional{project});
}

}  // namespace syncservice::push

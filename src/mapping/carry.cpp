// The way of one value through a rule.
#include "conversion.hpp"
#include "plan_impl.hpp"
#include "values.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::mapping {
namespace {

using record::List;
using record::Reference;
using record::User;
using record::Value;

std::string in_quotes(std::string_view text) {
  return '"' + text::printable(text) + '"';
}

const std::string& part_of(const User& user, UserPart part) noexcept {
  switch (part) {
    case UserPart::email:
      return user.email;
    case UserPart::name:
      return user.name;
    case UserPart::id:
      return user.id;
  }
  return user.email;
}

std::string_view name_of(UserPart part) noexcept {
  switch (part) {
    case UserPart::email:
      return "e-mail address";
    case UserPart::name:
      return "name";
    case UserPart::id:
      return "id";
  }
  return "e-mail address";
}

class Carrier {
 public:
  Carrier(const Rule& rule, const Way& way) : rule_(rule), way_(way) {
    if (!rule.as) return;
    if (way.to == rule.front) {
      wanted_ = rule.as;
    } else if (way.held != nullptr) {
      wanted_ = kind_of(*way.held);
    }
  }

  Result<Carried> run(const Value& value) {
    Value now = value;
    const bool separated = !rule_.separator.empty();
    if (separated && way_.to == rule_.list_side) now = split(now, rule_.separator);
    // What is joined becomes text, whatever is there.
    const bool joined = separated && way_.to != rule_.list_side && now.as<List>() != nullptr;
    if (joined && way_.to != rule_.front) wanted_.reset();
    Result<Value> each = for_each(now);
    // What is there is a hint, not a rule: it counts where all of the value can be made of that kind.
    if (each && wanted_ && way_.to != rule_.front && kind_of(*each) != wanted_) {
      wanted_.reset();
      out_ = {};
      each = for_each(now);
    }
    if (!each) return each.error();
    now = std::move(*each);
    if (joined) now = join(now, rule_.separator);
    if (way_.to == rule_.front && rule_.fallback && is_empty(now)) now = *rule_.fallback;
    if (way_.to == rule_.front && rule_.max_length) shorten(now, *rule_.max_length);
    if (way_.limit && *way_.limit > 0) shorten(now, *way_.limit);
    out_.value = is_empty(now) ? Value{} : std::move(now);
    return std::move(out_);
  }

 private:
  void shorten(Value& value, std::size_t most) {
    bool was_cut = false;
    Value shorter = cut(value, most, was_cut);
    if (!was_cut) return;
    out_.lossy = true;
    // Nothing is no beginning of it: formatted text needs room for its mark-up.
    if (is_empty(shorter)) out_.left_out = true;
    if (!out_.whole) out_.whole = std::move(value);
    value = std::move(shorter);
  }

  Result<Value> for_each(const Value& value) {
    const auto* list = value.as<List>();
    if (list == nullptr) return one(value);
    List out;
    out.reserve(list->size());
    for (const Value& element : *list) {
      const std::size_t left_out = left_out_;
      Result<Value> made = for_each(element);
      if (!made) return made.error();
      // An unlinked reference leaves no gap in its list.
      if (left_out_ > left_out) {
        out_.lossy = true;
        continue;
      }
      out.push_back(std::move(*made));
    }
    out_.left_out = false;
    return Value{std::move(out)};
  }

  Result<Value> one(const Value& value) {
    if (is_reference(value)) return twin(value);
    Value now = value;
    if (rule_.users_by) {
      if (const auto* user = value.as<User>(); user != nullptr && !is_empty(value)) {
        const std::string& part = part_of(*user, *rule_.users_by);
        if (part.empty()) return no_part(value);
        now = Value{rule_.users_by == UserPart::email  ? User{{}, {}, part}
                    : rule_.users_by == UserPart::name ? User{{}, part, {}}
                                                       : User{part, {}, {}}};
      }
    } else {
      auto counterpart = rule_.translation ? rule_.translation->apply(value, way_.to) : value;
      if (!counterpart) return no_counterpart(value);
      // What a table of users says is how the system knows them.
      const auto* text = counterpart->as<std::string>();
      const bool login = rule_.users && wanted_ == As::user && text != nullptr && !text->empty() &&
                         *counterpart != value && text->find('@') == std::string::npos;
      now = login ? Value{User{*text, {}, {}}} : std::move(*counterpart);
    }
    if (!wanted_) return now;
    auto converted = convert(now, *wanted_);
    if (!converted && way_.to != rule_.front) return now;
    if (!converted) return not_convertible(now);
    if (kind_of(*converted) != kind_of(now)) out_.lossy = true;
    return std::move(*converted);
  }

  [[nodiscard]] bool is_reference(const Value& value) const {
    if (is_empty(value)) return false;
    if (value.as<Reference>() != nullptr) return rule_.as != As::text || way_.to != rule_.front;
    return wanted_ == As::reference;
  }

  Result<Value> twin(const Value& value) {
    const auto* given = value.as<Reference>();
    const Reference from = given != nullptr ? *given : Reference{{}, RecordId{value.text()}};
    std::optional<Reference> found;
    if (way_.twin_of != nullptr && *way_.twin_of) found = (*way_.twin_of)(other(way_.to), from);
    if (found) return Value{std::move(*found)};
    if (rule_.unlinked == WhenUnlinked::wait) {
      out_.missing.push_back(from);
    } else {
      out_.left_out = true;
      ++left_out_;
    }
    return Value{};
  }

  [[nodiscard]] std::string field(Side side) const {
    const std::string& name = rule_.name[side];
    return "The " + std::string{syncservice::to_string(side)} +
           (name.empty() ? std::string{" template"} : " field " + in_quotes(name));
  }

  [[nodiscard]] std::string holds(const Value& value) const {
    return field(other(way_.to)) + " holds " + in_quotes(value.text());
  }

  [[nodiscard]] std::string for_the_field() const {
    return "the " + std::string{syncservice::to_string(way_.to)} + " field " + in_quotes(rule_.name[way_.to]);
  }

  [[nodiscard]] Error failed(Problem problem, std::string message) const {
    if (rule_.line > 0) message += " (line " + std::to_string(rule_.line) + ")";
    return Error{make_error_code(problem), message + ".", FailureClass::permanent, std::nullopt};
  }

  [[nodiscard]] Error no_counterpart(const Value& value) const {
    return failed(Problem::no_counterpart, holds(value) + ", which has no counterpart for " + for_the_field() +
                                               "; add it to the values or users of that rule");
  }

  [[nodiscard]] Error no_part(const Value& value) const {
    return failed(Problem::no_counterpart, holds(value) + ", a user without " +
                                               (rule_.users_by == UserPart::email ? "an " : "a ") +
                                               std::string{name_of(*rule_.users_by)} + " to be found by for " +
                                               for_the_field() + "; give the user one, or that rule a table of users");
  }

  [[nodiscard]] Error not_convertible(const Value& value) const {
    return failed(Problem::not_convertible, holds(value) + ", which can't be made \"" +
                                                std::string{to_string(*wanted_)} + "\" for " + for_the_field() +
                                                "; correct the value, or \"as\" of that rule");
  }

  const Rule& rule_;
  const Way& way_;
  std::optional<As> wanted_;  // what each value is made
  Carried out_;
  std::size_t left_out_ = 0;
};

}  // namespace

Result<Carried> carry(const Rule& rule, const Value& value, const Way& way) {
  return Carrier{rule, way}.run(value);
}

}  // namespace syncservice::mapping

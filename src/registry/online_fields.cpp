#include "online_fields.hpp"

#include "wording.hpp"

#include "syncservice/adapter/fit.hpp"
#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::registry {
namespace {

using adapter::FieldInfo;
using adapter::FieldKind;
using record::Value;

FieldKind kind_of(mapping::As as) noexcept {
  switch (as) {
    case mapping::As::text:
      return FieldKind::text;
    case mapping::As::rich_text:
      return FieldKind::rich_text;
    case mapping::As::integer:
      return FieldKind::integer;
    case mapping::As::decimal:
      return FieldKind::decimal;
    case mapping::As::boolean:
      return FieldKind::boolean;
    case mapping::As::date:
      return FieldKind::date;
    case mapping::As::instant:
      return FieldKind::instant;
    case mapping::As::user:
      return FieldKind::user;
    case mapping::As::option:
      return FieldKind::option;
    case mapping::As::reference:
      return FieldKind::reference;
  }
  return FieldKind::text;
}

// What `as` calls it.
std::string as_word(FieldKind kind) {
  std::string word{adapter::to_string(kind)};
  std::replace(word.begin(), word.end(), ' ', '-');
  return word;
}

// Can a system take a value of one kind in a field of the other without being told more?
bool fits(FieldKind have, FieldKind want) noexcept {
  if (have == want) return true;
  switch (want) {
    case FieldKind::text:
    case FieldKind::rich_text:
      return true;
    case FieldKind::option:
      return have == FieldKind::text || have == FieldKind::integer || have == FieldKind::boolean;
    case FieldKind::user:
      return have == FieldKind::text;
    case FieldKind::decimal:
      return have == FieldKind::integer;
    case FieldKind::integer:
    case FieldKind::boolean:
    case FieldKind::date:
    case FieldKind::instant:
    case FieldKind::reference:
      return false;
  }
  return false;
}

std::optional<FieldKind> kind_of(const Value& value) {
  struct Kind {
    std::optional<FieldKind> operator()(record::Null) const { return std::nullopt; }
    std::optional<FieldKind> operator()(bool) const { return FieldKind::boolean; }
    std::optional<FieldKind> operator()(std::int64_t) const { return FieldKind::integer; }
    std::optional<FieldKind> operator()(double) const { return FieldKind::decimal; }
    std::optional<FieldKind> operator()(const std::string&) const { return FieldKind::text; }
    std::optional<FieldKind> operator()(const record::RichText&) const { return FieldKind::rich_text; }
    std::optional<FieldKind> operator()(const record::Date&) const { return FieldKind::date; }
    std::optional<FieldKind> operator()(const record::Instant&) const { return FieldKind::instant; }
    std::optional<FieldKind> operator()(const record::User&) const { return FieldKind::user; }
    std::optional<FieldKind> operator()(const record::Option&) const { return FieldKind::option; }
    std::optional<FieldKind> operator()(const record::Reference&) const { return FieldKind::reference; }
    std::optional<FieldKind> operator()(const record::List& list) const {
      return list.empty() ? std::nullopt : kind_of(list.front());
    }
  };
  return std::visit(Kind{}, value.get());
}

std::optional<std::string> no_such_option(const Known& known, const FieldInfo& field, const std::string& text) {
  if (field.kind != FieldKind::option || field.options.empty() || text.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const record::Option& option : field.options) {
    if (option.name == text || option.id == text) return std::nullopt;
    names.push_back(option.name.empty() ? option.id : option.name);
  }
  return "the field " + in_quotes(field.name) + " of a " + known.what + " has no option " + in_quotes(text) +
         hint(text, names);
}

// One rule on its way to one side.
class Way {
 public:
  Way(const mapping::RuleUse& use, Side to, const Known* here, const Known* there, Findings& found)
      : use_(use), to_(to), here_(here), there_(there), faults_(found.faults), warnings_(found.warnings) {}

  void check() {
    const FieldInfo* field = there_->find(name(to_));
    if (field == nullptr) return;  // said once for both ways
    if (field->read_only) {
      faults_.push_back(there_->read_only(field->name));
      return;
    }
    if (use_.constant) return constant(*field, *use_.constant);
    if (front() && use_.fallback) constant(*field, *use_.fallback);
    for (const std::string& value : values(to_)) {
      if (auto fault = no_such_option(*there_, *field, value)) faults_.push_back(std::move(*fault));
    }
    if (const FieldInfo* from = origin()) {
      // A value that the field never has is a word that nothing is translated from.
      for (const std::string& value : values(other(to_))) {
        if (auto fault = no_such_option(*here_, *from, value)) faults_.push_back(std::move(*fault));
      }
    }
    kind(*field);
    list(*field);
    options(*field);
  }

 private:
  [[nodiscard]] const std::string& name(Side side) const {
    return side == Side::source ? use_.source : use_.destination;
  }
  // The side that `as` and `default` concern.
  [[nodiscard]] bool front() const { return to_ == Side::destination || !use_.to_destination; }
  [[nodiscard]] const std::vector<std::string>& values(Side side) const {
    return side == Side::source ? use_.source_values : use_.destination_values;
  }
  [[nodiscard]] bool has_table() const {
    return use_.users || !use_.source_values.empty() || !use_.destination_values.empty();
  }
  [[nodiscard]] const FieldInfo* origin() const { return here_ == nullptr ? nullptr : here_->find(name(other(to_))); }

  void constant(const FieldInfo& field, const Value& value) {
    if (auto fault = option_fault(*there_, field, value)) faults_.push_back(std::move(*fault));
    const std::optional<FieldKind> have = kind_of(value);
    if (have && !fits(*have, field.kind) && !adapter::as_kind(field, value)) misfit(field, *have);
  }

  void kind(const FieldInfo& field) {
    if (front() && use_.as) {
      if (const FieldKind have = kind_of(*use_.as); !fits(have, field.kind)) misfit(field, have);
      return;
    }
    if (use_.as) return;  // on the way back a value takes the kind that is there
    if (use_.from_template) {
      if (!fits(FieldKind::text, field.kind)) misfit(field, FieldKind::text);
      return;
    }
    const FieldInfo* from = origin();
    if (from == nullptr || has_table()) return;
    if (!fits(from->kind, field.kind)) misfit(field, from->kind);
  }

  void misfit(const FieldInfo& field, FieldKind have) {
    faults_.push_back("the field " + in_quotes(field.name) + " of a " + there_->what + " takes " +
                      std::string{adapter::to_string(field.kind)} + ", and is given " +
                      std::string{adapter::to_string(have)} + "; write \"as: " + as_word(field.kind) +
                      "\", or choose another field");
  }

  void list(const FieldInfo& field) {
    const bool list_here = to_ == Side::source ? use_.list_at_destination : use_.list_at_source;
    const bool list_there = to_ == Side::source ? use_.list_at_source : use_.list_at_destination;
    const FieldInfo* from = origin();
    if (list_there && !field.list) {
      faults_.push_back(
          "the field " + in_quotes(field.name) + " of a " + there_->what +
          " takes no list; use \"split\" where the destination takes one, \"join\" where the source does");
    } else if (!list_here && !list_there && from != nullptr && from->list && !field.list) {
      faults_.push_back("the field " + in_quotes(field.name) + " of a " + there_->what + " takes no list, and " +
                        in_quotes(from->name) + " is one; write \"" + (to_ == Side::source ? "split" : "join") +
                        ": ', '\" to make it text");
    }
  }

  // Options that the other side may have and this one has none for: a record with one of them would not get through.
  void options(const FieldInfo& field) {
    const FieldInfo* from = origin();
    if (from == nullptr || from->kind != FieldKind::option || field.kind != FieldKind::option ||
        field.options.empty() || use_.users || use_.from_template || (use_.as && *use_.as != mapping::As::option)) {
      return;
    }
    std::vector<std::string> lost;
    for (const record::Option& option : from->options) {
      const Value value{option};
      const std::optional<Value> counterpart = use_.translate ? use_.translate(value, to_) : value;
      if (counterpart && (counterpart->text() != value.text() || !option_fault(*there_, field, *counterpart))) continue;
      lost.push_back(value.text());
    }
    if (lost.empty()) return;
    std::string what = "the field " + in_quotes(from->name) + " of a " + here_->what + " has ";
    what.append(lost.size() == 1 ? "the option " : "the options ").append(text::quoted_list(lost));
    what.append(", for which ").append(in_quotes(field.name)).append(" of a ").append(there_->what);
    what.append(" has none, so such a record can't be synchronized; say in \"values\" what stands for ");
    warnings_.push_back(what.append(lost.size() == 1 ? "it" : "them"));
  }

  const mapping::RuleUse& use_;
  Side to_;
  const Known* here_;
  const Known* there_;
  std::vector<std::string>& faults_;
  std::vector<std::string>& warnings_;
};

}  // namespace

const FieldInfo* Known::find(const std::string& name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const FieldInfo& field) { return adapter::is_called(field, name); });
  return found == fields.end() ? nullptr : &*found;
}

std::string Known::missing(const std::string& name) const {
  const std::string what_is_wrong = "a " + what + " has no field " + in_quotes(name);
  const auto labelled = std::find_if(fields.begin(), fields.end(),
                                     [&](const FieldInfo& field) { return text::iequals(field.label, name); });
  if (labelled != fields.end())
    return what_is_wrong + "; that is how people see " + in_quotes(labelled->name) + ", write that";
  std::vector<std::string> names;
  for (const FieldInfo& field : fields) names.push_back(field.name);
  return what_is_wrong + hint(name, names);
}

std::string Known::read_only(const std::string& name) const {
  return "the field " + in_quotes(name) + " of a " + what +
         " can't be written; change the direction of the rule, or leave it out";
}

std::optional<std::string> option_fault(const Known& known, const FieldInfo& field, const Value& value) {
  if (const auto* list = value.as<record::List>()) {
    for (const Value& element : *list) {
      if (auto fault = option_fault(known, field, element)) return fault;
    }
    return std::nullopt;
  }
  return no_such_option(known, field, value.text());
}

Findings findings_of(const mapping::RuleUse& use, const Known* source, const Known* destination) {
  Findings found;
  std::vector<std::string>& faults = found.faults;
  const auto exist = [&](const Known* known, const std::string& name, const std::vector<std::string>& reads) {
    if (known == nullptr) return;
    if (!name.empty() && known->find(name) == nullptr) faults.push_back(known->missing(name));
    for (const std::string& read : reads) {
      if (known->find(read) == nullptr) faults.push_back(known->missing(read));
    }
  };
  exist(source, use.source, use.source_reads);
  exist(destination, use.destination, use.destination_reads);
  if (use.to_destination && destination != nullptr) Way{use, Side::destination, source, destination, found}.check();
  if (use.to_source && source != nullptr) Way{use, Side::source, destination, source, found}.check();
  return found;
}

}  // namespace syncservice::registry

// PlanSpec → Plan: every check that can be made without a record.
#include "conversion.hpp"
#include "plan_impl.hpp"
#include "values.hpp"

#include "syncservice/base/text.hpp"

namespace syncservice::mapping {
namespace {

constexpr std::string_view example = R"(. Right would be, for example: status != "Draft" and kind in ["Story", "Bug"])";

bool leads_to(Direction direction, Side side) noexcept {
  switch (direction) {
    case Direction::both:
      return true;
    case Direction::to_destination:
      return side == Side::destination;
    case Direction::to_source:
      return side == Side::source;
  }
  return false;
}

std::string in_quotes(std::string_view name) {
  return '"' + text::printable(name) + '"';
}

std::string side_and_name(Side side, std::string_view name) {
  return std::string{to_string(side)} + " " + in_quotes(name);
}

std::string direction_to(Side side) {
  return "\"direction: to-" + std::string{to_string(side)} + "\"";
}

class Compiler {
 public:
  Compiler(const PlanSpec& spec, std::vector<Fault>& faults) : spec_(spec), faults_(faults) {}

  void rule(std::size_t index, Compiled& out);
  void filter(Side side, const std::string& text, Compiled& out);

 private:
  void names(const FieldRule& rule);
  void members(const FieldRule& rule);
  void tables(const FieldRule& rule, const Rule& compiled);
  void directions(const FieldRule& rule, const Rule& compiled);
  void conditions(const FieldRule& rule, Rule& compiled);
  void condition(const std::string& text, Part part, Side from, Rule& compiled);
  void conversion(const FieldRule& rule, Rule& compiled);
  record::Value typed(const record::Value& value, const FieldRule& rule, std::string_view what);
  void reads(Rule& compiled);
  void duplicates(const Rule& compiled);
  void fault(std::string what, Part part = Part::rule) { faults_.push_back({current_, std::move(what), part}); }

  const PlanSpec& spec_;
  std::vector<Fault>& faults_;
  int current_ = 0;
  struct Writer {
    int rule;
    bool sometimes;  // under a condition
  };
  PerSide<std::map<std::string, Writer>> writers_;  // field → rule that writes it at that side
};

void Compiler::names(const FieldRule& rule) {
  const bool source = !rule.source.empty();
  const bool destination = !rule.destination.empty();
  const bool made = rule.constant || !rule.pattern.empty();
  const std::string maker = rule.constant ? "constant" : "template";
  if (!source && !destination) {
    fault("The rule names no field; give it source and destination, or one of them and a constant or a template.");
  } else if (source && destination && made) {
    fault("The rule has a " + maker + " and fields at both sides; name only the field that the " + maker +
          " is written to, or leave the " + maker + " out.");
  } else if (source != destination && !made) {
    const Side side = source ? Side::source : Side::destination;
    fault("The rule names only " + side_and_name(side, source ? rule.source : rule.destination) + "; name the " +
          std::string{to_string(other(side))} + " field too, or give a constant or a template.");
  }
}

// Members that do not go together.
void Compiler::members(const FieldRule& rule) {
  if (rule.constant && !rule.pattern.empty()) fault("The rule has both a constant and a template; keep one of them.");
  if (rule.fallback && is_empty(*rule.fallback))
    fault("\"default\" has no value; write what an empty field shall become, or leave it out.");
  if (rule.fallback && rule.constant)
    fault("The rule has a constant and a default; a constant is never empty, so leave the default out.");
  if (rule.constant && !rule.separator.empty())
    fault("The rule has a constant and \"split\" or \"join\"; write the constant as it shall be, and leave them out.");
  if (!rule.pattern.empty() && (!rule.separator.empty() || !rule.values.empty() || !rule.users.empty()))
    fault("A template makes text; leave values, users, \"split\" and \"join\" out of its rule.");
  if (rule.constant && rule.max_length)
    fault("The rule has a constant and \"maxLength\"; write the constant as long as it may be, and leave it out.");
}

void Compiler::tables(const FieldRule& rule, const Rule& compiled) {
  if (rule.constant && (!rule.values.empty() || !rule.users.empty() || rule.users_by))
    fault("The rule has a constant and a table; a constant is written as it stands, so leave out values and users.");
  if (!rule.values.empty() && !rule.users.empty())
    fault("The rule has both values and users; keep the one that fits the field.");
  if (!compiled.writes[Side::source] || rule.constant) return;
  if (!compiled.translation) return;
  for (const Ambiguity& ambiguity : compiled.translation->ambiguities()) {
    fault("On the way back " + in_quotes(ambiguity.right) + " may mean " + in_quotes(ambiguity.first) + " or " +
          in_quotes(ambiguity.second) + "; give the rule " + direction_to(Side::destination) +
          ", and if it shall go back too, add a second rule for the same fields with " + direction_to(Side::source) +
          " in which it stands once.");
  }
}

void Compiler::directions(const FieldRule& rule, const Rule& compiled) {
  if (compiled.writes[Side::source] || compiled.writes[Side::destination]) return;
  if (rule.constant || !rule.pattern.empty()) {
    const std::string maker = rule.constant ? "constant" : "template";
    const Side side = rule.destination.empty() ? Side::source : Side::destination;
    fault("The " + maker + " for " + side_and_name(side, rule.destination.empty() ? rule.source : rule.destination) +
          " is never written, since the direction of the rule or of the app link does not lead to the " +
          std::string{to_string(side)} + "; change the direction, or leave the rule out.");
  } else {
    const Side side = rule.direction == Direction::to_source ? Side::source : Side::destination;
    fault("The rule goes to the " + std::string{to_string(side)} + " only, but the app link never does; " +
          "change one of the two directions, or leave the rule out.");
  }
}

void Compiler::conditions(const FieldRule& rule, Rule& compiled) {
  const bool one_way_back = compiled.writes[Side::source] && !compiled.writes[Side::destination];
  if (!rule.only_when_destination) {
    for (const Side from : both_sides) {
      if (compiled.writes[other(from)] && !text::trim(rule.only_when).empty()) {
        const auto before = faults_.size();
        condition(rule.only_when, Part::only_when, from, compiled);
        if (faults_.size() > before) return;
      }
    }
    return;
  }
  if (!text::trim(rule.only_when).empty()) {
    if (one_way_back) {
      fault("onlyWhen for the source is never looked at, since the rule only goes to the source; leave it out.",
            Part::only_when);
    } else {
      condition(rule.only_when, Part::only_when, Side::source, compiled);
    }
  }
  if (text::trim(*rule.only_when_destination).empty()) return;
  if (!compiled.writes[Side::source]) {
    fault("onlyWhen for the destination is never looked at, since the rule only goes there; leave it out.",
          Part::only_when_destination);
  } else {
    condition(*rule.only_when_destination, Part::only_when_destination, Side::destination, compiled);
  }
}

void Compiler::condition(const std::string& text, Part part, Side from, Rule& compiled) {
  std::string what;
  std::optional<Condition> parsed = parse_condition(text, what);
  if (!parsed) return fault("onlyWhen, " + what + std::string{example}, part);
  compiled.only_when[from] = std::make_shared<const Condition>(std::move(*parsed));
}

void Compiler::conversion(const FieldRule& rule, Rule& compiled) {
  if (!rule.pattern.empty()) {
    std::string what;
    std::optional<Pattern> parsed = Pattern::parse(rule.pattern, what);
    if (!parsed) return fault("template, " + what + ".", Part::pattern);
    compiled.pattern = std::make_shared<const Pattern>(std::move(*parsed));
  }
  if (rule.constant) compiled.constant = typed(*rule.constant, rule, "constant");
  if (rule.fallback) compiled.fallback = typed(*rule.fallback, rule, "default");
}

record::Value Compiler::typed(const record::Value& value, const FieldRule& rule, std::string_view what) {
  if (!rule.as || rule.as == As::reference) return value;
  if (const auto* list = value.as<record::List>()) {
    record::List out;
    for (const record::Value& element : *list) out.push_back(typed(element, rule, what));
    return out;
  }
  std::optional<record::Value> converted = convert(value, *rule.as);
  if (!converted) {
    fault("The " + std::string{what} + " " + in_quotes(value.text()) + " can't be made \"" +
          std::string{mapping::to_string(*rule.as)} + "\"; correct one of the two.");
  }
  return converted.value_or(value);
}

void Compiler::reads(Rule& compiled) {
  for (const Side side : both_sides) {
    std::set<std::string> names;
    if (compiled.only_when[side]) compiled.only_when[side]->collect(names);
    if (compiled.pattern && compiled.made_at(side)) {
      for (std::string& name : compiled.pattern->fields()) names.insert(std::move(name));
    }
    names.erase(compiled.name[side]);
    compiled.reads[side].assign(names.begin(), names.end());
  }
}

void Compiler::duplicates(const Rule& compiled) {
  for (const Side side : both_sides) {
    const std::string& name = compiled.name[side];
    if (!compiled.writes[side] || name.empty()) continue;
    const bool sometimes = compiled.only_when[other(side)] != nullptr;
    const auto [first, inserted] = writers_[side].emplace(name, Writer{current_, sometimes});
    if (inserted || (sometimes && first->second.sometimes)) continue;
    const FieldRule& writer = spec_.fields[static_cast<std::size_t>(first->second.rule)];
    std::string where = "rule " + std::to_string(first->second.rule + 1);
    if (writer.line > 0) where += " (line " + std::to_string(writer.line) + ")";
    fault("The field " + side_and_name(side, name) + " is already written by " + where +
          "; leave out one of the two, give one " + direction_to(other(side)) +
          " so that they don't meet, or give each its condition (onlyWhen).");
  }
}

void Compiler::rule(std::size_t index, Compiled& out) {
  const FieldRule& rule = spec_.fields[index];
  current_ = static_cast<int>(index);
  const auto before = faults_.size();
  names(rule);
  members(rule);
  if (faults_.size() > before) return;

  Rule compiled;
  compiled.name[Side::source] = rule.source;
  compiled.name[Side::destination] = rule.destination;
  compiled.constant = rule.constant;
  if (const auto& table = rule.values.empty() ? rule.users : rule.values; !table.empty())
    compiled.translation = std::make_shared<const Translation>(table);
  compiled.users = !rule.users.empty();
  compiled.users_by = rule.users_by;
  compiled.as = rule.as;
  compiled.fallback = rule.fallback;
  compiled.max_length = rule.max_length;
  compiled.separator = rule.separator;
  compiled.list_side = rule.joins ? Side::source : Side::destination;
  compiled.conflict = rule.conflict.value_or(spec_.conflict);
  compiled.create_only = rule.create_only;
  compiled.unlinked = rule.unlinked;
  compiled.line = rule.line;
  compiled.column = rule.column;
  for (const Side side : both_sides)
    compiled.writes[side] =
        leads_to(spec_.direction, side) && leads_to(rule.direction, side) && !compiled.name[side].empty();
  if (compiled.writes[Side::source] && !compiled.writes[Side::destination]) compiled.front = Side::source;

  directions(rule, compiled);
  tables(rule, compiled);
  conditions(rule, compiled);
  conversion(rule, compiled);
  duplicates(compiled);
  reads(compiled);
  out.rules.push_back(std::move(compiled));
}

void Compiler::filter(Side side, const std::string& text, Compiled& out) {
  if (text::trim(text).empty()) return;
  std::string what;
  out.only_when[side] = parse_condition(text, what);
  current_ = side == Side::source ? -1 : -2;
  if (!out.only_when[side]) {
    fault("onlyWhen for the " + std::string{to_string(side)} + ", " + what + std::string{example});
    return;
  }
  std::set<std::string> changes;
  out.only_when[side]->collect(changes, true);
  out.kept[side].assign(changes.begin(), changes.end());
}

}  // namespace

std::shared_ptr<const Plan> Plan::compile(PlanSpec spec, std::vector<Fault>& faults) {
  auto impl = std::make_unique<Impl>();
  impl->direction = spec.direction;
  impl->rules.reserve(spec.fields.size());
  const auto before = faults.size();
  Compiler compiler{spec, faults};
  for (std::size_t i = 0; i < spec.fields.size(); ++i) compiler.rule(i, *impl);
  compiler.filter(Side::source, spec.only_when_source, *impl);
  compiler.filter(Side::destination, spec.only_when_destination, *impl);
  if (faults.size() > before) return nullptr;
  return std::shared_ptr<const Plan>(new Plan(std::move(impl)));
}

}  // namespace syncservice::mapping

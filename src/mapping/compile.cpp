// PlanSpec → Plan: every check that can be made without a record.
#include "plan_impl.hpp"

#include "syncservice/base/text.hpp"

namespace syncservice::mapping {
namespace {

constexpr std::array both_sides{Side::source, Side::destination};

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
  void tables(const FieldRule& rule, const Rule& compiled);
  void directions(const FieldRule& rule, const Rule& compiled);
  void duplicates(const Rule& compiled);
  void fault(std::string what) { faults_.push_back({current_, std::move(what)}); }

  const PlanSpec& spec_;
  std::vector<Fault>& faults_;
  int current_ = 0;
  PerSide<std::map<std::string, int>> writers_;  // field → rule that writes it at that side
};

void Compiler::names(const FieldRule& rule) {
  const bool source = !rule.source.empty();
  const bool destination = !rule.destination.empty();
  if (!source && !destination) {
    fault("The rule names no field; give it source and destination, or one of them and a constant.");
  } else if (source && destination && rule.constant) {
    fault(
        "The rule has a constant and fields at both sides; name only the field that the constant is written to, "
        "or leave the constant out.");
  } else if (source != destination && !rule.constant) {
    const Side side = source ? Side::source : Side::destination;
    fault("The rule names only " + side_and_name(side, source ? rule.source : rule.destination) + "; name the " +
          std::string{to_string(other(side))} + " field too, or give a constant.");
  }
}

void Compiler::tables(const FieldRule& rule, const Rule& compiled) {
  if (rule.constant && (!rule.values.empty() || !rule.users.empty()))
    fault("The rule has a constant and a table; a constant is written as it stands, so leave out values and users.");
  if (!rule.values.empty() && !rule.users.empty())
    fault("The rule has both values and users; keep the one that fits the field.");
  if (!compiled.writes[Side::source] || rule.constant) return;
  for (const Ambiguity& ambiguity : compiled.translation.ambiguities()) {
    fault("On the way back " + in_quotes(ambiguity.right) + " may mean " + in_quotes(ambiguity.first) + " or " +
          in_quotes(ambiguity.second) + "; give the rule " + direction_to(Side::destination) +
          ", and if it shall go back too, add a second rule for the same fields with " + direction_to(Side::source) +
          " in which it stands once.");
  }
}

void Compiler::directions(const FieldRule& rule, const Rule& compiled) {
  if (compiled.writes[Side::source] || compiled.writes[Side::destination]) return;
  if (rule.constant) {
    const Side side = rule.destination.empty() ? Side::source : Side::destination;
    fault("The constant for " + side_and_name(side, rule.destination.empty() ? rule.source : rule.destination) +
          " is never written, since the direction of the rule or of the app link does not lead to the " +
          std::string{to_string(side)} + "; change the direction, or leave the rule out.");
  } else {
    const Side side = rule.direction == Direction::to_source ? Side::source : Side::destination;
    fault("The rule goes to the " + std::string{to_string(side)} + " only, but the app link never does; " +
          "change one of the two directions, or leave the rule out.");
  }
}

void Compiler::duplicates(const Rule& compiled) {
  for (const Side side : both_sides) {
    const std::string& name = compiled.name[side];
    if (!compiled.writes[side] || name.empty()) continue;
    const auto [first, inserted] = writers_[side].emplace(name, current_);
    if (inserted) continue;
    const FieldRule& writer = spec_.fields[static_cast<std::size_t>(first->second)];
    std::string where = "rule " + std::to_string(first->second + 1);
    if (writer.line > 0) where += " (line " + std::to_string(writer.line) + ")";
    fault("The field " + side_and_name(side, name) + " is already written by " + where +
          "; leave out one of the two, or give one " + direction_to(other(side)) + " so that they don't meet.");
  }
}

void Compiler::rule(std::size_t index, Compiled& out) {
  const FieldRule& rule = spec_.fields[index];
  current_ = static_cast<int>(index);
  const auto before = faults_.size();
  names(rule);
  if (faults_.size() > before) return;

  Rule compiled;
  compiled.name[Side::source] = rule.source;
  compiled.name[Side::destination] = rule.destination;
  compiled.constant = rule.constant;
  compiled.translation = Translation{rule.values.empty() ? rule.users : rule.values};
  compiled.conflict = rule.conflict.value_or(spec_.conflict);
  compiled.line = rule.line;
  for (const Side side : both_sides)
    compiled.writes[side] =
        leads_to(spec_.direction, side) && leads_to(rule.direction, side) && !compiled.name[side].empty();

  directions(rule, compiled);
  tables(rule, compiled);
  duplicates(compiled);
  out.rules.push_back(std::move(compiled));
}

void Compiler::filter(Side side, const std::string& text, Compiled& out) {
  if (text::trim(text).empty()) return;
  std::string what;
  out.only_when[side] = parse_condition(text, what);
  current_ = side == Side::source ? -1 : -2;
  if (!out.only_when[side])
    fault("onlyWhen for the " + std::string{to_string(side)} + ", " + what +
          R"(. Right would be, for example: status != "Draft" and kind in ["Story", "Bug"])");
}

}  // namespace

std::shared_ptr<const Plan> Plan::compile(PlanSpec spec, std::vector<Fault>& faults) {
  auto impl = std::make_unique<Impl>();
  impl->direction = spec.direction;
  const auto before = faults.size();
  Compiler compiler{spec, faults};
  for (std::size_t i = 0; i < spec.fields.size(); ++i) compiler.rule(i, *impl);
  compiler.filter(Side::source, spec.only_when_source, *impl);
  compiler.filter(Side::destination, spec.only_when_destination, *impl);
  if (faults.size() > before) return nullptr;
  return std::shared_ptr<const Plan>(new Plan(std::move(impl)));
}

}  // namespace syncservice::mapping

#include "plan_impl.hpp"

#include "syncservice/base/category.hpp"
#include "values.hpp"

#include <algorithm>
#include <set>

namespace syncservice::mapping {
namespace {

using record::Fields;
using record::Value;

std::string_view words(Problem value) noexcept {
  switch (value) {
    case Problem::no_counterpart:
      return "value without a counterpart";
    case Problem::not_convertible:
      return "value that can't be converted";
  }
  return "unknown";
}

}  // namespace

const boost::system::error_category& mapping_category() noexcept {
  static const Category<Problem> category{"syncservice.mapping", words};
  return category;
}

boost::system::error_code make_error_code(Problem problem) noexcept {
  return {static_cast<int>(problem), mapping_category()};
}

const Value& at(const Fields& fields, const std::string& name) {
  static const Value empty;
  const auto found = fields.find(name);
  return found == fields.end() ? empty : found->second;
}

bool Rule::known_to(const Fields& snapshot, Side side) const {
  return (name[side].empty() || snapshot.contains(name[side])) &&
         std::all_of(reads[side].begin(), reads[side].end(),
                     [&](const std::string& other) { return snapshot.contains(other); });
}

Plan::Plan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Plan::~Plan() = default;

bool Plan::admits(Side side, const Fields& fields, const Fields* snapshot) const {
  const auto& condition = impl_->only_when[side];
  return !condition || condition->holds(fields, snapshot);
}

Fields Plan::mapped(Side side, const Fields& fields) const {
  Fields out;
  for (const Rule& rule : impl_->rules) {
    if (!rule.name[side].empty()) out.emplace(rule.name[side], at(fields, rule.name[side]));
    for (const std::string& name : rule.reads[side]) out.emplace(name, at(fields, name));
  }
  for (const std::string& name : impl_->kept[side]) out.emplace(name, at(fields, name));
  return out;
}

bool Plan::unchanged(Side side, const Fields& now, const Fields& snapshot, const Fields* other_snapshot) const {
  return std::all_of(impl_->rules.begin(), impl_->rules.end(), [&](const Rule& rule) {
    if (rule.create_only || !rule.writes[other(side)]) return true;
    if (other_snapshot != nullptr && !other_snapshot->contains(rule.name[other(side)])) return false;
    const auto stays = [&](const std::string& name) {
      return snapshot.contains(name) && same(at(now, name), at(snapshot, name));
    };
    // A constant is no field there.
    return (rule.name[side].empty() || stays(rule.name[side])) &&
           std::all_of(rule.reads[side].begin(), rule.reads[side].end(), stays);
  });
}

Result<PassPlan> Plan::decide(const PassInput& input) const {
  return decide_pass(*impl_, input);
}

Direction Plan::direction() const noexcept {
  return impl_->direction;
}

std::vector<RuleUse> Plan::uses() const {
  std::vector<RuleUse> out;
  out.reserve(impl_->rules.size());
  for (const Rule& rule : impl_->rules) {
    RuleUse use;
    use.source = rule.name[Side::source];
    use.destination = rule.name[Side::destination];
    use.to_source = rule.writes[Side::source];
    use.to_destination = rule.writes[Side::destination];
    use.create_only = rule.create_only;
    use.constant = rule.constant;
    use.fallback = rule.fallback;
    use.as = rule.as;
    use.from_template = rule.pattern != nullptr;
    use.list_at_source = !rule.separator.empty() && rule.list_side == Side::source;
    use.list_at_destination = !rule.separator.empty() && rule.list_side == Side::destination;
    use.users = rule.users || rule.users_by;
    if (rule.translation && !rule.users) {
      use.source_values = rule.translation->texts(Side::source);
      use.destination_values = rule.translation->texts(Side::destination);
      use.translate = [table = *rule.translation](const record::Value& value, Side to) {
        return table.apply(value, to);
      };
    }
    use.source_reads = rule.reads[Side::source];
    use.destination_reads = rule.reads[Side::destination];
    use.line = rule.line;
    use.column = rule.column;
    out.push_back(std::move(use));
  }
  return out;
}

std::vector<std::string> Plan::filter_reads(Side side) const {
  std::set<std::string> names;
  if (impl_->only_when[side]) impl_->only_when[side]->collect(names);
  return {names.begin(), names.end()};
}

}  // namespace syncservice::mapping

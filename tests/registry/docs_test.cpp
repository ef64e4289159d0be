// docs/mapping.md: every YAML block loads without a complaint, and every table that stands below one says what a pass
// writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "registry_fixture.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/mapping/plan.hpp"

namespace syncservice::registry {
namespace {

using mapping::PassInput;
using mapping::PassPlan;
using record::Fields;

using Row = std::map<std::string, std::string>;  // by the head of its column

struct Example {
  int line = 0;
  std::string yaml;
  std::vector<Row> rows;
};

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::string cell;
  for (const char c : line.substr(1)) {
    if (c == '|') {
      cells.emplace_back(text::trim(cell));
      cell.clear();
    } else {
      cell.push_back(c);
    }
  }
  return cells;
}

std::vector<Row> table_of(const std::vector<std::string>& lines, std::size_t at) {
  while (at < lines.size() && lines[at].empty()) ++at;
  std::vector<Row> rows;
  if (at >= lines.size() || !lines[at].starts_with('|')) return rows;
  const std::vector<std::string> heads = cells_of(lines[at]);
  for (at += 2; at < lines.size() && lines[at].starts_with('|'); ++at) {
    const std::vector<std::string> cells = cells_of(lines[at]);
    Row row;
    for (std::size_t i = 0; i < heads.size(); ++i) row[heads.at(i)] = cells.at(i);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Example> examples_of(const std::string& path) {
  const std::vector<std::string> lines = lines_of(path);
  std::vector<Example> out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] != "```yaml") continue;
    Example example;
    example.line = static_cast<int>(i) + 1;
    for (++i; i < lines.size() && lines[i] != "```"; ++i) example.yaml += lines[i] + '\n';
    example.rows = table_of(lines, i + 1);
    out.push_back(std::move(example));
  }
  return out;
}

bool has_member(const std::string& yaml, const std::string& name) {
  return ('\n' + yaml).find('\n' + name + ':') != std::string::npos;
}

// Members of an app link become one.
std::string whole(const std::string& yaml) {
  if (has_member(yaml, "appLinks")) return yaml;
  std::string out =
      "applications:\n  left: { adapter: folder, path: l }\n  right: { adapter: folder, path: r }\nappLinks:\n"
      "  - name: Example\n    source: { application: left, type: Story }\n"
      "    destination: { application: right, type: requirement }\n";
  std::istringstream in(yaml);
  for (std::string line; std::getline(in, line);) out += "    " + line + '\n';
  if (!has_member(yaml, "fields")) out += "    fields: [ { source: summary, destination: name } ]\n";
  return out;
}

std::vector<adapter::Kind> documented_kinds() {
  const auto kind = [](std::string name, std::vector<std::string> settings) {
    adapter::Kind out{std::move(name), false, {}, make_null};
    for (std::string& setting : settings) out.settings.push_back({std::move(setting), true, false, ""});
    return out;
  };
  return {kind("folder", {"path"}), kind("jira", {"url", "username", "token"}),
          kind("alm", {"url", "domain", "username", "password", "entities", "markerField"})};
}

LoadResult loaded(const std::string& yaml) {
  const RegistryFolder folder;
  folder.write("example.yaml", yaml);
  return load(folder.path(), documented_kinds());
}

// The JSON of a cell; empty for an empty cell.
std::optional<Fields> fields_in(const Row& row, const std::string& head) {
  const auto found = row.find(head);
  if (found == row.end() || found->second.empty()) return std::nullopt;
  const std::string& cell = found->second;
  if (!cell.starts_with('`') || !cell.ends_with('`')) throw std::runtime_error("no JSON in back quotes: " + cell);
  Result<Fields> fields = record::fields_from_json(cell.substr(1, cell.size() - 2));
  if (!fields) throw std::runtime_error(cell + ": " + fields.error().message);
  return std::move(*fields);
}

bool says(const Row& row, const std::string& word) {
  return std::any_of(row.begin(), row.end(), [&](const auto& cell) { return cell.second == word; });
}

std::optional<record::Reference> twin_of(Side /*from*/, const record::Reference& to) {
  if (to.id.str() != "QC-1") return std::nullopt;
  return record::Reference{ProjectName{}, RecordId{"REQ-1"}};
}

PassInput input_of(const Row& row, const mapping::Plan& plan) {
  const std::optional<Fields> source = fields_in(row, "at the source"),
                              destination = fields_in(row, "at the destination");
  const std::optional<Fields> before = fields_in(row, "source before"), there = fields_in(row, "destination before");
  PassInput input;
  input.pusher = source ? Side::source : Side::destination;
  input.pusher_now = source ? *source : destination.value();
  if (source) input.other_now = destination;
  if (before) input.pusher_snapshot = plan.mapped(Side::source, *before);
  if (there) input.other_snapshot = plan.mapped(Side::destination, *there);
  input.pusher_id = RecordId{"QC-20"};
  input.pusher_project = ProjectName{"QC"};
  input.twin_of = twin_of;
  return input;
}

std::string json(const Fields& fields) {
  return record::to_json(fields);
}

void evaluate(const Row& row, const mapping::Plan& plan) {
  const PassInput input = input_of(row, plan);
  const Result<PassPlan> pass = plan.decide(input);
  ASSERT_EQ(pass.has_value(), !says(row, "fails")) << (pass ? json(pass->to_other) : pass.error().message);
  if (!pass) return;
  ASSERT_EQ(!pass->waits_for.empty(), says(row, "waits"));
  if (!pass->waits_for.empty()) return;
  const bool from_source = input.pusher == Side::source;
  const auto expect = [&](const char* head, const Fields& wrote) {
    if (!row.contains(head)) return;
    EXPECT_EQ(json(wrote), json(fields_in(row, head).value_or(Fields{}))) << head;
  };
  expect("goes to the destination", from_source ? pass->to_other : pass->to_pusher);
  expect("goes to the source", from_source ? pass->to_pusher : pass->to_other);
}

TEST(MappingGuide, EveryExampleIsTrue) {
  ASSERT_EQ(setenv("JIRA_TOKEN", "t", 1), 0);
  ASSERT_EQ(setenv("QC_PASSWORD", "p", 1), 0);
  const std::vector<Example> examples = examples_of(MAPPING_GUIDE);
  ASSERT_GT(examples.size(), 20U);
  std::size_t rows = 0;
  for (const Example& example : examples) {
    const LoadResult result = loaded(whole(example.yaml));
    for (const Complaint& complaint : result.complaints)
      ADD_FAILURE() << "the example in line " << example.line << ": " << to_string(complaint);
    ASSERT_NE(result.snapshot, nullptr);
    for (std::size_t i = 0; i < example.rows.size(); ++i) {
      SCOPED_TRACE("row " + std::to_string(i + 1) + " below line " + std::to_string(example.line));
      evaluate(example.rows[i], *result.snapshot->app_links().front()->plan);
      ++rows;
    }
  }
  EXPECT_GT(rows, 50U);
}

// The file that is shipped is all comment; without its "#" it is a working example.
TEST(ShippedAppLinks, AreAWorkingExample) {
  std::string yaml;
  for (const std::string& line : lines_of(SHIPPED_APP_LINKS)) {
    ASSERT_TRUE(line.empty() || line.starts_with('#')) << line;
    if (line.starts_with("# ") && line.size() > 2 && (line[2] == ' ' || line.ends_with(':')))
      yaml += line.substr(2) + '\n';
  }
  const LoadResult result = loaded(yaml);
  for (const Complaint& complaint : result.complaints) ADD_FAILURE() << to_string(complaint);
  ASSERT_NE(result.snapshot, nullptr);
  EXPECT_EQ(result.snapshot->app_links().size(), 1U);
}

}  // namespace
}  // namespace syncservice::registry

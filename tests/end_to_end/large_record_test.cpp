// A record such as administrators fear: 50 custom fields, a description of 2 MB, 500 comments and an attachment of
// 200 MiB go from ServiceNow to Jira, and the daemon's memory stays bounded.
#include "end_to_end/gateway.hpp"
#include "support/eventually.hpp"
#include "support/simulator.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

namespace syncservice::end_to_end {
namespace {

using support::Simulator;

constexpr int custom_fields = 50, comments = 500;
constexpr std::size_t description_bytes = 2'000'000;
constexpr std::size_t attachment_bytes = std::size_t{200} * 1024 * 1024;
// What the whole record may take, and what the attachment may add to it: far less than its size.
constexpr long most_kib = 400 * 1024, most_added_kib = 80 * 1024;
constexpr std::chrono::minutes limit{4};

/// Makes the fields on both sides; gives their rules.
std::string make_fields(Simulator& jira, Simulator& servicenow) {
  json columns = json::array({{{"name", "description"}, {"max_length", 4'000'000}}});
  std::string rules;
  for (int n = 0; n < custom_fields; ++n) {
    const std::string column = "u_custom_" + std::to_string(n);
    columns.push_back({{"name", column}, {"max_length", 100}});
    const json field = jira.seed("field", {{"name", "Custom " + std::to_string(n)}, {"type", "textfield"}});
    rules.append("      - { source: ").append(column).append(", destination: ").append(field.at("id")).append(" }\n");
  }
  servicenow.seed("incident:definition", {{"columns", columns}});
  jira.set("text_limit", 0);
  return rules;
}

std::string registry(const Simulator& jira, const Simulator& servicenow, const std::string& rules) {
  std::string text = "applications:\n  servicenow: { adapter: servicenow, url: \"";
  text.append(servicenow.url()).append("\", username: sync.user, password: sync-password, timeout: 2m }\n");
  text.append("  jira: { adapter: jira, url: \"").append(jira.url());
  text.append("\", username: sync@example.com, token: sync-secret, timeout: 2m }\n");
  text.append(R"(
appLinks:
  - name: Large
    syncType: PUSH
    source:      { application: servicenow, type: incident }
    destination: { application: jira, project: ED, type: Bug }
    comments: to-destination
    attachments: { direction: to-destination, maxSize: 300 MiB }
    fields:
      - { source: short_description, destination: summary }
      - { source: description, destination: description }
)");
  return text.append(rules);
}

long most_memory_kib(pid_t process) {
  std::ifstream status{"/proc/" + std::to_string(process) + "/status"};
  for (std::string word; status >> word;) {
    if (word != "VmHWM:") continue;
    long kib = 0;
    status >> kib;
    return kib;
  }
  return 0;
}

json report(Simulator& servicenow) {
  json incident{{"short_description", "Everything is broken"}, {"description", std::string{}}};
  std::string& description = incident["description"].get_ref<std::string&>();
  for (int line = 0; description.size() < description_bytes; ++line) {
    description.append("Line ").append(std::to_string(line)).append(" of a very long story.\n");
  }
  for (int n = 0; n < custom_fields; ++n) incident["u_custom_" + std::to_string(n)] = "value " + std::to_string(n);
  json made = servicenow.seed("incident", incident);
  for (int n = 0; n < comments; ++n) {
    servicenow.seed("incident", {{"sys_id", made.at("sys_id")}, {"comments", "remark " + std::to_string(n) + "."}});
  }
  return made;
}

// The same bytes each time, of the digest below.
constexpr const char* digest = "77b139b303545fa4c84ffd5835fdb6b251cd9fc2ed7ca086811b1ca3473d9b94";

std::string content() {
  std::string bytes(attachment_bytes, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1'664'525U + 1'013'904'223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

void attach(const Simulator& servicenow, const json& incident) {
  std::string target = "/api/now/attachment/file?table_name=incident&file_name=dump.bin&table_sys_id=";
  target.append(incident.at("sys_id"));
  const support::Answer answer = support::ask({.port = servicenow.port(), .timeout = std::chrono::minutes{1}},
                                              {.method = "POST",
                                               .target = target,
                                               .headers = {{"Content-Type", "application/octet-stream"},
                                                           {"Accept", "application/json"},
                                                           {"Authorization", support::basic("admin", "admin")}},
                                               .body = content()});
  ASSERT_EQ(answer.status, 201) << answer.body;
}

/// Pushes it and waits until that is done with.
bool synchronized(const Gateway& gateway, const json& incident) {
  gateway.push("source", incident.at("sys_id"));
  const bool ended = support::eventually(
      [&] {
        const json counts = gateway.pushes().at("counts");
        return counts.at("waiting") == 0 && counts.at("running") == 0;
      },
      limit);
  return ended && gateway.dead_letters() == 0;
}

TEST(LargeRecord, GoesAcrossInBoundedMemory) {
  Simulator jira{"jira.py", {"--flavour", "cloud"}};
  Simulator servicenow{"servicenow.py"};
  servicenow.set("attachment_limit", std::size_t{1} << 30U);
  const std::string rules = make_fields(jira, servicenow);
  const json incident = report(servicenow);
  const Gateway gateway{"Large", {.registry = registry(jira, servicenow, rules)}};

  ASSERT_TRUE(synchronized(gateway, incident)) << gateway.story();
  // Once more, so that all that a pass over a known pair needs was needed before.
  ASSERT_TRUE(synchronized(gateway, incident)) << gateway.story();
  const long without_attachment = most_memory_kib(gateway.daemon().id());
  EXPECT_LT(without_attachment, most_kib);
  attach(servicenow, incident);
  ASSERT_TRUE(synchronized(gateway, incident)) << gateway.story();
  EXPECT_LT(most_memory_kib(gateway.daemon().id()) - without_attachment, most_added_kib);

  const json all = jira.record("issue");
  ASSERT_EQ(all.size(), 1u);
  const json& issue = all.front();
  for (int n = 0; n < custom_fields; ++n) {
    const auto value = incident.at("u_custom_" + std::to_string(n));
    const bool there = issue.at("fields").dump().find(value.dump()) != std::string::npos;
    EXPECT_TRUE(there) << value;
  }
  EXPECT_GE(issue.at("fields").at("description").dump().size(), description_bytes);
  std::set<std::string> remarks;
  for (const json& comment : issue.at("comments")) {
    const std::string text = comment.at("body").dump();
    const std::size_t begin = text.find("remark ");
    ASSERT_NE(begin, std::string::npos) << text;
    remarks.insert(text.substr(begin, text.find('.', begin) - begin));
  }
  EXPECT_EQ(issue.at("comments").size(), static_cast<std::size_t>(comments));
  EXPECT_EQ(remarks.size(), static_cast<std::size_t>(comments));
  const json& attachments = issue.at("fields").at("attachment");
  ASSERT_EQ(attachments.size(), 1u);
  EXPECT_EQ(attachments.at(0).at("size"), attachment_bytes);
  EXPECT_EQ(attachments.at(0).at("sha256"), digest);
}

}  // namespace
}  // namespace syncservice::end_to_end

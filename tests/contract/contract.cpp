#include "contract/contract.hpp"

#include <utility>

namespace syncservice::contract {

std::unique_ptr<Daemon> ContractTest::daemon_;
std::string ContractTest::key_;
int ContractTest::strangers_ = 0;

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump();
}

std::string success(std::string_view app_link, std::string_view id) {
  return R"({"Response":"Success", "Message":)" +
         json_string("Record " + std::string(app_link) + "\\" + std::string(id) +
                     " successfully pushed into ConnectAll queue! ") +
         "}";
}

std::string failure(std::string_view message) {
  return R"({"Response":"Error", "Message":)" + json_string(message) + "}";
}

std::string full_registry() {
  return support::published_registry() + R"(
  - name: MultiProject
    source:      { application: jira, type: Story }
    destination: { application: qc, type: requirement }
    projects:
      - { source: QC, destination: QualityCenter }
      - { source: ALPHA, destination: Beta }
    fields:
      - { source: summary, destination: name }
  - name: OnlyToDestination
    source:      { application: jira, project: QC, type: Story }
    destination: { application: qc, project: QualityCenter, type: requirement }
    direction: to-destination
    fields:
      - { source: summary, destination: name }
  - name: SwitchedOff
    enabled: false
    source:      { application: jira, project: QC, type: Story }
    destination: { application: qc, project: QualityCenter, type: requirement }
    fields:
      - { source: summary, destination: name }
  - name: Polled
    syncType: POLL
    source:      { application: jira, project: QC, type: Story }
    destination: { application: qc, project: QualityCenter, type: requirement }
    fields:
      - { source: summary, destination: name }
  - name: "Größe & Maß/1"
    source:      { application: jira, project: QC, type: Story }
    destination: { application: qc, project: QualityCenter, type: requirement }
    fields:
      - { source: summary, destination: name }
)";
}

Request body_form(std::string body, std::vector<std::pair<std::string, std::string>> headers) {
  Request request{.target = "/SyncService/push",
                  .headers = {{"Content-Type", "application/json"}, {"Authorization", basic("admin", "welcome")}},
                  .body = std::move(body)};
  request.headers.insert(request.headers.end(), headers.begin(), headers.end());
  return request;
}

Request path_form(const std::string& below, const std::string& key, std::string body) {
  return {.target = "/SyncService/push/" + below + "?apikey=" + key, .body = std::move(body)};
}

void ContractTest::SetUpTestSuite() {
  daemon_ = std::make_unique<Daemon>(Installation{.registry = full_registry()});
  daemon_->start();
  key_ = daemon_->create_key("contract");
}

void ContractTest::TearDownTestSuite() {
  const std::optional<int> exit = daemon_->terminate();
  EXPECT_EQ(exit, 0) << daemon_->log();
  daemon_.reset();
}

ClientOptions ContractTest::stranger() {
  ClientOptions options = daemon_->address();
  const int number = ++strangers_;
  options.source = "127.9." + std::to_string(number / 250) + "." + std::to_string(1 + number % 250);
  return options;
}

void ContractTest::expect_answers(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    const Answer answer = ask(stranger(), each.request);
    EXPECT_EQ(answer.status, each.status);
    EXPECT_EQ(answer.body, each.body);
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
  }
}

long ContractTest::newest_push() {
  const Answer answer = ask(
      stranger(),
      {.method = "GET", .target = "/api/v1/pushes?limit=1", .headers = {{"Authorization", basic("admin", "welcome")}}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  const auto pushes = nlohmann::json::parse(answer.body).at("pushes");
  return pushes.empty() ? 0 : pushes.at(0).at("push").get<long>();
}

}  // namespace syncservice::contract

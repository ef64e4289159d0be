// end_to_end/service_person — somebody at the service desk of a simulated ServiceNow.
#pragma once

#include "end_to_end/gateway.hpp"
#include "support/simulator.hpp"

#include <stdexcept>
#include <string>

namespace syncservice::end_to_end {

/// Works through ServiceNow's own interface, as the administrator. The simulator outlives this.
class ServicePerson {
 public:
  explicit ServicePerson(const support::Simulator& servicenow) : servicenow_(servicenow) {}

  [[nodiscard]] json report(const json& columns) const { return call("POST", "/table/incident", columns); }
  void edit(const json& incident, const json& columns) const {
    static_cast<void>(call("PATCH", "/table/incident/" + incident.at("sys_id").get<std::string>(), columns));
  }
  void attach(const json& incident, const std::string& name, const std::string& content) const {
    std::string target = "/attachment/file?table_name=incident&table_sys_id=";
    target.append(incident.at("sys_id")).append("&file_name=").append(support::percent_encoded(name));
    static_cast<void>(
        send({.method = "POST", .target = target, .headers = {{"Content-Type", "text/plain"}}, .body = content}));
  }

 private:
  [[nodiscard]] json call(const std::string& method, const std::string& path, const json& columns) const {
    return send(
        {.method = method, .target = path, .headers = {{"Content-Type", "application/json"}}, .body = columns.dump()});
  }
  [[nodiscard]] json send(support::Request request) const {
    request.target = "/api/now" + request.target;
    request.headers.emplace_back("Authorization", support::basic("admin", "admin"));
    request.headers.emplace_back("Accept", "application/json");
    const support::Answer answer = support::ask({.port = servicenow_.port()}, request);
    if (answer.status >= 300) throw std::runtime_error("ServiceNow: " + answer.status_line + " " + answer.body);
    return json::parse(answer.body).at("result");
  }

  const support::Simulator& servicenow_;
};

}  // namespace syncservice::end_to_end

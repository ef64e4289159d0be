#include "syncservice/http/server.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace syncservice::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> urls(std::string_view text) {
  std::vector<std::string> out;
  const auto endpoints = parse_endpoints(text);
  if (!endpoints) return {endpoints.error().message};
  for (const Endpoint& endpoint : *endpoints) out.push_back(endpoint.url());
  return out;
}

TEST(ParseEndpoints, ReadsUrlsAndPorts) {
  EXPECT_THAT(urls("http://0.0.0.0:7070"), ElementsAre("http://0.0.0.0:7070"));
  EXPECT_THAT(urls("7070"), ElementsAre("http://0.0.0.0:7070"));
  EXPECT_THAT(urls(" HTTPS://[::]:7443 ,http://localhost:0/"), ElementsAre("https://[::]:7443", "http://127.0.0.1:0"));
  EXPECT_THAT(urls("http://[0:0:0:0:0:0:0:1]:1"), ElementsAre("http://[::1]:1"));
}

TEST(ParseEndpoints, SaysWhatIsWrong) {
  const std::vector<std::pair<const char*, const char*>> table{
      {"", "neither a URL nor a port"},
      {"70707", "neither a URL nor a port"},
      {"7070,", "neither a URL nor a port"},
      {"ftp://0.0.0.0:1", "scheme \"ftp\""},
      {"unix:///run/x", "scheme \"unix\""},
      {"http://0.0.0.0", "has no port"},
      {"http://[::]", "has no port"},
      {"http://0.0.0.0:x", "has the port \"x\""},
      {"http://0.0.0.0:65536", "has the port \"65536\""},
      {"http://0.0.0.0:7070/push", "has a path"},
      {"http://me@0.0.0.0:7070", "names a user"},
      {"http://example.com:7070", "has the host \"example.com\""},
      {"http://:7070", "has the host \"\""},
      {"http://::1:7070", "without brackets"},
      {"http://[127.0.0.1]:7070", "has the host \"127.0.0.1\""},
  };
  for (const auto& [text, message] : table) EXPECT_THAT(urls(text), ElementsAre(HasSubstr(message))) << text;
}

TEST(Endpoint, PrintsAUnixSocketByItsPath) {
  EXPECT_EQ((Endpoint{"unix", "/run/s", 0}).url(), "unix:/run/s");
}

}  // namespace
}  // namespace syncservice::http

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/temp_folder.hpp"
#include "syncservice/rest/rest.hpp"

namespace syncservice::rest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* example = "https://acme.example.com";

adapter::Settings settings(std::map<std::string, std::string, std::less<>> values) {
  values.try_emplace("url", "https://a.com");
  return {std::move(values), "/etc/syncservice/app-links"};
}

std::string complaint(std::map<std::string, std::string, std::less<>> values) {
  const auto endpoint = read_endpoint(settings(std::move(values)), example);
  if (endpoint) return "taken";
  EXPECT_EQ(endpoint.error().code, adapter::Failure::misconfigured);
  return endpoint.error().message;
}

TEST(Endpoints, HaveDefaults) {
  const auto endpoint = read_endpoint(settings({}), example);
  ASSERT_TRUE(endpoint) << endpoint.error().message;
  EXPECT_EQ(endpoint->url, "https://a.com");
  EXPECT_EQ(endpoint->max_connections, 8U);
  EXPECT_EQ(endpoint->client.connect_timeout, seconds{10});
  EXPECT_EQ(endpoint->client.total_timeout, seconds{60});
  EXPECT_EQ(endpoint->client.tls_minimum, client::TlsVersion::v1_2);
  EXPECT_EQ(endpoint->client.ca_file, "");
}

TEST(Endpoints, TakeEverySetting) {
  const support::TempFolder folder;
  for (const char* file : {"links/ca.pem", "client.pem", "client.key"}) support::write_file(folder / file, "x");
  auto given = settings({{"url", "http://a.com:8080/jira//"},
                         {"proxy", "http://jane:secret@proxy:3128"},
                         {"caFile", "ca.pem"},
                         {"clientCertificate", "../client.pem"},
                         {"clientKey", (folder / "client.key").string()},
                         {"tlsMinimum", "1.3"},
                         {"connectTimeout", "1500ms"},
                         {"timeout", "2m"},
                         {"maxConnections", "3"}});
  given.base_folder = (folder / "links").string();
  const auto endpoint = read_endpoint(given, example);
  ASSERT_TRUE(endpoint) << endpoint.error().message;
  EXPECT_EQ(endpoint->url, "http://a.com:8080/jira");
  EXPECT_EQ(endpoint->client.proxy, "http://jane:secret@proxy:3128");
  EXPECT_EQ(endpoint->client.ca_file, folder / "links/ca.pem");
  EXPECT_EQ(endpoint->client.client_certificate, folder / "client.pem");
  EXPECT_EQ(endpoint->client.client_key, folder / "client.key");
  EXPECT_EQ(endpoint->client.tls_minimum, client::TlsVersion::v1_3);
  EXPECT_EQ(endpoint->client.connect_timeout, milliseconds{1500});
  EXPECT_EQ(endpoint->client.total_timeout, seconds{120});
  EXPECT_EQ(endpoint->client.low_speed_time, seconds{120});
  EXPECT_EQ(endpoint->max_connections, 3U);
}

TEST(Endpoints, KnowWhatTheyName) {
  const auto specs = connection_settings();
  for (const char* name : {"url", "proxy", "caFile", "clientCertificate", "clientKey", "tlsMinimum", "connectTimeout",
                           "timeout", "maxConnections"}) {
    EXPECT_TRUE(std::any_of(specs.begin(), specs.end(), [&](const auto& spec) { return spec.name == name; })) << name;
  }
}

TEST(Endpoints, AWrongSettingIsNamedWithTheCure) {
  EXPECT_THAT(complaint({{"url", ""}}), AllOf(HasSubstr("url is missing"), HasSubstr(example)));
  EXPECT_THAT(complaint({{"url", "acme.com"}}), AllOf(HasSubstr("\"acme.com\""), HasSubstr("https://")));
  EXPECT_THAT(complaint({{"url", "ftp://acme.com"}}), HasSubstr("https://"));
  EXPECT_THAT(complaint({{"url", "https://"}}), HasSubstr("host"));
  EXPECT_THAT(complaint({{"url", "https://jane:secret@acme.com"}}),
              AllOf(HasSubstr("user name"), Not(HasSubstr("secret"))));
  EXPECT_THAT(complaint({{"url", "https://acme.com/?a=1"}}), HasSubstr("query"));
  EXPECT_THAT(complaint({{"tlsMinimum", "1.1"}}), AllOf(HasSubstr("tlsMinimum"), HasSubstr("\"1.2\" or \"1.3\"")));
  EXPECT_THAT(complaint({{"timeout", "soon"}}), AllOf(HasSubstr("timeout \"soon\""), HasSubstr("30m")));
  EXPECT_THAT(complaint({{"timeout", "2h"}}), HasSubstr("timeout"));
  EXPECT_THAT(complaint({{"connectTimeout", "0"}}), HasSubstr("connectTimeout"));
  EXPECT_THAT(complaint({{"maxConnections", "0"}}), HasSubstr("maxConnections"));
  EXPECT_THAT(complaint({{"maxConnections", "7 "}}), HasSubstr("maxConnections"));
  EXPECT_THAT(complaint({{"clientKey", "k.pem"}}), HasSubstr("clientCertificate"));
}

TEST(Endpoints, FilesThatAreNamedMustBeThere) {
  const support::TempFolder folder;
  const std::string both = (folder / "both.pem").string(), certificate = (folder / "certificate.pem").string();
  support::write_file(both, "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n");
  support::write_file(certificate, "-----BEGIN CERTIFICATE-----\n");
  EXPECT_THAT(complaint({{"caFile", "nope.pem"}}),
              AllOf(HasSubstr("caFile"), HasSubstr("/etc/syncservice/app-links/nope.pem")));
  EXPECT_THAT(complaint({{"caFile", folder.path().string()}}), HasSubstr("caFile"));
  EXPECT_THAT(complaint({{"clientCertificate", "c.pem"}}), HasSubstr("clientCertificate"));
  EXPECT_THAT(complaint({{"clientCertificate", certificate}, {"clientKey", "k.pem"}}), HasSubstr("clientKey"));
  EXPECT_THAT(complaint({{"clientCertificate", certificate}}), HasSubstr("holds no key"));
  EXPECT_EQ(complaint({{"clientCertificate", both}, {"caFile", certificate}}), "taken");
}

TEST(Endpoints, AProxyHasAnAddress) {
  for (const char* proxy : {"http://p:3128", "https://jane:secret@p", "socks5://p", "socks5h://[::1]:1080"})
    EXPECT_EQ(complaint({{"proxy", proxy}}), "taken") << proxy;
  for (const char* proxy : {"ftp://jane:secret@p", "nonsense", "http://", "http:///x"})
    EXPECT_THAT(complaint({{"proxy", proxy}}), AllOf(HasSubstr("proxy \""), Not(HasSubstr("secret")))) << proxy;
}

TEST(Endpoints, AllFaultsAreToldAtOnce) {
  EXPECT_THAT(complaint({{"url", "acme.com"}, {"timeout", "soon"}, {"maxConnections", "0"}, {"caFile", "nope.pem"}}),
              AllOf(HasSubstr("acme.com"), HasSubstr("soon"), HasSubstr("maxConnections"), HasSubstr("caFile")));
}

TEST(Settings, FlagsAreTrueOrFalse) {
  const adapter::Settings given{{{"a", "true"}, {"b", "false"}, {"c", "yes"}}, ""};
  const SettingsReader read{given};
  EXPECT_TRUE(*read.flag("a", false));
  EXPECT_FALSE(*read.flag("b", true));
  EXPECT_TRUE(*read.flag("missing", true));
  EXPECT_THAT(read.flag("c", true).error().message, HasSubstr("\"false\" or \"true\""));
}

}  // namespace
}  // namespace syncservice::rest

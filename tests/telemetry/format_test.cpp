#include "format.hpp"

#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace syncservice::telemetry {
namespace {

constexpr Timestamp instant = from_millis(1'795'488'791'042);  // 2026-11-24T02:53:11.042Z

std::string value_as_text(std::string_view value) {
  const std::string line = text_line(instant, Level::info, "m", {{"v", value}});
  return line.substr(line.find("v=") + 2);
}

TEST(TextLine, HasTimeLevelMessageAndFields) {
  EXPECT_EQ(text_line(instant, Level::info, "listening", {{"url", "http://0.0.0.0:7070"}}),
            "2026-11-24T02:53:11.042Z info  listening url=http://0.0.0.0:7070");
  EXPECT_EQ(text_line(instant, Level::error, "broken", {}), "2026-11-24T02:53:11.042Z error broken");
}

TEST(TextLine, PrintsEveryKindOfValue) {
  EXPECT_EQ(text_line(instant, Level::warn, "m", {{"i", -7}, {"n", std::size_t{42}}, {"d", 0.25}, {"b", true}}),
            "2026-11-24T02:53:11.042Z warn  m i=-7 n=42 d=0.25 b=true");
}

TEST(TextLine, QuotesOnlyWhatWouldBeAmbiguous) {
  EXPECT_EQ(value_as_text("Jira6QC11Req\\QC-20"), "Jira6QC11Req\\QC-20");
  EXPECT_EQ(value_as_text("Grün"), "Grün");
  EXPECT_EQ(value_as_text(""), "\"\"");
  EXPECT_EQ(value_as_text("two words"), "\"two words\"");
  EXPECT_EQ(value_as_text("say \"\\\""), R"("say \"\\\"")");
}

TEST(TextLine, StaysOneLineWhateverTheValue) {
  EXPECT_EQ(value_as_text("a\nforged line"), R"("a\x0Aforged line")");
  EXPECT_EQ(value_as_text("\x1b[31m"), R"("\x1B[31m")");
  EXPECT_EQ(value_as_text("\xff\xfe"), R"("\xFF\xFE")");
  EXPECT_EQ(text_line(instant, Level::info, "a\r\nb", {}), "2026-11-24T02:53:11.042Z info  a\\x0D\\x0Ab");
}

TEST(JsonLine, IsOneObjectInOrder) {
  EXPECT_EQ(json_line(instant, Level::info, "listening", {{"url", "http://[::]:7070"}, {"threads", 2}, {"tls", false}}),
            R"({"time":"2026-11-24T02:53:11.042Z","level":"info","message":"listening",)"
            R"("url":"http://[::]:7070","threads":2,"tls":false})");
}

TEST(JsonLine, SurvivesInvalidUtf8AndControls) {
  const std::string line = json_line(instant, Level::info, "a\n\xff", {{"v", std::string("\0\xC3", 2)}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto object = nlohmann::json::parse(line);
  EXPECT_EQ(object["message"], "a\n\xEF\xBF\xBD");
  EXPECT_EQ(object["v"], std::string("\0\xEF\xBF\xBD", 4));
}

TEST(JsonLine, GivesNullForANumberThatJsonCannotHold) {
  const auto object =
      nlohmann::json::parse(json_line(instant, Level::info, "m", {{"v", std::numeric_limits<double>::quiet_NaN()}}));
  EXPECT_TRUE(object["v"].is_null());
}

}  // namespace
}  // namespace syncservice::telemetry

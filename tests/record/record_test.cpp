#include "syncservice/record/record.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

#include <limits>

using namespace syncservice;
using namespace syncservice::record;

namespace {

std::string nested(std::size_t depth) {
  return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

struct Refused {
  const char* name;
  std::string json;
  Fault fault;
  const char* says;
};

class Refusal : public testing::TestWithParam<Refused> {};

rc::Gen<Value> any_value(int depth) {
  const auto scalar = rc::gen::oneOf(
      rc::gen::just(Value{}), rc::gen::construct<Value>(rc::gen::arbitrary<bool>()),
      rc::gen::construct<Value>(rc::gen::arbitrary<std::int64_t>()),
      rc::gen::map(rc::gen::arbitrary<double>(), [](double d) { return Value{std::isfinite(d) ? d : 0.5}; }),
      rc::gen::map(rc::gen::string<std::string>(), [](std::string text) {
        for (char& c : text) c = static_cast<char>(static_cast<unsigned char>(c) & 0x7FU);
        return Value{std::move(text)};
      }));
  if (depth == 0) return scalar;
  return rc::gen::oneOf(scalar, rc::gen::map(rc::gen::resize(3, rc::gen::container<List>(any_value(depth - 1))),
                                             [](List list) { return Value{std::move(list)}; }));
}

}  // namespace

TEST(RecordJson, IsCanonical) {
  const Fields fields{{"b", List{1, "x", Value{}}}, {"a", true}, {"ä", "\"\n"}, {"d", 1.0}, {"c", Value{}}};
  EXPECT_EQ(to_json(fields), "{\"a\":true,\"b\":[1,\"x\",null],\"c\":null,\"d\":1.0,\"ä\":\"\\\"\\n\"}");
  EXPECT_EQ(to_json({}), "{}");
}

TEST(RecordJson, WritesWhatCantBeRead) {
  EXPECT_EQ(to_json({{"a", "\xFF"}, {"b", std::numeric_limits<double>::infinity()}}), "{\"a\":\"\uFFFD\",\"b\":null}");
}

TEST(RecordJson, ReadsTheLimits) {
  const auto fields = fields_from_json(R"( {"min":-9223372036854775808,"max":9223372036854775807,"f":1e3} )");
  ASSERT_TRUE(fields) << fields.error().message;
  EXPECT_EQ(fields->at("min"), Value{std::numeric_limits<std::int64_t>::min()});
  EXPECT_EQ(fields->at("max"), Value{std::numeric_limits<std::int64_t>::max()});
  EXPECT_EQ(fields->at("f"), Value{1000.0});
  EXPECT_TRUE(fields_from_json(nested(max_list_depth)));
}

TEST_P(Refusal, IsPermanentAndSaysWhy) {
  const auto fields = fields_from_json(GetParam().json);
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error().failure, FailureClass::permanent);
  EXPECT_EQ(fields.error().code, make_error_code(GetParam().fault)) << fields.error().message;
  EXPECT_NE(fields.error().message.find(GetParam().says), std::string::npos) << fields.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    RecordJson, Refusal,
    testing::Values(Refused{"Nothing", "", Fault::syntax, "ends too early"},
                    Refused{"Truncated", R"({"a":)", Fault::syntax, "ends too early"},
                    Refused{"Trailing", R"({} x)", Fault::syntax, "line 1, column 4"},
                    Refused{"Second", "{\n  \"a\": 1\n  \"b\": 2}", Fault::syntax, "line 3"},
                    Refused{"NotUtf8", "{\"a\":\"\xC3\x28\"}", Fault::syntax, "column 8"},
                    Refused{"Surrogate", R"({"a":"\uD800"})", Fault::syntax, "line 1"},
                    Refused{"Nul", std::string{"{\"a\":\"\0\"}", 9}, Fault::syntax, "column 7"},
                    Refused{"Duplicate", R"({"a":1,"b":2,"a":1})", Fault::duplicate_member, "\"a\""},
                    Refused{"Above", R"({"n":9223372036854775808})", Fault::number_range, "9223372036854775808"},
                    Refused{"Below", R"({"n":-9223372036854775809})", Fault::number_range, "-9223372036854775809"},
                    Refused{"Huge", R"({"n":123456789012345678901234567890})", Fault::number_range, "\"n\""},
                    Refused{"Infinite", R"({"n":1e999})", Fault::number_range, "too large"},
                    Refused{"Deep", nested(max_list_depth + 1), Fault::too_deep, "\"a\""},
                    Refused{"VeryDeep", nested(100'000), Fault::too_deep, "nested"},
                    Refused{"Object", R"({"a":[{}]})", Fault::not_a_value, "\"a\""},
                    Refused{"NotAnObject", "[]", Fault::not_a_value, "array"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(RecordJson, ValuesAreChecked) {
  EXPECT_EQ(*value_from_json(nlohmann::json::parse(R"([1,"a",[null]])")), (Value{List{1, "a", List{Value{}}}}));
  EXPECT_FALSE(value_from_json(nlohmann::json::object()));
  EXPECT_FALSE(value_from_json(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_FALSE(value_from_json(std::numeric_limits<double>::quiet_NaN()));
}

TEST(RecordJson, DocumentsKeepTheirOrder) {
  const auto document = parse_json(R"({"z":1,"a":{"y":[{}],"b":2}})", 4);
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->dump(), R"({"z":1,"a":{"y":[{}],"b":2}})");
  EXPECT_FALSE(parse_json(R"({"z":1,"a":{"y":[{}],"b":2}})", 3));
}

TEST(RecordJson, ManyMembersStayFast) {
  std::string json = "{";
  for (int i = 0; i < 200'000; ++i) json += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":0";
  const auto fields = fields_from_json(json + "}");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->size(), 200'000U);
}

RC_GTEST_PROP(RecordJson, RoundTrips, ()) {
  const auto fields =
      *rc::gen::resize(12, rc::gen::container<std::map<std::string, Value>>(
                               rc::gen::string<std::string>(), any_value(static_cast<int>(max_list_depth))));
  Fields before;
  for (const auto& [name, value] : fields) {
    if (std::all_of(name.begin(), name.end(), [](char c) { return c > 0; })) before.emplace(name, value);
  }
  const auto after = fields_from_json(to_json(before));
  RC_ASSERT(after.has_value());
  RC_ASSERT(*after == before);
  RC_ASSERT(hash(*after) == hash(before));
}

TEST(RecordValue, TextIsForPeople) {
  EXPECT_EQ(Value{}.text(), "");
  EXPECT_EQ(Value{true}.text(), "true");
  EXPECT_EQ(Value{-7}.text(), "-7");
  EXPECT_EQ(Value{1.5}.text(), "1.5");
  EXPECT_EQ(Value{"a, b"}.text(), "a, b");
  EXPECT_EQ((Value{List{"a", 2, List{"b"}, Value{}}}.text()), "a, 2, b, ");
}

TEST(RecordHash, IsFnv1aOfTheCanonicalForm) {
  // Reference values of FNV-1a over "{}" and over {"a":"b"}; they stand in databases and must never change.
  EXPECT_EQ(hash({}), 0x08F44B07B5901A25U);
  EXPECT_EQ(hash({{"a", "b"}}), 0x3A642AA3C622DF6AU);
  EXPECT_NE(hash({{"a", 1}}), hash({{"a", 1.0}}));
  EXPECT_NE(hash({{"a", Value{}}}), hash({}));
}
